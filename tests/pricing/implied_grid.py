"""Prices of options out of the money from mpmath at 60 digits, down to 1e-279.

The grid of the goal: forward 5,000, strikes 1,500 to 12,500, 1 to 730 days, vols of 5 to 150 %.
Computed where it is needed (three seconds for all of it), never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FORWARD = 5000.0
LEAST = 1e-279
DIGITS = 60
DAYS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 500, 730)
VOLS = (0.05, 0.06, 0.08, 0.10, 0.12, 0.15, 0.18, 0.20, 0.25)
VOLS = (*VOLS, 0.30, 0.35, 0.40, 0.50, 0.60, 0.75, 0.90, 1.20, 1.50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Options on `FORWARD`, undiscounted; one length."""

    strike: Floats
    years: Floats
    vol: Floats
    price: Floats

    @property
    def call(self) -> NDArray[np.bool_]:
        return self.strike >= FORWARD

    @property
    def size(self) -> int:
        return self.strike.size


@cache
def grid(*, every: int = 1) -> Grid:
    """All 12,903 options, or those of every so many strikes, days and vols."""
    rows = []
    strikes = [1500.0 + 250.0 * step for step in range(45)][::every]
    with mpmath.workdps(DIGITS):
        for strike in strikes:
            for days in DAYS[::every]:
                for vol in VOLS[::every]:
                    price = exact_price(FORWARD, strike, days / 365.0, vol, call=strike >= FORWARD)
                    if price >= LEAST:
                        rows.append((strike, days / 365.0, vol, price))
    strike, years, vol, price = np.array(rows).T.copy()
    return Grid(strike=strike, years=years, vol=vol, price=price)


def exact_price(forward: float, strike: float, years: float, vol: float, *, call: bool) -> float:
    """Black-76, undiscounted, at the precision that mpmath is set to, rounded once."""
    return float(exact(forward, strike, years, vol, call=call))


def exact(forward: object, strike: object, years: object, vol: object, *, call: bool) -> mpmath.mpf:
    """Black-76, undiscounted; arguments are floats or numbers of mpmath."""
    f, k, s = mpmath.mpf(forward), mpmath.mpf(strike), mpmath.mpf(vol) * mpmath.sqrt(years)
    d1 = mpmath.log(f / k) / s + s / 2
    sign = 1 if call else -1
    root = mpmath.sqrt(2)
    return (
        sign * (f * mpmath.erfc(-sign * d1 / root) - k * mpmath.erfc(-sign * (d1 - s) / root)) / 2
    )
