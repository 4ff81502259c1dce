"""The VIX that a session's own quotes are worth by the exchange's formula, or why it has none."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.intake.quality_measures import PUT, SERIES_SHIFT, Floats, Slice
from steward.pricing.vix import MINUTES_A_YEAR, choose_pair, index_from, strip_variance
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

FEWEST_STRIKES = 20
"""In a strip: with fewer the far options, which VIX counts most, are not in the file. The real
strips of 2011 to 2024 have 80 and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVix:
    """`value` in index points and the two expiries it comes from; else `why` there is none.

    flawed  both expiries are there, and their quotes do not make a VIX
    """

    value: float | None = None
    expiries: tuple[date, ...] = ()
    why: str | None = None
    flawed: bool = False


def own_vix(
    chain: Slice,
    series: Mapping[int, Expiry],
    *,
    moment: datetime,
    discount: Callable[[float], float],
) -> OwnVix:
    """From the two expiries that the rule of the day names, no other ones.

    series  of the slice by number    moment  of the quotes, with its time zone
    """
    wanted = choose_pair(chain.session, listing.spx_series(chain.session))
    if wanted is None:
        return OwnVix(why="the listing rules name no two expiries for that day")
    numbers = {expiry: number for number, expiry in series.items()}
    lacking = [e for e in wanted if e not in numbers]
    if lacking:
        said = " and ".join(f"{e.root} {e.day}" for e in lacking)
        return OwnVix(why=f"no quotes of {said}, which the formula asks for")
    variances, minutes = [], []
    for expiry in wanted:
        left = minutes_from(moment, expiry)
        years = left / MINUTES_A_YEAR
        strip = strip_variance(
            *_by_strike(chain, numbers[expiry]),
            minutes=left,
            rate=-math.log(discount(years)) / years,
        )
        if strip is None or len(strip.strike) < FEWEST_STRIKES:
            count = 0 if strip is None else len(strip.strike)
            return OwnVix(why=f"{expiry.root} {expiry.day} has {count} usable strikes", flawed=True)
        if not math.isfinite(strip.variance):
            said = f"{expiry.root} {expiry.day} lacks call or put at the strike below its forward"
            return OwnVix(why=said, flawed=True)
        variances.append(strip.variance)
        minutes.append(left)
    value = index_from(*variances, near_minutes=minutes[0], next_minutes=minutes[1])
    if not math.isfinite(value):
        return OwnVix(why="the variance between the two expiries is below 0", flawed=True)
    return OwnVix(value=float(value), expiries=tuple(e.day for e in wanted))


def minutes_from(moment: datetime, expiry: Expiry) -> int:
    """Whole minutes on the wall clock of New York from a moment to settlement."""
    there = moment.astimezone(calendar.NEW_YORK)
    return int((calendar.settlement_moment(expiry) - there) / timedelta(minutes=1))


def _by_strike(
    chain: Slice, number: int
) -> tuple[Floats, NDArray[np.float64], Floats, Floats, Floats]:
    """Strikes of one series, and its quotes beside them; NaN where a side is not quoted."""
    rows = np.flatnonzero((chain.key >> SERIES_SHIFT) == number)
    put = (chain.key[rows] & PUT) != 0
    strike, at = np.unique(chain.strike[rows], return_inverse=True)
    quotes = np.full((4, strike.size), np.nan)
    for first, side in ((0, ~put), (2, put)):
        quotes[first, at[side]] = chain.bid[rows[side]]
        quotes[first + 1, at[side]] = chain.ask[rows[side]]
    return strike, quotes[0], quotes[1], quotes[2], quotes[3]
