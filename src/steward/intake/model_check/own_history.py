"""Histories made for one snapshot: published days, and at their end the chain's own values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.intake.model_check.family import MEMBERS, OwnFamily
from steward.intake.model_check.series import Discount
from steward.market.history import Bars, FuturesTable, History
from steward.market.history import Series as Daily
from steward.pricing.rates import CURVE
from steward.pricing.term import AVERAGES
from steward.terms import calendar

Floats = NDArray[np.float64]

SESSIONS_KEPT = 5 * max(AVERAGES)
"""Of a history, before the session that is modelled: what lies before them weighs less than 1 in
20,000 of the longest exponential average of the model."""

CONSTANT_DAYS = 440
"""Calendar days of a history whose every day is the same: more than its longest average has."""


def with_own(
    base: History | None, session: date, own: OwnFamily, discount: Discount, *, same: date
) -> History:
    """The days before as they were published, and the chain's own family as that session's close.

    Without published days before: the same values on every one of them, so that averages of VIX
    are VIX itself, and rates as the chain discounts. What a chain does not say of its own day
    (SKEW, VVIX) is that day's published value where it is given.
    """
    assert own.vix is not None
    before = calendar.previous_session(session)
    if base is not None and has(base, before):
        found = _tail(base.until(same if has(base, same) and same == session else before))
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
    days = calendar.sessions(session - timedelta(days=CONSTANT_DAYS), session)
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


def has(history: History, session: date) -> bool:
    """Whether the session is one of its own."""
    try:
        history.index(session)
    except KeyError:
        return False
    return True
