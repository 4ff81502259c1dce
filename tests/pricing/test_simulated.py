"""The quicker market and what is asked of it, by hand and against the modelled market."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest

from steward.market.paths.folder import path_history
from steward.market.paths.model import simulate
from steward.market.paths.state import Paths
from steward.pricing.black import black76, greeks
from steward.pricing.modelled import ModelledMarket
from steward.pricing.simulated import asks, quick
from steward.pricing.simulated.bulk import OUTCOMES, outcomes
from steward.pricing.simulated.learning import Learned, learned
from steward.pricing.simulated.market import SimulatedMarket, market_of
from steward.pricing.simulated.quick import Asked, Quick, normal_quantile
from steward.pricing.simulated.schedule import WARM_UP, Schedule, schedule
from steward.pricing.simulated.states import VVIX_COLUMN, States, states_of
from steward.rules import ruleset
from steward.terms import calendar
from steward.terms.contracts import OptionContract, vx
from steward.terms.errors import StewardError

FEATURES = 15


@pytest.fixture(scope="module")
def paths() -> Paths:
    return simulate(seed=31, paths=3, years=2.0)


@pytest.fixture(scope="module")
def states(paths: Paths) -> States:
    return states_of(paths, 0)


@pytest.fixture(scope="module")
def asked(paths: Paths) -> Schedule:
    return schedule(paths.sessions)


def flat(*, spread: float = 0.2) -> Quick:
    """Vols are VIX and VVIX themselves, futures are VIX, each spread the same."""
    return Quick(
        spx=np.zeros((3 * FEATURES + 1, 4 + len(quick.SPX_KNOTS))),
        vix=np.zeros((15, 4 + len(quick.VIX_KNOTS))),
        loads=np.zeros((3, FEATURES)),
        spx_spread=np.array([math.log(spread), 0.0, 0.0, 0.0, 0.0]),
        vix_spread=np.array([math.log(spread), 0.0, 0.0, 0.0, 0.0]),
        rate=0.02,
        dividend=0.015,
    )


def series(states: States, *, row: int = 300, days: float = 45.0) -> Asked:
    years = days / 365.0
    return Asked(
        row=np.array([row]),
        days=np.array([days]),
        years=np.array([years]),
        forward=np.array([2010.0]),
        discount=np.array([math.exp(-0.02 * years)]),
        even=np.zeros(1),
    )


# --- labels --------------------------------------------------------------------------------------


def test_every_price_of_a_simulated_history_is_simulated(paths: Paths) -> None:
    history = path_history(paths.path(0))
    market = market_of(history)
    assert isinstance(market, SimulatedMarket)
    assert market.label.startswith("simulated")
    plain = ModelledMarket(history)
    session = paths.sessions[300]
    expiry = next(e for e in market.expiries(session, "SPX") if calendar.days_to(session, e) > 30)
    chain, own = market.chain(session, expiry), plain.chain(session, expiry)
    assert chain is not None
    assert own is not None
    assert (chain.quality, own.quality) == ("simulated", "modelled")
    np.testing.assert_array_equal(chain.bid, own.bid)
    option = OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=float(chain.strike[len(chain.strike) // 4]),
        right="P",
        settlement=expiry.settlement,
    )
    future = vx(market.futures(session)[1])
    for contract in (option, future):
        quote, mark = market.quote(session, contract), market.mark(session, contract)
        assert quote is not None
        assert quote.quality == mark.quality == "simulated"
        assert mark == replace(plain.mark(session, contract), quality="simulated")
    assert type(market_of(replace(history, simulated=""))) is ModelledMarket
    missing = replace(option, expiry=date(2035, 1, 2))
    assert market.quote(session, missing) is None


# --- the quicker market, by hand -----------------------------------------------------------------


def test_the_quantile_is_that_of_the_library() -> None:
    shares = np.linspace(0.01, 0.99, 99)
    wanted = [NormalDist().inv_cdf(float(share)) for share in shares]
    np.testing.assert_allclose(normal_quantile(shares), wanted, atol=1e-6)


def test_with_a_flat_smile_a_price_is_black_76(states: States) -> None:
    at, strike = series(states), np.array([[1800.0, 2010.0, 2200.0]])
    vol = states.vix[300] / 100.0
    np.testing.assert_allclose(flat().spx_vol(states, at, strike), vol)
    for call in (True, False):
        found = flat().spx_price(states, at, strike, np.array(call))
        wanted = black76(2010.0, strike, at.years[0], vol, discount=at.discount[0], call=call)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("call", [True, False])
def test_a_strike_has_the_delta_that_was_asked_for(states: States, call: bool) -> None:
    """With a smile that leans, on a grid fine enough to see it."""
    leaning = replace(flat(), spx=flat().spx.copy())
    leaning.spx[0, :3] = 0.0, -0.12, 0.02
    at, wanted = series(states), np.array([[0.10, 0.16, 0.30]])
    strike = leaning.spx_strike(states, at, wanted, np.array(call), 0.001)
    vol = leaning.spx_vol(states, at, strike)
    found = greeks(2010.0, strike, at.years[0], vol, discount=at.discount[0], call=call).delta
    np.testing.assert_allclose(np.abs(found), wanted, atol=2e-4)
    assert ((strike > 2010.0) == call).all()


def test_beyond_its_limits_a_smile_is_level(states: States) -> None:
    leaning = replace(flat(), spx=flat().spx.copy())
    leaning.spx[0, 1] = -0.1
    found = leaning.spx_vol(states, series(states), np.array([[1.0, 2.0, 50_000.0, 90_000.0]]))
    assert found[0, 0] == found[0, 1]
    assert found[0, 2] == found[0, 3]


def test_futures_begin_at_vix_and_take_the_premium_in(states: States) -> None:
    row = np.array([300, 300, 300])
    found = flat().future(states, row, np.array([0.0, 20.0, 500.0]))
    premium = states.premium[300]
    wanted = states.vix[300] * np.exp(premium * (1.0 - np.exp(-np.array([0.0, 1.0, 25.0]))))
    np.testing.assert_allclose(found, wanted, rtol=1e-9)


def test_features_are_logs_of_the_state(paths: Paths, states: States) -> None:
    assert states.features.shape == (len(paths.sessions), FEATURES)
    np.testing.assert_allclose(
        states.features[:, VVIX_COLUMN], np.log(np.round(paths.vvix[:, 0], 2)) - 4.5
    )
    np.testing.assert_allclose(states.features[:, 1], np.log(states.vix) - 2.9)
    assert np.isfinite(states.features).all()


# --- the schedule and the asks -------------------------------------------------------------------


def test_numbers_of_the_article_are_those_of_its_rule_file() -> None:
    rules = ruleset.load("article")
    entry, leave, hedge = rules.entry, rules.exit, rules.hedge
    assert hedge is not None
    assert entry.short_deltas == asks.SHORT_DELTAS
    assert entry.widths_percent_of_spot == asks.WIDTHS_PERCENT
    assert (entry.credit_share_min, entry.credit_share_max) == asks.CREDIT_SHARES
    assert asks.FILL_SHARE == entry.fill_share == leave.fill_share
    assert leave.stop_fill_share == asks.STOP_FILL_SHARE
    assert leave.profit_share_of_credit == asks.PROFIT_SHARE
    assert leave.loss_multiple_of_credit == asks.LOSS_MULTIPLE
    assert hedge.delta == asks.CALL_DELTA
    from steward.pricing.simulated import schedule as days

    assert (*days.CONDOR_DAYS, days.CONDOR_LAST) == (
        entry.days_min,
        entry.days_target,
        entry.days_max,
        leave.days_to_expiry,
    )
    for bucket, wanted, last in (
        ("front_calls", days.FRONT_DAYS, days.FRONT_LAST),
        ("long_calls", days.LONG_DAYS, days.LONG_LAST),
        ("spx_puts", days.PUT_DAYS, days.PUT_LAST),
    ):
        own = hedge.buckets[bucket]
        assert (own.days_min, own.days_target, own.days_max, own.floor_days) == (*wanted, last)
    assert hedge.buckets["spx_puts"].out_of_the_money_percent == asks.PUT_PERCENT


def test_condors_are_looked_for_weekly_and_kept_until_21_days(asked: Schedule) -> None:
    own = asked.condors
    days = [asked.sessions[row] for row in own.row[own.first]]
    assert all(calendar.is_first_of_week(day) for day in days)
    assert own.row[own.first][0] >= WARM_UP
    assert ((own.days[own.first] >= 30) & (own.days[own.first] <= 60)).all()
    last = np.concatenate((own.first[1:], [own.row.size])) - 1
    assert (own.days[last] <= 21).all()
    before = np.setdiff1d(np.arange(own.row.size), last)
    assert (own.days[before] > 21).all()
    settled = [asked.sessions[row] for row in own.settles]
    assert all(a < b for a, b in zip(days, settled, strict=True))


def test_a_condor_of_a_flat_market_by_hand(states: States, asked: Schedule) -> None:
    """Every number of the first one is worked out again without the arrays."""
    market = flat(spread=0.05)
    found = asks.priced(market, states, asked).condors
    assert found.row.size > 10
    one = 0
    row, strikes = int(found.row[one]), found.strikes[one]
    assert (np.diff(strikes) > 0.0).all()
    place = int(np.flatnonzero(asked.condors.row[asked.condors.first] == row)[0])
    first = int(asked.condors.first[place])
    years = float(asked.condors.years[first])
    discount = math.exp(-0.02 * years)
    forward = states.spx[row] * math.exp((0.02 - 0.015) * years)
    vol = states.vix[row] / 100.0
    price = [
        float(black76(forward, k, years, vol, discount=discount, call=c))
        for k, c in zip(strikes, (False, False, True, True), strict=True)
    ]
    mid = -price[0] + price[1] + price[2] - price[3]
    np.testing.assert_allclose(found.mid[one], mid, rtol=1e-9)
    np.testing.assert_allclose(found.credit[one], mid - 0.5 * 4 * 0.025, rtol=1e-9)
    width = max(strikes[1] - strikes[0], strikes[3] - strikes[2])
    assert found.width[one] == width
    assert 0.15 <= found.credit[one] / width <= 0.25
    assert (found.exit > found.row).all()
    assert (found.kept <= found.credit + 1e-9).all()
    assert ((found.settled >= 0.0) & (found.settled <= found.width)).all()


def test_exits_are_half_of_the_credit_the_stop_or_the_last_session() -> None:
    """Three condors of credit 1, marks and half spreads by hand; k is a half, 1 for a stop."""
    own = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    start = np.array([0, 3, 6])
    marks = np.array([0.4, 0.7, 0.45, 1.0, 3.1, 0.2, 1.0, 1.1, 0.9])
    halves = np.full(9, 0.1)
    leave, kept = asks._exits(own, start, marks, halves, np.ones(3))
    np.testing.assert_array_equal(leave, [2, 4, 8])
    np.testing.assert_allclose(kept, [1.0 - 0.5, 1.0 - 3.2, 1.0 - 0.95])


def test_calls_pay_the_opening_vix_of_their_settlement(states: States, asked: Schedule) -> None:
    found = asks.priced(flat(), states, asked).held_calls
    level = states.vix_open[asked.held_calls.settles]
    np.testing.assert_allclose(found.paid, np.maximum(level - found.strike, 0.0))
    assert (found.price > 0.0).all()
    assert (found.strike == np.round(found.strike)).all()


def test_outcomes_of_a_path_are_the_same_alone(paths: Paths) -> None:
    market = Learned(quick=flat(), errors=())
    told: list[tuple[int, int]] = []
    whole, options = outcomes(paths, market, lambda done, total: told.append((done, total)))
    alone, count = outcomes(paths.path(2), market)
    assert told[-1] == (3, 3)
    assert options > 3 * count * 0.9 > 10_000
    for name in OUTCOMES:
        np.testing.assert_array_equal(getattr(whole, name)[2:], getattr(alone, name))


def test_both_engines_price_alike(paths: Paths) -> None:
    """To the last digits; no exit of these condors hangs on them."""
    pytest.importorskip("numba")
    market = Learned(quick=flat(), errors=())
    one, _ = outcomes(paths.path(1), market)
    other, _ = outcomes(paths.path(1), market, engine="numba")
    for name in OUTCOMES:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9)
    with pytest.raises(StewardError, match="engine 'abacus'"):
        outcomes(paths.path(1), market, engine="abacus")  # type: ignore[arg-type]


def test_paths_without_a_condor_are_refused() -> None:
    market = Learned(quick=flat(), errors=())
    with pytest.raises(StewardError, match=r"too short to be priced.*take two years"):
        outcomes(simulate(seed=1, years=1.0), market)


# --- what it learns ------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_quicker_market_is_close_to_the_modelled_one() -> None:
    """On sessions that it did not learn from: well inside of the model's own error."""
    vol, price, calls, futures = learned().errors
    assert vol.calm[0] < 0.4
    assert vol.calm[1] < 1.2
    assert vol.stress[1] < 2.0
    assert price.calm[0] < 6.0
    assert calls.calm[0] < 3.0
    assert calls.stress[0] < 3.0
    assert futures.calm[0] < 0.3
    assert futures.stress[0] < 0.6
    assert min(one.count for one in learned().errors) > 300


@pytest.mark.slow
def test_vix_calls_are_worth_what_they_cost_on_average_as_in_history() -> None:
    """History's ratio lies inside of the band that the packaged file states."""
    from steward.market.paths.coefficients import packaged

    real, low, middle, high = packaged()["priced"]["call_paid"][:4]
    assert low < real < high
    assert 0.1 < middle < 0.8
    made, _ = outcomes(simulate(seed=44, paths=12, years=10.0), learned())
    assert 0.05 < float(np.nanmean(made.call_paid)) < 1.0
    assert -0.09 < float(np.nanmean(made.future_change)) < -0.02
    assert 0.7 < float(np.nanmean(made.condor_lost)) < 1.5
