"""Named regimes: every path goes through the points as drawn, and shows what its name says."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from steward.market.paths.regimes import CALM_SESSIONS, REGIMES, regime_of, simulate_regime
from steward.market.paths.state import ARRAYS, Paths
from steward.pricing.simulated.schedule import WARM_UP
from steward.signals import indicators
from steward.terms.errors import StewardError

YEARS = 3.2
CRASHES = ("crash_and_recovery", "crash_1987")


@pytest.fixture(scope="module", params=sorted(REGIMES))
def named(request: pytest.FixtureRequest) -> tuple[str, Paths]:
    name = str(request.param)
    return name, simulate_regime(name, seed=12, paths=12, years=YEARS)


def test_every_path_goes_through_the_points(named: tuple[str, Paths]) -> None:
    name, made = named
    begun = made.spx[CALM_SESSIONS]
    for session, percent, vix in REGIMES[name].course:
        np.testing.assert_allclose(made.spx[session] / begun, percent / 100.0, rtol=1e-9)
        np.testing.assert_allclose(made.vix[session], vix, rtol=1e-9)


def test_paths_differ_between_the_points_and_are_finite(named: tuple[str, Paths]) -> None:
    _, made = named
    assert np.std(made.spx[30]) > 0.0
    for key in ARRAYS:
        assert np.isfinite(getattr(made, key)).all()
    assert made.label.startswith("the hypothetical regime ")


def test_it_shows_what_its_name_says(named: tuple[str, Paths]) -> None:
    name, made = named
    course = slice(CALM_SESSIONS, REGIMES[name].sessions + 1)
    spx = made.spx[course] / made.spx[CALM_SESSIONS]
    vix, returns = made.vix[course], np.diff(np.log(spx), axis=0)
    vol = np.sqrt(252.0) * returns.std(axis=0)
    worst = np.expm1(returns.min(axis=0))
    above = (vix > made.vix3m[course]).mean(axis=0)
    if name == "grind_up":
        assert (spx[-1] > 1.3).all()
        assert (vol < 0.12).all()
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
        assert (fall.min(axis=0) > -0.09).all()
        assert ((vix > 36.9).sum(axis=0) >= 3).all()
    else:
        pairs = itertools.pairwise(REGIMES[name].points)
        drawn = min(b[1] / a[1] for a, b in pairs if b[0] == a[0] + 1)
        np.testing.assert_allclose(worst, drawn - 1.0, rtol=1e-9)
        assert drawn < 0.85
        assert (vix.max(axis=0) >= 0.999 * max(point[2] for point in REGIMES[name].points)).all()
        assert (above > 0.05).all()


def test_vix_lies_as_far_above_what_spx_does_as_in_history(named: tuple[str, Paths]) -> None:
    """By half-years of the course: else a regime pays whoever sells options."""
    name, made = named
    last = REGIMES[name].sessions
    squares = np.diff(np.log(made.spx), axis=0) ** 2
    gaps = []
    for begin in range(0, last - 60, 126):
        end = min(begin + 126, last)
        moved = 100.0 * np.sqrt(252.0 * squares[begin:end].mean())
        gaps.append(made.vix[begin + 1 : end + 1].mean() - moved)
    assert max(gaps) < 5.5
    if name in CRASHES:  # the fall itself is more than any VIX before it said
        assert min(gaps) < 0.0
        gaps.remove(min(gaps))
    assert min(gaps) > 2.0


def test_layer_3_can_come_on_when_the_course_begins(named: tuple[str, Paths]) -> None:
    """A calm year first: no fall of any course lies where the score of VIX is not yet known."""
    name, made = named
    assert CALM_SESSIONS >= WARM_UP
    course = slice(CALM_SESSIONS, REGIMES[name].sessions)
    scores = np.array([indicators.z_before(np.log(vix), 252) for vix in made.vix.T]).T
    risen = np.full_like(made.vix, np.nan)
    risen[5:] = 100.0 * (made.vix[5:] / made.vix[:-5] - 1.0)
    on = (scores >= 2.0) & (risen >= 25.0)  # as layer 3 of the rules `article`, M being VIX
    assert np.isfinite(scores[course]).all()
    assert not on[:CALM_SESSIONS].any()
    if name in (*CRASHES, "volatility_spike_without_a_fall"):
        assert on[course].any(axis=0).all()


def test_a_path_is_the_same_alone() -> None:
    among = simulate_regime("whipsaw", seed=3, paths=6, years=2.1).path(4)
    alone = simulate_regime("whipsaw", seed=3, paths=1, years=2.1, first=4)
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(alone, name), getattr(among, name))


def test_after_the_course_the_model_goes_on() -> None:
    """VIX comes back from a crash on its own."""
    made = simulate_regime("crash_1987", seed=5, paths=30, years=4.0)
    assert 12.0 < np.median(made.vix[-1]) < 30.0
    assert np.std(np.log(made.spx[-1])) > 0.1


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(StewardError, match="no regime is named 'calm'; there are grind_up"):
        regime_of("calm")
    with pytest.raises(
        StewardError, match=r"takes 758 sessions, a calm year first.*take more --years"
    ):
        simulate_regime("slow_bear", seed=1, years=1.0)
