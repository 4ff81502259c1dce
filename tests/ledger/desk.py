"""A small market made by hand, and orders and accounts on it: shared by the tests of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from steward.ledger.accounts import Account
from steward.ledger.fills import FillRules, Simulator, Taken, Venue
from steward.ledger.splits import Split
from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.terms.contracts import Contract, OptionContract, ShareContract
from steward.terms.trades import (
    Action,
    Fill,
    Intent,
    Leg,
    LegFill,
    Order,
    Purpose,
    Quality,
    Refusal,
)

THURSDAY, FRIDAY = date(2018, 2, 1), date(2018, 2, 2)
MONDAY, TUESDAY, WEDNESDAY = date(2018, 2, 5), date(2018, 2, 6), date(2018, 2, 7)
WEEK = (THURSDAY, FRIDAY, MONDAY, TUESDAY, WEDNESDAY)
LIMITS = FillRules(size_share=1.0, oldest_minutes=60)
"""What rules usually say that a market lets through."""
EXPIRY = TUESDAY


def option(
    strike: float, right: str, *, root: str = "SPXW", expiry: date = EXPIRY, style: str = "PM"
) -> OptionContract:
    return OptionContract(
        root=root,
        expiry=expiry,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement=style,  # type: ignore[arg-type]
    )


def vix_call(strike: float, expiry: date = WEDNESDAY) -> OptionContract:
    return option(strike, "C", root="VIX", expiry=expiry, style="AM")


def quote(bid: float, ask: float, quality: Quality = "quoted", **changed: Any) -> Quote:
    """In points."""
    fields: dict[str, Any] = {
        "bid": round(bid * 10_000),
        "ask": round(ask * 10_000),
        "quality": quality,
        "forward": 2700.0,
        "vol": 0.2,
        "delta": 0.1,
        "gamma": 0.0,
        "vega": 0.0,
        "theta": 0.0,
    }
    return Quote(**{**fields, **changed})


@dataclass
class Market:
    """Quotes by session and contract; a mark is the quote, else the newest earlier one, flagged."""

    quotes: dict[date, dict[Contract, Quote]] = field(default_factory=dict)
    label: str = "made by hand"

    def set(
        self, session: date, contract: Contract, bid: float, ask: float, **changed: Any
    ) -> None:
        self.quotes.setdefault(session, {})[contract] = quote(bid, ask, **changed)

    def quote(self, session: date, contract: Contract) -> Quote | None:
        return self.quotes.get(session, {}).get(contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        found = self.quote(session, contract)
        if found is not None:
            return found
        days = sorted(d for d in self.quotes if d <= session and contract in self.quotes[d])
        last = self.quotes[days[-1]][contract]
        return quote(last.bid / 10_000, last.ask / 10_000, "modelled")

    def view(self, session: date) -> MarketView:
        moment = datetime(session.year, session.month, session.day, 21, 15, tzinfo=UTC)
        return MarketView(session, moment, 0, None, self)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Value:
    """A settlement value, as `market.settlements` gives one."""

    value_e4: int
    source: str = "spx_close"
    proxy: bool = False
    low_e4: int | None = None
    high_e4: int | None = None

    @property
    def quality(self) -> Quality | None:
        return None if self.proxy else "settlement"


def order(
    legs: Sequence[Leg],
    *,
    session: date,
    order_id: str = "1",
    quantity: int = 1,
    purpose: Purpose = "condor",
    action: Action = "open",
    structure_id: str = "A",
    limit: int = 0,
    worst: int | None = None,
    fill_share: float = 0.5,
    **changed: Any,
) -> Order:
    fields: dict[str, Any] = {
        "order_id": order_id,
        "intent_id": f"i{order_id}",
        "session": session,
        "purpose": purpose,
        "action": action,
        "structure_id": structure_id,
        "legs": tuple(legs),
        "quantity": quantity,
        "limit": limit,
        "worst": worst,
        "fill_share": fill_share,
        "reason": "because",
    }
    return Order(**{**fields, **changed})


def intent(wanted: Order, **changed: Any) -> Intent:
    fields: dict[str, Any] = {
        "intent_id": wanted.intent_id,
        "session": wanted.session,
        "purpose": wanted.purpose,
        "action": wanted.action,
        "structure_id": wanted.structure_id,
        "legs": wanted.legs,
        "size": float(wanted.quantity),
        "fill_share": wanted.fill_share,
        "reason": wanted.reason,
    }
    return Intent(**{**fields, **changed})


STRIKES = (2600.0, 2630.0, 2800.0, 2830.0)


def condor_contracts(
    strikes: Sequence[float] = STRIKES, expiry: date = EXPIRY
) -> tuple[OptionContract, OptionContract, OptionContract, OptionContract]:
    a, b, c, d = strikes
    return (
        option(a, "P", expiry=expiry),
        option(b, "P", expiry=expiry),
        option(c, "C", expiry=expiry),
        option(d, "C", expiry=expiry),
    )


def condor_legs(strikes: Sequence[float] = STRIKES, expiry: date = EXPIRY) -> tuple[Leg, ...]:
    return tuple(
        Leg(contract=contract, quantity=sign)
        for contract, sign in zip(condor_contracts(strikes, expiry), (1, -1, -1, 1), strict=True)
    )


def closing(account: Account, structure_id: str = "A", purpose: Purpose = "condor") -> list[Leg]:
    """Legs that close the structure, one unit of them."""
    lots = [x for x in account.lots if x.structure_id == structure_id and x.purpose == purpose]
    return [
        Leg(contract=x.contract, quantity=-1 if x.quantity > 0 else 1, lot_id=x.lot_id)
        for x in lots
    ]


def condor_market(
    day: date, prices: Sequence[tuple[float, float]], market: Market | None = None
) -> Market:
    """Quotes of the four legs in their order."""
    found = market or Market()
    for contract, (bid, ask) in zip(condor_contracts(), prices, strict=True):
        found.set(day, contract, bid, ask)
    return found


def started(ledger: str = "test", session: date = THURSDAY, capital: int = 25_000_000) -> Account:
    """An account with its capital, ready for the first decision."""
    account = Account(ledger)
    account.begin(session)
    account.flow(capital, "capital")
    account.check()
    return account


def send(account: Account, *orders: Order) -> None:
    account.intend(intent(wanted) for wanted in orders)
    account.send(orders)


def step(
    account: Account,
    session: date,
    market: Market,
    values: Mapping[Contract, Value] | None = None,
    rate: float = 0.0,
    *,
    venue: Venue | None = None,
    splits: Sequence[Split] = (),
) -> tuple[Fill | Refusal, ...]:
    """One session in the order of the run, up to the laws; what the venue said."""
    settle = (values or {}).__getitem__
    account.begin(session)
    account.accrue(rate, debit_spread=0.01)
    for split in splits:
        account.split(split)
    account.settle(settle, "AM")
    account.settle(settle, "PM")
    view = market.view(session)
    outcomes = account.trade(venue or Simulator(LIMITS), view)
    account.vary(view.mark)
    account.mark(view.mark)
    account.check()
    return outcomes


def mids_twice(account: Account, session: date, market: Market) -> dict[Contract, int]:
    """Bid and ask of the last marks, added up, as a restart takes them."""
    return {x.contract: market.mark(session, x.contract).mid_twice for x in account.lots}


def share_lots(account: Account) -> list[tuple[str, int, int]]:
    """Lots of shares: id, quantity, price."""
    return [
        (x.lot_id, x.quantity, x.price)
        for x in account.lots
        if isinstance(x.contract, ShareContract)
    ]


@dataclass
class Told:
    """A venue that fills at a price that it is told, shares too; by contract, in points.

    units  at most so many of an order; None: all
    """

    prices: Mapping[Contract, float]
    units: int | None = None
    fee: int = 0

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        units = order.quantity if self.units is None else min(self.units, order.quantity)
        legs = tuple(
            LegFill(
                leg=leg,
                quantity=units * leg.quantity,
                price=round(self.prices[leg.contract] * 10_000),
                fee=self.fee,
                quality="quoted",
            )
            for leg in order.legs
        )
        return Fill(
            order=order,
            session=view.session,
            legs=legs,
            net=sum(part.leg.quantity * part.price for part in legs),
            limited="" if units == order.quantity else "no more was there",
            fill_id=f"told {order.order_id} {view.session}",
        )
