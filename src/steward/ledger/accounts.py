"""One ledger: what is applied to its book, step by step, and the journal that this leaves.

The account is the only thing here that changes; the `Book` that it hands out is a frozen value. The
steps of a session, in this order: `begin`, `flow`, `accrue`, `split`, `settle` (AM, then PM),
`trade`, `vary`, `mark`, `check`; then the decision: `intend`, `drop`, `cancel`, `send`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import polars as pl

from steward.ledger import laws, settlement
from steward.ledger.books import Books, Day
from steward.ledger.fills import Venue
from steward.ledger.folding import fold, rows_of
from steward.ledger.holdings import Marked
from steward.ledger.journal import Event, of_order, sent
from steward.ledger.settlement import Settled, SettlementValue
from steward.ledger.splits import Split, split_lots
from steward.ledger.trying import again, rest_of
from steward.ledger.working import TRIED_AGAIN, WorkingOrders
from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.terms.contracts import E4, Contract, FutureContract, Settlement
from steward.terms.trades import Book, Fill, Intent, Lot, Order, Refusal, State

__all__ = ["Account", "Day"]


def free(lot: Lot) -> int:
    """Settlement in cash costs nothing."""
    del lot
    return 0


class Account:
    """Append-only account of one ledger. Money in cents, prices in ten-thousandths of a point."""

    def __init__(self, ledger: str) -> None:
        self.ledger = ledger
        self.intents = laws.Intents(ledger)
        self._books = Books(ledger)
        self._working = WorkingOrders()
        self._money = laws.MoneyFromScratch()
        self._session: date | None = None
        self._before: date | None = None
        self._days = 0
        self._overnight = 0

    @classmethod
    def resume(cls, journal: pl.DataFrame, mids_twice: Mapping[Contract, int]) -> Account:
        """The account that wrote these rows, as it was after them: a restart between sessions.

        journal     of one ledger, as `frame` gave it after `send`
        mids_twice  by contract held: bid and ask of its last mark, added up, e4
        Raises LawBroken when a row is not the one that was written, ValueError for two ledgers, or
        where the marks do not make the lots worth what the rows say.
        """
        (ledger,) = journal["ledger"].unique().to_list()
        rows = rows_of(journal)
        found = fold(ledger, rows)
        account = cls(ledger)
        books, working = account._books, account._working
        books.journal.take(rows)
        books.cash = found.cash
        if found.session is not None:
            account._session = found.session
            books.begin(found.session)
        for lot in found.lots.values():
            books.holdings.restore(lot, mids_twice[lot.contract])
        if books.holdings.worth != found.worth:
            raise ValueError(
                f"ledger {ledger}: by these marks the lots are worth {books.holdings.worth} cents, "
                f"the journal says {found.worth}"
            )
        for name, structure in found.structures.items():
            books.condors.restore(
                name,
                structure.opened,
                cash=structure.cash,
                fees=structure.fees,
                forced=structure.forced,
            )
        for order in found.orders.values():
            working.put(order)
        for fill_id in found.heard:
            working.hear(fill_id)
        working.partly |= found.partly
        account.intents.restore(found.orders, found.ended)
        return account

    # --- what it is ------------------------------------------------------------------------------

    @property
    def session(self) -> date:
        """The present session. Raises ValueError before the first `begin`."""
        return self._books.session

    @property
    def day(self) -> Day:
        """What happened in the present session so far."""
        return self._books.day

    @property
    def cash(self) -> int:
        """Cents."""
        return self._books.cash

    @property
    def equity(self) -> int:
        """Cash and the value of all lots at their last marks, cents."""
        return self._books.cash + self._books.holdings.worth

    @property
    def lots(self) -> tuple[Lot, ...]:
        return tuple(self._books.holdings)

    @property
    def holdings_version(self) -> int:
        """Rises whenever a lot comes, shrinks or goes: what depends on lots alone can be kept."""
        return self._books.holdings.version

    @property
    def book(self) -> Book:
        """The book now, a frozen value."""
        return Book(cash=self.cash, lots=self.lots, open_orders=self._working.orders)

    @property
    def gains(self) -> Mapping[str, int]:
        """Gain by purpose since the first session, cents, as of the last `check`."""
        return self._money.purposes

    def frame(self) -> pl.DataFrame:
        """The journal so far, as the JOURNAL table."""
        return self._books.journal.frame()

    # --- the steps of a session ------------------------------------------------------------------

    def begin(self, session: date) -> None:
        """Open a session. Raises LawBroken when the last one left an intent without an end."""
        if self._session is not None:
            if session <= self._session:
                raise ValueError(f"{session} does not come after {self._session}")
            self.intents.check(self._session, self._working.orders)
            self._days = (session - self._session).days
        self._before, self._session = self._session, session
        self._overnight = self.cash
        self._working.begin()
        self._books.begin(session)

    def flow(self, amount: int, reason: str = "") -> None:
        """Money moved in (above 0) or out by the owner, cents."""
        words = reason or ("deposit" if amount >= 0 else "withdrawal")
        self._books.pay(
            Event(event="flow", purpose="flow", cause="flow", cash=amount, reason=words)
        )
        self.day.flow += amount

    def accrue(self, annual_rate: float, *, debit_spread: float = 0.0) -> int:
        """Interest on the cash held since the last session, cents; today's flows earn none yet.

        annual_rate   a fraction, simple, act/365; a debt pays it plus `debit_spread`
        Raises ValueError when there is cash to accrue on and the rate is not a number.
        """
        cash, days = self._overnight, self._days
        if days == 0 or cash == 0:
            return 0
        gained = settlement.interest(cash, annual_rate, days, debit_spread=debit_spread)
        if not gained:
            return 0
        rate = annual_rate + (debit_spread if cash < 0 else 0.0)
        self._books.pay(
            Event(
                event="interest",
                purpose="margin_interest" if cash < 0 else "interest",
                cause="cash",
                cash=gained,
                reason=f"{rate:.3%} a year for {days} day{'s' if days > 1 else ''}",
            )
        )
        return gained

    def split(self, split: Split) -> None:
        """Fewer or more shares of a symbol, before anything of it trades.

        An order on it that was decided before the last close counts in old shares: it is
        cancelled, as brokers do. One decided at the last close knew of the split.
        Sources: FINRA rule 5330 (open orders at a reverse split); Rule 10b-17 under the Exchange
        Act (a split is announced ten days before).
        """
        for order in self._working.orders:
            of_it = any(leg.contract.key == split.symbol for leg in order.legs)
            if of_it and order.session != self._before:
                reason = f"{split.symbol} was split {split.new} for {split.old} after it was sent"
                self._finish(order, "cancelled", reason)
        lots = [lot for lot in self.lots if lot.contract.key == split.symbol]
        for found in split_lots(lots, split):
            self._books.split(found, split)

    def settle(
        self,
        settle_of: Callable[[Contract], SettlementValue],
        when: Settlement,
        fee_of: Callable[[Lot], int] = free,
    ) -> tuple[Settled, ...]:
        """Expiry of the lots that are due: AM before the session's fills, PM at its close.

        fee_of  what the settlement of a whole lot costs, cents, 0 or above
        """
        values: dict[Contract, SettlementValue] = {}
        done: list[Settled] = []
        for lot in settlement.due(self._books.holdings, self.session, when):
            contract = lot.contract
            if contract not in values:
                values[contract] = settle_of(contract)
            value = values[contract]
            reason = f"{contract.key} settled on {value.source} at {value.value_e4 / E4:.4f}"
            settled = self._books.settle(lot, value, reason, fee_of(lot))
            self._working.lost(lot.lot_id, settled.state, reason)
            done.append(settled)
        if done:
            self._books.review(x.lot.structure_id for x in done)
        return tuple(done)

    def trade(self, venue: Venue, view: MarketView) -> tuple[Fill | Refusal, ...]:
        """Offer every open order once. Each fills, ends with its reason, or is tried again.

        An order to close what has settled meanwhile ends as that lot did.
        """
        outcomes: list[Fill | Refusal] = []
        working = self._working
        for order in working.orders:
            late = working.too_late(order, self._books.holdings, self.session)
            outcome = late or venue.fill(order, view, working.taken)
            self.receive(outcome)
            outcomes.append(outcome)
        return tuple(outcomes)

    def receive(self, outcome: Fill | Refusal) -> None:
        """What a venue says of a working order. A fill that was heard before is ignored, and said.

        Raises LawBroken for an order that does not work, or for a message of another session.
        """
        order = outcome.order
        if isinstance(outcome, Fill) and self._working.heard(outcome):
            words = f"the fill {outcome.fill_id} was booked before"
            self._books.record(of_order(order, event="ignored", reason=words))
            return
        laws.working(self.ledger, self.session, order, self._working.orders)
        laws.no_future(self.ledger, self.session, order, outcome.session)
        if isinstance(outcome, Fill):
            self._apply(outcome)
        elif order.retry and outcome.state in TRIED_AGAIN and not self._over(order):
            self._working.take_off(order)
            self._put(again(order, outcome.reason))
        else:
            self._finish(order, outcome.state, outcome.reason)

    def vary(self, mark_of: Callable[[Contract], Quote]) -> None:
        """Daily variation of the futures: each is paid from its last price to the mark's mid."""
        for lot in self.lots:
            if isinstance(lot.contract, FutureContract):
                self._books.vary(lot, mark_of(lot.contract))

    def mark(self, mark_of: Callable[[Contract], Quote]) -> Marked:
        """Revalue every lot at the middle of its mark; one row a purpose that moved."""
        return self._books.mark(mark_of)

    def check(self) -> None:
        """The laws from scratch: money against journal and lots, condors whole."""
        holdings = self._books.holdings
        self._money.check(
            self.ledger,
            self.session,
            self._books.journal.since(self._money.read),
            cash=self.cash,
            lots=holdings,
            mids_twice=holdings.mids_twice,
        )
        laws.whole(self.ledger, self.session, holdings)

    def prove(self) -> None:
        """The law of the fold: the rows alone give this book, and how every intent ended."""
        rows = self._books.journal.since(0)
        laws.folded(
            self.ledger,
            self.session,
            fold(self.ledger, rows),
            book=self.book,
            worth=self._books.holdings.worth,
            ended=self.intents.ended,
        )

    def note(self, event: str, reason: str) -> None:
        """A row without money: what befell the ledger, as a margin call does."""
        self._books.record(
            Event(event=event, purpose="margin_call", cause="margin_call", reason=reason)
        )

    # --- the decision ----------------------------------------------------------------------------

    def intend(self, intents: Iterable[Intent]) -> None:
        """What the rules want now; each must be sent as an order or dropped with a reason."""
        for intent in intents:
            self.intents.begin(self.session, intent.intent_id)

    def drop(self, intent: Intent, state: State, reason: str) -> None:
        """An intent that becomes no order: too small, no quote, no room."""
        self._books.record(
            Event(
                event="end",
                purpose=intent.purpose,
                cause=intent.purpose,
                state=state,
                intent_id=intent.intent_id,
                structure_id=intent.structure_id,
                rule=intent.rule or None,
                reason=reason,
            )
        )
        self.intents.end(self.session, intent.intent_id, state)

    def send(self, orders: Iterable[Order]) -> None:
        """New orders to fill next session, beside those that are tried again.

        Every open intent must have exactly one.
        """
        laws.offered(self.ledger, self.session, self._working.not_offered)
        for order in orders:
            if order.session != self.session:
                raise ValueError(f"order {order.order_id} was decided on {order.session}")
            self._put(order)
        self.intents.check(self.session, self._working.orders)

    def cancel(self, intent_id: str, reason: str) -> None:
        """Take a working order back. Raises ValueError when there is none for that intent."""
        order = self._working.of_intent(intent_id)
        if order is None:
            raise ValueError(f"ledger {self.ledger}: no working order for intent {intent_id}")
        self._finish(order, "cancelled", reason)

    # --- fills and ends --------------------------------------------------------------------------

    def _put(self, order: Order) -> None:
        self._working.put(order)
        self._books.record(sent(order))

    def _over(self, order: Order) -> bool:
        """Whether a leg of it has settled: there is nothing to try again."""
        return any(leg.contract.expiry <= self.session for leg in order.legs)

    def _finish(self, order: Order, state: State, reason: str) -> None:
        """An order ends without trading any more; of an intent that traded in part, `partly`."""
        if order.intent_id in self._working.partly:
            state = "partly filled"
        self._working.take_off(order)
        self.intents.end(self.session, order.intent_id, state)
        self._books.record(of_order(order, event="end", state=state, reason=reason))

    def _apply(self, fill: Fill) -> None:
        order, working = fill.order, self._working
        laws.as_ordered(self.ledger, self.session, fill)
        working.hear(fill.fill_id)
        whole = fill.units == order.quantity
        if whole:
            working.take_off(order)
            self.intents.end(self.session, order.intent_id, "filled")
        for lot in self._books.book(fill, last="filled" if whole else None):
            if self._books.holdings.find(lot.lot_id) is None:
                working.lost(lot.lot_id, "lapsed", f"already closed by order {order.order_id}")
        for part in fill.legs:
            working.took(part)
        if whole:
            return
        working.partly.add(order.intent_id)
        if order.retry:
            working.take_off(order)
            self._put(rest_of(order, fill))
        else:
            self._finish(order, "partly filled", fill.limited)
