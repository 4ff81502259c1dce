"""The hedge as one decision: what is bought, sold and rolled, when, and what never is."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.view import as_of
from steward.orders.hedges import place_hedges
from steward.rules import hedge as rule
from steward.rules.hedge import decide, exposure, hedge_ratio
from steward.signals.rows import Reading
from steward.terms import calendar
from steward.terms.contracts import Contract, OptionContract, vx
from steward.terms.trades import (
    HEDGE_PURPOSES,
    NOTHING,
    Decision,
    Intent,
    Leg,
    Lot,
    Order,
    Trace,
)

from .hedge_market import (
    Desk,
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

MONDAY, TUESDAY = date(2018, 1, 8), date(2018, 1, 9)
FLAT = {"long_level": 18.3}
"""With VIX at 18.3 every future stands at 18.3, as in the worked example of D0."""

MAX_LOSS, CREDIT = 7_580_000, 2_420_000
"""Cents: the condors of that example."""

SPIKE = {"cap_vol_z_252": 2.5, "cap_vol_change_5_pct": 60.0}
BOTH = {"rsi_14": 80.0, "ad_divergence": 1.0}


def first_decision(
    session: date = MONDAY,
    *,
    max_loss: int = MAX_LOSS,
    credit: int = CREDIT,
    lots: tuple[Lot, ...] = (),
    pending: tuple[Order, ...] = (),
    changed: dict[str, object] | None = None,
    **signals: float | Reading,
) -> Decision:
    """Of a ledger without memory, in the market of the worked example."""
    return decide(
        one_day(session, 18.3, **FLAT),
        row(session, **signals),
        facts(session, max_loss=max_loss, credit=credit),
        book(*lots),
        NOTHING,
        rules_of(**(changed or {})),
        pending,
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


def trace(decision: Decision, name: str = "hedge") -> Trace:
    return next(found for found in decision.traces if found.rule == name)


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
    assert "from a maximum loss of 7,320 on" in trace(decision).sentence


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
    assert "no VIX option is quoted yet" in trace(decision).sentence
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


def closing(decision: Decision) -> list[Intent]:
    return [intent for intent in decision.intents if intent.action == "close"]


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


# --- rolls ---------------------------------------------------------------------------------------


def test_a_lot_at_its_floor_is_rolled_whole_in_one_order() -> None:
    session = date(2018, 1, 24)  # a Wednesday, 21 days before 02-14
    call = vix_call(21.0, date(2018, 2, 14))
    own = lot(call, 5, 1.0, opened=MONDAY, name="x")
    decision = decide(
        one_day(session, 18.3, **FLAT), row(session),
        facts(session, max_loss=MAX_LOSS, credit=CREDIT), book(own),
        {"layer_1_on": 1.0, "bucket|x": "front"}, rules_of(), (),
    )  # fmt: skip
    (roll,) = decision.intents
    assert (roll.action, roll.purpose, roll.size) == ("open", "layer_1", 5.0)
    assert [(leg.quantity, leg.lot_id) for leg in roll.legs] == [(-1, own.lot_id), (1, "")]
    assert roll.structure_id != own.structure_id
    assert decision.memory[f"bucket|{roll.structure_id}"] == "front"
    assert "21 days left, its floor is 21" in roll.reason
    placed = place_hedges(
        decision.intents,
        one_day(session, 18.3, **FLAT),
        facts(session, max_loss=MAX_LOSS, credit=CREDIT),
        rules_of(),
    )
    assert [order.quantity for order in placed.orders] == [5]


def test_a_roll_that_was_refused_is_asked_again_under_another_name() -> None:
    own = lot(vix_call(21.0, date(2018, 2, 14)), 5, 1.0, opened=MONDAY, name="x")
    names = []
    memory: dict[str, float | str] = {"layer_1_on": 1.0, "bucket|x": "front"}
    for session in (date(2018, 1, 24), date(2018, 1, 25)):
        decision = decide(
            one_day(session, 18.3, **FLAT), row(session),
            facts(session, max_loss=MAX_LOSS, credit=CREDIT), book(own), memory, rules_of(), (),
        )  # fmt: skip
        memory = dict(decision.memory)
        names += [intent.intent_id for intent in decision.intents]
    assert len(set(names)) == 2


def test_a_roll_that_would_lift_the_ratio_above_its_target_waits() -> None:
    """Lots that decayed are topped up; rolled back to their full delta they would be too many."""
    session = date(2018, 1, 24)
    old = lot(vix_call(30.0, date(2018, 2, 14)), 5, 1.0, opened=MONDAY, name="old")
    full = first_decision().intents[0].legs[0].contract
    new = lot(vix_call(21.0, date(2018, 3, 21)), 5, 1.5, opened=MONDAY, name="new")
    assert isinstance(full, OptionContract)
    decision = decide(
        one_day(session, 18.3, **FLAT), row(session),
        facts(session, max_loss=MAX_LOSS, credit=CREDIT), book(old, new), {"layer_1_on": 1.0},
        rules_of(), (),
    )  # fmt: skip
    assert decision.intents == ()
    assert "1 due for a roll wait" in trace(decision).sentence


def test_in_a_spike_layer_three_shifts_lots_forward_once() -> None:
    history, market = world([18.3] * 15, [2_700.0] * 15, MONDAY)
    market.long_level = 18.3
    rules = rules_of(roll={"extrinsic_share": None}, premium_cap_open_percent=1_000.0,
                     premium_cap_nav_per_year_percent=100.0)  # fmt: skip
    desk = Desk(history, market, rules)
    desk.step(history.sessions[0])
    shifts = []
    for session in history.sessions[1:]:
        decision = desk.step(session, **SPIKE)
        shifts += [i for i in decision.intents if "layer 3 is on" in i.reason]
    # The three front calls of 37 days go to March; those of 2018-03-21 come under 45 days in
    # February, and were shifted before.
    assert {i.legs[0].contract.expiry for i in shifts} == {date(2018, 2, 14)}
    assert len(shifts) == 1
    assert {leg.contract.expiry for i in shifts for leg in i.legs if not leg.lot_id} == {
        date(2018, 3, 21)
    }
    episode = {x for key, x in desk.memory.items() if key.startswith("shifted|")}
    assert episode == {"2018-01-09"}


def test_a_gain_is_halved_and_part_of_it_goes_into_the_next_tenor() -> None:
    """Ten calls bought at 0.40, now worth several times that: five are sold."""
    call = vix_call(21.0, date(2018, 2, 14))
    own = lot(call, 10, 0.40, opened=MONDAY)
    decision = first_decision(
        TUESDAY, lots=(own,), max_loss=10 * MAX_LOSS, credit=10 * CREDIT, stress_now=1.0
    )
    sale = closing(decision)[0]
    assert (round(sale.size), sale.fill_share) == (5, 1.0)  # a spike takes the touch
    again = next(i for i in decision.intents if "gain taken" in i.reason)
    assert again.instrument == "front"  # bought at 37 days it is a short call: the next tenor
    view = one_day(TUESDAY, 18.3, **FLAT)
    quote, cost = view.mark(call), view.mark(again.legs[0].contract)
    proceeds = 5 * quote.bid / 100.0  # sold at the bid: k = 1
    half_way = (cost.bid + cost.ask) / 2 + (cost.ask - cost.bid) / 4  # bought at k = 0.5
    assert again.detail["contracts"] == 0.6 * proceeds // (half_way / 100.0)


def test_a_gain_without_room_or_without_condors_stays_cash() -> None:
    own = lot(vix_call(21.0, date(2018, 2, 14)), 10, 0.40, opened=MONDAY)
    for loss, words in ((0, "no room under a ratio of 100 %"), (MAX_LOSS // 20, "no room")):
        decision = first_decision(TUESDAY, lots=(own,), max_loss=loss)
        assert [i.action for i in decision.intents if "gain" in i.reason] == ["close"]
        assert words in trace(decision).sentence
    small = lot(vix_call(21.0, date(2018, 2, 14)), 2, 0.40, opened=MONDAY)
    dear = {"buckets": {**hedge_buckets(), "long": {**hedge_buckets()["long"], "days_max": 130}}}
    decision = first_decision(TUESDAY, lots=(small,), max_loss=10 * MAX_LOSS, changed=dear)
    assert any(i.action == "close" for i in decision.intents)


def hedge_buckets() -> dict[str, dict[str, object]]:
    return {name: dict(bucket) for name, bucket in hedge_of().buckets.items()}


# --- mixes ---------------------------------------------------------------------------------------


def test_a_window_decides_what_is_bought_and_switches_nothing() -> None:
    history, market = world([18.3] * 20, [2_700.0] * 20, MONDAY)
    market.long_level = 18.3
    desk = Desk(history, market, rules_of(roll={"extrinsic_share": None}))
    bought = set()
    for session in history.sessions:
        decision = desk.step(session, sessions_to_fomc=3.0 if session == MONDAY else 20.0)
        bought |= {i.instrument for i in decision.intents if len(i.legs) == 1}
        assert not closing(decision)
    # Half of a future is 17 units of 5: its part goes to calls of 90 to 150 days, and stays there.
    assert bought == {"long"}


def test_held_positions_follow_a_state_that_has_held_three_closes() -> None:
    history, market = world([18.3] * 16, [2_700.0] * 16, MONDAY)
    market.long_level = 18.3
    desk = Desk(history, market, rules_of(roll={"extrinsic_share": None}))
    switched: list[tuple[str, Intent]] = []
    for session in history.sessions:
        late = session >= date(2018, 1, 18)
        decision = desk.step(session, contained=1.0 if late else 0.0)
        switched += [
            (session.isoformat(), i) for i in decision.intents if "the mix has been" in i.reason
        ]
    # Contained from 01-18 on: three closes by 01-22, a check. The far calls roll into near ones;
    # the front calls (23 days by then) roll as well, being outside of 28 to 50 days.
    assert switched
    assert {day for day, _ in switched} == {"2018-01-22"}
    assert {i.instrument for _, i in switched} == {"short"}
    assert {x for key, x in desk.memory.items() if key.startswith("mix|")} == {"short_calls"}


def to_long_dated(
    k: int, *lots: Lot, half: float = 0.05, extrinsic: float = 1.0, **known: int
) -> Decision:
    """The third close of long_dated, a Monday, on a book of k examples bought in the base mix."""
    memory: dict[str, float | str] = {
        "layer_1_on": 1.0, "layer_1_target": 0.125, "mix": "long_dated", "mix_closes": 2.0,
        "mix_long_dated": 1.0, "mix_short_calls": 0.0,
    }  # fmt: skip
    for one in lots:
        memory |= {f"bucket|{one.structure_id}": "front", f"mix|{one.structure_id}": "base"}
        memory |= {f"extrinsic|{one.structure_id}": extrinsic}
    return decide(
        one_day(MONDAY, 18.3, half=half, **FLAT), row(MONDAY, rate_rising=1.0),
        facts(MONDAY, max_loss=k * MAX_LOSS, credit=k * CREDIT, **{"nav": 10**10, **known}),
        book(*lots), memory, rules_of(), (),
    )  # fmt: skip


FRONT = vix_call(21.0, date(2018, 2, 14))


def test_calls_are_sold_for_futures_and_bought_again_in_units() -> None:
    """To long_dated a large book needs futures: no package, so a sale and a purchase."""
    k = 40
    own = lot(FRONT, 5 * k, 1.0, opened=MONDAY, name="x")
    decision = to_long_dated(k, own)
    sales, buys = closing(decision), [i for i in decision.intents if i.action == "open"]
    assert [round(i.size) for i in sales] == [5 * k]
    assert {i.instrument for i in buys} == {"vx", "long", "put"}
    again = sum(i.size for i in buys if "bought again" in i.reason)
    unit = buys[0].detail["max_loss_cents"] / 100.0
    assert unit == k * 75_800.0
    assert again == pytest.approx(decision_units(own, k), abs=0.6)


def test_calls_roll_into_calls_where_the_mix_comes_down_to_calls() -> None:
    """Five calls are too few for a future or a put: their part passes on to the far calls."""
    decision = to_long_dated(1, lot(FRONT, 5, 1.0, opened=MONDAY, name="x"))
    (roll,) = decision.intents
    assert (len(roll.legs), roll.instrument, roll.size) == (2, "long", 5.0)
    # Calls that decayed are not rolled back to more than the target and the band.
    far = lot(vix_call(40.0, date(2018, 2, 14)), 60, 1.0, opened=MONDAY, name="y")
    waiting = to_long_dated(1, far, extrinsic=0.05)
    assert "1 wait with their switch" in trace(waiting).sentence


def test_a_switch_that_costs_too_much_or_has_no_room_leaves_what_is_held() -> None:
    k = 40
    own = lot(FRONT, 5 * k, 9.0, opened=MONDAY, name="x")
    dear = to_long_dated(k, own, half=4.0)
    assert closing(dear) == []
    assert "leaving front would cost more than it is worth" in trace(dear).sentence
    # To sell what the caps would not let one buy again would strip the hedge.
    full = to_long_dated(k, own, hedge_premium_year=3 * 10**8)
    assert closing(full) == []
    assert "has no room to buy anew" in trace(full).sentence


def test_a_call_that_the_new_mix_would_buy_itself_changes_its_name_alone() -> None:
    """37 days: a front call is a short call too."""
    own = lot(FRONT, 5, 1.0, opened=MONDAY, name="x")
    memory = {
        "layer_1_on": 1.0, "layer_1_target": 0.125, "mix": "short_calls", "mix_closes": 2.0,
        "bucket|x": "front", "mix|x": "base", "extrinsic|x": 1.0,
    }  # fmt: skip
    decision = decide(
        one_day(MONDAY, 18.3, **FLAT), row(MONDAY, contained=1.0),
        facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(own), memory, rules_of(), (),
    )  # fmt: skip
    assert decision.intents == ()
    assert decision.memory["bucket|x"] == "short"
    assert decision.memory["mix|x"] == "short_calls"


def test_selling_down_that_costs_more_than_it_is_worth_waits() -> None:
    own = lot(FRONT, 12, 9.0, opened=MONDAY, purpose="layer_2", name="x")
    memory = {"layer_1_on": 1.0, "sell_checks": 3.0, "layer_1_target": 0.125, "extrinsic|x": 0.1}
    decision = decide(
        one_day(MONDAY, 18.3, half=4.0, **FLAT), row(MONDAY),
        facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(own), memory, rules_of(), (),
    )  # fmt: skip
    assert decision.intents == ()
    assert "selling down would cost more than it is worth" in trace(decision).sentence
    assert decision.memory["sell_checks"] == 2.0


def test_a_lot_with_nothing_to_roll_into_stays() -> None:
    """Past the last listed series there is nothing."""
    view = one_day(MONDAY, 18.3, **FLAT)
    last = view.expiries("VIX")[-1].day
    own = lot(vix_call(25.0, last), 5, 9.0, opened=MONDAY, name="x")
    rules = rules_of(
        buckets={
            **hedge_buckets(),
            "long": {**hedge_buckets()["long"], "days_min": 400, "days_target": 400,
                     "days_max": 500, "floor_days": 399},
        }
    )  # fmt: skip
    decision = decide(
        view, row(MONDAY), facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(own),
        {"layer_1_on": 1.0, "bucket|x": "long", "extrinsic|x": 0.1}, rules, (),
    )  # fmt: skip
    assert f"nothing in long to roll {own.contract.key} into" in trace(decision).sentence


def test_a_future_near_its_end_goes_on_by_the_decision_itself() -> None:
    session = date(2018, 1, 31)  # decided 10 sessions before 02-14, filled 9 before it
    future = vx(date(2018, 2, 14))
    decision = decide(
        one_day(session, 18.3, **FLAT), row(session),
        facts(session, max_loss=100 * MAX_LOSS, credit=CREDIT), book(lot(future, 8, 18.0,
        opened=MONDAY)), {"layer_1_on": 1.0}, rules_of(), (),
    )  # fmt: skip
    (roll,) = decision.intents
    assert roll.size == 2.0  # of 8, over the 4 sessions that are left
    assert roll.legs[1].contract == vx(date(2018, 3, 21))


def test_a_book_that_still_holds_a_hedge_is_never_called_empty() -> None:
    """Without memory and without quotes, as a plan may begin."""
    view = one_day(MONDAY, 18.3, silent={MONDAY})
    own = lot(FRONT, 5, 1.0, opened=MONDAY)
    found = decide(view, row(MONDAY), facts(MONDAY, max_loss=1), book(own), NOTHING, rules_of(), ())
    assert trace(found).result == "no quotes"


def decision_units(own: Lot, k: int) -> float:
    view = one_day(MONDAY, 18.3, **FLAT)
    ratio = hedge_ratio(view, [own], k * MAX_LOSS, hedge_of())
    assert ratio is not None
    return ratio * k * 75_800.0 / 1_830.0


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


def test_a_session_without_a_check_is_quick() -> None:
    history, market = world([18.3] * 12, [2_700.0] * 12, MONDAY)
    market.long_level = 18.3
    desk = Desk(history, market, rules_of())
    for session in history.sessions[:3]:
        desk.step(session, **BOTH)
    session = history.sessions[3]
    desk.step(session, **BOTH)
    view = as_of(history, market, session)
    marks = {x.contract: view.mark(x.contract) for x in desk.account.lots}
    market.mark = lambda _, contract: marks[contract]  # type: ignore[method-assign]
    known, day, rules = facts(session, max_loss=MAX_LOSS), row(session, **BOTH), rules_of()
    assert not calendar.is_first_of_week(session)
    took = []
    for _ in range(200):
        begun = time.perf_counter()
        decision = decide(view, day, known, desk.account.book, desk.memory, rules, ())
        took.append(time.perf_counter() - begun)
    assert trace(decision).result == "no check"
    assert median(took) < 400e-6  # 150 microseconds on a quiet machine
