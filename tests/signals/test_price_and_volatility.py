"""Signals of SPX and VIX on paths made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from steward.market.history import FuturesTable
from steward.signals import indicators, price
from steward.signals.compute import compute


def test_a_cross_is_counted_from_the_day_the_histogram_changes_side() -> None:
    closes = 4000.0 + 100.0 * np.sin(np.arange(300) / 15.0)
    histogram = indicators.macd(closes).histogram
    bearish, bullish = price.bearish_cross_age(closes), price.bullish_cross_age(closes)
    assert np.isnan(bearish[:33]).all()
    for at in range(34, 300):
        if histogram[at - 1] >= 0.0 > histogram[at]:
            assert bearish[at] == 0.0
        elif bearish[at - 1] != indicators.NONE_YET:
            assert bearish[at] == bearish[at - 1] + 1.0
        if histogram[at - 1] <= 0.0 < histogram[at]:
            assert bullish[at] == 0.0
    assert (bearish == 0.0).sum() >= 2
    assert (bullish == 0.0).sum() >= 2
    assert not ((bearish == 0.0) & (bullish == 0.0)).any()


def test_leaving_nought_is_a_cross() -> None:
    """After a flat stretch the histogram is exactly 0; one step to either side crosses."""
    flat = np.full(60, 100.0)
    for last, down in ((99.0, True), (101.0, False)):
        closes = np.append(flat, last)
        assert (price.bearish_cross_age(closes)[-1] == 0.0) == down
        assert (price.bullish_cross_age(closes)[-1] == 0.0) != down


def test_before_the_first_cross_its_age_is_9999() -> None:
    closes = 100.0 * 1.001 ** np.arange(60.0) ** 1.5  # ever faster upwards: no bearish cross
    assert set(price.bearish_cross_age(closes)[33:]) == {indicators.NONE_YET}


def test_distance_below_the_high_of_a_year(world: Any) -> None:
    closes = np.full(300, 100.0)
    closes[10] = 200.0
    closes[-1] = 98.0
    table = compute(world.history(closes, np.full(300, 15.0)))
    found = table.column("spx_below_high_252_pct")
    assert np.isnan(found[:251]).all()
    assert found[251] == pytest.approx(50.0)  # session 10 is in the window still
    assert found[261] == pytest.approx(50.0)
    assert found[262] == pytest.approx(0.0)  # and now it is not
    assert found[-1] == pytest.approx(2.0)


def test_stress_is_a_fall_of_five_percent_or_a_jump_of_thirty(world: Any) -> None:
    spx, vix = np.full(40, 100.0), np.full(40, 20.0)
    spx[10:] = 95.0
    vix[20:] = 26.0
    vix[30:] = 33.7
    found = compute(world.history(spx, vix)).column("stress_now")
    assert np.isnan(found[:5]).all()
    np.testing.assert_array_equal(np.flatnonzero(found == 1.0), [*range(10, 15), *range(20, 25)])


def test_one_side_alone_can_say_stress_but_not_calm(world: Any) -> None:
    """Closes of SPX before the first session: its fall is known before that of VIX."""
    spx = np.array([94.0, 100.0, 100.0])
    table = compute(world.history(spx, np.full(3, 15.0), before=np.full(10, 100.0)))
    assert table.states("stress_now") == ("known", "stale", "stale")
    calm = compute(world.history(np.full(3, 100.0), np.full(3, 15.0), before=np.full(10, 100.0)))
    assert set(calm.states("stress_now")) == {"warming"}


def test_the_variance_premium_is_in_points_of_variance(world: Any) -> None:
    """VIX 20 against moves of one percent a day: 400 less 252."""
    closes = np.exp(np.cumsum(0.01 * (-1.0) ** np.arange(60)))
    table = compute(world.history(closes, np.full(60, 20.0)))
    assert table.column("vrp_21")[-1] == pytest.approx(400.0 - 252.0)
    assert table.states("vrp_21").count("warming") == 21


def test_averages_of_vix(world: Any) -> None:
    vix = np.concatenate([np.full(240, 10.0), np.full(20, 20.0)])
    table = compute(world.history(np.full(260, 100.0), vix))
    year = (232 * 10.0 + 20 * 20.0) / 252
    assert table.column("vix_over_sma_252")[-1] == pytest.approx(20.0 / year)
    assert table.column("vix_sma_20_over_60")[-1] == pytest.approx(20.0 / (40 / 3))
    assert table.column("vix_sma_5_over_20")[244] == pytest.approx(20.0 / 12.5)
    assert table.column("vix_change_10_pct")[245] == pytest.approx(100.0)
    assert table.column("vix_change_1_pct")[240] == pytest.approx(100.0)


def test_terms_divide_as_their_names_say(world: Any) -> None:
    series = {
        "vix9d": world.daily("vix9d", world.days[:4], np.full(4, 30.0)),
        "vix3m": world.daily("vix3m", world.days[:4], np.array([16.0, 16.0, 0.0, 16.0])),
    }
    table = compute(world.history(np.full(4, 100.0), np.full(4, 20.0), series=series))
    assert table.column("vix9d_over_vix")[0] == pytest.approx(1.5)
    assert table.column("vix_over_vix3m")[0] == pytest.approx(1.25)
    assert table.states("vix_over_vix3m")[2] == "stale"  # a level of 0 is a hole


def test_the_slope_of_futures_is_per_thirty_days(world: Any) -> None:
    """16 and 17, 45 days apart: 6.25 percent, 4.1667 in thirty days; contango is above 0."""
    days = np.array(world.days[:3], dtype="datetime64[D]")
    dead, near, far = days[0], days[0] + 20, days[0] + 65
    futures = FuturesTable(
        session=np.repeat(days[[0, 2]], 3),
        expiry=np.tile([dead, near, far], 2),
        settle=np.array([30.0, 16.0, 17.0, 30.0, 20.0, 17.0]),
        final={},
        source="made up",
    )
    table = compute(world.history(np.full(3, 100.0), np.full(3, 20.0), futures=futures))
    found = table.column("vx_slope_30d_pct")
    assert found[0] == pytest.approx(6.25 * 30 / 45)
    assert found[2] == pytest.approx(-15.0 * 30 / 45)
    assert table.states("vx_slope_30d_pct") == ("known", "stale", "known")
    assert far - near == timedelta(days=45)
