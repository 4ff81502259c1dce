"""Widths of quotes by the terms of their file, the grid of quotes, single numbers and arrays."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.spreads import (
    TABLE,
    Width,
    fitted,
    round_one_quote,
    round_quote,
    spx_outside,
    spx_width,
    ticks,
    vix_outside,
    vix_width,
)

PRICES = st.floats(0.0, 900.0)
INTRINSIC = st.floats(0.0, 2000.0)
NARROW, WIDE = date(2023, 2, 1), date(2011, 1, 10)
DAYS = st.dates(date(1990, 2, 1), date(2030, 12, 31))
LEVELS = st.floats(9.0, 90.0)
CALM = np.full(8, 18.0)


def width(session: date = NARROW, days: float = 30.0, vix: float = 18.0) -> Width:
    return spx_width(session, days=days, vix_closes=np.full(8, vix), spot=4000.0)


def era(name: str) -> tuple[date, date, float]:
    found = next(row for row in fitted().numbers["era"] if row["name"] == name)
    return found["from"], found["to"], found["points"]


def test_a_width_at_one_point_is_the_level_of_its_era() -> None:
    for name in ("2011", "2013", "2018-19", "2020", "2022-24", "2025-26"):
        first, last, points = era(name)
        for session in (first, last):
            assert width(session).of_one(1.0) == pytest.approx(max(points, 0.05))


def test_the_terms_of_the_file_by_hand() -> None:
    number = fitted().numbers
    _, _, points = era("2022-24")
    ratio = dict(zip(number["premium"], number["narrow"], strict=True))
    at_10 = points * ratio[10.0] * number["step_narrow"]
    assert width().of_one(10.0) == pytest.approx(at_10)
    # VIX at the double, and half the days: powers of 2 and of 1/2.
    assert width(vix=36.0).of_one(10.0) == pytest.approx(at_10 * 2.0 ** number["vix_power"])
    faster = 0.5 ** number["days_power_narrow"]
    assert width(days=15.0).of_one(10.0) == pytest.approx(at_10 * faster)
    # 2011: the other shape, which has no step at 3.00, and more of the time.
    shape = dict(zip(number["premium"], number["wide"], strict=True))
    _, _, points = era("2011")
    assert width(WIDE).of_one(10.0) == pytest.approx(points * shape[10.0])
    slower = 0.5 ** number["days_power_wide"]
    assert width(WIDE, days=15.0).of_one(10.0) == pytest.approx(points * shape[10.0] * slower)


def test_between_two_eras_the_level_is_straight_in_logarithms() -> None:
    _, start, before = era("2020")
    end, _, after = era("2022-24")
    middle = start + (end - start) / 2
    share = (middle - start) / (end - start)
    expected = before ** (1.0 - share) * after**share
    assert width(middle).of_one(1.0) == pytest.approx(expected)


def test_before_the_first_era_and_after_the_last_nothing_changes() -> None:
    first, _, _ = era("2011")
    _, last, _ = era("2025-26")
    for premium in (0.5, 7.0, 60.0):
        assert width(date(1990, 2, 1)).of_one(premium) == width(first).of_one(premium)
        assert width(date(2040, 1, 2)).of_one(premium) == width(last).of_one(premium)


def test_a_width_is_a_tick_at_least_and_leaves_a_bid() -> None:
    quotes = width(WIDE, vix=80.0)
    share = fitted().numbers["widest_share"]
    assert quotes.of_one(0.0) == 0.05
    assert quotes.of_one(0.5) == pytest.approx(share * 0.5)
    assert share < 2.0
    bid, _ = round_quote(0.5, quotes.of(0.5), 0.05, 0.10)
    assert bid > 0.0
    assert width(vix=5.0).of_one(3.0) >= 0.10


def test_options_in_the_money_are_wider_by_their_depth() -> None:
    quotes = width()
    # 6 % of an index of 4,000 deep, a node of the table: the era's share of the index.
    number = fitted().numbers
    deep = next(row["deep"] for row in number["era"] if row["name"] == "2022-24")
    share = number["depth_share"][number["depth"].index(0.06)]
    assert quotes.of_one(245.0, 240.0) == pytest.approx(4000.0 * deep * share)
    assert quotes.of_one(245.0, 240.0) > 2.0 * quotes.of_one(245.0)
    assert quotes.of_one(45.0, 0.0) == quotes.of_one(45.0)


def test_a_jump_of_vix_stretches_widths_and_fades() -> None:
    shock = fitted().shock
    jump = math.log(2.0 / shock["least"])
    closes = np.array([15.0, 15.0, 15.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0, 30.0])
    calm = spx_width(NARROW, days=30.0, vix_closes=np.full(8, 30.0), spot=4000.0).of_one(20.0)
    wide = [
        spx_width(NARROW, days=30.0, vix_closes=closes[: 4 + n], spot=4000.0).of_one(20.0)
        for n in range(9)
    ]
    # On the day the floor, whatever the price that can bear it; then it fades.
    floor = shock["floor"] * jump**2 * 4000.0
    assert wide[0] == pytest.approx(max(floor, calm * math.exp(shock["power"] * jump)))
    for n in (1, 2, 3):
        stretch = math.exp(shock["power"] * jump * shock["fade"] ** n)
        assert wide[n] == pytest.approx(min(calm * stretch, 1.3 * 20.0))
    assert wide == sorted(wide, reverse=True)
    assert wide[8] == calm


def test_a_small_rise_of_vix_is_no_shock() -> None:
    risen = np.array([15.0, 17.9])  # 19 %
    found = spx_width(NARROW, days=30.0, vix_closes=risen, spot=4000.0)
    assert found.of_one(20.0) == width(vix=17.9).of_one(20.0)
    one = spx_width(NARROW, days=30.0, vix_closes=risen[-1:], spot=4000.0)
    assert one.of_one(20.0) == found.of_one(20.0)


def test_states_that_widths_were_not_fitted_on_are_told() -> None:
    calm = np.full(8, 16.0)
    assert spx_outside(NARROW, calm) == ()
    assert any("within a year" in x for x in spx_outside(date(2015, 6, 1), calm))
    assert any("within a year" in x for x in spx_outside(date(2008, 10, 15), calm))
    assert any("VIX outside" in x for x in spx_outside(NARROW, np.full(8, 80.0)))
    assert any("jump" in x for x in spx_outside(NARROW, np.array([16.0, 28.0])))
    assert vix_outside(date(2024, 3, 1), 16.0) == ()
    assert vix_outside(date(2013, 6, 25), 16.0) == ()
    assert any("within a year" in x for x in vix_outside(date(2018, 2, 5), 16.0))
    assert any("VIX outside" in x for x in vix_outside(date(2024, 3, 1), 80.0))


@given(session=DAYS, vix=LEVELS, low=PRICES, more=st.floats(0.0, 100.0), days=st.floats(0.1, 900.0))
def test_spx_widths_grow_with_the_price(
    session: date, vix: float, low: float, more: float, days: float
) -> None:
    narrow, wide = width(session, days, vix).of(np.array([low, low + more]))
    assert 0.05 <= narrow <= wide + 1e-12


@given(session=DAYS, mid=PRICES, vix=LEVELS)
def test_spx_widths_grow_with_vix_and_depth(session: date, mid: float, vix: float) -> None:
    quotes = width(session, vix=vix)
    assert quotes.of_one(mid) <= width(session, vix=vix + 5.0).of_one(mid) + 1e-12
    depth = np.linspace(0.0, 3000.0, 31)
    assert (np.diff(quotes.of(np.full(31, mid + 3000.0), depth)) >= -1e-12).all()


@given(session=DAYS, vix=LEVELS, mid=PRICES, intrinsic=INTRINSIC)
def test_one_width_is_as_the_array(session: date, vix: float, mid: float, intrinsic: float) -> None:
    for quotes in (width(session, vix=vix), vix_width(session, days=30.0, vix=vix)):
        several = quotes.of(np.array([mid, 1.0]), np.array([intrinsic, 0.0]))
        assert quotes.of_one(mid, intrinsic) == pytest.approx(float(several[0]), rel=1e-12)


@pytest.mark.parametrize("premium", TABLE)
def test_the_nodes_of_the_table_are_met(premium: float) -> None:
    quotes = width(WIDE)
    assert quotes.of_one(premium) == float(quotes.of(premium))


def test_an_unknown_price_has_no_width() -> None:
    found = width().of(np.array([math.nan, 10.0]))
    assert np.isnan(found[0])
    assert found[1] > 0.0


# --- VIX options ---------------------------------------------------------------------------------


def test_vix_widths_by_hand() -> None:
    number = fitted().vix_numbers
    level = next(row["points"] for row in number["level"] if row["day"] == date(2023, 7, 1))
    at = {"days": number["days_at"], "vix": number["vix_at"]}
    day = date(2023, 7, 1)
    assert vix_width(day, **at).of_one(1.0) == pytest.approx(level)
    assert vix_width(day, **at).of_one(2.0) == pytest.approx(level * 2.0 ** number["premium_power"])
    doubled = vix_width(day, days=at["days"], vix=2.0 * at["vix"]).of_one(1.0)
    assert doubled == pytest.approx(level * 2.0 ** number["vix_power"])


def test_vix_widths_jump_with_the_tick_since_it_was_cut() -> None:
    old, new = date(2022, 9, 30), date(2022, 10, 3)
    for day, times in ((old, 1.0), (new, fitted().vix_numbers["step"])):
        quotes = vix_width(day, days=40.0, vix=20.0)
        assert quotes.of_one(3.0) == pytest.approx(times * quotes.of_one(2.999), rel=0.01)
    # A price of nothing: the ticks of old and of new.
    assert vix_width(old, days=40.0, vix=9.0).of_one(0.0) == 0.05
    assert vix_width(new, days=40.0, vix=9.0).of_one(0.0) == 0.01


def test_vix_widths_beyond_the_fitted_tenors_double() -> None:
    day = date(2024, 3, 1)
    near, half, far, farther = (
        vix_width(day, days=days, vix=17.0).of_one(1.0) for days in (85.0, 102.5, 120.0, 250.0)
    )
    assert half == pytest.approx(1.5 * near)
    assert far == farther == pytest.approx(2.0 * near)


@given(session=DAYS, vix=LEVELS, low=st.floats(0.0, 60.0), more=st.floats(0.0, 10.0))
def test_vix_widths_grow_with_the_price(session: date, vix: float, low: float, more: float) -> None:
    narrow, wide = vix_width(session, days=40.0, vix=vix).of(np.array([low, low + more]))
    assert 0.01 <= narrow <= wide + 1e-12


def test_levels_of_the_file_are_in_order_and_fall() -> None:
    read = fitted()
    assert (np.diff(read.days) >= 0.0).all()
    assert (np.diff(read.vix_days) > 0.0).all()
    assert set(read.wide) == {0.0, 1.0}
    # Markets up to 2013 are wider than any since 2018, at the same state.
    turn = int(np.argmin(read.wide))
    assert read.level[:turn].min() > read.level[turn:].max()


# --- the grid ------------------------------------------------------------------------------------


def test_ticks_by_root_and_day() -> None:
    assert ticks("SPXW", NARROW) == (0.05, 0.10)
    assert ticks("VIX", date(2022, 9, 30)) == (0.05, 0.10)
    assert ticks("VIX", date(2022, 10, 3)) == (0.01, 0.05)


def test_quotes_by_hand() -> None:
    # 2.98 with 0.16: 2.90 and 3.06; below 3.00 by 0.05, above by 0.10, each to the nearest.
    bid, ask = round_quote(2.98, 0.16, 0.05, 0.10)
    assert (float(bid), float(ask)) == pytest.approx((2.90, 3.10))
    # Worth 0.01: nobody bids, and the ask is a tick.
    bid, ask = round_quote(0.01, 0.05, 0.05, 0.10)
    assert (float(bid), float(ask)) == (0.0, 0.05)
    # Never locked: 5.02 with 0.04 rounds to 5.00 on both sides.
    bid, ask = round_quote(5.02, 0.04, 0.05, 0.10)
    assert (float(bid), float(ask)) == pytest.approx((5.0, 5.1))


@given(mid=PRICES, wide=st.floats(0.0, 40.0))
def test_quotes_stand_on_the_grid_and_around_the_mid(mid: float, wide: float) -> None:
    bid, ask = (float(x) for x in round_quote(mid, wide, 0.05, 0.10))
    for price in (bid, ask):
        tick = 0.05 if price < 3.0 else 0.10
        assert price / tick == pytest.approx(round(price / tick), abs=1e-9)
    assert 0.0 <= bid < ask
    assert bid <= max(mid - wide / 2.0, 0.0) + 0.05 + 1e-9
    assert ask >= mid + wide / 2.0 - 0.05 - 1e-9
    assert round_one_quote(mid, wide, 0.05, 0.10) == (round(bid * 10_000), round(ask * 10_000))


def test_an_unknown_mid_has_no_quote() -> None:
    bid, ask = round_quote(np.array([math.nan, 1.0]), 0.05, 0.05, 0.10)
    assert np.isnan(bid[0])
    assert np.isnan(ask[0])
    assert bid[1] < ask[1]
