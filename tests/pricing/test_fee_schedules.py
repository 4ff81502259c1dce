"""The price lists, print by print: every border and change from both sides; and their files.

Amounts are those of the prints that `files/fees.toml` cites, in dollars.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from steward.pricing import fee_schedules, fees
from steward.pricing.fee_schedules import E12, KINDS
from steward.pricing.fees import order_fees

from .fee_legs import PRINT_2024, dollars, fee, one

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


# --- the files -----------------------------------------------------------------------------------


def rows() -> list[dict[str, object]]:
    return [row for table in ("exchange", "clearing", "regulation")
            for row in fee_schedules._read("fees")[table]]  # fmt: skip


def test_every_row_has_a_source_and_a_known_product() -> None:
    for row in [*rows(), *fee_schedules._read("brokers")["broker"]]:
        assert str(row["source"]).strip()
        for product in row.get("products", ()):  # type: ignore[attr-defined]
            assert product in KINDS
    assert len(rows()) > 60


def test_no_two_rows_begin_on_one_day() -> None:
    for table in ("exchange", "clearing", "regulation"):
        seen = [
            (row.get("name"), product, row["from"])
            for row in fee_schedules._read("fees")[table]
            for product in row["products"]
        ]
        assert len(seen) == len(set(seen))


def test_every_product_has_every_list_from_the_first_day_on() -> None:
    for product in KINDS:
        for day in (date(1960, 1, 4), date(1990, 1, 2), date(2027, 12, 31)):
            for broker in fees.broker_names():
                found = fee(one(product, 10.0, -1), day, broker)
                assert {"exchange", "clearing", "broker"} < set(found.exact)
    assert fee_schedules.regulation_of("nfa", "SPX", PRINT_2024) is None


def test_the_oldest_row_stands_for_the_days_before_it() -> None:
    assert fee_schedules.exchange_of("SPX", date(1960, 1, 4)) is fee_schedules.exchange_of(
        "SPX", date(1990, 1, 2)
    )


def test_a_number_finer_than_what_is_counted_is_no_number() -> None:
    with pytest.raises(ValueError, match="is not whole"):
        fee_schedules._e12(Decimal("0.0000000000001"))
