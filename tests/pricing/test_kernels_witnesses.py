"""Both engines against QuantLib, scipy, py_lets_be_rational and mpmath; and what theory says."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import py_lets_be_rational
import pytest
import QuantLib
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import ndtr

from steward.pricing import kernels

from .implied_grid import FORWARD, exact, grid

ENGINES: tuple[kernels.Engine, ...] = ("numba", "numpy")
POINTS = st.floats(1.0, 9_000.0)
YEARS = st.floats(0.002, 3.0)
VOLS = st.floats(0.02, 2.5)
DISCOUNTS = st.floats(0.5, 1.0)
RIGHTS = st.booleans()


@pytest.mark.parametrize("engine", ENGINES)
def test_haug(engine: kernels.Engine) -> None:
    """E. G. Haug, Option Pricing Formulas, McGraw-Hill 1998, pp. 2-8 (also QuantLib's own test)."""
    found = kernels.price_and_greeks(
        19.0, 19.0, 0.75, 0.28, discount=math.exp(-0.10 * 0.75), call=True, engine=engine
    )
    assert float(found.price) == pytest.approx(1.7011, abs=0.00005)


@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_price_and_greeks_of_quantlib(
    f: float, k: float, t: float, v: float, d: float, call: bool
) -> None:
    right = QuantLib.Option.Call if call else QuantLib.Option.Put
    other = QuantLib.BlackCalculator(QuantLib.PlainVanillaPayoff(right, k), f, v * math.sqrt(t), d)
    expected = {
        "price": other.value(),
        "delta": other.deltaForward(),
        "gamma": other.gammaForward(),
        "vega": other.vega(t),
        "theta": other.theta(f, t),  # the spot at the forward: no carry, as here
    }
    for engine in ENGINES:
        found = kernels.price_and_all_greeks(f, k, t, v, discount=d, call=call, engine=engine)
        for name, value in expected.items():
            scale = max(f, k) if name in ("price", "vega", "theta") else 1.0
            assert float(getattr(found, name)) == pytest.approx(
                value, rel=1e-9, abs=1e-12 * scale
            ), (engine, name)


def test_a_million_of_scipy_in_little() -> None:
    """The formula with scipy's distribution function, for an array that the engines cut up."""
    random = np.random.default_rng(5)
    size = 20_000
    f, t, v = random.uniform(10.0, 9_000.0, size), random.uniform(0.01, 2.0, size), 0.2
    k = f * np.exp(random.uniform(-3.0, 3.0, size) * v * np.sqrt(t))
    d, sign = np.exp(-0.03 * t), np.where(random.uniform(size=size) < 0.5, 1.0, -1.0)
    d1 = np.log(f / k) / (v * np.sqrt(t)) + 0.5 * v * np.sqrt(t)
    n1, n2 = ndtr(sign * d1), ndtr(sign * (d1 - v * np.sqrt(t)))
    for engine in ENGINES:
        found = kernels.price_and_greeks(f, k, t, v, discount=d, call=sign > 0, engine=engine)
        np.testing.assert_allclose(found.price, d * sign * (f * n1 - k * n2), atol=1e-11)
        np.testing.assert_allclose(found.delta, d * sign * n1, rtol=1e-12, atol=1e-14)


CASES = [
    (5000.0, 5000.0, 30 / 365, 0.18, 0.997, True),
    (5000.0, 4200.0, 45 / 365, 0.26, 0.995, False),
    (5000.0, 5600.0, 1 / 365, 0.90, 1.0, True),
    (18.5, 30.0, 60 / 365, 1.10, 0.99, True),
    (18.5, 12.0, 2.0, 0.70, 0.92, False),
    (5000.0, 5000.0001, 1e-4, 0.15, 1.0, False),
    (100.0, 250.0, 5.0, 0.45, 1.04, True),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("case", CASES)
def test_greeks_are_the_slopes_that_mpmath_finds(
    case: tuple[float, float, float, float, float, bool], engine: kernels.Engine
) -> None:
    """Differences at 60 digits; theta and rho hold and move the rate -ln(discount) / years.

    The reference takes the logarithm of the quotient: a hair beside the money it has fewer digits.
    """
    f, k, t, v, d, call = case
    with mpmath.workdps(60):
        rate = -mpmath.log(mpmath.mpf(d)) / mpmath.mpf(t)

        def value(f: Any = f, t: Any = t, v: Any = v, rate: Any = rate) -> Any:
            return mpmath.exp(-rate * t) * exact(f, k, t, v, call=call)

        steps = {"h": mpmath.mpf(10) ** -15}
        expected = {
            "price": value(),
            "delta": mpmath.diff(lambda x: value(f=x), f, **steps),
            "gamma": mpmath.diff(lambda x: value(f=x), f, 2, **steps),
            "vega": mpmath.diff(lambda x: value(v=x), v, **steps),
            "theta": -mpmath.diff(lambda x: value(t=x), t, **steps),
            "rho": mpmath.diff(lambda x: value(rate=x), rate, **steps),
            "vanna": mpmath.diff(lambda x, y: value(f=x, v=y), (f, v), (1, 1), **steps),
            "volga": mpmath.diff(lambda x: value(v=x), v, 2, **steps),
        }
    found = kernels.price_and_all_greeks(f, k, t, v, discount=d, call=call, engine=engine)
    largest = max(f, k)
    for name, slope in expected.items():
        dust = 1e-15 * largest if name in ("price", "rho", "theta") else 0.0
        rel = 1e-11 if engine == "numba" else 1e-9
        assert float(getattr(found, name)) == pytest.approx(float(slope), rel=rel, abs=dust), name


def test_the_grid_of_the_goal_a_sample() -> None:
    some = grid(every=3)
    found = kernels.implied_vol(
        some.price,
        FORWARD,
        some.strike,
        some.years,
        discount=1.0,
        call=some.call,
        engine="numba",
    )
    np.testing.assert_allclose(found, some.vol, rtol=0.0, atol=1e-14)


@pytest.mark.slow
def test_the_grid_of_the_goal() -> None:
    every = grid()
    found = kernels.implied_vol(
        every.price,
        FORWARD,
        every.strike,
        every.years,
        discount=1.0,
        call=every.call,
        engine="numba",
    )
    np.testing.assert_allclose(found, every.vol, rtol=0.0, atol=1e-14)


def test_as_near_to_mpmath_as_lets_be_rational() -> None:
    """On the sample of the grid, with that program as the measure."""
    some = grid(every=4)
    found = kernels.implied_vol(
        some.price, FORWARD, some.strike, some.years, discount=1.0, call=some.call, engine="numba"
    )
    other = [
        py_lets_be_rational.implied_volatility_from_a_transformed_rational_guess(
            price, FORWARD, strike, years, 1.0 if strike >= FORWARD else -1.0
        )
        for price, strike, years in zip(
            some.price.tolist(), some.strike.tolist(), some.years.tolist(), strict=True
        )
    ]
    assert np.abs(found - some.vol).max() <= 2.0 * np.abs(np.array(other) - some.vol).max()


@pytest.mark.parametrize("engine", ENGINES)
@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS)
def test_put_call_parity(
    engine: kernels.Engine, f: float, k: float, t: float, v: float, d: float
) -> None:
    call, put = (
        kernels.price_and_all_greeks(f, k, t, v, discount=d, call=right, engine=engine)
        for right in (True, False)
    )
    dust = 2e-15 * max(f, k)
    assert float(call.price - put.price) == pytest.approx(d * (f - k), abs=dust)
    assert float(call.delta - put.delta) == pytest.approx(d, abs=1e-15)
    for name in ("gamma", "vega", "vanna", "volga"):
        assert float(getattr(call, name)) == float(getattr(put, name))


@pytest.mark.parametrize("engine", ENGINES)
@given(f=POINTS, k=POINTS, t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_bounds_and_signs(
    engine: kernels.Engine, f: float, k: float, t: float, v: float, d: float, call: bool
) -> None:
    found = kernels.price_and_all_greeks(f, k, t, v, discount=d, call=call, engine=engine)
    inside = d * max(f - k if call else k - f, 0.0)
    dust = 2e-15 * max(f, k)
    assert inside - dust <= found.price <= d * (f if call else k) + dust
    assert 0.0 <= (found.delta if call else -found.delta) <= d
    assert found.gamma >= 0.0
    assert found.vega >= 0.0
    assert found.rho <= 0.0


@pytest.mark.parametrize("engine", ENGINES)
@given(f=POINTS, share=st.floats(0.3, 3.0), t=YEARS, d=DISCOUNTS, call=RIGHTS)
def test_monotone_in_vol_and_back(
    engine: kernels.Engine, f: float, share: float, t: float, d: float, call: bool
) -> None:
    vols = np.linspace(0.02, 2.0, 200)
    k = f * share
    price = kernels.price_and_greeks(f, k, t, vols, discount=d, call=call, engine=engine).price
    steps = np.diff(price)
    assert (steps >= -2e-15 * max(f, k)).all()
    back = kernels.implied_vol(price, f, k, t, discount=d, call=call, engine=engine)
    known = np.isfinite(back)
    vega = kernels.price_and_greeks(f, k, t, vols, discount=d, call=call, engine=engine).vega
    assume(known.any())
    off = np.abs(back - vols)[known]
    clear = vega[known] > 1e-6 * f
    assert (off[clear] <= 2e-15 * max(f, k) / vega[known][clear] + 1e-14).all()


@pytest.mark.parametrize("engine", ENGINES)
@given(k=POINTS, share=st.floats(0.3, 3.0), t=YEARS, v=VOLS, d=DISCOUNTS, call=RIGHTS)
def test_homogeneous_in_forward_and_strike(
    engine: kernels.Engine, k: float, share: float, t: float, v: float, d: float, call: bool
) -> None:
    """Twice forward and strike, twice the price, the same delta, half the gamma: exactly."""
    f = k * share
    one, two = (
        kernels.price_and_all_greeks(n * f, n * k, t, v, discount=d, call=call, engine=engine)
        for n in (1.0, 2.0)
    )
    assume(float(two.gamma) > 1e-280)  # below, there are fewer digits
    for name in ("price", "vega", "theta", "rho", "volga"):
        assert 2.0 * float(getattr(one, name)) == float(getattr(two, name))
    assert float(one.delta) == float(two.delta)
    assert float(one.vanna) == float(two.vanna)
    assert float(one.gamma) == 2.0 * float(two.gamma)
    vols = [
        kernels.implied_vol(n * one.price, n * f, n * k, t, discount=d, call=call, engine=engine)
        for n in (1.0, 4.0)  # of a square root only a power of 4 is without rounding
    ]
    np.testing.assert_array_equal(vols[0], vols[1])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", range(5))
def test_nan_gives_nan(engine: kernels.Engine, place: int) -> None:
    numbers = [5000.0, 5100.0, 0.25, 0.2, 0.99]
    numbers[place] = math.nan
    found = kernels.price_and_all_greeks(
        *numbers[:4], discount=numbers[4], call=True, engine=engine
    )
    for name in ("price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga"):
        assert math.isnan(getattr(found, name)), name
    numbers[3], numbers[place] = 80.0, math.nan
    vol = kernels.implied_vol(
        numbers[3], *numbers[:3], discount=numbers[4], call=True, engine=engine
    )
    assert math.isnan(vol)
