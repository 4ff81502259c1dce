"""DeltaNeutral and HistoricalOptionData: two real files of the one, written rows of the other."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.believe import judge
from steward.terms.errors import StewardError

from .reading import Sample, sample_file, sample_text

L2 = (
    "UnderlyingSymbol,UnderlyingPrice,Exchange,OptionSymbol,Blank,Type,Expiration, DataDate,"
    "Strike,Last,Bid,Ask,Volume,OpenInterest,IV,Delta,Gamma,Theta,Vega,Alias"
)
L1 = L2.removesuffix(",IV,Delta,Gamma,Theta,Vega,Alias")
L3 = (
    "UnderlyingSymbol,UnderlyingPrice,Flags,OptionSymbol,Blank,Type,Expiration,DataDate,Strike,"
    "Last,Bid,Ask,Volume,OpenInterest,T1OpenInterest,IVMean,IVBid,IVAsk,Delta,Gamma,Theta,Vega,AKA"
)
OLD = L1.replace("OptionSymbol,Blank", "OptionRoot,OptionExt")


def quote(
    day: str = "03/14/2025 16:00", symbol: str = "SPXW250417C01000000,", kind: str = "call"
) -> str:  # written, as L1 has it
    return f"SPX,1001.5,*,{symbol},{kind},04/17/2025,{day},1000,11,10.5,10.9,7,70"


def read(header: str, *rows: str) -> Sample:
    return sample_text("\n".join((header, *rows)) + "\n")


@pytest.mark.parametrize(
    ("header", "more", "greeks"),
    [
        (L1, "", (None, None)),
        (L2, ",0.2,0.55,0.004,-90.5,180.5,SPXW250417C01000000", (0.2, -90.5)),
        (L3, "", (0.21, -90.5)),
    ],
)
def test_the_three_levels(
    header: str, more: str, greeks: tuple[float | None, float | None]
) -> None:  # written
    text = quote() + more
    if header is L3:
        text += ",71,0.21,0.2,0.22,0.55,0.004,-90.5,180.5,SPXW250417C01000000"
    sample = read(header, text)
    assert (sample.layout.name, sample.source.ignored) == ("historicaloptiondata", ())
    row = sample.rows.row(0, named=True)
    assert (row["iv"], row["theta"]) == greeks  # in the vendor's unit
    assert (row["root"], row["symbol"], row["right"]) == ("SPXW", "SPX", "C")
    assert (row["session"], row["expiry"]) == (date(2025, 3, 14), date(2025, 4, 17))
    assert (row["bid"], row["ask"], row["volume"]) == (10.5, 10.9, 7)
    assert row["open_interest"] == 70  # of the day, not T1OpenInterest
    assert row["snapshot"] == "eod"


@pytest.mark.parametrize(
    ("day", "snapshot", "session"),
    [
        ("03/14/2025 16:00", "eod", date(2025, 3, 14)),
        ("03/14/2025", "eod", date(2025, 3, 14)),
        ("3/4/2025 16:00", "eod", date(2025, 3, 4)),
        ("11/29/2024 13:00", "eod", date(2024, 11, 29)),  # a half day
        ("03/14/2025 13:00", "1300", date(2025, 3, 14)),
        ("03/14/2025 9:45", "0945", date(2025, 3, 14)),
    ],
)
def test_a_day_with_a_clock(day: str, snapshot: str, session: date) -> None:  # written
    row = read(L1, quote(day)).rows.row(0, named=True)
    assert (row["snapshot"], row["session"]) == (snapshot, session)


def test_a_day_in_another_format_is_no_session() -> None:  # written
    rows = read(L1, quote("2025-03-14 16:00"), quote("14/03/2025"), quote("")).rows
    assert judge(rows)["reason"].to_list() == ["no session"] * 2  # the empty one does not get here


def test_before_2010_the_root_is_of_no_use(tmp_path: Path) -> None:  # written
    text = "SPX,1001.5,*,SPQ,CT,put,03/20/2009,02/02/2009,1000,11,10.5,10.9,7,70"
    sample = read(OLD, text)
    assert sample.source.ignored == ()
    row = sample.rows.row(0, named=True)
    assert (row["root"], row["symbol"], row["right"]) == (None, "SPX", "P")


def test_expirations_are_in_the_format_of_the_first_record() -> None:  # written
    header = (
        "underlying,underlying_last, exchange,optionroot,optionext,type,expiration,quotedate,"
        "strike,last,bid,ask,volume,openinterest,impliedvol,delta,gamma,theta,vega,optionalias"
    )

    def row(expiry: str, day: str) -> str:
        return (
            f"SPX,1001.5,*,SPX170317C01000000,,call,{expiry},{day},1000,11,10.5,10.9,7,70,0.2,"
            "0.55,0.004,-90,180,SPX170317C01000000"
        )

    us, iso = row("03/17/2017", "01/04/2017"), row("2017-03-17", "2017-01-04")
    assert read(header, us, iso).set_aside["line"].to_list() == [3]
    mixed = read(header, iso, us, us)
    assert mixed.set_aside["line"].to_list() == [3, 4]
    assert mixed.set_aside["reason"][0] == "column quotedate is not a day like %Y-%m-%d"
    assert mixed.rows["session"].to_list() == [date(2017, 1, 4)]
    with pytest.raises(StewardError, match=r"line 2, column expiration: '17\.03\.2017' is no day"):
        read(header, row("17.03.2017", "01/04/2017"))


@pytest.mark.parametrize(
    ("name", "rows", "sessions", "strikes", "expiries"),
    [  # SOURCES-chains.md
        ("spx_eod_2017-01_2017-05_deltaneutral.csv", 392, 96, 5, 3),
        ("spx_eod_2014-12_2015-03_deltaneutral.csv", 244, 61, 2, 1),
    ],
)
def test_the_real_files(
    shared_data: Path, name: str, rows: int, sessions: int, strikes: int, expiries: int
) -> None:
    sample = sample_file(shared_data / "chains" / name)
    assert sample.layout.name == "deltaneutral"
    assert sample.source.ignored == ()
    assert sample.set_aside.is_empty()
    assert sample.read == sample.rows.height == rows
    found = [sample.rows[column].n_unique() for column in ("session", "strike", "expiry")]
    assert found == [sessions, strikes, expiries]
    assert sample.rows["root"].unique().to_list() == ["SPX"]
    assert sorted(sample.rows["right"].unique()) == ["C", "P"]
    assert sample.rows["expiry"].dt.weekday().unique().to_list() == [5]


def test_greeks_of_the_real_files_are_of_no_unit(shared_data: Path) -> None:
    """Theta of calls is above 0 and a strike's vega jumps to 0: prices only (SOURCES-chains.md)."""
    rows = sample_file(shared_data / "chains" / "spx_eod_2017-01_2017-05_deltaneutral.csv").rows
    assert rows.filter((pl.col("theta") > 0.0) & (pl.col("right") == "C")).height > 50
    # a quote without an ask is none: the older file has many
    old = sample_file(shared_data / "chains" / "spx_eod_2014-12_2015-03_deltaneutral.csv").rows
    reasons = judge(old)["reason"]
    assert (reasons == "an ask of 0: no quote").sum() == 122  # counted in the file
    assert reasons.null_count() == 244 - 122
