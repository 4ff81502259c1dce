"""The NumPy implied volatility against mpmath, py_lets_be_rational and what theory says."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import py_lets_be_rational
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steward.pricing import rational
from steward.pricing.black import black76, greeks, implied_vol
from steward.pricing.normal import far_quantile, mills
from steward.pricing.rational import Target

from .implied_grid import FORWARD, exact_price, grid

ROUNDING = 2.0**-53


def test_the_grid_of_the_goal_a_sample() -> None:
    some = grid(every=3)
    assert some.size > 300
    found = implied_vol(some.price, FORWARD, some.strike, some.years, discount=1.0, call=some.call)
    np.testing.assert_allclose(found, some.vol, rtol=0.0, atol=1e-14)


@pytest.mark.slow
def test_the_grid_of_the_goal() -> None:
    every = grid()
    assert every.size == 12_903
    assert every.price.min() < 2e-279
    found = implied_vol(
        every.price, FORWARD, every.strike, every.years, discount=1.0, call=every.call
    )
    np.testing.assert_allclose(found, every.vol, rtol=0.0, atol=1e-14)


@given(
    gap=st.floats(-4.0, 4.0),
    tiny=st.floats(-14.0, 0.0),
    log_total=st.floats(-14.0, 1.5),
    log_years=st.floats(-14.0, 3.0),
)
def test_as_exact_as_the_price(gap: float, tiny: float, log_total: float, log_years: float) -> None:
    """Minutes to decades, strikes from the last bit beside the forward to e^4 away from it."""
    strike = FORWARD * math.exp(gap * 10.0**tiny)
    years, total = math.exp(log_years), math.exp(log_total)
    vol = total / math.sqrt(years)
    call = strike >= FORWARD
    with mpmath.workdps(60):
        price = exact_price(FORWARD, strike, years, vol, call=call)
    assume(1e-300 < price < min(FORWARD, strike) * (1.0 - 1e-12))
    found = float(implied_vol(price, FORWARD, strike, years, discount=1.0, call=call))
    vega = FORWARD * math.exp(-0.5 * (math.log(FORWARD / strike) / total + 0.5 * total) ** 2)
    vega *= math.sqrt(years / (2.0 * math.pi))
    from_price = ROUNDING * price / vega if vega > 0.0 else 0.0
    assert abs(found - vol) <= 20.0 * ROUNDING * vol + 2.0 * from_price


@given(
    f=st.floats(100.0, 9_000.0),
    z=st.floats(-8.0, 8.0),
    t=st.floats(0.001, 3.0),
    v=st.floats(0.03, 2.0),
    call=st.booleans(),
)
def test_as_lets_be_rational(f: float, z: float, t: float, v: float, call: bool) -> None:
    k = f * math.exp(z * v * math.sqrt(t))
    price = float(black76(f, k, t, v, discount=1.0, call=call))
    value = price - max(f - k if call else k - f, 0.0)
    assume(value > 1e-9 * max(f, k))
    other = py_lets_be_rational.implied_volatility_from_a_transformed_rational_guess(
        price, f, k, t, 1.0 if call else -1.0
    )
    assume(math.isfinite(other))
    vega = float(greeks(f, k, t, v, discount=1.0, call=call).vega)
    found = float(implied_vol(price, f, k, t, discount=1.0, call=call))
    assert found == pytest.approx(other, abs=4e-16 * max(f, k) / vega + 1e-14)


@pytest.mark.parametrize("gap", [1.2e-16, 1e-9, 1e-4, 0.03, 0.4, 1.0, 4.8, 6.0, 20.0, 45.0])
def test_two_steps_settle_everything(gap: float) -> None:
    """Over all totals of a gap, up to e^45 between forward and strike."""
    total = np.exp(
        np.linspace(math.log(gap / 37.0), math.log(16.0 + 1.2 * math.sqrt(2.0 * gap)), 4_000)
    )
    gaps = np.full(total.shape, gap)
    ratio, of_value = rational.over_vega(gaps, total)
    vega = np.exp(-0.5 * ((gap / total) ** 2 + 0.25 * total * total)) / math.sqrt(2.0 * math.pi)
    bound = math.exp(-0.5 * gap)
    part = vega * ratio
    value, rest = np.where(of_value, part, bound - part), np.where(of_value, bound - part, part)
    good = (value > 1e-300) & (rest > 1e-14 * bound)
    assert good.sum() > 2_000
    target = Target(
        gap=gaps[good], value=value[good], log_value=np.log(value[good]), rest=rest[good]
    )
    first, branch = rational.guess(target)
    assert set(np.unique(branch)) == {0, 1, 2, 3}
    second = rational._step(target, first, branch)
    third = rational._step(target, second, branch)
    np.testing.assert_allclose(third, total[good], rtol=1e-13)
    np.testing.assert_allclose(rational.total_vol(target), total[good], rtol=1e-13)


def test_the_last_price_of_all() -> None:
    """Below the least normal number a price has few digits; the vol still fits what it has."""
    for price in (5e-324, 1e-320, 1e-310, 1e-300, 1e-290):
        vol = implied_vol(price, 5000.0, 9000.0, 30 / 365, discount=1.0, call=True)
        with mpmath.workdps(60):
            again = exact_price(5000.0, 9000.0, 30 / 365, float(vol), call=True)
        assert again == pytest.approx(price, rel=1e-10, abs=5e-324)
    assert 0.0 < implied_vol(5e-324, 5000.0, 5000.0, 30 / 365, discount=1.0, call=True) < 1e-300


def test_the_bounds_to_the_last_bit() -> None:
    below = math.nextafter(5000.0, 0.0)
    call = implied_vol([below, 5000.0], 5000.0, 5500.0, 1.0, discount=1.0, call=True)
    assert 14.0 < call[0] < 20.0
    assert math.isnan(call[1])
    above = math.nextafter(500.0, 501.0)
    put = implied_vol([500.0, above], 5000.0, 5500.0, 1.0, discount=1.0, call=False)
    assert math.isnan(put[0])
    assert 0.0 < put[1] < 0.1


def test_far_strikes_take_more_steps() -> None:
    """Forward and strike e^400 apart."""
    strike = 5000.0 * math.exp(400.0)
    for vol in (18.0, 25.0, 28.0, 29.0, 32.0):
        with mpmath.workdps(60):
            price = exact_price(5000.0, strike, 1.0, vol, call=True)
        found = float(implied_vol(price, 5000.0, strike, 1.0, discount=1.0, call=True))
        assert found == pytest.approx(vol, rel=1e-10)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, -1.0, 0.0])
def test_what_is_no_option_has_no_vol(place: int, bad: float) -> None:
    numbers = [120.0, 5000.0, 5100.0, 0.25, 0.99]  # the last is the discount
    assert math.isfinite(implied_vol(*numbers[:4], discount=numbers[4], call=True))
    numbers[place] = bad
    assert math.isnan(implied_vol(*numbers[:4], discount=numbers[4], call=True))


def test_monotone_in_the_price() -> None:
    prices = np.geomspace(1e-200, 4_999.999, 5_000)
    for strike in (5000.0, 5000.0000001, 5600.0, 20_000.0):
        found = implied_vol(prices, 5000.0, strike, 0.1, discount=1.0, call=True)
        assert (np.diff(found) > 0.0).all()


def test_mills_against_mpmath() -> None:
    z = np.concatenate([np.linspace(0.0, 6.0, 601), np.geomspace(6.0, 1e8, 200)])
    with mpmath.workdps(40):
        exact = [
            float(
                mpmath.sqrt(mpmath.pi / 2) * mpmath.exp(x * x / 2) * mpmath.erfc(x / mpmath.sqrt(2))
            )
            if x < 30
            else float(1 / (x + 1 / (x + 2 / (x + 3 / (x + 4 / (x + 5 / (x + 6 / x)))))))
            for x in map(mpmath.mpf, z.tolist())
        ]
    np.testing.assert_allclose(mills(z), exact, rtol=2e-15)
    assert np.isnan(mills(np.array([math.nan])))


def test_far_quantiles_are_a_guess() -> None:
    z = np.linspace(0.4, 37.0, 200)
    logs = np.array([float(mpmath.log(mpmath.ncdf(-x))) for x in z.tolist()])
    np.testing.assert_allclose(far_quantile(logs), z, atol=4.6e-4)
