"""What was listed when: first days, holidays, and the table against whole chains of the time."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

from .listed import (
    Series,
    by_column,
    by_symbol,
    ivolatility,
    vx_by_contract,
    vx_by_rank,
)

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
        # facts.md, section 1: the launch notices
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
    assert list(found) == sorted(set(found), key=lambda e: (e.day, e.root))
    assert all(e.day > session and calendar.is_session(e.day) for e in found)
    assert all(e.settlement == "AM" for e in found if e.root == "SPX")
    assert {e.root for e in found} <= {"SPX", "SPXW"}


@given(sessions)
def test_what_is_listed_stays_listed_until_it_settles(session: date) -> None:
    """A holder must find a series again on the next session: none is ever taken away.

    Where the table takes a smaller count over (2020, 2023) a far weekly may pause; the near two
    weeks never do.
    """
    tomorrow = calendar.next_session(session)
    near = {e for e in listing.spx_series(session) if 0 < (e.day - tomorrow).days <= 14}
    assert near <= set(listing.spx_series(tomorrow))
    vix = {e for e in listing.vix_series(session) if e.day > tomorrow}
    # The cycle months of 2006 to 2009 beyond the serial ones end where the serial ones took over.
    assert {e for e in vix if (e.day - tomorrow).days < 100} <= set(listing.vix_series(tomorrow))
    assert {d for d in listing.vx_series(session) if d > tomorrow} <= set(
        listing.vx_series(tomorrow)
    )


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


# --- against whole chains ------------------------------------------------------------------------

FULL = {
    # Chains of SPX and SPXW of one moment. Nothing may be invented in them; what is missed, by
    # calendar days ahead, stands here: the worth of the table.
    "2022-03-23.csv.gz": (),
    "2022-06-10.csv.gz": (),
    "2022-07-12.csv.gz": (),
    "2022-09-13_no_header.csv.gz": (),
    "2023-02-07.csv.gz": (),
    "2023-06-09.csv.gz": (39,),
    "2023-08-18.csv.gz": (),
    "2024-01-05.csv.gz": (39, 52),
}
PART = {
    # One expiry month: complete between their first and last day. On 2025-01-06 the ninth was
    # still a session to come; it was closed for mourning, and the series settled a day early.
    "2022-01-07.csv": (),
    "2023-02-03.csv.gz": (),
    "2024-11-11.csv": (),
    "2025-01-06_jan.csv.gz": (3,),
    "2025-01-06_feb.csv.gz": (36, 49),
}
NEAR = 90


def differences(
    found: set[Series], session: date, first: date, last: date
) -> tuple[set[Series], tuple[int, ...]]:
    """What the table invents between the two days, and how many days ahead is what it misses."""
    known = {(root, day) for root, day in found if day > session}
    ours = {(e.root, e.day) for e in listing.spx_series(session)}
    if any(root == "?" for root, _ in known):
        ours = {("?", day) for _, day in ours}
    elif all(root == "SPXW" for root, _ in known):
        ours = {pair for pair in ours if pair[0] == "SPXW"}
    between = {pair for pair in ours if first <= pair[1] <= last}
    missed = {pair for pair in known - ours if first <= pair[1] <= last}
    return between - known, tuple(sorted((day - session).days for _, day in missed))


@pytest.mark.parametrize("name", FULL)
def test_whole_chains_of_the_exchange(shared_data: Path, name: str) -> None:
    session = date.fromisoformat(name[:10])
    path = shared_data / "chains" / "cboe_quotedata" / f"spx_quotedata_{name}"
    found = by_symbol(path)
    assert len(found) > 40
    near = session + timedelta(days=NEAR)
    assert differences(found, session, session, near) == (set(), FULL[name])
    # Further out too nothing is invented, but for one PM third Friday (2022-03-23).
    invented, _ = differences(found, session, session, session + timedelta(days=500))
    assert invented <= {("SPXW", date(2022, 8, 19))}


@pytest.mark.parametrize("name", PART)
def test_single_months_of_the_exchange(shared_data: Path, name: str) -> None:
    session = date.fromisoformat(name[:10])
    path = shared_data / "chains" / "cboe_quotedata" / f"spx_quotedata_{name}"
    found = by_symbol(path)
    first, last = min(day for _, day in found), max(day for _, day in found)
    assert differences(found, session, first, last) == (set(), PART[name])


def test_a_week_of_2011(shared_data: Path) -> None:
    """One weekly ahead (two on the Thursday), four monthlies, the March cycle, four quarters."""
    path = shared_data / "chains" / "spx_eod_2011-01-03_07_ivolatility.csv.gz"
    by_session = ivolatility(path)
    assert len(by_session) == 5
    for session, found in by_session.items():
        far = session + timedelta(days=364)
        assert differences(found, session, session, far) == (set(), ())


def test_a_chain_of_weeklies_of_2019(shared_data: Path) -> None:
    path = shared_data / "chains" / "spxw_1545_2019-06-26_cboe_datashop.csv.gz"
    session = date(2019, 6, 26)
    found = by_column(path, "expiration", "SPXW")
    assert len(found) == 30
    # The Monday 33 days ahead is missed: in 2022 there was none so far out.
    far = session + timedelta(days=364)
    assert differences(found, session, session, far) == (set(), (33,))


def test_a_chain_without_roots_of_2025(shared_data: Path) -> None:
    path = shared_data / "chains" / "spx_snapshot_2025-01-29_no_roots.csv.gz"
    session = date(2025, 1, 29)
    found = by_column(path, "Expiration Date", "?")
    near = session + timedelta(days=NEAR)
    assert differences(found, session, session, near) == (set(), (36, 40, 47))


def test_the_near_chains_of_2026(shared_data: Path) -> None:
    for session in (date(2026, 7, 23), date(2026, 7, 24)):
        path = shared_data / "chains" / f"spx_snapshot_{session}_schwab.csv.gz"
        found = by_column(path, "expiry", "?")
        last = max(day for _, day in found)
        assert differences(found, session, session, last) == (set(), ())


def test_traded_series_of_a_day_of_2022_were_listed(shared_data: Path) -> None:
    """Trades prove that a series existed, not that another did not."""
    session = date(2022, 5, 6)
    found = by_symbol(shared_data / "chains" / "opra_day_2022-05-06_spx.csv.gz")
    _, missed = differences(found, session, session, session + timedelta(days=400))
    assert missed == ()


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


def test_vix_options_of_2022_and_2026(shared_data: Path) -> None:
    session = date(2022, 5, 6)
    traded = by_symbol(shared_data / "vix_chains" / "opra_day_2022-05-06_vix.csv.gz")
    monthly = {day for root, day in traded if root == "VIX"}
    assert {e.day for e in listing.vix_series(session)} == monthly
    assert len(monthly) == 9

    session = date(2026, 4, 9)
    path = shared_data / "chains" / "spx_vix_calls_2026-04-09.csv"
    quoted = {day for _, day in by_column(path, "maturity", "?")}
    ours = [e.day for e in listing.vix_series(session)]
    # The file leaves out what settles within ten days; its VIX rows hold all others of ours.
    assert set(ours[1:]) <= quoted
    assert len(ours) == 9


def test_no_weekly_stands_among_the_monthly_vix_tables(shared_data: Path) -> None:
    """Each table holds one expiry to its settlement day; two months with a Tuesday are missing."""
    names = sorted((shared_data / "vix_chains").glob("vix_options_*.parquet"))
    months = [tuple(int(x) for x in path.stem.split("_")[2:]) for path in names]
    assert len(months) == 28
    for year, month in months:
        day = calendar.vix_expiry(year, month)
        before = [s for s in calendar.sessions(day - timedelta(days=84), day) if s < day]
        assert all(day in {e.day for e in listing.vix_series(s)} for s in before[-57:])


def test_vx_futures_by_contract_since_2013(shared_data: Path) -> None:
    path = shared_data / "vix_futures" / "cfe_vx_by_contract_2013_2026.csv.gz"
    invented, missed, pairs = set[date](), dict[date, int](), 0
    for session, theirs in vx_by_contract(path).items():
        if session >= date(2025, 7, 21):
            continue  # from here on the labels are shifted by a month
        ours = set(listing.vx_series(session))
        pairs += len(theirs)
        invented |= ours - theirs
        for day in theirs - ours:
            missed[day] = missed.get(day, 0) + 1
    assert pairs > 27_000
    # March 2026 is the contract that the file lacks.
    assert invented == {date(2026, 3, 18)}
    # In 2013 a new month began on the Friday, not on the Monday. From 2019-12-09 on three months
    # around the election of 2020 were listed early.
    early = {date(2020, 9, 16), date(2020, 10, 21), date(2020, 11, 18)}
    assert {day: count for day, count in missed.items() if day not in early} == dict.fromkeys(
        (
            date(2013, 10, 16),
            date(2013, 11, 20),
            date(2014, 2, 19),
            date(2014, 3, 18),
            date(2014, 4, 16),
        ),
        1,
    )


def test_vx_futures_by_rank_since_2004(shared_data: Path) -> None:
    folder = shared_data / "vix_futures"
    table = vx_by_rank(
        folder / "vx_m1_m8_close_2004_2017.csv", folder / "vx_m1_m8_symbols_2004_2017.csv"
    )
    invented = dict[int, int]()
    for session, months in table.items():
        settles = calendar.vix_expiry(session.year, session.month) == session
        if settles or not months:
            continue  # the file moves its ranks up on that morning, one day ahead of its names
        theirs = {calendar.vix_expiry(*month) for month in months}
        for rank, day in enumerate(listing.vx_series(session)[:8], start=1):
            if day not in theirs:
                invented[rank] = invented.get(rank, 0) + 1
    # The eighth month has no price on 58 sessions of 2009, the sixth on one of 2006.
    assert invented == {6: 1, 8: 58}


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
