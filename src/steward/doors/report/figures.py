"""Which figures the page shows, what they are called, and how each is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from steward.doors.report import words


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a table of figures: which figure, how it is called, how it is written."""

    key: str
    name: str
    help: str
    write: Callable[[Any], str]
    small: str = ""  # key of a date that belongs under the number
    losses: bool = False  # whether a number below 0 is toned as a loss


def percent(digits: int = 1, *, sign: bool = False) -> Callable[[Any], str]:
    return lambda value: words.percent(value, digits, sign=sign)


def money(*, sign: bool = False) -> Callable[[Any], str]:
    return lambda value: words.money(value, sign=sign)


def number(digits: int = 2) -> Callable[[Any], str]:
    return lambda value: words.number(value, digits)


def count(value: Any) -> str:
    return words.number(value, 0)


HEADLINE = (
    Figure("final_wealth_cents", "Final wealth", "what the account is worth at the end", money()),
    Figure(
        "gain_cents",
        "Gained or lost",
        "final wealth less all money paid in",
        money(sign=True),
        losses=True,
    ),
    Figure(
        "excess_over_bills_cents",
        "More or less than bills",
        "against the same money left in bills",
        money(sign=True),
        losses=True,
    ),
    Figure(
        "cagr_per_year", "Growth a year", "time-weighted (CAGR)", percent(2, sign=True), losses=True
    ),
    Figure(
        "max_drawdown",
        "Deepest fall",
        "from a high to the low after it (maximum drawdown)",
        percent(1),
        small="max_drawdown_trough",
    ),
    Figure(
        "cvar_95_weekly",
        "An ordinary bad week",
        "mean of the worst 5 % of weeks (CVaR 95)",
        percent(2, sign=True),
    ),
    Figure(
        "worst_week_return",
        "Worst week",
        "the single worst one",
        percent(1, sign=True),
        small="worst_week_on",
    ),
    Figure(
        "hedge_gain_cents",
        "What the hedge brought",
        "all hedge layers, fees included",
        money(sign=True),
        losses=True,
    ),
    Figure(
        "hedge_carry_per_year",
        "Hedge cost a calm year",
        "share of average wealth, calm sessions only",
        percent(2),
    ),
    Figure(
        "drawdown_reduction",
        "Deepest fall cut by",
        "against the condors without a hedge; below 0: made deeper",
        percent(0, sign=True),
    ),
    Figure("fees_cents", "Fees", "of exchange, clearing, regulators and broker", money()),
)

FIGURES: tuple[tuple[str, tuple[Figure, ...]], ...] = (
    (
        "Return",
        (
            Figure(
                "contributed_cents",
                "Paid in",
                "capital and later deposits, less withdrawals",
                money(),
            ),
            Figure(
                "xirr_per_year",
                "XIRR",
                "what the owner earned a year on the money moved in",
                percent(2, sign=True),
            ),
            Figure(
                "time_weighted_return",
                "Time-weighted return",
                "whole window, flows taken out",
                percent(1, sign=True),
            ),
            Figure(
                "same_flows_in_bills_cents",
                "The same money in bills",
                "all flows on their days, compounded in bills",
                money(),
            ),
            Figure(
                "excess_over_bills_cents",
                "More or less than bills",
                "final wealth less that; below 0 it is the opportunity cost",
                money(sign=True),
                losses=True,
            ),
            Figure("interest_cents", "Interest earned", "on cash", money(sign=True)),
        ),
    ),
    (
        "Risk",
        (
            Figure("volatility_per_year", "Volatility", "of daily returns, a year", percent(1)),
            Figure(
                "sharpe_daily_to_year",
                "Sharpe ratio",
                "daily excess over bills, times the root of 252",
                number(),
            ),
            Figure(
                "sortino_daily_to_year",
                "Sortino ratio",
                "as Sharpe, counting falls below the bill rate only",
                number(),
            ),
            Figure("calmar", "Calmar ratio", "growth a year over the deepest fall", number()),
            Figure(
                "max_drawdown",
                "Maximum drawdown",
                "the low, and its date",
                percent(1),
                small="max_drawdown_trough",
            ),
            Figure("max_drawdown_peak", "Drawdown began", "the high before it", words.short_day),
            Figure(
                "max_drawdown_recovered", "Drawdown recovered", "back at that high", words.short_day
            ),
            Figure("ulcer_index", "Ulcer index", "root mean square of all drawdowns", percent(2)),
            Figure("skewness_daily", "Skew", "daily; below 0: the large days are losses", number()),
            Figure("kurtosis_daily", "Kurtosis", "daily, 3 for a normal distribution", number(1)),
            Figure(
                "worst_day_return",
                "Worst day",
                "and its date",
                percent(1, sign=True),
                small="worst_day_on",
            ),
            Figure(
                "cvar_95_daily",
                "CVaR 95 daily",
                "mean of the worst 5 % of days",
                percent(2, sign=True),
            ),
            Figure(
                "cvar_99_daily",
                "CVaR 99 daily",
                "mean of the worst 1 % of days",
                percent(2, sign=True),
            ),
            Figure(
                "cvar_99_weekly",
                "CVaR 99 weekly",
                "mean of the worst 1 % of weeks",
                percent(2, sign=True),
            ),
        ),
    ),
    (
        "Against the index, and the cost of capital",
        (
            Figure(
                "beta_dimson_daily",
                "CAPM beta (Dimson)",
                "daily, one day before and after summed in",
                number(),
            ),
            Figure("beta_weekly", "CAPM beta, weekly", "", number()),
            Figure(
                "beta_downside_daily",
                "Downside beta",
                "days on which SPX fell by more than 1 %",
                number(),
            ),
            Figure(
                "cost_of_equity_per_year",
                "Cost of equity",
                "bill rate plus beta times the equity risk premium",
                percent(2),
            ),
            Figure("wacc_per_year", "WACC", "cost of equity and of debt, weighted", percent(2)),
            Figure(
                "xirr_less_wacc_per_year",
                "XIRR less WACC",
                "above 0: the account earned its cost of capital",
                percent(2, sign=True),
            ),
        ),
    ),
    (
        "The hedge",
        (
            Figure(
                "median_hedge_ratio",
                "Usual hedge ratio",
                "median: call-equivalent notional over the condors' maximum loss",
                percent(1),
            ),
            Figure(
                "median_stress_cover",
                "Usual stress cover",
                "median: modelled payoff of the hedge in the stress over the condors' loss in it",
                percent(1),
            ),
            Figure(
                "hedge_gain_calm_cents",
                "Hedge in calm sessions",
                "fees included",
                money(sign=True),
                losses=True,
            ),
            Figure(
                "hedge_gain_stress_cents",
                "Hedge in stress sessions",
                "windows of five sessions with SPX −5 % or VIX +30 %",
                money(sign=True),
                losses=True,
            ),
            Figure("stress_sessions", "Stress sessions", "how many there were", count),
            Figure(
                "hedge_payoff_ratio",
                "Hedge payoff ratio",
                "hedge gain over the condors' loss, in stress",
                number(),
            ),
            Figure(
                "hedge_payoff_over_bleed",
                "Payoff over bleed",
                "hedge gain in stress over its cost in calm",
                number(),
            ),
            Figure(
                "cagr_given_up_per_year",
                "Growth given up",
                "a year, against the condors without a hedge",
                percent(2, sign=True),
            ),
            Figure(
                "drawdown_reduction_per_cagr_point",
                "Fall cut per point of growth",
                "share of the deepest fall cut for each 1 % of growth a year given up",
                percent(1, sign=True),
            ),
        ),
    ),
    (
        "The condors",
        (
            Figure(
                "average_allocation",
                "At risk on average",
                "what the open condors could lose, share of wealth, all sessions",
                percent(1),
            ),
            Figure("condors_opened", "Opened", "", count),
            Figure("condors_won_share", "Won", "closed with a gain after fees", percent(0)),
            Figure("condor_gain_cents", "Brought", "fees included", money(sign=True), losses=True),
            Figure(
                "condor_losses_put_side_cents",
                "Lost on the put side",
                "condors that lost after fees, by the side that lost more",
                money(sign=True),
            ),
            Figure(
                "condor_losses_call_side_cents",
                "Lost on the call side",
                "the same; VIX calls cannot pay here",
                money(sign=True),
            ),
            Figure(
                "condor_losses_on_falling_days_cents",
                "Lost on days SPX fell",
                "sum over sessions on which the condors lost",
                money(sign=True),
            ),
            Figure(
                "hedge_gain_on_those_falling_days_cents",
                "Hedge on those days",
                "",
                money(sign=True),
            ),
            Figure(
                "condor_losses_on_rising_days_cents",
                "Lost on days SPX rose",
                "sum over sessions on which the condors lost",
                money(sign=True),
            ),
            Figure(
                "hedge_gain_on_those_rising_days_cents",
                "Hedge on those days",
                "",
                money(sign=True),
            ),
        ),
    ),
    (
        "Margin",
        (
            Figure(
                "margin_used_at_most",
                "Most of it used",
                "required over what counts towards it, the highest close",
                percent(1),
            ),
            Figure("margin_calls", "Margin calls", "", count),
            Figure(
                "sessions_short_of_margin",
                "Short of margin",
                "closes at which a call stood",
                count,
            ),
            Figure(
                "margin_calls_cost_cents",
                "Cost of the calls",
                "forced fills against the middle of their quotes, fees included",
                money(),
            ),
            Figure("insolvent_on", "Insolvent", "first close below zero", words.short_day),
        ),
    ),
    (
        "XIRR of each sleeve",
        (
            Figure(
                "xirr_condor_per_year",
                "Condors",
                "on their maximum loss, put up at the opening",
                percent(1, sign=True),
            ),
            Figure(
                "xirr_layer_1_per_year", "Layer 1", "on the premium paid", percent(1, sign=True)
            ),
            Figure(
                "xirr_layer_2_per_year", "Layer 2", "on the premium paid", percent(1, sign=True)
            ),
            Figure(
                "xirr_layer_3_per_year", "Layer 3", "on the premium paid", percent(1, sign=True)
            ),
        ),
    ),
)
