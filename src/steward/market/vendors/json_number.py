"""Numbers of JSON as vendors write them."""

from __future__ import annotations

import math


def finite_number(value: object) -> float | None:
    """The number; null for text, true and false, NaN, infinity and what is beyond a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
