"""Histories of made-up closes on real sessions, and the real closes where the shared data are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.history import Bars, Floats, FuturesTable, History, Series
from steward.terms import calendar


def moments(days: tuple[date, ...]) -> np.ndarray:
    """The decision moments, UTC."""
    stamps = (calendar.decision_moment(day).astimezone(UTC).replace(tzinfo=None) for day in days)
    return np.array(list(stamps), dtype="datetime64[m]")


def daily(name: str, days: tuple[date, ...], value: Floats, *, late_days: int = 0) -> Series:
    """A value a session, known at its decision moment or whole days later."""
    return Series(
        name=name,
        unit="points or percent",
        period=np.array(days, dtype="datetime64[D]"),
        value=np.asarray(value, dtype=np.float64),
        known_at=moments(days) + np.timedelta64(late_days * 24 * 60, "m"),
        max_age_days=7,
        lagged=False,
        source="made up",
    )


def history(
    days: tuple[date, ...],
    spx: Floats | float,
    vix: Floats | float,
    *,
    series: Mapping[str, Floats] | None = None,
    bill: float | None = 2.0,
    before: Floats | None = None,
    futures: FuturesTable | None = None,
) -> History:
    """Closes of SPX and VIX; `series` by name, one value a session; a bill rate in percent."""
    empty = np.full(len(days), np.nan)

    def bars(close: Floats | float) -> Bars:
        filled = np.broadcast_to(np.asarray(close, dtype=np.float64), len(days)).copy()
        return Bars(open=empty, high=empty, low=empty, close=filled)

    known = {name: daily(name, days, value) for name, value in (series or {}).items()}
    if bill is not None:
        known["bill_constant"] = daily("bill_constant", days, np.full(len(days), bill))
    past = np.empty(0) if before is None else before
    return History(
        label="made up",
        sessions=days,
        moments=moments(days),
        spx=bars(spx),
        vix=bars(vix),
        spx_before=past,
        spx_before_days=tuple(date.fromordinal(700_000 + i) for i in range(len(past))),
        series=known,
        futures=futures,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def walk(days: tuple[date, ...], spx: float, vix: float, *, seed: int = 7) -> History:
    """Closes that wander: SPX by 1 % a session, VIX by 6 %, both back towards their start."""
    random = np.random.default_rng(seed)
    paths = []
    for start, size in ((spx, 0.01), (vix, 0.06)):
        gap, path = 0.0, []
        for step in random.normal(0.0, size, len(days)):
            gap = 0.97 * gap + step
            path.append(start * np.exp(gap))
        paths.append(np.array(path))
    return history(days, paths[0], paths[1])


def real_closes(shared_data: Path, names: tuple[str, ...] = ()) -> History:
    """SPX and VIX of all sessions since 1990, and the members of the VIX family that are named."""
    index = shared_data / "index"
    frame = _closes(index / "spx_daily.csv", "spx")
    for name in ("vix", *names):
        frame = frame.join(_closes(index / f"{name}_daily.csv", name), on="date", how="left")
    sessions = calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY)
    frame = frame.sort("date").filter(
        pl.col("date").is_in(list(sessions)), pl.col("vix").is_not_null()
    )
    days = tuple(frame["date"].to_list())
    others = {name: frame[name].fill_null(np.nan).to_numpy() for name in names}
    return history(days, frame["spx"].to_numpy(), frame["vix"].to_numpy(), series=others, bill=3.0)


def _closes(file: Path, name: str) -> pl.DataFrame:
    frame = pl.read_csv(file, columns=["date", "close"], schema_overrides={"close": pl.Float64})
    return frame.select(pl.col("date").str.to_date(), pl.col("close").alias(name))
