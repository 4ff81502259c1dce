"""Fees at settlement, worked by hand: in the journal as fees, and in the condor that paid them."""

from __future__ import annotations

from steward.ledger.accounts import Account
from steward.ledger.fills import Simulator
from steward.terms.trades import Lot

from .desk import (
    FRIDAY,
    LIMITS,
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

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
"""At k = 0.5 a credit of 6.65 (worked in `test_fills`)."""


def settled(fee: int) -> tuple[Account, int]:
    """Two condors, sold on Friday, that settle on Tuesday at 2615.50; and the fee of the opening,
    which is no matter of these tests.
    """
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=2, worst=-45_000))
    account.begin(FRIDAY)
    account.trade(Simulator(LIMITS), market.view(FRIDAY))
    account.mark(market.view(FRIDAY).mark)
    opening = 25_000_000 + 133_000 - account.cash
    account.begin(TUESDAY)

    def fee_of(lot: Lot) -> int:
        return fee * abs(lot.quantity)

    account.settle(lambda _: Value(26_155_000), "PM", fee_of)
    account.check()
    account.prove()
    assert {x.contract for x in account.lots}.isdisjoint(condor_contracts())
    return account, opening


def test_each_lot_pays_and_the_condor_knows() -> None:
    """Credit 2 * 665.00; the put at 2630 pays 2 * 1,450.00; 8 contracts settled at 0.35: 2.80."""
    account, opening = settled(35)
    assert account.cash == 25_000_000 + 133_000 - opening - 290_000 - 280
    (done,) = account.day.closed
    assert (done.result, done.fees) == (-157_000, opening + 280)
    assert account.gains == {"condor": -157_000, "fee": -opening - 280}
    rows = [x for x in account.frame().rows(named=True) if x["event"] == "fee"][4:]
    assert [x["cash"] for x in rows] == [-70, -70, -70, -70]
    assert [x["quantity"] for x in rows] == [-2, 2, 2, -2]
    assert {(x["purpose"], x["cause"], x["structure_id"]) for x in rows} == {("fee", "condor", "A")}
    assert {(x["order_id"], x["intent_id"], x["state"]) for x in rows} == {(None, None, None)}


def test_a_settlement_that_is_free_leaves_no_row() -> None:
    rows = settled(0)[0].frame().rows(named=True)
    assert len([x for x in rows if x["event"] == "fee"]) == 4  # of the opening
