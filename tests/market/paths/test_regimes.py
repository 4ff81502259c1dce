"""Named regimes: every path goes through the points as drawn, and shows what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from steward.market.paths.regimes import REGIMES, regime_of, simulate_regime
from steward.market.paths.state import ARRAYS, Paths
from steward.terms.errors import StewardError

YEARS = {
    "grind_up": 2.1,
    "slow_bear": 2.1,
    "crash_and_recovery": 1.4,
    "whipsaw": 1.2,
    "volatility_spike_without_a_fall": 1.4,
    "crash_1987": 1.4,
}


@pytest.fixture(scope="module", params=sorted(REGIMES))
def named(request: pytest.FixtureRequest) -> tuple[str, Paths]:
    name = str(request.param)
    return name, simulate_regime(name, seed=12, paths=12, years=YEARS[name])


def test_every_path_goes_through_the_points(named: tuple[str, Paths]) -> None:
    name, made = named
    start = made.spx[0]
    for session, percent, vix in REGIMES[name].points:
        np.testing.assert_allclose(made.spx[session] / start, percent / 100.0, rtol=1e-9)
        np.testing.assert_allclose(made.vix[session], vix, rtol=1e-9)


def test_paths_differ_between_the_points_and_are_finite(named: tuple[str, Paths]) -> None:
    _, made = named
    assert np.std(made.spx[30]) > 0.0
    for key in ARRAYS:
        assert np.isfinite(getattr(made, key)).all()
    assert made.label.startswith("the hypothetical regime ")


def test_it_shows_what_its_name_says(named: tuple[str, Paths]) -> None:
    name, made = named
    last = REGIMES[name].sessions
    spx = made.spx[: last + 1] / made.spx[0]
    vix, returns = made.vix[: last + 1], np.diff(np.log(spx), axis=0)
    vol = np.sqrt(252.0) * returns.std(axis=0)
    worst = np.expm1(returns.min(axis=0))
    above = (vix > made.vix3m[: last + 1]).mean(axis=0)
    if name == "grind_up":
        assert (spx[-1] > 1.3).all()
        assert (vol < 0.10).all()
        assert (above < 0.1).all()
    elif name == "slow_bear":
        assert (spx[-1] < 0.65).all()
        assert (worst > -0.08).all()  # no crash
        assert (vix.mean(axis=0) > 22.0).all()
    elif name == "crash_and_recovery":
        assert (spx.min(axis=0) < 0.72).all()
        assert (spx[-1] > 1.05).all()
        assert (vix.max(axis=0) >= 79.9).all()
        assert (above > 0.05).all()
    elif name == "whipsaw":
        turns = np.sign(np.diff(np.log(spx[42::10]), axis=0))
        assert (turns[1:] == -turns[:-1]).all()
        assert (np.abs(spx[-1] - 1.01) < 1e-9).all()
    elif name == "volatility_spike_without_a_fall":
        fall = spx / np.maximum.accumulate(spx, axis=0) - 1.0
        assert (fall.min(axis=0) > -0.05).all()
        assert ((vix > 36.9).sum(axis=0) >= 3).all()
    else:
        np.testing.assert_allclose(worst, 75.8 / 95.3 - 1.0, rtol=1e-9)
        assert (vix.max(axis=0) >= 139.9).all()
        assert (above > 0.05).all()


def test_a_path_is_the_same_alone() -> None:
    among = simulate_regime("whipsaw", seed=3, paths=6, years=1.2).path(4)
    alone = simulate_regime("whipsaw", seed=3, paths=1, years=1.2, first=4)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(alone, name), getattr(among, name))


def test_after_the_course_the_model_goes_on() -> None:
    """VIX comes back from a crash on its own."""
    made = simulate_regime("crash_1987", seed=5, paths=30, years=3.0)
    assert 12.0 < np.median(made.vix[-1]) < 30.0
    assert np.std(np.log(made.spx[-1])) > 0.1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(StewardError, match="no regime is named 'calm'; there are grind_up"):
        regime_of("calm")
    with pytest.raises(StewardError, match=r"takes 505 sessions.*take more --years"):
        simulate_regime("slow_bear", seed=1, years=1.0)
