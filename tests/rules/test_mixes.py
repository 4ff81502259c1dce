"""Which mix is in force, and how a purchase moves the book toward it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.rules import mixes
from steward.rules.layers import Kept
from steward.rules.mixes import Mixes
from steward.rules.schema import Hedge
from steward.signals.rows import Reading
from steward.terms import calendar
from steward.terms.trades import NOTHING, Memory

from .hedge_market import hedge_of, row

HEDGE = hedge_of()
DAYS = calendar.sessions(date(2018, 1, 2), date(2018, 12, 31))
UNKNOWN = Reading(value=1.0, state="stale", known_at=None, age_days=30)


def walk(path: list[Mapping[str, float | Reading]], hedge: Hedge = HEDGE) -> list[Mixes]:
    memory: Memory = NOTHING
    found = []
    for session, values in zip(DAYS, path, strict=False):
        kept: Kept = {}
        found.append(mixes.follow(hedge, row(session, **values), memory, kept))
        memory = kept
    return found


@pytest.mark.parametrize(
    ("values", "state", "buying"),
    [
        ({}, "base", "base"),
        ({"contained": 1.0}, "short_calls", "short_calls"),
        ({"rate_rising": 1.0}, "long_dated", "long_dated"),
        ({"contained": 1.0, "rate_rising": 1.0}, "base", "base"),  # both
        ({"sessions_to_fomc": 5.0}, "base", "long_dated"),
        ({"sessions_to_fomc": 6.0}, "base", "base"),
        ({"contained": 1.0, "sessions_to_fomc": 1.0}, "short_calls", "base"),  # both, bought only
        ({"rate_rising": 1.0, "sessions_to_fomc": 1.0}, "long_dated", "long_dated"),
        ({"contained": float("nan")}, "base", "base"),  # not yet known: not met
    ],
)
def test_one_condition_alone_sets_the_mix_and_a_window_only_what_is_bought(
    values: dict[str, float], state: str, buying: str
) -> None:
    found = walk([values])[0]
    assert (found.state.name, found.buying.name) == (state, buying)
    assert found.trace.result == state
    assert ("window" in found.trace.sentence) is (state != buying)


def test_a_state_must_hold_three_closes_before_held_positions_follow() -> None:
    found = walk([{}, {}, {}, {"contained": 1.0}, {"contained": 1.0}, {"contained": 1.0}, {}])
    assert [one.settled for one in found] == [False, False, True, False, False, True, False]


def test_a_condition_that_goes_missing_keeps_its_last_value_and_starts_nothing() -> None:
    gone: Mapping[str, float | Reading] = {"contained": UNKNOWN}
    found = walk([{"contained": 1.0}, gone, gone, gone, {"contained": 1.0}, {"contained": 1.0}])
    assert [one.state.name for one in found] == ["short_calls"] * 6
    # One close of its own, three that cannot count, two more of its own.
    assert [one.settled for one in found] == [False] * 5 + [True]


def test_held_positions_never_follow_when_the_rules_say_so() -> None:
    hedge = hedge_of(roll={"switch_after_closes": None})
    assert not any(one.settled for one in walk([{"contained": 1.0}] * 10, hedge))


def test_rules_with_one_mix_know_no_other() -> None:
    hedge = hedge_of(mixes=[{"name": "base", "shares": {"front": 1.0}}])
    found = walk([{"contained": 1.0, "rate_rising": 1.0}], hedge)[0]
    assert found.state.name == found.buying.name == "base"
    assert "no other" in found.trace.sentence


def test_members_are_the_buckets_of_a_mix_and_those_they_pass_to() -> None:
    assert mixes.members(HEDGE, HEDGE.mix("base")) == ("front", "long")
    assert mixes.members(HEDGE, HEDGE.mix("long_dated")) == ("vx", "long", "put")


def test_a_purchase_goes_where_the_book_is_short_of_its_mix() -> None:
    """Base 60/40 of 10 units: 6 front, 4 long. With 5 front and none long, 1 and 4 are lacking."""
    shares = mixes.deficits(HEDGE.mix("base"), {"front": 5.0}, 10.0)
    assert shares == pytest.approx({"front": 0.2, "long": 0.8})
    # A bucket that holds more than its part gets nothing; one outside of the mix counts for none.
    assert mixes.deficits(HEDGE.mix("base"), {"front": 9.0, "vx": 5.0}, 10.0) == {"long": 1.0}
    assert mixes.deficits(HEDGE.mix("base"), {}, 10.0) == pytest.approx({"front": 0.6, "long": 0.4})
    # Nothing lacking anywhere: as the mix is.
    assert mixes.deficits(HEDGE.mix("base"), {"front": 6.0, "long": 4.0}, 10.0) == pytest.approx(
        {"front": 0.6, "long": 0.4}
    )


@given(
    st.dictionaries(st.sampled_from(["front", "short", "long", "vx", "put"]), st.floats(0.0, 50.0)),
    st.floats(0.01, 100.0),
    st.sampled_from(["base", "short_calls", "long_dated"]),
)
def test_a_purchase_is_shared_out_whole_and_only_in_the_mix(
    held: dict[str, float], bought: float, name: str
) -> None:
    mix = HEDGE.mix(name)
    shares = mixes.deficits(mix, held, sum(held.values()) + bought)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert set(shares) <= set(mix.shares)
    assert all(share > 0.0 for share in shares.values())


def test_without_options_there_is_no_mix() -> None:
    assert mixes.none("nothing is listed").result == "none"


def test_what_is_not_known_yet_is_not_called_unmet() -> None:
    """In the warm-up nothing is known of VIX's averages: the sentence must not say no."""
    (found,) = walk([{"contained": float("nan")}])
    assert "whether those of short calls are met is not known yet" in found.trace.sentence
    assert "the conditions of long dated are not met" in found.trace.sentence
