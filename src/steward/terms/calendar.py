"""Sessions of the New York exchange, half days, settlement days, and time between moments.

The table of closed weekdays and early closes (`files/closures.csv`) is made by
`tools/make_calendar.py` from a maintained calendar library and checked against a second one. Days
after the table's making follow the exchange's rules as then known.
"""

from __future__ import annotations

import bisect
import csv
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

NEW_YORK = ZoneInfo("America/New_York")
OPEN = time(9, 30)
CLOSE = time(16, 0)
FIRST_DAY = date(1990, 1, 1)
LAST_DAY = date(2029, 12, 31)

OPTIONS_AFTER_CLOSE = timedelta(minutes=15)
"""SPX and VIX options that do not expire trade a quarter of an hour longer than the shares."""

YEAR = timedelta(days=365)


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[date, ...], dict[date, time]]:
    """All sessions, rising, and the closing time of the shares on early closes."""
    text = (resources.files("steward.terms") / "files" / "closures.csv").read_text("utf-8")
    closed: set[date] = set()
    early: dict[date, time] = {}
    for row in csv.DictReader(text.splitlines()):
        day = date.fromisoformat(row["day"])
        if row["closes_at"]:
            early[day] = time.fromisoformat(row["closes_at"])
        else:
            closed.add(day)
    days = (FIRST_DAY + timedelta(days=i) for i in range((LAST_DAY - FIRST_DAY).days + 1))
    return tuple(d for d in days if d.weekday() < 5 and d not in closed), early


@lru_cache(maxsize=1)
def _set() -> frozenset[date]:
    return frozenset(_table()[0])


def sessions(first: date, last: date) -> tuple[date, ...]:
    """All sessions from `first` to `last`, both included where they are sessions."""
    days = _table()[0]
    return days[bisect.bisect_left(days, first) : bisect.bisect_right(days, last)]


def is_session(day: date) -> bool:
    return day in _set()


def on_or_before(day: date) -> date:
    """The last session not after `day`. Raises StewardError outside of the table."""
    days = _table()[0]
    i = bisect.bisect_right(days, day) - 1
    if i < 0 or day > LAST_DAY:
        raise _outside(day)
    return days[i]


def on_or_after(day: date) -> date:
    """The first session not before `day`. Raises StewardError outside of the table."""
    days = _table()[0]
    i = bisect.bisect_left(days, day)
    if i == len(days) or day < FIRST_DAY:
        raise _outside(day)
    return days[i]


def previous_session(day: date) -> date:
    """The last session before `day`."""
    return on_or_before(day - timedelta(days=1))


def next_session(day: date) -> date:
    """The first session after `day`."""
    return on_or_after(day + timedelta(days=1))


def sessions_between(first: date, last: date) -> int:
    """Sessions after `first` up to and with `last`; 0 when there is none."""
    days = _table()[0]
    return max(bisect.bisect_right(days, last) - bisect.bisect_right(days, first), 0)


def is_first_of_week(session: date) -> bool:
    """Whether no earlier session lies in the same ISO week."""
    return previous_session(session).isocalendar()[:2] != session.isocalendar()[:2]


def is_first_of_month(session: date) -> bool:
    """Whether no earlier session lies in the same month."""
    return previous_session(session).month != session.month


def is_half_day(session: date) -> bool:
    return session in _table()[1]


# --- moments -------------------------------------------------------------------------------------


def close_of_shares(session: date) -> datetime:
    """Moment of the official index close: 16:00 New York, 13:00 on half days."""
    return datetime.combine(session, _table()[1].get(session, CLOSE), NEW_YORK)


@lru_cache(maxsize=20_000)
def decision_moment(session: date) -> datetime:
    """When index, VIX and option marks of the session are all known: 16:15, 13:15 on half days."""
    return close_of_shares(session) + OPTIONS_AFTER_CLOSE


@lru_cache(maxsize=50_000)
def settlement_moment(expiry: Expiry) -> datetime:
    """The opening print for AM settlement, the close of the shares for PM."""
    if expiry.settlement == "AM":
        return datetime.combine(expiry.day, OPEN, NEW_YORK)
    return close_of_shares(expiry.day)


def days_to(session: date, expiry: Expiry) -> int:
    """Calendar days from the session to the settlement day."""
    return (expiry.day - session).days


@lru_cache(maxsize=200_000)
def years_to(session: date, expiry: Expiry) -> float:
    """Years (act/365) from the decision moment to settlement; 0 when that is past.

    By the clock on the wall, a day being 1,440 minutes even when the clocks change: so counts VIX.
    """
    left = settlement_moment(expiry) - decision_moment(session)
    return max(left / YEAR, 0.0)


# --- settlement days -----------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def third_friday(year: int, month: int) -> date:
    """The third Friday itself, a session or not."""
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


@lru_cache(maxsize=4096)
def monthly_expiry(year: int, month: int) -> date:
    """Settlement day of the monthly series: the third Friday, the session before when closed."""
    return on_or_before(third_friday(year, month))


VX_EARLY_2004 = {date(2004, 7, 21): date(2004, 7, 14), date(2004, 10, 20): date(2004, 10, 13)}
"""In 2004 two VX contracts expired a week before the day that the rule gives."""


@lru_cache(maxsize=4096)
def vix_expiry(year: int, month: int) -> date:
    """Settlement day of VIX options and futures of that month.

    The Wednesday 30 days before the third Friday of the following month; the session before that
    Wednesday when it, or the Friday 30 days later, is closed. Source: Cboe, VIX options
    specifications.
    """
    after = date(year + month // 12, month % 12 + 1, 1)
    friday = third_friday(after.year, after.month)
    wednesday = friday - timedelta(days=30)
    if is_session(wednesday) and is_session(friday):
        return VX_EARLY_2004.get(wednesday, wednesday)
    return previous_session(wednesday)


def months_from(day: date, count: int) -> tuple[tuple[int, int], ...]:
    """(year, month) of `count` months, that of `day` first."""
    return _months_from(day.year * 12 + day.month - 1, count)


@lru_cache(maxsize=4096)
def _months_from(start: int, count: int) -> tuple[tuple[int, int], ...]:
    return tuple((n // 12, n % 12 + 1) for n in range(start, start + count))


def _outside(day: date) -> StewardError:
    return StewardError(
        f"{day} lies outside of the calendar ({FIRST_DAY} to {LAST_DAY}): choose a day in that span"
    )
