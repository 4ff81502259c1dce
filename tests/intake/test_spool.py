"""What is kept by month comes back as it was, whether it was in memory or on the disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.intake.spool import FEW_RUNS, Spool
from steward.market.vendors.columns import as_rows

DAYS = [date(2018, 1, 31), date(2018, 2, 1), date(2018, 2, 2), date(2019, 2, 1)]

row = st.tuples(
    st.sampled_from(DAYS),
    st.sampled_from(["SPX", "VIX"]),
    st.sampled_from(["SPX", "SPXW", None]),
    st.sampled_from([None, 1.5]),
)


def frame(rows: list[tuple[date, str, str | None, float | None]], first: int) -> pl.DataFrame:
    schema = {"session": pl.Date, "symbol": pl.String, "root": pl.String, "iv": pl.Float64}
    known = pl.DataFrame(rows, schema=schema, orient="row")
    return as_rows(known.with_columns(line=pl.int_range(first, first + len(rows))))


@pytest.mark.parametrize("limit", [0, 10**9])
@given(batches=st.lists(st.lists(row, min_size=1, max_size=12), min_size=1, max_size=4))
def test_the_rows_of_each_month_in_the_order_of_the_lines(
    limit: int,
    batches: list[list[tuple[date, str, str | None, float | None]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool") / "s", limit)
    first, frames = 2, []
    for batch in batches:
        frames.append(frame(batch, first))
        spool.add(frames[-1])
        first += len(batch)
    whole = pl.concat(frames)
    assert sum(spool.counts.values()) == whole.height
    assert list(spool.keys()) == sorted(spool.keys())
    for (symbol, month), found in spool.months():
        same = (pl.col("symbol") == symbol) & (pl.col("session").dt.strftime("%Y-%m") == month)
        assert_frame_equal(found, whole.filter(same))
        whole = whole.filter(~same)
    assert whole.is_empty()


def test_a_batch_in_which_months_alternate_is_parted_all_the_same(tmp_path: Path) -> None:
    """More runs than are cut out one by one."""
    rows = [(DAYS[i % 2], "SPX", None, None) for i in range(2 * FEW_RUNS)]
    spool = Spool(tmp_path / "s")
    spool.add(frame(rows, 2))
    assert {key: found.height for key, found in spool.months()} == {
        ("SPX", "2018-01"): FEW_RUNS,
        ("SPX", "2018-02"): FEW_RUNS,
    }


def test_nothing_is_left_on_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s", 0)
    spool.add(frame([(DAYS[0], "SPX", None, None)], 2))
    assert list((tmp_path / "s").iterdir())
    spool.close()
    assert not (tmp_path / "s").exists()
