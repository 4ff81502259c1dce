"""The journal of Steward's ledger in the words of the kit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from steward.runs.torture.placing import Placing
from steward.runs.torture.records import Action, Event, Scenario
from steward.terms.contracts import Contract
from steward.terms.trades import Fill, Refusal, State

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
    """Knows which order, structure and contract of a scenario a row of the journal is about."""

    def __init__(
        self, scenario: Scenario, contracts: Mapping[str, Contract], placing: Placing
    ) -> None:
        self._names = {contract.key: name for name, contract in contracts.items()}
        self._placing = placing
        self._vro = {x.session for x in scenario.levels if x.symbol == "VRO"}
        self._last: dict[str, State] = {}

    def said(self, outcome: Fill | Refusal) -> None:
        """What the venue said last of an order: why the rest of a part fill does not trade."""
        state = "refused" if isinstance(outcome, Fill) else outcome.state
        self._last[outcome.order.intent_id] = state

    def cancelled(self, intent_id: str) -> None:
        """Its rest was taken back, whatever the venue said last."""
        self._last[intent_id] = "cancelled"

    def events(self, journal: pl.DataFrame, *, leave_out: str) -> Iterator[Event]:
        """In the order of the journal. `leave_out`: the reason of a flow that is no event."""
        rows = [row for row in journal.iter_rows(named=True) if row["reason"] != leave_out]
        yield from self._fills(rows)
        yield from self._fees(rows)
        yield from self._ends(rows)
        yield from self._splits(rows)
        for kind in ("settle", "variation"):
            for same in _grouped(rows, kind, self._holding):
                yield self._of_contract(kind, same)
        for kind in ("flow", "interest"):
            for same in _grouped(rows, kind, lambda _: ()):
                yield Event(session=same[0]["session"], event=kind, cents=_cash(same))

    def _order(self, row: Line) -> tuple[Action, str]:
        return self._placing.action(row["intent_id"])

    def _holding(self, row: Line) -> tuple[str, str]:
        """Structure and contract, as the scenario names them."""
        return self._placing.structure(row["structure_id"]), self._names[row["contract"]]

    # --- orders ----------------------------------------------------------------------------------

    def _fills(self, rows: list[Line]) -> Iterator[Event]:
        """A package is one event at its net; a leg that trades on its own tick is one at its price.

        All parts of a structure together: the kit does not ask from which lots they were sold.
        """

        def key(row: Line) -> tuple[str, str, str]:
            action, structure = self._order(row)
            single = action.execution == "legs" or len(_legs(action, structure)) == 1
            return action.order, structure, self._names[row["contract"]] if single else ""

        for same in _grouped(rows, "fill", key):
            order, structure, contract = key(same[0])
            legs = _legs(self._order(same[0])[0], structure)
            first = [row for row in same if row["order_id"] == same[0]["order_id"]]
            price = sum(legs[self._names[row["contract"]]] * row["price"] for row in first)
            lead = [row for row in same if row["contract"] == same[0]["contract"]]
            traded = sum(row["quantity"] for row in lead)
            yield Event(
                session=same[0]["session"],
                event="fill",
                order=order,
                structure=structure,
                contract=contract,
                quantity=traded if contract else traded // legs[self._names[lead[0]["contract"]]],
                price=same[0]["price"] if contract else price,
                cents=_cash(same),
            )

    def _fees(self, rows: list[Line]) -> Iterator[Event]:
        """Of an order, or of the settlement of a structure."""

        def key(row: Line) -> tuple[str, str]:
            structure = self._placing.structure(row["structure_id"])
            return "" if row["intent_id"] is None else self._order(row)[0].order, structure

        for same in _grouped(rows, "fee", key):
            order, structure = key(same[0])
            yield Event(
                session=same[0]["session"],
                event="fee",
                order=order,
                structure=structure,
                cents=_cash(same),
            )

    def _ends(self, rows: list[Line]) -> Iterator[Event]:
        """One an order and structure; with what did not trade, where a part did.

        What became no order is of the session on which it was to trade.
        """
        wanted: Counter[tuple[str, str]] = Counter()
        traded: Counter[tuple[str, str]] = Counter()

        def key(row: Line) -> tuple[str, str]:
            action, structure = self._order(row)
            return action.order, structure

        for row in _of(rows, "order"):
            if row["order_id"] == f"{row['intent_id']}/1":
                wanted[key(row)] += row["quantity"]
        for row in _of(rows, "fill"):
            if self._names[row["contract"]] == _lead(*self._order(row))[0]:
                traded[key(row)] += row["quantity"]
        for same in _grouped(rows, "end", key):
            row = same[-1]
            (action, structure), of = self._order(row), key(row)
            state = str(row["state"])
            if state == "partly filled":
                state = self._last[row["intent_id"]]
            units = traded[of] // _lead(action, structure)[1]
            yield Event(
                session=max(row["session"], action.session),
                event="end",
                order=action.order,
                structure=structure,
                quantity=wanted[of] - units if units else None,
                state=END_STATES.get(state, state),
                reason=row["reason"] or "",
            )

    # --- holdings --------------------------------------------------------------------------------

    def _splits(self, rows: list[Line]) -> Iterator[Event]:
        """Shares held after it, and cash for a part of a share."""
        held: Counter[tuple[str, str]] = Counter()
        after: dict[tuple[date, tuple[str, str]], int] = {}
        for row in rows:
            if row["event"] in ("fill", "settle", "split"):
                held[self._holding(row)] += row["quantity"]
            if row["event"] == "split":
                after[row["session"], self._holding(row)] = held[self._holding(row)]
        for same in _grouped(rows, "split", self._holding):
            session, (structure, contract) = same[0]["session"], self._holding(same[0])
            yield Event(
                session=session,
                event="split",
                structure=structure,
                contract=contract,
                quantity=after[session, (structure, contract)],
                cents=0,
            )
            yield Event(
                session=session,
                event="cash in lieu",
                structure=structure,
                contract=contract,
                price=same[0]["price"],
                cents=_cash(same),
            )

    def _of_contract(self, kind: str, same: list[Line]) -> Event:
        first = same[0]
        structure, contract = self._holding(first)
        settle = kind == "settle"
        bounded = settle and first["low"] is not None
        return Event(
            session=first["session"],
            event=kind,
            structure=structure,
            contract=contract,
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


def _legs(action: Action, structure: str) -> dict[str, int]:
    """Contracts of one unit by name."""
    return {leg.contract: leg.quantity for leg in action.legs if leg.structure == structure}


def _lead(action: Action, structure: str) -> tuple[str, int]:
    """The first contract of the structure, and how many of it make a unit."""
    return next(iter(_legs(action, structure).items()))


def _of(rows: list[Line], kind: str) -> list[Line]:
    return [row for row in rows if row["event"] == kind]


def _grouped(rows: list[Line], kind: str, key: Callable[[Line], Any]) -> list[list[Line]]:
    found: dict[tuple[date, Any], list[Line]] = {}
    for row in _of(rows, kind):
        found.setdefault((row["session"], key(row)), []).append(row)
    return list(found.values())


def _cash(rows: list[Line]) -> int:
    return sum(row["cash"] for row in rows)
