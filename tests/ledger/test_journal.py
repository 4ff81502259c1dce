"""Rows are only added, each with the equity after it, and the table keeps its contract."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.journal import Event, Journal, of_fill, of_lot, of_order, sent
from steward.market.tables import EVENTS, JOURNAL
from steward.terms.trades import LegFill, Lot

from .desk import FRIDAY, MONDAY, THURSDAY, condor_legs, order


def cash(amount: int, value: int = 0) -> Event:
    return Event(event="fill", purpose="condor", cause="condor", cash=amount, value=value)


def test_a_row_carries_the_equity_after_it() -> None:
    journal = Journal("static")
    assert (len(journal), journal.equity) == (0, 0)
    assert journal.add(FRIDAY, cash(1_000)) == 1_000
    assert journal.add(FRIDAY, cash(-400, 350)) == 950
    assert journal.add(MONDAY, cash(0, -50)) == 900
    assert (len(journal), journal.equity) == (3, 900)
    frame = journal.frame()
    assert frame.schema == JOURNAL
    assert frame["sequence"].to_list() == [0, 1, 2]
    assert frame["ledger"].to_list() == ["static"] * 3
    assert frame["session"].to_list() == [FRIDAY, FRIDAY, MONDAY]
    assert frame["equity"].to_list() == [1_000, 950, 900]
    assert [event.cash for _, _, event in journal.since(1)] == [-400, 0]
    assert journal.since(3) == []


def test_an_empty_journal_is_a_table_too() -> None:
    frame = Journal("static").frame()
    assert frame.is_empty()
    assert frame.schema == JOURNAL


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9)), max_size=30))
def test_equity_is_the_sum_of_all_changes(changes: list[tuple[int, int]]) -> None:
    journal = Journal("static")
    for amount, value in changes:
        journal.add(FRIDAY, cash(amount, value))
    frame = journal.frame()
    assert journal.equity == sum(a + v for a, v in changes)
    assert (frame["cash"] + frame["value"]).cum_sum().to_list() == frame["equity"].to_list()


def test_rows_handed_out_do_not_reach_back() -> None:
    journal = Journal("static")
    journal.add(FRIDAY, cash(1_000))
    journal.since(0).clear()
    assert len(journal) == 1
    with pytest.raises(FrozenInstanceError):
        journal.since(0)[0][2].cash = 5  # type: ignore[misc]


def test_rows_of_before_are_taken_by_an_empty_journal_alone() -> None:
    old = Journal("static")
    old.add(FRIDAY, cash(1_000))
    old.add(MONDAY, cash(-400, 350))
    journal = Journal("static")
    journal.take(iter(old.since(0)))
    assert (len(journal), journal.equity) == (2, 950)
    assert journal.add(MONDAY, cash(50)) == 1_000
    assert len(old) == 2
    assert journal.frame().head(2).equals(old.frame())
    with pytest.raises(ValueError, match=r"^the journal of static has rows already$"):
        journal.take(old.since(0))
    empty = Journal("static")
    empty.take([])
    assert (len(empty), empty.equity) == (0, 0)


def test_an_order_that_was_sent_says_all_that_it_is() -> None:
    wanted = order(
        condor_legs(), session=THURSDAY, quantity=3, limit=-66_500, worst=-45_000, rule="entry"
    )
    event = sent(wanted)
    assert (event.event, event.purpose, event.cause) == ("order", "condor", "condor")
    assert (event.intent_id, event.order_id, event.structure_id) == ("i1", "1", "A")
    assert (event.quantity, event.price, event.rule, event.reason) == (
        3,
        -66_500,
        "entry",
        "because",
    )
    assert (event.cash, event.value, event.state) == (0, 0, None)
    assert json.loads(event.detail or "") == {
        "session": "2018-02-01",
        "action": "open",
        "worst": -45_000,
        "fill_share": 0.5,
        "retry": 0,
        "pricing": "package",
        "legs": [
            [1, "SPXW 2018-02-06 2600 P", ""],
            [-1, "SPXW 2018-02-06 2630 P", ""],
            [-1, "SPXW 2018-02-06 2800 C", ""],
            [1, "SPXW 2018-02-06 2830 C", ""],
        ],
    }
    assert sent(replace(wanted, rule="")).rule is None


def test_a_misspelt_event_cannot_be_written() -> None:
    with pytest.raises(ValueError, match=r"^fil: not an event of the journal$"):
        Event(event="fil", purpose="condor", cause="condor")
    assert {Event(event=name, purpose="fee", cause="fee").event for name in EVENTS} == set(EVENTS)


def test_an_event_in_words() -> None:
    assert cash(1).words == "fill"
    named = Event(
        event="settle", purpose="condor", cause="condor", contract="SPXW 2018-02-06 2630 P"
    )
    assert named.words == "settle of SPXW 2018-02-06 2630 P"
    ended = Event(event="end", purpose="condor", cause="condor", order_id="17")
    assert ended.words == "end (order 17)"


def test_a_fill_has_the_purpose_of_its_lot_and_the_cause_of_its_order() -> None:
    leg = condor_legs()[0]
    held = Lot(
        lot_id="1.1",
        structure_id="A",
        purpose="condor",
        contract=leg.contract,
        quantity=2,
        price=80_000,
        opened=THURSDAY,
        variation_price=80_000,
    )
    forced = order([leg], session=FRIDAY, order_id="9", purpose="margin_call", structure_id="B")
    part = LegFill(leg=leg, quantity=-2, price=70_000, fee=230, quality="quoted")
    event = of_fill(forced, part, held, "filled", cash=140_000, value=-160_000)
    assert (event.purpose, event.cause) == ("condor", "margin_call")
    assert (event.structure_id, event.lot_id, event.order_id) == ("A", "1.1", "9")
    assert (event.quantity, event.price, event.state) == (-2, 70_000, "filled")
    assert event.words == "fill of SPXW 2018-02-06 2600 P (order 9)"
    marked = of_lot(held, event="variation", cause="layer_1", cash=5)
    assert (marked.purpose, marked.cause, marked.order_id) == ("condor", "layer_1", None)
    # No quote behind it: a broker's word. Nothing is made up for what is not known.
    assert (event.bid, event.ask, event.quote, event.displayed) == (None, None, None, None)
    assert (event.volume, event.rule, event.detail) == (None, None, None)


def test_a_fill_says_which_quote_and_which_rule() -> None:
    leg = condor_legs()[0]
    lot = Lot(
        lot_id="1.1",
        structure_id="A",
        purpose="condor",
        contract=leg.contract,
        quantity=2,
        price=80_000,
        opened=THURSDAY,
        variation_price=80_000,
    )
    part = LegFill(
        leg=leg,
        quantity=2,
        price=80_000,
        fee=230,
        quality="modelled",
        bid=79_000,
        ask=81_500,
        origin="a.csv:17",
        displayed=0,
        volume=12,
    )
    event = of_fill(
        order([leg], session=FRIDAY, rule="entry"), part, lot, None, cash=-1, value=1, detail="x"
    )
    assert (event.bid, event.ask, event.quote) == (79_000, 81_500, "a.csv:17")
    assert (event.displayed, event.volume, event.quality) == (0, 12, "modelled")
    assert (event.rule, event.detail, event.reason, event.state) == ("entry", "x", "because", None)
    assert (event.cash, event.value, event.price) == (-1, 1, 80_000)


def test_an_event_of_an_order_names_its_rule_when_there_is_one() -> None:
    wanted = order(condor_legs(), session=THURSDAY, purpose="margin_call", rule="call")
    event = of_order(wanted, event="end", state="lapsed", reason="late")
    assert (event.purpose, event.cause, event.rule) == ("margin_call", "margin_call", "call")
    assert (event.state, event.reason, event.structure_id) == ("lapsed", "late", "A")
    assert of_order(replace(wanted, rule=""), event="end").rule is None
