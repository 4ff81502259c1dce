"""Steward backtests and plans SPX iron condors with an adaptive VIX hedge, to the cent."""

from __future__ import annotations

__version__ = "0.1.0"
