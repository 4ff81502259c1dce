"""What the quotes of series imply: discount, forward, one volatility a strike.

Numbers and arrays only; one series at a time (`pricing.quoted`) or many together
(`pricing.derived`), with the same results to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import implied_vol
from steward.pricing.parity import discount_from_quotes

Floats = NDArray[np.float64]

PARITY_DISCOUNT_DAYS = 60
"""From here on a series' own quotes say what it discounts by; below, the rate curve (parity.py)."""

FARTHEST_RATE = 0.02
"""A year: a discount from parity farther than this from the rate curve is a bad quote, no rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Implied:
    """What the quotes of one series imply; arrays in the order of its rows.

    Units as in `market.quotes.Chain`; NaN where the quotes carry none.
    """

    forward: float
    discount: float
    vol: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


def sides_of(
    strikes: int, at: NDArray[np.intp], call: NDArray[np.bool_], bid: Floats, ask: Floats
) -> Floats:
    """Call bid, call ask, put bid, put ask by strike (a row each); NaN where not quoted.

    at  the strike's place of each quote
    """
    sides = np.full((4, strikes), np.nan)
    sides[0, at[call]], sides[1, at[call]] = bid[call], ask[call]
    sides[2, at[~call]], sides[3, at[~call]] = bid[~call], ask[~call]
    return sides


def discount_of(grid: Floats, sides: Floats, *, years: float, days: int, by_curve: float) -> float:
    """Of the series' own quotes from 60 days on, where they say a believable one.

    grid, sides  as from `sides_of`     days  calendar days left
    by_curve     value now of 1 at settlement by the rate curve
    """
    if days < PARITY_DISCOUNT_DAYS:
        return by_curve
    own = discount_from_quotes(grid, *sides)
    believable = own > 0.0 and abs(math.log(own / by_curve)) <= FARTHEST_RATE * years
    return own if believable else by_curve


def vols_of(
    grid: Floats,
    sides: Floats,
    forward: float | Floats,
    years: float | Floats,
    discount: float | Floats,
) -> Floats:
    """One volatility a strike, NaN where its quotes carry none.

    forward, years, discount  of the strike's series: one number, or one a strike
    """
    call_bid, call_ask, put_bid, put_ask = sides
    call = grid >= forward
    outer = np.where(call, call_bid + call_ask, put_bid + put_ask) / 2.0
    inner = np.where(call, put_bid + put_ask, call_bid + call_ask) / 2.0
    exercise = discount * np.abs(forward - grid)
    inner_bid = np.where(call, put_bid, call_bid)
    turned = np.isnan(outer) & (inner_bid > exercise)
    price = np.where(turned, inner, outer)
    return implied_vol(price, forward, grid, years, discount=discount, call=call ^ turned)
