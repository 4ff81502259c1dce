"""Exchange-traded products: as traded and adjusted are two things."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.market.series import finished
from steward.terms import calendar

from ..chains.reading import sample_file

ADJUSTED = "vix_etps_and_tail_etfs_adj_close.csv"


def real(path: Path) -> pl.DataFrame:
    return finished("etp", sample_file(path).rows, source="0" * 16).rows


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("vixy", "2011-01-04"),
        ("uvxy", "2011-10-04"),
        ("svxy", "2011-10-04"),
        ("svix", "2022-03-30"),
        ("tail", "2017-04-06"),
        ("spy", "1993-01-29"),
    ],
)
def test_no_session_of_a_product_is_missing(shared_data: Path, name: str, first: str) -> None:
    rows = real(shared_data / "etps" / ADJUSTED).filter(pl.col("series") == name)
    days = calendar.sessions(date.fromisoformat(first), date(2026, 8, 3))
    assert rows["session"].to_list() == list(days)
    assert set(rows["basis"]) == {"adjusted"}


def test_closes_only_outside_of_vxx(shared_data: Path) -> None:
    rows = real(shared_data / "etps" / ADJUSTED)
    assert rows["open"].null_count() == rows.height
    assert "xiv" not in rows["series"].to_list(), "closed in February 2018, in no file"
    traded = real(shared_data / "etps" / "vxx_ohlcv_as_traded_2009_2021.csv")
    assert (traded["open"].null_count(), traded.height) == (0, 3_149)
    assert traded.filter(pl.col("split") == 4.0).height == 6


def test_the_crash_of_february_2018_is_genuine(shared_data: Path) -> None:
    """SOURCES: log returns of 2018-02-05 and 06; no level is doubted for its size."""
    rows = real(shared_data / "etps" / ADJUSTED)
    for name, moves in {"uvxy": (0.508, -0.407), "svxy": (-0.385, -1.769)}.items():
        ours = rows.filter(pl.col("series") == name).with_columns(move=pl.col("close").log().diff())
        days = ours.filter(pl.col("session").is_between(date(2018, 2, 5), date(2018, 2, 6)))
        assert days["move"].to_list() == pytest.approx(list(moves), abs=0.0006)


def test_adjusted_and_as_traded_are_kept_apart(shared_data: Path) -> None:
    """Early adjusted levels are huge: returns agree, levels do not."""
    adjusted = real(shared_data / "etps" / "vxx_adj_close_2009_2026.csv")
    traded = real(shared_data / "etps" / "vxx_ohlcv_as_traded_2009_2021.csv")
    assert (adjusted["basis"].unique().item(), traded["basis"].unique().item()) == (
        *("adjusted", "as_traded"),
    )
    assert adjusted["close"][0] > 1_000 * traded["close"][0]


@pytest.mark.parametrize(("name", "before", "after"), [("svxy", -1.0, -0.5), ("uvxy", 2.0, 1.5)])
def test_leverage_changed_on_2018_02_28(
    shared_data: Path, name: str, before: float, after: float
) -> None:
    """Daily returns against VIXY, the same futures without leverage, half a year to either side."""
    rows = real(shared_data / "etps" / ADJUSTED)
    wide = rows.pivot("series", index="session", values="close").sort("session")
    moves = wide.select("session", pl.col(name, "vixy").pct_change())
    change = date(2018, 2, 28)
    for first, last, times in (
        (date(2017, 8, 1), date(2018, 2, 2), before),
        (change, date(2018, 8, 31), after),
    ):
        ours = moves.filter(pl.col("session").is_between(first, last))
        slope = ours.select(pl.cov(name, "vixy") / pl.col("vixy").var()).item()
        assert slope == pytest.approx(times, abs=0.1)
