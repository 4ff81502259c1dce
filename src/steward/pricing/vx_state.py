"""The state that a curve of VIX futures is read off: logs of public closes, by name.

Every term is a number a session, known at its decision moment, NaN where a close of it was not:

    one            1                          level          ln(VIX / 18)
    over_21        ln VIX over its average    level_over_21  level times over_21
    over_63        over 63 sessions           over_252       over 252
    realised       ln of SPX realised vol (root of the 126-session average of squares) over VIX
    moved          ln of the same root for VIX over 252 sessions, a session, over 0.07
    vix9d          ln VIX9D over VIX          vix3m, vix6m   likewise
    vvix           ln(VVIX / 90)              skew           ln(SKEW / 125)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.pricing.term import KNOT_DAYS, Curve, TermTable, same_day

Floats = NDArray[np.float64]

BASE_VIX, BASE_VVIX, BASE_SKEW = 18.0, 90.0, 125.0
WINDOW_DAYS = 30.0
"""A future settles on the variance of that many calendar days."""

REALISED_SESSIONS = 126
MOVED_SESSIONS, BASE_MOVED = 252, 0.07
LEAST_CHANGES = 20
"""Daily changes before their average is believed."""

STILL = 1e-8
"""Added to mean squares, so that what stands still has a logarithm; far below what was fitted."""

WORDS = {
    "level": "VIX",
    "over_21": "VIX over its average of 21 sessions",
    "level_over_21": "VIX over its average of 21 sessions, at its level,",
    "over_63": "VIX over its average of 63 sessions",
    "over_252": "VIX over its average of 252 sessions",
    "realised": "realised volatility of SPX over VIX",
    "moved": "daily moves of VIX",
    "vix9d": "VIX9D over VIX",
    "vix3m": "VIX3M over VIX",
    "vix6m": "VIX6M over VIX",
    "vvix": "VVIX",
    "skew": "SKEW",
}

SESSIONS_A_YEAR = 252.0
LEAST_VARIANCE = 1e-8


def in_words(term: str) -> str:
    """A term of the state as a page names it."""
    return WORDS.get(term, term)


def state_terms(history: History, terms: TermTable) -> Mapping[str, Floats]:
    """Every term by name, a value a session; `terms` of the same history."""
    vix = history.vix.close
    log = np.log(vix)
    level = log - math.log(BASE_VIX)
    over = log[:, None] - np.log(terms.means)
    moved = root_mean_square(np.diff(log, prepend=math.nan), MOVED_SESSIONS)
    found = {
        "one": np.ones_like(log),
        "level": level,
        "over_21": over[:, 0],
        "over_63": over[:, 1],
        "over_252": over[:, 2],
        "level_over_21": level * over[:, 0],
        "realised": np.log(realised_vol(history) / vix),
        "moved": np.log(moved / BASE_MOVED),
        "vvix": np.log(same_day(history, "vvix") / BASE_VVIX),
        "skew": np.log(same_day(history, "skew") / BASE_SKEW),
    }
    for name in ("vix9d", "vix3m", "vix6m"):
        found[name] = np.log(same_day(history, name) / vix)
    return found


def realised_vol(history: History) -> Floats:
    """Realised vol of SPX, points a year, with weights that fall over 126 sessions.

    Of closes up to each session, those before the history included; NaN as `root_mean_square`.
    """
    closes = np.concatenate((history.spx_before, history.spx.close))
    returns = np.diff(np.log(closes), prepend=math.nan)
    daily = root_mean_square(returns, REALISED_SESSIONS)
    return 100.0 * math.sqrt(SESSIONS_A_YEAR) * daily[len(history.spx_before) :]


def root_mean_square(changes: Floats, sessions: int) -> Floats:
    """Root of the exponential average of squares so far, a value a session.

    Weights fall by 1 - 2 / (sessions + 1). NaN before 20 changes are known, else above 0.
    """
    known = np.isfinite(changes)
    squares = np.where(known, np.square(changes), 0.0)
    keep = 1.0 - 2.0 / (sessions + 1.0)
    total, weight = (
        np.fromiter(accumulate(one, lambda past, new: keep * past + new), np.float64, len(one))
        for one in (squares.tolist(), known.astype(np.float64).tolist())
    )
    enough = np.cumsum(known) >= LEAST_CHANGES
    return np.sqrt(total / np.where(enough, weight, math.nan) + STILL)


def forward_vol(curve: Curve, days: float) -> float:
    """Root of the forward variance of the 30 days after `days` calendar days, points, above 0."""
    near, far = curve.vol(days) if days > 0.0 else 0.0, curve.vol(days + WINDOW_DAYS)
    variance = (far * far * (days + WINDOW_DAYS) - near * near * days) / WINDOW_DAYS
    return 100.0 * math.sqrt(max(variance, LEAST_VARIANCE))


def inside_knots(days: float) -> bool:
    """Whether the window after `days` lies between the first knot and the last."""
    return KNOT_DAYS[0] <= days <= KNOT_DAYS[-1] - WINDOW_DAYS
