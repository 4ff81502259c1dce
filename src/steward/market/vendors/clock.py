"""When things were known: the sessions of the exchange as arrays, and the lags of releases."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.history import Floats, Series
from steward.terms import calendar

Days = NDArray[np.datetime64]
Moments = NDArray[np.datetime64]
Bools = NDArray[np.bool_]

MINUTE = "datetime64[m]"
RELEASE = np.timedelta64(13 * 60 + 30, "m")
"""Clock of a release known by its day only, UTC: 8:30 New York in winter."""

EVENING = np.timedelta64(21 * 60 + 15, "m")
"""16:15 New York in winter, UTC: for days before the calendar begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Sessions and their decision moments (UTC), rising."""

    sessions: Days
    moments: Moments

    def is_session(self, days: Days) -> Bools:
        place = np.minimum(np.searchsorted(self.sessions, days), len(self.sessions) - 1)
        return np.asarray(self.sessions[place] == days, dtype=np.bool_)

    def at_session(self, days: Days) -> Moments:
        """Decision moments of days that are sessions."""
        return self.moments[np.searchsorted(self.sessions, days)]

    def next_bank_session(self, days: Days) -> Moments:
        """Decision moment of the first session after each day on which the Fed publishes.

        Before the calendar begins: the next weekday. After its end: NaT, so it is never known.
        """
        open_too = self.sessions[~_bank_holidays(self.sessions)]
        place = np.searchsorted(open_too, days, side="right")
        ours = self.at_session(open_too[np.minimum(place, len(open_too) - 1)])
        early = np.busday_offset(days, 1, roll="backward").astype(MINUTE) + EVENING
        never = np.datetime64("NaT", "m")
        moments = np.where(place < len(open_too), ours, never)
        return np.where(days < self.sessions[0], early, moments)


@functools.cache
def clock(first: date, last: date) -> Clock:
    """The sessions from `first` to `last`, both included when they are sessions."""
    days = calendar.sessions(first, last)
    moments = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    return Clock(
        sessions=np.array(days, dtype="datetime64[D]"), moments=np.array(moments, dtype=MINUTE)
    )


def whole_clock() -> Clock:
    return clock(calendar.FIRST_DAY, calendar.LAST_DAY)


def moments_of(days: pl.Series) -> pl.Series:
    """Decision moments (UTC) of sessions; before the calendar 16:15 in winter, else null."""
    found = days.to_numpy().astype("datetime64[D]")
    ours = whole_clock()
    place = np.minimum(np.searchsorted(ours.sessions, found), len(ours.sessions) - 1)
    never = np.datetime64("NaT", "m")
    known = np.where(ours.sessions[place] == found, ours.moments[place], never)
    early = found < ours.sessions[0]
    return utc(np.where(early, found.astype(MINUTE) + EVENING, known))


def utc(moments: Moments) -> pl.Series:
    """Moments as the tables of the store keep them."""
    return pl.Series("known_at", moments.astype("datetime64[us]")).dt.replace_time_zone("UTC")


def _bank_holidays(sessions: Days) -> Bools:
    """Sessions of the exchange on which the Fed publishes nothing.

    Columbus Day (second Monday of October), Veterans Day (11 November, on a Sunday the Monday
    after) and, while the exchange was open on it (to 1997), the third Monday of January.
    """
    month = sessions.astype("datetime64[M]").astype(np.int64) % 12 + 1
    year = sessions.astype("datetime64[Y]").astype(np.int64) + 1970
    in_month = (sessions - sessions.astype("datetime64[M]")).astype(np.int64) + 1
    monday = (sessions.astype(np.int64) + 3) % 7 == 0  # 1970-01-01 was a Thursday
    columbus = (month == 10) & monday & (in_month >= 8) & (in_month <= 14)
    veterans = (month == 11) & ((in_month == 11) | (monday & (in_month == 12)))
    king = (month == 1) & monday & (in_month >= 15) & (in_month <= 21) & (year < 1998)
    return np.asarray(columbus | veterans | king, dtype=np.bool_)


def after_period(periods: Days, *, months: int, lag_days: int) -> Moments:
    """`lag_days` days after the last day of a period of `months` months that begins then."""
    ends = periods.astype("datetime64[M]") + months
    last = ends.astype("datetime64[D]") - 1
    return np.asarray((last + lag_days).astype(MINUTE) + RELEASE)


def series(
    *,
    name: str,
    unit: str,
    period: Days,
    value: Floats,
    known_at: Moments,
    max_age_days: int,
    lagged: bool,
    source: str,
) -> Series | None:
    """A series in order of its periods, from its first value to its last; None without any.

    Rows without a value in between stay, as NaN. `known_at` rises: where a period was published
    before an earlier one, it counts as known only with that one.
    """
    order = np.argsort(period, kind="stable")
    period, value, known_at = period[order], value[order], known_at[order]
    there = np.flatnonzero(np.isfinite(value) & ~np.isnat(known_at))
    if not len(there):
        return None
    span = slice(int(there[0]), int(there[-1]) + 1)
    return Series(
        name=name,
        unit=unit,
        period=period[span].astype("datetime64[D]"),
        value=value[span],
        known_at=np.maximum.accumulate(known_at[span].astype(MINUTE)),
        max_age_days=max_age_days,
        lagged=lagged,
        source=source,
    )
