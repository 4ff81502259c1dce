"""VX by rank, the first eight months, and the last month of each contract."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.series import finished
from steward.market.vendors.vx_files import RANKS
from steward.terms import calendar
from steward.terms.errors import StewardError

from ..chains.reading import sample_file, sample_text

CLOSES = "vx_m1_m8_close_2004_2017.csv"
SYMBOLS = "vx_m1_m8_symbols_2004_2017.csv"
EXPIRATIONS = "vx_m1_m8_expirations_2004_2017.csv"
FRONT = "bbg_front_month/vx_front_month_2004_2021.csv.gz"
BY_CONTRACT = "cfe_vx_by_contract_2013_2026.csv.gz"


def real(path: Path) -> pl.DataFrame:
    return finished("vx", sample_file(path).rows, source="0" * 16).rows


@pytest.fixture(scope="module")
def closes(shared_data: Path) -> pl.DataFrame:
    return real(shared_data / "vix_futures" / CLOSES)


@pytest.fixture(scope="module")
def front(shared_data: Path) -> pl.DataFrame:
    return real(shared_data / "vix_futures" / FRONT)


# --- the defects of SOURCES-chains.md ------------------------------------------------------------


def test_the_contract_of_a_rank_is_the_one_that_the_author_wrote_down(
    shared_data: Path, closes: pl.DataFrame
) -> None:
    """Each close, each day: so the file needs neither of the two beside it."""
    symbols = pl.read_csv(shared_data / "vix_futures" / SYMBOLS, null_values="NA").select(
        pl.col("date").str.to_date("%m/%d/%y"), *RANKS
    )
    long = symbols.unpivot(RANKS, index="date", variable_name="rank", value_name="symbol")
    first = ("01 " + pl.col("symbol").str.extract(r"\((.*)\)")).str.to_date("%d %b %y")
    long = long.drop_nulls("symbol").with_columns(first=first)
    both = closes.join(
        long, left_on=["session", "label_given"], right_on=["date", "rank"], how="left"
    )
    assert both.height == closes.height == 23_213
    assert both["first"].null_count() == 0
    months = both.select("first", "expiry").unique()
    for month, expiry in months.iter_rows():
        assert expiry == calendar.vix_expiry(month.year, month.month)


@pytest.mark.parametrize(
    "monday", ["2004-04-19", "2004-12-20", "2005-04-18", "2005-07-18", "2005-09-19"]
)
def test_wrong_expirations_of_the_author_are_no_expiries(closes: pl.DataFrame, monday: str) -> None:
    """On that Monday his first rank is the next month already; the true Wednesday is two on."""
    day = date.fromisoformat(monday)
    rows = closes.filter(pl.col("session") == day)
    first = rows.filter(pl.col("label_given") == rows["label_given"].min())["expiry"].item()
    assert (first - day).days > 20
    assert day not in closes["expiry"].to_list()


@pytest.mark.parametrize(
    "true",
    [
        *("2004-04-21", "2004-12-22", "2005-04-20", "2005-07-20", "2005-09-21", "2008-02-19"),
        *("2014-03-18", "2004-07-14", "2004-10-13", "2017-04-19", "2017-05-17", "2017-06-21"),
    ],
)
def test_true_expirations_are_those_of_the_calendar(true: str) -> None:
    day = date.fromisoformat(true)
    assert calendar.vix_expiry(day.year, day.month) == day


def test_the_eight_months_are_closes_not_settlements(
    shared_data: Path, closes: pl.DataFrame
) -> None:
    """Equal to CFE's close on each of the days that both have; `settle` stays unknown."""
    assert closes["settle"].null_count() == closes.height
    both = closes.join(
        real(shared_data / "vix_futures" / BY_CONTRACT).drop_nulls("close"),
        on=["session", "expiry"],
    )
    assert both["session"].n_unique() > 1_000
    same = (both["close"] - both["close_right"]).abs() < 1e-9
    assert same.all()


def test_the_first_rank_is_missing_on_103_days(closes: pl.DataFrame) -> None:
    listed = closes.filter(pl.col("label_given") == "M1")["session"].n_unique()
    assert listed == 3_305 - 103


def test_the_eight_months_are_on_todays_scale(closes: pl.DataFrame) -> None:
    assert closes["close"].max() < 80


@pytest.mark.parametrize("name", [SYMBOLS, EXPIRATIONS])
def test_the_files_without_prices_say_which_one_to_bring(shared_data: Path, name: str) -> None:
    with pytest.raises(StewardError, match=r"holds no price.*bring vx_m1_m8_close"):
        sample_file(shared_data / "vix_futures" / name)


def test_the_saturday_of_october_2013_is_the_wednesday_before(front: pl.DataFrame) -> None:
    rows = front.filter(pl.col("label_given") == "UXV13")
    assert rows["expiry"].unique().to_list() == [date(2013, 10, 16)]
    final = rows.filter(pl.col("final").is_not_null())
    assert final["session"].to_list() == [date(2013, 10, 16)]
    assert date(2013, 10, 26) not in rows["session"].to_list()


def test_a_workbook_says_what_to_do(shared_data: Path) -> None:
    with pytest.raises(StewardError, match="is a workbook; save its sheet as CSV"):
        sample_file(shared_data / "vix_futures" / "bbg_front_month" / "uxg18.xlsx")


def test_by_rank_has_no_close_and_no_final_settlement(shared_data: Path) -> None:
    """Its `close` is the settlement again, and it rolls on the settlement day."""
    for rank in range(1, 7):
        rows = real(shared_data / "vix_futures" / "continuous" / f"vx{rank}.parquet")
        assert rows["close"].null_count() == rows.height
        assert rows["final"].null_count() == rows.height
        assert (rows["expiry"] > rows["session"]).all()


def test_by_rank_equals_the_settlement_by_contract(shared_data: Path) -> None:
    """To the cent on 98.9 % of days; the rest are the settlements of 0."""
    folder = shared_data / "vix_futures"
    both = real(folder / "continuous" / "vx1.parquet").join(
        real(folder / BY_CONTRACT), on=["session", "expiry"]
    )
    settled = both.filter(pl.col("settle_right").is_not_null())
    assert ((settled["settle"] - settled["settle_right"]).abs() < 0.01).mean() > 0.99


def test_a_rank_file_without_its_columns_is_refused() -> None:
    with pytest.raises(StewardError, match=r"vx1\.parquet: not a Parquet file with the columns"):
        sample_text(b"PAR1 and nothing else", "vx1.parquet")


def test_a_contract_of_another_month_is_refused() -> None:
    text = "contract,expiry,date,open,high,low,close,settle,volume\n"  # written
    row = "UXK04,2004-06-16,2004-06-01,18,18,18,18,18,1\n"
    with pytest.raises(StewardError, match="'UXK04' settles in the month of 2004-06-16, which is"):
        sample_text(text + row, "front.csv")
