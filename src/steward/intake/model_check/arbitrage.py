"""Static arbitrage inside of a modelled slice and between two of them, counted.

Butterfly: undiscounted calls convex and falling in the strike. Calendar: total variance at one log
distance from the forward grows with time. Both on a grid, the first over the quoted strikes.
Source: J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance
14 (2014), definitions 2.1 to 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import black76
from steward.pricing.slice import Slice

Floats = NDArray[np.float64]

POINTS = 241
CONVEX_TOLERANCE = 1e-9
"""Of a second difference, over the forward: rounding of prices in double precision."""

VARIANCE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Arbitrage:
    """How many slices and pairs were looked at, and how many break an order.

    worst  the most that a butterfly of three neighbouring points pays for nothing, index points
    """

    slices: int
    butterfly: int
    pairs: int
    calendar: int
    worst: float = 0.0


def count(slices: Sequence[tuple[Slice, Floats]]) -> Arbitrage:
    """Over the modelled series of one session, each with the strikes that were quoted."""
    ordered = sorted(slices, key=lambda one: (one[0].years, one[0].expiry.root))
    pairs = [
        (near, after) for (near, _), (after, _) in pairwise(ordered) if after.years > near.years
    ]
    paid = [(one.forward, _butterfly(one, strikes)) for one, strikes in ordered]
    return Arbitrage(
        slices=len(ordered),
        butterfly=sum(points > CONVEX_TOLERANCE * forward for forward, points in paid),
        pairs=len(pairs),
        calendar=sum(_calendar(near, after) for near, after in pairs),
        worst=max((points for _, points in paid), default=0.0),
    )


def _butterfly(priced: Slice, strikes: Floats) -> float:
    """The most that an order in the strikes is broken by, index points; 0 where none is."""
    grid = np.linspace(strikes[0], strikes[-1], POINTS)
    call = black76(priced.forward, grid, priced.years, priced.vols(grid), discount=1.0, call=True)
    step = np.diff(call)
    return max(0.0, float(-np.diff(step).min()), float(step.max()))  # of equals the first


def _calendar(near: Slice, after: Slice) -> bool:
    """At log distances up to five standard deviations of the nearer one."""
    middle = float(near.vols(np.array([near.forward]))[0])
    reach = middle * np.sqrt(near.years)
    distance = np.linspace(-6.0 * reach, 4.0 * reach, POINTS)
    variances = [one.vols(one.forward * np.exp(distance)) ** 2 * one.years for one in (near, after)]
    return bool((variances[1] < variances[0] - VARIANCE_TOLERANCE).any())
