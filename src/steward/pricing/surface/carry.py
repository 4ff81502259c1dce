"""Forward, discount and what they say of interest and dividends, of one series.

From 60 days on a series' own quotes say what it discounts by; below, a slope over so little time is
noise, and the rate curve is taken. Both are kept and shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from steward.pricing.implied import FARTHEST_RATE, PARITY_DISCOUNT_DAYS
from steward.pricing.parity import ParityLine, parity_line
from steward.pricing.surface.bands import SeriesQuotes

Curve = Callable[[float], float]
"""Years → value now of 1 paid then."""

Source = Literal["quotes", "curve"]
ForwardSource = Literal["parity", "future"]

HIGHEST_RATE = 0.25
"""A year: without a curve, a rate of the quotes beyond that is no rate."""

FEWEST_POOLED = 20
"""Strikes of a series whose slope helps to a rate where there is no curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carry:
    """What a series is priced on.

    forward, forward_error    index points; the error NaN where the forward is a future's price
    discount, discount_from   value now of 1 at settlement, and whose it is
    own_discount, own_discount_error  of the quotes' own slope; NaN without five strikes
    curve_discount            NaN where no curve is known
    line                      the regression that the forward is of; None for a future
    """

    years: float
    forward: float
    forward_error: float
    forward_from: ForwardSource
    discount: float
    discount_from: Source
    own_discount: float
    own_discount_error: float
    curve_discount: float
    line: ParityLine | None

    @property
    def financing_rate(self) -> float:
        """-ln D / T of the discount that is used, a year, continuous."""
        return -math.log(self.discount) / self.years

    @property
    def own_rate(self) -> float:
        """The same of the quotes' own slope; NaN where there is none."""
        return -math.log(self.own_discount) / self.years

    @property
    def own_rate_error(self) -> float:
        """Its standard error."""
        return self.own_discount_error / self.own_discount / self.years

    def dividend_yield(self, spot: float) -> float:
        """q = r - ln(F/S)/T, a year, continuous, with `spot` of the same moment; NaN: unknown.

        Quotes of 16:15 beside an index of 16:00 give what the index did in between as well.
        """
        if not spot > 0.0:
            return math.nan
        return self.financing_rate - math.log(self.forward / spot) / self.years


def carry_of(
    quotes: SeriesQuotes, *, years: float, curve: Curve | None, future: float = math.nan
) -> Carry | None:
    """Of one series with time left; None where it has neither parity nor a future.

    curve   None: no rate is known; then the slope of the quotes is all there is
    future  price of the future of the same expiry, for a series without parity; NaN: none
    """
    by_curve = curve(years) if curve is not None else math.nan
    free = parity_line(quotes.strike, *quotes.sides)
    own, error = (free.discount, free.discount_error) if free else (math.nan, math.nan)
    long = 365.0 * years >= PARITY_DISCOUNT_DAYS
    if math.isnan(by_curve):
        believed = own > 0.0 and abs(math.log(own)) <= HIGHEST_RATE * years + 0.01
    else:
        believed = own > 0.0 and abs(math.log(own / by_curve)) <= FARTHEST_RATE * years
    source: Source = "quotes" if believed and (long or curve is None) else "curve"
    discount = own if source == "quotes" else by_curve
    if not discount > 0.0:
        return None
    line = (
        free if source == "quotes" else parity_line(quotes.strike, *quotes.sides, discount=discount)
    )
    if line is None and not future > 0.0:
        return None
    return Carry(
        years=years,
        forward=line.forward if line else future,
        forward_error=line.forward_error if line else math.nan,
        forward_from="parity" if line else "future",
        discount=discount,
        discount_from=source,
        own_discount=own,
        own_discount_error=error,
        curve_discount=by_curve,
        line=line,
    )


def curve_of_quotes(series: list[tuple[SeriesQuotes, float]]) -> Curve | None:
    """Where no rates are known: zero rates by the slopes of all series, by error bars.

    series  quotes and years of each
    Straight between the series of 60 days and more, flat beyond them; without such, one rate over
    all slopes weighted by their errors. None where no series has a slope.
    """
    found = []
    for quotes, years in series:
        line = parity_line(quotes.strike, *quotes.sides)
        if line is not None and line.discount > 0.0 and line.strikes >= FEWEST_POOLED:
            rate = -math.log(line.discount) / years
            if abs(rate) > HIGHEST_RATE:
                continue
            found.append((years, rate, line.discount_error / line.discount / years))
    if not found:
        return None
    found.sort()
    years, rates, errors = np.array(found).T
    long = 365.0 * years >= PARITY_DISCOUNT_DAYS
    if long.any():
        knots, level = years[long], rates[long]
    else:
        weight = 1.0 / np.maximum(errors, 1e-4) ** 2
        knots, level = years[:1], np.array([float((weight * rates).sum() / weight.sum())])
    return lambda t: math.exp(-float(np.interp(t, knots, level)) * t)
