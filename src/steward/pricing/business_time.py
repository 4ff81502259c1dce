"""Business time: how much variance a calendar day is worth, before anybody looks at a quote.

A weekend or holiday counts 0.25 of a calendar day and a session what is left of its week, so that a
week is still seven days. On top of that a session on which something is announced counts more: a
decision of the FOMC, a release of consumer prices, and since the prices of 2021 rose a payroll
report. The weights were found on real chains of 2011 to 2026 (the slices' own strips between the
members of the VIX family; `intake.fit.smile` prints what they leave). They were chosen on all of
those dates at once, so that errors with a cluster of dates left out flatter them a little.

A day on which the exchange shut without notice counts as the session that it was to be: nobody knew
better before it, and nothing is priced over it afterwards. Announcements are those that were
scheduled well before, a cancelled meeting of March 2020 among them. Releases that a shutdown of the
government moved count nothing: nobody knew their days ahead. Before 2004 no release days are in our
sources.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from steward.market.vendors.fomc import fomc
from steward.market.vendors.release_days import cpi_releases
from steward.terms import calendar

CLOSED_WEIGHT = 0.25
SESSION_WEIGHT = (7.0 - 2.0 * CLOSED_WEIGHT) / 5.0

FOMC_WEIGHT = 1.0
PRICES_WEIGHT, PRICES_WEIGHT_LATE = 0.5, 1.0
PAYROLLS_WEIGHT_LATE = 0.4
LATE = date(2021, 7, 1)
"""Calendar days of variance that an announcement adds; the late ones from that day on."""

MOVED = frozenset(
    date.fromisoformat(day)
    for day in ("2013-10-30", "2013-11-20", "2025-10-24", "2025-12-18", "2026-02-13")
)
"""Releases of consumer prices on days that a shutdown moved them to."""

UNFORESEEN = frozenset(
    date.fromisoformat(day)
    for day in (
        *("1994-04-27", "2001-09-11", "2001-09-12", "2001-09-13", "2001-09-14", "2004-06-11"),
        *("2007-01-02", "2012-10-29", "2012-10-30", "2018-12-05", "2025-01-09"),
    )
)
"""Days of mourning, of an attack and of a storm: closed, and sessions to whoever priced before."""

DAYS_BEYOND = 1500
"""After the calendar's last day every weekday counts as a session."""


class Clock:
    """Business-weighted days, counted from decision moment to decision moment."""

    def __init__(self) -> None:
        self._first = calendar.FIRST_DAY
        last = calendar.LAST_DAY + timedelta(days=DAYS_BEYOND)
        count = (last - self._first).days + 1
        weight = np.where(
            [(self._first + timedelta(days=i)).weekday() < 5 for i in range(count)],
            SESSION_WEIGHT,
            CLOSED_WEIGHT,
        )
        known = (calendar.LAST_DAY - self._first).days + 1
        weight[:known] = CLOSED_WEIGHT
        for session in calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY):
            weight[(session - self._first).days] = SESSION_WEIGHT
        for day in UNFORESEEN:
            weight[(day - self._first).days] = SESSION_WEIGHT
        for day, extra in announcements():
            if self._first <= day <= last:
                weight[(day - self._first).days] += extra
        self._passed: list[float] = np.cumsum(weight).tolist()

    def index(self, session: date) -> int:
        """The number of a day."""
        return (session - self._first).days

    def passed(self, start: int, days: float) -> float:
        """Weighted days in `days` calendar days after the decision moment of day `start`."""
        whole = int(days)
        before = self._passed[start + whole]
        part = days - whole
        inside = (self._passed[start + whole + 1] - before) * part if part > 0.0 else 0.0
        return before + inside - self._passed[start]


@lru_cache(maxsize=1)
def clock() -> Clock:
    """The one clock of the package."""
    return Clock()


def announcements() -> tuple[tuple[date, float], ...]:
    """Days and what they add, in calendar days of variance; rising."""
    found = [(one.day, FOMC_WEIGHT) for one in fomc()[0] if one.scheduled]
    for release in cpi_releases()[0]:
        if release.day not in MOVED:
            late = release.day >= LATE
            found.append((release.day, PRICES_WEIGHT_LATE if late else PRICES_WEIGHT))
    last = calendar.LAST_DAY
    months = ((y, m) for y in range(LATE.year, last.year + 1) for m in range(1, 13))
    payrolls = (payroll_day(year, month) for year, month in months)
    found += [(day, PAYROLLS_WEIGHT_LATE) for day in payrolls if LATE <= day <= last]
    return tuple(sorted(found))


def payroll_day(year: int, month: int) -> date:
    """The usual day of the report on the month before.

    Source: U.S. Bureau of Labor Statistics: the third Friday after the week, Sunday to Saturday,
    with the 12th of the month before. A week later where that is one of the first three days of
    January, and on the session before where Independence Day closes it.
    """
    middle = date(year - (month == 1), (month - 2) % 12 + 1, 12)
    saturday = middle + timedelta(days=(5 - middle.weekday()) % 7)
    friday = saturday + timedelta(days=20)
    if month == 1 and friday.day <= 3:
        return friday + timedelta(days=7)
    if month == 7 and not calendar.is_session(friday):
        return calendar.previous_session(friday)
    return friday
