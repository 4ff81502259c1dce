"""The daily state that a snapshot is modelled from: published closes, or the chain's own VIX.

A close belongs to the quotes of its own moment. A chain of noon, of the night, or one that calls
itself a close and is none, is modelled from the VIX family that its own quotes are worth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.intake.model_check.family import MEMBERS, OwnFamily, own_family
from steward.intake.model_check.reading import NIGHT, Snapshot
from steward.intake.model_check.series import Discount, Series, rate_of
from steward.market.history import Bars, FuturesTable, History
from steward.market.history import Series as Daily
from steward.market.paths.marker import refuse_beside_quotes
from steward.market.store import Store
from steward.market.store_folder import is_store
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.store_history import store_history
from steward.pricing.rates import CURVE, discount_factor
from steward.terms import calendar
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Kind = Literal["published", "own", "own level", "published, other moment"]

EARLY = ("1545", "1546")
CLOSE = "eod"

OFF_POINTS, OFF_SHARE = 0.30, 0.02
"""A chain whose own VIX is farther off the published close than the larger of these (points; share
of VIX) is not of that close. Complete closes of 2011 to 2024 come within 0.05."""

SESSIONS_KEPT = 300
"""Of a history, before the session that is modelled: more than its longest average asks for."""


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
        return self._base is not None and _has(self._base, session)

    def discount(self, snapshot: Snapshot, series: Sequence[Series]) -> Discount | NoState:
        """By the yields known at the session; else by the rate that the chain's parity says."""
        base = self._base
        if base is not None:
            for session in (snapshot.session, calendar.previous_session(snapshot.session)):
                if _has(base, session):
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
        history = _with_own(self._base, session, own, discount, same=snapshot.session)
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


# --- a history for one snapshot ------------------------------------------------------------------


def _with_own(
    base: History | None, session: date, own: OwnFamily, discount: Discount, *, same: date
) -> History:
    """The days before as they were published, and the chain's own family as that session's close.

    Without published days before: the same values on every one of them, so that averages of VIX
    are VIX itself, and rates as the chain discounts. What a chain does not say of its own day
    (SKEW, VVIX) is that day's published value where it is given.
    """
    assert own.vix is not None
    before = calendar.previous_session(session)
    if base is not None and _has(base, before):
        found = _tail(base.until(same if _has(base, same) and same == session else before))
        if found.sessions[-1] != session:
            found = _appended(found, session)
    else:
        found = _constant(session, own, discount)
    last = len(found.sessions) - 1
    day, known = np.array([session], dtype="datetime64[D]"), found.moments[last:]
    spx, vix = found.spx.close.copy(), found.vix.close.copy()
    spx[last], vix[last] = own.spot, own.vix
    unknown = np.full(last + 1, np.nan)
    series = dict(found.series)
    for name in MEMBERS[1:]:
        series.pop(name, None)
        value = own.members.get(name)
        if value is not None:
            series[name] = _daily(name, day, np.array([value]), known)
    return replace(
        found,
        label="the chain's own VIX family",
        spx=replace(found.spx, close=spx),
        vix=Bars(open=unknown, high=unknown, low=unknown, close=vix),
        series=series,
        futures=None,
    )


def _daily(
    name: str, day: NDArray[np.datetime64], value: Floats, known: NDArray[np.datetime64]
) -> Daily:
    return Daily(
        name=name,
        unit="index points",
        period=day,
        value=value,
        known_at=known,
        max_age_days=7,
        lagged=False,
        source="the chain's own quotes",
    )


def _tail(history: History) -> History:
    """The last sessions; closes before them are remembered as closes before the first one."""
    n = len(history.sessions)
    if n <= SESSIONS_KEPT:
        return history
    cut = slice(n - SESSIONS_KEPT, n)
    return replace(
        history,
        sessions=history.sessions[cut],
        moments=history.moments[cut],
        spx=_bars(history.spx, cut),
        vix=_bars(history.vix, cut),
        spx_before=np.concatenate((history.spx_before, history.spx.close[: cut.start]))[-600:],
        spx_before_days=(*history.spx_before_days, *history.sessions[: cut.start])[-600:],
    )


def _bars(bars: Bars, cut: slice) -> Bars:
    return Bars(open=bars.open[cut], high=bars.high[cut], low=bars.low[cut], close=bars.close[cut])


def _appended(history: History, session: date) -> History:
    """One more session, whose values are still those of the last one."""

    def longer(bars: Bars) -> Bars:
        return Bars(
            **{
                name: np.append(getattr(bars, name), getattr(bars, name)[-1])
                for name in ("open", "high", "low", "close")
            }
        )

    return replace(
        history,
        sessions=(*history.sessions, session),
        moments=np.append(history.moments, _moments([session])),
        spx=longer(history.spx),
        vix=longer(history.vix),
    )


def _constant(session: date, own: OwnFamily, discount: Discount) -> History:
    """A history in which every day was like this one."""
    days = calendar.sessions(session - timedelta(days=440), session)[-SESSIONS_KEPT:]
    days = days if days[-1] == session else (*days, session)
    n = len(days)
    unknown = np.full(n, np.nan)
    moments = _moments(days)
    first = np.array([days[0]], dtype="datetime64[D]")
    rates = {
        name: replace(
            _daily(
                name, first, np.array([_percent(discount, years)]), first.astype("datetime64[m]")
            ),
            unit="percent, bond-equivalent",
            max_age_days=10_000,
        )
        for name, years in CURVE
    }
    return History(
        label="the chain's own VIX family",
        sessions=days,
        moments=moments,
        spx=Bars(open=unknown, high=unknown, low=unknown, close=np.full(n, own.spot)),
        vix=Bars(open=unknown, high=unknown, low=unknown, close=np.full(n, own.vix)),
        spx_before=np.array([]),
        spx_before_days=(),
        series=rates,
        futures=None,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def _percent(discount: Discount, years: float) -> float:
    """The bond-equivalent yield, percent, of a discount."""
    rate = -math.log(discount(years)) / years
    return 200.0 * math.expm1(rate / 2.0)


def _moments(days: Sequence[date]) -> NDArray[np.datetime64]:
    found = [calendar.decision_moment(d).astimezone(UTC).replace(tzinfo=None) for d in days]
    return np.array(found, dtype="datetime64[m]")


def with_futures(history: History, session: date, prices: Mapping[date, float]) -> History:
    """The same, knowing of VX futures only these prices of that session."""
    if not prices:
        return replace(history, futures=None)
    days = sorted(prices)
    table = FuturesTable(
        session=np.array([session] * len(days), dtype="datetime64[D]"),
        expiry=np.array(days, dtype="datetime64[D]"),
        settle=np.array([prices[day] for day in days]),
        final={},
        source="the forwards of VIX options",
    )
    return replace(history, futures=table)


def trimmed(history: History, session: date) -> History:
    """The last sessions up to one, for a model that is made anew for it."""
    return _tail(history.until(session))


def _has(history: History, session: date) -> bool:
    try:
        history.index(session)
    except KeyError:
        return False
    return True


def _clock(snapshot: str) -> str:
    if snapshot == CLOSE:
        return "the close"
    return f"{snapshot[:2]}:{snapshot[2:]}" if snapshot.isdigit() else "the night"
