"""VIX futures: the exchange's settlement where the history has it, else a curve from the state.

The modelled curve starts at VIX itself and bends with the tenor towards what the state says:

    ln(F / VIX) = sum over three scales of (1 - exp(-days / scale)) x (c . state + f ln(V / VIX))

with V the root of the forward variance of the 30 days that the future settles on, from the term
curve, in forms that know VIX3M and VIX6M; c . state linear in `vx_state` and, in the two shorter
scales, a yearly wave of the expiry day (files/vx.toml, with the errors of years left out). So it is
above 0 at any state, reaches VIX at no days, and is flat beyond the longest tenor that was fitted.
A term of the state beyond what was fitted counts as the nearest that was, and is told. Where the
window lies inside the knots of the term curve the price stays under V and a tolerance, the share
by which real settlements exceed it.

Of several forms the first that has all its closes that day is taken.

Where settlements lie beside the one asked for, on that session or before it, the curve is moved by
how far it missed them: errors of this model fade by about 3 % a session only.
"""

from __future__ import annotations

import bisect
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.pricing import coefficients
from steward.pricing.term import LEAST_CLOSES, TermTable
from steward.pricing.vx_state import forward_vol, inside_knots, state_terms
from steward.terms import listing
from steward.terms.errors import StewardError
from steward.terms.trades import Quality

Floats = NDArray[np.float64]
Season = tuple[tuple[float, float], ...]

SCALE_DAYS = (20.0, 80.0, 320.0)
"""Calendar days over which each of the three loads comes in."""

SEASON_SCALES = 2
"""How many of them, the shortest first, carry the yearly wave."""

YEAR_DAYS = 365.25

MOST_DAYS = 260.0
"""The curve is flat beyond: no longer tenor was fitted."""

KEPT_A_SESSION = 0.97
"""What is left of the model's error at a settlement, one session later: within 0.01 of what misses
least 1 to 63 sessions after the last settlements, in rich and in poor forms."""

MOST_SESSIONS = 252
"""Settlements older than that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One fit of the curve.

    label         what it knows, in words
    terms         names of the state it reads        coefficients  a row a scale, a column a term
    season        a row for each of the first scales: of cosine and sine of the expiry's day
    forward       a number a scale: shares of ln(forward vol / VIX); empty where it knows none
    low, high     of each term, and last of ln(forward vol / VIX): the range that was fitted
    """

    label: str
    terms: tuple[str, ...]
    coefficients: Floats
    season: Season
    forward: tuple[float, ...]
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What the packaged file holds: the forms, the richest first, and the bound's tolerance."""

    forms: tuple[Form, ...]
    above_forward: float


class VxCurve:
    """Prices of VX futures for any session and any expiry day of a history."""

    def __init__(
        self, history: History, terms: TermTable, state: Mapping[str, Floats] | None = None
    ) -> None:
        """`terms` of the same history, and its `vx_state.state_terms` where they are at hand."""
        self._history = history
        self._terms = terms
        self._vix: list[float] = history.vix.close.tolist()
        self._packed = packaged()
        states = states_of(state or state_terms(history, terms), self._packed.forms)
        self._form: list[int] = states.form.tolist()
        self._loads: list[list[float]] = states.loads.tolist()
        self._outside = states.outside
        table = history.futures
        if table is not None:
            days = history.moments.astype("datetime64[D]")
            self._first = np.searchsorted(table.session, days, side="left").tolist()
            self._end = np.searchsorted(table.session, days, side="right").tolist()
        self._filled = [
            row for row in range(len(self._vix)) if table is not None and self._rows(row)
        ]
        self._settled = lru_cache(maxsize=64)(self._make_settled)
        self._missed = lru_cache(maxsize=64)(self._make_missed)

    def expiries(self, session: date) -> tuple[date, ...]:
        """Expiry days of the futures one could trade at the close of `session`, nearest first.

        Those with a settlement that session; on a session without any, those of the listing. None
        before 2004-03-26. KeyError for a day that is no session of the history.
        """
        settled = self._settled(self._history.index(session))
        return tuple(settled) if settled else listing.vx_series(session)

    def is_settled(self, session: date, expiry: date) -> bool:
        """Whether the history has that future's settlement of that session."""
        return expiry in self._settled(self._history.index(session))

    def price(self, session: date, expiry: date) -> tuple[float, Quality]:
        """Index points, above 0, and whether it is the exchange's or the model's.

        Raises ValueError on the settlement day and after it, StewardError where it would have to be
        modelled before 21 VIX closes are known.
        """
        row = self._history.index(session)
        known = self._settled(row).get(expiry)
        if known is not None:
            return known, "settlement"
        self._check(row, session, expiry)
        days = (expiry - session).days
        missed = self._missed(row)
        moved = float(np.interp(days, *missed)) if missed is not None else 0.0
        return self._modelled(row, days) * math.exp(moved), "modelled"

    def modelled(self, session: date, expiry: date) -> float:
        """The model alone, index points, whatever has settled; errors as `price`."""
        row = self._history.index(session)
        self._check(row, session, expiry)
        return self._modelled(row, (expiry - session).days)

    def form(self, session: date) -> str:
        """What the modelled curve of the session knows, in words; empty before 21 VIX closes."""
        row = self._history.index(session)
        return self._packed.forms[self._form[row]].label if row + 1 >= LEAST_CLOSES else ""

    def outside(self, session: date) -> tuple[str, ...]:
        """Terms of the session's state that lie outside of the fitted range; by `vx_state`."""
        row = self._history.index(session)
        form = self._packed.forms[self._form[row]]
        return tuple(n for n, out in zip(form.terms, self._outside[row], strict=False) if out)

    def _modelled(self, row: int, days: float) -> float:
        form = self._packed.forms[self._form[row]]
        tenor = min(days, MOST_DAYS)
        expiry = self._history.sessions[row].toordinal() + tenor
        log = log_ratio(self._loads[row], form.season, tenor, expiry)
        vix = self._vix[row]
        curve = self._terms.curve(row) if form.forward else None
        if curve is None:
            return vix * math.exp(log)
        forward = forward_vol(curve, tenor)
        gap = min(max(math.log(forward / vix), float(form.low[-1])), float(form.high[-1]))
        price = vix * math.exp(log + forward_share(form.forward, tenor) * gap)
        if inside_knots(tenor):
            price = min(price, forward * (1.0 + self._packed.above_forward))
        return price

    def _check(self, row: int, session: date, expiry: date) -> None:
        if expiry <= session:
            raise ValueError(f"the future of {expiry} has settled by {session}")
        if row + 1 < LEAST_CLOSES:
            raise StewardError(
                f"{session}: no VIX future can be modelled before {LEAST_CLOSES} VIX closes are "
                "known: start later, or bring a longer history with --data DIR"
            )

    def _rows(self, row: int) -> bool:
        return bool(self._end[row] > self._first[row])

    def _make_settled(self, row: int) -> Mapping[date, float]:
        """Settlements of the session in that row by expiry day, the nearest first."""
        table = self._history.futures
        if table is None:
            return {}
        part = slice(self._first[row], self._end[row])
        session = self._history.sessions[row]
        pairs = zip(table.expiry[part].tolist(), table.settle[part].tolist(), strict=True)
        return {day: price for day, price in sorted(pairs) if day > session}

    def _make_missed(self, row: int) -> tuple[list[float], list[float]] | None:
        """Days from the session, and ln of settlement over model, faded by age; None: no source.

        Of the newest session with settlements, this one or one before. 0 at 0 days, where the
        future is VIX; flat beyond the longest.
        """
        k = bisect.bisect_right(self._filled, row) - 1
        if k < 0 or row - self._filled[k] > MOST_SESSIONS or self._filled[k] + 1 < LEAST_CLOSES:
            return None
        then = self._filled[k]
        session = self._history.sessions[then]
        faded = KEPT_A_SESSION ** (row - then)
        passed = (self._history.sessions[row] - session).days
        days, missed = [0.0], [0.0]
        for expiry, price in self._settled(then).items():
            before = (expiry - session).days
            if before > passed:
                days.append(float(before - passed))
                missed.append(faded * math.log(price / self._modelled(then, before)))
        return days, missed


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """What the curves of a history are read off, a row a session.

    form     which of the forms      loads  of the scales, from the clipped state
    outside  by term of that form, in its order: whether the state was clipped
    """

    form: NDArray[np.intp]
    loads: Floats
    outside: NDArray[np.bool_]


def states_of(known: Mapping[str, Floats], forms: tuple[Form, ...]) -> States:
    """Of every session, by the first form whose terms are all known."""
    count = len(known["one"])
    form = np.full(count, len(forms) - 1, dtype=np.intp)
    loads = np.full((count, len(SCALE_DAYS)), np.nan)
    outside = np.zeros((count, max(len(one.terms) for one in forms)), dtype=bool)
    open_rows = np.ones(count, dtype=bool)
    for place, one in enumerate(forms):
        state = np.column_stack([known[name] for name in one.terms])
        mine = open_rows & np.isfinite(state).all(axis=1)
        low, high = one.low[: len(one.terms)], one.high[: len(one.terms)]
        clipped = np.clip(state[mine], low, high)
        form[mine] = place
        # Column by column: a matrix product rounds by its shape, and a cut history would differ.
        loads[mine] = sum(clipped[:, [k]] * one.coefficients[:, k] for k in range(len(one.terms)))
        outside[np.ix_(mine, np.arange(len(one.terms)))] = clipped != state[mine]
        open_rows &= ~mine
    return States(form=form, loads=loads, outside=outside)


@lru_cache(maxsize=2048)
def come_in(days: float) -> tuple[float, ...]:
    """How far each scale has come in after `days` calendar days, 0 to 1."""
    tenor = min(days, MOST_DAYS)
    return tuple(-math.expm1(-tenor / scale) for scale in SCALE_DAYS)


@lru_cache(maxsize=2048)
def wave(expiry: float) -> tuple[float, float]:
    """Cosine and sine of the part of a year at which a proleptic ordinal day lies."""
    angle = 2.0 * math.pi * (expiry / YEAR_DAYS % 1.0)
    return math.cos(angle), math.sin(angle)


def log_ratio(loads: Sequence[float], season: Season, days: float, expiry: float) -> float:
    """ln of the modelled future over VIX without its share of the forward variance.

    days    calendar days before it settles     expiry  its settlement day, a proleptic ordinal
    """
    parts = come_in(days)
    total = math.fsum(load * part for load, part in zip(loads, parts, strict=True))
    cosine, sine = wave(expiry)
    for (of_cosine, of_sine), part in zip(season, parts, strict=False):
        total += part * (of_cosine * cosine + of_sine * sine)
    return total


def forward_share(forward: Sequence[float], days: float) -> float:
    """The share of ln(forward vol / VIX) that counts at a tenor; 0 at no days."""
    return math.fsum(share * part for share, part in zip(forward, come_in(days), strict=True))


@coefficients.remembered()
def packaged() -> Curves:
    """What the packaged file holds."""
    text = coefficients.text("vx")
    return curves_of(tomllib.loads(text))


def curves_of(file: Mapping[str, Any]) -> Curves:
    """The forms of a file as `vx.toml`."""
    forms = tuple(
        Form(
            label=row["label"],
            terms=tuple(row["terms"]),
            coefficients=np.array(row["coefficients"]),
            season=tuple((float(c), float(s)) for c, s in row["season"]),
            forward=tuple(float(x) for x in row["forward"]),
            low=np.array(row["low"]),
            high=np.array(row["high"]),
        )
        for row in file["form"]
    )
    return Curves(forms=forms, above_forward=float(file["bound"]["above_forward"]))
