"""The smile: its spline, its state, both conditions against prices, and the scale of a strip."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.stats import norm

from steward.pricing import smile
from steward.pricing.black import black76
from steward.pricing.smile import Form, State, Surface, forms, levels, surface, term_columns
from steward.pricing.smile_conditions import FAR_STRIKES, SPARE, TENOR_DAYS, margins
from steward.pricing.smile_shape import FAR_LEFT, FAR_RIGHT, KNOTS, Shape, cardinal

from .closes import real_closes

VIX, SKEW, VVIX = st.floats(9.0, 80.0), st.floats(105.0, 180.0), st.floats(65.0, 200.0)
STATES = st.builds(State, vix=VIX, skew=st.none() | SKEW, vvix=st.none() | VVIX)
DAYS = st.floats(1.0, 730.0)
USUAL = State(vix=18.0, skew=130.0, vvix=90.0)


def month(vix: float) -> float:
    """The variance of 30 days at VIX."""
    return (vix / 100.0) ** 2 * 30.0 / 365.0


def packaged() -> Mapping[tuple[bool, bool], Form]:
    return forms(smile._file())


def form_for(state: State) -> Form:
    return packaged()[state.skew is not None, state.vvix is not None]


def shape_of(state: State, days: float) -> Shape:
    return surface(state).shape((state.vix / 100.0) ** 2 * days / 365.0)


# --- the spline ----------------------------------------------------------------------------------

VALUES = st.lists(st.floats(0.5, 5.0), min_size=len(KNOTS), max_size=len(KNOTS))


@given(values=VALUES)
def test_between_the_knots_it_is_the_natural_spline(values: list[float]) -> None:
    z = np.linspace(KNOTS[0], KNOTS[-1], 333)
    other = CubicSpline(KNOTS, values, bc_type="natural")
    for order in range(3):
        np.testing.assert_allclose(
            cardinal(z, order) @ np.array(values), other(z, order), atol=1e-9
        )


@given(values=VALUES)
def test_cardinals_are_straight_beyond_the_knots(values: list[float]) -> None:
    y = np.array(values)
    for end, out in ((KNOTS[0], -1.0), (KNOTS[-1], 1.0)):
        z = np.array([end, end + out, end + 5.0 * out])
        value, slope = cardinal(z) @ y, cardinal(z, 1) @ y
        assert slope == pytest.approx([slope[0]] * 3, abs=1e-9)
        assert value == pytest.approx(value[0] + slope[0] * (z - end), abs=1e-8)


@given(state=STATES, days=DAYS)
def test_a_shape_is_the_spline_through_the_values_of_its_form(state: State, days: float) -> None:
    variance = (state.vix / 100.0) ** 2 * days / 365.0
    level = min(max(math.log(days / 30.0), math.log(0.05)), math.log(400.0 / 30.0))
    own, average = form_for(state).values(state), form_for(state).average(state)
    held = average + surface(state).shrunk * (own - average)
    at = held @ np.array([1.0, level, level * level])
    shape = surface(state).shape(variance)
    np.testing.assert_allclose(shape.at(np.array(KNOTS)), at, rtol=1e-9)
    z = np.linspace(KNOTS[0], KNOTS[-1], 211)
    np.testing.assert_allclose(shape.at(z), cardinal(z) @ at, rtol=1e-9)


@given(state=STATES, days=DAYS, z=st.floats(-900.0, 600.0))
def test_one_number_is_as_the_array(state: State, days: float, z: float) -> None:
    shape = shape_of(state, days)
    assert shape.at_one(z) == pytest.approx(float(shape.at(np.array([z]))[0]), rel=1e-14)


@given(state=STATES, days=DAYS)
def test_the_tails_have_no_kink_and_end_level(state: State, days: float) -> None:
    shape = shape_of(state, days)
    places = (*FAR_LEFT[-2::-1], KNOTS[0], KNOTS[-1], *FAR_RIGHT[:-1])
    tiny = 1e-6
    for place in places:
        before, here, after = shape.at(np.array([place - tiny, place, place + tiny]))
        assert after - here == pytest.approx(here - before, abs=1e-9)
    for end, out in ((FAR_LEFT[-1], -5.0), (FAR_RIGHT[-1], 5.0)):
        assert shape.at_one(end + out) == shape.at_one(end)
    # Outwards they go on as they were, and bend down: never up, and not back before the last piece.
    for first, ends in ((KNOTS[0], FAR_LEFT), (KNOTS[-1], FAR_RIGHT)):
        z = np.array([first, *ends[:-1]])
        g = shape.at(z)
        slope = np.diff(g) / np.abs(np.diff(z))
        assert (slope > 0.0).all()
        assert (np.diff(slope) <= 1e-12).all()


# --- the state -----------------------------------------------------------------------------------


def test_the_form_is_that_of_what_is_known() -> None:
    found = packaged()
    assert set(found) == {(True, True), (True, False), (False, True), (False, False)}
    for (with_skew, with_vvix), form in found.items():
        assert ("skew" in form.terms) == with_skew
        assert ("vvix" in form.terms) == with_vvix
        assert form.numbers.shape == (len(KNOTS), len(form.terms))
        assert set(form.ranges) == {"vix"} | ({"skew"} if with_skew else set()) | (
            {"vvix"} if with_vvix else set()
        )
    shapes = [
        surface(State(vix=20.0, skew=skew, vvix=vvix)).shape(month(20.0)).at_one(-2.0)
        for skew in (None, 140.0)
        for vvix in (None, 110.0)
    ]
    assert len(set(shapes)) == 4


@given(state=STATES, level=st.floats(-2.9, 2.5))
def test_terms_of_one_state_and_of_many_agree(state: State, level: float) -> None:
    form = form_for(state)
    held = form._within(state)

    def one(value: float | None) -> np.ndarray:
        return np.array([math.nan if value is None else value])

    columns = term_columns(
        form.terms, np.array([level]), one(held.vix), one(held.skew), one(held.vvix)
    )
    values = form.values(state) @ np.array([1.0, level, level * level])
    np.testing.assert_allclose(form.numbers @ columns[0], values, rtol=1e-9)


def test_the_base_state_is_the_average_shape() -> None:
    for (with_skew, with_vvix), form in packaged().items():
        state = State(
            vix=smile.BASE_VIX,
            skew=smile.BASE_SKEW if with_skew else None,
            vvix=smile.BASE_VVIX if with_vvix else None,
        )
        np.testing.assert_allclose(form.values(state), form.average(state), atol=1e-15)


def test_a_state_outside_is_told_and_held_at_the_border() -> None:
    form = packaged()[True, True]
    for name in ("skew", "vvix", "vix"):
        low, high = form.ranges[name]
        for value, border in ((0.8 * low, low), (1.2 * high, high)):
            beyond = replace(USUAL, **{name: value})
            there = replace(USUAL, **{name: border})
            assert Surface(there, form).outside == ()
            said = Surface(beyond, form).outside
            assert said == (f"{name.upper()} outside of {low:g} to {high:g}",)
            np.testing.assert_array_equal(form.values(beyond), form.values(there))
            if name != "vix":  # VIX is the unit of L too
                shapes = [Surface(one, form).shape(0.003).at_one(-2.0) for one in (beyond, there)]
                assert shapes[0] == shapes[1]
    both = State(vix=200.0, skew=300.0, vvix=90.0)
    assert len(Surface(both, form).outside) == 2
    assert Surface(USUAL, form).outside == ()


def test_levels_count_days_at_vix() -> None:
    found = levels(np.array([1.0, 2.0, 1e-9, 1e9]) * month(20.0), np.full(4, 20.0))
    low, high = (math.log(days / 30.0) for days in TENOR_DAYS)
    assert found.tolist() == pytest.approx([0.0, math.log(2.0), low, high])
    # Beyond those tenors the shape stands still.
    last = surface(USUAL).shape(month(18.0) * TENOR_DAYS[1] / 30.0)
    farther = surface(USUAL).shape(month(18.0) * 5.0 * TENOR_DAYS[1] / 30.0)
    assert farther.at_one(-3.0) == pytest.approx(last.at_one(-3.0), rel=1e-12)


@pytest.mark.parametrize("name", ["vix", "skew", "vvix"])
def test_nan_in_a_state_is_nan_everywhere(name: str) -> None:
    state = replace(USUAL, **{name: math.nan})
    found = surface(state)
    assert found.shrunk == 1.0
    assert np.isnan(found.shape(0.003).at(np.array([-3.0, 0.0, 2.0]))).all()
    assert math.isnan(found.scale_for(0.2, 0.1))
    assert np.isnan(shape_of(USUAL, 30.0).at(np.array([math.nan]))).all()


# --- free of arbitrage, by prices ----------------------------------------------------------------

SLICES = np.geomspace(*TENOR_DAYS, 9)


def least_butterfly(shape: Shape, variance: float) -> float:
    """Of three neighbouring strikes, as a share of the forward: what the cheapest butterfly costs.

    On two grids: one of listed strikes, one near the money as fine as the tenor is short.
    """
    root = math.sqrt(variance)
    near = np.exp(np.linspace(-14.0, 6.0, 401) * root)
    found = []
    for strike in (np.linspace(*FAR_STRIKES, 721), near):
        strike = strike[(strike >= FAR_STRIKES[0]) & (strike <= FAR_STRIKES[1])]
        vol = shape.at(np.log(strike) / root)
        put, call = (
            black76(1.0, strike, variance, vol, discount=1.0, call=way) for way in (False, True)
        )
        # Puts below, calls above: each where its own digits are fine.
        gap = np.diff(strike)
        slope = np.where(strike[1:] < 1.0, np.diff(put), np.diff(call) + gap) / gap
        found.append(float((np.diff(slope) * np.minimum(gap[:-1], gap[1:])).min()))
    return min(found)


@given(state=STATES)
def test_prices_are_convex_in_the_strike(state: State) -> None:
    for days in (0.5, *SLICES.tolist(), 700.0):
        variance = month(state.vix) * days / 30.0
        assert least_butterfly(surface(state).shape(variance), variance) >= -1e-8


@given(state=STATES)
def test_total_variance_rises_with_the_tenor(state: State) -> None:
    """At every log strike between the outermost knots. In the tails, where a strike is worth next
    to nothing, prices of days side by side cross by a hundred-thousandth of the forward at most."""
    strike = np.linspace(FAR_STRIKES[0], FAR_STRIKES[1], 181)
    before, was, there = np.zeros(strike.size), np.zeros(strike.size), np.zeros(strike.size, bool)
    for days in np.geomspace(0.5, 1500.0, 40).tolist():
        variance = month(state.vix) * days / 30.0
        z = np.log(strike) / math.sqrt(variance)
        inside = (z >= KNOTS[0]) & (z <= KNOTS[-1])
        g = surface(state).shape(variance).at(z)
        now = black76(1.0, strike, variance, g, discount=1.0, call=strike > 1.0)
        assert (now - before).min() >= -1e-5
        assert (variance * g * g > was)[inside & there].all()
        before, was, there = now, variance * g * g, inside


BUMPS = st.lists(st.floats(-1.0, 1.0), min_size=len(KNOTS), max_size=len(KNOTS))


@settings(max_examples=20)
@given(bumps=BUMPS, size=st.floats(0.002, 0.05), vix=st.floats(10.0, 60.0))
def test_margins_are_those_of_prices(bumps: list[float], size: float, vix: float) -> None:
    """On random shapes, most with arbitrage: the density that prices have, and the rise of total
    variance at a strike, by differences on the grid's own points."""
    values = packaged()[False, False].values(State(vix=vix))
    values[:, 0] *= 1.0 + size * np.array(bumps)
    butterfly, order = margins(values, month(vix))
    density, rise = [], []
    for level in smile.condition_grid().level.tolist():
        variance = month(vix) * math.exp(level)
        z = smile.condition_grid().z[:, 0]
        strike = z * math.sqrt(variance)
        z = z[(strike >= math.log(FAR_STRIKES[0])) & (strike <= math.log(FAR_STRIKES[1]))]
        density.append(_least_density(values @ _powers(level), z, math.sqrt(variance)))
        rise.append(_least_rise(values, z, level, variance))
    assert butterfly == pytest.approx(min(density), rel=5e-3, abs=5e-3)
    assert order == pytest.approx(min(rise), rel=1e-3, abs=1e-3)


def _powers(level: float) -> np.ndarray:
    return np.array([1.0, level, level * level])


def _least_density(at: np.ndarray, z: np.ndarray, root: float) -> float:
    """C'' in the strike is the density of the settlement; over that of Black-76 at the same d2 and
    total volatility it is the condition."""
    spread = z[:, None] + 1e-4 * np.array([-1.0, 0.0, 1.0])
    strike = np.exp(spread * root)
    total = root * np.reshape(cardinal(spread.ravel()) @ at, spread.shape)
    price = _prices(strike, total, np.where(z > 0.0, 1.0, -1.0)[:, None])
    slope = np.diff(price, axis=1) / np.diff(strike, axis=1)
    density = 2.0 * np.diff(slope, axis=1)[:, 0] / (strike[:, 2] - strike[:, 0])
    own = total[:, 1]
    d2 = -z * root / own - 0.5 * own
    return float((density * strike[:, 1] * own / norm.pdf(d2)).min())


def _prices(strike: np.ndarray, total: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Of calls, sign 1, and puts, sign -1, on a forward of 1."""
    d1 = -np.log(strike) / total + 0.5 * total
    return np.asarray(sign * (norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - total))))


def _least_rise(values: np.ndarray, z: np.ndarray, level: float, variance: float) -> float:
    """d ln w / d ln v at a strike, also where L stands still, by differences."""
    step = 1e-5
    strike = z * math.sqrt(variance)
    found = []
    for moves in (1.0, 0.0):  # of L with v; 0 beyond the tenors
        total = []
        for sign in (-1.0, 1.0):
            own = variance * math.exp(sign * step)
            g = cardinal(strike / math.sqrt(own)) @ (values @ _powers(level + sign * step * moves))
            total.append(2.0 * np.log(g) + math.log(own))
        found.append(float(np.min(total[1] - total[0])) / (2.0 * step))
    return min(found)


def bad_form() -> Form:
    """The packaged form without SKEW and VVIX, with SKEW's effect of another making: a fold."""
    plain = packaged()[False, False]
    fold = 0.5 * np.exp(-0.5 * np.square(np.array(KNOTS) + 1.0))
    return Form(
        terms=(*plain.terms, "skew"),
        numbers=np.column_stack((plain.numbers, fold)),
        ranges={**plain.ranges, "skew": (100.0, 200.0)},
    )


@settings(max_examples=15)
@given(vix=st.floats(10.0, 35.0), skew=st.floats(140.0, 190.0) | st.floats(100.0, 115.0))
def test_a_shape_with_arbitrage_moves_towards_the_average_one(vix: float, skew: float) -> None:
    form, state = bad_form(), State(vix=vix, skew=skew)
    own = form.values(state)
    assert min(margins(own, month(vix))) < SPARE
    found = Surface(state, form)
    assert 0.0 < found.shrunk < 1.0
    average = form.average(state)
    held = average + found.shrunk * (own - average)
    assert min(margins(held, month(vix))) >= SPARE
    # No more than was needed.
    more = min(found.shrunk + 2e-3, 1.0)
    assert min(margins(average + more * (own - average), month(vix))) < SPARE
    for days in SLICES.tolist():
        variance = month(vix) * days / 30.0
        shape = found.shape(variance)
        np.testing.assert_allclose(
            shape.at(np.array(KNOTS)),
            held @ _powers(math.log(days / 30.0)),
            rtol=1e-9,
        )
        # Such a fold is at its worst on a knot, between two points of the grid.
        assert least_butterfly(shape, variance) >= -5e-6


def test_the_average_shapes_are_free_of_arbitrage() -> None:
    for form in packaged().values():
        for vix in (9.0, 12.0, 18.0, 30.0, 50.0, 90.0):
            assert min(margins(form.average(State(vix=vix)), month(vix))) >= SPARE


def test_a_shape_that_is_not_positive_fails() -> None:
    values = packaged()[False, False].values(State(vix=18.0))
    values[10, 0] = -1.0
    assert margins(values, month(18.0)) == (-math.inf, -math.inf)


@pytest.mark.slow
def test_hardly_a_real_state_needs_to_be_held(shared_data: Path) -> None:
    """Each session since 1990, by what was known of its state: all but a few keep their own shape,
    and those lose a twentieth of it at most."""
    world = real_closes(shared_data, ("skew", "vvix"))
    skew, vvix = (world.series[name].value for name in ("skew", "vvix"))
    states = {
        State(vix=vix, skew=known(s), vvix=known(v))
        for vix, s, v in zip(world.vix.close.tolist(), skew.tolist(), vvix.tolist(), strict=True)
    }
    assert len(states) > 8_000
    found = [Surface(state, form_for(state)).shrunk for state in states]
    held = [share for share in found if share < 1.0]
    assert len(held) <= 20
    assert min(found) > 0.95


def known(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- the scale -----------------------------------------------------------------------------------


def strip_of(shape: Shape, scale: float, years: float) -> float:
    """Vol of the strip: 2/T times the integral of Q(K)/K^2 over the strikes, forward 1."""
    deviation = scale * math.sqrt(years)

    def integrand(z: float) -> float:
        strike = math.exp(z * deviation)
        total = deviation * shape.at_one(z)
        sign = 1.0 if z > 0.0 else -1.0
        price = _prices(np.array(strike), np.array(total), np.array(sign))
        return float(price) / strike * deviation

    low = max(-18.0, math.log(0.05) / deviation)
    high = min(6.0, math.log(4.0) / deviation)
    parts = [low, *(z for z in (-12.0, -5.0, -2.0, 0.0, 2.0, 4.6) if low < z < high), high]
    total = sum(quad(integrand, a, b)[0] for a, b in itertools.pairwise(parts))
    return math.sqrt(2.0 * total / years)


def made_up(at: np.ndarray) -> Form:
    """The same shape at every tenor and in every state."""
    return Form(terms=("1",), numbers=at[:, None], ranges={"vix": (5.0, 100.0)})


@given(vix=VIX, days=DAYS, share=st.floats(0.6, 1.5))
def test_without_a_smile_the_scale_is_the_level(vix: float, days: float, share: float) -> None:
    found = Surface(State(vix=vix), made_up(np.ones(len(KNOTS))))
    level = share * vix / 100.0
    assert found.scale_for(level, days / 365.0) == pytest.approx(level, rel=1e-4)


@pytest.mark.parametrize("days", [3.0, 30.0, 120.0])
@pytest.mark.parametrize("vix", [10.0, 20.0, 50.0])
def test_the_strip_of_a_smile_that_ends_level(days: float, vix: float) -> None:
    """By another integration of other formulas, where the tails hold next to nothing."""
    z = np.array(KNOTS)
    at = 0.95 + 0.5 / (1.0 + np.exp(0.8 * (z + 2.0))) + 0.1 / (1.0 + np.exp(2.0 * (1.5 - z)))
    found = Surface(State(vix=vix), made_up(at))
    assert found.shrunk == 1.0
    level, years = 1.1 * vix / 100.0, days / 365.0
    scale = found.scale_for(level, years)
    assert strip_of(found.shape(scale * scale * years), scale, years) == pytest.approx(
        level, rel=1e-3
    )


@pytest.mark.parametrize("days", [2.0, 9.0, 30.0, 90.0, 180.0])
@pytest.mark.parametrize("vix", [10.0, 17.0, 35.0])
def test_the_strip_of_the_packaged_smile(days: float, vix: float) -> None:
    """The table's tails are straight and end, those of the shape bend: under one per cent apart."""
    level, years = vix / 100.0, days / 365.0
    found = surface(State(vix=vix))
    scale = found.scale_for(level, years)
    assert strip_of(found.shape(scale * scale * years), scale, years) == pytest.approx(
        level, rel=0.01
    )


@given(state=STATES, days=DAYS, level=st.floats(0.05, 1.0), more=st.floats(1.001, 1.5))
def test_the_scale_grows_with_the_level(
    state: State, days: float, level: float, more: float
) -> None:
    found = surface(state)
    years = days / 365.0
    assert found.scale_for(more * level, years) > found.scale_for(level, years) > 0.0


@given(state=STATES, days=DAYS, level=st.floats(0.05, 1.0))
def test_the_scale_sees_variance_alone(state: State, days: float, level: float) -> None:
    """Twice the time at the same variance: the same v. So order in variance is order in v."""
    found = surface(state)
    years = days / 365.0
    v = found.scale_for(level, years) ** 2 * years
    other = found.scale_for(level / math.sqrt(2.0), 2.0 * years) ** 2 * 2.0 * years
    assert other == pytest.approx(v, rel=1e-9)
