"""The model behind simulated paths: SPX and VIX in one step, a session at a time.

The state is ln VIX and its distances from its own exponential averages over 21, 63 and 252
sessions: the averages make VIX revert quickly to a level that itself moves slowly.

    return of SPX     = drift + s z     ln s^2 a line in the state: variance follows VIX
    change of ln VIX  = line in the state + v u      ln v^2 a line in the state too

(z, u) come from a mixture of Gaussians, the kinds of days: ordinary ones, and falls of SPX with
jumps of VIX. How likely each kind is depends on VIX, on VIX over its average and on the excitement
that earlier jumps left, so jumps come in clusters; the expected value at that state is taken off,
so that drift and reversion stay what they say. The state is that of an autoregression over several
horizons (F. Corsi, "A simple approximate long-memory model of realized volatility", J. Financial
Econometrics 7 (2009), equation 10, here on ln VIX).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.paths import draws
from steward.market.paths.coefficients import (
    AVERAGES,
    JUMP,
    JUMP_KEPT,
    JUMP_TAKEN,
    Mixture,
    Model,
    model,
)
from steward.market.paths.family import NORMALS, Family, line
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

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Paths done, paths in all."""

LABEL = "the model of SPX and VIX"
WARM_UP = 756
"""Sessions before the first one: the 252-session average has forgotten where it began."""

BATCH = 250
"""Paths at once; the numbers do not depend on it."""

OPENS = 2
NUMBERS = 2 + NORMALS + OPENS
"""Standard normals of a session: return and VIX, the family, the opens."""

MOST_DEVIATIONS = 8.0
MOST_OF_VIX = 1.3
"""Times the deviation of one day that VIX says: the line of variance goes no higher, or the few
days of 2008 and 2020 on which it was steepest would be carried on without end."""

_KEEP = tuple(1.0 - 2.0 / (n + 1.0) for n in AVERAGES)


class State:
    """ln VIX and its averages, a number a path."""

    def __init__(self, log_vix: Floats) -> None:
        self.log_vix = log_vix
        self._averages = [np.exp(log_vix) for _ in AVERAGES]

    def move(self, change: Floats) -> None:
        """Add to ln VIX, within the limits, and take the new close into the averages."""
        moved = self.log_vix + change
        self.log_vix = np.minimum(np.maximum(moved, math.log(LEAST_VIX)), math.log(MOST_VIX))
        vix = self.vix
        self._averages = [
            keep * average + (1.0 - keep) * vix
            for keep, average in zip(_KEEP, self._averages, strict=True)
        ]

    @property
    def vix(self) -> Floats:
        return np.exp(self.log_vix)

    @property
    def columns(self) -> tuple[Floats, ...]:
        """ln VIX, and ln VIX over each average."""
        x = self.log_vix
        return (x, *(x - np.log(average) for average in self._averages))


def deviation_of(variance: Sequence[float], columns: tuple[Floats, ...]) -> Floats:
    """Of the next return, a fraction, at a state: ln VIX, and over its 21 and 63."""
    most = MOST_OF_VIX / 100.0 / math.sqrt(252.0) * np.exp(columns[0])
    return np.minimum(np.exp(0.5 * line(tuple(variance), columns)), most)


class Kinds:
    """Draws of (z, u) from the mixture at a state."""

    def __init__(self, mixture: Mixture, count: int) -> None:
        self._mixture = mixture
        self.excitement = np.zeros(count)

    def draw(
        self, columns: tuple[Floats, ...], uniform: Floats, normal: Floats
    ) -> tuple[Floats, Floats]:
        """z and u, each of mean 0 at that state, and remember the jump that u may be."""
        means, roots = self._mixture.means, self._mixture.roots
        share = [
            np.exp(line(tuple(row), (columns[0] - 2.9, columns[1], self.excitement)))
            for row in self._mixture.weights.tolist()
        ]
        total = share[0]
        for one in share[1:]:
            total = total + one
        wanted, passed = uniform * total, np.zeros_like(total)
        kind = np.zeros(uniform.shape, dtype=np.intp)
        mean_z, mean_u = np.zeros_like(total), np.zeros_like(total)
        for k, one in enumerate(share):
            passed = passed + one
            kind += (wanted >= passed) & (k < len(share) - 1)
            mean_z = mean_z + one * float(means[k, 0])
            mean_u = mean_u + one * float(means[k, 1])
        z = means[kind, 0] + roots[kind, 0] * normal[0] - mean_z / total
        u = means[kind, 1] + roots[kind, 1] * normal[0] + roots[kind, 2] * normal[1]
        u = u - mean_u / total
        self.excite(u)
        return z, u

    def excite(self, u: Floats) -> None:
        """Remember the jump that `u` may be."""
        excess = np.maximum(u - JUMP, 0.0)
        self.excitement = JUMP_KEPT * self.excitement + JUMP_TAKEN * excess


def simulate(
    *,
    seed: int,
    paths: int = 1,
    years: float = 10.0,
    start: date = FIRST_SESSION,
    first: int = 0,
    numbers: Model | None = None,
    progress: Progress | None = None,
) -> Paths:
    """Paths of the model, from number `first` on, each from its own warmed-up state.

    seed  0 or above            numbers  the coefficients; None: the packaged ones
    Raises StewardError for what lies outside of the calendar, and for numbers that make no sense.
    """
    sessions = sessions_of(start, years)
    count, used = checked_count(paths), numbers or model()
    parts = []
    for begin in range(0, count, BATCH):
        part = min(BATCH, count - begin)
        parts.append(_batch(used, seed, sessions, first + begin, part))
        if progress is not None:
            progress(begin + part, count)
    return joined(parts)


def _batch(model: Model, seed: int, sessions: Sequence[date], first: int, count: int) -> Paths:
    rows = WARM_UP + len(sessions)
    normal, uniform = draws.drawn(
        seed, draws.MODEL, first, count, rows=rows, normals=NUMBERS, uniforms=1
    )
    walk = Walk(model, count, len(sessions), math.log(SPX_START), np.full(count, model.calm))
    for row in range(rows):
        walk.step(row - WARM_UP, normal[row], uniform[row, 0])
    return Paths(sessions=tuple(sessions), label=LABEL, first=first, **walk.arrays)


class Walk:
    """A batch of paths on their way: state, kinds of days, family, and what was written so far."""

    def __init__(
        self, model: Model, count: int, sessions: int, log_spx: float, log_vix: Floats
    ) -> None:
        self._model = model
        self._state, self._kinds = State(log_vix), Kinds(model.mixture, count)
        self._family = Family(model, count)
        self._log_spx = np.full(count, log_spx)
        self.arrays = {name: np.empty((sessions, count)) for name in ARRAYS}

    def step(
        self,
        at: int,
        normal: Floats,
        uniform: Floats,
        given: tuple[Floats, Floats] | None = None,
    ) -> None:
        """Move on by a session and write it in row `at`; below 0 it is warm-up and not written.

        normal  `NUMBERS` rows      given  return and change of ln VIX, in place of the model's own
        The first row written has the first SPX close as it was set: there is no return yet.
        """
        model, columns = self._model, self._state.columns
        deviation = deviation_of(model.variance, columns[:3])
        wobble = np.exp(0.5 * line(model.vol_of_vol, columns))
        expected = line(model.reversion, columns)
        before = self._state.log_vix
        if given is None:
            z, u = self._kinds.draw(columns, uniform, normal)
            change, gain = expected + wobble * u, model.drift + deviation * z
        else:
            gain, change = given
            z = bounded((gain - model.drift) / deviation)
            u = bounded((change - expected) / wobble)
            self._kinds.excite(u)
        self._state.move(change)
        self._family.step(z, u, normal[2 : 2 + NORMALS])
        if at < 0:
            return
        if at > 0:
            self._log_spx = self._log_spx + gain
        self._write(at, before, z, u, deviation, wobble, normal[-OPENS:])

    def _write(
        self,
        at: int,
        log_vix_before: Floats,
        z: Floats,
        u: Floats,
        deviation: Floats,
        wobble: Floats,
        normal: Floats,
    ) -> None:
        """Closes, and opens: a share of the day's own move, and noise."""
        arrays = self.arrays
        base, slope, noise = self._model.spx_open
        gap = base + slope * z + noise * normal[0]
        start = np.log(arrays["spx"][at - 1]) if at else self._log_spx
        arrays["spx_open"][at] = np.exp(start + (deviation * gap if at else 0.0))
        base, own, across, noise = self._model.vix_open
        opened = log_vix_before + wobble * (base + own * u + across * gap + noise * normal[1])
        arrays["vix_open"][at] = np.minimum(np.maximum(np.exp(opened), LEAST_VIX), MOST_VIX)
        arrays["spx"][at] = np.exp(self._log_spx)
        arrays["vix"][at] = self._state.vix
        arrays["premium"][at] = self._family.premium
        for name, close in self._family.closes(self._state.vix, self._state.columns).items():
            arrays[name][at] = close


def bounded(deviations: Floats) -> Floats:
    """What the family sees of a move that is drawn and not its own."""
    return np.minimum(np.maximum(deviations, -MOST_DEVIATIONS), MOST_DEVIATIONS)
