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
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.pricing import coefficients
from steward.pricing.black import black76
from steward.pricing.smile_conditions import TENOR_DAYS, allowed_share, condition_grid
from steward.pricing.smile_shape import KNOTS, Shape, cardinal, shape_of

Floats = NDArray[np.float64]

BASE_VIX, BASE_SKEW, SKEW_UNIT, BASE_VVIX = 18.0, 130.0, 15.0, 90.0
"""The state, points, at which the constants alone hold."""

TILTED_RANGE = (9.0, 26.0)
"""VIX, where it turns the effect of SKEW: fitted states beyond are two days of 2018."""

LEAST_RISE = 1e-6
"""Of the logarithm of a strip from one tenor of the table to the next: it has an inverse."""

Terms = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What moves the shape, points; None: not known that day."""

    vix: float
    skew: float | None = None
    vvix: float | None = None


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
        self.shrunk = allowed_share(form.average(state), values, self._month)
        if self.shrunk < 1.0:
            average = form.average(state)
            values = average + self.shrunk * (values - average)
        self._values = values
        self._strip = _strips(values, self._month)

    def shape(self, variance: float) -> Shape:
        """Of the expiry with v = `variance`, above 0."""
        level = _level(variance, self._month)
        values = self._values @ np.array((1.0, level, level * level))
        return shape_of(values, math.sqrt(variance))

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


@coefficients.remembered(64)
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


STRIP_SPANS = ((-15.0, -6.0, 18), (-6.0, -3.0, 12), (-3.0, 0.0, 20), (0.0, 3.0, 20), (3.0, 5.0, 8))
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


# --- the packaged fit ----------------------------------------------------------------------------


@coefficients.remembered(4)
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


@coefficients.remembered()
def _file() -> dict[str, Any]:
    return tomllib.loads(coefficients.text("smile"))
