"""Rates by hand, what is known when, and one table against one day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from steward.market.history import Bars, History, Series
from steward.market.vendors.data_folder import folder_history
from steward.pricing.modelled import ModelledMarket
from steward.pricing.rates import (
    RateTable,
    bill_rate,
    bond_equivalent,
    discount_factor,
    dividend_yield,
    dividends_sentence,
    paid_yields,
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


def paying(known: Sequence[tuple[str, float]], *, close: float = 2700.0, age: int = 730) -> History:
    """A history of `DAYS` with dividends, index points, each known at 13:30 UTC of a day."""
    since = np.array([f"{day}T13:30" for day, _ in known], dtype="datetime64[m]")
    world = with_rates(bill_constant=2.0)
    paid = Series(
        name="dividend_12m",
        unit="index points over twelve months",
        period=since.astype("datetime64[M]").astype("datetime64[D]") - 150,
        value=np.array([value for _, value in known], dtype=np.float64),
        known_at=since,
        max_age_days=age,
        lagged=True,
        source="shiller.csv: dividend_12m",
    )
    bars = Bars(**dict.fromkeys(("open", "high", "low", "close"), np.full(len(DAYS), close)))
    return replace(world, spx=bars, series={**world.series, "dividend_12m": paid})


def row(day: str) -> int:
    return DAYS.index(date.fromisoformat(day))


def test_a_dividend_yield_by_hand() -> None:
    # 54 points on 2700 are 2 %: one share becomes 1.02 of it in a year.
    table = RateTable(paying([("2017-12-29", 54.0)]))
    assert table.dividend_yield(0) == pytest.approx(math.log(1.02), abs=1e-15)
    assert table.dividend_yield(len(DAYS) - 1) == pytest.approx(math.log(1.02), abs=1e-15)


def test_dividends_count_from_the_moment_they_are_known() -> None:
    world = paying([("2018-01-10", 54.0), ("2018-02-06", 81.0)])
    table, assumed = RateTable(world), dividend_yield(date(2018, 1, 9))
    assert table.dividend_yield(row("2018-01-09")) == assumed
    assert table.dividend_yield(row("2018-01-10")) == pytest.approx(math.log(1.02))
    assert table.dividend_yield(row("2018-02-05")) == pytest.approx(math.log(1.02))
    assert table.dividend_yield(row("2018-02-06")) == pytest.approx(math.log(1.03))
    for last in (0, row("2018-01-10"), row("2018-02-05"), row("2018-02-06")):
        cut = RateTable(world.until(DAYS[last]))
        for one in range(last + 1):
            assert cut.dividend_yield(one) == table.dividend_yield(one)


def test_dividends_are_kept_to_an_age_and_then_assumed() -> None:
    # Known at 13:30 UTC of 2 January: 30 days old at 13:30 of 1 February, before its close.
    table = RateTable(paying([("2018-01-02", 54.0)], age=30))
    assert table.dividend_yield(row("2018-01-31")) == pytest.approx(math.log(1.02))
    assert table.dividend_yield(row("2018-02-01")) == dividend_yield(date(2018, 2, 1)) == 0.019


def test_a_month_without_dividends_keeps_those_before() -> None:
    table = RateTable(paying([("2018-01-02", 54.0), ("2018-01-20", math.nan)]))
    assert table.dividend_yield(row("2018-02-20")) == pytest.approx(math.log(1.02))
    assert np.isnan(paid_yields(paying([("2018-01-02", math.nan)]))).all()


@pytest.mark.parametrize("paid", [1.9, 0.019, -54.0, 5400.0])
def test_dividends_in_another_unit_are_refused(paid: float) -> None:
    """Percent, a fraction, a debt, or points of another index."""
    with pytest.raises(StewardError, match=r"dividend_12m.*2018-01-10.*index points") as caught:
        RateTable(paying([("2018-01-10", paid)]))
    assert "\n" not in str(caught.value)


def test_modelled_forwards_lose_the_dividends_that_are_known() -> None:
    world = paying([("2018-02-06", 81.0)])
    spx = ModelledMarket(world).spx
    rate = 4.0 * math.log1p(0.02 / 4.0)
    for day, paid in (("2018-02-05", 0.019), ("2018-02-06", math.log(1.03))):
        session = date.fromisoformat(day)
        for expiry in spx.expiries(session)[::12]:
            series = spx.series(session, expiry)
            grown = math.exp((rate - paid) * series.years)
            assert series.forward == pytest.approx(2700.0 * grown, rel=1e-12)


def test_where_dividends_come_from_is_said() -> None:
    late = paying([("2018-01-31", 54.0)])
    assert dividends_sentence(late, DAYS[:5]).endswith("a yield assumed by spans of years.")
    assert dividends_sentence(late, DAYS[30:]).endswith("over the close, as known on the day.")
    assert "on 20 of 40 sessions; on the others a yield assumed" in dividends_sentence(late, DAYS)
    assert dividends_sentence(with_rates(), DAYS) == (
        "Dividends in modelled forwards: a yield assumed by spans of years."
    )


def test_assumed_yields_are_near_what_was_paid(shared_data: Path) -> None:
    """By year within 0.45 points of what the history knew: the spans are long, 2009 the worst."""
    world = folder_history(shared_data)
    paid = paid_yields(world)
    assert np.isfinite(paid).all()
    years = np.array([day.year for day in world.sessions])
    assumed = np.array([dividend_yield(day) for day in world.sessions])
    gaps = {year: float(np.mean((paid - assumed)[years == year])) for year in np.unique(years)}
    assert max(abs(gap) for gap in gaps.values()) < 0.0045
    assert np.median([abs(gap) for gap in gaps.values()]) < 0.0012
