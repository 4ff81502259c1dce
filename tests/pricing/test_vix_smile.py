"""The smile of VIX options: no butterfly at any state, its slopes, and VVIX where there is none."""

from __future__ import annotations

import itertools
import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.black import black76, greeks
from steward.pricing.term import TermTable
from steward.pricing.vix_smile import Smile, base_level, smile, vvix_of

from .vix_by_hand import SESSIONS, walk, world

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


# --- VVIX ----------------------------------------------------------------------------------------


def test_published_vvix_is_taken_and_missing_days_are_fitted() -> None:
    vix = walk(len(SESSIONS))
    given_values = np.full(len(vix), 93.21)
    given_values[[40, 41]] = np.nan
    history = world(vix, series={"vvix": given_values})
    found = vvix_of(history, TermTable(history))
    assert found.published.sum() == len(vix) - 2
    assert not found.published[[40, 41]].any()
    assert np.all(found.value[found.published] == 93.21)
    alone = world(vix)
    fitted = vvix_of(alone, TermTable(alone))
    assert not fitted.published.any()
    assert np.array_equal(found.value[[40, 41]], fitted.value[[40, 41]])


@given(row=st.integers(260, len(SESSIONS) - 1), factor=st.floats(1.1, 2.2))
def test_a_jump_of_vix_lifts_the_fitted_vvix_within_what_was_ever_seen(
    row: int, factor: float
) -> None:
    """VVIX since 2007: 60 to 208. VIX never rose by more than 116 % in a session (2018-02-05)."""
    vix = walk(len(SESSIONS))
    jumped = vix.copy()
    jumped[row] *= factor
    calm, shocked = world(vix), world(jumped)
    before = vvix_of(calm, TermTable(calm)).value[row]
    after = vvix_of(shocked, TermTable(shocked)).value[row]
    assert 60.0 < before < after < 208.0


def test_fitted_vvix_does_not_see_the_future() -> None:
    vix = walk(len(SESSIONS))
    longer = np.where(np.arange(len(vix)) % 3 == 0, np.nan, vix * 1.1)
    history = world(vix, series={"vix3m": longer})
    whole = vvix_of(history, TermTable(history)).value
    for session in (SESSIONS[30], SESSIONS[200], date(2018, 2, 5)):
        cut = history.until(session)
        found = vvix_of(cut, TermTable(cut)).value
        np.testing.assert_allclose(found, whole[: len(found)], rtol=1e-12)
