"""The condor of February 2018 on real quotes, worked by hand from the chain file.

Amounts are derived from quotes by the arithmetic in the comments; the quotes themselves belong to
their vendor and stay out. All in cents, for one condor, a debt above 0.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from steward.doors.notebook import BacktestResult, backtest
from steward.doors.plan_text import show_plan
from steward.intake.load import Market, open_market
from steward.runs.plan import Plan, plan
from steward.runs.replay import settings_of
from steward.terms.contracts import OptionContract, Right

CHAIN = "chains/spxw_eod_2018-01_2018-02.csv"
EXPIRY = date(2018, 2, 28)
STRIKES: tuple[tuple[float, Right, int], ...] = (
    (2660.0, "P", 1),
    (2715.0, "P", -1),
    (2895.0, "C", -1),
    (2950.0, "C", 1),
)

# Closing at mid is (short mids) - (long mids). Of 2018-02-06 to -08, all four legs quoted:
# 2,340; 2,292.5 and 3,685 dollars, as the sums of mids that are halves of bid plus ask.
MARKS = {date(2018, 2, 6): 234_000, date(2018, 2, 7): 229_250, date(2018, 2, 8): 368_500}

# 2018-02-05: nobody quotes the short put (bid and ask are 0 in the file, so the row is set aside).
# With it between the mids of its neighbours five points off, and the three quoted legs at theirs,
# the condor stands at 26.35 points.
EVENING = date(2018, 2, 5)
BETWEEN_NEIGHBOURS = 263_500

# k = 0.5: each leg at mid +/- a quarter of its spread, the net of 10.325 rounded once against the
# seller to the grid of 0.05: 10.30 points.
ENTRY_CREDIT = 103_000

# Of the four legs the 2715 put alone ends in the money, by 1.17 points of the official close (the
# chain file's own underlying of that day is a snapshot five hundredths lower, and is not used).
SETTLEMENT = 11_700


@pytest.fixture(scope="module")
def market(shared_data: Path) -> Market:
    return open_market(data=shared_data, chains=[shared_data / CHAIN])


@pytest.fixture(scope="module")
def result(shared_data: Path) -> BacktestResult:
    return backtest(
        rules="real_2018",
        data=shared_data,
        chains=[shared_data / CHAIN],
        start="2018-02-01",
        end="2018-02-28",
    )


@pytest.fixture(scope="module")
def condor(result: BacktestResult) -> pl.DataFrame:
    """Journal rows of the first condor in the condor ledger."""
    rows = result.journal.filter(pl.col("ledger") == "unhedged", pl.col("purpose") == "condor")
    first = rows.filter(pl.col("event") == "fill")["structure_id"][0]
    return rows.filter(pl.col("structure_id") == first)


def test_it_is_decided_on_the_first_and_filled_on_the_second(condor: pl.DataFrame) -> None:
    fills = condor.filter(pl.col("event") == "fill")
    assert fills["structure_id"][0] == "2018-02-01 condor 2018-02-28 2660/2715/2895/2950"
    assert fills["session"].unique().to_list() == [date(2018, 2, 2)]
    units = fills["quantity"][0]
    assert fills["quantity"].to_list() == [units, -units, -units, units]
    assert set(fills["quality"]) == {"quoted"}
    assert fills["cash"].sum() == units * ENTRY_CREDIT


def test_it_is_marked_at_mid_through_the_crash(market: Market) -> None:
    for session, expected in MARKS.items():
        assert debt(market, session) == (expected, {"quoted"})


def test_a_leg_without_a_quote_is_marked_between_its_neighbours_and_flagged(
    market: Market,
) -> None:
    worth, qualities = debt(market, EVENING)
    assert qualities == {"quoted", "modelled"}
    assert worth == pytest.approx(BETWEEN_NEIGHBOURS, abs=7_500)  # three quarters of a point
    short_put = contract(2715.0, "P")
    assert market.quotes.quote(EVENING, short_put) is None
    assert market.quotes.mark(EVENING, short_put).quality == "modelled"


def test_the_ledger_carries_those_marks(result: BacktestResult, condor: pl.DataFrame) -> None:
    units = condor.filter(pl.col("event") == "fill")["quantity"][0]
    equity = result.equity.filter(pl.col("ledger") == "unhedged")
    values = dict(equity.select("session", "condor").rows())
    for session, expected in MARKS.items():
        assert values[session] == -units * expected
    flagged = dict(equity.select("session", "modelled_marks").rows())
    assert flagged[EVENING] == 1
    assert flagged[date(2018, 2, 6)] == 0


def test_it_settles_on_the_close_of_its_last_day(condor: pl.DataFrame) -> None:
    settled = condor.filter(pl.col("event") == "settle")
    units = abs(settled["quantity"][0])
    assert settled["session"].unique().to_list() == [EXPIRY]
    assert set(settled["source"]) == {"spx_close"}
    assert set(settled["state"]) == {"settled by value"}
    assert settled["cash"].sum() == -units * SETTLEMENT


def test_the_plan_of_the_crash_names_the_condor_and_leaves_it_alone(
    result: BacktestResult, market: Market, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(result.manifest)
    found: Plan = plan(market, settings, EVENING)
    held = [line for line in found.lines if line.purpose == "condor"]
    assert [line.verb for line in held] == ["leave"]
    assert found.indicative  # the hedge's prices, and the mark of one leg, are modelled
    assert held[0].quality == "modelled"  # of its marks the least trusted
    show_plan(found, as_json=False)
    said = " ".join(capsys.readouterr().out.split())
    assert f"Prices: SPX as quoted in {CHAIN.rpartition('/')[2]}; the rest modelled" in said
    assert "Modelled quotes: indicative, not a market" not in said
    modelled = any(line.quality == "modelled" for line in found.to_do)
    assert ("Condors at real quotes; hedge prices modelled: indicative." in said) == modelled
    assert ("Real quotes." in said) != modelled


def test_the_default_rules_find_no_trade_in_it(shared_data: Path) -> None:
    found = backtest(
        data=shared_data, chains=[shared_data / CHAIN], start="2018-01-02", end="2018-02-28"
    )
    assert found.journal.filter(pl.col("event") == "fill").is_empty()
    reasons = [reason for reason, _ in found.entry_refusals()]
    assert any("no listed expiry lies 30 to 60 days away" in reason for reason in reasons)


def contract(strike: float, right: Right) -> OptionContract:
    return OptionContract(root="SPXW", expiry=EXPIRY, strike=strike, right=right, settlement="PM")


def debt(market: Market, session: date) -> tuple[int, set[str]]:
    """What closing one condor at mid costs, cents, and the qualities of its marks."""
    quotes = [(market.quotes.mark(session, contract(k, right)), q) for k, right, q in STRIKES]
    total = -sum(quantity * quote.mid_twice for quote, quantity in quotes)
    return total // 2, {quote.quality for quote, _ in quotes}
