"""Rows of the equity and decisions tables, gathered while a run goes on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from steward.market.quotes import Quote
from steward.market.tables import DECISIONS, EQUITY, MARKS, conform
from steward.market.view import MarketView
from steward.pricing import stress
from steward.rules import hedge
from steward.rules.ruleset import RuleSet
from steward.runs.desk import Desk
from steward.runs.rolled import Rolled
from steward.runs.settings import CONDORS
from steward.signals.rows import SignalRow
from steward.terms.contracts import Contract, Expiry, OptionContract, Right
from steward.terms.trades import HEDGE_PURPOSES, Intent, Lot, Memory, Order

WARMING_SIGNAL = "vix_over_sma_252"
"""While it is not known yet, the rules' averages of VIX are not, and charts shade the days."""


class Recorder:
    """Collects plain rows; the tables are made once, at the end."""

    def __init__(self, *, quoted: bool) -> None:
        """`quoted`: SPX options come from real chains, so that a modelled mark is worth a flag."""
        self._quoted = quoted
        self._equity: dict[str, list[Any]] = {name: [] for name in EQUITY}
        self._decisions: dict[str, list[Any]] = {name: [] for name in DECISIONS}
        self._marks: dict[str, list[Any]] = {name: [] for name in MARKS}
        self._held: frozenset[Contract] = frozenset()
        self._memories: dict[tuple[str, str], Memory] = {}

    # --- equity ----------------------------------------------------------------------------------

    def equity(
        self, desk: Desk, view: MarketView, row: SignalRow, rate: float | None, flow: int
    ) -> None:
        """One row of a ledger after the session's decisions."""
        account, facts, values = desk.account, desk.facts, desk.marked.values
        memory = desk.hedge_memory
        measured = measure(desk, view)
        found: dict[str, Any] = {
            "ledger": desk.name,
            "session": view.session,
            "spx": view.spx,
            "vix": view.vix,
            "warming": row.readings[WARMING_SIGNAL].state == "warming",
            "cash": account.cash,
            "condor": values.get("condor", 0),
            **{layer: values.get(layer, 0) for layer in HEDGE_PURPOSES},
            "equity": account.equity,
            "flow": flow,
            "bill_rate": rate,
            "margin": desk.standing.required,
            "margin_funds": desk.standing.funds,
            "margin_called": desk.standing.called,
            "insolvent": desk.standing.insolvent is not None,
            "condor_max_loss": facts.condor_max_loss if facts is not None else 0,
            "hedge_ratio": measured[0],
            "hedge_target": _number(memory, "hedge_target"),
            "stress_cover": measured[1],
            **{f"{layer}_on": _flag(memory, f"{layer}_on") for layer in HEDGE_PURPOSES},
            "mix": memory.get("mix"),
            "modelled_marks": _modelled(account.lots, view) if self._quoted else 0,
        }
        for name, values_of in self._equity.items():
            values_of.append(found[name])

    # --- marks -----------------------------------------------------------------------------------

    def marks(self, desks: Iterable[Desk], view: MarketView) -> None:
        """A row for each contract that a ledger holds now, or held when the session began."""
        now = frozenset(lot.contract for desk in desks for lot in desk.account.lots)
        at_forward: dict[Expiry, float] = {}
        rolled = Rolled(view)
        for contract in sorted(now | self._held, key=lambda x: x.key):
            if contract.expiry <= view.session:
                continue
            quote = view.mark(contract)
            row = (
                *(view.session, contract.key, quote.bid, quote.ask, quote.quality),
                *(quote.forward, quote.vol, quote.delta, quote.gamma, quote.vega, quote.theta),
                vol_at_forward(contract, quote, view, at_forward),
                rolled.of(contract, quote),
            )
            for column, value in zip(self._marks.values(), row, strict=True):
                column.append(value)
        self._held = now

    # --- decisions -------------------------------------------------------------------------------

    def decisions(self, desk: Desk, session: date) -> None:
        """Traces, intents, orders, memory of a ledger; condor traces on the condor ledger only.

        Before them how it stands with its margin, where that changed, and what its forced orders of
        the session before came to.
        """
        self._margin(desk, session)
        for place, one in enumerate(desk.decided):
            own = place > 0 or desk.name == CONDORS
            if own:
                for trace in one.decision.traces:
                    detail = {"inputs": dict(trace.inputs)} if trace.inputs else {}
                    self._add(
                        desk, session, "trace", trace.rule, trace.result, trace.sentence, detail
                    )
            ends = {i.intent_id: (state, why) for i, state, why in one.placed.dropped}
            for intent in one.decision.intents:
                state, why = ends.get(intent.intent_id, ("sent", intent.reason))
                self._add(
                    desk, session, "intent", intent.intent_id, state, why, intent_detail(intent)
                )
            for order in one.placed.orders:
                self._add(
                    desk, session, "order", order.order_id, order.action, order.reason,
                    order_detail(order),
                )  # fmt: skip
            for note in one.placed.notes if own else ():
                self._add(desk, session, "trace", "size", "note", note, {})
        for name, memory in (("condor", desk.condor_memory), ("hedge", desk.hedge_memory)):
            own = name == "hedge" or desk.name == CONDORS
            if own and memory and self._memories.get((desk.name, name)) != memory:
                self._memories[desk.name, name] = memory
                self._add(desk, session, "memory", name, "changed", "", dict(memory))

    def _margin(self, desk: Desk, session: date) -> None:
        standing = desk.standing
        for end in desk.forced:
            detail = {
                "structure": end.structure_id,
                "cost_cents": end.cost,
                "fees_cents": end.fees,
            }
            self._add(desk, session, "margin", end.order_id, end.state, end.reason, detail)
        if standing.change != "none":
            said = standing.sentence(desk.margin, desk.account.equity)
            detail = {
                "required_cents": standing.required,
                "funds_cents": standing.funds,
                "deficit_cents": standing.deficit,
            }
            self._add(desk, session, "margin", "standing", standing.change, said, detail)

    def _add(
        self,
        desk: Desk,
        session: date,
        kind: str,
        name: str,
        result: str,
        sentence: str,
        detail: Mapping[str, Any],
    ) -> None:
        text = json.dumps(detail, sort_keys=True, ensure_ascii=False) if detail else ""
        row = (desk.name, session, kind, name, result, sentence, text)
        for column, value in zip(self._decisions.values(), row, strict=True):
            column.append(value)

    # --- tables ----------------------------------------------------------------------------------

    def equity_table(self) -> pl.DataFrame:
        return _frame(self._equity, EQUITY, "equity")

    def marks_table(self) -> pl.DataFrame:
        return _frame(self._marks, MARKS, "marks")

    def decisions_table(self) -> pl.DataFrame:
        return _frame(self._decisions, DECISIONS, "decisions")


def _frame(columns: dict[str, list[Any]], kinds: Mapping[str, Any], table: str) -> pl.DataFrame:
    series = [pl.Series(name, columns[name], dtype=kind) for name, kind in kinds.items()]
    return conform(pl.DataFrame(series), kinds, table=table)


def vol_at_forward(
    contract: Contract, quote: Quote, view: MarketView, known: dict[Expiry, float]
) -> float:
    """Of the contract's series, at the strike that is its forward; NaN for what has no series, or
    no vol. `known` keeps it by series.
    """
    if not isinstance(contract, OptionContract) or not quote.forward > 0.0:
        return math.nan
    found = known.get(contract.series)
    if found is None:
        right: Right = "C"
        money = replace(contract, strike=round(quote.forward, 2), right=right)
        found = known[contract.series] = view.mark(money).vol
    return found


def measure(desk: Desk, view: MarketView) -> tuple[float | None, float | None]:
    """Hedge ratio and stress cover of a ledger's book; None without open condors."""
    facts, rules = desk.facts, desk.rules
    if facts is None or rules is None or not facts.condor_max_loss:
        return None, None
    lots = desk.account.lots
    hedges = tuple(lot for lot in lots if lot.purpose in HEDGE_PURPOSES)
    if not hedges or rules.hedge is None:
        return 0.0, 0.0
    ratio = hedge.hedge_ratio(view, hedges, facts.condor_max_loss, rules.hedge)
    return ratio, cover(view, lots, rules, facts.condor_max_loss)


LEAST_LOSS = 0.10
"""A stress that costs the condors less than this share of what they can lose needs no cover."""


def cover(view: MarketView, lots: tuple[Lot, ...], rules: RuleSet, max_loss: int) -> float | None:
    """What the hedge gains in the stress of the rules over what the condors lose in it.

    max_loss  of the condors, cents
    None where the condors lose next to nothing in it (their call side is near, or all is far): a
    ratio of two small numbers says nothing.
    """
    if rules.hedge is None:
        return None
    shock = stress.shock_of(rules.hedge.stress)
    gain = stress.structure_change((x for x in lots if x.purpose in HEDGE_PURPOSES), view, shock)
    loss = -stress.structure_change((x for x in lots if x.purpose == "condor"), view, shock)
    return gain / loss if loss >= LEAST_LOSS * max_loss else None


def _modelled(lots: tuple[Lot, ...], view: MarketView) -> int:
    """SPX options valued by model although the run's quotes are real ones."""
    return sum(
        1
        for lot in lots
        if lot.contract.underlying == "SPX" and view.mark(lot.contract).quality != "quoted"
    )


def _flag(memory: Memory, key: str) -> bool:
    return float(memory.get(key, 0.0)) > 0.0


def _number(memory: Memory, key: str) -> float | None:
    value = memory.get(key)
    return float(value) if value is not None else None


def intent_detail(intent: Intent) -> dict[str, Any]:
    return {
        "purpose": intent.purpose,
        "action": intent.action,
        "structure": intent.structure_id,
        "size": intent.size,
        "legs": [[leg.quantity, leg.contract.key] for leg in intent.legs],
        "detail": dict(intent.detail),
    }


def order_detail(order: Order) -> dict[str, Any]:
    """All that makes an order, so that two runs can be held against each other."""
    return {
        "intent": order.intent_id,
        "purpose": order.purpose,
        "action": order.action,
        "structure": order.structure_id,
        "quantity": order.quantity,
        "limit": order.limit,
        "worst": order.worst,
        "fill_share": order.fill_share,
        "legs": [[leg.quantity, leg.contract.key, leg.lot_id] for leg in order.legs],
    }
