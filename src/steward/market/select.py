"""The strikes nearest a delta, and the series nearest a number of days: one rule, said here.

Precision  both sides of |delta - target| and their difference in float32, as the cache keeps
           deltas: in float64 other strikes win, because 0.16 is not the same number there
Ties       of two strikes equally near the lower one; of two expiries the earlier one; of two
           series of one day that of the lower root (SPX before SPXW), then AM before PM
Unknown    a row without a delta is never chosen
Sides      a target below 0 asks among puts, above 0 among calls

`nearest_delta` and `nearest_series` work on frames, `condor_rows` on all sessions of the cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.cache import Columns
from steward.market.lookup import looked_up
from steward.market.store import SNAPSHOTS, Store

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)

SERIES = ("session", "expiry", "root", "settlement")

NONE = -1
"""In `Chosen`: no series, no row."""


def nearest_series(quotes: pl.DataFrame, *, days: int) -> pl.DataFrame:
    """Of each session the rows of the one series nearest `days` calendar days after it."""

    def chosen(series: pl.DataFrame) -> pl.DataFrame:
        away = ((pl.col("expiry") - pl.col("session")).dt.total_days() - days).abs()
        ranked = series.sort("session", away, "expiry", "root", "settlement")
        return ranked.with_columns(chosen=pl.col("session").is_first_distinct())

    return quotes.filter(looked_up(quotes.select(SERIES), SERIES, chosen)["chosen"])


def nearest_delta(quotes: Frame, *, target: float, by: Sequence[str] = SERIES) -> Frame:
    """Of each `by` the quote nearest `target`; columns as given, sorted by `by`."""
    wanted = pl.lit(target, dtype=pl.Float32)
    distance = (pl.col("delta").cast(pl.Float32).fill_nan(None) - wanted).abs()
    side = quotes.filter(pl.col("right") == ("P" if target < 0.0 else "C"))
    near = side.filter(distance == distance.min().over(list(by)))
    return near.sort(*by, "strike").unique(list(by), keep="first", maintain_order=True)


def condor_quotes(
    store: Store, symbol: str, *, days: int, targets: Sequence[float]
) -> pl.DataFrame:
    """`condor_rows` from the Parquet parts, for whoever needs it once and has no cache.

    One row a session and target: columns `SERIES`, right, strike, delta, target; sorted by session
    and target. A target that a session has no delta for has no row.
    """
    quotes = store.scan(symbol)
    held = {name for one in store.of_table("quotes") for name in one.sessions.get(symbol, ())}
    if held != {SNAPSHOTS[0]}:
        quotes = quotes.filter(pl.col("snapshot") == SNAPSHOTS[0])
    quotes = quotes.select(*SERIES, "right", "strike", "delta")
    left = pl.col("expiry").cast(pl.Int32) - pl.col("session").cast(pl.Int32)
    lacking, near = set(store.sessions(symbol, SNAPSHOTS[0])), [quotes.clear().collect()]
    for first, width in enumerate(WIDTHS):
        if not lacking:
            break
        asked = quotes.filter(left.is_between(days - width, days + width))
        if first:
            asked = asked.filter(pl.col("session").is_in(sorted(lacking)))
        with store.naming_damage():
            near.append(asked.collect())
        lacking -= set(near[-1]["session"].unique())
    series = nearest_series(pl.concat(near), days=days)
    legs = [
        nearest_delta(series, target=target, by=["session"]).with_columns(target=pl.lit(target))
        for target in targets
    ]
    return pl.concat(legs).sort("session", "target")


WIDTHS = (4, 18, 100_000)
"""Days around those asked for within which series are read, until every session has one.

Weekly settlement days are 7 days apart, monthly ones 35 at most.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A series a session of the cache, and a row of the cache for each target.

    series  row in `Columns.series`, `NONE` where the session has no series that may be asked
    rows    (sessions, targets), `NONE` where the series has no delta on that side
    """

    series: NDArray[np.int64]
    rows: NDArray[np.int64]


def condor_rows(
    columns: Columns,
    *,
    days: int,
    targets: Sequence[float],
    allowed: NDArray[np.bool_] | None = None,
    delta: NDArray[np.float32] | None = None,
) -> Chosen:
    """On every session the series nearest `days`, and in it the quote nearest each target.

    allowed  the series that may be asked, a flag each; None: all
    delta    of each row of the cache; None: the vendor's
    """
    given = columns.rows.delta if delta is None else delta
    series = _nearest_series(columns, days, allowed)
    rows = np.full((series.size, len(targets)), NONE, dtype=np.int64)
    asked = np.flatnonzero(series != NONE)
    if not asked.size:
        return Chosen(series=series, rows=rows)
    begin = columns.series.start[series[asked]]
    end = columns.series.start[series[asked] + 1]
    middle = _first_call(columns.rows.call, begin, end)
    for call, first, last in ((False, begin, middle), (True, middle, end)):
        legs = [leg for leg, target in enumerate(targets) if (target > 0.0) is call]
        some = last > first
        if legs and some.any():
            side = _Sides(given, first[some], last[some])
            for leg in legs:
                rows[asked[some], leg] = side.nearest(targets[leg])
    return Chosen(series=series, rows=rows)


def _nearest_series(
    columns: Columns, days: int, allowed: NDArray[np.bool_] | None
) -> NDArray[np.int64]:
    """The first in their order of those nearest `days`, a session each."""
    series, table = columns.series, columns.sessions_table
    away = np.abs(series.expiry - table.day[series.session] - days)
    far = np.iinfo(away.dtype).max
    away = away if allowed is None else np.where(allowed, away, far)
    begin = table.first[:-1]
    least = np.minimum.reduceat(away, begin)
    at = np.where(away == least[series.session], np.arange(away.size), away.size)
    found = np.minimum.reduceat(at, begin)
    return np.where(least == far, NONE, found)


def _first_call(
    call: NDArray[np.bool_], begin: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Where the calls of each series begin: puts come first, so by halving."""
    low, high = begin.copy(), end.copy()
    while (open_ := low < high).any():
        middle = (low + high) // 2
        is_call = call[np.minimum(middle, call.size - 1)]
        high = np.where(open_ & is_call, middle, high)
        low = np.where(open_ & ~is_call, middle + 1, low)
    return low


class _Sides:
    """The deltas of one side of many series, one after the other; no side is empty."""

    def __init__(
        self, delta: NDArray[np.float32], first: NDArray[np.int64], last: NDArray[np.int64]
    ) -> None:
        count = last - first
        self._first = first
        self._begin = np.concatenate(([0], np.cumsum(count)[:-1]))
        self._of = np.repeat(np.arange(first.size), count)
        self._place = np.arange(self._of.size) - self._begin[self._of]
        self._delta = delta[self._place + first[self._of]]

    def nearest(self, target: float) -> NDArray[np.int64]:
        """The row nearest the target of each series: the first of equals, so the lower strike."""
        distance = np.abs(self._delta - np.float32(target))
        distance[np.isnan(distance)] = np.inf
        least = np.minimum.reduceat(distance, self._begin)
        at = np.where(distance == least[self._of], self._place, self._place.size)
        found = self._first + np.minimum.reduceat(at, self._begin)
        return np.where(np.isfinite(least), found, NONE)
