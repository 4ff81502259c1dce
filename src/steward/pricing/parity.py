"""Put-call parity: the forward, and the discount, that a series' own quotes imply.

C - P = D (F - K) for European options of one series. Never across two roots: AM and PM series of
one date have different forwards.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAREST = 10
"""Strikes around the forward that are asked."""

FEWEST = 5
"""Strikes below which no discount can be read."""


def forward_from_quotes(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
    *,
    discount: float,
) -> float:
    """The forward of one series, index points; NaN when no strike has a call and a put bid.

    One row a strike, in any order. Of the strikes with both sides bid and not crossed, the ten
    whose call and put mids are closest: the median of their forwards, each weighted by the inverse
    square of its spreads, so that one stale quote moves nothing.
    """
    keep, gap, noise = _two_sided(call_bid, call_ask, put_bid, put_ask)
    if not keep.any():
        return math.nan
    strike, gap, noise = np.asarray(strike, dtype=np.float64)[keep], gap[keep], noise[keep]
    near = np.argsort(np.abs(gap), kind="stable")[:NEAREST]
    implied = strike[near] + gap[near] / discount
    weight = 1.0 / np.maximum(noise[near], 0.01) ** 2
    order = np.argsort(implied, kind="stable")
    share = np.cumsum(weight[order])
    middle = int(np.searchsorted(share, 0.5 * share[-1]))
    return float(implied[order[middle]])


def discount_from_quotes(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
) -> float:
    """Value now of 1 at settlement by the slope of P - C in the strike; NaN below five strikes.

    Least squares weighted by the inverse square of the spreads, twice: the second time without
    strikes more than three spreads off the line. Too rough below 60 days to lend or borrow by.
    """
    keep, gap, noise = _two_sided(call_bid, call_ask, put_bid, put_ask)
    strike, gap = np.asarray(strike, dtype=np.float64)[keep], -gap[keep]
    noise = np.maximum(noise[keep], 0.01)
    if strike.size < FEWEST:
        return math.nan
    slope, level = np.polyfit(strike, gap, 1, w=1.0 / noise)
    good = np.abs(gap - level - slope * strike) <= 3.0 * noise
    if good.sum() < FEWEST:
        return math.nan
    return float(np.polyfit(strike[good], gap[good], 1, w=1.0 / noise[good])[0])


def _two_sided(
    call_bid: Floats, call_ask: Floats, put_bid: Floats, put_ask: Floats
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Where call and put are both bid and not crossed; C - P at mid; their spreads together."""
    call_bid, call_ask, put_bid, put_ask = (
        np.asarray(a, dtype=np.float64) for a in (call_bid, call_ask, put_bid, put_ask)
    )
    keep = (call_bid > 0.0) & (put_bid > 0.0) & (call_ask >= call_bid) & (put_ask >= put_bid)
    gap = 0.5 * (call_bid + call_ask) - 0.5 * (put_bid + put_ask)
    return keep, gap, (call_ask - call_bid) + (put_ask - put_bid)
