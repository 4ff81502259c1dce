"""A Steward with one rule of orders, sizes, messages or shares broken fails the scenario of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from steward.ledger import accounts, fills, splits, trying, working
from steward.pricing import execution
from steward.runs.torture import kit, placing, reader, steward_engine, world
from steward.runs.torture.compare import FAIL, PASS
from steward.runs.torture.steward_engine import StewardEngine


def any_size(simulator: Any, order: Any, *_: object) -> tuple[int, str]:
    del simulator
    return order.quantity, ""


def new(*_: object) -> bool:
    return False


def lot_by_lot(lots: Any, split: Any) -> tuple[Any, ...]:
    return tuple(one for lot in lots for one in splits.split_lots([lot], split))


WRONG: list[tuple[str, str, Callable[[pytest.MonkeyPatch], None]]] = [
    ("060", "one unit at least", lambda m: m.setattr(placing.Placing, "_loss", lambda *_: 1)),
    (
        "061",
        "the nearest number of units",
        lambda m: m.setattr(placing, "condor_quantity", lambda b, of, _: round(b / of)),
    ),
    ("063", "any size", lambda m: m.setattr(fills.Simulator, "_units", any_size)),
    (
        "064",
        "the whole order again after a part of it",
        lambda m: m.setattr(accounts, "rest_of", lambda one, fill: trying.again(one, "")),
    ),
    (
        "065",
        "tries beyond the expiry",
        lambda m: m.setattr(accounts.Account, "_over", lambda *_: False),
    ),
    ("066", "no second try", lambda m: m.setattr(accounts, "TRIED_AGAIN", ())),
    (
        "067",
        "an unknown size is none",
        lambda m: m.setattr(fills, "_displayed", lambda _, quote: quote.bid_size or 0),
    ),
    (
        "068",
        "each order the whole size",
        lambda m: m.setattr(working.WorkingOrders, "took", lambda *_: None),
    ),
    (
        "069",
        "each order the whole volume",
        lambda m: m.setattr(working.WorkingOrders, "took", lambda *_: None),
    ),
    ("070", "no quote is old", lambda m: m.setattr(world, "minutes_old", lambda _: 0)),
    (
        "071",
        "16:15 on every day",
        lambda m: m.setattr(world, "minutes_old", lambda row: 975 - 60 * row.time.hour),
    ),
    ("073", "every quote is a market", lambda m: m.setattr(fills, "unusable", lambda *_: "")),
    (
        "074",
        "half the ask for a wing without a bid",
        lambda m: m.setattr(execution, "_raw", lambda bid, ask, *_: (bid + ask, 2)),
    ),
    (
        "075",
        "legs at a package's price",
        lambda m: m.setattr(execution, "tick_of", lambda *_: 100),
    ),
    (
        "076",
        "one grid for SPX and VIX",
        lambda m: m.setattr(execution, "package_grid", lambda *_: 500),
    ),
    (
        "077",
        "no order is taken back",
        lambda m: m.setattr(steward_engine._Running, "_cancel", lambda *_: None),
    ),
    (
        "078",
        "no rest is taken back",
        lambda m: m.setattr(steward_engine._Running, "_cancel", lambda *_: None),
    ),
    ("079", "every message counts", lambda m: m.setattr(working.WorkingOrders, "heard", new)),
    ("080", "every message counts", lambda m: m.setattr(working.WorkingOrders, "heard", new)),
    (
        "083",
        "settlement is free",
        lambda m: m.setattr(steward_engine._Running, "_fee_of", lambda *_: 0),
    ),
    ("084", "a fraction a lot", lambda m: m.setattr(accounts, "split_lots", lot_by_lot)),
    (
        "085",
        "orders in old shares go on",
        lambda m: m.setattr(accounts.Account, "_finish", lambda *_: None),
    ),
    (
        "086",
        "the old price of a share",
        lambda m: m.setattr(splits.Split, "scaled", lambda _, price: price),
    ),
]


@pytest.mark.parametrize(
    ("number", "change"), [pytest.param(n, change, id=f"{n} {what}") for n, what, change in WRONG]
)
def test_a_wrong_rule_is_caught_by_the_scenario_of_it(
    monkeypatch: pytest.MonkeyPatch, number: str, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    (scenario,) = reader.read_all(kit.scenarios_folder(), [number])
    assert kit.verdict(scenario, StewardEngine()).state == PASS
    change(monkeypatch)
    assert kit.verdict(scenario, StewardEngine()).state == FAIL
