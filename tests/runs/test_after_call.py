"""The condors of ledgers that had a margin call, beside those of the condor ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from steward.orders.place import Placed
from steward.runs import after_call, session
from steward.runs.desk import Decided, Desk
from steward.runs.standing import Standing
from steward.terms.errors import LawBroken
from steward.terms.trades import NOTHING, Decision, Intent, Leg, Order

from .hand_world import Hand, condor_of

CALM = ((2.0, 2.0), (6.0, 6.0), (6.0, 6.0), (2.0, 2.0))
STRIKES = (2170.0, 2200.0, 2400.0, 2430.0)


def opening(hand: Hand, quantity: int, *, name: str = "new") -> Decided:
    """A condor 30 wide that the condor ledger opens, at 5.00 at the least: 2,500 and fees each."""
    legs = tuple(Leg(contract=c, quantity=q) for c, q in legs_of(hand))
    return decided(hand, "open", legs, quantity, name, worst=-50_000)


def closing(hand: Hand, desk: Desk, structure: str) -> Decided:
    held = [x for x in desk.account.lots if x.structure_id == structure]
    legs = tuple(
        Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
        for x in held
    )
    return decided(hand, "close", legs, abs(held[0].quantity), structure, worst=300_000)


def decided(
    hand: Hand, action: Any, legs: tuple[Leg, ...], quantity: int, name: str, *, worst: int
) -> Decided:
    intent = Intent(
        intent_id=f"{name} {action}", session=hand.day, purpose="condor", action=action,
        structure_id=name, legs=legs, size=1.0, fill_share=0.0, reason="because",
    )  # fmt: skip
    order = Order(
        order_id=f"{name} {action}/1", intent_id=intent.intent_id, session=hand.day,
        purpose="condor", action=action, structure_id=name, legs=legs, quantity=quantity,
        limit=worst, worst=worst, fill_share=0.0, reason="because",
    )  # fmt: skip
    return Decided(
        decision=Decision(intents=(intent,), traces=(), memory=NOTHING),
        placed=Placed(orders=(order,), dropped=(), notes=("a note",)),
    )


def legs_of(hand: Hand) -> Any:
    return condor_of(STRIKES, hand.days[0] + timedelta(days=60))


def calm(hand: Hand, pairs: Any = CALM) -> Any:
    return {c: pair for (c, _), pair in zip(legs_of(hand), pairs, strict=True)}


@pytest.fixture
def hand(worlds: Any) -> Hand:
    """Two ledgers with three condors each, 10,000 dollars of capital, and 2,400 of credit.

    Fees in October 2016: a contract 0.44 + 0.05 + 0.0404 + 0.65 = 1.1804 dollars, a leg of three
    3.54, four legs 14.16. So 12,385.84 are in cash.
    """
    made = Hand(worlds, ("unhedged", "static"), capital=1_000_000)
    made.step(calm(made), decide=False)
    for name in made.desks:
        made.send(name, made.order(legs_of(made), 3, "condor", "condor"))
    made.step(calm(made), decide=False)
    return made


def follow(hand: Hand, decision: Decided) -> Decided:
    view = hand.world.view(hand.day)
    own, lead = hand.desks["static"], hand.desks["unhedged"]
    return after_call.own_condors(own, lead, decision, view)


def called(desk: Desk, **more: Any) -> None:
    """As if it had had a call that was met since."""
    desk.standing = replace(desk.standing, first=desk.account.session, **more)


def test_without_its_orders_to_open_a_decision_is_refused(hand: Hand) -> None:
    found = after_call.refused(opening(hand, 2), "it may not")
    assert found.placed.orders == ()
    ((intent, state, why),) = found.placed.dropped
    assert (intent.intent_id, state, why) == ("new open", "refused", "Not opened: it may not.")
    kept = closing(hand, hand.desks["static"], "condor")
    assert after_call.refused(kept, "it may not") == kept


def test_while_a_call_stands_nothing_is_opened_and_what_is_closed_is_closed(hand: Hand) -> None:
    static = hand.desks["static"]
    called(static, since=hand.day)
    found = follow(hand, opening(hand, 2))
    assert found.placed.orders == ()
    assert "a margin call stands since" in found.placed.dropped[0][2]
    (order,) = follow(hand, closing(hand, static, "condor")).placed.orders
    assert (order.action, order.quantity) == ("close", 3)


def test_what_is_opened_afterwards_is_cut_to_the_own_room(hand: Hand) -> None:
    """12,385.84 in cash, 9,000 required: 3,385.84 are free. A condor takes 2,500 and
    fees of 4 * 1.18 with a cent a leg for rounding, 4.76: one of two.
    """
    called(hand.desks["static"])
    found = follow(hand, opening(hand, 2))
    (order,) = found.placed.orders
    assert order.quantity == 1
    assert found.placed.notes == (
        "a note",
        "Margin: 2 condors sent by the condor ledger, 1 by this one ($2,504.76 each).",
    )
    # A ledger without a call of its own takes what the condor ledger opens, whatever it has.
    hand.desks["static"].standing = Standing()
    called(hand.desks["unhedged"])
    (order,) = follow(hand, opening(hand, 9)).placed.orders
    assert order.quantity == 9


def test_without_room_for_one_it_is_refused(hand: Hand) -> None:
    """A thousand less in cash: 12,385.84 - 1,000 - 9,000 = 2,385.84 are free."""
    called(hand.desks["static"])
    hand.desks["static"].account.flow(-100_000)
    hand.desks["static"].facts = replace(
        hand.desks["static"].facts,  # type: ignore[type-var]
        cash=hand.desks["static"].account.cash,
    )
    found = follow(hand, opening(hand, 2))
    assert found.placed.orders == ()
    ((_, state, why),) = found.placed.dropped
    assert state == "refused"
    assert why == (
        "One condor needs $2,504.76 of margin and fees (cboe), and this ledger has $2,385.84 left: "
        "too little for one condor."
    )


def test_what_it_holds_no_more_it_does_not_close(hand: Hand) -> None:
    called(hand.desks["static"])
    lead = hand.desks["unhedged"]
    wanted = closing(hand, lead, "condor")
    smaller = replace(wanted.placed.orders[0], quantity=5)
    wanted = replace(wanted, placed=replace(wanted.placed, orders=(smaller,)))
    (order,) = follow(hand, wanted).placed.orders
    assert order.quantity == 3  # what this ledger holds of it
    gone = replace(smaller, legs=tuple(replace(leg, lot_id="gone") for leg in smaller.legs))
    wanted = replace(wanted, placed=replace(wanted.placed, orders=(gone,)))
    found = follow(hand, wanted)
    assert found.placed.orders == ()
    ((intent, state, why),) = found.placed.dropped
    assert (intent.intent_id, state) == ("condor close", "lapsed")
    assert why == "This ledger holds none of it: it never opened it, or gave it up in a call."


def test_condors_that_the_condor_ledger_gave_up_are_watched_by_their_own_exits(hand: Hand) -> None:
    """The condor ledger must close; the other ledger holds on and takes its profit later.

    4,000 dollars are taken from the condor ledger alone: 8,385.84 of 9,000. Its condor is gone on
    the next session. When the other's costs 4.00, half of the credit of 8.00, it is closed.
    """
    lead, own = hand.desks["unhedged"], hand.desks["static"]
    lead.account.flow(-400_000)
    view = hand.world.view(hand.day)
    # The condors stand at 8.00 each, 2,400: worth 5,985.84.
    lead.standing = lead.standing.at(hand.day, required=900_000, funds=838_584, equity=598_584)
    session.decide(hand.desks, hand.world, view)
    assert [o.purpose for o in lead.account.book.open_orders] == ["margin_call"]
    assert own.account.book.open_orders == ()
    hand.step(calm(hand))
    assert lead.account.lots == ()
    assert len(own.account.lots) == 4
    hand.step(calm(hand, ((1.0, 1.0), (3.0, 3.0), (3.0, 3.0), (1.0, 1.0))))
    (order,) = own.account.book.open_orders
    assert (order.purpose, order.action, order.quantity) == ("condor", "close", 3)
    assert "earned" in order.reason
    assert [t.rule for t in own.decided[0].decision.traces][-1] == "condor_exit"
    hand.step(calm(hand, ((1.0, 1.0), (3.0, 3.0), (3.0, 3.0), (1.0, 1.0))))
    assert own.account.lots == ()


def test_while_the_condor_ledger_stands_in_a_call_no_ledger_opens(hand: Hand) -> None:
    """The reason names whose call it is; the ledger's own standing is untouched."""
    lead = hand.desks["unhedged"]
    called(lead, since=hand.day)
    refused = after_call.refused(opening(hand, 2), f"in the condor ledger {lead.standing.refusal}")
    found = follow(hand, refused)
    assert found.placed.orders == ()
    assert found.placed.dropped[0][2].startswith("Not opened: in the condor ledger a margin call")


def test_an_insolvent_ledger_takes_nothing(hand: Hand) -> None:
    own = hand.desks["static"]
    own.standing = replace(own.standing, insolvent=hand.day)
    found = follow(hand, opening(hand, 2))
    assert "the ledger is insolvent since" in found.placed.dropped[0][2]


def test_an_opening_that_slips_through_breaks_a_law(hand: Hand) -> None:
    own = hand.desks["static"]
    called(own, since=hand.day)
    own.adopt(opening(hand, 1))
    with pytest.raises(LawBroken, match="nothing is opened while a call stands"):
        own.send()


def test_a_ledger_of_bills_has_no_condors(hand: Hand) -> None:
    bare = Desk("cash", None)
    with pytest.raises(ValueError, match="ledger cash has no rules or no facts"):
        after_call.own_condors(
            bare, hand.desks["unhedged"], opening(hand, 1), hand.world.view(hand.day)
        )
