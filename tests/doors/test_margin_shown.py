"""What terminal, JSON and plan say of margin: how much is used, calls, insolvency."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from steward.doors import cli, notebook, plan_text, terminal
from steward.doors.notebook import BacktestResult
from steward.orders.margin import DEFAULT, profile
from steward.runs import plan as plans
from steward.runs.settings import Settings
from steward.runs.standing import Standing
from steward.terms.errors import StewardError

WINDOW = ("--start", "2018-06-01", "--end", "2018-07-13")
Said = tuple[int, str, str]


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_calls_and_insolvency_are_told(called_run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_backtest(BacktestResult(called_run), Path("runs/x"), as_json=False)
    said = shown(capsys)
    assert (
        "article had 2 margin calls, standing at 552 closes: positions were closed at the natural "
        "price, for $843 against mid and in fees."
    ) in said
    assert "static had 1 margin call, standing at 1 close" in said
    assert "static is insolvent since 2018-08-10: worth less than nothing" in said
    assert "unhedged had" not in said


def test_calls_are_in_the_json(called_run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_backtest(BacktestResult(called_run), Path("runs/x"), as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert said["margin"]["name"] == "cboe"
    assert [one["ledger"] for one in said["margin_calls"]] == ["article", "article", "static"]
    first = said["margin_calls"][0]
    assert (first["found"], first["met"], first["deficit"]) == (
        "2015-02-26", "2015-03-02", 1_000_000,
    )  # fmt: skip
    assert first["closed"] == ["condor-300", "condor-302"]
    assert said["summary"]["static"]["insolvent_on"] == "2018-08-10"


# --- the plan ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def found(worlds: Any) -> plans.Plan:
    market = worlds.market(5, 60)
    return plans.plan(market, Settings(rules=worlds.rules(5)), market.history.sessions[55])


def plan_with(found: plans.Plan, standing: Standing, name: str = "cboe") -> plans.Plan:
    return replace(found, standing=standing, margin=profile(name))


CALM = Standing(required=4_000_000, funds=10_000_000)
CALLED = replace(CALM, funds=3_000_000, since=date(2018, 2, 5), first=date(2018, 2, 5))
RUINED = Standing(funds=-100, insolvent=date(2018, 2, 6))


def test_a_plan_says_how_much_is_required_and_of_what(
    found: plans.Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_text.show_plan(plan_with(found, CALM), as_json=False)
    assert "Margin (cboe): $40,000 required of $100,000 of cash (40.0 %)." in shown(capsys)
    plan_text.show_plan(plan_with(found, CALM, "portfolio"), as_json=False)
    assert "Margin (portfolio): $40,000 required of $100,000 of account value" in shown(capsys)


def test_a_plan_says_whether_a_call_stands(
    found: plans.Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_text.show_plan(plan_with(found, CALLED), as_json=False)
    assert (
        "A margin call stands since 2018-02-05: $10,000 is lacking; nothing is opened, and what is "
        "closed for it takes any price."
    ) in shown(capsys)
    cents = replace(CALLED, funds=CALLED.required - 30)
    plan_text.show_plan(plan_with(found, cents), as_json=False)
    assert "stands since 2018-02-05: $0.30 is lacking;" in shown(capsys)
    plan_text.show_plan(plan_with(found, RUINED), as_json=False)
    said = shown(capsys)
    assert "Margin (cboe): $0 required of -$1 of cash." in said
    assert "Insolvent since 2018-02-06: everything is closed." in said


def test_a_plan_for_a_machine(found: plans.Plan) -> None:
    account = plan_text.plan_record(plan_with(found, CALLED, "cboe:sum"))["account"]
    assert account["margin_cents"] == 4_000_000
    assert account["margin_funds_cents"] == 3_000_000
    assert account["margin_deficit_cents"] == 1_000_000
    assert account["margin_profile"] == "cboe:sum"
    assert (account["margin_call_since"], account["insolvent_since"]) == ("2018-02-05", None)
    assert account["margin_used"] == pytest.approx(4 / 3)
    ruined = plan_text.plan_record(plan_with(found, RUINED))["account"]
    assert (ruined["insolvent_since"], ruined["margin_used"]) == ("2018-02-06", None)


def test_the_margin_of_a_line_is_that_of_the_profile(worlds: Any) -> None:
    """Every condor that is opened or held needs what its profile asks for."""
    market = worlds.market(5, 60)
    day = market.history.sessions[55]
    needs = {}
    for name in ("cboe", "portfolio"):
        made = plans.plan(market, Settings(rules=worlds.rules(5), margin=profile(name)), day)
        assert made.margin == profile(name)
        needs[name] = [
            line.margin
            for line in made.lines
            if line.purpose == "condor" and line.verb in ("open", "leave")
        ]
        assert needs[name]
        assert all(need is not None and need > 0 for need in needs[name])
    assert needs["cboe"] != needs["portfolio"]


# --- the command ---------------------------------------------------------------------------------


def test_a_profile_is_in_the_manifest_and_a_replay_repeats_it(
    steward: Callable[..., Said], tmp_path: Path
) -> None:
    code, out, err = steward("backtest", *WINDOW, "--margin", "ibkr", "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["margin"]["name"] == "ibkr"
    assert said["margin"]["unequal_widths"] == "sum"
    assert len(said["margin"]["futures_table"]) == 64
    (folder,) = (tmp_path / "runs").iterdir()
    code, out, _ = steward("replay", str(folder))
    assert code == 0
    assert "byte for byte" in out
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Interactive Brokers, a margin account (Reg T)" in page


@pytest.mark.parametrize("command", [("backtest", *WINDOW), ("plan", "--as-of", "2018-06-29")])
def test_a_profile_that_is_none_is_one_line(
    steward: Callable[..., Said], command: tuple[str, ...]
) -> None:
    code, _, err = steward(*command, "--margin", "regt")
    assert code == cli.BAD_INPUT
    assert err == (
        f"steward {command[0]}: --margin regt: no such profile; there are cboe, ibkr, tastytrade, "
        "portfolio, cash\n"
    )


def test_a_run_brings_its_own_margin() -> None:
    with pytest.raises(StewardError, match="brings its own rules, capital, broker and margin"):
        notebook.plan("2018-06-29", run="somewhere", margin="ibkr")


def test_python_takes_a_name_or_a_profile() -> None:
    assert notebook._margin(None) is DEFAULT
    assert notebook._margin("cboe:sum").unequal_widths == "sum"
    assert notebook._margin(profile("cash")) is profile("cash")
