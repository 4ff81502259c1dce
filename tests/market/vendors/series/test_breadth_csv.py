"""Breadth and members: counts as they are, and the survivorship that the files are known for."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.series import finished
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

from ..chains.reading import sample_file, sample_text


def real(path: Path) -> pl.DataFrame:
    return finished("breadth", sample_file(path).rows, source="0" * 16).rows


def test_the_group_is_named_by_the_file_or_the_user() -> None:
    text = "date,advances,declines\n2018-02-05,2,400\n"  # written
    assert sample_text(text, "nyse_advance_decline.csv").rows["series"][0] == "nyse"
    assert sample_text(text, "a.csv", Hints(symbol="NYSE")).rows["series"][0] == "nyse"
    with pytest.raises(StewardError, match="whose members these are; say it with --symbol"):
        sample_text(text, "a.csv")


def test_a_day_without_a_count_is_set_aside() -> None:
    text = "date,advances,declines\n2018-02-05,,400\n2018-02-10,2,3\n2018-02-06,5,6\n"  # written
    done = finished("breadth", sample_text(text, "x_breadth.csv").rows, source="0" * 16)
    assert done.rows["session"].to_list() == [date(2018, 2, 6)]
    assert done.rows["members"].to_list() == [None]
    assert sorted(done.set_aside["reason"]) == [
        "a session without a value",
        "not a session of the exchange",
    ]


# --- the defects of SOURCES-series.md ------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "priced", "members"),
    [(1996, 181, 487), (2000, 229, 492), (2010, 327, 498), (2020, 441, 505), (2026, 483, 503)],
)
def test_survivorship_of_the_derived_file(
    shared_data: Path, year: int, priced: int, members: int
) -> None:
    """So ratios are used, never counts; the counts of members with a price go with each row."""
    rows = real(shared_data / "breadth" / "sp500_breadth_derived_daily.csv")
    ours = rows.filter(pl.col("session").dt.year() == year)
    near = ours.filter(
        (pl.col("priced") - priced).abs() <= 12, (pl.col("members") - members).abs() <= 8
    )
    assert near.height > 0.3 * ours.height


def test_the_day_of_two_advances(shared_data: Path) -> None:
    rows = real(shared_data / "breadth" / "sp500_breadth_derived_daily.csv")
    day = rows.filter(pl.col("session") == date(2018, 2, 5))
    assert day.select("advances", "declines").row(0) == (2, 407)


def test_derived_and_official_breadth_agree(shared_data: Path) -> None:
    """SOURCES: net advances over their sum, derived against official NYSE 0.912."""
    net = (pl.col("advances") - pl.col("declines")) / (pl.col("advances") + pl.col("declines"))
    ours, theirs = (
        real(shared_data / "breadth" / name).select("session", net=net)
        for name in (
            "sp500_breadth_derived_daily.csv",
            "nyse_advance_decline_official_2017_2020.csv",
        )
    )
    both = ours.join(theirs, on="session").drop_nans()
    assert both.select(pl.corr("net", "net_right")).item() == pytest.approx(0.912, abs=0.01)


def test_every_file_of_breadth_is_read_whole(shared_data: Path) -> None:
    counts = {
        "sp500_breadth_derived_daily.csv": 7_695,
        "nyse_advance_decline_official_2017_2020.csv": 780,
        "synthetic_us_731_advance_decline_1998_2026.csv": 7_159,
    }
    for name, rows in counts.items():
        assert real(shared_data / "breadth" / name).height == rows


def test_members_from_and_to(shared_data: Path) -> None:
    sample = sample_file(shared_data / "breadth" / "sp500_membership_intervals.csv")
    rows = finished("membership", sample.rows, source="0" * 16).rows
    assert rows.height == sample.read == 1_230
    on = date(2010, 1, 4)
    ours = rows.filter(pl.col("start") <= on, pl.col("end").is_null() | (pl.col("end") > on))
    assert abs(ours.height - 498) <= 5
