"""ThetaData: no real file; all rows are written from the vendor's published headers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from steward.intake.importing import import_paths
from steward.market.store import Store
from steward.terms.errors import StewardError

from .reading import sample_text

HEADER = (
    "symbol,expiration,strike,right,created,last_trade,open,high,low,close,volume,count,bid_size,"
    "bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition"
)
ROW = (
    "{symbol},2024-01-19,{strike},{right},2024-01-09T17:15:02.123,2024-01-09T00:00:00,0.00,0.00,"
    "0.00,0.00,0,0,{size},5,{bid},50,12,5,{ask},50"
)
GOOD = {
    "symbol": "SPXW",
    "strike": "4700.000",
    "right": "CALL",
    "size": "7",
    "bid": "80.10",
    "ask": "81.00",
}
INTEREST = "symbol,expiration,strike,right,timestamp,open_interest\n"


def text(**other: str) -> str:
    return f"{HEADER}\n{ROW.format(**{**GOOD, **other})}\n"


def test_a_close_of_0_beside_a_live_quote_is_a_quote() -> None:  # written
    sample = sample_text(text())
    row = sample.rows.row(0, named=True)
    assert sample.layout.name == "thetadata"
    assert sample.source.ignored == ()
    assert (row["session"], row["snapshot"]) == (date(2024, 1, 9), "eod")
    assert (row["symbol"], row["root"], row["right"]) == ("SPX", "SPXW", "C")
    assert (row["strike"], row["bid"], row["ask"], row["bid_size"]) == (4700.0, 80.1, 81.0, 7)


def test_what_the_file_does_not_have_is_unknown() -> None:  # written
    row = sample_text(text()).rows.row(0, named=True)
    for name in ("open_interest", "underlying", "iv", "delta"):
        assert row[name] is None


def test_absent_written_as_0_is_no_quote(tmp_path: Path) -> None:  # written
    path = tmp_path / "day.csv"
    dead = ROW.format(**{**GOOD, "strike": "4800.000", "bid": "0.00", "ask": "0.00"})
    path.write_text(text() + dead + "\n")
    (record,) = import_paths([path], tmp_path / "store").new
    assert record.set_aside == {"an ask of 0: no quote": 1}
    assert record.kept == 1


def test_strikes_of_version_2_in_a_file_of_version_3_are_refused() -> None:  # written
    with pytest.raises(StewardError, match="line 2, column strike: 4700000 is in tenths"):
        sample_text(text(strike="4700000"))


def test_a_dear_share_is_no_reason_to_refuse() -> None:  # written
    assert sample_text(text(symbol="BRKA", strike="600000.000")).rows["symbol"].to_list() == [
        "BRKA"
    ]


def test_version_2_is_known_by_its_header() -> None:  # written
    header = (
        "root,expiration,strike,right,ms_of_day,ms_of_day2,open,high,low,close,volume,count,"
        "bid_size,bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition,date"
    )
    row = "SPX,20240119,4700000,P,62100000,57000000,0,0,0,0,0,0,7,5,80.1,50,12,5,81.0,50,20240109"
    sample = sample_text(f"{header}\n{row}\n")
    assert sample.layout.name == "thetadata_2"
    assert sample.source.ignored == ()
    found = sample.rows.row(0, named=True)
    assert (found["strike"], found["right"]) == (4700.0, "P")
    assert (found["session"], found["expiry"]) == (date(2024, 1, 9), date(2024, 1, 19))


def test_open_interest_is_in_a_table_of_its_own(tmp_path: Path) -> None:  # written
    path = tmp_path / "interest.csv"
    path.write_text(
        INTEREST
        + "SPXW,2024-01-19,4700.000,CALL,2024-01-09T06:30:00.000,0\n"
        + "SPXW,2024-01-19,4705.000,CALL,2024-01-09T06:30:00.000,\n"
        + "SPY,2024-01-19,470.000,CALL,2024-01-09T06:30:00.000,55\n"
    )
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.layout, record.table) == ("thetadata_open_interest", "bars")
    assert (record.kept, record.elsewhere) == (1, 1)
    assert record.set_aside == {"neither a trade nor open interest": 1}
    assert record.ignored == ()
    store = Store(tmp_path / "store")
    bars = store.rows("bars")
    assert bars is not None
    assert bars.select("session", "open_interest", "volume").row(0) == (date(2024, 1, 9), 0, None)
    assert store.months("SPX") == ()
