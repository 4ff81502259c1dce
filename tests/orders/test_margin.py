"""What a broker holds for a book, worked by hand in cents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.orders.margin import (
    MarginRules,
    future_requirement,
    package_requirement,
    requirement,
    spread_requirement,
)
from steward.pricing.payoff import max_loss
from steward.terms.contracts import Contract, OptionContract, vx, vxm
from steward.terms.trades import Leg, Lot, Purpose

EXPIRY = date(2018, 3, 16)
SUM = MarginRules(unequal_widths="sum")


def option(strike: float, right: str) -> OptionContract:
    return OptionContract(
        root="SPXW",
        expiry=EXPIRY,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement="PM",
    )


def lot(
    contract: Contract, quantity: int, structure: str = "A", purpose: Purpose = "condor"
) -> Lot:
    return Lot(
        lot_id=f"{structure}{contract.key}",
        structure_id=structure,
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=10_000,
        opened=date(2018, 2, 2),
        variation_price=10_000,
    )


def condor(strikes: Sequence[float], quantity: int = 1, structure: str = "A") -> list[Lot]:
    a, b, c, d = strikes
    return [
        lot(option(a, "P"), quantity, structure),
        lot(option(b, "P"), -quantity, structure),
        lot(option(c, "C"), -quantity, structure),
        lot(option(d, "C"), quantity, structure),
    ]


def price(points: float) -> Quote:
    e4 = round(points * 10_000)
    return Quote(
        bid=e4 - 250,
        ask=e4 + 250,
        quality="quoted",
        forward=points,
        vol=float("nan"),
        delta=1.0,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


def no_marks(contract: Contract) -> Quote:
    raise AssertionError(f"nobody has to know the price of {contract.key}")


def test_an_even_condor_needs_one_side() -> None:
    # Two condors of 30 points: 30 * 100 dollars * 2, whatever they took in.
    assert requirement(condor((2600.0, 2630.0, 2800.0, 2830.0), 2), no_marks) == 600_000


def test_an_uneven_condor_needs_the_wider_side_or_both() -> None:
    uneven = condor((2600.0, 2630.0, 2800.0, 2850.0), 2)
    assert requirement(uneven, no_marks) == 2 * 500_000
    assert requirement(uneven, no_marks, SUM) == 2 * (300_000 + 500_000)
    assert spread_requirement(uneven, MarginRules()) == 2 * 500_000
    # Of equal widths no rule asks for both.
    even = condor((2600.0, 2630.0, 2800.0, 2830.0))
    assert requirement(even, no_marks, SUM) == 300_000


def test_condors_do_not_offset_each_other() -> None:
    first = condor((2600.0, 2630.0, 2800.0, 2830.0), 1, "A")
    second = condor((2500.0, 2600.0, 2830.0, 2930.0), 1, "B")
    assert requirement([*first, *second], no_marks) == 300_000 + 1_000_000


def test_long_options_are_paid_and_need_nothing() -> None:
    call = OptionContract(root="VIX", expiry=EXPIRY, strike=20.0, right="C", settlement="AM")
    hedge = [lot(call, 9, "h", "layer_1"), lot(option(2500.0, "P"), 1, "p", "layer_1")]
    assert requirement(hedge, no_marks) == 0
    # And they relieve no condor.
    even = condor((2600.0, 2630.0, 2800.0, 2830.0))
    assert requirement([*hedge, *even], no_marks) == 300_000


def test_a_sold_put_needs_its_strike_and_a_sold_call_has_no_bound() -> None:
    assert requirement([lot(option(2500.0, "P"), -1)], no_marks) == 25_000_000
    with pytest.raises(ValueError, match="the loss has no bound"):
        requirement([lot(option(2500.0, "C"), -1)], no_marks)


@pytest.mark.parametrize(
    ("points", "one_vx", "one_vxm"),
    [
        # 0.45 * 20 * 1000 = 9,000.00; at 10.00 the floor of 6,000.00; a mini is a tenth.
        (20.0, 900_000, 90_000),
        (10.0, 600_000, 60_000),
        # 0.45 * 13.3333 * 1000 = 5,999.985: the floor. 13.3334: 6,000.03.
        (13.3333, 600_000, 60_000),
        (13.3334, 600_003, 60_001),
    ],
)
def test_futures(points: float, one_vx: int, one_vxm: int) -> None:
    big, small = lot(vx(EXPIRY), 2, "f"), lot(vxm(EXPIRY), -3, "g")
    assert requirement([big], lambda _: price(points)) == 2 * one_vx
    assert requirement([small], lambda _: price(points)) == 3 * one_vxm
    assert requirement([big, small], lambda _: price(points)) == 2 * one_vx + 3 * one_vxm


def test_a_future_by_other_rules_is_rounded_up() -> None:
    rules = MarginRules(future_floor=1, future_share=0.1)
    # Twice the mid is 1 e4: 0.1 * 0.00005 * 100,000 cents = half a cent.
    assert future_requirement(vx(EXPIRY), 3, 1, rules) == 3
    assert future_requirement(vxm(EXPIRY), 1, 0, rules) == 1


def test_a_package_to_be_opened_needs_what_its_lots_will() -> None:
    legs = [
        Leg(contract=x.contract, quantity=x.quantity)
        for x in condor((2600.0, 2630.0, 2800.0, 2850.0))
    ]
    assert package_requirement(legs) == 500_000
    assert package_requirement(legs, SUM) == 800_000
    # A future in it is no option: its margin is asked for by its price.
    assert package_requirement([Leg(contract=vx(EXPIRY), quantity=1)]) == 0


steps = st.integers(1, 40).map(lambda n: 5.0 * n)


@given(steps, steps, steps, st.integers(1, 50), st.lists(st.integers(0, 60_000), min_size=4))
def test_a_condor_needs_its_maximum_loss_and_its_credit(
    below: float, between: float, above: float, quantity: int, prices: list[int]
) -> None:
    """The bound of the ledger and the broker's requirement differ by what was taken in."""
    strikes = (2600.0 - below, 2600.0, 2600.0 + between, 2600.0 + between + above)
    lots = [
        Lot(
            lot_id=x.lot_id,
            structure_id=x.structure_id,
            purpose=x.purpose,
            contract=x.contract,
            quantity=x.quantity,
            price=paid,
            opened=x.opened,
            variation_price=paid,
        )
        for x, paid in zip(condor(strikes, quantity), prices, strict=False)
    ]
    credit = -sum(x.quantity * x.price for x in lots)
    needed = requirement(lots, no_marks)
    assert needed == round(max(below, above) * 10_000) * quantity
    assert max_loss(lots) == needed - credit
    assert requirement(lots, no_marks, SUM) >= needed
