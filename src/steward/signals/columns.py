"""One signal over all sessions: values, states, ages; and how a series meets the sessions.

Two ways in. `on_the_day` is for what exists once a session (indices, breadth): the value of that
very session, known by its decision moment, or nothing. `newest` is for what is published when it is
published (rates, macro): the last value known at the moment, with its age. A value that becomes
known later than its own session never enters a window of daily values: the window of a session
stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.market.history import Floats, History, Series
from steward.signals.rows import SignalState

Moments = NDArray[np.datetime64]
Bools = NDArray[np.bool_]

KNOWN, WARMING, STALE, ABSENT = 0, 1, 2, 3
STATES: tuple[SignalState, ...] = ("known", "warming", "stale", "absent")

_NEVER = np.datetime64("NaT", "m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is of a value at each session, one entry a session.

    value     NaN where nothing can be said
    known_at  of the oldest thing in it, UTC, datetime64[m]; NaT where nothing was known
    fresh     present and not older than it may be
    source    index into `sources`
    """

    value: Floats
    known_at: Moments
    fresh: Bools
    source: NDArray[np.int64]
    sources: tuple[str, ...] = ("",)

    def named(self, *, name: str) -> Seen:
        return replace(self, sources=(name,) * len(self.sources))

    def with_value(self, value: Floats) -> Seen:
        """The same ages and sources with another value, made of this one."""
        return replace(self, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A signal over all sessions. `value` is NaN when warming or absent, the last known when stale.

    state     0 known, 1 warming, 2 stale, 3 absent
    age_days  whole days from known_at to the decision moment; 0 where nothing is known
    why       for an absent signal: which series are missing
    """

    value: Floats
    state: NDArray[np.int8]
    known_at: Moments
    age_days: NDArray[np.int64]
    source: NDArray[np.int64]
    sources: tuple[str, ...]
    why: str = ""


def absent(history: History, why: str) -> Column:
    """A signal that has no source for the whole run."""
    n = len(history.sessions)
    return Column(
        value=np.full(n, np.nan),
        state=np.full(n, ABSENT, dtype=np.int8),
        known_at=np.full(n, _NEVER),
        age_days=np.zeros(n, dtype=np.int64),
        source=np.zeros(n, dtype=np.int64),
        sources=("",),
        why=why,
    )


def missing(history: History, *names: str) -> str:
    """Why a signal that needs all these series is absent; empty when all are there."""
    lost = [name for name in names if name not in history.series]
    return f"this history has no series {', '.join(lost)}" if lost else ""


def present(history: History, value: Floats) -> Seen:
    """Values of the session's own bars: known at the decision moment, or not there."""
    there = np.isfinite(value)
    return Seen(
        value=value,
        known_at=np.where(there, history.moments, _NEVER),
        fresh=there,
        source=np.zeros(len(value), dtype=np.int64),
    )


def on_the_day(history: History, series: Series) -> Seen:
    """The series' value of each session itself, when it was known by the decision moment."""
    days = np.array(history.sessions, dtype="datetime64[D]")
    row = np.searchsorted(days, series.period)
    inside = row < len(days)
    row = np.where(inside, row, 0)
    good = inside & np.isfinite(series.value)
    if len(days):
        good &= (days[row] == series.period) & (series.known_at <= history.moments[row])
    value = np.full(len(days), np.nan)
    known_at = np.full(len(days), _NEVER)
    value[row[good]] = series.value[good]
    known_at[row[good]] = series.known_at[good]
    source = np.zeros(len(days), dtype=np.int64)
    return Seen(value=value, known_at=known_at, fresh=np.isfinite(value), source=source)


def newest(history: History, series: Series) -> Seen:
    """The series' last value known at each decision moment, old or not; rows without one aside."""
    good = np.isfinite(series.value)
    at = np.searchsorted(series.known_at[good], history.moments, side="right") - 1
    ever = at >= 0
    n = len(history.sessions)
    value, known_at = np.full(n, np.nan), np.full(n, _NEVER)
    value[ever] = series.value[good][at[ever]]
    known_at[ever] = series.known_at[good][at[ever]]
    age = _age_days(history.moments, known_at)
    fresh = ever & (age <= series.max_age_days)
    return Seen(value=value, known_at=known_at, fresh=fresh, source=np.zeros(n, dtype=np.int64))


def together(parts: Sequence[Seen], value: Floats) -> Seen:
    """A value made of several: as old as the oldest of them, fresh when all are."""
    known_at = parts[0].known_at
    fresh = parts[0].fresh
    for part in parts[1:]:
        known_at = np.minimum(known_at, part.known_at)  # NaT wins: one of them is not known
        fresh = fresh & part.fresh
    return replace(parts[0], value=value, known_at=known_at, fresh=fresh)


def over_known(transform: Callable[[Floats], Floats], values: Floats) -> Floats:
    """`transform` over the values that exist, put back in their places; NaN elsewhere."""
    there = np.isfinite(values)
    out = np.full(len(values), np.nan)
    out[there] = transform(values[there])
    return out


def settle(history: History, seen: Seen) -> Column:
    """The column of a signal: known where it is fresh, else its last known value, else warming."""
    can = np.isfinite(seen.value)
    known = can & seen.fresh
    last_known, last_any = _last_place(known), _last_place(can)
    last = np.where(last_known >= 0, last_known, last_any)  # too old from the first session on
    ever = last >= 0
    at = np.where(ever, last, 0)
    state = np.where(known, KNOWN, np.where(ever, STALE, WARMING)).astype(np.int8)
    known_at = np.where(ever, seen.known_at[at], _NEVER)
    return Column(
        value=np.where(ever, seen.value[at], np.nan),
        state=state,
        known_at=known_at,
        age_days=np.where(ever, _age_days(history.moments, known_at), 0),
        source=np.where(ever, seen.source[at], 0),
        sources=seen.sources,
    )


def _last_place(flags: Bools) -> NDArray[np.int64]:
    """At each place, that of the last true flag up to it; -1 before the first."""
    place = np.where(flags, np.arange(len(flags)), -1)
    return np.asarray(np.maximum.accumulate(place) if len(place) else place, dtype=np.int64)


def _age_days(moments: Moments, known_at: Moments) -> NDArray[np.int64]:
    """Whole days from `known_at` to the moment; 0 where it was never known."""
    known = np.where(np.isnat(known_at), moments, known_at)
    minutes = (moments - known).astype("timedelta64[m]").astype(np.int64)
    return np.asarray(minutes // (24 * 60), dtype=np.int64)
