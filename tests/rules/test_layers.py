"""The layers as states: a path worked by hand, the ramp, and what is not known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.rules import layers
from steward.rules.layers import Layers
from steward.rules.schema import Hedge
from steward.signals.rows import Reading
from steward.terms import calendar
from steward.terms.trades import NOTHING, Memory

from .hedge_market import QUIET, hedge_of, row

HEDGE = hedge_of()
DAYS = calendar.sessions(date(2018, 1, 2), date(2018, 12, 31))
UNKNOWN = Reading(value=1.0, state="stale", known_at=None, age_days=30)
"""A value that was known and is too old now."""


def walk(
    path: list[Mapping[str, float | Reading]], hedge: Hedge = HEDGE
) -> list[tuple[Layers, Memory]]:
    memory: Memory = NOTHING
    found = []
    for session, values in zip(DAYS, path, strict=False):
        kept: layers.Kept = {}
        asked = layers.follow(hedge, row(session, **values), memory, kept)
        memory = kept
        found.append((asked, memory))
    return found


def percents(asked: Layers) -> tuple[float, float, float]:
    first, second, third = (round(100.0 * target, 4) for target in asked.targets)
    return first, second, third


# Each row: what is read at that close, and the target up to and with layer 1, 2, 3, in percent.
# By the rules: neutral 12.5, stable 10, not stable 15, followed after 2 closes; layer 2 on after 2
# closes of RSI above 65 or one of divergence, its ramp 12.5 + 1.75 a point of RSI above 65, off
# after 5 quiet closes in a row; layer 3 on at once at z 2 and +25 %, off after 5 closes of z < 1.
BY_HAND: list[tuple[dict[str, float | Reading], tuple[float, float, float]]] = [
    ({}, (12.5, 12.5, 12.5)),
    ({"rsi_14": 66.0}, (12.5, 12.5, 12.5)),  # one close of two
    ({"rsi_14": 68.0}, (12.5, 17.75, 17.75)),  # 12.5 + 3 * 1.75
    ({"rsi_14": 72.0}, (12.5, 24.75, 24.75)),  # 12.5 + 7 * 1.75
    ({"rsi_14": 70.0}, (12.5, 24.75, 24.75)),  # never falls while it is on
    ({"rsi_14": 63.0}, (12.5, 24.75, 24.75)),  # not above 65, not below 60
    ({"rsi_14": 59.0}, (12.5, 24.75, 24.75)),  # quiet 1
    ({"rsi_14": 58.0}, (12.5, 24.75, 24.75)),  # quiet 2
    ({"rsi_14": 61.0}, (12.5, 24.75, 24.75)),  # again from 0
    ({"rsi_14": 55.0}, (12.5, 24.75, 24.75)),
    ({"rsi_14": 55.0}, (12.5, 24.75, 24.75)),
    ({"rsi_14": 55.0}, (12.5, 24.75, 24.75)),
    ({"rsi_14": UNKNOWN}, (12.5, 24.75, 24.75)),  # neither counts nor breaks the row
    ({"rsi_14": 55.0}, (12.5, 24.75, 24.75)),
    ({"rsi_14": 55.0}, (12.5, 12.5, 12.5)),  # the fifth
    ({"ad_divergence": 1.0}, (12.5, 22.5, 22.5)),  # a divergence counts as held
    ({"ad_divergence": 1.0, "rsi_14": 66.0}, (12.5, 30.0, 30.0)),  # both
    ({"cap_vol_z_252": 2.1, "cap_vol_change_5_pct": 30.0}, (12.5, 30.0, 100.0)),  # quiet 1 of 2
    ({"cap_vol_z_252": 2.5}, (12.5, 30.0, 100.0)),
    ({"cap_vol_z_252": 0.9, "stable_growth": 1.0}, (12.5, 30.0, 100.0)),  # calm 1, stable 1
    ({"cap_vol_z_252": 0.5, "stable_growth": 1.0}, (10.0, 30.0, 100.0)),  # calm 2, stable 2
    ({"cap_vol_z_252": 0.5, "stable_growth": 1.0}, (10.0, 10.0, 100.0)),  # layer 2 quiet 5
    ({"cap_vol_z_252": UNKNOWN, "stable_growth": 1.0}, (10.0, 10.0, 100.0)),
    ({"cap_vol_z_252": 0.5, "stable_growth": 1.0}, (10.0, 10.0, 100.0)),  # calm 4
    ({"cap_vol_z_252": 0.5, "stable_growth": 1.0}, (10.0, 10.0, 10.0)),  # calm 5
    ({"stable_growth": 0.0}, (10.0, 10.0, 10.0)),  # one close of two
    ({"stable_growth": UNKNOWN}, (10.0, 10.0, 10.0)),  # known before: kept, and starts nothing
    ({"stable_growth": 0.0}, (15.0, 15.0, 15.0)),
    ({"stable_growth": 0.0, "macd_bearish_cross_age": 2.0}, (15.0, 15.0, 15.0)),  # clipped
    ({"stable_growth": 1.0}, (15.0, 15.0, 15.0)),  # towards 10: one close
    ({"stable_growth": 1.0, "macd_bearish_cross_age": 1.0}, (15.0, 15.0, 15.0)),  # 12.5: one
    ({"stable_growth": 1.0, "macd_bearish_cross_age": 2.0}, (12.5, 12.5, 12.5)),  # 12.5: two
]


def test_the_layers_of_a_path_are_those_worked_by_hand() -> None:
    found = walk([values for values, _ in BY_HAND])
    assert [percents(asked) for asked, _ in found] == [expected for _, expected in BY_HAND]


def test_what_comes_on_and_goes_off_is_said_once_and_remembered() -> None:
    found = walk([values for values, _ in BY_HAND])
    came = [(i, asked.came_on) for i, (asked, _) in enumerate(found) if asked.came_on]
    went = [(i, asked.went_off) for i, (asked, _) in enumerate(found) if asked.went_off]
    assert came == [
        (0, ("layer_1",)), (2, ("layer_2",)), (15, ("layer_2",)), (17, ("layer_3",)),
    ]  # fmt: skip
    assert went == [(14, ("layer_2",)), (21, ("layer_2",)), (24, ("layer_3",))]
    memory = found[17][1]
    assert (memory["layer_1_on"], memory["layer_2_on"], memory["layer_3_on"]) == (1.0, 1.0, 1.0)
    assert layers.since(memory, "layer_3") == DAYS[17]
    assert layers.since(found[24][1], "layer_3") is None


def test_every_layer_says_its_state_in_words_each_session() -> None:
    found = walk([values for values, _ in BY_HAND])
    for asked, _ in found:
        assert [trace.rule for trace in asked.traces] == ["layer_1", "layer_2", "layer_3"]
        assert all(trace.sentence.endswith(".") for trace in asked.traces)
    at_start, at_spike = found[0][0], found[17][0]
    assert at_start.traces[0].result == "on 12.5 %"
    assert "not yet known" in at_start.traces[0].sentence
    assert at_start.traces[1].result == "off"
    assert "RSI(14) above 65 or breadth diverges from price" in at_start.traces[1].sentence
    assert at_spike.traces[2].result == "on 100.0 %"
    # The trigger on VIX alone stands beside it, whatever the measure is made of.
    assert {"cap_vol_z_252", "vix_only_z_252", "vix_change_5_pct"} <= set(at_spike.traces[2].inputs)


def test_without_layers_two_and_three_the_target_is_constant() -> None:
    static = hedge_of(
        layer_2=None,
        layer_3=None,
        layer_1={
            "neutral_percent": 12.5, "stable_percent": 12.5, "unstable_percent": 12.5,
            "least_percent": 12.5, "most_percent": 12.5,
        },
    )  # fmt: skip
    for asked, _ in walk([values for values, _ in BY_HAND], static):
        assert percents(asked) == (12.5, 12.5, 12.5)
        assert asked.on == (True, False, False)


def test_a_step_asks_for_all_of_layer_two_at_once() -> None:
    two = HEDGE.layer_2
    assert two is not None
    stepped = HEDGE.model_copy(update={"layer_2": two.model_copy(update={"mode": "step"})})
    found = walk([{"rsi_14": 66.0}, {"rsi_14": 66.0}], stepped)
    assert percents(found[1][0]) == (12.5, 30.0, 30.0)


def test_without_a_hold_every_change_is_followed_at_its_first_close() -> None:
    found = walk(
        [{}, {"stable_growth": 0.0, "rsi_14": 75.0}], HEDGE.model_copy(update={"hold_closes": 0})
    )
    assert percents(found[1][0]) == (15.0, 30.0, 30.0)


@given(st.floats(0.0, 100.0), st.floats(0.0, 100.0), st.sampled_from([0.0, 1.0]))
def test_the_ramp_never_falls_as_rsi_rises(one: float, other: float, divergence: float) -> None:
    lower, higher = sorted((one, other))
    targets = [
        walk([{"rsi_14": rsi, "ad_divergence": divergence}] * 2)[-1][0].targets[1]
        for rsi in (lower, higher)
    ]
    assert targets[0] <= targets[1] <= 0.30


READINGS = st.fixed_dictionaries(
    {
        "rsi_14": st.floats(20.0, 90.0),
        "ad_divergence": st.sampled_from([0.0, 1.0]),
        "cap_vol_z_252": st.floats(-2.0, 4.0),
        "cap_vol_change_5_pct": st.floats(-40.0, 80.0),
        "stable_growth": st.sampled_from([0.0, 1.0, math.nan]),
        "macd_bearish_cross_age": st.sampled_from([1.0, 5.0, 6.0, 9999.0]),
    }
)


@given(st.lists(READINGS, min_size=1, max_size=12), st.integers(1, 8))
def test_signals_that_go_missing_leave_every_target_as_it_is(
    path: list[dict[str, float]], silent: int
) -> None:
    gone: Mapping[str, float | Reading] = dict.fromkeys(QUIET, UNKNOWN)
    found = walk([*path, *[gone] * silent])
    before = found[len(path) - 1][0]
    for asked, _ in found[len(path) :]:
        assert (asked.targets, asked.on) == (before.targets, before.on)


@given(st.lists(READINGS, min_size=1, max_size=15))
def test_targets_rise_from_layer_to_layer_and_stay_within_their_bounds(
    path: list[dict[str, float]],
) -> None:
    for asked, _ in walk(list(path)):
        first, second, third = asked.targets
        assert 0.10 <= first <= 0.15
        assert first <= second <= 0.30
        assert second <= third <= 1.0


@given(st.lists(READINGS, min_size=2, max_size=12))
def test_the_target_never_falls_while_layer_two_is_on(path: list[dict[str, float]]) -> None:
    steady = [{**values, "stable_growth": 1.0} for values in path]
    found = walk(steady, HEDGE.model_copy(update={"layer_3": None}))
    for (was, _), (now, _) in itertools.pairwise(found):
        if was.on[1] and now.on[1]:
            assert now.targets[1] >= was.targets[1]


def test_no_layer_is_on_where_there_is_nothing_to_hedge_with() -> None:
    kept: layers.Kept = {}
    asked = layers.none("VIX options were not listed", kept)
    assert asked.targets == (0.0, 0.0, 0.0)
    assert kept == {"layer_1_on": 0.0, "layer_2_on": 0.0, "layer_3_on": 0.0}
    assert asked.traces[0].sentence == "Layer 1 off: VIX options were not listed."


@pytest.mark.parametrize(("fraction", "words"), [(0.125, "12.5 %"), (1.0, "100.0 %")])
def test_shares_are_written_in_percent(fraction: float, words: str) -> None:
    assert layers.percent_of(fraction) == words
