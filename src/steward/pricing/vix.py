"""The VIX by its formula: from the quotes of two expiries to the index.

Arrays only, for whoever has quotes: real lists (`pricing.vix_family`) and modelled ones, which are
solved with it. Source: Cboe, "VIX White Paper" (the method since 2003-09, with weekly expiries
since 2014-10-06), and "Cboe Volatility Index Methodology", appendix 3. Cboe also filters
implausible index values of a moment; a calculation from one snapshot need not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.terms import calendar
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]

MINUTES_A_YEAR = 525_600
MINUTES_30_DAYS = 43_200
WEEKLIES_FROM = date(2014, 10, 6)
"""From here on the index uses the two Fridays around 30 days, before it the front monthlies."""

ROLL_DAYS = 8
"""Before that day: a monthly with fewer calendar days to go is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The out-of-the-money options of one expiry, and the variance that they are worth.

    variance  a year, a fraction squared; NaN where k0 lacks its put or its call
    forward, k0  index points     parity_strike  the one that the forward was read at
    strike    the selected ones, rising; price  mids used (at k0 the mean of put and call)
    width     half the distance between a strike's two neighbours among the selected ones
    contribution  of each to the variance, before the forward's correction
    """

    variance: float
    forward: float
    k0: float
    parity_strike: float
    strike: Floats
    price: Floats
    width: Floats
    contribution: Floats


def strip_variance(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
    *,
    minutes: float,
    rate: float,
) -> Strip | None:
    """The variance of one expiry from its quotes, one row a strike, strikes rising.

    minutes  to settlement, above 0       rate  a year, continuous
    A NaN bid or ask, which is a quote that is not there, counts as a zero bid. None when fewer
    than three strikes can be selected, or no strike has a call and a put to read a forward from.
    The forward comes from the strike with the smallest difference of call and put mid, both bid
    (of equal ones the lowest); k0 is the largest listed strike not above it; from there outwards
    zero bids are left out, and after two of them in a row everything beyond.
    """
    years = minutes / MINUTES_A_YEAR
    grow = math.exp(rate * years)
    call_mid = 0.5 * (call_bid + call_ask)
    put_mid = 0.5 * (put_bid + put_ask)
    if strike.size < 3:
        return None
    call_bidden = (call_bid > 0.0) & (call_mid > 0.0)
    put_bidden = (put_bid > 0.0) & (put_mid > 0.0)
    gap = np.where(call_bidden & put_bidden, np.abs(call_mid - put_mid), np.inf)
    star = int(gap.argmin())
    if not gap[star] < math.inf:
        return None
    forward = float(strike[star] + grow * (call_mid[star] - put_mid[star]))
    zero = int(np.searchsorted(strike, forward, side="right")) - 1
    if zero < 0:
        return None
    puts = _selected(put_bidden[:zero][::-1])[::-1]
    calls = _selected(call_bidden[zero + 1 :])
    chosen = np.concatenate((puts, [True], calls))
    if chosen.sum() < 3:
        return None
    price = np.concatenate((put_mid[:zero], call_mid[zero:]))
    price[zero] = 0.5 * (put_mid[zero] + call_mid[zero])
    kept, price = strike[chosen], price[chosen]
    width = np.empty_like(kept)
    width[1:-1] = 0.5 * (kept[2:] - kept[:-2])
    width[0], width[-1] = kept[1] - kept[0], kept[-1] - kept[-2]
    contribution = (2.0 * grow / years) * width / (kept * kept) * price
    k0 = float(strike[zero])
    return Strip(
        variance=float(contribution.sum()) - (forward / k0 - 1.0) ** 2 / years,
        forward=forward,
        k0=k0,
        parity_strike=float(strike[star]),
        strike=kept,
        price=price,
        width=width,
        contribution=contribution,
    )


def _selected(bidden: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Outwards from k0: the options that are bid, up to two zero bids in a row."""
    pairs = ~(bidden[1:] | bidden[:-1])
    if not pairs.any():
        return bidden
    chosen = bidden.copy()
    chosen[int(pairs.argmax()) :] = False
    return chosen


def shares(
    near_minutes: float, next_minutes: float, target_minutes: float = MINUTES_30_DAYS
) -> tuple[float, float]:
    """How much of each total variance the index takes; below 0 or above 1 it extrapolates."""
    later = (target_minutes - near_minutes) / (next_minutes - near_minutes)
    return 1.0 - later, later


def index_from(
    near_variance: float,
    next_variance: float,
    *,
    near_minutes: float,
    next_minutes: float,
    target_minutes: float = MINUTES_30_DAYS,
) -> float:
    """The index in points: total variance interpolated, or extrapolated, in minutes to the target.

    NaN where the interpolated variance is below 0.
    """
    share = (target_minutes - near_minutes) / (next_minutes - near_minutes)
    near_total = near_variance * near_minutes
    next_total = next_variance * next_minutes
    total = (near_total + share * (next_total - near_total)) / target_minutes
    return 100.0 * math.sqrt(total) if total >= 0.0 else math.nan


def minutes_to(session: date, expiry: Expiry) -> int:
    """Whole minutes from the session's decision moment to settlement."""
    left = calendar.settlement_moment(expiry) - calendar.decision_moment(session)
    return int(left / timedelta(minutes=1))


def choose_pair(session: date, expiries: Iterable[Expiry]) -> tuple[Expiry, Expiry] | None:
    """Near and next expiry by the rule of the day, or None when there are not two.

    Since 2014-10-06: the two Fridays (the Thursday before a closed one) with more than 23 and
    less than 37 days, the AM monthly on a third Friday, else the weekly. Time counts, not dates:
    at the close the Friday 37 dates on has less than 37 days, and the one 23 dates on less than
    23, so that a Wednesday has those of 30 and 37 dates (the white paper's own example). Before:
    the two nearest AM monthlies with eight days or more.
    """
    listed = [(calendar.days_to(session, e), e) for e in expiries]
    if session < WEEKLIES_FROM:
        months = sorted((d, e) for d, e in listed if e.root == "SPX" and d >= ROLL_DAYS)
        return (months[0][1], months[1][1]) if len(months) >= 2 else None
    fridays: dict[int, Expiry] = {}
    near_ones = [(d, e) for d, e in listed if 22 <= d <= 37 and is_friday(e.day)]
    for days, expiry in sorted(near_ones, key=lambda pair: (pair[0], pair[1].root != "SPX")):
        friday = days + 4 - expiry.day.weekday()
        if 24 <= friday <= 37:
            fridays.setdefault(friday, expiry)
    if len(fridays) < 2:
        return None
    near, after = sorted(fridays)[:2]
    return fridays[near], fridays[after]


def is_friday(day: date) -> bool:
    """A Friday, or the Thursday that stands for a closed one."""
    weekday = day.weekday()
    return weekday == 4 or (weekday == 3 and not calendar.is_session(day + timedelta(days=1)))
