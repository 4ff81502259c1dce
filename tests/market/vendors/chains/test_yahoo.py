"""Yahoo: one real file, and rows written by hand where the file has no case."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import sample_file, sample_text

HEADER = (
    "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,change,percentChange,volume,"
    "openInterest,impliedVolatility,inTheMoney,contractSize,currency"
)
ROW = "{symbol},{traded},6000.0,9.9,{bid},{ask},0.0,0.0,{volume},5,{iv},True,REGULAR,USD"
GOOD = {
    "symbol": "SPXW250919P06000000",
    "traded": "2025-08-20 19:00:00+00:00",
    "bid": "10.1",
    "ask": "10.4",
    "volume": "3",
    "iv": "0.21",
}
NAME = "spx_2025-08-20.csv"


def text(**other: str) -> str:
    return f"{HEADER}\n{ROW.format(**{**GOOD, **other})}\n"


def test_the_plain_columns_of_yfinance_are_enough() -> None:  # written
    sample = sample_text(text(), NAME)
    row = sample.rows.row(0, named=True)
    assert sample.layout.name == "yahoo"
    assert sample.source.ignored == ()
    assert (row["symbol"], row["root"], row["right"]) == ("SPX", "SPXW", "P")
    assert (row["expiry"], row["session"]) == (date(2025, 9, 19), date(2025, 8, 20))
    assert (row["snapshot"], row["iv"], row["delta"]) == ("eod", 0.21, None)
    assert any("end of the day" in said for said in sample.source.notes)


def test_the_index_that_pandas_writes_is_no_unknown_column() -> None:  # written
    sample = sample_text("\n".join("," + line for line in text().splitlines()), NAME)
    assert sample.rows.height == 1
    assert sample.source.ignored == ()


@pytest.mark.parametrize("iv", ["1e-05", "1.0000000000000003e-05", "0.0", ""])
def test_a_placeholder_is_no_volatility_and_the_quote_stays(iv: str) -> None:  # written
    row = sample_text(text(iv=iv), NAME).rows.row(0, named=True)
    assert row["iv"] is None
    assert (row["bid"], row["ask"]) == (10.1, 10.4)


def test_a_blank_volume_is_unknown() -> None:  # written
    assert sample_text(text(volume=""), NAME).rows["volume"].to_list() == [None]


def test_the_user_says_when_it_was_taken() -> None:  # written
    hints = Hints(session=date(2025, 8, 21), time=time(10, 30))
    row = sample_text(text(), "chain.csv", hints).rows.row(0, named=True)
    assert (row["session"], row["snapshot"]) == (date(2025, 8, 21), "1030")


def test_nobody_says_the_day() -> None:  # written
    with pytest.raises(StewardError, match=r"say it with\s+--session"):
        sample_text(text(), "chain.csv")


def test_a_trade_after_the_session_shows_a_wrong_day() -> None:  # written
    with pytest.raises(StewardError, match="line 2, column lasttradedate: a trade of 2025-08-21"):
        sample_text(text(traded="2025-08-21 14:00:00+00:00"), NAME)


def test_the_real_file(shared_data: Path) -> None:
    sample = sample_file(shared_data / "chains" / "spx_snapshot_2025-08-22_yahoo.csv.gz")
    assert sample.read == sample.rows.height == 5693  # SOURCES-chains.md
    assert sample.source.ignored == ()
    assert sample.rows["expiry"].n_unique() == 22
    assert set(sample.rows["root"].unique()) == {"SPX", "SPXW"}
    zero = (pl.col("bid") == 0.0) | (pl.col("ask") == 0.0)
    assert sample.rows.select(zero.mean()).item() == pytest.approx(0.12, abs=0.005)
    raw = pl.read_csv(shared_data / "chains" / "spx_snapshot_2025-08-22_yahoo.csv.gz")
    placeholders = int((raw["impliedVolatility"] < 1.1e-5).sum())
    assert sample.rows["iv"].null_count() == placeholders > 0
    assert (sample.rows["expiry"].cast(pl.String) == raw["expiry"]).all()
    assert (sample.rows["right"] == raw["type"]).all()


def test_no_zero_of_the_real_file_becomes_a_quote(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "chains" / "spx_snapshot_2025-08-22_yahoo.csv.gz"
    (record,) = import_paths([path], tmp_path / "store").new
    assert record.set_aside["an ask of 0: no quote"] == 335
    assert record.kept + sum(record.set_aside.values()) == 5693
