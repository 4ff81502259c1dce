"""All figures of a run by ledger, JSON-able, with plain names and units in the names.

A figure that the sample is too short for is None and named in `reasons`; one that is shown with a
caveat is named in `notes`. Money is in cents, rates and returns are fractions, dates are ISO text.
"""

from __future__ import annotations

import polars as pl

from steward.analytics import account, margin, sleeves
from steward.analytics.account import Collected, Plain
from steward.analytics.attribution import attribution, by_session, check
from steward.analytics.paths import Outcome, paths
from steward.analytics.trades import sides, trades

EQUITY_RISK_PREMIUM = 0.045
"""A year, for the cost of equity by CAPM; a convention, not a forecast."""


def summary(
    result: Outcome, *, equity_risk_premium: float = EQUITY_RISK_PREMIUM
) -> dict[str, Plain]:
    """Every figure of every ledger, in the order of pages.

    Raises LawBroken when the journal does not explain the equity table to the cent, StewardError
    when the run has no session.
    """
    by_name = paths(result)
    check(result.journal, result.equity)
    gains, parts = by_session(result.journal), attribution(result.journal)
    held, split = trades(result.journal), sides(result.journal)
    calls = margin.calls(result.decisions)
    found: dict[str, Plain] = {}
    for name, path in by_name.items():
        own = pl.col("ledger") == name
        equity = result.equity.filter(own).sort("session")
        figures = Collected()
        rate = account.wealth(figures, path, by_name.get("cash"))
        account.risk(figures, path)
        account.size(figures, equity)
        margin.figures(figures, equity, calls.filter(own))
        account.market(figures, path, rate, parts.filter(own), equity_risk_premium)
        sleeves.hedge(figures, gains.filter(own), equity)
        sleeves.condors(figures, held.filter(own), split.filter(own))
        sleeves.costs(figures, parts.filter(own))
        sleeves.money_weighted(figures, held.filter(own), equity)
        found[name] = figures.finished()
    if "unhedged" in found:
        for name in found:
            if name not in ("cash", "unhedged"):
                sleeves.against(found[name], found["unhedged"])
    return found
