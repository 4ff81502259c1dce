"""From what the rules want to what is sent: whole condors within the allocation and the margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from steward.market.view import MarketView
from steward.orders.build import order_for
from steward.orders.margin import DEFAULT, MarginProfile, need_to_open
from steward.orders.sizing import condor_quantity
from steward.pricing import fees
from steward.pricing.payoff import cents, wider_width
from steward.rules.allocation import capital_for
from steward.rules.ruleset import RuleSet
from steward.rules.words import count, dollars, whole_dollars
from steward.terms.trades import BookFacts, Intent, Order, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """What became of the intents of one session: each is an order or is dropped, never neither.

    orders   to be filled on the next session's quotes
    dropped  intents that end here, with the state in which they end and why, in words
    notes    sentences that belong to no single intent (what a cap cut, what was passed on)
    """

    orders: tuple[Order, ...]
    dropped: tuple[tuple[Intent, State, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Room:
    """What is left for condors opened in one session, cents: allocation, and margin."""

    nav: int
    allocation: int
    margin: int
    profile: MarginProfile
    broker: str


def margin_room(facts: BookFacts, profile: MarginProfile) -> int:
    """What counts towards the requirement and is not needed yet, cents; below 0: a call."""
    return profile.funds(cash=facts.cash, equity=facts.nav) - facts.margin_requirement


def place_condors(
    intents: Sequence[Intent],
    view: MarketView,
    facts: BookFacts,
    rules: RuleSet,
    margin: MarginProfile = DEFAULT,
    *,
    waiting: Sequence[Order] = (),
    broker: str = fees.DEFAULT_BROKER,
) -> Placed:
    """Condors to open and to close, in whole units.

    Opened: as many as the tranche (`size`, cents of maximum loss at the limit) pays for, one when
    it is less; never above the unused allocation (`available_cents`), never so many that the book
    needs more margin than is there, by the profile. Closed: the whole lots (`size` units).
    waiting  orders to open that are still tried: what they need is no room any more
    broker   whose fees are paid from the same cash
    Dropped: "no quote"; "lapsed" when one condor is more than the allocation has left; "refused"
    when its margin is more than the account has left.
    Raises ValueError for an intent that is no condor's.
    """
    orders: list[Order] = []
    dropped: list[tuple[Intent, State, str]] = []
    notes: list[str] = []
    free = [x.detail["available_cents"] for x in intents if x.action == "open"]
    room = _Room(
        nav=facts.nav,
        allocation=int(min(free, default=0)),
        margin=margin_room(facts, margin)
        - sum(x.quantity * condor_need(x, view, margin, broker) for x in opening(waiting)),
        profile=margin,
        broker=broker,
    )
    for intent in intents:
        if intent.purpose != "condor":
            raise ValueError(f"{intent.intent_id}: is of {intent.purpose}, not of condors")
        units = 1 if intent.action == "open" else round(intent.size)
        order = order_for(
            intent,
            units,
            view.quote,
            min_credit_share=rules.entry.credit_share_min,
            max_slippage=0.0,
            retry=rules.entry.retry_sessions if intent.action == "open" else 0,
            pricing=rules.fills.pricing,
        )
        if isinstance(order, str):
            dropped.append((intent, "no quote", f"There is {order}."))
        elif intent.action == "close":
            orders.append(order)
        else:
            sized = _sized(intent, order, view, room, rules, notes)
            if isinstance(sized, Order):
                orders.append(sized)
            else:
                dropped.append((intent, *sized))
    return Placed(orders=tuple(orders), dropped=tuple(dropped), notes=tuple(notes))


def opening(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Those that open condors."""
    return tuple(x for x in orders if x.action == "open" and x.purpose == "condor")


def condor_need(
    order: Order, view: MarketView, profile: MarginProfile, broker: str = fees.DEFAULT_BROKER
) -> int:
    """What one condor takes of the margin room when it fills at the least credit, cents, with its
    fees: so that no fill that the order accepts can leave an account short that had the room.
    """
    least = order.limit if order.worst is None else order.worst
    return need_to_open(order.legs, least, view, profile) + _most_fees(order, view, broker)


def _most_fees(order: Order, view: MarketView, broker: str) -> int:
    """Of opening one unit, cents: at the asks, and a cent a leg for what rounds up in a larger
    order.
    """
    traded = [
        fees.leg(leg.contract, leg.quantity, view.mark(leg.contract).ask, "open")
        for leg in order.legs
    ]
    return fees.order_cents(traded, view.session, broker=broker) + len(traded)


def _sized(
    intent: Intent,
    order: Order,
    view: MarketView,
    room: _Room,
    rules: RuleSet,
    notes: list[str],
) -> Order | tuple[State, str]:
    """The opening order with its quantity, taken from the room that is left; or why there is none.

    The maximum loss is that at the limit: a worse fill, down to the least credit, adds to it.
    """
    width = wider_width(order.legs)
    loss = cents(order.legs[0].contract, 1, width + order.limit)
    margin = condor_need(order, view, room.profile, room.broker)
    quantity = condor_quantity(int(intent.size), loss, room.allocation)
    if quantity < 1:
        least = capital_for(loss, margin, rules)
        share = f"{intent.detail['allocation_percent']:g} % of {whole_dollars(room.nav)}"
        return "lapsed", (
            f"One condor can lose {dollars(loss)}; {dollars(room.allocation)} of the "
            f"allocation ({share}) is free: too small for one condor. By these rules one "
            f"fits an account without condors from {dollars(least)} on."
        )
    fits = quantity if margin <= 0 else max(room.margin, 0) // margin
    if fits < 1:
        return "refused", (
            f"One condor needs {dollars(margin)} of margin and fees ({room.profile.label}), and "
            f"the account has {dollars(room.margin)} left: too little for one condor."
        )
    if fits < quantity:
        notes.append(
            f"Margin: {count(quantity, 'condor')} wanted, {fits} sent ({dollars(margin)} each)."
        )
        quantity = fits
    room.allocation -= quantity * loss
    room.margin -= quantity * margin
    return replace(order, quantity=quantity)
