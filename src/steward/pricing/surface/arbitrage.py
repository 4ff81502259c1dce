"""Static arbitrage of smiles: butterflies within one expiry, calendars between two.

Butterfly: the density of the index at expiry is g(k) times something positive, with

    g(k) = (1 - k w'/(2 w))^2 - w'^2/4 (1/w + 1/4) + w''/2

(Gatheral and Jacquier 2014, lemma 2.2), so g must not be below 0, w must be above 0, and for the
density to integrate to one the wings must not be steeper than 2 (R. Lee, "The moment formula for
implied volatility at extreme strikes", Mathematical Finance 14 (2004)). Calendar: at equal k the
total variance must not fall in time (Gatheral and Jacquier 2014, lemma 2.1).

Butterflies are looked for on a grid that is dense where the smile bends and reaches k of 25 either
way (a strike at 1e-11 of the forward); beyond, w is a straight line to nine digits, and the slopes
decide. Calendars within four standard deviations of the strike's own volatility: beyond, an option
of a year at 20 % is worth less than a quarter of a tick, and where nobody quotes a wing is a guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.smile import Smile

Floats = NDArray[np.float64]

FARTHEST = 25.0
"""|k| to which the grids go."""

DEVIATIONS = 4.0
"""Of a strike's own volatility, to which calendars are looked for."""

STEEPEST = 2.0
"""Lee's bound on the slope of total variance in |k|."""

POINTS, AROUND = 601, 31
"""Of the grid over all k, and around the bend of each term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Butterfly:
    """How far a smile is from a butterfly.

    worst  the least g of the grid, and `at` its k     least  the least total variance
    wings  slopes of w in |k|, left and right
    """

    worst: float
    at: float
    least: float
    wings: tuple[float, float]

    @property
    def free(self) -> bool:
        """No butterfly anywhere."""
        flat = all(0.0 <= slope < STEEPEST for slope in self.wings)
        return self.worst >= 0.0 and self.least > 0.0 and flat


def grid(*smiles: Smile, points: int = POINTS) -> Floats:
    """Values of k, rising: spread like sinh, closer where a smile has its bends."""
    width = max(np.sqrt(max(float(smile.total_variance(0.0)), 1e-8)) for smile in smiles)
    reach = float(np.arcsinh(FARTHEST / width))
    whole = width * np.sinh(np.linspace(-reach, reach, points))
    near = np.linspace(-3.0, 3.0, AROUND)
    bends = [term[2] + term[3] * near for smile in smiles for term in smile.terms]
    return np.unique(np.concatenate([whole, *bends]))


def density_factor(smile: Smile, k: Floats) -> Floats:
    """g of the formula above; the density is g / sqrt(2 pi w) exp(-d2^2 / 2)."""
    w, slope, bend = smile.derivatives(k)
    with np.errstate(divide="ignore", invalid="ignore"):
        lean = 1.0 - 0.5 * k * slope / w
        return np.asarray(lean * lean - 0.25 * slope * slope * (1.0 / w + 0.25) + 0.5 * bend)


def butterfly(smile: Smile) -> Butterfly:
    """The check of one smile. A w at or below 0 has no density there: worst is minus infinity."""
    k = grid(smile)
    w = smile.total_variance(k)
    g = np.where(w > 0.0, density_factor(smile, k), -np.inf)
    worst = int(np.argmin(g))
    return Butterfly(
        worst=float(g[worst]), at=float(k[worst]), least=float(w.min()), wings=_clean(smile.wings)
    )


def calendar_gap(near: Smile, far: Smile) -> tuple[float, float]:
    """The least of (w of the far less w of the near) over w of the near, and its k.

    Below 0 a calendar spread at that moneyness costs nothing and can win. Asked within
    `DEVIATIONS` either way.
    """
    k = grid(near, far)
    before, after = near.total_variance(k), far.total_variance(k)
    asked = k * k <= DEVIATIONS**2 * np.maximum(np.maximum(before, after), 1e-12)
    k, before, after = k[asked], before[asked], after[asked]
    gap = (after - before) / np.maximum(before, 1e-12)
    worst = int(np.argmin(gap))
    return float(gap[worst]), float(k[worst])


def _clean(wings: tuple[float, float]) -> tuple[float, float]:
    """Slopes with the last bits of a sum that should be 0 taken off."""
    left, right = (0.0 if abs(slope) < 1e-12 else slope for slope in wings)
    return left, right
