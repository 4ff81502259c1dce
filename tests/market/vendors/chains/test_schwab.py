"""Schwab: two real files, and rows written by hand where they have no case."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import polars as pl
import pytest

from steward.intake.importing import import_paths
from steward.market.store import Store
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from .reading import sample_file, sample_text

HEADER = (
    "id,snapshot_id,expiry,dte,strike,right,bid,ask,mark,last,iv,delta,gamma,theta,vega,volume,"
    "open_interest,intrinsic_value,time_value,side"
)
ROW = "1,2,2026-01-16,3,6000.0,P,{bid},2.5,,2.4,{iv},-0.1,0.01,-0.5,0.9,0,{interest},0.0,,PUT"
GOOD = {"bid": "2.3", "iv": "18.5", "interest": "0"}
NAME = "spx_2026-01-13_schwab.csv"


def text(**other: str) -> str:
    return f"{HEADER}\n{ROW.format(**{**GOOD, **other})}\n"


def test_a_row_in_the_vendors_own_units() -> None:  # written
    sample = sample_text(text(), NAME, Hints(time=time(15, 59)))
    row = sample.rows.row(0, named=True)
    assert sample.layout.name == "schwab"
    assert sample.source.ignored == ()
    assert (row["session"], row["snapshot"]) == (date(2026, 1, 13), "1559")
    assert (row["symbol"], row["root"], row["right"]) == ("SPX", None, "P")
    assert (row["iv"], row["theta"], row["open_interest"]) == (18.5, -0.5, 0)


def test_without_a_time_it_is_the_end_of_the_day_and_that_is_said() -> None:  # written
    sample = sample_text(text(), NAME)
    assert sample.rows["snapshot"].to_list() == ["eod"]
    assert any("say --time" in said for said in sample.source.notes)


def test_blank_is_unknown_and_999_is_missing() -> None:  # written
    row = sample_text(text(bid="", iv="-999.0", interest=""), NAME).rows.row(0, named=True)
    assert row["bid"] is row["iv"] is row["open_interest"] is None


def test_nobody_says_the_underlying() -> None:  # written
    with pytest.raises(StewardError, match="--symbol SPX"):
        sample_text(text(), "chain_2026-01-13.csv")


@pytest.mark.parametrize(("day", "rows"), [(23, 3058), (24, 3096)])  # SOURCES-chains.md
def test_the_real_files(shared_data: Path, tmp_path: Path, day: int, rows: int) -> None:
    path = shared_data / "chains" / f"spx_snapshot_2026-07-{day}_schwab.csv.gz"
    sample = sample_file(path, Hints(time=time(15, 59)))
    assert sample.read == sample.rows.height == rows
    assert sample.source.ignored == ()
    assert sample.rows["expiry"].n_unique() == 20
    ahead = (sample.rows["expiry"] - sample.rows["session"]).dt.total_days()
    assert (ahead.min(), ahead.max()) == (0, 27)
    assert sample.rows.group_by("expiry").agg(pl.col("strike").n_unique())["strike"].max() == 80
    assert 10.0 < float(str(sample.rows["iv"].median())) < 100.0  # percent
    (record,) = import_paths([path], tmp_path / "store", hints=Hints(time=time(15, 59))).new
    blank = sample.rows["bid"].null_count()
    assert record.set_aside["no bid or no ask"] == blank > 0
    assert set(Store(tmp_path / "store").snapshots("SPX", date(2026, 7, day))) == {"1559"}
