"""Quotes made from smiles that are known, for the tests of surfaces."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import black76, greeks
from steward.pricing.surface import QuotedSeries, SeriesQuotes, Smile, raw_svi
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]

SESSION = date(2017, 6, 5)
RATE = 0.02


def curve(years: float) -> float:
    """Value now of 1 paid later at the rate of these tests."""
    return math.exp(-RATE * years)


def index_smile(years: float, *, vol: float = 0.14, skew: float = 1.0) -> Smile:
    """An SVI like that of an index; its total variance rises with time at every k."""
    level = vol * vol * years
    scale = math.sqrt(level)
    b, rho, m, sigma = 0.55 * skew * scale, -0.62, 0.25 * scale, 1.1 * scale
    bottom = b * (-rho * m + math.hypot(m, sigma))
    return raw_svi(level - bottom, b, rho, m, sigma)


def quotes_of(
    smile: Smile,
    years: float,
    *,
    forward: float = 2436.0,
    half: float = 0.002,
    noise: float = 0.0,
    seed: int = 0,
    step: float = 10.0,
    reach: tuple[float, float] = (-5.0, 3.0),
) -> SeriesQuotes:
    """Strikes every `step` points over `reach` deviations; bands of `half` (vols) around the smile.

    noise  share of the half width by which a middle may be off, the smile still inside
    """
    scale = math.sqrt(float(smile.total_variance(0.0)))
    low, high = (forward * math.exp(edge * scale) for edge in reach)
    strike = np.arange(math.ceil(low / step) * step, high, step)
    vol = smile.vol(np.log(strike / forward), years)
    off = noise * half * np.random.default_rng(seed).uniform(-1.0, 1.0, strike.size)
    discount = curve(years)
    sides = []
    for call in (True, False):
        fair = greeks(forward, strike, years, vol + off, discount=discount, call=call)
        wide = half * fair.vega
        sides += [np.maximum(fair.price - wide, 0.0), fair.price + wide]
    return SeriesQuotes(
        strike=strike, call_bid=sides[0], call_ask=sides[1], put_bid=sides[2], put_ask=sides[3]
    )


def series(day: date, quotes: SeriesQuotes, years: float, root: str = "SPXW") -> QuotedSeries:
    settlement = "PM" if root == "SPXW" else "AM"
    expiry = Expiry(root=root, day=day, settlement=settlement)
    return QuotedSeries(expiry=expiry, years=years, quotes=quotes)


def with_price(quotes: SeriesQuotes, strike: float, change: float) -> SeriesQuotes:
    """The same with the quotes of one strike, call and put, moved by points: no parity is lost."""
    at = int(np.argmin(np.abs(quotes.strike - strike)))
    sides = [side.copy() for side in quotes.sides]
    for side in sides:
        side[at] += change
    return SeriesQuotes(
        strike=quotes.strike,
        call_bid=sides[0],
        call_ask=sides[1],
        put_bid=sides[2],
        put_ask=sides[3],
    )


def flat_prices(strike: Floats, vol: float, years: float, forward: float) -> Floats:
    """Calls at one volatility, discounted."""
    return black76(forward, strike, years, vol, discount=curve(years), call=True)
