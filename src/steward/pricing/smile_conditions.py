"""Whether the shape of a smile allows arbitrage: two inequalities on a grid of z and tenors.

Derived in `pricing.smile`; the fit (`intake.fit.smile_order`) is held to the same grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.pricing.normal import mills
from steward.pricing.smile_shape import KNOTS, cardinal

Floats = NDArray[np.float64]

TENOR_DAYS = (1.5, 400.0)
"""Days of v over VIX squared: L stays within."""

FAR_STRIKES = (0.2, 2.0)
"""Shares of the forward within which a shape must be free of arbitrage."""

SPARE = 1e-3
"""Of both conditions, so that the points between those of the grid keep them too."""

HALVINGS = 12

END_UNIT, FAR_PLACE = 0.5, 40.0
"""Of the conditions of the ends beside the others: there is more to be spared."""


@dataclass(frozen=True, slots=True)
class ConditionGrid:
    """Where the two conditions are looked at: z by rows, tenors by columns; g and its first two
    derivatives in z are these matrices times the values at the knots.
    """

    z: Floats
    level: Floats
    powers: Floats
    first: Floats
    value: Floats
    slope: Floats
    bend: Floats


@lru_cache(maxsize=1)
def condition_grid() -> ConditionGrid:
    """The one grid, for every session and for fits."""
    z = np.concatenate((np.linspace(KNOTS[0], -4.5, 9), np.linspace(-4.25, 3.5, 38), KNOTS))
    z = np.unique(z)  # bends are largest at the knots
    days = np.geomspace(TENOR_DAYS[0], TENOR_DAYS[1], 10)
    level = np.log(days / 30.0)
    value, slope, bend = (cardinal(z, order) for order in range(3))
    return ConditionGrid(
        z=z[:, None],
        level=level,
        powers=np.stack((np.ones_like(level), level, level * level)),
        first=np.stack((np.zeros_like(level), np.ones_like(level), 2.0 * level)),
        value=value,
        slope=slope,
        bend=bend,
    )


def margins(values: Floats, month: float) -> tuple[float, float]:
    """The least of the butterfly's and the ends' conditions, and of the calendar's; -inf where g is
    not above 0.

    values  a row a knot, as `Form.values`      month  variance of 30 days at VIX
    """
    grid = condition_grid()
    at = values @ grid.powers
    g = grid.value @ at
    if not g.min() > 0.0:
        return -math.inf, -math.inf
    slope, bend = grid.slope @ at, grid.bend @ at
    variance = month * np.exp(grid.level)
    lean = 1.0 - grid.z * slope / g
    convex = lean * lean + g * bend - 0.25 * variance * np.square(g * slope)
    later = 2.0 * (grid.value @ (values @ grid.first)) / g
    ordered = lean + np.minimum(later, 0.0)  # beyond the range of L the shape stands still
    strike = grid.z * np.sqrt(variance)
    near = (strike >= math.log(FAR_STRIKES[0])) & (strike <= math.log(FAR_STRIKES[1]))
    spare = ends(g, slope, np.sqrt(variance))
    kept = min(
        float(one[near[end]].min(initial=math.inf)) for one, end in zip(spare, (0, -1), strict=True)
    )
    return min(float(convex[near].min()), kept), float(ordered[near].min())


def ends(g: Floats, slope: Floats, root: Floats) -> tuple[Floats, Floats]:
    """What is left of the price's own order at the first and the last z of the grid, a tenor each.

    A put's price over its strike must fall to nothing with the strike, so it falls there:
    |g'| < m(d1), m Mills' ratio; and a call's price falls with the strike: g' < m(-d2). Without
    them the butterflies between are no help: some price beyond would have to be below 0.
    """
    inner, outer = end_places(g, root)
    return END_UNIT * (mills(inner) + slope[0]), END_UNIT * (mills(outer) - slope[-1])


def end_places(g: Floats, root: Floats) -> tuple[Floats, Floats]:
    """d1 at the first z of the grid and -d2 at the last, a tenor each; where g is no shape, 40."""
    z = condition_grid().z
    first, last = np.maximum(g[0], 1e-3), np.maximum(g[-1], 1e-3)
    inner, outer = -z[0] / first + 0.5 * root * first, z[-1] / last + 0.5 * root * last
    return np.minimum(inner, FAR_PLACE), np.minimum(outer, FAR_PLACE)


def allowed_share(average: Floats, values: Floats, month: float) -> float:
    """How far from the average shape towards the state's own one both conditions hold."""
    if min(margins(values, month)) >= SPARE or not np.isfinite(values).all():
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if min(margins(average + middle * (values - average), month)) >= SPARE:
            low = middle
        else:
            high = middle
    return low
