"""One number a row sorts as the key itself does."""

from __future__ import annotations

from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.market.ordering import in_key_order
from steward.market.tables import QUOTE_KEY

TYPES = {
    "session": pl.Date,
    "snapshot": pl.String,
    "root": pl.String,
    "expiry": pl.Date,
    "right": pl.String,
    "strike": pl.Float64,
}

row = st.tuples(
    st.dates(date(1990, 1, 2), date(2029, 12, 31)),
    st.sampled_from(["eod", "1545", "0945", "gth"]),
    st.sampled_from(["SPX", "SPXW", "VIX"]),
    st.dates(date(1990, 1, 2), date(2029, 12, 31)),
    st.sampled_from(["C", "P"]),
    st.sampled_from([2600.0, 2602.5, 0.001, 1e7, 1e23]) | st.floats(1.0, 9000.0),
)


@given(rows=st.lists(row | st.just((date(2018, 1, 2), "eod", "SPX", date(2018, 2, 16), "C", 1.0))))
def test_as_the_columns_sort_one_after_the_other(
    rows: list[tuple[date, str, str, date, str, float]],
) -> None:
    frame = pl.DataFrame(rows, schema=TYPES, orient="row").with_columns(
        line=pl.int_range(len(rows))
    )
    found, once = in_key_order(frame)
    assert_frame_equal(found, frame.sort(*QUOTE_KEY, "line"))
    assert once == (frame.n_unique(QUOTE_KEY) == frame.height)
