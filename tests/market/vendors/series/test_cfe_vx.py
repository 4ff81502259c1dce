"""VX futures by contract: both layouts of CFE, the file of all contracts, and their defects."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.series import finished
from steward.terms import calendar
from steward.terms.errors import StewardError

from ..chains.reading import sample_file, sample_text

HEADER = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
NOTICE = '"The data is provided as it is, and CFE is not liable for any use of it."'
PRICES = ("open", "high", "low", "close", "settle")
RAW = "2007-05-16.m_5.CFE_VX_K2007.csv"
LONG = "2008-05-21.m_5.CFE_VX_K2008_jun1_2006.csv"
ALL = "cfe_vx_by_contract_2013_2026.csv.gz"


def text(*rows: str, header: str = HEADER) -> str:
    return "\n".join((header, *rows)) + "\n"


def kept(given: str, name: str) -> pl.DataFrame:
    return finished("vx", sample_text(given, name).rows, source="0" * 16).rows


def real(path: Path) -> pl.DataFrame:
    return finished("vx", sample_file(path).rows, source="0" * 16).rows


# written: layouts of vendor-formats.md
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("VX_2026-01-21.csv", text("2026-01-16,F (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58")),
        ("any.csv", text("2026-01-16,F (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58")),
        ("CFE_F26_VX.csv", text("01/16/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58")),
        ("CFE_F26_VX.csv", text("1/16/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58,")),
        (
            "CFE_F26_VX.csv",
            text(
                "01/16/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58",
                header=f"{NOTICE}\n{HEADER}",
            ),
        ),
        (
            "CFE_F26_VX.csv",
            text("01/16/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58,", header=f"{HEADER},"),
        ),
    ],
)
def test_both_layouts_with_notice_and_trailing_comma(name: str, given: str) -> None:
    rows = kept(given, name)
    columns = ("session", "expiry", *PRICES, "change", "volume", "efp", "open_interest", "final")
    assert rows.select(columns).rows() == [
        (
            *(date(2026, 1, 16), date(2026, 1, 21)),
            *(16.0, 17.0, 15.5, 16.5, 16.6, 0.1, 64, 0, 58, None),
        )
    ]
    assert rows["known_at"].dt.strftime("%Y-%m-%d %H:%M").to_list() == ["2026-01-16 21:15"]


def test_a_settlement_of_zero_is_a_placeholder_and_no_trade_no_price() -> None:
    rows = kept(text("2013-05-28,M (Jun 2013),0,0,0,0,0,0,0,0,58"), "VX_2013-06-19.csv")  # written
    assert rows.select(*PRICES, "open_interest").rows() == [(None, None, None, None, None, 58)]


def test_the_last_row_holds_only_the_final_settlement() -> None:
    """High below low and zeros there; the settlement is the special opening quotation."""
    given = text("01/21/2026,F (Jan 26),0,0.01,0.02,0,17.25,0.1,0,0,58")  # written
    rows = kept(given, "CFE_F26_VX.csv")
    assert rows.select(*PRICES, "final").rows() == [(None, None, None, None, 17.25, 17.25)]


def test_a_bad_print_is_no_price() -> None:
    """vendor-formats.md: 10.25 beside 20.10 on 2013-05-28."""
    sample = sample_text(
        text(  # written
            "2013-05-24,G (Feb 2014),20,20.2,19.9,20,20.05,0,5,0,5",
            "2013-05-28,G (Feb 2014),10.25,20.2,10.25,20.1,20.1,0,5,0,5",
            "2013-05-29,G (Feb 2014),20,20.2,19.9,20.1,10.25,0,5,0,5",
            "2013-05-30,G (Feb 2014),20,20.2,19.9,20.1,20.1,0,5,0,5",
        ),
        "VX_2014-02-19.csv",
    )
    assert sample.rows.select(PRICES).rows()[1:3] == [
        (None, 20.2, None, 20.1, 20.1),
        (20.0, 20.2, 19.9, 20.1, None),
    ]
    assert "open: 1 far from the settlements about them, line 3 first: unknown" in (
        sample.source.notes
    )


def test_a_crash_is_no_bad_print() -> None:
    """As on 2018-02-05: from half the settlement to the settlement in one session."""
    rows = kept(
        text(  # written
            "2018-02-02,G (Feb 2018),14,17,14,16,16,2,5,0,5",
            "2018-02-05,G (Feb 2018),16,34,15.5,33,33,17,5,0,5",
            "2018-02-06,G (Feb 2018),31,34,18,22,22,-11,5,0,5",
        ),
        "VX_2018-02-14.csv",
    )
    assert sum(rows.select(PRICES).null_count().row(0)) == 0


def test_a_duplicate_row_counts_once_and_the_settled_one_stays() -> None:
    sample = sample_text(
        text(  # written
            "2026-01-16,F (Jan 2026),16,17,15.5,16.5,0,0.1,64,0,58",
            "2026-01-16,F (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58",
        ),
        "VX_2026-01-21.csv",
    )
    done = finished("vx", sample.rows, source="0" * 16)
    assert done.rows["settle"].to_list() == [16.6]
    assert done.set_aside["reason"].to_list() == ["a contract that occurs twice in a session"]


def test_prices_of_one_scale_before_march_2007_are_not_divided_twice() -> None:
    row = "03/23/2007,K (May 07),{0},{0},{0},{0},{0},0,5,0,5"  # written
    once = kept(text(row.format(140)), "CFE_K07_VX.csv")
    assert (
        once["settle"].to_list() == kept(text(row.format(14)), "CFE_K07_VX.csv")["settle"].to_list()
    )
    mixed = text(row.format(140), "03/22/2007,K (May 07),14,14,14,14,14,0,5,0,5")
    with pytest.raises(StewardError, match="line 3, column Settle: 14 stands among prices ten"):
        sample_text(mixed, "CFE_K07_VX.csv")


def test_a_weekly_takes_its_day_from_the_name() -> None:
    given = text("2026-01-06,W02 (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58")  # written
    assert kept(given, "VX_2026-01-07.csv")["expiry"].to_list() == [date(2026, 1, 7)]
    with pytest.raises(StewardError, match=r"'W02 \(Jan 2026\)' is not a month like F"):
        sample_text(given, "download.csv")


def test_a_name_of_another_contract_is_refused() -> None:
    given = text("2026-01-16,F (Jan 2026),16,17,15.5,16.5,16.6,0.1,64,0,58")  # written
    with pytest.raises(StewardError, match="the name says that the contract settles on 2026-02-18"):
        sample_text(given, "VX_2026-02-18.csv")


def test_days_before_months_are_refused() -> None:
    given = text(  # written
        "01/02/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58",
        "13/01/2026,F (Jan 26),16,17,15.5,16.5,16.6,0.1,64,0,58",
    )
    with pytest.raises(StewardError, match=r"line 3: .* has no day like 12/31/2018"):
        sample_text(given, "CFE_F26_VX.csv")


# --- the defects of SOURCES-chains.md ------------------------------------------------------------


@pytest.fixture(scope="module")
def every(shared_data: Path) -> pl.DataFrame:
    """The file of all contracts as the store keeps it."""
    return real(shared_data / "vix_futures" / ALL)


def test_native_prices_before_2007_03_26_are_on_todays_scale(shared_data: Path) -> None:
    folder = shared_data / "vix_futures" / "cfe_raw"
    rows = real(folder / RAW)
    days = rows.filter(pl.col("session").is_between(date(2007, 3, 23), date(2007, 3, 26)))
    assert days["settle"].log().diff().abs().max() < 0.02
    assert rows["settle"].max() < 25
    both = real(folder / "2008-05-21.m_5.CFE_VX_K2008.csv").join(
        real(folder / LONG), on=["session", "expiry"]
    )
    assert both["settle"].to_list() == both["settle_right"].to_list()


def test_native_zero_rows_before_the_first_trade_are_no_prices(shared_data: Path) -> None:
    rows = real(shared_data / "vix_futures" / "cfe_raw" / RAW)
    assert rows.height == 290
    assert rows.select(PRICES).row(0) == (None,) * 5
    assert (rows.select(pl.min_horizontal(PRICES)).to_series().drop_nulls() > 5).all()


def test_the_last_native_row_carries_only_the_settlement(shared_data: Path) -> None:
    for name, expiry in ((RAW, date(2007, 5, 16)), (LONG, date(2008, 5, 21))):
        last = real(shared_data / "vix_futures" / "cfe_raw" / name).tail(1)
        assert last.select("session", "expiry").row(0) == (expiry, expiry)
        assert last.select("open", "high", "low", "close").row(0) == (None,) * 4
        assert last["final"].to_list() == last["settle"].to_list()
        assert last["final"].null_count() == 0


def test_a_native_low_of_a_fifth_is_a_bad_print(shared_data: Path) -> None:
    """K2008 on 2008-05-20: not in the notes of the file, found by the rule."""
    sample = sample_file(shared_data / "vix_futures" / "cfe_raw" / LONG)
    row = sample.rows.filter(pl.col("session") == date(2008, 5, 20))
    assert row.select("low").row(0) == (None,)
    assert row.select("open", "high", "close", "settle").null_count().row(0) == (0, 0, 0, 0)


def test_settlements_of_zero_until_july_2013(shared_data: Path, every: pl.DataFrame) -> None:
    sample = sample_file(shared_data / "vix_futures" / ALL)
    zero = sample.rows.filter(pl.col("settle").is_null())
    assert zero.height == 852
    assert (zero["session"].min(), zero["session"].max()) == (date(2013, 1, 2), date(2013, 7, 19))
    assert sample.read == 29_708
    assert every.filter(pl.col("settle") <= 0).is_empty()


def test_closes_of_zero_are_no_trade(shared_data: Path) -> None:
    """The notes say 549 rows; this file has 553, wherever one has no close it has no open."""
    rows = sample_file(shared_data / "vix_futures" / ALL).rows
    untraded = rows.filter(pl.col("close").is_null())
    assert untraded.height == 553
    assert untraded["open"].null_count() == 553


def test_a_settlement_may_lie_outside_high_and_low(every: pl.DataFrame) -> None:
    """So it is no reason to doubt one."""
    outside = (pl.col("settle") > pl.col("high")) | (pl.col("settle") < pl.col("low"))
    assert every.filter(outside).height > 100


def test_shifted_labels_are_moved_to_their_contract(every: pl.DataFrame) -> None:
    """The list of SOURCES-chains.md, each label and its true expiry."""
    true = {
        "20268-03-18": date(2026, 4, 15),
        "2026-04-15": date(2026, 5, 19),
        "2026-05-19": date(2026, 6, 17),
        "2026-06-17": date(2026, 7, 22),
        "2026-07-22": date(2026, 8, 19),
        "2026-08-19": date(2026, 9, 16),
        "2026-09-16": date(2026, 10, 21),
        "2026-10-21": date(2026, 11, 18),
        "2026-11-18": date(2026, 12, 16),
    }
    moved = every.filter(pl.col("label_given") != pl.col("expiry").cast(pl.String))
    assert dict(moved.select("label_given", "expiry").unique().iter_rows()) == true
    assert moved["session"].min() == date(2025, 7, 21)


def test_march_2026_is_missing_and_comes_by_rank(shared_data: Path, every: pl.DataFrame) -> None:
    march = date(2026, 3, 18)
    assert march not in every["expiry"].to_list()
    folder = shared_data / "vix_futures" / "continuous"
    ranks = [real(folder / f"vx{rank}.parquet") for rank in range(1, 7)]
    assert pl.concat(ranks).filter(pl.col("expiry") == march).height > 100


def test_every_expiry_of_the_file_is_a_monthly_settlement_day(every: pl.DataFrame) -> None:
    for expiry in every["expiry"].unique():
        assert expiry == calendar.vix_expiry(expiry.year, expiry.month)
