"""A margin call in a run: found at the marks, met on the next session's quotes. All by hand."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from steward.orders.margin import profile
from steward.runs.recording import Recorder
from steward.runs.settings import DEBIT_SPREAD
from steward.terms.contracts import Contract, OptionContract, vx

from .hand_world import Hand, condor_of

VX = vx(date(2017, 2, 15))
FEE = 234
"""Cents, of one VX in October 2016, in dollars: exchange 1.40, clearing 0.07, regulation 0.02,
broker 0.85 (docs/costs.md names where they are printed)."""

CONDORS_FEE = 1_416
"""Cents, of three condors traded in October 2016, each leg at a premium of 1.00 or more.

One contract in dollars: exchange 0.44, clearing 0.05, regulation 0.0404, broker 0.65: 1.1804. A leg
of three is 3.5412, rounded once to 3.54. Four legs are 14.16.
"""


def future_at(points: float, half: float = 0.0) -> dict[Contract, tuple[float, float]]:
    return {VX: (points - half, points + half)}


def bought(worlds: Any, **options: Any) -> Hand:
    """Capital of 10,000 dollars, and one VX bought at 20.00 on the second session."""
    hand = Hand(worlds, capital=1_000_000, **options)
    hand.step(future_at(20.0), decide=False)
    hand.send("unhedged", hand.order([(VX, 1)], 1, "future"))
    hand.step(future_at(20.0))
    return hand


def test_a_future_that_falls_is_called_and_sold_on_the_next_session(worlds: Any) -> None:
    """Cash after the fee is 9,997.66, and 9,000 / 1.1 = 8,181.82 is to be maintained.

    At 17.00 it is 6,997.66, and 7,650 / 1.1 = 6,954.55: still enough. At 16.50 6,497.66 and
    7,425 / 1.1 = 6,750.00: 252.34 is lacking. Sold on the next session at its bid, 16.00, ten cents
    under the middle: 500 lost and another fee.
    """
    hand = bought(worlds)
    desk = hand.desks["unhedged"]
    assert (desk.standing.required, desk.standing.funds) == (818_182, 1_000_000 - FEE)
    hand.step(future_at(17.0))
    assert (desk.standing.required, desk.standing.funds) == (695_455, 699_766)
    assert desk.standing.change == "none"
    assert hand.rows(event="margin_call") == []
    hand.step(future_at(16.5))
    assert (desk.standing.required, desk.standing.funds) == (675_000, 649_766)
    assert (desk.standing.change, desk.standing.since) == ("called", hand.day)
    (call,) = hand.rows(event="margin_call")
    assert (call["cash"], call["value"], call["session"]) == (0, 0, hand.day)
    assert call["reason"] == (
        "Margin call: $6,750 is required, $6,497.66 of cash is there, $252.34 is lacking."
    )
    (order,) = desk.account.book.open_orders
    assert (order.purpose, order.worst, order.fill_share) == ("margin_call", None, 1.0)
    hand.step(future_at(16.1, half=0.1))
    (fill,) = hand.rows(event="fill", cause="margin_call")
    assert (fill["purpose"], fill["quantity"], fill["price"]) == ("layer_1", -1, 160_000)
    assert desk.account.cash == 649_766 - 50_000 - FEE
    assert (desk.standing.change, desk.standing.required) == ("met", 0)
    (end,) = desk.forced
    assert (end.state, end.cost, end.fees) == ("filled", 10_000, FEE)
    assert desk.account.lots == ()
    hand.step(future_at(16.1))
    assert (desk.standing.change, desk.forced) == ("none", [])


def test_what_is_recorded_of_it(worlds: Any) -> None:
    hand = bought(worlds)
    recorder = Recorder(quoted=False)
    for points in (17.0, 16.5, 16.0):
        hand.step(future_at(points, half=0.05))
        recorder.decisions(hand.desks["unhedged"], hand.day)
        recorder.equity(
            hand.desks["unhedged"], hand.world.view(hand.day),
            hand.world.signals.row(hand.day), 0.0, 0,
        )  # fmt: skip
    rows = recorder.decisions_table().filter(kind="margin").to_dicts()
    assert [(row["name"], row["result"]) for row in rows] == [
        ("standing", "called"),
        (f"future/1.1 margin_call {hand.days[3]}/1", "filled"),
        ("standing", "met"),
    ]
    assert json.loads(rows[0]["detail"]) == {
        "required_cents": 675_000, "funds_cents": 649_766, "deficit_cents": 25_234,
    }  # fmt: skip
    assert json.loads(rows[1]["detail"]) == {
        "structure": "future", "cost_cents": 5_000, "fees_cents": FEE,
    }  # fmt: skip
    equity = recorder.equity_table()
    assert equity["margin_called"].to_list() == [False, True, False]
    assert equity["margin"].to_list() == [695_455, 675_000, 0]
    assert equity["margin_funds"].to_list()[:2] == [699_766, 649_766]
    assert equity["insolvent"].to_list() == [False, False, False]
    traces = recorder.decisions_table().filter(kind="trace", name="margin_call")
    assert traces["result"].to_list() == ["closes 1"]


def test_an_order_that_does_not_trade_lets_the_call_stand(worlds: Any) -> None:
    """No quote on the next session: the order ends, the call stands, a new order is sent."""
    hand = bought(worlds)
    desk = hand.desks["unhedged"]
    hand.step(future_at(16.5))
    found = hand.day
    hand.step({})
    assert (desk.standing.change, desk.standing.since) == ("stands", found)
    (end,) = desk.forced
    assert (end.state, end.cost, end.fees) == ("no quote", 0, 0)
    assert end.reason == "no quote for VX 2017-02-15"
    assert len(desk.account.book.open_orders) == 1
    assert [row["reason"][:15] for row in hand.rows(event="margin_call")] == [
        "Margin call: $6", "The margin call",
    ]  # fmt: skip
    hand.step(future_at(16.5))
    assert desk.standing.change == "met"


def test_money_that_comes_in_time_meets_a_call(worlds: Any) -> None:
    """A deposit before the order has traded; no further order is sent."""
    hand = bought(worlds)
    desk = hand.desks["unhedged"]
    hand.step(future_at(16.5))
    hand.step({}, flow=100_000)
    assert (desk.standing.change, desk.standing.called) == ("met", False)
    assert desk.account.book.open_orders == ()
    assert len(desk.account.lots) == 1


# --- condors -------------------------------------------------------------------------------------


def prices(
    legs: list[tuple[OptionContract, int]], *pairs: tuple[float, float]
) -> dict[Contract, tuple[float, float]]:
    return {contract: pair for (contract, _), pair in zip(legs, pairs, strict=True)}


def sold(worlds: Any, *names: str, quantity: int = 3, capital: int = 1_000_000) -> tuple[Hand, Any]:
    """Three condors, 30 wide, sold for 8.00 each: 2 and 2 bought, 6 and 6 sold."""
    hand = Hand(worlds, names or ("unhedged",), capital=capital)
    legs = condor_of((2170.0, 2200.0, 2400.0, 2430.0), hand.days[0] + timedelta(days=60))
    start = prices(legs, (2.0, 2.0), (6.0, 6.0), (6.0, 6.0), (2.0, 2.0))
    hand.step(start, decide=False)
    for name in hand.desks:
        hand.send(name, hand.order(legs, quantity, "condor", "condor"))
    hand.step(start)
    return hand, legs


def test_the_mark_of_a_condor_calls_for_nothing(worlds: Any) -> None:
    """Three condors need 9,000; cash is 10,000 + 2,400 - 14.16 = 12,385.84. They stand at 25.00
    each, 7,500: the account is worth 4,885.84. Nothing is lacking, for no more than 9,000 can be
    owed.
    """
    hand, legs = sold(worlds)
    desk = hand.desks["unhedged"]
    hand.step(prices(legs, (10.0, 10.0), (34.0, 34.0), (2.0, 2.0), (1.0, 1.0)))
    assert desk.account.equity == 1_000_000 + 240_000 - CONDORS_FEE - 750_000
    assert (desk.standing.required, desk.standing.funds) == (900_000, 1_238_584)
    assert not desk.standing.called


def test_a_withdrawal_calls_for_a_condor_and_it_may_lose_more_than_its_maximum(worlds: Any) -> None:
    """4,000 dollars go: 8,385.84 of the 9,000. Bought back on the next session at 37 a condor, more
    than the 30 that it could have cost in the end: 11,100, and fees of 14.16, for the long call is
    sold at 1.00, not below. Each lost 29.00 and its fees, where 22.00 was the most: booked as
    forced.
    """
    hand, legs = sold(worlds)
    desk = hand.desks["unhedged"]
    calm = prices(legs, (2.0, 2.0), (6.0, 6.0), (6.0, 6.0), (2.0, 2.0))
    hand.step(calm, flow=-400_000)
    assert desk.standing.deficit == 900_000 - 838_584
    (order,) = desk.account.book.open_orders
    assert (order.structure_id, order.quantity, order.action) == ("condor", 3, "close")
    wild = prices(legs, (4.0, 6.0), (33.0, 37.0), (4.0, 5.0), (1.0, 3.0))
    hand.step(wild)
    assert desk.account.lots == ()
    # 37 + 5 - 4 - 1 = 37 at the natural price: 35 and 4.5 less 5 and 2 at the middle are 32.5.
    assert desk.account.cash == 838_584 - 3 * 370_000 - CONDORS_FEE
    (end,) = desk.forced
    assert end.cost == 3 * (370_000 - 325_000)
    (closed,) = desk.account.day.closed
    assert closed.forced
    assert closed.result == 3 * (80_000 - 370_000)
    assert -closed.result > closed.max_loss == 3 * 220_000
    # 11,100 and 14.16 less 8,385.84: 2,728.32 dollars are owed, worth less than nothing.
    assert desk.standing.change == "insolvent"


# --- insolvency ----------------------------------------------------------------------------------


def test_a_ledger_below_zero_closes_everything_and_its_debt_bears_interest(worlds: Any) -> None:
    """From 20.00 to 9.00 in a night: 11,000 of 9,997.66. Sold on the next session at 8.95."""
    hand = bought(worlds, rate=3.65)
    desk = hand.desks["unhedged"]
    hand.step(future_at(9.0))
    assert desk.account.equity < 0
    assert (desk.standing.change, desk.standing.insolvent) == ("insolvent", hand.day)
    ruined = hand.day
    (row,) = hand.rows(event="insolvent")
    assert row["reason"].startswith("Insolvent: the account is worth -$")
    (order,) = desk.account.book.open_orders
    assert order.purpose == "margin_call"
    hand.step(future_at(9.0, half=0.05))
    assert desk.account.lots == ()
    debt = desk.account.cash
    assert debt < 0
    before = hand.day
    hand.step({})
    cost = debt - desk.account.cash
    days = (hand.day - before).days
    assert cost == pytest.approx(-debt * (0.0365 + DEBIT_SPREAD) * days / 365, abs=0.51)
    assert hand.rows(purpose="margin_interest")
    # Money that comes later does not bring it back, and nothing is opened.
    hand.step({}, flow=5_000_000)
    assert desk.account.equity > 0
    assert desk.standing.insolvent == ruined
    assert desk.account.book.open_orders == ()
    assert len(hand.rows(event="insolvent")) == 1


def test_what_could_not_be_sold_is_tried_again(worlds: Any) -> None:
    hand = bought(worlds)
    desk = hand.desks["unhedged"]
    hand.step(future_at(9.0))
    hand.step({})
    assert len(desk.account.lots) == 1
    assert len(desk.account.book.open_orders) == 1
    hand.step(future_at(9.0))
    assert desk.account.lots == ()
    assert desk.account.book.open_orders == ()


# --- other accounts ------------------------------------------------------------------------------


def test_on_a_grid_the_value_counts_and_the_mark_of_a_condor_does_call(worlds: Any) -> None:
    """The same condors under portfolio margin, worth 4,885.84 in the fall above.

    Index options are worth their intrinsic value here (no volatility in the quotes), with their
    forward at 2,300: at -8 % it is 2,116, where the put spread owes 30 points: 9,000 dollars.
    """
    hand = Hand(worlds, capital=1_000_000, margin=profile("portfolio"))
    legs = condor_of((2170.0, 2200.0, 2400.0, 2430.0), hand.days[0] + timedelta(days=60))
    start = prices(legs, (2.0, 2.0), (6.0, 6.0), (6.0, 6.0), (2.0, 2.0))
    hand.step(start, decide=False)
    hand.send("unhedged", hand.order(legs, 3, "condor", "condor"))
    hand.step(start)
    desk = hand.desks["unhedged"]
    assert (desk.standing.required, desk.standing.funds) == (900_000, 998_584)
    hand.step(prices(legs, (10.0, 10.0), (34.0, 34.0), (2.0, 2.0), (1.0, 1.0)))
    assert desk.standing.funds == desk.account.equity == 488_584
    assert desk.standing.change == "called"
    (order,) = desk.account.book.open_orders
    assert order.structure_id == "condor"
