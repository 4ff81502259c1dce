"""The book from the rows alone: by hand, and a restart that goes on as if there had been none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator
from steward.ledger.folding import Folded, fold, order_of, rows_of
from steward.ledger.journal import Event, Row, sent
from steward.ledger.splits import Split
from steward.terms.contracts import Contract, OptionContract, ShareContract, vx, vxm
from steward.terms.errors import LawBroken
from steward.terms.trades import Leg, Order, Refusal

from .desk import (
    FRIDAY,
    LIMITS,
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Market,
    Told,
    Value,
    closing,
    condor_contracts,
    condor_legs,
    condor_market,
    mids_twice,
    option,
    order,
    send,
    started,
    step,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
"""At k = 0.5 a credit of 6.65: legs 8.30, 12.14, 4.20, 1.39 (worked in pricing)."""
CALL = vix_call(18.0)
FUTURE = vx(WEDNESDAY)
SHARE = ShareContract(symbol="VXX")


def folded(account: Account) -> Folded:
    return fold(account.ledger, rows_of(account.frame()))


def with_condor(quantity: int = 2) -> tuple[Account, Market]:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=quantity, worst=-45_000))
    step(account, FRIDAY, market)
    return account, market


# --- the fold by hand ----------------------------------------------------------------------------


def test_no_rows_are_an_empty_book() -> None:
    found = fold("test", [])
    assert (found.session, found.cash, found.worth) == (None, 0, 0)
    assert (found.book.lots, found.book.open_orders, found.ended) == ((), (), {})


def test_a_condor_from_its_rows() -> None:
    """Two condors for 6.65: 1,330.00 in, 1,415.00 to be rid of both at the mids.

    Fees of four legs of two, 2 * (0.44 + 0.05 + 0.0378 + 0.65) = 2.3556 each: 9.44.
    """
    account, _ = with_condor()
    found = folded(account)
    assert found.session == FRIDAY
    assert found.cash == 25_000_000 + 133_000 - 944
    assert found.worth == -141_500
    assert [(x.lot_id, x.quantity, x.price) for x in found.lots.values()] == [
        ("1.1", 2, 83_000),
        ("1.2", -2, 121_400),
        ("1.3", -2, 42_000),
        ("1.4", 2, 13_900),
    ]
    assert {(x.structure_id, x.purpose, x.opened) for x in found.lots.values()} == {
        ("A", "condor", FRIDAY)
    }
    assert found.ended == {"i1": "filled"}
    assert found.heard == {"1 2018-02-02"}
    assert found.partly == set()
    structure = found.structures["A"]
    assert (structure.cash, structure.fees, structure.forced) == (133_000, 944, False)
    assert structure.opened == list(found.lots.values())


def test_part_of_a_condor_is_closed_at_any_price() -> None:
    account, market = with_condor()
    condor_market(MONDAY, [(1.0, 1.2), (2.0, 2.4), (0.9, 1.1), (0.0, 0.1)], market)
    forced = order(
        closing(account), session=FRIDAY, order_id="2", purpose="margin_call", action="close"
    )
    send(account, forced)
    step(account, MONDAY, market)
    # One of two for 2.30 (worked in test_accounts); fees 1.18 three times, and for what was
    # sold at 0.00 the least: 0.35 + 0.05 + 0.0378 + 0.25 = 0.6878.
    found = folded(account)
    assert [x.quantity for x in found.lots.values()] == [1, -1, -1, 1]
    structure = found.structures["A"]
    assert (structure.cash, structure.forced) == (133_000 - 23_000, True)
    assert structure.fees == 944 + 3 * 118 + 69
    assert [x.quantity for x in structure.opened] == [2, -2, -2, 2]
    account.prove()


def test_a_future_remembers_what_it_was_paid_up_to() -> None:
    account, market = started(), Market()
    market.set(FRIDAY, FUTURE, 15.00, 15.10)
    buying = order(
        [Leg(contract=FUTURE, quantity=1)], session=THURSDAY, quantity=3, purpose="layer_2"
    )
    send(account, buying)
    step(account, FRIDAY, market)
    assert folded(account).lots["1.1"].variation_price == 150_500
    market.set(MONDAY, FUTURE, 18.00, 18.10)
    account.begin(MONDAY)
    selling = [Leg(contract=FUTURE, quantity=-1, lot_id="1.1")]
    send(account, order(selling, session=MONDAY, order_id="2", purpose="layer_2", action="close"))
    market.set(TUESDAY, FUTURE, 17.00, 17.20)
    account.begin(TUESDAY)
    account.trade(Simulator(LIMITS), market.view(TUESDAY))
    # One was sold at 17.05, and its variation is paid; the other two still stand at what was paid
    # on Friday, 15.05.
    lot = folded(account).lots["1.1"]
    assert (lot.quantity, lot.variation_price) == (2, 150_500)
    account.prove()
    account.vary(market.view(TUESDAY).mark)
    assert folded(account).lots["1.1"].variation_price == 171_000
    account.prove()


def test_an_order_ends_as_the_lot_that_settled() -> None:
    """What was to be closed settles first: the rows say how the intent ended."""
    account, market = started(), Market()
    market.set(FRIDAY, CALL, 1.00, 1.10)
    legs = [Leg(contract=CALL, quantity=1)]
    send(account, order(legs, session=THURSDAY, quantity=3, purpose="layer_1"))
    step(account, FRIDAY, market)
    selling = [Leg(contract=CALL, quantity=-1, lot_id="1.1")]
    account.begin(TUESDAY)
    late = order(selling, session=TUESDAY, order_id="2", purpose="layer_1", action="close")
    send(account, late)
    step(account, WEDNESDAY, market, {CALL: Value(192_500, "vix_open", True, 178_900, 206_100)})
    assert folded(account).ended == {"i1": "filled", "i2": "settled by proxy"}
    assert folded(account).orders == {}
    account.prove()


def test_orders_stand_as_they_went_out_whatever_is_told_first() -> None:
    """The venue refuses the second before the first: so they are offered tomorrow."""
    account, market = started(), Market()
    one, other = (
        order(
            [Leg(contract=CALL, quantity=1)],
            session=THURSDAY,
            order_id=n,
            structure_id=n,
            purpose="layer_1",
            retry=1,
        )
        for n in "12"
    )
    send(account, one, other)
    account.begin(FRIDAY)
    for waiting in (other, one):
        account.receive(Refusal(order=waiting, session=FRIDAY, state="no quote", reason="no quote"))
    account.send([])
    assert [x.order_id for x in account.book.open_orders] == ["2/2", "1/2"]
    assert [x.order_id for x in folded(account).book.open_orders] == ["2/2", "1/2"]
    account.prove()
    resumed = Account.resume(account.frame(), {}, session=FRIDAY)
    assert resumed.book == account.book
    market.set(MONDAY, CALL, 1.0, 1.1)
    for each in (account, resumed):
        step(each, MONDAY, market)
    assert resumed.frame().equals(account.frame())


def test_a_hedge_under_the_name_of_a_condor_keeps_its_fees() -> None:
    account, market = with_condor()
    market.set(MONDAY, CALL, 1.00, 1.10)
    condor_market(MONDAY, OPENING, market)
    legs = [Leg(contract=CALL, quantity=1)]
    send(account, order(legs, session=FRIDAY, order_id="2", quantity=4, purpose="layer_1"))
    step(account, MONDAY, market)
    assert {x.structure_id for x in account.lots} == {"A"}
    assert folded(account).structures["A"].fees == 944
    assert folded(account).structures["A"].cash == 133_000
    account.prove()


def test_a_name_that_has_ended_can_be_that_of_a_new_condor() -> None:
    account, market = with_condor()
    condor_market(MONDAY, OPENING, market)
    condor_market(TUESDAY, OPENING, market)
    leaving = order(
        closing(account), session=FRIDAY, order_id="2", quantity=2, action="close", worst=300_000
    )
    send(account, leaving)
    step(account, MONDAY, market)
    assert account.lots == ()
    assert folded(account).structures == {}
    far = condor_legs(expiry=WEDNESDAY)
    for leg, prices in zip(far, OPENING, strict=True):
        market.set(TUESDAY, leg.contract, *prices)
    send(account, order(far, session=MONDAY, order_id="3", worst=-45_000))
    step(account, TUESDAY, market)
    structure = folded(account).structures["A"]
    # One condor for 6.65 and 4 * 1.18: nothing is left of the two that were there before.
    assert (structure.cash, structure.fees) == (66_500, 472)
    assert [x.lot_id for x in structure.opened] == ["3.1", "3.2", "3.3", "3.4"]


def fill_row(**changed: object) -> Row:
    fields: dict[str, object] = {
        "event": "fill",
        "purpose": "layer_1",
        "cause": "layer_1",
        "intent_id": "i1",
        "order_id": "1",
        "structure_id": "A",
        "lot_id": "1.1",
        "contract": CALL.key,
        "quantity": 3,
        "price": 10_000,
    }
    return (FRIDAY, 0, Event(**{**fields, **changed}))  # type: ignore[arg-type]


def order_row() -> Row:
    buying = order([Leg(contract=CALL, quantity=1)], session=THURSDAY, purpose="layer_1")
    return (THURSDAY, 0, sent(buying))


@pytest.mark.parametrize(("held", "quantity"), [(3, 1), (3, 0), (3, -4), (1, 1), (-1, -1)])
def test_rows_that_no_account_writes(held: int, quantity: int) -> None:
    """A fill of a lot that is held takes from it, and no more than there is."""
    opened = fill_row(quantity=held)
    assert fold("test", [order_row(), opened, fill_row(quantity=-held)]).lots == {}
    said = re.escape(f"row of 2018-02-02: lot 1.1 holds {held:+d}")
    with pytest.raises(ValueError, match=f"^{said}$"):
        fold("test", [order_row(), opened, fill_row(quantity=quantity)])


@pytest.mark.parametrize(
    "name", ["order_id", "lot_id", "structure_id", "contract", "quantity", "price"]
)
def test_a_row_without_what_it_needs_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^a row without what its event needs$"):
        fold("test", [order_row(), fill_row(**{name: None})])


@pytest.mark.parametrize(
    "name", ["order_id", "intent_id", "structure_id", "quantity", "price", "detail"]
)
def test_an_order_without_what_it_needs_is_refused(name: str) -> None:
    session, equity, event = order_row()
    with pytest.raises(ValueError, match=r"^a row without what its event needs$"):
        fold("test", [(session, equity, replace(event, **{name: None}))])


def test_a_condor_in_the_middle_of_its_settlement() -> None:
    """Rows of before the last leg: the short put has paid 14.50 twice, two legs are left."""
    account, market = with_condor()
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    step(account, TUESDAY, market, values)
    rows = rows_of(account.frame())
    settled = [n for n, (_, _, event) in enumerate(rows) if event.event == "settle"]
    found = fold("test", rows[: settled[2]])
    assert list(found.lots) == ["1.3", "1.4"]
    assert found.structures["A"].cash == 133_000 - 290_000


# --- an order from its row -----------------------------------------------------------------------

days = st.dates(date(1990, 1, 2), date(2040, 12, 31))
options = st.builds(
    OptionContract,
    root=st.sampled_from(["SPX", "SPXW", "VIX", "VIXW"]),
    expiry=days,
    strike=st.integers(1, 199_999).map(lambda n: n / 2),
    right=st.sampled_from(["C", "P"]),
    settlement=st.sampled_from(["AM", "PM"]),
)
contracts = st.one_of(options, days.map(vx), days.map(vxm), st.just(SHARE))
words = st.text(max_size=12)
orders = st.builds(
    Order,
    order_id=words,
    intent_id=words,
    session=days,
    purpose=st.sampled_from(["condor", "layer_1", "second_engine", "margin_call"]),
    action=st.sampled_from(["open", "close"]),
    structure_id=words,
    legs=st.lists(
        st.builds(Leg, contract=contracts, quantity=st.integers(-9, 9), lot_id=words), max_size=5
    ).map(tuple),
    quantity=st.integers(1, 10**6),
    limit=st.integers(-(10**9), 10**9),
    worst=st.one_of(st.none(), st.integers(-(10**9), 10**9)),
    fill_share=st.floats(0.0, 1.0),
    reason=words,
    rule=words,
    retry=st.integers(0, 99),
    pricing=st.sampled_from(["package", "legs"]),
)


@given(orders)
def test_an_order_is_made_again_from_its_row(wanted: Order) -> None:
    assert order_of(sent(wanted)) == wanted


def test_an_order_passes_through_the_table() -> None:
    old = option(2700.0, "P", style="AM")
    account = started()
    wanted = order(
        [Leg(contract=old, quantity=-2, lot_id="7.1"), Leg(contract=FUTURE, quantity=1)],
        session=THURSDAY,
        quantity=4,
        purpose="layer_3",
        limit=-12_345,
        worst=700,
        fill_share=0.1,
        rule="roll",
        retry=3,
        pricing="legs",
        reason="wants: 1, 2 und \u201etau\u201c",
    )
    send(account, wanted)
    assert folded(account).book.open_orders == (wanted,)


# --- a restart -----------------------------------------------------------------------------------


def busy_week() -> tuple[Account, Market, dict[Contract, Value]]:
    """On Monday night: two condors, one closed in part by force, one tried again; a call that was
    filled in part and whose rest works; a future; shares; an order that was cancelled; one ignored.
    """
    account, market = started(), condor_market(FRIDAY, OPENING)
    market.set(FRIDAY, CALL, 1.00, 1.10, ask_size=3)
    market.set(FRIDAY, FUTURE, 15.00, 15.10)
    market.set(FRIDAY, SHARE, 9.99, 10.01)
    call = [Leg(contract=CALL, quantity=1)]
    share = [Leg(contract=SHARE, quantity=1)]
    bought = order(
        [Leg(contract=FUTURE, quantity=1)],
        session=THURSDAY,
        order_id="3",
        structure_id="C",
        quantity=2,
        purpose="layer_2",
    )
    send(
        account,
        order(condor_legs(), session=THURSDAY, quantity=2, worst=-45_000),
        order(
            call,
            session=THURSDAY,
            order_id="2/1",
            structure_id="B",
            quantity=5,
            purpose="layer_1",
            retry=4,
        ),
        bought,
    )
    step(account, FRIDAY, market)
    send(
        account,
        order(share, session=FRIDAY, order_id="4", structure_id="D", purpose="second_engine"),
        order(call, session=FRIDAY, order_id="5", structure_id="E", purpose="layer_3"),
        order(
            closing(account),
            session=FRIDAY,
            order_id="6",
            purpose="margin_call",
            action="close",
        ),
        order(
            condor_legs(expiry=WEDNESDAY),
            session=FRIDAY,
            order_id="7",
            structure_id="F",
            worst=-45_000,
            retry=2,
        ),
    )
    condor_market(MONDAY, [(7.0, 7.4), (11.0, 11.6), (4.0, 4.4), (1.2, 1.4)], market)
    account.begin(MONDAY)
    account.accrue(0.02)
    account.cancel("i5", "changed its mind")
    view = market.view(MONDAY)
    late = Told({SHARE: 10.0})
    for waiting in account.book.open_orders:
        venue = late if waiting.order_id == "4" else Simulator(LIMITS)
        account.receive(venue.fill(waiting, view, {}))
    last = Told({SHARE: 10.0}).fill(order(share, session=FRIDAY, order_id="4"), view, {})
    account.receive(last)
    account.vary(view.mark)
    account.mark(view.mark)
    account.check()
    account.send([])
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    values[CALL] = Value(192_500, "vix_open", True, 178_900, 206_100)
    values[FUTURE] = Value(226_389, "vx_final")
    return account, market, values


def go_on(
    account: Account, market: Market, values: Mapping[Contract, Value]
) -> list[tuple[object, ...]]:
    """Two sessions more, and all that can be seen of them."""
    seen: list[tuple[object, ...]] = []
    for day, rate in ((TUESDAY, 0.03), (WEDNESDAY, 0.05)):
        splits = [Split(symbol="VXX", new=1, old=4, price=400_000)] if day == TUESDAY else []
        outcomes = step(account, day, market, values, rate, splits=splits)
        account.send([])
        account.prove()
        seen.append((account.book, account.day, account.gains, account.equity, outcomes))
    return seen


def test_the_busy_week_holds_what_a_restart_must_keep() -> None:
    account, _, _ = busy_week()
    found = folded(account)
    assert [x.order_id for x in account.book.open_orders] == ["2/3", "7/2"]
    assert [x.quantity for x in account.book.open_orders] == [2, 1]
    assert account.intents.ended == {
        "i1": "filled",
        "i3": "filled",
        "i4": "filled",
        "i5": "cancelled",
        "i6": "filled",
    }
    assert found.partly == {"i2/1"}
    assert found.structures["A"].forced
    assert "told 4 2018-02-05" in found.heard
    assert account.frame().filter(pl.col("event") == "ignored").height == 1


def test_a_restart_goes_on_as_if_there_had_been_none() -> None:
    account, market, values = busy_week()
    resumed = Account.resume(account.frame(), mids_twice(account, MONDAY, market), session=MONDAY)
    assert resumed.session == account.session == MONDAY
    assert resumed.book == account.book
    assert (resumed.cash, resumed.equity) == (account.cash, account.equity)
    assert resumed.gains == account.gains
    assert resumed.intents.ended == account.intents.ended
    assert list(resumed.intents.open) == list(account.intents.open)
    assert resumed.frame().equals(account.frame())
    for part in FUTURE, CALL:
        market.set(TUESDAY, part, 18.0, 18.2)
    condor_market(TUESDAY, OPENING, market)
    assert go_on(resumed, market, values) == go_on(account, market, values)
    assert resumed.frame().equals(account.frame())
    assert account.frame()["hash"].n_unique() == account.frame().height


def test_a_fill_that_was_told_before_a_restart_is_told_once() -> None:
    account, market = started(), Market()
    market.set(FRIDAY, CALL, 1.00, 1.10, ask_size=3)
    buying = order(
        [Leg(contract=CALL, quantity=1)],
        session=THURSDAY,
        order_id="1/1",
        quantity=5,
        purpose="layer_1",
        retry=4,
    )
    send(account, buying)
    step(account, FRIDAY, market)
    account.send([])
    resumed = Account.resume(account.frame(), mids_twice(account, FRIDAY, market), session=FRIDAY)
    again = Simulator(LIMITS).fill(buying, market.view(FRIDAY))
    resumed.receive(again)
    assert [x.quantity for x in resumed.lots] == [3]
    assert resumed.frame()["event"][-1] == "ignored"


def test_the_bound_of_a_condor_survives_a_restart() -> None:
    """Settled on two levels, it loses more than it can; the law says so after a restart too.

    The short put at 2500.00 costs 130.00, 6.65 came in: 12,335.00 and fees of 4 * 1.18.
    """
    account, market = with_condor(1)
    account.send([])
    resumed = Account.resume(account.frame(), mids_twice(account, FRIDAY, market), session=FRIDAY)
    values: dict[Contract, Value] = {c: Value(27_000_000) for c in condor_contracts()}
    values[condor_contracts()[1]] = Value(25_000_000)
    said = "condor A lost 1233972 cents, possible are 233500 and fees of 472"
    with pytest.raises(LawBroken, match=said):
        step(resumed, TUESDAY, market, values)


def test_a_session_without_an_event_counts_for_the_interest_of_the_next() -> None:
    """Friday leaves no row. 250,000.00 at 3.65 % a day is 25.00, from Friday to Monday 75.00."""
    account = started()
    account.send([])
    account.begin(FRIDAY)
    account.send([])
    resumed = Account.resume(account.frame(), {}, session=FRIDAY)
    for each in (account, resumed):
        each.begin(MONDAY)
        assert each.accrue(0.0365) == 7_500
    with pytest.raises(ValueError, match="does not come after"):
        Account.resume(account.frame(), {}, session=MONDAY).begin(MONDAY)


def test_orders_of_a_restart_must_be_offered_too() -> None:
    account, _, _ = busy_week()
    market = condor_market(FRIDAY, OPENING)
    market.set(FRIDAY, CALL, 1.00, 1.10)
    market.set(FRIDAY, FUTURE, 15.00, 15.10)
    market.set(FRIDAY, SHARE, 9.99, 10.01)
    condor_market(MONDAY, [(7.0, 7.4), (11.0, 11.6), (4.0, 4.4), (1.2, 1.4)], market)
    resumed = Account.resume(account.frame(), mids_twice(account, MONDAY, market), session=MONDAY)
    resumed.begin(TUESDAY)
    with pytest.raises(LawBroken, match="orders that were never offered: 2/3, 7/2"):
        resumed.send([])


def test_no_restart_on_rows_that_were_changed() -> None:
    account, market = with_condor()
    marks = mids_twice(account, FRIDAY, market)
    frame = account.frame()
    other = frame.with_columns(
        pl.when(pl.col("sequence") == 0).then(1).otherwise(pl.col("cash")).alias("cash")
    )
    with pytest.raises(LawBroken, match="ledger test, session 2018-02-01: row 0"):
        Account.resume(other, marks, session=FRIDAY)
    twice = pl.concat([frame, started("static").frame()])
    with pytest.raises(ValueError, match="of one ledger, these are of test, static"):
        Account.resume(twice, marks, session=FRIDAY)
    with pytest.raises(ValueError, match="of one ledger, these are of none"):
        Account.resume(frame.clear(), marks, session=FRIDAY)
    with pytest.raises(ValueError, match="ledger test: 2018-02-01 is before its last row, 2018-02"):
        Account.resume(frame, marks, session=THURSDAY)


def test_no_restart_on_other_marks() -> None:
    account, market = with_condor()
    marks = mids_twice(account, FRIDAY, market)
    wing = condor_contracts()[0]
    with pytest.raises(ValueError, match=f"no mark of {wing.key}, which it holds"):
        Account.resume(
            account.frame(), {c: x for c, x in marks.items() if c != wing}, session=FRIDAY
        )
    # Twice the mid a cent higher: two wings are worth 1.00 more, -1,414.00 instead of -1,415.00.
    wrong = {**marks, wing: marks[wing] + 100}
    said = "ledger test: by these marks the lots are worth -141400 cents, the journal says -141500"
    with pytest.raises(ValueError, match=said):
        Account.resume(account.frame(), wrong, session=FRIDAY)


def test_a_retry_after_a_restart_knows_what_has_traded() -> None:
    """The rest ends after a restart, and its intent as one that traded in part."""
    account, market = started(), Market()
    market.set(FRIDAY, CALL, 1.00, 1.10, ask_size=3)
    buying = order(
        [Leg(contract=CALL, quantity=1)],
        session=THURSDAY,
        order_id="1/1",
        quantity=5,
        purpose="layer_1",
        retry=1,
    )
    send(account, buying)
    step(account, FRIDAY, market)
    account.send([])
    resumed = Account.resume(account.frame(), mids_twice(account, FRIDAY, market), session=FRIDAY)
    resumed.begin(MONDAY)
    (rest,) = resumed.book.open_orders
    assert rest == replace(
        buying,
        order_id="1/2",
        quantity=2,
        retry=0,
        structure_id="A +",
        reason="because (the rest: 3 of 5 units: 3 displayed in VIX 2018-02-07 18 C)",
    )
    resumed.receive(Refusal(order=rest, session=MONDAY, state="no quote", reason="none"))
    assert resumed.intents.ended == {"i1/1": "partly filled"}
