"""What the article's rules ask for on each session of a calendar; the same for all paths.

Condors: on the first session of each week the SPX series nearest 45 days among 30 to 60, its short
strikes by delta and its wings by width, and marks on every session until 21 days are left. VIX
calls: the monthly series nearest 45 days (30 to 60) and nearest 120 (90 to 150), on every session,
and marks of those bought on the first session of a month until their floor. SPX puts: nearest 90
days (60 to 120). VIX futures: the first six.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.pricing.business_time import clock
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

WARM_UP = 253
"""Sessions before the first price: averages and the model need them."""

CONDOR_DAYS, CONDOR_LAST = (30, 45, 60), 21
FRONT_DAYS, FRONT_LAST = (30, 45, 60), 21
LONG_DAYS, LONG_LAST = (90, 120, 150), 60
PUT_DAYS, PUT_LAST = (60, 90, 120), 40
HELD_DAYS = (45, 60, 80)
"""Days at least, wanted and at most; and days left at which a position goes. `HELD_DAYS`: calls
that are held until they settle, for the table of facts."""

FUTURES, FUTURE_HELD = 6, 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Series over time: a row for each (position, session); the rows of a position follow.

    first    rows at which a position begins          position  number of the position, a row
    row      of the session        days, years, even  as in `quick.Asked`
    settles  row of the session of settlement, a position; am: on its opening print
    """

    first: Rows
    position: Rows
    row: Rows
    days: Floats
    years: Floats
    even: Floats
    settles: Rows
    am: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Positions."""
        return int(self.first.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All that is asked for, by kind; futures as (row, days) pairs.

    slopes            places of the second future of each session, after that of the first
    held_from, _to    places of the second future now and `FUTURE_HELD` sessions later
    """

    sessions: tuple[date, ...]
    condors: Series
    front_calls: Series
    long_calls: Series
    held_calls: Series
    puts: Series
    new_front: Series
    new_long: Series
    new_puts: Series
    future_row: Rows
    future_days: Floats
    slopes: Rows
    held_from: Rows
    held_to: Rows


@lru_cache(maxsize=100_000)
def even_days(session: date, last: date) -> float:
    """ln of business days over calendar days after `session` up to `last`."""
    days, now = (last - session).days, clock()
    return math.log(now.passed(now.index(session), float(days)) / days)


@lru_cache(maxsize=4)
def schedule(sessions: tuple[date, ...]) -> Schedule:
    """Of a calendar: positions that would settle or go after its end are left out."""
    every = list(range(WARM_UP, len(sessions)))
    weeks = [row for row in every if calendar.is_first_of_week(sessions[row])]
    months = [row for row in every if calendar.is_first_of_month(sessions[row])]
    futures = [(row, day) for row in every for day in listing.vx_series(sessions[row])[:FUTURES]]
    place = {one: at for at, one in enumerate(futures)}
    seconds = [
        at
        for at in range(1, len(futures))
        if futures[at][0] == futures[at - 1][0]
        and (at == 1 or futures[at - 2][0] != futures[at][0])
    ]
    held = [
        (at, place[futures[at][0] + FUTURE_HELD, futures[at][1]])
        for at in seconds[::FUTURE_HELD]
        if (futures[at][0] + FUTURE_HELD, futures[at][1]) in place
    ]
    return Schedule(
        sessions=sessions,
        condors=_held(sessions, weeks, "SPX", CONDOR_DAYS, CONDOR_LAST),
        front_calls=_held(sessions, months, "VIX", FRONT_DAYS, FRONT_LAST),
        long_calls=_held(sessions, months, "VIX", LONG_DAYS, LONG_LAST),
        held_calls=_held(sessions, months, "VIX", HELD_DAYS, None),
        puts=_held(sessions, months, "SPX", PUT_DAYS, PUT_LAST),
        new_front=_held(sessions, every, "VIX", FRONT_DAYS, None),
        new_long=_held(sessions, every, "VIX", LONG_DAYS, None),
        new_puts=_held(sessions, every, "SPX", PUT_DAYS, None),
        future_row=np.array([row for row, _ in futures], dtype=np.int64),
        future_days=np.array([float((day - sessions[row]).days) for row, day in futures]),
        slopes=np.array(seconds, dtype=np.int64),
        held_from=np.array([at for at, _ in held], dtype=np.int64),
        held_to=np.array([at for _, at in held], dtype=np.int64),
    )


def nearest(session: date, underlying: str, days: tuple[int, int, int]) -> Expiry | None:
    """The listed series with days nearest to the middle number, inside the outer ones."""
    listed = listing.spx_series(session) if underlying == "SPX" else listing.vix_series(session)
    inside = [e for e in listed if days[0] <= calendar.days_to(session, e) <= days[2]]
    if not inside:
        return None
    return min(inside, key=lambda e: (abs(calendar.days_to(session, e) - days[1]), e.day, e.root))


def _held(
    sessions: Sequence[date],
    entries: Sequence[int],
    underlying: str,
    days: tuple[int, int, int],
    until: int | None,
) -> Series:
    """One position an entry; with `until`, a row a session as long as more days are left."""
    place = {day: row for row, day in enumerate(sessions)}
    rows: list[tuple[int, int, float, float, float]] = []
    first, settles, am = [], [], []
    for entry in entries:
        expiry = nearest(sessions[entry], underlying, days)
        if expiry is None or expiry.day not in place:
            continue
        first.append(len(rows))
        settles.append(place[expiry.day])
        am.append(expiry.settlement == "AM")
        row = entry
        while True:
            session = sessions[row]
            left = calendar.days_to(session, expiry)
            years = calendar.years_to(session, expiry)
            rows.append((len(first) - 1, row, float(left), years, even_days(session, expiry.day)))
            row += 1
            if (
                until is None
                or left <= until
                or row >= len(sessions)
                or sessions[row] >= expiry.day
            ):
                break
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    return Series(
        first=np.array(first, dtype=np.int64),
        position=table[:, 0].astype(np.int64),
        row=table[:, 1].astype(np.int64),
        days=table[:, 2],
        years=table[:, 3],
        even=table[:, 4],
        settles=np.array(settles, dtype=np.int64),
        am=np.array(am, dtype=bool),
    )
