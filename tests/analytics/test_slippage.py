"""What crossing spreads cost, by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from steward.analytics.slippage import by_ledger, paid
from steward.market.tables import JOURNAL

DAY = date(2018, 2, 5)


def row(**told: Any) -> dict[str, Any]:
    plain: dict[str, Any] = dict.fromkeys(JOURNAL)
    return {**plain, "ledger": "static", "session": DAY, "event": "fill", **told}


def journal(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(JOURNAL))


def test_bought_above_and_sold_below_the_middle() -> None:
    # Two calls of 1.00 bid, 1.20 asked, bought at 1.15: 0.05 over 1.10, 100 dollars a point: 10.00.
    # One future of 15.00 by 15.05 sold at 15.00: 0.025 under 15.025, 1000 a point: 25.00.
    rows = (
        row(
            purpose="layer_1", rule="target", contract="VIX 2018-03-21 20 C",
            quantity=2, price=11_500, bid=10_000, ask=12_000,
        ),
        row(
            purpose="layer_2", rule="sell_down", contract="VX 2018-03-21",
            quantity=-1, price=150_000, bid=150_000, ask=150_500,
        ),
    )  # fmt: skip
    assert paid(journal(*rows)).rows() == [
        ("static", "layer_1", "target", 1_000),
        ("static", "layer_2", "sell_down", 2_500),
    ]
    assert by_ledger(journal(*rows)) == {"static": 3_500}


def test_a_fill_at_the_middle_costs_nothing_and_one_inside_it_gains() -> None:
    same = {"purpose": "condor", "rule": "condor_entry", "contract": "SPXW 2018-02-28 2600 P"}
    middle = row(**same, quantity=-3, price=50_000, bid=48_000, ask=52_000)
    better = row(**same, quantity=-1, price=51_000, bid=48_000, ask=52_000)
    assert paid(journal(middle))["cents"].to_list() == [0]
    assert paid(journal(middle, better))["cents"].to_list() == [-1_000]


def test_what_a_broker_filled_without_a_quote_is_not_counted() -> None:
    rows = journal(
        row(purpose="condor", contract="SPXW 2018-02-28 2600 P", quantity=1, price=50_000),
        row(event="interest", purpose="interest"),
    )
    assert paid(rows).is_empty()
    assert by_ledger(rows) == {"static": 0}
