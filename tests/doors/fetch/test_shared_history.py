"""Real levels, written anew in their publishers' layouts, over the local server into a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from steward.doors.fetch.planning import expiries
from steward.market.store import Store

from .publishers import Desk, desk
from .server import Site
from .vendor_files import shared_bars, shared_future

FILES = {  # rows by SOURCES-series.md, "index/"
    "VIX": ("vix_daily.csv", 9_235),
    "VIX9D": ("vix9d_daily.csv", 3_909),
    "VVIX": ("vvix_daily.csv", 5_066),
    "SKEW": ("skew_daily.csv", 9_189),
}
EVENING = datetime(2026, 7, 24, 21, 0, tzinfo=UTC)
SPAN = (date(2018, 2, 5), date(2018, 2, 6))


@pytest.fixture
def user(site: Site, tmp_path: Path, shared_data: Path) -> Desk:
    one = desk(site, tmp_path)
    index = replace(one.known.sources["cboe_index"], symbols=tuple(FILES))
    futures = replace(one.known.sources["cfe_vx"], last_expiry=date.max)
    known = replace(one.known, sources={"cboe_index": index, "cfe_vx": futures})
    for symbol, (name, _) in FILES.items():
        site.put(f"/index/{symbol}_History.csv", shared_bars(shared_data, name), packed=True)
    for expiry in expiries(*SPAN):
        found = shared_future(shared_data, expiry)
        if found is not None:
            site.put(f"/VX/VX_{expiry}.csv", found)
    return replace(one, known=known, now=EVENING, first=SPAN[0], last=SPAN[1])


def test_real_histories(user: Desk, shared_data: Path) -> None:
    report = user.fetch()
    assert not report.of("failed", "absent")
    for symbol, (_, rows) in FILES.items():
        record = user.outcome(report, f"cboe_index/{symbol}_History.csv").record
        assert record is not None
        assert record.read == rows
        assert set(record.set_aside) <= {"not a session of the exchange"}
    vix = user.outcome(report, "cboe_index/VIX_History.csv").record
    assert vix is not None
    assert vix.set_aside == {"not a session of the exchange": 33}  # SOURCES-series.md, "Defects"
    index = Store(user.store).rows("index")
    assert index is not None
    day = index.filter(pl.col("session") == date(2018, 2, 5), pl.col("series") != "skew")
    closes = day.select("series", "close")
    files = {symbol.lower(): name for symbol, (name, _) in FILES.items() if symbol != "SKEW"}
    expected = {
        series: pl.read_csv(shared_data / "index" / name, try_parse_dates=True)
        .filter(pl.col("date") == date(2018, 2, 5))["close"]
        .item()
        for series, name in files.items()
    }
    assert len(expected) == 3
    assert dict(closes.iter_rows()) == pytest.approx(expected)


def test_real_futures_of_two_days(user: Desk) -> None:
    user.fetch()
    futures = Store(user.store).rows("vx")
    assert futures is not None
    days = expiries(*SPAN)
    assert len(days) == 9
    assert sorted(futures["expiry"].unique()) == list(days)
    # The widest day: every contract that was listed has a settlement.
    curve = futures.filter(pl.col("session") == SPAN[0]).sort("expiry")
    assert curve.height == 9
    assert curve["settle"].null_count() == 0
    assert curve["settle"][0] > curve["settle"][8] > 0.0


@pytest.mark.slow
def test_a_real_history_grows_day_by_day(user: Desk, shared_data: Path) -> None:
    """A month of evenings leaves the same store as the last evening alone."""
    user.known = replace(
        user.known,
        sources={"cboe_index": replace(user.known.sources["cboe_index"], symbols=("VIX",))},
    )
    path = "/index/VIX_History.csv"
    for day in (date(2026, 7, 1), date(2026, 7, 2), date(2026, 7, 6), date(2026, 7, 23)):
        user.now = datetime(day.year, day.month, day.day, 22, 0, tzinfo=UTC)
        user.site.put(path, shared_bars(shared_data, "vix_daily.csv", until=day), packed=True)
        outcome = user.outcome(user.fetch(), "cboe_index/VIX_History.csv")
        assert outcome.state == "new"
        if outcome.replaced is not None:
            assert outcome.replaced.added > 0
            assert (outcome.replaced.gone, outcome.replaced.revised) == (0, 0)
    at_once = replace(user, store=user.store.parent / "at_once")
    at_once.fetch()
    assert user.hash() == at_once.hash()
    assert len(Store(user.store).records) == 1
