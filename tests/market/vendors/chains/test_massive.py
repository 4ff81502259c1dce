"""Massive flat files: two real files of trades; quote files are written by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.store import Store
from steward.terms.errors import StewardError

from .reading import sample_text

DAY_HEADER = "ticker,volume,open,close,high,low,window_start,transactions"
QUOTE_HEADER = (
    "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,"
    "sip_timestamp"
)
NEW_YORK = ZoneInfo("America/New_York")


def stamp(hour: int, minute: int) -> int:
    """Nanoseconds of a New York clock of 2024-01-09."""
    return int(datetime(2024, 1, 9, hour, minute, tzinfo=NEW_YORK).timestamp()) * 1_000_000_000


def day_row(ticker: str, at: int | str) -> str:
    return f"{ticker},20,80.5,81.0,82.0,80.0,{at},4"


def quote_row(ticker: str, at: int | str, bid: float = 80.0, ask: float = 81.0) -> str:
    return f"{ticker},302,{ask},12,302,{bid},7,123456789,{at}"


def test_tickers_that_look_like_nulls_stay_what_they_are(tmp_path: Path) -> None:  # written
    midnight = stamp(0, 0)
    tickers = ("NA", "NULL", "O:NA240119C00010000", "O:SPXW240119C04700000", "I:SPX")
    path = tmp_path / "2024-01-09.csv"
    path.write_text("\n".join([DAY_HEADER, *(day_row(t, midnight) for t in tickers)]) + "\n")
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.layout, record.table) == ("massive_day", "bars")
    assert (record.read, record.kept, record.elsewhere) == (5, 1, 4)
    assert (record.unreadable, record.set_aside, record.ignored) == ({}, {}, ())


def test_trades_never_become_quotes(tmp_path: Path) -> None:  # written
    path = tmp_path / "2024-01-09.csv"
    path.write_text(f"{DAY_HEADER}\n{day_row('O:SPXW240119C04700000', stamp(0, 0))}\n")
    import_paths([path], tmp_path / "store")
    store = Store(tmp_path / "store")
    assert store.months("SPX") == ()
    bars = store.rows("bars")
    assert bars is not None
    row = bars.row(0, named=True)
    assert (row["session"], row["expiry"]) == (date(2024, 1, 9), date(2024, 1, 19))
    assert (row["close"], row["volume"], row["transactions"]) == (81.0, 20, 4)
    assert row["open_interest"] is None
    assert "bid" not in row


def test_aggregates_of_minutes_have_the_same_header_and_are_refused() -> None:  # written
    row = day_row("O:SPXW240119C04700000", stamp(9, 31))
    with pytest.raises(StewardError, match="is 09:31 in New York, within a day"):
        sample_text(f"{DAY_HEADER}\n{row}\n")


def test_a_quote_file_gives_two_snapshots() -> None:  # written
    spx, share = "O:SPXW240119C04700000", "O:AAPL240119C00100000"
    rows = [
        quote_row(share, stamp(15, 0)),
        quote_row(spx, stamp(15, 0), 79.0),
        quote_row(spx, stamp(15, 44), 80.0),
        quote_row(spx, stamp(16, 1), 80.5),
        quote_row(spx, stamp(16, 16), 90.0, 91.0),
        quote_row(spx, "soon"),
    ]
    sample = sample_text("\n".join([QUOTE_HEADER, *rows]) + "\n")
    assert sample.layout.name == "massive_quotes"
    assert sample.source.ignored == ()
    assert sample.read == 6
    assert sample.set_aside["line"].to_list() == [7]
    kept = sample.rows.sort("snapshot")
    assert kept["snapshot"].to_list() == ["1545", "eod"]
    assert kept["bid"].to_list() == [80.0, 80.5]
    assert kept["line"].to_list() == [4, 5]
    assert kept["bid_size"].to_list() == [7, 7]
    assert set(kept["root"]) == {"SPXW"}
    assert any(said.startswith("of 4 changes") for said in sample.source.notes)


def test_a_quote_file_in_the_store(tmp_path: Path) -> None:  # written
    path = tmp_path / "2024-01-09.csv"
    rows = [
        quote_row("O:SPXW240119C04700000", stamp(15, 30)),
        quote_row("O:SPXW240119P04700000", stamp(15, 30), 0.0, 0.0),
        quote_row("O:VIX240117C00015000", stamp(15, 30), 0.5, 0.6),
        quote_row("O:VXX240117C00015000", stamp(15, 30), 0.5, 0.6),
    ]
    path.write_text("\n".join([QUOTE_HEADER, *rows]) + "\n")
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.kept, record.elsewhere) == (4, 1)
    assert record.set_aside == {"an ask of 0: no quote": 2}
    assert set(record.sessions) == {"SPX", "VIX"}


REAL = {
    "chains/opra_day_2022-05-06_spx.csv.gz": (13_329, {"SPX", "SPXW"}),
    "vix_chains/opra_day_2022-05-06_vix.csv.gz": (1_962, {"VIX", "VIXW"}),
}


@pytest.mark.parametrize("name", REAL)
def test_the_real_files(shared_data: Path, tmp_path: Path, name: str) -> None:
    count, roots = REAL[name]  # SOURCES-chains.md
    (record,) = import_paths([shared_data / name], tmp_path / "store").new
    assert record.read == count
    assert record.kept + record.elsewhere == count
    assert (record.set_aside, record.unreadable, record.ignored) == ({}, {}, ())
    assert set(record.sessions) == roots
    bars = Store(tmp_path / "store").rows("bars")
    assert bars is not None
    assert bars["session"].unique().to_list() == [date(2022, 5, 6)]
    raw = pl.read_csv(shared_data / name)
    kept = raw.filter(pl.col("ticker").str.extract(r"^O:([A-Z]+)\d", 1).is_in(list(roots)))
    assert bars["volume"].sum() == kept["volume"].sum()


def test_traded_parity_meets_the_future(shared_data: Path, tmp_path: Path) -> None:
    """The forward of the trades of 2022-05-06 lies at the May future (SOURCES-chains.md)."""
    path = shared_data / "vix_chains" / "opra_day_2022-05-06_vix.csv.gz"
    import_paths([path], tmp_path / "store")
    bars = Store(tmp_path / "store").rows("bars")
    assert bars is not None
    may = bars.filter((pl.col("expiry") == date(2022, 5, 18)) & (pl.col("root") == "VIX"))
    calls, puts = (may.filter(pl.col("right") == right) for right in "CP")
    both = calls.join(puts, on="strike", suffix="_put")
    near = both.filter(pl.col("strike").is_between(28.0, 34.0))
    forward = near.select((pl.col("strike") + pl.col("close") - pl.col("close_put")).median())
    futures = pl.read_csv(
        shared_data / "vix_futures" / "cfe_vx_by_contract_2013_2026.csv.gz", infer_schema=False
    )
    future = futures.filter(pl.col("Trade Date") == "2022-05-06", pl.col("Futures") == "2022-05-18")
    assert forward.item() == pytest.approx(float(future["Settle"].item()), abs=0.2)
