"""Which strikes of a modelled SPX series are listed: fine near the money, coarse far out.

A rule in place of the exchange's lists, which are not in our sources, set against the lists of all
full chains of 2011, 2013, 2018-2020 and 2022-2025 (how well it meets them is on the model card).
Series come in three kinds. Monthlies, third Fridays and ends of months are wide and fine; Friday
weeklies less so; series of other weekdays are listed for weeks and have few strikes. The nearer a
series comes to its settlement, the more bands it has: a band is opened a number of days before, and
keeps all strikes that any close since then, of the last 63, has put into it. Before 2011 all of it
is an assumption. So is that bands widen with the moves of the index in a crash, of which no chain
is known: without it no call of a small delta would be listed in 2008.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.terms import calendar
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]
Kind = Literal["month", "friday", "day"]

REMEMBERED = 63
"""Closes, this session's included, whose strikes are still listed; about the life of a condor."""

SESSIONS_A_DAY = 252.0 / 365.0

CALM, MOST, MONTH, FEWEST = 0.30, 3.0, 21, 6
"""Moves of the wildest month among the closes, a year, up to which the bands hold; beyond they are
wider in proportion, three times at most, within `OUTERMOST`. Of the known chains two of 2022 lie
a sixth beyond it; under six moves nothing is said."""

OUTERMOST = (0.35, 1.60)

LISTED: Mapping[Kind, int] = {"month": 400, "friday": 70, "day": 40}
"""Calendar days that a series is listed before its settlement, at the most (terms/listing.py)."""


@dataclass(frozen=True, slots=True)
class Band:
    """Multiples of a step, points, from a share of the lowest close to a share of the highest.

    days  calendar days before settlement from which on it is listed, and its closes count; 0: as
          long as the series itself
    """

    step: int
    low: float
    high: float
    days: int = 0


Rows = tuple[Band, ...]

FAR_OUT = (Band(50, 0.45, 1.35), Band(100, 0.35, 1.60))
"""Real lists of later years go further down; there, one bid of a tick on a coarse step moves a VIX
by up to half a point, and no quote of ours is needed."""

WEEK_2011: Rows = (Band(5, 0.95, 1.03), Band(25, 0.83, 1.08))
OLDEST: Rows = (Band(5, 0.50, 1.25, 130), Band(25, 0.50, 1.40))
MONTH_2022: Rows = (
    Band(5, 0.86, 1.08, 65),
    Band(5, 0.90, 1.06, 100),
    Band(10, 0.78, 1.12, 130),
    Band(10, 0.86, 1.07, 200),
    Band(25, 0.68, 1.17),
    Band(50, 0.57, 1.24),
    Band(100, 0.35, 1.45),
)

MONTH_2025: Rows = (
    Band(5, 0.89, 1.07, 40),
    Band(5, 0.91, 1.06, 65),
    Band(5, 0.94, 1.04, 100),
    Band(10, 0.77, 1.11, 100),
    Band(10, 0.83, 1.08, 130),
    Band(10, 0.88, 1.05, 200),
    Band(25, 0.73, 1.14),
    Band(50, 0.63, 1.17),
    Band(100, 0.35, 1.30),
)

LISTS: tuple[tuple[date, Mapping[Kind, Rows]], ...] = (
    (
        date(2025, 1, 1),
        {
            "month": MONTH_2025,
            "friday": (
                Band(5, 0.95, 1.035, 22),
                Band(5, 0.98, 1.02, 40),
                Band(10, 0.88, 1.07, 22),
                Band(10, 0.92, 1.05, 40),
                Band(10, 0.96, 1.04, 70),
                Band(25, 0.85, 1.09, 40),
                Band(25, 0.91, 1.06, 70),
                Band(50, 0.78, 1.12),
                Band(100, 0.72, 1.15),
                Band(200, 0.35, 1.33),
            ),
            "day": (
                Band(5, 0.95, 1.035, 8),
                Band(5, 0.965, 1.03, 22),
                Band(10, 0.945, 1.04, 22),
                Band(10, 0.97, 1.02),
                Band(25, 0.89, 1.06, 22),
                Band(25, 0.94, 1.04),
                Band(50, 0.85, 1.07, 22),
                Band(50, 0.90, 1.05),
                Band(100, 0.74, 1.13),
                Band(200, 0.35, 1.30),
            ),
        },
    ),
    (
        date(2022, 2, 1),
        {
            "month": MONTH_2022,
            "friday": (
                Band(5, 0.91, 1.04, 22),
                Band(5, 0.95, 1.03, 40),
                Band(10, 0.86, 1.08, 40),
                Band(10, 0.93, 1.05, 70),
                Band(25, 0.83, 1.09, 40),
                Band(25, 0.90, 1.07, 70),
                Band(50, 0.72, 1.12),
                Band(100, 0.62, 1.16),
                Band(200, 0.35, 1.33),
            ),
            "day": (
                Band(5, 0.935, 1.04, 8),
                Band(5, 0.955, 1.035, 22),
                Band(5, 0.99, 1.01, 31),
                Band(10, 0.955, 1.035),
                Band(25, 0.875, 1.07, 22),
                Band(25, 0.93, 1.045),
                Band(50, 0.80, 1.08),
                Band(100, 0.73, 1.15),
                Band(200, 0.35, 1.30),
            ),
        },
    ),
    (
        date(2014, 1, 1),
        {
            "month": (
                Band(5, 0.82, 1.07, 100),
                Band(10, 0.75, 1.09, 130),
                Band(25, 0.63, 1.13),
                *FAR_OUT,
            ),
            "friday": (
                Band(5, 0.82, 1.08, 40),
                Band(5, 0.87, 1.06, 70),
                Band(10, 0.78, 1.09),
                Band(25, 0.68, 1.14),
                Band(50, 0.55, 1.22),
                Band(100, 0.35, 1.30),
            ),
            "day": (
                Band(5, 0.89, 1.06, 22),
                Band(5, 0.93, 1.04, 40),
                Band(10, 0.85, 1.08, 40),
                Band(25, 0.77, 1.12),
                Band(50, 0.62, 1.17),
                Band(100, 0.35, 1.30),
            ),
        },
    ),
    (
        date(1996, 1, 1),
        {
            "month": (
                Band(5, 0.65, 1.09, 65),
                Band(5, 0.90, 1.03, 90),
                Band(10, 0.67, 1.13, 90),
                Band(25, 0.45, 1.20),
                Band(50, 0.35, 1.42),
            ),
            "friday": WEEK_2011,
            "day": WEEK_2011,
        },
    ),
    (
        date.min,
        {
            "month": OLDEST,
            "friday": OLDEST,
            "day": OLDEST,
        },
    ),
)
"""From that day on, by kind of series. Lists of 2011 and 2013 stand for 1996 to 2013."""


def kind_of(expiry: Expiry) -> Kind:
    """Which lists the series has; a month's or a quarter's end and third Fridays are `month`."""
    day = expiry.day
    if expiry.root == "SPX" or day == calendar.monthly_expiry(day.year, day.month):
        return "month"
    following = calendar.next_session(day)
    if following.month != day.month:
        return "month"
    return "friday" if following.isocalendar().week != day.isocalendar().week else "day"


def series_strikes(session: date, expiry: Expiry, closes: Floats) -> Floats:
    """Strikes of a series at the close of `session`, rising, index points; not to be written to.

    closes  of SPX, the session's own last; at most 63 of them count
    """
    kind, days = kind_of(expiry), (expiry.day - session).days
    lists = next(rows for first, rows in LISTS if first <= session)
    recent = closes[-REMEMBERED:]
    # The lowest and the highest close of the last n sessions, n from 1 on.
    low, high = np.minimum.accumulate(recent[::-1]), np.maximum.accumulate(recent[::-1])
    wider, ranges = _wider(recent), []
    for band in lists[kind]:
        if 0 < band.days < days:
            continue
        ago = max((band.days or LISTED[kind]) - days, 0)
        since = min(int(ago * SESSIONS_A_DAY), recent.size - 1)
        bottom = max(1.0 - (1.0 - band.low) * wider, min(band.low, OUTERMOST[0]))
        top = min(1.0 + (band.high - 1.0) * wider, max(band.high, OUTERMOST[1]))
        first = math.ceil(bottom * float(low[since]) / band.step)
        last = math.floor(top * float(high[since]) / band.step)
        ranges.append((band.step, first, last))
    return _union(tuple(ranges))


def _wider(closes: Floats) -> float:
    """How many times wider the bands are: 1 but after a month of large moves."""
    moves = np.diff(np.log(closes))
    if moves.size < FEWEST:
        return 1.0
    days = min(moves.size, MONTH)
    month = float(np.convolve(moves * moves, np.full(days, 252.0 / days), "valid").max())
    return min(max(math.sqrt(month) / CALM, 1.0), MOST)


@lru_cache(maxsize=256)
def _union(ranges: tuple[tuple[int, int, int], ...]) -> Floats:
    """All multiples of each step, from its first to its last."""
    parts = [step * np.arange(max(first, 1), last + 1) for step, first, last in ranges]
    strikes = np.unique(np.concatenate(parts)).astype(np.float64)
    strikes.flags.writeable = False
    return strikes
