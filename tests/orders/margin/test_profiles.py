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
            "regt",
            "--margin regt: no such profile; there are cboe, ibkr, tastytrade, portfolio, cash",
        ),
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
    kept, said = resolved(DEFAULT), []
    for odd in (
        {key: value for key, value in kept.items() if key not in ("points", "naked")},
        {**kept, "haircut": 1},
        {**kept, "name": "mine"},
    ):
        with pytest.raises(StewardError) as refused:
            from_mapping(odd, source="run")
        said.append(str(refused.value))
    assert said == [
        f"run: its margin profile is not one of this version ({what}): make the run again"
        for what in ("naked, points", "haircut", "name mine")
    ]


def test_what_counts() -> None:
    """By strategy cash, on a grid the account's value."""
    counts = {name: one.funds(cash=7, equity=9) for name, one in PROFILES.items()}
    assert counts == {"cboe": 7, "ibkr": 7, "tastytrade": 7, "cash": 7, "portfolio": 9}


CALLS = "held against cash with the credits in it; VIX calls release nothing and count for nothing."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "cboe",
            "Margin: cboe, the exchange's minimum of a margin account (Reg T). A condor needs its "
            f"wider side, {CALLS}",
        ),
        (
            "ibkr",
            "Margin: ibkr, Interactive Brokers, a margin account (Reg T). A condor needs both "
            f"spreads when its wings are unequal, else one side, {CALLS}",
        ),
        (
            "tastytrade:sum",
            "Margin: tastytrade:sum, tastytrade, a margin account (Reg T). A condor needs both "
            f"spreads when its wings are unequal, else one side, {CALLS}",
        ),
        (
            "cash",
            f"Margin: cash, a cash account. A condor needs its wider side, {CALLS} Nothing naked "
            "and no futures.",
        ),
        (
            "portfolio",
            "Margin: portfolio, portfolio margin on a grid of moves. The largest loss of the SPX "
            "options over moves of -8 to +6 %, of each series of VIX options over -50 to +50 % of "
            "its future, at least 37.50 dollars a contract; no offset between SPX and VIX.",
        ),
    ],
)
def test_a_sentence_says_what_matters(text: str, said: str) -> None:
    assert sentence(profile(text)) == said


def test_the_numbers_are_those_of_the_rules() -> None:
    """Sources: Cboe Rule 10.3 and its margin manual: 15 % of a broad index and 20 % of VIX, at
    least 10 %, 102 % of what a box costs; the futures model and the initial share of the domain
    facts, section 5: max(6,000, 0.45 F 1000) and 110 %; Rule 10.4 and OCC for the grid: ten points
    from -8 to +6 %, 37.50 dollars a contract; VIX as commonly stated.
    """
    one = DEFAULT
    assert (one.spx_percent, one.vix_percent, one.least_percent, one.box_percent) == (
        15,
        20,
        10,
        102,
    )
    assert (one.future_floor, one.future_share, one.future_initial_percent) == (600_000, 0.45, 110)
    grid = PROFILES["portfolio"]
    assert (grid.spx_low, grid.spx_high, grid.vix_low, grid.vix_high) == (-8.0, 6.0, -50.0, 50.0)
    assert (grid.points, grid.least_a_contract, grid.vol_points) == (10, 3_750, 0.0)
