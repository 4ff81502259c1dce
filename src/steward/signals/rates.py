"""The interest-rate differential: what US bills pay over the money markets of three currencies.

D = three-month bill, as bond-equivalent, less the mean of the three-month rates of EUR, JPY and
GBP, percentage points. All three or nothing: a mean of those at hand would jump when one begins.
"""

from __future__ import annotations

import numpy as np

from steward.market.history import History
from steward.pricing.rates import bond_equivalent
from steward.signals import indicators
from steward.signals.columns import (
    Column,
    Seen,
    absent,
    missing,
    newest,
    over_known,
    settle,
    together,
)

BILL = "dtb3"
FOREIGN = ("rate_3m_eur", "rate_3m_jpy", "rate_3m_gbp")
CHANGE_SESSIONS = 63
SLOPE_SESSIONS = 21


def differential(history: History) -> Seen:
    """D at each session, of the newest rates known then."""
    bill = newest(history, history.series[BILL])
    foreign = [newest(history, history.series[name]) for name in FOREIGN]
    mean = np.mean([seen.value for seen in foreign], axis=0)
    return together([bill, *foreign], 100.0 * bond_equivalent(BILL, bill.value) - mean)


def columns(history: History) -> dict[str, Column]:
    """D, its change over 63 sessions in points, and its slope over 21, points a session."""
    names = (
        "rate_differential_pp",
        "rate_differential_change_63d_pp",
        "rate_differential_slope_21d",
    )
    why = missing(history, BILL, *FOREIGN)
    if why:
        return {name: absent(history, why) for name in names}
    level = differential(history)
    values = (
        level.value,
        over_known(lambda d: indicators.difference(d, CHANGE_SESSIONS), level.value),
        over_known(lambda d: indicators.slope(d, SLOPE_SESSIONS), level.value),
    )
    return {
        name: settle(history, level.with_value(value))
        for name, value in zip(names, values, strict=True)
    }
