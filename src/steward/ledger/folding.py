"""The book, made from the journal alone: what a restart goes on from, and what a run is held to.

One pass over the rows. Nothing is asked of the account that wrote them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

import polars as pl

from steward.ledger.journal import Event, Row
from steward.market.tables import JOURNAL
from steward.terms.contracts import from_key
from steward.terms.trades import Book, Leg, Lot, Order, State

Given = TypeVar("Given")


@dataclass(slots=True, kw_only=True)
class Structure:
    """What a structure has taken in so far, cents, and the lots with which it began.

    forced  some of it was closed at any price
    """

    cash: int = 0
    fees: int = 0
    forced: bool = False
    opened: list[Lot] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Folded:
    """What the rows say. Money in cents.

    session     of the last row; None: there is none
    worth       of all lots by the rows' changes of value
    orders      that still work, by intent, in the order in which they went out
    ended       how each intent ended
    partly      intents that have traded in part
    heard       fills by their ids
    structures  condors by id that are still open
    """

    ledger: str
    session: date | None = None
    cash: int = 0
    worth: int = 0
    lots: dict[str, Lot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    ended: dict[str, State] = field(default_factory=dict)
    partly: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    structures: dict[str, Structure] = field(default_factory=dict)

    @property
    def book(self) -> Book:
        return Book(
            cash=self.cash, lots=tuple(self.lots.values()), open_orders=tuple(self.orders.values())
        )


def rows_of(journal: pl.DataFrame) -> list[Row]:
    """The rows of one ledger's table as events."""
    own = ("sequence", "ledger", "session", "equity", "hash")
    names = [name for name in JOURNAL if name not in own]
    ordered = journal.sort("sequence")
    told = zip(ordered["session"].to_list(), ordered["equity"].to_list(), strict=True)
    return [
        (session, equity, Event(**dict(zip(names, values, strict=True))))
        for (session, equity), values in zip(told, ordered.select(names).iter_rows(), strict=True)
    ]


def fold(ledger: str, rows: Iterable[Row]) -> Folded:
    """The state after the last row.

    Raises ValueError for rows that no account writes: a sale of what is not held.
    """
    found = Folded(ledger=ledger)
    sent: dict[str, Order] = {}
    for session, _, event in rows:
        found.session = session
        found.cash += event.cash
        found.worth += event.value
        if event.event == "order":
            order = order_of(event)
            found.orders.pop(order.intent_id, None)  # what is tried again goes to the end
            sent[order.order_id] = found.orders[order.intent_id] = order
        elif event.event == "fill":
            _fill(found, session, event, sent)
        elif event.event == "fee":
            _fee(found, event)
        elif event.event == "variation":
            _vary(found, event)
        elif event.event == "settle":
            _gone(found, event)
        elif event.event == "split":
            _split(found, event)
        if event.intent_id is not None and event.state is not None:
            found.ended[event.intent_id] = event.state
            found.orders.pop(event.intent_id, None)
    found.partly -= found.ended.keys()
    held = {lot.structure_id for lot in found.lots.values()}
    found.structures = {name: one for name, one in found.structures.items() if name in held}
    return found


def order_of(event: Event) -> Order:
    """The order that a row of the journal says was sent."""
    terms = json.loads(_needed(event.detail))
    return Order(
        order_id=_needed(event.order_id),
        intent_id=_needed(event.intent_id),
        session=date.fromisoformat(terms["session"]),
        purpose=event.purpose,
        action=terms["action"],
        structure_id=_needed(event.structure_id),
        legs=tuple(
            Leg(contract=from_key(key), quantity=quantity, lot_id=lot_id)
            for quantity, key, lot_id in terms["legs"]
        ),
        quantity=_needed(event.quantity),
        limit=_needed(event.price),
        worst=terms["worst"],
        fill_share=terms["fill_share"],
        reason=event.reason or "",
        rule=event.rule or "",
        retry=terms["retry"],
        pricing=terms["pricing"],
    )


def _needed(given: Given | None) -> Given:
    if given is None:
        raise ValueError("a row without what its event needs")
    return given


def _fill(found: Folded, session: date, event: Event, sent: dict[str, Order]) -> None:
    lot_id, quantity = _needed(event.lot_id), _needed(event.quantity)
    order = sent[_needed(event.order_id)]
    if event.detail:
        found.heard.add(event.detail)
    found.partly.add(order.intent_id)
    lot = found.lots.get(lot_id)
    if lot is None:
        price = _needed(event.price)
        lot = Lot(
            lot_id=lot_id,
            structure_id=_needed(event.structure_id),
            purpose=event.purpose,
            contract=from_key(_needed(event.contract)),
            quantity=quantity,
            price=price,
            opened=session,
            variation_price=price,
        )
        if lot.purpose == "condor":
            _begun(found, lot)
        found.lots[lot_id] = lot
    else:
        if lot.quantity * quantity >= 0 or abs(quantity) > abs(lot.quantity):
            raise ValueError(f"row of {session}: lot {lot_id} holds {lot.quantity:+d}")
        if lot.purpose == "condor" and order.worst is None:
            found.structures[lot.structure_id].forced = True
        _less(found, lot, quantity)
    if lot.purpose == "condor":
        found.structures[lot.structure_id].cash += event.cash


def _begun(found: Folded, lot: Lot) -> None:
    """A leg of a condor that is opened; under a name that has ended it is a new condor."""
    held = (x.structure_id for x in found.lots.values() if x.purpose == "condor")
    if lot.structure_id not in held:
        found.structures[lot.structure_id] = Structure()
    found.structures[lot.structure_id].opened.append(lot)


def _fee(found: Folded, event: Event) -> None:
    """A fee of a condor's leg is the condor's; a hedge may share its name."""
    structure = found.structures.get(_needed(event.structure_id))
    if structure is not None and any(x.lot_id == event.lot_id for x in structure.opened):
        structure.fees -= event.cash


def _less(found: Folded, lot: Lot, quantity: int) -> None:
    if lot.quantity + quantity:
        found.lots[lot.lot_id] = replace(lot, quantity=lot.quantity + quantity)
    else:
        del found.lots[lot.lot_id]


def _vary(found: Folded, event: Event) -> None:
    """A future that is held remembers what it was paid up to; of what a trade took off, nothing."""
    lot = found.lots.get(_needed(event.lot_id))
    if lot is not None and event.price is not None and event.order_id is None:
        found.lots[lot.lot_id] = replace(lot, variation_price=event.price)


def _gone(found: Folded, event: Event) -> None:
    lot = found.lots.pop(_needed(event.lot_id))
    if lot.purpose == "condor":
        found.structures[lot.structure_id].cash += event.cash


def _split(found: Folded, event: Event) -> None:
    lot = found.lots[_needed(event.lot_id)]
    left = lot.quantity + _needed(event.quantity)
    if left:
        price = json.loads(_needed(event.detail))["price"]
        found.lots[lot.lot_id] = replace(lot, quantity=left, price=price, variation_price=price)
    else:
        del found.lots[lot.lot_id]
