"""The user's own limits against a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from steward.rules.ruleset import Tolerances
from steward.runs.tolerances import broken
from steward.terms.contracts import OptionContract, Right
from steward.terms.trades import BookFacts, Lot, Purpose

DAY, EXPIRY = date(2018, 2, 5), date(2018, 3, 23)
NAV = 10_000_000

FACTS = BookFacts(
    session=DAY,
    nav=NAV,
    cash=NAV,
    peak_nav=NAV,
    drawdown=-0.12,
    worst_month=None,
    condor_max_loss=0,
    condor_credit=0,
    closed_condors=0,
    sessions_since_start=0,
    hedge_premium_open=0,
    hedge_premium_year=0,
    hedge_gain_realised=0,
    margin_requirement=0,
)


def lot(strike: float, right: Right, quantity: int, price: int, purpose: Purpose, root: str) -> Lot:
    contract = OptionContract(root=root, expiry=EXPIRY, strike=strike, right=right, settlement="PM")
    return Lot(
        lot_id=f"{purpose}{strike}{right}",
        structure_id=purpose,
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=price,
        opened=DAY,
        variation_price=price,
    )


# Two condors 50 wide for 10.00: each can lose 40.00 points, 4,000 dollars; in all 8 % of NAV.
CONDORS = [
    lot(2400.0, "P", 2, 30_000, "condor", "SPXW"),
    lot(2450.0, "P", -2, 90_000, "condor", "SPXW"),
    lot(2800.0, "C", -2, 60_000, "condor", "SPXW"),
    lot(2850.0, "C", 2, 20_000, "condor", "SPXW"),
]
# Ten VIX calls at 2.00 cost 2,000 dollars: 2 % of NAV.
HEDGE = [lot(24.0, "C", 10, 20_000, "layer_1", "VIX")]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_allocation_percent": 8.1}, ()),
        ({"max_allocation_percent": 7.9}, ("8.0 % of the account at risk",)),
        ({"max_loss_percent_of_nav": 10.1}, ()),
        ({"max_loss_percent_of_nav": 9.9}, ("could lose 10.0 % of the account",)),
        ({"max_drawdown_percent": 12.1}, ()),
        ({"max_drawdown_percent": 11.9}, ("12.0 % below its high",)),
        ({}, ()),
    ],
)
def test_each_limit_is_measured_on_the_planned_book(
    limits: dict[str, Any], said: tuple[str, ...]
) -> None:
    found = broken(Tolerances(**limits), FACTS, [*CONDORS, *HEDGE])
    assert len(found) == len(said)
    assert all(words in sentence for words, sentence in zip(said, found, strict=True))
    assert all(next(iter(limits)) in sentence for sentence in found)


def test_an_account_without_money_breaks_every_limit_of_size() -> None:
    limits = Tolerances(max_allocation_percent=40.0, max_loss_percent_of_nav=40.0)
    assert len(broken(limits, replace(FACTS, nav=0), CONDORS)) == 2
