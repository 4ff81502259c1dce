"""Business time, day by day by hand: weekends, holidays, announcements; and what counts nothing."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.vendors.fomc import fomc
from steward.pricing import business_time
from steward.pricing.business_time import (
    CLOSED_WEIGHT,
    DAYS_BEYOND,
    MOVED,
    SESSION_WEIGHT,
    UNFORESEEN,
    announcements,
    clock,
    payroll_day,
)
from steward.terms import calendar

DAY = timedelta(days=1)


def passed(first: date, last: date) -> float:
    """Business days from one decision moment to another."""
    now = clock()
    return now.passed(now.index(first), float((last - first).days))


def weight(day: date) -> float:
    return passed(day - DAY, day)


def test_a_plain_week_by_hand() -> None:
    # (7 - 2 x 0.25) / 5 = 1.3 for a session. 2018-05-14 to 2018-05-20: nothing is announced.
    monday = date(2018, 5, 14)
    assert pytest.approx(1.3) == SESSION_WEIGHT
    found = [weight(monday + i * DAY) for i in range(7)]
    assert found == pytest.approx([1.3] * 5 + [0.25] * 2)


def test_a_holiday_by_hand() -> None:
    # Independence Day 2018 was a Wednesday: four sessions and three closed days.
    assert weight(date(2018, 7, 4)) == pytest.approx(0.25)
    assert passed(date(2018, 7, 1), date(2018, 7, 8)) == pytest.approx(4 * 1.3 + 3 * 0.25)


@pytest.mark.parametrize(
    ("day", "more"),
    [
        (date(2018, 6, 13), 1.0),  # a decision of the FOMC
        (date(2018, 6, 12), 0.5),  # consumer prices of May
        (date(2018, 6, 1), 0.0),  # a payroll report, before prices rose
        (date(2021, 6, 10), 0.5),  # the last release of prices at the old weight
        (date(2021, 7, 13), 1.0),  # the first at the new one
        (date(2021, 6, 4), 0.0),
        (date(2021, 7, 2), 0.4),  # the first payroll report that counts
        (date(2023, 2, 1), 1.0),
        (date(2023, 2, 3), 0.4),
        (date(2023, 2, 14), 1.0),
        (date(2024, 6, 12), 2.0),  # FOMC and prices on one day
        (date(2023, 3, 3), 0.0),  # the first Friday of March 2023; the report came a week later
        (date(2023, 3, 10), 0.4),
        (date(2027, 1, 8), 0.4),  # New Year's Day 2027 is a Friday
    ],
)
def test_announcements_by_hand(day: date, more: float) -> None:
    assert weight(day) == pytest.approx(1.3 + more)


def test_a_report_on_good_friday_counts_though_nothing_trades() -> None:
    assert not calendar.is_session(date(2023, 4, 7))
    assert weight(date(2023, 4, 7)) == pytest.approx(0.25 + 0.4)


def test_releases_that_a_shutdown_moved_count_nothing() -> None:
    decided = date(2013, 10, 30)  # the FOMC met on one of them
    assert decided in MOVED
    for day in sorted(MOVED - {decided}):
        assert weight(day) == pytest.approx(1.3)
    assert weight(decided) == pytest.approx(1.3 + 1.0)


def test_decisions_that_nobody_expected_count_nothing() -> None:
    sudden = {one.day for one in fomc()[0] if not one.scheduled}
    sudden -= {one.day for one in fomc()[0] if one.scheduled}
    assert date(2020, 3, 3) in sudden
    assert weight(date(2020, 3, 3)) == pytest.approx(1.3)
    assert weight(date(2001, 1, 3)) == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        # News releases of the U.S. Bureau of Labor Statistics, "The Employment Situation".
        (2014, 1, 10),
        (2015, 5, 8),
        (2021, 1, 8),
        (2021, 10, 8),
        (2022, 7, 8),
        (2023, 3, 10),
        (2023, 12, 8),
        (2024, 2, 2),
        (2024, 3, 8),
        (2025, 1, 10),
        (2025, 7, 3),
    ],
)
def test_payroll_days(year: int, month: int, day: int) -> None:
    assert payroll_day(year, month) == date(year, month, day)


def test_payroll_days_are_those_of_a_real_calendar(shared_data: Path) -> None:
    path = shared_data / "calendars" / "us_econ_calendar_2014_2022.csv"
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["event"] == "Nonfarm Payrolls"]
    found = {date.fromisoformat(row["timestamp_utc"][:10]) for row in rows}
    assert found == {
        payroll_day(year, month) for year in range(2014, 2023) for month in range(1, 13)
    }


QUIET = st.sampled_from(calendar.sessions(date(1990, 1, 15), date(2029, 12, 1)))


@given(session=QUIET)
def test_a_week_is_seven_days_without_holidays_and_announcements(session: date) -> None:
    week = [session + i * DAY for i in range(1, 8)]
    said = sum(more for day, more in announcements() if day in week)
    closed = sum(day.weekday() < 5 and not calendar.is_session(day) for day in week)
    found = passed(session, session + 7 * DAY)
    assert found == pytest.approx(7.0 + said - closed * (SESSION_WEIGHT - CLOSED_WEIGHT))


@given(session=QUIET, days=st.floats(0.0, 300.0), more=st.floats(0.0, 300.0))
def test_time_passes_and_adds_up(session: date, days: float, more: float) -> None:
    now = clock()
    start = now.index(session)
    both = now.passed(start, days + more)
    assert both >= now.passed(start, days) >= 0.0
    whole = int(days)
    later = now.index(session + whole * DAY)
    assert both == pytest.approx(
        now.passed(start, float(whole)) + now.passed(later, days + more - whole), abs=1e-7
    )


def test_within_a_day_time_is_even() -> None:
    now = clock()
    start = now.index(date(2018, 6, 12))  # the decision of the FOMC comes next
    assert now.passed(start, 0.0) == 0.0
    assert now.passed(start, 0.25) == pytest.approx(0.25 * 2.3)
    assert now.passed(start, 1.5) == pytest.approx(2.3 + 0.5 * 1.3)


def test_beyond_the_calendar_every_weekday_is_a_session() -> None:
    assert weight(calendar.LAST_DAY + 2 * DAY) == pytest.approx(1.3)  # 2030-01-01, a Tuesday
    assert passed(date(2030, 7, 1), date(2030, 7, 8)) == pytest.approx(7.0)
    now = clock()
    assert now.passed(now.index(calendar.LAST_DAY), DAYS_BEYOND - 1.0) > 0.0


def test_announcements_lie_in_order_and_in_the_calendar() -> None:
    found = announcements()
    assert list(found) == sorted(found)
    assert {more for _, more in found} == {1.0, 0.5, 0.4}
    assert len({(day, more) for day, more in found if more == 0.4}) == 102  # 2021-07 to 2029-12


def test_one_clock_for_all() -> None:
    assert clock() is clock()
    fresh = business_time.Clock()
    start = fresh.index(date(2023, 1, 3))
    assert fresh.passed(start, 500.0) == clock().passed(start, 500.0)


def test_who_prices_before_an_unforeseen_closure_counts_a_session() -> None:
    """2001-09-11 to 14, a Tuesday to a Friday, were to be sessions; the week has 7 days as any."""
    for day in UNFORESEEN:
        assert not calendar.is_session(day)
        assert weight(day) >= SESSION_WEIGHT - 1e-9
    assert passed(date(2001, 9, 7), date(2001, 9, 14)) == pytest.approx(7.0)
    # Thanksgiving, which everybody knew of, is a closed day.
    assert weight(date(2001, 11, 22)) == pytest.approx(0.25)
