"""Expiry, variation and interest: payoffs and bounds worked by hand, and properties of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger import settlement
from steward.terms.contracts import Contract, vx, vxm
from steward.terms.trades import Lot

from .desk import FRIDAY, MONDAY, THURSDAY, TUESDAY, Value, option, vix_call


def lot(
    contract: Contract, quantity: int = 1, price: int = 10_000, varied: int | None = None
) -> Lot:
    return Lot(
        lot_id=contract.key,
        structure_id="s",
        purpose="layer_1",
        contract=contract,
        quantity=quantity,
        price=price,
        opened=THURSDAY,
        variation_price=price if varied is None else varied,
    )


AM = lot(vix_call(18.0, MONDAY))
PM = lot(option(2700.0, "P", expiry=MONDAY))
FUTURE = lot(vx(MONDAY))


def test_am_lots_and_futures_settle_before_pm_lots() -> None:
    held = (PM, AM, FUTURE)
    assert settlement.due(held, FRIDAY, "AM") == ()
    assert settlement.due(held, FRIDAY, "PM") == ()
    assert settlement.due(held, MONDAY, "AM") == (AM, FUTURE)
    assert settlement.due(held, MONDAY, "PM") == (PM,)


def test_what_expired_between_two_sessions_settles_at_the_first_one_after() -> None:
    """A history may lack the settlement day itself."""
    held = (PM, AM, FUTURE)
    assert settlement.due(held, TUESDAY, "AM") == held
    assert settlement.due(held, TUESDAY, "PM") == held


@pytest.mark.parametrize(
    ("contract", "quantity", "level", "cash"),
    [
        # max(0, S - K) or max(0, K - S), 100 dollars a point, in cents
        (option(2700.0, "C"), 2, 27_123_400, 2 * 1_234_00),
        (option(2700.0, "C"), 2, 26_999_900, 0),
        (option(2700.0, "P"), -3, 26_155_000, -3 * 8_450_00),
        (option(2700.0, "P"), -3, 27_000_000, 0),
        (vix_call(18.0), 5, 226_389, 5 * 463_89),
        (vix_call(18.0), 5, 180_000, 0),
    ],
)
def test_payoffs(contract: Contract, quantity: int, level: int, cash: int) -> None:
    settled = settlement.settle(lot(contract, quantity), Value(level))
    assert settled.cash == cash
    assert settled.level == level
    assert (settled.low, settled.high) == (None, None)
    assert (settled.state, settled.source) == ("settled by value", "spx_close")


def test_a_future_is_paid_from_its_last_variation() -> None:
    # Bought at 15.00, last varied at 20.05: from there to 22.6389 are 2.5889 points of 1,000.
    held = lot(vx(MONDAY), 2, 150_000, varied=200_500)
    assert settlement.settle(held, Value(226_389, "vx_final")).cash == 2 * 2_588_90
    small = lot(vxm(MONDAY), -3, 150_000, varied=200_500)
    assert settlement.settle(small, Value(226_389, "vx_final")).cash == -3 * 258_89
    assert settlement.variation(held, 200_500) == 0


def test_a_proxy_carries_the_bounds_of_its_level() -> None:
    # VRO unknown; the open 20.05 has a deviation of 0.63 either way.
    proxy = Value(200_500, "vix_open", True, 194_200, 206_800)
    call = settlement.settle(lot(vix_call(20.0), 10), proxy)
    # 20.05 is 0.05 in the money; at 19.42 nothing, at 20.68 it is 0.68.
    assert (call.low, call.cash, call.high) == (0, 5_000, 68_000)
    assert call.state == "settled by proxy"
    sold = settlement.settle(lot(vix_call(20.0), -10), proxy)
    assert (sold.low, sold.cash, sold.high) == (-68_000, -5_000, 0)
    future = settlement.settle(lot(vx(MONDAY), 1, 200_000), proxy)
    assert (future.low, future.cash, future.high) == (-58_000, 5_000, 68_000)


def test_a_value_has_no_bounds_and_a_proxy_may_lack_them() -> None:
    official = Value(200_500, "VRO", False, 194_200, 206_800)
    settled = settlement.settle(lot(vix_call(20.0)), official)
    assert (settled.low, settled.high, settled.state) == (None, None, "settled by value")
    for unbounded in (
        Value(200_500, "vix_open", True),
        Value(200_500, "vix_open", True, 194_200, None),
        Value(200_500, "vix_open", True, None, 206_800),
    ):
        settled = settlement.settle(lot(vix_call(20.0)), unbounded)
        assert (settled.low, settled.high, settled.state) == (None, None, "settled by proxy")


@given(
    st.sampled_from([option(2700.0, "P"), option(2700.0, "C"), vix_call(18.0), vx(MONDAY)]),
    st.integers(-20, 20).filter(bool),
    st.lists(st.integers(0, 40_000_000), min_size=3, max_size=3).map(sorted),
)
def test_the_cash_lies_inside_its_bounds(
    contract: Contract, quantity: int, levels: list[int]
) -> None:
    low, level, high = levels
    settled = settlement.settle(lot(contract, quantity), Value(level, "x", True, low, high))
    assert settled.low is not None
    assert settled.high is not None
    assert settled.low <= settled.cash <= settled.high


@given(st.integers(1, 400).map(lambda n: 5.0 * n), st.integers(1, 50), st.integers(0, 30_000_000))
def test_a_call_less_a_put_is_the_distance_to_the_strike(
    strike: float, quantity: int, level: int
) -> None:
    """Parity at settlement, in cents: a bought call and a sold put are a purchase at the strike."""
    call = settlement.settle(lot(option(strike, "C"), quantity), Value(level)).cash
    put = settlement.settle(lot(option(strike, "P"), -quantity), Value(level)).cash
    assert call + put == quantity * (level - round(strike * 10_000))


def test_interest_by_hand() -> None:
    # 250,000.00 for three days at 3.65 %: 250,000 * 0.0365 * 3 / 365 = 75.00.
    assert settlement.interest(25_000_000, 0.0365, 3) == 7_500
    # A debt of 10,000.00 at 3.65 % and 1.00 % on top: 10,000 * 0.0465 / 365 = 1.27.
    assert settlement.interest(-1_000_000, 0.0365, 1, debit_spread=0.01) == -127
    # The spread is for debts only.
    assert settlement.interest(1_000_000, 0.0365, 1, debit_spread=0.01) == 100
    # A negative rate costs: 100.00 a day at -0.365 % of 10,000,000.00.
    assert settlement.interest(1_000_000_000, -0.00365, 1) == -10_000
    assert settlement.interest(25_000_000, 0.0, 30) == 0
    # All of it in a year: 182 and 183 365ths of a cent, on either side of a half.
    assert [settlement.interest(cash, 1.0, 1) for cash in (182, 183)] == [0, 1]


@pytest.mark.parametrize(("cash", "cents"), [(50, 0), (150, 2), (250, 2), (350, 4), (-150, -2)])
def test_half_a_cent_goes_to_the_even_one(cash: int, cents: int) -> None:
    # 365 % for a day is 1 % of the cash: half a cent, 1.5, 2.5, 3.5.
    assert settlement.interest(cash, 3.65, 1) == cents


@pytest.mark.parametrize("rate", [math.nan, math.inf])
def test_an_unknown_rate_is_no_rate(rate: float) -> None:
    with pytest.raises((ValueError, OverflowError)):
        settlement.interest(100, rate, 1)


@given(st.integers(-(10**12), 10**12), st.floats(0.0, 0.25), st.integers(1, 4))
def test_interest_has_the_sign_of_the_cash_and_is_nearest(
    cash: int, rate: float, days: int
) -> None:
    gained = settlement.interest(cash, rate, days)
    assert gained * cash >= 0
    assert abs(gained - cash * rate * days / 365) <= 0.5 + abs(cash) * 1e-12
    assert settlement.interest(-cash, rate, days) == -gained
