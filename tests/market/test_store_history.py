"""A store as a history: the same world as the folder whose files were imported into it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steward.intake.importing import import_paths
from steward.intake.load import open_market
from steward.market.history import History, Quarantined
from steward.market.settlements import settlement_value
from steward.market.store import Store
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.store_history import store_history
from steward.market.vendors.store_settlements import settlement_values
from steward.terms.contracts import OptionContract
from steward.terms.errors import StewardError

from .test_data_folder import assert_same

BARS = "date,open,high,low,close"
CPI = "calendars/cpi_release_dates_2004_2026.csv"
CPI_ROWS = ("release_date,reference_month,release_time_et", "2013-05-16,2013-04,08:30")
FRIDAY = date(2018, 2, 16)
DAYS = ("2018-02-14", "2018-02-15", "2018-02-16")


def imported(to: Path, *paths: Path) -> Store:
    """A store of these files, none of them refused."""
    report = import_paths(paths, to)
    assert report.refused == ()
    return Store(to)


@pytest.fixture
def to(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a store may be made, beside the files."""
    return tmp_path_factory.mktemp("stores") / "store"


def reasons(found: Sequence[Quarantined]) -> Counter[str]:
    """Rows by reason, whatever the file is called."""
    counted: Counter[str] = Counter()
    for one in found:
        counted[one.reason.replace("index/", "")] += one.rows
    return counted


@pytest.fixture(scope="module")
def both(
    world_folder: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[History, History, Path]:
    """The made-up folder with a release day: its history, that of its store, and the store."""
    folder = world_folder()
    (folder / "calendars").mkdir()
    (folder / CPI).write_text("\n".join(CPI_ROWS) + "\n")
    to = tmp_path_factory.mktemp("stores") / "store"
    return folder_history(folder), store_history(imported(to, folder)), to


def test_a_made_up_folder_and_its_store_tell_the_same(both: tuple[History, History, Path]) -> None:
    folder, store, _ = both
    assert_same(store, folder)
    assert store.notes == folder.notes
    for name, series in folder.series.items():
        ours = store.series[name]
        assert (ours.unit, ours.lagged, ours.max_age_days) == (
            *(series.unit, series.lagged, series.max_age_days),
        )
    assert store.label == folder.label.replace("data folder", "store")
    assert reasons(store.quarantined) == reasons(folder.quarantined)


def test_every_file_is_in_the_hashes(both: tuple[History, History, Path]) -> None:
    _, store, to = both
    records = {record.name: record.sha256 for record in Store(to).records}
    assert records.items() <= dict(store.file_hashes).items()
    assert set(store.file_hashes) - set(records) == {"fomc.csv"}


def test_files_imported_one_by_one_and_backwards_give_the_same(
    both: tuple[History, History, Path], world_folder: Callable[[], Path], to: Path
) -> None:
    _, store, _ = both
    folder = world_folder()
    (folder / "calendars").mkdir()
    (folder / CPI).write_text("\n".join(CPI_ROWS) + "\n")
    for path in sorted((p for p in folder.rglob("*") if p.is_file()), reverse=True):
        import_paths([path], to)
    again = store_history(Store(to))
    assert_same(again, store)
    assert again.data_hash == store.data_hash


def test_a_run_opens_a_store_as_its_history(both: tuple[History, History, Path]) -> None:
    _, store, to = both
    market = open_market(data=to)
    assert_same(market.history, store)
    assert market.kind == "modelled"
    assert not market.embedded
    assert dict(market.hashes) == dict(store.file_hashes)


def test_a_store_without_vix_says_what_to_import(folder: Any, to: Path) -> None:
    folder.bars("spx_daily.csv", dict.fromkeys(DAYS, 2700.0))
    store = imported(to, folder.path / "spx_daily.csv")
    with pytest.raises(StewardError, match=r"has no daily VIX; import a file such as VIX_History"):
        store_history(store)


def write_bars(folder: Any) -> None:
    folder.bars("spx_daily.csv", {day: 2700.0 + i for i, day in enumerate(DAYS)})
    folder.bars("VIX_History.csv", {day: 19.0 + i for i, day in enumerate(DAYS)})


def test_bars_stand_before_closes_of_the_same_index(folder: Any, to: Path) -> None:
    write_bars(folder)
    folder.write("vix_daily.csv", "date,close", "2018-02-13,25", "2018-02-14,99")
    folder.write("tail.csv", "date,vix,vix3m", "2018-02-16,98,20", "2018-02-20,21,22")
    history = store_history(imported(to, folder.path))
    assert history.vix.close.tolist() == [19.0, 20.0, 21.0]
    contradicted = "a close that another file contradicts: the first file stands"
    assert reasons(history.quarantined)[contradicted] == 1
    assert history.series["vix3m"].value.tolist() == [20.0, 22.0], "nothing else has it"


def test_cpi_without_a_calendar_counts_from_the_days_that_come_with_the_package(
    folder: Any, to: Path
) -> None:
    """BLS published January 2018 on 2018-02-14, at 8:30 New York."""
    write_bars(folder)
    folder.write("CPIAUCNS.csv", "observation_date,CPIAUCNS", "2018-01-01,250")
    history = store_history(imported(to, folder.path))
    assert history.series["cpi_nsa"].known_at.astype(str).tolist() == ["2018-02-14T13:30"]
    assert "cpi_releases.csv" in history.file_hashes
    assert history.series["cpi_nsa"].lagged


def test_first_vintages_stand_before_lagged_values(folder: Any, to: Path) -> None:
    write_bars(folder)
    folder.write("GDPC1.csv", "observation_date,GDPC1", "2017-04-01,105", "2017-07-01,106")
    rows = [
        {"realtime_start": start, "realtime_end": "x", "date": period, "value": value}
        for start, period, value in (
            ("2017-07-28", "2017-04-01", "100"),
            ("2017-08-30", "2017-04-01", "101"),
            ("2018-01-26", "2017-10-01", "102"),
        )
    ]
    whole = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31", "observations": rows}
    (folder.path / "GDPC1.json").write_text(json.dumps(whole))
    store = imported(to, folder.path)
    series = store_history(store).series["gdp_real"]
    assert series.value.tolist() == [100.0, 106.0, 102.0]
    known = series.known_at.astype(str).tolist()
    assert known == ["2017-07-28T13:30", "2017-11-04T13:30", "2018-01-26T13:30"]
    assert series.lagged, "one of them is"
    only = imported(
        to.with_name("other"), folder.path / "GDPC1.json", *sorted(folder.path.glob("*_*"))
    )
    history = store_history(only)
    assert not history.series["gdp_real"].lagged
    assert any("gdp_real are first vintages" in note for note in history.notes)
    assert not any("lagged, not vintage" in note for note in history.notes)


def test_dividends_of_a_store_are_known_late_and_zero_is_none(folder: Any, to: Path) -> None:
    write_bars(folder)
    folder.write(
        "shiller.csv",
        "date,dividend_12m,cape,pe_trailing",
        *("2017-07-01,47.5,30,24", "2017-08-01,0,30,24", "2017-09-01,48.5,30,24"),
        "2017-10-01,0,0,0",
    )
    paid = store_history(imported(to, folder.path)).series["dividend_12m"]
    np.testing.assert_array_equal(paid.value, [47.5, np.nan, 48.5])
    assert paid.known_at.astype(str).tolist()[::2] == ["2017-11-28T13:30", "2018-01-28T13:30"]
    assert (paid.max_age_days, paid.unit) == (730, "index points over twelve months")


# --- settlement values ---------------------------------------------------------------------------

MONTHLY = OptionContract(root="SPX", expiry=FRIDAY, strike=2700.0, right="C", settlement="AM")
OWN = "symbol,day,value,source"


def test_a_set_of_ones_own_settles_and_a_proxy_does_not(folder: Any, to: Path) -> None:
    write_bars(folder)
    store = imported(to, folder.path)
    assert settlement_value(store_history(store), MONTHLY, FRIDAY).source == "spx_open"
    folder.write("proxy.csv", OWN, "SPX,2018-02-16,2650,spx_prior_close")
    store = imported(to, folder.path)
    assert settlement_value(store_history(store), MONTHLY, FRIDAY).source == "spx_open"
    folder.write("own.csv", OWN, "SET,2018-02-16,2705.25,cboe.com")
    history = store_history(imported(to, folder.path))
    found = settlement_value(history, MONTHLY, FRIDAY)
    assert (found.value_e4, found.source, found.proxy) == (27_052_500, "SET", False)
    assert history.until(date(2018, 2, 15)).set_values == {}, "nobody knew it the day before"


def test_two_files_with_other_values_of_one_day_are_refused(folder: Any, to: Path) -> None:
    write_bars(folder)
    folder.write("one.csv", OWN, "SET,2018-02-16,2705.25,a")
    folder.write("two.csv", OWN, "SET,2018-02-16,2707.25,b")
    store = imported(to, folder.path)
    with pytest.raises(StewardError, match="two files give SPX other settlement values on 2018"):
        store_history(store)


def test_the_table_of_settlement_values_has_its_sources(folder: Any, to: Path) -> None:
    """VRO is the final settlement of the VX future of the day."""
    header = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
    folder.write("VX_2018-02-14.csv", header, "2018-02-14,G (Feb 2018),0,0,0,0,25.5,0,0,0,9")
    folder.write("own.csv", OWN, "SET,2018-02-16,2705.25,cboe.com", "SPX,2018-02-16,1,spx_open")
    store = imported(to, folder.path)
    assert settlement_values(store).rows() == [
        ("SPX", FRIDAY, "SET", 2705.25, "cboe.com"),
        ("SPX", FRIDAY, "spx_open", 1.0, "spx_open"),
        ("VIX", date(2018, 2, 14), "VRO", 25.5, "VX final settlement, VX_2018-02-14.csv"),
    ]
    assert settlement_values(imported(to.with_name("none"))).is_empty()


def test_a_vro_of_ones_own_fills_and_a_contradiction_is_counted(folder: Any, to: Path) -> None:
    write_bars(folder)
    header = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
    folder.write("VX_2018-02-14.csv", header, "2018-02-14,G (Feb 2018),0,0,0,0,25.5,0,0,0,9")
    folder.write("own.csv", OWN, "VRO,2018-02-14,26,x", "VRO,2018-03-21,19,x")
    history = store_history(imported(to, folder.path))
    assert history.futures is not None
    assert history.futures.final == {date(2018, 2, 14): 25.5, date(2018, 3, 21): 19.0}
    found = reasons(history.quarantined)
    assert found["a settlement value that is not the final one of the VX future"] == 1


# --- the whole of the shared folder --------------------------------------------------------------

FOLDERS = ("index", "macro", "breadth", "calendars", "etps", "vix_futures")


@pytest.mark.slow
def test_the_store_of_the_shared_folder_is_its_history(shared_data: Path, to: Path) -> None:
    """Equal but for rows of the two native contracts, and three empty cells that are no rows."""
    report = import_paths([shared_data / name for name in FOLDERS], to)
    assert len(report.refused) == 10
    ways_out = ("bring", "save", "leave it out")
    assert all(any(way in one.reason for way in ways_out) for one in report.refused)
    folder, store = folder_history(shared_data), store_history(Store(to))
    assert folder.futures is not None
    assert store.futures is not None
    native = np.isin(store.futures.expiry, np.array(["2007-05-16", "2008-05-21"], "datetime64[D]"))
    theirs = np.isin(folder.futures.expiry, np.array(["2007-05-16", "2008-05-21"], "datetime64[D]"))
    assert int(native.sum()) > int(theirs.sum()) > 0

    def without(history: History, rows: np.ndarray) -> History:
        futures = history.futures
        assert futures is not None
        kept = {name: getattr(futures, name)[~rows] for name in ("session", "expiry", "settle")}
        return replace(history, futures=replace(futures, **kept))

    assert_same(without(store, native), without(folder, theirs))
    assert store.notes == folder.notes
    for name, series in folder.series.items():
        assert store.series[name].lagged == series.lagged
    ours, all_theirs = reasons(store.quarantined), reasons(folder.quarantined)
    # Of the files that a history does not take prices from, three sessions more; the rows of the
    # native files; a symbol without a close is a row of the folder only.
    assert ours - all_theirs == {
        "not a session of the exchange": 3,
        "on or after its expiry day: not a price to trade on": 2,
        "a contract that occurs twice in a session": 1,
    }
    assert all_theirs - ours == {
        "no settlement and no close": 1,
        "a settlement day that is none: the day of that month": 1,
    }
