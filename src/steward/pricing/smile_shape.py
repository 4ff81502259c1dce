"""The shape of a smile in standardised log-moneyness: a cubic spline, and tails beyond it.

What a shape is made of are its values at `KNOTS`; in them everything between the outermost knots is
linear, so that fits and checks are matrices. The tails are not: they follow `_tail`.
"""

from __future__ import annotations

import bisect
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

KNOTS = (
    *(-12.0, -9.0, -7.0, -5.5, -4.4, -3.5, -2.75, -2.1, -1.5, -1.0, -0.6, -0.25),
    *(0.05, 0.35, 0.65, 0.95, 1.3, 1.7, 2.2, 2.8, 3.6, 4.6),
)
FAR_LEFT = (
    *(-12.8, -13.8, -15.0, -16.5, -18.5, -21.0, -24.0, -28.0, -33.0, -39.0, -46.0, -55.0),
    *(-66.0, -80.0, -100.0, -130.0, -170.0, -230.0, -320.0, -500.0, -900.0),
)
FAR_RIGHT = (
    *(4.9, 5.3, 5.8, 6.4, 7.1, 8.0, 9.1, 10.5, 12.2, 14.3, 17.0, 20.0, 24.0, 29.0, 35.0, 42.0),
    *(52.0, 65.0, 85.0, 115.0, 160.0, 240.0, 400.0, 700.0),
)
"""Beyond the knots the shape bends down as `_tail` says; beyond the last of these it stands
still."""

LEFT_BEND, RIGHT_BEND = 0.7, 0.8
"""Of the bend at which a butterfly would be worth nothing: prices then die away, in order in the
strike within a hundred-thousandth of a point. Beyond the last knot, at half of the forward and a
few days, prices of two expiries may cross by up to 0.04 points: under a tick."""


class Shape:
    """g of one tenor: cubic pieces in z, tails beyond the first and the last knot."""

    def __init__(self, pieces: Floats) -> None:
        """A column a piece: coefficients of 1, u, u^2, u^3, then the left knot, u = z - left knot;
        the first and the last piece are where the tails begin.
        """
        self._pieces = pieces

    @cached_property
    def _near(self) -> Floats:
        """With the tails as far as most strikes go."""
        return self._with_tails(FAR_LEFT[:NEAR_LEFT], FAR_RIGHT[:NEAR_RIGHT])

    @cached_property
    def _whole(self) -> Floats:
        """With the tails to their ends."""
        return self._with_tails(FAR_LEFT, FAR_RIGHT)

    def _with_tails(self, far_left: tuple[float, ...], far_right: tuple[float, ...]) -> Floats:
        (g_left, g_right), (left, right) = self._pieces[:2, [0, -1]].tolist()
        parts = (
            _tail(KNOTS[0], g_left, left, far_left, LEFT_BEND)[:, ::-1],
            self._pieces[:, 1:-1],
            _tail(KNOTS[-1], g_right, right, far_right, RIGHT_BEND),
        )
        return np.concatenate(parts, axis=1)

    def at(self, z: Floats) -> Floats:
        """g at each z; NaN gives NaN."""
        if z.size and NEAR_Z[0] <= z.min() and z.max() <= NEAR_Z[1]:
            piece = np.searchsorted(_near_knots(), z, side="right")
            a, b, c, d, left = self._near[:, piece]
            u = z - left
        else:
            inside = np.minimum(np.maximum(z, FAR_LEFT[-1]), FAR_RIGHT[-1])
            piece = np.searchsorted(_all_knots(), inside, side="right")
            a, b, c, d, left = self._whole[:, piece]
            u = inside - left
        return np.asarray(a + u * (b + u * (c + u * d)))

    def at_one(self, z: float) -> float:
        """`at` for one finite number, without arrays."""
        if KNOTS[0] <= z <= KNOTS[-1]:
            pieces, piece = self._pieces, bisect.bisect_right(KNOTS, z)
        else:
            z = min(max(z, FAR_LEFT[-1]), FAR_RIGHT[-1])
            pieces, piece = self._whole, bisect.bisect_right(ALL_KNOTS, z)
        a, b, c, d, left = pieces[:, piece].tolist()
        u = z - left
        return float(a + u * (b + u * (c + u * d)))


def shape_of(values: Floats) -> Shape:
    """The shape with these values at the knots."""
    middle = (_pieces() @ values).reshape(4, -1)
    return Shape(np.vstack((middle, _lefts())))


@lru_cache(maxsize=1)
def _knots() -> Floats:
    return np.array(KNOTS)


ALL_KNOTS = (*FAR_LEFT[-2::-1], *KNOTS, *FAR_RIGHT[:-1])
"""Where pieces of a shape meet."""

NEAR_LEFT, NEAR_RIGHT = 9, 10
NEAR_Z = (FAR_LEFT[NEAR_LEFT - 1], FAR_RIGHT[NEAR_RIGHT - 1])
"""How many pieces of the tails most strikes need, and how far these go."""


@lru_cache(maxsize=1)
def _near_knots() -> Floats:
    return np.array((*FAR_LEFT[NEAR_LEFT - 2 :: -1], *KNOTS, *FAR_RIGHT[: NEAR_RIGHT - 1]))


@lru_cache(maxsize=1)
def _all_knots() -> Floats:
    return np.array(ALL_KNOTS)


def _tail(z: float, g: float, slope: float, places: tuple[float, ...], share: float) -> Floats:
    """Pieces from the last knot outwards, a column each, as `Shape` has them.

    g'' g = -min(share (1 - z g'/g)^2, g'^2): the first keeps a part of what a butterfly is worth,
    the second is total variance that grows with the log strike alone, as it may at most (R. Lee,
    "The moment formula for implied volatility at extreme strikes", Mathematical Finance 14 (2004)).
    Steps of the midpoint rule, joined by cubics of the same values and slopes.
    """
    pieces = np.empty((5, len(places)))
    for k, place in enumerate(places):
        step = place - z
        half = 0.5 * step
        bend = _bend(z, g, slope, share)
        middle, lean = g + half * slope, slope + half * bend
        after = g + step * lean
        last = slope + step * _bend(z + half, middle, lean, share)
        rise = (after - g) / step
        square = (3.0 * rise - 2.0 * slope - last) / step
        cube = (slope + last - 2.0 * rise) / (step * step)
        pieces[:, k] = g, slope, square, cube, z
        z, g, slope = place, after, last
    return pieces


def _bend(z: float, g: float, slope: float, share: float) -> float:
    lean = 1.0 - z * slope / g
    return -min(share * lean * lean, slope * slope) / g


@lru_cache(maxsize=1)
def _pieces() -> Floats:
    """From values at the knots to the coefficients of all pieces: 4 x pieces rows."""
    unit = np.eye(len(KNOTS))
    return np.stack([_spline(_knots(), row)[:4].ravel() for row in unit], axis=1)


@lru_cache(maxsize=1)
def _lefts() -> Floats:
    return np.asarray(_spline(_knots(), np.zeros(len(KNOTS)))[4])


def cardinal(z: Floats, order: int = 0) -> Floats:
    """g at each z, or its first or second derivative, for the value 1 at one knot: a row a z.

    Straight beyond the knots; the tails of a `Shape` are no linear thing.
    """
    piece = np.searchsorted(_knots(), z, side="right")
    u = z - _lefts()[piece]
    powers = (
        (np.ones_like(u), u, u**2, u**3),
        (np.zeros_like(u), np.ones_like(u), 2.0 * u, 3.0 * u**2),
        (np.zeros_like(u), np.zeros_like(u), np.full_like(u, 2.0), 6.0 * u),
    )[order]
    parts = _pieces().reshape(4, len(KNOTS) + 1, len(KNOTS))[:, piece]
    found: Floats = np.einsum("pz,pzk->zk", np.stack(powers), parts)
    return found


def _spline(x: Floats, y: Floats) -> Floats:
    """Natural cubic pieces between the knots, and straight lines beyond.

    Rows: the coefficients of 1, u, u^2, u^3, and the left knot; a column a piece.
    """
    n = len(x)
    h = np.diff(x)
    system = np.eye(n)
    right = np.zeros(n)
    for i in range(1, n - 1):
        system[i, i - 1 : i + 2] = h[i - 1], 2.0 * (h[i - 1] + h[i]), h[i]
        right[i] = 6.0 * ((y[i + 1] - y[i]) / h[i] - (y[i] - y[i - 1]) / h[i - 1])
    bend = np.linalg.solve(system, right)  # second derivatives, 0 at both ends
    slope = np.diff(y) / h - h * (2.0 * bend[:-1] + bend[1:]) / 6.0
    last = slope[-1] + 0.5 * h[-1] * (bend[-2] + bend[-1])
    pieces = np.zeros((5, n + 1))
    pieces[:, 0] = y[0], slope[0], 0.0, 0.0, x[0]
    pieces[:, 1:n] = y[:-1], slope, 0.5 * bend[:-1], np.diff(bend) / (6.0 * h), x[:-1]
    pieces[:, n] = y[-1], last, 0.0, 0.0, x[-1]
    return pieces
