"""Which series were listed on a day: what did not exist then must not be found by a strategy.

First days come from the exchange's launch notices. How far ahead a kind was listed comes from its
notices too where they say so, else from whole chains of one moment (2011-01, 2015-12, 2019-06, and
2022 to 2026): as far as a series was seen in one, and no further than any other of its years
allows. A series that is missed costs a choice, one that is invented costs the truth. What is
missed is counted in `tests/terms/test_listing_evidence.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeVar

from steward.terms import calendar
from steward.terms.contracts import Expiry, Settlement

Dated = TypeVar("Dated")
MARCH_CYCLE = (3, 6, 9, 12)
FEBRUARY_CYCLE = (2, 5, 8, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The next `serial` settlement days of a monthly, then `cycle` of the months of a cycle."""

    serial: int
    cycle: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """How far ahead a weekly is listed.

    days   calendar days from the session to the nominal weekday, at the most
    count  series of its own at one time: a day that is a monthly or a month-end does not count
    """

    days: int
    count: int = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A kind of SPXW series that expires on one weekday.

    first  the first settlement day that existed       listed_from  first day of trading
    ahead  the rule in force, by the day from which it holds, the latest first
    """

    weekday: int  # 0 Monday
    first: date
    listed_from: date
    ahead: tuple[tuple[date, Ahead], ...]


# --- SPX and SPXW --------------------------------------------------------------------------------

SPX_MONTHS = (
    # 2022 to 2026: thirteen. 2011-01 and 2015-12: four, then March, June, September, December.
    # Nothing is known in between; SPXW has the near third Fridays there.
    (date(2022, 1, 7), Months(serial=13)),
    (date.min, Months(serial=4, cycle=3)),
)
PM_THIRD_FRIDAY_FROM, PM_THIRD_FRIDAYS = date(2017, 5, 1), 5
"""From here on a third Friday has SPX (AM) and SPXW (PM); five of the latter in 2019 to 2026."""

QUARTER_ENDS_FROM, QUARTERS_AHEAD = date(2007, 1, 2), 4
"""Four in 2011 and from 2022 on; a fifth is there in the last days of a quarter (2019, 2022)."""

MONTH_ENDS_FROM, MONTH_ENDS_AHEAD = date(2014, 7, 7), 6
"""That of the current month and five more, in each chain of 2019 to 2026; twelve are allowed."""

WEEKLY_PM_FROM = date(2010, 12, 1)
"""Friday weeklies settled on the opening print before."""

FRIDAY = Weekly(
    weekday=4,
    first=date(2005, 11, 4),
    listed_from=date(2005, 10, 28),
    ahead=(
        # Five in each chain of 2022 to 2026, six in 2019. Six besides the current one by Cboe's
        # regulatory circular RG14-010 (January 2014); a chain of weeks since May 2012 (Cboe's
        # blog of 2012-11-09: five, of which the list of 2012-11-29 shows four).
        (date(2020, 1, 1), Ahead(days=70, count=5)),
        (date(2014, 2, 1), Ahead(days=70, count=6)),
        (date(2012, 5, 1), Ahead(days=28)),
        # The next one only, listed on the Thursday of the week before (2011-01).
        (date(2010, 12, 1), Ahead(days=8)),
        (date.min, Ahead(days=7)),
    ),
)
WEEKLIES = (
    FRIDAY,
    Weekly(
        weekday=2,
        first=date(2016, 3, 2),
        listed_from=date(2016, 2, 23),
        ahead=(
            # Listed on Tuesdays; at least four weeks by Cboe's circular RG16-102 (2016-05-24).
            (date(2024, 1, 5), Ahead(days=37)),
            (date(2016, 5, 24), Ahead(days=29)),
            (date.min, Ahead(days=15)),
        ),
    ),
    Weekly(
        weekday=0,
        first=date(2016, 8, 22),
        listed_from=date(2016, 8, 15),
        ahead=(
            # Listed on Fridays. Two at first, four by March 2017 (Cboe's blogs of 2016-08-17 and
            # 2017-03-31).
            (date(2023, 2, 7), Ahead(days=38)),
            (date(2017, 3, 31), Ahead(days=31)),
            (date.min, Ahead(days=17)),
        ),
    ),
    Weekly(
        weekday=1,
        first=date(2022, 4, 19),
        listed_from=date(2022, 4, 18),
        ahead=((date(2023, 2, 7), Ahead(days=34)), (date.min, Ahead(days=14))),
    ),
    Weekly(
        weekday=3,
        first=date(2022, 5, 12),
        listed_from=date(2022, 5, 11),
        ahead=(
            (date(2024, 1, 5), Ahead(days=34)),
            (date(2023, 2, 3), Ahead(days=30)),
            (date.min, Ahead(days=14)),
        ),
    ),
)


@lru_cache(maxsize=20_000)
def spx_series(session: date) -> tuple[Expiry, ...]:
    """SPX and SPXW series that can be traded at the close of `session`, by (day, root).

    A PM series is listed on its settlement day until that day's close, so not at the decision
    moment; an AM series ends the session before. LEAPS beyond the serial months are not in it.
    """
    third_fridays = [calendar.monthly_expiry(*month) for month in _months(session, 16)]
    ahead = [day for day in third_fridays if day > session]
    days = _of_months(ahead, _in_force(SPX_MONTHS, session), MARCH_CYCLE)
    found = {Expiry(root="SPX", day=day, settlement="AM") for day in days}
    if session >= PM_THIRD_FRIDAY_FROM:
        found.update(_spxw(day) for day in ahead[:PM_THIRD_FRIDAYS])
    if session >= QUARTER_ENDS_FROM:
        ends = [m for m in _months(session, 3 * QUARTERS_AHEAD) if m[1] in MARCH_CYCLE]
        found.update(_spxw(_month_end(*month)) for month in ends)
    if session >= MONTH_ENDS_FROM:
        found.update(_spxw(_month_end(*month)) for month in _months(session, MONTH_ENDS_AHEAD))
    for kind in WEEKLIES:
        if session >= kind.listed_from:
            found.update(_weekly(kind, session, {e.day for e in found if e.root == "SPXW"}))
    return tuple(sorted((e for e in found if e.day > session), key=lambda e: (e.day, e.root)))


def _weekly(kind: Weekly, session: date, taken: set[date]) -> list[Expiry]:
    """Its series, on days that no other SPXW series has taken: (root, day) is a key.

    Source: Cboe, "Weeklys": none is listed for the day of a quarterly or a monthly.
    """
    ahead = _in_force(kind.ahead, session)
    nominal = session + timedelta(days=(kind.weekday - session.weekday()) % 7 or 7)
    found: list[Expiry] = []
    while (nominal - session).days <= ahead.days and len(found) < ahead.count:
        third = nominal == calendar.third_friday(nominal.year, nominal.month)
        if nominal >= kind.first and not third and nominal <= calendar.LAST_DAY:
            day = _moved(nominal)
            if day > session and day not in taken:
                found.append(_spxw(day, "PM" if nominal >= WEEKLY_PM_FROM else "AM"))
        nominal += timedelta(days=7)
    return found


def _moved(nominal: date) -> date:
    """A Monday that is closed moves to the session after, any other day to the one before."""
    if nominal.weekday() == 0:
        return calendar.on_or_after(nominal)
    return calendar.on_or_before(nominal)


def _spxw(day: date, settlement: Settlement = "PM") -> Expiry:
    return Expiry(root="SPXW", day=day, settlement=settlement)


@lru_cache(maxsize=4096)
def _month_end(year: int, month: int) -> date:
    return calendar.previous_session(date(year + month // 12, month % 12 + 1, 1))


# --- VIX options and VX futures ------------------------------------------------------------------

VIX_OPTIONS_FROM = date(2006, 2, 24)
VX_FROM = date(2004, 3, 26)
VXM_FROM = date(2020, 8, 10)

VIX_MONTHS = (
    # Nine in 2022-05 and 2026-04 (twelve are allowed). That there were nine from 2014 and six from
    # 2010 is commonly stated. Before: Cboe's releases of 2007-05-16 and 2006-05-01, which name the
    # months, and the launch notice (March, April and May).
    (date(2014, 1, 1), Months(serial=9)),
    (date(2010, 1, 1), Months(serial=6)),
    (date(2007, 5, 16), Months(serial=4, cycle=3)),
    (date(2006, 5, 1), Months(serial=2, cycle=3)),
    (date(2006, 3, 27), Months(serial=2)),
    (date.min, Months(serial=3)),
)
VX_MONTHS = (
    # Two daily price files, one of eight ranks 2004 to 2017 and one by contract from 2013 on. The
    # second alone could show a ninth month before 2013.
    (date(2013, 1, 2), Months(serial=9)),
    (date(2008, 4, 21), Months(serial=8)),
    (date(2006, 10, 20), Months(serial=6)),
    (date.min, Months(serial=2, cycle=2)),
)
VX_NEVER_LISTED = frozenset(
    {
        date(2004, 4, 21),
        date(2004, 12, 22),
        date(2005, 4, 20),
        date(2005, 7, 20),
        date(2005, 9, 21),
    }
)
"""Settlement days by the rule that had no VX: two price files agree to lack these months."""


@lru_cache(maxsize=20_000)
def vix_series(session: date) -> tuple[Expiry, ...]:
    """Monthly VIX option series at the close of `session`; none before 2006-02-24.

    Weekly series (VIXW, since 2015-10-08) are not in this table.
    """
    if session < VIX_OPTIONS_FROM:
        return ()
    days = _of_vix(session, _in_force(VIX_MONTHS, session))
    return tuple(Expiry(root="VIX", day=day, settlement="AM") for day in days)


@lru_cache(maxsize=20_000)
def vx_series(session: date) -> tuple[date, ...]:
    """Expiry days of the monthly VX futures at the close of `session`; none before 2004-03-26.

    On the morning of its expiry a future settles, so it is not in the list of that day.
    """
    if session < VX_FROM:
        return ()
    days = _of_vix(session, _in_force(VX_MONTHS, session))
    return tuple(day for day in days if day not in VX_NEVER_LISTED)


def _of_vix(session: date, rule: Months) -> tuple[date, ...]:
    """Settlement days after `session`. A new month is listed on the Monday after one settles."""
    monday = session - timedelta(days=session.weekday())
    # The last month of the calendar needs a Friday beyond it.
    last = (calendar.LAST_DAY.year, calendar.LAST_DAY.month)
    days = [calendar.vix_expiry(*month) for month in _months(session, 18) if month != last]
    chosen = _of_months([day for day in days if day >= monday], rule, FEBRUARY_CYCLE)
    return tuple(day for day in chosen if day > session)


# --- both ----------------------------------------------------------------------------------------


def _of_months(days: Sequence[date], rule: Months, months: tuple[int, ...]) -> list[date]:
    later = [day for day in days[rule.serial :] if day.month in months]
    return [*days[: rule.serial], *later[: rule.cycle]]


def _months(session: date, count: int) -> list[tuple[int, int]]:
    """(year, month) from that of `session` on, as far as the calendar goes."""
    return [m for m in calendar.months_from(session, count) if m[0] <= calendar.LAST_DAY.year]


def _in_force(rules: Sequence[tuple[date, Dated]], session: date) -> Dated:
    return next(rule for start, rule in rules if start <= session)
