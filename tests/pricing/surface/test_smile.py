"""Smiles and their checks against theory, print, and other programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from steward.pricing.black import black76
from steward.pricing.surface.arbitrage import butterfly, calendar_gap, density_factor, grid
from steward.pricing.surface.order import mended, surface_svi
from steward.pricing.surface.smile import Smile, jump_wings, raw_svi
from steward.terms.errors import StewardError

from .by_hand import index_smile

VOGT = raw_svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
"""Axel Vogt's smile, free of nothing: Gatheral and Jacquier 2014, section 2.2, example 3.1."""

MENDED = raw_svi(-0.0305199, 0.102717, 0.100718, 0.272344, 0.412398)
"""The same smile after their cure (equation 5.6 and the lines after it), printed there."""


def test_vogts_smile_has_a_butterfly() -> None:
    """Printed: jump-wings (v, psi, p, c, vtilde) = (0.01742625, -0.1752111, 0.6997381, 1.316798,
    0.0116249) at one year.
    """
    found = butterfly(VOGT)
    assert not found.free
    assert found.worst < -0.01
    assert 0.6 < found.at < 1.2
    wings = jump_wings(VOGT, 1.0)
    assert wings["variance"] == pytest.approx(0.01742625, abs=5e-9)
    assert wings["skew"] == pytest.approx(-0.1752111, abs=5e-8)
    assert wings["put_wing"] == pytest.approx(0.6997381, abs=5e-8)
    assert wings["call_wing"] == pytest.approx(1.316798, abs=5e-7)
    assert wings["least_variance"] == pytest.approx(0.0116249, abs=5e-7)


def test_a_smile_with_a_butterfly_is_mended_and_hardly_moved() -> None:
    k = np.linspace(-0.4, 0.4, 41)
    level = float(VOGT.total_variance(0.0))
    found = mended(VOGT, None, level=level, k=k, judged=(-0.2, 0.2))
    assert butterfly(found).free
    assert np.abs(found.vol(k, 1.0) - VOGT.vol(k, 1.0)).max() < 0.05


@given(level=st.floats(1e-5, 1.0), rho=st.floats(-0.95, 0.95), by=st.floats(-2.0, 2.0))
def test_the_surface_svi_has_no_butterfly(level: float, rho: float, by: float) -> None:
    smile = surface_svi(level, rho)
    assert butterfly(smile).free
    assert float(smile.total_variance(0.0)) == pytest.approx(level)
    shifted = smile.shifted(by)
    np.testing.assert_allclose(
        shifted.total_variance(0.3), smile.total_variance(0.3 + by), rtol=1e-12
    )


def test_the_density_integrates_to_one_and_prices_calls() -> None:
    """The density of ln(S/F) is g / sqrt(2 pi w) exp(-d2^2 / 2), Gatheral and Jacquier, (2.1)."""
    smile = index_smile(0.25)

    def density(k: float) -> float:
        w = float(smile.total_variance(k))
        minus = -k / math.sqrt(w) - 0.5 * math.sqrt(w)
        factor = float(density_factor(smile, np.array([k]))[0])
        return factor / math.sqrt(2.0 * math.pi * w) * math.exp(-0.5 * minus * minus)

    whole, _ = integrate.quad(density, -3.0, 1.5, limit=400, points=[-0.2, 0.0, 0.1])
    mean, _ = integrate.quad(
        lambda k: math.exp(k) * density(k), -3.0, 1.5, limit=400, points=[-0.2, 0.0, 0.1]
    )
    call, _ = integrate.quad(
        lambda k: (math.exp(k) - 1.02) * density(k), math.log(1.02), 1.5, limit=400
    )
    assert whole == pytest.approx(1.0, abs=1e-6)
    assert mean == pytest.approx(1.0, abs=1e-6)
    vol = float(smile.vol(math.log(1.02), 0.25))
    fair = float(black76(1.0, 1.02, 0.25, vol, discount=1.0, call=True))
    assert call == pytest.approx(fair, abs=1e-7)


def test_derivatives_are_those_of_differences() -> None:
    smile = index_smile(0.25).mixed(VOGT, 0.3)
    k, h = np.linspace(-0.5, 0.4, 19), 1e-4
    w, slope, bend = smile.derivatives(k)
    up, down = smile.total_variance(k + h), smile.total_variance(k - h)
    np.testing.assert_allclose(slope, (up - down) / (2 * h), atol=1e-7)
    np.testing.assert_allclose(bend, (up - 2 * w + down) / (h * h), atol=1e-5)


@given(share=st.floats(0.0, 1.0), by=st.floats(0.1, 3.0))
def test_mixtures_and_scalings_stay_in_the_family(share: float, by: float) -> None:
    one, other = index_smile(0.25), index_smile(0.5, vol=0.2)
    k = np.linspace(-0.3, 0.2, 11)
    mixed = one.mixed(other, share).scaled(by)
    expected = by * ((1 - share) * one.total_variance(k) + share * other.total_variance(k))
    np.testing.assert_allclose(mixed.total_variance(k), expected, rtol=1e-12)


@given(years=st.floats(0.01, 2.0), shrink=st.floats(0.01, 1.0))
def test_time_that_passes_makes_no_butterfly(years: float, shrink: float) -> None:
    """g of a smaller share of w is (1 - share) times a square more: docs/surface.md."""
    smile = index_smile(years)
    assert butterfly(smile).free
    assert butterfly(smile.scaled(shrink)).free


def test_calendars_are_found_where_they_are() -> None:
    near, far = index_smile(0.25), index_smile(0.5)
    gap, _ = calendar_gap(near, far)
    assert gap > 0.0
    gap, at = calendar_gap(far, near)
    assert gap < -0.3
    lowered = Smile(level=far.level - 0.0060, terms=far.terms)
    gap, at = calendar_gap(near, lowered)
    assert gap < 0.0
    assert abs(at) < 0.2
    k = grid(near, lowered)
    direct = (lowered.total_variance(k) - near.total_variance(k)) / near.total_variance(k)
    assert gap == pytest.approx(direct[np.abs(k) < 0.3].min(), abs=1e-6)


def test_wings_beyond_lees_bound_are_no_smile() -> None:
    assert not butterfly(raw_svi(0.02, 1.3, -0.6, 0.0, 0.1)).free
    with pytest.raises(ValueError, match="rho"):
        raw_svi(0.02, 0.1, -1.2, 0.0, 0.1)
    with pytest.raises(ValueError, match="finite"):
        raw_svi(math.nan, 0.1, 0.0, 0.0, 0.1)
    with pytest.raises(StewardError, match="scaled"):
        VOGT.scaled(0.0)
