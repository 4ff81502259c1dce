"""What was listed when: first days, holidays, and the table against whole chains of the time."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

SESSIONS = calendar.sessions(date(1990, 2, 1), date(2029, 11, 30))
sessions = st.sampled_from(SESSIONS)


def days(session: date, root: str = "SPXW") -> set[date]:
    return {e.day for e in listing.spx_series(session) if e.root == root}


def listed(session: date, day: date, root: str = "SPXW") -> bool:
    return day in days(session, root)


# --- first days ----------------------------------------------------------------------------------


def plain_weeklies(first: date, last: date, weekday: int) -> list[date]:
    """Settlement days on that weekday that any session of the span could trade.

    Those that also are a month-end, a monthly, or stand in for a closed neighbour, are left out.
    """
    found = set[date]()
    for session in calendar.sessions(first, last):
        found |= days(session)
    return sorted(
        day
        for day in found
        if day.weekday() == weekday
        and calendar.next_session(day).month == day.month
        and day != calendar.monthly_expiry(day.year, day.month)
        and calendar.is_session(day - timedelta(days=1 if weekday else 3))
        and calendar.is_session(day + timedelta(days=1 if weekday < 4 else 3))
    )


@pytest.mark.parametrize(
    ("weekday", "first"),
    [
        # the launch notices
        (0, date(2016, 8, 22)),
        (1, date(2022, 4, 19)),
        (2, date(2016, 3, 2)),
        (3, date(2022, 5, 12)),
    ],
)
def test_no_weekly_before_its_kind_existed(weekday: int, first: date) -> None:
    assert plain_weeklies(date(2014, 7, 7), date(2022, 7, 1), weekday)[0] == first


@pytest.mark.parametrize(
    ("listed_from", "day"),
    [
        (date(2005, 10, 28), date(2005, 11, 4)),
        (date(2016, 2, 23), date(2016, 3, 2)),
        (date(2016, 2, 23), date(2016, 3, 9)),
        (date(2016, 8, 15), date(2016, 8, 22)),
        (date(2016, 8, 15), date(2016, 8, 29)),
        (date(2022, 4, 18), date(2022, 4, 19)),
        (date(2022, 5, 11), date(2022, 5, 12)),
    ],
)
def test_a_kind_trades_from_its_launch_on(listed_from: date, day: date) -> None:
    assert listed(listed_from, day)
    assert not listed(calendar.previous_session(listed_from), day)


def test_a_whole_week_has_an_expiry_on_each_day_only_since_may_2022() -> None:
    def each_day(monday: date) -> bool:
        week = calendar.sessions(monday, monday + timedelta(days=4))
        return len(week) == 5 and days(calendar.previous_session(monday)) >= set(week)

    start = date(2022, 5, 9)
    assert not any(each_day(start - timedelta(days=7 * weeks)) for weeks in range(800))
    assert each_day(date(2022, 5, 16))
    assert each_day(date(2023, 5, 15))


def test_friday_weeklies_settled_on_the_opening_until_december_2010() -> None:
    def style(session: date, day: date) -> str:
        (found,) = (e for e in listing.spx_series(session) if e.day == day)
        return f"{found.root} {found.settlement}"

    assert style(date(2010, 11, 22), date(2010, 11, 26)) == "SPXW AM"
    assert style(date(2010, 11, 29), date(2010, 12, 3)) == "SPXW PM"
    assert style(date(2010, 11, 29), date(2010, 12, 17)) == "SPX AM"


def test_a_quarter_end_on_a_friday_replaces_the_weekly() -> None:
    # 2007-09-28: a PM quarterly, and no weekly that would settle on its opening.
    (found,) = (e for e in listing.spx_series(date(2007, 9, 21)) if e.day == date(2007, 9, 28))
    assert found == Expiry(root="SPXW", day=date(2007, 9, 28), settlement="PM")


def test_a_third_friday_has_both_roots_since_may_2017() -> None:
    friday = date(2017, 5, 19)
    both = [
        Expiry(root="SPX", day=friday, settlement="AM"),
        Expiry(root="SPXW", day=friday, settlement="PM"),
    ]
    assert [e for e in listing.spx_series(date(2017, 5, 1)) if e.day == friday] == both
    assert [e for e in listing.spx_series(date(2017, 4, 28)) if e.day == friday] == both[:1]


def test_month_ends_since_july_2014_and_quarter_ends_since_2007() -> None:
    assert listed(date(2014, 7, 7), date(2014, 7, 31))
    assert not listed(date(2014, 7, 3), date(2014, 7, 31))
    assert listed(date(2014, 7, 3), date(2014, 9, 30))  # a quarter-end
    assert listed(date(2007, 1, 2), date(2007, 3, 30))
    assert not listed(date(2006, 12, 29), date(2007, 3, 30))


def test_before_the_weeklies_there_are_only_monthlies() -> None:
    found = listing.spx_series(date(1996, 1, 2))
    assert {e.root for e in found} == {"SPX"}
    # Four months, then three of the March cycle (as in 2011).
    assert [e.day for e in found] == [
        date(1996, 1, 19),
        date(1996, 2, 16),
        date(1996, 3, 15),
        date(1996, 4, 19),
        date(1996, 6, 21),
        date(1996, 9, 20),
        date(1996, 12, 20),
    ]


# --- holidays ------------------------------------------------------------------------------------


def test_a_monday_weekly_on_a_holiday_moves_to_tuesday() -> None:
    # Cboe, "New SPX Monday-expiring Weeklys", 2016-08-11; Labor Day 2016 was the example.
    session = date(2016, 8, 19)
    assert listed(session, date(2016, 9, 6))
    assert not listed(session, date(2016, 9, 2) - timedelta(days=3))
    # Presidents' Day 2018, in the fixture of many tests.
    assert listed(date(2018, 2, 2), date(2018, 2, 20))


def test_the_other_weeklies_move_to_the_session_before() -> None:
    assert listed(date(2019, 12, 2), date(2019, 12, 24))  # Christmas on a Wednesday
    assert listed(date(2023, 6, 20), date(2023, 7, 3))  # Tuesday, the Fourth of July
    assert listed(date(2022, 11, 21), date(2022, 11, 23))  # Thanksgiving, a Thursday


def test_good_friday() -> None:
    # 2018-03-30 was no third Friday: its weekly and the month-end meet on the Thursday.
    found = [e for e in listing.spx_series(date(2018, 3, 1)) if e.day == date(2018, 3, 29)]
    assert found == [Expiry(root="SPXW", day=date(2018, 3, 29), settlement="PM")]
    # 2019-04-19 was one: both monthlies settle on the Thursday, the AM series on its opening.
    thursday = date(2019, 4, 18)
    assert [e.root for e in listing.spx_series(date(2019, 4, 1)) if e.day == thursday] == [
        "SPX",
        "SPXW",
    ]
    assert not listed(date(2019, 4, 1), date(2019, 4, 19))


# --- what holds on every day ---------------------------------------------------------------------


@given(sessions)
def test_series_are_alive_ordered_and_settle_on_sessions(session: date) -> None:
    found = listing.spx_series(session)
    assert found
    keys = [(e.day, e.root) for e in found]
    assert keys == sorted(set(keys))  # (root, day) is a key
    assert all(e.day > session and calendar.is_session(e.day) for e in found)
    assert all(e.settlement == "AM" for e in found if e.root == "SPX")
    assert {e.root for e in found} <= {"SPX", "SPXW"}


def test_what_is_listed_stays_listed_until_it_settles() -> None:
    """A holder finds a series again on each session: only far ones pause where a rule changes."""
    paused = dict[date, set[date]]()
    days = calendar.sessions(date(2004, 3, 26), date(2029, 6, 30))
    for today, tomorrow in pairwise(days):
        for series in (listing.spx_series, listing.vix_series):
            gone = {e.day for e in series(today) if e.day > tomorrow} - {
                e.day for e in series(tomorrow)
            }
            paused.setdefault(tomorrow, set()).update(gone)
        gone = {day for day in listing.vx_series(today) if day > tomorrow} - set(
            listing.vx_series(tomorrow)
        )
        paused[tomorrow].update(gone)
    assert {day: found for day, found in paused.items() if found} == {
        date(2006, 10, 20): {date(2007, 5, 16)},  # VX, from two and two months to six
        date(2010, 1, 4): {date(2010, 8, 18), date(2010, 11, 17)},  # VIX options, to six months
        date(2020, 1, 2): {date(2020, 3, 6)},  # Fridays, from six to five
    }


@given(st.sampled_from(calendar.sessions(date(2006, 2, 24), date(2029, 4, 30))))
def test_a_vix_option_has_the_future_of_its_day(session: date) -> None:
    """Its underlying is that future; the cycle months of 2006 to 2009 had one further out too."""
    near = {e.day for e in listing.vix_series(session)[:2]}
    assert near <= set(listing.vx_series(session))


def test_nothing_before_the_first_day() -> None:
    assert listing.vix_series(date(2006, 2, 23)) == ()
    assert listing.vx_series(date(2004, 3, 25)) == ()
    assert listing.spx_series(date(2029, 12, 28)) == (
        Expiry(root="SPXW", day=date(2029, 12, 31), settlement="PM"),
    )


def test_the_end_of_the_calendar_is_no_error() -> None:
    for session in calendar.sessions(date(2028, 6, 1), calendar.LAST_DAY):
        assert all(e.day <= calendar.LAST_DAY for e in listing.spx_series(session))
        assert all(e.day <= calendar.LAST_DAY for e in listing.vix_series(session))
        assert all(day <= calendar.LAST_DAY for day in listing.vx_series(session))


# --- VIX options and VX futures ------------------------------------------------------------------


def vix_months(session: date) -> list[str]:
    return [f"{e.day:%b}" for e in listing.vix_series(session)]


def test_the_months_of_the_first_vix_options() -> None:
    """Cboe's releases: the launch, and those of 2006-05-01 and 2007-05-16 that name the months."""
    assert vix_months(date(2006, 2, 24)) == ["Mar", "Apr", "May"]
    assert vix_months(date(2006, 5, 1)) == ["May", "Jun", "Aug", "Nov", "Feb"]
    assert vix_months(date(2006, 5, 10)) == ["May", "Jun", "Aug", "Nov", "Feb"]
    # On 2007-05-16 May settled in the morning; September, named too, is ours from Monday on.
    assert vix_months(date(2007, 5, 16)) == ["Jun", "Jul", "Aug", "Nov", "Feb", "May"]
    assert vix_months(date(2007, 5, 21)) == ["Jun", "Jul", "Aug", "Sep", "Nov", "Feb", "May"]


def test_vx_left_months_out_at_first() -> None:
    # The launch: May, June, August and November 2004 (the symbols of the first file).
    assert [f"{day:%b}" for day in listing.vx_series(date(2004, 4, 26))] == [
        "May",
        "Jun",
        "Aug",
        "Nov",
    ]
    listed_once = {day for s in SESSIONS if s.year < 2006 for day in listing.vx_series(s)}
    assert not listed_once & listing.VX_NEVER_LISTED
    assert date(2004, 10, 13) in listed_once
