"""The shape of the SPX smile: implied vol = model-free vol x g(z), and nothing else moves it.

z is the log distance of the strike from the forward in model-free standard deviations. The shape
depends on the tenor alone (files/smile.toml): skew indices do not move it yet, so that on a day
of unusual skew the wings are off by what facts of that day would say.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """g of one tenor: cubic pieces in z.

    knots        rising      pieces  a row a piece: coefficients of 1, u, u^2, u^3, u = z - left
                 knot; the first and the last piece are straight lines to beyond the ends
    low, high    outside of them g is constant
    """

    knots: Floats
    pieces: Floats
    low: float
    high: float

    def at(self, z: Floats) -> Floats:
        """g at each z; NaN gives NaN."""
        inside = np.minimum(np.maximum(z, self.low), self.high)
        piece = np.searchsorted(self.knots, inside, side="right")
        a, b, c, d, left = self.pieces[:, piece]
        u = inside - left
        return np.asarray(a + u * (b + u * (c + u * d)))


def shape(days: float) -> Shape:
    """The shape of an expiry in `days` calendar days."""
    knots, tenors, table, widest = _shapes()
    place = float(np.interp(math.log(max(days, 1e-6)), tenors, np.arange(len(tenors))))
    k = min(int(place), len(tenors) - 2)
    part = place - k
    pieces = (1.0 - part) * table[k] + part * table[k + 1]
    return Shape(knots=knots, pieces=pieces, low=widest[0], high=widest[1])


def implied_vols(strike: Floats, *, forward: float, years: float, level: float) -> Floats:
    """Implied vol of each strike, a fraction; `level` is the expiry's model-free vol."""
    z = np.log(strike / forward) / (level * math.sqrt(years))
    return level * shape(years * 365.0).at(z)


@lru_cache(maxsize=1)
def _shapes() -> tuple[Floats, Floats, list[Floats], tuple[float, float]]:
    """Knots; ln days of the tenors; the pieces of each; where the shape ends."""
    data = tomllib.loads(
        (resources.files("steward.pricing") / "files/smile.toml").read_text("utf-8")
    )
    knots = np.array(data["z"])
    rows = sorted(data["tenor"], key=lambda row: row["days"])
    table = [_natural_spline(knots, np.array(row["shape"])) for row in rows]
    low, high = data["widest"]
    return knots, np.log([row["days"] for row in rows]), table, (low, high)


def _natural_spline(x: Floats, y: Floats) -> Floats:
    """Pieces between the knots, and a straight one at each end.

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
