"""What is the same for many rows is worked out once, and looked up by runs of equal rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl


def looked_up(
    rows: pl.DataFrame, on: Sequence[str], made: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """The rows with more columns: those that `made` gives to each different value of `on`.

    made  the different values (columns `on`) → the same rows with further columns
    The same as a left join in the order of the rows, nulls being equal; several times faster where
    equal values follow one another, as in files by session and expiry.
    """
    key = list(on)
    run = rows.select(pl.struct(key).rle_id()).to_series()
    heads = rows.select(key).filter(run.ne_missing(run.shift(1)))
    named = made(heads.unique(maintain_order=True))
    found = heads.join(named, on=key, how="left", nulls_equal=True, maintain_order="left")
    return rows.with_columns(found.drop(key).select(pl.all().gather(run)))
