"""The journal of Steward's ledger in the words of the kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from steward.runs.torture.records import Action, Event, Scenario
from steward.terms.contracts import Contract

Line = dict[str, Any]

SOURCES = {
    "spx_close": "SPX close",
    "spx_open": "SPX open",
    "spx_prior_close": "SPX close before",
    "spx_last_close": "SPX close before",
    "vix_open": "VIX open",
    "vix_prior_close": "VIX close before",
    "vix_last_close": "VIX close before",
    "SET": "SET",
}

END_STATES: Mapping[str, str] = {
    "settled by value": "lapsed",  # what it was to close has settled meanwhile
    "settled by proxy": "lapsed",
}


class Booked:
    """Knows which order and which contract of a scenario a row of the journal is about."""

    def __init__(self, scenario: Scenario, contracts: Mapping[str, Contract]) -> None:
        self._names = {contract.key: name for name, contract in contracts.items()}
        self._orders: dict[str, Action] = {}
        self._vro = {x.session for x in scenario.levels if x.symbol == "VRO"}

    def name(self, action: Action, structure: str) -> str:
        """The id of Steward's order; a roll is an order a structure, so both are in it."""
        made = f"{action.order}/{structure}"
        self._orders[made] = action
        return made

    def events(self, journal: pl.DataFrame, *, leave_out: str) -> Iterator[Event]:
        """In the order of the journal. `leave_out`: the reason of a flow that is no event."""
        rows = [row for row in journal.iter_rows(named=True) if row["reason"] != leave_out]
        yield from self._fills(rows)
        for row in _of(rows, "end"):
            yield Event(
                session=row["session"],
                event="end",
                order=self._orders[row["order_id"]].order,
                structure=row["structure_id"],
                state=END_STATES.get(str(row["state"]), str(row["state"])),
                reason=row["reason"] or "",
            )
        for kind in ("settle", "variation"):
            for same in _grouped(rows, kind, lambda x: (x["structure_id"], x["contract"])):
                yield self._of_contract(kind, same)
        for kind in ("flow", "interest"):
            for same in _grouped(rows, kind, lambda _: ()):
                yield Event(session=same[0]["session"], event=kind, cents=_cash(same))

    def _fills(self, rows: list[Line]) -> Iterator[Event]:
        for same in _grouped(rows, "fill", lambda x: x["order_id"]):
            yield self._fill(same)
        for same in _grouped(rows, "fee", lambda x: x["order_id"]):
            yield Event(
                session=same[0]["session"],
                event="fee",
                order=self._orders[same[0]["order_id"]].order,
                structure=same[0]["structure_id"],
                cents=_cash(same),
            )

    def _fill(self, same: list[Line]) -> Event:
        """A package is one event at its net; a single leg is one at its price."""
        first = same[0]
        action = self._orders[first["order_id"]]
        legs = {
            leg.contract: leg.quantity
            for leg in action.legs
            if leg.structure == first["structure_id"]
        }
        if len(legs) == 1:
            return Event(
                session=first["session"],
                event="fill",
                order=action.order,
                structure=first["structure_id"],
                contract=self._names[first["contract"]],
                quantity=sum(row["quantity"] for row in same),
                price=first["price"],
                cents=_cash(same),
            )
        return Event(
            session=first["session"],
            event="fill",
            order=action.order,
            structure=first["structure_id"],
            quantity=first["quantity"] // legs[self._names[first["contract"]]],
            price=sum(legs[self._names[row["contract"]]] * row["price"] for row in same),
            cents=_cash(same),
        )

    def _of_contract(self, kind: str, same: list[Line]) -> Event:
        first = same[0]
        settle = kind == "settle"
        bounded = settle and first["low"] is not None
        return Event(
            session=first["session"],
            event=kind,
            structure=first["structure_id"],
            contract=self._names[first["contract"]],
            quantity=(-1 if settle else 1) * sum(row["quantity"] for row in same),
            price=same[-1]["price"],
            cents=_cash(same),
            state=(first["state"] or "") if settle else "",
            source=self._source(first) if settle else "",
            low=sum(row["low"] for row in same) if bounded else None,
            high=sum(row["high"] for row in same) if bounded else None,
        )

    def _source(self, row: Line) -> str:
        """Steward has one name for VRO and the final settlement of a future: they are one value."""
        if row["source"] == "vx_final":
            return "VRO" if row["session"] in self._vro else "final"
        return SOURCES[row["source"]]


def _of(rows: list[Line], kind: str) -> list[Line]:
    return [row for row in rows if row["event"] == kind]


def _grouped(rows: list[Line], kind: str, key: Callable[[Line], Any]) -> list[list[Line]]:
    found: dict[tuple[date, Any], list[Line]] = {}
    for row in _of(rows, kind):
        found.setdefault((row["session"], key(row)), []).append(row)
    return list(found.values())


def _cash(rows: list[Line]) -> int:
    return sum(row["cash"] for row in rows)
