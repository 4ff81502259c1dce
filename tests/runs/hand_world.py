"""A world with quotes made by hand, on the sessions and signals of a random one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np

from steward.ledger.fills import Simulator
from steward.market.history import Series
from steward.market.quotes import Flag, Quote
from steward.orders.margin import DEFAULT, MarginProfile
from steward.rules import ruleset
from steward.runs import session
from steward.runs.desk import Desk
from steward.runs.session import World
from steward.signals.compute import compute
from steward.terms.contracts import E4, Contract, OptionContract
from steward.terms.trades import Leg, Order, Purpose

FIRST = 30
"""Row of the first session that the tests use."""


@dataclass
class HandQuotes:
    """Bid and ask in points, by session and contract; a mark is the newest quote so far."""

    pairs: dict[date, dict[Contract, tuple[float, float]]] = field(default_factory=dict)
    label: str = "made by hand"

    def expiries(self, *_: Any) -> tuple[()]:
        return ()

    def futures(self, *_: Any) -> tuple[()]:
        return ()

    def chain(self, *_: Any) -> None:
        return None

    def flags(self, *_: Any) -> tuple[Flag, ...]:
        return ()

    def quote(self, day: date, contract: Contract) -> Quote | None:
        pair = self.pairs.get(day, {}).get(contract)
        if pair is None:
            return None
        return Quote(
            bid=round(pair[0] * E4), ask=round(pair[1] * E4), quality="quoted", forward=2300.0,
            vol=float("nan"), delta=0.0, gamma=0.0, vega=0.0, theta=0.0,
        )  # fmt: skip

    def mark(self, day: date, contract: Contract) -> Quote:
        days = [d for d in sorted(self.pairs) if d <= day and contract in self.pairs[d]]
        found = self.quote(days[-1], contract)
        assert found is not None
        return found


def bills(percent: float) -> Series:
    period = np.array(["2016-01-01"], dtype="datetime64[D]")
    return Series(
        name="bill_constant", unit="percent", period=period, value=np.array([percent]),
        known_at=period.astype("datetime64[m]"), max_age_days=4000, lagged=False, source="made up",
    )  # fmt: skip


class Hand:
    """Ledgers in that world, carried session by session."""

    def __init__(
        self,
        worlds: Any,
        names: Sequence[str] = ("unhedged",),
        *,
        capital: int,
        margin: MarginProfile = DEFAULT,
        rate: float = 0.0,
    ) -> None:
        market = worlds.market(3, 80)
        self.quotes = HandQuotes()
        self.world = World(
            history=replace(market.history, series={"bill_constant": bills(rate)}),
            quotes=self.quotes,  # type: ignore[arg-type]
            signals=compute(market.history),
            venue=Simulator(),
        )
        self.days = market.history.sessions[FIRST:]
        rules = ruleset.load("unhedged")
        self.desks = {name: Desk(name, rules, margin) for name in names}
        self.row = -1
        self.capital = capital

    @property
    def day(self) -> date:
        return self.days[self.row]

    def step(
        self, prices: dict[Contract, tuple[float, float]], *, flow: int = 0, decide: bool = True
    ) -> None:
        """The next session at these quotes; then the decision, unless a test makes its own."""
        last = self.day if self.row >= 0 else None
        self.row += 1
        self.quotes.pairs[self.day] = prices
        view = self.world.view(self.day)
        moved = flow + (self.capital if last is None else 0)
        session.happen(list(self.desks.values()), self.world, view, flow=moved, last=last)
        if decide:
            session.decide(self.desks, self.world, view)

    def send(self, name: str, *orders: Order) -> None:
        """Orders of the present session, in the place of a decision."""
        account = self.desks[name].account
        for order in orders:
            account.intents.begin(account.session, order.intent_id)
        account.send(orders)

    def order(
        self,
        legs: Sequence[tuple[Contract, int]],
        quantity: int,
        name: str,
        purpose: Purpose = "layer_1",
    ) -> Order:
        return Order(
            order_id=f"{name}/1", intent_id=name, session=self.day, purpose=purpose, action="open",
            structure_id=name, legs=tuple(Leg(contract=c, quantity=q) for c, q in legs),
            quantity=quantity, limit=0, worst=None, fill_share=0.0, reason="because",
        )  # fmt: skip

    def rows(self, name: str = "unhedged", **wanted: Any) -> list[dict[str, Any]]:
        return self.desks[name].account.frame().filter(**wanted).to_dicts()


def condor_of(strikes: Sequence[float], expiry: date) -> list[tuple[OptionContract, int]]:
    """Long put, short put, short call, long call."""
    return [
        (
            OptionContract(root="SPXW", expiry=expiry, strike=k, right=right, settlement="PM"),  # type: ignore[arg-type]
            sign,
        )
        for k, right, sign in zip(strikes, "PPCC", (1, -1, -1, 1), strict=True)
    ]
