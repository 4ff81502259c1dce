"""VIX futures: the exchange's settlement where the history has it, else a curve from the state.

The modelled curve starts at VIX itself and bends towards what VIX and its averages say, more with
the tenor: ln(F / VIX) is a sum of three loads, each times 1 - exp(-days / scale) and linear in the
logs of VIX, of VIX over its averages and, on a day that has them, of VIX3M, VIX6M and VVIX over VIX
(files/vx.toml, with the errors of years left out). So it is above 0 at any state, reaches VIX at
no days, and is flat beyond the longest tenor that was fitted.

Where settlements lie beside the one asked for, on that session or before it, the curve is moved by
how far it missed them: errors of this model fade by about 2 % a session only.
"""

from __future__ import annotations

import bisect
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.pricing.term import LEAST_CLOSES, TermTable, features, same_day
from steward.terms import listing
from steward.terms.errors import StewardError
from steward.terms.trades import Quality

Floats = NDArray[np.float64]

SCALE_DAYS = (20.0, 80.0, 320.0)
"""Calendar days over which each of the three loads comes in."""

MOST_DAYS = 260.0
"""The curve is flat beyond: no longer tenor was fitted."""

KEPT_A_SESSION = 0.98
"""What is left of the model's error at a settlement, one session later: between the slopes of later
errors on earlier ones, 0.92-0.97 after one session and 0.59-0.65 (0.98^21) after 21."""

MOST_SESSIONS = 252
"""Settlements older than that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One fit of the curve.

    given         closes it needs beside VIX, by name
    coefficients  a row a load; columns as `term.features`, then ln of each given close over VIX
    """

    given: tuple[str, ...]
    coefficients: Floats


class VxCurve:
    """Prices of VX futures for any session and any expiry day of a history."""

    def __init__(self, history: History, terms: TermTable) -> None:
        """`terms` of the same history."""
        self._history = history
        self._vix: list[float] = history.vix.close.tolist()
        self._loads = loads_of(history, terms).tolist()
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
        days = (expiry - session).days
        if days <= 0:
            raise ValueError(f"the future of {expiry} has settled by {session}")
        known = self._settled(row).get(expiry)
        if known is not None:
            return known, "settlement"
        if row + 1 < LEAST_CLOSES:
            raise StewardError(
                f"{session}: no VIX future can be modelled before {LEAST_CLOSES} VIX closes are "
                "known: start later, or bring a longer history with --data DIR"
            )
        missed = self._missed(row)
        moved = float(np.interp(days, *missed)) if missed is not None else 0.0
        return self._modelled(row, days) * math.exp(moved), "modelled"

    def _modelled(self, row: int, days: float) -> float:
        return self._vix[row] * math.exp(log_ratio(self._loads[row], days))

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
        if k < 0 or row - self._filled[k] > MOST_SESSIONS:
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


def log_ratio(loads: list[float], days: float) -> float:
    """ln of the modelled future over VIX, `days` calendar days before it settles."""
    tenor = min(days, MOST_DAYS)
    parts = zip(loads, SCALE_DAYS, strict=True)
    return -sum(load * math.expm1(-tenor / scale) for load, scale in parts)


def loads_of(history: History, terms: TermTable) -> Floats:
    """The three loads of every session, a row a session, by the richest form it has closes for."""
    vix = history.vix.close
    plain = features(vix, terms.means, None)
    loads = np.full((len(vix), len(SCALE_DAYS)), np.nan)
    for form in forms():
        extra = [np.log(same_day(history, name) / vix) for name in form.given]
        state = np.column_stack([plain, *extra])
        known = np.isfinite(state).all(axis=1)
        loads[known] = state[known] @ form.coefficients.T
    return loads


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    """The packaged fits, from VIX alone to the richest."""
    text = (resources.files("steward.pricing") / "files" / "vx.toml").read_text("utf-8")
    return tuple(
        Form(given=tuple(row["given"]), coefficients=np.array(row["coefficients"]))
        for row in tomllib.loads(text)["form"]
    )
