"""What unit a vendor's greeks are in, measured on its own rows (R14)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Factors from the vendor's unit to the store's; None: the column is not believed.

    iv     to a fraction    delta  per 1.00    theta  to per calendar day
    vega   to per point of volatility (0.01)
    """

    iv: float | None = None
    delta: float | None = None
    theta: float | None = None
    vega: float | None = None

    def said(self) -> Mapping[str, str]:
        return {}


def measured(months: Sequence[pl.DataFrame]) -> Units:
    return Units()


def scaled(quotes: pl.DataFrame, units: Units) -> pl.DataFrame:
    return quotes
