"""Negative divergence of breadth on a path made by hand; each part taken away clears it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from steward.signals.breadth import negative_divergence
from steward.signals.compute import SignalTable, compute

N = 40
RISING = 100.0 + np.arange(N)
# Breadth leads to session 27, then more fall than rise, while price goes on to new highs.
WEAK = np.where(np.arange(N) < 28, 300.0, 200.0)


def table(
    world: Any, closes: np.ndarray, advances: np.ndarray, total: float = 500.0
) -> SignalTable:
    days = world.days[: len(closes)]
    series = {
        "advances": world.daily("advances", days, advances),
        "declines": world.daily("declines", days, total - advances),
    }
    return compute(world.history(closes, np.full(len(closes), 15.0), series=series))


def flags(found: SignalTable) -> list[int]:
    return np.flatnonzero(found.column("ad_divergence") == 1.0).tolist()


def slope_of_ten(day: int) -> float:
    """Slope of the line over ten sessions to `day`: +0.2 a session to 27, -0.2 after it."""
    line = np.cumsum(np.where(np.arange(N) < 28, 0.2, -0.2))
    return float(np.polyfit(np.arange(10), line[day - 9 : day + 1], 1)[0])


def test_a_new_high_that_fewer_stocks_make_is_a_divergence(world: Any) -> None:
    found = table(world, RISING, WEAK)
    begin = next(day for day in range(28, N) if slope_of_ten(day) < -1e-12)
    assert begin > 28  # the line is under its high at once; its slope takes some days to turn
    assert flags(found) == list(range(begin, N))
    assert found.states("ad_divergence") == ("warming",) * 19 + ("known",) * (N - 19)
    age = found.column("ad_divergence_age")
    assert age[begin - 1] == 9999.0
    assert set(age[begin:]) == {0.0}


@pytest.mark.parametrize(
    ("closes", "advances"),
    [
        (RISING, np.full(N, 300.0)),  # breadth goes along
        (np.concatenate([RISING[:28], np.full(12, 50.0)]), WEAK),  # price makes no high
        (RISING, np.where((np.arange(N) >= 22) & (np.arange(N) < 25), 0.0, 275.0)),  # recovering
    ],
    ids=["breadth at its high", "price below its high", "line under its high but rising"],
)
def test_without_one_of_its_parts_there_is_none(
    world: Any, closes: np.ndarray, advances: np.ndarray
) -> None:
    assert not [day for day in flags(table(world, closes, advances)) if day > 34]


def test_a_line_that_leaps_to_its_own_high_follows_after_all() -> None:
    """Its slope over ten is below 0 still; cut the leap short of the old high and it diverges."""
    line = np.concatenate([0.01 * np.arange(11), 0.10 - 0.05 * np.arange(1, 9), [0.11]])
    assert np.polyfit(np.arange(10), line[-10:], 1)[0] < 0.0
    assert negative_divergence(RISING[: len(line)], line)[-1] == 0.0
    line[-1] = 0.09
    assert negative_divergence(RISING[: len(line)], line)[-1] == 1.0


def test_only_ratios_count_not_how_many_members_have_a_price(world: Any) -> None:
    small = table(world, RISING, WEAK / 5.0, total=100.0)
    assert flags(small) == flags(table(world, RISING, WEAK))


def test_age_counts_the_sessions_since(world: Any) -> None:
    closes = RISING.copy()
    closes[36:] = 90.0
    age = table(world, closes, WEAK).column("ad_divergence_age")
    np.testing.assert_array_equal(age[35:], [0.0, 1.0, 2.0, 3.0, 4.0])


def test_a_day_without_breadth_is_stale_and_no_no(world: Any) -> None:
    advances = WEAK.copy()
    advances[37] = np.nan
    found = table(world, RISING, advances)
    assert found.states("ad_divergence")[36:] == ("known", "stale", "known", "known")
    assert found.column("ad_divergence")[37] == 1.0


def test_a_day_with_no_moves_at_all_is_a_hole(world: Any) -> None:
    days = world.days[:N]
    none = np.where(np.arange(N) == 30, 0.0, 250.0)
    series = {name: world.daily(name, days, none) for name in ("advances", "declines")}
    found = compute(world.history(RISING, np.full(N, 15.0), series=series))
    assert found.states("ad_divergence")[30] == "stale"
