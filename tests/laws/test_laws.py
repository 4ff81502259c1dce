"""The laws of design.md section 4 over random markets, on whole runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.analytics.trades import trades
from steward.runs.backtest import backtest
from steward.runs.plan import plan
from steward.runs.recording import order_detail
from steward.runs.result import Result
from steward.runs.settings import CONDORS, Settings

SESSIONS = 110
LEDGERS = ("unhedged", "static", "article")
seeds = st.integers(0, 10_000)


class Runs:
    """Whole runs by seed, made once."""

    def __init__(self, worlds: Any) -> None:
        self._worlds = worlds
        self._made: dict[int, Result] = {}

    def __call__(self, seed: int) -> Result:
        if seed not in self._made:
            market = self._worlds.market(seed, SESSIONS)
            self._made[seed] = backtest(market, Settings(rules=self._worlds.rules(seed)))
        return self._made[seed]


@pytest.fixture(scope="module")
def run_of(worlds: Any) -> Runs:
    return Runs(worlds)


def test_the_random_worlds_hold_what_the_laws_are_about(run_of: Runs) -> None:
    """Condors won and lost, hedges bought, rolled or settled: else the laws would prove nothing."""
    results = [run_of(seed) for seed in range(4)]
    held = pl.concat([trades(one.journal) for one in results])
    condors = held.filter(pl.col("purpose") == "condor", pl.col("result").is_not_null())
    assert condors.filter(pl.col("result") < 0).height > 3
    assert condors.filter(pl.col("result") > 0).height > 3
    settled = condors.filter(pl.col("outcome").str.starts_with("settled"))
    assert settled.filter(pl.col("result") < 0).height > 3
    assert settled.filter(pl.col("result") > 0).height > 3
    hedges = held.filter(pl.col("purpose").str.starts_with("layer"))
    assert hedges.filter(pl.col("closed").is_not_null()).height > 3
    assert hedges["purpose"].n_unique() >= 2


@settings(max_examples=6)
@given(seed=seeds)
def test_money_is_conserved_to_the_cent(run_of: Runs, seed: int) -> None:
    """Equity is capital and all that the journal moved, by ledger, after every event."""
    result = run_of(seed)
    for ledger in result.equity["ledger"].unique().sort():
        rows = result.journal.filter(pl.col("ledger") == ledger).sort("sequence")
        assert (rows["equity"] == (rows["cash"] + rows["value"]).cum_sum()).all()
        last = result.equity.filter(pl.col("ledger") == ledger).sort("session").tail(1)
        parts = ("cash", "condor", "layer_1", "layer_2", "layer_3")
        assert sum(last[name][0] for name in parts) == last["equity"][0] == rows["equity"][-1]


@settings(max_examples=6)
@given(seed=seeds)
def test_no_condor_loses_more_than_its_maximum_and_fees(run_of: Runs, seed: int) -> None:
    held = trades(run_of(seed).journal).filter(
        pl.col("purpose") == "condor", pl.col("result").is_not_null()
    )
    assert (held["result"] >= -(held["max_loss"] + held["fees"])).all()
    assert (held["max_loss"] > 0).all()


@settings(max_examples=6)
@given(seed=seeds)
def test_no_intent_vanishes(run_of: Runs, seed: int) -> None:
    """Every intent of the decisions ends once in the journal; those of the last day are open."""
    result = run_of(seed)
    last = result.equity["session"].max()
    wanted = result.decisions.filter(pl.col("kind") == "intent")
    open_still = set(
        wanted.filter((pl.col("session") == last) & (pl.col("result") == "sent"))
        .select("ledger", "name")
        .rows()
    )
    ended = (
        result.journal.filter(pl.col("intent_id").is_not_null() & pl.col("state").is_not_null())
        .group_by("ledger", "intent_id")
        .len()
    )
    assert (ended["len"] == 1).all()
    assert set(ended.select("ledger", "intent_id").rows()) == (
        set(wanted.select("ledger", "name").rows()) - open_still
    )


@settings(max_examples=5)
@given(seed=seeds, cut=st.integers(25, SESSIONS - 1))
def test_the_past_does_not_change_when_the_future_is_cut_off(
    run_of: Runs, worlds: Any, seed: int, cut: int
) -> None:
    whole = run_of(seed)
    market = worlds.market(seed, SESSIONS)
    until = market.history.sessions[cut]
    short = backtest_until(worlds, seed, until)
    for name in ("journal", "equity", "decisions"):
        full: pl.DataFrame = getattr(whole, name)
        part: pl.DataFrame = getattr(short, name)
        assert full.filter(pl.col("session") <= until).equals(part), name


def backtest_until(worlds: Any, seed: int, until: date) -> Result:
    """The run on a world that ends there: its history is cut, its model made anew."""
    from steward.pricing.modelled import ModelledMarket

    market = worlds.market(seed, SESSIONS)
    history = market.history.until(until)
    model = ModelledMarket(history)
    cut = type(market)(
        history=history,
        quotes=model,
        model=model,
        hashes=market.hashes,
        quarantined=(),
        notes=(),
        kind="modelled",
    )
    return backtest(cut, Settings(rules=worlds.rules(seed)))


@settings(max_examples=5)
@given(seed=seeds, place=st.integers(25, SESSIONS - 1))
def test_the_plan_of_a_past_session_is_what_the_backtest_ordered(
    run_of: Runs, worlds: Any, seed: int, place: int
) -> None:
    result, market = run_of(seed), worlds.market(seed, SESSIONS)
    session = market.history.sessions[place]
    found = plan(market, Settings(rules=worlds.rules(seed)), session)
    recorded = result.decisions.filter(
        (pl.col("ledger") == "article")
        & (pl.col("session") == session)
        & (pl.col("kind") == "order")
    )
    import json

    assert [json.loads(text) for text in recorded["detail"]] == [
        order_detail(order) for order in found.orders
    ]
    assert {line.verb for line in found.to_do} <= {"open", "close", "roll", "buy", "sell"}


@settings(max_examples=3)
@given(seed=seeds)
def test_the_same_inputs_give_the_same_run(run_of: Runs, worlds: Any, seed: int) -> None:
    again = backtest(worlds.market(seed, SESSIONS), Settings(rules=worlds.rules(seed)))
    first = run_of(seed)
    assert again.manifest == first.manifest
    for name in ("journal", "equity", "decisions"):
        assert getattr(again, name).equals(getattr(first, name)), name


@settings(max_examples=4)
@given(seed=seeds)
def test_all_ledgers_hold_the_same_condors(run_of: Runs, seed: int) -> None:
    """Fills and settlements of condors are those of the condor ledger, cent by cent (D1)."""
    columns = ["session", "event", "order_id", "lot_id", "contract", "quantity", "price", "cash"]
    rows = run_of(seed).journal.filter(
        (pl.col("purpose") == "condor") & pl.col("event").is_in(["fill", "settle"])
    )
    lead = rows.filter(pl.col("ledger") == CONDORS).select(columns)
    for ledger in LEDGERS:
        assert rows.filter(pl.col("ledger") == ledger).select(columns).equals(lead)


@settings(max_examples=4)
@given(seed=seeds)
def test_no_hedge_rule_closes_a_condor(run_of: Runs, seed: int) -> None:
    """A condor's lot is only ever traded by an order of purpose condor (D4)."""
    fills = run_of(seed).journal.filter(
        (pl.col("event") == "fill") & (pl.col("purpose") == "condor")
    )
    assert (fills["cause"] == "condor").all()
