"""The second generator: blocks of a real history, joined where its state is alike.

A path goes through the history day by day. At the end of a block, whose lengths are geometric (D.
Politis and J. Romano, "The stationary bootstrap", J. American Statistical Association 89 (1994),
section 2), it goes on after one of the days whose state is nearest to that of the day where it
stands (the local bootstrap of a Markov process: E. Paparoditis and D. Politis, J. Multivariate
Analysis 80 (2002)): ln VIX, and ln VIX over its 21- and 252-session averages.

How levels stay consistent. SPX is the product of the returns met. VIX is the level of the day met
times a factor that carries the path over a join, so that the change across it is the real one of
the new day; the factor fades by a twentieth a session. So VIX has the real levels but for a few
per cent, is above 0, and reverts as it did. VIX3M and the others go the same way, as ratios to
VIX, VVIX and SKEW by their own level. A day that lacks a member has what the model of the state
says. The premium of futures and missing opens are the model's.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.paths import draws
from steward.market.paths.coefficients import MEMBERS, model
from steward.market.paths.family import LIMITS, line
from steward.market.paths.model import State
from steward.market.paths.state import (
    ARRAYS,
    FIRST_SESSION,
    LEAST_VIX,
    MOST_VIX,
    SPX_START,
    Paths,
    checked_count,
    joined,
    sessions_of,
)
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Progress = Callable[[int, int], None]

MEAN_BLOCK = 21
"""Sessions of a block on average."""

NEIGHBOURS = 30
KEPT = 0.95
"""Of the distance from the real levels, a session later."""

WARM_UP = 252
"""Sessions of the history before the first day that a path may meet."""

LEAST_SESSIONS = 756
BATCH = 250
ROWS_AT_ONCE = 256
_VIX = 0
"""Column of ln VIX among the levels; the members follow in the order of `MEMBERS`."""


class Bootstrap:
    """Blocks of one history, ready to be drawn from."""

    def __init__(self, history: History) -> None:
        """Raises StewardError for a history that is too short to have blocks worth joining."""
        count = len(history.sessions)
        if count < LEAST_SESSIONS:
            raise StewardError(
                f"{history.label}: {count} sessions are too few to draw blocks from; "
                f"{LEAST_SESSIONS} are needed: bring a longer history with --data DIR"
            )
        self.label = f"blocks of history ({history.label})"
        log_spx, log_vix = np.log(history.spx.close), np.log(history.vix.close)
        state = State(log_vix[:1])
        columns = [state.columns]
        for change in np.diff(log_vix):
            state.move(np.array([change]))
            columns.append(state.columns)
        self._state = tuple(np.array([row[k][0] for row in columns]) for k in range(4))
        self._gain = np.concatenate(([0.0], np.diff(log_spx)))
        self._change = np.concatenate(([0.0], np.diff(log_vix)))
        self._levels = self._all_levels(history, log_vix)
        before = np.roll(log_spx, 1), np.roll(log_vix, 1)
        self._gap = _or(np.log(history.spx.open) - before[0], model().spx_open[1] * self._gain)
        self._rise = _or(np.log(history.vix.open) - before[1], model().vix_open[1] * self._change)
        self._near = self._neighbours()

    def simulate(
        self,
        *,
        seed: int,
        paths: int = 1,
        years: float = 10.0,
        start: date = FIRST_SESSION,
        first: int = 0,
        progress: Progress | None = None,
    ) -> Paths:
        """Paths from number `first` on; raises as `model.simulate` does."""
        sessions = sessions_of(start, years)
        count, parts = checked_count(paths), []
        for begin in range(0, count, BATCH):
            part = min(BATCH, count - begin)
            parts.append(self._batch(seed, sessions, first + begin, part))
            if progress is not None:
                progress(begin + part, count)
        return joined(parts)

    def _batch(self, seed: int, sessions: tuple[date, ...], first: int, count: int) -> Paths:
        rows, last = len(sessions), len(self._gain) - 1
        normal, uniform = draws.drawn(
            seed, draws.BOOTSTRAP, first, count, rows=rows, normals=1, uniforms=2
        )
        arrays = {name: np.empty((rows, count)) for name in ARRAYS}
        day = WARM_UP + np.floor(uniform[0, 0] * (last - WARM_UP)).astype(np.int64)
        away = np.zeros((self._levels.shape[1], count))
        log_spx, premium = np.full(count, np.log(SPX_START)), np.zeros(count)
        kept, noise = model().premium
        for row in range(rows):
            if row > 0:
                day, away = self._next(day, away, uniform[row])
                log_spx = log_spx + self._gain[day]
            level = self._levels[day].T + away
            premium = kept * premium + noise * normal[row, 0]
            self._write(arrays, row, day, level, log_spx)
            arrays["premium"][row] = premium
        return Paths(sessions=sessions, label=self.label, first=first, **arrays)

    def _next(self, day: Whole, away: Floats, uniform: Floats) -> tuple[Whole, Floats]:
        """The day after, of this block or of the one that follows it."""
        ends = (uniform[0] < 1.0 / MEAN_BLOCK) | (day == len(self._gain) - 1)
        choice = np.floor(uniform[1] * self._near.shape[1]).astype(np.int64)
        now = np.where(ends, self._near[day - WARM_UP, choice], day)
        away = KEPT * (away + (self._levels[day] - self._levels[now]).T)
        return now + 1, away

    def _write(
        self, arrays: dict[str, Floats], row: int, day: Whole, level: Floats, log_spx: Floats
    ) -> None:
        vix = _within(np.exp(level[_VIX]), (LEAST_VIX, MOST_VIX))
        arrays["spx"][row], arrays["vix"][row] = np.exp(log_spx), vix
        for at, name in enumerate(MEMBERS, start=1):
            value = _within(np.exp(level[at]), LIMITS[name])
            if name == "skew":
                value = 100.0 + value
            elif name != "vvix":
                value = _within(vix * value, (LEAST_VIX, MOST_VIX))
            arrays[name][row] = value
        start = arrays["spx"][row - 1] if row else arrays["spx"][0]
        arrays["spx_open"][row] = start * np.exp(self._gap[day] if row else 0.0)
        opened = arrays["vix"][row - 1] * np.exp(self._rise[day]) if row else vix
        arrays["vix_open"][row] = _within(opened, (LEAST_VIX, MOST_VIX))

    def _all_levels(self, history: History, log_vix: Floats) -> Floats:
        """ln VIX; ln of each member over VIX, of VVIX, of SKEW - 100; no gaps. A row a day."""
        days = history.moments.astype("datetime64[D]")
        columns = [log_vix]
        for member in model().members:
            close = np.full(len(days), np.nan)
            series = history.series.get(member.name)
            if series is not None:
                row = np.minimum(np.searchsorted(days, series.period), len(days) - 1)
                good = days[row] == series.period
                close[row[good]] = series.value[good]
            with np.errstate(invalid="ignore", divide="ignore"):
                if member.name == "skew":
                    value = np.log(np.where(close > 101.0, close - 100.0, np.nan))
                else:
                    value = np.log(close) - (0.0 if member.name == "vvix" else log_vix)
            columns.append(_or(value, line(member.state, self._state)))
        return np.column_stack(columns)

    def _neighbours(self) -> Whole:
        """For each day from `WARM_UP` on, the days before the last whose state is nearest."""
        state = np.column_stack([self._state[0], self._state[1], self._state[3]])[WARM_UP:]
        state = state / state.std(axis=0)
        others = state[:-1]
        found = np.empty((len(state), NEIGHBOURS), dtype=np.int64)
        for begin in range(0, len(state), ROWS_AT_ONCE):
            part = state[begin : begin + ROWS_AT_ONCE]
            distance = np.zeros((len(part), len(others)))
            for k in range(state.shape[1]):
                distance += np.square(part[:, k : k + 1] - others[:, k])
            near = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
            found[begin : begin + len(part)] = np.sort(near, axis=1)
        return found + WARM_UP


def _or(values: Floats, other: Floats) -> Floats:
    return np.where(np.isfinite(values), values, other)


def _within(values: Floats, limits: tuple[float, float]) -> Floats:
    return np.minimum(np.maximum(values, limits[0]), limits[1])
