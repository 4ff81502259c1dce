"""A rebuilt index beside published levels, by returns of months.

A month counts where both have a level at its end and at the end of the month before. Nothing is
interpolated: a month without a published level is not compared, nor is the one after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.studies.indices.levels import Levels, last_session
from steward.studies.indices.rebuild import Rebuilt
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Month = tuple[int, int]

LEAST_MONTHS = 3
"""Below, neither a correlation nor an error says anything."""

SHORT_MONTHS = 36
"""Below, the interval of a correlation is told beside it: it is wide."""

NORMAL_95 = 1.959964
"""The standard normal lies within it on either side with a probability of 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Two indices over the same months.

    rebuilt, published   growth a year, fractions: 12 / n of the product of all returns
    difference           rebuilt less published, a year
    correlation          of monthly returns; NaN where one of them never moves
    error                tracking error: sd of the monthly differences times the root of 12
    sd_...               of monthly returns times the root of 12
    worst_...            the lowest monthly return, and its month
    """

    name: str
    months: int
    rebuilt: float
    published: float
    difference: float
    correlation: float
    error: float
    sd_rebuilt: float
    sd_published: float
    worst_rebuilt: tuple[Month, float]
    worst_published: tuple[Month, float]

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the correlation, as `correlation_interval` has it."""
        return correlation_interval(self.correlation, self.months)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Returns of the months that both have, rising; fractions.

    ends  published levels at ends of months that the rebuilt index has too: month, session, level
    """

    months: tuple[Month, ...]
    rebuilt: Floats
    published: Floats
    ends: tuple[tuple[Month, date, float], ...]

    def figures(self, name: str, first: int = 0, last: int = 9999) -> Figures | None:
        """Of the months of the years `first` to `last`; None where they are too few."""
        taken = [first <= year <= last for year, _ in self.months]
        if sum(taken) < LEAST_MONTHS:
            return None
        months = [month for month, one in zip(self.months, taken, strict=True) if one]
        mine, theirs = self.rebuilt[taken], self.published[taken]
        return _figures(name, months, mine, theirs)

    def periods(self) -> tuple[Figures, ...]:
        """All months, then each decade that has enough of them."""
        decades = sorted({year // 10 * 10 for year, _ in self.months})
        found = [self.figures("all")]
        found += [self.figures(f"{first}s", first, first + 9) for first in decades]
        return tuple(one for one in found if one is not None)


def month_ends(rebuilt: Rebuilt) -> tuple[tuple[Month, date, float], ...]:
    """Month, session and level of each month that is over in the rebuilt index."""
    last: dict[Month, tuple[date, float]] = {}
    for day, level in zip(rebuilt.sessions, rebuilt.levels.tolist(), strict=True):
        last[day.year, day.month] = (day, level)
    newest = rebuilt.sessions[-1]
    return tuple(
        (month, day, level)
        for month, (day, level) in last.items()
        if (month != (newest.year, newest.month) or day == last_session(*month))
        and (month != (rebuilt.sessions[0].year, rebuilt.sessions[0].month) or _is_end(day))
    )


def monthly_returns(ends: Sequence[tuple[Month, date, float]]) -> dict[Month, float]:
    """Of each month whose month before is there too, fractions."""
    level = {month: value for month, _, value in ends}
    return {
        month: value / level[_before(month)] - 1.0
        for month, value in level.items()
        if _before(month) in level
    }


def compare(rebuilt: Rebuilt, levels: Levels) -> Compared:
    """Returns of all months that both have.

    Raises StewardError where they are fewer than `LEAST_MONTHS`.
    """
    ends = month_ends(rebuilt)
    theirs = [
        (month, day, level)
        for month, day, _ in ends
        if (level := levels.month_end(*month, day)) is not None
    ]
    mine, published = monthly_returns(ends), monthly_returns(theirs)
    both = sorted(mine.keys() & published.keys())
    if len(both) < LEAST_MONTHS:
        raise StewardError(
            f"{levels.name}: {len(both)} of its months can be compared with {rebuilt.sessions[0]} "
            f"to {rebuilt.sessions[-1]}, {LEAST_MONTHS} are needed: a month counts where the file "
            "has the last session of it and of the month before (a month is written as 2018-02)"
        )
    return Compared(
        months=tuple(both),
        rebuilt=np.array([mine[month] for month in both]),
        published=np.array([published[month] for month in both]),
        ends=tuple(theirs),
    )


def correlation_interval(correlation: float, months: int) -> tuple[float, float] | None:
    """Where the correlation of two indices may lie of which that many months show this one: 95 %.

    z = artanh r is nearly normal, with a standard error of 1 / sqrt(n - 3).
    Source: Fisher 1921, On the "probable error" of a coefficient of correlation deduced from a
    small sample, Metron 1, 3-32. It supposes months that do not depend on each other and returns
    that are normal together; returns with fat tails spread wider.
    None  three months or fewer, or an index that never moves: nothing can be said
    """
    if months <= 3 or math.isnan(correlation):
        return None
    if abs(correlation) >= 1.0:
        return correlation, correlation
    z, reach = math.atanh(correlation), NORMAL_95 / math.sqrt(months - 3)
    return math.tanh(z - reach), math.tanh(z + reach)


def drawdown(levels: Floats) -> float:
    """The deepest fall from the highest level before it, a fraction below 0 or 0."""
    return float((levels / np.maximum.accumulate(levels)).min()) - 1.0


def growth(returns: Floats) -> float:
    """A year, a fraction, of monthly returns."""
    product = math.prod(1.0 + float(one) for one in returns)
    return float(product ** (12.0 / returns.size)) - 1.0


def spread(returns: Floats) -> float:
    """Standard deviation a year of monthly returns."""
    return float(np.std(returns, ddof=1)) * math.sqrt(12.0)


def _figures(name: str, months: Sequence[Month], mine: Floats, theirs: Floats) -> Figures:
    rebuilt, published = growth(mine), growth(theirs)
    moves = bool(np.ptp(mine) > 0.0 and np.ptp(theirs) > 0.0)
    low, lowest = int(np.argmin(mine)), int(np.argmin(theirs))
    return Figures(
        name=name,
        months=len(months),
        rebuilt=rebuilt,
        published=published,
        difference=rebuilt - published,
        correlation=float(np.corrcoef(mine, theirs)[0, 1]) if moves else float("nan"),
        error=spread(mine - theirs),
        sd_rebuilt=spread(mine),
        sd_published=spread(theirs),
        worst_rebuilt=(months[low], float(mine[low])),
        worst_published=(months[lowest], float(theirs[lowest])),
    )


def _is_end(day: date) -> bool:
    return day == last_session(day.year, day.month)


def _before(month: Month) -> Month:
    year, number = month
    return (year, number - 1) if number > 1 else (year - 1, 12)
