"""One ledger: what is applied to its book, step by step, and the journal that this leaves.

The account is the only thing here that changes; the `Book` that it hands out is a frozen value. The
steps of a session, in this order: `begin`, `flow`, `accrue`, `settle` (AM, then PM), `trade`,
`vary`, `mark`, `check`; then the decision: `intend`, `drop`, `send`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from steward.ledger import laws, settlement
from steward.ledger.condors import ClosedCondor, Condors
from steward.ledger.fills import Venue
from steward.ledger.holdings import Holdings, Marked
from steward.ledger.journal import Event, Journal, of_fill, of_lot
from steward.ledger.settlement import Settled, SettlementValue
from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.pricing.payoff import cents
from steward.terms.contracts import E4, Contract, FutureContract, Settlement
from steward.terms.trades import (
    HEDGE_PURPOSES,
    Book,
    Fill,
    Intent,
    LegFill,
    Lot,
    Order,
    Purpose,
    Quality,
    Refusal,
    State,
)


@dataclass(slots=True, kw_only=True)
class Day:
    """What happened in the present session so far, cents; the facts of the book read it.

    hedge_premium  paid for hedge options less received for them, settlements too; no futures
    hedge_gain     of hedge lots sold at more than they cost, the gains
    """

    flow: int = 0
    hedge_premium: int = 0
    hedge_gain: int = 0
    closed: list[ClosedCondor] = field(default_factory=list)


class Account:
    """Append-only account of one ledger. Money in cents, prices in ten-thousandths of a point."""

    def __init__(self, ledger: str) -> None:
        self.ledger = ledger
        self.intents = laws.Intents(ledger)
        self.day = Day()
        self._journal = Journal(ledger)
        self._money = laws.MoneyFromScratch()
        self._holdings = Holdings()
        self._condors = Condors(ledger)
        self._session: date | None = None
        self._days = 0
        self._cash = 0
        self._overnight = 0
        self._orders: tuple[Order, ...] = ()
        self._gone: dict[str, tuple[State, str]] = {}

    # --- what it is ------------------------------------------------------------------------------

    @property
    def session(self) -> date:
        """The present session. Raises ValueError before the first `begin`."""
        if self._session is None:
            raise ValueError(f"ledger {self.ledger}: no session has begun")
        return self._session

    @property
    def cash(self) -> int:
        """Cents."""
        return self._cash

    @property
    def equity(self) -> int:
        """Cash and the value of all lots at their last marks, cents."""
        return self._cash + self._holdings.worth

    @property
    def lots(self) -> tuple[Lot, ...]:
        return tuple(self._holdings)

    @property
    def holdings_version(self) -> int:
        """Rises whenever a lot comes, shrinks or goes: what depends on lots alone can be kept."""
        return self._holdings.version

    @property
    def book(self) -> Book:
        """The book now, a frozen value."""
        return Book(cash=self._cash, lots=self.lots, open_orders=self._orders)

    @property
    def gains(self) -> Mapping[str, int]:
        """Gain by purpose since the first session, cents, as of the last `check`."""
        return self._money.purposes

    def frame(self) -> pl.DataFrame:
        """The journal so far, as the JOURNAL table."""
        return self._journal.frame()

    # --- the steps of a session ------------------------------------------------------------------

    def begin(self, session: date) -> None:
        """Open a session. Raises LawBroken when the last one left an intent without an end."""
        if self._session is not None:
            if session <= self._session:
                raise ValueError(f"{session} does not come after {self._session}")
            self.intents.check(self._session, self._orders)
            self._days = (session - self._session).days
        self._session = session
        self._overnight = self._cash
        self._gone.clear()
        self.day = Day()

    def flow(self, amount: int, reason: str = "") -> None:
        """Money moved in (above 0) or out by the owner, cents."""
        self._cash += amount
        self.day.flow += amount
        words = reason or ("deposit" if amount >= 0 else "withdrawal")
        self._record(Event(event="flow", purpose="flow", cause="flow", cash=amount, reason=words))

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
        self._cash += gained
        self._record(
            Event(
                event="interest",
                purpose="margin_interest" if cash < 0 else "interest",
                cause="cash",
                cash=gained,
                reason=f"{rate:.3%} a year for {days} day{'s' if days > 1 else ''}",
            )
        )
        return gained

    def settle(
        self, settle_of: Callable[[Contract], SettlementValue], when: Settlement
    ) -> tuple[Settled, ...]:
        """Expiry of the lots that are due: AM before the session's fills, PM at its close."""
        values: dict[Contract, SettlementValue] = {}
        done: list[Settled] = []
        for lot in settlement.due(self._holdings, self.session, when):
            contract = lot.contract
            if contract not in values:
                values[contract] = settle_of(contract)
            settled = settlement.settle(lot, values[contract])
            done.append(settled)
            reason = f"{contract.key} settled on {settled.source} at {settled.level / E4:.4f}"
            self._gone[lot.lot_id] = (settled.state, reason)
            value = self._holdings.drop(lot)
            self._gain(lot, settled.cash)
            self._record(
                of_lot(
                    lot,
                    event="settle",
                    cause=lot.purpose,
                    state=settled.state,
                    quantity=-lot.quantity,
                    price=settled.level,
                    cash=settled.cash,
                    value=value,
                    quality=values[contract].quality,
                    source=settled.source,
                    low=settled.low,
                    high=settled.high,
                    reason=reason,
                )
            )
        if done:
            self._review(x.lot.structure_id for x in done)
        return tuple(done)

    def trade(self, venue: Venue, view: MarketView) -> tuple[Fill | Refusal, ...]:
        """Offer every open order once; each fills or ends with its reason, none is kept.

        An order to close what has settled meanwhile ends as that lot did.
        """
        outcomes = []
        for order in self._orders:
            outcome = self._too_late(order) or venue.fill(order, view)
            laws.no_future(self.ledger, self.session, order, outcome.session)
            if isinstance(outcome, Fill):
                self._apply(outcome)
            else:
                self._end(outcome)
            outcomes.append(outcome)
        self._orders = ()
        return tuple(outcomes)

    def vary(self, mark_of: Callable[[Contract], Quote]) -> None:
        """Daily variation of the futures: each is paid from its last price to the mark's mid."""
        for lot in self.lots:
            if isinstance(lot.contract, FutureContract):
                quote = mark_of(lot.contract)
                price = quote.mid_twice // 2
                self._holdings.vary(lot, price)
                self._pay_variation(lot, lot.quantity, price, lot.purpose, quote.quality)

    def mark(self, mark_of: Callable[[Contract], Quote]) -> Marked:
        """Revalue every lot at the middle of its mark; one row a purpose that moved."""
        found, qualities = self._holdings.revaluations(mark_of)
        values: dict[Purpose, int] = {}
        for purpose, new in found.items():
            change, values[purpose] = self._holdings.take_over(new)
            if change:
                self._record(
                    Event(
                        event="mark",
                        purpose=purpose,
                        cause=purpose,
                        value=change,
                        quality=new.quality,
                    )
                )
        return Marked(values=values, qualities=qualities)

    def check(self) -> None:
        """The laws from scratch: money against journal and lots, condors whole."""
        self._money.check(
            self.ledger,
            self.session,
            self._journal.since(self._money.read),
            cash=self._cash,
            lots=self._holdings,
            mids_twice=self._holdings.mids_twice,
        )
        laws.whole(self.ledger, self.session, self._holdings)

    def note(self, event: str, reason: str) -> None:
        """A row without money: what befell the ledger, as a margin call does."""
        self._record(Event(event=event, purpose="margin_call", cause="margin_call", reason=reason))

    # --- the decision ----------------------------------------------------------------------------

    def intend(self, intents: Iterable[Intent]) -> None:
        """What the rules want now; each must be sent as an order or dropped with a reason."""
        for intent in intents:
            self.intents.begin(self.session, intent.intent_id)

    def drop(self, intent: Intent, state: State, reason: str) -> None:
        """An intent that becomes no order: too small, no quote, no room."""
        self._record(
            Event(
                event="end",
                purpose=intent.purpose,
                cause=intent.purpose,
                state=state,
                intent_id=intent.intent_id,
                structure_id=intent.structure_id,
                reason=reason,
            )
        )
        self.intents.end(self.session, intent.intent_id, state)

    def send(self, orders: Iterable[Order]) -> None:
        """The orders to fill next session. Every open intent must have exactly one."""
        self._orders = tuple(orders)
        for order in self._orders:
            if order.session != self.session:
                raise ValueError(f"order {order.order_id} was decided on {order.session}")
        self.intents.check(self.session, self._orders)

    # --- fills and refusals ----------------------------------------------------------------------

    def _too_late(self, order: Order) -> Refusal | None:
        """An order to close what is no longer there, or no longer so much of it."""
        wanted: Counter[str] = Counter()
        for leg in order.legs:
            if leg.lot_id:
                wanted[leg.lot_id] += order.quantity * leg.quantity
        for lot_id, contracts in wanted.items():
            lot = self._holdings.find(lot_id)
            if lot is None:
                state, reason = self._gone.get(lot_id, ("lapsed", f"no lot {lot_id} is held"))
            elif contracts * lot.quantity < 0 and abs(contracts) <= abs(lot.quantity):
                continue
            else:
                state = "lapsed"
                reason = f"lot {lot_id} holds {lot.quantity:+d}, the order trades {contracts:+d}"
            return Refusal(order=order, session=self.session, state=state, reason=reason)
        return None

    def _end(self, refusal: Refusal) -> None:
        order = refusal.order
        self.intents.end(self.session, order.intent_id, refusal.state)
        self._record(
            Event(
                event="end",
                purpose=order.purpose,
                cause=order.purpose,
                state=refusal.state,
                intent_id=order.intent_id,
                order_id=order.order_id,
                structure_id=order.structure_id,
                reason=refusal.reason,
            )
        )

    def _apply(self, fill: Fill) -> None:
        order = fill.order
        laws.as_ordered(self.ledger, self.session, fill)
        self.intents.end(self.session, order.intent_id, "filled")
        touched: dict[str, None] = {}
        for n, part in enumerate(fill.legs, start=1):
            state: State | None = "filled" if n == len(fill.legs) else None
            lot = self._holdings.find(part.leg.lot_id)
            if lot is None:
                lot = self._open(order, part, f"{order.order_id}.{n}", state)
            else:
                self._close(order, part, lot, state)
            self._pay_fee(order, part, lot)
            touched[lot.structure_id] = None
        laws.whole(self.ledger, self.session, self._holdings)
        self._review(touched)

    def _open(self, order: Order, part: LegFill, lot_id: str, state: State | None) -> Lot:
        """A new lot is worth what it cost, so that its fill moves no equity."""
        lot = Lot(
            lot_id=lot_id,
            structure_id=order.structure_id,
            purpose=order.purpose,
            contract=part.leg.contract,
            quantity=part.quantity,
            price=part.price,
            opened=self.session,
            variation_price=part.price,
        )
        value = self._holdings.add(lot)
        self._gain(lot, -value)
        self._record(of_fill(order, part, lot, state, cash=-value, value=value))
        return lot

    def _close(self, order: Order, part: LegFill, lot: Lot, state: State | None) -> None:
        """Close a lot or a part of it. A future's fill moves no cash; its variation does."""
        value = self._holdings.reduce(lot, part.quantity)
        if self._holdings.find(lot.lot_id) is None:
            self._gone[lot.lot_id] = ("lapsed", f"already closed by order {order.order_id}")
        if lot.purpose == "condor" and order.worst is None:
            self._condors.force(lot)
        if lot.purpose in HEDGE_PURPOSES:
            gain = cents(lot.contract, -part.quantity, part.price - lot.price)
            self.day.hedge_gain += max(gain, 0)
        future = isinstance(lot.contract, FutureContract)
        cash = 0 if future else -cents(lot.contract, part.quantity, part.price)
        self._gain(lot, cash)
        self._record(of_fill(order, part, lot, state, cash=cash, value=value))
        if future:
            self._pay_variation(lot, -part.quantity, part.price, order.purpose, part.quality)

    def _pay_fee(self, order: Order, part: LegFill, lot: Lot) -> None:
        if not part.fee:
            return
        self._cash -= part.fee
        if lot.purpose == "condor":
            self._condors.fee(lot, part.fee)
        event = of_fill(order, part, lot, None, cash=-part.fee, value=0)
        self._record(
            replace(event, event="fee", purpose="fee", price=None, quality=None, reason=None)
        )

    def _pay_variation(
        self, lot: Lot, contracts: int, price: int, cause: Purpose, quality: Quality
    ) -> None:
        """Pay `contracts` of the lot (its own sign) from its last variation price to `price`."""
        cash = settlement.variation(replace(lot, quantity=contracts), price)
        if cash:
            self._cash += cash
            self._record(
                of_lot(
                    lot,
                    event="variation",
                    cause=cause,
                    quantity=contracts,
                    price=price,
                    cash=cash,
                    quality=quality,
                )
            )

    # --- inside ----------------------------------------------------------------------------------

    def _gain(self, lot: Lot, cash: int) -> None:
        """Cash of a fill or a settlement, remembered for the condor or the hedge that it is of."""
        self._cash += cash
        if lot.purpose == "condor":
            self._condors.cash(lot, cash)
        elif lot.purpose in HEDGE_PURPOSES and not isinstance(lot.contract, FutureContract):
            self.day.hedge_premium -= cash

    def _review(self, structure_ids: Iterable[str]) -> None:
        ids = dict.fromkeys(structure_ids)
        self.day.closed.extend(self._condors.review(self.session, ids, self._holdings))

    def _record(self, event: Event) -> None:
        laws.money_after(
            self.ledger,
            self.session,
            event.words,
            cash=self._cash,
            worth=self._holdings.worth,
            equity=self._journal.add(self.session, event),
        )
