"""Several files of one session: a series is never of two sources that disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from steward.market.merging import contradicted, merged
from steward.market.store import Store
from steward.market.tables import QUOTE_KEY, QUOTES

from .storing import quote, stored

DAY, NEAR, FAR = date(2018, 1, 8), date(2018, 2, 16), date(2018, 3, 16)
Rows = Sequence[Mapping[str, Any]]


def taken(store: Store) -> list[tuple[date, float, str]]:
    return store.quotes("SPX", "2018-01").select("expiry", "strike", "source").rows()


def test_files_that_agree_are_one_and_complete_each_other(tmp_path: Path) -> None:
    files = {
        "a": [quote(DAY, NEAR, "P", 2600.0), quote(DAY, NEAR, "P", 2610.0)],
        "b": [quote(DAY, NEAR, "P", 2610.0), quote(DAY, NEAR, "P", 2620.0)],
    }
    store = stored(tmp_path / "s", files)
    assert taken(store) == [(NEAR, 2600.0, "a"), (NEAR, 2610.0, "a"), (NEAR, 2620.0, "b")]
    assert store.contradictions("SPX", "2018-01").is_empty()


def test_a_series_in_which_files_disagree_is_of_the_one_with_more_of_it(tmp_path: Path) -> None:
    """Never a strike of one source beside a strike of another: parity would be of two markets."""
    files = {
        "a": [
            quote(DAY, NEAR, "P", 2600.0),
            quote(DAY, NEAR, "P", 2605.0),
            quote(DAY, FAR, "P", 2600.0),
        ],
        "b": [
            quote(DAY, NEAR, "P", 2600.0, bid=1.2),
            quote(DAY, NEAR, "P", 2610.0),
            quote(DAY, NEAR, "P", 2620.0),
            quote(DAY, FAR, "P", 2610.0),
        ],
    }
    store = stored(tmp_path / "s", files)
    assert taken(store) == [
        (NEAR, 2600.0, "b"),
        (NEAR, 2610.0, "b"),
        (NEAR, 2620.0, "b"),
        (FAR, 2600.0, "a"),
        (FAR, 2610.0, "b"),
    ]
    apart = store.contradictions("SPX", "2018-01")
    assert apart.select("strike", "taken", "other").rows() == [(2600.0, "b", "a")]


def test_of_equals_the_first_by_layout_and_source(tmp_path: Path) -> None:
    files = {
        name: [quote(DAY, NEAR, "P", 2600.0, bid=bid, vendor=vendor)]
        for name, bid, vendor in (("a", 1.1, "z"), ("b", 1.2, "y"), ("c", 1.3, "y"))
    }
    assert taken(stored(tmp_path / "s", files)) == [(NEAR, 2600.0, "b")]


WORDS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([NEAR, FAR]),
        st.sampled_from([2600.0, 2610.0, 2620.0]),
        st.sampled_from([1.0, 1.1]),
    ),
    unique_by=lambda word: word[:3],
    min_size=1,
)


@given(words=WORDS, seed=st.integers(0, 100))
def test_the_order_of_rows_and_files_changes_nothing(words: list[Any], seed: int) -> None:
    rows = [
        quote(DAY, expiry, "P", strike, bid=bid, source=source)
        for source, expiry, strike, bid in words
    ]
    frame = pl.DataFrame(rows, schema=dict(QUOTES))
    found = merged(frame.lazy()).collect().sort(QUOTE_KEY)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=seed)
    assert_frame_equal(found, merged(shuffled.lazy()).collect().sort(QUOTE_KEY))
    assert found.select(QUOTE_KEY).is_unique().all()
    apart = contradicted(frame.lazy()).collect()
    for expiry in apart["expiry"].unique():
        assert found.filter(pl.col("expiry") == expiry)["source"].n_unique() == 1
    calm = frame.filter(~pl.col("expiry").is_in(apart["expiry"].unique().implode()))
    kept = found.join(calm.select(QUOTE_KEY), on=QUOTE_KEY, how="semi")
    assert kept.height == calm.select(QUOTE_KEY).n_unique(), "nothing is lost where all agree"


def test_sql_and_a_scan_say_the_same(tmp_path: Path) -> None:
    pytest.importorskip("duckdb")
    files: dict[str, Rows] = {
        "a": [quote(DAY, NEAR, "P", k, bid=1.0) for k in (2600.0, 2610.0)],
        "b": [quote(DAY, NEAR, "P", k, bid=1.1) for k in (2600.0, 2620.0, 2630.0)],
        "c": [quote(DAY, FAR, "P", 2600.0)],
    }
    store = stored(tmp_path / "s", files)
    expected = store.quotes("SPX", "2018-01")
    by_sql = store.sql("SELECT * FROM quotes_spx").sort(QUOTE_KEY)
    assert_frame_equal(by_sql.select(expected.columns), expected)
    assert_frame_equal(store.scan("SPX").collect().sort(QUOTE_KEY), expected)
