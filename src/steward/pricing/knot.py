"""The search for the 30-day knot: at which level do the quotes' own VIX and the published one meet?

The index of quotes is that of the curve times a factor that hardly moves, but for jumps where
rounding takes a bid away; so the ratio of the two says where to look next.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

ENOUGH = 0.01
"""VIX points: the search for the knot ends."""

RATIO_STEPS, HALVINGS = 6, 8
"""Searches for the knot: by the ratio of the indices, then, where rounded quotes make the index
jump over the published one, by halving what encloses it."""

USUAL_RATIOS = (
    (date(2024, 1, 1), 1.001),
    (date(2020, 1, 1), 0.9995),
    (date(2016, 1, 1), 0.9985),
    (date(2012, 1, 1), 0.9965),
    (date(1996, 1, 1), 0.991),
    (date.min, 0.986),
)
"""Index of the quotes over that of the curve, which is where the search starts: from that day on, a
median of the sessions; nine in ten lie within 0.3 % of it."""

LEAST_SLOPE = 0.25
"""Of the index in the knot, both as logarithms; less would send the search too far."""


def search(
    of_quotes: Callable[[float], float],
    of_curve: Callable[[float], float],
    published: float,
    usual: float = 1.0,
) -> tuple[float, float]:
    """The level whose index comes nearest to the published one, and that index; all in points.

    of_quotes  the index by its formula from rounded quotes at a level of the knot: dear
    of_curve   the index that the curve itself has there: cheap
    usual      index of the quotes over that of the curve, about
    An index of NaN ends the search; where the first one is NaN, so is the one returned.
    """
    level, slope = _start(of_curve, published / usual)
    best = (level, math.nan)
    low = high = math.nan
    for step in range(RATIO_STEPS + HALVINGS):
        found = of_quotes(level)
        error = found - published
        if math.isnan(best[1]) or abs(error) < abs(best[1] - published):
            best = (level, found)
        if not abs(error) > ENOUGH:
            break
        if error < 0.0:
            low = level if not low > level else low
        else:
            high = level if not high < level else high
        if step < RATIO_STEPS:
            level *= (published / found) ** (1.0 / slope)
        elif low < high:
            level = 0.5 * (low + high)
        else:
            break
    return best


def usual_ratio(session: date) -> float:
    """Of that session, by `USUAL_RATIOS`."""
    return next(ratio for first, ratio in USUAL_RATIOS if first <= session)


def _start(of_curve: Callable[[float], float], wanted: float) -> tuple[float, float]:
    """A level at which the curve's own index is about the one wanted, and the index's slope in
    the level, both as logarithms. Where the curve has no index: 1 and 1."""
    bump = 1.02
    plain, moved = of_curve(1.0), of_curve(bump)
    if not (plain > 0.0 and moved > 0.0):
        return 1.0, 1.0
    slope = max(math.log(moved / plain) / math.log(bump), LEAST_SLOPE)
    level = (wanted / plain) ** (1.0 / slope)
    nearer = of_curve(level)
    return (level * (wanted / nearer) ** (1.0 / slope) if nearer > 0.0 else 1.0), slope
