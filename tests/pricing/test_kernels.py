"""The compiled kernels are the NumPy reference, to rounding, whatever shape and edge they get."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing import black, kernels
from steward.terms.errors import StewardError

NAMES = ("price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga")
Case = dict[str, Any]


def options(size: int, seed: int = 1) -> Case:
    """Random options: 1 to 730 days, vols of 5 to 150 %, strikes to four deviations."""
    random = np.random.default_rng(seed)
    forward = random.uniform(10.0, 9_000.0, size)
    years, vol = random.integers(1, 731, size) / 365.0, random.uniform(0.05, 1.5, size)
    strike = forward * np.exp(random.uniform(-4.0, 4.0, size) * vol * np.sqrt(years))
    return {
        "forward": forward,
        "strike": strike,
        "years": years,
        "vol": vol,
        "discount": np.exp(-random.uniform(-0.01, 0.08, size) * years),
        "call": random.uniform(size=size) < 0.5,
    }


def both(case: Case) -> tuple[kernels.AllGreeks, kernels.AllGreeks]:
    return (
        kernels.price_and_all_greeks(**case, engine="numba"),
        kernels.price_and_all_greeks(**case, engine="numpy"),
    )


def prices_of(case: Case) -> Case:
    """The same options with prices in place of vols."""
    price = black.black76(**case)
    return {"price": price, **{name: case[name] for name in case if name != "vol"}}


def assert_as_near_as_promised(found: Any, expected: Any, case: Case) -> None:
    """1e-15 of forward or strike in the price; Greeks 1e-14 of their scale, over small totals."""
    f, k, t, v, d = (
        np.asarray(case[name], dtype=np.float64)
        for name in ("forward", "strike", "years", "vol", "discount")
    )
    with np.errstate(all="ignore"):
        points, root, total = np.maximum(f, k) * d, np.sqrt(t), v * np.sqrt(t)
        scales = {
            "price": 0.1 * points,
            "delta": d,
            "gamma": d / (f * total),
            "vega": f * d * root,
            "theta": points * (v / root + np.abs(np.log(d)) / t),
            "rho": 0.1 * points * t,
            "vanna": d / v,
            "volga": f * d * root / v,
        }
        more = 1.0 + 1.0 / total  # the reference's ln(forward / strike) has its rounding there
    for name, scale in scales.items():
        if not hasattr(expected, name):
            continue
        one, two = getattr(found, name), getattr(expected, name)
        np.testing.assert_array_equal(np.isnan(one), np.isnan(two), err_msg=name)
        bound = 1e-14 * scale * (1.0 if name in ("price", "rho") else more)
        known = ~np.isnan(two)
        off = np.abs(one - two)[known] - np.broadcast_to(np.nan_to_num(bound), one.shape)[known]
        assert (off <= 0.0).all(), f"{name} {off.max()}"


def test_prices_and_greeks_agree() -> None:
    case = options(50_000)
    found, expected = both(case)
    assert_as_near_as_promised(found, expected, case)
    first = kernels.price_and_greeks(**case, engine="numba")
    for name in NAMES[:6]:
        np.testing.assert_array_equal(getattr(first, name), getattr(found, name))


@given(
    f=st.floats(1.0, 9_000.0),
    z=st.floats(-12.0, 12.0),
    t=st.floats(1e-6, 10.0),
    v=st.floats(0.005, 4.0),
    d=st.floats(0.5, 1.05),
    call=st.booleans(),
)
def test_any_option_agrees(f: float, z: float, t: float, v: float, d: float, call: bool) -> None:
    k = f * math.exp(z * v * math.sqrt(t))
    case = {"forward": f, "strike": k, "years": t, "vol": v, "discount": d, "call": call}
    assert_as_near_as_promised(*both(case), case)
    priced = prices_of(case)
    one = kernels.implied_vol(**priced, engine="numba")
    two = kernels.implied_vol(**priced, engine="numpy")
    np.testing.assert_allclose(one, two, rtol=1e-14, atol=1e-14)


def test_implied_vols_agree_where_the_price_says_anything() -> None:
    case = prices_of(options(50_000, seed=2))
    one = kernels.implied_vol(**case, engine="numba")
    two = kernels.implied_vol(**case, engine="numpy")
    np.testing.assert_array_equal(np.isnan(one), np.isnan(two))
    assert np.isfinite(one).mean() > 0.9
    np.testing.assert_allclose(one, two, rtol=1e-14, atol=0.0)


def test_extremes_agree() -> None:
    """Prices from the least float to the last below the bound, gaps to e^30, seconds to ages."""
    random = np.random.default_rng(5)
    for _ in range(20):
        size = 500
        forward, share = 10.0 ** random.uniform(-3.0, 6.0, size), random.uniform(size=size)
        gap = random.choice([-1.0, 1.0], size) * 10.0 ** random.uniform(-16.0, 1.47, size)
        strike = forward * np.exp(np.where(share < 0.2, 0.0, gap))
        bound, call = np.minimum(forward, strike), random.uniform(size=size) < 0.5
        low, high = (10.0 ** random.uniform(least, 0.0, size) for least in (-324.0, -17.0))
        value = bound * np.where(random.uniform(size=size) < 0.5, low, 1.0 - high)
        value[:40] = np.maximum(np.nextafter(bound[:40], 0.0), 5e-324)
        value[40:60] = 5e-324
        inside = np.maximum(np.where(call, forward - strike, strike - forward), 0.0)
        price = value + np.where(random.uniform(size=size) < 0.1, inside, 0.0)
        years = 10.0 ** random.uniform(-12.0, 4.0, size)
        case = {"forward": forward, "strike": strike, "years": years, "discount": 1.0}
        one = kernels.implied_vol(price, **case, call=call, engine="numba")
        two = kernels.implied_vol(price, **case, call=call, engine="numpy")
        good = (price - inside > 0.0) & (price - inside < bound)
        np.testing.assert_array_equal(np.isfinite(one), good)
        np.testing.assert_array_equal(np.isfinite(two), good)
        np.testing.assert_allclose(one[good], two[good], rtol=1e-12)
        assert (two[good] >= 0.0).all()


EDGES = (0.0, -0.0, 1e-300, 0.2, 1.0, 90.0, 100.0, 110.0, -1.0, math.nan)


@pytest.mark.parametrize("place", ["forward", "strike", "years", "vol", "discount"])
@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("dead", [{}, {"years": 0.0}, {"vol": 0.0}, {"vol": -0.2}])
def test_edges_agree(place: str, call: bool, dead: Case) -> None:
    """No time, no vol, at the money, below zero, unknown: the same numbers, the same NaN."""
    plain = {"forward": 100.0, "strike": 100.0, "years": 0.5, "vol": 0.2, "discount": 0.9}
    sound = {
        "forward": [x for x in EDGES if not x <= 0.0],
        "strike": [x for x in EDGES if not x <= 0.0],
        "years": [x for x in EDGES if not x < 0.0 and x != 1e-300],  # theta is 1e150 there
        "vol": list(EDGES),
        "discount": [x for x in EDGES if not x <= 0.0],
    }
    case = {**plain, **dead, place: np.array(sound[place]), "call": call}
    found, expected = both(case)
    years = np.maximum(np.nan_to_num(case["years"]), 0.5)  # of the bounds only
    assert_as_near_as_promised(found, expected, {**case, "vol": 0.2, "years": years})


def test_a_forward_or_strike_below_zero_has_no_price() -> None:
    for place in ("forward", "strike"):
        numbers = {"forward": 100.0, "strike": 100.0, place: -100.0}
        found = kernels.price_and_all_greeks(
            **numbers, years=0.5, vol=0.2, discount=0.9, call=True, engine="numba"
        )
        assert math.isnan(found.price)
        assert math.isnan(found.delta)


def test_without_time_or_vol_the_discounted_intrinsic_value() -> None:
    for years, vol in ((0.0, 0.2), (0.5, 0.0), (0.0, 0.0)):
        strike = np.array([90.0, 100.0, 110.0])
        found = kernels.price_and_all_greeks(
            100.0, strike, years, vol, discount=0.9, call=False, engine="numba"
        )
        np.testing.assert_allclose(found.price, [0.0, 0.0, 9.0], atol=1e-14)
        np.testing.assert_allclose(found.delta, [0.0, -0.45, -0.9], atol=1e-14)
        for name in ("gamma", "vega", "theta", "vanna", "volga"):
            np.testing.assert_array_equal(getattr(found, name), np.zeros(3))


PRICES = (10.0, 9.999, math.nextafter(10.0, 11.0), 10.1, 90.0, 109.99, 110.0, 120.0, -1.0, 0.0)


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_prices_that_carry_no_vol(engine: kernels.Engine) -> None:
    """A call at 100 on 110, discount 1: the intrinsic value is 10, the bound is 110."""

    def vols(price: Any, years: float = 0.5, discount: float = 1.0) -> Any:
        return kernels.implied_vol(
            price, 110.0, 100.0, years, discount=discount, call=True, engine=engine
        )

    found = vols(np.array([*PRICES, math.nan, math.inf]))
    expected = [False, False, True, True, True, True, *[False] * 6]
    assert np.isfinite(found).tolist() == expected
    assert (np.diff(found[2:6]) > 0.0).all()
    for years in (0.0, -1.0, math.nan, math.inf):
        assert math.isnan(vols(20.0, years=years))
    for discount in (0.0, -1.0, math.nan, math.inf):
        assert math.isnan(vols(20.0, discount=discount))


def test_what_two_steps_do_not_settle_is_left_to_the_reference() -> None:
    """Forwards and strikes that no market has; also so small that their logarithm is not taken."""
    gap = np.array([1.0, 150.0, 400.0, 650.0])
    strike, vol = 5000.0 * np.exp(gap), np.array([0.5, 12.0, 25.0, 40.0])
    case = {"forward": 5000.0, "strike": strike, "years": 1.0, "vol": vol, "discount": 1.0}
    priced = prices_of({**case, "call": True})
    one = kernels.implied_vol(**priced, engine="numba")
    np.testing.assert_array_equal(one, black.implied_vol(**priced))
    np.testing.assert_allclose(one, vol, rtol=1e-6)
    low = kernels.implied_vol(1e-300, 1e-299, 2e-299, 1.0, discount=1.0, call=True, engine="numba")
    assert low == black.implied_vol(1e-300, 1e-299, 2e-299, 1.0, discount=1.0, call=True)
    assert 0.5 < low < 2.0


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_shapes(engine: kernels.Engine) -> None:
    """Broadcast, strided, read-only, of whole numbers, empty, of no dimension."""
    strike = np.arange(80, 120)[::2]
    vol = np.array([[0.1], [0.2], [0.4]])[::-1]
    call = np.array([True, False] * 20)[::2]
    for array in (strike, vol, call):
        array.flags.writeable = False
    found = kernels.price_and_greeks(
        100, strike, 0.5, vol, discount=np.float32(1.0), call=call, engine=engine
    )
    assert found.price.shape == (3, 20)
    one = black.black76(100.0, 90.0, 0.5, 0.2, discount=1.0, call=True)
    assert found.price[1, 5] == pytest.approx(float(one), abs=1e-13)
    back = kernels.implied_vol(
        found.price.T, 100, strike[:, None], 0.5, discount=1, call=call[:, None], engine=engine
    )
    np.testing.assert_allclose(back.T, np.broadcast_to(vol, (3, 20)), rtol=1e-9)
    empty = kernels.price_and_all_greeks(
        100.0, np.array([]), 0.5, 0.2, discount=1.0, call=True, engine=engine
    )
    assert empty.volga.shape == (0,)
    assert kernels.implied_vol(
        np.empty((0, 3)), 100.0, 90.0, 0.5, discount=1.0, call=True, engine=engine
    ).shape == (0, 3)
    scalar = kernels.price_and_greeks(100.0, 90, 0.5, 0.2, discount=1.0, call=1, engine=engine)
    assert scalar.price.shape == ()
    assert float(scalar.price) == pytest.approx(float(one), abs=1e-13)
    with pytest.raises(ValueError, match="broadcast"):
        kernels.price_and_greeks(100.0, strike, 0.5, vol.T, discount=1.0, call=True, engine=engine)


def test_inputs_stay_as_they_were() -> None:
    case = options(100)
    before = {name: value.copy() for name, value in case.items()}
    both(case)
    for name, value in before.items():
        np.testing.assert_array_equal(case[name], value)


@pytest.mark.parametrize("engine", ["numba", "numpy"])
def test_neighbours_do_not_change_a_bit(engine: kernels.Engine) -> None:
    """The last few options of a part of an array go through another piece of machine code."""
    case = options(9_003, seed=3)
    priced = prices_of(case)
    whole = kernels.price_and_all_greeks(**case, engine=engine)
    vols = kernels.implied_vol(**priced, engine=engine)
    for start, stop in [(0, 1), (1, 8), (5, 22), (17, 1_000), (4_090, 4_101), (8_990, 9_003)]:
        part = {name: value[start:stop] for name, value in case.items()}
        found = kernels.price_and_all_greeks(**part, engine=engine)
        for name in NAMES:
            np.testing.assert_array_equal(getattr(found, name), getattr(whole, name)[start:stop])
        part = {name: value[start:stop] for name, value in priced.items()}
        np.testing.assert_array_equal(kernels.implied_vol(**part, engine=engine), vols[start:stop])


def test_threads_do_not_change_a_bit() -> None:
    import numba

    case = options(9_003, seed=3)
    priced = prices_of(case)
    threads = numba.get_num_threads()
    both_ways = []
    for count in (1, threads):
        numba.set_num_threads(count)
        try:
            both_ways.append(
                (
                    kernels.price_and_all_greeks(**case, engine="numba").volga,
                    kernels.implied_vol(**priced, engine="numba"),
                )
            )
        finally:
            numba.set_num_threads(threads)
    for one, two in zip(*both_ways, strict=True):
        np.testing.assert_array_equal(one, two)


def test_several_threads_may_ask_at_once() -> None:
    cases = [options(3_000, seed=seed) for seed in range(8)]
    expected = [kernels.price_and_greeks(**case, engine="numba").price for case in cases]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(lambda case: kernels.price_and_greeks(**case, engine="numba").price, cases)
        )
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, two)


def test_auto_takes_numpy_for_few_and_numba_for_many() -> None:
    assert kernels.engine_for(kernels.WORTHWHILE - 1) == "numpy"
    assert kernels.engine_for(kernels.WORTHWHILE) == "numba"
    assert kernels.engine_for(1, "numba") == "numba"
    assert kernels.engine_for(10**9, "numpy") == "numpy"
    for size in (50, kernels.WORTHWHILE):
        case = options(size)
        engine = kernels.engine_for(size)
        np.testing.assert_array_equal(
            kernels.price_and_greeks(**case).price,
            kernels.price_and_greeks(**case, engine=engine).price,
        )
    with pytest.raises(StewardError, match="one of auto, numba, numpy"):
        kernels.engine_for(1, "cuda")  # type: ignore[arg-type]


def test_without_numba_numpy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_load", lambda: "needs the extra fast, pip install ...")
    assert kernels.engine_for(10**6) == "numpy"
    case = options(kernels.WORTHWHILE)
    np.testing.assert_array_equal(
        kernels.price_and_all_greeks(**case).vanna, black.all_greeks(**case).vanna
    )
    np.testing.assert_array_equal(
        kernels.implied_vol(**prices_of(case)), black.implied_vol(**prices_of(case))
    )
    with pytest.raises(StewardError, match="extra fast"):
        kernels.price_and_greeks(**case, engine="numba")


def test_a_fork_lacks_the_threads_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_process", os.getpid() + 1)
    assert kernels.engine_for(10**6) == "numpy"
    with pytest.raises(StewardError, match="spawn"):
        kernels.engine_for(10**6, "numba")
