"""The loss table at the planned size, the cover of a hedge, the book that orders would leave."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from steward.pricing import stress
from steward.rules import ruleset
from steward.runs import recording
from steward.runs.backtest import Course, follow
from steward.runs.losses import FALLS, LastHeld, fall_losses
from steward.runs.plan import _after
from steward.runs.settings import Settings
from steward.terms.contracts import OptionContract
from steward.terms.trades import Lot


@pytest.fixture(scope="module")
def course(worlds: Any) -> Course:
    """A run that ends with condors open."""
    for seed in range(8):
        market = worlds.market(seed, 60)
        found = follow(market, Settings(rules=worlds.rules()))
        facts = found.desks["article"].facts
        if facts is not None and facts.condor_max_loss > 0:
            return found
    raise AssertionError("no seed ends with condors open")


def test_the_table_is_scaled_to_the_planned_share(course: Course) -> None:
    desk, rules = course.desks["article"], ruleset.load("article")
    facts = desk.facts
    assert facts is not None
    held = LastHeld()
    held.see(desk, course.view)
    found = held.losses(rules)
    assert found is not None
    step = int(desk.condor_memory["allocation_step"])
    assert found.share == rules.allocation.steps_percent[step] / 100.0
    factor = found.share * facts.nav / facts.condor_max_loss
    plain = fall_losses(desk.account.lots, course.view, facts.nav, rules)
    for name in ("unhedged_cents", "hedged_cents"):
        for scaled, one in zip(found.table[name], plain[name], strict=True):
            assert scaled == pytest.approx(factor * one, abs=1.0)
    assert found.table["fall"].to_list() == list(FALLS)
    assert factor != pytest.approx(1.0, abs=0.01)


def test_condors_lose_no_more_than_they_can_whatever_the_fall(course: Course) -> None:
    desk = course.desks["unhedged"]
    assert desk.facts is not None
    table = fall_losses(desk.account.lots, course.view, desk.facts.nav, ruleset.load("article"))
    worth = sum(desk.marked.values.values())
    most = desk.facts.condor_max_loss + desk.facts.condor_credit + abs(worth)
    assert (table["unhedged_cents"] >= -most).all()
    assert (table["hedged_cents"] == table["unhedged_cents"]).all()  # this ledger has no hedge


@pytest.mark.parametrize(("loss", "cover"), [(-1_000.0, 0.5), (-100.0, 5.0), (-99.0, None)])
def test_a_cover_of_next_to_nothing_is_no_figure(
    monkeypatch: pytest.MonkeyPatch, loss: float, cover: float | None
) -> None:
    """Of a maximum loss of 1,000 cents a stress must cost 100 at least."""
    condor, hedge = (SimpleNamespace(purpose=p) for p in ("condor", "layer_1"))

    def change(lots: Any, *_: Any) -> float:
        return sum(loss if lot.purpose == "condor" else 500.0 for lot in lots)

    monkeypatch.setattr(stress, "structure_change", change)
    lots: Any = (condor, hedge)
    view: Any = None
    assert recording.cover(view, lots, ruleset.load("article"), 1_000) == cover


def test_the_book_after_the_orders(course: Course, worlds: Any) -> None:
    """Closing orders take their lots away, whole or in part; opening ones add theirs."""
    desk = course.desks["article"]
    lots = desk.account.lots
    opened = [x for one in desk.decided for x in one.placed.orders]
    closing = _closing_order(lots)
    left = _after(lots, [closing], course.view)
    gone = {leg.lot_id for leg in closing.legs}
    assert {lot.lot_id for lot in left} == {lot.lot_id for lot in lots} - gone
    assert [lot.quantity for lot in _after(lots, [], course.view)] == [lot.quantity for lot in lots]
    del opened, worlds


def _closing_order(lots: Any) -> Any:
    from steward.terms.trades import Leg, Order

    structure = next(lot.structure_id for lot in lots if lot.purpose == "condor")
    legs = [lot for lot in lots if lot.structure_id == structure]
    units = abs(legs[0].quantity)
    return Order(
        order_id="close",
        intent_id="close",
        session=legs[0].opened,
        purpose="condor",
        action="close",
        structure_id=structure,
        legs=tuple(
            Leg(contract=x.contract, quantity=-x.quantity // units, lot_id=x.lot_id) for x in legs
        ),
        quantity=units,
        limit=0,
        worst=None,
        fill_share=0.5,
        reason="because",
    )


def test_half_a_lot_stays(course: Course) -> None:
    lots = [replace(lot, quantity=2 * lot.quantity) for lot in course.desks["article"].account.lots]
    closing = _closing_order(course.desks["article"].account.lots)
    left = {lot.lot_id: lot.quantity for lot in _after(lots, [closing], course.view)}
    for leg in closing.legs:
        was = next(lot.quantity for lot in lots if lot.lot_id == leg.lot_id)
        assert left[leg.lot_id] == was // 2


def test_what_a_roll_buys_stands_at_its_own_price(course: Course) -> None:
    """A roll whose old call is dear has a credit as its net; the new call still cost its mid."""
    from steward.terms.trades import Leg, Order

    view = course.view
    series = view.expiries("VIX")
    calls = [
        OptionContract(root="VIX", expiry=series[n].day, strike=strike, right="C", settlement="AM")
        for n, strike in ((0, 10.0), (2, 30.0))
    ]
    old = Lot(
        lot_id="old",
        structure_id="old",
        purpose="layer_1",
        contract=calls[0],
        quantity=1,
        price=5_000,
        opened=view.session,
        variation_price=5_000,
    )
    roll = Order(
        order_id="roll",
        intent_id="roll",
        session=view.session,
        purpose="layer_1",
        action="open",
        structure_id="new",
        legs=(
            Leg(contract=calls[0], quantity=-1, lot_id="old"),
            Leg(contract=calls[1], quantity=1),
        ),
        quantity=1,
        limit=-70_000,
        worst=None,
        fill_share=0.5,
        reason="because",
    )
    (new,) = _after([old], [roll], view)
    assert new.contract == calls[1]
    assert new.price == view.mark(calls[1]).mid_twice // 2 > 0
