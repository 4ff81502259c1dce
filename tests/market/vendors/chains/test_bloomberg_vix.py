"""VIX calls by expiry: the real tables with all their defects, and tables written by hand."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.store import Store
from steward.market.vendors.chains.bloomberg_vix import CLOSED, LAST_ROW, WIDE
from steward.terms import calendar
from steward.terms.errors import StewardError

from .reading import sample_file, sample_text

NAME = "vix_options_2024_01.parquet"  # expires on Wednesday 2024-01-17


def parquet(**columns: Any) -> bytes:
    held = io.BytesIO()
    pl.DataFrame(columns).write_parquet(held)
    return held.getvalue()


def one_quote(day: date, bid: float | None, ask: float | None, **others: Any) -> bytes:
    quote = {
        "C20_Bid": pl.Series([bid], dtype=pl.Float64),
        "C20_Ask": pl.Series([ask], dtype=pl.Float64),
    }
    return parquet(**quote, **others, Date=pl.Series([day]).cast(pl.Datetime("ns")))


def test_columns_of_two_precisions() -> None:  # written
    short = pl.Series([0.5], dtype=pl.Float32)
    sample = sample_text(
        one_quote(date(2024, 1, 10), 1.0, 1.125, C21_Bid=short, C21_Ask=short + 0.25), NAME
    )
    assert sample.rows["bid"].to_list() == [1.0, 0.5]
    assert sample.rows["ask"].to_list() == [1.125, 0.75]


def test_a_quote() -> None:  # written
    day = date(2024, 1, 10)
    sample = sample_text(one_quote(day, 1.0, 1.1, C20_Mid=[9.0], C20_Last=[9.0]), NAME)
    row = sample.rows.row(0, named=True)
    assert sample.layout.name == "bloomberg_vix"
    assert sample.source.ignored == ()
    assert (row["session"], row["expiry"]) == (date(2024, 1, 10), date(2024, 1, 17))
    assert (row["root"], row["right"], row["settlement"]) == ("VIX", "C", "AM")
    assert (row["strike"], row["bid"], row["ask"]) == (20.0, 1.0, 1.1)
    assert row["volume"] is row["open_interest"] is row["iv"] is None


@pytest.mark.parametrize(
    ("day", "bid", "ask", "reason"),
    [
        (date(2024, 1, 10), 1.0, 1.7, WIDE),  # 0.7 is more than 0.5 + 0.1 x 1.35
        (date(2024, 1, 10), 1.0, 100.0, WIDE),
        (date(2024, 1, 15), 1.0, 1.1, CLOSED),  # Martin Luther King Day
        (date(2024, 1, 17), 1.0, 1.1, LAST_ROW),
        (date(2024, 1, 18), 1.0, 1.1, LAST_ROW),
    ],
)
def test_what_is_set_aside(day: date, bid: float, ask: float, reason: str) -> None:  # written
    sample = sample_text(one_quote(day, bid, ask), NAME)
    assert sample.rows.is_empty()
    assert sample.set_aside.select("line", "reason").rows() == [(1, reason)]
    assert sample.read == 1


def test_the_widest_quote_that_is_kept() -> None:  # written
    """0.5 + 0.1 x mid: at a mid of 5.0 a spread of 1.0."""
    assert sample_text(one_quote(date(2024, 1, 10), 4.5, 5.5), NAME).rows.height == 1
    assert sample_text(one_quote(date(2024, 1, 10), 4.49, 5.51), NAME).rows.is_empty()


def test_an_empty_side_is_no_quote(tmp_path: Path) -> None:  # written
    path = tmp_path / NAME
    path.write_bytes(
        parquet(
            C20_Bid=[1.0, None], C20_Ask=[1.1, 1.2], Date=[date(2024, 1, 10), date(2024, 1, 11)]
        )
    )
    (record,) = import_paths([path], tmp_path / "store").new
    assert (record.kept, record.set_aside) == (1, {"no bid or no ask": 1})


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (parquet(Date=[date(2024, 1, 10)], close=[1.0]), "has no column like C15_Bid"),
        (parquet(Date=[date(2024, 1, 10)], C20_Bid=[1.0]), "lacks column C20_Ask"),
        (parquet(C20_Bid=[1.0], C20_Ask=[1.0]), "has 0 columns of days"),
        (
            parquet(Date=[date(2024, 1, 10)], C20_Bid=["1"], C20_Ask=[1.0]),
            "column C20_Bid: is String",
        ),
        (b"PAR1 and nothing more", "cannot be read as Parquet"),
    ],
)
def test_another_table_is_refused_and_the_difference_named(data: bytes, problem: str) -> None:
    with pytest.raises(StewardError, match=problem):
        sample_text(data, NAME)


@pytest.mark.parametrize("name", ["vix_options_2024_13.parquet", "vix_options_2031_01.parquet"])
def test_a_name_without_a_month(name: str) -> None:  # written
    with pytest.raises(StewardError, match="the expiry is taken from the file's name"):
        sample_text(one_quote(date(2024, 1, 10), 1.0, 1.1), name)


@pytest.mark.slow
def test_the_real_tables(shared_data: Path, tmp_path: Path) -> None:
    """SOURCES-chains.md, "Defects (Bloomberg files)".

    It does not say what its shares are of; of the quotes of sessions before the expiry they come
    within two points of it.
    """
    paths = sorted((shared_data / "vix_chains").glob("vix_options_*.parquet"))
    assert len(paths) == 28
    report = import_paths(paths, tmp_path / "store")
    assert report.refused == ()
    kept = sum(r.kept for r in report.new)
    wide = sum(r.unreadable.get(WIDE, 0) for r in report.new)
    crossed = sum(r.set_aside.get("crossed: the ask below the bid", 0) for r in report.new)
    assert {reason for r in report.new for reason in r.set_aside} == {
        "crossed: the ask below the bid"
    }
    quotes = kept + wide + crossed
    assert kept / quotes == pytest.approx(0.92, abs=0.02)
    assert crossed / quotes == pytest.approx(0.0035, abs=0.0005)
    assert all(r.unreadable[LAST_ROW] == 26 and r.ignored == () for r in report.new)
    assert sum(r.read for r in report.new) == 28 * 58 * 26
    store = Store(tmp_path / "store")
    months = pl.concat([store.quotes("VIX", month) for month in store.months("VIX")])
    assert months["session"].min() == date(2022, 10, 31)
    assert set(months["right"]) == {"C"}
    assert set(months["settlement"]) == {"AM"}
    assert (months["strike"].min(), months["strike"].max()) == (10.0, 35.0)
    assert months["expiry"].n_unique() == 28
    assert float(str((months["ask"] - months["bid"]).max())) < 4.0


def test_the_two_expiries_that_are_missing_fall_on_a_tuesday() -> None:
    for year, month in ((2024, 6), (2025, 3)):  # SOURCES-chains.md
        assert calendar.vix_expiry(year, month).weekday() == 1


def test_closed_days_and_expiry_days_repeat_the_row_before(shared_data: Path) -> None:
    """SOURCES-chains.md names four holidays; in all 28 tables every such row is a repeat."""
    found = set()
    for path in sorted((shared_data / "vix_chains").glob("vix_options_*.parquet")):
        sample = sample_file(path)
        gone = sample.set_aside.filter(pl.col("reason").is_in([CLOSED, LAST_ROW]))
        lines = gone["line"].unique() - 1
        lines = lines.filter(lines > 0)  # a table may begin on a closed day
        raw = pl.read_parquet(path)
        cells = raw.select(pl.col(r"^C\d+_(Bid|Ask)$"))
        assert cells[lines.to_list()].equals(cells[(lines - 1).to_list()])
        closed = gone.filter(pl.col("reason") == CLOSED)["line"].unique() - 1
        found |= set(raw["Date"].cast(pl.Date)[closed.to_list()])
    assert {date(2023, 4, 7), date(2024, 6, 19), date(2025, 1, 9), date(2025, 4, 18)} <= found
