"""Contracts in cents: hand-worked settlements, and bounds over all levels."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing import payoff
from steward.terms.contracts import OptionContract, ShareContract, vx, vxm
from steward.terms.trades import Lot

EXPIRY = date(2018, 2, 28)


def option(strike: float, right: str, root: str = "SPXW") -> OptionContract:
    return OptionContract(
        root=root,
        expiry=EXPIRY,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement="PM",
    )


def lot(contract: OptionContract, quantity: int, price: int) -> Lot:
    return Lot(
        lot_id=contract.key,
        structure_id="c",
        purpose="condor",
        contract=contract,
        quantity=quantity,
        price=price,
        opened=date(2018, 2, 2),
        variation_price=price,
    )


def condor(n: int = 1, widths: tuple[int, int] = (30, 30), credit: int = 66_500) -> list[Lot]:
    """Short 2630 put and 2800 call; the whole credit (e4) is booked on the short put."""
    put, call = widths
    return [
        lot(option(2630 - put, "P"), n, 0),
        lot(option(2630, "P"), -n, credit),
        lot(option(2800, "C"), -n, 0),
        lot(option(2800 + call, "C"), n, 0),
    ]


def test_money_of_each_contract() -> None:
    # An SPX option at 2.50 costs 250 dollars; one VX point is 1000 dollars, one VXM point 100.
    assert payoff.cents(option(2600, "P"), 1, 25_000) == 25_000
    assert payoff.cents(vx(EXPIRY), -2, 10_000) == -200_000
    assert payoff.cents(vxm(EXPIRY), 1, 10_000) == 10_000
    # VX settled at 16.6389 against 16.60: 38.90 dollars.
    assert payoff.cents(vx(EXPIRY), 1, 166_389 - 166_000) == 3_890
    # 30 shares at 48.10 are 1,443 dollars; a share at part of a cent is no amount of money.
    assert payoff.cents(ShareContract(symbol="VXX"), 30, 481_000) == 144_300
    with pytest.raises(ValueError, match="make part of a cent"):
        payoff.cents(ShareContract(symbol="VXX"), 1, 481_050)


def test_settlement_prices() -> None:
    assert payoff.settlement_price(option(2630, "P"), 26_155_000) == 145_000
    assert payoff.settlement_price(option(2630, "C"), 26_155_000) == 0
    assert payoff.settlement_price(option(12.5, "C", "VIX"), 166_389) == 41_389
    assert payoff.settlement_price(vx(EXPIRY), 166_389) == 166_389


def test_a_condor_loses_its_wider_width_less_the_credit() -> None:
    # Five condors 30 and 50 wide for 6.65: (50.00 - 6.65) * 100 * 5 = 21,675 dollars.
    assert payoff.max_loss(condor(5, (30, 50))) == 2_167_500
    assert payoff.entry_cost(condor(5)) == -332_500
    assert payoff.worst_value(payoff.option_lots(condor(1, (30, 50)))) == -500_000


def test_a_naked_call_has_no_bound() -> None:
    with pytest.raises(ValueError, match="no bound"):
        payoff.worst_value([(-1, option(2800, "C"))])
    # A naked put loses its strike, at an index of 0.
    assert payoff.worst_value([(-1, option(2600, "P"))]) == -26_000_000
    assert payoff.worst_value([]) == 0


@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.integers(1, 20),
    st.integers(0, 60_000_000),
)
def test_no_settlement_is_worse_than_the_worst(widths: tuple[int, int], n: int, level: int) -> None:
    lots = condor(n, widths)
    value = sum(
        payoff.cents(x.contract, x.quantity, payoff.settlement_price(x.contract, level))
        for x in lots
    )
    assert -100 * 100 * n * max(widths) <= value <= 0
    assert value >= payoff.worst_value(payoff.option_lots(lots))
