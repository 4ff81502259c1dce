"""Three-valued logic, absent conditions struck, and misspelt signals refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from steward.rules.conditions import (
    Condition,
    Group,
    Struck,
    ask,
    check_names,
    clause,
    read_as_text,
    strike,
)
from steward.signals.rows import Reading, SignalRow, SignalState
from steward.terms.errors import StewardError

DAY = date(2018, 2, 1)


def reading(
    value: float, state: SignalState = "known", *, age: int = 0, source: str = ""
) -> Reading:
    return Reading(value=value, state=state, known_at=None, age_days=age, source=source)


def row(**values: float | None) -> SignalRow:
    """Known values; None is a signal that is not yet known."""
    return SignalRow(
        session=DAY,
        readings={
            name: reading(float("nan"), "warming") if value is None else reading(value)
            for name, value in values.items()
        },
    )


def yes(name: str) -> dict[str, object]:
    return {"signal": name, "above": 0.5}


def group(**keys: object) -> Group:
    return Group.model_validate(keys)


# --- one condition --------------------------------------------------------------------------------


def test_two_bounds_are_strict_and_two_are_not() -> None:
    strict = Condition(signal="rsi_14", above=60.0, below=65.0)
    assert [strict.holds(x) for x in (60.0, 60.1, 64.9, 65.0)] == [False, True, True, False]
    closed = Condition(signal="rsi_14", at_least=60.0, at_most=65.0)
    assert [closed.holds(x) for x in (59.9, 60.0, 65.0, 65.1)] == [False, True, True, False]
    assert closed.words == "RSI(14) at least 60 and at most 65"
    assert not strict.holds(float("nan"))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "has no bound"),
        ({"above": 70.0, "at_most": 60.0}, "no value of rsi_14 can be above 70 and at most 60"),
        ({"above": float("inf")}, "finite"),
        ({"abve": 65.0}, "abve"),
    ],
)
def test_an_impossible_condition_is_refused(keys: Mapping[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Condition.model_validate({"signal": "rsi_14", **keys})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({}, "either all_of or any_of"),
        ({"all_of": [yes("a")], "any_of": [yes("b")]}, "either all_of or any_of"),
        ({"all_of": [yes("a")], "minimum_known": 2}, "count of the conditions"),
        ({"any_of": [yes("a"), yes("b")], "minimum_known": 2}, "count of the conditions"),
        ({"all_of": [yes("a")], "when_absent": "ignore"}, "when_absent"),
    ],
)
def test_an_impossible_group_is_refused(keys: Mapping[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Group.model_validate(keys)


def test_an_error_in_a_group_speaks_of_the_kind_of_part_that_was_written() -> None:
    with pytest.raises(ValidationError) as caught:
        group(all_of=[{"signal": "a", "abve": 1.0}])
    assert len(caught.value.errors()) == 1  # not one for each thing that a part could have been


def test_a_group_survives_a_manifest() -> None:
    before = group(all_of=[yes("a"), {"any_of": [yes("b"), {"signal": "c", "at_most": 2.0}]}])
    text = json.dumps(before.model_dump(mode="json"), allow_nan=False)
    assert Group.model_validate(json.loads(text)) == before


# --- three values ---------------------------------------------------------------------------------

TRUTHS = st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5)


def asked(kind: str, truths: list[bool | None], minimum_known: int = 1) -> bool | None:
    names = [f"s{i}" for i in range(len(truths))]
    found = group(**{kind: [yes(name) for name in names], "minimum_known": minimum_known})
    values = {n: None if t is None else float(t) for n, t in zip(names, truths, strict=True)}
    return ask(found, row(**values)).truth


@pytest.mark.parametrize(
    ("truths", "both", "one"),
    [
        ([True, True], True, True),
        ([True, False], False, True),
        ([False, False], False, False),
        ([True, None], None, True),  # true OR unknown is true
        ([False, None], False, None),  # false AND unknown is false
        ([None, None], None, None),
    ],
)
def test_the_table_of_and_and_or(
    truths: list[bool | None], both: bool | None, one: bool | None
) -> None:
    assert asked("all_of", truths) is both
    assert asked("any_of", truths) is one


@given(TRUTHS, st.booleans())
def test_an_unknown_that_becomes_known_never_turns_an_answer_round(
    truths: list[bool | None], fill: bool
) -> None:
    for kind in ("all_of", "any_of"):
        before = asked(kind, truths)
        after = asked(kind, [fill if t is None else t for t in truths])
        assert before is None or before is after
        assert after is not None


@given(TRUTHS)
def test_or_is_and_of_the_opposites(truths: list[bool | None]) -> None:
    def opposite(truth: bool | None) -> bool | None:
        return None if truth is None else not truth

    assert asked("any_of", truths) is opposite(asked("all_of", [opposite(t) for t in truths]))


@pytest.mark.parametrize(
    ("truths", "answer"),
    [
        ([True, True, True, None], True),  # three of four are enough
        ([True, True, None, None], None),
        ([False, True, True, None], False),
        ([False, True, None, None], None),  # two known parts say nothing, not even no
        ([False, None, None, None], None),
        ([True, True, True, True], True),
        ([True, True, True, False], False),
    ],
)
def test_a_group_that_needs_three_known_parts_of_four(
    truths: list[bool | None], answer: bool | None
) -> None:
    assert asked("all_of", truths, minimum_known=3) is answer


def test_a_stale_value_decides_nothing_and_is_shown_with_its_age() -> None:
    readings = {"a": reading(1.0, "stale", age=12), "b": reading(0.0, source="VIX")}
    answer = ask(group(any_of=[yes("a"), yes("b")]), SignalRow(session=DAY, readings=readings))
    assert answer.truth is None
    assert answer.inputs == {"a": "1 (stale, 12 days old)", "b": "0 [VIX]"}


def test_readings_as_text() -> None:
    assert read_as_text(reading(66.123456789)) == "66.1"
    assert read_as_text(reading(float("nan"), "warming")) == "not yet known"
    assert read_as_text(reading(float("nan"), "absent")) == "absent"


def test_inner_groups_are_asked_first() -> None:
    found = group(any_of=[yes("a"), {"all_of": [yes("b"), yes("c")]}])
    assert ask(found, row(a=0.0, b=1.0, c=1.0)).truth is True
    assert ask(found, row(a=0.0, b=1.0, c=None)).truth is None
    assert ask(found, row(a=0.0, b=0.0, c=None)).truth is False
    assert set(ask(found, row(a=0.0, b=0.0, c=None)).inputs) == {"a", "b", "c"}


# --- names, and what has no source ----------------------------------------------------------------


def test_a_misspelt_signal_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(StewardError) as caught:
        check_names(group(all_of=[yes("rsi_41")]), ["rsi_14", "vix_close"], rule="layer_2")
    assert str(caught.value) == (
        "rule layer_2: there is no signal named rsi_41; did you mean rsi_14?"
    )


def test_a_signal_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(StewardError, match=r"no signal named moon_phase$"):
        check_names(group(all_of=[yes("moon_phase")]), ["rsi_14"], rule="layer_2")


def test_an_absent_condition_is_struck_and_named() -> None:
    before = group(any_of=[yes("rsi"), yes("breadth")])
    left, struck = strike(before, {"breadth": "no breadth here"}, rule="layer_2")
    assert left is not None
    assert left.signals() == ("rsi",)
    assert struck == (
        Struck(
            rule="layer_2",
            signal="breadth",
            why="no breadth here",
            consequence="layer 2 runs on rsi alone",
        ),
    )


def test_an_inner_group_keeps_what_it_can() -> None:
    before = group(all_of=[yes("a"), {"any_of": [yes("b"), yes("c")]}])
    left, struck = strike(before, {"b": "no b"}, rule="layer_2")
    assert left is not None
    assert left.signals() == ("a", "c")
    assert [(s.signal, s.consequence) for s in struck] == [("b", "layer 2 runs on a and c alone")]


def test_nothing_absent_leaves_the_group_as_it_is() -> None:
    before = group(any_of=[yes("rsi"), yes("breadth")])
    assert strike(before, {"cpi": "none"}, rule="layer_2") == (before, ())


def test_a_group_left_without_conditions_is_refused_or_says_what_then() -> None:
    gone = {"a": "no a", "b": "no b"}
    parts = [yes("a"), {"any_of": [yes("b")]}]
    with pytest.raises(StewardError, match=r"left without any condition.* a, b: bring"):
        strike(group(all_of=parts), gone, rule="layer_9")
    for way, words in (("skip", "is skipped"), ("neutral", "keeps its neutral value")):
        left, struck = strike(group(all_of=parts, when_absent=way), gone, rule="layer_9")
        assert left is None
        assert [s.signal for s in struck] == ["a", "b"]
        assert all(words in s.consequence for s in struck)


def test_too_few_parts_with_a_source_make_the_whole_group_absent() -> None:
    before = group(all_of=[yes(name) for name in "abcd"], minimum_known=3, when_absent="neutral")
    left, struck = strike(before, {"a": "no a"}, rule="stable")
    assert left is not None
    assert left.signals() == ("b", "c", "d")
    left, struck = strike(before, {"a": "no a", "b": "no b"}, rule="stable")
    assert left is None
    assert [s.signal for s in struck] == ["a", "b", "c", "d"]
    assert struck[2].why == "too few of its companions have a source"


def test_a_guess_begins_as_what_was_written_does() -> None:
    names = ["vix_close", "vix_z_252", "vix_rank_252", "rsi_14"]
    with pytest.raises(StewardError, match=r"did you mean vix_z_252\?"):
        check_names(group(all_of=[yes("vix_zscore")]), names, rule="layer_3")
    with pytest.raises(StewardError, match=r"did you mean vix_rank_252\?"):
        check_names(group(all_of=[yes("vix_rank")]), names, rule="layer_3")


def test_a_reason_says_the_signal_its_source_and_its_unit() -> None:
    assert clause("rsi_14", reading(67.6847)) == "RSI(14) 67.7"
    from_vix = reading(-1.45971, source="VIX")
    assert clause("cap_vol_z_252", from_vix) == "volatility score (VIX, z of 252 days) -1.46"
    assert clause("vix_change_5_pct", reading(37.2)) == "VIX 5-day change +37.2 %"
    assert clause("ad_divergence", reading(1.0)) == "breadth diverges from price"
    assert clause("rsi_14", reading(float("nan"), "warming")) == "RSI(14) not yet known"
    one = Condition(signal="sessions_to_fomc", at_least=1.0, at_most=5.0)
    assert one.words == "next scheduled FOMC decision in at least 1 and at most 5 sessions"
