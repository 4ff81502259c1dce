"""ORATS strikes: no real file is shared, every row is written by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from .reading import Sample, sample_text

HEADER_37 = (
    "ticker,stkPx,expirDate,yte,strike,cVolu,cOi,pVolu,pOi,cBidPx,cValue,cAskPx, pBidPx,pValue,"
    "pAskPx, cBidIv,cMidIv,cAskIv, smoothSmvVol, pBidIv,pMidIv,pAskIv, iRate,divRate, "
    "residualRateData, delta,gamma,theta,vega,rho,phi, driftlessTheta, extVol,extCTheo,extPTheo, "
    "spot_px,trade_date"
)  # the archive's header has spaces
HEADER_39 = HEADER_37.replace(" ", "").replace("ticker,", "ticker,cOpra,pOpra,")


def row(
    ticker: str = "SPX",
    expiry: str = "1/19/2018",
    day: str = "1/3/2018",
    opra: str | None = None,
) -> str:  # written
    symbols = "" if opra is None else f"{opra.replace('?', 'C')},{opra.replace('?', 'P')},"
    return (
        f"{ticker},{symbols}1001.5,{expiry},0.04,1000,7,70,8,80,10.5,10.7,10.9,9.0,9.1,9.3,"
        "0.10,0.11,0.12,0.115,0.10,0.12,0.13,0.01,0.02,0.001,0.52,0.004,-0.3,1.1,0.2,-0.2,-0.29,"
        f"0.11,10.8,9.2,999.0,{day}"
    )


def archive(*rows: str) -> Sample:
    return sample_text("\n".join((HEADER_37, *rows)) + "\n", "ORATS_SMV_Strikes_20180103.csv")


def test_both_headers_have_their_number_of_columns_and_nothing_is_ignored() -> None:  # written
    old = archive(row())
    new = sample_text(f"{HEADER_39}\n{row(opra='SPX180119?01000000')}\n")
    assert len(old.source.head.names) == 37
    assert len(new.source.head.names) == 39
    assert (old.layout.name, new.layout.name) == ("orats_archive", "orats")
    assert old.source.ignored == new.source.ignored == ()


def test_a_call_and_a_put_in_a_row() -> None:  # written
    sample = sample_text(f"{HEADER_39}\n{row(opra='SPXW180119?01000000')}\n")
    assert (sample.read, sample.rows.height, sample.set_aside.height) == (1, 2, 0)
    call, put = sample.rows.rows(named=True)
    assert (call["session"], call["expiry"]) == (date(2018, 1, 3), date(2018, 1, 19))
    assert (call["root"], put["root"], call["right"], put["right"]) == ("SPXW", "SPXW", "C", "P")
    assert (call["bid"], call["ask"], put["bid"], put["ask"]) == (10.5, 10.9, 9.0, 9.3)
    assert (call["iv"], put["iv"]) == (0.11, 0.12)
    assert (call["volume"], put["volume"], call["open_interest"], put["open_interest"]) == (
        7,
        8,
        70,
        80,
    )
    assert (call["underlying"], call["underlying_kind"]) == (1001.5, "future")  # stkPx, not spot_px
    assert call["bid_size"] is None


def test_the_put_delta_is_the_call_delta_less_one_and_its_theta_is_unknown() -> None:  # written
    call, put = archive(row()).rows.rows(named=True)
    assert (call["delta"], put["delta"]) == (0.52, pytest.approx(-0.48))
    assert call["gamma"] == put["gamma"] == 0.004
    assert (call["theta"], call["rho"], put["theta"], put["rho"]) == (-0.3, 0.2, None, None)


def test_the_moment_is_14_minutes_before_the_shares_close() -> None:  # written
    whole = archive(row()).rows.row(0, named=True)
    half = archive(row(day="7/3/2018", expiry="7/20/2018")).rows.row(0, named=True)
    assert (whole["snapshot"], whole["moment"]) == ("1546", None)
    assert (half["snapshot"], half["moment"]) == ("1546", datetime(2018, 7, 3, 16, 46, tzinfo=UTC))


def test_days_without_leading_zeros_and_no_other_format() -> None:  # written
    sample = archive(
        row(day="11/12/2018", expiry="12/7/2018"),
        row(day="2018-11-12"),
        row(day="13/12/2018"),
        row(day="01/03/2018"),
    )
    assert sample.rows["session"].to_list()[::2] == [date(2018, 11, 12), date(2018, 1, 3)]
    assert sample.set_aside["line"].to_list() == [3, 4]


@pytest.mark.parametrize(
    ("expiry", "day", "beside", "root"),
    [
        ("1/21/2011", "1/3/2011", None, "SPX"),  # before there was SPXPM
        ("1/22/2011", "1/3/2011", None, "SPX"),  # dated on the Saturday
        ("1/18/2013", "1/3/2013", "1/3/2013", "SPX"),  # beside SPXPM
        ("1/18/2013", "1/3/2013", "1/2/2013", None),  # SPXPM on another day only
        ("1/18/2013", "1/3/2013", None, None),  # traded then, but not in the file
        ("1/19/2018", "1/3/2018", None, "SPXW"),  # SPXPM has gone into SPXW
        ("1/12/2018", "1/3/2018", None, None),  # no monthly day: one series only
        ("4/17/2014", "4/1/2014", "4/1/2014", "SPX"),  # the Thursday before Good Friday
    ],
)
def test_the_archive_says_am_or_pm_by_ticker_and_day(
    expiry: str, day: str, beside: str | None, root: str | None
) -> None:  # written
    more = [] if beside is None else [row(ticker="SPXPM", expiry=expiry, day=beside)]
    sample = archive(row(expiry=expiry, day=day), *more)
    assert sample.rows["symbol"].unique().to_list() == ["SPX"]
    assert sample.rows["root"].to_list() == [root, root, *["SPXPM"] * 2 * len(more)]


def test_the_whole_market_is_in_the_file() -> None:  # written
    sample = archive(row(ticker="AAPL"), row(ticker="VIX", expiry="1/17/2018"))
    assert sample.rows["symbol"].to_list() == ["AAPL", "AAPL", "VIX", "VIX"]
    assert sample.rows["root"].null_count() == 4
