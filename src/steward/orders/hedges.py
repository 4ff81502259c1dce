"""Hedge intents into orders: whole contracts near the target, within the caps on premium (D0).

The room under the caps is that of `rules.caps`. Each order takes from it what it may cost at its
worst price, so that together they can never pass a cap. Sales and futures need no room. A roll
needs what it costs net under the yearly cap, and under the open one its new premium less the entry
premium of the lot that it replaces, which is told by that lot's bid at the decision.

Beside the caps stands the margin of the account, by its profile: a premium paid is gone from what
counts, a future needs its initial margin. What the profile does not allow is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from steward.market.view import MarketView
from steward.orders.build import order_for
from steward.orders.margin import (
    DEFAULT,
    MarginProfile,
    allows,
    need_to_open,
    package_requirement,
)
from steward.orders.place import Placed, condor_need, margin_room, opening
from steward.orders.sizing import (
    Allocation,
    InstrumentShare,
    affordable,
    allocate_units,
)
from steward.pricing import fees
from steward.pricing.payoff import cents
from steward.rules.caps import Room, premium_room
from steward.rules.ruleset import RuleSet
from steward.rules.schema import Hedge
from steward.rules.words import bucket_words, count, dollars
from steward.rules.working import UNITS, layer_words
from steward.terms.contracts import FutureContract
from steward.terms.trades import HEDGE_PURPOSES, BookFacts, Intent, Order, Pricing, State


def place_hedges(
    intents: Sequence[Intent],
    view: MarketView,
    facts: BookFacts,
    rules: RuleSet,
    margin: MarginProfile = DEFAULT,
    condors: Sequence[Order] = (),
    *,
    broker: str = fees.DEFAULT_BROKER,
) -> Placed:
    """Every intent as one order, or dropped with its reason; sales first, then rolls, then buys.

    intents  of `rules.hedge.decide`     view, facts  of the same session, and of the ledger
    condors  the condor orders that work in this ledger: what they open needs margin first
    broker   whose fees are paid
    Orders stand in the order in which they take from the caps: rolls, then layer 1, 2, 3.
    Raises ValueError for intents of rules without a hedge.
    """
    if rules.hedge is None:
        if intents:
            raise ValueError("hedge intents, but these rules have no hedge")
        return Placed(orders=(), dropped=())
    credit = max((round(i.detail.get("condor_credit_cents", 0.0)) for i in intents), default=0)
    room = premium_room(rules.hedge, facts, credit)
    free = margin_room(facts, margin) - sum(
        order.quantity * condor_need(order, view, margin, broker) for order in opening(condors)
    )
    desk = _Placing(
        view=view,
        hedge=rules.hedge,
        room=room,
        pricing=rules.fills.pricing,
        margin=margin,
        free=free,
    )
    for intent in intents:
        if intent.action == "close":
            desk.send(intent, round(intent.size))
    for intent in intents:
        if _is_roll(intent):
            desk.roll(intent)
    buys = [i for i in intents if i.action == "open" and not _is_roll(i)]
    for purpose in HEDGE_PURPOSES:
        for intent in buys:
            if intent.purpose == purpose and "contracts" in intent.detail:
                desk.buy(intent, round(intent.detail["contracts"]))
        group = [i for i in buys if i.purpose == purpose and "contracts" not in i.detail]
        if group:
            desk.share_out(group)
    return Placed(orders=tuple(desk.orders), dropped=tuple(desk.dropped), notes=tuple(desk.notes))


def _is_roll(intent: Intent) -> bool:
    """One lot out, one in: a package of two legs."""
    return intent.action == "open" and any(leg.lot_id for leg in intent.legs)


# --- placing -------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Placing:
    view: MarketView
    hedge: Hedge
    room: Room
    pricing: Pricing
    margin: MarginProfile
    free: int  # margin room, cents
    units: float = 0.0  # call units shared out so far
    orders: list[Order] = field(default_factory=list)
    dropped: list[tuple[Intent, State, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def send(self, intent: Intent, quantity: int, cap_cents: int | None = None) -> Order | None:
        """The order of so many units, or the intent dropped: it has no price now."""
        quote_of = self.view.quote if intent.action == "open" else self.view.mark
        order = order_for(
            intent,
            quantity,
            quote_of,
            min_credit_share=0.0,
            max_slippage=self.hedge.max_slippage_percent / 100.0,
            cap_cents=cap_cents,
            pricing=self.pricing,
        )
        if isinstance(order, str):
            self.dropped.append((intent, "no quote", order))
            return None
        self.orders.append(order)
        return order

    def words(self, bucket: str) -> str:
        """A bucket as a sentence says it."""
        return bucket_words(bucket, self.hedge.buckets[bucket])

    def spend(self, order: Order | None, freed: int = 0) -> None:
        """Take off the room what an order may cost at its worst; `freed` under the open cap.

        A roll that frees room frees it when it has filled, not before.
        """
        if order is None:
            return
        price = order.limit if order.worst is None else order.worst
        self.free -= order.quantity * max(self.need(order, price), 0)
        if _is_premium(order):
            most = cents(order.legs[0].contract, order.quantity, price)
            self.room.year -= max(most, 0)
            self.room.open -= max(most - freed, 0)

    def need(self, given: Intent | Order, price: int) -> int:
        """What one unit takes of the margin room at that price, cents; a roll frees its old lot."""
        needed = need_to_open(given.legs, price, self.view, self.margin)
        old = [replace(x, lot_id="", quantity=-x.quantity) for x in given.legs if x.lot_id]
        return needed - (package_requirement(old, self.view, self.margin) if old else 0)

    def need_of_one(self, intent: Intent) -> int:
        """The same before there is an order: at the worst price that it would have."""
        order = order_for(
            intent,
            1,
            self.view.quote,
            min_credit_share=0.0,
            max_slippage=self.hedge.max_slippage_percent / 100.0,
        )
        if isinstance(order, str):
            return 0
        return self.need(intent, order.limit if order.worst is None else order.worst)

    def unit_cents(self, intent: Intent) -> int:
        """What one unit costs at its limit, cents; 0 for futures, and where it has no price."""
        order = order_for(
            intent,
            1,
            self.view.quote,
            min_credit_share=0.0,
            max_slippage=0.0,
            pricing=self.pricing,
        )
        if isinstance(order, str) or not _is_premium(intent):
            return 0
        return cents(intent.legs[0].contract, 1, order.limit)

    def forbids(self, intent: Intent) -> bool:
        """Whether the account may not hold what the intent buys; then it ends here."""
        new = next(leg.contract for leg in intent.legs if not leg.lot_id)
        if allows(new, self.margin):
            return False
        words = f"{new.key}: no futures in this account (--margin {self.margin.label})"
        self.dropped.append((intent, "refused", words))
        return True

    def roll(self, intent: Intent) -> None:
        """A whole lot or nothing: net under the yearly cap, the new premium under the open one."""
        if self.forbids(intent):
            return
        quantity = round(intent.size)
        cost = quantity * self.unit_cents(intent)
        old = next(leg for leg in intent.legs if leg.lot_id)
        sold = cents(old.contract, quantity, max(self.view.mark(old.contract).bid, 0))
        entry = cents(old.contract, quantity, round(intent.detail["old_price_e4"]))
        # The new premium is the net and what the old lot brings; its own entry premium goes.
        freed = entry - sold
        cap, name = self.room.tighter(freed)
        need = quantity * self.need_of_one(intent)
        if cost > max(cap, 0):
            words = (
                f"{name} leaves {dollars(max(cap, 0))}, and the roll costs "
                f"{dollars(cost)}: not rolled"
            )
            self.dropped.append((intent, "refused", words))
            self.notes.append(f"{layer_words(intent.purpose)}: {words}")
        elif need > max(self.free, 0):
            words = (
                f"margin leaves {dollars(max(self.free, 0))}, and the roll needs "
                f"{dollars(need)}: not rolled"
            )
            self.dropped.append((intent, "refused", words))
            self.notes.append(f"{layer_words(intent.purpose)}: {words}")
        else:
            self.spend(self.send(intent, quantity, max(cap, 0)), freed)

    def buy(self, intent: Intent, wanted: int) -> None:
        """At most `wanted` contracts, as many as the caps allow; a shortfall is said in words."""
        if self.forbids(intent):
            return
        cap, name = self.room.tighter()
        left, each = cap, self.unit_cents(intent)
        quantity = affordable(wanted, each, max(cap, 0))
        need = self.need_of_one(intent)
        fits = affordable(quantity, need, max(self.free, 0))
        if fits < quantity:
            name, left, each, quantity = "margin", self.free, need, fits
        if quantity < wanted:
            words = (
                f"{name} leaves {dollars(max(left, 0))} for {count(wanted, 'contract')} at "
                f"{dollars(each)}: {quantity or 'none'} bought"
            )
            self.notes.append(
                f"{layer_words(intent.purpose)}, {self.words(intent.instrument)}: {words}"
            )
            if quantity < 1:
                self.dropped.append((intent, "refused", words))
                return
            intent = replace(intent, reason=f"{intent.reason}; {words}")
        self.spend(self.send(intent, quantity, max(cap, 0)))

    def share_out(self, group: Sequence[Intent]) -> None:
        """One layer's purchase in whole contracts: the total in call units, then by instrument."""
        names = {intent.instrument for intent in group}
        allowed = [allows(intent.legs[0].contract, self.margin) for intent in group]
        shares = [
            InstrumentShare(
                name=self.words(intent.instrument),
                share=intent.detail["share"],
                units_per_contract=intent.detail["units_per_contract"],
                passes_to=self.words(intent.passes_to) if intent.passes_to in names else None,
                contract=intent.legs[0].contract if may else None,
            )
            for intent, may in zip(group, allowed, strict=True)
        ]
        total = group[0].detail["group_units"] * sum(item.share for item in shares)
        room = group[0].detail["room_units"] - self.units
        found = within(allocate_units(total, shares), shares, room)
        self.units += found.bought
        self.notes.extend(f"{layer_words(group[0].purpose)}: {note}" for note in found.notes)
        counts = dict(found.contracts)
        for place, intent in enumerate(group):
            wanted = counts.get(place, 0)
            if wanted:
                self.buy(intent, wanted)
            elif not self.forbids(intent):
                # A call unit is explained here too: the sentence stands alone in the records.
                words = (
                    f"{intent.size:.2f} {UNITS} (calls of delta {self.hedge.delta:.2f}) were its "
                    f"part, and one contract counts {intent.detail['units_per_contract']:.2f}: "
                    "none is left for it once the purchase is in whole contracts"
                )
                self.dropped.append((intent, "lapsed", words))


def within(found: Allocation, shares: Sequence[InstrumentShare], room: float) -> Allocation:
    """The allocation with contracts taken off, the smallest first, until it fits into `room`.

    room  call units up to a hedge ratio of 100 %, above which nothing is bought (D10). Rounding
    may come out above what was asked for, never above this.
    """
    counts = dict(found.contracts)
    bought = found.bought
    for place in sorted(counts, key=lambda i: (shares[i].units_per_contract, i)):
        size = shares[place].units_per_contract
        while counts[place] and bought > room + 1e-9:
            counts[place] -= 1
            bought -= size
    if bought == found.bought:
        return found
    note = f"cut to {bought:.1f} {UNITS}: nothing is bought above a hedge ratio of 100 %"
    return Allocation(
        units=found.units,
        contracts=tuple((place, n) for place, n in counts.items() if n),
        bought=bought,
        notes=(*found.notes, note),
    )


def _is_premium(given: Intent | Order) -> bool:
    """Whether it is of options: a future costs no premium."""
    return not any(isinstance(leg.contract, FutureContract) for leg in given.legs)
