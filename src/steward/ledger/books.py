"""The money and the lots of one account, and the journal that every change of them leaves.

Nothing here knows of sessions to come, of intents or of venues: `accounts` says what happened, and
it is booked. After every row, cash and lots are held against the journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from steward.ledger import laws, settlement
from steward.ledger.condors import ClosedCondor, Condors
from steward.ledger.holdings import Holdings, Marked
from steward.ledger.journal import Event, Journal, of_fill, of_lot
from steward.ledger.settlement import Settled, SettlementValue
from steward.ledger.splits import Split, SplitLot
from steward.market.quotes import Quote
from steward.pricing.payoff import cents
from steward.terms.contracts import Contract, FutureContract, OptionContract
from steward.terms.trades import HEDGE_PURPOSES, Fill, LegFill, Lot, Order, Purpose, Quality, State


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


class Books:
    """Cash in cents, lots with their last marks, and the rows. Append-only."""

    def __init__(self, ledger: str) -> None:
        self.ledger = ledger
        self.cash = 0
        self.day = Day()
        self.journal = Journal(ledger)
        self.holdings = Holdings()
        self.condors = Condors(ledger)
        self._session: date | None = None

    @property
    def session(self) -> date:
        """The present session. Raises ValueError before the first one."""
        if self._session is None:
            raise ValueError(f"ledger {self.ledger}: no session has begun")
        return self._session

    def begin(self, session: date) -> None:
        self._session = session
        self.day = Day()

    def record(self, event: Event) -> None:
        """Add a row, and hold cash and lots against all rows. Raises LawBroken."""
        laws.money_after(
            self.ledger,
            self.session,
            event.words,
            cash=self.cash,
            worth=self.holdings.worth,
            equity=self.journal.add(self.session, event),
        )

    def pay(self, event: Event) -> None:
        """A row that moves cash alone."""
        self.cash += event.cash
        self.record(event)

    # --- trades ----------------------------------------------------------------------------------

    def book(self, fill: Fill, *, last: State | None) -> tuple[Lot, ...]:
        """All legs of a fill with their fees; `last`: how its intent ends with it, if it does.

        Gives the lots that it opened, or closed, as they were before.
        """
        order, touched = fill.order, []
        for n, part in enumerate(fill.legs, start=1):
            state = last if n == len(fill.legs) else None
            told = fill.fill_id if n == 1 else None
            lot = self.holdings.find(part.leg.lot_id)
            if lot is None:
                lot = self._open(order, part, f"{order.order_id}.{n}", state, told)
            else:
                self._close(order, part, lot, state, told)
            self._pay(
                part.fee,
                lot,
                cause=order.purpose,
                quantity=part.quantity,
                intent_id=order.intent_id,
                order_id=order.order_id,
                rule=order.rule or None,
            )
            touched.append(lot)
        laws.whole(self.ledger, self.session, self.holdings)
        self.review(lot.structure_id for lot in touched)
        return tuple(touched)

    def _open(
        self, order: Order, part: LegFill, lot_id: str, state: State | None, told: str | None
    ) -> Lot:
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
        value = self.holdings.add(lot)
        self._gain(lot, -value)
        self.record(of_fill(order, part, lot, state, cash=-value, value=value, detail=told))
        return lot

    def _close(
        self, order: Order, part: LegFill, lot: Lot, state: State | None, told: str | None
    ) -> None:
        """Close a lot or a part of it. A future's fill moves no cash; its variation does."""
        value = self.holdings.reduce(lot, part.quantity)
        if lot.purpose == "condor" and order.worst is None:
            self.condors.force(lot)
        if lot.purpose in HEDGE_PURPOSES:
            gain = cents(lot.contract, -part.quantity, part.price - lot.price)
            self.day.hedge_gain += max(gain, 0)
        future = isinstance(lot.contract, FutureContract)
        cash = 0 if future else -cents(lot.contract, part.quantity, part.price)
        self._gain(lot, cash)
        self.record(of_fill(order, part, lot, state, cash=cash, value=value, detail=told))
        if future:
            self._pay_variation(
                replace(lot, quantity=-part.quantity),
                part.price,
                order.purpose,
                part.quality,
                order_id=order.order_id,
            )

    def _pay(self, fee: int, lot: Lot, **fields: Any) -> None:
        """A fee on a lot, cents; `fields` as those of `journal.Event`. One of 0 leaves no row."""
        if not fee:
            return
        self.cash -= fee
        if lot.purpose == "condor":
            self.condors.fee(lot, fee)
        self.record(of_lot(lot, event="fee", cash=-fee, purpose="fee", **fields))

    # --- time ------------------------------------------------------------------------------------

    def settle(self, lot: Lot, value: SettlementValue, reason: str, fee: int = 0) -> Settled:
        """A lot ends at its settlement value; `fee` for that, cents, 0 or above."""
        settled = settlement.settle(lot, value)
        worth = self.holdings.drop(lot)
        self._gain(lot, settled.cash)
        self.record(
            of_lot(
                lot,
                event="settle",
                cause=lot.purpose,
                state=settled.state,
                quantity=-lot.quantity,
                price=settled.level,
                cash=settled.cash,
                value=worth,
                quality=value.quality,
                source=settled.source,
                low=settled.low,
                high=settled.high,
                reason=reason,
            )
        )
        self._pay(fee, lot, cause=lot.purpose, quantity=-lot.quantity)
        return settled

    def split(self, found: SplitLot, split: Split) -> None:
        """A lot of shares after a split; a fraction of a share is paid in cash."""
        lot, new = found.before, found.after
        worth = self.holdings.exchange(lot, new, split)
        self.cash += found.cash
        self.record(
            of_lot(
                lot,
                event="split",
                cause=lot.purpose,
                quantity=(0 if new is None else new.quantity) - lot.quantity,
                price=split.price,
                cash=found.cash,
                value=worth,
                reason=split.words,
                detail=None if new is None else json.dumps({"price": new.price}),
            )
        )

    def vary(self, lot: Lot, quote: Quote) -> None:
        """Variation of a future from its last price to the middle of its mark."""
        price = quote.mid_twice // 2
        self.holdings.vary(lot, price)
        self._pay_variation(lot, price, lot.purpose, quote.quality)

    def _pay_variation(
        self, lot: Lot, price: int, cause: Purpose, quality: Quality, order_id: str | None = None
    ) -> None:
        """Pay the lot from its last variation price to `price`; `order_id`: of the closing order,
        so that a reader knows that what is left of the lot was not varied.
        """
        cash = settlement.variation(lot, price)
        if cash:
            self.pay(
                of_lot(
                    lot,
                    event="variation",
                    cause=cause,
                    order_id=order_id,
                    quantity=lot.quantity,
                    price=price,
                    cash=cash,
                    quality=quality,
                )
            )

    def mark(self, mark_of: Callable[[Contract], Quote]) -> Marked:
        """Revalue every lot at the middle of its mark; one row a purpose that moved."""
        found, qualities = self.holdings.revaluations(mark_of)
        values: dict[Purpose, int] = {}
        for purpose, new in found.items():
            change, values[purpose] = self.holdings.take_over(new)
            if change:
                self.record(
                    Event(
                        event="mark",
                        purpose=purpose,
                        cause=purpose,
                        value=change,
                        quality=new.quality,
                    )
                )
        return Marked(values=values, qualities=qualities)

    # --- inside ----------------------------------------------------------------------------------

    def _gain(self, lot: Lot, cash: int) -> None:
        """Cash of a fill or a settlement, remembered for the condor or the hedge that it is of."""
        self.cash += cash
        if lot.purpose == "condor":
            self.condors.cash(lot, cash)
        elif lot.purpose in HEDGE_PURPOSES and isinstance(lot.contract, OptionContract):
            self.day.hedge_premium -= cash

    def review(self, structure_ids: Iterable[str]) -> None:
        """See which of these condors have ended."""
        ids = dict.fromkeys(structure_ids)
        self.day.closed.extend(self.condors.review(self.session, ids, self.holdings))
