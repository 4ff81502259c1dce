"""Rows of the tables beside quotes: judged, checked against their contract, one row a key.

A row whose day is no session, or whose close is none, is set aside; a price of 0 beside a good one
is unknown. What a history then makes of the rows (doubtful opens, years not believed) is not
decided here: the store holds what the file says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from steward.market import bars
from steward.market.tables import LEVELS, SERIES, SeriesTable, conform
from steward.market.vendors.clock import moments_of, whole_clock
from steward.terms import calendar

NO_DAY = "no day"
EARLIEST, LATEST = date(1700, 1, 1), date(2199, 12, 31)
"""A day outside of them (year 20268, year -2018) is a slip of the pen."""

NO_SESSION = "not a session of the exchange"
NO_VALUE = "a session without a value"
NO_PRICE = "a close of 0 or below"
FUTURE = "a day in the future"

DAILY = ("index", "etp", "vx", "breadth")
"""Tables whose days are sessions of the exchange, each row known at its decision moment."""

ANNOUNCED = ("calendar", "membership")
"""Tables whose days may lie in the future."""

PRICES: Mapping[str, Sequence[str]] = {
    "index": ("open", "high", "low"),
    "etp": ("open", "high", "low"),
    "vx": (*LEVELS, "settle", "final"),
}
"""Where 0 or below means that the vendor has no price."""

TWICE: Mapping[str, str] = {
    "index": "a day that occurs twice",
    "macro": "a day that occurs twice",
    "breadth": "a day that occurs twice",
    "vx": "a contract that occurs twice in a session",
}


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


def finished(table: str, rows: pl.DataFrame, *, source: str, today: date | None = None) -> Finished:
    """The rows of a file of `table`, as the store keeps them.

    rows  any columns of the table's contract, those of its key and `line` among them; the others
          are unknown
    today   no row of a later day is believed; None: nobody said what day it is. What is announced
            (a calendar) may lie ahead
    """
    contract = SERIES[table]
    unbelieved = None
    if table == "bars":
        rows, unbelieved = bars.believed(rows)
    rows = _whole(rows.with_columns(source=pl.lit(source)), contract)
    if table in DAILY:
        rows = rows.with_columns(known_at=moments_of(rows[contract.day]))
    rows = rows.with_columns(
        pl.when(pl.col(name) > 0.0).then(pl.col(name)).alias(name) for name in PRICES.get(table, ())
    )
    if table == "vx":
        rows = rows.with_columns(
            final=pl.coalesce(
                "final", pl.when(pl.col("session") == pl.col("expiry")).then("settle")
            )
        )
    reason = _reason(table, rows, contract)
    if today is not None and table not in ANNOUNCED:
        ahead = (rows[contract.day] > today).fill_null(value=False)
        reason = reason.set(ahead & reason.is_null(), FUTURE)
    aside = rows.with_columns(reason=reason).filter(reason.is_not_null())
    rows = rows.filter(reason.is_null())
    order: list[str | pl.Expr] = [*contract.key]
    if table == "vx":
        order.append(pl.col("settle").is_null())
    rows = rows.sort([*order, "line"], nulls_last=True)
    again = ~rows.select(pl.struct(contract.key).is_first_distinct()).to_series()
    twice = rows.filter(again).with_columns(
        reason=pl.lit(TWICE.get(table, "a row that occurs twice"))
    )
    rows = conform(rows.filter(~again), contract.columns, table=table)
    apart = [aside, twice, *([] if unbelieved is None else [unbelieved])]
    return Finished(
        rows=rows,
        set_aside=pl.concat(apart, how="diagonal"),
        sessions=_sessions(rows, contract),
        inferred=(),
    )


def _whole(rows: pl.DataFrame, contract: SeriesTable) -> pl.DataFrame:
    """All columns of the contract, cast; those that the file lacks are null."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in contract.columns.items()
    )


def _reason(table: str, rows: pl.DataFrame, contract: SeriesTable) -> pl.Series:
    """Why a row is set aside; null for a row that is kept."""
    day = rows[contract.day]
    reason = pl.Series("reason", [None] * rows.height, dtype=pl.String)
    if table in ("index", "etp"):
        close = rows["close"]
        reason = reason.set((close <= 0.0).fill_null(value=False), NO_PRICE)
        reason = reason.set(close.is_null(), NO_VALUE)
    if table == "breadth":
        reason = reason.set(rows["advances"].is_null() | rows["declines"].is_null(), NO_VALUE)
    if table in DAILY:
        days = day.to_numpy().astype("datetime64[D]")
        early = days < np.datetime64(calendar.FIRST_DAY)
        reason = reason.set(pl.Series(~(early | whole_clock().is_session(days))), NO_SESSION)
    if table == "vx":
        late = (day > rows["expiry"]).fill_null(value=False)
        reason = reason.set(late, "after its settlement day")
        reason = reason.set(rows["expiry"].is_null(), "no settlement day")
    if table == "settlements":
        reason = reason.set(~(rows["value"] > 0.0).fill_null(value=False), "no value above 0")
        reason = reason.set(rows["kind"].is_null(), "neither SET, VRO nor a proxy by its name")
    odd = ~day.is_between(EARLIEST, LATEST).fill_null(value=False)
    return reason.set(odd, NO_DAY)


def _sessions(
    rows: pl.DataFrame, contract: SeriesTable
) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    days = rows.group_by(contract.name, contract.day).len().sort(contract.name, contract.day)
    sessions: dict[str, dict[str, dict[str, int]]] = {}
    for name, day, n in days.iter_rows():
        sessions.setdefault(str(name), {}).setdefault("", {})[day.isoformat()] = n
    return sessions
