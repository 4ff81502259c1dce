"""A ledger of hedges alone, carried from session to session, and the worked example of D0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from steward.ledger.accounts import Account
from steward.ledger.facts import FactsKeeper
from steward.ledger.fills import Simulator
from steward.market.history import History
from steward.market.settlements import SettlementValue
from steward.market.view import as_of
from steward.orders.hedges import place_hedges
from steward.orders.place import Placed
from steward.rules.hedge import decide, hedge_ratio
from steward.rules.schema import RuleSet
from steward.signals.rows import Reading
from steward.terms.contracts import E4, Contract
from steward.terms.trades import (
    NOTHING,
    BookFacts,
    Decision,
    Intent,
    Lot,
    Memory,
    Order,
    Trace,
)

from .hedge_market import ToyMarket, book, facts, hedge_of, one_day, row, rules_of

MONDAY, TUESDAY = date(2018, 1, 8), date(2018, 1, 9)
FLAT = {"long_level": 18.3}
"""With VIX at 18.3 every future stands at 18.3, as in the worked example of D0."""

MAX_LOSS, CREDIT = 7_580_000, 2_420_000
"""Cents: the condors of that example."""

SPIKE = {"cap_vol_z_252": 2.5, "cap_vol_change_5_pct": 60.0}
BOTH = {"rsi_14": 80.0, "ad_divergence": 1.0}


def first_decision(
    session: date = MONDAY,
    *,
    max_loss: int = MAX_LOSS,
    credit: int = CREDIT,
    lots: tuple[Lot, ...] = (),
    pending: tuple[Order, ...] = (),
    changed: dict[str, object] | None = None,
    **signals: float | Reading,
) -> Decision:
    """Of a ledger without memory, in the market of the worked example."""
    return decide(
        one_day(session, 18.3, **FLAT),
        row(session, **signals),
        facts(session, max_loss=max_loss, credit=credit),
        book(*lots),
        NOTHING,
        rules_of(**(changed or {})),
        pending,
    )


def trace(decision: Decision, name: str = "hedge") -> Trace:
    return next(found for found in decision.traces if found.rule == name)


def closing(decision: Decision) -> list[Intent]:
    return [intent for intent in decision.intents if intent.action == "close"]


def hedge_buckets() -> dict[str, dict[str, object]]:
    return {name: dict(bucket) for name, bucket in hedge_of().buckets.items()}


# --- a ledger of hedges alone ---------------------------------------------------------------------


class Desk:
    """Carries a hedge from session to session on a real account; the condors are a number."""

    def __init__(self, history: History, market: ToyMarket, rules: RuleSet) -> None:
        self.history, self.market, self.rules = history, market, rules
        self.account = Account("toy")
        self.memory: Memory = NOTHING
        self.keeper = FactsKeeper(self.account)
        self.last: tuple[Decision, Placed] | None = None
        self.known: BookFacts = facts(history.sessions[0])

    def step(
        self,
        session: date,
        *,
        max_loss: int = 7_580_000,
        credit: int = 2_420_000,
        **signals: float | Reading,
    ) -> Decision:
        """One session: expiry, fills of yesterday's orders, marks, then the decision and orders."""
        view = as_of(self.history, self.market, session)
        account = self.account
        first = self.last is None
        account.begin(session)
        if first:
            account.flow(25_000_000, "capital")
        account.settle(self._value, "AM")
        account.trade(Simulator(), view)
        account.vary(view.mark)
        account.mark(view.mark)
        account.check()
        kept = self.memory.get("layer_3_since")
        known = self.keeper.facts(
            margin_requirement=0,
            layer_3_since=date.fromisoformat(str(kept)) if kept else None,
        )
        known = self.known = replace(known, condor_max_loss=max_loss, condor_credit=credit)
        day = row(session, **signals)
        found = decide(view, day, known, account.book, self.memory, self.rules, ())
        placed = place_hedges(found.intents, view, known, self.rules)
        account.intend(found.intents)
        for intent, state, reason in placed.dropped:
            account.drop(intent, state, reason)
        account.send(placed.orders)
        self.memory, self.last = found.memory, (found, placed)
        return found

    def ratio(self, session: date, max_loss: int = 7_580_000) -> float:
        view = as_of(self.history, self.market, session)
        assert self.rules.hedge is not None
        found = hedge_ratio(view, self.account.lots, max_loss, self.rules.hedge)
        assert found is not None
        return found

    def _value(self, contract: Contract) -> SettlementValue:
        days = [d for d in self.market.vix if d <= contract.expiry]
        return SettlementValue(
            value_e4=round(self.market.vix[days[-1]] * E4), source="vx_final", proxy=False
        )
