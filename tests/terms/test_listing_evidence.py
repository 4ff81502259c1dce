"""The listing table against whole chains of their time: nothing invented, what it misses."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from steward.terms import calendar, listing

from .listed import (
    Series,
    by_column,
    by_symbol,
    ivolatility,
    vx_by_contract,
    vx_by_rank,
)

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


def test_the_monthlies_of_december_2015(shared_data: Path) -> None:
    """Four months and the March cycle, as in 2011; two LEAPS of January and June 2017 beside."""
    session = date(2015, 12, 22)
    path = shared_data / "chains" / "lean" / "universe_spx_20151222.csv"
    found = {day for _, day in by_column(path, "#expiry", "SPX", "%Y%m%d")}
    ours = {e.day for e in listing.spx_series(session) if e.root == "SPX"}
    assert len(ours) == 7
    assert {day for day in found if day < date(2017, 1, 1)} == ours


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
