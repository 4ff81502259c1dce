"""The journal of one ledger: rows are only ever added, and each carries the equity after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

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
    cash: int = 0
    value: int = 0
    quality: Quality | None = None
    source: str | None = None
    low: int | None = None
    high: int | None = None
    reason: str | None = None

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
    return Event(
        event=event,
        purpose=lot.purpose,
        cause=cause,
        structure_id=lot.structure_id,
        lot_id=lot.lot_id,
        contract=lot.contract.key,
        **fields,
    )


def of_fill(
    order: Order, part: LegFill, lot: Lot, state: State | None, *, cash: int, value: int
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
        cash=cash,
        value=value,
        quality=part.quality,
        reason=order.reason,
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

    def since(self, number: int) -> list[Row]:
        """Rows from `number` on."""
        return self._rows[number:]

    def frame(self) -> pl.DataFrame:
        """All rows as the JOURNAL table."""
        events = [event for _, _, event in self._rows]
        columns: dict[str, list[object]] = {
            "sequence": list(range(len(events))),
            "ledger": [self.ledger] * len(events),
            "session": [session for session, _, _ in self._rows],
            "equity": [equity for _, equity, _ in self._rows],
        }
        series = [
            pl.Series(
                name,
                columns[name] if name in columns else [getattr(e, name) for e in events],
                dtype=kind,
            )
            for name, kind in JOURNAL.items()
        ]
        return conform(pl.DataFrame(series), JOURNAL, table="journal")
