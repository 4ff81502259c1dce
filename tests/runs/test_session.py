"""One session of a ledger, step by step: what comes before what, and at which rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from steward.ledger.fills import Simulator
from steward.market.history import Series
from steward.rules import ruleset
from steward.runs import session
from steward.runs.desk import Decided, Desk
from steward.runs.session import World
from steward.runs.settings import DEBIT_SPREAD
from steward.signals.compute import compute
from steward.terms.contracts import OptionContract, vx
from steward.terms.trades import Action, Leg, Order

CAPITAL = 25_000_000


@pytest.fixture(scope="module")
def world(worlds: Any) -> World:
    market = worlds.market(3, 80)
    return World(
        history=market.history,
        quotes=market.quotes,
        signals=compute(market.history),
        venue=Simulator(),
    )


def desk(name: str = "unhedged") -> Desk:
    return Desk(name, ruleset.load("unhedged"))


def to(world: World, mine: Desk, row: int, *, flow: int = 0) -> None:
    """Carry a ledger to the session in that row."""
    days = world.history.sessions
    last = None if mine.facts is None else mine.account.session
    session.happen([mine], world, world.view(days[row]), flow=flow, last=last)


def order(world: World, row: int, legs: tuple[Leg, ...], action: Action) -> Order:
    return Order(
        order_id=f"{row} {action}",
        intent_id=f"i{row} {action}",
        session=world.history.sessions[row],
        purpose="layer_1",
        action=action,
        structure_id="A",
        legs=legs,
        quantity=1,
        limit=0,
        worst=None,
        fill_share=0.5,
        reason="because",
    )


def send(mine: Desk, wanted: Order) -> None:
    mine.account.intents.begin(mine.account.session, wanted.intent_id)
    mine.account.send([wanted])


def test_what_expires_settles_before_anything_is_traded(world: World) -> None:
    """A put bought and ordered to be sold on its last day: it settles, and the order says so."""
    days = world.history.sessions
    series = next(
        e
        for e in world.view(days[30]).expiries("SPX")
        if e.settlement == "PM" and e.day in days[34:60]
    )
    end = days.index(series.day)
    strike = round(world.view(days[30]).spx / 5) * 5.0
    put = OptionContract(
        root=series.root, expiry=series.day, strike=strike, right="P", settlement="PM"
    )
    mine = desk()
    to(world, mine, 30, flow=CAPITAL)
    send(mine, order(world, 30, (Leg(contract=put, quantity=1),), "open"))
    for row in range(31, end):
        to(world, mine, row)
    (lot,) = mine.account.lots
    send(mine, order(world, end - 1, (Leg(contract=put, quantity=-1, lot_id=lot.lot_id),), "close"))
    to(world, mine, end)
    rows = mine.account.frame().filter(session=series.day)
    assert rows.filter(event="settle").height == 1
    assert rows.filter(event="fill").height == 0
    assert rows.filter(event="end")["state"].to_list() == ["settled by value"]
    assert mine.account.lots == ()


def _bills(steps: Mapping[date, float]) -> Series:
    period = np.array(list(steps), dtype="datetime64[D]")
    return Series(
        name="bill_constant",
        unit="percent",
        period=period,
        value=np.array(list(steps.values())),
        known_at=period.astype("datetime64[m]"),
        max_age_days=4000,
        lagged=False,
        source="made up",
    )


def test_cash_earns_the_rate_known_at_the_close_before(world: World) -> None:
    """3.65 % from the first day on, 7.30 % from the day of the second session on.

    250,000 dollars for the days to the second session: 25 dollars a day at 3.65 %; the new rate
    is earned from the second session to the third: 50 dollars a day.
    """
    days = world.history.sessions
    bills = _bills({date(2010, 1, 1): 3.65, days[31]: 7.30})
    changed = replace(world, history=replace(world.history, series={"bill_constant": bills}))
    mine = Desk("cash", None)
    to(changed, mine, 30, flow=CAPITAL)
    to(changed, mine, 31)
    first = mine.account.cash - CAPITAL
    assert first == 2_500 * (days[31] - days[30]).days
    to(changed, mine, 32)
    second = mine.account.cash - CAPITAL - first
    expected = (CAPITAL + first) * 0.073 * (days[32] - days[31]).days / 365
    assert second == pytest.approx(expected, abs=0.51)


def test_a_debt_pays_more_than_cash_earns(world: World) -> None:
    """A debt of 1,000 dollars costs the bill rate of 1 % and the spread."""
    mine = Desk("cash", None)
    to(world, mine, 30, flow=CAPITAL)
    mine.account.flow(-CAPITAL - 100_000)
    to(world, mine, 31)
    days = (world.history.sessions[31] - world.history.sessions[30]).days
    cost = -100_000 - mine.account.cash
    assert cost == pytest.approx(100_000 * (0.01 + DEBIT_SPREAD) * days / 365, abs=0.51)
    assert mine.account.frame().filter(purpose="margin_interest").height == 1


def test_facts_are_asked_for_since_the_memory_says_so(world: World) -> None:
    """The step of the ramp and the episode of layer 3 reach the facts as days."""
    asked: dict[str, Any] = {}

    class Keeper:
        def facts(self, **known: Any) -> Any:
            asked.update(known)

    mine = desk()
    mine._keeper = Keeper()  # type: ignore[assignment]
    mine.condor_memory = {"step_since": "2016-10-03"}
    mine.hedge_memory = {"layer_3_since": "2016-11-09"}
    mine.account.begin(world.history.sessions[30])
    mine.take_facts(world.view(world.history.sessions[30]))
    assert asked["step_since"] == date(2016, 10, 3)
    assert asked["layer_3_since"] == date(2016, 11, 9)
    mine.condor_memory, mine.hedge_memory = {"step_since": ""}, {}
    mine.take_facts(world.view(world.history.sessions[30]))
    assert asked["step_since"] is None
    assert asked["layer_3_since"] is None


def test_sessions_behind_counts_what_the_data_lack() -> None:
    friday, monday = date(2018, 2, 2), date(2018, 2, 5)
    assert session.sessions_behind(friday, friday) == 0
    assert session.sessions_behind(friday, friday + timedelta(days=2)) == 0  # a Sunday
    assert session.sessions_behind(friday, monday) == 1
    assert session.sessions_behind(monday, friday) == 0


def test_a_decided_pair_ends_its_dropped_intents(world: World) -> None:
    """Whatever the rules want is an order or ends with its reason, in every ledger."""
    market_desk, other = desk("unhedged"), Desk("article", ruleset.load("article"))
    rows = world.history.sessions[30:34]
    desks = {"unhedged": market_desk, "article": other}
    last = None
    for day in rows:
        view = world.view(day)
        flow = CAPITAL if last is None else 0
        session.happen(list(desks.values()), world, view, flow=flow, last=last)
        session.decide(desks, world, view)
        last = day
        for mine in desks.values():
            wanted = [i for one in mine.decided for i in one.decision.intents]
            sent = {o.intent_id for one in mine.decided for o in one.placed.orders}
            dropped = {i.intent_id for one in mine.decided for i, _, _ in one.placed.dropped}
            assert {i.intent_id for i in wanted} == sent | dropped
            assert set(mine.account.intents.open) == sent
    assert isinstance(other.decided[0], Decided)
    assert [o.order_id for o in market_desk.decided[0].placed.orders] == [
        o.order_id for o in other.decided[0].placed.orders
    ]


def test_a_future_is_paid_every_session(world: World) -> None:
    """One VX, bought and held: after three sessions the cash has followed its mid, fees apart."""
    days = world.history.sessions
    contract = vx(world.view(days[30]).futures()[2])
    mine = desk()
    to(world, mine, 30, flow=CAPITAL)
    send(mine, order(world, 30, (Leg(contract=contract, quantity=1),), "open"))
    for row in (31, 32, 33):
        to(world, mine, row)
    rows = mine.account.frame()
    paid = rows.filter(event="variation")["cash"].sum()
    entry = rows.filter(event="fill")["price"][0]
    mid = world.view(days[33]).mark(contract).mid_twice // 2
    assert paid == 10 * (mid - entry)  # 1,000 dollars a point: 10 cents a ten-thousandth
    assert paid != 0
