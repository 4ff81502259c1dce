"""Lots never net, their worth is whole cents, and the least trusted mark names the quality."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.holdings import Holdings
from steward.ledger.laws import holding_value
from steward.market.quotes import Quote
from steward.terms.contracts import Contract, vx
from steward.terms.trades import Lot, Purpose, Quality

from .desk import THURSDAY, WEDNESDAY, option, quote, vix_call

PUT = option(2630.0, "P")
WORST: Quality = "modelled, hypothetical listing"


def lot(
    lot_id: str,
    quantity: int,
    price: int = 80_000,
    contract: Contract = PUT,
    purpose: Purpose = "condor",
) -> Lot:
    return Lot(
        lot_id=lot_id,
        structure_id=f"s{lot_id}",
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=price,
        opened=THURSDAY,
        variation_price=price,
    )


def test_two_lots_of_one_contract_stay_two() -> None:
    holdings = Holdings()
    # Eight points of 100 dollars, bought and sold: 800.00 and -800.00.
    assert holdings.add(lot("1", 1)) == 80_000
    assert holdings.add(lot("2", -1)) == -80_000
    assert [x.lot_id for x in holdings] == ["1", "2"]
    assert holdings.worth == 0
    assert holdings.find("2") == lot("2", -1)
    assert holdings.find("3") is None


def test_a_lot_is_added_once() -> None:
    holdings = Holdings()
    holdings.add(lot("1", 1))
    with pytest.raises(ValueError, match=r"^lot 1 is already held$"):
        holdings.add(lot("1", 5))
    assert holdings.worth == 80_000


def test_part_of_a_lot_goes_at_its_last_mark_and_the_rest_stays() -> None:
    holdings = Holdings()
    held = lot("1", 5)
    holdings.add(held)
    assert holdings.reduce(held, -2) == -160_000
    left = holdings.find("1")
    assert left == replace(held, quantity=3)
    assert left is not None
    assert holdings.reduce(left, -3) == -240_000
    assert list(holdings) == []
    assert holdings.worth == 0
    assert dict(holdings.mids_twice) == {}


def test_the_version_says_when_lots_change_and_only_then() -> None:
    holdings = Holdings()
    seen = [holdings.version]
    held = lot("1", 2)
    for change in (
        lambda: holdings.add(held),
        lambda: holdings.reduce(held, -1),
        lambda: holdings.drop(held),
    ):
        change()
        seen.append(holdings.version)
    assert seen == sorted(set(seen))
    future = lot("2", 1, contract=vx(WEDNESDAY))
    holdings.add(future)
    before = holdings.version
    holdings.vary(future, 90_000)
    holdings.revaluations(lambda _: quote(9.0, 9.1))
    assert holdings.version == before


def test_a_future_is_worth_nothing_and_remembers_its_variation() -> None:
    holdings = Holdings()
    held = lot("1", 3, contract=vx(WEDNESDAY))
    assert holdings.add(held) == 0
    holdings.vary(held, 91_000)
    assert holdings.worth == 0
    (now,) = holdings
    assert (now.price, now.variation_price) == (80_000, 91_000)


def test_half_a_cent_of_a_mid_is_rounded_down() -> None:
    # 0.00005 points of 100 dollars are half a cent: nothing bought, a cent owed when sold.
    assert holding_value(lot("1", 1), 1) == 0
    assert holding_value(lot("1", -1), 1) == -1
    assert holding_value(lot("1", 1), 25_001) == 12_500


@given(st.integers(-200, 200).filter(bool), st.integers(0, 10**8))
def test_a_lot_and_its_mirror_are_never_worth_more_than_nothing(n: int, mid_twice: int) -> None:
    both = holding_value(lot("1", n), mid_twice) + holding_value(lot("2", -n), mid_twice)
    assert both in (-1, 0)


def test_marks_are_taken_by_purpose_and_once_a_contract() -> None:
    holdings, call = Holdings(), vix_call(18.0)
    holdings.add(lot("1", 1))
    holdings.add(lot("2", -2))
    holdings.add(lot("3", 4, price=10_500, contract=call, purpose="layer_1"))
    asked: list[Contract] = []

    def mark(contract: Contract) -> Quote:
        asked.append(contract)
        return quote(9.0, 9.2, "quoted") if contract == PUT else quote(1.0, 1.3, "modelled")

    found, qualities = holdings.revaluations(mark)
    assert asked == [PUT, call]
    assert qualities == {"quoted": 2, "modelled": 1}
    assert {purpose: new.quality for purpose, new in found.items()} == {
        "condor": "quoted",
        "layer_1": "modelled",
    }
    # From 8.00 to 9.10, one bought and two sold: -110.00. Nothing moves before it is taken over.
    assert holdings.worth == -80_000 + 42_000
    assert holdings.take_over(found["condor"]) == (-11_000, -91_000)
    # Four calls from 1.05 to 1.15.
    assert holdings.take_over(found["layer_1"]) == (4_000, 46_000)
    assert holdings.worth == -91_000 + 46_000


@pytest.mark.parametrize(
    ("qualities", "named"),
    [
        (["quoted"], "quoted"),
        (["quoted", "settlement"], "settlement"),
        (["modelled", "quoted", "quoted"], "modelled"),
        (["quoted", "settlement", "modelled"], "modelled"),
        (["simulated", "modelled"], "simulated"),
        (
            ["simulated", "modelled, hypothetical listing", "quoted"],
            "modelled, hypothetical listing",
        ),
    ],
)
def test_the_least_trusted_mark_names_the_quality(qualities: list[Quality], named: Quality) -> None:
    for order in (qualities, qualities[::-1]):
        holdings = Holdings()
        marks: dict[Contract, Quote] = {}
        for i, quality in enumerate(order):
            contract = option(2000.0 + 5.0 * i, "P")
            marks[contract] = quote(1.0, 1.1, quality)
            holdings.add(lot(str(i), 1, contract=contract))
        found, counted = holdings.revaluations(marks.__getitem__)
        assert found["condor"].quality == named
        assert sum(counted.values()) == len(order)
