"""Surfaces from quotes whose smiles are known: found again, in order, refused when they lie."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.pricing.surface import (
    FittedSurface,
    QuotedSeries,
    SeriesQuotes,
    Smile,
    fit_surface,
    raw_svi,
    series_quotes,
)
from steward.pricing.surface.arbitrage import butterfly, calendar_gap
from steward.terms.errors import StewardError

from .by_hand import SESSION, curve, index_smile, quotes_of, series, with_price

DAYS = (7, 14, 30, 61, 120)


def chain(*, noise: float = 0.0, seed: int = 0, half: float = 0.002) -> list[QuotedSeries]:
    """Five PM expiries of one surface, weekly to four months."""
    found = []
    for days in DAYS:
        years = days / 365.0
        quotes = quotes_of(index_smile(years), years, noise=noise, seed=seed + days, half=half)
        found.append(series(SESSION + timedelta(days=days), quotes, years))
    return found


def fitted(chains: list[QuotedSeries]) -> FittedSurface:
    return fit_surface(SESSION, "SPX", chains, curve=curve)


def test_known_smiles_come_back() -> None:
    found = fitted(chain())
    assert [one.verdict.good for one in found.slices] == [True] * len(DAYS)
    for one, days in zip(found.slices, DAYS, strict=True):
        years = days / 365.0
        truth = index_smile(years)
        judged = np.abs(one.bands.delta) >= 0.03
        k = one.bands.k[judged]
        assert np.abs(one.slice.smile.vol(k, years) - truth.vol(k, years)).max() < 2e-4
        assert one.slice.skew == pytest.approx(float(truth.vol_slope(0.0, years)), rel=0.02)
        assert one.carry.forward == pytest.approx(2436.0, abs=0.01)
        assert one.report.inside == 1.0
        assert one.report.butterfly.free


def test_the_parameters_of_a_raw_svi_come_back() -> None:
    """Narrow bands, one hyperbola: the fit of one term is that hyperbola."""
    from steward.pricing.surface.bands import bands_of
    from steward.pricing.surface.fit import fit_one_term

    years = 0.25
    truth = index_smile(years)
    quotes = quotes_of(truth, years, half=0.0002)
    bands = bands_of(quotes, forward=2436.0, discount=curve(years), years=years)
    found = fit_one_term(bands, years)
    np.testing.assert_allclose(found.terms, truth.terms, rtol=0.02, atol=1e-3)
    assert found.level == pytest.approx(truth.level, abs=2e-4)


@settings(max_examples=8)
@given(seed=st.integers(0, 1000))
def test_noise_inside_of_the_bands_changes_little(seed: int) -> None:
    """Middles anywhere in their bands: the smile stays within a fifth of a half width or so."""
    years = 30 / 365.0
    truth = index_smile(years)
    quotes = quotes_of(truth, years, noise=0.9, seed=seed)
    found = fitted([series(date(2017, 7, 5), quotes, years)])
    (one,) = found.slices
    assert one.verdict.good
    judged = np.abs(one.bands.delta) >= 0.05
    off = one.slice.smile.vol(one.bands.k, years) - truth.vol(one.bands.k, years)
    assert np.abs(off[judged]).max() < 0.0012
    assert one.report.within == 1.0


def test_one_stale_quote_does_not_turn_the_smile() -> None:
    years = 30 / 365.0
    plain = quotes_of(index_smile(years), years)
    found = fitted([series(date(2017, 7, 5), with_price(plain, 2300.0, 8.0), years)])
    (one,) = found.slices
    others = one.bands.strike != 2300.0
    vol = one.slice.smile.vol(one.bands.k, years)
    outside = np.maximum(vol - one.bands.ask, one.bands.bid - vol) / one.bands.half
    assert outside[others].max() < 0.75
    assert np.mean(outside[others] <= 0.0) > 0.95
    assert one.report.worst_strike == 2300.0
    assert one.report.worst > 1.0
    assert one.report.quote_butterflies == 1


def test_quotes_with_butterflies_are_reported_and_refused() -> None:
    """A smile that sells butterflies for less than nothing cannot be followed: the fit says so."""
    years = 1.0
    vogt = raw_svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
    quotes = quotes_of(vogt, years, half=0.0003, step=25.0, reach=(-4.0, 11.0))
    assert not butterfly(vogt).free
    found = fitted([series(date(2018, 6, 5), quotes, years)])
    (one,) = found.slices
    assert one.report.butterfly.free
    assert one.report.worst > 0.1
    assert not one.verdict.good
    holes = quotes_of(index_smile(years), years, half=0.0005)
    for strike in holes.strike[4::4]:
        holes = with_price(holes, strike, 6.0)
    (bad,) = fitted([series(date(2018, 6, 5), holes, years)]).slices
    assert bad.report.quote_butterflies > 5
    assert not bad.verdict.good
    assert bad.report.butterfly.free


def test_quotes_that_cross_in_time_are_reported_and_refused() -> None:
    """The later expiry quoted below the earlier one: not both can be right."""
    chains = chain()
    years = 61 / 365.0
    low = quotes_of(index_smile(years, vol=0.085), years, half=0.0005)
    chains[3] = series(chains[3].expiry.day, low, years)
    found = fitted(chains)
    poor = [one for one in found.slices if not one.verdict.good]
    assert poor
    crossing = {chains[2].expiry, chains[3].expiry}
    assert {one.expiry for one in poor} & crossing
    said = " ".join(reason for one in poor for reason in one.verdict.reasons)
    assert "in their band" in said or "total variance falls" in said
    refused = poor[0].expiry
    with pytest.raises(StewardError, match="the fit is poor"):
        found.surface.vol(refused, 2400.0)
    assert math.isfinite(float(found.surface.vol(refused, 2400.0, even_poor=True)))
    _nothing_bad_is_good(found)


def test_wings_that_cross_are_put_in_order_without_harm() -> None:
    """Two days apart, the earlier with quotes that end early: its wing is a guess, not a truth."""
    found = []
    for days, reach in ((30, (-2.2, 1.6)), (32, (-6.0, 3.0)), (34, (-2.0, 1.5))):
        years = days / 365.0
        quotes = quotes_of(index_smile(years), years, reach=reach, noise=0.8, seed=days)
        found.append(series(SESSION + timedelta(days=days), quotes, years))
    surface = fitted(found)
    assert all(one.verdict.good for one in surface.slices)
    assert surface.surface.violations() == ()
    _nothing_bad_is_good(surface)


def test_am_and_pm_of_one_day_are_apart() -> None:
    """Their forwards differ, and one is no neighbour of the other."""
    day = date(2017, 7, 21)
    am_years, pm_years = 45.7 / 365.0, 46.0 / 365.0
    am = quotes_of(index_smile(am_years, vol=0.150), am_years, forward=2436.0)
    pm = quotes_of(index_smile(pm_years, vol=0.146), pm_years, forward=2436.6)
    found = fitted([series(day, am, am_years, root="SPX"), series(day, pm, pm_years)])
    first, second = found.slices
    assert (first.expiry.settlement, second.expiry.settlement) == ("AM", "PM")
    assert first.carry.forward == pytest.approx(2436.0, abs=0.01)
    assert second.carry.forward == pytest.approx(2436.6, abs=0.01)
    assert first.verdict.good
    assert second.verdict.good
    gap, _ = calendar_gap(first.slice.smile, second.slice.smile)
    assert gap < 0.0  # lower in all, and still both are good: other clocks
    assert found.surface.violations() == ()


def test_discounts_are_the_curves_below_sixty_days_and_the_quotes_from_there() -> None:
    found = fitted(chain(noise=0.9))
    for one, days in zip(found.slices, DAYS, strict=True):
        assert one.carry.discount_from == ("curve" if days < 60 else "quotes")
        assert one.carry.curve_discount == pytest.approx(curve(days / 365.0))
        assert math.isfinite(one.carry.own_discount)
        if days >= 60:
            assert one.carry.financing_rate == pytest.approx(0.02, abs=6 * one.carry.own_rate_error)
    spot = 2430.0
    long = found.slices[-1].carry
    drift = math.log(long.forward / spot) / long.years
    assert long.dividend_yield(spot) == pytest.approx(long.financing_rate - drift)
    assert math.isnan(long.dividend_yield(math.nan))


def test_without_a_curve_the_rates_are_those_of_the_quotes() -> None:
    found = fit_surface(SESSION, "SPX", chain(), curve=None)
    assert found.rates == "put-call parity of all series"
    for one in found.slices:
        assert one.carry.financing_rate == pytest.approx(0.02, abs=0.002)


def test_series_without_a_smile_say_why() -> None:
    years = 30 / 365.0
    whole = quotes_of(index_smile(years), years)
    calls = SeriesQuotes(
        strike=whole.strike,
        call_bid=whole.call_bid,
        call_ask=whole.call_ask,
        put_bid=np.full_like(whole.strike, np.nan),
        put_ask=np.full_like(whole.strike, np.nan),
    )
    few = series_quotes(
        np.array([2430.0, 2440.0] * 2),
        np.array([True, True, False, False]),
        np.array([20.0, 15.0, 14.0, 19.0]),
        np.array([20.2, 15.2, 14.2, 19.2]),
    )
    found = fit_surface(
        SESSION,
        "SPX",
        [
            series(date(2017, 7, 5), calls, years),
            series(date(2017, 7, 6), few, years),
            series(date(2017, 6, 6), whole, 1e-5),
        ],
        curve=curve,
    )
    assert found.slices == ()
    said = {expiry.day: why for expiry, why in found.no_smile}
    assert "no forward" in said[date(2017, 7, 5)]
    assert "2 strikes" in said[date(2017, 7, 6)]
    assert "hour" in said[date(2017, 6, 6)]


def test_the_same_quotes_give_the_same_bits_in_any_order() -> None:
    chains = chain(noise=0.9)
    one, other = fitted(chains), fitted(chains[::-1])
    for mine, theirs in zip(one.slices, other.slices, strict=True):
        assert mine.expiry == theirs.expiry
        assert mine.slice.smile.level == theirs.slice.smile.level
        np.testing.assert_array_equal(mine.slice.smile.terms, theirs.slice.smile.terms)


def test_vix_options_lean_upward_and_are_not_ordered_in_time() -> None:
    """Each on its own future: a later smile may lie below an earlier one."""
    found = []
    for days, vol, future in ((30, 1.00, 14.0), (60, 0.62, 15.5)):
        years = days / 365.0
        smile = _vix_smile(years, vol)
        quotes = quotes_of(smile, years, forward=future, half=0.02, step=0.5, reach=(-1.5, 3.0))
        day = SESSION + timedelta(days=days)
        found.append(series(day, quotes, years, root="VIX"))
    surface = fit_surface(SESSION, "VIX", found, curve=curve)
    assert [one.verdict.reasons for one in surface.slices] == [(), ()]
    for one, future in zip(surface.slices, (14.0, 15.5), strict=True):
        assert one.carry.forward == pytest.approx(future, abs=0.01)
        assert one.slice.skew > 0.0
        left, right = one.report.butterfly.wings
        assert 0.0 <= left < 2.0
        assert 0.0 <= right < 2.0
    gap, _ = calendar_gap(surface.slices[0].slice.smile, surface.slices[1].slice.smile)
    assert gap < 0.0
    assert surface.surface.violations() == ()


def test_a_vix_series_of_calls_alone_is_priced_off_its_future() -> None:
    years = 30 / 365.0
    whole = quotes_of(
        _vix_smile(years, 1.0), years, forward=14.0, half=0.02, step=0.5, reach=(-1.5, 3.0)
    )
    none = np.full_like(whole.strike, np.nan)
    calls = SeriesQuotes(
        strike=whole.strike,
        call_bid=whole.call_bid,
        call_ask=whole.call_ask,
        put_bid=none,
        put_ask=none,
    )
    own = series(date(2017, 7, 5), calls, years, root="VIX")
    bare = fit_surface(SESSION, "VIX", [own], curve=curve)
    assert bare.slices == ()
    given_future = QuotedSeries(expiry=own.expiry, years=years, quotes=calls, future=14.0)
    (one,) = fit_surface(SESSION, "VIX", [given_future], curve=curve).slices
    assert (one.carry.forward_from, one.carry.forward) == ("future", 14.0)
    assert not one.verdict.good  # calls alone say nothing of the left
    assert "puts do not reach" in one.verdict.reasons[-1]


def _vix_smile(years: float, vol: float) -> Smile:
    level = vol * vol * years
    scale = math.sqrt(level)
    b, rho, m, sigma = 0.5 * scale, 0.55, -0.2 * scale, 0.9 * scale
    return raw_svi(level - b * (-rho * m + math.hypot(m, sigma)), b, rho, m, sigma)


def _nothing_bad_is_good(found: FittedSurface) -> None:
    """The law of the page: what is called good has no violation."""
    for one in found.slices:
        if one.verdict.good:
            assert one.report.butterfly.free
            assert not one.report.calendar[0] < 0.0


@settings(max_examples=6)
@given(seed=st.integers(0, 10_000))
def test_nonsense_is_never_good_and_never_a_crash(seed: int) -> None:
    """Prices without sense, holes, wild spreads: poor, or without a smile; no warning, no error."""
    random = np.random.default_rng(seed)
    chains = []
    for number, years in enumerate((0.02, 0.3)):
        strike = np.unique(np.round(random.uniform(500.0, 5000.0, 30) / 5.0) * 5.0)
        sides = []
        for _ in range(2):
            price, wide = random.uniform(0.0, 300.0, strike.size), random.uniform(0.0, 5.0)
            bid = np.where(random.random(strike.size) < 0.2, np.nan, np.maximum(price - wide, 0.0))
            sides += [bid, price + wide]
        quotes = SeriesQuotes(
            strike=strike,
            call_bid=sides[0],
            call_ask=sides[1],
            put_bid=sides[2],
            put_ask=sides[3],
        )
        chains.append(series(SESSION + timedelta(days=number + 1), quotes, years))
    found = fit_surface(SESSION, "SPX", chains, curve=curve if seed % 2 else None)
    assert len(found.slices) + len(found.no_smile) == 2
    assert not any(one.verdict.good for one in found.slices)
