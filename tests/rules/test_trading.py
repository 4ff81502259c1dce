"""Rolls, gains and switches as the decision makes them, session by session."""

from __future__ import annotations

from datetime import date

import pytest

from steward.orders.hedges import place_hedges
from steward.rules import changes, checks
from steward.rules.hedge import decide, hedge_ratio
from steward.terms.contracts import OptionContract, vx
from steward.terms.errors import StewardError
from steward.terms.trades import NOTHING, Decision, Intent, Lot, Purpose

from .hedge_desk import (
    CREDIT,
    FLAT,
    MAX_LOSS,
    MONDAY,
    SPIKE,
    TUESDAY,
    Desk,
    closing,
    first_decision,
    hedge_buckets,
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
    assert "21 days left, rolled on at 21 or fewer" in roll.reason
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
    assert "1 lot due for a roll: not rolled now" in trace(decision).sentence


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
    assert "1 lot not switched to the new mix now" in trace(waiting).sentence


def test_a_switch_that_costs_too_much_or_has_no_room_leaves_what_is_held() -> None:
    k = 40
    own = lot(FRONT, 5 * k, 9.0, opened=MONDAY, name="x")
    dear = to_long_dated(k, own, half=4.0)
    assert closing(dear) == []
    assert "leaving front (30-60 days) would cost more than it is worth" in trace(dear).sentence
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
    with pytest.raises(StewardError, match="'nobody' has no price list"):
        decide(
            one_day(MONDAY, 18.3, **FLAT), row(MONDAY),
            facts(MONDAY, max_loss=MAX_LOSS, credit=CREDIT), book(own), memory, rules_of(), (),
            broker="nobody",
        )  # fmt: skip


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
    words = f"nothing of long (400-500 days) to roll {own.contract.key} into"
    assert words in trace(decision).sentence


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


def test_a_layer_buys_what_it_lacks_though_another_holds_beyond_its_part() -> None:
    """Units: parts 2, 2, 9 of 13; layer 1 holds 3.3 of its 2, so that layer 3 buys 1.3 less."""
    held: dict[Purpose, float] = {"layer_1": 3.3}
    targets = (2.0, 4.0, 13.0)
    wanted = changes.needs(targets, held)
    assert wanted == pytest.approx({"layer_1": 0.0, "layer_2": 2.0, "layer_3": 7.7})
    assert checks.lacking_words(targets, held, wanted) == {
        "layer_1": "lacks 0.0 of its 2.0 call units",
        "layer_2": "lacks 2.0 of its 2.0 call units",
        "layer_3": "lacks 9.0 of its 9.0 call units, 1.3 of which other layers hold beyond theirs",
    }
