"""Every step of one strip: each listed option, what it adds, or why it is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.pricing.vix import MINUTES_A_YEAR, Strip

Floats = NDArray[np.float64]
Option = Literal["put", "call", "put and call"]

ZERO_BID = "zero bid"
BEYOND = "beyond two zero bids in a row"
OTHER_SIDE = "in the money"


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
                ended = k < inside[0] or k > inside[1]
                why = (
                    BEYOND if bid > 0.0 or (ended and _past(k, option, strip, strike)) else ZERO_BID
                )
            found.append(LeftOut(strike=k, option=option, bid=bid, ask=ask, why=why))
    return tuple(found)


def _past(k: float, strip: Strip, strike: Floats) -> bool:
    """Whether a strike lies past the two without a bid that ended the strip on its side."""
    if k < strip.k0:
        between = (strike < strip.strike[0]) & (strike >= k)
    else:
        between = (strike > strip.strike[-1]) & (strike <= k)
    return int(between.sum()) > 2
