"""Small journals and equity tables written by hand, by the column contracts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from steward.market.tables import EQUITY, JOURNAL, conform

Rows = list[dict[str, Any]]


def journal_of(rows: Rows) -> pl.DataFrame:
    """Fills in what a row leaves out; the equity runs on from row to row of a ledger."""
    kept, equity, count = [], dict[str, int](), dict[str, int]()
    for given in rows:
        row = dict.fromkeys(JOURNAL) | {"ledger": "article", "cash": 0, "value": 0} | given
        name = row["ledger"]
        equity[name] = equity.get(name, 0) + row["cash"] + row["value"]
        count[name] = count.get(name, -1) + 1
        kept.append(row | {"sequence": count[name], "equity": equity[name]})
    return conform(pl.DataFrame(kept, schema=dict(JOURNAL)), JOURNAL, table="journal")


def equity_of(rows: Rows) -> pl.DataFrame:
    """Fills in what a row leaves out: no holdings, no flow, bills at 0."""
    empty: dict[str, Any] = dict.fromkeys(EQUITY)
    empty |= {"ledger": "article", "spx": 100.0, "vix": 15.0, "flow": 0, "bill_rate": 0.0}
    empty |= dict.fromkeys(
        ("cash", "condor", "layer_1", "layer_2", "layer_3", "margin", "condor_max_loss"), 0
    )
    empty |= {"layer_1_on": False, "layer_2_on": False, "layer_3_on": False, "mix": "base"}
    empty |= {"warming": False, "modelled_marks": 0}
    empty |= {"margin_funds": 0, "margin_called": False, "insolvent": False}
    frame = pl.DataFrame([empty | row for row in rows], schema=dict(EQUITY))
    return conform(frame, EQUITY, table="equity")


@pytest.fixture(scope="session")
def make_journal() -> Callable[[Rows], pl.DataFrame]:
    return journal_of


@pytest.fixture(scope="session")
def make_equity() -> Callable[[Rows], pl.DataFrame]:
    return equity_of


@pytest.fixture(scope="session")
def weekdays() -> Callable[[date, int], list[date]]:
    def found(first: date, count: int) -> list[date]:
        days, day = [], first
        while len(days) < count:
            if day.weekday() < 5:
                days.append(day)
            day += timedelta(days=1)
        return days

    return found
