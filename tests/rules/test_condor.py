"""The condor rules as one decision: when, how much, and in words that a trader would use."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.fills import Simulator
from steward.market.quotes import Chain
from steward.orders.place import place_condors
from steward.rules import condor
from steward.rules.ruleset import RuleSet
from steward.terms.contracts import Expiry
from steward.terms.trades import NOTHING, Book, Decision, Fill

from .condor_market import (
    EMPTY,
    FEBRUARY,
    MARCH,
    MARCH_AM,
    MONDAY,
    TUESDAY,
    CondorMarket,
    article,
    bought,
    facts,
)

MARKET = CondorMarket(series=(FEBRUARY, MARCH, MARCH_AM))


def decided(
    market: CondorMarket = MARKET,
    session: date = MONDAY,
    rules: RuleSet | None = None,
    book: Book = EMPTY,
    **known: Any,
) -> Decision:
    known_facts = facts(session, **known)
    return condor.decide(market.view(session), known_facts, book, NOTHING, rules or article())


def entry_result(decision: Decision) -> str:
    return next(trace.result for trace in decision.traces if trace.rule == "condor_entry")


def entry_sentence(decision: Decision) -> str:
    return next(trace.sentence for trace in decision.traces if trace.rule == "condor_entry")


# --- an entry -------------------------------------------------------------------------------------


def test_an_entry_says_all_that_a_trader_asks() -> None:
    decision = decided()
    (intent,) = decision.intents
    assert intent.structure_id == "2018-01-22 condor 2018-03-09 2570/2625/2910/2965"
    assert intent.intent_id == f"{intent.structure_id} open"
    assert (intent.purpose, intent.action, intent.fill_share) == ("condor", "open", 0.5)
    assert [leg.quantity for leg in intent.legs] == [1, -1, -1, 1]
    # A fifth of 250,000 dollars may be lost in all, a quarter of that by one entry.
    assert intent.size == 1_250_000
    assert intent.detail["available_cents"] == 5_000_000
    detail = intent.detail
    assert detail["width"] == 55.0
    assert detail["credit_share"] == pytest.approx(detail["credit"] / 55.0)
    assert detail["max_loss_cents"] == pytest.approx(100 * 100 * (55.0 - detail["credit"]))
    assert detail["break_even_low"] == pytest.approx(2625.0 - detail["credit"])
    assert detail["break_even_high"] == pytest.approx(2910.0 + detail["credit"])
    assert detail["days"] == 46.0
    assert detail["put_delta"] < 0.0 < detail["call_delta"]
    assert detail["moves_to_low"] > detail["moves_to_high"] > 0.0  # the put side is further off
    assert intent.reason == (
        "Sell the 2,625 put and the 2,910 call of 9 March 2018 (46 days away), buy the 2,570 put "
        "and the 2,965 call, for a credit of 12.30: 22.4 % of the wider width of 55.00. One condor "
        "can lose $4,270; it loses nothing while SPX settles between 2,612.70 and 2,922.30."
    )


def test_every_session_leaves_the_same_three_traces() -> None:
    for session in (MONDAY, TUESDAY):
        assert [trace.rule for trace in decided(session=session).traces] == [
            "condor_allocation",
            "condor_entry",
            "condor_exit",
        ]


def test_a_series_that_settles_on_the_opening_print_is_named_as_such() -> None:
    decision = decided(CondorMarket(series=(MARCH_AM,)))
    assert "(53 days away, settled on the opening print)" in decision.intents[0].reason
    assert decision.intents[0].legs[0].contract.root == "SPX"


class NoVols(CondorMarket):
    """Quotes that carry no implied volatility."""

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        found = super().chain(session, expiry)
        return None if found is None else replace(found, vol=np.full(len(found.vol), np.nan))


def test_expected_moves_are_left_out_when_no_volatility_is_known() -> None:
    (intent,) = decided(NoVols()).intents
    assert "break_even_low" in intent.detail
    assert not [key for key in intent.detail if key.startswith("moves")]


# --- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "session", "due"),
    [
        ("week", MONDAY, True),
        ("week", TUESDAY, False),
        ("week", date(2018, 1, 16), True),  # a Tuesday after a holiday
        ("week", date(2018, 1, 2), True),  # the first session of the year, a Tuesday
        ("month", date(2018, 2, 1), True),
        ("month", MONDAY, False),
        ("day", TUESDAY, True),
    ],
)
def test_the_cadence_goes_by_the_calendar(every: str, session: date, due: bool) -> None:
    rules = article(entry={"every": every, "days_max": 90})
    decision = decided(session=session, rules=rules)
    assert bool(decision.intents) is due
    assert (entry_result(decision) == "not today") is not due


def test_a_small_account_is_promised_nothing_that_does_not_fit() -> None:
    """What one condor can lose, against the whole allocation of 20 % and its quarter."""
    loss = round(decided().intents[0].detail["max_loss_cents"])
    for nav, words in (
        (5 * loss - 500, "No condor fits: one of 9 March 2018 with a credit of "),
        (5 * loss, "One condor is more than a quarter of the allocation: one is taken if it fits;"),
        (20 * loss - 100, "One condor is more than a quarter of the allocation"),
        (20 * loss, "of maximum loss may be added, of $"),
    ):
        view = CondorMarket().view(MONDAY)
        decision = condor.decide(view, facts(nav=nav, cash=nav), EMPTY, NOTHING, article())
        assert words in entry_sentence(decision)


def test_without_quotes_nothing_begins() -> None:
    decision = decided(CondorMarket(series=()))
    assert decision.intents == ()
    assert entry_result(decision) == "no quotes"
    assert decision.memory["step_since"] == ""


class NoChain(CondorMarket):
    """Lists series, but has no quotes of any."""

    def chain(self, session: date, expiry: object) -> None:  # type: ignore[override]
        return None


def test_a_listed_series_without_a_chain_is_no_trade() -> None:
    decision = decided(NoChain())
    assert entry_sentence(decision) == "No condor: SPXW of 9 March 2018 is not quoted on this day."


# --- how much -------------------------------------------------------------------------------------


def test_no_more_than_the_unused_part_of_the_allocation() -> None:
    (intent,) = decided(condor_max_loss=4_999_999).intents
    assert intent.detail["available_cents"] == 1
    for used in (5_000_000, 6_000_000):
        decision = decided(condor_max_loss=used)
        assert decision.intents == ()
        assert entry_result(decision) == "allocation used"


def test_the_step_of_the_ramp_sets_the_target() -> None:
    memory = {"allocation_step": 2.0, "step_since": "2018-01-02", "allocation_lowered": 0.0}
    decision = condor.decide(MARKET.view(MONDAY), facts(), EMPTY, memory, article())
    assert decision.intents[0].size == 2_500_000  # a quarter of 40 %
    assert decision.memory is memory  # nothing changed


# --- no trade -------------------------------------------------------------------------------------


def test_no_combination_in_the_band_says_what_came_nearest() -> None:
    rules = article(entry={"credit_share_min": 0.6, "credit_share_max": 0.7})
    decision = decided(rules=rules)
    assert decision.intents == ()
    assert entry_result(decision) == "no trade"
    assert entry_sentence(decision) == (
        "No condor: no combination of short delta and width on SPXW of 9 March 2018 pays 60.0 % to "
        "70.0 % of its wider width (52 tried); the nearest pays 40.0 % (short delta 0.22, 0.5 % of "
        "SPX)."
    )
    inputs = decision.traces[1].inputs
    assert len(inputs) == 14  # the expiry, and each of thirteen short deltas
    assert inputs["short delta 0.10"].count("%") == 8


def test_no_usable_quotes_is_another_reason() -> None:
    decision = decided(CondorMarket(spread=2_000.0))  # nobody bids for anything
    assert entry_sentence(decision) == (
        "No condor: no combination of short delta and width on SPXW of 9 March 2018 has usable "
        "quotes on all four legs (52 tried)."
    )


def test_every_expiry_held_is_no_trade() -> None:
    market = CondorMarket()
    first = decided(market)
    view = market.view(MONDAY)
    (order,) = place_condors(first.intents, view, facts(), article()).orders
    waiting = replace(EMPTY, open_orders=(order,))
    assert entry_result(decided(market, book=waiting)) == "no expiry"
    fill = Simulator().fill(order, view)
    assert isinstance(fill, Fill)
    held = replace(EMPTY, lots=bought(order, fill))
    again = decided(market, book=held)
    assert entry_sentence(again) == "No condor: every expiry 30 to 60 days away is held already."
    assert again.traces[2].result == "hold 1"


def test_a_session_may_close_one_condor_and_open_another() -> None:
    market = CondorMarket(series=(FEBRUARY, MARCH))
    early = CondorMarket(series=(FEBRUARY,))
    (order,) = place_condors(decided(early).intents, early.view(MONDAY), facts(), article()).orders
    fill = Simulator().fill(order, early.view(MONDAY))
    assert isinstance(fill, Fill)
    held = replace(EMPTY, lots=bought(order, fill))
    later = date(2018, 2, 5)  # 23 days before the first one settles, 32 before the second
    rules = article(exit={"days_to_expiry": 23})
    decision = decided(market, later, rules, held)
    assert [(i.action, i.legs[0].contract.expiry) for i in decision.intents] == [
        ("close", FEBRUARY.day),
        ("open", MARCH.day),
    ]


# --- what the rest of the line relies on ----------------------------------------------------------


@given(
    st.builds(
        CondorMarket,
        vol=st.floats(0.08, 0.4),
        vol_slope=st.floats(0.0, 0.12),
        spread=st.sampled_from([0.05, 0.2, 1.0]),
    )
)
def test_the_credit_decided_is_the_limit_sent_and_the_fill_at_the_same_quotes(
    market: CondorMarket,
) -> None:
    decision = decided(market)
    view = market.view(MONDAY)
    placed = place_condors(decision.intents, view, facts(), article())
    for intent, order in zip(decision.intents, placed.orders, strict=True):
        assert order.limit == -round(10_000 * intent.detail["credit"])
        fill = Simulator().fill(order, view)
        assert isinstance(fill, Fill)
        assert fill.net == order.limit
        assert order.worst is not None
        assert order.limit <= order.worst < 0  # the least credit of the band, never a debit


def test_ids_differ_from_session_to_session() -> None:
    rules = article(entry={"every": "day"})
    names = [decided(session=day, rules=rules).intents[0].intent_id for day in (MONDAY, TUESDAY)]
    assert names[0] != names[1]


def test_the_same_question_has_the_same_answer() -> None:
    assert decided() == decided()
