"""Databento: no real file; all rows are written from the vendor's published headers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.intake.importing import import_paths
from steward.market.vendors.chains.databento import points
from steward.market.vendors.chains.databento import stamp as stamp_of
from steward.terms.errors import StewardError

from .reading import sample_text

CMBP = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,price,size,flags,ts_in_delta,"
    "bid_px_00,ask_px_00,bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00,symbol"
)
CBBO = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,side,price,size,flags,bid_px_00,ask_px_00,"
    "bid_sz_00,ask_sz_00,bid_pb_00,ask_pb_00,symbol"
)
SYMBOL = "SPXW  240119C04700000"
NO_PRICE = 9_223_372_036_854_775_807


def stamp(hour: int, minute: int) -> int:
    """Nanoseconds of a New York clock of 2024-01-09."""
    at = datetime(2024, 1, 9, hour, minute, tzinfo=ZoneInfo("America/New_York"))
    return int(at.timestamp()) * 1_000_000_000


def cmbp(at: int | str, bid: int | str, ask: int | str, symbol: str = SYMBOL) -> str:
    return f"{at},{at},177,30,4711,A,B,{bid},1,0,0,{bid},{ask},7,12,30,30,{symbol}"


def cbbo(at: int | str, bid: int | str, ask: int | str, symbol: str = SYMBOL) -> str:
    return f"{at},{at},193,30,4711,N,{bid},1,0,{bid},{ask},7,12,30,30,{symbol}"


def text(header: str, *rows: str) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_prices_in_billionths_and_with_a_decimal_point() -> None:  # written
    fixed = sample_text(text(CMBP, cmbp(stamp(15, 30), 80_100_000_000, 81_000_000_000)))
    pretty = sample_text(text(CMBP, cmbp(stamp(15, 30), "80.100000000", "81.000000000")))
    for sample in (fixed, pretty):
        assert sample.layout.name == "databento"
        assert sample.source.ignored == ()
        row = sample.rows.row(0, named=True)
        assert (row["bid"], row["ask"]) == (80.1, 81.0)
        assert (row["bid_size"], row["ask_size"]) == (7, 12)
        assert (row["symbol"], row["root"], row["right"]) == ("SPX", "SPXW", "C")
        assert (row["expiry"], row["strike"]) == (date(2024, 1, 19), 4700.0)


@pytest.mark.parametrize("said", [str(NO_PRICE), "9223372036.854775807", ""])
def test_no_price_is_unknown(said: str) -> None:  # written
    sample = sample_text(text(CMBP, cmbp(stamp(15, 30), said, "81.000000000")))
    assert sample.rows["bid"].to_list() == [None]


@given(ticks=st.integers(1, 400_000))
def test_a_price_is_the_same_in_both_spellings(ticks: int) -> None:
    """To the last bit, or two files of one quote would contradict each other."""
    frame = pl.DataFrame({"px": [str(ticks * 25_000_000), f"{ticks * 0.025:.9f}"]})
    fixed, decimal = frame.select(points(pl.col("px")))["px"].to_list()
    assert fixed == decimal == float(f"{ticks * 0.025:.3f}")


def test_the_schema_of_a_minute_and_stamps_of_both_spellings() -> None:  # written
    rows = (
        cbbo("2024-01-09T20:30:00.000000000Z", 1_000_000_000, 2_000_000_000),
        cbbo(stamp(15, 40), 1_500_000_000, 2_000_000_000),
    )
    sample = sample_text(text(CBBO, *rows))
    assert sample.source.ignored == ()
    early = sample.rows.filter(sample.rows["snapshot"] == "1545").row(0, named=True)
    assert early["bid"] == 1.5
    assert early["moment"] == datetime(2024, 1, 9, 20, 40, tzinfo=UTC)
    alone = sample_text(text(CBBO, rows[0])).rows.row(0, named=True)
    assert alone["moment"] == datetime(2024, 1, 9, 20, 30, tzinfo=UTC)


def test_a_record_stands_for_half_an_hour() -> None:  # written
    sample = sample_text(text(CBBO, cbbo(stamp(15, 20), 1_000_000_000, 2_000_000_000)))
    assert sample.rows["snapshot"].to_list() == ["1545"]
    assert sample.set_aside["reason"].to_list() == [
        "stale: more than 30 minutes old at the snapshot"
    ]


def test_whole_numbers_in_another_unit_are_refused() -> None:  # written
    with pytest.raises(StewardError, match="line 3, column bid_px_00: 80 is neither"):
        sample_text(
            text(
                CMBP,
                cmbp(stamp(15, 29), 0, 81_000_000_000),
                cmbp(stamp(15, 30), 80, 81),
            )
        )


def test_a_file_in_the_store(tmp_path: Path) -> None:  # written
    path = tmp_path / "opra.csv"
    path.write_text(
        text(
            CMBP,
            cmbp(stamp(15, 30), 80_100_000_000, 81_000_000_000),
            cmbp(stamp(15, 30), NO_PRICE, NO_PRICE, "SPXW  240119P04700000"),
            cmbp(stamp(15, 30), 1_000_000_000, 2_000_000_000, "AAPL  240119P00100000"),
            cmbp("undefined", 1_000_000_000, 2_000_000_000),
        )
    )
    (record,) = import_paths([path], tmp_path / "store").new
    assert record.read == 4
    assert (record.kept, record.elsewhere) == (1, 1)
    assert record.set_aside == {"no bid or no ask": 1}
    assert record.unreadable == {
        "an option symbol or a moment that does not read": 1,
        "stale: more than 30 minutes old at the snapshot": 2,
    }


def test_a_year_beyond_nanoseconds_is_no_other_year() -> None:
    """They run over in 2262: 2588-05-05 would be a day of 2003."""
    texts = pl.Series(["2588-05-05T00:00:00.0Z", "2024-01-09T21:01:00Z", "1704834060000000000"])
    found = texts.to_frame("t").select(stamp_of(pl.col("t"))).to_series()
    assert found.to_list() == [None, 1704834060000000000, 1704834060000000000]
