"""The table as a whole: its names, its four states, and that it never looks ahead."""

from __future__ import annotations

import math
import struct
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.market.history import History
from steward.signals.compute import SignalTable, compute
from steward.signals.rows import Reading, SignalRow
from steward.terms.errors import StewardError

# fmt: off
NAMES = [
    "spx_close", "vix_close", "rsi_14", "macd_histogram", "macd_bearish_cross_age",
    "macd_bullish_cross_age", "spx_below_high_252_pct", "spx_return_5_pct", "vix_change_1_pct",
    "vix_change_5_pct", "vix_change_10_pct", "vix_over_sma_252", "vix_sma_20_over_60",
    "vix_sma_5_over_20", "vix_rank_252", "vix_percentile_252", "vix_z_252", "vix_only_z_252",
    "realised_vol_21", "vrp_21", "hv_20", "vix9d_over_vix", "vix_over_vix3m", "vx_slope_30d_pct",
    "ad_divergence", "ad_divergence_age", "cap_vol", "cap_vol_z_252", "cap_vol_change_5_pct",
    "cpi_yoy_pct", "cpi_3m_annualised_minus_yoy_pp", "ppi_yoy_pct", "rate_differential_pp",
    "rate_differential_change_63d_pp", "rate_differential_slope_21d", "sessions_to_fomc",
    "reer_12m_log_change", "reer_z_60", "pe_percentile_30y", "gdp_yoy_pct", "gdp_trend",
    "liquidity_thin", "stress_now",
]
# fmt: on


def bits(reading: Reading) -> tuple[Any, ...]:
    """A reading so that NaN equals NaN and nothing is rounded."""
    return (struct.pack("d", reading.value), *(getattr(reading, f) for f in Reading.__slots__[1:]))


def same(one: SignalRow, other: SignalRow) -> None:
    assert one.session == other.session
    assert list(one.readings) == list(other.readings)
    for name, reading in one.readings.items():
        assert bits(reading) == bits(other.readings[name]), name


@cache
def made(world: Any, seed: int) -> tuple[History, SignalTable]:
    history = world.random_history(seed)
    return history, compute(history)


@settings(max_examples=30)
@given(seed=st.integers(0, 3), at=st.integers(0, 699))
def test_cutting_off_the_future_changes_no_signal(world: Any, seed: int, at: int) -> None:
    history, table = made(world, seed)
    session = history.sessions[at]
    same(compute(history.until(session)).row(session), table.row(session))


def test_the_made_up_world_shows_every_signal_known(world: Any) -> None:
    """Else the truncation test would compare nothing with nothing."""
    tables = [made(world, seed)[1] for seed in range(4)]
    for name in NAMES:
        seen = {state for table in tables for state in table.states(name)}
        assert ("known" in seen) != (name == "liquidity_thin"), name
    for name in ("vix9d_over_vix", "ad_divergence", "cap_vol_z_252", "rate_differential_pp"):
        assert "stale" in {state for table in tables for state in table.states(name)}, name


@given(seed=st.integers(0, 3), at=st.integers(0, 699))
def test_states_and_values_agree(world: Any, seed: int, at: int) -> None:
    history, table = made(world, seed)
    moment = history.moments[at].astype("datetime64[s]").item().replace(tzinfo=UTC)
    for name, reading in table.row(history.sessions[at]).readings.items():
        if reading.state in ("warming", "absent"):
            assert math.isnan(reading.value), name
            assert reading.known_at is None, name
        else:
            assert math.isfinite(reading.value), name
            assert reading.known_at is not None
            assert reading.known_at <= moment, name
            assert reading.age_days == (moment - reading.known_at).days, name


@given(seed=st.integers(0, 3))
def test_a_signal_never_warms_up_twice(world: Any, seed: int) -> None:
    _, table = made(world, seed)
    for name in table.names:
        states = table.states(name)
        after = states[states.count("warming") :]
        assert "warming" not in after, name


def test_names_are_those_that_rules_ask_for(world: Any) -> None:
    table = made(world, 0)[1]
    assert sorted(table.names) == sorted(NAMES)
    assert set(table.absent) == {"liquidity_thin"}


def test_without_series_their_signals_are_absent_and_say_why(world: Any) -> None:
    table = compute(world.history(np.linspace(100, 140, 40), np.full(40, 15.0)))
    assert sorted(table.names) == sorted(NAMES)
    assert "advances, declines" in table.absent["ad_divergence"]
    assert "cpi_sa, cpi_nsa" in table.absent["cpi_3m_annualised_minus_yoy_pp"]
    assert "rate_3m_jpy" in table.absent["rate_differential_pp"]
    assert "futures" in table.absent["vx_slope_30d_pct"]
    assert "FOMC" in table.absent["sessions_to_fomc"]
    assert "vix_close" not in table.absent
    assert "cap_vol" not in table.absent  # VIX alone stands at the foot of the ladder
    reading = table.row(world.days[5]).readings["cpi_yoy_pct"]
    assert (reading.state, reading.known_at, reading.age_days) == ("absent", None, 0)


def test_one_missing_series_is_the_one_that_is_named(world: Any) -> None:
    history = world.random_history(0, 60)
    less = {name: s for name, s in history.series.items() if name != "declines"}
    why = compute(replace(history, series=less)).absent["ad_divergence"]
    assert "declines" in why
    assert "advances" not in why


def test_a_missing_day_keeps_the_last_value_with_its_age(world: Any) -> None:
    n = 10
    nine = np.full(n, 18.0)
    nine[6:8] = np.nan
    series = {"vix9d": world.daily("vix9d", world.days[:n], nine)}
    vix = np.full(n, 20.0)
    vix[6:] = 36.0
    table = compute(world.history(np.full(n, 100.0), vix, series=series))
    assert table.states("vix9d_over_vix") == ("known",) * 6 + ("stale",) * 2 + ("known",) * 2
    np.testing.assert_allclose(table.column("vix9d_over_vix"), [0.9] * 8 + [0.5] * 2)
    readings = [table.row(day).readings["vix9d_over_vix"] for day in world.days[4:9]]
    assert [r.age_days for r in readings][:2] == [0, 0]
    assert readings[3].age_days == (world.days[7] - world.days[5]).days
    assert readings[3].known_at == readings[1].known_at


def test_a_value_published_after_the_decision_is_not_there(world: Any) -> None:
    n = 10
    series = {"vix3m": world.daily("vix3m", world.days[:n], np.full(n, 20.0), late_days=1)}
    table = compute(world.history(np.full(n, 100.0), np.full(n, 20.0), series=series))
    assert set(table.states("vix_over_vix3m")) == {"warming"}


def test_windows_of_vix_are_warming_until_they_are_full(world: Any) -> None:
    n = 260
    vix = 15.0 + np.sin(np.arange(n))
    table = compute(world.history(np.full(n, 100.0), vix))
    first = {
        name: table.states(name).count("warming")
        for name in ("vix_over_sma_252", "vix_rank_252", "vix_percentile_252", "vix_z_252")
    }
    assert first == {
        "vix_over_sma_252": 251,
        "vix_rank_252": 251,
        "vix_percentile_252": 252,
        "vix_z_252": 252,
    }
    assert table.states("cap_vol_z_252").count("warming") == 252
    assert table.states("vix_change_5_pct").count("warming") == 5


def test_earlier_closes_make_rsi_and_macd_known_from_the_first_session(world: Any) -> None:
    closes = np.exp(np.cumsum(np.random.default_rng(4).normal(0.0, 0.01, 400)))
    vix = np.full(100, 15.0)
    late = compute(world.history(closes[300:], vix, before=closes[:300]))
    alone = compute(world.history(closes, np.full(400, 15.0)))
    for name in ("rsi_14", "macd_histogram", "spx_below_high_252_pct", "realised_vol_21", "hv_20"):
        assert set(late.states(name)) == {"known"}, name
        np.testing.assert_array_equal(late.column(name), alone.column(name)[300:])
    assert compute(world.history(closes[300:], vix)).states("rsi_14").count("warming") == 14


def test_rows_are_made_once(world: Any) -> None:
    table = made(world, 0)[1]
    assert table.row(world.days[3]) is table.row(world.days[3])
    reading = table.row(world.days[3]).readings["spx_close"]
    day = world.days[3]
    assert reading.known_at == datetime(day.year, day.month, day.day, 21, 15, tzinfo=UTC)


def test_a_day_or_a_name_that_is_not_there_is_said_so(world: Any) -> None:
    table = made(world, 0)[1]
    with pytest.raises(StewardError, match=r"2012-01-07 is not a session.*choose"):
        table.row(date(2012, 1, 7))
    with pytest.raises(StewardError, match="no signal named rsi_15"):
        table.column("rsi_15")


def test_a_hole_in_the_closes_is_stale_for_a_day_and_poisons_nothing(world: Any) -> None:
    closes = np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 0.01, 80)))
    holed = closes.copy()
    holed[50] = np.nan
    table = compute(world.history(holed, np.full(80, 15.0)))
    states = table.states("rsi_14")
    assert states[50] == "stale"
    assert set(states[51:]) == {"known"}
    without = compute(world.history(np.delete(closes, 50), np.full(79, 15.0)))
    np.testing.assert_array_equal(table.column("rsi_14")[51:], without.column("rsi_14")[50:])
