"""On what AM-settled SPX options settle in a rebuilt index: SET, or an estimate of it.

The engine's facts (`market.settlements`) come first. Where SET is unknown they name a proxy, and a
proxy that misses the night distorts an index that settles every month, always in the morning. So an
index moves the proxy by what is known of openings:

- The published open of SPX shows only a part of the night. Its distance from the close before is
  0.13 of a day's move in 2007 to 2016 and 0.47 from 2017 on (standard deviations); five-minute bars
  of 2024 to 2026 show 1.15 times the open's distance once all stocks have opened. So the distance
  is taken 4 times until 2016 and 1.15 times from 2017 on. Before 2007 the open says nothing.
- Openings of third Fridays lie above what comes before and after them: since the early 2000s option
  settlements are biased upwards (G. Baltussen, J. Terstegge, P. Whelan, "The derivative payoff
  bias", 2023), and the mornings after them explain why BXM earned 1.1 % a year less than PUT in
  1986 to 2015 (R. Israelov, "PutWrite versus BuyWrite", 2017). 0.1 % from 2003 to 2022, chosen so
  that BXM comes near its published growth of 1991 to 2011; bars of 2023 to 2026 show none.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from steward.market.history import History
from steward.market.settlements import SettlementValue, settlement_value
from steward.terms.contracts import E4, OptionContract

ESTIMATE = "SET_estimate"
"""Name of the source of an estimated settlement."""

SHOWN = ((date(2017, 1, 1), 1.15), (date(2007, 1, 1), 4.0))
"""By the day from which it holds: times that the open's distance from the close before is taken."""

DRIFT, DRIFT_FROM, DRIFT_TO = 0.001, date(2003, 1, 1), date(2022, 12, 31)
"""Of openings on settlement days, a fraction of the index."""


def settled(history: History, contract: OptionContract, session: date) -> SettlementValue:
    """What `contract` settles on, as known at `session`: raises as `settlement_value`.

    Of SPX options settled in the morning, where SET is unknown and the settlement day is a session
    of the history: the estimate above, a proxy with the engine's bounds. Everything else as the
    engine has it.
    """
    found = settlement_value(history, contract, session)
    if not found.proxy or contract.underlying != "SPX" or contract.settlement != "AM":
        return found
    level = estimate(history, contract.expiry)
    if level is None:
        return found
    return replace(found, value_e4=round(level * E4), source=ESTIMATE)


def estimate(history: History, day: date) -> float | None:
    """SET of that day in index points; None without that session or the close before it."""
    try:
        row = history.index(day)
    except KeyError:
        return None
    if row == 0:
        return None
    before, opened = float(history.spx.close[row - 1]), float(history.spx.open[row])
    times = next((times for first, times in SHOWN if day >= first), 0.0)
    night = times * (opened / before - 1.0) if math.isfinite(opened) else 0.0
    drift = DRIFT if DRIFT_FROM <= day <= DRIFT_TO else 0.0
    return before * (1.0 + night + drift)
