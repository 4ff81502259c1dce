"""What crossing spreads has cost: each fill against the middle of the quote that it traded on."""

from __future__ import annotations

import polars as pl

from steward.terms.contracts import from_key


def paid(journal: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, purpose, rule, cents (paid above 0), one row each; sorted.

    Fills without a bid and an ask (a broker's) are left out: what they cost is not known. Half
    cents add up and are rounded once, half to even.
    """
    fills = journal.filter(
        pl.col("event") == "fill", pl.col("bid").is_not_null(), pl.col("ask").is_not_null()
    )
    keys = fills["contract"].unique().sort().to_list()
    multipliers = pl.DataFrame(
        {"contract": keys, "multiplier": [from_key(key).multiplier for key in keys]},
        schema={"contract": pl.String(), "multiplier": pl.Int64()},
    )
    over = 2 * pl.col("price") - pl.col("bid") - pl.col("ask")
    return (
        fills.join(multipliers, on="contract", how="left", maintain_order="left")
        .group_by("ledger", "purpose", "rule")
        .agg(twice=(pl.col("quantity") * over * pl.col("multiplier")).sum())
        .with_columns(cents=(pl.col("twice") / 200.0).round(mode="half_to_even").cast(pl.Int64))
        .select("ledger", "purpose", "rule", "cents")
        .sort("ledger", "purpose", "rule", nulls_last=True)
    )


def by_ledger(journal: pl.DataFrame) -> dict[str, int]:
    """Cents paid, by ledger; 0 of one that never traded."""
    found = dict.fromkeys(journal["ledger"].unique().sort().to_list(), 0)
    for ledger, cents in paid(journal).group_by("ledger").agg(pl.col("cents").sum()).rows():
        found[ledger] = cents
    return found
