"""The daily state that a snapshot is modelled from: published closes, or the chain's own VIX.

A close belongs to the quotes of its own moment. A chain of noon, of the night, or one that calls
itself a close and is none, is modelled from the VIX family that its own quotes are worth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from steward.intake.model_check.family import MEMBERS, OwnFamily, own_family
from steward.intake.model_check.own_history import has, with_own
from steward.intake.model_check.reading import NIGHT, Snapshot
from steward.intake.model_check.series import Discount, Series, rate_of
from steward.market.history import History
from steward.market.paths.marker import refuse_beside_quotes
from steward.market.store import Store
from steward.market.store_folder import is_store
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.store_history import store_history
from steward.pricing.rates import discount_factor
from steward.terms import calendar
from steward.terms.errors import StewardError

Kind = Literal["published", "own", "own level", "published, other moment"]

EARLY = ("1545", "1546")
CLOSE = "eod"

OFF_POINTS, OFF_SHARE = 0.30, 0.02
"""A chain whose own VIX is farther off the published close than the larger of these (points; share
of VIX) is not of that close. Complete closes of 2011 to 2024 come within 0.05."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What one snapshot is modelled from.

    history, session  the model is asked for this session of this history
    kind      published closes; the chain's own VIX family; where it has no VIX the vol of its own
              series nearest to 30 days in its place; or closes of another moment, whose errors
              hold what the market did in between and are not pooled
    why       a sentence: which state, and for what reason
    vix       of the state, points        own  what the chain itself is worth by the formula
    shared    the history is the whole one given, not made for this snapshot
    """

    history: History
    session: date
    kind: Kind
    why: str
    vix: float
    own: OwnFamily
    shared: bool

    @property
    def pooled(self) -> bool:
        return self.kind != "published, other moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoState:
    """Why a snapshot cannot be modelled, and the way out."""

    why: str


class States:
    """Where states come from: a folder or store of daily series, or the embedded default."""

    def __init__(self, folder: Path | None) -> None:
        """Raises StewardError for a folder that is not there or lacks daily SPX or VIX."""
        self.given = folder is not None
        self._base: History | None
        if folder is None:
            try:
                self._base = arch_history()
            except StewardError:  # its package is an extra; a chain may be its own state
                self._base = None
        elif is_store(folder):
            self._base = store_history(Store(folder))
        else:
            refuse_beside_quotes(folder, "--state")
            self._base = folder_history(folder)

    @property
    def label(self) -> str:
        return "none" if self._base is None else self._base.label

    @property
    def base(self) -> History | None:
        return self._base

    def has(self, session: date) -> bool:
        """Whether closes of that session were published and given."""
        return self._base is not None and has(self._base, session)

    def discount(self, snapshot: Snapshot, series: Sequence[Series]) -> Discount | NoState:
        """By the yields known at the session; else by the rate that the chain's parity says."""
        base = self._base
        if base is not None:
            for session in (snapshot.session, calendar.previous_session(snapshot.session)):
                if has(base, session):
                    return lambda years: discount_factor(base, session, years)
        rate = rate_of(series)
        if not math.isfinite(rate):
            return NoState(
                why="no interest rate: the day is not among the daily series, and no pairs of "
                "calls and puts say one; give --state DIR with series that reach it"
            )
        return lambda years: math.exp(-rate * years)

    def of(
        self,
        snapshot: Snapshot,
        series: Sequence[Series],
        discount: Discount,
        own: OwnFamily | None = None,
    ) -> State | NoState:
        """The state of a snapshot.

        own  of the SPX chain of the same moment, for a snapshot of VIX options; else worked out
        """
        if own is None:
            own = own_family(snapshot, series, discount)
        session, clock = snapshot.session, snapshot.snapshot
        here = self.has(session)
        vix = math.nan if own.vix is None else own.vix
        if here and clock == CLOSE:
            published = self._published(session)
            off = vix - published
            if own.vix is None:
                why = f"closes of {session}; it has no VIX of its own to hold against: {own.why}"
                return self._closes(session, "published", why, own)
            if not abs(off) > max(OFF_POINTS, OFF_SHARE * published):
                return self._closes(session, "published", f"closes of {session}", own)
            why = (
                f"its own VIX family: its VIX is {off:+.2f} points off the published close, so its "
                "quotes are not of that close"
            )
            return self._own(snapshot, own, series, discount, why)
        if math.isfinite(vix):
            said = "of the night" if clock == NIGHT else f"of {_clock(clock)}"
            why = "closes of that day are not given" if clock == CLOSE else f"quotes {said}"
            return self._own(snapshot, own, series, discount, f"its own VIX family: {why}")
        if here and clock in EARLY:
            return self._closes(
                session, "published", f"closes of {session}, half an hour after the quotes", own
            )
        if own.level is not None:
            level, days = own.level
            why = (
                f"its own level: it has no VIX ({own.why}), so the vol of its series of "
                f"{days:.0f} days stands for it"
            )
            found = replace(own, vix=level)
            return replace(
                self._own(snapshot, found, series, discount, why), kind="own level", own=own
            )
        if here:
            why = (
                f"closes of {session}, and quotes of another moment ({_clock(clock)}); it has no "
                f"VIX of its own: {own.why}"
            )
            return self._closes(session, "published, other moment", why, own)
        known = "the series of --state" if self.given else "the embedded history"
        return NoState(
            why=f"{known} has no closes of {session}, and the quotes have no VIX of their own: "
            f"{own.why}; give daily series that reach that day with --state DIR"
        )

    def _published(self, session: date) -> float:
        assert self._base is not None
        return float(self._base.vix.close[self._base.index(session)])

    def _closes(self, session: date, kind: Kind, why: str, own: OwnFamily) -> State:
        assert self._base is not None
        return State(
            history=self._base,
            session=session,
            kind=kind,
            why=why,
            vix=self._published(session),
            own=own,
            shared=True,
        )

    def _own(
        self,
        snapshot: Snapshot,
        own: OwnFamily,
        series: Sequence[Series],
        discount: Discount,
        why: str,
    ) -> State:
        session = model_session(snapshot)
        history = with_own(self._base, session, own, discount, same=snapshot.session)
        assert own.vix is not None
        return State(
            history=history,
            session=session,
            kind="own",
            why=why,
            vix=own.vix,
            own=own,
            shared=False,
        )


def model_session(snapshot: Snapshot) -> date:
    """The session whose decision moment stands for the quotes: of a night the one before."""
    opening = datetime.combine(snapshot.session, calendar.OPEN, calendar.NEW_YORK)
    if snapshot.moment <= opening and snapshot.snapshot == NIGHT:
        return calendar.previous_session(snapshot.session)
    return snapshot.session


def published_family(history: History, session: date) -> Mapping[str, float]:
    """The members of the VIX family that were published that session, points."""
    found = {"vix": float(history.vix.close[history.index(session)])}
    day = np.datetime64(session)
    for name in MEMBERS[1:]:
        one = history.series.get(name)
        if one is not None:
            row = int(np.searchsorted(one.period, day))
            if row < one.period.size and one.period[row] == day and math.isfinite(one.value[row]):
                found[name] = float(one.value[row])
    return found


def _clock(snapshot: str) -> str:
    if snapshot == CLOSE:
        return "the close"
    return f"{snapshot[:2]}:{snapshot[2:]}" if snapshot.isdigit() else "the night"
