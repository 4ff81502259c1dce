"""Indicators against TA-Lib, against pandas, and against tables small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from steward.signals import indicators

lengths = st.integers(0, 400)
seeds = st.integers(0, 10_000)


def walk(seed: int, n: int, size: float = 0.012) -> np.ndarray:
    return 4000.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, size, n)))


@given(seeds, lengths.filter(lambda n: n > 0), st.sampled_from([2, 9, 14]))
def test_rsi_is_that_of_ta_lib(seed: int, n: int, period: int) -> None:
    closes = walk(seed, n)
    expected = talib.RSI(closes, period)
    np.testing.assert_allclose(indicators.rsi(closes, period), expected, rtol=0, atol=1e-9)


@given(seeds, lengths.filter(lambda n: n > 0))
def test_macd_is_that_of_ta_lib(seed: int, n: int) -> None:
    closes = walk(seed, n)
    expected = talib.MACD(closes, 12, 26, 9)
    for ours, theirs in zip(indicators.macd(closes), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)


def test_the_first_values_stand_where_they_should() -> None:
    closes = walk(1, 60)
    assert np.flatnonzero(np.isfinite(indicators.rsi(closes)))[0] == 14
    assert np.flatnonzero(np.isfinite(indicators.macd(closes).histogram))[0] == 33


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        (np.full(40, 100.0), 0.0),  # flat: TA-Lib's own convention
        (np.arange(100.0, 140.0), 100.0),
        (np.arange(140.0, 100.0, -1.0), 0.0),
    ],
)
def test_rsi_without_losses_or_without_gains(closes: np.ndarray, expected: float) -> None:
    np.testing.assert_array_equal(indicators.rsi(closes)[14:], expected)
    np.testing.assert_array_equal(talib.RSI(closes, 14)[14:], expected)


def test_rsi_that_goes_flat_after_moving_is_that_of_ta_lib() -> None:
    closes = np.concatenate([walk(3, 30), np.full(600, 4000.0)])
    np.testing.assert_allclose(
        indicators.rsi(closes), talib.RSI(closes, 14), rtol=0, atol=1e-9, equal_nan=True
    )


@given(seeds, st.floats(0.1, 10.0), st.floats(-100.0, 100.0))
def test_rsi_knows_no_scale_and_no_level(seed: int, scale: float, level: float) -> None:
    closes = walk(seed, 120)
    np.testing.assert_allclose(
        indicators.rsi(scale * closes + level), indicators.rsi(closes), rtol=1e-6
    )


@given(seeds)
def test_rsi_of_the_mirrored_path_is_the_rest_of_100(seed: int) -> None:
    closes = walk(seed, 120)
    both = indicators.rsi(closes) + indicators.rsi(10_000.0 - closes)
    np.testing.assert_allclose(both[14:], 100.0)


def test_rank_and_percentile_after_a_spike_differ() -> None:
    """Ten quiet values, a spike, and back: the rank is low, the percentile high."""
    values = np.array([10.0, 11, 12, 13, 14, 15, 16, 17, 18, 60, 19])
    assert indicators.rank(values, 11)[-1] == pytest.approx(100.0 * 9.0 / 50.0)
    assert indicators.percentile_before(values, 10)[-1] == pytest.approx(90.0)


def test_percentile_counts_what_lies_strictly_below() -> None:
    values = np.array([1.0, 2, 2, 3, 2])
    assert indicators.percentile_before(values, 4)[-1] == 25.0
    assert np.isnan(indicators.percentile_before(values, 4)[:-1]).all()


def test_rank_of_a_flat_year_is_not_a_number() -> None:
    assert np.isnan(indicators.rank(np.full(8, 3.0), 4)).all()


def test_z_leaves_today_out_of_its_own_mean() -> None:
    """Mean 2, sample deviation 1 of (1, 2, 3): today's 5 is three deviations above."""
    assert indicators.z_before(np.array([1.0, 2, 3, 5]), 3)[-1] == pytest.approx(3.0)
    assert np.isnan(indicators.z_before(np.array([2.0, 2, 2, 5]), 3)).all()


@given(seeds, st.integers(2, 60), st.integers(1, 150))
def test_windows_are_those_of_pandas(seed: int, n: int, length: int) -> None:
    values = walk(seed, length)
    series = pd.Series(values)
    past = series.shift(1).rolling(n)
    expected = {
        "mean": series.rolling(n).mean(),
        "highest": series.rolling(n).max(),
        "z": (series - past.mean()) / past.std(),
    }
    found = {
        "mean": indicators.simple_average(values, n),
        "highest": indicators.highest(values, n),
        "z": indicators.z_before(values, n),
    }
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6, atol=1e-6, err_msg=name)


@given(seeds, st.integers(2, 30))
def test_slope_is_that_of_a_fitted_line(seed: int, n: int) -> None:
    values = walk(seed, 40)
    expected = np.polyfit(np.arange(n), values[-n:], 1)[0]
    assert indicators.slope(values, n)[-1] == pytest.approx(expected, rel=1e-8, abs=1e-8)


def test_realised_volatility_of_one_percent_a_day() -> None:
    """Moves of one percent up and down by turns: 100 sqrt(252) 0.01 = 15.8745 a year."""
    closes = np.exp(np.cumsum(0.01 * (-1.0) ** np.arange(40)))
    assert indicators.realised_volatility(closes, 20)[-1] == pytest.approx(15.874508, abs=1e-6)
    sample = indicators.close_to_close_volatility(closes, 20)[-1]
    assert sample == pytest.approx(15.874508 * np.sqrt(20.0 / 19.0), abs=1e-6)


def test_a_steady_climb_has_realised_but_no_sample_volatility() -> None:
    closes = np.exp(0.01 * np.arange(40))
    assert indicators.realised_volatility(closes, 20)[-1] == pytest.approx(15.874508, abs=1e-6)
    assert indicators.close_to_close_volatility(closes, 20)[-1] == pytest.approx(0.0, abs=1e-10)


def test_since_counts_from_the_last_true_one() -> None:
    flags = np.array([False, False, True, False, False, True, True, False])
    np.testing.assert_array_equal(
        indicators.since(flags), [9999.0, 9999.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0]
    )


def test_changes() -> None:
    values = np.array([100.0, 110.0, 121.0])
    np.testing.assert_allclose(indicators.change(values, 2), [np.nan, np.nan, 21.0])
    np.testing.assert_allclose(indicators.difference(values, 1), [np.nan, 10.0, 11.0])


@pytest.mark.parametrize("length", [0, 1, 3])
def test_too_short_an_input_is_all_unknown(length: int) -> None:
    values = walk(0, length)
    for found in (
        indicators.simple_average(values, 5),
        indicators.exponential_average(values, 5),
        indicators.change(values, 5),
        indicators.rank(values, 5),
        indicators.percentile_before(values, 5),
        indicators.z_before(values, 5),
        indicators.slope(values, 5),
        indicators.realised_volatility(values, 5),
        indicators.close_to_close_volatility(values, 5),
    ):
        assert len(found) == length
        assert np.isnan(found).all()
