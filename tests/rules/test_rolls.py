"""Time-Shift: what is due for a roll, what is taken of a gain, how futures go on."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.rules import rolls
from steward.rules.hedge_units import standard_call
from steward.rules.layers import Kept
from steward.rules.rolls import Due, Held, Move
from steward.terms import calendar
from steward.terms.contracts import E4, Contract, vx
from steward.terms.trades import NOTHING, Lot, Memory, Purpose

from .hedge_market import hedge_of, lot, one_day, spx_put, vix_call

HEDGE = hedge_of()
MONDAY = date(2018, 1, 8)
JANUARY, FEBRUARY, MARCH = date(2018, 1, 17), date(2018, 2, 14), date(2018, 3, 21)


def held(
    *,
    quantity: int = 4,
    strike: float = 18.0,
    paid: float = 1.0,
    mid: float = 1.0,
    days: int = 37,
    bucket: str = "front",
    forward: float = 15.0,
    purpose: Purpose = "layer_1",
    name: str = "a",
    extrinsic: float = 1.0,
    contract: Contract | None = None,
) -> Held:
    """A lot of the March series, 37 days before its end unless said; prices in points."""
    chosen = contract or vix_call(strike, MARCH)
    own = lot(chosen, quantity, paid, opened=MONDAY, purpose=purpose, name=name)
    quote = Quote(
        bid=round((mid - 0.05) * E4), ask=round((mid + 0.05) * E4), quality="modelled",
        forward=forward, vol=0.9, delta=0.3, gamma=0.0, vega=0.0, theta=0.0,
    )  # fmt: skip
    return Held(
        lot=own,
        quote=quote,
        bucket=bucket,
        days=days,
        extrinsic=extrinsic,
        intrinsic=max(forward - strike, 0.0),
    )


def due(*some: Held, memory: Memory = NOTHING, episode: str = "") -> tuple[Due, ...]:
    return rolls.due(some, HEDGE, memory, episode)


# --- which lots are due --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bucket", "floor"), [("front", 21), ("short", 10), ("long", 60), ("put", 40)]
)
def test_a_lot_is_due_at_the_floor_of_its_bucket(bucket: str, floor: int) -> None:
    contract = spx_put(2_565.0, MARCH) if bucket == "put" else None
    assert due(held(days=floor + 1, bucket=bucket, contract=contract)) == ()
    found = due(held(days=floor, bucket=bucket, contract=contract))
    assert [(one.reason, one.forward) for one in found] == [
        (f"{floor} days left, rolled on at {floor} or fewer", True)
    ]


def test_a_lot_is_due_once_its_time_value_is_thirty_percent_of_that_at_purchase() -> None:
    assert due(held(mid=0.31)) == ()
    assert [one.forward for one in due(held(mid=0.30))] == [False]
    # In the money: 5.00 of its 5.25 are intrinsic, 0.25 of the 1.00 are left.
    assert len(due(held(mid=5.25, forward=23.0))) == 1
    assert due(held(mid=5.40, forward=23.0)) == ()
    # What was bought without time value cannot lose it.
    assert due(held(mid=0.0, extrinsic=0.0)) == ()


def test_layer_three_shifts_calls_of_the_lower_layers_that_are_out_of_the_money() -> None:
    near = held(days=44)
    assert due(near) == ()
    assert [one.shifted for one in due(near, episode="2018-01-08")] == [True]
    assert due(held(days=45), episode="2018-01-08") == ()
    assert due(held(days=44, purpose="layer_3"), episode="2018-01-08") == ()
    assert due(held(days=44, forward=19.0, mid=2.0), episode="2018-01-08") == ()  # in the money
    put = held(days=44, bucket="put", contract=spx_put(2_565.0, MARCH))
    assert due(put, episode="2018-01-08") == ()


def test_each_lot_is_shifted_once_an_episode() -> None:
    key = "shifted|a"
    again: Memory = {key: "2018-01-08"}
    assert due(held(days=44), memory=again, episode="2018-01-08") == ()
    assert len(due(held(days=44), memory=again, episode="2018-06-25")) == 1


def test_futures_are_not_rolled_as_options_are() -> None:
    future = held(contract=vx(FEBRUARY), days=3, mid=15.0, bucket="vx")
    assert due(future, episode="2018-01-08") == ()


# --- the roll itself -----------------------------------------------------------------------------


def test_a_roll_keeps_the_number_and_goes_beyond_floor_and_expiry() -> None:
    view = one_day(MONDAY)
    unit = standard_call(view, HEDGE)
    assert unit is not None
    one = held(contract=vix_call(18.0, FEBRUARY), quantity=5, days=37)
    move = rolls.option_roll(
        view, HEDGE, Due(held=one, reason="because", forward=True, rule="roll_floor"), "front", unit
    )
    assert isinstance(move, Move)
    assert move.into is not None
    assert move.quantity == 5
    assert move.into.contract.expiry == MARCH  # 72 days, the nearest after its own
    assert move.into.flag == "72 days to expiry, outside of 30 to 60"
    same = Due(held=one, reason="because", forward=False, rule="roll_floor")
    stays = rolls.option_roll(view, HEDGE, same, "front", unit)
    assert isinstance(stays, Move)
    assert stays.into is not None
    assert stays.into.contract.expiry == FEBRUARY  # 37 days, and 35 are asked for


def test_a_roll_into_the_contract_that_is_held_is_none() -> None:
    view = one_day(MONDAY)
    unit = standard_call(view, HEDGE)
    assert unit is not None
    first = held(contract=vix_call(18.0, FEBRUARY))
    move = rolls.option_roll(
        view,
        HEDGE,
        Due(held=first, reason="because", forward=False, rule="roll_floor"),
        "front",
        unit,
    )
    assert isinstance(move, Move)
    assert move.into is not None
    own = held(contract=move.into.contract)
    words = rolls.option_roll(
        view,
        HEDGE,
        Due(held=own, reason="because", forward=False, rule="roll_floor"),
        "front",
        unit,
    )
    assert isinstance(words, str)
    assert own.lot.contract.key in words


def test_a_rolled_call_stays_in_its_bucket_or_goes_to_calls_of_the_mix() -> None:
    lacking = {"front": 2.0, "long": 5.0, "vx": 9.0}
    one = held(bucket="short")
    assert rolls.destination(HEDGE, one, ("short",), {}) == "short"
    assert rolls.destination(HEDGE, one, ("front", "long"), lacking) == "long"
    assert rolls.destination(HEDGE, one, ("vx", "long", "put"), lacking) == "long"
    assert rolls.destination(HEDGE, one, ("vx",), lacking) == "short"


# --- gains ---------------------------------------------------------------------------------------


def test_half_of_what_gained_one_and_a_half_times_its_cost_is_sold_once() -> None:
    kept: Kept = {}
    gained = held(quantity=5, mid=2.5)  # paid 1.00: a gain of 150 %
    moves = rolls.monetise([gained, held(mid=2.49, name="b")], HEDGE, NOTHING, kept)
    assert [(m.held.lot.structure_id, m.quantity, m.into) for m in moves] == [("a", 2, None)]
    assert kept == {"monetised|a": 3.0}
    left = held(quantity=3, mid=4.0)
    assert rolls.monetise([left], HEDGE, kept, {}) == ()


def test_a_sale_that_did_not_trade_is_asked_again() -> None:
    kept: Kept = {}
    gained = held(quantity=4, mid=3.0)
    rolls.monetise([gained], HEDGE, NOTHING, kept)
    again = rolls.monetise([gained], HEDGE, kept, {})
    assert [m.quantity for m in again] == [2]


def test_lots_of_one_layer_and_bucket_are_halved_together() -> None:
    some = [held(quantity=1, mid=3.0, name=name) for name in "abc"]
    other = held(quantity=1, mid=3.0, name="d", purpose="layer_2")
    kept: Kept = {}
    moves = rolls.monetise([*some, other], HEDGE, NOTHING, kept)
    # Half of three, a half downwards, is one; half of the single call of layer 2 is none.
    assert [(m.held.lot.structure_id, m.quantity) for m in moves] == [("a", 1)]
    assert kept == {"monetised|a": 0.0, "monetised|b": 1.0, "monetised|c": 1.0}


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.floats(0.0, 6.0))
def test_never_more_than_half_is_sold(quantities: list[int], mid: float) -> None:
    some = [held(quantity=n, mid=mid + 0.05, name=str(i)) for i, n in enumerate(quantities)]
    moves = rolls.monetise(some, HEDGE, NOTHING, {})
    assert sum(m.quantity for m in moves) <= sum(quantities) / 2.0
    if mid + 0.05 < 2.5:
        assert moves == ()


def test_gains_are_left_alone_without_the_rule_and_on_futures() -> None:
    quiet = hedge_of(roll={"extrinsic_share": None, "monetise_gain": None})
    assert rolls.monetise([held(mid=9.0)], quiet, NOTHING, {}) == ()
    future = held(contract=vx(FEBRUARY), paid=10.0, mid=40.0, bucket="vx")
    assert rolls.monetise([future], HEDGE, NOTHING, {}) == ()
    assert rolls.due([held(mid=0.01)], quiet, NOTHING, "") == ()


def test_gains_go_to_the_next_longer_tenor() -> None:
    assert rolls.next_tenor("short", HEDGE) == "front"
    assert rolls.next_tenor("front", HEDGE) == "long"
    assert rolls.next_tenor("long", HEDGE) == "long"


# --- futures -------------------------------------------------------------------------------------


def parts_of(quantity: int) -> list[int]:
    """Contracts that go on at each fill, as the expiry of February 14th comes nearer."""
    sessions = calendar.sessions(date(2018, 1, 22), FEBRUARY)
    left, found = quantity, []
    for session in sessions:
        if not left:
            break
        view = one_day(session)
        one = held(contract=vx(FEBRUARY), quantity=left, paid=15.0, mid=15.0, bucket="vx")
        moves = rolls.future_rolls(view, HEDGE, [one], lambda v=view: standard_call(v, HEDGE))
        rolled = sum(m.quantity for m in moves)
        fill = calendar.next_session(session)
        if rolled:
            assert all(m.into is not None and m.into.contract == vx(MARCH) for m in moves)
            # Filled 6 to 10 sessions before settlement: five sessions, before the last five.
            assert 6 <= calendar.sessions_between(fill, FEBRUARY) <= 10
        left -= rolled
        found.append(rolled)
    assert left == 0
    return [n for n in found if n]


@pytest.mark.parametrize(
    ("quantity", "parts"),
    [(10, [2, 2, 2, 2, 2]), (5, [1, 1, 1, 1, 1]), (7, [1, 1, 1, 2, 2]), (2, [1, 1]), (1, [1])],
)
def test_a_future_goes_on_in_five_parts(quantity: int, parts: list[int]) -> None:
    assert parts_of(quantity) == parts


def test_what_missed_its_sessions_goes_on_whole() -> None:
    view = one_day(date(2018, 2, 9))
    one = held(contract=vx(FEBRUARY), quantity=3, mid=15.0, bucket="vx")
    moves = rolls.future_rolls(view, HEDGE, [one], lambda: standard_call(view, HEDGE))
    assert [m.quantity for m in moves] == [3]


def test_a_future_that_nothing_follows_stays() -> None:
    view = one_day(date(2018, 2, 9))
    last = vx(view.futures()[-1])
    one = held(contract=last, quantity=3, mid=15.0, bucket="vx")
    assert rolls.future_rolls(view, HEDGE, [one], lambda: standard_call(view, HEDGE)) == ()
    near = held(contract=vx(FEBRUARY), quantity=3, mid=15.0, bucket="vx")
    assert rolls.future_rolls(view, HEDGE, [near], lambda: None) == ()


# --- what is remembered of a lot -----------------------------------------------------------------


def remembered(lots: list[Lot], memory: Memory) -> tuple[tuple[Held, ...], Kept]:
    kept: Kept = {}
    found = rolls.holdings(one_day(MONDAY), HEDGE, lots, memory, kept)
    return found, kept


def test_a_lot_is_remembered_while_it_is_held_and_no_longer() -> None:
    own = lot(vix_call(18.0, FEBRUARY), 4, 0.85, opened=MONDAY, name="a")
    memory: Memory = {
        "bucket|a": "short", "mix|a": "short_calls", "shifted|a": "2018-01-08",
        "monetised|a": 2.0, "bucket|gone": "front", "extrinsic|gone": 1.0,
    }  # fmt: skip
    found, kept = remembered([own], memory)
    assert [one.bucket for one in found] == ["short"]
    # Out of the money at the close of its purchase: all it cost is time value.
    assert kept == {
        "bucket|a": "short", "mix|a": "short_calls", "shifted|a": "2018-01-08",
        "monetised|a": 2.0, "extrinsic|a": 0.85,
    }  # fmt: skip


def test_time_value_at_purchase_is_what_was_paid_above_the_forward() -> None:
    """Forward 16.6 or so at VIX 15: a 12 call bought at 6.00 had 4.6 of intrinsic value."""
    own = lot(vix_call(12.0, FEBRUARY), 1, 6.0, opened=MONDAY, name="a")
    found, kept = remembered([own], NOTHING)
    assert kept["extrinsic|a"] == pytest.approx(6.0 - (found[0].quote.forward - 12.0))
    assert found[0].intrinsic == pytest.approx(found[0].quote.forward - 12.0)
    # Later it is what was remembered, not what that day's forward would say.
    later, _ = remembered([own], {"extrinsic|a": 0.5})
    assert later[0].extrinsic == 0.5


def test_a_lot_that_nothing_is_remembered_of_belongs_to_the_nearest_tenor() -> None:
    lots = [
        lot(vix_call(18.0, FEBRUARY), 1, 1.0, opened=MONDAY),  # 37 days: 35 is nearer than 45
        lot(vix_call(20.0, date(2018, 5, 16)), 1, 1.0, opened=MONDAY),
        lot(vx(MARCH), 1, 15.0, opened=MONDAY),
        lot(spx_put(2_565.0, MARCH), 1, 20.0, opened=MONDAY),
        lot(spx_put(2_500.0, MARCH), -1, 20.0, opened=MONDAY, purpose="condor"),
    ]
    found, _ = remembered(lots, NOTHING)
    assert [one.bucket for one in found] == ["short", "put", "vx", "long"]
    expiries = [one.lot.contract.expiry for one in found]
    assert expiries == sorted(expiries)
