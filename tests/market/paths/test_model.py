"""The model of paths: seeds, batches, limits, and the facts that it is there for."""

from __future__ import annotations

import hashlib
from datetime import date

import numpy as np
import pytest

from steward.intake.fit.mixture import fitted
from steward.intake.fit.paths import excitement, gamma_regression
from steward.market.paths import draws, model
from steward.market.paths.coefficients import AVERAGES
from steward.market.paths.coefficients import model as packaged_model
from steward.market.paths.facts import closes_of, facts
from steward.market.paths.model import Kinds, State, deviation_of, simulate
from steward.market.paths.state import ARRAYS, LEAST_VIX, MOST_VIX, Paths, sessions_of
from steward.pricing.term import averages
from steward.terms import calendar
from steward.terms.errors import StewardError


def sha(paths: Paths) -> str:
    return hashlib.sha256(b"".join(getattr(paths, name).tobytes() for name in ARRAYS)).hexdigest()


@pytest.fixture(scope="module")
def many() -> Paths:
    return simulate(seed=11, paths=30, years=7.0)


@pytest.fixture
def unwarmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three years of warm-up are most of the work of a short path."""
    monkeypatch.setattr(model, "WARM_UP", 20)


@pytest.mark.usefixtures("unwarmed")
def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    one, same, other = (simulate(seed=s, paths=3, years=1.0) for s in (4, 4, 5))
    assert sha(one) == sha(same)
    assert sha(one) != sha(other)


def test_path_17_is_the_same_alone_and_among_others(many: Paths) -> None:
    alone = simulate(seed=11, paths=1, years=7.0, first=17)
    assert sha(alone) == sha(many.path(17))
    assert alone.first == many.path(17).first == 17


@pytest.mark.usefixtures("unwarmed")
def test_paths_do_not_depend_on_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(seed=2, paths=5, years=1.0)
    monkeypatch.setattr(model, "BATCH", 3)
    assert sha(simulate(seed=2, paths=5, years=1.0)) == sha(whole)


@pytest.mark.usefixtures("unwarmed")
def test_a_shorter_path_is_the_beginning_of_a_longer_one() -> None:
    """Draws are in order of sessions, so years more change nothing that was."""
    short, long = (simulate(seed=6, paths=2, years=y) for y in (1.0, 2.0))
    rows = len(short.sessions)
    assert long.sessions[:rows] == short.sessions
    np.testing.assert_array_equal(long.spx[:rows], short.spx)
    np.testing.assert_array_equal(long.vvix[:rows], short.vvix)


def test_everything_is_finite_above_0_and_inside_of_its_limits(many: Paths) -> None:
    for name in ARRAYS:
        values = getattr(many, name)
        assert np.isfinite(values).all(), name
        if name != "premium":
            assert (values > 0.0).all(), name
    for name in ("vix", "vix_open", "vix9d", "vix3m", "vix6m"):
        values = getattr(many, name)
        assert values.min() >= LEAST_VIX * (1.0 - 1e-12)
        assert values.max() <= MOST_VIX * (1.0 + 1e-12)
    assert (many.skew > 100.0).all()
    np.testing.assert_allclose(many.spx[0], 2000.0, rtol=1e-12)


def test_the_facts_that_matter_for_the_book(many: Paths) -> None:
    """Wide bounds: what a wrong sign or a lost factor would break, not a fit."""
    found = {key: float(np.nanmean(value)) for key, value in facts(closes_of(many)).items()}
    assert 0.12 < found["vol"] < 0.24
    assert found["skewness"] < -0.1
    assert found["kurtosis"] > 5.0
    assert found["memory_1"] > 0.1
    assert found["memory_21"] > 0.03
    assert found["leverage_1"] < -0.05
    assert -0.85 < found["correlation"] < -0.6
    assert found["beta_down"] < found["beta_up"] < 0.0  # falls move VIX more than rises do
    assert 2.5 < found["premium"] < 5.5
    assert 0.05 < found["backwardation"] < 0.2
    assert found["slope_0"] > 0.1 > found["slope_20"] > found["slope_30"]
    assert found["slope_30"] < 0.02
    assert found["co_jumps"] > 0.8
    assert found["vvix_correlation"] > 0.6
    assert 15.0 < found["vix_mean"] < 23.0
    assert 20.0 < found["vix_half_life"] < 200.0


def test_spx_vix_and_vvix_jump_together(many: Paths) -> None:
    rise = np.diff(np.log(many.vix), axis=0)
    jumps = rise > 0.2
    assert jumps.sum() > 100
    assert np.mean(np.diff(np.log(many.spx), axis=0)[jumps]) < -0.015
    assert np.mean(np.diff(np.log(many.vvix), axis=0)[jumps] > 0.0) > 0.97


def test_jumps_come_more_often_when_vix_is_high(many: Paths) -> None:
    falls = np.diff(np.log(many.spx), axis=0) < -0.03
    high = many.vix[:-1] > 25.0
    assert falls[high].mean() > 5.0 * falls[~high].mean()


@pytest.mark.parametrize("log_vix", [2.4, 2.9, 3.6])
@pytest.mark.parametrize("excited", [0.0, 2.0])
def test_kinds_of_days_have_no_mean_at_any_state(log_vix: float, excited: float) -> None:
    """So that drift and reversion stay what they say."""
    count = 200_000
    kinds = Kinds(packaged_model().mixture, count)
    kinds.excitement = np.full(count, excited)
    random = draws.generator(1, 9, 0)
    state = State(np.full(count, log_vix))
    z, u = kinds.draw(state.columns, random.random(count), random.standard_normal((2, count)))
    for values in (z, u):
        assert abs(values.mean()) < 4.0 * values.std() / np.sqrt(count)
    assert np.corrcoef(z, u)[0, 1] < -0.6


def test_averages_of_the_state_are_those_that_prices_are_made_of(many: Paths) -> None:
    """After the warm-up: `pricing.term` weighs what is known, the state begins at its level."""
    log_vix = np.log(many.vix[:, 0])
    state = State(log_vix[:1])
    for change in np.diff(log_vix):
        state.move(np.array([change]))
    known = averages(np.exp(log_vix))[-1]
    for k in range(len(AVERAGES)):
        over = state.columns[k + 1][0]
        np.testing.assert_allclose(over, log_vix[-1] - np.log(known[k]), atol=1e-6)


def test_the_deviation_is_held_down_in_states_that_history_does_not_have() -> None:
    calm, wild = np.array([np.log(15.0)]), np.array([np.log(120.0)])
    nought, far = np.zeros(1), np.ones(1)
    variance = packaged_model().variance
    assert deviation_of(variance, (calm, nought, nought))[0] < 0.15 / np.sqrt(252.0)
    held = deviation_of(variance, (wild, far, far))[0]
    np.testing.assert_allclose(held, model.MOST_OF_VIX * 1.2 / np.sqrt(252.0))


@pytest.mark.usefixtures("unwarmed")
def test_sessions_are_those_of_the_exchange() -> None:
    made = simulate(seed=1, years=1.0, start=date(2016, 7, 2))
    assert made.sessions == calendar.sessions(date(2016, 7, 5), date(2017, 7, 4))


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"years": 40.0}, "after the calendar"),
        ({"years": 0.5}, "too short"),
        ({"years": float("nan")}, "too short"),
        ({"paths": 0}, "from 1 to"),
        ({"seed": -1}, "0 or above"),
        ({"start": date(1980, 1, 1)}, "outside of the calendar"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_line(wish: dict[str, object], said: str) -> None:
    with pytest.raises(StewardError, match=said) as error:
        simulate(**{"seed": 1, "years": 1.0, **wish})  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_a_path_that_was_not_made_is_refused(many: Paths) -> None:
    with pytest.raises(StewardError, match="path 30 is not among"):
        many.path(30)


def test_years_end_a_day_before_the_same_day() -> None:
    assert sessions_of(date(2014, 1, 2), 1.0)[-1] == date(2014, 12, 31)


# --- the fit -------------------------------------------------------------------------------------


def test_a_gamma_regression_finds_the_line_of_a_variance() -> None:
    random = np.random.default_rng(5)
    state = np.column_stack([np.ones(40_000), random.standard_normal((40_000, 2))])
    true = np.array([-9.0, 0.8, -0.3])
    squares = np.exp(state @ true) * random.standard_normal(40_000) ** 2
    np.testing.assert_allclose(gamma_regression(state, squares), true, atol=0.06)


def test_a_mixture_is_found_again() -> None:
    """Two kinds, the second one in a share that the state moves."""
    random = np.random.default_rng(7)
    count = 12_000
    state = np.column_stack([np.ones(count), random.standard_normal(count)])
    share = 1.0 / (1.0 + np.exp(-(-2.5 + 0.7 * state[:, 1])))
    jump = random.random(count) < share
    normal = random.standard_normal((count, 2))
    points = np.where(
        jump[:, None],
        np.column_stack([-2.0 + 1.2 * normal[:, 0], 3.0 - normal[:, 0] + normal[:, 1]]),
        np.column_stack([0.8 * normal[:, 0], -0.5 * normal[:, 0] + 0.4 * normal[:, 1]]),
    )
    means, roots, weights = fitted(points, state, 2)
    np.testing.assert_allclose(means, [[0.0, 0.0], [-2.0, 3.0]], atol=0.12)
    np.testing.assert_allclose(roots, [[0.8, -0.5, 0.4], [1.2, -1.0, 1.0]], atol=0.12)
    np.testing.assert_allclose(weights, [[0.0, 0.0], [-2.5, 0.7]], atol=0.2)


def test_excitement_counts_what_is_beyond_a_jump_and_fades() -> None:
    u = np.array([0.0, 1.9, 4.0, 0.0])
    np.testing.assert_allclose(excitement(u), [0.0, 0.0, 1.0, 0.95])


def test_packaged_numbers_are_those_of_a_stationary_market() -> None:
    """The line of ln VIX pulls back from every level inside of history's range."""
    numbers = packaged_model()
    fast = numbers.reversion[1] + numbers.reversion[2] + numbers.reversion[4]
    assert fast < 0.0
    assert numbers.reversion[1] < 0.0
    assert len(numbers.mixture.means) == len(numbers.mixture.weights) == 5
