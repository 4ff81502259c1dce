"""Every cent of the change in equity by what caused it: the market's moves, time, costs.

Of a lot that is held over a session, by the Greeks of its marks at both closes:

    roll     delta before, times what its forward would gain if the curve stayed as it is
    delta    delta before, times the rest of the forward's move
    gamma    half of the change of delta, times the whole move
    theta    the mean theta, times the time that passed
    vega     the mean vega, times the move of its series' volatility at the forward
    surface  the mean vega, times the move of its own volatility beside that
    residual what these leave

At a settlement nothing is left of time: theta is what the last mark held beyond exercise at its
forward. What exercise gains from there to the settlement value is, of a PM series, roll and delta
as above and gamma the rest; of an AM series, whose holders cannot trade any more, and of a future,
it is the settlement gap. So delta and roll are what the forward's move alone would have brought,
and what a fair price gives away by gamma or gap it takes in by theta.

A fill's slippage is its price against the middle of the quote that it traded on. Of shares that a
split changed all but slippage is delta. Where one of two marks lacks a Greek the other's stands
for both, and gamma is 0; where one lacks a volatility, vega and surface are 0.

Terms are rounded to whole cents, half to even, and the residual takes what is left, so that the sum
is the change in equity to the cent. It holds what is of the third order in the moves, a change of
the interest rate, quotes that stand on a grid of ticks, and the half of a mark that does not follow
from its volatility: an option in the money whose quote and that of its twin do not agree.
Source: the trapezoidal rule on the gradient of the Black-76 value.
"""

from __future__ import annotations

from typing import Protocol

import polars as pl

from steward.analytics.attribution import moved, openings
from steward.analytics.lot_sessions import contract_terms, lot_sessions, slippage
from steward.analytics.paths import Outcome
from steward.market.tables import GAINS, conform
from steward.terms.contracts import E4
from steward.terms.errors import LawBroken

MARKET = ("delta", "gamma", "vega", "surface", "theta", "roll", "settlement_gap")
"""What happens to what is held."""

TERMS = (*MARKET, "slippage", "fees", "interest", "residual")
LAW = "attribution: the terms of a session add up to its change in equity"

_KEY = ("ledger", "session", "purpose", "instrument")


class MarkedRun(Outcome, Protocol):
    """A run with the marks of what its ledgers held."""

    @property
    def marks(self) -> pl.DataFrame: ...


def of_run(run: MarkedRun) -> pl.DataFrame:
    """The GAINS table of all ledgers of a run.

    Raises LawBroken when it does not add up to the run's equity table, to the cent.
    """
    gains = explained(run.journal, run.marks)
    adds_up(gains, run.journal, run.equity)
    return gains


def explained(journal: pl.DataFrame, marks: pl.DataFrame) -> pl.DataFrame:
    """The GAINS table: rows of 0 cents are left out; sorted by all of its columns but the last.

    Raises LawBroken when lots at their prices and marks do not give what the journal says of a
    session and purpose.
    """
    contracts = contract_terms(journal)
    lots = _terms(lot_sessions(journal, marks, contracts))
    _check(journal, lots)
    market = [*MARKET, "residual"]
    held = (
        lots.group_by(_KEY)
        .agg(pl.col(market).sum())
        .unpivot(on=market, index=_KEY, variable_name="term", value_name="cents")
        .with_columns(rule=pl.lit(None, dtype=pl.String))
    )
    key = [*_KEY, "term", "rule"]
    orders = [
        part.group_by(key).agg(pl.col("cents").sum()) for part in _of_orders(journal, contracts)
    ]
    table = (
        pl.concat([part.select(*key, "cents") for part in (held, *orders)])
        .filter(pl.col("cents") != 0)
        .sort(key, nulls_last=True)
    )
    return conform(table, GAINS, table="gains")


def adds_up(gains: pl.DataFrame, journal: pl.DataFrame, equity: pl.DataFrame) -> None:
    """The law: of each ledger and session the terms add up to the change in equity less flows.

    Raises LawBroken that names the first session that differs.
    """
    start = openings(journal)
    opening = pl.col("ledger").replace_strict(start, default=0, return_dtype=pl.Int64)
    equities = equity.sort("ledger", "session").select(
        "ledger",
        "session",
        moved=pl.col("equity") - pl.col("equity").shift(1).over("ledger").fill_null(opening),
        flow="flow",
    )
    told = gains.group_by("ledger", "session").agg(told=pl.col("cents").sum())
    wrong = (
        equities.join(told, on=["ledger", "session"], how="full", coalesce=True)
        .with_columns(pl.col("moved", "flow", "told").fill_null(0))
        .filter(pl.col("moved") - pl.col("flow") != pl.col("told"))
        .sort("ledger", "session")
    )
    if wrong.height:
        ledger, session, change, flow, cents = wrong.row(0)
        raise LawBroken(
            LAW,
            f"ledger {ledger}, session {session}: equity changed by {change} cents, {flow} of them "
            f"a flow, and the terms add up to {cents}",
        )


def _of_orders(journal: pl.DataFrame, contracts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Slippage with the rule that wanted the fill; fees with it, and interest."""
    terms = contracts.select("contract", "instrument", "multiplier")
    fills = (
        journal.filter(pl.col("event") == "fill", pl.col("lot_id").is_not_null())
        .join(terms, on="contract", how="left")
        .with_columns(term=pl.lit("slippage"), cents=slippage().fill_null(0))
    )
    fee = pl.col("event") == "fee"
    rest = (
        moved(journal)
        .filter(fee | (pl.col("event") == "interest"))
        .join(terms, on="contract", how="left")
        .with_columns(
            purpose=pl.when(fee).then("sleeve").otherwise(pl.lit("cash")),
            term=pl.when(fee).then(pl.lit("fees")).otherwise(pl.lit("interest")),
        )
    )
    return fills, rest


def _terms(lots: pl.DataFrame) -> pl.DataFrame:
    """The rows of `lot_sessions` with each term but fees and interest in whole cents."""
    settles, divided = pl.col("level").is_not_null(), pl.col("divided")
    held = ~settles & ~divided
    at_end = pl.when(settles).then(pl.col("level") / E4).otherwise("forward")
    lots = lots.with_columns(
        known_delta=pl.coalesce("was_delta", "delta"),
        move=at_end - pl.col("was_forward"),
        roll_move=(pl.col("was_forward_rolled") - pl.col("was_forward")).fill_null(0.0),
        vol_move=pl.col("vol") - pl.col("was_vol"),
        level_move=(pl.col("vol_at_forward") - pl.col("was_vol_at_forward")).fill_null(0.0),
        years=pl.col("clock") - pl.col("was_clock"),
        exercise=_exercise(pl.col("was_forward")),
    ).with_columns(
        by_delta=pl.col("known_delta") * pl.col("move"),
        jump=pl.col("payoff") / E4 - pl.col("exercise"),
    )
    gap = settles & pl.col("morning")
    evening = settles & ~pl.col("morning")
    turned = 0.5 * (pl.col("delta") - pl.col("was_delta")) * pl.col("move")
    spent = pl.col("exercise") - pl.col("was_mid_twice") / (2.0 * E4)
    follows = (held | evening) & pl.col("move").is_not_null()
    points = {
        "delta": pl.when(follows).then(
            pl.col("by_delta") - pl.col("known_delta") * pl.col("roll_move")
        ),
        "gamma": pl.when(held)
        .then(turned)
        .when(evening)
        .then(pl.col("jump") - pl.col("by_delta").fill_null(0.0)),
        "vega": pl.when(held & pl.col("vol_move").is_not_null()).then(
            _mean("vega") * pl.col("level_move")
        ),
        "surface": pl.when(held).then(_mean("vega") * (pl.col("vol_move") - pl.col("level_move"))),
        "theta": pl.when(held)
        .then(_mean("theta") * pl.col("years"))
        .when(settles & (pl.col("kind") != "future"))
        .then(spent),
        "roll": pl.when(follows).then(pl.col("known_delta") * pl.col("roll_move")),
        "settlement_gap": pl.when(gap).then("jump"),
    }
    contracts = 100.0 * pl.col("multiplier") * pl.col("was_quantity")
    cents = {
        name: (expression * contracts).fill_null(0.0).round(mode="half_to_even").cast(pl.Int64)
        for name, expression in points.items()
    }
    cents["delta"] = (
        pl.when(divided).then(pl.col("total") - pl.col("slippage")).otherwise(cents["delta"])
    )
    return lots.with_columns(**cents).with_columns(
        residual=pl.col("total") - pl.sum_horizontal(*MARKET, "slippage")
    )


def _mean(name: str) -> pl.Expr:
    """Of a Greek over the session: before and after, in equal parts; the known one alone."""
    return pl.mean_horizontal(f"was_{name}", name)


def _exercise(level: pl.Expr) -> pl.Expr:
    """Points of one contract if it settled on `level`; a future: the level."""
    call, put = level - pl.col("strike_e4") / E4, pl.col("strike_e4") / E4 - level
    option = pl.when("call").then(call).otherwise(put).clip(lower_bound=0.0)
    return pl.when(pl.col("kind") == "future").then(level).otherwise(option)


def _check(journal: pl.DataFrame, lots: pl.DataFrame) -> None:
    """Of each session and purpose the lots' gains are the rows' of its fills, marks, settlements.

    Raises LawBroken that names the first that differs, or a lot without a mark.
    """
    key = ["ledger", "session", "purpose"]
    bare = lots.filter(pl.col("total").is_null()).sort(*key, "lot_id")
    if bare.height:
        ledger, session, lot_id, contract = bare.select(
            "ledger", "session", "lot_id", "contract"
        ).row(0)
        raise LawBroken(
            LAW,
            f"ledger {ledger}, session {session}: lot {lot_id} of {contract} is held and has no "
            "mark",
        )
    said = (
        moved(journal)
        .filter(~pl.col("event").is_in(["fee", "interest"]))
        .group_by(key)
        .agg(said=pl.col("cents").sum())
    )
    found = lots.group_by(key).agg(found=pl.col("total").sum())
    both = said.join(found, on=key, how="full", coalesce=True).with_columns(
        pl.col("said", "found").fill_null(0)
    )
    wrong = both.filter(pl.col("said") != pl.col("found")).sort(key)
    if wrong.height:
        ledger, session, purpose, by_rows, by_lots = wrong.row(0)
        raise LawBroken(
            LAW,
            f"ledger {ledger}, session {session}: the rows of {purpose} gain {by_rows} cents, its "
            f"lots {by_lots}",
        )
