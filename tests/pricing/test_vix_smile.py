"""The smile of VIX options: no butterfly at any state, its slopes, and what lies beyond its fit."""

from __future__ import annotations

import itertools
import math
import tomllib
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.black import black76, greeks
from steward.pricing.vix_smile import Smile, base_level, outside, smile

indices = st.floats(8.0, 120.0)
"""VIX and its futures, points, far beyond what was ever seen on both sides."""
vvixes = st.floats(40.0, 300.0)
tenors = st.integers(1, 400)


def at(days: int, vvix: float, future: float, vix: float) -> tuple[Smile, float]:
    years = (days - 0.28) / 365.0  # from 16:15 to the opening print
    return smile(days=days, years=years, vvix=vvix, future=future, vix=vix), years


def vols(shape: Smile, years: float, moneyness: np.ndarray) -> np.ndarray:
    return np.sqrt(shape.total(np.log(moneyness)) / years)


@given(days=tenors, vvix=vvixes, future=indices, vix=indices)
def test_calls_fall_and_are_convex_in_the_strike_at_any_state(
    days: int, vvix: float, future: float, vix: float
) -> None:
    shape, years = at(days, vvix, future, vix)
    moneyness = np.exp(np.linspace(-2.5, 3.0, 400))
    strike = future * moneyness
    price = black76(future, strike, years, vols(shape, years, moneyness), discount=1.0, call=True)
    slope = np.diff(price) / np.diff(strike)
    assert np.all(price >= np.maximum(future - strike, 0.0) - 1e-12 * future)
    assert np.all(slope <= 1e-9)
    assert np.all(slope >= -1.0 - 1e-9)
    assert np.all(np.diff(slope) >= -1e-9)


@given(days=tenors, vvix=vvixes, future=indices, vix=indices)
def test_the_theorem_s_conditions_hold(days: int, vvix: float, future: float, vix: float) -> None:
    """Gatheral and Jacquier (2014), theorem 4.2: t p (1 + |r|) < 4 and t p^2 (1 + |r|) <= 4."""
    shape, _ = at(days, vvix, future, vix)
    steep = shape.variance * shape.bend * (1.0 + abs(shape.tilt))
    assert -1.0 < shape.tilt < 1.0
    assert steep < 4.0
    assert steep * shape.bend <= 4.0 * (1.0 + 1e-12)


@given(
    days=st.integers(7, 260),
    vvix=st.floats(75.0, 200.0),
    future=st.floats(10.0, 40.0),
    ratio=st.floats(0.6, 1.6),
)
def test_the_smile_slopes_up(days: int, vvix: float, future: float, ratio: float) -> None:
    """Calls out of the money have the higher vol: VIX jumps up, never down."""
    shape, years = at(days, vvix, future, ratio * future)
    found = vols(shape, years, np.array([1.0, 1.1, 1.25, 1.5, 2.0, 3.0]))
    assert np.all(np.diff(found) > 0.0)


@given(vvix=st.floats(75.0, 200.0), level=st.floats(10.0, 60.0), ratio=st.floats(0.7, 1.6))
def test_the_level_falls_with_the_tenor(vvix: float, level: float, ratio: float) -> None:
    """Futures are calmest when far from settlement; from two months on that holds at any state."""
    found = []
    for days in (60, 90, 120, 180, 260, 360):
        shape, years = at(days, vvix, level, ratio * level)
        found.append(math.sqrt(shape.variance / years))
    assert all(near > far for near, far in itertools.pairwise(found))


def test_the_base_level_falls_from_a_day_on() -> None:
    levels = [base_level(days / 365.0) for days in (1, 10, 30, 60, 120, 250, 500)]
    assert all(near > far > 0.0 for near, far in itertools.pairwise(levels))
    assert levels[0] == pytest.approx(base_level(1e-9), rel=0.02)


def test_a_quiet_market_is_as_practitioners_say() -> None:
    """Vols of the order of 90 % at 30 days and 60-70 % at 6-7 months, it is commonly said.

    VIX 14 below a curve that rises to 19, VVIX 92: the figures lie between the vol at the money
    and that of the call with a delta of 0.30, which is what hedges buy.
    """
    for days, future, low, high in ((30, 15.3, 0.90, 0.90), (195, 18.8, 0.60, 0.70)):
        shape, years = at(days, 92.0, future, 14.0)
        moneyness = np.linspace(1.0, 2.5, 1501)
        vol = vols(shape, years, moneyness)
        delta = greeks(future, future * moneyness, years, vol, discount=1.0, call=True).delta
        assert low - 0.12 < vol[0] < low
        assert high < vol[np.argmin(np.abs(delta - 0.30))] < high + 0.20


@given(days=tenors, vvix=vvixes, future=indices, log_strike=st.floats(-2.5, 3.0))
def test_one_strike_is_one_of_many(
    days: int, vvix: float, future: float, log_strike: float
) -> None:
    shape, _ = at(days, vvix, future, future)
    assert shape.total_of_one(log_strike) == pytest.approx(
        float(shape.total(np.array([log_strike]))[0]), rel=1e-13
    )


def test_an_unknown_state_gives_no_number() -> None:
    shape, _ = at(30, math.nan, 15.0, 15.0)
    assert math.isnan(shape.variance)
    assert math.isnan(shape.total_of_one(0.2))


def test_what_lies_beyond_the_fit_is_told() -> None:
    inside = {"days": 45.0, "vvix": 95.0, "future": 18.0, "vix": 17.0}
    assert outside(**inside) == ()
    beyond = {"days": 400.0, "vvix": 210.0, "future": 60.0, "vix": 140.0}
    for name, found in (("days", "days"), ("vvix", "vvix"), ("future", "future"), ("vix", "spot")):
        assert found in outside(**(inside | {name: beyond[name]}))
    assert outside(**(inside | {"vvix": math.nan})) == ("vvix",)


@pytest.mark.parametrize(
    ("case", "targets"),
    [("known", (4.6, 5.6)), ("future_modelled", (7.4, 9.4))],
)
def test_the_fit_reached_what_was_asked_of_it(case: str, targets: tuple[float, float]) -> None:
    """Median error of calls of delta 0.20-0.45, percent, expiries left out; 20-60, 60-85 days."""
    text = (resources.files("steward.pricing") / "files" / "vix_smile.toml").read_text("utf-8")
    errors = tomllib.loads(text)["errors"][case]
    assert errors["20_to_60_days"][0] <= targets[0]
    assert errors["60_to_85_days"][0] <= targets[1]
