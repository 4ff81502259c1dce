"""VVIX of every session: the published close, and what VIX and its kin say where there is none."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steward.market.history import History
from steward.pricing.term import TermTable
from steward.pricing.vvix import Vvix, forms, vvix_of
from steward.pricing.vx_state import state_terms

from .vix_by_hand import SESSIONS, walk, world

WARM = 20
"""Rows before have no fitted VVIX: 20 changes of VIX have to be known."""


def found_in(history: History) -> Vvix:
    return vvix_of(history, TermTable(history))


def test_published_vvix_is_taken_and_missing_days_are_fitted() -> None:
    vix = walk(len(SESSIONS))
    given_values = np.full(len(vix), 93.21)
    given_values[[40, 41]] = np.nan
    found = found_in(world(vix, series={"vvix": given_values}))
    assert found.published.sum() == len(vix) - 2
    assert not found.published[[40, 41]].any()
    assert np.all(found.value[found.published] == 93.21)
    fitted = found_in(world(vix))
    assert not fitted.published.any()
    assert np.array_equal(found.value[[40, 41]], fitted.value[[40, 41]])


@given(row=st.integers(260, len(SESSIONS) - 1), factor=st.floats(1.1, 2.2))
def test_a_jump_of_vix_lifts_the_fitted_vvix_within_what_was_ever_seen(
    row: int, factor: float
) -> None:
    """VVIX since 2007: 60 to 208. VIX never rose by more than 116 % in a session (2018-02-05)."""
    vix = walk(len(SESSIONS))
    vix[row] = vix[row - 1]  # a fall of that day, undone by the jump, would be a calmer day
    jumped = vix.copy()
    jumped[row] *= factor
    calm, shocked = found_in(world(vix)), found_in(world(jumped))
    assume(not calm.outside[row] and not shocked.outside[row])
    assert 60.0 < calm.value[row] < shocked.value[row] < 208.0


@given(level=st.floats(5.0, 150.0), slope=st.floats(0.4, 2.0), skew=st.floats(90.0, 220.0))
def test_any_state_gives_a_vvix_that_could_be(level: float, slope: float, skew: float) -> None:
    """With and without VIX3M and SKEW, from what stood still too; a state beyond is told."""
    count = 60
    series = {"vix3m": np.full(count, slope * level), "skew": np.full(count, skew)}
    for names in ((), ("vix3m",), ("skew",), ("vix3m", "skew")):
        given_series = {name: series[name] for name in names}
        history = world(np.full(count, level), sessions=SESSIONS[:count], series=given_series)
        found = found_in(history)
        assert np.all(np.isfinite(found.value[WARM:]))
        assert np.all((found.value[WARM:] > 30.0) & (found.value[WARM:] < 300.0))
        assert np.all(found.outside[WARM:])  # VIX never stood still for two months


def test_a_usual_state_is_inside_of_the_fit() -> None:
    calm = 16.0 + 3.0 * np.sin(np.arange(len(SESSIONS)) / 9.0)
    calm[1::3] *= 1.08
    assert not found_in(world(calm)).outside[WARM:].any()


@pytest.mark.parametrize("absent", ["vix3m", "skew"])
def test_the_first_form_whose_terms_are_known_is_taken(absent: str) -> None:
    """A close that is missing one day: that day is priced as if it were in no file."""
    vix = walk(len(SESSIONS))
    whole = {"vix3m": vix * 1.1, "skew": np.full(len(vix), 125.0)}
    holed = whole | {absent: np.where(np.arange(len(vix)) == 300, np.nan, whole[absent])}
    without = {name: values for name, values in whole.items() if name != absent}
    full, some, none = (found_in(world(vix, series=s)).value for s in (whole, holed, without))
    assert some[300] == none[300] != full[300]
    assert some[299] == full[299] != none[299]


def test_fitted_vvix_does_not_see_the_future() -> None:
    vix = walk(len(SESSIONS))
    longer = np.where(np.arange(len(vix)) % 3 == 0, np.nan, vix * 1.1)
    history = world(vix, series={"vix3m": longer})
    whole = found_in(history).value
    for session in (SESSIONS[30], SESSIONS[200], date(2018, 2, 5)):
        found = found_in(history.until(session)).value
        np.testing.assert_array_equal(found, whole[: len(found)])


def test_terms_of_the_state_are_what_their_names_say() -> None:
    """Of a VIX that has stood at 18 points for 60 sessions, and of one that doubled in the last."""
    sessions = SESSIONS[:60]
    path = np.full(60, 18.0)
    doubled = path.copy()
    doubled[-1] = 36.0
    series = {"vix3m": path * 1.1, "vvix": path * 5.0, "skew": np.full(60, 125.0)}
    calm, after = (
        state_terms(history, TermTable(history))
        for history in (world(p, sessions=sessions, series=series) for p in (path, doubled))
    )
    assert calm["level"][-1] == calm["over_21"][-1] == calm["level_over_21"][-1] == 0.0
    assert calm["vix3m"][-1] == pytest.approx(np.log(1.1))
    assert calm["vvix"][-1] == pytest.approx(0.0)
    assert calm["skew"][-1] == pytest.approx(0.0)
    assert after["level"][-1] == pytest.approx(np.log(2.0))
    assert 0.0 < after["over_21"][-1] < after["over_63"][-1] < after["level"][-1]
    assert after["moved"][-1] > calm["moved"][-1]
    assert np.isnan(calm["vix6m"]).all()
    assert np.isnan(calm["moved"][:WARM]).all()


def test_every_form_reads_terms_that_there_are() -> None:
    history = world()
    known = state_terms(history, TermTable(history))
    assert all(name in known for form in forms() for name in form.terms)
