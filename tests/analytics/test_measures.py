from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import optimize, stats

from steward.analytics import measures

small_returns = hnp.arrays(np.float64, st.integers(300, 400), elements=st.floats(-0.05, 0.05))


def walk(count: int, seed: int = 3, scale: float = 0.01) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0003, scale, count)


def days(count: int, first: date = date(2014, 1, 2)) -> list[date]:
    return [first + timedelta(days=i) for i in range(count)]


# ---- money-weighted ------------------------------------------------------------------------------


def test_xirr_matches_print() -> None:
    """Microsoft's documentation of XIRR in Excel, the worked example: 0.373362535.

    By the same page Excel stops within 0.000001 percent, which is the tolerance here.
    """
    when = [
        date(2008, 1, 1),
        date(2008, 3, 1),
        date(2008, 10, 30),
        date(2009, 2, 15),
        date(2009, 4, 1),
    ]
    found = measures.money_weighted(when, [-10_000, 2_750, 4_250, 3_250, 2_750])
    assert found.value == pytest.approx(0.373362535, abs=1e-8)


@given(
    st.lists(st.integers(1_000, 1_000_000), min_size=1, max_size=8),
    st.floats(-0.5, 2.0),
    st.integers(1, 1_000),
)
def test_xirr_finds_the_rate_that_made_the_flows_whatever_their_unit(
    paid: list[int], rate: float, unit: int
) -> None:
    when = [date(2015, 1, 1) + timedelta(days=40 * i) for i in range(len(paid) + 10)]
    end = when[-1]
    grown = sum(
        100 * x * (1 + rate) ** ((end - d).days / 365) for x, d in zip(paid, when, strict=False)
    )
    back = round(grown)
    assume(back > 1_000)
    flows = [-100 * x for x in paid] + [back]
    found = measures.money_weighted([*when[: len(paid)], end], flows)
    scaled = measures.money_weighted([*when[: len(paid)], end], [unit * x for x in flows])
    assert found.value == pytest.approx(rate, abs=2e-3)
    assert scaled.value == pytest.approx(found.value, abs=1e-9)


@pytest.mark.parametrize("flows", [[-5, -7], [5, 7], [0, 0], []])
def test_flows_of_one_sign_have_no_rate_and_say_so(flows: list[int]) -> None:
    found = measures.money_weighted(days(400)[::399][: len(flows)], flows)
    assert found.value is None
    assert "one sign" in found.reason


def test_several_rates_are_reported_not_picked() -> None:
    """-100, +230, -132 a year apart: worth nothing at 10 % and at 20 %."""
    when = [date(2015, 1, 1), date(2016, 1, 1), date(2016, 12, 31)]
    found = measures.money_weighted(when, [-10_000, 23_000, -13_200])
    assert found.value is None
    assert "10.0%" in found.reason
    assert "20.0%" in found.reason


def test_two_changes_of_sign_with_one_rate_still_give_it() -> None:
    when = [date(2015, 1, 1), date(2016, 1, 1), date(2016, 12, 31), date(2017, 12, 31)]
    flows = [-10_000, 3_000, -1_000, 10_000]

    def worth(rate: float) -> float:
        return sum(
            x / (1 + rate) ** ((d - when[0]).days / 365) for x, d in zip(flows, when, strict=True)
        )

    expected = optimize.brentq(worth, -0.5, 1.0)
    assert measures.money_weighted(when, flows).value == pytest.approx(expected, abs=1e-9)


def test_a_single_deposit_grows_at_its_xirr() -> None:
    returns = walk(700)
    when = days(700)
    final = round(25_000_000 * float(np.prod(1 + returns)))
    growth = measures.cagr(returns, when[0], when[-1]).value
    rate = measures.money_weighted([when[0], when[-1]], [-25_000_000, final]).value
    assert growth == pytest.approx(rate, abs=1e-7)


# ---- time-weighted -------------------------------------------------------------------------------


@given(
    hnp.arrays(np.float64, 12, elements=st.floats(-0.2, 0.2)),
    hnp.arrays(np.int64, 12, elements=st.integers(-50_000, 200_000)),
)
def test_flows_do_not_show_in_time_weighted_returns(returns: np.ndarray, flows: np.ndarray) -> None:
    flows[0] = 1_000_000
    equity, now = [], 0.0
    for i, (r, flow) in enumerate(zip(returns, flows, strict=True)):
        now = (now + flow) * (1 + r) if i == 0 else now * (1 + r) + flow
        equity.append(now)
    assume(min(equity) > 0)
    found = measures.time_weighted(np.array(equity), flows.astype(float), 0.0)
    np.testing.assert_allclose(found, returns, atol=1e-9)


def test_an_account_at_zero_has_no_returns_after_it() -> None:
    found = measures.time_weighted(np.array([100.0, 0.0, 5.0]), np.array([100.0, 0.0, 5.0]), 0.0)
    assert found[1] == -1.0
    assert math.isnan(found[2])
    assert measures.cagr(found, date(2014, 1, 1), date(2016, 1, 1)).value is None


def test_growth_a_year_by_hand() -> None:
    found = measures.cagr(np.array([0.0, 0.21]), date(2014, 1, 1), date(2016, 1, 1))
    assert found.value == pytest.approx(0.10)
    short = measures.cagr(np.array([0.0, 0.21]), date(2014, 1, 1), date(2014, 3, 1))
    assert short.value is None
    assert short.reason == "needs half a year, this sample has 59 days"


# ---- risk ----------------------------------------------------------------------------------------


def test_drawdown_of_a_path_made_by_hand() -> None:
    wealth = np.array([1.0, 1.2, 0.9, 1.1, 0.6, 0.9, 1.3, 1.0])
    returns = np.diff(wealth, prepend=1.0) / np.concatenate(([1.0], wealth[:-1]))
    when = days(8)
    found = measures.deepest(returns, when)
    assert found.depth == pytest.approx(-0.5)
    assert (found.peak, found.trough, found.recovered) == (when[1], when[4], when[6])
    cut = measures.deepest(returns[:6], when[:6])
    assert cut.recovered is None


def test_a_fall_on_the_first_day_counts_from_the_capital() -> None:
    found = measures.deepest(np.array([-0.1, 0.05]), days(2))
    assert found.depth == pytest.approx(-0.1)
    assert found.peak == found.trough == days(2)[0]


@given(small_returns)
def test_drawdown_is_never_above_zero_nor_moved_by_scale_of_money(returns: np.ndarray) -> None:
    depth = measures.drawdowns(returns)
    assert np.all(depth <= 0.0)
    equity = 1e6 * measures.growth(returns)
    for unit in (1.0, 37.0):
        flow = np.zeros(returns.size)
        flow[0] = unit * 1e6
        again = measures.time_weighted(unit * equity, flow, 0.0)
        np.testing.assert_allclose(measures.drawdowns(again), depth, atol=1e-9)


@given(small_returns, st.floats(0.1, 3.0))
def test_ratios_do_not_change_with_size_and_risk_scales(returns: np.ndarray, k: float) -> None:
    assume(np.std(returns) > 1e-3)
    assume(np.std(np.minimum(returns, 0)) > 1e-3)
    for ratio in (measures.sharpe, measures.sortino, measures.skewness, measures.kurtosis):
        one, other = ratio(returns).value, ratio(k * returns).value
        assert one is not None
        assert other == pytest.approx(one, rel=1e-6, abs=1e-9)
    for risk in (measures.volatility, lambda x: measures.tail_mean(x, 0.95)):
        assert risk(k * returns).value == pytest.approx(k * risk(returns).value, rel=1e-9)


def test_moments_agree_with_scipy() -> None:
    returns = walk(500)
    assert measures.skewness(returns).value == pytest.approx(stats.skew(returns))
    assert measures.kurtosis(returns).value == pytest.approx(stats.kurtosis(returns, fisher=False))


def test_ratios_by_hand() -> None:
    """Returns of +2 % and -1 % in turn: mean 0.5 %, spread 1.5 %, downside 1/sqrt 2 %."""
    returns = np.tile([0.02, -0.01], 200)
    spread = 0.015 * math.sqrt(400 / 399)
    assert measures.sharpe(returns).value == pytest.approx(0.005 / spread * math.sqrt(252))
    downside = 0.01 / math.sqrt(2)
    assert measures.sortino(returns).value == pytest.approx(0.005 / downside * math.sqrt(252))
    assert measures.volatility(returns).value == pytest.approx(spread * math.sqrt(252))


def test_bills_have_no_sharpe_ratio() -> None:
    assert measures.sharpe(np.full(400, 1e-9)).value is None
    assert measures.sortino(np.full(400, 1e-9)).value is None


def test_ulcer_by_hand() -> None:
    returns = np.concatenate(([-0.1], np.zeros(99)))
    assert measures.ulcer_index(returns).value == pytest.approx(0.1)


def test_calmar_by_hand() -> None:
    assert measures.calmar(measures.shown(0.10), -0.25).value == pytest.approx(0.4)
    assert measures.calmar(measures.shown(0.10), 0.0).value is None


# ---- tails ---------------------------------------------------------------------------------------


def test_tail_mean_by_hand() -> None:
    """The worst 5 % of 1..-100 percent over 100 returns: the mean of -100..-96 percent."""
    returns = -np.arange(1, 101) / 100.0
    assert measures.tail_mean(returns, 0.95).value == pytest.approx(-0.98)
    assert measures.tail_mean(returns, 0.99).value == pytest.approx(-1.0)


def test_tail_mean_counts_the_last_return_by_its_fraction() -> None:
    returns = -np.arange(1, 51) / 100.0  # 2.5 in the tail: 50, 49 and half of 48
    expected = -(0.50 + 0.49 + 0.5 * 0.48) / 2.5
    assert measures.tail_mean(returns, 0.95).value == pytest.approx(expected)


def test_a_thin_tail_is_flagged_and_an_empty_one_withheld() -> None:
    few = measures.tail_mean(walk(1_250), 0.99)
    assert few.value is not None
    assert few.note == "rests on 12 returns only, 100 wanted"
    assert measures.tail_mean(walk(10_000), 0.99).note == ""
    none = measures.tail_mean(walk(99), 0.99)
    assert none.value is None
    assert none.reason == "needs 100 returns, this sample has 99"


@given(small_returns)
def test_the_deeper_tail_is_worse_and_both_below_the_mean(returns: np.ndarray) -> None:
    one, five = measures.tail_mean(returns, 0.99).value, measures.tail_mean(returns, 0.95).value
    assert one is not None
    assert five is not None
    assert one <= five + 1e-12
    assert five <= float(np.mean(returns)) + 1e-12
    assert one >= float(np.min(returns)) - 1e-12


# ---- beta ----------------------------------------------------------------------------------------


def test_dimson_adds_up_what_comes_a_day_early_and_late() -> None:
    market = walk(800, seed=5)
    own = np.zeros(800)
    own[1:-1] = 0.2 * market[:-2] + 0.5 * market[1:-1] + 0.1 * market[2:]
    assert measures.dimson_beta(own, market).value == pytest.approx(0.8, abs=1e-9)
    plain = measures.slope(own, market).value
    assert plain is not None
    assert plain < 0.7


@given(st.floats(-2.0, 2.0), st.floats(-0.01, 0.01))
def test_slope_finds_a_line(beta: float, alpha: float) -> None:
    market = walk(300)
    assert measures.slope(alpha + beta * market, market).value == pytest.approx(beta, abs=1e-9)


def test_downside_beta_sees_large_falls_alone() -> None:
    market = walk(3_000, scale=0.015)
    own = np.where(market < -0.01, 0.9 * market, 0.1 * market)
    found = measures.downside_beta(own, market, market)
    assert found.value == pytest.approx(0.9)


@pytest.mark.parametrize(
    "measure", [measures.volatility, measures.skewness, measures.kurtosis, measures.ulcer_index]
)
def test_a_short_sample_gets_a_reason_not_a_number(measure: object) -> None:
    found = measure(walk(59))  # type: ignore[operator]
    assert found.value is None
    assert found.reason == "needs 60 returns, this sample has 59"


def test_ratios_need_a_year() -> None:
    assert measures.sharpe(walk(251)).value is None
    assert measures.sharpe(walk(252)).value is not None
    assert measures.dimson_beta(walk(59), walk(59)).value is None


def test_what_does_not_vary_has_no_slope() -> None:
    flat = np.zeros(300)
    assert measures.slope(walk(300), flat).value is None
    assert measures.dimson_beta(walk(300), flat).value is None
    assert measures.skewness(flat).value is None
