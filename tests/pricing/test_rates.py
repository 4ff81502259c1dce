"""Rates by hand, what is known when, and one table against one day."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from steward.market.history import History
from steward.pricing.rates import (
    RateTable,
    bill_rate,
    bond_equivalent,
    discount_factor,
    dividend_yield,
)
from steward.terms import calendar
from steward.terms.errors import StewardError

from .closes import daily, history

DAYS = calendar.sessions(date(2018, 1, 2), date(2018, 2, 28))


def with_rates(late_days: int = 1, **percent: float | list[float]) -> History:
    """A history of `DAYS` whose rates are known `late_days` after their sessions."""
    world = history(DAYS, 2700.0, 12.0, bill=None)
    for name, value in percent.items():
        filled = np.full(len(DAYS), np.nan)
        given = np.atleast_1d(np.asarray(value, dtype=float))
        filled[: len(given)] = given
        if given.size == 1:
            filled[:] = given[0]
        world.series[name] = daily(name, DAYS, filled, late_days=late_days)  # type: ignore[index]
    return world


def test_bond_equivalent_by_hand() -> None:
    # 365 x 0.05 / (360 - 91 x 0.05) = 18.25 / 355.45
    assert bond_equivalent("dtb3", 5.0) == pytest.approx(18.25 / 355.45)
    assert bond_equivalent("dff", 3.6) == pytest.approx(0.0365)
    assert bond_equivalent("dgs3mo", 5.0) == 0.05


def test_the_bill_is_the_newer_of_two_sources() -> None:
    world = with_rates(dtb3=[1.0, 1.0, 1.0], dgs3mo=[1.1, 1.1, 1.1, 1.1, 1.2])
    # On the third session the second's values are known: both are equally new, the bill wins.
    assert bill_rate(world, DAYS[2]) == pytest.approx(bond_equivalent("dtb3", 1.0))
    # The bill ends with the third session; the yield goes on to the fifth.
    assert bill_rate(world, DAYS[5]) == pytest.approx(0.012)
    assert bill_rate(world, DAYS[20]) == pytest.approx(0.012)


def test_a_constant_path_stands_in_for_bills() -> None:
    assert bill_rate(with_rates(bill_constant=1.94, dff=1.5), DAYS[3]) == pytest.approx(0.0194)
    assert bill_rate(with_rates(dff=3.6), DAYS[3]) == pytest.approx(0.0365)


def test_discounting_by_a_curve_by_hand() -> None:
    # 4 % bond-equivalent with two payments a year: a year ahead 1 is worth 1 / 1.02^2.
    world = with_rates(dgs3mo=4.0, dgs1=4.0)
    assert discount_factor(world, DAYS[3], 1.0) == pytest.approx(1.0 / 1.02**2)
    assert discount_factor(world, DAYS[3], 0.5) == pytest.approx(1.0 / 1.02)
    assert discount_factor(world, DAYS[3], 0.0) == discount_factor(world, DAYS[3], -1.0) == 1.0
    # Zero rates are linear between tenors and flat beyond them.
    world = with_rates(dgs3mo=2.0, dgs1=4.0)
    low, high = 2.0 * math.log(1.01), 2.0 * math.log(1.02)
    middle = low + (high - low) * (0.5 - 0.25) / 0.75
    assert discount_factor(world, DAYS[3], 0.5) == pytest.approx(math.exp(-0.5 * middle))
    assert discount_factor(world, DAYS[3], 0.1) == pytest.approx(math.exp(-0.1 * low))
    assert discount_factor(world, DAYS[3], 3.0) == pytest.approx(math.exp(-3.0 * high))


def test_discounting_by_one_short_rate_by_hand() -> None:
    # 2 % simple over a quarter: 1.005 in a quarter.
    world = with_rates(bill_constant=2.0)
    assert discount_factor(world, DAYS[3], 0.25) == pytest.approx(1.0 / 1.005)


def test_the_table_is_the_single_days() -> None:
    wandering = np.random.default_rng(5).uniform(1.0, 6.0, (3, len(DAYS)))
    wandering[0, 4:9] = math.nan
    world = with_rates(
        dgs1mo=wandering[0].tolist(), dgs6mo=wandering[1].tolist(), dgs2=wandering[2].tolist()
    )
    table = RateTable(world)
    for row in range(1, len(DAYS)):
        for years in (0.01, 0.2, 0.9, 3.0):
            single = discount_factor(world, DAYS[row], years)
            assert math.exp(-years * table.zero_rate(row, years)) == pytest.approx(single)


def test_a_rate_counts_from_the_day_it_is_known() -> None:
    world = with_rates(dgs3mo=[1.0, 5.0])
    assert RateTable(world).zero_rate(1, 0.25) == pytest.approx(2.0 * math.log(1.005))
    assert RateTable(world).zero_rate(2, 0.25) == pytest.approx(2.0 * math.log(1.025))
    for row in (1, 2, 9):
        cut = world.until(DAYS[row])
        assert RateTable(cut).zero_rate(row, 0.3) == RateTable(world).zero_rate(row, 0.3)


def test_no_rate_is_an_error_that_says_what_to_bring() -> None:
    world = with_rates()
    for ask in (
        lambda: bill_rate(world, DAYS[3]),
        lambda: discount_factor(world, DAYS[3], 0.5),
        lambda: RateTable(world).zero_rate(3, 0.5),
    ):
        with pytest.raises(StewardError, match=r"2018-01-05.*dtb3_daily\.csv") as caught:
            ask()
        assert "\n" not in str(caught.value)
    # Known only from the next session on: the first session has none.
    with pytest.raises(StewardError, match="2018-01-02"):
        bill_rate(with_rates(dtb3=1.0), DAYS[0])


def test_dividend_yields_hold_from_their_first_day() -> None:
    assert dividend_yield(date(2012, 12, 31)) == 0.020
    assert dividend_yield(date(2013, 1, 1)) == 0.019
    yields = [dividend_yield(date(year, 7, 1)) for year in range(1990, 2027)]
    assert all(0.005 < found < 0.05 for found in yields)
