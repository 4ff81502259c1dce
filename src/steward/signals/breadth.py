"""The advance-decline line and its negative divergence from price.

The line adds up (advances - declines) / (advances + declines), not the counts: free breadth data
hold only members that still have a price today, so their number grows with time (181 of 487 in
1996, 483 of 503 in 2026) and counts would weigh late days more. Only the shape of the line matters.
"""

from __future__ import annotations

import numpy as np

from steward.market.history import Floats, History
from steward.signals import indicators
from steward.signals.columns import (
    Column,
    Seen,
    absent,
    missing,
    on_the_day,
    present,
    settle,
    together,
)

LOOK_BACK = 20
SLOPE = 10


def negative_divergence(close: Floats, line: Floats) -> Floats:
    """1 where price makes a 20-session high and breadth does not follow, else 0; NaN at first.

    The simple method: the close is the highest of its last 20, the line is below the highest of its
    own last 20, and its least-squares slope over 10 is below 0. No hidden delay, unlike pivots.
    """
    high = close >= indicators.highest(close, LOOK_BACK)
    behind = line < indicators.highest(line, LOOK_BACK)
    falling = indicators.slope(line, SLOPE) < 0.0
    enough = np.arange(len(close)) >= LOOK_BACK - 1
    return np.where(enough, (high & behind & falling).astype(np.float64), np.nan)


def net_advances(history: History) -> Seen:
    """(advances - declines) / (advances + declines) of each session, -1 to 1; NaN without any."""
    up = on_the_day(history, history.series["advances"])
    down = on_the_day(history, history.series["declines"])
    total = up.value + down.value
    total = np.where(total > 0.0, total, np.nan)
    return together([up, down], (up.value - down.value) / total)


def columns(history: History) -> dict[str, Column]:
    """The divergence, and the sessions with breadth since the last one (9999: none since known)."""
    names = ("ad_divergence", "ad_divergence_age")
    why = missing(history, "advances", "declines")
    if why:
        return {name: absent(history, why) for name in names}
    net = net_advances(history)
    both = together([net, present(history, history.spx.close)], net.value)
    there = np.isfinite(both.value) & np.isfinite(history.spx.close)
    found = negative_divergence(history.spx.close[there], np.cumsum(both.value[there]))
    age = np.where(np.isfinite(found), indicators.since(found == 1.0), np.nan)
    flag, since = np.full(len(there), np.nan), np.full(len(there), np.nan)
    flag[there], since[there] = found, age
    return {
        name: settle(history, both.with_value(value))
        for name, value in zip(names, (flag, since), strict=True)
    }
