"""The ladder of cap-weighted volatility: which source, since when, and within what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from steward.market.history import History
from steward.signals import indicators
from steward.signals.compute import compute
from steward.signals.stock_volatility import LADDER

N = 700
DSPX = "sqrt(VIX^2 + DSPX^2)"
COR = "VIX / sqrt(COR1M / 100)"
EARLY = " (back-calculated)"


def ladder_world(world: Any, **values: np.ndarray) -> History:
    random = np.random.default_rng(2)
    vix = 16.0 * np.exp(0.1 * random.normal(size=N))
    series = {name: world.daily(name, world.days[:N], value) for name, value in values.items()}
    return world.history(np.full(N, 100.0), vix, series=series)


def sources(history: History) -> list[str]:
    table = compute(history)
    return [table.row(day).readings["cap_vol"].source for day in history.sessions]


def noisy(level: float) -> np.ndarray:
    return level * np.exp(0.05 * np.random.default_rng(9).normal(size=N))


def test_vix_alone_needs_its_253_values_too(world: Any) -> None:
    history = ladder_world(world)
    table = compute(history)
    assert sources(history) == [""] * 252 + ["VIX"] * (N - 252)
    for ours, other in (("cap_vol_z_252", "vix_only_z_252"), ("cap_vol", "vix_close")):
        np.testing.assert_array_equal(table.column(ours)[252:], table.column(other)[252:])


def test_a_source_is_used_from_its_253rd_value_on(world: Any) -> None:
    dspx = noisy(20.0)
    dspx[:100] = np.nan
    history = ladder_world(world, dspx=dspx)
    expected = [""] * 252 + ["VIX"] * 100 + [DSPX + EARLY] * (N - 352)
    assert sources(history) == expected


def test_the_higher_source_wins_and_one_level_is_that_of_theory(world: Any) -> None:
    """Implied correlation 25 percent: stocks twice as volatile as the index."""
    cor, dspx = np.full(N, 25.0), noisy(12.0)
    both = ladder_world(world, cor1m=cor, dspx=dspx)
    assert sources(both)[252:] == [DSPX + EARLY] * (N - 252)
    alone = ladder_world(world, cor1m=cor)
    assert sources(alone)[252:] == [COR + EARLY] * (N - 252)
    np.testing.assert_allclose(compute(alone).column("cap_vol")[252:], 2 * alone.vix.close[252:])
    expected = np.hypot(both.vix.close, dspx)
    np.testing.assert_allclose(compute(both).column("cap_vol")[252:], expected[252:])


def test_score_and_change_stay_within_one_source(world: Any) -> None:
    """The level doubles at the handover; the score must not see it as a jump."""
    dspx = noisy(40.0)
    dspx[:100] = np.nan
    history = ladder_world(world, dspx=dspx)
    table = compute(history)
    level = np.hypot(history.vix.close, dspx)
    assert table.column("cap_vol")[352] > 1.8 * table.column("cap_vol")[351]
    score = indicators.z_before(np.log(level[100:]), 252)
    change = indicators.change(level[100:], 5)
    np.testing.assert_allclose(table.column("cap_vol_z_252")[352:], score[252:])
    np.testing.assert_allclose(table.column("cap_vol_change_5_pct")[352:], change[252:])


def test_a_lapsed_source_hands_over_and_takes_back(world: Any) -> None:
    dspx = noisy(20.0)
    dspx[500:530] = np.nan
    history = ladder_world(world, dspx=dspx)
    table = compute(history)
    found = sources(history)
    states = table.states("cap_vol_z_252")
    waiting = [at for at in range(500, 530) if found[at].startswith(DSPX)]
    assert waiting  # the days on which it is missing but not yet too old
    assert {states[at] for at in waiting} == {"stale"}
    last = history.sessions[waiting[-1]]
    assert (last - history.sessions[499]).days <= 7
    assert (history.sessions[waiting[-1] + 1] - history.sessions[499]).days > 7
    assert found[waiting[-1] + 1 : 530] == ["VIX"] * (529 - waiting[-1])
    assert {states[at] for at in range(waiting[-1] + 1, 530)} == {"known"}
    assert found[530] == DSPX + EARLY
    assert states[530] == "known"


@pytest.mark.parametrize("place", range(len(LADDER)))
def test_values_from_before_the_first_publication_say_so(world: Any, place: int) -> None:
    """The same days moved so that publication falls on session 400."""
    source = LADDER[place]
    days = [date.fromordinal(source.published.toordinal() + k - 400) for k in range(N)]
    series = world.daily(source.series, tuple(days), noisy(30.0))
    base = ladder_world(world)
    stamps = np.array(days, dtype="datetime64[m]") + np.timedelta64(21 * 60 + 15, "m")
    history = replace(
        base, sessions=tuple(days), moments=stamps, series={source.series: series}, fomc=()
    )
    expected = [source.label + EARLY] * 148 + [source.label] * (N - 400)
    assert sources(history)[252:] == expected
