"""Histories that go on where the real one ends: the state in which a book is priced again.

Before and after a shock the model knows the same: closes of SPX and VIX, and interest. What else
was published that day (VIX9D, SKEW, VVIX, settlements of VX) has no counterpart after the shock, so
it is left out of both, and a change of value is that of the shock alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import Bars, History
from steward.pricing.rates import BILLS, CURVE, SINGLES
from steward.pricing.term import AVERAGES, LEAST_CLOSES
from steward.terms import calendar
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

SESSIONS_KEPT = 5 * max(AVERAGES)
"""Before the session of the book: what lies before them weighs less than 1 in 20,000 of the longest
exponential average of the model."""

INTEREST = frozenset({*(name for name, _ in CURVE), *SINGLES, *BILLS})


def bare(history: History, session: date) -> History:
    """The history up to a session with closes of SPX and VIX and interest alone.

    Raises StewardError for a day that is not in it, and before the model has closes enough.
    """
    try:
        row = history.index(session)
    except KeyError:
        first, last = history.sessions[0], history.sessions[-1]
        raise StewardError(
            f"{session} is not a session of {history.label} ({first} to {last}): choose a trading "
            "day in that span, or bring more data with --data DIR"
        ) from None
    if row + 1 < LEAST_CLOSES:
        raise StewardError(
            f"{session}: nothing can be modelled before {LEAST_CLOSES} VIX closes are known: "
            "choose a later day"
        )
    known = history.until(session)
    start = max(len(known.sessions) - SESSIONS_KEPT, 0)
    before = np.concatenate((known.spx_before, known.spx.close[:start]))[-600:]
    return replace(
        known,
        sessions=known.sessions[start:],
        moments=known.moments[start:],
        spx=_closes(known.spx.close[start:]),
        vix=_closes(known.vix.close[start:]),
        spx_before=before,
        spx_before_days=(*known.spx_before_days, *known.sessions[:start])[-600:],
        series={name: one for name, one in known.series.items() if name in INTEREST},
        futures=None,
    )


def going_on(known: History, spx: Sequence[float], vix: Sequence[float]) -> History:
    """The same and further sessions of the exchange with these closes, one each, in points."""
    days = later_sessions(known.sessions[-1], len(spx))
    moments = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    return replace(
        known,
        sessions=(*known.sessions, *days),
        moments=np.concatenate((known.moments, np.array(moments, dtype="datetime64[m]"))),
        spx=_closes(np.concatenate((known.spx.close, spx))),
        vix=_closes(np.concatenate((known.vix.close, vix))),
    )


def at_once(known: History, spx: float, vix: float) -> History:
    """The same with other closes of its last session: a shock before any time passes."""
    return replace(
        known,
        spx=_closes(np.append(known.spx.close[:-1], spx)),
        vix=_closes(np.append(known.vix.close[:-1], vix)),
    )


def later_sessions(session: date, count: int) -> tuple[date, ...]:
    """The next sessions of the exchange. Raises StewardError where the calendar ends."""
    found: list[date] = []
    day = session
    for _ in range(count):
        day = calendar.next_session(day)
        found.append(day)
    return tuple(found)


def _closes(values: Floats) -> Bars:
    unknown = np.full(values.size, np.nan)
    return Bars(open=unknown, high=unknown, low=unknown, close=np.asarray(values))
