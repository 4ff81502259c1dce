"""The adaptive hedge: one decision a session, and its reasons (D0, D2-D5, D10).

The base of the ratio is what the condors can lose once this session's orders are filled: the
maximum loss of those now open, plus that of the condors ordered now, less that of those being
closed. When that is nothing, nothing is bought or rolled and the target is no reason to sell: what
is held runs on, is sold down when a layer went off, or takes its gain.

Trades are decided at checks (the first session of a week, and a session at which a layer comes on),
rolls and monetised gains at every close. No rule here ever touches a condor.

Memory: see `layers`, `mixes` and `rolls`; beside them `hedge_target`, the ratio asked for, and
`sell_checks`, over how many checks a layer that went off is still to be sold down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from steward.market.view import MarketView
from steward.pricing.fees import DEFAULT_BROKER
from steward.pricing.payoff import cents, entry_cost, max_loss, worst_value
from steward.rules import layers, mixes
from steward.rules.caps import premium_room
from steward.rules.hedge_units import hedge_ratio
from steward.rules.layers import Kept
from steward.rules.ruleset import RuleSet
from steward.rules.trading import trade
from steward.rules.working import Exposure, Working
from steward.signals.rows import SignalRow
from steward.terms.contracts import OptionContract
from steward.terms.listing import VIX_OPTIONS_FROM
from steward.terms.trades import (
    HEDGE_PURPOSES,
    NOTHING,
    Book,
    BookFacts,
    Decision,
    Lot,
    Memory,
    Order,
    Trace,
)

__all__ = ["Exposure", "decide", "exposure", "hedge_ratio"]


def decide(
    view: MarketView,
    row: SignalRow,
    facts: BookFacts,
    book: Book,
    memory: Memory,
    rules: RuleSet,
    pending: Sequence[Order],
    *,
    broker: str = DEFAULT_BROKER,
) -> Decision:
    """What the hedge does at this close, why, and what to remember; pure.

    row      signals of the view's session      facts, book  of the ledger that it acts for
    memory   of the hedge, from the session before
    pending  the condor orders of this session, as they stand in this ledger
    broker   whose fees a trade is weighed by
    """
    hedge = rules.hedge
    if hedge is None:
        return Decision(intents=(), traces=(), memory=NOTHING)
    kept: Kept = {}
    why = _nothing_to_hedge_with(view, book, memory)
    if why:
        empty = layers.none(why, kept)
        kept["hedge_target"] = 0.0
        last = Trace(rule="hedge", result="empty", sentence=f"The hedge is empty: {why}.")
        traces = (*empty.traces, mixes.none(why), last)
        return Decision(intents=(), traces=traces, memory=MappingProxyType(kept))
    asked = layers.follow(hedge, row, memory, kept)
    mix = mixes.follow(hedge, row, memory, kept)
    kept["hedge_target"] = asked.targets[-1]
    condors = exposure(facts, book.lots, pending)
    work = Working(
        view=view,
        hedge=hedge,
        exposure=condors,
        room=premium_room(hedge, facts, condors.credit),
        asked=asked,
        mix=mix,
        broker=broker,
        stressed=_stressed(row),
        memory=memory,
        kept=kept,
    )
    last = trade(work, book.lots)
    return Decision(
        intents=tuple(work.intents),
        traces=(*asked.traces, mix.trace, last),
        memory=MappingProxyType(kept),
    )


def _nothing_to_hedge_with(view: MarketView, book: Book, memory: Memory) -> str:
    """Why there can be no hedge at all yet; empty when there can, or once there was one."""
    if memory.get("layer_1_on") == 1.0 or view.expiries("VIX"):
        return ""
    if any(lot.purpose in HEDGE_PURPOSES for lot in book.lots):
        return ""
    if view.session < VIX_OPTIONS_FROM:
        return f"VIX options were not listed before {VIX_OPTIONS_FROM}"
    return "no VIX option is quoted on this day"


def _stressed(row: SignalRow) -> bool:
    """Whether it is known that these are days of stress: sales and rolls then cost more."""
    reading = row.readings.get("stress_now")
    return reading is not None and reading.state == "known" and reading.value >= 0.5


def exposure(facts: BookFacts, lots: Sequence[Lot], pending: Sequence[Order]) -> Exposure:
    """The condors as they are once the orders of this session are filled at their limits.

    facts, lots  of the ledger      pending  the condor orders of this session
    """
    held = {lot.lot_id: lot for lot in lots if lot.purpose == "condor"}
    loss, credit = facts.condor_max_loss, facts.condor_credit
    for order in pending:
        closing = [
            replace(held[leg.lot_id], quantity=-order.quantity * leg.quantity)
            for leg in order.legs
            if leg.lot_id in held
        ]
        if closing:
            loss -= max(max_loss(closing), 0)
            credit += entry_cost(closing)
        elif order.purpose == "condor" and order.action == "open":
            legs = [
                (leg.quantity, leg.contract)
                for leg in order.legs
                if isinstance(leg.contract, OptionContract)
            ]
            paid = cents(order.legs[0].contract, 1, order.limit)
            loss += order.quantity * max(paid - worst_value(legs), 0)
            credit -= order.quantity * paid
    return Exposure(max_loss=max(loss, 0), credit=max(credit, 0))
