"""One ledger's moving parts: rules, account, facts and memory, from one session to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steward.ledger.accounts import Account
from steward.ledger.facts import FactsKeeper
from steward.ledger.holdings import Marked
from steward.market.view import MarketView
from steward.orders import margin
from steward.orders.place import Placed
from steward.rules.ruleset import RuleSet
from steward.terms.contracts import FutureContract
from steward.terms.trades import NOTHING, BookFacts, Decision, Memory


@dataclass(slots=True, kw_only=True)
class Decided:
    """What one room of rules decided in a session, and what became orders of it."""

    decision: Decision
    placed: Placed


class Desk:
    """A ledger of a run. `rules` None holds bills alone.

    memory   of the rules, by the room of rules that keeps it
    marked   the holdings at the session's marks; facts: those of the session, once taken
    """

    def __init__(self, name: str, rules: RuleSet | None) -> None:
        self.name = name
        self.rules = rules
        self.account = Account(name)
        self._keeper = FactsKeeper(self.account)
        self.condor_memory: Memory = NOTHING
        self.hedge_memory: Memory = NOTHING
        self.facts: BookFacts | None = None
        self.marked = Marked(values={}, qualities={})
        self.decided: list[Decided] = []
        self._options_need: tuple[int, int] = (-1, 0)

    def take_facts(self, view: MarketView) -> BookFacts:
        """Facts of the book at the session's marks; once a session."""
        self.facts = self._keeper.facts(
            margin_requirement=self.requirement(view),
            step_since=_day(self.condor_memory, "step_since"),
            layer_3_since=_day(self.hedge_memory, "layer_3_since"),
        )
        return self.facts

    def requirement(self, view: MarketView) -> int:
        """Margin that the book needs at the session's marks, cents; 0 for an empty one."""
        account = self.account
        version, options = self._options_need
        if version != account.holdings_version:  # what spreads need changes with the lots alone
            spreads = [x for x in account.lots if not isinstance(x.contract, FutureContract)]
            options = margin.requirement(spreads, view.mark)
            self._options_need = (account.holdings_version, options)
        futures = [x for x in account.lots if isinstance(x.contract, FutureContract)]
        return options + margin.requirement(futures, view.mark)

    def adopt(self, decided: Decided) -> None:
        """Take the intents into the account; those that became no order end here."""
        self.account.intend(decided.decision.intents)
        for intent, state, reason in decided.placed.dropped:
            self.account.drop(intent, state, reason)
        self.decided.append(decided)

    def send(self) -> None:
        """Hand all orders of the session to the account."""
        self.account.send([order for one in self.decided for order in one.placed.orders])

    @property
    def decisions(self) -> Sequence[Decided]:
        return self.decided


def _day(memory: Memory, key: str) -> date | None:
    value = memory.get(key)
    return date.fromisoformat(value) if isinstance(value, str) and value else None
