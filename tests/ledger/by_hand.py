"""Accounts whose every fill and fee is set by hand, and the equity table beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from steward.ledger.accounts import Account
from steward.market.tables import EQUITY, conform
from steward.terms.contracts import Contract
from steward.terms.trades import Fill, LegFill, Order

from .desk import (
    FRIDAY,
    THURSDAY,
    TUESDAY,
    Value,
    condor_contracts,
    condor_legs,
    condor_market,
    order,
    send,
    started,
)


def filled(sent: Order, session: date, traded: Sequence[tuple[int, int]]) -> Fill:
    """The whole order, at these prices (e4) and fees (cents), on quotes 0.10 wide around them."""
    parts = tuple(
        LegFill(
            leg=leg,
            quantity=sent.quantity * leg.quantity,
            price=price,
            fee=fee,
            quality="quoted",
            bid=price - 500,
            ask=price + 500,
            origin="quotes.csv line 7",
        )
        for leg, (price, fee) in zip(sent.legs, traded, strict=True)
    )
    net = sum(part.leg.quantity * part.price for part in parts)
    return Fill(order=sent, session=session, legs=parts, net=net)


def trade(account: Account, sent: Order, session: date, *traded: tuple[int, int]) -> None:
    """Send one order, and fill it in the next session at these prices and fees."""
    send(account, sent)
    account.begin(session)
    account.receive(filled(sent, session, traded))


def condor(ledger: str = "test") -> Account:
    """Two condors from their opening on Friday to their settlement on Tuesday."""
    account = started(ledger)
    sent = order(condor_legs(), session=THURSDAY, quantity=2)
    send(account, sent)
    account.begin(FRIDAY)
    # 250,000.00 for a day at 3.65 % a year: 25.00.
    account.accrue(0.0365)
    # Bought 2 puts at 8.30, sold 2 at 12.14, sold 2 calls at 4.20, bought 2 at 1.39.
    paid = ((83_000, 230), (121_400, 231), (42_000, 232), (13_900, 233))
    account.receive(filled(sent, FRIDAY, paid))
    market = condor_market(FRIDAY, [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)])
    account.mark(market.view(FRIDAY).mark)
    account.check()
    account.send(())
    account.begin(TUESDAY)
    # The index settles at 2615.50: the 2630 put costs 14.50 each, the rest is worth nothing.
    values: dict[Contract, Value] = {c: Value(26_155_000) for c in condor_contracts()}
    account.settle(values.__getitem__, "PM")
    account.check()
    return account


def table(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """An equity table; what a row leaves out is 0 where it is money."""
    empty = dict.fromkeys(EQUITY) | dict.fromkeys(
        ("cash", "condor", "layer_1", "layer_2", "layer_3", "equity"), 0
    )
    frame = pl.DataFrame([empty | row for row in rows], schema=dict(EQUITY))
    return conform(frame, EQUITY, table="equity")
