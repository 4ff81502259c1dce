"""Signals of the SPX closes alone: momentum, distance from the high, returns.

The closes of the sessions before the first one (`History.spx_before`) warm them up, so an embedded
history with an earlier SPX knows RSI and MACD from its first session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from steward.market.history import Floats, History
from steward.signals import indicators
from steward.signals.columns import Column, over_known, present, settle

Transform = Callable[[Floats], Floats]


def with_past(history: History, transform: Transform) -> Floats:
    """`transform` over all known closes, those before the first session too; one a session."""
    past = history.spx_before[np.isfinite(history.spx_before)]
    closes = np.concatenate([past, history.spx.close])
    return over_known(transform, closes)[len(past) :]


def _histogram(closes: Floats) -> Floats:
    return indicators.macd(closes).histogram


def bearish_cross_age(closes: Floats) -> Floats:
    """Closes since the histogram went from 0 or above to below 0; 9999 when it never did."""
    return _cross_age(-_histogram(closes))


def bullish_cross_age(closes: Floats) -> Floats:
    """Closes since the histogram went from 0 or below to above 0; 9999 when it never did."""
    return _cross_age(_histogram(closes))


def _cross_age(side: Floats) -> Floats:
    crossed = np.zeros(len(side), dtype=bool)
    crossed[1:] = (side[:-1] <= 0.0) & (side[1:] > 0.0)
    return np.where(np.isfinite(side), indicators.since(crossed), np.nan)


def below_high(closes: Floats, n: int = indicators.SESSIONS_A_YEAR) -> Floats:
    """How far the close lies under the highest of the last `n` closes, percent, 0 or more."""
    return 100.0 * (1.0 - closes / indicators.highest(closes, n))


_TRANSFORMS: Mapping[str, Transform] = {
    "spx_close": lambda closes: closes,
    "rsi_14": indicators.rsi,
    "macd_histogram": _histogram,
    "macd_bearish_cross_age": bearish_cross_age,
    "macd_bullish_cross_age": bullish_cross_age,
    "spx_below_high_252_pct": below_high,
    "spx_return_5_pct": lambda closes: indicators.change(closes, 5),
    "realised_vol_21": lambda closes: indicators.realised_volatility(closes, 21),
    "hv_20": lambda closes: indicators.close_to_close_volatility(closes, 20),
}


def columns(history: History) -> dict[str, Column]:
    """All signals that need SPX closes only."""
    return {
        name: settle(history, present(history, with_past(history, transform)))
        for name, transform in _TRANSFORMS.items()
    }
