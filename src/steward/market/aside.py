"""Rows that are not believed: how they are taken out, counted and shown."""

from __future__ import annotations

import polars as pl

AGAIN = "the same quote a second time"
CONTRADICTED = "two different quotes of one contract at one moment"

SHOWN = ("line", "session", "root", "expiry", "right", "strike", "bid", "ask")
"""What is shown of such a row beside its reason."""


def set_aside_of(rows: pl.DataFrame, reason: str | pl.Expr) -> pl.DataFrame:
    """Rows as they are counted and shown when they are not believed."""
    why = pl.lit(reason) if isinstance(reason, str) else reason
    return rows.with_columns(reason=why).select(*SHOWN, "reason")


def drop(
    rows: pl.DataFrame, good: pl.Expr | pl.Series, reason: str, out: list[pl.DataFrame]
) -> pl.DataFrame:
    """The rows where `good` holds; the others, unknown ones too, go to `out`."""
    mask = rows.select(good).to_series() if isinstance(good, pl.Expr) else good
    mask = mask.fill_null(value=False)
    if not mask.all():
        out.append(set_aside_of(rows.filter(~mask), reason))
        rows = rows.filter(mask)
    return rows
