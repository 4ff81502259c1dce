"""`History`: finding sessions, cutting the future off, one hash over the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import FomcDecision, History
from steward.terms import calendar

DAYS = calendar.sessions(date(2012, 10, 1), date(2014, 3, 31))


def test_a_session_has_a_row_and_other_days_have_none(world: History) -> None:
    assert [world.index(d) for d in DAYS] == list(range(len(DAYS)))
    for day in (date(2012, 9, 28), date(2012, 12, 25), date(2014, 4, 1)):
        with pytest.raises(KeyError):
            world.index(day)


@given(cut=st.sampled_from(DAYS))
def test_nothing_later_survives_a_cut(world: History, cut: date) -> None:
    past = world.until(cut)
    n = len(past.sessions)
    assert past.sessions == tuple(d for d in DAYS if d <= cut)
    assert len(past.moments) == n
    for bars in (past.spx, past.vix):
        assert {len(bars.open), len(bars.high), len(bars.low), len(bars.close)} == {n}
    for series in past.series.values():
        assert (series.known_at <= past.moments[-1]).all()
        assert len(series.period) == len(series.value) == len(series.known_at)
    assert past.futures is not None
    assert (past.futures.session <= np.datetime64(cut)).all()
    assert all(day <= cut for day in past.futures.final)
    assert all(one.known_from <= cut for one in past.fomc)


@given(cut=st.sampled_from(DAYS))
def test_a_cut_keeps_everything_known_by_then(world: History, cut: date) -> None:
    past = world.until(cut)
    n = len(past.sessions)
    np.testing.assert_array_equal(past.spx.close, world.spx.close[:n])
    np.testing.assert_array_equal(past.vix.open, world.vix.open[:n])
    assert past.spx_before_days == world.spx_before_days
    for name, series in world.series.items():
        known = series.known_at <= world.moments[n - 1]
        np.testing.assert_array_equal(past.series[name].value, series.value[known])
    assert past.futures is not None
    assert world.futures is not None
    kept = world.futures.session <= np.datetime64(cut)
    np.testing.assert_array_equal(past.futures.settle, world.futures.settle[kept])
    np.testing.assert_array_equal(past.futures.expiry, world.futures.expiry[kept])
    # a final settlement is known in the morning of its day
    assert past.futures.final == {k: v for k, v in world.futures.final.items() if k <= cut}


def test_a_final_settlement_survives_a_cut_on_its_own_day(world: History) -> None:
    assert world.futures is not None
    expiry = next(day for day in world.futures.final if day in DAYS)
    past = world.until(expiry)
    assert past.futures is not None
    assert past.futures.final[expiry] == world.futures.final[expiry]


@given(first=st.sampled_from(DAYS), second=st.sampled_from(DAYS))
def test_two_cuts_are_the_earlier_one(world: History, first: date, second: date) -> None:
    twice = world.until(max(first, second)).until(min(first, second))
    once = world.until(min(first, second))
    assert twice.sessions == once.sessions
    assert twice.fomc == once.fomc
    np.testing.assert_array_equal(twice.vix.close, once.vix.close)
    assert {k: len(v.value) for k, v in twice.series.items()} == {
        k: len(v.value) for k, v in once.series.items()
    }


def test_a_cut_between_sessions_is_one_at_the_session_before(world: History) -> None:
    christmas = date(2012, 12, 25)
    assert world.until(christmas).sessions[-1] == date(2012, 12, 24)
    with pytest.raises(KeyError):
        world.until(DAYS[0] - timedelta(days=1))


def test_a_cancelled_meeting_is_one_until_its_cancellation(world: History) -> None:
    meeting = FomcDecision(
        day=date(2013, 6, 19),
        scheduled=True,
        known_from=date(2012, 6, 19),
        cancelled_from=date(2013, 6, 14),
    )
    later = FomcDecision(day=date(2013, 7, 31), scheduled=False, known_from=date(2013, 7, 31))
    history = replace(world, fomc=(meeting, later))
    assert history.until(date(2013, 6, 13)).fomc == (replace(meeting, cancelled_from=None),)
    assert history.until(date(2013, 6, 14)).fomc == (meeting,)
    assert history.until(date(2013, 7, 31)).fomc == (meeting, later)


def test_a_history_without_futures_can_be_cut(world: History) -> None:
    assert replace(world, futures=None).until(DAYS[5]).futures is None


def test_the_hash_is_of_names_and_files_in_any_order(world: History) -> None:
    names = dict(world.file_hashes)
    turned = replace(world, file_hashes=dict(reversed(names.items())))
    assert turned.data_hash == world.data_hash
    first, second = list(names)[:2]
    swapped = {**names, first: names[second], second: names[first]}
    assert replace(world, file_hashes=swapped).data_hash != world.data_hash
    assert replace(world, label="another").data_hash == world.data_hash
    assert world.until(DAYS[3]).data_hash == world.data_hash
