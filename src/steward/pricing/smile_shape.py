"""The shape of a smile in standardised log-moneyness: a cubic spline, and tails beyond it.

What a shape is made of are its values at `KNOTS`; in them everything between the outermost knots is
linear, so that fits and checks are matrices. The tails are not: they follow `_tail`.
"""

from __future__ import annotations

import bisect
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.pricing.normal import mills_of_one

Floats = NDArray[np.float64]

KNOTS = (
    *(-8.5, -7.0, -5.5, -4.4, -3.5, -2.75, -2.1, -1.5, -1.0, -0.6, -0.25),
    *(0.05, 0.35, 0.65, 0.95, 1.3, 1.7, 2.2, 2.8, 3.6),
)
FAR_LEFT = (
    *(-9.0, -9.7, -10.5, -11.5, -12.8, -14.2, -16.0, -18.0, -21.0, -24.0, -28.0, -33.0, -39.0),
    *(-46.0, -55.0, -65.0, -77.0, -91.0, -107.0, -127.0, -150.0, -178.0, -210.0, -250.0, -300.0),
    *(-370.0, -500.0, -900.0),
)
FAR_RIGHT = (
    *(3.85, 4.15, 4.5, 4.9, 5.4, 6.0, 6.8, 7.8, 9.1, 10.5, 12.2, 14.3, 17.0, 20.0, 24.0, 29.0),
    *(35.0, 42.0),
    *(52.0, 65.0, 85.0, 115.0, 160.0, 240.0, 400.0, 700.0),
)
"""Beyond the knots the shape bends down as `_tail` says; beyond the last of these it stands
still."""

SHARES = (0.2, 0.98)
"""Of the bend at which a butterfly would be worth nothing: a tail's own share is held within."""


class Shape:
    """g of one tenor: cubic pieces in z, tails beyond the first and the last knot."""

    def __init__(self, pieces: Floats, root: float) -> None:
        """pieces  a column a piece: coefficients of 1, u, u^2, u^3, then the left knot, u = z less
                it; the first and the last are where the tails begin
        root    of v, the variance of the scale
        """
        self._pieces = pieces
        self._root = root

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
            _tail(KNOTS[0], g_left, left, far_left, self._root)[:, ::-1],
            self._pieces[:, 1:-1],
            _tail(KNOTS[-1], g_right, right, far_right, self._root),
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


def shape_of(values: Floats, root: float) -> Shape:
    """The shape with these values at the knots; `root` of v, the scale's variance to expiry."""
    middle = (_pieces() @ values).reshape(4, -1)
    return Shape(np.vstack((middle, _lefts())), root)


@lru_cache(maxsize=1)
def _knots() -> Floats:
    return np.array(KNOTS)


ALL_KNOTS = (*FAR_LEFT[-2::-1], *KNOTS, *FAR_RIGHT[:-1])
"""Where pieces of a shape meet."""

NEAR_LEFT, NEAR_RIGHT = 12, 11
NEAR_Z = (FAR_LEFT[NEAR_LEFT - 1], FAR_RIGHT[NEAR_RIGHT - 1])
"""How many pieces of the tails most strikes need, and how far these go."""


@lru_cache(maxsize=1)
def _near_knots() -> Floats:
    return np.array((*FAR_LEFT[NEAR_LEFT - 2 :: -1], *KNOTS, *FAR_RIGHT[: NEAR_RIGHT - 1]))


@lru_cache(maxsize=1)
def _all_knots() -> Floats:
    return np.array(ALL_KNOTS)


def _tail(z: float, g: float, slope: float, places: tuple[float, ...], root: float) -> Floats:
    """Pieces from the last knot outwards, a column each, as `Shape` has them.

    g'' g = -min(share (1 - z g'/g)^2, g'^2). The first keeps a part of what a butterfly is worth,
    such that the price begins to die away as a power of the strike (`_share`); the second is total
    variance that grows with the log strike alone, as it may at most (R. Lee, "The moment formula
    for implied volatility at extreme strikes", Mathematical Finance 14 (2004)). Steps of the
    midpoint rule, joined by cubics of the same values and slopes.
    """
    share = _share(z, g, slope, root)
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


def _share(z: float, g: float, slope: float, root: float) -> float:
    """The share of `_tail` at which the density is that of a power of the strike.

    With the out-of-the-money price q over (strike x density of d2), its slope in the log strike
    over the same, -n, and b = n / q: the density of a power is b (b + 1) q for calls, b (b - 1) q
    with b = n / q for puts, each times the deviation; what the smile's would be without a bend is
    (1 - z g'/g)^2. Both q and n are differences of Mills' ratio.
    """
    deviation = root * g
    outer = abs(z) / g + (0.5 if z > 0.0 else -0.5) * deviation  # |d2|
    inner = outer + (deviation if z < 0.0 else -deviation)  # |d1|
    if not (g > 0.0 and outer > 0.0 and inner > 0.0):  # no shape, or past the middle of the price
        return SHARES[0]
    of_outer, of_inner = mills_of_one(outer), mills_of_one(inner)
    worth = abs(of_outer - of_inner)
    falls = of_outer - abs(slope)
    power = falls / worth
    density = power * (power + (1.0 if z > 0.0 else -1.0)) * worth * deviation
    lean = 1.0 - z * slope / g
    return min(max(1.0 - density / (lean * lean), SHARES[0]), SHARES[1])


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
