"""The journal of one ledger: rows are only ever added, and each carries the equity after it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from steward.ledger.chain import first_link, hashes
from steward.market.tables import EVENTS, JOURNAL, conform
from steward.terms.trades import LegFill, Lot, Order, Purpose, Quality, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row of the journal before its number, ledger, session and equity are known.

    Money in cents, prices in ten-thousandths; fields as in `market.tables.JOURNAL`.
    """

    event: str
    purpose: Purpose
    cause: Purpose
    state: State | None = None
    intent_id: str | None = None
    order_id: str | None = None
    structure_id: str | None = None
    lot_id: str | None = None
    contract: str | None = None
    quantity: int | None = None
    price: int | None = None
    bid: int | None = None
    ask: int | None = None
    quote: str | None = None
    displayed: int | None = None
    volume: int | None = None
    cash: int = 0
    value: int = 0
    quality: Quality | None = None
    source: str | None = None
    low: int | None = None
    high: int | None = None
    rule: str | None = None
    reason: str | None = None
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.event not in EVENTS:
            raise ValueError(f"{self.event}: not an event of the journal")

    @property
    def words(self) -> str:
        """What a broken law names: `fill of SPXW 2018-02-28 2715 P (order 17)`."""
        of = f" of {self.contract}" if self.contract else ""
        by = f" (order {self.order_id})" if self.order_id else ""
        return f"{self.event}{of}{by}"


def of_lot(lot: Lot, *, event: str, cause: Purpose, **fields: Any) -> Event:
    """An event of one lot; `fields` are those of `Event` that the lot does not give."""
    own: dict[str, Any] = {
        "purpose": lot.purpose,
        "structure_id": lot.structure_id,
        "lot_id": lot.lot_id,
        "contract": lot.contract.key,
    }
    return Event(event=event, cause=cause, **{**own, **fields})


def of_fill(
    order: Order,
    part: LegFill,
    lot: Lot,
    state: State | None,
    *,
    cash: int,
    value: int,
    detail: str | None = None,
) -> Event:
    """The fill of one leg: its purpose is the lot's, its cause the order's."""
    return of_lot(
        lot,
        event="fill",
        cause=order.purpose,
        state=state,
        intent_id=order.intent_id,
        order_id=order.order_id,
        quantity=part.quantity,
        price=part.price,
        bid=part.bid,
        ask=part.ask,
        quote=part.origin or None,
        displayed=part.displayed,
        volume=part.volume,
        cash=cash,
        value=value,
        quality=part.quality,
        rule=order.rule or None,
        reason=order.reason,
        detail=detail or None,
    )


def of_order(order: Order, *, event: str, **fields: Any) -> Event:
    """An event of an order as a whole; its cause is its own purpose."""
    return Event(
        event=event,
        purpose=order.purpose,
        cause=order.purpose,
        intent_id=order.intent_id,
        order_id=order.order_id,
        structure_id=order.structure_id,
        rule=order.rule or None,
        **fields,
    )


def sent(order: Order) -> Event:
    """That an order went out, with all that it is: a reader can make the order again from it."""
    terms = {
        "session": order.session.isoformat(),
        "action": order.action,
        "worst": order.worst,
        "fill_share": order.fill_share,
        "retry": order.retry,
        "pricing": order.pricing,
        "legs": [[leg.quantity, leg.contract.key, leg.lot_id] for leg in order.legs],
    }
    return of_order(
        order,
        event="order",
        quantity=order.quantity,
        price=order.limit,
        reason=order.reason,
        detail=json.dumps(terms),
    )


Row = tuple[date, int, Event]
"""Session, equity after the event (cents), the event."""


class Journal:
    """Append-only: there is no way to change or to take out a row."""

    def __init__(self, ledger: str) -> None:
        self.ledger = ledger
        self._rows: list[Row] = []
        self._equity = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def equity(self) -> int:
        """Cents, by the rows alone: every cash and value change since the first one."""
        return self._equity

    def add(self, session: date, event: Event) -> int:
        """Append one event; gives the equity after it, cents."""
        self._equity += event.cash + event.value
        self._rows.append((session, self._equity, event))
        return self._equity

    def take(self, rows: Iterable[Row]) -> None:
        """Rows that were written before, of a journal that is still empty."""
        if self._rows:
            raise ValueError(f"the journal of {self.ledger} has rows already")
        self._rows = list(rows)
        self._equity = self._rows[-1][1] if self._rows else 0

    def since(self, number: int) -> list[Row]:
        """Rows from `number` on."""
        return self._rows[number:]

    def frame(self) -> pl.DataFrame:
        """All rows as the JOURNAL table, chained."""
        events = [event for _, _, event in self._rows]
        columns: dict[str, list[object]] = {
            "sequence": list(range(len(events))),
            "ledger": [self.ledger] * len(events),
            "session": [session for session, _, _ in self._rows],
            "equity": [equity for _, equity, _ in self._rows],
            "hash": [""] * len(events),
        }
        series = [
            pl.Series(
                name,
                columns[name] if name in columns else [getattr(e, name) for e in events],
                dtype=kind,
            )
            for name, kind in JOURNAL.items()
        ]
        frame = pl.DataFrame(series)
        chained = hashes(frame, before=first_link(self.ledger))
        frame = frame.with_columns(pl.Series("hash", chained, dtype=pl.String()))
        return conform(frame, JOURNAL, table="journal")
