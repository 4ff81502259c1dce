"""Stylised facts: against closed forms, other programs, and on what is not known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from steward.market.paths.facts import (
    FACTS,
    Closes,
    autocorrelation,
    compared,
    correlation,
    drawdown,
    facts,
    half_life,
    mean,
    standardised_moment,
)

RANDOM = np.random.default_rng(3)


def closes(count: int = 3000, paths: int = 2) -> Closes:
    returns = 0.01 * RANDOM.standard_normal((count, paths))
    vix = 18.0 * np.exp(0.3 * RANDOM.standard_normal((count, paths)))
    return Closes(
        spx=1000.0 * np.exp(np.cumsum(returns, axis=0)),
        vix=vix,
        vix3m=1.1 * vix,
        vvix=90.0 * np.exp(0.1 * RANDOM.standard_normal((count, paths))),
        skew=120.0 + RANDOM.standard_normal((count, paths)),
    )


def test_moments_are_those_of_scipy() -> None:
    values = RANDOM.standard_t(5, (4000, 3))
    np.testing.assert_allclose(standardised_moment(values, 3), stats.skew(values), atol=1e-10)
    np.testing.assert_allclose(standardised_moment(values, 4), stats.kurtosis(values) + 3.0)


def test_an_autoregression_has_the_memory_that_theory_gives_it() -> None:
    values = np.zeros((60_000, 2))
    noise = RANDOM.standard_normal(values.shape)
    for row in range(1, len(values)):
        values[row] = 0.95 * values[row - 1] + noise[row]
    np.testing.assert_allclose(autocorrelation(values, 10), 0.95**10, atol=0.04)
    np.testing.assert_allclose(half_life(values), 14, atol=1)  # 0.95^14 = 0.488


def test_a_drawdown_by_hand_and_over_ten_years_at_a_time() -> None:
    level = np.log(np.array([100.0, 120.0, 90.0, 130.0, 117.0]))[:, None]
    np.testing.assert_allclose(drawdown(level), [90.0 / 120.0 - 1.0])
    twice = np.zeros((5040, 1))
    twice[100:2520] = np.log(0.5)
    np.testing.assert_allclose(drawdown(twice), [-0.25])  # a half, and nothing


def test_what_is_not_known_is_left_out_and_never_nought() -> None:
    made = closes()
    late = np.where(np.arange(3000)[:, None] < 1000, np.nan, made.vix3m)
    cut = Closes(
        spx=made.spx, vix=made.vix, vix3m=late, vvix=np.full_like(late, np.nan), skew=made.skew
    )
    found = facts(cut)
    assert np.isnan(found["vvix_mean"]).all()
    assert np.isnan(found["vvix_correlation"]).all()
    assert np.isnan(found["co_jumps"]).all()
    np.testing.assert_allclose(found["slope_15"], np.log(1.1))
    np.testing.assert_allclose(found["backwardation"], 0.0)
    liked = made.like(Closes(**{n: getattr(cut, n)[:, :1] for n in cut.__slots__}))
    assert np.isnan(liked.vix3m[:1000]).all()
    assert np.isfinite(liked.vix3m[1000:]).all()


def test_a_correlation_is_that_of_the_days_that_both_have() -> None:
    one, other = RANDOM.standard_normal((2, 500, 1))
    one[:100], other[400:] = np.nan, np.nan
    wanted = np.corrcoef(one[100:400, 0], other[100:400, 0])[0, 1]
    np.testing.assert_allclose(correlation(one, other), [wanted])
    assert np.isnan(mean(np.full((5, 1), np.nan)))[0]


def test_every_fact_has_a_number_a_path_and_a_key_of_its_own() -> None:
    found = facts(closes(paths=3))
    assert list(found) == [fact.key for fact in FACTS]
    assert len(set(found)) == len(found)
    assert all(value.shape == (3,) for value in found.values())


def test_history_is_held_against_the_quantiles() -> None:
    values = np.arange(101.0)
    (one,) = compared({"a": 4.9}, {"a": values})
    assert (one.low, one.middle, one.high) == (5.0, 50.0, 95.0)
    assert not one.inside
    (two,) = compared({}, {"a": np.array([np.nan])})
    assert np.isnan(two.real)
    assert np.isnan(two.low)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.key)
def test_titles_are_for_people(fact: object) -> None:
    assert fact.title  # type: ignore[attr-defined]
    assert fact.title[0].islower() or fact.title.startswith(("VIX", "SPX"))  # type: ignore[attr-defined]
