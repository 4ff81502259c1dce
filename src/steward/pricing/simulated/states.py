"""What the quicker market reads of a path: one row of numbers a session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.market.paths.coefficients import AVERAGES
from steward.market.paths.state import Paths

Floats = NDArray[np.float64]

BASE_LOG_VIX, BASE_LOG_VVIX, BASE_LOG_SKEW = 2.9, 4.5, 3.1
"""ln of VIX, of VVIX and of SKEW - 100 in an ordinary state, taken off to keep numbers small."""

MOVED = (21, 126)
"""Sessions of the averages of squared returns of SPX."""

STILL = 1e-6
LEAST_FORWARD = 0.1
VVIX_COLUMN = 11
"""Of ln VVIX among the features."""


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """One path, a row a session.

    spx, vix, vvix    closes, points           spx_open, vix_open  settle AM series, VIX options
    premium           of the path's futures, a logarithm
    features          (sessions, 15): 1; ln VIX and its square; ln VIX over its three averages; ln
                      of VIX9D, VIX3M, VIX6M over VIX; ln of the forward vols from VIX to VIX3M and
                      from there to VIX6M over VIX; ln VVIX; ln(SKEW - 100); ln of two realised
                      vols over VIX
    shock             VIX closed 30 % up on the session or the one before
    """

    spx: Floats
    spx_open: Floats
    vix: Floats
    vix_open: Floats
    vvix: Floats
    premium: Floats
    features: Floats
    shock: NDArray[np.bool_]


def states_of(paths: Paths, at: int) -> States:
    """Of the path in column `at`; closes are rounded as they are published."""
    spx, vix, vix9d, vix3m, vix6m, vvix, skew = (
        np.round(getattr(paths, name)[:, at], 2)
        for name in ("spx", "vix", "vix9d", "vix3m", "vix6m", "vvix", "skew")
    )
    log = np.log(vix)
    returns = np.diff(np.log(spx), prepend=np.log(spx[0]))
    columns = [
        np.ones_like(log),
        log - BASE_LOG_VIX,
        np.square(log - BASE_LOG_VIX),
        *(log - np.log(_average(vix, n)) for n in AVERAGES),
        *(np.log(member) - log for member in (vix9d, vix3m, vix6m)),
        _forward(vix, vix3m, 30.0, 93.0),
        _forward(vix3m, vix6m, 93.0, 184.0) + np.log(vix3m) - log,
        np.log(vvix) - BASE_LOG_VVIX,
        np.log(skew - 100.0) - BASE_LOG_SKEW,
        *(
            0.5 * np.log(252.0 * _average(returns * returns, n) + STILL) - (log - np.log(100.0))
            for n in MOVED
        ),
    ]
    rise = np.diff(vix, prepend=vix[0]) / np.concatenate((vix[:1], vix[:-1])) >= 0.30
    return States(
        spx=spx,
        spx_open=np.round(paths.spx_open[:, at], 2),
        vix=vix,
        vix_open=np.round(paths.vix_open[:, at], 2),
        vvix=vvix,
        premium=paths.premium[:, at],
        features=np.column_stack(columns),
        shock=rise | np.concatenate(([False], rise[:-1])),
    )


def _forward(near: Floats, far: Floats, first: float, last: float) -> Floats:
    """ln of the forward vol between two tenors, days, over the near one; the forward variance is a
    tenth of the near one at least."""
    ratio = np.square(far / near)
    return np.asarray(
        0.5 * np.log(np.maximum((ratio * last - first) / (last - first), LEAST_FORWARD))
    )


def _average(values: Floats, sessions: int) -> Floats:
    """Exponential, over what is known so far; the first value is the first average."""
    keep = 1.0 - 2.0 / (sessions + 1.0)
    found, total, weight = [], 0.0, 0.0
    for value in values.tolist():
        total, weight = keep * total + value, keep * weight + 1.0
        found.append(total / weight)
    return np.array(found)
