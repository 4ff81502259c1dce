"""Steward's own rooms on a scenario: account, simulator, settlement values, calendar, margin.

The steps of a session are those of `runs.session`. An order that trades on a session is sent at the
close of the session before, as in a backtest; the first one at the close before the first session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator, Taken
from steward.ledger.settlement import SettlementValue
from steward.market.history import History
from steward.market.settlements import settlement_value
from steward.market.view import MarketView, as_of
from steward.orders.margin import profile, requirement
from steward.runs.manifest import steward_version
from steward.runs.torture.booked import Booked
from steward.runs.torture.engine import Ran
from steward.runs.torture.records import (
    EVENTS,
    TRADES,
    Action,
    ActionLeg,
    Event,
    Fees,
    Scenario,
)
from steward.runs.torture.world import KitQuotes, contract_of, history_of
from steward.terms import calendar
from steward.terms.contracts import E4, Contract, OptionContract
from steward.terms.errors import LawBroken, StewardError
from steward.terms.trades import Fill, Intent, Leg, Order, Purpose, Refusal

SUPPORTS = frozenset(
    (
        *("options", "vix options", "futures", "am settlement", "packages", "one-sided quotes"),
        *("price limits", "rolls", "deposits", "interest", "settlement proxies", "explicit fees"),
        "margin requirement",
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


class _Venue:
    """The simulator, with the fees that the scenario states in the place of a schedule."""

    def __init__(self, fees: Fees) -> None:
        self._simulator = Simulator()
        self._fees = fees

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        found = self._simulator.fill(order, view, taken)
        if isinstance(found, Refusal):
            return found
        legs = tuple(
            replace(
                part,
                fee=abs(part.quantity)
                * self._fees.cents.get((part.leg.contract.root, order.action), 0),
            )
            for part in found.legs
        )
        return replace(found, legs=legs)


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
        self._venue = _Venue(scenario.fees)
        self._booked = Booked(scenario, self._contracts)
        self._levels: list[Event] = []
        self._rates = {
            x.session: float(Fraction(x.value, E4 * 100))
            for x in scenario.levels
            if x.symbol == "bill rate"
        }
        self._lots: dict[tuple[str, str], str] = {}

    def all(self) -> None:
        first = calendar.previous_session(self._scenario.sessions[0])
        self._account.begin(first)
        self._send(first, self._scenario.sessions[0])
        for session, after in _with_next(self._scenario.sessions):
            self._session(session)
            if after is not None:
                self._send(session, after)

    def events(self) -> Iterator[Event]:
        yield from self._booked.events(self._account.frame(), leave_out=START)
        yield from self._levels

    def _session(self, session: date) -> None:
        account, view = self._account, as_of(self._history, self._quotes, session)
        before = account.session
        account.begin(session)
        if session == self._scenario.sessions[0] and self._scenario.start_cash:
            account.flow(self._scenario.start_cash, START)
        for action in self._scenario.actions:
            if action.session == session and action.cents is not None:
                sign = 1 if action.action == "deposit" else -1
                account.flow(sign * action.cents)
        if before in self._rates:
            account.accrue(self._rates[before], debit_spread=float(self._scenario.debit_spread))

        def settle_of(contract: Contract) -> SettlementValue:
            return settlement_value(self._history, contract, session)

        account.settle(settle_of, "AM")
        account.settle(settle_of, "PM")
        account.trade(self._venue, view)
        account.vary(view.mark)
        account.mark(view.mark)
        account.check()
        self._state_levels(session, view)

    def _state_levels(self, session: date, view: MarketView) -> None:
        account = self._account
        self._levels.append(Event(session=session, event="cash", cents=account.cash))
        self._levels.append(Event(session=session, event="equity", cents=account.equity))
        if self._scenario.margin.profile == "cboe":
            by = profile(f"cboe:{self._scenario.margin.unequal_widths}")
            needed = requirement(account.lots, view, by).total
            self._levels.append(Event(session=session, event="margin", cents=needed))

    # --- orders ----------------------------------------------------------------------------------

    def _send(self, session: date, after: date) -> None:
        """What is to trade on `after`, decided at the close of `session`."""
        for lot in self._account.lots:
            self._lots[lot.structure_id, lot.contract.key] = lot.lot_id
        orders = [
            order
            for action in self._scenario.actions
            if action.session == after and action.action in TRADES
            for order in self._orders(action, session)
        ]
        self._account.intend(_intent(order) for order in orders)
        self._account.send(orders)

    def _orders(self, action: Action, session: date) -> Iterator[Order]:
        """One order a structure: of a roll, the one that is held is closed first."""
        structures = dict.fromkeys(leg.structure for leg in action.legs)
        held = {structure for structure, _ in self._lots}
        for structure in sorted(structures, key=lambda one: one not in held):
            closing = action.action == "close" or (action.action == "roll" and structure in held)
            legs = [leg for leg in action.legs if leg.structure == structure]
            yield self._order(action, session, structure, legs, closing=closing)

    def _order(
        self, action: Action, session: date, structure: str, legs: list[ActionLeg], *, closing: bool
    ) -> Order:
        if action.units is None or action.fill is None:
            raise ValueError(f"{action.order} has no units or no fill")
        order_id = self._booked.name(action, structure)
        return Order(
            order_id=order_id,
            intent_id=f"intent of {order_id}",
            session=session,
            purpose=self._purpose(structure),
            action="close" if closing else "open",
            structure_id=structure,
            legs=tuple(self._leg(leg, closing=closing) for leg in legs),
            quantity=action.units,
            limit=action.limit or 0,
            worst=action.worst,
            fill_share=float(action.fill),
            reason=action.action,
        )

    def _leg(self, leg: ActionLeg, *, closing: bool) -> Leg:
        contract = self._contracts[leg.contract]
        lot_id = ""
        if closing:
            lot_id = self._lots.get(
                (leg.structure, contract.key), f"{leg.structure} {leg.contract}"
            )
        return Leg(contract=contract, quantity=leg.quantity, lot_id=lot_id)

    def _purpose(self, structure: str) -> Purpose:
        """A structure of two puts and two calls of one series is a condor, and the laws hold it."""
        legs = {
            leg.contract: leg.quantity
            for action in self._scenario.actions
            if action.action in ("open", "roll")
            for leg in action.legs
            if leg.structure == structure
        }
        options = sorted(
            (contract.strike, contract.right, quantity)
            for name, quantity in legs.items()
            if isinstance(contract := self._contracts[name], OptionContract)
        )
        series = {
            contract.series
            for name in legs
            if isinstance(contract := self._contracts[name], OptionContract)
        }
        shape = [(right, quantity) for _, right, quantity in options]
        is_condor = len(legs) == 4 and shape == [("P", 1), ("P", -1), ("C", -1), ("C", 1)]
        return "condor" if is_condor and len(series) == 1 else "layer_1"


def _intent(order: Order) -> Intent:
    return Intent(
        intent_id=order.intent_id,
        session=order.session,
        purpose=order.purpose,
        action=order.action,
        structure_id=order.structure_id,
        legs=order.legs,
        size=float(order.quantity),
        fill_share=order.fill_share,
        reason=order.reason,
    )


def _with_next(days: tuple[date, ...]) -> Iterator[tuple[date, date | None]]:
    yield from zip(days, (*days[1:], None), strict=True)
