"""The shape of the SPX smile: implied vol = scale x g(z), and nothing else moves it.

z is the log distance of the strike from the forward in standard deviations of `scale`. The shape
depends on the tenor alone (files/smile.toml): skew indices do not move it yet, so that on a day
of unusual skew the wings are off by what facts of that day would say.

A shape is medians of many days, so a strip of options on it is worth not quite scale^2 a year:
0.98 to 1.02 of the scale in calm markets, up to 1.12 at 85 days when the index stands at 80.
`scale_for` takes that out: it gives the scale at which the whole strip has the vol asked for.
"""

from __future__ import annotations

import bisect
import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import black76

Floats = NDArray[np.float64]

RATIO_DAYS = (4.5, 6.0, 8.0, 11.0, 15.0, 21.0, 30.0, 42.0, 60.0, 85.0)
RATIO_DEVIATIONS = (0.003, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
"""Tenors and deviations (scale x sqrt(years)) of the table behind `scale_for`; VIX at 80 is a
deviation of 0.23 at its 30 days, and 0.4 at 93 days."""

STRIP_Z, STRIP_MONEYNESS, STRIP_POINTS = (-12.0, 4.0), (0.35, 1.6), 641
"""The strip goes as far as the shape has knots and as strikes are listed (strikes.py), shares of
the forward: beyond, in a crash, the shape is a guess and its tail would count for a tenth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """g of one tenor: cubic pieces in z.

    knots        rising      pieces  a column a piece: coefficients of 1, u, u^2, u^3, then the
                 left knot, u = z - left knot; the first and the last piece lie beyond the knots
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

    def at_one(self, z: float) -> float:
        """`at` for one finite number, without arrays."""
        inside = min(max(z, self.low), self.high)
        a, b, c, d, left = self.pieces[:, bisect.bisect_right(self.knots.tolist(), inside)].tolist()
        u = inside - left
        return float(a + u * (b + u * (c + u * d)))


def shape(days: float) -> Shape:
    """The shape of an expiry in `days` calendar days."""
    knots, tenors, table, widest = _shapes()
    place = float(np.interp(math.log(max(days, 1e-6)), tenors, np.arange(len(tenors))))
    k = min(int(place), len(tenors) - 2)
    part = place - k
    pieces = (1.0 - part) * table[k] + part * table[k + 1]
    return Shape(knots=knots, pieces=pieces, low=widest[0], high=widest[1])


def scale_for(level: float, years: float) -> float:
    """The scale of the shape at which the strip of all strikes has the vol `level`.

    Both a year, fractions; years above 0. Linear between tabulated tenors and deviations, within
    0.2 % of the strip's own integral; beyond the table's ends the ratio of the last one.
    """
    days, rows = _ratios()
    place = math.log(max(years * 365.0, 1e-6))
    k = min(max(bisect.bisect_right(days, place) - 1, 0), len(days) - 2)
    part = min(max((place - days[k]) / (days[k + 1] - days[k]), 0.0), 1.0)
    deviation = level * math.sqrt(years)
    near, after = (_between(deviation, *rows[i]) for i in (k, k + 1))
    return level * ((1.0 - part) * near + part * after)


def _between(x: float, known: list[float], value: list[float]) -> float:
    """Linear between the points, the last value beyond them."""
    k = bisect.bisect_right(known, x)
    if k == 0 or k == len(known):
        return value[min(k, len(known) - 1)]
    part = (x - known[k - 1]) / (known[k] - known[k - 1])
    return value[k - 1] + part * (value[k] - value[k - 1])


@lru_cache(maxsize=1)
def _shapes() -> tuple[Floats, Floats, list[Floats], tuple[float, float]]:
    """Knots; ln days of the tenors; the pieces of each; where the shape ends."""
    data = tomllib.loads(
        (resources.files("steward.pricing") / "files/smile.toml").read_text("utf-8")
    )
    knots = np.array(data["z"])
    rows = sorted(data["tenor"], key=lambda row: row["days"])
    low, high = data["widest"]
    table = [_spline(knots, np.array(row["shape"]), low, high) for row in rows]
    return knots, np.log([row["days"] for row in rows]), table, (low, high)


@lru_cache(maxsize=1)
def _ratios() -> tuple[list[float], list[tuple[list[float], list[float]]]]:
    """ln days, and of each the strip's deviations, rising, with scale over strip vol there.

    A strip: 2/T times the integral of out-of-the-money prices over strike^2, Black-76 at forward
    1 without discount; in z the strike is exp(z x deviation), so nothing but that counts.
    """
    rows = []
    for days in RATIO_DAYS:
        deviations, ratios = [], []
        for deviation in RATIO_DEVIATIONS:
            low, high = (math.log(share) / deviation for share in STRIP_MONEYNESS)
            z = np.linspace(max(STRIP_Z[0], low), min(STRIP_Z[1], high), STRIP_POINTS)
            strike = np.exp(z * deviation)
            vol = deviation * shape(days).at(z)
            price = black76(1.0, strike, 1.0, vol, discount=1.0, call=z > 0.0)
            height = price / strike * deviation
            total = float(np.sum(0.5 * (height[1:] + height[:-1]))) * (z[1] - z[0])
            strip = math.sqrt(2.0 * total)
            deviations.append(strip)
            ratios.append(deviation / strip)
        rows.append((deviations, ratios))
    return [math.log(days) for days in RATIO_DAYS], rows


def _spline(x: Floats, y: Floats, low: float, high: float) -> Floats:
    """Natural cubic pieces between the knots, and at each end a parabola that is level at `low`
    and `high`: a kink there would be a butterfly that pays to be held.

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
    pieces[:, 0] = y[0], slope[0], 0.5 * slope[0] / (x[0] - low), 0.0, x[0]
    pieces[:, 1:n] = y[:-1], slope, 0.5 * bend[:-1], np.diff(bend) / (6.0 * h), x[:-1]
    pieces[:, n] = y[-1], last, 0.5 * last / (x[-1] - high), 0.0, x[-1]
    return pieces
