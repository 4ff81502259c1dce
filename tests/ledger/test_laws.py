"""Each law broken on purpose, and caught as that law, with ledger, session and event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger import chain, laws
from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator, Taken
from steward.ledger.folding import Folded
from steward.ledger.journal import Event, Row
from steward.market.view import MarketView
from steward.terms.contracts import Contract, OptionContract, vx
from steward.terms.errors import LawBroken
from steward.terms.trades import Book, Fill, Leg, LegFill, Lot, Order, Refusal

from .desk import (
    EXPIRY,
    FRIDAY,
    LIMITS,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Market,
    Value,
    closing,
    condor_contracts,
    condor_legs,
    condor_market,
    intent,
    option,
    order,
    send,
    started,
    step,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]


@contextmanager
def broken(law: str, event: str, session: date = FRIDAY) -> Iterator[None]:
    """What runs inside must break that law, naming the ledger, the session and the event."""
    with pytest.raises(LawBroken) as caught:
        yield
    assert caught.value.law == law
    assert caught.value.event.startswith(f"ledger test, session {session}: ")
    assert event in caught.value.event
    assert str(caught.value) == f"law broken ({law}): {caught.value.event}"


def with_condor(quantity: int = 1) -> tuple[Account, Market]:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=quantity, worst=-45_000))
    step(account, FRIDAY, market)
    return account, market


@dataclass(frozen=True)
class Altered:
    """The simulator with one thing wrong in what it hands back."""

    change: Callable[[Fill], Fill]

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        found = Simulator(LIMITS).fill(order, view)
        assert isinstance(found, Fill)
        return self.change(found)


LAWS = (
    laws.MONEY,
    laws.BOUNDED,
    laws.WHOLE,
    laws.HELD,
    laws.VANISH,
    laws.FOLD,
    laws.FUTURE,
    chain.CHAIN,
)


def test_each_law_has_a_name_of_its_own() -> None:
    """As whoever reads a broken run sees it; `docs/laws.md` says more of each."""
    assert set(LAWS) == {
        "money: cash + marks = equity",
        "a condor never loses more than its maximum loss plus fees",
        "a condor is held whole",
        "only what is held can be closed",
        "nothing vanishes: each intent ends in one state",
        "fold: the journal alone gives the book",
        "no future: decided before it is filled",
        "chain: each row of a journal builds on the one before",
    }


# --- money ---------------------------------------------------------------------------------------


def test_a_cent_from_nowhere_is_found_at_the_next_event() -> None:
    account = started()
    account._books.cash += 1
    with broken(laws.MONEY, "after flow: cash 25000101", THURSDAY):
        account.flow(100)


def test_a_cent_from_nowhere_is_found_at_the_end_of_the_session() -> None:
    account = started()
    account.flow(100)
    account._books.cash -= 1
    with broken(laws.MONEY, "the last row says 25000100, cash 25000099 + lots 0 cents", THURSDAY):
        account.check()


def test_a_cent_from_nowhere_is_found_in_a_session_without_events() -> None:
    account = started()
    account._books.cash += 1
    with broken(laws.MONEY, "cash: the book says 25000001 cents, the journal 25000000", THURSDAY):
        account.check()


def test_a_mark_that_nobody_wrote_down_is_found() -> None:
    account, _ = with_condor()
    account._books.holdings._mids_twice["1.1"] += 200
    # Twice the mid rose by 200 e4: the lot by 1.00, which no row says.
    with broken(laws.MONEY, "holdings: the book says -70650 cents, the journal -70750"):
        account.check()


def test_a_lot_that_vanishes_is_found() -> None:
    account, _ = with_condor()
    for lot in account.lots:
        account._books.holdings.drop(lot)
    account.begin(MONDAY)
    with broken(laws.MONEY, "holdings: the book says 0 cents, the journal -70750", MONDAY):
        account.check()
    with broken(laws.MONEY, "after flow", MONDAY):
        account.flow(1)


def test_cash_and_holdings_that_are_wrong_against_each_other_are_found() -> None:
    """Equity alone would not show it."""
    money = laws.MoneyFromScratch()
    lot = lots_of_a_condor()[0]
    row = (FRIDAY, 0, Event(event="fill", purpose="condor", cause="condor", cash=-300, value=300))
    with broken(laws.MONEY, "cash: the book says -299 cents, the journal -300"):
        money.check("test", FRIDAY, [row], cash=-299, lots=[lot], mids_twice={lot.lot_id: 598})


def test_legs_that_do_not_add_up_to_the_net_are_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    cheaper = Altered(lambda fill: replace(fill, net=fill.net - 500))
    with broken(laws.MONEY, "the legs of order 1 do not add up to its net of -67000"):
        account.trade(cheaper, market.view(FRIDAY))
    assert account.lots == ()


def test_sums_by_purpose_take_flows_out() -> None:
    money = laws.MoneyFromScratch()
    rows = [
        (FRIDAY, 500, Event(event="flow", purpose="flow", cause="flow", cash=500)),
        (FRIDAY, 480, Event(event="fee", purpose="fee", cause="condor", cash=-20)),
        (FRIDAY, 489, Event(event="interest", purpose="interest", cause="cash", cash=9)),
    ]
    money.check("test", FRIDAY, rows, cash=489, lots=(), mids_twice={})
    assert money.purposes == {"fee": -20, "interest": 9}
    assert money.read == 3


# --- condors -------------------------------------------------------------------------------------


def test_a_settlement_that_takes_more_than_the_width_is_found() -> None:
    """The four legs of one condor settled on two levels: the wing is worth nothing."""
    account, market = with_condor()
    values: dict[Contract, Value] = {c: Value(27_000_000) for c in condor_contracts()}
    values[condor_contracts()[1]] = Value(25_000_000)
    condor_market(MONDAY, OPENING, market)
    step(account, MONDAY, market)
    # 130 points lost on the short put; the credit was 6.65, the width 30, the fees
    # 4 * 1.18.
    said = "condor A lost 1233972 cents, possible are 233500 and fees of 472"
    with broken(laws.BOUNDED, said, TUESDAY):
        step(account, TUESDAY, market, values)


def test_a_close_beyond_the_width_is_found_unless_it_was_forced() -> None:
    account, market = with_condor()
    condor_market(MONDAY, [(20.0, 30.0), (50.0, 60.0), (1.0, 1.2), (0.1, 0.3)], market)
    dear = order(closing(account), session=FRIDAY, order_id="2", action="close", worst=500_000)
    send(account, dear)
    account.begin(MONDAY)
    with broken(laws.BOUNDED, "condor A lost", MONDAY):
        account.trade(Simulator(LIMITS), market.view(MONDAY))


def test_the_last_cent_of_the_bound() -> None:
    laws.bounded("test", FRIDAY, "A", result=-233_960, most=233_500, fees=460)
    with broken(laws.BOUNDED, "condor A lost 233961 cents, possible are 233500 and fees of 460"):
        laws.bounded("test", FRIDAY, "A", result=-233_961, most=233_500, fees=460)


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**8), st.integers(0, 10**6))
def test_the_bound_is_the_maximum_loss_and_the_fees(result: int, most: int, fees: int) -> None:
    if result + most + fees >= 0:
        laws.bounded("test", FRIDAY, "A", result=result, most=most, fees=fees)
    else:
        with broken(laws.BOUNDED, "condor A"):
            laws.bounded("test", FRIDAY, "A", result=result, most=most, fees=fees)


def lots_of_a_condor(structure_id: str = "A", quantity: int = 1) -> list[Lot]:
    return [
        Lot(
            lot_id=f"{structure_id}{n}",
            structure_id=structure_id,
            purpose="condor",
            contract=leg.contract,
            quantity=quantity * leg.quantity,
            price=10_000,
            opened=FRIDAY,
            variation_price=10_000,
        )
        for n, leg in enumerate(condor_legs(), start=1)
    ]


def test_whole_condors_are_whole_in_any_order() -> None:
    held = [*lots_of_a_condor("A", 3), *reversed(lots_of_a_condor("B"))]
    laws.whole("test", FRIDAY, held)
    call = replace(held[0], purpose="layer_1", structure_id="A", contract=vix_call(18.0))
    laws.whole("test", FRIDAY, [*held, call])  # a hedge is not part of a condor
    laws.whole("test", FRIDAY, [])


def shifted(lot: Lot, **fields: object) -> Lot:
    return replace(lot, contract=replace(lot.contract, **fields))  # type: ignore[arg-type]


FAULTS: dict[str, Callable[[list[Lot]], list[Lot]]] = {
    "a wing is missing": lambda held: held[1:],
    "a leg too many": lambda held: [*held, replace(held[0], lot_id="A5")],
    "a wing of another size": lambda held: [replace(held[0], quantity=2), *held[1:]],
    "bought instead of sold": lambda held: [replace(x, quantity=-x.quantity) for x in held],
    "of nothing": lambda held: [replace(x, quantity=0) for x in held],
    "three puts": lambda held: [*held[:3], shifted(held[3], right="P")],
    "another expiry": lambda held: [*held[:3], shifted(held[3], expiry=WEDNESDAY)],
    "another settlement": lambda held: [*held[:3], shifted(held[3], root="SPX", settlement="AM")],
    "one strike twice": lambda held: [shifted(held[0], strike=held[1].contract.strike), *held[1:]],  # type: ignore[union-attr]
    "puts above calls": lambda held: [
        *(shifted(x, strike=x.contract.strike + 500.0) for x in held[:2]),  # type: ignore[union-attr]
        *held[2:],
    ],
    "a future among the legs": lambda held: [*held[:3], replace(held[3], contract=vx(EXPIRY))],
    "only futures": lambda held: [replace(held[3], contract=vx(EXPIRY))],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_condor_that_is_not_whole_is_found(fault: str) -> None:
    other = lots_of_a_condor("B")
    with broken(laws.WHOLE, "condor A holds "):
        laws.whole("test", FRIDAY, [*other, *FAULTS[fault](lots_of_a_condor())])


def test_a_wing_sold_alone_is_found_at_the_fill() -> None:
    account, market = with_condor()
    condor_market(MONDAY, OPENING, market)
    wing = closing(account)[:1]
    send(account, order(wing, session=FRIDAY, order_id="2", action="close"))
    account.begin(MONDAY)
    with broken(laws.WHOLE, "-1 SPXW 2018-02-06 2630 P, -1 SPXW 2018-02-06 2800 C", MONDAY):
        account.trade(Simulator(LIMITS), market.view(MONDAY))


def test_two_condors_under_one_name_are_found() -> None:
    account, market = with_condor()
    condor_market(MONDAY, OPENING, market)
    send(account, order(condor_legs(), session=FRIDAY, order_id="2"))
    account.begin(MONDAY)
    with broken(laws.WHOLE, "condor A holds", MONDAY):
        account.trade(Simulator(LIMITS), market.view(MONDAY))


def test_a_condor_that_fell_apart_between_two_fills_is_found_at_the_end_of_the_session() -> None:
    """One wing is counted as a hedge now: cash and worth are as they were."""
    account, market = with_condor()
    account.begin(MONDAY)
    account.mark(market.view(MONDAY).mark)
    lots = account._books.holdings._lots
    lots["1.1"] = replace(lots["1.1"], purpose="layer_1")
    with broken(laws.WHOLE, "condor A holds -1 SPXW 2018-02-06 2630 P, ", MONDAY):
        account.check()


# --- nothing vanishes ----------------------------------------------------------------------------


def test_an_intent_without_an_order_is_found() -> None:
    account, wanted = started(), order(condor_legs(), session=THURSDAY)
    account.intend([intent(wanted)])
    said = "intents without exactly one working order or an end: i1"
    with broken(laws.VANISH, said, THURSDAY):
        account.send([])
    with broken(laws.VANISH, said, THURSDAY):
        account.begin(FRIDAY)


def test_an_order_without_an_intent_is_found() -> None:
    account = started()
    with broken(laws.VANISH, "i1", THURSDAY):
        account.send([order(condor_legs(), session=THURSDAY)])


def test_two_orders_of_one_intent_are_found() -> None:
    account, wanted = started(), order(condor_legs(), session=THURSDAY)
    account.intend([intent(wanted)])
    with broken(laws.VANISH, "i1, i1", THURSDAY):
        account.send([wanted, replace(wanted, order_id="2")])


def test_orders_that_are_never_offered_are_found() -> None:
    account = started()
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)  # and nobody trades
    with broken(laws.VANISH, "orders that were never offered: 1"):
        account.send([])


def test_an_intent_wanted_twice_is_found() -> None:
    account, wanted = started(), intent(order(condor_legs(), session=THURSDAY))
    account.intend([wanted])
    with broken(laws.VANISH, "intent i1 was wanted twice", THURSDAY):
        account.intend([wanted])
    account.drop(wanted, "refused", "no room")
    with broken(laws.VANISH, "intent i1 was wanted twice", THURSDAY):
        account.intend([wanted])


def test_an_intent_that_ends_twice_is_found() -> None:
    account, wanted = started(), intent(order(condor_legs(), session=THURSDAY))
    account.intend([wanted])
    account.drop(wanted, "refused", "no room")
    with broken(laws.VANISH, "intent i1 ends as 'lapsed' after it ended as 'refused'", THURSDAY):
        account.drop(wanted, "lapsed", "too late")


def test_an_end_of_what_was_never_wanted_is_found() -> None:
    account, other = started(), intent(order(condor_legs(), session=THURSDAY))
    with broken(laws.VANISH, "intent i1 ends as 'refused' and was never wanted", THURSDAY):
        account.drop(other, "refused", "no room")


def test_open_and_ended_intents_can_be_read() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    assert list(account.intents.open) == ["i1"]
    step(account, FRIDAY, market)
    assert list(account.intents.open) == []
    assert account.intents.ended == {"i1": "filled"}


def test_a_fill_of_other_legs_is_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    fewer = Altered(lambda fill: replace(fill, legs=fill.legs[:3]))
    with broken(laws.VANISH, "the fill of order 1 has other legs than it"):
        account.trade(fewer, market.view(FRIDAY))


def test_a_fill_of_more_than_an_order_is_found() -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.0, 1.1)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=4, purpose="layer_1"))
    account.begin(FRIDAY)

    def part(fill: Fill) -> Fill:
        return replace(fill, legs=(replace(fill.legs[0], quantity=5),))

    with broken(laws.VANISH, "the fill of order 1 is of 5 units, wanted 4"):
        account.trade(Altered(part), market.view(FRIDAY))


def test_a_fill_of_no_legs_is_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    nothing = Altered(lambda fill: replace(fill, legs=()))
    with broken(laws.VANISH, "the fill of order 1 has other legs than it"):
        account.trade(nothing, market.view(FRIDAY))


@pytest.mark.parametrize("units", [0, -1])
def test_a_fill_of_nothing_is_found(units: int) -> None:
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.0, 1.1)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=4, purpose="layer_1"))
    account.begin(FRIDAY)
    none = Altered(lambda fill: replace(fill, legs=(replace(fill.legs[0], quantity=units),)))
    with broken(laws.VANISH, f"the fill of order 1 is of {units} units, wanted 4"):
        account.trade(none, market.view(FRIDAY))


def test_legs_in_other_numbers_of_units_are_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=4))
    account.begin(FRIDAY)

    def uneven(fill: Fill) -> Fill:
        return replace(fill, legs=(*fill.legs[:3], replace(fill.legs[3], quantity=3)))

    with broken(laws.VANISH, "the fill of order 1 has other legs than it"):
        account.trade(Altered(uneven), market.view(FRIDAY))


def test_a_message_on_an_order_that_does_not_work_is_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    wanted = order(condor_legs(), session=THURSDAY)
    account.begin(FRIDAY)
    fill = Simulator(LIMITS).fill(wanted, market.view(FRIDAY))
    said = "a message on order 1, which does not work"
    with broken(laws.VANISH, said):
        account.receive(fill)
    refusal = Refusal(order=wanted, session=FRIDAY, state="no quote", reason="none")
    with broken(laws.VANISH, said):
        account.receive(refusal)
    assert account.lots == ()


def test_a_message_on_an_order_with_other_terms_is_found() -> None:
    """The same id, another quantity: that is not the order that works."""
    account, wanted = started(), order(condor_legs(), session=THURSDAY)
    send(account, wanted)
    account.begin(FRIDAY)
    other = Refusal(
        order=replace(wanted, quantity=2), session=FRIDAY, state="no quote", reason="none"
    )
    with broken(laws.VANISH, "a message on order 1, which does not work"):
        account.receive(other)


def test_a_second_fill_under_another_id_is_found() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    wanted = order(condor_legs(), session=THURSDAY)
    send(account, wanted)
    account.begin(FRIDAY)
    fill = Simulator(LIMITS).fill(wanted, market.view(FRIDAY))
    assert isinstance(fill, Fill)
    account.receive(fill)
    with broken(laws.VANISH, "a message on order 1, which does not work"):
        account.receive(replace(fill, fill_id="another"))


# --- only what is held ---------------------------------------------------------------------------


def told_a_sale(quantity: int, lot_id: str = "1.1", held: int = 3, sign: int = -1) -> None:
    """Three calls are held; a broker says that so many were sold, without being asked first."""
    account, market, call = started(), Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.0, 1.1)
    legs = [Leg(contract=call, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=held, purpose="layer_1"))
    step(account, FRIDAY, market)
    sale = order(
        [Leg(contract=call, quantity=sign, lot_id=lot_id)],
        session=FRIDAY,
        order_id="2",
        quantity=quantity,
        purpose="layer_1",
        action="close",
    )
    send(account, sale)
    account.begin(MONDAY)
    market.set(MONDAY, call, 1.0, 1.1)
    account.receive(Simulator(LIMITS).fill(sale, market.view(MONDAY)))
    assert sum(lot.quantity for lot in account.lots) == held - quantity


def test_what_is_held_can_be_closed() -> None:
    told_a_sale(1)
    told_a_sale(3)


def test_a_sale_of_more_than_is_held_is_found() -> None:
    said = "order 2 trades -4 VIX 2018-02-07 18 C of lot 1.1, which holds +3 VIX 2018-02-07 18 C"
    with broken(laws.HELD, said, MONDAY):
        told_a_sale(4)


def test_a_sale_of_a_lot_that_is_not_there_is_found() -> None:
    """It would open a call that is sold and not covered."""
    said = "order 2 trades -1 VIX 2018-02-07 18 C of lot 9.9, which holds nothing"
    with broken(laws.HELD, said, MONDAY):
        told_a_sale(1, lot_id="9.9")


def test_a_close_that_adds_is_found() -> None:
    said = "order 2 trades +1 VIX 2018-02-07 18 C of lot 1.1, which holds +3 VIX 2018-02-07 18 C"
    with broken(laws.HELD, said, MONDAY):
        told_a_sale(1, sign=1)


def held_lots() -> dict[str, Lot]:
    return {x.lot_id: x for x in lots_of_a_condor(quantity=3)}


def closing_fill(*parts: tuple[str, Contract, int]) -> Fill:
    legs = tuple(
        LegFill(
            leg=Leg(contract=contract, quantity=quantity, lot_id=lot_id),
            quantity=quantity,
            price=10_000,
            fee=0,
            quality="quoted",
        )
        for lot_id, contract, quantity in parts
    )
    wanted = order([part.leg for part in legs], session=THURSDAY)
    return Fill(order=wanted, session=FRIDAY, legs=legs, net=0)


def test_legs_on_one_lot_count_together() -> None:
    put, short = condor_contracts()[:2]
    find = held_lots().get
    laws.held("test", FRIDAY, closing_fill(("A1", put, -2), ("A1", put, -1)), find)
    laws.held("test", FRIDAY, closing_fill(("A1", put, -3), ("A2", short, 3), ("", put, 9)), find)
    with broken(laws.HELD, "order 1 trades -2 SPXW 2018-02-06 2600 P of lot A1, which holds +3"):
        laws.held("test", FRIDAY, closing_fill(("A1", put, -2), ("A1", put, -2)), find)
    with broken(laws.HELD, "order 1 trades -1 SPXW 2018-02-06 2630 P of lot A2, which holds -3"):
        laws.held("test", FRIDAY, closing_fill(("A1", put, -3), ("A2", short, -1)), find)


def test_another_contract_than_the_lot_is_found() -> None:
    call = condor_contracts()[3]
    fill = closing_fill(("A1", call, -1))
    assert event_of(lambda: laws.held("test", FRIDAY, fill, held_lots().get)) == (
        "order 1 trades -1 SPXW 2018-02-06 2830 C of lot A1, which holds +3 SPXW 2018-02-06 2600 P"
    )


def test_one_more_of_one_is_no_close() -> None:
    put = condor_contracts()[0]
    find = {x.lot_id: x for x in lots_of_a_condor()}.get
    with broken(laws.HELD, "trades +1 SPXW 2018-02-06 2600 P of lot A1, which holds +1"):
        laws.held("test", FRIDAY, closing_fill(("A1", put, 1)), find)


def test_what_is_opened_beside_does_not_hide_what_is_closed() -> None:
    put = condor_contracts()[0]
    fill = closing_fill(("", put, 9), ("A1", put, -4))
    with broken(laws.HELD, "order 1 trades -4 SPXW 2018-02-06 2600 P of lot A1, which holds +3"):
        laws.held("test", FRIDAY, fill, held_lots().get)


# --- the fold ------------------------------------------------------------------------------------

FOLDS: dict[str, Callable[[Account], object]] = {
    "cash": lambda a: setattr(a._books, "cash", a.cash + 1),
    "worth": lambda a: a._books.holdings._values.update({"1.1": 0}),
    "lots": lambda a: a._books.holdings._lots.update(
        {"1.1": replace(a.lots[0], price=a.lots[0].price + 100)}
    ),
    "working orders": lambda a: a._working._orders.clear(),
    "ends of intents": lambda a: a.intents.restore(["i2"], {"i1": "refused"}),
}


@pytest.mark.parametrize("what", FOLDS)
def test_an_account_that_differs_from_its_rows_is_found(what: str) -> None:
    account, _ = with_condor()
    waiting = order(condor_legs(), session=FRIDAY, order_id="2", structure_id="B")
    send(account, waiting)
    account.prove()
    FOLDS[what](account)
    with broken(laws.FOLD, f"{what}: the account has "):
        account.prove()


def test_the_fold_says_both_sides() -> None:
    account = started()
    account._books.cash += 1
    said = "cash: the account has 25000001, the journal gives 25000000"
    with broken(laws.FOLD, said, THURSDAY):
        account.prove()


# --- no future -----------------------------------------------------------------------------------


def test_a_fill_at_the_close_that_decided_it_is_found() -> None:
    account, market = started(), condor_market(THURSDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    with broken(laws.FUTURE, "order 1, decided on 2018-02-01, is booked as of", THURSDAY):
        account.trade(Simulator(LIMITS), market.view(THURSDAY))


def test_a_fill_of_another_day_is_found() -> None:
    account, market = started(), condor_market(MONDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    with broken(laws.FUTURE, "is booked as of 2018-02-05"):
        account.trade(Simulator(LIMITS), market.view(MONDAY))


def test_a_fill_after_the_settlement_is_found() -> None:
    contract: OptionContract = option(2700.0, "P", expiry=FRIDAY)
    account, market = started(), Market()
    market.set(FRIDAY, contract, 1.0, 1.1)
    legs = [Leg(contract=contract, quantity=1)]
    send(account, order(legs, session=THURSDAY, purpose="layer_1"))
    account.begin(FRIDAY)

    class Dead:
        """A venue that fills on a market that has closed for good."""

        def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
            living = replace(contract, expiry=MONDAY)
            market.set(FRIDAY, living, 1.0, 1.1)
            legs = (Leg(contract=living, quantity=1),)
            found = Simulator(LIMITS).fill(replace(order, legs=legs), view)
            assert isinstance(found, Fill)
            part = replace(found.legs[0], leg=order.legs[0])
            return replace(found, order=order, legs=(part,))

    said = "order 1 trades SPXW 2018-02-02 2700 P after it has settled"
    with broken(laws.FUTURE, said):
        account.trade(Dead(), market.view(FRIDAY))


# --- margin --------------------------------------------------------------------------------------


def test_an_order_that_opens_while_a_call_stands_is_found() -> None:
    opening = order(condor_legs(), session=FRIDAY, order_id="7")
    close = replace(opening, action="close")
    laws.closes_only("test", FRIDAY, [close], "a margin call stands")
    laws.closes_only("test", FRIDAY, [], "a margin call stands")
    with pytest.raises(LawBroken) as found:
        laws.closes_only("test", FRIDAY, [close, opening], "a margin call stands")
    assert found.value.law == "margin: nothing is opened while a call stands"
    assert found.value.event == (
        "ledger test, session 2018-02-02: order 7 opens although a margin call stands"
    )


# --- in words ------------------------------------------------------------------------------------


def event_of(act: Callable[[], object]) -> str:
    """The whole of what a broken law says after the ledger and the session."""
    with pytest.raises(LawBroken) as caught:
        act()
    first = "ledger test, session 2018-02-02: "
    assert caught.value.event.startswith(first)
    return caught.value.event.removeprefix(first)


def test_broken_money_in_words() -> None:
    said = event_of(lambda: laws.money_after("test", FRIDAY, "flow", cash=3, worth=4, equity=8))
    assert said == "after flow: cash 3 + holdings 4 = 7 cents, the journal says 8"
    lot = lots_of_a_condor()[0]  # at twice a mid of 600 e4 worth 6.00
    row = (FRIDAY, 0, Event(event="fill", purpose="condor", cause="condor", cash=-600, value=600))
    other = (FRIDAY, 0, Event(event="fill", purpose="condor", cause="condor", cash=-599, value=599))

    def money(row: Row, cash: int, twice: int, lots: list[Lot]) -> str:
        check = laws.MoneyFromScratch().check
        marks = {lot.lot_id: twice}
        return event_of(
            lambda: check("test", FRIDAY, [row], cash=cash, lots=lots, mids_twice=marks)
        )

    assert money(row, -599, 1_200, [lot]) == "the last row says 0, cash -599 + lots 600 cents"
    assert money(other, -600, 1_200, [lot]) == "cash: the book says -600 cents, the journal -599"
    assert money(other, -599, 1_202, [lot]) == "the last row says 0, cash -599 + lots 601 cents"
    later = laws.MoneyFromScratch()
    later.check("test", FRIDAY, [row], cash=-600, lots=[lot], mids_twice={lot.lot_id: 1_200})
    assert (
        event_of(
            lambda: later.check(
                "test", FRIDAY, [], cash=-600, lots=[lot], mids_twice={lot.lot_id: 1_202}
            )
        )
        == "holdings: the book says 601 cents, the journal 600"
    )


def test_broken_condors_in_words() -> None:
    said = event_of(lambda: laws.bounded("test", FRIDAY, "A", result=-9, most=5, fees=3))
    assert said == "condor A lost 9 cents, possible are 5 and fees of 3"
    held = lots_of_a_condor(quantity=2)[2:]
    assert event_of(lambda: laws.whole("test", FRIDAY, held)) == (
        "condor A holds -2 SPXW 2018-02-06 2800 C, +2 SPXW 2018-02-06 2830 C"
    )


def test_broken_times_and_orders_in_words() -> None:
    wanted = order(condor_legs(), session=THURSDAY, quantity=2)
    assert event_of(lambda: laws.no_future("test", FRIDAY, wanted, MONDAY)) == (
        "order 1, decided on 2018-02-01, is booked as of 2018-02-05"
    )
    assert event_of(lambda: laws.offered("test", FRIDAY, ("3", "4"))) == (
        "orders that were never offered: 3, 4"
    )
    laws.offered("test", FRIDAY, ())
    assert event_of(lambda: laws.working("test", FRIDAY, wanted, [])) == (
        "a message on order 1, which does not work"
    )
    market = condor_market(FRIDAY, OPENING)
    fill = Simulator(LIMITS).fill(wanted, market.view(FRIDAY))
    assert isinstance(fill, Fill)
    as_ordered = laws.as_ordered
    laws.as_ordered("test", FRIDAY, fill)
    fewer = replace(fill, legs=fill.legs[1:])
    assert event_of(lambda: as_ordered("test", FRIDAY, fewer)) == (
        "the fill of order 1 has other legs than it"
    )
    cheaper = replace(fill, net=-66_600)
    assert event_of(lambda: as_ordered("test", FRIDAY, cheaper)) == (
        "the legs of order 1 do not add up to its net of -66600"
    )
    less = replace(fill, order=replace(wanted, quantity=1))
    assert event_of(lambda: as_ordered("test", FRIDAY, less)) == (
        "the fill of order 1 is of 2 units, wanted 1"
    )
    double = replace(wanted, legs=(replace(wanted.legs[0], quantity=2),), quantity=3)
    two_each = replace(
        fill,
        order=double,
        legs=(replace(fill.legs[0], leg=double.legs[0], quantity=6, price=100),),
        net=200,
    )
    as_ordered("test", FRIDAY, two_each)
    dead = replace(wanted.legs[0].contract, expiry=FRIDAY)
    legs = (replace(wanted.legs[0], contract=dead), *wanted.legs[1:])
    parts = (replace(fill.legs[0], leg=legs[0]), *fill.legs[1:])
    late = replace(fill, order=replace(wanted, legs=legs), legs=parts)
    assert event_of(lambda: as_ordered("test", FRIDAY, late)) == (
        "order 1 trades SPXW 2018-02-02 2600 P after it has settled"
    )


def test_broken_intents_in_words() -> None:
    intents = laws.Intents("test")
    intents.begin(FRIDAY, "a")
    intents.begin(FRIDAY, "b")
    assert event_of(lambda: intents.begin(FRIDAY, "a")) == "intent a was wanted twice"
    assert event_of(lambda: intents.end(FRIDAY, "c", "lapsed")) == (
        "intent c ends as 'lapsed' and was never wanted"
    )
    one, other = (order(condor_legs(), session=THURSDAY, order_id=n, intent_id=n) for n in "ac")
    lost = "intents without exactly one working order or an end: "
    assert event_of(lambda: intents.check(FRIDAY, [])) == f"{lost}a, b"
    assert event_of(lambda: intents.check(FRIDAY, [one, other])) == f"{lost}b, c"
    intents.end(FRIDAY, "b", "filled")
    assert event_of(lambda: intents.check(FRIDAY, [one, one])) == f"{lost}a, a"
    intents.check(FRIDAY, [one])
    assert event_of(lambda: intents.end(FRIDAY, "b", "lapsed")) == (
        "intent b ends as 'lapsed' after it ended as 'filled'"
    )
    intents.restore(["x"], {"y": "refused"})
    assert (list(intents.open), dict(intents.ended)) == (["x"], {"y": "refused"})


def test_a_broken_fold_in_words() -> None:
    book, found = Book(cash=5), Folded(ledger="test", cash=5, worth=7)

    def said(**changed: object) -> str:
        own: dict[str, Any] = {"book": book, "worth": 7, "ended": {}}
        return event_of(lambda: laws.folded("test", FRIDAY, found, **{**own, **changed}))

    assert said(book=Book(cash=6)) == "cash: the account has 6, the journal gives 5"
    assert said(worth=8) == "worth: the account has 8, the journal gives 7"
    assert said(ended={"a": "filled"}) == (
        "ends of intents: the account has {'a': 'filled'}, the journal gives {}"
    )
    lot = lots_of_a_condor()[0]
    assert said(book=Book(cash=5, lots=(lot,))) == (
        f"lots: the account has ({lot},), the journal gives ()"
    )
    wanted = order(condor_legs(), session=THURSDAY)
    assert said(book=Book(cash=5, open_orders=(wanted,))) == (
        f"working orders: the account has ({wanted},), the journal gives ()"
    )
