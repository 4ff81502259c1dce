"""A run on a simulated history: every price of its journal, manifest, page and plan says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from steward.doors.notebook import BacktestResult
from steward.doors.report import story
from steward.intake.load import Market
from steward.pricing.simulated.market import market_of
from steward.runs.backtest import backtest
from steward.runs.result import Result
from steward.runs.settings import Settings
from steward.terms.trades import Quality


def simulated(worlds: Any, seed: int, sessions: int) -> Market:
    market = worlds.market(seed, sessions)
    history = replace(market.history, simulated="a random world", label="SIMULATED: a random world")
    model = market_of(history)
    return replace(market, history=history, quotes=model, model=model)


@pytest.fixture(scope="module")
def run(worlds: Any) -> Result:
    return backtest(simulated(worlds, 1, 60), Settings(rules=worlds.rules(1)))


def test_every_price_of_the_journal_is_simulated(run: Result) -> None:
    seen = set(run.journal["quality"].drop_nulls().to_list())
    assert seen == {"simulated"}
    settled = run.journal.filter(run.journal["event"] == "settle")
    assert settled.height > 0
    assert settled["quality"].to_list() == ["simulated"] * settled.height


def test_the_manifest_says_it_in_quality_label_and_assumptions(run: Result) -> None:
    assert run.manifest["quality"] == ["simulated"]
    assert run.manifest["data"]["label"] == "SIMULATED: a random world"
    assert run.manifest["data"]["quotes"].startswith("simulated")
    assert any("simulated" in line for line in run.manifest["assumptions"])


def test_pages_pictures_and_sentences_say_it(run: Result) -> None:
    priced = story.prices(run.manifest, run.journal, run.equity)
    assert priced is story.SIMULATED
    result = BacktestResult(run)
    assert result.modelled
    assert result.priced.startswith("Simulated market")
    assert "simulated market</text>" in result.plot()._repr_html_()


def test_a_run_without_a_price_is_simulated_too(worlds: Any) -> None:
    """Before 21 VIX closes nothing can be traded."""
    from steward.runs.backtest import _qualities

    market = simulated(worlds, 2, 30)
    empty = backtest(market, Settings(rules=worlds.rules(2), end=market.history.sessions[10]))
    assert empty.manifest["quality"] == ["simulated"]
    assert _qualities(empty.journal, worlds.market(2, 30)) == ("modelled",)


def test_it_is_trusted_least_of_all_that_one_could_have_traded_on() -> None:
    from steward.ledger.holdings import LEAST_TRUSTED

    order: list[Quality] = list(LEAST_TRUSTED)
    assert order.index("simulated") < order.index("modelled") < order.index("quoted")
