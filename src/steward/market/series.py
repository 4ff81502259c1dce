"""Rows of the tables beside quotes: checked against their contract, sorted, one row a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from steward.market import bars
from steward.market.tables import SERIES, conform


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """Rows of one file.

    rows       columns of the table's contract, sorted by its key
    set_aside  rows that are not among them, with `line`, `reason` and what they said
    sessions   rows kept by name of the series, "" and day, for the record of the import
    """

    rows: pl.DataFrame
    set_aside: pl.DataFrame
    sessions: Mapping[str, Mapping[str, Mapping[str, int]]]
    inferred: tuple[str, ...]


def finished(table: str, rows: pl.DataFrame, *, source: str) -> Finished:
    """The rows of a file of `table`, as the store keeps them."""
    contract = SERIES[table]
    key = list(contract.key)
    unbelieved = rows.clear().with_columns(reason=pl.lit(""))
    if table == "bars":
        rows, unbelieved = bars.believed(rows)
    rows = rows.with_columns(source=pl.lit(source)).sort(*key, "line")
    again = ~rows.select(pl.struct(key).is_first_distinct()).to_series()
    aside = rows.filter(again).with_columns(reason=pl.lit("a row that occurs twice"))
    aside = pl.concat([aside, unbelieved], how="diagonal")
    rows = conform(rows.filter(~again), contract.columns, table=table)
    days = rows.group_by(contract.name, contract.day).len().sort(contract.name, contract.day)
    sessions: dict[str, dict[str, dict[str, int]]] = {}
    for name, day, n in days.iter_rows():
        sessions.setdefault(str(name), {}).setdefault("", {})[day.isoformat()] = n
    return Finished(rows=rows, set_aside=aside, sessions=sessions, inferred=())
