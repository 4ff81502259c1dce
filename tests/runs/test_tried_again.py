"""Orders that are tried again: they need margin, end in a call, and are in the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from steward.orders.margin import DEFAULT
from steward.orders.place import condor_need, opening, place_condors
from steward.rules import ruleset
from steward.runs import session
from steward.runs.backtest import follow
from steward.runs.plan import of_course
from steward.runs.settings import Settings
from steward.terms.trades import Order

from ..worlds import market
from .hand_world import Hand, condor_of

STRIKES = (2100.0, 2150.0, 2350.0, 2400.0)


def waiting(worlds: Any, purpose: str = "condor") -> tuple[Hand, dict[str, Order]]:
    """Two ledgers whose order to open had no quote, and is to be tried again."""
    hand = Hand(worlds, ("unhedged", "other"), capital=10_000_000)
    hand.step({}, decide=False)
    legs = condor_of(STRIKES, hand.days[25])
    for name in hand.desks:
        wanted = replace(hand.order(legs, 2, f"{name} open", "condor"), retry=3, worst=-75_000)
        if purpose != "condor":
            wanted = replace(hand.order(legs[:1], 2, f"{name} open", "layer_1"), retry=3)
        hand.send(name, wanted)
    hand.step({}, decide=False)
    found = {}
    for name, desk in hand.desks.items():
        (found[name],) = desk.account.book.open_orders
        assert (found[name].order_id, found[name].retry) == (f"{name} open/2", 2)
    return hand, found


def called(hand: Hand, name: str) -> None:
    desk = hand.desks[name]
    desk.standing = replace(desk.standing, since=hand.day, first=hand.day, change="called")


def test_a_call_of_the_condor_ledger_ends_the_condors_of_all(worlds: Any) -> None:
    hand, _ = waiting(worlds)
    lead, other = hand.desks["unhedged"], hand.desks["other"]
    session.take_back(other, lead)
    assert other.account.book.open_orders  # no call stands
    called(hand, "unhedged")
    for desk in (lead, other):
        session.take_back(desk, lead)
        assert desk.account.book.open_orders == ()
    (row,) = hand.rows("other", event="end")
    assert (row["state"], row["intent_id"]) == ("cancelled", "other open")
    assert row["reason"].startswith("in the condor ledger a margin call stands since")
    (own,) = hand.rows("unhedged", event="end")
    assert own["reason"].startswith("a margin call stands since")


def test_a_call_of_the_condor_ledger_leaves_the_hedges_of_others(worlds: Any) -> None:
    hand, orders = waiting(worlds, "hedge")
    called(hand, "unhedged")
    session.take_back(hand.desks["other"], hand.desks["unhedged"])
    assert hand.desks["other"].account.book.open_orders == (orders["other"],)
    called(hand, "other")
    session.take_back(hand.desks["other"], hand.desks["unhedged"])
    assert hand.desks["other"].account.book.open_orders == ()


def test_what_waits_is_no_room_any_more() -> None:
    """Room for two condors: with one waiting one is sent, with two none."""
    world, rules = market(5, 150), ruleset.load("unhedged")
    settings = Settings(rules=rules, capital=50_000_000)
    journal = follow(world, settings).result.journal.filter(ledger="unhedged", event="order")
    entries = journal.filter(journal["rule"] == "condor_entry")
    course = follow(world, replace(settings, end=entries["session"][-1]))
    desk, view = course.desks["unhedged"], course.view
    facts = desk.facts
    assert facts is not None
    (intent,) = (
        one for each in desk.decided for one in each.decision.intents if one.action == "open"
    )
    (order,) = opening(desk.account.book.open_orders)
    need = condor_need(order, view, DEFAULT)
    tight = replace(facts, cash=facts.margin_requirement + 2 * need)
    for units, sent in ((0, [2]), (1, [1]), (2, [])):
        tried = [replace(order, quantity=units)] if units else []
        placed = place_condors([intent], view, tight, rules, waiting=tried)
        assert [x.quantity for x in placed.orders] == sent
        assert [state for _, state, _ in placed.dropped] == ([] if sent else ["refused"])


def test_the_plan_holds_what_is_tried_again() -> None:
    base = ruleset.load("unhedged")
    entry = base.entry.model_copy(
        update={"every": "day", "tranches": 1, "retry_sessions": 2, "credit_share_min": 0.24}
    )
    rules = base.model_copy(update={"entry": entry, "name": "again"})
    settings = Settings(rules=rules, capital=50_000_000)
    world = market(7, 150)
    journal = follow(world, settings).result.journal.filter(ledger="again", event="order")
    again = journal.filter(journal["order_id"].str.ends_with("/2"))
    assert again.height
    day = again["session"][0]
    course = follow(world, replace(settings, end=day))
    plan = of_course(course, rules, asked=day, behind=0, market=world)
    ordered = journal.filter(journal["session"] == day)["order_id"].to_list()
    assert [order.order_id for order in plan.orders] == ordered
    assert again["order_id"][0] in ordered
    assert any("tried again" in line.reason for line in plan.to_do)
