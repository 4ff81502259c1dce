"""Named regimes: hypothetical courses of SPX and VIX, drawn by hand, with seeded noise.

A course is a list of points: session, SPX in percent of its start, VIX. Before it lies a calm year,
the same in every regime, because rules that score VIX against a year of closes decide nothing
before. Between points both go straight in logarithms, and the noise of a path is tied to nought at
each point, so that every path of a regime goes through all of them. Two points a session apart
leave no room for noise: the fall is as drawn. After the last point the path goes on by the model.

The noise of SPX is as large as the course's own VIX says, less the premium that history paid: line
and noise together move as VIX less `PREMIUM` points, a year. Else a regime would pay whoever sells
options, whatever it is called. The noise of VIX is a share of the model's; the two are normal and
correlated as returns and VIX are.

No course is a history. `crash_1987` has one size in common with October 1987: on the 19th the S&P
500 fell "about 20 percent" (M. Carlson, "A brief history of the 1987 stock market crash", Federal
Reserve Board, FEDS 2007-13, p. 1). All else in it is drawn in round numbers; VIX was not computed
then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.paths import draws
from steward.market.paths.coefficients import model
from steward.market.paths.family import line
from steward.market.paths.model import BATCH, NUMBERS, State, Walk
from steward.market.paths.state import (
    FIRST_SESSION,
    SPX_START,
    Paths,
    checked_count,
    joined,
    sessions_of,
)
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

CORRELATION = -0.75
PREMIUM = 3.5
"""Points of volatility a year that VIX lies above what SPX then does; the median session of the
history that the model was fitted on has about four, of 21 sessions before."""

LEAST_SHARE = 0.5
"""Of a VIX that is nearly as low as the premium, SPX still moves this share."""

LEAST_NOISE = 0.25
"""Of what SPX moves at that VIX, where the line itself moves as much or more."""

CALM_SESSIONS = 253
"""Of the year before the course: the packaged rules have every signal after it."""

CALM_GAIN, CALM_PARTS = 1.07, 4
"""SPX rises by 7 % at the first point's VIX; tied to that line a quarter, so that it stays calm."""

NOISE_LIMIT = 2.5
"""Deviations; no noise of one session is larger, so that what is drawn stays what happens."""

VIX_KEPT = 0.90
"""Of the noise of ln VIX, a session later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """points  (session, SPX in percent of its start, VIX points), sessions rising from 0
    noise   of VIX, times the model's
    """

    name: str
    title: str
    points: tuple[tuple[int, float, float], ...]
    noise: float

    @property
    def course(self) -> tuple[tuple[int, float, float], ...]:
        """The points, after the calm year that leads to the first of them."""
        _, begun, vix = self.points[0]
        parts = [k / CALM_PARTS for k in range(CALM_PARTS)]
        calm = ((round(CALM_SESSIONS * p), begun * CALM_GAIN ** (p - 1.0), vix) for p in parts)
        return (*calm, *((CALM_SESSIONS + day, spx, vix) for day, spx, vix in self.points))

    @property
    def sessions(self) -> int:
        """Of the calm year and the course as drawn."""
        return CALM_SESSIONS + self.points[-1][0]


def _spikes(count: int, every: int) -> tuple[tuple[int, float, float], ...]:
    """VIX from 12 to 30 and 37 within two sessions and back, SPX hardly lower, `count` times."""
    points: list[tuple[int, float, float]] = [(0, 100.0, 13.0), (30, 101.0, 12.5)]
    for k in range(count):
        day, level = 60 + k * every, 100.0 + 2.0 * k
        points += [
            (day, level + 2.0, 12.0),
            (day + 1, level + 0.8, 30.0),
            (day + 2, level + 0.5, 37.0),
            (day + 6, level + 1.0, 24.0),
            (day + 15, level + 2.0, 15.0),
            (day + 36, level + 2.7, 13.5),
            (day + 60, level + 3.4, 12.5),
        ]
    return (*points, (60 + count * every, 102.0 + 2.0 * count, 12.5))


def _swings(count: int, half: int) -> tuple[tuple[int, float, float], ...]:
    """Six percent down and up again, over and over."""
    points = [(0, 100.0, 17.0), (42, 101.0, 16.0)]
    for k in range(count):
        low = 42 + (2 * k + 1) * half
        points += [(low, 95.0, 29.0), (low + half, 101.0, 19.0)]
    return tuple(points)


REGIMES: Mapping[str, Regime] = {
    regime.name: regime
    for regime in (
        Regime(
            name="grind_up",
            title="two years of small gains, VIX falling to 11",
            points=((0, 100.0, 17.0), (126, 109.0, 14.0), (252, 118.0, 12.0), (504, 138.0, 11.0)),
            noise=0.5,
        ),
        Regime(
            name="slow_bear",
            title="two years down by 40 %, in legs with rallies between, VIX in the twenties",
            points=(
                (0, 100.0, 18.0),
                (80, 88.0, 26.0),
                (120, 94.0, 21.0),
                (210, 79.0, 29.0),
                (250, 86.0, 23.0),
                (350, 70.0, 30.0),
                (390, 76.0, 25.0),
                (504, 60.0, 31.0),
            ),
            noise=0.7,
        ),
        Regime(
            name="crash_and_recovery",
            title="a third lost in five weeks from calm, VIX to 80, and all of it won back",
            points=(
                (0, 100.0, 15.0),
                (63, 105.0, 13.0),
                (70, 95.0, 32.0),
                (78, 86.0, 50.0),
                (86, 70.0, 80.0),
                (100, 82.0, 48.0),
                (140, 90.0, 30.0),
                (230, 106.0, 23.0),
                (315, 112.0, 18.0),
            ),
            noise=0.5,
        ),
        Regime(
            name="whipsaw",
            title="6 % down and up again every four weeks, VIX between 16 and 29",
            points=_swings(10, 10),
            noise=0.7,
        ),
        Regime(
            name="volatility_spike_without_a_fall",
            title="VIX from 12 to 37 in two sessions, three times, SPX hardly moved",
            points=_spikes(3, 84),
            noise=0.3,
        ),
        Regime(
            name="crash_1987",
            title="a fall of a fifth in one session after a bad week, VIX to 140",
            points=(
                (0, 100.0, 20.0),
                (63, 110.0, 20.0),
                (66, 105.0, 25.0),
                (68, 100.0, 40.0),
                (69, 80.0, 140.0),
                (70, 85.0, 120.0),
                (71, 90.0, 90.0),
                (74, 80.0, 100.0),
                (90, 85.0, 60.0),
                (130, 85.0, 40.0),
                (250, 95.0, 25.0),
                (315, 100.0, 20.0),
            ),
            noise=0.5,
        ),
    )
}


def regime_of(name: str) -> Regime:
    """Raises StewardError for a name that is none of them."""
    if name not in REGIMES:
        raise StewardError(f"no regime is named {name!r}; there are {', '.join(REGIMES)}")
    return REGIMES[name]


def simulate_regime(
    name: str,
    *,
    seed: int,
    paths: int = 1,
    years: float = 4.0,
    start: date = FIRST_SESSION,
    first: int = 0,
    progress: Progress | None = None,
) -> Paths:
    """Paths of a regime, from number `first` on; raises as `model.simulate` does.

    Raises StewardError too where the years end before the course does.
    """
    regime, sessions = regime_of(name), sessions_of(start, years)
    if len(sessions) <= regime.sessions:
        raise StewardError(
            f"{name} takes {regime.sessions + 1} sessions, a calm year first, and {years:g} years "
            f"from {sessions[0]} have {len(sessions)}: take more --years"
        )
    count, parts = checked_count(paths), []
    for begin in range(0, count, BATCH):
        part = min(BATCH, count - begin)
        parts.append(_batch(regime, seed, sessions, first + begin, part))
        if progress is not None:
            progress(begin + part, count)
    return joined(parts)


def _batch(regime: Regime, seed: int, sessions: tuple[date, ...], first: int, count: int) -> Paths:
    rows, drawn = len(sessions), regime.sessions
    normal, uniform = draws.drawn(
        seed, draws.REGIME, first, count, rows=rows, normals=NUMBERS + 2, uniforms=1
    )
    gains, changes = _course(regime, normal[: drawn + 1, NUMBERS:])
    log_vix = np.full(count, math.log(regime.points[0][2]))
    walk = Walk(model(), count, rows, math.log(SPX_START), log_vix)
    for row in range(rows):
        given = (gains[row], changes[row]) if row <= drawn else None
        walk.step(row, normal[row, :NUMBERS], uniform[row, 0], given)
    label = f"the hypothetical regime {regime.name}"
    return Paths(sessions=sessions, label=label, first=first, **walk.arrays)


def _course(regime: Regime, normal: Floats) -> tuple[Floats, Floats]:
    """Returns and changes of ln VIX of every session of the course, the first of them 0."""
    days, spx, vix = (np.array(column) for column in zip(*regime.course, strict=True))
    at = np.arange(regime.sessions + 1)
    line_spx, line_vix = np.interp(at, days, np.log(spx)), np.interp(at, days, np.log(vix))
    count = normal.shape[2]
    z = np.minimum(np.maximum(normal[:, 0], -NOISE_LIMIT), NOISE_LIMIT)
    other = np.minimum(np.maximum(normal[:, 1], -NOISE_LIMIT), NOISE_LIMIT)
    u = CORRELATION * z + math.sqrt(1.0 - CORRELATION**2) * other
    noise = np.zeros((2, len(at), count))
    deviation = _deviation(line_spx, line_vix, days)
    state = State(np.full(count, line_vix[0]))
    for row in at[1:]:
        wobble = regime.noise * np.exp(0.5 * line(model().vol_of_vol, state.columns))
        noise[0, row] = noise[0, row - 1] + deviation[row] * z[row]
        noise[1, row] = VIX_KEPT * noise[1, row - 1] + wobble * u[row]
        state.move(line_vix[row] - line_vix[row - 1] + np.zeros(count))
    for begin, end in zip(days[:-1].astype(int), days[1:].astype(int), strict=True):
        part = (at[begin : end + 1] - begin)[:, None] / (end - begin)
        own = noise[:, begin : end + 1]
        tied = own - own[:, :1] - part * (own[:, -1:] - own[:, :1])
        noise[:, begin:end] = tied[:, :-1]
    noise[:, regime.sessions] = 0.0
    logs = line_spx[:, None] + noise[0], line_vix[:, None] + noise[1]
    gains, changes = (np.diff(x, axis=0, prepend=x[:1]) for x in logs)
    return gains, changes


def _deviation(line_spx: Floats, line_vix: Floats, days: NDArray[np.int64]) -> Floats:
    """Of the noise of each session's return, a fraction, before it is tied to the points.

    Tying the ends of n sessions takes one n-th of the variance; it is put on beforehand.
    """
    vix = np.exp(line_vix)
    wanted = np.maximum(vix - PREMIUM, LEAST_SHARE * vix) / 100.0 / math.sqrt(252.0)
    drawn = np.diff(line_spx, prepend=line_spx[0])
    left = np.maximum(wanted**2 - drawn**2, (LEAST_NOISE * wanted) ** 2)
    long = np.repeat(np.diff(days), np.diff(days)).astype(np.float64)
    room = np.where(long > 1.0, long / np.maximum(long - 1.0, 1.0), 1.0)
    deviation: Floats = np.sqrt(left * np.concatenate([[1.0], room]))
    return deviation
