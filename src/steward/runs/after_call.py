"""The condors of a ledger that had a margin call: no longer simply those of the condor ledger.

Until its first call a ledger takes the condor ledger's orders unchanged (D1). From then on it

    closes   what it still holds of what they close
    opens    what they open, as many as its own margin lets it; nothing while a call stands
    watches  condors that the condor ledger holds no more, by the exits of the rules

A ledger without a call follows in this way too once the condor ledger had one, but opens what that
one opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from steward.market.view import MarketView
from steward.orders.place import Placed, condor_need, margin_room, opening, place_condors
from steward.pricing import fees
from steward.rules import exits
from steward.rules.words import count, dollars
from steward.runs.desk import Decided, Desk
from steward.terms.trades import Intent, Lot, Order, State


def refused(decided: Decided, why: str) -> Decided:
    """The same without its orders to open: each ends as refused."""
    opened = {order.intent_id for order in decided.placed.orders if order.action == "open"}
    kept = tuple(o for o in decided.placed.orders if o.intent_id not in opened)
    gone = tuple(
        (intent, _REFUSED, f"Not opened: {why}.")
        for intent in decided.decision.intents
        if intent.intent_id in opened
    )
    placed = replace(decided.placed, orders=kept, dropped=(*decided.placed.dropped, *gone))
    return replace(decided, placed=placed)


_REFUSED: State = "refused"


def own_condors(
    desk: Desk, lead: Desk, decided: Decided, view: MarketView, broker: str = fees.DEFAULT_BROKER
) -> Decided:
    """What the condor ledger decided, as this ledger can follow it.

    Raises ValueError for a ledger without rules or facts.
    """
    if desk.rules is None or desk.facts is None:
        raise ValueError(f"ledger {desk.name} has no rules or no facts")
    if desk.standing.refusal:
        decided = refused(decided, desk.standing.refusal)
    held = {lot.lot_id: lot for lot in desk.account.lots if lot.purpose == "condor"}
    free: int | None = None
    if desk.standing.apart:
        free = margin_room(desk.facts, desk.margin) - sum(
            order.quantity * condor_need(order, view, desk.margin, broker)
            for order in opening(desk.account.book.open_orders)
        )
    cut = _Cut(held=held, free=free, view=view, desk=desk, broker=broker)
    for order in decided.placed.orders:
        intent = next(x for x in decided.decision.intents if x.intent_id == order.intent_id)
        cut.take(intent, order)
    left = _left_alone(held.values(), lead)
    watched, trace = exits.decide(view, left, desk.rules.exit)
    closing = place_condors(watched, view, desk.facts, desk.rules, desk.margin)
    traces = (*decided.decision.traces, *((trace,) if left else ()))
    return Decided(
        decision=replace(
            decided.decision, intents=(*decided.decision.intents, *watched), traces=traces
        ),
        placed=Placed(
            orders=(*cut.orders, *closing.orders),
            dropped=(*decided.placed.dropped, *cut.dropped, *closing.dropped),
            notes=(*decided.placed.notes, *cut.notes),
        ),
    )


def _left_alone(held: Iterable[Lot], lead: Desk) -> tuple[exits.HeldCondor, ...]:
    """Condors of this ledger that the condor ledger holds no more."""
    theirs = {lot.structure_id for lot in lead.account.lots}
    own = [lot for lot in held if lot.structure_id not in theirs]
    return exits.held_condors_of(own)


@dataclass(slots=True, kw_only=True)
class _Cut:
    """Orders of the condor ledger, cut to what this ledger holds and can carry.

    free  margin room, cents; None: not looked at
    """

    held: dict[str, Lot]
    free: int | None
    view: MarketView
    desk: Desk
    broker: str
    orders: list[Order] = field(default_factory=list)
    dropped: list[tuple[Intent, State, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(self, intent: Intent, order: Order) -> None:
        if order.action == "close":
            self._close(intent, order)
        else:
            self._open(intent, order)

    def _close(self, intent: Intent, order: Order) -> None:
        lots = [self.held[leg.lot_id] for leg in order.legs if leg.lot_id in self.held]
        if lots:
            self.orders.append(replace(order, quantity=abs(lots[0].quantity)))
        else:
            why = "This ledger holds none of it: it never opened it, or gave it up in a call."
            self.dropped.append((intent, "lapsed", why))

    def _open(self, intent: Intent, order: Order) -> None:
        if self.free is None:
            self.orders.append(order)
            return
        need = condor_need(order, self.view, self.desk.margin, self.broker)
        quantity = min(order.quantity, max(self.free, 0) // need) if need > 0 else order.quantity
        if quantity < 1:
            why = (
                f"One condor needs {dollars(need)} of margin and fees ({self.desk.margin.label}), "
                f"and this ledger has {dollars(self.free)} left: too little for one condor."
            )
            self.dropped.append((intent, "refused", why))
            return
        if quantity < order.quantity:
            self.notes.append(
                f"Margin: {count(order.quantity, 'condor')} sent by the condor ledger, {quantity} "
                f"by this one ({dollars(need)} each)."
            )
        self.free -= quantity * need
        self.orders.append(replace(order, quantity=quantity))
