"""surface: what a chain's quotes say together: forwards, discounts, smiles in order, their worth.

Takes  quotes of series at one moment, years to settlement, a rate curve or none; plain arrays.
Gives  a surface free of static arbitrage with a verdict on each slice; vols, prices, Greeks; the
       surface after a shock.
Never  reads a table or a file, and never hands out a poor fit unless asked to.
"""

from steward.pricing.surface.bands import SeriesQuotes, series_quotes
from steward.pricing.surface.build import FittedSlice, FittedSurface, QuotedSeries, fit_surface
from steward.pricing.surface.scenario import (
    LOCAL_VOLATILITY,
    STICKY_MONEYNESS,
    STICKY_STRIKE,
    Shock,
    Stickiness,
    default_stickiness,
)
from steward.pricing.surface.smile import Smile, raw_svi
from steward.pricing.surface.surface import Slice, Surface, SurfaceGreeks

__all__ = [
    "LOCAL_VOLATILITY",
    "STICKY_MONEYNESS",
    "STICKY_STRIKE",
    "FittedSlice",
    "FittedSurface",
    "QuotedSeries",
    "SeriesQuotes",
    "Shock",
    "Slice",
    "Smile",
    "Stickiness",
    "Surface",
    "SurfaceGreeks",
    "default_stickiness",
    "fit_surface",
    "raw_svi",
    "series_quotes",
]
