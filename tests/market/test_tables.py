"""Column contracts: a table is what it says, or the first difference is named."""

from __future__ import annotations

import polars as pl
import pytest

from steward.market import tables
from steward.terms.errors import StewardError

QUOTES = pl.DataFrame(schema=dict(tables.CHAIN))


def test_a_table_that_conforms_comes_back_in_order() -> None:
    turned = QUOTES.select(reversed(QUOTES.columns))
    assert tables.conform(turned, tables.CHAIN, table="quotes").columns == list(tables.CHAIN)


def test_the_first_difference_is_named() -> None:
    with pytest.raises(StewardError, match="table quotes: column strike is missing"):
        tables.conform(QUOTES.drop("strike", "bid"), tables.CHAIN, table="quotes")
    wrong = QUOTES.with_columns(pl.col("line").cast(pl.Float64))
    with pytest.raises(StewardError, match="table quotes, column line: is Float64, must be Int64"):
        tables.conform(wrong, tables.CHAIN, table="quotes")
    more = QUOTES.with_columns(delta=pl.lit(0.5))
    with pytest.raises(StewardError, match="table quotes: unknown column delta"):
        tables.conform(more, tables.CHAIN, table="quotes")


@pytest.mark.parametrize("name", ["JOURNAL", "EQUITY", "TRADES"])
def test_money_and_counts_are_whole_numbers(name: str) -> None:
    columns = getattr(tables, name)
    money = {"cash", "value", "equity", "fees", "result", "flow", "margin", "quantity", "max_loss"}
    assert len(money & set(columns)) >= 3
    for column in money & set(columns):
        assert columns[column] == pl.Int64()
