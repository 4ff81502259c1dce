from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.analytics import trades as room
from steward.market.tables import TRADES, conform

Make = Callable[[list[dict[str, Any]]], pl.DataFrame]
D1, D2, D3 = date(2018, 2, 2), date(2018, 2, 20), date(2018, 2, 28)


def fill(lot: str, contract: str, quantity: int, price: int, day: date = D1, **more: Any) -> Any:
    structure = lot.rsplit("-", 1)[0]
    row = {
        "session": day,
        "event": "fill",
        "purpose": "condor",
        "structure_id": structure,
        "lot_id": lot,
        "contract": contract,
        "quantity": quantity,
        "price": price,
        "cash": -quantity * price,
        "value": quantity * price,
        "quality": "quoted",
        "reason": "opened" if day == D1 else "closed",
    }
    return row | more


def fee(lot: str, cents: int, day: date = D1, cause: str = "condor") -> Any:
    structure = lot.rsplit("-", 1)[0]
    return {
        "session": day,
        "event": "fee",
        "purpose": "fee",
        "cause": cause,
        "structure_id": structure,
        "lot_id": lot,
        "cash": -cents,
    }


CONDOR = [
    fill("c-0", "SPX 2018-02-28 2600 P", 2, 50_000),
    fill("c-1", "SPX 2018-02-28 2650 P", -2, 90_000),
    fill("c-2", "SPX 2018-02-28 2850 C", -2, 80_000),
    fill("c-3", "SPX 2018-02-28 2890 C", 2, 30_000),
    fee("c-0", 520),
]


def settle(lot: str, contract: str, quantity: int, cash: int, price: int, **more: Any) -> Any:
    return {
        "session": D3,
        "event": "settle",
        "purpose": "condor",
        "state": "settled by value",
        "structure_id": "c",
        "lot_id": lot,
        "contract": contract,
        "quantity": quantity,
        "price": price,
        "cash": cash,
        "quality": "settlement",
        "source": "SET",
    } | more


@pytest.mark.parametrize("sign", [1, -1])
def test_a_condor_settled_in_its_put_spread(make_journal: Make, sign: int) -> None:
    """2 condors, 9 points of credit, settled at 2630: the put spread costs 20 points each.

    Credit 2 * 9 * 100 = 1,800 dollars; paid at settlement 2 * 20 * 100 = 4,000; fees 5.20.
    """
    level = 26_300_000
    ends = [
        settle("c-0", "SPX 2018-02-28 2600 P", sign * 2, 0, level),
        settle("c-1", "SPX 2018-02-28 2650 P", sign * -2, -400_000, level),
        settle("c-2", "SPX 2018-02-28 2850 C", sign * -2, 0, level),
        settle("c-3", "SPX 2018-02-28 2890 C", sign * 2, 0, level),
    ]
    found = room.trades(make_journal([*CONDOR, *ends]))
    assert found.height == 1
    row = found.row(0, named=True)
    assert row["open_cash"] == 180_000
    assert row["close_cash"] == -400_000
    assert row["fees"] == 520
    assert row["result"] == -220_520
    assert row["max_loss"] == 2 * 50 * 100 * 100 - 180_000
    assert (row["opened"], row["closed"], row["outcome"]) == (D1, D3, "settled by value")
    assert row["contracts"].startswith("+2 SPX 2018-02-28 2600 P; -2 SPX 2018-02-28 2650 P; ")
    assert row["quality"] == "quoted, settlement"
    split = room.sides(make_journal([*CONDOR, *ends])).row(0, named=True)
    assert (split["put"], split["call"]) == (80_000 - 400_000, 100_000)
    assert split["put"] + split["call"] - split["fees"] == row["result"]
    lots = room.legs(make_journal([*CONDOR, *ends]))
    terms = room.terms_of(lots["contract"][1])
    assert room.settlement_level(terms, -2, lots["settle_price"][1], -400_000) == 2630.0


def test_one_proxy_among_the_legs_names_the_outcome(make_journal: Make) -> None:
    ends = [
        settle(f"c-{i}", row["contract"], row["quantity"], 0, 27_000_000)
        for i, row in enumerate(CONDOR[:4])
    ]
    ends[2]["state"] = "settled by proxy"
    assert room.trades(make_journal([*CONDOR, *ends]))["outcome"].to_list() == ["settled by proxy"]


def test_an_open_trade_has_no_result(make_journal: Make) -> None:
    part = [*CONDOR, fill("c-0", "SPX 2018-02-28 2600 P", -2, 10_000, D2)]
    row = room.trades(make_journal(part)).row(0, named=True)
    assert row["result"] is None
    assert row["closed"] is None
    assert row["outcome"] == "open"
    assert row["reason_closed"] is None
    assert row["close_cash"] == 20_000


def test_a_hedge_sold_in_parts_closes_with_the_last(make_journal: Make) -> None:
    call = "VIX 2018-03-21 20 C"
    bought = fill("h-0", call, 5, 10_000, purpose="layer_1")
    half = fill("h-0", call, -3, 40_000, D2, purpose="layer_1")
    rest = fill("h-0", call, -2, 30_000, D3, purpose="margin_call", reason="margin")
    open_ = room.trades(make_journal([bought, half])).row(0, named=True)
    assert open_["closed"] is None
    done = room.trades(make_journal([bought, half, rest, fee("h-0", 100, D3, "layer_1")]))
    row = done.row(0, named=True)
    assert row["purpose"] == "layer_1"
    assert row["closed"] == D3
    assert row["result"] == -50_000 + 120_000 + 60_000 - 100
    assert row["reason_closed"] == "margin"
    assert row["max_loss"] is None


def test_variation_of_a_future_counts(make_journal: Make) -> None:
    name = "VX 2018-03-21"
    bought = fill("f-0", name, 1, 140_000, purpose="layer_1", cash=0, value=0)
    paid = {**bought, "event": "variation", "session": D2, "cash": 250_000}
    sold = fill("f-0", name, -1, 165_000, D3, purpose="layer_1", cash=0, value=0)
    row = room.trades(make_journal([bought, paid, sold])).row(0, named=True)
    assert (row["open_cash"], row["close_cash"], row["result"]) == (0, 250_000, 250_000)


def test_an_empty_journal_has_no_trades(make_journal: Make) -> None:
    flow = {"session": D1, "event": "flow", "purpose": "flow", "cash": 100}
    found = room.trades(make_journal([flow]))
    assert found.is_empty()
    conform(found, TRADES, table="trades")
    assert room.sides(make_journal([flow])).is_empty()


strikes = st.lists(st.integers(1, 400), min_size=4, max_size=4, unique=True).map(sorted)


@given(strikes, st.integers(1, 20))
def test_no_level_is_worse_than_the_worst(ks: list[int], quantity: int) -> None:
    signs = (1, -1, -1, 1)
    legs = [
        (quantity * sign, room.Terms(root="SPX", expiry="", strike=float(k), right=right))
        for sign, k, right in zip(signs, ks, "PPCC", strict=True)
    ]
    worst = room.worst_payoff(legs)
    width = max(ks[1] - ks[0], ks[3] - ks[2])
    assert worst == -quantity * width * 10_000
    for level in range(0, 500, 7):
        worth = sum(q * 10_000 * terms.payoff(float(level)) for q, terms in legs)
        assert worth >= worst - 1e-6


def test_a_naked_call_has_no_bound() -> None:
    naked = [(-1, room.terms_of("SPX 2018-02-28 2850 C"))]
    with pytest.raises(ValueError, match="no bound"):
        room.worst_payoff(naked)


def test_a_settlement_price_that_is_the_option_is_no_index_level() -> None:
    call = room.terms_of("VIX 2018-03-21 20 C")
    assert room.settlement_level(call, 3, 250_000, 150_000) == 25.0
    assert room.settlement_level(call, 3, 50_000, 150_000) is None
    assert room.settlement_level(call, 3, 0, 0) is None
    future = room.terms_of("VX 2018-03-21")
    assert room.settlement_level(future, 1, 166_389, 120) == 16.6389
