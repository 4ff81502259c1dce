"""Assumed spreads by hand, the grid of quotes, and single numbers against arrays."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.spreads import (
    is_shock,
    round_one_quote,
    round_quote,
    spx_option_spread,
    spx_spread,
    spx_spread_factor,
    spx_spread_of_one,
    ticks,
    vix_option_spread,
)

PRICES = st.floats(0.0, 900.0)
FACTORS = st.floats(0.02, 20.0)
NOW, IN_2014, IN_2011 = date(2018, 1, 2), date(2014, 5, 5), date(2011, 1, 3)


def spread(price: float, session: date = NOW, vix: float = 12.0, shock: bool = False) -> float:
    return float(spx_option_spread(price, session=session, vix=vix, shock=shock))


def test_spx_spreads_by_hand() -> None:
    # 0.10 x sqrt(25) = 0.50, the level of VIX counting from 15 on: 30 doubles it.
    assert spread(25.0) == pytest.approx(0.50)
    assert spread(25.0, vix=30.0) == pytest.approx(1.00)
    # Four times as wide in 2013-15, six times before 2013, four times after a shock.
    assert spread(25.0, IN_2014) == pytest.approx(2.00)
    assert spread(25.0, IN_2011) == pytest.approx(3.00)
    assert spread(25.0, shock=True) == pytest.approx(2.00)
    # A tick at least, 0.05 below 3.00: 0.10 x sqrt(0.16) would be 0.04.
    assert spread(0.16) == pytest.approx(0.05)
    assert spread(3.0, vix=9.0) == pytest.approx(0.10 * math.sqrt(3.0))
    assert spread(0.0) == 0.05


def test_an_option_of_some_worth_keeps_a_bid() -> None:
    # 2008-10-15: 0.10 x 6 x 69.25 / 15 x 4 = 11.08 of the root of the price, more than the price
    # itself up to 123 points: the spread is the price, and the bid half of it.
    crash = date(2008, 10, 15)
    assert spx_spread_factor(crash, 69.25, True) == pytest.approx(11.08)
    assert spread(30.0, crash, 69.25, shock=True) == 30.0
    assert spread(144.0, crash, 69.25, shock=True) == pytest.approx(11.08 * 12.0)
    bid, ask = round_quote(30.0, 30.0, 0.05, 0.10)
    assert (float(bid), float(ask)) == (15.0, 45.0)


@given(low=PRICES, more=st.floats(0.0, 100.0), factor=FACTORS)
def test_spx_spreads_grow_with_the_price(low: float, more: float, factor: float) -> None:
    narrow, wide = spx_spread(np.array([low, low + more]), factor)
    assert 0.05 <= narrow <= wide


@given(price=PRICES, factor=FACTORS)
def test_one_spread_is_as_the_array(price: float, factor: float) -> None:
    assert spx_spread_of_one(price, factor) == float(spx_spread(price, factor))


def test_a_shock_lasts_two_sessions() -> None:
    closes = np.array([10.0, 11.0, 14.3, 14.0, 14.0])  # 14.3 is 30 % over 11
    shocks = [is_shock(closes[:n]) for n in range(1, 6)]
    assert shocks == [False, False, True, True, False]


def test_vix_spreads_by_hand() -> None:
    # 0.04 + 3 % of 2.00 = 0.10; a tick of 0.10 at 3.00 before October 2022: 0.04 + 0.09 = 0.13.
    assert float(vix_option_spread(2.0, 30, True, NOW)) == pytest.approx(0.10)
    assert float(vix_option_spread(3.0, 30, True, NOW)) == pytest.approx(0.13)
    # A price of nothing: 0.04 is under the old tick of 0.05, not under the new one of 0.01.
    assert float(vix_option_spread(0.0, 30, True, NOW)) == pytest.approx(0.05)
    assert float(vix_option_spread(0.0, 30, True, date(2022, 10, 3))) == pytest.approx(0.04)
    # Behind the front two: 1.5 times at 90 days, twice from 120 on, never at 60 or less.
    for days, times in ((45, 1.0), (60, 1.0), (90, 1.5), (120, 2.0), (250, 2.0)):
        assert float(vix_option_spread(2.0, days, False, NOW)) == pytest.approx(0.10 * times)
        assert float(vix_option_spread(2.0, days, True, NOW)) == pytest.approx(0.10)


def test_ticks_by_root_and_day() -> None:
    assert ticks("SPXW", NOW) == (0.05, 0.10)
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
