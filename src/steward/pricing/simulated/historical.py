"""The same outcomes on a history, at the prices of its modelled market.

Positions are those of `schedule`; strikes are the listed ones nearest to what the rules ask for.
Here nothing is quick: every chain is the modelled market's own.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.quotes import Chain
from steward.market.settlements import settlement_value
from steward.pricing.modelled import ModelledMarket
from steward.pricing.simulated.asks import (
    CALL_DELTA,
    CREDIT_SHARES,
    FILL_SHARE,
    PUT_PERCENT,
    SHORT_DELTAS,
    WIDTHS_PERCENT,
)
from steward.pricing.simulated.schedule import (
    CONDOR_DAYS,
    HELD_DAYS,
    PUT_DAYS,
    WARM_UP,
    nearest,
)
from steward.terms import calendar
from steward.terms.contracts import E4, Expiry, OptionContract, Right, vx

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

MONTH = 21


def outcomes_of(
    history: History, begin: date, progress: Progress | None = None
) -> Mapping[str, float]:
    """Outcomes by the names of `bulk.OUTCOMES` that need no path of marks; NaN where none was due.

    Of positions from `begin` on. Condors are held until they settle; VIX options and futures begin
    with their listing.
    """
    market = ModelledMarket(history)
    last = history.sessions[-1]
    credits, shares, lost = [], [], []
    calls: list[tuple[float, float]] = []
    puts: list[tuple[float, float]] = []
    changes, slopes = [], []
    start = max(WARM_UP, bisect.bisect_left(history.sessions, begin))
    days = history.sessions[start:]
    for number, session in enumerate(days):
        if calendar.is_first_of_week(session):
            found = _condor(market, history, session, last)
            if found is not None:
                credits.append(found[0])
                shares.append(found[0] / found[1])
                lost.append(found[2])
        if calendar.is_first_of_month(session):
            calls += _bought(market, history, session, last, "VIX")
            puts += _bought(market, history, session, last, "SPX")
        listed = market.futures(session)
        if len(listed) > 1:
            one, two = (market.mark(session, vx(day)).forward for day in listed[:2])
            slopes.append(math.log(two / one))
            later = start + number + MONTH
            if number % MONTH == 0 and later < len(history.sessions):
                then = history.sessions[later]
                if then < listed[1]:
                    changes.append(math.log(market.mark(then, vx(listed[1])).forward / two))
        if progress is not None and number % 250 == 0:
            progress(number, len(days))
    return {
        "condors": len(credits) * 252.0 / max(len(days), 1),
        "credit_share": _mean(shares),
        "condor_lost": sum(lost) / sum(credits) if credits else math.nan,
        "call_paid": _ratio(calls),
        "put_paid": _ratio(puts),
        "future_change": _mean(changes),
        "future_slope": _mean(slopes),
    }


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return sum(paid for _, paid in pairs) / sum(p for p, _ in pairs) if pairs else math.nan


def _chain(
    market: ModelledMarket,
    session: date,
    last: date,
    underlying: str,
    days: tuple[int, int, int],
) -> Chain | None:
    expiry = nearest(session, underlying, days)
    if expiry is None or expiry.day > last:
        return None
    return market.chain(session, expiry)


def _level(history: History, expiry: Expiry, session: date) -> float:
    """What the series settles on."""
    some = _contract(expiry, 1.0, "C")
    known = calendar.on_or_after(max(expiry.day, session))
    return settlement_value(history, some, known).value_e4 / E4


def _contract(expiry: Expiry, strike: float, right: Right) -> OptionContract:
    return OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=strike,
        right=right,
        settlement=expiry.settlement,
    )


def _bought(
    market: ModelledMarket, history: History, session: date, last: date, underlying: str
) -> list[tuple[float, float]]:
    """Mid and payoff of the VIX call of 30 delta, or of the SPX put 5 % below; none: not listed."""
    days = HELD_DAYS if underlying == "VIX" else PUT_DAYS
    chain = _chain(market, session, last, underlying, days)
    if chain is None:
        return []
    if underlying == "VIX":
        rows = np.flatnonzero(chain.call & np.isfinite(chain.delta))
        row = rows[np.argmin(np.abs(chain.delta[rows] - CALL_DELTA))]
        sign = 1.0
    else:
        spot = float(history.spx.close[history.index(session)])
        rows = np.flatnonzero(~chain.call)
        row = rows[np.argmin(np.abs(chain.strike[rows] - spot * (1.0 - PUT_PERCENT / 100.0)))]
        sign = -1.0
    mid = 0.5 * float(chain.bid[row] + chain.ask[row])
    level = _level(history, chain.expiry, session)
    return [(mid, max(sign * (level - float(chain.strike[row])), 0.0))]


def _condor(
    market: ModelledMarket, history: History, session: date, last: date
) -> tuple[float, float, float] | None:
    """Credit, wider width and cost at settlement of the first combination in the band."""
    chain = _chain(market, session, last, "SPX", CONDOR_DAYS)
    if chain is None:
        return None
    spot = float(history.spx.close[history.index(session)])
    sides = [np.flatnonzero(~chain.call), np.flatnonzero(chain.call)]
    for delta in SHORT_DELTAS:
        shorts = [rows[np.argmin(np.abs(np.abs(chain.delta[rows]) - delta))] for rows in sides]
        for percent in WIDTHS_PERCENT:
            wide = spot * percent / 100.0
            wings = [
                rows[np.argmin(np.abs(chain.strike[rows] - (chain.strike[short] + way * wide)))]
                for rows, short, way in zip(sides, shorts, (-1.0, 1.0), strict=True)
            ]
            width = float(np.max(np.abs(chain.strike[shorts] - chain.strike[wings])))
            if width <= 0.0 or chain.strike[shorts[0]] >= chain.strike[shorts[1]]:
                continue
            half = 0.5 * (chain.ask - chain.bid)
            mid = chain.bid + half
            credit = float(np.sum(mid[shorts] - FILL_SHARE * half[shorts]))
            credit -= float(np.sum(mid[wings] + FILL_SHARE * half[wings]))
            if CREDIT_SHARES[0] * width <= credit <= CREDIT_SHARES[1] * width:
                level = _level(history, chain.expiry, session)
                signs = np.array([-1.0, 1.0])
                own = np.maximum(signs * (level - chain.strike[shorts]), 0.0)
                far = np.maximum(signs * (level - chain.strike[wings]), 0.0)
                return credit, width, float(np.sum(own - far))
    return None
