from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.analytics.paths import ledgers, monthly, paths, weekly
from steward.analytics.summary import summary
from steward.market.tables import DECISIONS
from steward.terms.errors import LawBroken, StewardError

Make = Callable[[list[dict[str, Any]]], pl.DataFrame]
Days = Callable[[date, int], list[date]]


@dataclass(frozen=True)
class Run:
    journal: pl.DataFrame
    equity: pl.DataFrame
    manifest: dict[str, Any] = field(default_factory=dict)
    decisions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=dict(DECISIONS)))


@pytest.fixture
def make_run(make_journal: Make, make_equity: Make, weekdays: Days) -> Callable[..., Run]:
    """Ledgers from lists of daily gains in cents, all begun with 1,000,000; `later` deposits."""

    def build(gains: dict[str, list[int]], later: dict[int, int] | None = None) -> Run:
        count = len(next(iter(gains.values())))
        days = weekdays(date(2014, 1, 2), count)
        spx = 1_000 * np.cumprod(1 + np.random.default_rng(8).normal(0.0003, 0.01, count))
        journal, equity = [], []
        for name, own in gains.items():
            now = 0
            for i, day in enumerate(days):
                flow = 1_000_000 if i == 0 else (later or {}).get(i, 0)
                base = {"ledger": name, "session": day}
                if flow:
                    journal.append(base | {"event": "flow", "purpose": "flow", "cash": flow})
                if own[i]:
                    purpose = "interest" if name == "cash" else "condor"
                    journal.append(base | {"event": "mark", "purpose": purpose, "cash": own[i]})
                now += flow + own[i]
                equity.append(
                    base | {"equity": now, "cash": now, "flow": flow, "spx": float(spx[i])}
                )
        return Run(make_journal(journal), make_equity(equity))

    return build


def test_opportunity_cost_is_the_cash_ledger(make_run: Callable[..., Run]) -> None:
    run = make_run({"cash": [0] + [10] * 299, "unhedged": [0] + [25] * 299}, {100: 50_000})
    found = summary(run)["unhedged"]
    assert found["contributed_cents"] == 1_050_000
    assert found["final_wealth_cents"] == 1_050_000 + 299 * 25
    assert found["same_flows_in_bills_cents"] == 1_050_000 + 2_990
    assert found["excess_over_bills_cents"] == 299 * 15


def test_without_a_cash_ledger_there_is_no_opportunity_cost(make_run: Callable[..., Run]) -> None:
    found = summary(make_run({"unhedged": [0] * 30}))["unhedged"]
    assert found["excess_over_bills_cents"] is None
    assert "no cash ledger" in found["reasons"]["excess_over_bills_cents"]


def test_the_price_of_a_smaller_drawdown(make_run: Callable[..., Run]) -> None:
    """Unhedged falls 10 % and ends at +8 %; hedged falls 6 % and ends at +4 %, over 400 days."""
    bare = [0] * 287
    hedged = [0] * 287
    bare[50], bare[100] = -100_000, 180_000
    hedged[50], hedged[100] = -60_000, 100_000
    found = summary(make_run({"unhedged": bare, "article": hedged}))["article"]
    assert found["drawdown_reduction"] == pytest.approx(0.4)
    years = 400 / 365
    given_up = 1.08 ** (1 / years) - 1.04 ** (1 / years)
    assert found["cagr_given_up_per_year"] == pytest.approx(given_up, abs=1e-4)
    assert found["drawdown_reduction_per_cagr_point"] == pytest.approx(
        0.4 / (100 * found["cagr_given_up_per_year"])
    )


def test_a_short_run_withholds_and_says_why(make_run: Callable[..., Run]) -> None:
    found = summary(make_run({"cash": [0] * 20, "article": [0] + [-5, 9] * 9 + [0]}))["article"]
    for name in ("cagr_per_year", "xirr_per_year", "sharpe_daily_to_year", "beta_dimson_daily"):
        assert found[name] is None
        assert "needs" in found["reasons"][name]
    json.dumps(found, allow_nan=False)


def test_a_table_that_the_journal_does_not_explain_breaks_the_law(
    make_run: Callable[..., Run],
) -> None:
    run = make_run({"article": [0] * 30})
    torn = Run(run.journal, run.equity.with_columns(pl.col("equity") + 1))
    with pytest.raises(LawBroken, match="money"):
        summary(torn)


def test_a_run_without_sessions_is_refused(make_run: Callable[..., Run]) -> None:
    run = make_run({"article": [0] * 3})
    with pytest.raises(StewardError, match="no session"):
        summary(Run(run.journal.clear(), run.equity.clear()))


def test_a_ruined_account_gets_reasons_not_numbers(make_run: Callable[..., Run]) -> None:
    gains = [0] * 300
    gains[150] = -1_200_000
    found = summary(make_run({"article": gains}))["article"]
    assert found["final_wealth_cents"] == -200_000
    assert found["max_drawdown"] == pytest.approx(-1.2)
    assert found["cagr_per_year"] is None
    assert "zero or below" in found["reasons"]["cagr_per_year"]
    json.dumps(found, allow_nan=False)


def test_ledgers_come_in_the_order_of_pages(make_run: Callable[..., Run]) -> None:
    run = make_run({name: [0] * 3 for name in ("mine", "static", "cash", "unhedged")})
    assert ledgers(run.equity) == ("cash", "unhedged", "static", "mine")
    assert list(summary(run)) == ["cash", "unhedged", "static", "mine"]


def test_months_multiply_to_the_whole(make_run: Callable[..., Run]) -> None:
    draw = np.random.default_rng(1).integers(-9_000, 10_000, 300).tolist()
    run = make_run({"article": draw}, {70: 333_000})
    months = monthly(run)
    whole = float((months["return"] + 1).product())
    assert whole == pytest.approx(1 + summary(run)["article"]["time_weighted_return"])
    assert months["sessions"].sum() == 300


def test_weeks_run_from_last_session_to_last_session() -> None:
    days = [date(2018, 1, d) for d in (4, 5, 8, 9, 12, 16)]
    returns = np.array([0.01, 0.02, 0.03, -0.01, 0.02, 0.05])
    found, ends = weekly(returns, days)
    assert ends == [date(2018, 1, 12), date(2018, 1, 16)]
    np.testing.assert_allclose(found, [1.03 * 0.99 * 1.02 - 1, 0.05])


def test_margin_debt_enters_the_cost_of_capital(
    make_journal: Make, make_equity: Make, weekdays: Days
) -> None:
    """Equity 1,000,000 and debt 250,000 throughout; 12,500 of interest over about a year."""
    days = weekdays(date(2014, 1, 2), 262)
    spx = 1_000 * np.cumprod(1 + np.random.default_rng(8).normal(0.0, 0.01, 262))
    journal = make_journal(
        [
            {"session": days[0], "event": "flow", "purpose": "flow", "cash": 1_000_000},
            {
                "session": days[9],
                "event": "interest",
                "purpose": "margin_interest",
                "cash": -12_500,
            },
            {"session": days[9], "event": "mark", "purpose": "condor", "value": 12_500},
        ]
    )
    rows = [
        {"session": d, "equity": 1_000_000, "cash": -250_000, "spx": float(s), "bill_rate": 0.02}
        for d, s in zip(days, spx, strict=True)
    ]
    rows[0]["flow"] = 1_000_000
    found = summary(Run(journal, make_equity(rows)))["article"]
    years = (days[-1] - days[0]).days / 365
    own = found["cost_of_equity_per_year"]
    expected = 0.8 * own + 0.2 * 12_500 / 250_000 / years
    assert found["wacc_per_year"] == pytest.approx(expected)
    assert own == pytest.approx(0.02 + 0.045 * found["beta_dimson_daily"])
    assert found["margin_interest_cents"] == -12_500


def test_paths_take_the_capital_from_either_place(
    make_journal: Make, make_equity: Make, weekdays: Days
) -> None:
    days = weekdays(date(2014, 1, 2), 2)
    gain = {"session": days[1], "event": "mark", "purpose": "condor", "cash": 100}
    flow = {"session": days[0], "event": "flow", "purpose": "flow", "cash": 1_000}
    by_flow = Run(
        make_journal([flow, gain]),
        make_equity(
            [
                {"session": days[0], "equity": 1_000, "flow": 1_000},
                {"session": days[1], "equity": 1_100},
            ]
        ),
    )
    begun = Run(
        make_journal([gain]).with_columns(equity=pl.lit(1_100, dtype=pl.Int64)),
        make_equity([{"session": days[0], "equity": 1_000}, {"session": days[1], "equity": 1_100}]),
    )
    for run in (by_flow, begun):
        path = paths(run)["article"]
        np.testing.assert_allclose(path.returns, [0.0, 0.1])
        assert path.flow.tolist() == [1_000.0, 0.0]
