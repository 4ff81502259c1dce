"""Learn the quicker market from chains of the modelled one, and measure what that adds.

The examples are sessions of paths of a seed of their own, as many from each tenth of VIX and more
from its highest, so that calm days and crashes count alike. Every fifth one is kept out, and the
errors are measured on those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.paths.folder import path_history
from steward.market.paths.model import simulate
from steward.market.paths.regimes import simulate_regime
from steward.market.paths.state import Paths
from steward.market.quotes import Chain
from steward.pricing import coefficients
from steward.pricing.modelled import ModelledMarket
from steward.pricing.rates import discount_factor
from steward.pricing.simulated import quick
from steward.pricing.simulated.quick import Asked, Quick
from steward.pricing.simulated.schedule import even_days
from steward.pricing.simulated.states import States, states_of
from steward.terms import calendar
from steward.terms.contracts import Expiry, vx

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

SEED, PATHS, YEARS = 1905, 6, 8.0
SESSIONS_A_PATH = 45
CRASHES = ("crash_1987", "crash_and_recovery")
WARM_UP = 253
SPX_DAYS = (9, 16, 23, 30, 38, 45, 60, 90, 120)
VIX_DAYS = (12, 24, 36, 50, 70, 100, 130)
DELTAS = (0.02, 0.75)
"""Options further out are not what anybody asks for here."""

RIDGE = 1e-5
KEPT_OUT = 5
CALM_VIX = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """What the quicker way adds: absolute errors on sessions that were kept out."""

    what: str
    unit: str
    calm: tuple[float, float]
    stress: tuple[float, float]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """The quicker market, and its errors (median, 90th percentile; VIX below 30, and from 30)."""

    quick: Quick
    errors: tuple[Error, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Example:
    """One series or future at one session: states, what was asked, what the model says."""

    states: States
    at: Asked
    strike: Floats
    call: NDArray[np.bool_]
    vol: Floats
    delta: Floats
    mid: Floats
    spread: Floats
    out: bool

    @property
    def vix(self) -> float:
        return float(self.states.vix[self.at.row[0]])


_KEPT: list[Learned] = []
"""The one that this process has learned."""

coefficients.when_forgotten(_KEPT.clear)


def learned(progress: Progress | None = None) -> Learned:
    """The quicker market of this version's model; learned once in a process."""
    if not _KEPT:
        _KEPT.append(_learn(progress))
    return _KEPT[0]


def _learn(progress: Progress | None) -> Learned:
    spx: list[_Example] = []
    vix: list[_Example] = []
    futures: list[tuple[_Example, float]] = []
    worlds = [simulate(seed=SEED, paths=1, years=YEARS, first=n) for n in range(PATHS)]
    worlds += [simulate_regime(name, seed=SEED, years=3.0) for name in CRASHES]
    rate = 0.0
    for number, paths in enumerate(worlds):
        history = path_history(paths)
        market, states = ModelledMarket(history), states_of(paths, 0)
        rate = -math.log(discount_factor(history, paths.sessions[WARM_UP], 1.0))
        for place, row in enumerate(_rows(states)):
            out = place % KEPT_OUT == 2
            one = _spx_examples(market, history, states, row, out)
            two = _vix_examples(market, states, paths, row, out, rate)
            spx += one
            vix += two[0]
            futures += two[1]
        if progress is not None:
            progress(number + 1, len(worlds))
    made = Quick(
        spx=_fitted(spx, quick.spx_state, quick.SPX_KNOTS, quick.SPX_LIMITS, vix=False),
        vix=_fitted(vix, quick.vix_state, quick.VIX_KNOTS, quick.VIX_LIMITS, vix=True),
        loads=_loads(futures),
        spx_spread=_spread(spx),
        vix_spread=_spread(vix),
        rate=rate,
        dividend=_dividend(spx, rate),
    )
    return Learned(quick=made, errors=_errors(made, spx, vix, futures))


def _rows(states: States) -> list[int]:
    """Sessions after the warm-up, spread over the ranks of VIX, the highest ones twice as dense."""
    order = np.argsort(states.vix[WARM_UP:], kind="stable") + WARM_UP
    share = np.linspace(0.0, 1.0, SESSIONS_A_PATH) ** 0.7
    places = np.unique(np.round(share * (len(order) - 1)).astype(int))
    return [int(order[place]) for place in places]


def _nearest(found: list[tuple[float, Expiry]], wanted: tuple[int, ...]) -> list[Expiry]:
    """Series nearest to each of the days, each once."""
    chosen: dict[Expiry, None] = {}
    for days in wanted:
        if found:
            chosen[min(found, key=lambda one: (abs(one[0] - days), one[0]))[1]] = None
    return list(chosen)


def _spx_examples(
    market: ModelledMarket, history: History, states: States, row: int, out: bool
) -> list[_Example]:
    session = history.sessions[row]
    listed = [
        (float(calendar.days_to(session, e)), e)
        for e in market.expiries(session, "SPX")
        if 4 <= calendar.days_to(session, e) <= 150
    ]
    found = []
    for expiry in _nearest(listed, SPX_DAYS):
        chain = market.chain(session, expiry)
        if chain is not None:
            found.append(_example(chain, states, row, session, out))
    return found


def _vix_examples(
    market: ModelledMarket, states: States, paths: Paths, row: int, out: bool, rate: float
) -> tuple[list[_Example], list[tuple[_Example, float]]]:
    session = paths.sessions[row]
    listed = [
        (float(calendar.days_to(session, e)), e)
        for e in market.expiries(session, "VIX")
        if calendar.days_to(session, e) >= 4
    ]
    options = []
    for expiry in _nearest(listed, VIX_DAYS):
        chain = market.chain(session, expiry)
        if chain is not None:
            options.append(_example(chain, states, row, session, out))
    futures = []
    for day in market.futures(session):
        days = float((day - session).days)
        price = market.mark(session, vx(day)).forward
        at = Asked(
            row=np.array([row]),
            days=np.array([days]),
            years=np.array([days / 365.0]),
            forward=np.array([price]),
            discount=np.array([math.exp(-rate * days / 365.0)]),
            even=np.zeros(1),
        )
        nothing = np.zeros(0)
        one = _Example(
            states=states,
            at=at,
            strike=nothing,
            call=np.zeros(0, dtype=bool),
            vol=nothing,
            delta=nothing,
            mid=nothing,
            spread=nothing,
            out=out,
        )
        futures.append((one, price))
    return options, futures


def _example(chain: Chain, states: States, row: int, session: date, out: bool) -> _Example:
    """The out-of-the-money side of a chain, deltas inside `DELTAS`."""
    outside = chain.call == (chain.strike >= chain.forward)
    size = np.abs(chain.delta)
    keep = outside & (size >= DELTAS[0]) & (size <= DELTAS[1]) & np.isfinite(chain.vol)
    days = float(calendar.days_to(session, chain.expiry))
    at = Asked(
        row=np.array([row]),
        days=np.array([days]),
        years=np.array([chain.years]),
        forward=np.array([chain.forward]),
        discount=np.array([chain.discount]),
        even=np.array([even_days(session, chain.expiry.day)]),
    )
    return _Example(
        states=states,
        at=at,
        strike=chain.strike[keep],
        call=chain.call[keep],
        vol=chain.vol[keep],
        delta=chain.delta[keep],
        mid=0.5 * (chain.bid + chain.ask)[keep],
        spread=(chain.ask - chain.bid)[keep],
        out=out,
    )


# --- fits ----------------------------------------------------------------------------------------


def _fitted(
    examples: list[_Example],
    state_at: Callable[[States, Asked], Floats],
    knots: tuple[float, ...],
    limits: tuple[float, float],
    *,
    vix: bool,
) -> Floats:
    """Least squares of ln(vol / level), each series with the same weight; (state, pieces)."""
    total: Floats | None = None
    wanted: Floats | None = None
    pieces = 4 + len(knots)
    for one in examples:
        if one.out or not one.strike.size:
            continue
        level = float((one.states.vvix if vix else one.states.vix)[one.at.row[0]]) / 100.0
        z = np.log(one.strike / one.at.forward[0]) / (level * math.sqrt(one.at.years[0]))
        shape = np.stack(quick.pieces_at(z, knots, limits), axis=1)
        state = state_at(one.states, one.at)[0]
        weight = 1.0 / one.strike.size
        column = (state[:, None, None, None] * state[None, None, :, None]).astype(np.float64)
        inner = weight * (shape.T @ shape)
        block = column * inner[None, :, None, :]
        aim = weight * state[:, None] * (shape.T @ np.log(one.vol / level))[None, :]
        total = block if total is None else total + block
        wanted = aim if wanted is None else wanted + aim
    if total is None or wanted is None:
        raise ValueError("no chain to learn from")
    size = total.shape[0] * pieces
    system = total.reshape(size, size)
    scale = np.sqrt(np.diag(system))
    scale[scale == 0.0] = 1.0
    system = system / np.outer(scale, scale) + RIDGE * np.eye(size)
    return np.asarray(
        (np.linalg.solve(system, wanted.reshape(size) / scale) / scale).reshape(-1, pieces)
    )


def _loads(futures: list[tuple[_Example, float]]) -> Floats:
    rows, aims = [], []
    for one, price in futures:
        if one.out:
            continue
        days = min(float(one.at.days[0]), quick.MOST_DAYS)
        share = -np.expm1(-days / np.array(quick.LOAD_DAYS))
        rows.append(np.outer(share, one.states.features[one.at.row[0]]).ravel())
        aims.append(math.log(price / one.vix))
    system = np.array(rows)
    scale = np.sqrt(np.mean(system * system, axis=0))
    scale[scale == 0.0] = 1.0
    scaled = system / scale
    count = scaled.shape[1]
    inner = scaled.T @ scaled / len(scaled) + RIDGE * np.eye(count)
    found = np.linalg.solve(inner, scaled.T @ np.array(aims) / len(scaled)) / scale
    return np.asarray(found.reshape(len(quick.LOAD_DAYS), -1))


def _dividend(examples: list[_Example], rate: float) -> float:
    """What forwards lack of interest, a year: the mean of all series."""
    yields = [
        rate - math.log(one.at.forward[0] / one.states.spx[one.at.row[0]]) / one.at.years[0]
        for one in examples
    ]
    return float(np.mean(yields))


def _spread(examples: list[_Example]) -> Floats:
    rows, aims = [], []
    for one in examples:
        good = (one.mid >= 0.1) & (one.spread > 0.0)
        if one.out or not good.any():
            continue
        rows.append(quick.spread_state(one.states, one.at.row, one.mid[None, good])[0])
        aims.append(np.log(one.spread[good]))
    return np.asarray(np.linalg.lstsq(np.vstack(rows), np.concatenate(aims), rcond=None)[0])


# --- errors --------------------------------------------------------------------------------------


def _errors(
    made: Quick, spx: list[_Example], vix: list[_Example], futures: list[tuple[_Example, float]]
) -> tuple[Error, ...]:
    found: dict[str, list[tuple[bool, float]]] = {"spx": [], "wing": [], "vix": [], "vx": []}
    for one in spx:
        if not one.out or not one.strike.size or not 20 <= one.at.days[0] <= 90:
            continue
        gap = 100.0 * np.abs(made.spx_vol(one.states, one.at, one.strike[None])[0] - one.vol)
        size = np.abs(one.delta)
        calm = one.vix < CALM_VIX
        found["spx"] += [(calm, float(g)) for g in gap[(size >= 0.05) & (size <= 0.5)]]
        price = made.spx_price(one.states, one.at, one.strike[None], one.call)[0]
        sold = (size >= 0.10) & (size <= 0.22) & (one.mid > 0.5)
        found["wing"] += [(calm, 100.0 * float(g)) for g in np.abs(price / one.mid - 1.0)[sold]]
    for one in vix:
        if not one.out or not one.strike.size or not 20 <= one.at.days[0] <= 130:
            continue
        price = made.vix_price(one.states, one.at, one.strike[None], one.call)[0]
        wanted = one.call & (one.delta >= 0.2) & (one.delta <= 0.45)
        gap = 100.0 * np.abs(price / one.mid - 1.0)[wanted]
        found["vix"] += [(one.vix < CALM_VIX, float(g)) for g in gap]
    for one, price in futures:
        if one.out:
            bare = replace(one.states, premium=np.zeros_like(one.states.premium))
            gap = abs(float(made.future(bare, one.at.row, one.at.days)[0]) - price)
            found["vx"].append((one.vix < CALM_VIX, gap))
    return (
        _error("SPX implied vol, |delta| 0.05-0.50, 20-90 days", "vol points", found["spx"]),
        _error("SPX price, |delta| 0.10-0.22, 20-90 days", "%", found["wing"]),
        _error("VIX calls, delta 0.20-0.45, 20-130 days, price", "%", found["vix"]),
        _error("VIX futures, all listed", "points", found["vx"]),
    )


def _error(what: str, unit: str, gaps: list[tuple[bool, float]]) -> Error:
    def two(calm: bool) -> tuple[float, float]:
        values = [gap for is_calm, gap in gaps if is_calm == calm]
        if not values:
            return math.nan, math.nan
        middle, far = np.quantile(values, (0.5, 0.9))
        return float(middle), float(far)

    return Error(what=what, unit=unit, calm=two(True), stress=two(False), count=len(gaps))
