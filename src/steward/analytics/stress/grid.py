"""A book over a grid: SPX up and down, VIX futures up and down, and days that pass.

The VIX axis is the price of the nearest VIX future that has a week to go at the end. VIX is set so
that the model prices that future there; all other futures, and the options on VIX and SPX, follow
from the state. Closes go to it in equal steps over the sessions that pass.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from steward.analytics.stress.repricing import Repricing
from steward.analytics.stress.states import at_once, going_on, later_sessions
from steward.market.history import History
from steward.pricing.rates import RateTable
from steward.pricing.term import TermTable
from steward.pricing.vix_model import VixModel
from steward.terms import calendar
from steward.terms.trades import Lot

SPX_MOVES = (-0.20, -0.15, -0.10, -0.07, -0.05, -0.02, 0.0, 0.02, 0.05, 0.10)
FUTURE_MOVES = (-0.30, 0.0, 0.30, 0.60, 1.00, 2.00, 3.00)
SESSIONS_AHEAD = (0, 5, 21)

WEEK_DAYS = 7
LEAST_VIX, MOST_VIX = 5.0, 250.0
"""Points between which a VIX for a price of the future is sought."""

STEPS = 40
CLOSE_ENOUGH = 1e-4
"""Of the future's price."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Changes of model value for one number of sessions.

    sessions  that pass         future  settlement day of the future on the VIX axis
    vix       points by move of the future; None where no VIX gives that price
    change    by (SPX, future) move and purpose, whole cents; None beside such a VIX
    outside   by move of the future: what of the state lies beyond the range that was fitted
    """

    sessions: int
    day: date
    future: date
    spx_moves: tuple[float, ...]
    future_moves: tuple[float, ...]
    vix: tuple[float | None, ...]
    change: tuple[tuple[Mapping[str, int] | None, ...], ...]
    outside: tuple[tuple[str, ...], ...] = ()

    def total(self, row: int, column: int) -> int | None:
        """Of all purposes at one point of the grid, cents."""
        cell = self.change[row][column]
        return None if cell is None else sum(cell.values())


def grids(
    known: History,
    lots: Sequence[Lot],
    *,
    spx_moves: Sequence[float] = SPX_MOVES,
    future_moves: Sequence[float] = FUTURE_MOVES,
    sessions: Sequence[int] = SESSIONS_AHEAD,
    progress: Progress | None = None,
) -> tuple[Grid, ...]:
    """The grid for each number of sessions.

    known  from `states.bare`
    """
    total = len(spx_moves) * len(future_moves) * len(sessions)
    before = Repricing(known).worth(lots, known.sessions[-1])
    found: list[Grid] = []
    done = 0
    for count in sessions:
        day = later_sessions(known.sessions[-1], count)[-1] if count else known.sessions[-1]
        future = _future(day)
        start = _price(known, known.sessions[-1], future)
        levels = [_vix_for(known, count, day, future, start * (1.0 + f)) for f in future_moves]
        spx = float(known.spx.close[-1])
        outside = tuple(
            () if level is None else Repricing(_shifted(known, count, spx, level)).outside(day)
            for level in levels
        )
        rows = []
        for move in spx_moves:
            spx = float(known.spx.close[-1]) * (1.0 + move)
            cells: list[Mapping[str, int] | None] = []
            for level in levels:
                if progress is not None:
                    progress(done, total)
                done += 1
                if level is None:
                    cells.append(None)
                    continue
                worth = Repricing(_shifted(known, count, spx, level)).worth(lots, day)
                cells.append({name: round(worth[name] - was) for name, was in before.items()})
            rows.append(tuple(cells))
        found.append(
            Grid(
                sessions=count,
                day=day,
                future=future,
                spx_moves=tuple(spx_moves),
                future_moves=tuple(future_moves),
                vix=tuple(levels),
                change=tuple(rows),
                outside=outside,
            )
        )
    return tuple(found)


def _shifted(known: History, count: int, spx: float, vix: float) -> History:
    """Closes in equal steps from the last ones to these over so many sessions."""
    if not count:
        return at_once(known, spx, vix)
    parts = np.arange(1, count + 1) / count
    start_spx, start_vix = float(known.spx.close[-1]), float(known.vix.close[-1])
    return going_on(
        known,
        (start_spx + parts * (spx - start_spx)).tolist(),
        (start_vix + parts * (vix - start_vix)).tolist(),
    )


def _future(day: date) -> date:
    """The nearest VX settlement day with more than a week to go at the end."""
    months = calendar.months_from(day, 3)
    days = (calendar.vix_expiry(*month) for month in months)
    return next(one for one in days if (one - day).days > WEEK_DAYS)


def _price(history: History, session: date, future: date) -> float:
    model = VixModel(history, RateTable(history), TermTable(history))
    return model.future_price(session, future)[0]


def _vix_for(known: History, count: int, day: date, future: date, wanted: float) -> float | None:
    """The VIX at which the model prices the future there, by false position in logs; None: none."""
    spx = float(known.spx.close[-1])

    def off(vix: float) -> float:
        return math.log(_price(_shifted(known, count, spx, vix), day, future) / wanted)

    now = float(known.vix.close[-1])
    low, high = now, now
    at_low = at_high = off(now)
    while at_low > 0.0 and low > LEAST_VIX:
        low = max(0.8 * low, LEAST_VIX)
        at_low = off(low)
    while at_high < 0.0 and high < MOST_VIX:
        high = min(1.3 * high, MOST_VIX)
        at_high = off(high)
    if at_low > CLOSE_ENOUGH or at_high < -CLOSE_ENOUGH:
        return None
    for _ in range(STEPS):
        if abs(at_low) <= CLOSE_ENOUGH:
            return low
        if abs(at_high) <= CLOSE_ENOUGH:
            return high
        part = min(max(at_low / (at_low - at_high), 0.1), 0.9)
        middle = low * (high / low) ** part
        at_middle = off(middle)
        if at_middle <= 0.0:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return math.sqrt(low * high)
