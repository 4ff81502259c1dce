"""Which strikes of a modelled SPX series are listed: fine near the money, coarse far out.

A rule in place of the exchange's lists, which are not in our sources: 5 points in a wide band
around the closes of the last quarter, then 25, 50 and 100 points. Its bands were set against the
lists of single days of 2011, 2013, 2018, 2019, 2020, 2022 and 2024 (steps of 10 points, which
stand between 5 and 25 there, are left out); before 2011 it is an assumption. A strike stays listed
while any close of the last 63 sessions would list it, about the life of a condor.
"""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REMEMBERED = 63
"""Closes, this session's included, whose strikes are still listed."""

FAR_DAYS = 130
"""Series that settle later than that have no 5-point strikes."""

Band = tuple[int, float, float]

BANDS: tuple[tuple[date, tuple[Band, ...]], ...] = (
    (date(2014, 1, 1), ((5, 0.80, 1.08), (25, 0.65, 1.25), (50, 0.45, 1.35), (100, 0.35, 1.60))),
    (date(1996, 1, 1), ((5, 0.60, 1.15), (25, 0.35, 1.45))),
    (date.min, ((5, 0.50, 1.25), (25, 0.50, 1.40))),
)
"""From that day on: a step in points, which must divide the next one, and the band in which its
multiples are listed: from a share of the lowest close to a share of the highest. Real lists of
later years go further down; there, one bid of a tick on a coarse step moves a VIX by up to half a
point, and no quote of ours is needed."""


def listed_strikes(session: date, closes: Floats, *, far: bool = False) -> Floats:
    """Strikes of a series at the close of `session`, rising, index points; not to be written to.

    closes  of SPX, the session's own last; of the 63 last the lowest and the highest count
    far     the series settles more than 130 days after the session
    """
    recent = closes[-REMEMBERED:]
    low, high = float(recent.min()), float(recent.max())
    bands = next(rows for first, rows in BANDS if first <= session)
    return _union(
        tuple(
            (step, math.ceil(low * bottom / step), math.floor(high * top / step))
            for step, bottom, top in bands[far:]
        )
    )


@lru_cache(maxsize=64)
def _union(ranges: tuple[tuple[int, int, int], ...]) -> Floats:
    """All multiples of each step, from its first to its last."""
    parts = [step * np.arange(max(first, 1), last + 1) for step, first, last in ranges]
    strikes = np.unique(np.concatenate(parts)).astype(np.float64)
    strikes.flags.writeable = False
    return strikes
