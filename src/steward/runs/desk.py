"""One ledger's moving parts: rules, account, facts and memory, from one session to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steward.ledger import laws
from steward.ledger.accounts import Account
from steward.ledger.facts import FactsKeeper
from steward.ledger.holdings import Marked
from steward.market.view import MarketView
from steward.orders.margin import DEFAULT, Compiled, MarginProfile, holdings
from steward.orders.place import Placed
from steward.rules.ruleset import RuleSet
from steward.runs.standing import Standing
from steward.terms.trades import NOTHING, BookFacts, Decision, Memory, State


@dataclass(slots=True, kw_only=True)
class Decided:
    """What one room of rules decided in a session, and what became orders of it."""

    decision: Decision
    placed: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedEnd:
    """What became of a forced order; amounts in cents.

    cost  of its fill against the middle of that session's quotes, without fees; 0: not filled
    fees  of its fill
    """

    order_id: str
    structure_id: str
    state: State
    reason: str
    cost: int = 0
    fees: int = 0


class Desk:
    """A ledger of a run. `rules` None holds bills alone.

    margin    the profile of the account
    memory    of the rules, by the room of rules that keeps it
    marked    the holdings at the session's marks; facts: those of the session, once taken
    standing  with the margin, at the session's marks
    forced    what became this session of the orders of a margin call
    """

    def __init__(self, name: str, rules: RuleSet | None, margin: MarginProfile = DEFAULT) -> None:
        self.name = name
        self.rules = rules
        self.margin = margin
        self.account = Account(name)
        self._keeper = FactsKeeper(self.account)
        self.condor_memory: Memory = NOTHING
        self.hedge_memory: Memory = NOTHING
        self.facts: BookFacts | None = None
        self.marked = Marked(values={}, qualities={})
        self.decided: list[Decided] = []
        self.standing = Standing()
        self.forced: list[ForcedEnd] = []
        self._compiled: tuple[int, Compiled] = (-1, Compiled((), margin))

    def take_facts(self, view: MarketView) -> BookFacts:
        """Facts of the book at the session's marks, its margin among them; once a session."""
        account = self.account
        required = self.requirement(view)
        self.facts = self._keeper.facts(
            margin_requirement=required,
            step_since=_day(self.condor_memory, "step_since"),
            layer_3_since=_day(self.hedge_memory, "layer_3_since"),
        )
        funds = self.margin.funds(cash=account.cash, equity=account.equity)
        self.standing = self.standing.at(
            view.session, required=required, funds=funds, equity=account.equity
        )
        if self.standing.change != "none":
            event = "insolvent" if self.standing.change == "insolvent" else "margin_call"
            account.note(event, self.standing.sentence(self.margin, account.equity))
        return self.facts

    def requirement(self, view: MarketView) -> int:
        """Maintenance margin of the book at the session's marks, cents; 0 for an empty one."""
        account = self.account
        version, compiled = self._compiled
        if version != account.holdings_version:  # what spreads need changes with the lots alone
            compiled = Compiled(holdings(account.lots), self.margin)
            self._compiled = (account.holdings_version, compiled)
        return compiled.total(view)

    def adopt(self, decided: Decided) -> None:
        """Take the intents into the account; those that became no order end here."""
        self.account.intend(decided.decision.intents)
        for intent, state, reason in decided.placed.dropped:
            self.account.drop(intent, state, reason)
        self.decided.append(decided)

    def send(self) -> None:
        """Hand all orders of the session to the account.

        Raises LawBroken when one opens anything while a margin call stands.
        """
        orders = [order for one in self.decided for order in one.placed.orders]
        if self.standing.refusal:
            laws.closes_only(self.name, self.account.session, orders, self.standing.refusal)
        self.account.send(orders)

    @property
    def decisions(self) -> Sequence[Decided]:
        return self.decided


def _day(memory: Memory, key: str) -> date | None:
    value = memory.get(key)
    return date.fromisoformat(value) if isinstance(value, str) and value else None
