"""Steward's own rooms on a scenario: account, simulator, settlement values, calendar, margin.

The steps of a session are those of `runs.session`. An order that trades on a session is sent at the
close of the session before, as in a backtest; the first one at the close before the first session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from steward.ledger.accounts import Account
from steward.ledger.fills import FillRules, Simulator
from steward.ledger.settlement import SettlementValue
from steward.ledger.splits import split_lots
from steward.market.history import History
from steward.market.quotes import Quote
from steward.market.settlements import settlement_value
from steward.market.view import MarketView, as_of
from steward.orders.margin import profile, requirement
from steward.runs.manifest import steward_version
from steward.runs.torture.booked import Booked
from steward.runs.torture.engine import Ran
from steward.runs.torture.placing import Placing
from steward.runs.torture.records import EVENTS, TRADES, Action, Event, Fees, Scenario
from steward.runs.torture.world import KitQuotes, contract_of, history_of, split_of
from steward.terms import calendar
from steward.terms.contracts import E4, Contract
from steward.terms.errors import LawBroken, StewardError
from steward.terms.trades import Fill, Leg, Lot, Order

SUPPORTS = frozenset(
    (
        *("options", "vix options", "futures", "shares", "splits", "am settlement", "packages"),
        *("leg orders", "one-sided quotes", "price limits", "rolls", "retry", "cancel"),
        *("duplicate messages", "deposits", "interest", "sizing", "settlement proxies"),
        *("partial fills", "size limits", "stale quotes", "spread limits", "explicit fees"),
        *("settlement fees", "margin requirement"),
    )
)
START = "start cash of the scenario"


class StewardEngine:
    """This version of Steward."""

    name = "steward"
    version = steward_version()
    supports = SUPPORTS
    reports = frozenset(EVENTS)

    def run(self, scenario: Scenario) -> Ran:
        """Events of the journal; a broken law or a refused input ends the run and is said."""
        answers = {ask: answer(ask) for ask in scenario.calendar.questions()}
        try:
            running = _Running(scenario)
        except StewardError as error:
            return Ran(events=(), calendar=answers, stopped=str(error))
        stopped = ""
        try:
            running.all()
        except (LawBroken, StewardError) as error:
            stopped = str(error)
        return Ran(events=tuple(running.events()), calendar=answers, stopped=stopped)


def answer(question: str) -> str:
    """What Steward's calendar says to a question of `CalendarFacts`."""
    what, _, of = question.rpartition(" ")
    if what == "closed":
        return "no" if calendar.is_session(date.fromisoformat(of)) else "yes"
    if what == "early close":
        return f"{calendar.close_of_shares(date.fromisoformat(of)):%H:%M}"
    year, month = (int(part) for part in of.split("-"))
    expiry = calendar.monthly_expiry if what == "monthly expiry" else calendar.vix_expiry
    return expiry(year, month).isoformat()


@dataclass(frozen=True, slots=True)
class _Venue(Simulator):
    """The simulator, with the fees that the scenario states in the place of a schedule."""

    fees: Fees = field(default_factory=Fees)

    def _fees(
        self,
        order: Order,
        quoted: Sequence[tuple[Leg, Quote]],
        prices: Sequence[int],
        units: int,
        session: date,
    ) -> list[int]:
        del prices, session
        return [
            units * abs(leg.quantity) * self.fees.of(leg.contract.root, order.action)
            for leg, _ in quoted
        ]


def venue_of(scenario: Scenario) -> _Venue:
    """What the scenario says that the market lets through, and its fees."""
    given = scenario.fills
    volume, widest = given.volume_percent, given.widest_percent
    rules = FillRules(
        size_share=1.0 if given.size == "displayed" else None,
        volume_share=None if volume is None else float(volume),
        widest=None if widest is None else float(widest),
        oldest_minutes=given.stale_minutes,
    )
    return _Venue(rules=rules, fees=scenario.fees)


class _Running:
    """One account through the sessions of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._contracts: Mapping[str, Contract] = {
            name: contract_of(terms, scenario.name) for name, terms in scenario.contracts.items()
        }
        self._history: History = history_of(scenario)
        self._quotes = KitQuotes(scenario, self._contracts)
        self._account = Account("torture")
        self._splits = scenario.splits
        self._venue = venue_of(scenario)
        self._placing = Placing(scenario, self._contracts)
        self._booked = Booked(scenario, self._contracts, self._placing)
        self._fills: list[Fill] = []
        self._levels: list[Event] = []
        self._rates = {
            x.session: float(Fraction(x.value, E4 * 100))
            for x in scenario.levels
            if x.symbol == "bill rate"
        }

    def all(self) -> None:
        first = calendar.previous_session(self._scenario.sessions[0])
        self._account.begin(first)
        self._send(first, self._scenario.sessions[0])
        for session, after in _with_next(self._scenario.sessions):
            self._session(session)
            if after is not None:
                self._send(session, after)
        self._account.prove()

    def events(self) -> Iterator[Event]:
        yield from self._booked.events(self._account.frame(), leave_out=START)
        yield from self._levels

    def _session(self, session: date) -> None:
        account, view = self._account, as_of(self._history, self._quotes, session)
        before = account.session
        account.begin(session)
        self._split(session)
        if session == self._scenario.sessions[0] and self._scenario.start_cash:
            account.flow(self._scenario.start_cash, START)
        for action in self._actions(session, "deposit", "withdraw"):
            sign = 1 if action.action == "deposit" else -1
            account.flow(sign * (action.cents or 0))
        if before in self._rates:
            account.accrue(self._rates[before], debit_spread=float(self._scenario.debit_spread))

        def settle_of(contract: Contract) -> SettlementValue:
            return settlement_value(self._history, contract, session)

        account.settle(settle_of, "AM", self._fee_of)
        account.settle(settle_of, "PM", self._fee_of)
        for action in self._actions(session, "cancel"):
            self._cancel(action)
        for outcome in account.trade(self._venue, view):
            self._booked.said(outcome)
            if isinstance(outcome, Fill):
                self._fills.append(outcome)
        for action in self._actions(session, "duplicate"):
            self._tell_again(action)
        account.vary(view.mark)
        account.mark(view.mark)
        account.check()
        self._state_levels(session, view)

    def _actions(self, session: date, *kinds: str) -> list[Action]:
        return [x for x in self._scenario.actions if x.session == session and x.action in kinds]

    def _fee_of(self, lot: Lot) -> int:
        return abs(lot.quantity) * self._scenario.fees.of(lot.contract.root, "settle")

    def _split(self, session: date) -> None:
        """Raises StewardError where a part of a share is left over and its price is not known."""
        for one in self._splits:
            if one.session != session:
                continue
            split = split_of(one, self._contracts)
            held = sum(x.quantity for x in self._account.lots if x.contract.key == split.symbol)
            if one.price is None and held * split.new % split.old:
                raise StewardError(
                    f"{self._scenario.name}/splits.csv, {one.contract} on {session}: {held} shares "
                    "leave a part of one over, and its price is empty: fill it in"
                )
            waiting = self._account.book.open_orders
            self._account.split(split)
            for order in set(waiting) - set(self._account.book.open_orders):
                self._booked.cancelled(order.intent_id)

    def _lots_on(self, after: date) -> tuple[Lot, ...]:
        """What is held, in the shares of the session that comes: its splits are announced."""
        lots = self._account.lots
        for split in (split_of(x, self._contracts) for x in self._splits if x.session == after):
            mine = [lot for lot in lots if lot.contract.key == split.symbol]
            becomes = {x.before.lot_id: x.after for x in split_lots(mine, split)}
            found = (becomes.get(lot.lot_id, lot) for lot in lots)
            lots = tuple(lot for lot in found if lot is not None)
        return lots

    def _cancel(self, action: Action) -> None:
        """Take back what still works of the order; of one that has ended nothing is left."""
        for order in self._account.book.open_orders:
            if self._placing.action(order.intent_id)[0].order == action.order:
                self._account.cancel(order.intent_id, "taken back by its owner")
                self._booked.cancelled(order.intent_id)

    def _tell_again(self, action: Action) -> None:
        """Every fill of the order so far arrives once more."""
        for fill in self._fills:
            if self._placing.action(fill.order.intent_id)[0].order == action.order:
                self._account.receive(fill)

    def _state_levels(self, session: date, view: MarketView) -> None:
        account = self._account
        self._levels.append(Event(session=session, event="cash", cents=account.cash))
        self._levels.append(Event(session=session, event="equity", cents=account.equity))
        if self._scenario.margin.profile == "cboe":
            by = profile(f"cboe:{self._scenario.margin.unequal_widths}")
            needed = requirement(account.lots, view, by).total
            self._levels.append(Event(session=session, event="margin", cents=needed))

    def _send(self, session: date, after: date) -> None:
        """What is to trade on `after`, decided at the close of `session`."""
        actions = self._actions(after, *TRADES)
        placed = self._placing.all(actions, session, self._lots_on(after))
        self._account.intend(one.intent for one in placed)
        for one in placed:
            if one.dropped is not None:
                self._account.drop(one.intent, *one.dropped)
        self._account.send(one.order for one in placed if one.order is not None)


def _with_next(days: tuple[date, ...]) -> Iterator[tuple[date, date | None]]:
    yield from zip(days, (*days[1:], None), strict=True)
