"""Macro figures: growth by its definition, months that never came, revisions, dates of knowing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.history import History, Series
from steward.pricing.rates import bond_equivalent
from steward.signals import macro, rates, releases
from steward.signals.compute import compute

ONE_YEAR = {month: 100.0 * 1.002**month for month in range(40)}


def with_series(world: Any, *series: Series, n: int = 700) -> History:
    named = {one.name: one for one in series}
    return world.history(np.full(n, 100.0), np.full(n, 15.0), series=named)


@given(
    st.floats(-0.02, 0.02),
    st.sets(st.integers(20, 38), max_size=2),
    st.sampled_from([3, 12]),
)
def test_steady_growth_is_the_same_whatever_month_is_missing(
    monthly_growth: float, lost: set[int], months: int
) -> None:
    levels = {m: 100.0 * np.exp(monthly_growth * m) for m in range(40) if m not in lost}
    expected = 100.0 * (np.exp(12.0 * monthly_growth) - 1.0)
    assert releases.annual_growth(months)(levels, 39) == pytest.approx(expected, abs=1e-9)
    assert releases.log_change(months)(levels, 39) == pytest.approx(months * monthly_growth)


def test_the_true_length_is_used_when_a_base_was_never_published() -> None:
    """Four months from 100 to 102: 1.02 ** 3 - 1 a year, not 1.02 ** 4 - 1."""
    levels = {8: 100.0, 10: 101.0, 11: 101.5, 12: 102.0}  # month 9 never came
    assert releases.annual_growth(3)(levels, 12) == pytest.approx(100.0 * (1.02**3 - 1.0))


def test_a_base_much_further_back_is_no_base() -> None:
    assert np.isnan(releases.annual_growth(3)({0: 100.0, 12: 110.0}, 12))


def test_october_2025_was_never_published(world: Any) -> None:
    """Year on year of September 2025 as known in November; no October print, none invented."""
    level = 300.0 * 1.0025 ** np.arange(24.0)  # from 2024-01
    level[21] = np.nan
    days = tuple(date(2025, 10, 20) + timedelta(days=k) for k in range(90))
    stamps = np.array(days, dtype="datetime64[m]") + np.timedelta64(21 * 60, "m")
    history = replace(
        with_series(world, world.monthly("cpi_nsa", "2024-01", level), n=90),
        sessions=days,
        moments=stamps,
    )
    table = compute(history)
    readings = [table.row(day).readings["cpi_yoy_pct"] for day in days]
    assert {r.state for r in readings} == {"known"}
    known = [datetime(2025, 9, 21, tzinfo=UTC), datetime(2025, 10, 21, tzinfo=UTC)]
    known.append(datetime(2025, 12, 21, tzinfo=UTC))  # November's: there is none of October
    assert sorted({r.known_at for r in readings if r.known_at}) == known
    assert max(r.age_days for r in readings) == 60  # September's figure, on 20 December


def test_a_figure_is_not_known_before_its_publication(world: Any) -> None:
    series = world.monthly("cpi_nsa", "2010-01", 100.0 * 1.002 ** np.arange(50.0))
    history = with_series(world, series)
    table = compute(history)
    for day in history.sessions[::37]:
        reading = table.row(day).readings["cpi_yoy_pct"]
        known = series.known_at[series.known_at <= history.moments[history.index(day)]]
        assert reading.known_at == known[-1].astype("datetime64[s]").item().replace(tzinfo=UTC)


def test_a_figure_older_than_it_may_be_is_stale_with_its_age(world: Any) -> None:
    series = world.monthly("cpi_nsa", "2010-01", 100.0 * 1.002 ** np.arange(30.0))
    history = with_series(world, series)
    table = compute(history)
    states = table.states("cpi_yoy_pct")
    first = states.index("stale")
    assert set(states[:first]) == {"known"}
    assert set(states[first:]) == {"stale"}
    reading = table.row(history.sessions[first]).readings["cpi_yoy_pct"]
    assert 75 < reading.age_days <= 79
    assert reading.value == pytest.approx(100.0 * (1.002**12 - 1.0))


def test_a_revision_changes_later_readings_only(world: Any) -> None:
    first = world.monthly("cpi_nsa", "2010-01", np.full(30, 100.0))
    revised = replace(
        first,
        period=np.append(first.period, first.period[17]),
        value=np.append(first.value, 98.0),
        known_at=np.append(first.known_at, first.known_at[-1] + np.timedelta64(60, "m")),
    )
    history = with_series(world, revised)
    found = compute(history).column("cpi_yoy_pct")
    after = history.moments >= revised.known_at[-1]
    assert set(found[~after]) == {0.0}
    np.testing.assert_allclose(found[after], 100.0 * (100.0 / 98.0 - 1.0))


def test_short_run_less_year_is_nought_under_steady_growth(world: Any) -> None:
    level = 100.0 * 1.002 ** np.arange(60.0)
    series = [world.monthly(name, "2010-01", level) for name in ("cpi_nsa", "cpi_sa")]
    table = compute(with_series(world, *series))
    np.testing.assert_allclose(table.column("cpi_3m_annualised_minus_yoy_pp"), 0.0, atol=1e-9)


def test_either_part_too_old_makes_the_difference_stale(world: Any) -> None:
    level = 100.0 * 1.002 ** np.arange(60.0)
    fresh, short = world.monthly("cpi_nsa", "2010-01", level), level[:30]
    table = compute(with_series(world, fresh, world.monthly("cpi_sa", "2010-01", short)))
    assert table.states("cpi_3m_annualised_minus_yoy_pp")[-1] == "stale"
    assert table.states("cpi_yoy_pct")[-1] == "known"


def ppi(world: Any) -> tuple[Series, Series]:
    every = world.monthly("ppi_all", "2009-01", 100.0 * 1.004 ** np.arange(72.0))
    final = world.monthly("ppi_final", "2009-11", 100.0 * 1.001 ** np.arange(62.0))
    return every, final


def test_producer_prices_change_to_final_demand_when_it_was_published(world: Any) -> None:
    history = with_series(world, *ppi(world))
    table = compute(history)
    found = table.column("ppi_yoy_pct")
    early = np.array(history.sessions, dtype="datetime64[D]") < np.datetime64("2014-02-19")
    np.testing.assert_allclose(found[early], 100.0 * (1.004**12 - 1.0))
    np.testing.assert_allclose(found[~early], 100.0 * (1.001**12 - 1.0))
    assert table.row(date(2014, 2, 18)).readings["ppi_yoy_pct"].source == "ppi_all"
    assert table.row(date(2014, 2, 19)).readings["ppi_yoy_pct"].source == "ppi_final"


def test_final_demand_alone_is_unknown_before_it_was_published(world: Any) -> None:
    table = compute(with_series(world, ppi(world)[1]))
    assert table.row(date(2014, 2, 18)).readings["ppi_yoy_pct"].state == "warming"
    assert table.row(date(2014, 2, 19)).readings["ppi_yoy_pct"].state == "known"


def test_final_demand_waits_for_twelve_months_of_its_own(world: Any) -> None:
    every, _ = ppi(world)
    final = world.monthly("ppi_final", "2012-06", 100.0 * 1.001 ** np.arange(31.0))
    table = compute(with_series(world, every, final))
    # Year on year from 2013-06 on: the twelfth is that of 2014-05, known on 2014-06-21.
    assert table.row(date(2014, 6, 20)).readings["ppi_yoy_pct"].source == "ppi_all"
    assert table.row(date(2014, 6, 23)).readings["ppi_yoy_pct"].source == "ppi_final"


def test_producer_prices_are_absent_without_either(world: Any) -> None:
    assert "ppi_all or ppi_final" in compute(with_series(world, n=5)).absent["ppi_yoy_pct"]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (2.0, 2.5, macro.UP),
        (2.0, 1.01, macro.UP),
        (3.0, 1.9, macro.FLAT),  # more than a point below two quarters ago
        (1.0, 0.5, macro.FLAT),  # under 1 percent
        (1.0, -0.1, macro.CONTRACTION),
        (-4.0, -0.1, macro.CONTRACTION),
        (-4.0, 1.5, macro.UP),
    ],
)
def test_trend_of_output(before: float, now: float, expected: float) -> None:
    """Quarters 0, 3, ... 18 in months: year on year `before` at 12, `now` at 18."""
    levels = {0: 100.0, 6: 100.0, 12: 100.0 + before, 18: 100.0 + now}
    levels |= {3: 100.0, 9: 100.0, 15: 100.0}
    assert macro.trend(levels, 18) == expected


def test_output_needs_four_quarters_and_its_trend_six(world: Any) -> None:
    series = world.monthly("gdp_real", "2011-01", 100.0 * 1.005 ** np.arange(14.0), months=3)
    table = compute(with_series(world, series))
    found = table.column("gdp_yoy_pct")
    np.testing.assert_allclose(found[np.isfinite(found)], 100.0 * (1.005**4 - 1.0))
    assert table.states("gdp_yoy_pct")[0] == "warming"
    more = table.states("gdp_trend").count("warming") - table.states("gdp_yoy_pct").count("warming")
    assert 120 < more < 132  # two quarters of sessions
    assert set(table.column("gdp_trend")[np.isfinite(table.column("gdp_trend"))]) == {macro.UP}


def test_the_narrow_exchange_rate_stands_in_until_the_broad_one_has_its_window(world: Any) -> None:
    random = np.random.default_rng(8)
    walk = [100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, n))) for n in (200, 82)]
    narrow = world.monthly("reer_narrow", "1999-01", walk[0], lag_days=30)
    broad = world.monthly("reer_broad", "2008-03", walk[1], lag_days=30)
    table = compute(with_series(world, narrow, broad))
    # 62 levels: 2008-03 to 2013-04, known on 2013-05-31.
    before, after = table.row(date(2013, 5, 30)), table.row(date(2013, 6, 3))
    for name in ("reer_12m_log_change", "reer_z_60"):
        assert before.readings[name].source == "reer_narrow"
        assert after.readings[name].source == "reer_broad"
    assert after.readings["reer_12m_log_change"].value == pytest.approx(
        np.log(walk[1][61] / walk[1][49])
    )
    changes = np.diff(np.log(walk[1][:62]))
    expected = (changes[-1] - changes[:-1].mean()) / changes[:-1].std(ddof=1)
    assert after.readings["reer_z_60"].value == pytest.approx(expected)


def test_rebasing_the_exchange_rate_changes_nothing(world: Any) -> None:
    level = 100.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.01, 120)))
    tables = [
        compute(with_series(world, world.monthly("reer_broad", "2005-01", scale * level)))
        for scale in (1.0, 0.7)
    ]
    for name in ("reer_12m_log_change", "reer_z_60"):
        np.testing.assert_allclose(tables[0].column(name), tables[1].column(name), rtol=1e-8)


def test_valuation_is_a_place_in_thirty_years_only(world: Any) -> None:
    """Dear before the window, cheap in it: the newest, in the middle of the window, is at 50."""
    pe = np.concatenate([np.full(200, 90.0), np.full(180, 10.0), np.full(180, 30.0), [20.0]])
    begin = np.datetime64("2012-06", "M") - (len(pe) - 1)
    series = world.monthly("cape", str(begin), pe, lag_days=20)
    table = compute(with_series(world, series))
    assert table.row(date(2012, 7, 23)).readings["pe_percentile_30y"].value == pytest.approx(50.0)


def test_valuation_ignores_zeros_and_prefers_the_cyclical_ratio(world: Any) -> None:
    random = np.random.default_rng(3)
    cape = world.monthly("cape", "1979-01", random.uniform(10.0, 40.0, 430))
    trailing = world.monthly("pe_trailing", "1979-01", random.uniform(10.0, 40.0, 430))
    both = compute(with_series(world, cape, trailing))
    assert both.row(world.days[9]).readings["pe_percentile_30y"].source == "cape"
    alone = compute(with_series(world, trailing))
    assert alone.row(world.days[9]).readings["pe_percentile_30y"].source == "pe_trailing"
    zeroed = replace(cape, value=np.where(np.arange(430) >= 400, 0.0, cape.value))
    holed = replace(cape, value=np.where(np.arange(430) >= 400, np.nan, cape.value))
    found = [compute(with_series(world, one)) for one in (zeroed, holed)]
    np.testing.assert_array_equal(*(one.column("pe_percentile_30y") for one in found))
    assert found[0].states("pe_percentile_30y")[-1] == "stale"


@given(st.floats(0.0, 20.0))
def test_bond_equivalent_is_the_simple_return_of_the_bill(discount: float) -> None:
    price = 1.0 - discount / 100.0 * 91.0 / 360.0
    expected = 100.0 * (1.0 - price) / price * 365.0 / 91.0
    found = 100.0 * bond_equivalent("dtb3", np.array([discount]))[0]
    assert found == pytest.approx(expected, abs=1e-9)


def rate_world(world: Any, bill: np.ndarray, foreign: float = 1.0, months: int = 45) -> History:
    days = world.days[: len(bill)]
    series = [world.daily("dtb3", days, bill, late_days=1)]
    for name, extra in zip(rates.FOREIGN, (-0.5, 0.0, 0.5), strict=True):
        level = np.full(months, foreign + extra)
        series.append(world.monthly(name, "2011-06", level, lag_days=30))
    return with_series(world, *series, n=len(bill))


def test_the_differential_is_that_of_the_rates_known_that_day(world: Any) -> None:
    bill = 3.0 + 0.01 * np.arange(300)
    found = compute(rate_world(world, bill)).column("rate_differential_pp")
    expected = 100.0 * bond_equivalent("dtb3", bill) - 1.0
    np.testing.assert_allclose(found[100:], _as_known(world, expected)[100:], atol=1e-9)


def _as_known(world: Any, values: np.ndarray) -> np.ndarray:
    """A value is public a calendar day later, a quarter of an hour before the decision."""
    days = [day.toordinal() for day in world.days[: len(values)]]
    newest = [max((k for k in range(i) if days[k] < days[i]), default=0) for i in range(len(days))]
    return values[newest]


def test_a_difference_is_as_old_as_its_oldest_part(world: Any) -> None:
    history = rate_world(world, np.full(200, 3.0))
    day = history.sessions[140]
    reading = compute(history).row(day).readings["rate_differential_pp"]
    foreign = history.series["rate_3m_eur"].before(history.moments[140]).known_at[-1]
    assert reading.known_at == foreign.astype("datetime64[s]").item().replace(tzinfo=UTC)
    assert reading.age_days > 7


def test_a_rise_of_a_basis_point_a_session(world: Any) -> None:
    bill = 3.0 + 0.01 * np.arange(300)
    table = compute(rate_world(world, bill))
    rise = table.column("rate_differential_change_63d_pp")[-1]
    assert rise == pytest.approx(0.63 * 365 / 360, rel=0.05)
    slope = table.column("rate_differential_slope_21d")[-1]
    assert slope == pytest.approx(0.01 * 365 / 360, rel=0.05)


def test_foreign_rates_that_stop_freeze_the_differential(world: Any) -> None:
    bill = 3.0 + 0.01 * np.arange(400)
    table = compute(rate_world(world, bill, months=12))
    states = table.states("rate_differential_change_63d_pp")
    first = states.index("stale")
    frozen = table.column("rate_differential_change_63d_pp")[first - 1 :]
    assert set(states[first:]) == {"stale"}
    assert len(set(frozen)) == 1


def test_all_three_currencies_or_nothing(world: Any) -> None:
    history = rate_world(world, np.full(200, 3.0))
    late = replace(
        history.series["rate_3m_jpy"],
        known_at=history.series["rate_3m_jpy"].known_at + np.timedelta64(200 * 1440, "m"),
    )
    table = compute(replace(history, series={**history.series, "rate_3m_jpy": late}))
    assert table.states("rate_differential_pp")[0] == "warming"
    assert table.states("rate_differential_pp")[-1] == "known"
