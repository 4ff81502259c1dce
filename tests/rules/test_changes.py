"""Sizes of a check: what each layer lacks, in whole units, and what is sold down."""

from __future__ import annotations

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.rules import changes
from steward.rules.rolls import Held
from steward.rules.rounding import half_down
from steward.terms.trades import HEDGE_PURPOSES, Purpose

from .hedge_market import hedge_of, lot, vix_call

OPENED, EXPIRY, LATER = date(2018, 1, 8), date(2018, 2, 14), date(2018, 3, 21)
LISTED = Quote(
    bid=9_000, ask=11_000, quality="modelled", forward=15.0, vol=0.9, delta=0.3, gamma=0.0,
    vega=0.0, theta=0.0,
)  # fmt: skip


def held(quantity: int, purpose: Purpose, expiry: date = EXPIRY, name: str = "a") -> Held:
    return Held(
        lot=lot(vix_call(18.0, expiry), quantity, 1.0, opened=OPENED, purpose=purpose, name=name),
        quote=LISTED,
        bucket="front",
        days=(expiry - OPENED).days,
        extrinsic=1.0,
        intrinsic=0.0,
    )


def test_each_layer_owns_its_increment() -> None:
    """Targets of 5, 12 and 40 units: 5 for layer 1, 7 for layer 2, 28 for layer 3."""
    assert changes.needs((5.0, 12.0, 40.0), {}) == {"layer_1": 5.0, "layer_2": 7.0, "layer_3": 28.0}
    # 3 units of layer 1 are there; 2 of it and all of the others are lacking.
    assert changes.needs((5.0, 12.0, 12.0), {"layer_1": 3.0}) == {
        "layer_1": 2.0, "layer_2": 7.0, "layer_3": 0.0,
    }  # fmt: skip
    # Layer 1 is at 9 of its 5: its surplus of 4 leaves 3 of the 7 to buy.
    assert changes.needs((5.0, 12.0, 12.0), {"layer_1": 9.0})["layer_2"] == 3.0


@given(
    st.tuples(st.floats(0.0, 40.0), st.floats(0.0, 40.0), st.floats(0.0, 40.0)),
    st.dictionaries(st.sampled_from(HEDGE_PURPOSES), st.floats(0.0, 60.0)),
)
def test_together_the_layers_lack_what_the_highest_target_lacks(
    steps: tuple[float, float, float], have: dict[Purpose, float]
) -> None:
    targets = (steps[0], steps[0] + steps[1], sum(steps))
    found = changes.needs(targets, have)
    assert all(units >= 0.0 for units in found.values())
    lacking = max(targets[-1] - sum(have.values()), 0.0)
    assert sum(found.values()) == pytest.approx(lacking, abs=1e-9)


def test_units_are_rounded_on_their_running_sum() -> None:
    """D0's example: 5.18 calls at 12.5 %, 12.43 at 30 %: 5 and then 7, in all 12."""
    wanted: dict[Purpose, float] = {"layer_1": 5.18, "layer_2": 12.43 - 5.18}
    assert changes.whole_units(wanted, 100.0) == {"layer_1": 5, "layer_2": 7}
    # Two halves: a half goes down alone, but not twice.
    assert changes.whole_units({"layer_1": 0.5, "layer_2": 0.5}, 100.0) == {"layer_2": 1}


@given(
    st.tuples(st.floats(0.0, 40.0), st.floats(0.0, 40.0), st.floats(0.0, 40.0)),
    st.floats(-5.0, 150.0),
)
def test_whole_units_come_to_the_rounded_sum_and_never_above_the_room(
    units: tuple[float, float, float], room: float
) -> None:
    found = changes.whole_units(dict(zip(HEDGE_PURPOSES, units, strict=True)), room)
    total = sum(found.values())
    assert total == min(half_down(sum(units)), max(math.floor(room + 1e-9), 0))
    assert all(count >= 1 for count in found.values())


def test_the_highest_layer_is_sold_first_in_equal_parts() -> None:
    lots = [held(6, "layer_2", name="two"), held(4, "layer_3", LATER, name="three")]
    weights = {one.lot.lot_id: 1.0 for one in lots}
    off: tuple[Purpose, ...] = ("layer_2", "layer_3")
    first = changes.sell_down(lots, weights, off, 9.0, 3)  # 9 units over 3 checks: 3
    assert [(m.held.lot.purpose, m.quantity) for m in first] == [("layer_3", 3)]
    second = changes.sell_down(lots, weights, off, 12.0, 2)  # 6: all 4 of layer 3, then 2
    assert [(m.held.lot.purpose, m.quantity) for m in second] == [("layer_3", 4), ("layer_2", 2)]
    assert changes.sell_down(lots, weights, ("layer_3",), 0.4, 1) == ()


@given(
    st.lists(
        st.tuples(st.integers(1, 20), st.sampled_from(HEDGE_PURPOSES), st.floats(0.05, 40.0)),
        min_size=1,
        max_size=8,
    ),
    st.floats(0.0, 300.0),
    st.integers(1, 3),
)
def test_sales_stay_within_the_lots_and_the_layers_that_are_off(
    some: list[tuple[int, Purpose, float]], excess: float, checks: int
) -> None:
    lots = [held(n, purpose, name=str(i)) for i, (n, purpose, _) in enumerate(some)]
    weights = {one.lot.lot_id: some[i][2] for i, one in enumerate(lots)}
    moves = changes.sell_down(lots, weights, ("layer_2", "layer_3"), excess, checks)
    sold = sum(m.quantity * weights[m.held.lot.lot_id] for m in moves)
    assert all(m.into is None and 1 <= m.quantity <= m.held.lot.quantity for m in moves)
    assert all(m.held.lot.purpose != "layer_1" for m in moves)
    assert len({m.held.lot.lot_id for m in moves}) == len(moves)
    assert sold <= excess / checks + max(weights.values()) / 2.0 + 1e-6


def test_small_buckets_are_left_alone() -> None:
    lots = [held(1, "layer_1", name="a"), held(5, "layer_1", name="b")]
    small, large = lots[0], lots[1]
    weights = {one.lot.lot_id: 1.0 for one in lots}
    assert changes.large_buckets([small], weights, 2.0) == {}
    assert changes.large_buckets([small, large], weights, 2.0) == {"front": [small, large]}


def test_a_lot_that_another_bucket_would_buy_is_in_its_tenor() -> None:
    hedge = hedge_of()
    one = held(1, "layer_1")  # 37 days
    assert changes.in_tenor(hedge, one, "short")
    assert not changes.in_tenor(hedge, one, "long")
    assert not changes.in_tenor(hedge, one, "put")
