"""The orders of one account that work, and what the present session has done to them."""

from __future__ import annotations

from collections import Counter
from datetime import date

from steward.ledger.holdings import Holdings
from steward.terms.contracts import Contract
from steward.terms.trades import Fill, LegFill, Order, Refusal, State

TRIED_AGAIN: tuple[State, ...] = ("no quote", "stale", "refused")
"""Ends after which an order with tries left goes out once more."""


class WorkingOrders:
    """Orders in the order in which they went out.

    taken   contracts traded this session, by contract and whether they were bought
    partly  intents of which a part has traded
    """

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}
        self._gone: dict[str, tuple[State, str]] = {}
        self._heard: set[str] = set()
        self._fresh: set[str] = set()
        self.taken: Counter[tuple[Contract, bool]] = Counter()
        self.partly: set[str] = set()

    @property
    def orders(self) -> tuple[Order, ...]:
        return tuple(self._orders.values())

    def begin(self) -> None:
        """A new session: sizes are there anew, and what settled before is forgotten."""
        self._gone.clear()
        self._fresh.clear()
        self.taken.clear()

    def put(self, order: Order) -> None:
        """A new order. Raises ValueError when its id works already."""
        if order.order_id in self._orders:
            raise ValueError(f"order {order.order_id} works already")
        self._orders[order.order_id] = order
        self._fresh.add(order.order_id)

    @property
    def not_offered(self) -> tuple[str, ...]:
        """Orders of an earlier session of which this one has heard nothing."""
        return tuple(name for name in self._orders if name not in self._fresh)

    def take_off(self, order: Order) -> None:
        del self._orders[order.order_id]

    def of_intent(self, intent_id: str) -> Order | None:
        return next((x for x in self._orders.values() if x.intent_id == intent_id), None)

    def took(self, part: LegFill) -> None:
        """The size that a leg has traded is gone for this session."""
        self.taken[part.leg.contract, part.quantity > 0] += abs(part.quantity)

    def heard(self, fill: Fill) -> bool:
        """Whether this very fill was told before; a fill without an id is always new."""
        return bool(fill.fill_id) and fill.fill_id in self._heard

    def hear(self, fill_id: str) -> None:
        self._heard.add(fill_id)

    def lost(self, lot_id: str, state: State, reason: str) -> None:
        """A lot went in this session: an order to close it ends so."""
        self._gone[lot_id] = (state, reason)

    def too_late(self, order: Order, holdings: Holdings, session: date) -> Refusal | None:
        """An order to close what is no longer there, or no longer so much of it."""
        wanted: Counter[str] = Counter()
        for leg in order.legs:
            if leg.lot_id:
                wanted[leg.lot_id] += order.quantity * leg.quantity
        for lot_id, contracts in wanted.items():
            lot = holdings.find(lot_id)
            if lot is None:
                state, reason = self._gone.get(lot_id, ("lapsed", f"no lot {lot_id} is held"))
            elif contracts * lot.quantity < 0 and abs(contracts) <= abs(lot.quantity):
                continue
            else:
                state = "lapsed"
                reason = f"lot {lot_id} holds {lot.quantity:+d}, the order trades {contracts:+d}"
            return Refusal(order=order, session=session, state=state, reason=reason)
        return None
