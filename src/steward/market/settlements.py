"""On which level a contract settles: the official value, or a proxy of it by name.

Official values in our sources are the close of SPX (PM series) and the final settlement of the VX
future (VIX options and VX futures of one date settle on the same special opening quotation). The
special opening quotation of SPX (SET) is in no free source: it is there where a user brings it
(`symbol,day,value,source` into a store). What stands in for a value that is not
known is named, flagged and bounded. Nothing known after the session that settles is ever read.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from steward.market.history import History
from steward.terms import calendar
from steward.terms.contracts import E4, Contract, OptionContract, Underlying
from steward.terms.errors import StewardError
from steward.terms.trades import Quality

SPX_OPEN_FROM = date(2014, 1, 1)
"""From here on the open of the free SPX history is an open: it repeats the close before on 0.2 % of
days in 2014-2018, on 26 % in 2012-2013, on 97 % in 1996-2005. Counted on that history."""

VIX_PROXY_SD: Mapping[str, float] = {"vix_open": 0.63, "vix_prior_close": 1.36}
"""Points: sd of the final settlement minus the proxy, 202 VX contracts of 2004-2021, with means of
+0.05 and +0.04 that are not corrected. Measured on exchange files (docs/limits.md)."""


OFFICIAL: Mapping[Underlying, str] = {"SPX": "SET", "VIX": "VRO"}
"""Names of the special opening quotations that AM-settled options settle on."""

PROXIES = (
    *("spx_open", "spx_prior_close", "spx_last_close"),
    *("vix_open", "vix_prior_close", "vix_last_close"),
)
"""What stands in for them, each under its own name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementValue:
    """The level a contract settles on.

    value_e4         ten-thousandths of an index point
    source           spx_close, SET, vx_final; the proxies spx_open, spx_prior_close,
                     spx_last_close, vix_open, vix_prior_close, vix_last_close
    proxy            something else stands in for the official value
    simulated        of a history that no market showed
    low_e4, high_e4  of a proxy, the value between them: the day's low and high (SPX), one sd to
                     either side (VIX); None when nothing is known about the error
    """

    value_e4: int
    source: str
    proxy: bool
    low_e4: int | None = None
    high_e4: int | None = None
    simulated: bool = False

    @property
    def quality(self) -> Quality | None:
        """Of the value as a price; None for a proxy."""
        if self.simulated:
            return "simulated"
        return None if self.proxy else "settlement"


def settlement_value(history: History, contract: Contract, session: date) -> SettlementValue:
    """What `contract` settles on, as known at `session`: its settlement day or a later one.

    PM           the SPX close of the day
    AM on SPX    SET where the history has it, else the open of the day (from 2014 on, where known),
                 else the close of the session before, both proxies
    on VIX       the published final settlement of the VX of the day, else that morning's VIX open,
                 else the close of the session before
    The day is not a session of the history: the last close before it, as `..._prior_close` when it
    is of the session before, else as `..._last_close`. The same day's VIX close is never read: it
    is of the afternoon.
    A close that is not known counts as no close: the last known one before stands in.
    Raises ValueError when the contract settles after `session`, StewardError when the history knows
    no close before the settlement day.
    """
    if contract.expiry > session:
        raise ValueError(f"{contract.key} settles after {session}")
    if contract.underlying == "VIX":
        found = _on_vix(history, contract.expiry)
    elif isinstance(contract, OptionContract) and contract.settlement == "PM":
        found = _at_the_close(history, contract.expiry)
    else:
        found = _at_the_open(history, contract.expiry)
    return replace(found, simulated=True) if history.simulated else found


def _at_the_close(history: History, day: date) -> SettlementValue:
    row = _row(history, day)
    close = math.nan if row is None else float(history.spx.close[row])
    if math.isfinite(close):
        return SettlementValue(value_e4=_e4(close), source="spx_close", proxy=False)
    value = _close_before(history, "SPX", day)[1]
    return _spx_proxy(history, row, "spx_last_close", value)


def _at_the_open(history: History, day: date) -> SettlementValue:
    said = history.set_values.get(day)
    if said is not None:
        return SettlementValue(value_e4=_e4(said), source="SET", proxy=False)
    row = _row(history, day)
    opened = math.nan if row is None else float(history.spx.open[row])
    if day >= SPX_OPEN_FROM and math.isfinite(opened):
        source, value = "spx_open", opened
    else:
        source, value = _close_before(history, "SPX", day)
    return _spx_proxy(history, row, source, value)


def _spx_proxy(history: History, row: int | None, source: str, value: float) -> SettlementValue:
    """A proxy with the low and high of the day as its bounds, where the day is known."""
    low = high = None
    if row is not None:
        low = _bound(float(history.spx.low[row]), value, min)
        high = _bound(float(history.spx.high[row]), value, max)
    return SettlementValue(value_e4=_e4(value), source=source, proxy=True, low_e4=low, high_e4=high)


def _on_vix(history: History, day: date) -> SettlementValue:
    final = history.futures.final.get(day) if history.futures is not None else None
    if final is not None:
        return SettlementValue(value_e4=_e4(final), source="vx_final", proxy=False)
    row = _row(history, day)
    opened = math.nan if row is None else float(history.vix.open[row])
    if math.isfinite(opened):
        source, value = "vix_open", opened
    else:
        source, value = _close_before(history, "VIX", day)
    sd = VIX_PROXY_SD.get(source)
    return SettlementValue(
        value_e4=_e4(value),
        source=source,
        proxy=True,
        low_e4=None if sd is None else _e4(max(value - sd, 0.0)),
        high_e4=None if sd is None else _e4(value + sd),
    )


def _row(history: History, day: date) -> int | None:
    try:
        return history.index(day)
    except KeyError:
        return None


def _close_before(history: History, index: Underlying, day: date) -> tuple[str, float]:
    """The last known close of a session before `day` and its name as a proxy."""
    row = bisect.bisect_left(history.sessions, day) - 1
    closes = history.spx.close if index == "SPX" else history.vix.close
    while row >= 0 and not math.isfinite(closes[row]):
        row -= 1
    if row >= 0:
        of, value = history.sessions[row], float(closes[row])
    elif index == "SPX" and history.spx_before_days:
        of, value = history.spx_before_days[-1], float(history.spx_before[-1])
    else:
        raise StewardError(
            f"no {index} close is known before {day}, on which a contract settles: this history "
            f"({history.label}) begins on {history.sessions[0]}; start the run a session later"
        )
    how = "prior" if of == calendar.previous_session(day) else "last"
    return f"{index.lower()}_{how}_close", value


def _e4(points: float) -> int:
    return round(points * E4)


def _bound(level: float, value: float, outer: Callable[[float, float], float]) -> int | None:
    """A level of the day as a bound that holds the value too; None when it is not known."""
    return _e4(outer(level, value)) if math.isfinite(level) else None
