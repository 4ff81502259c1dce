"""Several files of one session: one row a quote, and never two sources in one series that disagree.

Where files have the same quotes, they are one. Where they disagree on a quote, the whole series
(session, snapshot, root, expiry) is taken from one of them: from the one that has most of its
quotes, of equals from the first by layout and source. A parity line or a smile is then of one
source, and the order of imports does not matter.
"""

from __future__ import annotations

import polars as pl

from steward.market.tables import QUOTE_KEY

SERIES = ("session", "snapshot", "root", "expiry")
NEEDED = (*QUOTE_KEY, "bid", "ask", "vendor", "source")
"""Columns that the choice is made by."""


def merged(rows: pl.LazyFrame) -> pl.LazyFrame:
    """One row a key, in no order.

    rows  of several files, `NEEDED` among their columns; no key twice in one file
    """
    return (
        _judged(rows)
        .filter(~pl.col("disputed") | (pl.col("source") == pl.col("best")))
        .drop("disputed", "best", "rows_of_source")
        .sort("vendor", "source", maintain_order=True)
        .unique(QUOTE_KEY, keep="first", maintain_order=True)
    )


def contradicted(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Quotes that a file has otherwise than the one that its series is taken from.

    Columns of `QUOTE_KEY`, `taken` and `other`: a row for each other file.
    """
    disputed = _judged(rows).filter("disputed")
    ours = disputed.filter(pl.col("source") == pl.col("best"))
    theirs = disputed.filter(pl.col("source") != pl.col("best"))
    both = theirs.join(ours, on=QUOTE_KEY, suffix="_taken")
    apart = (pl.col("bid") != pl.col("bid_taken")) | (pl.col("ask") != pl.col("ask_taken"))
    return both.filter(apart).select(*QUOTE_KEY, taken="best", other="source")


def _judged(rows: pl.LazyFrame) -> pl.LazyFrame:
    apart = [
        pl.col(name).max().over(QUOTE_KEY) > pl.col(name).min().over(QUOTE_KEY)
        for name in ("bid", "ask")
    ]
    return rows.with_columns(
        disputed=pl.any_horizontal(apart), rows_of_source=pl.len().over(*SERIES, "source")
    ).with_columns(
        disputed=pl.col("disputed").any().over(SERIES),
        best=pl.col("source")
        .sort_by("rows_of_source", "vendor", "source", descending=[True, False, False])
        .first()
        .over(SERIES),
    )


def in_sql(files: str, columns: str) -> str:
    """The same as a query of DuckDB: `columns` of the files that `files` reads."""
    key, series = (", ".join(f'"{name}"' for name in names) for names in (QUOTE_KEY, SERIES))
    apart = " OR ".join(
        f"max({name}) OVER (PARTITION BY {key}) > min({name}) OVER (PARTITION BY {key})"
        for name in ("bid", "ask")
    )
    counted = (
        f"SELECT *, ({apart}) AS apart, count(*) OVER (PARTITION BY {series}, source) AS n "
        f"FROM {files}"
    )
    judged = (
        f"SELECT *, bool_or(apart) OVER (PARTITION BY {series}) AS disputed, first_value(source) "
        f"OVER (PARTITION BY {series} ORDER BY n DESC, vendor, source) AS best FROM ({counted})"
    )
    return (
        f"SELECT {columns} FROM ({judged}) WHERE NOT disputed OR source = best QUALIFY "
        f"row_number() OVER (PARTITION BY {key} ORDER BY vendor, source) = 1"
    )
