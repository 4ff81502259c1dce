"""Fees: print by print, the borders of every tier, caps and minima, and what holds for all orders.

Amounts are worked from the prints that `files/fees.toml` and `files/brokers.toml` cite, in dollars.
"""

from __future__ import annotations

from datetime import date, timedelta
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

PRINT_2024 = date(2024, 11, 1)
"""The day of the Cboe schedule of 1 November 2024."""

EVE = timedelta(days=1)


def one(
    product: str,
    price: float,
    quantity: int = 1,
    action: Action = "open",
    multiplier: int | None = None,
) -> TradedLeg:
    """A leg; price in points."""
    kinds = {"option": 100, "future": 100 if product == "VXM" else 1000, "share": 1}
    return TradedLeg(
        product=product,
        quantity=quantity,
        price=round(price * 10_000),
        multiplier=multiplier or kinds[KINDS[product]],
        action=action,
    )


def fee(leg: TradedLeg, day: date = PRINT_2024, broker: str = "ibkr") -> LegFee:
    (found,) = order_fees([leg], day, broker=broker)
    return found


def dollars(leg: TradedLeg, part: str, day: date = PRINT_2024, broker: str = "none") -> Fraction:
    """One part of the fee of an order of one leg, exactly."""
    return Fraction(fee(leg, day, broker).exact.get(part, 0), E12)


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


# --- the exchange: every border from both sides ---------------------------------------------------


@pytest.mark.parametrize(
    ("product", "day", "price", "together", "printed"),
    [
        # Cboe Exchange fees schedule, 1 November 2024, codes CS and CT.
        ("SPX", PRINT_2024, 0.99, False, "0.36"),
        ("SPX", PRINT_2024, 1.00, False, "0.45"),
        ("SPXW", PRINT_2024, 0.99, True, "0.36"),
        ("SPXW", PRINT_2024, 1.00, True, "0.45"),
        # The same, codes CV to CY: VIX, simple orders.
        ("VIX", PRINT_2024, 0.10, False, "0.10"),
        ("VIX", PRINT_2024, 0.11, False, "0.25"),
        ("VIX", PRINT_2024, 0.99, False, "0.25"),
        ("VIX", PRINT_2024, 1.00, False, "0.40"),
        ("VIX", PRINT_2024, 1.99, False, "0.40"),
        ("VIX", PRINT_2024, 2.00, False, "0.45"),
        # The same, codes CZ to DC: VIX, complex orders.
        ("VIXW", PRINT_2024, 0.10, True, "0.05"),
        ("VIXW", PRINT_2024, 0.11, True, "0.17"),
        ("VIXW", PRINT_2024, 0.99, True, "0.17"),
        ("VIXW", PRINT_2024, 1.00, True, "0.30"),
        ("VIXW", PRINT_2024, 1.99, True, "0.30"),
        ("VIXW", PRINT_2024, 2.00, True, "0.45"),
        # Cboe Exchange fees schedule, 7 February 2019, and the day before that of 7 April 2020.
        ("SPX", date(2019, 2, 7), 1.00, True, "0.44"),
        ("SPX", date(2020, 4, 6), 1.00, True, "0.44"),
        ("SPX", date(2020, 4, 7), 1.00, True, "0.45"),
        ("SPX", date(2020, 4, 6), 0.99, True, "0.35"),
        ("SPX", date(2020, 4, 7), 0.99, True, "0.36"),
        ("VIX", date(2019, 2, 7), 0.99, True, "0.25"),
        ("VIX", date(2019, 2, 7), 1.00, True, "0.45"),
        ("VIX", date(2020, 4, 6), 1.50, False, "0.45"),
        ("VIX", date(2020, 4, 7), 1.50, False, "0.40"),
        ("VIX", date(2020, 4, 7), 1.50, True, "0.30"),
        # Cboe Futures Exchange: 1.40, then 1.47, then 1.51; the mini 0.20.
        ("VX", date(2019, 7, 31), 15.0, False, "1.40"),
        ("VX", date(2019, 8, 1), 15.0, False, "1.47"),
        ("VX", date(2024, 10, 13), 15.0, False, "1.47"),
        ("VX", date(2024, 10, 14), 15.0, False, "1.51"),
        ("VXM", date(2020, 8, 10), 25.0, False, "0.20"),
    ],
)
def test_the_exchange_by_day_premium_and_order(
    product: str, day: date, price: float, together: bool, printed: str
) -> None:
    other = [one("SPXW", 5.0)] if together else []
    found = order_fees([one(product, price, -7), *other], day, broker="none")
    assert Fraction(found[0].exact["exchange"], E12) == 7 * Fraction(printed)


def test_mini_options_pay_the_exchange_from_ten_contracts_on() -> None:
    """1 September 2021: 0.04 from 10 contracts (codes CC, XC); 1 November 2024: 0.07."""
    for contracts, day, printed in (
        (9, date(2021, 9, 1), "0"),
        (10, date(2021, 9, 1), "0.40"),
        (10, date(2024, 10, 31), "0.40"),
        (9, PRINT_2024, "0"),
        (10, PRINT_2024, "0.70"),
    ):
        assert dollars(one("XSP", 3.0, contracts), "exchange", day) == Fraction(printed)


def test_two_futures_or_a_future_beside_an_option_are_no_complex_order() -> None:
    legs = [one("VIX", 1.50), one("VX", 15.0, -1), one("VX", 16.0)]
    first, *_ = order_fees(legs, PRINT_2024, broker="none")
    assert Fraction(first.exact["exchange"], E12) == Fraction("0.40")


def test_a_leg_without_a_fill_still_makes_a_complex_order_and_costs_nothing() -> None:
    full, empty = order_fees([one("VIX", 1.50), one("VIX", 2.50, 0)], PRINT_2024)
    assert Fraction(full.exact["exchange"], E12) == Fraction("0.30")
    assert empty.cents == 0


# --- clearing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        (date(2004, 3, 31), "0.09"),  # OCC release of 2004: the fee then current
        (date(2004, 4, 1), "0.0825"),  # and the new one
        (date(2004, 6, 30), "0.0825"),
        (date(2004, 7, 1), "0.07"),
        (date(2005, 6, 30), "0.07"),  # OCC release of 8 June 2005
        (date(2005, 7, 1), "0.05"),
        (date(2006, 8, 31), "0.05"),  # OCC release of 10 August 2006
        (date(2006, 9, 1), "0.035"),
        (date(2014, 3, 31), "0.035"),
        (date(2014, 4, 1), "0.05"),  # 79 FR 17214
        (date(2018, 3, 1), "0.055"),
        (date(2020, 8, 31), "0.055"),  # OCC release of 19 April 2021
        (date(2020, 9, 1), "0.045"),
        (date(2021, 5, 31), "0.045"),
        (date(2021, 6, 1), "0.02"),
        (date(2024, 12, 31), "0.02"),  # 89 FR 105645
        (date(2025, 1, 1), "0.025"),
        (date(2025, 11, 28), "0.025"),  # SR-OCC-2025-019
        (date(2025, 12, 1), "0"),
        (date(2025, 12, 31), "0"),
        (date(2026, 1, 2), "0.025"),
    ],
)
def test_clearing_on_the_day_of_a_change_and_the_day_before(day: date, printed: str) -> None:
    assert dollars(one("SPXW", 5.0), "clearing", day) == Fraction(printed)


@pytest.mark.parametrize(
    ("day", "contracts", "printed"),
    [
        # OCC schedules of fees: 55 above 999, above 1,222 and above 2,750 contracts.
        (date(2020, 1, 15), 999, "54.945"),
        (date(2020, 1, 15), 1_000, "55"),
        (date(2020, 1, 15), 1_001, "55"),
        (date(2021, 1, 15), 1_222, "54.99"),
        (date(2021, 1, 15), 1_223, "55"),
        (date(2022, 1, 14), 2_750, "55"),
        (date(2022, 1, 14), 2_749, "54.98"),
        (date(2022, 1, 14), 8_000, "55"),
        # 90 FR 10544: the flat amount is gone.
        (date(2025, 2, 14), 8_000, "200"),
        # 2014 to 2018: 500 at 0.05, 500 at 0.04, the rest at 0.03, at most 55.
        (date(2015, 1, 15), 500, "25"),
        (date(2015, 1, 15), 501, "25.04"),
        (date(2015, 1, 15), 1_001, "45.03"),
        (date(2015, 1, 15), 1_334, "55"),
    ],
)
def test_the_cap_of_the_clearing_house(day: date, contracts: int, printed: str) -> None:
    assert dollars(one("SPXW", 5.0, -contracts), "clearing", day) == Fraction(printed)


def test_the_cap_of_an_order_is_shared_by_contracts_and_nothing_is_lost() -> None:
    """Two legs of 2,000 and one of 4,000 in 2022: 8,000 contracts would be 160, the cap is 55."""
    legs = [one("SPXW", 5.0, 2_000), one("SPXW", 4.0, -4_000), one("SPXW", 3.0, 2_000)]
    found = [x.exact["clearing"] for x in order_fees(legs, date(2022, 1, 14))]
    assert [Fraction(amount, E12) for amount in found] == [
        Fraction("13.75"), Fraction("27.50"), Fraction("13.75")
    ]  # fmt: skip
    uneven = [one("SPXW", 5.0, n) for n in (1_000, 1_000, 1_001)]
    shared = [x.exact["clearing"] for x in order_fees(uneven, date(2022, 1, 14))]
    assert sum(shared) == 55 * E12
    assert shared[0] >= shared[1]
    assert max(shared) == shared[2]


def test_options_and_futures_have_clearing_of_their_own() -> None:
    legs = [one("VIX", 2.0, 5_000), one("VX", 20.0, 1_000)]
    option, future = order_fees(legs, date(2022, 1, 14))
    assert option.exact["clearing"] == 55 * E12
    assert future.exact["clearing"] == 70 * E12


# --- regulation -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        (date(2009, 6, 30), "0"),
        (date(2009, 7, 1), "0.0045"),
        (date(2015, 7, 31), "0.0396"),
        (date(2015, 8, 1), "0.0427"),
        (date(2016, 2, 16), "0.0404"),  # a broker's print beside the SEC rate of that day
        (date(2020, 2, 17), "0.0378"),  # ibkr.info/article/1184
        (date(2020, 2, 18), "0.0388"),  # Interactive Brokers, fixed prices
        (date(2025, 3, 2), "0.03005"),
        (date(2025, 3, 3), "0.02815"),  # ibkrguides.com: the sum of 18 exchanges
        (date(2026, 6, 30), "0.02295"),
        (date(2026, 7, 1), "0.01248"),  # Cboe alone
    ],
)
def test_the_options_regulatory_fee_is_paid_on_both_sides(day: date, printed: str) -> None:
    for side in (1, -1):
        assert dollars(one("VIX", 1.0, 4 * side), "orf", day) == 4 * Fraction(printed)


def test_the_sum_of_the_exchanges_in_march_2025_is_what_is_printed() -> None:
    """ibkrguides.com, as of 3 March 2025: each exchange's fee."""
    each = ("0.0038 0.0038 0.0001 0.00295 0.0017 0.0002 0.0001 0.0006 0.0013 0.0012 0.0004 0.0019 "
            "0.0015 0.0016 0.0005 0.0018 0.0034 0.0013")  # fmt: skip
    assert sum(map(Fraction, each.split())) == dollars(one("SPX", 5.0), "orf", date(2025, 3, 3))


def test_index_options_pay_the_sec_until_2002_and_on_sales_alone() -> None:
    """33.30 a million of premium: sold at 10.00, 1,000 dollars, 0.0333."""
    for day, printed in (
        (date(2001, 12, 27), "0.0333"),
        (date(2001, 12, 28), "0.015"),
        (date(2002, 1, 15), "0.015"),
        (date(2002, 1, 16), "0"),
        (PRINT_2024, "0"),
    ):
        assert dollars(one("SPX", 10.0, -1), "sec", day) == Fraction(printed)
        assert dollars(one("SPX", 10.0, 1), "sec", day) == 0


def test_index_options_are_exempt_from_the_trading_activity_fee() -> None:
    """FINRA, trading activity fee, answer 400.5."""
    for day in (date(2003, 1, 2), date(2018, 2, 5), PRINT_2024, date(2026, 6, 1)):
        assert dollars(one("VIX", 2.0, -1_000, "close"), "taf", day) == 0


def test_shares_sold_pay_the_sec_and_finra_shares_bought_do_not() -> None:
    """IBKR's list: 0.0000278 of the value and 0.000166 a share. 1,000 sold at 25.00."""
    sold = fee(one("ETP", 25.0, -1_000))
    assert Fraction(sold.exact["sec"], E12) == Fraction("0.695")
    assert Fraction(sold.exact["taf"], E12) == Fraction("0.166")
    assert sold.cents == 586  # 5.00 + 0.695 + 0.166 = 5.861
    assert fee(one("ETP", 25.0, 1_000)).cents == 500


@pytest.mark.parametrize(
    ("day", "printed"),
    [
        (date(2014, 3, 17), "17.40"),  # FINRA information notice of 3 March 2014
        (date(2014, 3, 18), "22.10"),
        (date(2025, 5, 13), "27.80"),  # 90 FR 15492
        (date(2025, 5, 14), "0"),
        (date(2026, 4, 3), "0"),
        (date(2026, 4, 4), "20.60"),
    ],
)
def test_the_sec_fee_of_a_million(day: date, printed: str) -> None:
    assert dollars(one("ETP", 100.0, -10_000), "sec", day) == Fraction(printed)


@pytest.mark.parametrize(
    ("day", "shares", "printed"),
    [
        (date(2012, 6, 30), 50_000, "4.50"),
        (date(2012, 7, 1), 50_000, "5.95"),  # FINRA notice 12-31: 0.000119, at most 5.95
        (date(2012, 7, 1), 49_999, "5.949881"),
        (date(2024, 1, 1), 50_000, "8.30"),  # SEC release 34-90176: 0.000166, at most 8.30
        (date(2024, 1, 1), 60_000, "8.30"),
        (date(2026, 1, 1), 100_000, "9.79"),  # SR-FINRA-2024-019
    ],
)
def test_the_trading_activity_fee_of_shares_and_its_cap(
    day: date, shares: int, printed: str
) -> None:
    assert dollars(one("ETP", 10.0, -shares), "taf", day) == Fraction(printed)


def test_the_assessment_of_futures() -> None:
    """NFA bylaw 1301: 0.02, 0.01 from July 2026, 0.02 again from July 2027."""
    for day, printed in (
        (date(2018, 2, 5), "0.02"),
        (date(2026, 6, 30), "0.02"),
        (date(2026, 7, 1), "0.01"),
        (date(2027, 6, 30), "0.01"),
        (date(2027, 7, 1), "0.02"),
    ):
        for product in ("VX", "VXM"):
            assert dollars(one(product, 15.0), "nfa", day) == Fraction(printed)


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
