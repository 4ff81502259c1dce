"""SQL sees what the store gives, and can do nothing but look."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from steward.market.store import Store
from steward.market.tables import QUOTE_KEY, QUOTES
from steward.terms.errors import StewardError

from .storing import quote, stored

FIRST, SECOND, FEBRUARY = date(2018, 1, 8), date(2018, 1, 9), date(2018, 2, 1)
NEAR = date(2018, 2, 16)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two files that share a session in January, and one of February."""
    return stored(
        tmp_path / "it's a store",
        {
            "b": [
                quote(FIRST, NEAR, "P", 2600.0, bid=1.1, vendor="b"),
                quote(SECOND, NEAR, "C", 2605.0, vendor="b", volume=3),
            ],
            "a": [
                quote(FIRST, NEAR, "P", 2600.0, bid=1.2, vendor="a"),
                quote(FIRST, NEAR, "C", 2600.0, vendor="a"),
            ],
            "c": [quote(FEBRUARY, NEAR, "P", 2610.0, vendor="c")],
        },
    )


def test_the_view_has_one_row_a_key_as_the_store_gives_them(store: Store) -> None:
    order = ", ".join(f'"{name}"' for name in QUOTE_KEY)
    found = store.sql(f"SELECT * FROM quotes_spx ORDER BY {order}")
    wanted = pl.concat([frame for _, frame in store.every_month("SPX")])
    assert found.height == 4
    assert_frame_equal(found, wanted)


def test_a_scan_gives_the_same_rows(store: Store) -> None:
    wanted = pl.concat([frame for _, frame in store.every_month("SPX")])
    assert_frame_equal(store.scan("SPX").sort(*QUOTE_KEY).collect(), wanted)
    assert store.scan("VIX").collect().is_empty()


def test_right_is_written_in_quotes(store: Store) -> None:
    found = store.sql("SELECT count(*) AS n FROM quotes_spx WHERE \"right\" = 'C'")
    assert found.item() == 2
    with pytest.raises(StewardError, match='write "right"'):
        store.sql("SELECT right FROM quotes_spx")


def test_a_symbol_without_quotes_is_an_empty_view_of_the_same_columns(store: Store) -> None:
    found = store.sql("SELECT * FROM quotes_vix")
    assert found.is_empty()
    assert found.columns == list(QUOTES)
    full = store.sql("SELECT * FROM quotes_spx")
    assert found.schema == full.schema


@pytest.mark.parametrize(
    "text",
    [
        "DROP VIEW quotes_spx",
        "SELECT 1; SELECT 2",
        "COPY (SELECT 1) TO 'x.csv'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "",
    ],
)
def test_only_one_select(store: Store, text: str) -> None:
    with pytest.raises(StewardError, match="one SELECT"):
        store.sql(text)


def test_nothing_outside_of_the_store_is_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(StewardError, match="SQL: Permission"):
        store.sql(f"SELECT * FROM read_csv('{tmp_path / 'other.csv'}')")
    frame = pl.DataFrame({"a": [1]})
    assert frame.height == 1
    with pytest.raises(StewardError, match="SQL: Catalog"):
        store.sql("SELECT * FROM frame")


def test_without_the_extra_the_error_names_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(StewardError, match=r'pip install "steward\[sql\]"'):
        store.sql("SELECT 1")
