"""Assumed bid/ask spreads for prices that come from a model, and the grid that quotes stand on.

The amounts are assumptions, in points, set against the real quotes of 2011-2024 (median real
spread over the assumed one between 0.5 and 1.8). Rounding is to the nearest tick, so that a spread
is the assumed one on average; bid 0 is a market without a bid.
"""

from __future__ import annotations

import math
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

WIDEST_SHARE = 1.0
"""Of the price: an SPX option is bid for half of it at least, above one tick. In the files of 2011,
2013 and 2018 options of a point and more had a bid on every day but one (2018-02-05: 10 points on
all strikes). The factors above, multiplied, would leave options of 30 points unbid in 2008, where
no file says so, and a VIX by its formula would not exist."""

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
    A tick at least: 0.05 below a price of 3.00, else 0.10. Above a tick never more than the price.
    """
    return spx_spread(price, spx_spread_factor(session, vix, shock))


def spx_spread(price: Floats | float, factor: float) -> NDArray[np.float64]:
    """`spx_option_spread` with the factor of the session."""
    mid = np.maximum(np.asarray(price, dtype=np.float64), 0.0)
    wide = np.minimum(factor * np.sqrt(mid), WIDEST_SHARE * mid)
    return np.maximum(np.where(mid < 3.0, 0.05, 0.10), wide)


def spx_spread_factor(session: date, vix: float, shock: bool) -> float:
    """The full spread of an SPX option worth 1.00 on that session, index points."""
    era = next(factor for first, factor in ERAS if session >= first)
    return 0.10 * era * max(1.0, vix / 15.0) * (SHOCK_FACTOR if shock else 1.0)


def spx_spread_of_one(mid: float, factor: float) -> float:
    """`spx_spread` of one price, 0 or above."""
    return max(0.05 if mid < 3.0 else 0.10, min(factor * math.sqrt(mid), WIDEST_SHARE * mid))


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
    return vix_spread(price, vix_far_factor(days, front_two), ticks("VIX", session))


def vix_spread(price: Floats | float, far: float, tick: tuple[float, float]) -> NDArray[np.float64]:
    """`vix_option_spread` with the factor of the expiry and the ticks of the day."""
    mid = np.maximum(np.asarray(price, dtype=np.float64), 0.0)
    return np.maximum(np.where(mid < 3.0, *tick), far * (VIX_FLOOR + VIX_SHARE * mid))


def vix_far_factor(days: int, front_two: bool) -> float:
    """How many times wider the spreads of an expiry are than those of the front two."""
    grown = (days - FAR_FROM_DAYS) / (FAR_DAYS - FAR_FROM_DAYS) * (FAR_FACTOR - 1.0)
    return 1.0 if front_two else 1.0 + min(max(grown, 0.0), FAR_FACTOR - 1.0)


def vix_spread_of_one(mid: float, far: float, tick: tuple[float, float]) -> float:
    """`vix_spread` of one price, 0 or above."""
    return max(tick[0] if mid < 3.0 else tick[1], far * (VIX_FLOOR + VIX_SHARE * mid))


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


def round_one_quote(
    mid: float, spread: float, tick_below_3: float, tick_above_3: float
) -> tuple[int, int]:
    """`round_quote` of one price in plain numbers: bid and ask, whole ten-thousandths."""
    small, large = round(tick_below_3 * E4), round(tick_above_3 * E4)
    low, high = max(mid - 0.5 * spread, 0.0), mid + 0.5 * spread
    ticks_low, ticks_high = (small if p < 3.0 else large for p in (low, high))
    bid = math.floor(low * (E4 / ticks_low) + 0.5) * ticks_low
    ask = math.floor(high * (E4 / ticks_high) + 0.5) * ticks_high
    return bid, max(ask, bid + (small if bid < 3 * E4 else large))


def _nearest(price: NDArray[np.float64], small: int, large: int) -> NDArray[np.float64]:
    """Ten-thousandths: the grid point next to a price in index points."""
    tick = np.where(price < 3.0, float(small), float(large))
    return np.floor(price * (E4 / tick) + 0.5) * tick
