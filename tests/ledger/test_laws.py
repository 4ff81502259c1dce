"""Each law broken on purpose, and caught as that law, with ledger, session and event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger import laws
from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator, Taken
from steward.ledger.journal import Event
from steward.market.view import MarketView
from steward.terms.contracts import Contract, OptionContract, vx
from steward.terms.errors import LawBroken
from steward.terms.trades import Fill, Leg, Lot, Order, Refusal

from .desk import (
    EXPIRY,
    FRIDAY,
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
        found = Simulator().fill(order, view)
        assert isinstance(found, Fill)
        return self.change(found)


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
        account.trade(Simulator(), market.view(MONDAY))


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
        account.trade(Simulator(), market.view(MONDAY))


def test_two_condors_under_one_name_are_found() -> None:
    account, market = with_condor()
    condor_market(MONDAY, OPENING, market)
    send(account, order(condor_legs(), session=FRIDAY, order_id="2"))
    account.begin(MONDAY)
    with broken(laws.WHOLE, "condor A holds", MONDAY):
        account.trade(Simulator(), market.view(MONDAY))


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


# --- no future -----------------------------------------------------------------------------------


def test_a_fill_at_the_close_that_decided_it_is_found() -> None:
    account, market = started(), condor_market(THURSDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    with broken(laws.FUTURE, "order 1, decided on 2018-02-01, is booked as of", THURSDAY):
        account.trade(Simulator(), market.view(THURSDAY))


def test_a_fill_of_another_day_is_found() -> None:
    account, market = started(), condor_market(MONDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    with broken(laws.FUTURE, "is booked as of 2018-02-05"):
        account.trade(Simulator(), market.view(MONDAY))


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
            found = Simulator().fill(replace(order, legs=legs), view)
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
    with broken(laws.MARGIN, "order 7 opens although a margin call stands"):
        laws.closes_only("test", FRIDAY, [close, opening], "a margin call stands")
