"""The laws where margin is short: nearly all of the account in condors, then a withdrawal.

A first run without the withdrawal says when most of the margin is used, and how much is then free;
the second run takes that out and a little more. Each seed has its own profile.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steward.analytics.margin import calls
from steward.analytics.trades import trades
from steward.intake.flows import Flow
from steward.orders.margin import profile
from steward.runs.backtest import backtest
from steward.runs.plan import plan
from steward.runs.recording import order_detail
from steward.runs.result import Result
from steward.runs.settings import CONDORS, Settings

pytestmark = pytest.mark.slow

SESSIONS = 110
SEEDS = (0, 3, 6, 7, 9, 10)
LEDGERS = ("unhedged", "static", "article")
PROFILES = ("cboe", "ibkr", "portfolio", "cash", "tastytrade")
seeds = st.sampled_from(SEEDS)


class Runs:
    """Whole runs by seed, made once."""

    def __init__(self, worlds: Any) -> None:
        self._worlds = worlds
        self._made: dict[int, Result] = {}
        self._settings: dict[int, Settings] = {}

    def settings(self, seed: int) -> tuple[Any, Settings]:
        """The market, and what a run on it is made with."""
        market, rules = self._worlds.market(seed, SESSIONS), self._worlds.rules(seed)
        if seed not in self._settings:
            steps = rules.allocation.model_copy(update={"steps_percent": (95.0,)})
            calm = Settings(
                rules=rules.model_copy(update={"allocation": steps}),
                capital=10_000_000,
                margin=profile(PROFILES[seed % len(PROFILES)]),
            )
            self._settings[seed] = replace(calm, flows=(_withdrawal(backtest(market, calm)),))
        return market, self._settings[seed]

    def __call__(self, seed: int) -> Result:
        if seed not in self._made:
            self._made[seed] = backtest(*self.settings(seed))
        return self._made[seed]


def _withdrawal(calm: Result) -> Flow:
    """What leaves nine tenths of the requirement, on the session that uses most of the margin."""
    lead = calm.equity.filter(ledger=CONDORS).sort("session")[20:-20]
    row = int((lead["margin"] / lead["margin_funds"]).arg_max() or 0)
    day, required, funds = lead.select("session", "margin", "margin_funds").row(row)
    return Flow(day=day, cents=-(funds - 9 * required // 10))


@pytest.fixture(scope="module")
def run_of(worlds: Any) -> Runs:
    return Runs(worlds)


def test_the_worlds_hold_what_these_laws_are_about(run_of: Runs) -> None:
    """Calls of the condor ledger and of others, condors closed for them, new ones after it."""
    found = pl.concat([calls(run_of(seed).decisions) for seed in SEEDS])
    assert found.height >= 8
    assert found.filter(pl.col("ledger") == CONDORS).height >= 2
    assert found["met"].is_not_null().sum() >= 6
    journals = [run_of(seed).journal for seed in SEEDS]
    forced = pl.concat(journals).filter(cause="margin_call", event="fill")
    assert forced.filter(purpose="condor").height >= 12
    later = 0
    for seed in SEEDS:
        first = calls(run_of(seed).decisions)
        for ledger, day in first.group_by("ledger").agg(pl.col("found").min()).rows():
            opened = run_of(seed).journal.filter(
                pl.col("ledger") == ledger, pl.col("session") > day, pl.col("event") == "fill",
                pl.col("purpose") == "condor", pl.col("cause") == "condor",
            )  # fmt: skip
            later += opened.height
    assert later > 20


@settings(max_examples=6)
@given(seed=seeds)
def test_a_call_stands_where_more_is_required_than_is_there(run_of: Runs, seed: int) -> None:
    equity = run_of(seed).equity
    alive = equity.filter(~pl.col("insolvent"))
    assert (alive["margin_called"] == (alive["margin"] > alive["margin_funds"])).all()
    counted = "equity" if PROFILES[seed % len(PROFILES)] == "portfolio" else "cash"
    assert (equity["margin_funds"] == equity[counted]).all()
    assert (equity["margin"] >= 0).all()


@settings(max_examples=6)
@given(seed=seeds)
def test_nothing_is_opened_while_a_call_stands(run_of: Runs, seed: int) -> None:
    """Not in that ledger, and no condor anywhere while one stands in the condor ledger."""
    result = run_of(seed)
    standing = result.equity.filter(pl.col("margin_called") | pl.col("insolvent"))
    days = set(standing.select("ledger", "session").rows())
    leading = {day for ledger, day in days if ledger == CONDORS}
    orders = result.decisions.filter(pl.col("kind") == "order")
    for ledger, day, text in orders.select("ledger", "session", "detail").rows():
        order = json.loads(text)
        if (ledger, day) in days:
            assert order["action"] == "close"
        if day in leading and order["purpose"] == "condor":
            assert order["action"] == "close"
        if order["purpose"] == "margin_call":
            assert (ledger, day) in days
            assert order["worst"] is None
            assert order["fill_share"] == 1.0


@settings(max_examples=6)
@given(seed=seeds)
def test_money_is_conserved_and_no_intent_vanishes(run_of: Runs, seed: int) -> None:
    result = run_of(seed)
    last = result.equity["session"].max()
    for ledger in result.equity["ledger"].unique().sort():
        rows = result.journal.filter(pl.col("ledger") == ledger).sort("sequence")
        assert (rows["equity"] == (rows["cash"] + rows["value"]).cum_sum()).all()
        found = result.equity.filter(pl.col("ledger") == ledger).sort("session")
        assert found["equity"][-1] == rows["equity"][-1]
    wanted = result.decisions.filter(pl.col("kind") == "intent")
    working = wanted.filter((pl.col("session") == last) & (pl.col("result") == "sent"))
    ended = (
        result.journal.filter(pl.col("intent_id").is_not_null() & pl.col("state").is_not_null())
        .group_by("ledger", "intent_id")
        .len()
    )
    assert (ended["len"] == 1).all()
    assert set(ended.select("ledger", "intent_id").rows()) == (
        set(wanted.select("ledger", "name").rows()) - set(working.select("ledger", "name").rows())
    )


@settings(max_examples=6)
@given(seed=seeds)
def test_the_same_condors_until_the_first_call_and_never_more_than_the_condor_ledger_opens(
    run_of: Runs, seed: int
) -> None:
    """Until the first call, its own or the condor ledger's, fills are equal cent by cent (D1).

    After it a ledger opens condors that the condor ledger opens, at its price, never more of them;
    and what both close on one session for the same reason they close at one price.
    """
    result = run_of(seed)
    columns = ["session", "event", "order_id", "lot_id", "contract", "quantity", "price", "cash"]
    rows = result.journal.filter(
        (pl.col("purpose") == "condor") & pl.col("event").is_in(["fill", "settle"])
    )
    found = calls(result.decisions)
    lead = rows.filter(pl.col("ledger") == CONDORS)
    end = result.equity["session"].max()
    key = ["session", "cause", "order_id", "lot_id", "contract"]
    for ledger in LEDGERS[1:]:
        own = rows.filter(pl.col("ledger") == ledger)
        mine = found.filter(pl.col("ledger").is_in([ledger, CONDORS]))["found"].min() or end
        before = pl.col("session") <= mine
        assert own.filter(before).select(columns).equals(lead.filter(before).select(columns))
        fills = own.filter(~before & (pl.col("event") == "fill")).join(
            lead.filter(pl.col("event") == "fill"), on=key, how="left", suffix="_lead"
        )
        opened = fills.filter(pl.col("order_id").str.contains(" open/"))
        assert opened["price_lead"].is_not_null().all()
        shared = fills.filter(pl.col("price_lead").is_not_null())
        assert (shared["price"] == shared["price_lead"]).all()
        assert (opened["quantity"].abs() <= opened["quantity_lead"].abs()).all()
        assert (opened["quantity"] * opened["quantity_lead"] > 0).all()


@settings(max_examples=6)
@given(seed=seeds)
def test_only_a_forced_condor_may_lose_more_than_its_maximum(run_of: Runs, seed: int) -> None:
    result = run_of(seed)
    held = trades(result.journal).filter(
        pl.col("purpose") == "condor", pl.col("result").is_not_null()
    )
    forced = (
        result.journal.filter(cause="margin_call", event="fill")
        .select("ledger", "structure_id")
        .unique()
    )
    bound = held.join(forced, on=["ledger", "structure_id"], how="anti")
    assert (bound["result"] >= -(bound["max_loss"] + bound["fees"])).all()
    causes = result.journal.filter(purpose="condor", event="fill")["cause"].unique().to_list()
    assert set(causes) <= {"condor", "margin_call"}


@settings(max_examples=4)
@given(seed=seeds)
def test_the_plan_of_a_session_in_a_call_is_what_the_backtest_ordered(
    run_of: Runs, seed: int
) -> None:
    result = run_of(seed)
    days = result.equity.filter(ledger="article", margin_called=True)["session"]
    if days.is_empty():
        return
    found = plan(*run_of.settings(seed), days[0])
    recorded = result.decisions.filter(ledger="article", session=days[0], kind="order")
    assert [json.loads(text) for text in recorded["detail"]] == [
        order_detail(order) for order in found.orders
    ]
    assert found.standing.called
    assert any(line.purpose == "margin_call" for line in found.to_do) or not found.to_do
    assert {line.verb for line in found.to_do} <= {"close", "sell"}


@settings(max_examples=2)
@given(seed=seeds)
def test_the_same_inputs_give_the_same_run(run_of: Runs, seed: int) -> None:
    again, first = backtest(*run_of.settings(seed)), run_of(seed)
    assert again.manifest == first.manifest
    for name in ("journal", "equity", "decisions"):
        assert getattr(again, name).equals(getattr(first, name)), name
