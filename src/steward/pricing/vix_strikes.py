"""Which strikes of VIX options are listed, by day: whole points below, coarser above.

Half points between 10 and 15 in the nearest month from 2014-05-29: announced by the exchange. The
rest is read off days that our sources have. On 2013-06-25 and 2022-05-06 whole points end at 30,
with steps of 2.5 to 50, 5 to 100 and 10 beyond; from 2022-10-31 on they reach 35, in 2026 40.
Strikes below 9 and above 180, the lowest and the highest seen, are there so that any state has
options on both sides of its future.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HALF_POINTS_FROM = date(2014, 5, 29)
WHOLE_TO_40_FROM = date(2022, 10, 31)

LOWEST, HIGHEST = 5, 300


def listed_strikes(session: date, *, nearest: bool) -> Floats:
    """Strikes of a monthly series, rising, index points; not to be written to.

    nearest   the first monthly series to settle after the session
    """
    return _grid(nearest and session >= HALF_POINTS_FROM, session >= WHOLE_TO_40_FROM)


def ever_listed(session: date, *, nearest: bool) -> frozenset[float]:
    """Strikes listed then or on an earlier day: one that is held can always be closed."""
    return _ever(nearest and session >= HALF_POINTS_FROM, session >= WHOLE_TO_40_FROM)


@lru_cache(maxsize=4)
def _ever(halves: bool, whole_to_40: bool) -> frozenset[float]:
    old = _grid(halves, False).tolist()
    return frozenset([*old, *_grid(halves, True).tolist()] if whole_to_40 else old)


@lru_cache(maxsize=4)
def _grid(halves: bool, whole_to_40: bool) -> Floats:
    whole = 40 if whole_to_40 else 30
    parts = [
        np.arange(LOWEST, whole, 1.0),
        np.arange(whole, 50, 2.5),
        np.arange(50, 100, 5.0),
        np.arange(100, 200, 10.0),
        np.arange(200, HIGHEST + 1, 50.0),
    ]
    if halves:
        parts.append(np.arange(10.5, 15.0, 1.0))
    strikes = np.sort(np.concatenate(parts))
    strikes.flags.writeable = False
    return strikes
