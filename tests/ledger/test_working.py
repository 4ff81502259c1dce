"""Which orders work, what they have heard, and when it is too late for one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steward.ledger.holdings import Holdings
from steward.ledger.working import WorkingOrders
from steward.terms.trades import Fill, Leg, LegFill, Lot, Order, Refusal

from .desk import FRIDAY, THURSDAY, order, vix_call

CALL = vix_call(18.0)
BUY = Leg(contract=CALL, quantity=1)
SELL = Leg(contract=CALL, quantity=-1, lot_id="1.1")


def sale(order_id: str, quantity: int = 1, *legs: Leg) -> Order:
    return order(
        legs or (SELL,), session=THURSDAY, order_id=order_id, quantity=quantity, action="close"
    )


def holding(quantity: int = 3, lot_id: str = "1.1") -> Holdings:
    holdings = Holdings()
    holdings.add(
        Lot(
            lot_id=lot_id,
            structure_id="A",
            purpose="layer_1",
            contract=CALL,
            quantity=quantity,
            price=10_000,
            opened=THURSDAY,
            variation_price=10_000,
        )
    )
    return holdings


def late(wanted: Order, holdings: Holdings, working: WorkingOrders | None = None) -> str | None:
    """State and reason in a line; None: not too late."""
    found = (working or WorkingOrders()).too_late(wanted, holdings, FRIDAY)
    if found is None:
        return None
    assert (found.order, found.session) == (wanted, FRIDAY)
    return f"{found.state}: {found.reason}"


def test_orders_come_and_go_in_their_order() -> None:
    working = WorkingOrders()
    one, two, three = (order([BUY], session=THURSDAY, order_id=n) for n in "123")
    for each in (one, two, three):
        working.put(each)
    assert working.orders == (one, two, three)
    with pytest.raises(ValueError, match=r"^order 2 works already$"):
        working.put(replace(two, quantity=9))
    working.take_off(two)
    assert working.orders == (one, three)
    assert working.of_intent("i3") == three
    assert working.of_intent("i2") is None
    working.put(two)
    assert working.orders == (one, three, two)


def test_orders_of_before_are_not_offered_until_something_is_heard() -> None:
    working = WorkingOrders()
    one, two = (order([BUY], session=THURSDAY, order_id=n) for n in "12")
    working.put(one)
    working.put(two)
    assert working.not_offered == ()
    working.begin()
    assert working.not_offered == ("1", "2")
    working.take_off(one)
    working.put(replace(one, order_id="1/2"))
    assert working.not_offered == ("2",)


def test_a_fill_is_heard_once() -> None:
    working = WorkingOrders()
    wanted = order([BUY], session=THURSDAY)
    part = LegFill(leg=BUY, quantity=1, price=10_000, fee=0, quality="quoted")
    fill = Fill(order=wanted, session=FRIDAY, legs=(part,), net=10_000, fill_id="x")
    assert not working.heard(fill)
    working.hear("x")
    assert working.heard(fill)
    assert not working.heard(replace(fill, fill_id="y"))
    # One without an id is always new, whatever was heard.
    working.hear("")
    assert working.heard(replace(fill, fill_id="")) is False
    working.begin()
    assert working.heard(fill)  # on the next day too


def test_what_was_taken_is_gone_for_the_session() -> None:
    working = WorkingOrders()
    working.took(LegFill(leg=BUY, quantity=1, price=1, fee=0, quality="quoted"))
    assert working.taken == {(CALL, True): 1}
    working.took(LegFill(leg=BUY, quantity=3, price=1, fee=0, quality="quoted"))
    working.took(LegFill(leg=SELL, quantity=-3, price=1, fee=0, quality="quoted"))
    working.took(LegFill(leg=SELL, quantity=-2, price=1, fee=0, quality="quoted"))
    assert working.taken == {(CALL, True): 4, (CALL, False): 5}
    working.begin()
    assert working.taken == {}


def test_in_time_for_what_is_held() -> None:
    assert late(sale("2", 3), holding(3)) is None
    assert late(sale("2", 1), holding(3)) is None
    buy_back = sale("2", 3, Leg(contract=CALL, quantity=1, lot_id="1.1"))
    assert late(buy_back, holding(-3)) is None
    assert late(order([BUY], session=THURSDAY), Holdings()) is None


def test_too_late_for_what_is_not_held_so_much() -> None:
    assert late(sale("2", 4), holding(3)) == ("lapsed: lot 1.1 holds +3, the order trades -4")
    # Two legs of one order on one lot count together: 2 * (1 + 1) of 3.
    assert late(sale("2", 2, SELL, SELL), holding(3)) == (
        "lapsed: lot 1.1 holds +3, the order trades -4"
    )
    assert late(sale("2", 1, SELL, SELL), holding(3)) is None
    # Two of it in a unit: one unit fits, two do not.
    pair = Leg(contract=CALL, quantity=-2, lot_id="1.1")
    assert late(sale("2", 1, pair), holding(3)) is None
    assert late(sale("2", 2, pair), holding(3)) == "lapsed: lot 1.1 holds +3, the order trades -4"
    # More of the same is no close.
    more = sale("2", 1, Leg(contract=CALL, quantity=1, lot_id="1.1"))
    assert late(more, holding(3)) == "lapsed: lot 1.1 holds +3, the order trades +1"
    # The second leg alone can be too late.
    other = Leg(contract=CALL, quantity=-1, lot_id="9.9")
    assert late(sale("2", 1, SELL, other), holding(3)) == "lapsed: no lot 9.9 is held"


def test_too_late_says_what_became_of_the_lot_in_this_session_alone() -> None:
    working = WorkingOrders()
    working.lost("1.1", "settled by proxy", "it settled")
    assert late(sale("2"), Holdings(), working) == "settled by proxy: it settled"
    working.begin()
    found = working.too_late(sale("2"), Holdings(), FRIDAY)
    assert isinstance(found, Refusal)
    assert found.reason == "no lot 1.1 is held"
