"""Lean: real archives, and archives written by hand where they have no case."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import ImportReport, import_paths
from steward.intake.opening import find
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import sample_file, sample_text

DAILY = "spx_quote_european_{right}_47000000_20240119.csv"
MINUTE = "20240109_spxw_minute_quote_european_call_47000000_20240119.csv"
QUOTE = "20240109 00:00,800000,820000,790000,801000,7,810000,830000,800000,811000,12"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def imported(tmp_path: Path, members: Mapping[str, str | bytes], name: str) -> ImportReport:
    path = tmp_path / name
    path.write_bytes(zipped(members))
    return import_paths([path], tmp_path / "store")


def stored(tmp_path: Path) -> pl.DataFrame:
    return Store(tmp_path / "store").quotes("SPX", "2024-01")


def test_two_contracts_of_the_same_content_are_two_contracts(tmp_path: Path) -> None:  # written
    members = {DAILY.format(right=right): QUOTE for right in ("call", "put")}
    (record,) = imported(tmp_path, members, "spx_2024_quote_european.zip").new
    assert (record.layout, record.read, record.kept) == ("lean_quotes", 2, 2)
    assert record.ignored == ()
    rows = stored(tmp_path)
    assert sorted(rows["right"]) == ["C", "P"]
    row = rows.row(0, named=True)
    assert (row["snapshot"], row["root"], row["expiry"]) == ("eod", "SPX", date(2024, 1, 19))
    assert (row["strike"], row["bid"], row["ask"]) == (4700.0, 80.1, 81.1)
    assert (row["bid_size"], row["ask_size"]) == (7, 12)
    assert row["volume"] is row["open_interest"] is None


def test_a_minute_is_known_when_it_ends(tmp_path: Path) -> None:  # written
    """A bar's time is its beginning: 9:30, 15:44 and 16:14 New York, in milliseconds."""
    bars = "\n".join(
        f"{clock},800000,820000,790000,80{i}000,7,810000,830000,800000,811000,12"
        for i, clock in enumerate((34_200_000, 56_640_000, 58_440_000))
    )
    imported(tmp_path, {MINUTE: bars}, "20240109_quote_european.zip")
    rows = stored(tmp_path).sort("bid")
    assert rows["snapshot"].to_list() == ["0931", "1545", "eod"]
    assert rows["moment"].to_list() == [
        datetime(2024, 1, 9, 14, 31, tzinfo=UTC),
        datetime(2024, 1, 9, 20, 45, tzinfo=UTC),
        datetime(2024, 1, 9, 21, 15, tzinfo=UTC),
    ]
    assert rows["known_at"].equals(rows["moment"].alias("known_at"))


def test_on_a_half_day_the_two_snapshots_are_earlier(tmp_path: Path) -> None:  # written
    """3 July 2024: shares close at 13:00."""
    name = "20240703_spxw_minute_quote_european_call_47000000_20240719.csv"
    bars = "\n".join(f"{clock * 60_000},1,1,1,10000,7,1,1,1,20000,12" for clock in (764, 794))
    imported(tmp_path, {name: bars}, "20240703_quote_european.zip")
    rows = Store(tmp_path / "store").quotes("SPX", "2024-07").sort("moment")
    assert rows["snapshot"].to_list() == ["1545", "eod"]
    assert rows["moment"].dt.hour().to_list() == [16, 17]  # 12:45 and 13:15 in summer time


def test_a_side_without_a_quote_is_unknown(tmp_path: Path) -> None:  # written
    members = {
        DAILY.format(right="call"): QUOTE,
        DAILY.format(right="put"): "20240109 00:00,,,,,0,810000,830000,800000,811000,12\r\n",
    }
    (record,) = imported(tmp_path, members, "spx_2024_quote_european.zip").new
    assert record.set_aside == {"no bid or no ask": 1}


def test_a_time_that_does_not_read_is_set_aside(tmp_path: Path) -> None:  # written
    bars = "soon,1,1,1,10000,7,1,1,1,20000,12\n34200000,1,1,1,10000,7,1,1,1,20000,12"
    (record,) = imported(tmp_path, {MINUTE: bars}, "20240109_quote_european.zip").new
    assert record.unreadable == {"column time is not a number of milliseconds": 1}
    assert (record.read, record.kept) == (2, 1)


def test_other_underlyings_are_counted(tmp_path: Path) -> None:  # written
    members = {
        DAILY.format(right="call"): QUOTE,
        "aapl_quote_american_call_1200000_20240119.csv": QUOTE,
    }
    (record,) = imported(tmp_path, members, "2024.zip").new
    assert (record.kept, record.elsewhere) == (1, 1)


def test_trades_and_open_interest_are_bars(tmp_path: Path) -> None:  # written
    trade = {"spx_trade_european_call_47000000_20240119.csv": "20240109 00:00,8,9,7,8,55"}
    interest = {"spx_openinterest_european_call_47000000_20240119.csv": "20240109 00:00,0"}
    for name, members in (("trade.zip", trade), ("interest.zip", interest)):
        (record,) = imported(tmp_path, members, name).new
        assert record.table == "bars"
    store = Store(tmp_path / "store")
    bars = store.rows("bars")
    assert bars is not None
    assert sorted(bars["volume"].to_list(), key=str) == [55, None]
    assert sorted(bars["open_interest"].to_list(), key=str) == [0, None]
    assert bars["close"].drop_nulls().to_list() == [0.0008]
    assert store.months("SPX") == ()


def test_a_zip_in_a_zip(tmp_path: Path) -> None:  # written
    inner = zipped({MINUTE: "34200000,1,1,1,10000,7,1,1,1,20000,12"})
    (record,) = imported(tmp_path, {"20240109_quote.zip": inner}, "20240109_quote.zip.zip").new
    assert (record.layout, record.kept) == ("lean_quotes", 1)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({MINUTE.replace("minute", "second"): "34200000,1,1,1,1,7,1,1,1,2,12"}, "is not read"),
        ({DAILY.format(right="call"): QUOTE.replace("00:00", "10:00")}, "is not read"),
        (
            {MINUTE.replace("quote", "trade"): "34200000,1,1,1,1,7"},
            "bring quotes and open interest of days or minutes, trades of days",
        ),
    ],
)
def test_bars_of_another_length_are_refused(
    tmp_path: Path, members: dict[str, str], problem: str
) -> None:  # written
    report = imported(tmp_path, members, "x.zip")
    assert report.new == ()
    assert problem in report.refused[0].reason
    assert "line 2" in report.refused[0].reason


def test_a_contract_without_its_archive_is_refused(tmp_path: Path) -> None:  # written
    with pytest.raises(StewardError, match=r"import the \.zip"):
        sample_text(QUOTE, DAILY.format(right="call"))


def test_a_damaged_member_is_one_sentence(tmp_path: Path) -> None:  # written
    data = bytearray(zipped({MINUTE: "34200000,1,1,1,10000,7,1,1,1,20000,12"}))
    at = data.index(b".csv") + 10
    data[at] ^= 0xFF
    path = tmp_path / "x.zip"
    path.write_bytes(bytes(data))
    report = import_paths([path], tmp_path / "store")
    assert report.new == ()
    assert "cannot be unpacked" in report.refused[0].reason


def test_an_archive_of_other_files_is_opened_file_by_file(tmp_path: Path) -> None:  # written
    path = tmp_path / "mixed.zip"
    path.write_bytes(zipped({MINUTE: "1", "notes.txt": "2"}))
    assert [found.name for found in find([path])] == [MINUTE, "notes.txt"]


# --- universe ------------------------------------------------------------------------------------

UNIVERSE = (
    "#expiry,strike,right,open,high,low,close,volume,open_interest,implied_volatility,delta,gamma,"
    "vega,theta,rho\n,,,5000,5010,4990,5005,0,,,,,,,\n"
    "20240119,4700,C,80.1,81.2,79.0,80.125,55,,0.2,0.5,0.001,1,-1,1\n"
)


def test_prices_of_a_universe_are_no_trades(tmp_path: Path) -> None:  # written
    path = tmp_path / "universes" / "spxw" / "20240109.csv"
    path.parent.mkdir(parents=True)
    path.write_text(UNIVERSE)
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.table, record.kept, record.ignored) == ("bars", 1, ())
    assert record.set_aside == {"no expiry": 1}  # the row of the underlying itself
    bars = Store(tmp_path / "store").rows("bars")
    assert bars is not None
    row = bars.row(0, named=True)
    assert (row["session"], row["root"], row["volume"]) == (date(2024, 1, 9), "SPXW", 55)
    assert row["close"] is row["open_interest"] is None


def test_nobody_says_the_root() -> None:  # written
    with pytest.raises(StewardError, match="--root SPXW"):
        sample_text(UNIVERSE, "20240109.csv")
    said = sample_text(UNIVERSE, "20240109.csv", Hints(root="SPX"))
    assert set(said.rows["root"]) == {"SPX"}


# --- the real files ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Store, dict[str, ImportRecord]]:
    to = tmp_path_factory.mktemp("lean") / "store"
    report = import_paths([shared_data / "chains" / "lean"], to)
    assert report.refused == ()
    return Store(to), {record.name: record for record in report.new}


def test_each_real_file_is_one_import(real: tuple[Store, dict[str, ImportRecord]]) -> None:
    _, records = real
    assert {record.layout for record in records.values()} == {
        "lean_quotes",
        "lean_trades",
        "lean_open_interest",
        "lean_universe",
    }
    assert len(records) == 7
    for record in records.values():
        assert record.unreadable == {}
        assert record.ignored == ()
        assert record.kept + sum(record.set_aside.values()) == record.read


def test_the_real_minutes_fill_the_day(real: tuple[Store, dict[str, ImportRecord]]) -> None:
    """405 minutes from 9:30 to 16:15: the first bar ends at 9:31, the last at the close."""
    store, records = real
    assert records["minute_spxw_20210105_quote_european.zip"].set_aside == {}
    minutes = store.session("SPX", date(2021, 1, 5))
    names = minutes["snapshot"].unique().sort().to_list()
    assert (len(names), names[0], names[-2:]) == (405, "0931", ["1614", "eod"])
    assert "1545" in names
    assert set(minutes["root"]) == {"SPXW"}
    assert set(minutes["strike"]) == {3700.0, 3800.0}
    assert minutes.select("expiry", "strike", "right").unique().height == 8


def test_the_real_days(real: tuple[Store, dict[str, ImportRecord]]) -> None:
    store, records = real
    record = records["daily_spx_2021_quote_european.zip"]
    assert record.set_aside == {
        "crossed: the ask below the bid": 1,  # the stale bid of a put that died
        "no bid or no ask": 2,
    }
    for day in (date(2021, 1, 4), date(2021, 1, 14)):
        rows = store.session("SPX", day)
        assert set(rows["snapshot"]) == {"eod"}
        assert set(rows["root"]) == {"SPX"}
        assert (rows["settlement"] == "AM").all()
    rows = store.session("SPX", date(2021, 1, 4)).filter(pl.col("strike") == 3200.0).sort("right")
    mids = ((rows["bid"] + rows["ask"]) / 2.0).to_list()
    assert 3600.0 < 3200.0 + mids[0] - mids[1] < 3900.0  # parity: prices are in points


def test_the_real_universe_holds_midpoints(shared_data: Path) -> None:
    """SPX trades in steps of 0.05; a quarter of the real prices are between two steps."""
    folder = shared_data / "chains" / "lean"
    paths = sorted(folder.glob("universe_*.csv"))
    assert len(paths) == 3
    for path in paths:
        raw = pl.read_csv(path, infer_schema_length=None).drop_nulls("strike")
        steps = raw.filter(pl.col("volume") > 0)["close"] * 20.0
        assert ((steps - steps.round()).abs() > 1e-6).mean() > 0.1  # type: ignore[operator]
        assert sample_file(path).rows["close"].null_count() == sample_file(path).rows.height


def test_a_universe_is_of_the_day_in_its_name(shared_data: Path) -> None:
    """High and low of the underlying's row are those of that day of the index."""
    path = shared_data / "chains" / "lean" / "universe_spxw_20230623.csv"
    row = pl.read_csv(path, n_rows=1).row(0, named=True)
    index = pl.read_csv(shared_data / "index" / "spx_daily.csv", try_parse_dates=True)
    day = index.filter(pl.col("date") == date(2023, 6, 23)).row(0, named=True)
    assert (row["high"], row["low"]) == (day["high"], day["low"])
