"""The ramp from 20 to 40 %, step by step, and what one condor needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.rules.allocation import (
    Standing,
    capital_for,
    follow,
    months_later,
    smallest_capital_cents,
    target_cents,
)
from steward.terms.trades import NOTHING, Memory

from .condor_market import article, facts

START = date(2018, 1, 22)
RULES = article().allocation


class Ramp:
    """Follows the ramp with the memory handed on, as a run does."""

    def __init__(self, memory: Memory = NOTHING) -> None:
        self.memory = memory
        self.sentence = ""

    def on(self, session: date, *, trading: bool = True, **known: Any) -> float:
        """The share after this session, percent."""
        now, trace = follow(session, facts(session, **known), self.memory, RULES, trading=trading)
        self.memory, self.sentence = now.kept_in(self.memory), trace.sentence
        assert trace.result == f"{RULES.steps_percent[now.step]:g} %"
        return RULES.steps_percent[now.step]


def good(**changed: Any) -> dict[str, Any]:
    return {"worst_month": -0.05, "closed_condors": 8, **changed}


def test_the_clock_starts_with_the_first_quotes() -> None:
    ramp = Ramp()
    assert ramp.on(date(2018, 1, 2), trading=False) == 20.0
    assert ramp.memory["step_since"] == ""
    assert "begins with the first quotes" in ramp.sentence
    ramp.on(START)
    assert ramp.memory["step_since"] == "2018-01-22"
    ramp.on(date(2018, 1, 23), trading=False)  # a day without quotes later changes nothing
    assert ramp.memory["step_since"] == "2018-01-22"


def test_up_after_three_months_eight_condors_and_no_bad_month() -> None:
    ramp = Ramp()
    ramp.on(START)
    assert ramp.on(date(2018, 4, 20), **good()) == 20.0  # two days too early
    assert ramp.on(date(2018, 4, 23), **good(closed_condors=7)) == 20.0
    assert ramp.on(date(2018, 4, 24), **good(worst_month=-0.0501)) == 20.0
    assert ramp.on(date(2018, 4, 25), **good(worst_month=None)) == 20.0  # unknown is no good month
    assert ramp.on(date(2018, 4, 26), **good()) == 30.0
    assert ramp.memory["step_since"] == "2018-04-26"
    assert "raised after 3 months, 8 condors closed and no month worse than 5 %" in ramp.sentence
    assert ramp.on(date(2018, 7, 25), **good()) == 30.0
    assert ramp.on(date(2018, 7, 26), **good()) == 40.0
    assert ramp.on(date(2019, 7, 26), **good(closed_condors=99)) == 40.0  # the last step


def test_down_once_for_a_drawdown_and_up_again_by_the_same_conditions() -> None:
    ramp = Ramp(Standing(step=2, since=START).kept_in(NOTHING))
    assert ramp.on(date(2018, 10, 10), drawdown=-0.10, **good()) == 40.0  # not more than 10 %
    assert ramp.on(date(2018, 10, 11), drawdown=-0.101) == 30.0
    assert "lowered because that ledger is 10.1 % below its high" in ramp.sentence
    # The same drawdown, deeper or less deep, takes no second step.
    assert ramp.on(date(2018, 10, 12), drawdown=-0.20) == 30.0
    assert ramp.on(date(2018, 10, 15), drawdown=-0.09) == 30.0
    assert ramp.on(date(2018, 10, 16), drawdown=-0.11) == 30.0
    # Nor is there a step up while it is deeper than 10 %, whatever the months say.
    assert ramp.on(date(2019, 2, 11), drawdown=-0.11, **good()) == 30.0
    assert ramp.on(date(2019, 2, 12), drawdown=-0.09, **good()) == 40.0
    # A step up arms the rule again, and so does a new high.
    assert ramp.on(date(2019, 2, 13), drawdown=-0.11) == 30.0
    assert ramp.on(date(2019, 2, 14), drawdown=0.0) == 30.0
    assert ramp.on(date(2019, 2, 15), drawdown=-0.11) == 20.0
    assert ramp.on(date(2019, 2, 19), drawdown=0.0) == 20.0
    assert ramp.on(date(2019, 2, 20), drawdown=-0.50) == 20.0  # there is no lower step


def test_a_memory_that_does_not_change_is_handed_on_as_it_is() -> None:
    first = Standing(since=START).kept_in({"other": "kept"})
    assert first["other"] == "kept"
    assert Standing.of(first).kept_in(first) is first


@given(
    st.lists(
        st.tuples(st.floats(-0.3, 0.0), st.none() | st.floats(-0.2, 0.2), st.integers(0, 20)),
        max_size=40,
    )
)
def test_it_moves_one_step_at_a_time_and_never_up_in_a_deep_drawdown(
    path: Sequence[tuple[float, float | None, int]],
) -> None:
    ramp, was, day = Ramp(), 20.0, START
    for drawdown, worst, closed in path:
        day = months_later(day, 2)
        now = ramp.on(day, drawdown=drawdown, worst_month=worst, closed_condors=closed)
        assert abs(now - was) in (0.0, 10.0)
        if now > was:
            assert drawdown >= -0.10
            assert worst is not None
            assert worst >= -0.05
            assert closed >= 8
        if now < was:
            assert drawdown < -0.10
        was = now


@pytest.mark.parametrize(
    ("start", "months", "later"),
    [
        (date(2018, 1, 22), 3, date(2018, 4, 22)),
        (date(2018, 11, 30), 3, date(2019, 2, 28)),
        (date(2019, 11, 30), 3, date(2020, 2, 29)),
        (date(2018, 9, 3), 3, date(2018, 12, 3)),
        (date(2018, 10, 31), 1, date(2018, 11, 30)),
        (date(2018, 10, 31), 14, date(2019, 12, 31)),
        (date(2018, 10, 31), 0, date(2018, 10, 31)),
    ],
)
def test_months_later(start: date, months: int, later: date) -> None:
    assert months_later(start, months) == later


def test_the_target_is_rounded_down_and_never_below_nothing() -> None:
    assert target_cents(25_000_000, 20.0) == 5_000_000
    assert target_cents(33_333, 20.0) == 6_666  # 6,666.6
    assert target_cents(1_000, 0.1) == 1  # a tenth of a percent, not its nearest binary fraction
    assert target_cents(-500, 20.0) == 0


# --- the smallest account -------------------------------------------------------------------------


def decisions(*rows: tuple[str, str, str, float], narrow: float = 25.0) -> pl.DataFrame:
    """Intents as a run records them: purpose, action, result, and the loss of one unit."""
    return pl.DataFrame(
        [
            {
                "kind": "intent",
                "result": result,
                "detail": json.dumps(
                    {
                        "purpose": purpose,
                        "action": action,
                        "detail": {
                            "max_loss_cents": loss,
                            "width": 25.0,
                            "narrow_width": narrow,
                        },
                    }
                ),
            }
            for purpose, action, result, loss in rows
        ]
        + [{"kind": "trace", "result": "lapsed", "detail": ""}]
    )


def test_the_smallest_capital_is_the_least_that_one_wanted_condor_asks_for() -> None:
    rules = article()
    # At 20 % an account of 10,000 dollars may lose 2,000: a condor that can lose 2,000 just fits.
    found = decisions(
        ("condor", "open", "lapsed", 210_000.0),
        ("condor", "open", "lapsed", 200_000.0),
        ("layer_1", "open", "lapsed", 1.0),
    )
    assert smallest_capital_cents(found, rules) == 1_000_000
    assert target_cents(1_000_000, 20.0) == 200_000
    assert target_cents(999_999, 20.0) < 200_000


def test_size_was_not_the_reason_when_a_condor_was_sent_or_had_no_quote() -> None:
    rules = article()
    sent = ("condor", "open", "sent", 200_000.0)
    assert smallest_capital_cents(decisions(("condor", "open", "lapsed", 1e5), sent), rules) is None
    unquoted = decisions(("condor", "open", "no quote", 1e5), ("condor", "close", "lapsed", 1e5))
    assert smallest_capital_cents(unquoted, rules) is None
    assert smallest_capital_cents(decisions(), rules) is None


def test_an_account_must_also_carry_the_margin() -> None:
    all_in = article(allocation={"steps_percent": [100.0]})
    # A condor that can lose 2,000 dollars and needs 2,500 of the account.
    assert capital_for(200_000, 250_000, all_in) == 250_000
    assert capital_for(200_000, 250_000, article()) == 1_000_000


def test_where_both_spreads_need_margin_the_narrower_one_counts_too() -> None:
    """All in: 2,000 can be lost; the narrower spread of 15 points needs 1,500 more."""
    all_in = article(allocation={"steps_percent": [100.0]})
    found = decisions(("condor", "open", "refused", 200_000.0), narrow=15.0)
    assert smallest_capital_cents(found, all_in) == 200_000
    assert smallest_capital_cents(found, all_in, both_sides=True) == 350_000
    even = decisions(("condor", "open", "refused", 200_000.0), narrow=25.0)
    assert smallest_capital_cents(even, all_in, both_sides=True) == 200_000
