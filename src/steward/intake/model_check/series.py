"""One snapshot's quotes by series: strikes, both sides, and what parity says of them.

Time runs from the minute of the quotes to settlement, so that a chain of noon is priced as of noon.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.intake.model_check.reading import Snapshot
from steward.market.quotes import Chain
from steward.pricing.black import greeks
from steward.pricing.implied import discount_of, sides_of, vols_of
from steward.pricing.parity import discount_from_quotes, forward_from_quotes
from steward.terms import calendar
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]
Discount = Callable[[float], float]
"""Value now of 1 paid after so many years."""

SETTLED = "settled by the moment of the quotes"
RATE_DAYS = 30
"""From here on the slope of parity says a rate; nearer, a tick of the quotes is percents a year."""

LEAST_RATE_DAYS = 6
RATE_LOWEST, RATE_HIGHEST = -0.02, 0.15
"""A year, continuous: a rate from parity outside of these is a bad quote, no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The quotes of one series at the snapshot's moment.

    strike  rising, index points      sides  call bid, call ask, put bid, put ask, a row each; NaN
    years   from the quotes to settlement, above 0    where not quoted
    days    calendar days from the session to the settlement day
    future  of a VIX series, as its file gives it, index points; NaN where it does not
    """

    expiry: Expiry
    strike: Floats
    sides: Floats
    years: float
    days: int
    future: float

    @property
    def quotes(self) -> int:
        """Calls and puts that are quoted."""
        return int(np.isfinite(self.sides[[1, 3]]).sum())

    @property
    def minutes(self) -> int:
        return int(self.years * 525_600 + 0.5)


def series_of(snapshot: Snapshot, left_out: Counter[str]) -> tuple[Series, ...]:
    """All series that have not settled by the moment of the quotes, by (day, root)."""
    found = []
    keys = ["expiry", "root", "settlement"]
    for part in snapshot.quotes.partition_by(keys, maintain_order=True):
        expiry = Expiry(
            root=part["root"][0], day=part["expiry"][0], settlement=part["settlement"][0]
        )
        years = years_from(snapshot.moment, expiry)
        if years <= 0.0:
            left_out[SETTLED] += part.height
            continue
        call = (part["right"] == "C").to_numpy()
        strike, at = np.unique(part["strike"].to_numpy(), return_inverse=True)
        sides = sides_of(strike.size, at, call, part["bid"].to_numpy(), part["ask"].to_numpy())
        futures = part.filter(part["underlying_kind"] == "future")["underlying"].drop_nulls()
        found.append(
            Series(
                expiry=expiry,
                strike=strike,
                sides=sides,
                years=years,
                days=calendar.days_to(snapshot.session, expiry),
                future=float(np.median(futures.to_numpy())) if futures.len() else math.nan,
            )
        )
    return tuple(sorted(found, key=lambda one: (one.expiry.day, one.expiry.root)))


def years_from(moment: datetime, expiry: Expiry) -> float:
    """Years (act/365) from a moment to settlement, by the clock on the wall as VIX counts."""
    there = moment.astimezone(calendar.NEW_YORK)
    return (calendar.settlement_moment(expiry) - there) / timedelta(days=365)


def chain_of(
    snapshot: Snapshot, series: Series, discount: Discount, forward: float | None = None
) -> Chain:
    """The series with the forward, the vols and the deltas that its quotes imply, puts first.

    forward  given; else by parity. NaN where there is none, and with it every vol.
    """
    grid, sides, years = series.strike, series.sides, series.years
    factor = discount_of(grid, sides, years=years, days=series.days, by_curve=discount(years))
    level = forward_from_quotes(grid, *sides, discount=factor) if forward is None else forward
    vol = vols_of(grid, sides, level, years, factor)
    both = np.concatenate((grid, grid))
    call = np.repeat([False, True], grid.size)
    bid = np.concatenate((sides[2], sides[0]))
    ask = np.concatenate((sides[3], sides[1]))
    there = np.isfinite(ask)
    vols = np.concatenate((vol, vol))
    found = greeks(level, both, years, vols, discount=factor, call=call)
    return Chain(
        session=snapshot.session,
        expiry=series.expiry,
        underlying=snapshot.underlying,
        quality="quoted",
        forward=level,
        discount=factor,
        years=years,
        strike=both[there],
        call=call[there],
        bid=bid[there],
        ask=ask[there],
        vol=vols[there],
        delta=found.delta[there],
        gamma=found.gamma[there],
        vega=found.vega[there],
        theta=found.theta[there],
    )


def rate_of(series: Sequence[Series]) -> float:
    """A rate a year, continuous, from parity of the chain's own series; NaN where none says one.

    The median over the series of 30 days and more; without any, that of the longest series.
    """
    found: list[tuple[int, float]] = []
    for one in series:
        if one.days < LEAST_RATE_DAYS:
            continue
        factor = discount_from_quotes(one.strike, *one.sides)
        if factor > 0.0:
            rate = -math.log(factor) / one.years
            if RATE_LOWEST <= rate <= RATE_HIGHEST:
                found.append((one.days, rate))
    far = [rate for days, rate in found if days >= RATE_DAYS]
    if far:
        return float(np.median(far))
    return max(found)[1] if found else math.nan
