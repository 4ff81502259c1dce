"""Daily index levels: aligned to the sessions of the exchange, doubtful rows counted, not believed.

Levels are rounded to 0.01, as the indices are published: some copies carry single-precision dust
(1234.560059 for 1234.56).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from steward.market.history import Bars, Floats, Quarantined
from steward.market.vendors.clock import Days, clock, whole_clock
from steward.market.vendors.csv_file import Named
from steward.terms import calendar
from steward.terms.errors import StewardError

OHLC = ("open", "high", "low", "close")


@dataclass(slots=True)
class Ward:
    """Where rows that are not believed are counted, by file and reason, in order of arrival."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def count(self, source: str, reason: str, rows: int) -> None:
        if rows:
            self.counts[source, reason] = self.counts.get((source, reason), 0) + int(rows)

    def all(self) -> tuple[Quarantined, ...]:
        return tuple(
            Quarantined(source=source, reason=reason, rows=rows)
            for (source, reason), rows in self.counts.items()
        )


def on_sessions(frame: pl.DataFrame, source: Named, ward: Ward) -> pl.DataFrame:
    """Rows by `day`: sorted, of one day twice the first, each since 1990 a session.

    Days before the calendar begins are taken as they are.
    """
    frame = frame.sort("day", maintain_order=True)
    keep = frame.unique("day", keep="first", maintain_order=True)
    ward.count(source.name, "a day that occurs twice", frame.height - keep.height)
    days = keep["day"].to_numpy().astype("datetime64[D]")
    known = days < np.datetime64(calendar.FIRST_DAY)
    on = pl.Series(known | whole_clock().is_session(days))
    ward.count(source.name, "not a session of the exchange", int((~on).sum()))
    return keep.filter(on)


def believed(
    frame: pl.DataFrame, source: Named, ward: Ward, *, levels: Sequence[str] = OHLC
) -> pl.DataFrame:
    """`day` and levels: rows as `on_sessions` keeps them, each close above 0.

    frame   `day` and `levels`, "close" among them; a null is a level that the file does not have
    An open, high or low of 0 or below is unknown.
    """
    keep = on_sessions(frame, source, ward)
    empty = keep["close"].is_null()
    ward.count(source.name, "a session without a value", int(empty.sum()))
    keep = keep.filter(~empty)
    bad = keep["close"] <= 0.0
    ward.count(source.name, "a close of 0 or below", int(bad.sum()))
    return keep.filter(~bad).with_columns(
        pl.when(pl.col(name) > 0.0).then(pl.col(name).round(2)).otherwise(None).alias(name)
        for name in levels
    )


def without_false_opens(frame: pl.DataFrame, source: Named, ward: Ward) -> pl.DataFrame:
    """VIX bars whose open is believed: not outside high and low, not a close four times over."""
    false = (pl.col("open") > pl.col("high")) | (pl.col("open") < pl.col("low"))
    repeated = (pl.col("open") == pl.col("close")) & (pl.col("high") == pl.col("low"))
    doubt = frame.select(outside=false.fill_null(value=False), same=repeated.fill_null(value=False))
    ward.count(source.name, "an open outside high and low: unknown", int(doubt["outside"].sum()))
    ward.count(source.name, "a close four times over: no open, high, low", int(doubt["same"].sum()))
    frame = pl.concat([frame, doubt], how="horizontal")
    outside, same = pl.col("outside"), pl.col("same")
    unknown = {"open": outside | same, "high": same, "low": same}
    return frame.with_columns(
        pl.when(when).then(None).otherwise(pl.col(name)).alias(name)
        for name, when in unknown.items()
    ).drop("outside", "same")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligned:
    """SPX and VIX on the sessions that have both, and SPX before them."""

    sessions: tuple[date, ...]
    moments: Days
    spx: Bars
    vix: Bars
    spx_before: Floats
    spx_before_days: tuple[date, ...]
    skipped: tuple[date, ...]  # sessions of the exchange in between that lack one of the two


def align(spx: pl.DataFrame, vix: pl.DataFrame, *, names: str) -> Aligned:
    """Both on their common sessions. Raises StewardError when there is none.

    spx, vix  as `believed` gives them; columns that a frame lacks become NaN
    names     of the two files, for the error
    """
    both = spx.select("day").join(vix.select("day"), on="day").sort("day")["day"]
    if both.is_empty():
        raise StewardError(
            f"{names}: no session with both SPX and VIX; bring files that cover the same days"
        )
    sessions = tuple(both)
    ours = clock(sessions[0], sessions[-1])
    days = both.to_numpy().astype("datetime64[D]")
    place = np.searchsorted(ours.sessions, days)
    skipped = np.setdiff1d(ours.sessions, days)
    before = spx.filter(pl.col("day") < sessions[0])
    return Aligned(
        sessions=sessions,
        moments=ours.moments[place],
        spx=_bars(spx, both),
        vix=_bars(vix, both),
        spx_before=before["close"].to_numpy(),
        spx_before_days=tuple(before["day"]),
        skipped=tuple(skipped.tolist()),
    )


def _bars(frame: pl.DataFrame, days: pl.Series) -> Bars:
    ours = frame.filter(pl.col("day").is_in(days.implode()))
    nothing = np.full(len(days), np.nan)
    columns = {
        name: ours[name].fill_null(np.nan).to_numpy() if name in ours.columns else nothing
        for name in OHLC
    }
    return Bars(**columns)


def sentence_on_skipped(skipped: Sequence[date]) -> tuple[str, ...]:
    """What a page must say of sessions that the run does not have; nothing when there are none."""
    if not skipped:
        return ()
    shown = ", ".join(str(day) for day in skipped[:6]) + (", ..." if len(skipped) > 6 else "")
    return (
        f"Sessions of the exchange without SPX or VIX, so not sessions of the run: {shown} "
        f"({len(skipped)}).",
    )
