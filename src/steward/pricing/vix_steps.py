"""An index with every step: each listed option, what it adds, or why it is left out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.pricing.vix import (
    MINUTES_30_DAYS,
    MINUTES_A_YEAR,
    Strip,
    index_from,
    shares,
    strip_variance,
)
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Columns = tuple[Floats, Floats, Floats, Floats, Floats]
"""Strikes, rising; call bid and ask, put bid and ask."""

Option = Literal["put", "call", "put and call"]

ZERO_BID = "zero bid"
BEYOND = "beyond two zero bids in a row"
OTHER_SIDE = "in the money"

LONGEST_MINUTES = 10 * MINUTES_A_YEAR

HIGHEST_RATE = 0.25
"""A year. Treasury bills have paid 17 % once; what lies above is a figure in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A selected strike.

    price, width  index points (at k0 the mean of put and call)
    contribution  width / strike² x growth x price, as Cboe's tables print it: the variance is
                  2 / years times their sum, less the forward's term
    """

    strike: float
    option: Option
    width: float
    price: float
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An option that does not count, and why; bid and ask in index points."""

    strike: float
    option: Option
    bid: float
    ask: float
    why: str


def taken(strip: Strip, *, minutes: float) -> tuple[Taken, ...]:
    """The selected strikes, rising."""
    printed = strip.contribution * (minutes / MINUTES_A_YEAR / 2.0)
    return tuple(
        Taken(
            strike=strike,
            option="put" if strike < strip.k0 else "call" if strike > strip.k0 else "put and call",
            width=width,
            price=price,
            contribution=part,
        )
        for strike, width, price, part in zip(
            strip.strike.tolist(),
            strip.width.tolist(),
            strip.price.tolist(),
            printed.tolist(),
            strict=True,
        )
    )


def forward_term(strip: Strip, *, minutes: float) -> float:
    """What the variance is less than the options: (forward / k0 - 1)² over the years."""
    return (strip.forward / strip.k0 - 1.0) ** 2 / (minutes / MINUTES_A_YEAR)


def left_out(
    strip: Strip,
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
) -> tuple[LeftOut, ...]:
    """The options of the list that the strip did not take, puts before calls at a strike.

    The arrays are those that the strip was made from. A quote that is not there (NaN) is not in
    the result.
    """
    chosen = set(strip.strike.tolist())
    found: list[LeftOut] = []
    rows = zip(*(a.tolist() for a in (strike, put_bid, put_ask, call_bid, call_ask)), strict=True)
    for k, *quotes in rows:
        sides: tuple[tuple[Option, float, float, bool], ...] = (
            ("put", quotes[0], quotes[1], k > strip.k0),
            ("call", quotes[2], quotes[3], k < strip.k0),
        )
        for option, bid, ask, in_the_money in sides:
            if k == strip.k0 or bid != bid or ask != ask:
                continue
            if in_the_money:
                why = OTHER_SIDE
            elif k in chosen:
                continue
            else:
                why = BEYOND if _past(k, strip, strike) else ZERO_BID
            found.append(LeftOut(strike=k, option=option, bid=bid, ask=ask, why=why))
    return tuple(found)


def _past(k: float, strip: Strip, strike: Floats) -> bool:
    """Whether a strike lies past the two without a bid that ended the strip on its side."""
    if k < strip.k0:
        between = (strike < strip.strike[0]) & (strike >= k)
    else:
        between = (strike > strip.strike[-1]) & (strike <= k)
    return int(between.sum()) > 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedTerm:
    """One expiry, step by step.

    minutes  to settlement            rate  a year, continuous, a fraction
    growth   e^(rate x years)         call, put  mids at the strip's parity strike, index points
    options  2 / years times the sum of the contributions     forward_term  what is taken off it
    share    of its total variance in the index
    """

    minutes: float
    rate: float
    growth: float
    call: float
    put: float
    strip: Strip
    taken: tuple[Taken, ...]
    left_out: tuple[LeftOut, ...]
    options: float
    forward_term: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedIndex:
    """An index in points, from the first step to the last; minutes of its tenor."""

    value: float
    target_minutes: float
    near: WorkedTerm
    next: WorkedTerm


def worked_index(
    near: Columns,
    after: Columns,
    *,
    minutes: tuple[float, float],
    rates: tuple[float, float],
    target_minutes: float = MINUTES_30_DAYS,
) -> WorkedIndex:
    """The index of two lists of quotes, as `vix.strip_variance` takes them, with every step.

    minutes  to the settlement of each; rates a year, continuous, fractions
    A tenor outside of the two is extrapolated: the share of one of them is then below 0.
    Raises StewardError for minutes that are not above 0, not whole, more than ten years, or do not
    rise, for a rate that is no
    fraction a year, for a list without a forward or with fewer than three usable strikes, and where
    the variance at the tenor is below 0.
    """
    for number in (*minutes, target_minutes):
        if not (0.0 < number < math.inf):
            raise StewardError(f"{number:g} minutes: time to settlement has to be above 0")
        if number != int(number):
            raise StewardError(
                f"{number:.15g} minutes: give whole minutes, as the formula counts them"
            )
        if number > LONGEST_MINUTES:
            raise StewardError(
                f"{number:.15g} minutes: more than ten years; count minutes to settlement, "
                f"{MINUTES_30_DAYS} of them in 30 days"
            )
    if not minutes[0] < minutes[1]:
        raise StewardError(
            f"{minutes[0]:g} and {minutes[1]:g} minutes: the near expiry has to settle before the "
            "next one; name the files and minutes the other way round"
        )
    for rate in rates:
        _refuse_rate(rate)
    weights = shares(minutes[0], minutes[1], target_minutes)
    first, second = (
        _worked(name, columns, left, rate, share)
        for name, columns, left, rate, share in zip(
            ("near", "next"), (near, after), minutes, rates, weights, strict=True
        )
    )
    value = index_from(
        first.strip.variance,
        second.strip.variance,
        near_minutes=minutes[0],
        next_minutes=minutes[1],
        target_minutes=target_minutes,
    )
    if not math.isfinite(value):
        raise StewardError(
            f"the variances {first.strip.variance:g} and {second.strip.variance:g} give one below "
            f"0 at {target_minutes:g} minutes: there is no index; check quotes and minutes"
        )
    return WorkedIndex(value=value, target_minutes=target_minutes, near=first, next=second)


def _refuse_rate(rate: float) -> None:
    if abs(rate) <= HIGHEST_RATE:
        return
    hint = f"; if {rate:g} is in percent, write {rate / 100.0:g}" if abs(rate) < 100.0 else ""
    raise StewardError(
        f"a rate of {rate:g}: rates are fractions a year, continuous, {HIGHEST_RATE:g} at the "
        f"most{hint}"
    )


def _worked(name: str, columns: Columns, minutes: float, rate: float, share: float) -> WorkedTerm:
    strip = strip_variance(*columns, minutes=minutes, rate=rate)
    if strip is None or not math.isfinite(strip.variance):
        raise StewardError(
            f"the {name} expiry: fewer than three strikes can be used, or none has a call and a "
            "put that are both bid; bring its whole list"
        )
    strike, call_bid, call_ask, put_bid, put_ask = columns
    star = int(np.searchsorted(strike, strip.parity_strike))
    return WorkedTerm(
        minutes=minutes,
        rate=rate,
        growth=math.exp(rate * minutes / MINUTES_A_YEAR),
        call=float(0.5 * (call_bid[star] + call_ask[star])),
        put=float(0.5 * (put_bid[star] + put_ask[star])),
        strip=strip,
        taken=taken(strip, minutes=minutes),
        left_out=left_out(strip, *columns),
        options=float(strip.contribution.sum()),
        forward_term=forward_term(strip, minutes=minutes),
        share=share,
    )
