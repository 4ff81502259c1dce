"""Margin of a run: shares, calls and what they cost, from rows written by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from steward.analytics.account import Collected
from steward.analytics.margin import CALLS, calls, figures, utilisation
from steward.market.tables import DECISIONS, conform

DAY = date(2018, 2, 5)


def day(n: int) -> date:
    return DAY + timedelta(days=n)


def row(ledger: str, n: int, name: str, result: str, **detail: Any) -> dict[str, Any]:
    return {
        "ledger": ledger, "session": day(n), "kind": "margin", "name": name, "result": result,
        "sentence": "", "detail": json.dumps(detail),
    }  # fmt: skip


def standing(ledger: str, n: int, result: str, required: int = 0, funds: int = 0) -> dict[str, Any]:
    return row(
        ledger, n, "standing", result,
        required_cents=required, funds_cents=funds, deficit_cents=max(required - funds, 0),
    )  # fmt: skip


def forced(
    ledger: str, n: int, structure: str, result: str = "filled", cost: int = 0, fees: int = 0
) -> dict[str, Any]:
    return row(
        ledger, n, f"{structure}/1", result, structure=structure, cost_cents=cost, fees_cents=fees
    )


def decisions(*rows: dict[str, Any]) -> pl.DataFrame:
    return conform(pl.DataFrame(list(rows), schema=dict(DECISIONS)), DECISIONS, table="decisions")


CALLED = decisions(
    standing("article", 0, "called", 1_000, 700),
    forced("article", 1, "a", "no quote"),
    standing("article", 1, "stands", 1_000, 700),
    forced("article", 2, "a", cost=40, fees=5),
    forced("article", 2, "b", cost=30, fees=2),
    standing("article", 2, "met", 500, 600),
    standing("article", 5, "called", 900, 800),
    standing("static", 0, "called", 100, 50),
    standing("static", 1, "insolvent", 100, -10),
    forced("static", 2, "c", cost=7, fees=1),
    standing("unhedged", 3, "insolvent", 0, 20),
)


def test_a_call_from_its_finding_to_its_end() -> None:
    found = calls(CALLED).to_dicts()
    assert [(one["ledger"], one["found"], one["met"]) for one in found] == [
        ("article", day(0), day(2)),
        ("article", day(5), None),
        ("static", day(0), None),
        ("unhedged", day(3), None),
    ]
    first = found[0]
    assert (first["sessions"], first["required"], first["funds"], first["deficit"]) == (
        2, 1_000, 700, 300,
    )  # fmt: skip
    assert (first["closed"], first["not_filled"], first["cost"], first["fees"]) == (
        ["a", "b"], 1, 70, 7,
    )  # fmt: skip
    assert [one["insolvent"] for one in found] == [False, False, True, True]
    assert (found[2]["closed"], found[2]["cost"]) == (["c"], 7)
    assert found[3]["deficit"] == 0


def test_a_run_without_calls_has_an_empty_table() -> None:
    assert calls(decisions()).schema == pl.Schema(CALLS)
    assert calls(decisions()).is_empty()


def test_shares(make_equity: Callable[..., pl.DataFrame]) -> None:
    """Half of it; nothing of nothing; nothing needed and nothing there; something of nothing."""
    equity = make_equity(
        [
            {"session": day(n), "margin": needed, "margin_funds": funds}
            for n, (needed, funds) in enumerate([(50, 100), (0, 100), (0, 0), (10, 0), (0, -5)])
        ]
    )
    assert utilisation(equity) == pytest.approx([0.5, 0.0, 0.0, np.nan, np.nan], nan_ok=True)


def found_for(ledger: str, rows: list[dict[str, Any]], make: Any) -> Collected:
    collected = Collected()
    figures(collected, make(rows), calls(CALLED).filter(pl.col("ledger") == ledger))
    return collected


def test_figures(make_equity: Callable[..., pl.DataFrame]) -> None:
    rows = [
        {"session": day(n), "margin": 100 * n, "margin_funds": 1_000, "margin_called": n in (2, 3)}
        for n in range(5)
    ]
    kept = found_for("article", rows, make_equity).finished()
    assert kept["margin_calls"] == 2
    assert kept["sessions_short_of_margin"] == 2
    assert kept["margin_calls_cost_cents"] == 77
    assert kept["margin_used_at_most"] == pytest.approx(0.4)
    assert kept["insolvent_on"] is None
    assert kept["reasons"] == {"insolvent_on": "never"}


def test_figures_of_an_insolvent_ledger(make_equity: Callable[..., pl.DataFrame]) -> None:
    """An insolvency is no call by itself, and a share of a debt is none."""
    rows = [
        {"session": day(n), "margin": 0, "margin_funds": funds, "insolvent": n > 2}
        for n, funds in enumerate((10, 10, 20, -5, -6))
    ]
    kept = found_for("unhedged", rows, make_equity).finished()
    assert kept["margin_calls"] == 0
    assert kept["insolvent_on"] == day(3).isoformat()
    assert kept["margin_used_at_most"] is None
    assert "nothing counted" in kept["reasons"]["margin_used_at_most"]
