"""The old quote table of Cboe: one real file, and contracts written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.market.believe import complete, judge
from steward.market.vendors.chains.cboe_quotetable import contract
from steward.terms.errors import StewardError

from .reading import Sample, sample_file, sample_text

HEADER = "Calls,Last Sale,Net,Bid,Ask,Vol,Open Int,Puts,Last Sale,Net,Bid,Ask,Vol,Open Int,"
ROW = (
    "11 Feb 1234.00 (SPX1119B1234-E),9.0,0.0,10.10,10.50,3,40,"
    "11 Feb 1234.00 (SPX1119N1234-E),8.0,-0.5,11.10,11.50,4,50,"
)


def text(*rows: str, stamp: str = "Jan 24 2011 @ 14:03 ET,") -> str:
    return "\r\n".join(("", "SPX (S&P 500 INDEX),1230.50,+7.00,", stamp, HEADER, *rows, ""))


def real(shared_data: Path) -> Sample:
    return sample_file(shared_data / "chains" / "spx_intraday_2011-01-24_cboe_quotetable.csv")


def test_a_row_is_a_call_and_a_put() -> None:  # written
    sample = sample_text(text(ROW))
    assert sample.layout.name == "cboe_quotetable"
    assert (sample.read, sample.rows.height) == (1, 2)
    call, put = sample.rows.to_dicts()
    assert (call["right"], call["bid"], call["ask"], call["volume"]) == ("C", 10.1, 10.5, 3)
    assert (put["right"], put["bid"], put["ask"], put["open_interest"]) == ("P", 11.1, 11.5, 50)
    for row in (call, put):
        assert (row["symbol"], row["root"], row["strike"]) == ("SPX", "SPX", 1234.0)
        assert row["expiry"] == date(2011, 2, 19)  # the Saturday, as the vendor dates it
        assert (row["session"], row["snapshot"]) == (date(2011, 1, 24), "1403")
        assert row["moment"] == datetime(2011, 1, 24, 19, 3, tzinfo=UTC)
        assert (row["underlying"], row["underlying_kind"]) == (1230.5, "index")


@pytest.mark.parametrize(
    ("written", "right", "root", "expiry", "strike"),
    [
        ("11 Jan 1234.00 (SPXW1128A1234-E)", "C", "SPXW", date(2011, 1, 28), 1234.0),
        ("11 Mar 1234.00 (SPXPM1131O1234-E)", "P", "SPXPM", date(2011, 3, 31), 1234.0),
        ("13 Dec 1234.50 (SPX1321X1234.5-E)", "P", "SPX", date(2013, 12, 21), 1234.5),
        ("11 Dec 1234.00 (SPX1117L1234-E)", "C", "SPX", date(2011, 12, 17), 1234.0),
    ],
)
def test_contracts(written: str, right: str, root: str, expiry: date, strike: float) -> None:
    said = pl.DataFrame({"text": [written]}).select(**contract(pl.col("text"), right))
    assert said.row(0) == (root, expiry, strike)


@pytest.mark.parametrize(
    "written",
    [
        "11 Mar 1234.00 (SPX1119B1234-E)",  # B is February
        "12 Feb 1234.00 (SPX1119B1234-E)",  # another year
        "11 Feb 1235.00 (SPX1119B1234-E)",  # another strike
        "11 Feb 1234.00 (SPX1131B1234-E)",  # no such day
        "11 Feb 1234.00 (SPX1119N1234-E)",  # a put's letter
        "1234 call",
    ],
)
def test_a_contract_that_contradicts_itself_has_no_expiry(written: str) -> None:
    said = pl.DataFrame({"text": [written]}).select(**contract(pl.col("text"), "C"))
    assert said["expiry"].to_list() == [None]


def test_a_table_without_its_moment_is_refused() -> None:  # written
    with pytest.raises(StewardError, match="14:03 ET"):
        sample_text(text(ROW, stamp=""))


def test_a_row_cut_short_is_set_aside_with_its_line() -> None:  # written
    sample = sample_text(text(ROW, ROW[:60], ROW))
    assert (sample.read, sample.rows.height, sample.set_aside["line"].to_list()) == (3, 4, [6])


def test_the_real_file(shared_data: Path) -> None:
    sample = real(shared_data)
    rows = judge(sample.rows)
    assert (sample.read, rows.height) == (960, 1920)  # SOURCES-chains.md
    assert sample.set_aside.is_empty()
    assert rows["expiry"].null_count() == 0  # all contracts read, both spellings agree
    assert rows["expiry"].n_unique() == 16
    assert set(rows["root"].unique()) == {"SPX", "SPXW", "SPXPM"}
    assert rows.filter(pl.col("reason").is_not_null())["reason"].value_counts().rows() == [
        ("an ask of 0: no quote", 10)
    ]
    assert rows.filter(pl.col("bid") > pl.col("ask")).is_empty()


def test_saturdays_and_settlements_of_the_real_file(shared_data: Path) -> None:
    judged = judge(real(shared_data).rows)
    quotes = complete(judged.filter(pl.col("reason").is_null()).drop("reason")).quotes
    series = {
        (root, expiry): (given, settles)
        for root, expiry, given, settles in quotes.select(
            "root", "expiry", "expiry_given", "settlement"
        )
        .unique()
        .iter_rows()
    }
    saturday = (date(2011, 2, 19), "AM")
    assert series["SPX", date(2011, 2, 18)] == saturday
    assert series["SPXW", date(2011, 1, 28)] == (date(2011, 1, 28), "PM")
    assert series["SPXW", date(2011, 3, 31)] == (date(2011, 3, 31), "PM")  # SPXPM there
