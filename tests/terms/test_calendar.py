"""Sessions against a published table, settlement days against the known exceptions, and moments."""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

DAYS = st.dates(date(1990, 2, 1), date(2029, 11, 30))


def published(shared_data: Path) -> dict[date, time]:
    path = shared_data / "calendars" / "nyse_sessions_1990_2027.csv"
    with path.open(encoding="utf-8") as lines:
        return {
            date.fromisoformat(row["session"]): time.fromisoformat(row["close_time_et"])
            for row in csv.DictReader(lines)
        }


def test_sessions_and_closes_are_those_published(shared_data: Path) -> None:
    table = published(shared_data)
    first, last = min(table), max(table)
    assert calendar.sessions(first, last) == tuple(table)
    closes = {day: calendar.close_of_shares(day).timetz().replace(tzinfo=None) for day in table}
    assert closes == table
    assert {day for day, closed in table.items() if closed != calendar.CLOSE} == {
        day for day in table if calendar.is_half_day(day)
    }


@pytest.mark.slow
def test_the_committed_table_is_what_the_tool_makes() -> None:
    tool = Path(__file__).parents[2] / "tools" / "make_calendar.py"
    made = subprocess.run([sys.executable, tool], capture_output=True, text=True, check=True)
    table = Path(calendar.__file__).parent / "files" / "closures.csv"
    assert made.stdout == table.read_text("utf-8")


@pytest.mark.parametrize(
    "day",
    [
        date(2001, 9, 11),  # to 14: after the attacks
        date(2001, 9, 14),
        date(2004, 6, 11),  # mourning of a president, as 2007-01-02, 2018-12-05, 2025-01-09
        date(2007, 1, 2),
        date(2012, 10, 29),  # and 30: a hurricane
        date(2012, 10, 30),
        date(2018, 12, 5),
        date(2025, 1, 9),
        date(2022, 6, 20),  # Juneteenth, kept since 2022
        date(2021, 12, 24),  # Christmas on a Saturday
        date(2024, 3, 29),  # Good Friday
    ],
)
def test_closed(day: date) -> None:
    assert not calendar.is_session(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2001, 9, 10),
        date(2001, 9, 17),
        date(2021, 6, 18),  # Juneteenth was not kept yet
        date(2021, 12, 31),  # New Year on a Saturday is not kept
        date(2012, 10, 31),
    ],
)
def test_open(day: date) -> None:
    assert calendar.is_session(day)


CLOSED_THIRD_FRIDAYS = (
    # all of 1990 to 2027
    date(1992, 4, 17),
    date(2000, 4, 21),
    date(2003, 4, 18),
    date(2008, 3, 21),
    date(2014, 4, 18),
    date(2019, 4, 19),
    date(2022, 4, 15),
    date(2025, 4, 18),
    date(2026, 6, 19),
    date(2027, 6, 18),
)
VIX_TUESDAYS = (
    # all exceptions to the Wednesday, 2006 to 2027
    date(2008, 2, 19),
    date(2014, 3, 18),
    date(2019, 3, 19),
    date(2022, 3, 15),
    date(2024, 6, 18),
    date(2025, 3, 18),
    date(2026, 5, 19),
    date(2027, 5, 18),
)


def test_a_monthly_settles_on_the_third_friday_or_the_thursday_before() -> None:
    moved = []
    for year in range(1990, 2028):
        for month in range(1, 13):
            friday = calendar.third_friday(year, month)
            assert friday.weekday() == 4
            assert 15 <= friday.day <= 21
            if calendar.monthly_expiry(year, month) != friday:
                moved.append(friday)
                assert calendar.monthly_expiry(year, month) == friday - timedelta(days=1)
    assert tuple(moved) == CLOSED_THIRD_FRIDAYS


def test_vix_settles_on_wednesdays_but_for_eight_tuesdays() -> None:
    days = [calendar.vix_expiry(y, m) for y in range(2006, 2028) for m in range(1, 13)]
    assert all(calendar.is_session(day) for day in days)
    assert tuple(day for day in days if day.weekday() != 2) == VIX_TUESDAYS


def test_vix_settles_thirty_days_before_a_third_friday() -> None:
    # By hand: the third Friday of March 2018 is the 16th; 30 days before lies 14 February.
    assert calendar.vix_expiry(2018, 2) == date(2018, 2, 14)
    # December looks into the next year: 19 January 2018 less 30 days.
    assert calendar.vix_expiry(2017, 12) == date(2017, 12, 20)
    # Twice in 2004 a future expired a week before the rule.
    assert calendar.vix_expiry(2004, 7) == date(2004, 7, 14)
    assert calendar.vix_expiry(2004, 10) == date(2004, 10, 13)
    assert calendar.vix_expiry(2004, 8) == date(2004, 8, 18)


def test_vix_settlement_days_are_those_of_the_traded_futures(shared_data: Path) -> None:
    path = shared_data / "vix_futures" / "bbg_front_month" / "vx_front_month_2004_2021.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        expiries = {date.fromisoformat(row["expiry"]) for row in csv.DictReader(lines)}
    # One label of the file is a Saturday, a known slip; the file ends inside 2021.
    expiries = expiries - {date(2013, 10, 26)} | {date(2013, 10, 16)}
    rule = {calendar.vix_expiry(y, m) for y in range(2004, 2022) for m in range(1, 13)}
    assert len(expiries) == 203
    assert expiries <= rule


def test_decisions_are_a_quarter_of_an_hour_after_the_close_of_the_shares() -> None:
    day, half = date(2018, 2, 5), date(2018, 11, 23)
    assert calendar.decision_moment(day).isoformat() == "2018-02-05T16:15:00-05:00"
    assert calendar.decision_moment(half).isoformat() == "2018-11-23T13:15:00-05:00"
    assert calendar.is_half_day(half)
    assert not calendar.is_half_day(day)


def test_daylight_saving_moves_the_moment_in_utc() -> None:
    # New York changed its clocks on Sunday 2018-03-11 and on Sunday 2018-11-04.
    in_utc = {
        day: calendar.decision_moment(day).astimezone(UTC).time()
        for day in (date(2018, 3, 9), date(2018, 3, 12), date(2018, 11, 2), date(2018, 11, 5))
    }
    assert list(in_utc.values()) == [time(21, 15), time(20, 15), time(20, 15), time(21, 15)]


def series(day: date, settlement: str = "PM") -> Expiry:
    root = "SPXW" if settlement == "PM" else "SPX"
    return Expiry(root=root, day=day, settlement=settlement)  # type: ignore[arg-type]


def test_settlement_is_the_opening_print_or_the_close() -> None:
    friday, half = date(2018, 2, 16), date(2018, 11, 23)
    assert calendar.settlement_moment(series(friday, "AM")).time() == time(9, 30)
    assert calendar.settlement_moment(series(friday)).time() == time(16, 0)
    assert calendar.settlement_moment(series(half)).time() == time(13, 0)


def test_years_count_minutes_of_365_days() -> None:
    thursday, friday = date(2018, 2, 15), date(2018, 2, 16)
    # From 16:15 to 9:30 are 17 h 15 min, to 16:00 of the next day 23 h 45 min.
    assert calendar.years_to(thursday, series(friday, "AM")) * 525_600 == pytest.approx(1_035)
    assert calendar.years_to(thursday, series(friday)) * 525_600 == pytest.approx(1_425)
    assert calendar.years_to(friday, series(friday)) == 0.0  # 16:00 is past at 16:15
    assert calendar.days_to(thursday, series(friday)) == 1


def test_time_runs_by_the_clock_on_the_wall() -> None:
    # Friday 16:15 to Monday 16:00 is 71 h 45 min on the wall, though the clocks went forward in
    # between: the VIX counts a day as 1,440 minutes too.
    changed = calendar.years_to(date(2018, 3, 9), series(date(2018, 3, 12)))
    assert changed * 365 * 24 == pytest.approx(71.75)
    assert changed == calendar.years_to(date(2018, 3, 2), series(date(2018, 3, 5)))


@given(DAYS)
def test_a_day_lies_between_its_neighbours(day: date) -> None:
    before, after = calendar.on_or_before(day), calendar.on_or_after(day)
    assert before <= day <= after
    assert calendar.is_session(before)
    assert calendar.is_session(after)
    assert (before == after) == calendar.is_session(day)
    assert calendar.previous_session(after) < day <= after
    assert before <= day < calendar.next_session(before)


@given(DAYS, st.integers(0, 400))
def test_sessions_between_count_what_sessions_lists(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    last = min(last, calendar.LAST_DAY)
    listed = calendar.sessions(first, last)
    counted = calendar.sessions_between(first, last)
    assert counted == len(listed) - calendar.is_session(first)
    assert calendar.sessions_between(last, first) == 0


@given(DAYS)
def test_one_session_opens_each_week_and_month(day: date) -> None:
    monday = day - timedelta(days=day.weekday())
    week = calendar.sessions(monday, monday + timedelta(days=6))
    assert [x for x in week if calendar.is_first_of_week(x)] == list(week[:1])
    after = calendar.sessions(day.replace(day=1), day + timedelta(days=31))
    month = [x for x in after if x.month == day.month]
    assert [x for x in month if calendar.is_first_of_month(x)] == month[:1]


def test_weeks_run_over_the_new_year() -> None:
    # Tuesday 2018-01-02 opens the week; the Monday was a holiday.
    assert calendar.is_first_of_week(date(2018, 1, 2))
    # 2024-12-30 and 2025-01-02 lie in one ISO week of two years.
    assert not calendar.is_first_of_week(date(2025, 1, 2))


def test_outside_of_the_table_is_an_error_with_a_way_out() -> None:
    for day in (date(1989, 12, 29), date(2030, 1, 2)):
        with pytest.raises(StewardError, match="choose a day in that span"):
            calendar.on_or_before(day)
        with pytest.raises(StewardError, match="1990-01-01 to 2029-12-31"):
            calendar.on_or_after(day)
    with pytest.raises(StewardError):
        calendar.on_or_before(date(1990, 1, 1))  # a holiday, and nothing before it


def test_months_from_counts_over_the_year() -> None:
    assert calendar.months_from(date(2018, 11, 30), 3) == ((2018, 11), (2018, 12), (2019, 1))
    assert calendar.close_of_shares(date(2018, 2, 5)) == datetime(
        2018, 2, 5, 16, tzinfo=calendar.NEW_YORK
    )
