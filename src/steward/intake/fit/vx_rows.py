"""Settlements of VIX futures with the state of their session, and fits of them, years left out.

Robust ridge on logs, with a penalty on everything but the constants. A year is predicted from the
other years' settlements; only the weights of outliers come from all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.robust import robust, sums
from steward.market.history import History
from steward.pricing.term import LEAST_CLOSES, TermTable
from steward.pricing.vx_curve import MOST_DAYS, SCALE_DAYS, SEASON_SCALES, Form, wave
from steward.pricing.vx_state import forward_vol, inside_knots, state_terms
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

FIRST_SESSION = np.datetime64("2006-01-03")
ORDINAL_OF_1970 = 719_163
PENALTY = 3e-5
"""Of a standardised coefficient's square, against the mean square of the log error. Years left out
hardly tell 1e-6 from 1e-4; from 1e-3 on all bands get worse."""

HUBER = 0.05
"""Log errors beyond count linearly."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Settlements to 260 days, a row a (session, contract), with what models may know of them.

    row, month   of the history, and which future by expiry (1 is the next to settle)
    days         calendar days to settlement     forward  root of its forward variance, points
    """

    history: History
    row: NDArray[np.intp]
    month: NDArray[np.intp]
    days: Floats
    settle: Floats
    vix: Floats
    year: NDArray[np.intp]
    session: NDArray[np.datetime64]
    expiry: NDArray[np.datetime64]
    forward: Floats
    state: dict[str, Floats]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Rows whose window lies between published knots."""
        known = np.isfinite(self.state["vix3m"]) & np.isfinite(self.state["vix6m"])
        return np.array([inside_knots(d) for d in self.days.tolist()]) & known


def settled(history: History) -> Settled:
    """All of a history's settlements from 2006 on; StewardError where it has none."""
    table = history.futures
    if table is None:
        raise StewardError("the folder has no VIX futures (vix_futures/), and their fit needs them")
    sessions = np.array(history.sessions, dtype="datetime64[D]")
    row = np.minimum(np.searchsorted(sessions, table.session), len(sessions) - 1)
    days = (table.expiry - table.session).astype(np.float64)
    first = np.searchsorted(table.session, table.session)
    month = np.arange(len(row)) - first + 1
    good = (sessions[row] == table.session) & (days <= MOST_DAYS) & (row + 1 >= LEAST_CLOSES)
    good &= table.session >= FIRST_SESSION
    terms = TermTable(history)
    pairs = zip(row[good].tolist(), days[good].tolist(), strict=True)
    forward = np.array([_forward(terms, at, left) for at, left in pairs])
    state = {name: values[row[good]] for name, values in state_terms(history, terms).items()}
    session = table.session[good]
    return Settled(
        history=history,
        row=row[good],
        month=month[good],
        days=days[good],
        settle=table.settle[good],
        vix=history.vix.close[row[good]],
        year=session.astype("datetime64[Y]").astype(np.intp) + 1970,
        session=session,
        expiry=table.expiry[good],
        forward=forward,
        state=state,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """One form on all years, and every settlement as the other years predict it.

    left_out, within  index points, a row a settlement; NaN where the form lacks a close
    """

    form: Form
    left_out: Floats
    within: Floats


def fitted(
    rows: Settled, label: str, names: tuple[str, ...], above_forward: float, *, forward: bool
) -> Fitted:
    """The fit of one form; `forward` adds the forward variance, `above_forward` bounds it."""
    columns = np.column_stack([rows.state[name] for name in names])
    gap = np.log(rows.forward / rows.vix)
    known = np.isfinite(columns).all(axis=1) & np.isfinite(gap)
    if forward:
        columns = np.column_stack([columns, gap])
    state, year = columns[known], rows.year[known]
    design = _Design(rows, known, len(names), forward=forward)
    target = np.log(rows.settle[known] / rows.vix[known])
    plain = design.matrix(state)
    penalty = np.array([0.0 if name == "one" else PENALTY for name in names])
    ridge = np.concatenate([np.tile(penalty, len(SCALE_DAYS)), np.full(design.rest, PENALTY)])
    numbers, weight = robust(plain, target, ridge, HUBER)
    left_out = np.full(len(known), math.nan)
    where = np.flatnonzero(known)
    every = sums(plain, target, weight)
    for one in np.unique(year):
        out = year == one
        found = every.less(sums(plain[out], target[out], weight[out])).solved(ridge)
        low, high = state[~out].min(axis=0), state[~out].max(axis=0)
        clipped = design.matrix(np.clip(state, low, high), out)
        left_out[where[out]] = rows.vix[where[out]] * np.exp(clipped @ found)
    within = np.full(len(known), math.nan)
    within[known] = rows.vix[known] * np.exp(plain @ numbers)
    if forward:
        top = np.where(rows.inside, rows.forward * (1.0 + above_forward), math.inf)
        left_out, within = np.minimum(left_out, top), np.minimum(within, top)
    return Fitted(design.form(label, names, numbers, state), left_out, within)


class _Design:
    """Columns: each scale times each term; waves of the expiry day; each scale times the gap."""

    def __init__(
        self, rows: Settled, known: NDArray[np.bool_], terms: int, *, forward: bool
    ) -> None:
        self._terms, self._forward = terms, forward
        self._load = -np.expm1(-rows.days[known, None] / np.array(SCALE_DAYS))
        ordinal = rows.expiry[known].astype("datetime64[D]").astype(np.int64) + ORDINAL_OF_1970
        self._wave = np.array([wave(float(day)) for day in ordinal.tolist()])
        self.rest = 2 * SEASON_SCALES + (len(SCALE_DAYS) if forward else 0)

    def matrix(self, state: Floats, part: NDArray[np.bool_] | None = None) -> Floats:
        """Of all rows, or of a part of them."""
        load, wave = self._load, self._wave
        if part is not None:
            load, wave, state = load[part], wave[part], state[part]
        plain = (load[:, :, None] * state[:, None, : self._terms]).reshape(len(load), -1)
        waves = [load[:, k, None] * wave for k in range(SEASON_SCALES)]
        gap = [load * state[:, self._terms :]] if self._forward else []
        return np.column_stack([plain, *waves, *gap])

    def form(self, label: str, names: tuple[str, ...], numbers: Floats, state: Floats) -> Form:
        cut = len(SCALE_DAYS) * self._terms
        waves = cut + 2 * SEASON_SCALES
        return Form(
            label=label,
            terms=names,
            coefficients=numbers[:cut].reshape(len(SCALE_DAYS), self._terms),
            season=tuple((float(c), float(s)) for c, s in numbers[cut:waves].reshape(-1, 2)),
            forward=tuple(numbers[waves:].tolist()),
            low=state.min(axis=0),
            high=state.max(axis=0),
        )


def _forward(terms: TermTable, row: int, days: float) -> float:
    curve = terms.curve(row)
    return math.nan if curve is None else forward_vol(curve, days)
