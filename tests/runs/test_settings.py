"""Windows, flows and ledgers of a run."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from steward.intake.flows import Flow
from steward.rules import ruleset
from steward.runs.settings import Settings, flows_by_session, ledger_rules, window
from steward.terms import calendar
from steward.terms.errors import StewardError

DAYS = calendar.sessions(date(2018, 1, 2), date(2018, 3, 29))
HISTORY: Any = SimpleNamespace(sessions=DAYS, label="made up")


def settings(**changed: Any) -> Settings:
    return Settings(rules=ruleset.load("article"), **changed)


def test_the_window_is_that_of_the_data_or_inside_it() -> None:
    assert window(settings(), HISTORY) == DAYS
    inside = window(settings(start=date(2018, 2, 3), end=date(2018, 2, 6)), HISTORY)
    assert inside == (date(2018, 2, 5), date(2018, 2, 6))


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2018, 3, 1), date(2018, 2, 1), "lies after --end"),
        (date(2019, 1, 1), None, "from 2018-01-02 to 2018-03-29"),
        (None, date(2017, 1, 1), "from 2018-01-02 to 2018-03-29"),
        (date(2018, 2, 3), date(2018, 2, 4), "no session between"),
    ],
)
def test_a_window_without_sessions_is_refused(
    start: date | None, end: date | None, said: str
) -> None:
    with pytest.raises(StewardError, match=said):
        window(settings(start=start, end=end), HISTORY)


def test_a_flow_on_a_weekend_is_booked_on_monday_and_flows_of_a_day_add_up() -> None:
    given = (
        Flow(day=date(2018, 2, 3), cents=500),
        Flow(day=date(2018, 2, 5), cents=-200),
        Flow(day=date(2018, 2, 6), cents=7),
    )
    found = flows_by_session(settings(flows=given), DAYS)
    assert found == {date(2018, 2, 5): 300, date(2018, 2, 6): 7}


def test_a_flow_outside_of_the_run_is_refused() -> None:
    with pytest.raises(StewardError, match="2019-01-02"):
        flows_by_session(settings(flows=(Flow(day=date(2019, 1, 2), cents=1),)), DAYS)


@pytest.mark.parametrize("capital", [0, -1])
def test_capital_must_be_above_zero(capital: int) -> None:
    with pytest.raises(StewardError, match="above 0"):
        settings(capital=capital)


def test_a_broker_without_a_price_list_is_refused_with_the_list() -> None:
    assert settings().broker == "ibkr"
    assert settings(broker="none").broker == "none"
    with pytest.raises(StewardError, match="choose ibkr, ibkr_fixed, tastytrade or none"):
        settings(broker="IBKR")


def test_the_references_take_the_condors_of_the_rules() -> None:
    real = ruleset.load("real_2018")
    ledgers = ledger_rules(real)
    assert list(ledgers) == ["cash", "unhedged", "static", "real_2018"]
    assert ledgers["cash"] is None
    static, unhedged = ledgers["static"], ledgers["unhedged"]
    assert static is not None
    assert unhedged is not None
    assert static.entry == unhedged.entry == real.entry
    assert unhedged.hedge is None
    assert static.hedge == ruleset.load("static").hedge


def test_a_rule_file_named_as_a_reference_is_that_ledger() -> None:
    assert list(ledger_rules(ruleset.load("static"))) == ["cash", "unhedged", "static"]
    with pytest.raises(StewardError, match="cash"):
        ledger_rules(ruleset.load("article").model_copy(update={"name": "cash"}))
