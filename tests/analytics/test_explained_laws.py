"""What must hold of every attribution: the law, what the residual is, and whole runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from steward.analytics.attribution import by_session
from steward.analytics.explained import LAW, TERMS, adds_up, explained, of_run
from steward.pricing.black import greeks_of_one
from steward.runs.backtest import backtest
from steward.runs.result import Result
from steward.runs.settings import Settings
from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import LawBroken

from .gains_by_hand import (
    CALL_JOURNAL,
    CALL_MARKS,
    FRIDAY,
    MONDAY,
    TUESDAY,
    fill,
    mark,
    marks_of,
    moved,
    terms,
)

Make = Callable[[list[dict[str, Any]]], pl.DataFrame]

# --- the law --------------------------------------------------------------------------------------

TORN = [
    (0, {"cash": -21_500}),  # somebody paid less than the price says
    (0, {"price": 10_700}),
    (0, {"value": 21_700}),
    (0, {"quantity": 3}),
    (2, {"value": -500}),
    (4, {"value": 18_001}),
    (5, {"cash": 34_401}),
    (5, {"quantity": -1}),
    (5, {"price": 17_300}),
]


@pytest.mark.parametrize(("row", "changed"), TORN)
def test_a_journal_that_was_changed_breaks_the_law(
    make_journal: Make, row: int, changed: dict[str, int]
) -> None:
    rows = list(CALL_JOURNAL)
    rows[row] = rows[row] | changed
    with pytest.raises(LawBroken, match="layer_1") as broken:
        explained(make_journal(rows), marks_of(CALL_MARKS))
    assert broken.value.law == LAW
    assert str(rows[row]["session"]) in str(broken.value)


def test_a_mark_that_was_changed_breaks_the_law(make_journal: Make) -> None:
    marks = [CALL_MARKS[0], CALL_MARKS[1] | {"bid": 19_100}, CALL_MARKS[2]]  # 1.955
    with pytest.raises(LawBroken, match="18000 cents, its lots 18100"):
        explained(make_journal(CALL_JOURNAL), marks_of(marks))


def test_a_mark_that_is_missing_breaks_the_law(make_journal: Make) -> None:
    journal = make_journal(CALL_JOURNAL)
    with pytest.raises(LawBroken, match="2018-02-02: lot a of VIX 2018-03-21 20 C is held and"):
        explained(journal, marks_of(CALL_MARKS[1:]))
    with pytest.raises(LawBroken, match="2018-02-05: the rows of layer_1"):
        explained(journal, marks_of([CALL_MARKS[0], CALL_MARKS[2]]))


@pytest.mark.parametrize("day", [FRIDAY, MONDAY, TUESDAY])
def test_an_equity_table_that_says_something_else_breaks_the_law(
    make_journal: Make, make_equity: Make, day: date
) -> None:
    """The owner brought 1,000 dollars on Friday; interest and fees are in it too."""
    flow = {"session": FRIDAY, "event": "flow", "purpose": "flow", "cash": 100_000}
    journal = make_journal([flow, *CALL_JOURNAL])
    after = {FRIDAY: 99_188, MONDAY: 117_228, TUESDAY: 112_628}
    rows = [{"session": d, "equity": e, "flow": 0} for d, e in after.items()]
    rows[0]["flow"] = 100_000
    gains = explained(journal, marks_of(CALL_MARKS))
    adds_up(gains, journal, make_equity(rows))
    for row in rows:
        row["equity"] += int(row["session"] == day)
    with pytest.raises(LawBroken, match=f"session {day}: equity changed by") as broken:
        adds_up(gains, journal, make_equity(rows))
    assert broken.value.law == LAW


# --- what the residual is -------------------------------------------------------------------------


@pytest.mark.parametrize("strike", [2.45e6, 2.6e6, 2.7e6, 2.79e6, 2.9e6])
@pytest.mark.parametrize("right", ["P", "C"])
def test_half_the_moves_leave_an_eighth(make_journal: Make, strike: float, right: str) -> None:
    """The residual is of the third order. Prices are QuantLib's, so that the Greeks that explain
    them are not their own witness; the rate stands still. The index is a thousand times as high as
    it was then: a price is rounded to ten-thousandths, and a residual is small.
    """
    ql = pytest.importorskip("QuantLib", reason="QuantLib is not installed")
    expiry, start, rate = date(2018, 4, 20), date(2018, 3, 5), 0.02
    name, call = f"SPXW {expiry} {strike:g} {right}", right == "C"
    end = calendar.settlement_moment(Expiry(root="SPXW", day=expiry, settlement="PM"))

    def residual(after: date, share: float) -> int:
        rows, marks, worth = [], [], 0
        for day, part in ((start, 0.0), (after, share)):
            forward, vol = 2.7e6 + 16e3 * part, 0.16 + 0.01 * part
            years = (end - calendar.decision_moment(day)).total_seconds() / (365.0 * 86_400.0)
            discount = math.exp(-rate * years)
            kind = ql.Option.Call if call else ql.Option.Put
            price = ql.blackFormula(kind, strike, forward, vol * math.sqrt(years), discount)
            found = greeks_of_one(forward, strike, years, vol, discount=discount, call=call)
            mid = round(price * 10_000) / 10_000
            marks.append(
                mark(
                    day, name, mid, mid, forward=forward, vol=vol, delta=found.delta,
                    vega=found.vega, theta=found.theta, level=vol, rolled=forward + 500.0,
                )
            )  # fmt: skip
            cents = round(mid * 10_000)
            if day == start:
                rows.append(fill(day, name, 1, mid, (mid, mid), cash=-cents, value=cents))
            else:
                rows.append(moved(day, cents - worth))
            worth = cents
        gains = explained(make_journal(rows), marks_of(marks))
        return terms(gains, after).get("residual", 0)

    whole = residual(date(2018, 3, 9), 1.0)  # four days
    half = residual(date(2018, 3, 7), 0.5)
    quarter = residual(date(2018, 3, 6), 0.25)
    assert abs(whole) < 100_000  # ten points, where the forward moves by sixteen thousand
    for large, small in ((whole, half), (half, quarter)):
        assert small == pytest.approx(large / 8.0, rel=0.3, abs=3)  # a second order: a quarter


# --- every run ------------------------------------------------------------------------------------

SEEDS = (0, 1, 4, 7)
"""Condors of weeks that are closed, and of days that settle; VIX calls that settle in the money."""


@pytest.fixture(scope="module")
def run_of(worlds: Any) -> Callable[[int], Result]:
    made: dict[int, Result] = {}

    def run(seed: int) -> Result:
        if seed not in made:
            rules = worlds.rules(seed)
            made[seed] = backtest(worlds.market(seed, 110), Settings(rules=rules))
        return made[seed]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_terms_add_up_by_session_ledger_and_purpose(
    run_of: Callable[[int], Result], seed: int
) -> None:
    result = run_of(seed)
    gains = of_run(result)
    assert set(gains["term"]) <= set(TERMS)
    for (ledger,), equity in result.equity.sort("session").group_by("ledger"):
        told = dict(
            gains.filter(pl.col("ledger") == ledger)
            .group_by("session")
            .agg(pl.col("cents").sum())
            .rows()
        )
        before = 0
        for session, now, flow in equity.select("session", "equity", "flow").rows():
            assert now - before - flow == told.get(session, 0), (ledger, session)
            before = now
    whose = pl.when(pl.col("sleeve").is_in(["interest", "margin_interest"]))
    booked = (
        by_session(result.journal)
        .with_columns(purpose=whose.then(pl.lit("cash")).otherwise("sleeve"))
        .group_by("ledger", "session", "purpose")
        .agg(pl.col("cents").sum())
        .filter(pl.col("cents") != 0)
    )
    found = (
        gains.group_by("ledger", "session", "purpose")
        .agg(pl.col("cents").sum())
        .filter(pl.col("cents") != 0)
    )
    key = ["ledger", "session", "purpose"]
    assert found.select(*key, "cents").sort(key).equals(booked.select(*key, "cents").sort(key))


@pytest.mark.slow
def test_the_random_worlds_have_every_term(run_of: Callable[[int], Result]) -> None:
    """Else that they add up would prove little: gaps of VIX calls, condors at their close."""
    gains = pl.concat([of_run(run_of(seed)) for seed in SEEDS])
    assert set(gains["term"]) == set(TERMS)
    assert {"SPX put", "SPX call", "VIX call"} <= set(gains["instrument"].drop_nulls())
    of_condors = gains.filter(pl.col("purpose") == "condor")
    by_term = dict(of_condors.group_by("term").agg(pl.col("cents").sum()).rows())
    assert by_term["theta"] > 0 > by_term["slippage"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_condors_have_the_same_terms_in_every_ledger(
    run_of: Callable[[int], Result], seed: int
) -> None:
    gains = of_run(run_of(seed)).filter(pl.col("purpose") == "condor")
    unhedged, static, article = (
        gains.filter(pl.col("ledger") == name).drop("ledger")
        for name in ("unhedged", "static", "article")
    )
    assert unhedged.height > 0
    assert unhedged.equals(static)
    assert unhedged.equals(article)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_is_small(run_of: Callable[[int], Result], seed: int) -> None:
    """Modelled marks follow Black-76 but for their ticks: in absolute terms the residuals of all
    sessions stay under a twentieth of the terms, in worlds that jump and with a week to go too.
    """
    sizes = (
        of_run(run_of(seed))
        .group_by("ledger", "session", "purpose", "term")
        .agg(pl.col("cents").sum().abs())
        .group_by(left=pl.col("term") == "residual")
        .agg(pl.col("cents").sum())
    )
    by = dict(sizes.rows())
    assert 0 < by[True] < by[False] / 20
