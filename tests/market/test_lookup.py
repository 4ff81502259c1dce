"""A look-up by runs is the left join that it stands for."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.market.lookup import looked_up

row = st.tuples(st.sampled_from(["SPX", "SPXW", None]), st.sampled_from([1, 2, None]))


@given(rows=st.lists(row))
def test_as_a_left_join_in_the_order_of_the_rows(rows: list[tuple[str | None, int | None]]) -> None:
    frame = pl.DataFrame(rows, schema={"root": pl.String, "day": pl.Int64}, orient="row")
    frame = frame.with_columns(line=pl.int_range(frame.height))

    def made(different: pl.DataFrame) -> pl.DataFrame:
        assert different.is_unique().all()
        return different.with_columns(said=pl.format("{}/{}", "root", "day"))

    key = ["root", "day"]
    wanted = frame.join(
        made(frame.select(key).unique()),
        on=key,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    assert_frame_equal(looked_up(frame, key, made), wanted)
