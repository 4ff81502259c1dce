"""Rules and numbers as a reader sees them."""

from __future__ import annotations

from datetime import date

import pytest

from steward.rules import ruleset, words
from steward.rules.conditions import Condition, Group

from .condor_market import article


@pytest.mark.parametrize(
    ("cents", "text"),
    [(418_000, "$4,180"), (418_050, "$4,180.50"), (5, "$0.05"), (0, "$0"), (-1_200, "-$12")],
)
def test_dollars(cents: int, text: str) -> None:
    assert words.dollars(cents) == text


@pytest.mark.parametrize(
    ("cents", "text"),
    [(6_027_396, "$60,274"), (250, "$3"), (-250, "-$3"), (49, "$0"), (-49, "$0"), (50, "$1")],
)
def test_dollars_that_nobody_pays_are_rounded_half_away_from_zero(cents: int, text: str) -> None:
    assert words.whole_dollars(cents) == text


def test_numbers_and_days() -> None:
    assert words.points(25_418_000) == "2,541.80"
    assert words.percent(0.16449) == "16.4 %"
    assert words.percent(-0.0001) == "0.0 %"
    assert words.day(date(2018, 3, 9)) == "9 March 2018"
    assert [words.strike(x) for x in (2550.0, 17.5, 10_000.0)] == ["2,550", "17.5", "10,000"]
    assert words.joined([]) == ""
    assert words.joined(["a"]) == "a"
    assert words.joined(["a", "b", "c"], "or") == "a, b or c"


def test_a_condition_is_said_in_words() -> None:
    assert words.condition(Condition(signal="rsi_14", above=65.0)) == (
        "the RSI(14) of SPX is above 65"
    )
    assert words.condition(Condition(signal="my_own", at_most=1.5)) == "my_own is at most 1.5"
    yes, no = (
        Condition(signal="ad_divergence", at_least=1.0),
        Condition(signal="ad_divergence", below=1.0),
    )
    assert words.condition(yes) == "breadth diverges from price"
    assert words.condition(no) == "breadth does not diverge from price"
    always = Condition(signal="ad_divergence", at_most=1.0)  # asks for neither yes nor no
    assert words.condition(always) == "breadth divergence is at most 1"


def test_a_group_is_said_in_words() -> None:
    part = {"signal": "a", "above": 1.0}
    other = {"signal": "b", "above": 1.0}
    inner = {"any_of": [part, other]}
    found = Group.model_validate({"all_of": [part, inner, other], "minimum_known": 2})
    assert words.group(found) == (
        "a is above 1, (a is above 1 or b is above 1) and b is above 1 (known when 2 of 3 are)"
    )


def test_the_article_is_described_rule_by_rule() -> None:
    found = dict(words.describe(article()))
    assert list(found) == [
        "Allocation",
        "Entry",
        "Which condor",
        "Exit",
        "Hedge",
        "Limits of the hedge",
        "Layer 1",
        "Layer 2",
        "Layer 3",
        "Mix base",
        "Mix short calls",
        "Mix long dated",
        "Rolls",
    ]
    assert found["Allocation"].startswith(
        "All open condors together may lose 20 % of the condor ledger's wealth at first, then "
        "30 %, then 40 %."
    )
    assert "at most one part in 4 of the allocation" in found["Entry"]
    assert "30 to 60 away, never one that is held already" in found["Entry"]
    assert "must be 15 to 25 % of the wider width" in found["Which condor"]
    assert found["Exit"].endswith("50 % of its credit is earned (the mid and 50 % of the half "
                                  "spread) or 21 days are left.")  # fmt: skip
    assert "growing with the RSI(14) of SPX from 65 to 75" in found["Layer 2"]
    assert "12.5 % until that is known" in found["Layer 1"]
    assert "50 % VIX futures of the monthly series 3 to 6" in found["Mix long dated"]


def test_the_presets_are_described_as_they_differ() -> None:
    def of(name: str) -> dict[str, str]:
        return dict(words.describe(ruleset.load(name)))

    assert of("unhedged")["Hedge"] == "There is no hedge."
    assert of("article_hold")["Exit"] == "Condors are held to their settlement."
    assert of("static")["Layer 1"] == "12.5 %, always."
    assert of("static")["Rolls"] == "A hedge option is rolled forward when 21 days are left."
    assert of("static")["Mix base"] == "100 % VIX calls of 30 to 60 days."
    assert "Layer 2" not in of("static")
    assert "on every session, for all of the allocation at once" in of("real_2018")["Entry"]


def test_other_shapes_of_rules_are_described_too() -> None:
    rules = article(
        allocation={"steps_percent": [25.0]},
        entry={
            "widths_percent_of_spot": [],
            "widths_points": [25.0, 50.0],
            "short_deltas": [0.2],
            "avoid_held_expiry": False,
            "fill_share": 0.0,
        },
    )
    found = dict(words.describe(rules))
    assert found["Allocation"] == (
        "All open condors together may lose 25 % of the condor ledger's wealth."
    )
    assert "short legs of delta 0.20 with wings 25 or 50 points away. " in found["Which condor"]
    assert "executable price (the mid)" in found["Which condor"]
    assert "never one that is held" not in found["Entry"]
