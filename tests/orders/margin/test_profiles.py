"""Profiles by name, and that a manifest brings them back."""

from __future__ import annotations

import pytest

from steward.orders.margin import DEFAULT, PROFILES, profile, sentence
from steward.orders.margin.profiles import from_mapping, resolved
from steward.terms.errors import StewardError


def test_the_names() -> None:
    assert sorted(PROFILES) == ["cash", "cboe", "ibkr", "portfolio", "tastytrade"]
    assert profile("cboe") is DEFAULT
    assert [PROFILES[n].unequal_widths for n in ("cboe", "ibkr", "tastytrade")] == [
        "wider",
        "sum",
        "wider",
    ]


def test_the_wings_can_be_chosen() -> None:
    assert profile("cboe:sum").unequal_widths == "sum"
    assert profile("ibkr:wider").unequal_widths == "wider"
    assert (profile("cboe:sum").label, profile("cboe:wider").label) == ("cboe:sum", "cboe")
    assert (profile("ibkr").label, profile("ibkr:wider").label) == ("ibkr", "ibkr:wider")


@pytest.mark.parametrize("text", ["regt", "", "cboe:", "cboe:both", "portfolio:sum", "cboe:sum:x"])
def test_what_is_none_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(StewardError, match=r"there are cboe|of wider, sum|write --margin"):
        profile(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "cboe:foo",
            "--margin cboe:foo: 'foo' is none of wider, sum. Of a condor with unequal wings "
            "cboe:wider counts the wider side, cboe:sum both spreads; cboe alone takes the one "
            "that is usual there",
        ),
        (
            "portfolio:sum",
            "--margin portfolio:sum: portfolio margin looks at all options together and knows no "
            "rule for two wings; write --margin portfolio",
        ),
    ],
)
def test_what_stands_behind_a_name_is_explained(text: str, said: str) -> None:
    with pytest.raises(StewardError) as refused:
        profile(text)
    assert str(refused.value) == said


def test_a_manifest_brings_it_back() -> None:
    for text in (*PROFILES, "cboe:sum"):
        assert from_mapping(resolved(profile(text)), source="x") == profile(text)


def test_a_manifest_of_another_version_is_refused() -> None:
    kept = resolved(DEFAULT)
    for odd in (
        {key: value for key, value in kept.items() if key != "points"},
        {**kept, "haircut": 1},
        {**kept, "name": "mine"},
    ):
        with pytest.raises(StewardError, match=r"run: its margin profile .* make the run again"):
            from_mapping(odd, source="run")


def test_what_counts() -> None:
    """By strategy cash, on a grid the account's value."""
    counts = {name: one.funds(cash=7, equity=9) for name, one in PROFILES.items()}
    assert counts == {"cboe": 7, "ibkr": 7, "tastytrade": 7, "cash": 7, "portfolio": 9}


def test_a_sentence_says_what_matters() -> None:
    assert "its wider side" in sentence(profile("cboe"))
    assert "both spreads when its wings are unequal" in sentence(profile("ibkr"))
    assert "Nothing naked and no futures" in sentence(profile("cash"))
    assert "no offset between SPX and VIX" in sentence(profile("portfolio"))
    assert "37.50 dollars a contract" in sentence(profile("portfolio"))
