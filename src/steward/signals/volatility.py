"""Signals of VIX: against its own past, against what was realised, against other terms.

A window of VIX holds closes of this history only; until it is full the signal is warming. Rank and
percentile are 0 to 100 and not the same thing: the rank is a place between the extremes of a year,
the percentile a share of days; after a spike they differ a lot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from steward.market.history import Floats, FuturesTable, History
from steward.signals import indicators
from steward.signals.columns import (
    Column,
    Seen,
    absent,
    missing,
    on_the_day,
    over_known,
    present,
    settle,
    together,
)
from steward.signals.price import with_past

YEAR = indicators.SESSIONS_A_YEAR


def _average_ratio(fast: int, slow: int) -> Callable[[Floats], Floats]:
    def ratio(vix: Floats) -> Floats:
        return indicators.simple_average(vix, fast) / indicators.simple_average(vix, slow)

    return ratio


_OF_VIX: Mapping[str, Callable[[Floats], Floats]] = {
    "vix_close": lambda vix: vix,
    "vix_change_1_pct": lambda vix: indicators.change(vix, 1),
    "vix_change_5_pct": lambda vix: indicators.change(vix, 5),
    "vix_change_10_pct": lambda vix: indicators.change(vix, 10),
    "vix_over_sma_252": lambda vix: vix / indicators.simple_average(vix, YEAR),
    "vix_sma_20_over_60": _average_ratio(20, 60),
    "vix_sma_5_over_20": _average_ratio(5, 20),
    "vix_rank_252": lambda vix: indicators.rank(vix, YEAR),
    "vix_percentile_252": lambda vix: indicators.percentile_before(vix, YEAR),
    "vix_z_252": lambda vix: indicators.z_before(np.log(vix), YEAR),
}


def columns(history: History) -> dict[str, Column]:
    """All signals of VIX closes, with the indices of other terms and the futures where known."""
    vix = present(history, history.vix.close)
    made = {
        name: settle(history, present(history, over_known(transform, vix.value)))
        for name, transform in _OF_VIX.items()
    }
    made["vix_only_z_252"] = made["vix_z_252"]  # beside the score of M, whatever M is made of
    realised = with_past(history, lambda closes: indicators.realised_volatility(closes, 21))
    made["vrp_21"] = settle(history, present(history, vix.value**2 - realised**2))
    made["vix9d_over_vix"] = _term_ratio(history, "vix9d", lambda other, vix: other / vix)
    made["vix_over_vix3m"] = _term_ratio(history, "vix3m", lambda other, vix: vix / other)
    made["vx_slope_30d_pct"] = _futures_slope(history)
    return made


def _term_ratio(history: History, name: str, ratio: Callable[[Floats, Floats], Floats]) -> Column:
    why = missing(history, name)
    if why:
        return absent(history, why)
    other, vix = on_the_day(history, history.series[name]), present(history, history.vix.close)
    value = ratio(positive(other.value), vix.value)
    return settle(history, together([other, vix], value))


def positive(value: Floats) -> Floats:
    """The same; NaN where it is not above 0: a level of 0 is a gap of the source."""
    return np.where(value > 0.0, value, np.nan)


def _futures_slope(history: History) -> Column:
    """Rise from the first to the second VX, percent of the first per 30 days; above 0 contango.

    First and second are the two nearest expiries after the session that settled on it.
    """
    if history.futures is None:
        return absent(history, "this history has no VX futures")
    return settle(history, _slope_by_session(history, history.futures))


def _slope_by_session(history: History, futures: FuturesTable) -> Seen:
    alive = futures.expiry > futures.session
    session, expiry = futures.session[alive], futures.expiry[alive]
    settle_value = futures.settle[alive]
    days = np.array(history.sessions, dtype="datetime64[D]")
    first = np.searchsorted(session, days)
    has_two = np.zeros(len(days), dtype=bool)
    inside = first + 1 < len(session)
    at = first[inside]
    has_two[inside] = (session[at] == days[inside]) & (session[at + 1] == days[inside])
    value = np.full(len(days), np.nan)
    at = first[has_two]
    apart = (expiry[at + 1] - expiry[at]) / np.timedelta64(1, "D")
    value[has_two] = 100.0 * (settle_value[at + 1] / settle_value[at] - 1.0) * 30.0 / apart
    return present(history, value)
