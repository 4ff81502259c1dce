"""Keeping a fit of the smile free of arbitrage: conditions on a grid of states as penalties.

The two conditions of `pricing.smile` are not linear in the numbers of a fit, so they are taken
linearly around the last solution, where they fail or nearly do, and the fit is solved again.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.normal import mills
from steward.pricing.smile import Terms, term_columns
from steward.pricing.smile_conditions import (
    END_UNIT,
    FAR_PLACE,
    FAR_STRIKES,
    condition_grid,
    end_places,
    ends,
)
from steward.pricing.smile_shape import KNOTS

Floats = NDArray[np.float64]

VIX_STATES = (10.0, 15.0, 22.0, 36.0)
SKEW_STATES = (117.0, 135.0, 160.0)
VVIX_STATES = (82.0, 100.0, 150.0)
"""Points; every combination is kept free of arbitrage, as far as a shape of this form can."""

WANTED, NEARLY = 0.02, 0.05
"""Of a condition: what a penalty pushes it to, and from where on it is pushed."""


@dataclass(frozen=True, slots=True)
class Order:
    """Rows whose product with the numbers of a fit should be at least `least`."""

    rows: Floats
    least: Floats
    worst: float


def order(numbers: Floats, terms: Terms) -> Order:
    """The conditions that fail or nearly do, linear around `numbers` (a row a knot)."""
    grid = condition_grid()
    states = np.array(list(itertools.product(VIX_STATES, SKEW_STATES, VVIX_STATES)))
    count = grid.level.size
    level = np.tile(grid.level, len(states))
    vix, skew, vvix = (np.repeat(states[:, k], count) for k in range(3))
    phi = term_columns(terms, level, vix, skew, vvix)
    moved = term_columns(terms, level + 1e-4, vix, skew, vvix)
    later = (moved - phi) / 1e-4
    variance = np.square(vix / 100.0) * 30.0 / 365.0 * np.exp(level)
    at = numbers @ phi.T
    g, slope, bend = grid.value @ at, grid.slope @ at, grid.bend @ at
    rise = grid.value @ (numbers @ later.T)
    strike = grid.z * np.sqrt(variance)
    near = (strike >= math.log(FAR_STRIKES[0])) & (strike <= math.log(FAR_STRIKES[1]))
    lean = 1.0 - grid.z * slope / g
    lean_g, lean_slope = grid.z * slope / (g * g), -grid.z / g
    convex = lean * lean + g * bend - 0.25 * variance * np.square(g * slope)
    by_g = 2.0 * lean * lean_g + bend - 0.5 * variance * g * slope * slope
    by_slope = 2.0 * lean * lean_slope - 0.5 * variance * g * g * slope
    rows, least = [], []

    def add(
        where: tuple[NDArray[np.intp], ...],
        value: Floats,
        parts: list[tuple[Floats, Floats, Floats]],
    ) -> None:
        z, state = where
        row = np.zeros((len(z), len(KNOTS), len(terms)))
        for factor, basis, columns in parts:
            row += (
                factor[z, state][:, None, None] * basis[z][:, :, None] * columns[state][:, None, :]
            )
        flat = row.reshape(len(z), numbers.size)
        rows.append(flat)
        least.append(WANTED - value[z, state] + flat @ numbers.ravel())

    fails = np.nonzero((convex < NEARLY) & near)
    add(
        fails,
        convex,
        [(by_g, grid.value, phi), (by_slope, grid.slope, phi), (g, grid.bend, phi)],
    )
    worst = float(convex[near].min())
    for with_rise in (False, True):
        ordered = lean + (2.0 * rise / g if with_rise else 0.0)
        fails = np.nonzero((ordered < NEARLY) & near)
        minus = lean_g - (2.0 * rise / (g * g) if with_rise else 0.0)
        parts = [(minus, grid.value, phi), (lean_slope, grid.slope, phi)]
        if with_rise:
            parts.append((2.0 / g, grid.value, later))
        add(fails, ordered, parts)
        worst = min(worst, float(ordered[near].min()))
    root = np.sqrt(variance)
    spares, places = ends(g, slope, root), end_places(g, root)
    for end, side, spare, place in zip((0, -1), (1.0, -1.0), spares, places, strict=True):
        first = np.maximum(g[end], 1e-3)
        moves = (place * mills(place) - 1.0) * (side * grid.z[end] / first**2 + 0.5 * root)
        value, by_value = np.full_like(g, np.inf), np.zeros_like(g)
        value[end], by_value[end] = spare, END_UNIT * np.where(place < FAR_PLACE, moves, 0.0)
        unit = np.full_like(g, END_UNIT * side)
        fails = np.nonzero((value < NEARLY) & near)
        add(fails, value, [(by_value, grid.value, phi), (unit, grid.slope, phi)])
        worst = min(worst, float(spare[near[end]].min(initial=np.inf)))
    return Order(rows=np.concatenate(rows), least=np.concatenate(least), worst=worst)
