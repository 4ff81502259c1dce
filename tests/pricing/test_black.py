"""Black-76 against print, QuantLib, scipy and mpmath, and what theory says of every input."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import QuantLib
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import ndtr

from steward.pricing.black import (
    black76,
    greeks,
    greeks_of_one,
    implied_vol,
    normal_cdf,
)

POINTS = st.floats(1.0, 9_000.0)
YEARS = st.floats(0.002, 3.0)
VOLS = st.floats(0.02, 2.5)
DISCOUNTS = st.floats(0.5, 1.0)
RIGHTS = st.booleans()


def test_haug() -> None:
    """E. G. Haug, Option Pricing Formulas, McGraw-Hill 1998, pp. 2-8 (also QuantLib's own test)."""
    found = black76(19.0, 19.0, 0.75, 0.28, discount=math.exp(-0.10 * 0.75), call=True)
    assert float(found) == pytest.approx(1.7011, abs=0.00005)


@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_as_quantlib(f: float, k: float, t: float, v: float, d: float, call: bool) -> None:
    right = QuantLib.Option.Call if call else QuantLib.Option.Put
    other = QuantLib.blackFormula(right, k, f, v * math.sqrt(t), d)
    assert float(black76(f, k, t, v, discount=d, call=call)) == pytest.approx(
        other, rel=1e-9, abs=1e-9 * max(f, k)
    )


@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS)
def test_put_call_parity(f: float, k: float, t: float, v: float, d: float) -> None:
    gap = black76(f, k, t, v, discount=d, call=True) - black76(f, k, t, v, discount=d, call=False)
    np.testing.assert_allclose(gap, d * (f - k), atol=1e-9 * max(f, k))


@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_bounds(f: float, k: float, t: float, v: float, d: float, call: bool) -> None:
    price = float(black76(f, k, t, v, discount=d, call=call))
    inside = d * max(f - k if call else k - f, 0.0)
    dust = 1e-9 * max(f, k)
    assert inside - dust <= price <= d * (f if call else k) + dust


@given(f=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS)
def test_monotone_and_convex_in_strike(f: float, t: float, v: float, d: float) -> None:
    strikes = np.linspace(0.3 * f, 2.5 * f, 300)
    for call in (True, False):
        price = black76(f, strikes, t, v, discount=d, call=call)
        step = np.diff(price)
        assert ((step <= 1e-10 * f) if call else (step >= -1e-10 * f)).all()
        assert (np.diff(price, 2) >= -1e-10 * f).all()


def test_without_time_or_vol_the_discounted_intrinsic_value() -> None:
    for years, vol in ((0.0, 0.2), (0.5, 0.0), (0.0, 0.0)):
        calls = black76(100.0, np.array([90.0, 100.0, 110.0]), years, vol, discount=0.9, call=True)
        np.testing.assert_allclose(calls, [9.0, 0.0, 0.0], atol=1e-14)
        found = greeks(100.0, np.array([90.0, 100.0, 110.0]), years, vol, discount=0.9, call=False)
        np.testing.assert_allclose(found.price, [0.0, 0.0, 9.0], atol=1e-14)
        np.testing.assert_allclose(found.delta, [0.0, -0.45, -0.9], atol=1e-14)
        for sensitivity in (found.gamma, found.vega, found.theta):
            np.testing.assert_array_equal(sensitivity, np.zeros(3))


def test_nan_gives_nan() -> None:
    for place in range(4):
        numbers = [100.0, 100.0, 0.5, 0.2]
        numbers[place] = math.nan
        assert np.isnan(black76(*numbers, discount=0.9, call=True))


def test_the_distribution_function_against_mpmath_and_scipy() -> None:
    """Above -6 to 3e-15, where mpmath at 40 digits says that scipy itself is off by 8e-15."""
    with mpmath.workdps(40):
        near = np.linspace(-6.0, 6.0, 241)
        exact = [float(mpmath.ncdf(mpmath.mpf(x))) for x in near.tolist()]
    np.testing.assert_allclose(normal_cdf(near), exact, rtol=3e-15)
    wide = np.linspace(-37.0, 37.0, 7401)
    np.testing.assert_allclose(normal_cdf(wide), ndtr(wide), rtol=1e-12)
    assert normal_cdf(np.array([-np.inf, np.inf])).tolist() == [0.0, 1.0]
    assert np.isnan(normal_cdf(math.nan))


@given(
    f=st.floats(500.0, 6_000.0),
    share=st.floats(0.7, 1.3),
    t=st.floats(0.05, 2.0),
    v=st.floats(0.1, 1.0),
    d=st.floats(0.8, 1.0),
    call=RIGHTS,
)
def test_greeks_are_the_slopes_of_the_price(
    f: float, share: float, t: float, v: float, d: float, call: bool
) -> None:
    """Central differences; the discount rate is held for theta and moved for rho."""
    k, rate = f * share, -math.log(d) / t

    def price(f: float = f, t: float = t, v: float = v, rate: float = rate) -> float:
        return float(black76(f, k, t, v, discount=math.exp(-rate * t), call=call))

    found = greeks(f, k, t, v, discount=d, call=call)
    assert float(found.price) == pytest.approx(price(), rel=1e-12)
    h = 1e-4 * f
    assert float(found.delta) == pytest.approx((price(f + h) - price(f - h)) / (2 * h), abs=1e-6)
    bend = (price(f + h) - 2 * price() + price(f - h)) / (h * h)
    assert float(found.gamma) == pytest.approx(bend, abs=2e-4 / f, rel=1e-3)
    assert float(found.vega) == pytest.approx(
        (price(v=v + 1e-5) - price(v=v - 1e-5)) / 2e-5, abs=1e-4 * f
    )
    decay = -(price(t=t + 1e-6) - price(t=t - 1e-6)) / 2e-6
    assert float(found.theta) == pytest.approx(decay, abs=1e-4 * f)
    slope = (price(rate=rate + 1e-6) - price(rate=rate - 1e-6)) / 2e-6
    assert float(found.rho) == pytest.approx(slope, abs=1e-5 * f)


@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_one_option_is_as_the_arrays(
    f: float, k: float, t: float, v: float, d: float, call: bool
) -> None:
    one, many = (
        greeks_of_one(f, k, t, v, discount=d, call=call),
        greeks(f, k, t, v, discount=d, call=call),
    )
    for name in ("price", "delta", "gamma", "vega", "theta"):
        assert getattr(one, name) == pytest.approx(
            float(getattr(many, name)), rel=1e-9, abs=1e-11 * max(f, k)
        )


@pytest.mark.parametrize("strike", [90.0, 100.0, 110.0])
@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize(("years", "vol"), [(0.0, 0.2), (0.5, 0.0)])
def test_one_option_has_the_edges_of_the_arrays(
    strike: float, call: bool, years: float, vol: float
) -> None:
    one = greeks_of_one(100.0, strike, years, vol, discount=0.9, call=call)
    many = greeks(100.0, strike, years, vol, discount=0.9, call=call)
    assert one == pytest.approx(
        [float(getattr(many, name)) for name in ("price", "delta", "gamma", "vega", "theta")]
    )


@given(
    f=POINTS,
    z=st.floats(-6.0, 6.0),
    t=YEARS,
    v=st.floats(0.03, 1.5),
    d=DISCOUNTS,
    call=RIGHTS,
)
def test_implied_vol_comes_back(
    f: float, z: float, t: float, v: float, d: float, call: bool
) -> None:
    """Where the price says it: the time value above the dust of the price's own rounding."""
    k = f * math.exp(z * v * math.sqrt(t))
    price = float(black76(f, k, t, v, discount=d, call=call))
    value = price - d * max(f - k if call else k - f, 0.0)
    assume(value > 1e-6 * max(f, k))
    found = float(implied_vol(price, f, k, t, discount=d, call=call))
    vega = float(greeks(f, k, t, v, discount=d, call=call).vega)
    assert found == pytest.approx(v, abs=1e-12 * max(f, k) / vega + 1e-9)


def test_prices_that_carry_no_vol() -> None:
    price = np.array([10.0, 9.999, 90.0, 95.0, math.nan, -1.0])
    # a call at 100 on 110, discount 1: the intrinsic value is 10, the bound is 110
    assert np.isnan(implied_vol(price[:2], 110.0, 100.0, 0.5, discount=1.0, call=True)).all()
    assert np.isfinite(implied_vol(90.0, 110.0, 100.0, 0.5, discount=1.0, call=True))
    assert np.isnan(implied_vol(110.0, 110.0, 100.0, 0.5, discount=1.0, call=True))
    assert np.isnan(implied_vol(price[4:], 110.0, 100.0, 0.5, discount=1.0, call=True)).all()
    assert np.isnan(implied_vol(20.0, 110.0, 100.0, 0.0, discount=1.0, call=True))


def test_shapes_broadcast() -> None:
    vols = np.array([[0.1], [0.2], [0.4]])
    price = black76(100.0, np.array([90.0, 110.0]), 0.5, vols, discount=1.0, call=[True, False])
    assert price.shape == (3, 2)
    back = implied_vol(price, 100.0, np.array([90.0, 110.0]), 0.5, discount=1.0, call=[True, False])
    np.testing.assert_allclose(back, np.broadcast_to(vols, (3, 2)), rtol=1e-9)
