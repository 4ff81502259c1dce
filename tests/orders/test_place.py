"""Condors become whole orders: within the tranche, the allocation and the margin, or dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.orders.margin import profile
from steward.orders.place import Placed, margin_room, place_condors
from steward.rules import condor
from steward.rules.ruleset import RuleSet
from steward.terms.trades import NOTHING, Intent, Leg

from ..rules.condor_market import (
    EMPTY,
    MARCH,
    MONDAY,
    CondorMarket,
    article,
    facts,
    option,
)

# A condor by hand: 2570/2625/2910/2965, 55 wide on both sides. At k = 0.5 the shorts are sold at
# 6.95 and 6.45, the wings bought at 1.55 and 1.55: a credit of 10.30, and 44.70 can be lost.
PRICES = {
    (2570.0, "P"): (1.40, 1.60),
    (2625.0, "P"): (6.90, 7.10),
    (2910.0, "C"): (6.40, 6.60),
    (2965.0, "C"): (1.40, 1.60),
}
# At the least credit, 15 % of 55 or 8.25, it takes 46.75 of the margin room.
LOSS = 447_000
NEED = 467_500 + 476  # fees of 2018: four legs of 1.18, and a cent each for what rounds up
RULES = article()


def market(**changed: Any) -> CondorMarket:
    found = CondorMarket(**changed)
    for (strike, right), prices in PRICES.items():
        found.changed[MONDAY, option(MARCH, strike, right)] = prices
    return found


def opening(budget: int = 1_250_000, available: int = 5_000_000, name: str = "A") -> Intent:
    return Intent(
        intent_id=f"{name} open",
        session=MONDAY,
        purpose="condor",
        action="open",
        structure_id=name,
        legs=tuple(
            Leg(contract=option(MARCH, strike, right), quantity=sign)
            for (strike, right), sign in zip(PRICES, (1, -1, -1, 1), strict=True)
        ),
        size=float(budget),
        fill_share=0.5,
        reason="because",
        detail={
            "available_cents": float(available),
            "allocation_percent": 20.0,
            "width": 55.0,
        },
    )


def closing(units: int = 3) -> Intent:
    plain = opening()
    return replace(
        plain,
        intent_id="A close",
        action="close",
        size=float(units),
        legs=tuple(
            Leg(contract=leg.contract, quantity=-leg.quantity, lot_id=f"A.{n}")
            for n, leg in enumerate(plain.legs, start=1)
        ),
        detail={"days": 20.0},
    )


def place(*intents: Intent, rules: RuleSet = RULES, **known: Any) -> Placed:
    return place_condors(intents, market().view(MONDAY), facts(**known), rules)


def quantity(placed: Placed) -> int:
    (order,) = placed.orders
    assert placed.dropped == ()
    return order.quantity


def test_as_many_as_the_tranche_pays_for() -> None:
    placed = place(opening())
    (order,) = placed.orders
    assert order.limit == -103_000
    assert order.quantity == 2  # 12,500 dollars pay for two that can lose 4,470
    assert order.worst == -82_500  # 15 % of 55
    assert order.order_id == "A open/1"
    assert placed.notes == ()
    assert quantity(place(opening(budget=3 * LOSS))) == 3
    assert quantity(place(opening(budget=3 * LOSS - 1))) == 2


def test_one_when_the_tranche_is_less_and_none_above_what_is_free() -> None:
    assert quantity(place(opening(budget=1))) == 1
    assert quantity(place(opening(budget=0))) == 1
    assert quantity(place(opening(budget=9 * LOSS, available=4 * LOSS))) == 4
    placed = place(opening(available=LOSS - 1))
    assert placed.orders == ()
    ((intent, state, why),) = placed.dropped
    assert (intent.intent_id, state) == ("A open", "lapsed")
    # One fits where a fifth of the account is 4,470 dollars: from 22,350 on.
    assert why == (
        "One condor can lose $4,470; $4,469.99 of the allocation (20 % of $250,000) is free: too "
        "small for one condor. By these rules one fits an account without condors from $22,350 on."
    )


def test_the_margin_of_the_book_may_not_exceed_what_counts() -> None:
    """Held against cash: five condors' room, a cent less, none, and less than none."""
    cash, held = 10 * NEED, 5 * NEED
    all_fit = place(opening(budget=5 * LOSS), cash=cash, margin_requirement=held)
    assert (quantity(all_fit), all_fit.notes) == (5, ())
    fewer = place(opening(budget=5 * LOSS), cash=cash, margin_requirement=held + 1)
    assert quantity(fewer) == 4
    assert fewer.notes == ("Margin: 5 condors wanted, 4 sent ($4,679.76 each).",)
    for margin_requirement in (9 * NEED + 1, 11 * NEED):
        placed = place(opening(), cash=cash, margin_requirement=margin_requirement)
        ((_, state, why),) = placed.dropped
        assert state == "refused"
        assert why.startswith(
            "One condor needs $4,679.76 of margin and fees (cboe), and the account has "
        )
    assert "-$4,679.76 left: too little for one condor" in why


def test_what_counts_is_cash_and_not_what_the_holdings_are_worth() -> None:
    """A hedge worth much makes no room; on a grid, where the account's value counts, it does."""
    rich = {"cash": 10 * NEED, "nav": 90 * NEED, "margin_requirement": 10 * NEED}
    assert place(opening(), **rich).orders == ()
    assert margin_room(facts(**rich), profile("cboe")) == 0
    assert margin_room(facts(**rich), profile("portfolio")) == 80 * NEED
    intent = opening(budget=3 * LOSS)
    placed = place_condors(
        [intent], market().view(MONDAY), facts(**rich), RULES, profile("portfolio")
    )
    assert quantity(placed) == 3


def test_unequal_wings_need_both_spreads_where_the_broker_says_so() -> None:
    """The call spread 55 wide, the put spread 75: at the wider 75 - 11.25, or both, 130 - 11.25.
    Fees of four legs are 4 * 1.18, and a cent a leg for what may round up: 4.76.
    """
    found = market()
    found.changed[MONDAY, option(MARCH, 2550.0, "P")] = (0.90, 1.10)
    plain = opening(budget=1, available=9_000_000)
    legs = (replace(plain.legs[0], contract=option(MARCH, 2550.0, "P")), *plain.legs[1:])
    intent = replace(plain, legs=legs, detail={**plain.detail, "width": 75.0})
    for name, need in (("cboe", 637_976), ("ibkr", 1_187_976), ("cboe:sum", 1_187_976)):
        for left, sent in ((need, 1), (need - 1, 0)):
            placed = place_condors(
                [intent], found.view(MONDAY), facts(cash=left), RULES, profile(name)
            )
            assert len(placed.orders) == sent, (name, left)


def test_two_entries_of_one_session_share_what_is_left() -> None:
    both = (opening(5 * LOSS, 5 * LOSS, "A"), opening(5 * LOSS, 5 * LOSS, "B"))
    placed = place(*both)
    assert [order.quantity for order in placed.orders] == [5]
    assert [(i.intent_id, state) for i, state, _ in placed.dropped] == [("B open", "lapsed")]
    placed = place(*both, cash=5 * NEED, rules=RULES)
    assert [state for _, state, _ in placed.dropped] == ["lapsed"]
    roomy = (opening(3 * LOSS, 9 * LOSS, "A"), opening(3 * LOSS, 9 * LOSS, "B"))
    placed = place(*roomy, cash=5 * NEED)
    assert [order.quantity for order in placed.orders] == [3, 2]
    assert placed.notes == ("Margin: 3 condors wanted, 2 sent ($4,679.76 each).",)


def test_what_is_still_tried_has_its_room() -> None:
    """Three that wait for a fill leave two of five; what closes, and a hedge, takes nothing."""
    (waits,) = place(opening(budget=3 * LOSS)).orders
    view, known = market().view(MONDAY), facts(cash=5 * NEED)
    for waiting, left in (
        ([waits], 2),
        ([waits, replace(waits, quantity=1)], 1),
        ([replace(waits, action="close"), replace(waits, purpose="layer_1")], 5),
    ):
        placed = place_condors([opening(9 * LOSS)], view, known, RULES, waiting=waiting)
        assert quantity(placed) == left


def test_fees_are_of_the_broker_that_is_asked_for() -> None:
    """The broker takes 0.65 of the 1.18 a leg: without one 0.53 is left, and a cent that rounds."""
    view = market().view(MONDAY)
    for broker, need in (("none", 467_500 + 4 * 53 + 4), ("ibkr", NEED)):
        for left, sent in ((need, 1), (need - 1, 0)):
            placed = place_condors([opening(LOSS)], view, facts(cash=left), RULES, broker=broker)
            assert len(placed.orders) == sent, (broker, left)


def test_the_rules_say_how_an_order_is_filled_and_how_long_it_is_tried() -> None:
    """What closes is not tried again: it is decided anew each session."""
    rules = RULES.model_copy(
        update={
            "entry": RULES.entry.model_copy(update={"retry_sessions": 2}),
            "fills": RULES.fills.model_copy(update={"pricing": "legs"}),
        }
    )
    placed = place(opening(), closing(), rules=rules)
    assert [(x.action, x.retry, x.pricing) for x in placed.orders] == [
        ("open", 2, "legs"),
        ("close", 0, "legs"),
    ]
    assert {(x.retry, x.pricing) for x in place(opening(), closing()).orders} == {(0, "package")}


def test_a_condor_is_closed_whole_and_costs_at_most_its_width() -> None:
    (order,) = place(closing(3), margin_requirement=10**9).orders
    assert order.quantity == 3
    # Shorts bought at 7.05 and 6.55, wings sold at 1.45 each: 10.70.
    assert order.limit == 107_000
    assert order.worst == 550_000
    assert [leg.lot_id for leg in order.legs] == ["A.1", "A.2", "A.3", "A.4"]


def test_a_leg_without_a_quote_drops_the_intent() -> None:
    found = market()
    found.changed[MONDAY, option(MARCH, 2965.0, "C")] = None
    for intent in (opening(), closing()):
        placed = place_condors([intent], found.view(MONDAY), facts(), RULES)
        assert placed.orders == ()
        ((_, state, why),) = placed.dropped
        assert state == "no quote"
        assert why == "There is no quote for SPXW 2018-03-09 2965 C at the decision."


def test_an_intent_of_a_hedge_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^A open: is of layer_1, not of condors$"):
        place(replace(opening(), purpose="layer_1"))


def test_nothing_wanted_is_nothing_placed() -> None:
    assert place() == Placed(orders=(), dropped=())


@given(
    st.integers(1, 40_000_000),
    st.integers(0, 40_000_000),
    st.integers(1, 100_000_000),
    st.integers(0, 60_000_000),
)
def test_never_above_what_is_free_and_every_intent_has_one_end(
    budget: int, available: int, cash: int, requirement: int
) -> None:
    placed = place(opening(budget, available), cash=cash, margin_requirement=requirement)
    assert len(placed.orders) + len(placed.dropped) == 1
    for order in placed.orders:
        assert order.quantity * LOSS <= available
        assert requirement + order.quantity * NEED <= cash
        assert order.quantity == 1 or order.quantity * LOSS <= budget


@given(st.integers(100_000, 2_000_000_000), st.floats(0.08, 0.3))
def test_what_is_decided_for_an_account_fits_it(nav: int, vol: float) -> None:
    """From the decision to the order: never more than a quarter of a fifth, unless it is one."""
    view = CondorMarket(vol=vol).view(MONDAY)
    account = facts(nav=nav, cash=nav)
    decision = condor.decide(view, account, EMPTY, NOTHING, RULES)
    placed = place_condors(decision.intents, view, account, RULES)
    for intent, order in zip(decision.intents, placed.orders, strict=False):
        loss = order.quantity * intent.detail["max_loss_cents"]
        assert loss <= 0.2 * nav
        assert order.quantity == 1 or loss <= 0.05 * nav
    for intent, state, why in placed.dropped:
        assert state == "lapsed"
        assert intent.detail["max_loss_cents"] > 0.2 * nav - 1
        assert "one fits an account without condors from" in why
