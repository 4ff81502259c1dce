"""How a hedge target becomes whole contracts: the nearest number, a half downwards (D0)."""

from __future__ import annotations

from math import ceil

NOISE = 1e-9
"""A target this near to a half is a half: it came out of floating point."""


HALF = 0.5
"""Of a contract: an instrument whose share is smaller passes it on, a target is no hedge."""


def half_down(number: float) -> int:
    """The nearest whole number, a half downwards: 2.5 is 2."""
    return ceil(number - 0.5 - NOISE)
