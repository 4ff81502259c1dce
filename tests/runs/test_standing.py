"""From marks to marks: a call is found, stands, is met; below zero it is over."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.orders.margin import profile
from steward.runs.standing import Standing

DAYS = [date(2018, 2, 1) + timedelta(days=n) for n in range(8)]
CBOE, PORTFOLIO = profile("cboe"), profile("portfolio")


def at(was: Standing, day: int, required: int, funds: int, equity: int = 1_000) -> Standing:
    return was.at(DAYS[day], required=required, funds=funds, equity=equity)


def test_as_much_as_is_there_may_be_required() -> None:
    now = at(Standing(), 0, 100, 100)
    assert (now.change, now.called, now.apart, now.deficit, now.refusal) == (
        "none", False, False, 0, "",
    )  # fmt: skip
    assert now.sentence(CBOE, 1_000) == ""


def test_a_call_is_found_stands_and_is_met() -> None:
    found = at(Standing(), 0, 10_100, 10_000)
    assert (found.change, found.since, found.first, found.deficit) == (
        "called", DAYS[0], DAYS[0], 100,
    )  # fmt: skip
    assert found.refusal == (
        "a margin call stands since 2018-02-01: nothing is opened until it is met"
    )
    assert found.sentence(CBOE, 1_000) == (
        "Margin call: $101 is required, $100 of cash is there, $1 is lacking."
    )
    stands = at(found, 1, 10_300, 10_000)
    assert (stands.change, stands.since) == ("stands", DAYS[0])
    assert stands.sentence(PORTFOLIO, 1_000) == (
        "The margin call of 2018-02-01 stands: $103 is required, $100 of account value is there, "
        "$3 is lacking."
    )
    met = at(stands, 2, 9_000, 10_000)
    assert (met.change, met.called, met.since, met.first) == ("met", False, None, DAYS[0])
    assert (
        met.sentence(CBOE, 1_000)
        == "The margin call is met: $90 is required, $100 of cash is there."
    )
    assert met.apart  # its condors need no longer be those of the others
    later = at(met, 3, 9_000, 10_000)
    assert (later.change, later.refusal) == ("none", "")
    again = at(later, 4, 20_000, 10_000)
    assert (again.change, again.since, again.first) == ("called", DAYS[4], DAYS[0])


def test_a_call_for_cents_names_them() -> None:
    """What is lacking is what the two others differ by, as they are told."""
    assert at(Standing(), 0, 10_050, 10_020).sentence(CBOE, 1_000) == (
        "Margin call: $100.50 is required, $100.20 of cash is there, $0.30 is lacking."
    )
    ruined = at(Standing(), 0, 0, -999, equity=-999)
    assert ruined.sentence(CBOE, -999) == "Insolvent: the account is worth -$9.99."


def test_below_zero_a_ledger_is_insolvent_for_good() -> None:
    called = at(Standing(), 0, 10_100, 10_000)
    ruined = at(called, 1, 10_100, -2_000, equity=-50)
    assert (ruined.change, ruined.insolvent, ruined.called) == ("insolvent", DAYS[1], False)
    assert ruined.refusal == "the ledger is insolvent since 2018-02-02: it takes nothing any more"
    assert ruined.sentence(CBOE, -50_000) == "Insolvent: the account is worth -$500."
    # Money that comes later changes nothing.
    later = at(ruined, 2, 0, 50_000, equity=50_000)
    assert (later.change, later.insolvent) == ("none", DAYS[1])
    assert later.refusal
    # Worth nothing is not less than nothing.
    assert at(Standing(), 0, 0, 0, equity=0).insolvent is None


def test_without_a_call_before_it_is_apart_too() -> None:
    ruined = at(Standing(), 0, 0, 10, equity=-1)
    assert ruined.apart
    assert ruined.first is None


@pytest.mark.parametrize(
    ("required", "funds", "share"),
    [(50, 100, 0.5), (0, 100, 0.0), (0, 0, 0.0), (10, 0, None), (0, -5, None), (10, -5, None)],
)
def test_utilisation(required: int, funds: int, share: float | None) -> None:
    assert at(Standing(), 0, required, funds).utilisation == share


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.integers(-100, 500), st.integers(-20, 500)),
        min_size=1,
        max_size=8,
    )
)
def test_a_call_stands_exactly_while_more_is_required_than_is_there(
    marks: list[tuple[int, int, int]],
) -> None:
    now = Standing()
    for n, (required, funds, equity) in enumerate(marks):
        was, now = now, at(now, n, required, funds, equity)
        if now.insolvent is None:
            assert now.called == (required > funds)
            assert bool(now.deficit) == now.called
        else:
            assert not now.called
        assert (was.insolvent is None) or now.insolvent == was.insolvent
        assert was.first is None or now.first == was.first
