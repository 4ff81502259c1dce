"""One session of all ledgers: what became of yesterday's orders, and what today's close decides.

This is the plan. A backtest calls it once a session, a plan for the last session alone; nothing
here knows which of the two asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from steward.ledger.fills import Venue
from steward.ledger.settlement import SettlementValue
from steward.market.history import History
from steward.market.quotes import QuoteSource
from steward.market.settlements import settlement_value
from steward.market.view import MarketView, as_of
from steward.orders.hedges import place_hedges
from steward.orders.place import place_condors
from steward.pricing.fees import DEFAULT_BROKER
from steward.pricing.rates import bill_rate
from steward.rules import condor, hedge
from steward.runs.desk import Decided, Desk
from steward.runs.settings import CONDORS, DEBIT_SPREAD
from steward.signals.compute import SignalTable
from steward.terms import calendar
from steward.terms.contracts import Contract
from steward.terms.errors import StewardError
from steward.terms.trades import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What all ledgers see: the history, its quotes and its signals; and whose fees they weigh."""

    history: History
    quotes: QuoteSource
    signals: SignalTable
    venue: Venue
    broker: str = DEFAULT_BROKER

    def view(self, session: date) -> MarketView:
        return as_of(self.history, self.quotes, session)


def happen(
    desks: Sequence[Desk], world: World, view: MarketView, *, flow: int, last: date | None
) -> float | None:
    """Carry every ledger from `last` to the view's session: interest, expiry, fills, marks, laws.

    flow  moved in by the owner this session, cents, the same in every ledger
    last  the session before; None on the first. Gives the bill rate that cash earned (a fraction
    a year; None on the first session).
    """
    rate = bill_rate(world.history, last) if last is not None else None
    values: dict[Contract, SettlementValue] = {}

    def settle_of(contract: Contract) -> SettlementValue:
        found = values.get(contract)
        if found is None:
            found = settlement_value(world.history, contract, view.session)
            values[contract] = found
        return found

    for desk in desks:
        account = desk.account
        desk.decided = []
        account.begin(view.session)
        if flow:
            account.flow(flow, "capital" if last is None else "")
            _can_pay(desk, flow)
        if rate is not None:
            account.accrue(rate, debit_spread=DEBIT_SPREAD)
        account.settle(settle_of, "AM")
        account.settle(settle_of, "PM")
        account.trade(world.venue, view)
        account.vary(view.mark)
        desk.marked = account.mark(view.mark)
        account.check()
        desk.take_facts(view)
    return rate


def _can_pay(desk: Desk, flow: int) -> None:
    """A withdrawal may not take more than the account is worth."""
    account = desk.account
    if flow < 0 and account.equity < 0:
        raise StewardError(
            f"the withdrawal of {-flow / 100:,.2f} dollars on {account.session} is more than the "
            f"ledger {desk.name} holds ({(account.equity - flow) / 100:,.2f}): make it smaller, or "
            "later"
        )


def decide(desks: Mapping[str, Desk], world: World, view: MarketView) -> None:
    """Condors on the condor ledger, the same in all others; then each ledger's own hedge."""
    pending = _condors(desks, view)
    row = world.signals.row(view.session)
    for desk in desks.values():
        facts, rules = desk.facts, desk.rules
        if rules is not None and rules.hedge is not None and facts is not None:
            decision = hedge.decide(
                view,
                row,
                facts,
                desk.account.book,
                desk.hedge_memory,
                rules,
                pending,
                broker=world.broker,
            )
            placed = place_hedges(decision.intents, view, facts, rules)
            desk.hedge_memory = decision.memory
            desk.adopt(Decided(decision=decision, placed=placed))
        desk.send()


def _condors(desks: Mapping[str, Desk], view: MarketView) -> tuple[Order, ...]:
    """Decide and size the condors once; every ledger with rules takes them unchanged."""
    lead = desks[CONDORS]
    rules, facts = lead.rules, lead.facts
    if rules is None or facts is None:
        raise ValueError("the condor ledger has no rules or no facts")
    decision = condor.decide(view, facts, lead.account.book, lead.condor_memory, rules)
    placed = place_condors(decision.intents, view, facts, rules)
    decided = Decided(decision=decision, placed=placed)
    for desk in desks.values():
        if desk.rules is not None:
            desk.condor_memory = decision.memory
            desk.adopt(decided)
    return placed.orders


def sessions_behind(data_until: date, asked: date) -> int:
    """Sessions of the exchange that the data lack up to the day asked for."""
    return calendar.sessions_between(data_until, asked)
