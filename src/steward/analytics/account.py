"""Figures of a whole ledger: wealth, risk, and its place against bills and the index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from steward.analytics import measures
from steward.analytics.measures import Figure, Floats, shown, withheld
from steward.analytics.paths import Path, weekly

Plain = dict[str, Any]


class Collected:
    """Figures by name, and beside them why some are missing and what qualifies others."""

    def __init__(self) -> None:
        self.values: Plain = {}
        self.reasons: dict[str, str] = {}
        self.notes: dict[str, str] = {}

    def put(self, name: str, figure: Figure) -> Figure:
        self.values[name] = figure.value
        if figure.reason:
            self.reasons[name] = figure.reason
        if figure.note:
            self.notes[name] = figure.note
        return figure

    def plain(self, name: str, value: Any) -> None:
        self.values[name] = value

    def finished(self) -> Plain:
        return {**self.values, "reasons": self.reasons, "notes": self.notes}


def wealth(figures: Collected, path: Path, bills: Path | None) -> Figure:
    """What came in, what is there, and the same flows in bills; gives back the XIRR."""
    final, contributed = round(float(path.equity[-1])), round(float(path.flow.sum()))
    figures.plain("first_session", path.days[0].isoformat())
    figures.plain("last_session", path.days[-1].isoformat())
    figures.plain("sessions", len(path.days))
    figures.plain("contributed_cents", contributed)
    figures.plain("final_wealth_cents", final)
    figures.plain("gain_cents", final - contributed)
    if bills is None or not np.array_equal(bills.flow, path.flow):
        reason = "no cash ledger with the same flows in this run"
        figures.put("same_flows_in_bills_cents", withheld(reason))
        figures.put("excess_over_bills_cents", withheld(reason))
    else:
        in_bills = round(float(bills.equity[-1]))
        figures.plain("same_flows_in_bills_cents", in_bills)
        figures.plain("excess_over_bills_cents", final - in_bills)
    days = [*path.days, path.days[-1]]
    cents = [-round(float(x)) for x in path.flow] + [final]
    rate = figures.put("xirr_per_year", measures.money_weighted(days, cents))
    total = float(np.prod(1.0 + path.returns)) - 1.0
    figures.put("time_weighted_return", shown(total))
    figures.put("cagr_per_year", measures.cagr(path.returns, path.days[0], path.days[-1]))
    return rate


def risk(figures: Collected, path: Path) -> None:
    """Drawdown, spread, ratios and tails of the time-weighted returns."""
    returns = path.returns[1:]
    alive = bool(np.all(np.isfinite(path.returns)))
    deepest = measures.deepest(path.returns, path.days)
    figures.plain("max_drawdown", deepest.depth)
    figures.plain("max_drawdown_peak", deepest.peak.isoformat())
    figures.plain("max_drawdown_trough", deepest.trough.isoformat())
    recovered = deepest.recovered.isoformat() if deepest.recovered else None
    figures.plain("max_drawdown_recovered", recovered)
    if recovered is None:
        figures.reasons["max_drawdown_recovered"] = "not recovered by the end of the run"
    if not alive:
        figures.notes["max_drawdown"] = "the account stood at zero or below"
    figures.put("ulcer_index", measures.ulcer_index(path.returns))
    figures.put("volatility_per_year", measures.volatility(returns))
    unknown = int(np.count_nonzero(~np.isfinite(path.bills)))
    if unknown:
        gap = withheld(f"the bill rate is unknown on {unknown} sessions")
        figures.put("sharpe_daily_to_year", gap)
        figures.put("sortino_daily_to_year", gap)
    else:
        figures.put("sharpe_daily_to_year", measures.sharpe(path.excess))
        figures.put("sortino_daily_to_year", measures.sortino(path.excess))
    rate = Figure(
        value=figures.values["cagr_per_year"], reason=figures.reasons.get("cagr_per_year", "")
    )
    figures.put("calmar", measures.calmar(rate, deepest.depth))
    figures.put("skewness_daily", measures.skewness(returns))
    figures.put("kurtosis_daily", measures.kurtosis(returns))
    by_week, ends = weekly(path.returns, path.days)
    _worst(figures, "day", returns, path.days[1:])
    _worst(figures, "week", by_week, ends)
    for level in (0.95, 0.99):
        figures.put(f"cvar_{level:.0%}_daily".replace("%", ""), measures.tail_mean(returns, level))
        figures.put(f"cvar_{level:.0%}_weekly".replace("%", ""), measures.tail_mean(by_week, level))


def _worst(figures: Collected, what: str, returns: Floats, days: Sequence[date]) -> None:
    if returns.size == 0 or not np.any(np.isfinite(returns)):
        figures.put(f"worst_{what}_return", withheld(f"no full {what} in this sample"))
        figures.plain(f"worst_{what}_on", None)
        return
    row = int(np.nanargmin(returns))
    figures.put(f"worst_{what}_return", shown(float(returns[row])))
    figures.plain(f"worst_{what}_on", days[row].isoformat())


def size(figures: Collected, equity: pl.DataFrame) -> None:
    """How much of the wealth stood at risk in condors.

    equity  one ledger's equity table, sorted by session
    """
    wealth = equity["equity"].cast(pl.Float64).to_numpy()
    at_risk = equity["condor_max_loss"].cast(pl.Float64).to_numpy()
    held = (at_risk > 0.0) & (wealth > 0.0)
    if not held.any():
        figures.put("average_allocation", withheld("this ledger held no condor"))
        return
    share = float(np.mean(at_risk[wealth > 0.0] / wealth[wealth > 0.0]))
    figures.put("average_allocation", shown(share))


def market(
    figures: Collected, path: Path, rate: Figure, parts: pl.DataFrame, premium: float
) -> None:
    """Beta against SPX (a price index, without dividends) and the cost of capital."""
    names = ("beta_dimson_daily", "beta_weekly", "beta_downside_daily")
    usable = np.all(np.isfinite(path.excess)) and np.all(np.isfinite(path.index_excess))
    if not usable:
        gap = withheld("returns, index or bill rate are not known on every session")
        for name in (*names, "cost_of_equity_per_year", "wacc_per_year", "xirr_less_wacc_per_year"):
            figures.put(name, gap)
        return
    beta = figures.put(names[0], measures.dimson_beta(path.excess, path.index_excess))
    bill_weeks, _ = weekly(path.bills, path.days)
    own_weeks, _ = weekly(path.returns, path.days)
    index_weeks, _ = weekly(np.nan_to_num(path.index), path.days)
    figures.put(
        names[1], measures.slope(own_weeks - bill_weeks, index_weeks - bill_weeks, needs=52)
    )
    figures.put(names[2], measures.downside_beta(path.excess, path.index_excess, path.index[1:]))
    _wacc(figures, path, beta, rate, parts, premium)


def _wacc(
    figures: Collected,
    path: Path,
    beta: Figure,
    rate: Figure,
    parts: pl.DataFrame,
    premium: float,
) -> None:
    """Equity at its CAPM cost, margin debt at what it cost; no tax."""
    years = (path.days[-1] - path.days[0]).days / measures.DAYS_A_YEAR
    if beta.value is None or years < 0.5:
        gap = withheld(beta.reason or "needs half a year")
        for name in ("cost_of_equity_per_year", "wacc_per_year", "xirr_less_wacc_per_year"):
            figures.put(name, gap)
        return
    free = float(path.bills.sum()) / years
    own = free + beta.value * premium
    figures.put(
        "cost_of_equity_per_year",
        shown(own, f"equity risk premium {premium:.1%} by convention"),
    )
    debt = float(np.mean(np.maximum(-path.cash, 0.0)))
    equity = float(np.mean(path.equity))
    paid = -int(parts.filter(pl.col("purpose") == "margin_interest")["cents"].sum())
    share = debt / (debt + equity) if debt > 0.0 and equity > 0.0 else 0.0
    cost, note = own, "no debt: the cost of equity alone"
    if share > 0.0:
        cost, note = (1.0 - share) * own + share * paid / (debt * years), ""
    figures.put("wacc_per_year", shown(cost, note))
    spread = withheld(rate.reason) if rate.value is None else shown(rate.value - cost)
    figures.put("xirr_less_wacc_per_year", spread)
