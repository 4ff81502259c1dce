"""Greeks of a surface, and the surface after a move: against bumps, theory and plain Black."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.black import black76
from steward.pricing.surface import (
    LOCAL_VOLATILITY,
    STICKY_MONEYNESS,
    STICKY_STRIKE,
    Shock,
    Slice,
    Stickiness,
    Surface,
    default_stickiness,
)
from steward.pricing.surface.report import Verdict
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

from .by_hand import SESSION, curve, index_smile

NEAR = Expiry(root="SPXW", day=date(2017, 7, 5), settlement="PM")
FAR = Expiry(root="SPXW", day=date(2017, 9, 5), settlement="PM")
STRIKES = np.array([2250.0, 2350.0, 2430.0, 2480.0, 2540.0])
CALL = STRIKES > 2436.0


def surface(*, spot: float = math.nan) -> Surface:
    slices = []
    for expiry, days in ((NEAR, 30), (FAR, 92)):
        years = days / 365.0
        slices.append(
            Slice(
                expiry=expiry,
                forward=2436.0 + days / 30.0,
                discount=curve(years),
                years=years,
                smile=index_smile(years),
                verdict=Verdict(reasons=()),
            )
        )
    return Surface(session=SESSION, underlying="SPX", spot=spot, slices=tuple(slices))


@pytest.mark.parametrize("rule", [STICKY_MONEYNESS, STICKY_STRIKE, LOCAL_VOLATILITY])
def test_the_smile_delta_is_the_slope_of_repricing(rule: Stickiness) -> None:
    """A bump of the forward under the rule, by central differences."""
    market = surface()
    own = market.slice(NEAR)
    h = 1e-4
    up, down = (
        market.reprice(Shock(move=by, stickiness=rule), NEAR, STRIKES, CALL) for by in (h, -h)
    )
    bumped = (up - down) / (2.0 * h * own.forward)
    found = market.greeks(NEAR, STRIKES, CALL, stickiness=rule)
    np.testing.assert_allclose(found.smile_delta, bumped, atol=2e-5)


def test_greeks_are_blacks_at_the_surfaces_vol() -> None:
    market = surface()
    own = market.slice(FAR)
    found = market.greeks(FAR, STRIKES, CALL)
    np.testing.assert_array_equal(found.vol, own.vol(STRIKES))
    price = black76(own.forward, STRIKES, own.years, found.vol, discount=own.discount, call=CALL)
    np.testing.assert_allclose(found.price, price)
    np.testing.assert_allclose(market.price(FAR, STRIKES, CALL), price)
    sticky = market.greeks(FAR, STRIKES, CALL, stickiness=STICKY_STRIKE)
    np.testing.assert_array_equal(sticky.smile_delta, sticky.delta)
    down = market.greeks(FAR, STRIKES, CALL, stickiness=LOCAL_VOLATILITY)
    assert (down.smile_delta[~CALL] < down.delta[~CALL]).all()  # vols rise as the index falls


@given(move=st.floats(-0.2, 0.1))
def test_sticky_strike_keeps_the_vol_of_a_strike(move: float) -> None:
    market = surface()
    after = market.after(Shock(move=move, stickiness=STICKY_STRIKE))
    np.testing.assert_allclose(after.vol(NEAR, STRIKES), market.vol(NEAR, STRIKES), rtol=1e-10)


@given(move=st.floats(-0.2, 0.1))
def test_sticky_moneyness_keeps_the_vol_of_a_moneyness(move: float) -> None:
    market = surface()
    after = market.after(Shock(move=move, stickiness=STICKY_MONEYNESS))
    moved = STRIKES * (1.0 + move)
    np.testing.assert_allclose(after.vol(NEAR, moved), market.vol(NEAR, STRIKES), rtol=1e-10)
    assert after.violations() == ()


@given(ratio=st.floats(0.0, 2.5))
def test_the_vol_at_the_money_moves_by_the_ratio_times_the_skew(ratio: float) -> None:
    """Bergomi 2009: d vol at the money = R x skew x d ln F, to first order."""
    market = surface()
    x = -1e-4
    rule = Stickiness(name="any", ratio=ratio)
    after = market.after(Shock(move=math.expm1(x), stickiness=rule))
    own = market.slice(NEAR)
    change = after.slice(NEAR).at_the_money - own.at_the_money
    assert change == pytest.approx(ratio * own.skew * x, abs=1e-6)


def test_a_fall_under_the_default_raises_vols_within_what_is_quoted() -> None:
    market = surface()
    own, after = market.slice(NEAR), market.after(Shock(move=-0.10)).slice(NEAR)
    assert default_stickiness("SPX").ratio == 1.5
    assert after.at_the_money > own.at_the_money + 0.05
    read = float(own.smile.vol(1.5 * math.log(0.9), own.years))
    assert after.at_the_money == pytest.approx(read)


@given(vol=st.floats(-0.5, 2.0), days=st.floats(0.0, 25.0))
def test_vols_change_by_the_share_and_days_take_variance(vol: float, days: float) -> None:
    market = surface()
    after = market.after(Shock(vol=vol, days=days))
    for expiry in (NEAR, FAR):
        own, new = market.slice(expiry), after.slice(expiry)
        assert new.years == pytest.approx(own.years - days / 365.0)
        assert new.forward == own.forward
        np.testing.assert_allclose(
            after.vol(expiry, STRIKES), (1.0 + vol) * market.vol(expiry, STRIKES), rtol=1e-9
        )
        rate = -math.log(new.discount) / new.years
        assert rate == pytest.approx(-math.log(own.discount) / own.years)
    assert not [said for said in after.violations() if "against" in said]


def test_a_jump_of_the_level_fades_with_time() -> None:
    market = surface()
    after = market.after(Shock(vol=1.0, fade=0.5))
    near, far = (
        after.slice(e).at_the_money / market.slice(e).at_the_money - 1.0 for e in (NEAR, FAR)
    )
    assert near == pytest.approx(1.0)
    assert far == pytest.approx(math.sqrt(30.0 / 92.0))


def test_days_take_the_carry_from_the_forward_where_the_spot_is_known() -> None:
    market = surface(spot=2430.0)
    after = market.after(Shock(days=10.0))
    own, new = market.slice(FAR), after.slice(FAR)
    assert new.forward == pytest.approx(2430.0 * (own.forward / 2430.0) ** (82.0 / 92.0))
    assert after.slice(FAR).at_the_money == pytest.approx(own.at_the_money)
    assert market.after(Shock(move=-0.05)).spot == pytest.approx(0.95 * 2430.0)


def test_past_settlement_an_option_is_worth_what_it_pays() -> None:
    after = surface().after(Shock(move=-0.05, days=40.0))
    own = after.slice(NEAR)
    assert own.years == 0.0
    paid = np.maximum(np.where(CALL, own.forward - STRIKES, STRIKES - own.forward), 0.0)
    np.testing.assert_allclose(after.price(NEAR, STRIKES, CALL), paid)
    found = after.greeks(NEAR, STRIKES, CALL)
    assert (found.vega == 0.0).all()
    assert np.isnan(own.vol(STRIKES)).all()


def test_forwards_of_ones_own_are_taken_as_they_are() -> None:
    market = surface()
    after = market.after(Shock(move=-0.05, stickiness=STICKY_STRIKE), forwards={NEAR: 2500.0})
    assert after.slice(NEAR).forward == 2500.0
    assert after.slice(FAR).forward == pytest.approx(0.95 * market.slice(FAR).forward)
    np.testing.assert_allclose(after.vol(NEAR, STRIKES), market.vol(NEAR, STRIKES), rtol=1e-10)
    with pytest.raises(StewardError, match="not above 0"):
        market.after(Shock(), forwards={NEAR: -1.0})


def test_nothing_moves_without_a_shock() -> None:
    market = surface(spot=2430.0)
    after = market.after(Shock())
    np.testing.assert_allclose(
        after.price(NEAR, STRIKES, CALL), market.price(NEAR, STRIKES, CALL), rtol=1e-13
    )


def test_bad_shocks_are_refused() -> None:
    for bad in ({"move": -1.0}, {"vol": -1.0}, {"days": -1.0}, {"move": math.nan}, {"fade": -0.1}):
        with pytest.raises(StewardError):
            Shock(**bad)
    with pytest.raises(StewardError):
        Stickiness(name="x", ratio=math.nan)


def test_poor_slices_and_unknown_expiries_are_refused() -> None:
    market = surface()
    poor = replace(market.slices[0], verdict=Verdict(reasons=("calls and puts disagree",)))
    held = replace(market, slices=(poor, market.slices[1]))
    for asked in (
        lambda: held.vol(NEAR, 2400.0),
        lambda: held.price(NEAR, 2400.0, False),
        lambda: held.greeks(NEAR, 2400.0, False),
        lambda: held.reprice(Shock(move=-0.05), NEAR, 2400.0, False),
    ):
        with pytest.raises(StewardError, match="calls and puts disagree"):
            asked()
    assert held.after(Shock(move=-0.05)).slices[0].verdict == poor.verdict
    assert float(held.vol(NEAR, 2400.0, even_poor=True)) > 0.0
    with pytest.raises(StewardError, match="no such expiry"):
        held.slice(Expiry(root="SPXW", day=date(2017, 12, 1), settlement="PM"))
