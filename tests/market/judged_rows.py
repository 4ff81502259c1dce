"""Rows as a vendor's module gives them, for tests of what is believed; every number is made up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from steward.market import believe
from steward.market.vendors.columns import as_rows
from steward.pricing import black

PUT: dict[str, Any] = {
    "line": 2,
    "session": date(2018, 1, 2),
    "snapshot": "eod",
    "symbol": "SPX",
    "root": "SPXW",
    "expiry": date(2018, 1, 31),
    "strike": 2600.0,
    "right": "P",
    "bid": 5.0,
    "ask": 5.4,
}


def rows_of(*changes: dict[str, Any]) -> pl.DataFrame:
    """A row a change of `PUT`, the lines counted from 2."""
    made = [{**PUT, "line": 2 + i, **change} for i, change in enumerate(changes)]
    return as_rows(pl.DataFrame(made, infer_schema_length=None))


def completed(rows: pl.DataFrame, root_hint: str | None = None) -> believe.Completed:
    """The rows judged, and what is believed of them completed."""
    judged = believe.judge(rows)
    return believe.complete(
        judged.filter(pl.col("reason").is_null()).drop("reason"), root_hint=root_hint
    )


def reasons(done: believe.Completed) -> dict[str, int]:
    return dict(done.set_aside["reason"].value_counts().iter_rows())


def chain(
    root: str | None,
    session: date,
    expiry: date,
    *,
    forward: float = 4000.0,
    strikes: Sequence[float] = tuple(range(3000, 4800, 25)),
    vol: float = 0.20,
    shorter: float = 0.0,
    tick: float = 0.05,
    half: float = 1.0,
    **more: Any,
) -> pl.DataFrame:
    """Calls and puts of one series at one volatility, quoted `half` a tick around the price.

    shorter  days by which it ends before the close of `expiry`
    """
    strike = np.repeat(np.array(strikes, dtype=np.float64), 2)
    call = np.tile([True, False], len(strikes))
    years = ((expiry - session).days - shorter) / 365.0
    price = black.black76(forward, strike, years, vol, discount=1.0, call=call)
    step = np.where(price < 3.0, tick, 2.0 * tick)
    bid = np.maximum(np.floor(price / step - half + 0.5), 0.0) * step
    ask = np.maximum(np.ceil(price / step + half - 0.5), 1.0) * step
    frame = pl.DataFrame(
        {
            "line": np.arange(2, 2 + len(strike)),
            "strike": strike,
            "right": np.where(call, "C", "P"),
            "bid": bid.round(2),
            "ask": ask.round(2),
        }
    )
    return as_rows(
        frame.with_columns(
            session=pl.lit(session),
            snapshot=pl.lit(more.pop("snapshot", "eod")),
            symbol=pl.lit(more.pop("symbol", "SPX")),
            root=pl.lit(root, dtype=pl.String),
            expiry=pl.lit(expiry),
            **{name: pl.lit(value) for name, value in more.items()},
        )
    )


def joined(*parts: pl.DataFrame) -> pl.DataFrame:
    """One file of these rows, its lines counted anew."""
    rows = pl.concat(parts)
    return rows.with_columns(line=pl.int_range(2, 2 + rows.height, dtype=pl.Int64))
