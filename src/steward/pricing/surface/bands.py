"""Quotes of one series as a surface sees them: a band of volatilities a strike.

Of each strike the side out of the money: a bid and an ask there are a lower and an upper bound of
the volatility. The other side says the same with wider spreads, by parity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.pricing.black import greeks, implied_vol
from steward.pricing.implied import sides_of
from steward.pricing.parity import CROSSED, NO_BID

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

OUT_OF_BOUNDS = "outside of the static bounds"
NOT_QUOTED = "not quoted out of the money"

JUDGED_DELTA = 0.03
"""|delta| from which on a quote is judged: farther out an option costs little more than a tick."""

LEAST_HALF = 1e-4
"""Of a band, a fraction: a hundredth of a vol point; no surface has to be truer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuotes:
    """Strikes of one series, rising, and what is bid and asked; index points, NaN: not quoted."""

    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats

    @property
    def sides(self) -> tuple[Floats, Floats, Floats, Floats]:
        """In the order of `pricing.parity`."""
        return self.call_bid, self.call_ask, self.put_bid, self.put_ask


def series_quotes(strike: Floats, call: Bools, bid: Floats, ask: Floats) -> SeriesQuotes:
    """From quotes, one row a contract in any order; each contract once."""
    grid, at = np.unique(np.asarray(strike, dtype=np.float64), return_inverse=True)
    sides = sides_of(grid.size, at, np.asarray(call, dtype=bool), bid, ask)
    return SeriesQuotes(
        strike=grid, call_bid=sides[0], call_ask=sides[1], put_bid=sides[2], put_ask=sides[3]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """One row a strike with a bid out of the money, rising.

    k            ln of strike over forward
    bid, mid, ask  volatilities, fractions, of bid, of the middle of the prices, and of the ask
    delta        of that option at `mid`, undiscounted, -0.5 to 0.5
    cap_strike, cap  strikes that nobody bids for, and the volatility of their asks: from above
                 alone, no band
    left_out     strikes that are neither, by reason
    """

    strike: Floats
    call: Bools
    k: Floats
    bid: Floats
    mid: Floats
    ask: Floats
    delta: Floats
    cap_strike: Floats
    cap: Floats
    left_out: tuple[tuple[str, int], ...]

    @property
    def half(self) -> Floats:
        """Half the width of each band, at least a hundredth of a vol point."""
        return np.asarray(np.maximum(0.5 * (self.ask - self.bid), LEAST_HALF))

    def kept(self, rows: Bools) -> Bands:
        """Some of the bands; the caps stay."""
        columns = ("strike", "call", "k", "bid", "mid", "ask", "delta")
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


def bands_of(quotes: SeriesQuotes, *, forward: float, discount: float, years: float) -> Bands:
    """The bands of one series on its forward; `years` above 0."""
    call = quotes.strike >= forward
    bid = np.where(call, quotes.call_bid, quotes.put_bid)
    ask = np.where(call, quotes.call_ask, quotes.put_ask)
    with np.errstate(invalid="ignore"):
        quoted = np.isfinite(bid) & np.isfinite(ask) & (ask > 0.0)
        straight = quoted & (ask >= bid) & (bid >= 0.0)
        capped = straight & (bid <= 0.0)
    prices = np.stack((bid, 0.5 * (bid + ask), ask))
    vols = implied_vol(prices, forward, quotes.strike, years, discount=discount, call=call)
    inside = np.isfinite(vols[2]) & (capped | (np.isfinite(vols[0]) & np.isfinite(vols[1])))
    banded, capped = straight & ~capped & inside, capped & inside
    strike, side = quotes.strike[banded], call[banded]
    low, middle, high = vols[:, banded]
    found = greeks(forward, strike, years, middle, discount=1.0, call=side)
    counts = {
        NOT_QUOTED: int((~quoted).sum()),
        CROSSED: int((quoted & ~straight).sum()),
        OUT_OF_BOUNDS: int((straight & ~inside).sum()),
        NO_BID: int(capped.sum()),
    }
    return Bands(
        strike=strike,
        call=side,
        k=np.log(strike / forward),
        bid=low,
        mid=middle,
        ask=high,
        delta=found.delta,
        cap_strike=quotes.strike[capped],
        cap=vols[2][capped],
        left_out=tuple((why, n) for why, n in counts.items() if n),
    )


def quote_butterflies(quotes: SeriesQuotes, *, forward: float) -> int:
    """Butterflies of three neighbouring strikes that quotes sell for less than nothing.

    The wings bought at their asks, the middle sold at its bid, out of the money alone.
    """
    found = 0
    call = quotes.strike >= forward
    for side, bid, ask in (
        (~call, quotes.put_bid, quotes.put_ask),
        (call, quotes.call_bid, quotes.call_ask),
    ):
        there = side & np.isfinite(bid) & np.isfinite(ask) & (ask >= bid) & (ask > 0.0)
        x, low, high = quotes.strike[there], bid[there], ask[there]
        if x.size < 3:
            continue
        near = (x[2:] - x[1:-1]) / (x[2:] - x[:-2])
        cost = near * high[:-2] + (1.0 - near) * high[2:] - low[1:-1]
        found += int((cost < -1e-9).sum())
    return found
