"""A text worked out once for each of its values is the text worked out row by row."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from steward.market.vendors.columns import by_value, rights, underlying_of

TEXTS = st.lists(st.sampled_from(["C", "put", " Call ", "x", "", "^SPX", "spxw", None]))


@given(texts=TEXTS)
def test_by_value_is_by_row(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String}).with_row_index()
    for makes in (rights, underlying_of):
        wanted = frame.select("index", found=makes(pl.col("text")))
        assert frame.select("index", found=by_value(makes, frame, "text")).equals(wanted)
