"""Tables of where the money went, from the GAINS table of one ledger; all in cents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, get_args

import polars as pl

from steward.analytics.explained import TERMS
from steward.terms.errors import StewardError
from steward.terms.trades import Purpose

By = Literal["purpose", "instrument", "year", "month", "rule"]
BY: tuple[By, ...] = get_args(By)

CASH, HELD, NO_RULE = "cash", "held", "no rule"
"""Rows of what is of no instrument and no rule: interest, what happened to what was held, and fees
of a settlement, which nobody wanted."""

COSTS = ("slippage", "fees")


def of_ledger(gains: pl.DataFrame, ledger: str, known: Sequence[str]) -> pl.DataFrame:
    """The rows of one ledger. StewardError for a name that is none of the `known` ledgers."""
    if ledger not in known:
        raise StewardError(f"no ledger is named {ledger!r}: there are {', '.join(known)}")
    return gains.filter(pl.col("ledger") == ledger)


def part(name: str) -> By:
    """By what to divide. StewardError for what is none of `BY`."""
    for by in BY:
        if by == name:
            return by
    raise StewardError(f"the gain is not divided by {name!r}: there are {', '.join(BY)}")


def table(gains: pl.DataFrame, by: By) -> pl.DataFrame:
    """Columns `by` (text), each of `TERMS`, total: a row each that has a gain or a loss.

    Purposes stand in their order, instruments by name, years and months in time, rules from the
    dearest to the one that brought most; cash comes last, and before it what no rule's order cost.
    """
    rows = gains.with_columns(_key(by).alias(by))
    found = rows.group_by(by).agg(
        pl.col("cents").filter(pl.col("term") == term).sum().alias(term) for term in TERMS
    )
    return (
        found.with_columns(total=pl.sum_horizontal(TERMS))
        .sort(_order(by), by)
        .select(by, *TERMS, "total")
    )


def _key(by: By) -> pl.Expr:
    session = pl.col("session")
    return {
        "purpose": pl.col("purpose"),
        "instrument": pl.col("instrument").fill_null(CASH),
        "year": session.dt.strftime("%Y"),
        "month": session.dt.strftime("%Y-%m"),
        "rule": pl.when(pl.col("term").is_in(COSTS))
        .then(pl.col("rule").fill_null(NO_RULE))
        .when(pl.col("purpose") == CASH)
        .then(pl.lit(CASH))
        .otherwise(pl.lit(HELD)),
    }[by]


def _order(by: By) -> pl.Expr:
    name = pl.col(by)
    if by == "purpose":
        order = {purpose: place for place, purpose in enumerate(get_args(Purpose))}
        return name.replace_strict(order, default=len(order), return_dtype=pl.Int64)
    last = pl.when(name == CASH).then(2).when(name == HELD).then(1).otherwise(0)
    if by == "rule":
        return pl.struct(last, pl.when(last == 0).then("total").alias("cost"))
    return last


def together(rows: pl.DataFrame) -> dict[str, int]:
    """The sum of every column of a table, by its name."""
    return {name: int(rows[name].sum()) for name in (*TERMS, "total")}


def costs(gains: pl.DataFrame, journal: pl.DataFrame) -> pl.DataFrame:
    """What trading cost by the rule that wanted it: columns rule, orders, contracts, slippage,
    fees, total; the dearest first.

    journal  of the same ledger: `orders` are those that traded, contracts count every leg
    """
    rule = pl.col("rule").fill_null(NO_RULE)
    traded = (
        journal.filter(pl.col("event") == "fill")
        .group_by(rule)
        .agg(
            orders=pl.col("order_id").n_unique().cast(pl.Int64),
            contracts=pl.col("quantity").abs().sum(),
        )
    )
    paid = (
        gains.filter(pl.col("term").is_in(COSTS))
        .group_by(rule)
        .agg(pl.col("cents").filter(pl.col("term") == term).sum().alias(term) for term in COSTS)
    )
    return (
        traded.join(paid, on="rule", how="full", coalesce=True)
        .with_columns(pl.exclude("rule").fill_null(0))
        .with_columns(total=pl.sum_horizontal(COSTS))
        .sort("total", "rule")
    )


def course(gains: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """Columns session, each of `TERMS`, total: all gains so far, on every one of these days."""
    by_day = gains.group_by("session").agg(
        pl.col("cents").filter(pl.col("term") == term).sum().alias(term) for term in TERMS
    )
    return (
        pl.DataFrame({"session": days}, schema={"session": pl.Date})
        .join(by_day, on="session", how="left", maintain_order="left")
        .with_columns(pl.col(TERMS).fill_null(0).cum_sum())
        .with_columns(total=pl.sum_horizontal(TERMS))
    )
