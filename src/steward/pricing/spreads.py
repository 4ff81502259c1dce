"""Assumed bid/ask spreads for prices that come from a model, and the grid that quotes stand on.

The amounts are assumptions, in points, set against the real quotes of 2011-2024 (median real
spread over the assumed one between 0.5 and 1.8). Rounding is to the nearest tick, so that a spread
is the assumed one on average; bid 0 is a market without a bid.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.pricing.execution import tick_of
from steward.terms.contracts import E4, OptionContract

Floats = NDArray[np.float64]

ERAS = ((date(2016, 1, 1), 1.0), (date(2013, 1, 1), 4.0), (date.min, 6.0))
"""From that day on, SPX spreads are this many times those of 2016 and later."""

SHOCK_RISE = 0.30
SHOCK_FACTOR = 4.0
"""Spreads of a session whose VIX close rose by 30 % or more, and of the one after it."""

VIX_FLOOR = 0.04
VIX_SHARE = 0.03
FAR_FROM_DAYS, FAR_DAYS, FAR_FACTOR = 60, 120, 2.0
"""VIX options behind the front two: 1x up to 60 days, growing to 2x at 120 days and beyond."""


def spx_option_spread(
    price: Floats | float, *, session: date, vix: float, shock: bool
) -> NDArray[np.float64]:
    """The full spread of an SPX option at the close, index points, before ticks.

    price    model mid, index points        vix      the session's close, points
    shock    VIX closed 30 % up on this session or on the one before
    A tick at least: 0.05 below a price of 3.00, else 0.10.
    """
    mid = np.maximum(np.asarray(price, dtype=np.float64), 0.0)
    era = next(factor for first, factor in ERAS if session >= first)
    factor = 0.10 * era * max(1.0, vix / 15.0) * (SHOCK_FACTOR if shock else 1.0)
    return np.maximum(np.where(mid < 3.0, 0.05, 0.10), factor * np.sqrt(mid))


def is_shock(vix_closes: Floats) -> bool:
    """Whether the last close, or the one before it, was 30 % or more above its predecessor."""
    last = vix_closes[-3:]
    return bool(np.any(last[1:] >= (1.0 + SHOCK_RISE) * last[:-1]))


def vix_option_spread(
    price: Floats | float, days: int, front_two: bool, session: date
) -> NDArray[np.float64]:
    """The full spread of a VIX option, index points, before ticks.

    price  model mid, index points; an array gives an array        days  calendar days to expiry
    front_two  one of the two nearest monthly expiries
    0.04 + 3 % of the price, a tick of the day at least, doubled for the far expiries.
    """
    mid = np.maximum(np.asarray(price, dtype=np.float64), 0.0)
    grown = (days - FAR_FROM_DAYS) / (FAR_DAYS - FAR_FROM_DAYS) * (FAR_FACTOR - 1.0)
    far = 1.0 if front_two else 1.0 + min(max(grown, 0.0), FAR_FACTOR - 1.0)
    below, above = ticks("VIX", session)
    return np.maximum(np.where(mid < 3.0, below, above), far * (VIX_FLOOR + VIX_SHARE * mid))


@lru_cache(maxsize=4096)
def ticks(root: str, session: date) -> tuple[float, float]:
    """Single-leg ticks of that day, index points: below a price of 3.00, and at or above it."""
    some = OptionContract(root=root, expiry=session, strike=1.0, right="P", settlement="PM")
    return tick_of(some, 0, session) / E4, tick_of(some, 3 * E4, session) / E4


def round_quote(
    mid: Floats | float, spread: Floats | float, tick_below_3: float, tick_above_3: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bid and ask around a model mid, on the grid: whole ten-thousandths of a point, as floats.

    Each side goes to the nearest tick of its own price; the bid is 0 at least, the ask one tick
    above the bid at least. NaN mids give NaN. All arguments broadcast.
    """
    half = np.multiply(spread, 0.5)
    small, large = round(tick_below_3 * E4), round(tick_above_3 * E4)
    bid = _nearest(np.maximum(np.subtract(mid, half), 0.0), small, large)
    ask = _nearest(np.add(mid, half), small, large)
    ask = np.maximum(ask, bid + np.where(bid < 3 * E4, small, large))
    return bid / E4, ask / E4


def _nearest(price: NDArray[np.float64], small: int, large: int) -> NDArray[np.float64]:
    """Ten-thousandths: the grid point next to a price in index points."""
    tick = np.where(price < 3.0, float(small), float(large))
    return np.floor(price * (E4 / tick) + 0.5) * tick
