"""The fit of one smile as least squares: bands, and what lacks to an order without arbitrage.

Scaled by the total volatility at the money: x = k / scale, f = w / scale^2, so that a day and two
years are the same problem. Parameters: the level, and of each term b, artanh rho, m, ln sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.arbitrage import FARTHEST, STEEPEST
from steward.pricing.surface.bands import JUDGED_DELTA, Bands
from steward.pricing.surface.smile import Smile

Floats = NDArray[np.float64]

PULL = 0.1
"""Weight of the pull to the middle of a band, in half widths, against 1 outside of the band."""

STALE = 3.0
"""Half widths outside of a band from which on the loss grows by size."""

MARGIN = 0.01
"""Of g, and of the order in time: kept in the fit so that the check, which is finer, holds."""

LOWEST = 0.6
"""Nowhere may the total variance be below that share of the least of the bids."""

POINTS, EVEN_POINTS = 61, 40
"""Of the grid on which g and the order in time are asked: over all k, and between the quotes."""

NARROWEST = 0.15
"""sigma of a term, in x: a bend sharper than this is noise, and would slip through the grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What other slices of the clock say of the total variance of one, on its `grid_of`.

    lower, upper  where it may be, so that the clock stays in order; 0 and infinity: not bounded
    middle        what it is drawn to where it has no quotes, by `draw`; 0 where it has
    """

    lower: Floats
    upper: Floats
    middle: Floats
    draw: Floats


def grid_of(scale: float, low: float, high: float) -> Floats:
    """k at which g and the order in time are asked: far out, and evenly between the quotes.

    scale  vol x sqrt(years) at the money     low, high  k of the first and the last quote
    """
    reach = math.asinh(FARTHEST / scale)
    far = scale * np.sinh(np.linspace(-reach, reach, POINTS))
    return np.sort(np.concatenate((far, np.linspace(low, high, EVEN_POINTS))))


@dataclass(frozen=True, slots=True)
class _Values:
    """f at quotes and grid with its Jacobian (parameters, points); f' and f'' on the grid."""

    f: Floats
    slope: Floats
    bend: Floats
    by_f: Floats


class Problem:
    """Residuals of one slice for `least_squares.minimise`."""

    def __init__(
        self,
        bands: Bands,
        years: float,
        *,
        terms: int,
        guide: Guide | None = None,
        barrier: float,
    ) -> None:
        """bands  at least one     terms  hyperbolas, 1 or 2     guide  None: alone
        barrier  weight of what lacks to an order without arbitrage, against 1 for a half width
        """
        self.terms, self.barrier = terms, barrier
        self.scale = scale = level_at_the_money(bands) * math.sqrt(years)
        self._vol = level_at_the_money(bands)
        capped = np.log(bands.cap_strike / bands.strike[0]) + bands.k[0]
        none = np.zeros(capped.size)
        x = np.concatenate((bands.k, capped)) / scale
        self._low = np.concatenate((bands.bid, none))
        self._mid = np.concatenate((bands.mid, bands.cap))
        self._high = np.concatenate((bands.ask, bands.cap))
        self._per_half = 1.0 / np.concatenate((bands.half, 0.5 * bands.cap))
        self._pull = np.concatenate((np.full(bands.k.size, PULL), none))
        self._count = x.size
        self._judged = np.abs(bands.delta) >= JUDGED_DELTA
        self._lowest = max(LOWEST * float((bands.bid**2).min()) / self._vol**2, 1e-3)
        self._grid = grid_of(scale, float(bands.k[0]), float(bands.k[-1])) / scale
        self._x = np.concatenate((x, self._grid))
        steepest = 0.995 * STEEPEST / scale
        self._wing_bounds = (0.0, steepest)
        self._orders: list[tuple[Floats, float]] = []
        self._drawn: tuple[NDArray[np.intp], Floats, Floats] | None = None
        if guide is not None:
            for bound, sign in ((guide.lower, 1.0), (guide.upper, -1.0)):
                self._orders.append((np.clip(bound / scale**2, 1e-6, 1e6), sign))
            at = np.flatnonzero(guide.draw)
            self._drawn = at, guide.middle[at] / scale**2, guide.draw[at]
        left, right = float(bands.k[0] / scale) - 2.0, float(bands.k[-1] / scale) + 2.0
        first = ((0.0, 20.0), (-4.0, 4.0), (left, right), (math.log(NARROWEST), math.log(30.0)))
        more = ((-5.0, 5.0), *first[1:])
        box = [(-20.0, 20.0), *first, *(more * (terms - 1))]
        self.low, self.high = np.array(box).T

    def smile(self, p: Floats) -> Smile:
        """In k and w."""
        b, r, m, log_sigma = p[1:].reshape(-1, 4).T
        s = self.scale
        terms = np.column_stack((b * s, np.tanh(r), m * s, np.exp(log_sigma) * s))
        return Smile(level=float(p[0]) * s * s, terms=terms)

    def parameters(self, smile: Smile) -> Floats:
        """The other way round; raises ValueError for another number of terms."""
        if smile.terms.shape[0] != self.terms:
            raise ValueError(f"{smile.terms.shape[0]} terms, the problem has {self.terms}")
        b, rho, m, sigma = smile.terms.T
        s = self.scale
        safe = np.clip(rho, -0.9993, 0.9993)
        rows = np.column_stack((b / s, np.arctanh(safe), m / s, np.log(sigma / s)))
        return np.concatenate(([smile.level / (s * s)], rows.ravel()))

    def inside(self, p: Floats) -> float:
        """Share of the judged quotes (`JUDGED_DELTA`) inside of their bands."""
        f = self.smile(p).total_variance(self._x[: self._judged.size] * self.scale)
        vol = self._vol * np.sqrt(np.maximum(f, 0.0)) / self.scale
        count = self._judged.size
        good = (vol >= self._low[:count]) & (vol <= self._high[:count])
        return float(good[self._judged].mean()) if self._judged.any() else 1.0

    def residuals(self, p: Floats) -> tuple[Floats, Floats]:
        """Of the quotes, the pull, and of what lacks, as many as lack; with the Jacobian."""
        values = self._values(p)
        quotes, by_quotes = self._quotes(values)
        shape, by_shape = self._shape(p, values)
        order, by_order = self._order(values)
        wings, by_wings = self._wings(p)
        lacks = self.barrier * np.concatenate((shape, order, wings))
        by_lacks = self.barrier * np.concatenate((by_shape, by_order, by_wings), axis=1)
        found, rows = [quotes, lacks], [by_quotes, by_lacks]
        if self._drawn is not None:
            at, middle, draw = self._drawn
            near = self._count + at
            found.append(draw * (values.f[near] / middle - 1.0))
            rows.append(draw / middle * values.by_f[:, near])
        return np.concatenate(found), np.concatenate(rows, axis=1).T

    def _values(self, p: Floats) -> _Values:
        b, rho, m, sigma = self._terms(p)
        stiff, square = 1.0 - rho * rho, sigma * sigma
        u = self._x - m
        root = np.sqrt(u * u + square)
        lean = u / root  # d root / d u
        by_f = np.empty((p.size, self._x.size))
        by_f[0] = 1.0
        by_f[1::4] = rho * u + root
        by_f[2::4] = (b * stiff) * u
        slope = b * (rho + lean)
        by_f[3::4] = -slope
        by_f[4::4] = (b * square) / root
        f = p[0] + (b * by_f[1::4]).sum(axis=0)
        bend = (b * square) / root[:, self._count :] ** 3
        return _Values(f, slope[:, self._count :].sum(axis=0), bend.sum(axis=0), by_f)

    @staticmethod
    def _terms(p: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """b, rho, m and sigma, columns of one row a term."""
        b, r, m, log_sigma = (column[:, None] for column in p[1:].reshape(-1, 4).T)
        return b, np.tanh(r), m, np.exp(log_sigma)

    def _turns(self, p: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Jacobians of f' and f'' at some points."""
        b, rho, m, sigma = self._terms(p)
        square = sigma * sigma
        u = x - m
        over = 1.0 / np.sqrt(u * u + square)
        bend = square * over**3
        by_slope, by_bend = np.zeros((2, p.size, x.size))
        by_slope[1::4] = rho + u * over
        by_slope[2::4] = b * (1.0 - rho * rho)
        by_slope[3::4] = -b * bend
        by_slope[4::4] = -b * u * bend
        by_bend[1::4] = bend
        by_bend[3::4] = 3.0 * b * bend * u * over * over
        by_bend[4::4] = b * bend * (2.0 - 3.0 * square * over * over)
        return by_slope, by_bend

    def _quotes(self, values: _Values) -> tuple[Floats, Floats]:
        f, by_f = values.f[: self._count], values.by_f[:, : self._count]
        safe = np.maximum(f, 1e-4)
        vol = self._vol * np.sqrt(safe)
        over, under = (vol - self._high) * self._per_half, (self._low - vol) * self._per_half
        outside = np.maximum(np.maximum(over, under), 0.0)
        far = np.sqrt(
            STALE * (2.0 * np.maximum(outside, STALE) - STALE)
        )  # half its square: Huber's
        lost, turn = np.where(outside > STALE, far, outside), STALE / far
        per_f = np.where(f > 1e-4, 0.5 * vol / safe, 0.0) * self._per_half
        turned = np.where(over > 0.0, turn, -turn) * (outside > 0.0)
        pulled = self._pull * (vol - self._mid) * self._per_half
        return (
            np.concatenate((lost, pulled)),
            np.concatenate((turned * per_f * by_f, self._pull * per_f * by_f), axis=1),
        )

    def _shape(self, p: Floats, values: _Values) -> tuple[Floats, Floats]:
        """What lacks to g above the margin, and to f above a little."""
        f, slope, bend = values.f[self._count :], values.slope, values.bend
        x, quarter = self._grid, 0.25 * self.scale * self.scale
        safe = np.maximum(f, self._lowest)
        lean = 1.0 - 0.5 * x * slope / safe
        g = lean * lean - 0.25 * slope * slope * (1.0 / safe + quarter) + 0.5 * bend
        short, low = MARGIN - g, self._lowest - f
        bad = np.flatnonzero((short > 0.0) | (low > 0.0))  # hardly ever many
        if not bad.size:
            return np.zeros(0), np.zeros((p.size, 0))
        x, f, slope, safe, lean = (a[bad] for a in (x, f, slope, safe, lean))
        short, low = np.maximum(short[bad], 0.0), np.maximum(low[bad], 0.0)
        big = 1.0 / np.maximum(short, 1.0)  # far off, by its size: a pole of g is no direction
        at_f = (lean * x * slope + 0.25 * slope * slope) / (safe * safe) * (f > self._lowest)
        at_slope = -lean * x / safe - 0.5 * slope * (1.0 / safe + quarter)
        near = self._count + bad
        by_slope, by_bend = self._turns(p, x)
        by_g = at_f * values.by_f[:, near] + at_slope * by_slope + 0.5 * by_bend
        by_low = np.where(low > 0.0, -1.0, 0.0) * values.by_f[:, near]
        return (
            np.concatenate((np.minimum(short, 1.0 + np.log(1.0 / big)), low)),
            np.concatenate((-big * (short > 0.0) * by_g, by_low), axis=1),
        )

    def _order(self, values: _Values) -> tuple[Floats, Floats]:
        """What lacks to the order in time, as shares of the neighbour's total variance."""
        f, by_f = values.f[self._count :], values.by_f[:, self._count :]
        found, rows = [np.zeros(0)], [np.zeros((by_f.shape[0], 0))]
        for bound, sign in self._orders:
            lacks = sign * (bound - f) / bound
            bad = np.flatnonzero(lacks > 0.0)
            if bad.size:
                found.append(lacks[bad])
                rows.append((-sign / bound[bad]) * by_f[:, bad])
        return np.concatenate(found), np.concatenate(rows, axis=1)

    def _wings(self, p: Floats) -> tuple[Floats, Floats]:
        """What lacks to wings inside of their bounds, as slopes in x."""
        b, r = p[1::4], p[2::4]
        rho = np.tanh(r)
        found, rows = np.zeros(4), np.zeros((p.size, 4))
        for side, sign in enumerate((-1.0, 1.0)):
            slope = float((b * (1.0 + sign * rho)).sum())
            for n, (bound, up) in enumerate(zip(self._wing_bounds, (1.0, -1.0), strict=True)):
                lacks = up * (bound - slope)
                if lacks > 0.0:
                    found[2 * side + n] = lacks
                    rows[1::4, 2 * side + n] = -up * (1.0 + sign * rho)
                    rows[2::4, 2 * side + n] = -up * sign * b * (1.0 - rho * rho)
        return found, rows


def level_at_the_money(bands: Bands) -> float:
    """The volatility of the middles at the forward, between the strikes beside it, a fraction."""
    near = np.sort(np.argsort(np.abs(bands.k), kind="stable")[:6])
    return float(np.interp(0.0, bands.k[near], bands.mid[near]))
