"""Figures of published series, as they stood after each publication.

A growth rate of month p needs the level of p and one of earlier months, both as known at the time.
So each publication is taken in turn: the newest value of every period so far, then the figure for
the newest period. Works for vintages (a period published again is replaced from then on) and for
series with one value a period and a fixed lag.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from steward.market.history import Series

Levels = Mapping[int, float]
"""Value by month: years * 12 + month - 1, as known at one moment."""

Figure = Callable[[Levels, int], float]
"""From the levels known and the newest month: a figure, NaN when it cannot be said."""

LONGEST_DETOUR = 3
"""Months further back that a base may lie when its own month was never published."""


def after_each(series: Series, figure: Figure, *, positive: bool = True) -> Series:
    """A series of `figure` at each publication; publications that leave it unsaid are left out.

    positive  a level of 0 or below is a gap of the source (some copies write 0), not a value
    """
    months = series.period.astype("datetime64[M]").astype(np.int64) + 1970 * 12
    levels: dict[int, float] = {}
    newest = -1
    keep: list[int] = []
    values: list[float] = []
    for row, (month, value) in enumerate(zip(months.tolist(), series.value.tolist(), strict=True)):
        if not np.isfinite(value) or (positive and value <= 0.0):
            continue
        levels[month] = value
        newest = max(newest, month)
        found = figure(levels, newest)
        if np.isfinite(found):
            keep.append(row)
            values.append(found)
    at = np.array(keep, dtype=np.int64)
    return replace(
        series, period=series.period[at], value=np.array(values), known_at=series.known_at[at]
    )


def annual_growth(months: int) -> Figure:
    """Growth over about `months`, percent a year, compounded.

    A base month that was never published gives way to the nearest earlier one, and the true length
    is used: without October 2025, January 2026 over three months is over four, from September.
    """

    def figure(levels: Levels, month: int) -> float:
        for length in range(months, months + LONGEST_DETOUR + 1):
            base = levels.get(month - length)
            if base is not None:
                return float(100.0 * ((levels[month] / base) ** (12.0 / length) - 1.0))
        return float("nan")

    return figure


def log_change(months: int) -> Figure:
    """Log change over about `months`, a fraction; scaled to `months` if its base lies earlier."""

    def figure(levels: Levels, month: int) -> float:
        for length in range(months, months + LONGEST_DETOUR + 1):
            base = levels.get(month - length)
            if base is not None:
                return float(np.log(levels[month] / base) * months / length)
        return float("nan")

    return figure


def z_of_log_change(n: int) -> Figure:
    """The newest monthly log change in sample deviations from the mean of the `n` before it.

    Changes between neighbouring published values, each divided by its length in months.
    """

    def figure(levels: Levels, month: int) -> float:
        known = sorted(m for m in levels if m <= month)[-(n + 2) :]
        if len(known) < n + 2:
            return float("nan")
        logs = np.log([levels[m] for m in known])
        changes = np.diff(logs) / np.diff(known)
        past = changes[:-1]
        deviation = past.std(ddof=1)
        return float((changes[-1] - past.mean()) / deviation) if deviation > 0.0 else float("nan")

    return figure


def percentile(months: int) -> Figure:
    """Share in percent of the values of the `months` before the newest that lie strictly below it.

    Unsaid until the values reach back that far.
    """

    def figure(levels: Levels, month: int) -> float:
        if not any(month - months - back in levels for back in range(LONGEST_DETOUR + 1)):
            return float("nan")
        past = [levels[m] for m in range(month - months, month) if m in levels]
        return 100.0 * sum(v < levels[month] for v in past) / len(past)

    return figure
