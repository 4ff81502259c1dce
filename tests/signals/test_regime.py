"""How many sessions to the next scheduled FOMC decision that was known on the day.

Decision days are those of the Federal Reserve's published calendars.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from steward.market.history import FomcDecision
from steward.signals.compute import compute
from steward.signals.regime import sessions_to_decision
from steward.terms import calendar

SCHEDULED = [
    date(2018, 1, 31), date(2018, 3, 21), date(2018, 5, 2), date(2018, 6, 13), date(2018, 8, 1),
    date(2018, 9, 26), date(2018, 11, 8), date(2018, 12, 19), date(2019, 1, 30),
]  # fmt: skip


def decision(day: date, *, scheduled: bool = True, known: date = date(2017, 6, 30)) -> FomcDecision:
    return FomcDecision(day=day, scheduled=scheduled, known_from=known)


DECISIONS = tuple(decision(day) for day in SCHEDULED)
SESSIONS = calendar.sessions(date(2018, 1, 2), date(2018, 12, 31))


def on(day: date, decisions: tuple[FomcDecision, ...] = DECISIONS) -> float:
    return float(sessions_to_decision([day], decisions)[0])


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2018, 3, 13), 6.0),
        (date(2018, 3, 14), 5.0),
        (date(2018, 3, 20), 1.0),
        (date(2018, 3, 21), 29.0),  # the day itself counts to 2 May; Good Friday between
        (date(2018, 12, 11), 6.0),
        (date(2018, 12, 18), 1.0),
        (date(2018, 10, 31), 6.0),  # two weeks with no holiday: Thursday 8 November
        (date(2018, 11, 7), 1.0),
    ],
)
def test_counted_by_hand(day: date, expected: float) -> None:
    assert on(day) == expected


def test_five_sessions_before_each_decision_are_inside_and_no_others() -> None:
    found = sessions_to_decision(SESSIONS, DECISIONS)
    inside = {day for day, n in zip(SESSIONS, found, strict=True) if n <= 5.0}
    expected = set()
    for day in SCHEDULED[:-1]:
        at = SESSIONS.index(day)
        expected |= set(SESSIONS[at - 5 : at])
    assert inside == expected
    assert len(inside) == 40


def test_it_falls_by_one_a_session_up_to_the_eve() -> None:
    found = sessions_to_decision(SESSIONS, DECISIONS)
    steps = np.diff(found)
    jumps = {SESSIONS[at + 1] for at in np.flatnonzero(steps != -1.0)}
    assert jumps == set(SCHEDULED[:-1])


def test_an_unscheduled_decision_is_not_seen_coming() -> None:
    surprise = decision(date(2018, 3, 16), scheduled=False)
    assert on(date(2018, 3, 14), (*DECISIONS, surprise)) == 5.0


def test_a_schedule_counts_from_the_day_it_was_public() -> None:
    late = (decision(date(2018, 3, 21), known=date(2018, 3, 16)), decision(date(2018, 5, 2)))
    assert on(date(2018, 3, 15), late) == 33.0
    assert on(date(2018, 3, 16), late) == 3.0


def test_nothing_known_ahead_is_9999(world: Any) -> None:
    assert on(date(2018, 3, 14), (decision(date(2018, 1, 31)),)) == 9999.0
    n = 5
    history = world.history(np.full(n, 100.0), np.full(n, 15.0), fomc=DECISIONS)
    table = compute(history)
    assert set(table.column("sessions_to_fomc")) == {9999.0}  # 2012: not published yet
    assert set(table.states("sessions_to_fomc")) == {"known"}


def test_liquidity_waits_for_a_file_of_the_user(world: Any) -> None:
    table = compute(world.history(np.full(3, 100.0), np.full(3, 15.0)))
    assert "file of your own" in table.absent["liquidity_thin"]


def test_a_cancelled_meeting_counts_until_that_was_known() -> None:
    """That of 18 March 2020 was cancelled on Sunday the 15th: Friday the 13th still expects it."""
    meetings = (
        FomcDecision(
            day=date(2020, 3, 18),
            scheduled=True,
            known_from=date(2019, 3, 18),
            cancelled_from=date(2020, 3, 15),
        ),
        decision(date(2020, 4, 29), known=date(2019, 4, 29)),
    )
    assert on(date(2020, 3, 13), meetings) == 3.0
    assert on(date(2020, 3, 16), meetings) == 31.0  # to 29 April; Good Friday between
