"""VIX futures: four layouts, their defects, and which of them stands where several have a row."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.market.history import FuturesTable
from steward.market.vendors import vx_files
from steward.market.vendors.csv_file import SourceFile
from steward.market.vendors.daily import Ward
from steward.terms import calendar, listing
from steward.terms.errors import StewardError

BY_CONTRACT, BY_RANK = vx_files.BY_CONTRACT, vx_files.BY_RANK[0]
CLOSES, MONTHS, LAST_MONTHS = vx_files.EARLY_CLOSES, vx_files.EARLY_MONTHS, vx_files.LAST_MONTHS
RANKED = ",date,M1,M2,M3,M4,M5,M6,M7,M8"

Rows = dict[tuple[str, str], float]
Counts = dict[tuple[str, str], int]


def read(path: Path) -> tuple[FuturesTable | None, Counts]:
    ward = Ward()
    found = vx_files.futures(path, ward, list[SourceFile]())
    return found, ward.counts


def rows(found: FuturesTable | None) -> Rows:
    """Settlement by (session, expiry)."""
    assert found is not None
    keys = zip(found.session.astype(str), found.expiry.astype(str), strict=True)
    return dict(zip(keys, found.settle.tolist(), strict=True))


def by_contract(folder: Any, *lines: str) -> None:
    """Lines of session, label, close, settle."""
    made = []
    for line in lines:
        session, label, close, settle = line.split(",")
        made.append(f"0,{session},{label},{close},{close},{close},{close},{settle},0,1,0,1")
    header = ",Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
    folder.write(BY_CONTRACT, header, *made)


def by_rank(folder: Any, session: str, days: int, settle: float, **other: object) -> None:
    """One row of a by-rank file."""
    frame = pl.DataFrame(
        {
            "date": [date.fromisoformat(session)],
            "days_to_expiry": [days],
            "settle": [settle],
            **{name: [value] for name, value in other.items()},
        }
    )
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    (folder.path / BY_RANK).parent.mkdir(parents=True, exist_ok=True)
    (folder.path / BY_RANK).write_bytes(buffer.getvalue())


def early(folder: Any, *days: tuple[str, str, Mapping[int, tuple[str, str]]]) -> None:
    """Days as (ISO, US without a century, rank to (symbol, close))."""
    closes, months = [RANKED], [RANKED]
    for i, (iso, us, ranks) in enumerate(days, start=1):
        cells = [ranks.get(rank, ("NA", "NA")) for rank in range(1, 9)]
        months.append(f"{i},{us}," + ",".join(symbol for symbol, _ in cells))
        closes.append(f'"{i}",{iso},' + ",".join(close for _, close in cells))
    folder.write(CLOSES, *closes)
    folder.write(MONTHS, *months)


def test_a_folder_without_futures_has_none(folder: Any) -> None:
    assert read(folder.path) == (None, {})
    assert vx_files.notes(None, Ward()) == ()


def test_zero_is_no_price(folder: Any) -> None:
    """A settlement of 0 falls back on the close; a close of 0 on nothing."""
    by_contract(
        folder,
        "2013-01-02,2013-02-13,15.5,0.0",
        "2013-01-02,2013-03-20,0.0,0.0",
        "2013-01-02,2013-04-17,,",
        "2013-01-02,2013-05-22,17.0,17.05",
    )
    found, counts = read(folder.path)
    assert rows(found) == {
        ("2013-01-02", "2013-02-13"): 15.5,
        ("2013-01-02", "2013-05-22"): 17.05,
    }
    assert counts == {
        (BY_CONTRACT, "no settlement: its close"): 1,
        (BY_CONTRACT, "no settlement and no close"): 2,
    }


def test_the_expiry_day_is_a_settlement_and_no_price(folder: Any) -> None:
    """On 2018-02-14 the future settled in the morning: its row is `final`, not a price."""
    by_contract(
        folder,
        "2018-02-13,2018-02-14,24.0,24.1",
        "2018-02-14,2018-02-14,22.0,23.08",
        "2018-02-15,2018-02-14,22.0,23.08",
        "2018-02-14,2018-03-21,19.0,19.05",
    )
    found, counts = read(folder.path)
    assert rows(found) == {
        ("2018-02-13", "2018-02-14"): 24.1,
        ("2018-02-14", "2018-03-21"): 19.05,
    }
    assert found is not None
    assert found.final == {date(2018, 2, 14): 23.08}
    assert counts == {(BY_CONTRACT, vx_files.SETTLED): 2}


def test_rows_of_days_that_are_no_sessions_and_twice_the_same(folder: Any) -> None:
    by_contract(
        folder,
        "2018-12-05,2018-12-19,19.0,19.0",  # closed for a day of mourning
        "2018-12-06,2018-12-19,20.0,20.1",
        "2018-12-06,2018-12-19,20.0,99.0",
        "2018-12-06,2018-12-12,20.0,20.3",  # a weekly
        "2018-12-06,2031-12-17,20.0,20.3",  # after the calendar's end
    )
    found, counts = read(folder.path)
    assert rows(found) == {("2018-12-06", "2018-12-19"): 20.1}
    assert counts == {
        (BY_CONTRACT, "not a session of the exchange"): 1,
        (BY_CONTRACT, "not the settlement day of a monthly contract"): 2,
        (BY_CONTRACT, "a contract that occurs twice in a session"): 1,
    }


SHIFTED = {
    "20268-03-18": "2026-04-15",
    "2026-04-15": "2026-05-19",
    "2026-05-19": "2026-06-17",
    "2026-06-17": "2026-07-22",
    "2026-07-22": "2026-08-19",
    "2026-08-19": "2026-09-16",
    "2026-09-16": "2026-10-21",
    "2026-10-21": "2026-11-18",
    "2026-11-18": "2026-12-16",
}
"""Label and true expiry, as the notes to the file give them."""


def test_shifted_labels_are_moved_to_their_month(folder: Any) -> None:
    by_contract(
        folder,
        "2026-01-05,2026-02-18,16.0,16.5",
        *(f"2026-01-05,{label},20.0,{20 + i}" for i, label in enumerate(SHIFTED)),
        "2026-04-15,20268-03-18,18.0,17.25",
    )
    found, counts = read(folder.path)
    assert rows(found) == {
        ("2026-01-05", "2026-02-18"): 16.5,
        **{("2026-01-05", true): 20.0 + i for i, true in enumerate(SHIFTED.values())},
    }
    assert found is not None
    assert found.final == {date(2026, 4, 15): 17.25}
    moved = (BY_CONTRACT, "a label of the contract before: moved to the next month")
    assert counts[moved] == 10
    ward = Ward()
    ward.counts.update(counts)
    assert vx_files.notes(found, ward) == (vx_files.NOTE, vx_files.SHIFTED_NOTE)


def test_labels_of_a_file_without_the_misspelt_one_stay(folder: Any) -> None:
    by_contract(folder, "2026-01-05,2026-04-15,20.0,20.5")
    found, counts = read(folder.path)
    assert rows(found) == {("2026-01-05", "2026-04-15"): 20.5}
    assert counts == {}
    assert vx_files.notes(found, Ward()) == (vx_files.NOTE,)


def test_a_label_that_is_no_day_is_named(folder: Any) -> None:
    by_contract(
        folder, "2018-01-02,2018-01-17,11,11", "2018-01-02,Feb 18,12,12", "2018-01-03,Feb 18,1,1"
    )
    with pytest.raises(StewardError, match="line 3, column Futures: 'Feb 18' is not a day") as e:
        read(folder.path)
    assert "1 more row" in str(e.value)


def test_a_file_with_a_header_only_holds_nothing(folder: Any) -> None:
    by_contract(folder)
    assert read(folder.path) == (None, {})


def test_the_rank_file_fills_what_the_contract_file_lacks(folder: Any) -> None:
    by_contract(folder, "2026-02-02,2026-02-18,16.0,16.5")
    by_rank(folder, "2026-02-02", 44, 18.25, volume=5)  # 2026-03-18
    assert rows(read(folder.path)[0]) == {
        ("2026-02-02", "2026-02-18"): 16.5,
        ("2026-02-02", "2026-03-18"): 18.25,
    }
    by_rank(folder, "2026-02-02", 16, 99.0)
    assert rows(read(folder.path)[0]) == {("2026-02-02", "2026-02-18"): 16.5}


def test_a_rank_file_of_another_kind_is_named(folder: Any) -> None:
    folder.write(BY_RANK, "date,settle")
    with pytest.raises(StewardError, match=r"vx1\.parquet: not a Parquet file with the columns"):
        read(folder.path)
    by_rank(folder, "2026-02-02", 44, 18.25)
    whole = pl.read_parquet(folder.path / BY_RANK)
    whole.drop("settle").write_parquet(folder.path / BY_RANK)
    with pytest.raises(StewardError, match="settle") as error:
        read(folder.path)
    assert "\n" not in str(error.value)


def test_early_months_get_their_days_from_the_calendar(folder: Any) -> None:
    """In July and October 2004 a week before the rule's day; 2008-02-19 is a Tuesday."""
    early(
        folder,
        ("2004-05-20", "5/20/04", {1: ("M (Jun 04)", "17.5"), 2: ("N (Jul 04)", "18")}),
        ("2004-10-01", "10/1/04", {1: ("V (Oct 04)", "14.5"), 3: ("X (Nov 04)", "NA")}),
        ("2008-02-01", "2/1/08", {1: ("G (Feb 08)", "25"), 2: ("NA", "24")}),
    )
    found, counts = read(folder.path)
    assert rows(found) == {
        ("2004-05-20", "2004-06-16"): 17.5,
        ("2004-05-20", "2004-07-14"): 18.0,
        ("2004-10-01", "2004-10-13"): 14.5,
        ("2008-02-01", "2008-02-19"): 25.0,
    }
    assert counts == {
        (CLOSES, "no settlement and no close"): 1,
        (CLOSES, "a close without its contract"): 1,
    }


@pytest.mark.parametrize("symbol", ["M (July 04)", "M (Jul 04)", "Jun 04", "m (jun 04)"])
def test_an_early_contract_that_is_none_is_named(folder: Any, symbol: str) -> None:
    """The second has the letter of June beside July."""
    early(folder, ("2004-05-20", "5/20/04", {2: (symbol, "17.5")}))
    with pytest.raises(StewardError, match=r"line 2, column M2: .* is not a contract like K"):
        read(folder.path)


@pytest.mark.parametrize("lost", [CLOSES, MONTHS])
def test_early_closes_and_months_go_together(folder: Any, lost: str) -> None:
    early(folder, ("2004-05-20", "5/20/04", {1: ("M (Jun 04)", "17.5")}))
    (folder.path / lost).unlink()
    with pytest.raises(StewardError, match=f"has no {lost}; .* are read together"):
        read(folder.path)


def test_early_closes_stand_only_where_nothing_else_does(folder: Any) -> None:
    early(
        folder,
        ("2012-12-31", "12/31/12", {1: ("F (Jan 13)", "17.0")}),
        ("2013-01-02", "1/2/13", {1: ("F (Jan 13)", "15.5"), 2: ("G (Feb 13)", "16.5")}),
    )
    by_contract(folder, "2013-01-02,2013-01-16,15.6,15.65", "2013-01-02,2013-02-13,0,0")
    assert rows(read(folder.path)[0]) == {
        ("2012-12-31", "2013-01-16"): 17.0,
        ("2013-01-02", "2013-01-16"): 15.65,
        ("2013-01-02", "2013-02-13"): 16.5,
    }


def test_final_settlements_and_the_saturday(folder: Any) -> None:
    folder.write(
        LAST_MONTHS,
        "contract,expiry,date,open,high,low,close,settle,volume",
        "UXU13,2013-09-18,2013-09-17,14,14,14,14,14.5,10",
        "UXU13,2013-09-18,2013-09-18,,,,,14.7,",
        "UXV13,2013-10-26,2013-10-26,,,,,17.2,",
    )
    found, counts = read(folder.path)
    assert found is not None
    assert len(found.settle) == 0
    assert found.final == {date(2013, 9, 18): 14.7, date(2013, 10, 16): 17.2}
    reason = "a settlement day that is none: the day of that month"
    assert counts == {(LAST_MONTHS, reason): 1}


def test_two_final_settlements_that_differ_are_counted(folder: Any) -> None:
    folder.write(
        LAST_MONTHS,
        "contract,expiry,date,settle",
        "UXU13,2013-09-18,2013-09-18,14.7",
        "UXV13,2013-10-16,2013-10-16,17.2",
    )
    by_contract(
        folder,
        "2013-09-18,2013-09-18,0,14.8",
        "2013-10-16,2013-10-16,0,17.2",
        "2013-11-20,2013-11-20,0,13.5",
    )
    found, counts = read(folder.path)
    assert found is not None
    assert list(found.final.items()) == [
        (date(2013, 9, 18), 14.7),
        (date(2013, 10, 16), 17.2),
        (date(2013, 11, 20), 13.5),
    ]
    assert counts[BY_CONTRACT, f"a final settlement that is not that of {LAST_MONTHS}"] == 1


def test_rows_are_sorted_by_session_and_expiry(folder: Any) -> None:
    by_contract(
        folder,
        "2018-01-03,2018-02-14,12,12",
        "2018-01-02,2018-02-14,12,12",
        "2018-01-03,2018-01-17,11,11",
    )
    assert list(rows(read(folder.path)[0])) == [
        ("2018-01-02", "2018-02-14"),
        ("2018-01-03", "2018-01-17"),
        ("2018-01-03", "2018-02-14"),
    ]


# --- the real files ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path) -> FuturesTable:
    found = read(shared_data)[0]
    assert found is not None
    return found


def test_two_independent_files_agree_after_the_repair(
    real: FuturesTable, shared_data: Path
) -> None:
    """The shift of labels is right: ranks by expiry show the same price for the same contract.

    Before 2013-07-20 one file has the close, the other the settlement.
    """
    ours = rows(real)
    compared, after_the_shift = 0, 0
    for name in vx_files.BY_RANK:
        frame = pl.read_parquet(shared_data / name)
        for at, days, settle in frame.select("date", "days_to_expiry", "settle").iter_rows():
            session = at.date()
            key = (str(session), str(session + timedelta(days=days)))
            if session < date(2013, 7, 20) or key not in ours:
                continue
            compared += 1
            after_the_shift += session >= date(2025, 7, 21) and key[1] > "2026-03-18"
            assert ours[key] == pytest.approx(settle, abs=0.005), key
    assert compared > 19_000
    assert after_the_shift > 500


def test_no_session_from_2004_to_june_2026_lacks_its_nearest_contracts(
    real: FuturesTable,
) -> None:
    """The two nearest expiries by the listing rules, every session since 2007."""
    nearest: dict[date, list[date]] = {}
    for session, expiry in zip(real.session.tolist(), real.expiry.tolist(), strict=True):
        nearest.setdefault(session, []).append(expiry)
    days = calendar.sessions(date(2007, 1, 3), date(2026, 6, 1))
    assert [d for d in days if tuple(nearest[d][:2]) != listing.vx_series(d)[:2]] == []
    assert (real.session < real.expiry).all()
    assert np.isfinite(real.settle).all()
    assert real.settle.min() > 8.0
    assert min(nearest) == date(2004, 3, 26)
    assert max(nearest) == date(2026, 6, 1)


def test_march_2026_comes_from_the_rank_files(real: FuturesTable) -> None:
    march = real.expiry == np.datetime64("2026-03-18")
    assert real.session[march][0] == np.datetime64("2025-09-17")
    assert real.session[march][-1] == np.datetime64("2026-03-17")
    assert date(2026, 3, 18) not in real.final


def test_every_final_settlement_but_one_is_there(real: FuturesTable) -> None:
    """From May 2004 on, a month at a time, but for four months of 2004 and 2005 without one."""
    unlisted = {date(2004, 12, 22), date(2005, 4, 20), date(2005, 7, 20), date(2005, 9, 21)}
    months = calendar.months_from(date(2004, 5, 1), 12 * 22)
    expiries = {calendar.vix_expiry(*m) for m in months} - unlisted - {date(2026, 3, 18)}
    assert set(real.final) == {e for e in expiries if e <= date(2026, 4, 15)}
