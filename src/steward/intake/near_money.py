"""Rows of a file near the money, with the forward of their series: what units are measured on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from steward.market.believe import last_day
from steward.pricing import black

SESSIONS = 4
"""Of each month that is looked at, spread over it."""

DAYS = (5, 200)
"""To expiry: nearer, the hour of the quote matters; farther, the rates."""

NEAREST = 5
"""Strikes of a series by which its forward is told."""

DEEPEST = 0.5
"""Distance of strike and forward, in standard deviations."""

AM_EARLIER = 6.5 / 24.0
"""Days from the opening print to the close."""

SERIES = ["session", "snapshot", "symbol", "root", "expiry"]


def near_the_money(months: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Quotes with a volatility, a bid and a forward, near that.

    Columns of `tables.ROWS` and `series` (a number), `forward`, `years`, and `true_iv`, the
    volatility of the mid at that forward, undiscounted; null where the mid carries none.
    """
    rows = pl.concat([_some_sessions(month) for month in months])
    rows = rows.filter(pl.col("iv").is_not_null(), pl.col("bid") > 0.0)
    rows = rows.with_columns(mid=(pl.col("bid") + pl.col("ask")) / 2.0)
    days = rows.select("expiry").unique()
    last: list[date | None] = [last_day(day) for day in days["expiry"]]
    days = days.with_columns(last=pl.Series(last, dtype=pl.Date))
    rows = rows.join(days, on="expiry", how="left", maintain_order="left")
    left = (pl.col("last") - pl.col("session")).dt.total_days()
    morning = pl.col("root").is_in(["SPX", "VIX", "VIXW"]).fill_null(value=False)
    rows = rows.filter(left.is_between(*DAYS)).with_columns(
        years=(left - pl.when(morning).then(AM_EARLIER).otherwise(0.0)) / 365.0
    )
    rows = rows.join(_forwards(rows), on=SERIES, how="left", nulls_equal=True)
    rows = rows.filter(pl.col("forward") > 0.0)
    call = (rows["right"] == "C").to_numpy()
    numbers = (rows[c].to_numpy() for c in ("mid", "forward", "strike", "years"))
    found = pl.Series("true_iv", black.implied_vol(*numbers, discount=1.0, call=call))
    rows = rows.with_columns(found.fill_nan(None), series=pl.struct(SERIES).rank("dense"))
    deviations = (pl.col("strike") / pl.col("forward")).log().abs() / (
        pl.col("true_iv") * pl.col("years").sqrt()
    )
    return rows.filter(deviations <= DEEPEST).sort("series", "strike", "right", "line")


def _some_sessions(rows: pl.DataFrame) -> pl.DataFrame:
    days = rows["session"].unique().sort()
    chosen = np.unique(np.linspace(0, max(days.len() - 1, 0), SESSIONS).round().astype(np.int64))
    return rows.filter(pl.col("session").is_in(days.gather(chosen).implode()))


def _forwards(rows: pl.DataFrame) -> pl.DataFrame:
    """`SERIES` and `forward`: from call and put of one strike; else the index, of SPX, or a future.

    Spot VIX is no underlying of a VIX option (R13).
    """
    sides = rows.group_by(*SERIES, "strike").agg(
        parity=pl.col("mid").filter(pl.col("right") == "C").mean()
        - pl.col("mid").filter(pl.col("right") == "P").mean()
    )
    by_parity = (
        sides.filter(pl.col("parity").is_not_null())
        .sort(pl.col("parity").abs(), "strike")
        .group_by(SERIES)
        .agg(parity=(pl.col("strike") + pl.col("parity")).head(NEAREST).median())
    )
    sensible = (pl.col("symbol") == "SPX") | (pl.col("underlying_kind") != "index")
    given = rows.group_by(SERIES).agg(given=pl.col("underlying").filter(sensible).median())
    both = given.join(by_parity, on=SERIES, how="left", nulls_equal=True)
    return both.select(*SERIES, forward=pl.coalesce("parity", "given"))
