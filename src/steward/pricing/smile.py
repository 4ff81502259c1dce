"""The shape of the SPX smile: implied vol = scale x g(z), from the state of the session.

z is the log distance of the strike from the forward in standard deviations, ln(K / F) / sqrt(v),
with v = scale^2 x years. g is a cubic spline in z whose values at the knots are linear in L and
L^2, L = ln of v over the variance of 30 days at VIX, and in the state: VIX, SKEW and VVIX
(files/smile.toml). That the tenor enters through v alone is what keeps expiries in order: at one
strike total variance w = v g(z, L)^2 grows with v where

    1 - z g'/g + 2 (dg/dL) / g >= 0

and v grows with the tenor, whatever the term structure does. Prices are convex in the strike where

    (1 - z g'/g)^2 + g g'' - v (g g')^2 / 4 >= 0

(J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14
(2014), definition 2.2 and lemma 2.2, in these variables). Both are looked at on a grid, session by
session; where the state would break one, the shape moves towards the average one as far as needed.
"""

from __future__ import annotations

import bisect
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import black76

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

TENOR_DAYS = (1.5, 400.0)
"""Days of v over VIX squared: L stays within."""

BASE_VIX, BASE_SKEW, SKEW_UNIT, BASE_VVIX = 18.0, 130.0, 15.0, 90.0
"""The state, points, at which the constants alone hold."""

TILTED_RANGE = (9.0, 26.0)
"""VIX, where it turns the effect of SKEW: fitted states beyond are two days of 2018."""

FAR_STRIKES = (0.2, 2.0)
"""Shares of the forward within which a shape must be free of arbitrage."""

SPARE = 1e-3
"""Of both conditions, so that the points between those of the grid keep them too."""

HALVINGS = 12

LEAST_RISE = 1e-6
"""Of the logarithm of a strip from one tenor of the table to the next: it has an inverse."""

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What moves the shape, points; None: not known that day."""

    vix: float
    skew: float | None = None
    vvix: float | None = None


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


class Surface:
    """The smile of one session at every tenor.

    shrunk   1 where the state's own shape is free of arbitrage; else the share of its distance
             from the average shape that is
    outside  what of the state lies beyond the fitted range, in words; empty: nothing
    """

    def __init__(self, state: State, form: Form) -> None:
        """`form` for what the state has."""
        values = form.values(state)
        self.outside = form.outside(state)
        self._month = (state.vix / 100.0) ** 2 * 30.0 / 365.0
        self.shrunk = _allowed(form.average(state), values, self._month)
        if self.shrunk < 1.0:
            average = form.average(state)
            values = average + self.shrunk * (values - average)
        self._values = values
        self._strip = _strips(values, self._month)

    def shape(self, variance: float) -> Shape:
        """Of the expiry with v = `variance`, above 0."""
        level = _level(variance, self._month)
        middle = _pieces() @ (self._values @ np.array((1.0, level, level * level)))
        return Shape(np.vstack((middle.reshape(4, -1), _lefts())))

    def scale_for(self, level: float, years: float) -> float:
        """The scale at which the strip of all strikes has the vol `level`; both a year, fractions.

        By a table of strips, straight in logarithms between its rows and in proportion beyond.
        """
        total, variance = self._strip
        wanted = math.log(level * level * years)
        k = bisect.bisect_right(total, wanted)
        if k == 0 or k == len(total):  # beyond the table the shape stands still
            end = 0 if k == 0 else -1
            found = variance[end] + wanted - total[end]
        else:
            part = (wanted - total[k - 1]) / (total[k] - total[k - 1])
            found = variance[k - 1] + part * (variance[k] - variance[k - 1])
        return math.sqrt(math.exp(found) / years)


@lru_cache(maxsize=64)
def surface(state: State) -> Surface:
    """The surface of a state by the packaged fit; NaN in a state gives NaN everywhere."""
    return Surface(state, _form(state.skew is not None, state.vvix is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One fit of the shape, for what is known of the state.

    terms   of which the values at the knots are linear combinations, in the order of `numbers`
    numbers a row a knot, a column a term
    ranges  of the state that was fitted, points, by name
    """

    terms: Terms
    numbers: Floats
    ranges: Mapping[str, tuple[float, float]]

    def values(self, state: State) -> Floats:
        """A row a knot: the constant, and what L and L^2 multiply."""
        found = np.zeros((len(KNOTS), 3))
        for name, column in zip(self.terms, self.numbers.T, strict=True):
            power, value = _term(name, self._within(state))
            found[:, power] += column * value
        return found

    def average(self, state: State) -> Floats:
        """The same with the state at its base: what is left is the constant, L and L^2."""
        found = np.zeros((len(KNOTS), 3))
        for name, column in zip(self.terms, self.numbers.T, strict=True):
            if name in POWERS:
                found[:, POWERS[name]] = column
        return found

    def outside(self, state: State) -> tuple[str, ...]:
        """What of the state moves the shape no further, in words."""
        said = []
        for name, (low, high) in self.ranges.items():
            value = getattr(state, name)
            if value is not None and not low <= value <= high:
                said.append(f"{name.upper()} outside of {low:g} to {high:g}")
        return tuple(said)

    def _within(self, state: State) -> State:
        held: dict[str, float] = {}
        for name, (low, high) in self.ranges.items():
            value = getattr(state, name)
            if value is not None:
                held[name] = min(max(value, low), high)
        return State(**held)


POWERS = {"1": 0, "L": 1, "L2": 2}
"""Terms that no state moves: the power of L that each multiplies."""


def _term(name: str, state: State) -> tuple[int, float]:
    """The power of L of a term, and what of the state stands before it."""
    if name in POWERS:
        return POWERS[name], 1.0
    vix = math.log(state.vix / BASE_VIX)
    if name == "vix":
        return 0, vix
    if name == "vvix":
        assert state.vvix is not None
        return 0, math.log(state.vvix / BASE_VVIX)
    assert state.skew is not None
    skew = (state.skew - BASE_SKEW) / SKEW_UNIT
    if name == "skew":
        return 0, skew
    if name == "skew L":
        return 1, skew
    if name == "skew vix":
        return 0, skew * math.log(min(max(state.vix, TILTED_RANGE[0]), TILTED_RANGE[1]) / BASE_VIX)
    raise ValueError(f"{name!r} is no term of a smile")


def term_columns(names: Terms, level: Floats, vix: Floats, skew: Floats, vvix: Floats) -> Floats:
    """The terms of many quotes, a column a term; for fits. Arguments as the state, one a quote."""
    tilted = np.log(np.clip(vix, *TILTED_RANGE) / BASE_VIX)
    unit = (skew - BASE_SKEW) / SKEW_UNIT
    every = {
        "1": np.ones_like(level),
        "L": level,
        "L2": level * level,
        "vix": np.log(vix / BASE_VIX),
        "vvix": np.log(vvix / BASE_VVIX),
        "skew": unit,
        "skew L": unit * level,
        "skew vix": unit * tilted,
    }
    return np.column_stack([every[name] for name in names])


def levels(variance: Floats, vix: Floats) -> Floats:
    """L of many quotes: v, and VIX in points."""
    month = np.square(vix / 100.0) * 30.0 / 365.0
    low, high = (math.log(days / 30.0) for days in TENOR_DAYS)
    return np.clip(np.log(variance / month), low, high)


def _level(variance: float, month: float) -> float:
    low, high = (math.log(days / 30.0) for days in TENOR_DAYS)
    return min(max(math.log(variance / month), low), high)


# --- free of arbitrage ---------------------------------------------------------------------------


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
    z = np.concatenate((np.linspace(-12.0, -4.5, 13), np.linspace(-4.25, 4.5, 42), KNOTS))
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
    """The least of the butterfly's and of the calendar's condition; -inf where g is not above 0.

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
    return float(convex[near].min()), float(ordered[near].min())


def _allowed(average: Floats, values: Floats, month: float) -> float:
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


# --- strips --------------------------------------------------------------------------------------


def _strips(values: Floats, month: float) -> tuple[list[float], list[float]]:
    """ln of the strip's total variance and of v, a row a tenor; both rise.

    A strip: twice the integral of out-of-the-money prices over strike^2, at forward 1, over the z
    that quotes have; by Simpson's rule in z.
    """
    z, weight, value = _strip_grid()
    grid = condition_grid()
    g = value @ (values @ grid.powers)
    variance = month * np.exp(grid.level)
    root = np.sqrt(variance)
    strike = np.exp(z * root)
    price = black76(1.0, strike, 1.0, root * g, discount=1.0, call=z > 0.0)
    whole = 2.0 * (weight @ (price / strike)) * root
    total = np.log(np.maximum(whole, 1e-12))
    rising = np.maximum.accumulate(total) + LEAST_RISE * np.arange(total.size)
    return rising.tolist(), np.log(variance).tolist()


STRIP_SPANS = ((-15.0, -6.0, 18), (-6.0, -3.0, 12), (-3.0, 0.0, 20), (0.0, 3.0, 20), (3.0, 6.0, 12))
"""Of z: from, to, and into how many steps, an even number; prices have a kink at 0."""


@lru_cache(maxsize=1)
def _strip_grid() -> tuple[Floats, Floats, Floats]:
    """z as a column; the weights of Simpson's rule; g as a matrix times the values at the knots."""
    places, weights = [], []
    for first, last, steps in STRIP_SPANS:
        rule = np.where(np.arange(steps + 1) % 2, 4.0, 2.0)
        rule[[0, -1]] = 1.0
        places.append(np.linspace(first, last, steps + 1))
        weights.append(rule * (last - first) / (3.0 * steps))
    z = np.concatenate(places)
    return z[:, None], np.concatenate(weights), cardinal(z)


# --- splines -------------------------------------------------------------------------------------


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


# --- the packaged fit ----------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _form(with_skew: bool, with_vvix: bool) -> Form:
    return forms(_file())[with_skew, with_vvix]


def forms(file: Mapping[str, Any]) -> dict[tuple[bool, bool], Form]:
    """The forms of a file by whether SKEW and whether VVIX is known."""
    found = {}
    for row in file["form"]:
        given = row["given"]
        found["skew" in given, "vvix" in given] = Form(
            terms=tuple(row["terms"]),
            numbers=np.array(row["numbers"]),
            ranges={name: (float(a), float(b)) for name, (a, b) in row["ranges"].items()},
        )
    return found


@lru_cache(maxsize=1)
def _file() -> dict[str, Any]:
    text = (resources.files("steward.pricing") / "files" / "smile.toml").read_text("utf-8")
    return tomllib.loads(text)
