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
from steward.orders.liquidation import Account as Reckoned
from steward.orders.liquidation import liquidate
from steward.orders.place import opening, place_condors
from steward.pricing.fees import DEFAULT_BROKER
from steward.pricing.payoff import cents
from steward.pricing.rates import bill_rate
from steward.rules import condor, hedge
from steward.runs import after_call
from steward.runs.desk import Decided, Desk, ForcedEnd
from steward.runs.settings import CONDORS, DEBIT_SPREAD
from steward.signals.compute import SignalTable
from steward.signals.rows import SignalRow
from steward.terms import calendar
from steward.terms.contracts import Contract
from steward.terms.errors import StewardError
from steward.terms.trades import Fill, Refusal


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
        desk.forced = forced_ends(account.trade(world.venue, view), view)
        account.vary(view.mark)
        desk.marked = account.mark(view.mark)
        account.check()
        desk.take_facts(view)
    return rate


def forced_ends(outcomes: Sequence[Fill | Refusal], view: MarketView) -> list[ForcedEnd]:
    """What became of the orders of a margin call, and what their fills cost against the middle."""
    found = []
    for outcome in outcomes:
        order = outcome.order
        if order.purpose != "margin_call":
            continue
        cost = paid = 0
        if isinstance(outcome, Fill):
            for part in outcome.legs:
                middle = view.mark(part.leg.contract).mid_twice
                cost += cents(part.leg.contract, part.quantity, 2 * part.price - middle)
                paid += part.fee
        found.append(
            ForcedEnd(
                order_id=order.order_id,
                structure_id=order.structure_id,
                state="filled" if isinstance(outcome, Fill) else outcome.state,
                reason=order.reason if isinstance(outcome, Fill) else outcome.reason,
                cost=-(-cost // 2),
                fees=paid,
            )
        )
    return found


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
    """Condors on the condor ledger, the same in all others; then each ledger's own hedge.

    A ledger with a margin call opens nothing, and sends the forced orders that are to meet it.
    While one stands in the condor ledger, no ledger opens a condor.
    """
    for desk in desks.values():
        take_back(desk, desks[CONDORS])
    _condors(desks, world, view)
    row = world.signals.row(view.session)
    for desk in desks.values():
        _hedge(desk, world, view, row)
        if desk.standing.called or (desk.standing.insolvent is not None and desk.account.lots):
            force(desk, view, world.broker)
        desk.send()


def _condors(desks: Mapping[str, Desk], world: World, view: MarketView) -> None:
    """Decide and size the condors once; every ledger with rules takes them unchanged.

    One that had a margin call follows as far as it can, see `runs.after_call`; so do all when the
    condor ledger had one, for from then on they may hold what it does not.
    """
    lead = desks[CONDORS]
    rules, facts = lead.rules, lead.facts
    if rules is None or facts is None:
        raise ValueError("the condor ledger has no rules or no facts")
    decision = condor.decide(view, facts, lead.account.book, lead.condor_memory, rules)
    placed = place_condors(
        decision.intents,
        view,
        facts,
        rules,
        lead.margin,
        waiting=lead.account.book.open_orders,
        broker=world.broker,
    )
    decided = Decided(decision=decision, placed=placed)
    if lead.standing.refusal:
        decided = after_call.refused(decided, f"in the condor ledger {lead.standing.refusal}")
    for desk in desks.values():
        if desk.rules is not None:
            desk.condor_memory = decision.memory
            same = desk is lead or not (desk.standing.apart or lead.standing.apart)
            desk.adopt(
                decided if same else after_call.own_condors(desk, lead, decided, view, world.broker)
            )


def _hedge(desk: Desk, world: World, view: MarketView, row: SignalRow) -> None:
    """Each ledger's own hedge, on its own facts; an insolvent one has none any more."""
    facts, rules = desk.facts, desk.rules
    if rules is None or rules.hedge is None or facts is None:
        return
    if desk.standing.insolvent is not None:
        return
    pending = [order for one in desk.decided for order in one.placed.orders]
    pending += opening(desk.account.book.open_orders)
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
    placed = place_hedges(
        decision.intents, view, facts, rules, desk.margin, pending, broker=world.broker
    )
    desk.hedge_memory = decision.memory
    decided = Decided(decision=decision, placed=placed)
    if desk.standing.refusal:
        decided = after_call.refused(decided, desk.standing.refusal)
    desk.adopt(decided)


def take_back(desk: Desk, lead: Desk) -> None:
    """Cancel what would still open something and was to be tried again: while a call stands here,
    and of condors while one stands in the condor ledger.
    """
    own = desk.standing.refusal
    theirs = lead.standing.refusal and f"in the condor ledger {lead.standing.refusal}"
    for order in desk.account.book.open_orders:
        why = own or (theirs if order.purpose == "condor" else "")
        if order.action == "open" and why:
            desk.account.cancel(order.intent_id, why)


def force(desk: Desk, view: MarketView, broker: str = DEFAULT_BROKER) -> None:
    """The forced orders of a margin call; of an insolvent ledger everything that it holds.

    They are weighed with the fees of `broker`; what the desk decided before is counted first.
    """
    account = desk.account
    closing = {
        leg.lot_id
        for one in desk.decided
        for order in one.placed.orders
        for leg in order.legs
        if leg.lot_id
    }
    forced = liquidate(
        Reckoned(lots=account.lots, cash=account.cash, equity=account.equity, closing=closing),
        view,
        desk.margin,
        everything=desk.standing.insolvent is not None,
        broker=broker,
    )
    desk.adopt(Decided(decision=forced.decision, placed=forced.placed))


def sessions_behind(data_until: date, asked: date) -> int:
    """Sessions of the exchange that the data lack up to the day asked for."""
    return calendar.sessions_between(data_until, asked)
