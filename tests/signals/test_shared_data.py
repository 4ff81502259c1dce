"""Figures that the methodology and its sources state of the real history, found again."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.market.history import History
from steward.signals.compute import SignalTable, compute
from steward.terms import calendar


def closes(file: Path) -> pl.DataFrame:
    frame = pl.read_csv(file, columns=["date", "close"], schema_overrides={"close": pl.Float64})
    return frame.with_columns(pl.col("date").str.to_date())


@pytest.fixture(scope="module")
def real(shared_data: Path, world: Any) -> tuple[History, SignalTable]:
    """SPX, VIX and its terms from 1990 on, on the sessions that have both closes."""
    index = shared_data / "index"
    frame = closes(index / "spx_daily.csv").rename({"close": "spx"})
    for name in ("vix", "vix3m", "vix9d"):
        other = closes(index / f"{name}_daily.csv").rename({"close": name})
        frame = frame.join(other, on="date", how="left")
    frame = frame.sort("date")
    sessions = calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY)
    ours = frame.filter(pl.col("date").is_in(sessions), pl.col("vix").is_not_null())
    days = tuple(ours["date"].to_list())
    before = frame.filter(pl.col("date") < days[0])["spx"].to_numpy()
    series = {
        name: world.daily(name, days, ours[name].fill_null(np.nan).to_numpy())
        for name in ("vix3m", "vix9d")
    }
    history = world.history(
        ours["spx"].to_numpy(), ours["vix"].to_numpy(), series=series, before=before, days=days
    )
    return history, compute(history)


def test_layer_three_on_vix_alone_is_on_about_an_eighth_of_days(
    real: tuple[History, SignalTable],
) -> None:
    """Methodology D3: z >= 2 and +25 % in 5 days, off after five closes under z 1: about 12 % of
    days since 1990, 1.3 episodes a year."""
    table = real[1]
    z, change = table.column("cap_vol_z_252"), table.column("cap_vol_change_5_pct")
    on, calm, days_on, episodes = False, 0, 0, 0
    for score, rise in zip(z, change, strict=True):
        if score >= 2.0 and rise >= 25.0:
            episodes += not on
            on, calm = True, 0
        elif on:
            calm = calm + 1 if score < 1.0 else 0
            on = calm < 5
        days_on += on
    known = int(np.isfinite(z).sum())
    assert days_on / known == pytest.approx(0.125, abs=0.015)
    assert episodes / (known / 252) == pytest.approx(1.3, abs=0.05)


def test_vix_above_its_three_months_index(real: tuple[History, SignalTable]) -> None:
    """VIX over VIX3M on 7.8 % of days from 2010 to June 2026 (facts, section 8, key TT)."""
    history, table = real
    days = np.array(history.sessions, dtype="datetime64[D]")
    inside = (days >= np.datetime64("2010-01-01")) & (days <= np.datetime64("2026-06-30"))
    inside &= np.array(table.states("vix_over_vix3m")) == "known"
    assert (table.column("vix_over_vix3m")[inside] > 1.0).mean() == pytest.approx(0.078, abs=0.001)


def test_the_fifth_of_february_2018(real: tuple[History, SignalTable]) -> None:
    """VIX rose by 115.6 % in a day, the largest rise on record."""
    history, table = real
    row = table.row(date(2018, 2, 5)).readings
    rises = table.column("vix_change_1_pct")
    assert np.nanmax(rises) == row["vix_change_1_pct"].value == pytest.approx(115.6, abs=0.05)
    assert row["vix_percentile_252"].value == 100.0
    assert row["stress_now"].value == 1.0
    assert row["vix9d_over_vix"].value > 1.0
    assert history.sessions[0] == date(1990, 1, 2)
    assert table.states("rsi_14")[0] == "known"
