"""The shape: through its table, smooth, level at its ends; and the scale that keeps a strip."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.stats import norm

from steward.pricing import smile

TENORS = st.floats(0.5, 400.0)


@pytest.fixture(scope="module")
def table() -> dict[str, Any]:
    text = (resources.files("steward.pricing") / "files" / "smile.toml").read_text("utf-8")
    return tomllib.loads(text)


def test_the_shape_passes_through_its_table(table: dict[str, Any]) -> None:
    z = np.array(table["z"])
    for tenor in table["tenor"]:
        np.testing.assert_allclose(smile.shape(tenor["days"]).at(z), tenor["shape"], atol=1e-12)


def test_between_the_knots_it_is_the_natural_spline(table: dict[str, Any]) -> None:
    z = np.linspace(-12.0, 4.0, 401)
    for tenor in table["tenor"]:
        other = CubicSpline(table["z"], tenor["shape"], bc_type="natural")
        np.testing.assert_allclose(smile.shape(tenor["days"]).at(z), other(z), atol=1e-12)


def test_between_tenors_it_is_linear_in_the_logarithm_of_days(table: dict[str, Any]) -> None:
    first, second, last = (tenor["days"] for tenor in table["tenor"])
    z = np.linspace(-20.0, 8.0, 57)
    middle = smile.shape(math.sqrt(first * second)).at(z)
    ends = smile.shape(first).at(z) + smile.shape(second).at(z)
    np.testing.assert_allclose(middle, 0.5 * ends, rtol=1e-12)
    np.testing.assert_array_equal(smile.shape(first / 3).at(z), smile.shape(first).at(z))
    np.testing.assert_array_equal(smile.shape(3 * last).at(z), smile.shape(last).at(z))


@given(days=TENORS)
def test_it_is_smooth_everywhere_and_level_beyond_its_ends(days: float) -> None:
    shape = smile.shape(days)
    z = np.linspace(shape.low - 3.0, shape.high + 3.0, 6801)
    g = shape.at(z)
    slope = np.diff(g) / np.diff(z)
    assert (g > 0.3).all()
    assert np.abs(np.diff(slope)).max() < 0.01  # 0.005 apart: no kink
    assert slope[z[:-1] < shape.low - 0.01] == pytest.approx(0.0)
    assert slope[z[1:] > shape.high + 0.01] == pytest.approx(0.0)


@given(days=TENORS, z=st.floats(-30.0, 15.0))
def test_one_number_is_as_the_array(days: float, z: float) -> None:
    shape = smile.shape(days)
    assert shape.at_one(z) == pytest.approx(float(shape.at(np.array([z]))[0]), rel=1e-14)


def test_nan_stays_nan() -> None:
    assert np.isnan(smile.shape(30.0).at(np.array([math.nan]))).all()


@pytest.mark.parametrize("days", [5.0, 12.0, 25.0, 30.0, 50.0, 85.0, 150.0])
@pytest.mark.parametrize("level", [0.09, 0.17, 0.35, 0.8])
def test_the_strip_is_worth_the_level(days: float, level: float) -> None:
    """By another integration of other formulas: 2/T int Q(K)/K^2 dK over the listed strikes."""
    years = days / 365.0
    scale = smile.scale_for(level, years)
    deviation = scale * math.sqrt(years)
    shape = smile.shape(days)

    def integrand(z: float) -> float:
        strike = math.exp(z * deviation)
        total = deviation * shape.at_one(z)
        d1 = -math.log(strike) / total + 0.5 * total
        sign = 1.0 if z > 0.0 else -1.0
        price = sign * (norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - total)))
        return float(price / strike * deviation)

    low = max(-12.0, math.log(0.35) / deviation)
    high = min(4.0, math.log(1.6) / deviation)
    total = sum(quad(integrand, *ends, limit=200)[0] for ends in ((low, 0.0), (0.0, high)))
    assert math.sqrt(2.0 * total / years) == pytest.approx(level, rel=0.002)


@given(days=TENORS, level=st.floats(0.05, 1.0), more=st.floats(1.01, 1.5))
def test_the_scale_grows_with_the_level(days: float, level: float, more: float) -> None:
    years = days / 365.0
    assert smile.scale_for(more * level, years) > smile.scale_for(level, years)
