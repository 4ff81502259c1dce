"""Index levels: Cboe's layouts and copies of them, and what the shared files are known to hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.series import finished
from steward.market.vendors.source import Hints
from steward.terms import calendar
from steward.terms.errors import StewardError

from ..chains.reading import sample_file, sample_text

OHLC = ("open", "high", "low", "close")


def kept(path: Path) -> pl.DataFrame:
    """The rows of a file as the store keeps them."""
    return finished("index", sample_file(path).rows, source="0" * 16).rows


# written: layouts of vendor-formats.md
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("VIX_History.csv", "DATE,OPEN,HIGH,LOW,CLOSE\n02/05/2018,18.500000,39.0,17.0,37.250000\n"),
        ("vix_daily.csv", "date,open,high,low,close\n2018-02-05,18.5,39,17,37.25\n"),
        ("VIX_History.csv", "\ufeffDATE,OPEN,HIGH,LOW,CLOSE\r\n2018-02-05,18.5,39,17,37.25\r\n"),
        (
            "^VIX.csv",
            "Date,Open,High,Low,Close,Adj Close,Volume\n2018-02-05,18.5,39,17,37.25,1,0\n",
        ),
    ],
)
def test_bars_in_american_and_iso_days(name: str, text: str) -> None:
    sample = sample_text(text, name)
    assert sample.layout.name == "index_bars"
    assert sample.rows.select("series", "session", *OHLC).row(0) == (
        *("vix", date(2018, 2, 5)),
        *(18.5, 39.0, 17.0, 37.25),
    )
    assert "index vix: from the file's name" in sample.source.notes


# written: layouts of vendor-formats.md
@pytest.mark.parametrize(
    ("name", "text", "series"),
    [
        ("VVIX_History.csv", "DATE,VVIX\n02/05/2018,160.5\n", "vvix"),
        ("SKEW_History.csv", "\ufeffDATE,SKEW\n2018-02-05,160.5\n", "skew"),
        ("CNDR_History.csv", "DATE,CNDR\n02/05/2018,160.5\n", "cndr"),
        ("whatever.csv", "DATE,NEWONE\n02/05/2018,160.5\n", "newone"),
        ("skew_daily.csv", "date,close\n2018-02-05,160.5\n", "skew"),
    ],
)
def test_one_value_a_day_is_a_close(name: str, text: str, series: str) -> None:
    sample = sample_text(text, name)
    assert sample.rows.select("series", "session", "close").rows() == [
        (series, date(2018, 2, 5), 160.5)
    ]


def test_a_file_without_a_name_asks_for_one() -> None:
    text = "date,open,high,low,close\n2018-02-05,1,2,1,2\n"
    with pytest.raises(
        StewardError, match=r"prices\.csv: neither the file nor its name says which"
    ):
        sample_text(text, "prices.csv")
    assert sample_text(text, "prices.csv", Hints(symbol="^GSPC")).rows["series"][0] == "spx"


def test_days_before_months_are_refused() -> None:
    """R2: 03/04 is never guessed; a day of 13 shows that a file is not American."""
    text = "DATE,VVIX\n02/01/2018,90\n13/02/2018,91\n"  # written
    with pytest.raises(StewardError, match="line 3: '13/02/2018,91' has no day like 12/31/2018"):
        sample_text(text, "VVIX_History.csv")


def test_zeros_are_no_levels() -> None:
    """R3: a close of 0 or none is no row, another level of 0 is unknown."""
    text = "\n".join(  # written
        (
            "date,open,high,low,close",
            "2018-02-05,0,39,0,37",
            "2018-02-06,30,39,29,0",
            "2018-02-07,30,39,29,",
            "2018-02-10,30,39,29,30",
            "2018-02-05,1,1,1,1",
        )
    )
    done = finished("index", sample_text(text, "vix_daily.csv").rows, source="0" * 16)
    assert done.rows.select(OHLC).rows() == [(None, 39.0, None, 37.0)]
    assert dict(done.set_aside["reason"].value_counts().rows()) == {
        "a close of 0 or below": 1,
        "a session without a value": 1,
        "not a session of the exchange": 1,
        "a day that occurs twice": 1,
    }
    assert str(done.rows["known_at"][0]) == "2018-02-05 21:15:00+00:00"


# --- the defects of SOURCES-series.md ------------------------------------------------------------


def lacking(rows: pl.DataFrame, first: date, last: date) -> list[date]:
    return sorted(set(calendar.sessions(first, last)) - set(rows["session"]))


def test_spx_opens_before_2009_are_no_opens(shared_data: Path) -> None:
    """The open is 0 from 1962 to 1982: unknown. Copies of the close before stay for the history."""
    rows = kept(shared_data / "index" / "spx_daily.csv")
    early = rows.filter(pl.col("session").dt.year().is_between(1963, 1981))
    assert early["open"].null_count() > 0.99 * early.height
    first = rows.filter(pl.col("session") < date(1962, 1, 1))
    assert (first["open"] == first["close"]).all(), "in 1950-1961 all four are the close"
    same = pl.col("open") == pl.col("close").shift(1)
    years = pl.col("session").dt.year()
    share = rows.with_columns(same=same).filter(years.is_between(1996, 2005))["same"].mean()
    assert share == pytest.approx(0.96, abs=0.015)


def test_no_session_of_spx_is_missing_from_1990(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "spx_daily.csv")
    assert lacking(rows, date(1990, 1, 2), date(2026, 8, 20)) == []


def test_spx_of_2021_08_11_is_the_mended_close(shared_data: Path) -> None:
    """Yahoo's close was 5.29 too low; after the repair the day is as calm as it was."""
    rows = kept(shared_data / "index" / "spx_daily.csv").with_columns(
        move=pl.col("close").log().diff().abs()
    )
    around = rows.filter(pl.col("session").is_between(date(2021, 8, 10), date(2021, 8, 12)))
    assert around.height == 3
    assert (around["move"] < 0.004).all()


def test_vix_of_1990_and_1991_is_a_close_four_times(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "vix_daily.csv")
    early = rows.filter(pl.col("session") < date(1992, 1, 1))
    assert (early["high"] == early["low"]).all()
    assert early.height > 500


def test_vix_opens_outside_high_and_low(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "vix_daily.csv")
    outside = rows.filter((pl.col("open") > pl.col("high")) | (pl.col("open") < pl.col("low")))
    assert outside.height == 47
    assert outside["session"].dt.year().is_between(1992, 2006).all()


def test_vix_rows_on_holidays_are_set_aside(shared_data: Path) -> None:
    sample = sample_file(shared_data / "index" / "vix_daily.csv")
    done = finished("index", sample.rows, source="0" * 16)
    assert done.set_aside["reason"].to_list() == ["not a session of the exchange"] * 33
    assert date(2004, 6, 11) in done.set_aside["session"].to_list()
    lost = [date(1991, 3, 1), date(1997, 1, 31), date(1997, 11, 26), date(1999, 12, 31)]
    assert lacking(done.rows, date(1990, 1, 2), date(2026, 7, 23)) == lost


@pytest.mark.parametrize("name", ["vix9d", "vix6m"])
def test_vix9d_and_vix6m_are_closes_until_november_2013(shared_data: Path, name: str) -> None:
    rows = kept(shared_data / "index" / f"{name}_daily.csv")
    early = rows.filter(pl.col("session") < date(2013, 11, 1))
    same = (early["high"] == early["low"]) & (early["open"] == early["close"])
    assert (~same).sum() <= 2
    assert early.height > 700


def test_vix6m_has_one_bad_range_in_2019(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "vix6m_daily.csv")
    year = rows.filter(pl.col("session").dt.year() == 2019)
    inside = pl.col("close").is_between(pl.col("low"), pl.col("high"))
    wide = pl.col("high") > 1.5 * pl.col("low")
    assert year.filter(~inside | wide).height == 1


def test_vvix_misses_sessions_of_2006(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "vvix_daily.csv")
    lost = lacking(rows, date(2006, 3, 6), date(2006, 12, 31))
    assert len(lost) == 59
    assert {(day.year, day.month) for day in lost[:14]} <= {(2006, 3), (2006, 4)}
    later = lacking(rows, date(2007, 1, 1), date(2014, 1, 1))
    assert date(2010, 11, 11) in later
    assert [day.year for day in later] == [2010, 2013]


def test_skew_misses_sessions_of_2000(shared_data: Path) -> None:
    rows = kept(shared_data / "index" / "skew_daily.csv")
    lost = lacking(rows, date(1990, 1, 2), date(2026, 7, 22))
    assert len(lost) == 16
    assert sum(date(2000, 9, 20) <= day <= date(2000, 9, 29) for day in lost) == 8


def test_the_first_row_of_the_tail_repeats_the_last_one_of_cboe(shared_data: Path) -> None:
    sample = sample_file(shared_data / "index" / "vol_index_closes_tail_2026-07_2026-08.csv")
    assert (sample.layout.name, sample.read, sample.rows.height) == ("index_wide", 22, 88)
    assert sample.source.ignored == ("irx_13w_bill_pct",)
    first = sample.rows.filter(pl.col("session") == date(2026, 7, 22))
    for name in ("vix", "vix3m", "vix9d", "vvix"):
        daily = kept(shared_data / "index" / f"{name}_daily.csv")
        of_cboe = daily.filter(pl.col("session") == date(2026, 7, 22))["close"]
        assert first.filter(pl.col("series") == name)["close"].to_list() == of_cboe.to_list()


def test_dspx_has_a_close_of_zero_or_below(shared_data: Path) -> None:
    done = finished(
        "index", sample_file(shared_data / "index" / "dspx_daily.csv").rows, source="0" * 16
    )
    assert done.set_aside["reason"].to_list() == ["a close of 0 or below"]


def test_bars_within_the_day_are_declined(shared_data: Path, tmp_path: Path) -> None:
    """Their last ticks lie up to 5 points from the close, so they never stand in for it."""
    found = import_paths([shared_data / "index" / "spx_15m.csv.gz"], tmp_path / "store")
    assert "a run knows an index at the close of a session only" in found.refused[0].reason
    assert not (tmp_path / "store").exists()
