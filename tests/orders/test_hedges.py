"""Hedge intents into orders: whole contracts, caps that hold at the worst price, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.orders.hedges import place_hedges, within
from steward.orders.margin import profile
from steward.orders.place import Placed
from steward.orders.sizing import Allocation, InstrumentShare
from steward.rules.ruleset import RuleSet
from steward.terms.contracts import E4, Contract, vx, vxm
from steward.terms.trades import BookFacts, Intent, Leg, Order, Purpose

from ..rules.hedge_market import facts, one_day, rules_of, spx_put, vix_call

MONDAY = date(2018, 1, 8)
NEAR, FAR = date(2018, 2, 14), date(2018, 5, 16)
CALL, LONG, OLD = vix_call(21.0, NEAR), vix_call(26.0, FAR), vix_call(19.0, NEAR)
FUTURE, MINI = vx(date(2018, 4, 18)), vxm(date(2018, 4, 18))

NAV = 25_000_000
YEAR_CAP = 750_000
"""Cents: 3 % of 250,000 dollars."""


class Listed:
    """Quotes as given, in points; what is not given has none. Marks are the quotes."""

    label = "given"

    def __init__(self, quotes: Mapping[Contract, tuple[float, float]]) -> None:
        self.quotes = dict(quotes)

    def quote(self, session: date, contract: Contract) -> Quote | None:
        pair = self.quotes.get(contract)
        if pair is None:
            return None
        return Quote(
            bid=round(pair[0] * E4), ask=round(pair[1] * E4), quality="modelled", forward=18.3,
            vol=0.9, delta=0.3, gamma=0.0, vega=0.0, theta=0.0,
        )  # fmt: skip

    def mark(self, session: date, contract: Contract) -> Quote:
        found = self.quote(session, contract)
        if found is None:
            found = self.quote(session, CALL)
            assert found is not None
        return found


QUOTES: dict[Contract, tuple[float, float]] = {
    CALL: (0.90, 1.10),
    LONG: (1.80, 2.20),
    OLD: (0.40, 0.60),
    FUTURE: (18.30, 18.35),
    MINI: (18.30, 18.35),
}
# At k = 0.5: CALL is bought at 1.05, LONG at 2.10, OLD sold at 0.45.


def view_of(quotes: Mapping[Contract, tuple[float, float]] = QUOTES) -> MarketView:
    plain = one_day(MONDAY)
    return MarketView(MONDAY, plain.moment, 0, plain._history, Listed(quotes))  # type: ignore[arg-type]


def buy(
    units: float,
    *,
    share: float = 1.0,
    of_one: float = 1.0,
    contract: Contract = CALL,
    instrument: str = "front",
    passes_to: str = "",
    purpose: Purpose = "layer_1",
    credit: int = 2_420_000,
    room: float = 1_000.0,
    contracts: int = 0,
    name: str = "",
) -> Intent:
    detail = {
        "units_per_contract": of_one, "share": share, "group_units": units, "room_units": room,
        "condor_credit_cents": float(credit),
    }  # fmt: skip
    if contracts:
        detail["contracts"] = float(contracts)
    return Intent(
        intent_id=name or f"{purpose} {instrument}",
        session=MONDAY,
        purpose=purpose,
        action="open",
        structure_id=name or f"{purpose} {instrument} {contract.key}",
        legs=(Leg(contract=contract, quantity=1),),
        size=share * units,
        fill_share=0.5,
        reason="to the target",
        detail=MappingProxyType(detail),
        instrument=instrument,
        passes_to=passes_to,
    )


def roll(
    quantity: int,
    *,
    old: Contract = OLD,
    new: Contract = LONG,
    paid: float = 1.0,
    credit: int = 2_420_000,
) -> Intent:
    return Intent(
        intent_id="roll",
        session=MONDAY,
        purpose="layer_1",
        action="open",
        structure_id="rolled",
        legs=(Leg(contract=old, quantity=-1, lot_id="x"), Leg(contract=new, quantity=1)),
        size=float(quantity),
        fill_share=0.5,
        reason="its floor",
        detail=MappingProxyType({"old_price_e4": paid * E4, "condor_credit_cents": float(credit)}),
        instrument="long",
    )


def sale(quantity: int, contract: Contract = OLD) -> Intent:
    return Intent(
        intent_id="sale",
        session=MONDAY,
        purpose="layer_2",
        action="close",
        structure_id="held",
        legs=(Leg(contract=contract, quantity=-1, lot_id="x"),),
        size=float(quantity),
        fill_share=1.0,
        reason="layer 2 is off",
    )


def placed(
    *intents: Intent,
    view: MarketView | None = None,
    rules: RuleSet | None = None,
    margin: str = "cboe",
    condors: Sequence[Order] = (),
    **known: Any,
) -> Placed:
    changed: BookFacts = facts(MONDAY, **{"nav": NAV, **known})
    return place_hedges(
        intents, view or view_of(), changed, rules or rules_of(), profile(margin), condors
    )


def counts(found: Placed) -> list[tuple[str, int]]:
    return [(order.intent_id, order.quantity) for order in found.orders]


# --- whole contracts -----------------------------------------------------------------------------


def test_a_layer_is_shared_out_by_its_total() -> None:
    """5 units, 60 to 40: 3 near and 2 far."""
    found = placed(buy(5.0, share=0.6), buy(5.0, share=0.4, contract=LONG, instrument="long"))
    assert counts(found) == [("layer_1 front", 3), ("layer_1 long", 2)]
    assert found.dropped == ()


@pytest.mark.parametrize("pricing", ["package", "legs"])
def test_the_rules_say_how_an_order_is_filled(pricing: str) -> None:
    rules = rules_of()
    fills = rules.fills.model_copy(update={"pricing": pricing})
    found = placed(buy(2.0), roll(2), sale(3), rules=rules.model_copy(update={"fills": fills}))
    assert len(found.orders) == 3
    assert {order.pricing for order in found.orders} == {pricing}
    assert {order.retry for order in found.orders} == {0}  # a hedge is decided anew each session


def test_each_layer_has_its_own_total_and_its_own_orders() -> None:
    found = placed(buy(7.0, purpose="layer_2"), buy(5.0))
    assert counts(found) == [("layer_1 front", 5), ("layer_2 front", 7)]
    assert [order.purpose for order in found.orders] == ["layer_1", "layer_2"]


def test_a_share_under_half_a_future_goes_to_the_calls_and_the_intent_ends() -> None:
    """12 units, half of them futures of 33.3: under half of one, so all twelve are calls."""
    found = placed(
        buy(12.0, share=0.5, of_one=33.3, contract=FUTURE, instrument="vx", passes_to="long"),
        buy(12.0, share=0.5, contract=LONG, instrument="long"),
    )
    assert counts(found) == [("layer_1 long", 12)]
    assert [(i.instrument, state) for i, state, _ in found.dropped] == [("vx", "lapsed")]
    assert any("passed on to long" in note for note in found.notes)


def test_what_no_bucket_of_the_purchase_takes_is_not_bought() -> None:
    found = placed(
        buy(12.0, share=1.0, of_one=33.3, contract=FUTURE, instrument="vx", passes_to="long")
    )
    assert found.orders == ()
    assert [state for _, state, _ in found.dropped] == ["lapsed"]


def test_a_purchase_of_so_many_contracts_is_not_shared() -> None:
    found = placed(buy(4.0, contracts=4, name="gain"), buy(2.0))
    assert counts(found) == [("gain", 4), ("layer_1 front", 2)]


def test_nothing_is_bought_above_one_hundred_percent() -> None:
    """Two futures of 33.3 are nearest to 60 units, but 60 is where 100 % is: one, and no more."""
    vx_buy = buy(60.0, of_one=33.3, contract=FUTURE, instrument="vx", room=60.0)
    found = placed(vx_buy)
    assert counts(found) == [("layer_1 vx", 1)]
    assert any("above a hedge ratio of 100 %" in note for note in found.notes)
    # The room is for all layers together.
    found = placed(buy(3.0, room=4.0), buy(3.0, purpose="layer_2", room=4.0))
    assert counts(found) == [("layer_1 front", 3), ("layer_2 front", 1)]


def test_a_share_of_a_total_is_bought() -> None:
    """Half of twelve units belongs to a bucket that buys nothing today: six."""
    assert counts(placed(buy(12.0, share=0.5))) == [("layer_1 front", 6)]


def test_three_layers_share_one_room() -> None:
    found = placed(
        *(buy(3.0, purpose=purpose, room=7.0) for purpose in ("layer_1", "layer_2", "layer_3"))
    )
    assert [order.quantity for order in found.orders] == [3, 3, 1]
    assert found.notes == (
        "Layer 3: cut to 1.0 call units: nothing is bought above a hedge ratio of 100 %",
    )


def test_an_instrument_that_gets_nothing_says_why() -> None:
    found = placed(
        buy(12.0, share=0.5, of_one=33.3, contract=FUTURE, instrument="vx", passes_to="long"),
        buy(12.0, share=0.5, contract=LONG, instrument="long"),
    )
    ((_, _, words),) = found.dropped
    assert words == (
        "6.00 call units (calls of delta 0.30) were its part, and one contract counts 33.30: "
        "none is left for it once the purchase is in whole contracts"
    )


def test_the_smallest_contracts_are_cut_first() -> None:
    """One of 10 and three of 1 are 13 units; 11.5 leave room for the large one and one small."""
    shares = [
        InstrumentShare(
            name=name, share=1.0, units_per_contract=size, passes_to=None, contract=CALL
        )
        for name, size in (("large", 10.0), ("small", 1.0))
    ]
    whole = Allocation(units=13, contracts=((0, 1), (1, 3)), bought=13.0, notes=("before",))
    assert within(whole, shares, 11.5) == Allocation(
        units=13,
        contracts=((0, 1), (1, 1)),
        bought=11.0,
        notes=(
            "before",
            "cut to 11.0 call units: nothing is bought above a hedge ratio of 100 %",
        ),
    )
    assert within(whole, shares, 13.0) is whole
    assert within(whole, shares, 0.0).contracts == ()


@given(
    st.lists(st.tuples(st.integers(0, 20), st.floats(0.2, 50.0)), min_size=1, max_size=4),
    st.floats(0.0, 200.0),
)
def test_what_is_cut_fits_into_the_room_and_is_never_more(
    some: list[tuple[int, float]], room: float
) -> None:
    shares = [
        InstrumentShare(
            name=str(i), share=1.0, units_per_contract=size, passes_to=None, contract=CALL
        )
        for i, (_, size) in enumerate(some)
    ]
    given_counts = tuple((i, n) for i, (n, _) in enumerate(some) if n)
    bought = sum(n * some[i][1] for i, n in given_counts)
    before = Allocation(units=1, contracts=given_counts, bought=bought, notes=())
    after = within(before, shares, room)
    assert after.bought <= room + 1e-6 or not after.contracts
    left = sum(n * some[i][1] for i, n in after.contracts)
    assert after.bought == pytest.approx(left, abs=1e-9)
    had = dict(given_counts)
    assert all(n <= had[i] for i, n in after.contracts)
    assert (after is before) or after.notes


# --- caps ----------------------------------------------------------------------------------------


def test_the_yearly_cap_cuts_a_purchase_and_says_so() -> None:
    """7,500 dollars a year, 6,660 spent: 840 are left, and a call costs 105: eight of twelve."""
    found = placed(buy(12.0), hedge_premium_year=YEAR_CAP - 84_000)
    assert counts(found) == [("layer_1 front", 8)]
    assert "leaves $840 for 12 contracts at $105: 8 bought" in found.orders[0].reason
    assert any("the yearly cap on hedge premium leaves $840" in note for note in found.notes)
    # And at its worst price the order uses up what is left, not a cent more: 840 over 8 is 1.05.
    assert found.orders[0].worst == 10_500


def test_the_open_cap_counts_what_is_held_against_the_credit() -> None:
    """20 % of 24,200 is 4,840; 4,420 are open: 420 are left for calls at 105."""
    found = placed(buy(12.0), hedge_premium_open=442_000)
    assert counts(found) == [("layer_1 front", 4)]
    assert "the cap on hedge premium open over condor credit" in found.orders[0].reason


def test_gains_of_the_episode_make_room_under_the_open_cap() -> None:
    found = placed(buy(12.0), hedge_premium_open=442_000, hedge_gain_realised=42_000)
    assert counts(found) == [("layer_1 front", 8)]


def test_a_cap_that_is_used_up_refuses_the_purchase() -> None:
    found = placed(buy(12.0), hedge_premium_year=YEAR_CAP)
    assert found.orders == ()
    (_, state, reason) = found.dropped[0]
    assert (state, reason) == (
        "refused",
        "the yearly cap on hedge premium leaves $0 for 12 contracts at $105: none bought",
    )
    # Above the cap already, and without any credit: the same.
    assert placed(buy(12.0), hedge_premium_year=2 * YEAR_CAP).orders == ()
    assert placed(buy(12.0, credit=0)).orders == ()


def test_futures_cost_no_premium_and_need_no_room() -> None:
    found = placed(
        buy(70.0, of_one=33.3, contract=FUTURE, instrument="vx"), hedge_premium_year=YEAR_CAP
    )
    assert counts(found) == [("layer_1 vx", 2)]


def test_one_order_leaves_less_room_for_the_next() -> None:
    """840 left. Layer 1 takes four at 105, at the worst 131.25 each: 525. 315 buy three more."""
    found = placed(buy(4.0), buy(9.0, purpose="layer_2"), hedge_premium_year=YEAR_CAP - 84_000)
    assert counts(found) == [("layer_1 front", 4), ("layer_2 front", 3)]
    assert found.orders[0].worst == 13_125  # 25 % above the limit
    assert found.orders[1].worst == 10_500  # 315 over 3


def test_room_is_counted_to_the_cent() -> None:
    """Four calls take 525.00 at the worst; 839.99 less that is 314.99: two at 105, no third."""
    both = (buy(4.0), buy(9.0, purpose="layer_2"))
    for known in (
        {"hedge_premium_year": YEAR_CAP - 83_999},
        {"hedge_premium_open": 484_000 - 83_999},
    ):
        found = placed(*both, **known)
        assert counts(found) == [("layer_1 front", 4), ("layer_2 front", 2)]


def test_a_roll_that_brings_money_in_leaves_the_room_as_it_was() -> None:
    """840.00 are left before it and after it: eight calls at 105."""
    brings = roll(1, old=LONG, new=CALL, paid=3.0)
    for known in (
        {"hedge_premium_year": YEAR_CAP - 84_000},
        {"hedge_premium_open": 484_000 - 84_000},
    ):
        found = placed(brings, buy(12.0), **known)
        assert counts(found) == [("roll", 1), ("layer_1 front", 8)]


def test_a_roll_of_one_where_nothing_is_left_may_cost_nothing() -> None:
    (order,) = placed(roll(1, old=LONG, new=CALL, paid=3.0), hedge_premium_year=YEAR_CAP).orders
    # A credit of 0.85, and 0.26 more would still be one; the cap says at most 0.
    assert order.limit == -8_500
    assert order.worst == min(-8_500 + 2_625, 0)
    dearer = roll(1, old=LONG, new=CALL, paid=3.0)
    wide = view_of({**QUOTES, CALL: (1.70, 1.90), LONG: (1.80, 2.20)})
    (order,) = placed(dearer, view=wide, hedge_premium_year=YEAR_CAP).orders
    # 1.85 bought, 1.90 sold: a credit of 0.05 and slippage of 0.4625: the cap binds.
    assert (order.limit, order.worst) == (-500, 0)


def test_an_old_lot_that_nobody_bids_for_brings_nothing() -> None:
    """Paid 1.00 and worth nothing: a new one at 2.10 adds 1.10 each, 550 for five."""
    view = view_of({**QUOTES, OLD: (0.0, 0.05)})
    # The net is 2.10 in all: 1,050. Under the open cap the old premium of 500 goes.
    assert len(placed(roll(5), view=view, hedge_premium_open=484_000 - 55_000).orders) == 1
    assert placed(roll(5), view=view, hedge_premium_open=484_000 - 54_999).orders == ()


def test_enough_room_needs_no_words() -> None:
    found = placed(buy(12.0))
    assert found.notes == ()
    assert found.orders[0].reason == "to the target"


def test_a_cut_by_a_cap_is_said_in_the_order_and_beside_it() -> None:
    found = placed(buy(12.0), hedge_premium_year=YEAR_CAP - 84_000)
    words = "the yearly cap on hedge premium leaves $840 for 12 contracts at $105: 8 bought"
    assert found.orders[0].reason == f"to the target; {words}"
    assert found.notes == (f"Layer 1, front (30-60 days): {words}",)


PRICES = st.integers(1, 80).map(lambda n: (0.05 * n, 0.05 * n + 0.10))


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=3),
    PRICES,
    PRICES,
    PRICES,
    st.integers(0, 12),
    st.integers(-200_000, 2 * YEAR_CAP),
    st.integers(0, 1_000_000),
    st.integers(0, 300_000),
    st.integers(0, 5_000_000),
)
def test_no_order_can_cost_more_than_the_caps_leave(
    layers: list[tuple[int, int]],
    near: tuple[float, float],
    far: tuple[float, float],
    old: tuple[float, float],
    rolled: int,
    year: int,
    premium_open: int,
    gain: int,
    credit: int,
) -> None:
    purposes: tuple[Purpose, ...] = ("layer_1", "layer_2", "layer_3")
    intents = []
    for purpose, (front, long) in zip(purposes, layers, strict=False):
        if front:
            intents.append(buy(float(front), purpose=purpose, credit=credit, name=f"f{purpose}"))
        if long:
            intents.append(
                buy(
                    float(long), purpose=purpose, credit=credit, contract=LONG, contracts=long,
                    instrument="long", name=f"l{purpose}",
                )
            )  # fmt: skip
    if rolled:
        intents.append(roll(rolled, credit=credit))
    found = placed(
        *intents,
        view=view_of({CALL: near, LONG: far, OLD: old}),
        hedge_premium_year=year,
        hedge_premium_open=premium_open,
        hedge_gain_realised=gain,
    )
    worst = [max(order.worst or 0, 0) * order.quantity for order in found.orders]
    assert sum(worst) <= max(YEAR_CAP - year, 0)
    bought = [w for w, o in zip(worst, found.orders, strict=True) if len(o.legs) == 1]
    assert sum(bought) <= max(int(0.2 * credit) + gain - premium_open, 0)
    for order in found.orders:
        assert order.worst is not None
        assert order.worst >= order.limit
    # Nothing vanishes: each intent is an order or a drop, never both.
    ends = [o.intent_id for o in found.orders] + [i.intent_id for i, _, _ in found.dropped]
    assert sorted(ends) == sorted(i.intent_id for i in intents)


# --- rolls and sales -----------------------------------------------------------------------------


def test_a_roll_is_one_order_for_the_whole_lot_at_its_net() -> None:
    """Sold at 0.45, bought at 2.10: 1.65 net, and at most 25 % of what is bought above it."""
    found = placed(roll(5))
    (order,) = found.orders
    assert (order.quantity, order.limit) == (5, 16_500)
    assert order.worst == 16_500 + 5_250
    assert len(order.legs) == 2


def test_a_roll_that_a_cap_does_not_pay_for_is_refused_whole() -> None:
    """Five cost 825; 800 are left."""
    found = placed(roll(5), hedge_premium_year=YEAR_CAP - 80_000)
    assert found.orders == ()
    (_, state, reason) = found.dropped[0]
    assert state == "refused"
    assert reason == (
        "the yearly cap on hedge premium leaves $800, and the roll costs $825: not rolled"
    )
    assert found.notes == (f"Layer 1: {reason}",)


def test_a_roll_needs_under_the_open_cap_only_what_it_adds() -> None:
    """Paid 1.00 for the old lot, 2.10 for the new one: 110 more each, 550 for five.

    The old lot still brings 0.40 at the bid, so that 1.65 net is 2.05 to 2.10 of new premium.
    """
    room = 484_000 - 50_000
    assert placed(roll(5), hedge_premium_open=room).orders == ()
    assert len(placed(roll(5), hedge_premium_open=room - 5_000).orders) == 1
    # A lot that cost more than the new one frees room, but only once it has filled.
    dear = placed(roll(5, paid=5.0), buy(40.0), hedge_premium_open=484_000 - 20_000)
    assert counts(dear) == [("roll", 5), ("layer_1 front", 1)]


def test_a_roll_that_brings_money_in_needs_no_room() -> None:
    found = placed(roll(5, old=LONG, new=CALL, paid=3.0), hedge_premium_year=2 * YEAR_CAP)
    (order,) = found.orders
    assert order.limit == -8_500  # 1.05 bought, 1.90 sold


def test_futures_roll_without_a_cap() -> None:
    later = vx(date(2018, 5, 16))
    view = view_of({**QUOTES, later: (18.40, 18.45)})
    found = placed(roll(3, old=FUTURE, new=later), view=view, hedge_premium_year=2 * YEAR_CAP)
    assert counts(found) == [("roll", 3)]


def test_what_is_sold_trades_at_any_price_and_comes_first() -> None:
    found = placed(buy(3.0), roll(2), sale(4))
    assert [order.intent_id for order in found.orders] == ["sale", "roll", "layer_1 front"]
    order = found.orders[0]
    assert (order.quantity, order.worst, order.action) == (4, None, "close")
    # k = 1 sells at the bid. A sale without a quote is sent by its mark.
    assert order.limit == -4_000
    alone = {name: pair for name, pair in QUOTES.items() if name != OLD}
    assert placed(sale(4), view=view_of(alone)).orders[0].limit == -9_000


def test_without_a_quote_nothing_is_bought_or_rolled() -> None:
    nothing = view_of({CALL: QUOTES[CALL]})
    found = placed(roll(2), buy(3.0, contract=LONG, instrument="long", name="far"), view=nothing)
    assert found.orders == ()
    assert [(i.intent_id, state) for i, state, _ in found.dropped] == [
        ("roll", "no quote"), ("far", "no quote"),
    ]  # fmt: skip


def test_rules_without_a_hedge_place_none() -> None:
    bare = rules_of().model_copy(update={"hedge": None})
    assert placed(rules=bare) == Placed(orders=(), dropped=())
    said = r"^hedge intents, but these rules have no hedge$"
    with pytest.raises(ValueError, match=said):
        placed(sale(1), rules=bare)


# --- margin --------------------------------------------------------------------------------------


def test_a_premium_may_not_take_the_cash_that_the_condors_need() -> None:
    """1,000 dollars are free; at its worst a call costs 131.25: seven of nine."""
    found = placed(buy(9.0), cash=5_100_000, margin_requirement=5_000_000)
    assert counts(found) == [("layer_1 front", 7)]
    assert "margin leaves $1,000 for 9 contracts at $131.25: 7 bought" in found.orders[0].reason
    assert any("margin leaves $1,000" in note for note in found.notes)
    # The caps on premium hold beside it: the order still has the worst price that they allow.
    assert found.orders[0].worst == 13_125
    # What the first order may cost is gone for the next one: 4 * 131.25 = 525, and 475 buy three.
    found = placed(
        buy(4.0), buy(9.0, purpose="layer_2"), cash=5_100_000, margin_requirement=5_000_000
    )
    assert counts(found) == [("layer_1 front", 4), ("layer_2 front", 3)]


def test_without_margin_left_nothing_is_bought() -> None:
    for cash in (5_010_000, 4_000_000):
        found = placed(buy(9.0), cash=cash, margin_requirement=5_000_000)
        assert found.orders == ()
        (_, state, reason) = found.dropped[0]
        assert state == "refused"
        assert reason.startswith("margin leaves $")


def test_a_future_needs_its_initial_margin() -> None:
    """0.45 * 18,325 = 8,246.25 dollars each: two in 17,000, whatever the premium caps say."""
    future = buy(100.0, of_one=33.3, contract=FUTURE, instrument="vx")
    found = placed(future, cash=6_700_000, margin_requirement=5_000_000)
    assert counts(found) == [("layer_1 vx", 2)]
    assert "margin leaves $17,000 for 3 contracts at $8,246.25: 2 bought" in found.orders[0].reason


def test_the_condors_of_the_session_come_first() -> None:
    """A condor ordered now, 50 wide at 8.00 at the least: 4,200 of the 5,000 that are free."""
    strikes = ((2500.0, 1, "P"), (2550.0, -1, "P"), (2800.0, -1, "C"), (2850.0, 1, "C"))
    legs = tuple(
        Leg(contract=replace(spx_put(k, FAR), right=right), quantity=sign)  # type: ignore[arg-type]
        for k, sign, right in strikes
    )
    order = Order(
        order_id="c/1", intent_id="c", session=MONDAY, purpose="condor", action="open",
        structure_id="c", legs=legs, quantity=1, limit=-90_000, worst=-80_000, fill_share=0.5,
        reason="because",
    )  # fmt: skip
    known = {"cash": 5_500_000, "margin_requirement": 5_000_000}
    assert counts(placed(buy(9.0), **known)) == [("layer_1 front", 9)]
    assert counts(placed(buy(9.0), condors=[order], **known)) == [("layer_1 front", 6)]
    closing = replace(order, action="close")
    assert counts(placed(buy(9.0), condors=[closing], **known)) == [("layer_1 front", 9)]


def test_a_roll_needs_what_it_costs_and_a_future_only_what_it_adds() -> None:
    """Five rolls at 2.175 at the worst: 1,087.50 dollars."""
    known = {"margin_requirement": 5_000_000}
    assert len(placed(roll(5), cash=5_108_750, **known).orders) == 1
    found = placed(roll(5), cash=5_108_749, **known)
    assert found.orders == ()
    (_, state, reason) = found.dropped[0]
    assert (state, reason) == (
        "refused",
        "margin leaves $1,087.49, and the roll needs $1,087.50: not rolled",
    )
    assert found.notes == (f"Layer 1: {reason}",)
    # The old future frees what it needed: 0.45 * (18,425 - 18,325) = 45 dollars more each.
    later = vx(date(2018, 5, 16))
    view = view_of({**QUOTES, later: (18.40, 18.45)})
    wanted = roll(3, old=FUTURE, new=later)
    assert len(placed(wanted, view=view, cash=5_013_500, **known).orders) == 1
    assert placed(wanted, view=view, cash=5_013_499, **known).orders == ()


def test_on_a_grid_the_value_of_the_account_counts() -> None:
    """No cash at all, but an account worth more than it needs."""
    known = {"cash": 0, "nav": 6_000_000, "margin_requirement": 5_000_000}
    assert placed(buy(4.0), **known).orders == ()
    assert counts(placed(buy(4.0), margin="portfolio", **known)) == [("layer_1 front", 4)]


def test_a_cash_account_passes_the_part_of_futures_on() -> None:
    """Twenty units, half of them futures: none is bought, the calls take all of them."""
    found = placed(
        buy(20.0, share=0.5, of_one=5.0, contract=FUTURE, instrument="vx", passes_to="long"),
        buy(20.0, share=0.5, contract=LONG, instrument="long"),
        margin="cash",
    )
    assert counts(found) == [("layer_1 long", 20)]
    ((intent, state, reason),) = found.dropped
    assert (intent.instrument, state) == ("vx", "refused")
    assert reason == "VX 2018-04-18: no futures in this account (--margin cash)"
    assert any("nothing can be bought now: passed on to long" in note for note in found.notes)


def test_a_cash_account_neither_buys_nor_rolls_a_future() -> None:
    later = vx(date(2018, 5, 16))
    found = placed(
        buy(40.0, of_one=33.3, contract=FUTURE, instrument="vx", contracts=1, name="gain"),
        roll(3, old=FUTURE, new=later),
        margin="cash",
    )
    assert found.orders == ()
    assert {(i.intent_id, state) for i, state, _ in found.dropped} == {
        ("gain", "refused"),
        ("roll", "refused"),
    }
