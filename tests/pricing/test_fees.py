"""Fees of orders: the usual figures, brokers with their caps and minima, and what always holds.

Amounts are worked from the prints that `files/brokers.toml` and `files/fees.toml` cite, in dollars.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing import coefficients, fee_schedules, fees
from steward.pricing.fee_schedules import E12, KINDS
from steward.pricing.fees import Action, LegFee, TradedLeg, order_cents, order_fees, shared_out
from steward.terms.contracts import OptionContract, vx, vxm
from steward.terms.errors import StewardError

from .fee_legs import PRINT_2024, dollars, fee, one


def condor(quantity: int = 1, action: Action = "open") -> list[TradedLeg]:
    """Bought put at 3.00, sold put at 8.00, sold call at 7.00, bought call at 2.00."""
    sign = 1 if action == "open" else -1
    return [
        one("SPXW", price, sign * side * quantity, action)
        for price, side in ((3.0, 1), (8.0, -1), (7.0, -1), (2.0, 1))
    ]


# --- the usual all-in figures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("leg", "cents"),
    [
        # 0.65 + 0.45 + 0.02 + 0.03005 = 1.15005
        (one("SPXW", 1.00), 115),
        (one("SPX", 12.0, -1), 115),
        # 0.65 + 0.36 + 0.02 + 0.03005 = 1.06005
        (one("SPXW", 0.95), 106),
        # 0.65 + 0.25 + 0.02 + 0.03005 = 0.95005
        (one("VIX", 0.50), 95),
        # 0.85 + 1.51 + 0.07 + 0.02 = 2.45
        (one("VX", 16.0), 245),
        # 0.85 + 0.20 + 0.07 + 0.02 = 1.14
        (one("VXM", 16.0), 114),
    ],
)
def test_the_usual_all_in_figures(leg: TradedLeg, cents: int) -> None:
    """1.15 for an SPX option, 0.95 for a VIX option at 0.11 to 0.99, 2.45 for a VX, to the cent."""
    assert fee(leg).cents == cents


def test_a_condor_costs_four_sixty_to_open_and_nothing_to_expire() -> None:
    assert order_cents(condor(), PRINT_2024) == 460
    assert order_cents(condor(10), PRINT_2024) == 4_600  # 4 legs of 11.5005
    expired = [TradedLeg(product=x.product, quantity=x.quantity, price=0, multiplier=100,
                         action="settle") for x in condor()]  # fmt: skip
    assert order_fees(expired, PRINT_2024) == (LegFee(cents=0),) * 4


def test_the_default_broker_stays_near_its_all_in_figure_on_every_day() -> None:
    """0.65 and 0.44 or 0.45, and beside them from 0.035 (2007) to 0.0938 (2020: 0.055 + 0.0388)."""
    for year in range(1990, 2028):
        found = fee(one("SPXW", 5.0), date(year, 6, 3))
        assert 112 <= found.cents <= 119


# --- brokers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "printed"),
    [
        (0.04, "0.25"), (0.0499, "0.25"), (0.05, "0.50"), (0.09, "0.50"), (0.0999, "0.50"),
        (0.10, "0.65"), (25.0, "0.65"), (0.0, "0.25"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("action", ["open", "close"])
def test_interactive_brokers_by_premium(price: float, printed: str, action: Action) -> None:
    """Its list: 0.25 below 0.05, 0.50 below 0.10, else 0.65, bought or sold."""
    for side in (3, -3):
        found = dollars(one("VIX", price, side, action), "broker", broker="ibkr")
        assert found == 3 * Fraction(printed)


@pytest.mark.parametrize(
    ("shares", "price", "printed"),
    [
        (100, 25.0, "1"),  # the three examples of the list
        (1_000, 25.0, "5"),
        (1_000, 0.25, "2.5"),
        (200, 25.0, "1"),
        (201, 25.0, "1.005"),
        (100, 0.25, "0.25"),  # one percent of 25.00 is under the minimum
        (0, 25.0, "0"),
    ],
)
def test_interactive_brokers_by_share(shares: int, price: float, printed: str) -> None:
    assert dollars(one("ETP", price, shares), "broker", broker="ibkr") == Fraction(printed)


def test_the_fixed_list_of_2020_has_a_minimum_an_order_and_its_surcharges() -> None:
    day = date(2020, 3, 2)
    assert dollars(one("SPXW", 5.0), "broker", day, "ibkr_fixed") == 1
    assert dollars(one("SPXW", 5.0, 2), "broker", day, "ibkr_fixed") == Fraction("1.30")
    for product, price, printed in (
        ("SPX", 0.99, "0.40"), ("SPX", 1.00, "0.50"), ("SPXW", 0.99, "0.49"),
        ("SPXW", 1.00, "0.58"), ("VIX", 0.10, "0.10"), ("VIX", 0.99, "0.25"),
        ("VIX", 1.99, "0.45"), ("VIX", 2.00, "0.50"),
    ):  # fmt: skip
        assert dollars(one(product, price), "exchange", day, "ibkr_fixed") == Fraction(printed)
    # 0.65 + 0.58 + 0.055 + 0.0388 = 1.3238 a contract of a condor, four times.
    assert order_cents(condor(), day, broker="ibkr_fixed") == 4 * 132


def test_a_minimum_is_one_of_the_order_shared_by_contracts() -> None:
    """A list with 7.00 an order: one and two contracts at 0.65 are 1.95, and 5.05 are lacking."""
    dear = coefficients.text("brokers").replace("minimum = 1.00\nfuture", "minimum = 7.00\nfuture")
    legs = [one("VIX", 1.50, 1, "close"), one("VIX", 2.50, -2), one("VX", 15.0)]
    with coefficients.instead({"brokers": dear}):
        found = order_fees(legs, PRINT_2024, broker="ibkr_fixed")
    parts = [x.exact["broker"] for x in found]
    assert parts[0] + parts[1] == 7 * E12
    # A third and two thirds of 5.05; the trillionth that is left goes to the larger remainder.
    assert parts[:2] == [650_000_000_000 + 1_683_333_333_333, 1_300_000_000_000 + 3_366_666_666_667]
    assert parts[2] == 850_000_000_000
    with coefficients.instead({"brokers": dear}):
        assert order_cents([one("VX", 15.0)], PRINT_2024, broker="ibkr_fixed") == 245


@pytest.mark.parametrize(
    ("contracts", "action", "printed"),
    [
        (1, "open", "1"), (9, "open", "9"), (10, "open", "10"), (11, "open", "10"),
        (500, "open", "10"), (1, "close", "0"), (11, "close", "0"),
    ],
)  # fmt: skip
def test_tastytrade_opens_for_ten_a_leg_at_most_and_closes_free(
    contracts: int, action: Action, printed: str
) -> None:
    for side in (1, -1):
        leg = one("SPXW", 5.0, side * contracts, action)
        assert dollars(leg, "broker", broker="tastytrade") == Fraction(printed)
        assert dollars(leg, "exchange", broker="tastytrade") == contracts * Fraction("0.65")
        assert dollars(leg, "clearing", broker="tastytrade") == contracts * Fraction("0.10")


def test_the_cap_of_a_leg_is_not_one_of_the_order() -> None:
    """Four legs of 11: 4 * 10.00 and not 44.00; 0.65, 0.10 and 0.03005 on each of 44 contracts."""
    found = order_fees(condor(11), PRINT_2024, broker="tastytrade")
    # 10.00 + 11 * 0.78005 = 18.58055
    assert [x.cents for x in found] == [1_858] * 4


def test_a_roll_at_tastytrade_pays_for_the_leg_that_opens() -> None:
    near, far = order_fees(
        [one("VIX", 1.50, -3, "close"), one("VIX", 2.50, 3, "open")],
        PRINT_2024,
        broker="tastytrade",
    )
    assert near.exact["broker"] == 0
    assert far.exact["broker"] == 3 * E12


def test_tastytrade_passes_the_mini_at_the_exchange_s_own_fee_and_futures_at_1_25() -> None:
    """43000521134: XSP nothing for 1 to 9 a leg, 0.07 from 10 on."""
    assert dollars(one("XSP", 2.0, 9), "exchange", broker="tastytrade") == 0
    assert dollars(one("XSP", 2.0, 10), "exchange", broker="tastytrade") == Fraction("0.70")
    assert fee(one("VX", 16.0), broker="tastytrade").cents == 285  # 1.25 + 1.51 + 0.07 + 0.02


def test_without_a_broker_the_others_remain() -> None:
    """0.45 + 0.02 + 0.03005 = 0.50005."""
    assert fee(one("SPXW", 5.0), broker="none").cents == 50
    assert fee(one("SPXW", 5.0), broker="none").exact["broker"] == 0


def test_exercise_costs_what_the_broker_takes_for_a_leg() -> None:
    """tastytrade: 5.00 a leg, however many contracts; Interactive Brokers: nothing."""
    legs = [one("SPX", 30.0, 10, "exercise"), one("SPX", 5.0, 0, "exercise")]
    assert [x.cents for x in order_fees(legs, PRINT_2024, broker="tastytrade")] == [500, 0]
    assert [x.cents for x in order_fees(legs, PRINT_2024, broker="ibkr")] == [0, 0]


def test_an_unknown_broker_is_refused_with_the_list() -> None:
    said = "the broker 'schwab' has no price list: choose ibkr, ibkr_fixed, tastytrade or none"
    for asked in (fees.known, fees.words):
        with pytest.raises(StewardError, match=said):
            asked("schwab")
    with pytest.raises(StewardError, match=said):
        order_fees(condor(), PRINT_2024, broker="schwab")
    assert fees.known("tastytrade") == "tastytrade"
    assert fees.DEFAULT_BROKER in fees.broker_names()


# --- legs and parts -------------------------------------------------------------------------------


def test_a_leg_of_a_contract() -> None:
    call = OptionContract(
        root="VIXW", expiry=date(2024, 11, 6), strike=18.0, right="C", settlement="AM"
    )
    assert fees.leg(call, -2, 15_000, "close") == one("VIXW", 1.5, -2, "close")
    assert fees.leg(vx(date(2024, 11, 20)), 1, 160_000, "open") == one("VX", 16.0)
    assert fees.leg(vxm(date(2024, 11, 20)), 1, 160_000, "open") == one("VXM", 16.0)


def test_a_leg_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="NDX: has no price list"):
        TradedLeg(product="NDX", quantity=1, price=1, multiplier=100, action="open")
    with pytest.raises(ValueError, match="below 0"):
        one("SPX", -0.05)


def test_the_groups_that_a_page_shows_sum_to_the_fee() -> None:
    # 0.45, 0.02, 0.03005 and 0.65 are 1.15005.
    assert fee(one("SPXW", 5.0)).shown == {
        "exchange": 45, "clearing": 2, "regulation": 3, "broker": 65
    }  # fmt: skip
    assert LegFee(cents=0).shown == dict.fromkeys(
        ("exchange", "clearing", "regulation", "broker"), 0
    )


def test_half_a_cent_is_rounded_up_once_for_the_leg() -> None:
    """In 2022 without a broker 0.45 + 0.02 + 0.0388 = 0.5088; ten are 5.088, a hundred 50.88."""
    day = date(2022, 1, 14)
    assert [fee(one("SPXW", 5.0, n), day, "none").cents for n in (1, 10, 100)] == [51, 509, 5_088]
    # 201 shares at 0.005 are 1.005: half a cent, up.
    assert fee(one("ETP", 25.0, 201)).cents == 101


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**4), min_size=1, max_size=6))
def test_sharing_loses_nothing_and_is_fair_to_one(total: int, weights: list[int]) -> None:
    if not sum(weights):
        assert shared_out(0, weights) == [0] * len(weights)
        return
    parts = shared_out(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


# --- what holds for every order -------------------------------------------------------------------

days = st.dates(date(1990, 1, 2), date(2027, 12, 31))
names = st.sampled_from(["ibkr", "ibkr_fixed", "tastytrade", "none"])
actions: st.SearchStrategy[Action] = st.sampled_from(["open", "close"])
sides = st.sampled_from([1, -1])
sizes = st.one_of(st.integers(1, 30), st.integers(1, 9_000))
prices = st.integers(0, 300_000)


@st.composite
def traded(draw: st.DrawFn, products: tuple[str, ...] = tuple(KINDS)) -> TradedLeg:
    return TradedLeg(
        product=draw(st.sampled_from(products)),
        quantity=draw(sides) * draw(sizes),
        price=draw(prices),
        multiplier=draw(st.sampled_from([1, 100, 1000])),
        action=draw(actions),
    )


def resized(leg: TradedLeg, contracts: int) -> TradedLeg:
    sign = 1 if leg.quantity > 0 else -1
    return TradedLeg(
        product=leg.product,
        quantity=sign * contracts,
        price=leg.price,
        multiplier=leg.multiplier,
        action=leg.action,
    )


def exact_sum(legs: list[TradedLeg], day: date, broker: str) -> int:
    return sum(sum(x.exact.values()) for x in order_fees(legs, day, broker=broker))


orders = st.lists(traded(), min_size=1, max_size=4)


@given(orders, days, names)
def test_an_order_is_the_sum_of_its_legs_and_no_part_is_below_0(
    legs: list[TradedLeg], day: date, broker: str
) -> None:
    found = order_fees(legs, day, broker=broker)
    assert len(found) == len(legs)
    assert order_cents(legs, day, broker=broker) == sum(x.cents for x in found)
    for x in found:
        assert all(amount >= 0 for amount in x.exact.values())
        assert set(x.exact) <= set(fees.PARTS)
        # Rounded once, half up: within half a cent of the exact sum.
        assert (
            -1
            <= (2 * (x.cents * fee_schedules.CENT - sum(x.exact.values()))) / (fee_schedules.CENT)
            <= 1
        )
        assert sum(x.shown.values()) == x.cents
        assert all(cents >= 0 for cents in x.shown.values())


@given(orders, days, names, st.integers(0, 3), st.integers(1, 3_000))
def test_more_contracts_never_cost_less(
    legs: list[TradedLeg], day: date, broker: str, place: int, more: int
) -> None:
    at = place % len(legs)
    larger = list(legs)
    larger[at] = resized(legs[at], legs[at].contracts + more)
    assert exact_sum(legs, day, broker) <= exact_sum(larger, day, broker)


@given(
    st.lists(traded(tuple(p for p in KINDS if p != "XSP")), min_size=1, max_size=4),
    days,
    names,
    st.data(),
)
def test_two_orders_are_never_cheaper_than_one(
    legs: list[TradedLeg], day: date, broker: str, data: st.DataObject
) -> None:
    """Caps and minima only ever make one order the cheaper way.

    Not so for the mini: its exchange takes nothing of a leg of fewer than ten contracts.
    """
    first = [resized(x, data.draw(st.integers(0, x.contracts))) for x in legs]
    rest = [resized(x, x.contracts - y.contracts) for x, y in zip(legs, first, strict=True)]
    apart = exact_sum(first, day, broker) + exact_sum(rest, day, broker)
    assert exact_sum(legs, day, broker) <= apart


@given(traded(), days, names)
def test_a_sale_never_costs_less_than_a_purchase(leg: TradedLeg, day: date, broker: str) -> None:
    bought = resized(TradedLeg(**{**_fields(leg), "quantity": 1}), leg.contracts)
    sold = resized(TradedLeg(**{**_fields(leg), "quantity": -1}), leg.contracts)
    assert exact_sum([bought], day, broker) <= exact_sum([sold], day, broker)


def _fields(leg: TradedLeg) -> dict[str, object]:
    return {name: getattr(leg, name) for name in TradedLeg.__dataclass_fields__}


@given(orders, days)
def test_a_broker_only_adds_to_what_the_others_take(legs: list[TradedLeg], day: date) -> None:
    bare = exact_sum(legs, day, "none")
    whole = order_fees(legs, day, broker="ibkr")
    assert sum(sum(x.exact.values()) - x.exact["broker"] for x in whole) == bare


def test_the_actions_are_those_of_orders_and_two_more() -> None:
    assert get_args(Action) == ("open", "close", "settle", "exercise")
