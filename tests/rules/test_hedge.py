"""The hedge as one decision: what is bought, sold and rolled, when, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.orders.hedges import place_hedges
from steward.rules import hedge as rule
from steward.rules.hedge import decide, exposure, hedge_ratio
from steward.terms.contracts import Contract, OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import (
    HEDGE_PURPOSES,
    NOTHING,
    Decision,
    Intent,
    Leg,
    Lot,
    Order,
)

from .hedge_desk import (
    BOTH,
    CREDIT,
    FLAT,
    MAX_LOSS,
    MONDAY,
    SPIKE,
    TUESDAY,
    Desk,
    closing,
    first_decision,
    trace,
)
from .hedge_market import (
    book,
    facts,
    hedge_of,
    lot,
    one_day,
    row,
    rules_of,
    vix_call,
    world,
)


def contracts(decision: Decision, session: date = MONDAY, **changed: object) -> dict[str, int]:
    """What becomes of the purchases: contracts by layer, all caps out of the way."""
    rules = rules_of(
        premium_cap_nav_per_year_percent=100.0, premium_cap_open_percent=1_000.0, **changed
    )
    known = facts(session, max_loss=MAX_LOSS, credit=CREDIT)
    view = one_day(session, 18.3, **FLAT)
    found: dict[str, int] = {}
    for order in place_hedges(decision.intents, view, known, rules).orders:
        found[order.purpose] = found.get(order.purpose, 0) + order.quantity
    return found


# --- what is bought ------------------------------------------------------------------------------


def test_the_worked_example_gets_its_five_calls() -> None:
    """12.5 % of 75,800 over 100 * 18.3 is 5.18: five calls, three near and two far."""
    decision = first_decision()
    assert contracts(decision) == {"layer_1": 5}
    by_bucket = {intent.instrument: round(intent.size, 1) for intent in decision.intents}
    assert by_bucket == {"front": 3.0, "long": 2.0}
    assert all(intent.detail["group_units"] == 5.0 for intent in decision.intents)
    assert trace(decision).result == "2 bought"


def test_the_layers_add_up_to_the_rounded_total() -> None:
    """At 30 % it is 12.43 calls: 5 of layer 1 and 7 of layer 2."""
    decision = first_decision(**BOTH)
    assert contracts(decision) == {"layer_1": 5, "layer_2": 7}
    # At 100 % it is 41.4: 29 more, of layer 3.
    units: dict[str, float] = {}
    for intent in first_decision(**BOTH, **SPIKE).intents:
        units[intent.purpose] = units.get(intent.purpose, 0.0) + intent.size
    assert units == pytest.approx({"layer_1": 5.0, "layer_2": 7.0, "layer_3": 29.0})


@given(st.integers(1, 40))
def test_a_book_k_times_as_large_gets_k_times_the_hedge(k: int) -> None:
    """Up to rounding: 5.178 calls for each 75,800, half of a contract off at the most."""
    decision = first_decision(max_loss=k * MAX_LOSS, credit=k * CREDIT)
    units = 0.125 * k * 75_800.0 / 1_830.0
    assert abs(sum(intent.size for intent in decision.intents) - units) <= 0.5 + 1e-9


def test_a_book_too_small_for_half_a_call_is_told_so() -> None:
    decision = first_decision(max_loss=700_000, credit=200_000)  # 0.48 calls
    assert decision.intents == ()
    # 0.5 calls of 1,830 over 12.5 %: 7,320 dollars.
    assert "0.48 calls, under half of one" in trace(decision).sentence
    assert "there is one once the condors can lose $7,320" in trace(decision).sentence


def test_condors_ordered_now_count_and_condors_closed_now_do_not() -> None:
    legs = condor_legs(date(2018, 2, 23))
    opening = condor_order(legs, quantity=2, limit=-240_000)  # 24.00 of 100 points
    found = exposure(facts(MONDAY), (), (opening,))
    assert (found.max_loss, found.credit) == (2 * 7_600 * 100, 2 * 2_400 * 100)
    held = condor_lots(legs, quantity=2, credit=24.0)
    known = facts(MONDAY, max_loss=found.max_loss, credit=found.credit)
    closing = condor_order(
        tuple(
            Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
            for x in held
        ),
        quantity=2,
        limit=100_000,
        action="close",
    )
    assert exposure(known, held, (closing,)) == rule.Exposure(max_loss=0, credit=0)
    assert exposure(known, held, ()).max_loss == found.max_loss
    # A condor opened while another is closed.
    both = exposure(known, held, (closing, opening))
    assert (both.max_loss, both.credit) == (found.max_loss, found.credit)


def condor_legs(expiry: date) -> tuple[Leg, ...]:
    strikes = ((2_500.0, "P", 1), (2_600.0, "P", -1), (2_800.0, "C", -1), (2_900.0, "C", 1))
    return tuple(
        Leg(
            contract=OptionContract(
                root="SPXW", expiry=expiry, strike=strike, right=right, settlement="PM"  # type: ignore[arg-type]
            ),
            quantity=sign,
        )
        for strike, right, sign in strikes
    )  # fmt: skip


def condor_order(
    legs: tuple[Leg, ...], *, quantity: int, limit: int, action: str = "open"
) -> Order:
    return Order(
        order_id="c/1", intent_id="c", session=MONDAY, purpose="condor",
        action=action,  # type: ignore[arg-type]
        structure_id="c", legs=legs, quantity=quantity, limit=limit, worst=None, fill_share=0.5,
        reason="because",
    )  # fmt: skip


def condor_lots(legs: tuple[Leg, ...], *, quantity: int, credit: float) -> tuple[Lot, ...]:
    prices = (10.0, 10.0 + credit / 2.0, 10.0 + credit / 2.0, 10.0)
    return tuple(
        Lot(
            lot_id=f"c{n}", structure_id="c", purpose="condor", contract=leg.contract,
            quantity=quantity * leg.quantity, price=round(price * 10_000), opened=MONDAY,
            variation_price=round(price * 10_000),
        )
        for n, (leg, price) in enumerate(zip(legs, prices, strict=True))
    )  # fmt: skip


def test_inside_the_band_nothing_is_bought() -> None:
    """Four of five calls are there: 2.4 points short, one contract; with three it is 4.8."""
    view = one_day(MONDAY, 18.3, **FLAT)
    strike = first_decision().intents[0].legs[0].contract
    for held, bought in ((5, 0), (4, 1), (3, 2)):
        own = lot(strike, held, 1.0, opened=MONDAY)
        hedge = hedge_of()
        ratio = hedge_ratio(view, [own], MAX_LOSS, hedge)
        assert ratio is not None
        decision = first_decision(lots=(own,))
        # The band is the greater of 2 points and half a contract (1.2 points).
        expected = bought if 0.125 - ratio > 0.02 else 0
        assert round(sum(i.size for i in decision.intents)) == expected
        assert ("inside the band" in trace(decision).sentence) is (0.0 < 0.125 - ratio <= 0.02)


def test_a_purchase_that_costs_more_than_it_protects_is_left_alone() -> None:
    """5.18 units are worth 10 % of their 1,830 each; a spread of 8 points costs more than that."""
    view = one_day(MONDAY, 18.3, half=4.0, **FLAT)
    decision = decide(
        view, row(MONDAY), facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(), NOTHING,
        rules_of(), (),
    )  # fmt: skip
    assert decision.intents == ()
    assert "would cost more than they are worth" in trace(decision).sentence


def test_a_purchase_is_weighed_by_the_fees_of_the_broker() -> None:
    """A broker without a price list cannot be weighed; the one by default is `ibkr`."""
    asked = (
        one_day(MONDAY, 18.3, **FLAT), row(MONDAY),
        facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(), NOTHING, rules_of(), (),
    )  # fmt: skip
    with pytest.raises(StewardError, match="'nobody' has no price list"):
        decide(*asked, broker="nobody")
    assert decide(*asked, broker="ibkr") == decide(*asked)


def test_nothing_is_bought_above_a_ratio_of_one_hundred_percent() -> None:
    """41.42 calls are 100 %: 41, and the coarse future is cut back, never rounded up."""
    decision = first_decision(**SPIKE, **BOTH)
    units = sum(intent.size for intent in decision.intents)
    assert units == 41.0
    windowed = first_decision(max_loss=10 * MAX_LOSS, credit=10 * CREDIT, **SPIKE,
                              sessions_to_fomc=2.0)  # fmt: skip
    assert {i.instrument for i in windowed.intents} == {"vx", "long", "put"}
    placed = place_hedges(
        windowed.intents,
        one_day(MONDAY, 18.3, **FLAT),
        facts(MONDAY, max_loss=10 * MAX_LOSS, credit=10 * CREDIT, nav=10**12),
        rules_of(premium_cap_open_percent=1_000.0),
    )
    sizes = {i.intent_id: i.detail["units_per_contract"] for i in windowed.intents}
    bought = sum(order.quantity * sizes[order.intent_id] for order in placed.orders)
    assert bought <= 10 * 75_800 / 1_830.0


# --- when ----------------------------------------------------------------------------------------


def test_checks_are_on_the_first_session_of_a_week_and_when_a_layer_comes_on() -> None:
    history, market = world([18.3] * 11, [2_700.0] * 11, MONDAY)
    market.long_level = 18.3
    desk = Desk(history, market, rules_of())
    results = []
    for n, session in enumerate(history.sessions):
        signals = BOTH if n == 2 else {}
        results.append(trace(desk.step(session, **signals)).result)  # type: ignore[arg-type]
    # Monday: bought. Wednesday: layer 2 comes on. The Tuesday after Martin Luther King's day
    # (01-16) is the first session of its week.
    assert results[0] == "2 bought"
    assert results[1] == "no check"
    assert results[2] == "2 bought"
    assert set(results[3:5]) == {"no check"}
    checked = [
        day.isoformat()
        for day, result in zip(history.sessions, results, strict=True)
        if result != "no check"
    ]
    assert checked == ["2018-01-08", "2018-01-10", "2018-01-16", "2018-01-22"]


def test_a_run_that_begins_in_the_middle_of_a_week_is_hedged_at_once() -> None:
    assert contracts(first_decision(TUESDAY), TUESDAY) == {"layer_1": 5}


def test_before_vix_options_were_listed_the_hedge_is_empty_and_says_why() -> None:
    session = date(2005, 6, 6)
    decision = first_decision(session, **SPIKE)
    assert decision.intents == ()
    assert dict(decision.memory) == {
        "layer_1_on": 0.0, "layer_2_on": 0.0, "layer_3_on": 0.0, "hedge_target": 0.0,
    }  # fmt: skip
    names = ["layer_1", "layer_2", "layer_3", "mix", "hedge"]
    assert [found.rule for found in decision.traces] == names
    assert all("not listed before 2006-02-24" in found.sentence for found in decision.traces)


def test_before_the_first_quotes_it_is_empty_too() -> None:
    view = one_day(MONDAY, 18.3, silent={MONDAY})
    known = facts(MONDAY, max_loss=MAX_LOSS)
    decision = decide(view, row(MONDAY), known, book(), NOTHING, rules_of(), ())
    assert "no VIX option is quoted on this day" in trace(decision).sentence
    # A session without quotes later on leaves the layers as they are.
    later = decide(view, row(MONDAY, **SPIKE), known, book(), {"layer_1_on": 1.0}, rules_of(), ())
    assert later.memory["layer_3_on"] == 1.0
    assert later.intents == ()
    assert trace(later).result == "no quotes"


def test_rules_without_a_hedge_decide_nothing() -> None:
    bare = rules_of().model_copy(update={"hedge": None})
    found = decide(one_day(MONDAY), row(MONDAY), facts(MONDAY), book(), NOTHING, bare, ())
    assert (found.intents, found.traces, dict(found.memory)) == ((), (), {})


def test_what_runs_read_is_in_the_memory() -> None:
    memory = first_decision(**BOTH, **SPIKE).memory
    assert memory["hedge_target"] == 1.0
    assert memory["mix"] == "base"
    assert [memory[f"{layer}_on"] for layer in HEDGE_PURPOSES] == [1.0, 1.0, 1.0]
    assert memory["layer_3_since"] == "2018-01-08"


# --- what is sold, and what never is ------------------------------------------------------------


def test_a_ratio_above_its_target_is_no_reason_to_sell() -> None:
    call = first_decision().intents[0].legs[0].contract
    own = lot(call, 60, 5.0, opened=MONDAY)  # paid 5.00: no gain to take
    decision = first_decision(lots=(own,), changed={"roll": {"extrinsic_share": None}})
    assert decision.intents == ()
    assert float(trace(decision).inputs["hedge_ratio"].split()[0]) > 100.0


def test_a_layer_that_goes_off_is_sold_down_over_three_checks() -> None:
    """What is over the target goes in three parts; what by then fills the target stays."""
    history, market = world([18.3] * 26, [2_700.0] * 26, MONDAY)
    market.long_level = 18.3
    desk = Desk(history, market, rules_of(roll={"extrinsic_share": None}))
    sold: dict[str, int] = {}
    left: list[float] = []
    for n, session in enumerate(history.sessions):
        decision = desk.step(session, **(BOTH if n < 2 else {}))
        for intent in closing(decision):
            assert intent.purpose == "layer_2"
            sold[session.isoformat()] = sold.get(session.isoformat(), 0) + round(intent.size)
        left.append(float(decision.memory.get("sell_checks", 0.0)))
    # Quiet from 01-10 on; the fifth quiet close is 01-17 (the 15th is a holiday), so the checks
    # are 01-22 (a third of 5.7 units over the target), 01-29 (half of the rest, with what a roll of
    # layer 1 has added meanwhile) and 02-05 (the rest). On 02-12 nothing is over it any more.
    assert sold == {"2018-01-22": 2, "2018-01-29": 3, "2018-02-05": 1}
    assert [left[n] for n in (0, 6, 9, 14, 19, 24)] == [0.0, 3.0, 2.0, 1.0, 1.0, 0.0]
    assert desk.ratio(history.sessions[-1]) < 0.125 + 0.02


def test_without_condors_nothing_is_bought_or_rolled_and_what_is_held_runs_on() -> None:
    call = vix_call(25.0, date(2018, 1, 17))  # nine days: far below its floor
    own = lot(call, 5, 1.0, opened=date(2017, 12, 11))
    decision = first_decision(max_loss=0, credit=0, lots=(own,))
    assert decision.intents == ()
    assert "no condor is open or ordered" in trace(decision).sentence


def test_without_condors_a_layer_that_went_off_is_still_sold() -> None:
    call = first_decision().intents[0].legs[0].contract
    own = lot(call, 6, 5.0, opened=MONDAY, purpose="layer_3", name="x")
    memory = {
        "layer_1_on": 1.0, "layer_3_on": 0.0, "sell_checks": 3.0, "layer_1_target": 0.125,
        "extrinsic|x": 1.0,
    }  # fmt: skip
    decision = decide(
        one_day(MONDAY, 18.3, **FLAT), row(MONDAY), facts(MONDAY), book(own), memory, rules_of(), ()
    )
    assert [round(i.size) for i in closing(decision)] == [2]
    assert decision.memory["sell_checks"] == 2.0


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "vix": st.floats(10.0, 70.0),
            "max_loss": st.sampled_from([0, 500_000, 3_000_000, 7_580_000, 20_000_000]),
            "rsi_14": st.sampled_from([40.0, 55.0, 63.0, 68.0, 80.0]),
            "ad_divergence": st.sampled_from([0.0, 1.0]),
            "cap_vol_z_252": st.sampled_from([-1.0, 0.9, 1.5, 3.0]),
            "cap_vol_change_5_pct": st.sampled_from([0.0, 40.0]),
            "contained": st.sampled_from([0.0, 1.0]),
            "rate_rising": st.sampled_from([0.0, 1.0]),
            "sessions_to_fomc": st.sampled_from([2.0, 20.0]),
            "stress_now": st.sampled_from([0.0, 1.0]),
        }
    ),
    min_size=5,
    max_size=40,
)


@given(STEPS)
def test_over_any_path_only_hedges_trade_and_only_as_the_rules_allow(
    path: list[dict[str, float]],
) -> None:
    """The laws of the ledger hold throughout: each step checks them (money, lots, intents)."""
    history, market = world([step["vix"] for step in path], [2_700.0] * len(path), MONDAY)
    rules = rules_of()
    desk = Desk(history, market, rules)
    ids: set[str] = set()
    for session, step in zip(history.sessions, path, strict=True):
        signals = {name: x for name, x in step.items() if name not in ("vix", "max_loss")}
        loss = int(step["max_loss"])
        was = desk.memory
        decision = desk.step(session, max_loss=loss, credit=loss // 3, **signals)
        for intent in decision.intents:
            assert intent.intent_id not in ids
            ids.add(intent.intent_id)
            assert intent.purpose in HEDGE_PURPOSES
            assert all(leg.quantity == (-1 if leg.lot_id else 1) for leg in intent.legs)
            assert intent.reason
        lots = [leg.lot_id for i in decision.intents for leg in i.legs if leg.lot_id]
        assert len(lots) == len(set(lots))  # one move a lot and session
        if not loss:
            assert all(intent.action == "close" for intent in decision.intents)
        for sale in closing(decision):
            assert allowed(sale, decision, was)
        check_caps(desk)
        held = {x.structure_id for x in desk.account.lots}
        held |= {order.structure_id for order in desk.account.book.open_orders}
        held |= {intent.structure_id for intent in decision.intents}
        keys = {key.split("|")[1] for key in decision.memory if "|" in key}
        assert keys <= held  # nothing is remembered of what is gone


def allowed(sale: Intent, decision: Decision, was: object) -> bool:
    """A gain taken, a layer that is off, or a switch of the mix."""
    layer_off = decision.memory[f"{sale.purpose}_on"] == 0.0
    return "gained" in sale.reason or layer_off or "the mix has been" in sale.reason


def check_caps(desk: Desk) -> None:
    """What is ordered can never cost more than the yearly cap leaves."""
    assert desk.last is not None
    _, placed = desk.last
    worst = sum(
        max(order.worst or 0, 0) * order.quantity
        for order in placed.orders
        if order.action == "open" and isinstance(order.legs[0].contract, OptionContract)
    )
    year = 0.03 * desk.known.nav - desk.known.hedge_premium_year
    assert worst <= max(year, 0.0) + 1e-6


@given(STEPS, st.integers(1, 39))
def test_what_comes_later_changes_no_decision(path: list[dict[str, float]], cut: int) -> None:
    """The same path cut off, on a history that ends there, gives the same decisions."""
    whole = decisions_of(path)
    part = decisions_of(path[:cut])
    assert part == whole[: len(part)]


def decisions_of(path: list[dict[str, float]]) -> list[Decision]:
    history, market = world([step["vix"] for step in path], [2_700.0] * len(path), MONDAY)
    desk = Desk(history, market, rules_of())
    found = []
    for session, step in zip(history.sessions, path, strict=True):
        signals = {name: x for name, x in step.items() if name not in ("vix", "max_loss")}
        loss = int(step["max_loss"])
        found.append(desk.step(session, max_loss=loss, credit=loss // 3, **signals))
    return found


# --- words and speed -----------------------------------------------------------------------------


def test_every_session_has_one_trace_of_each_rule() -> None:
    history, market = world([15.0] * 8, [2_700.0] * 8, MONDAY)
    desk = Desk(history, market, rules_of())
    for session in history.sessions:
        decision = desk.step(session)
        assert [found.rule for found in decision.traces] == [
            "layer_1", "layer_2", "layer_3", "mix", "hedge",
        ]  # fmt: skip
        assert all(found.sentence and found.result for found in decision.traces)


def test_a_contract_without_a_delta_stops_the_trading_and_is_named() -> None:
    view = one_day(MONDAY, 18.3, **FLAT)
    own = lot(vix_call(21.0, date(2018, 2, 14)), 5, 1.0, opened=MONDAY)

    def no_delta(session: date, contract: Contract) -> object:
        return replace(type(market).mark(market, session, contract), delta=float("nan"))

    market = view._quotes
    market.mark = no_delta  # type: ignore[method-assign, assignment]
    known = facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT)
    decision = decide(view, row(MONDAY), known, book(own), NOTHING, rules_of(), ())
    assert decision.intents == ()
    assert trace(decision).result == "not counted"
