"""Which series were listed on a day: what did not exist then must not be found by a strategy.

Sources: the exchange's launch notices (docs/decisions); how far ahead a kind was listed is stated
commonly and not in one place, so those counts are defaults of this dated table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from steward.terms import calendar
from steward.terms.contracts import Expiry, Settlement

MONTHLIES_AHEAD = 14
"""SPX monthlies: twelve serial months and a little more, listed the day after one settles."""

VIX_OPTIONS_FROM = date(2006, 2, 24)
VX_FROM = date(2004, 3, 26)
VXM_FROM = date(2020, 8, 10)
FEBRUARY_CYCLE = (2, 5, 8, 11)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A kind of SPXW series that expires on one weekday.

    first     the first settlement day that existed       listed_from  first day of trading
    ahead     weeks listed ahead, by day from which that holds
    """

    weekday: int  # 0 Monday
    first: date
    listed_from: date
    ahead: tuple[tuple[date, int], ...]


FRIDAY = Weekly(
    weekday=4,
    first=date(2005, 11, 4),
    listed_from=date(2005, 10, 28),
    ahead=((date(2013, 1, 1), 12), (date(2010, 12, 1), 5), (date.min, 1)),
)
WEEKLIES = (
    FRIDAY,
    Weekly(
        weekday=2,
        first=date(2016, 3, 2),
        listed_from=date(2016, 2, 23),
        ahead=((date.min, 5),),
    ),
    Weekly(
        weekday=0,
        first=date(2016, 8, 22),
        listed_from=date(2016, 8, 15),
        ahead=((date.min, 5),),
    ),
    Weekly(
        weekday=1,
        first=date(2022, 4, 19),
        listed_from=date(2022, 4, 18),
        ahead=((date.min, 5),),
    ),
    Weekly(
        weekday=3,
        first=date(2022, 5, 12),
        listed_from=date(2022, 5, 11),
        ahead=((date.min, 5),),
    ),
)
WEEKLY_PM_FROM = date(2010, 12, 1)
"""Friday weeklies settled on the opening print before."""

QUARTER_ENDS_FROM, QUARTERS_AHEAD = date(2007, 1, 2), 4
MONTH_ENDS_FROM, MONTH_ENDS_AHEAD = date(2014, 7, 7), 12
PM_THIRD_FRIDAY_FROM = date(2017, 5, 1)
"""From here on a third Friday has SPX (AM) and SPXW (PM) at the same strikes."""


@lru_cache(maxsize=20_000)
def spx_series(session: date) -> tuple[Expiry, ...]:
    """SPX and SPXW series that can be traded at the close of `session`, by (day, root).

    A PM series is listed on its settlement day until that day's close, so not at the decision
    moment; an AM series ends the session before.
    """
    found: set[Expiry] = set()
    for year, month in calendar.months_from(session, MONTHLIES_AHEAD):
        day = calendar.monthly_expiry(year, month)
        found.add(Expiry(root="SPX", day=day, settlement="AM"))
        if session >= PM_THIRD_FRIDAY_FROM:
            found.add(Expiry(root="SPXW", day=day, settlement="PM"))
    for kind in WEEKLIES:
        found.update(_weekly(kind, session))
    if session >= QUARTER_ENDS_FROM:
        ends = [m for m in calendar.months_from(session, 3 * QUARTERS_AHEAD) if m[1] % 3 == 0]
        found.update(_month_end(*m) for m in ends)
    if session >= MONTH_ENDS_FROM:
        found.update(_month_end(*m) for m in calendar.months_from(session, MONTH_ENDS_AHEAD))
    alive = [e for e in found if e.day > session and e.day <= calendar.LAST_DAY]
    return tuple(sorted(alive, key=lambda e: (e.day, e.root)))


def _month_end(year: int, month: int) -> Expiry:
    after = date(year + month // 12, month % 12 + 1, 1)
    return Expiry(root="SPXW", day=calendar.previous_session(after), settlement="PM")


def _weekly(kind: Weekly, session: date) -> list[Expiry]:
    if session < kind.listed_from:
        return []
    weeks = next(count for start, count in kind.ahead if start <= session)
    found = []
    monday = session - timedelta(days=session.weekday())
    for week in range(weeks + 1):
        nominal = monday + timedelta(days=7 * week + kind.weekday)
        if nominal < kind.first or (nominal - session).days > 7 * weeks:
            continue
        third = nominal == calendar.third_friday(nominal.year, nominal.month)
        if kind.weekday == 4 and third:
            continue  # the monthly's own day
        if kind.weekday == 0 and not calendar.is_session(nominal):
            day = calendar.on_or_after(nominal)
        else:
            day = calendar.on_or_before(nominal)
        settlement: Settlement = "PM" if nominal >= WEEKLY_PM_FROM else "AM"
        found.append(Expiry(root="SPXW", day=day, settlement=settlement))
    return found


VIX_MONTHS = ((date(2014, 1, 1), 9), (date(2006, 2, 24), 6))
"""VIX option monthlies listed ahead; now up to twelve, of which the model uses nine."""

VX_MONTHS = ((date(2008, 1, 2), 8), (date(2006, 10, 23), 6))
"""Serial VX months ahead; before them two serial months and the February cycle."""


@lru_cache(maxsize=20_000)
def vix_series(session: date) -> tuple[Expiry, ...]:
    """Monthly VIX option series at the close of `session`; none before 2006-02-24.

    Weekly series (VIXW, since 2015-10-08) are not in this table.
    """
    if session < VIX_OPTIONS_FROM:
        return ()
    months = next(count for start, count in VIX_MONTHS if start <= session)
    return tuple(Expiry(root="VIX", day=day, settlement="AM") for day in _ahead(session, months))


@lru_cache(maxsize=20_000)
def vx_series(session: date) -> tuple[date, ...]:
    """Expiry days of the monthly VX futures at the close of `session`; none before 2004-03-26.

    On the morning of its expiry a future settles, so it is not in the list of that day.
    """
    if session < VX_FROM:
        return ()
    months = next((count for start, count in VX_MONTHS if start <= session), None)
    if months is not None:
        return _ahead(session, months)
    serial = _ahead(session, 2)
    later = [
        calendar.vix_expiry(year, month)
        for year, month in calendar.months_from(session, 10)
        if month in FEBRUARY_CYCLE
    ]
    return tuple(sorted({*serial, *[day for day in later if day > session][:3]}))


def _ahead(session: date, count: int) -> tuple[date, ...]:
    """The next `count` monthly settlement days of VIX after `session`."""
    days = (calendar.vix_expiry(y, m) for y, m in calendar.months_from(session, count + 2))
    return tuple(sorted(day for day in days if day > session)[:count])
