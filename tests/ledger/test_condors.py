"""From opening to end: what a condor took in, what it could lose, and who may lose more."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from steward.ledger.condors import ClosedCondor, Condors
from steward.ledger.fills import Simulator, Taken
from steward.market.view import MarketView
from steward.terms.errors import LawBroken
from steward.terms.trades import Fill, Lot, Order, Refusal

from .desk import (
    FRIDAY,
    LIMITS,
    MONDAY,
    THURSDAY,
    TUESDAY,
    Value,
    closing,
    condor_contracts,
    condor_legs,
    condor_market,
    order,
    send,
    started,
    step,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
PRICES = (83_000, 121_400, 42_000, 13_900)
"""Fills at those quotes, a credit of 6.65: 12.14 + 4.20 - 8.30 - 1.39."""


def legs_of(structure_id: str, quantity: int) -> list[Lot]:
    return [
        Lot(
            lot_id=f"{structure_id}.{n}",
            structure_id=structure_id,
            purpose="condor",
            contract=leg.contract,
            quantity=quantity * leg.quantity,
            price=price,
            opened=FRIDAY,
            variation_price=price,
        )
        for n, (leg, price) in enumerate(zip(condor_legs(), PRICES, strict=True), start=1)
    ]


def opened(condors: Condors, structure_id: str, quantity: int) -> list[Lot]:
    held = legs_of(structure_id, quantity)
    for lot in held:
        condors.cash(lot, -lot.quantity * lot.price)
        condors.fee(lot, 115 * quantity)
    return held


def test_two_condors_are_kept_apart() -> None:
    condors = Condors("test")
    first, second = opened(condors, "A", 2), opened(condors, "B", 1)
    assert condors.review(FRIDAY, ["A", "B"], [*first, *second]) == []
    # B is bought back for 4.00, A stays.
    condors.cash(second[0], -40_000)
    condors.fee(second[0], 460)
    ended = condors.review(MONDAY, ["B"], first)
    # 665.00 taken in less 400.00; four legs at 1.15, twice; the width is 30.
    assert ended == [
        ClosedCondor(
            structure_id="B",
            session=MONDAY,
            result=26_500,
            fees=920,
            max_loss=300_000 - 66_500,
            forced=False,
        )
    ]
    # A settles with nothing to pay: twice the credit is kept.
    condors.cash(first[1], 0)
    (done,) = condors.review(TUESDAY, ["A"], [])
    assert (done.result, done.fees, done.max_loss) == (133_000, 920, 2 * 233_500)


def test_a_hedge_is_no_condor() -> None:
    assert Condors("test").review(FRIDAY, ["H"], []) == []
    # And what stands behind it is looked at all the same.
    condors = Condors("test")
    condors.review(FRIDAY, ["A"], opened(condors, "A", 1))
    (done,) = condors.review(MONDAY, ["H", "A"], [])
    assert done.structure_id == "A"


def test_an_ended_condor_is_forgotten() -> None:
    condors = Condors("test")
    opened(condors, "A", 1)
    assert condors.review(FRIDAY, ["A"], legs_of("A", 1)) == []
    assert len(condors.review(MONDAY, ["A"], [])) == 1
    assert condors.review(MONDAY, ["A"], []) == []


def test_only_a_forced_close_may_lose_more_than_the_maximum() -> None:
    for forced in (False, True):
        condors = Condors("test")
        held = opened(condors, "A", 1)
        condors.review(FRIDAY, ["A"], held)
        # 36.65 to be rid of it: 30.00 lost, 6.65 more than the 23.35 that settlement could take.
        condors.cash(held[0], -366_500)
        if forced:
            condors.force(held[2])
            (done,) = condors.review(MONDAY, ["A"], [])
            assert (done.result, done.forced) == (-300_000, True)
        else:
            with pytest.raises(LawBroken, match="condor A lost 300460 cents, possible are 233500"):
                condors.review(MONDAY, ["A"], [])


def test_a_condor_closed_in_two_parts_is_one_condor() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY, quantity=3))
    step(account, FRIDAY, market)
    condor_market(MONDAY, [(1.0, 1.2), (2.0, 2.4), (0.9, 1.1), (0.0, 0.1)], market)
    send(
        account,
        order(
            closing(account),
            session=FRIDAY,
            order_id="2",
            quantity=2,
            action="close",
            worst=300_000,
        ),
    )
    step(account, MONDAY, market)
    # Two of three closed for 2.30: the rest is still whole, nothing has ended.
    assert account.day.closed == []
    assert [lot.quantity for lot in account.lots] == [1, -1, -1, 1]
    step(account, TUESDAY, market, {c: Value(27_000_000) for c in condor_contracts()})
    (done,) = account.day.closed
    # 3 * 665.00 less 2 * 230.00, the third expires for nothing. Fees: at 1.1778 a contract 3.53 for
    # a leg of three at the opening; at the closing 2.36 for a leg of two, and for the wing that is
    # sold at 0 2 * (0.35 + 0.05 + 0.0378 + 0.25) = 1.38.
    assert done.result == 3 * 66_500 - 2 * 23_000
    assert done.fees == 4 * 353 + 3 * 236 + 138
    assert done.max_loss == 3 * 233_500
    assert account.equity - 25_000_000 == done.result - done.fees


@dataclass(frozen=True)
class Free:
    """A venue that takes no fee."""

    def fill(self, order: Order, view: MarketView, taken: Taken) -> Fill | Refusal:
        found = Simulator(LIMITS).fill(order, view)
        assert isinstance(found, Fill)
        return replace(found, legs=tuple(replace(part, fee=0) for part in found.legs))


def test_a_venue_without_fees_leaves_no_fee_behind() -> None:
    account, market = started(), condor_market(FRIDAY, OPENING)
    send(account, order(condor_legs(), session=THURSDAY))
    account.begin(FRIDAY)
    account.trade(Free(), market.view(FRIDAY))
    account.check()
    assert account.cash == 25_000_000 + 66_500
    assert "fee" not in account.gains
    step(account, TUESDAY, market, {c: Value(27_000_000) for c in condor_contracts()})
    assert [(x.result, x.fees) for x in account.day.closed] == [(66_500, 0)]
