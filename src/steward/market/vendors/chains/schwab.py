"""Schwab chains as collected from the broker: one row a quote, both rights.

Volatility is in percent. A bid that is blank is unknown, not 0. Root, session and time of day are
not in the file: the day comes from the user or the file's name, the time from the user.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import rights
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    root = source.hint("root")
    same = ("strike", "bid", "ask", "volume", "open_interest", *_GREEKS)
    return frame.select(
        "line",
        *same,
        session=pl.lit(source.session()),
        snapshot=pl.lit(source.snapshot()),
        symbol=pl.lit(source.symbol()),
        root=pl.lit(root, dtype=pl.String),
        expiry="expiry",
        right=rights(pl.col("right")),
    )


_GREEKS = ("iv", "delta", "gamma", "theta", "vega")

LAYOUT = CsvLayout(
    name="schwab",
    title="Schwab chain",
    cells={
        "expiry": day(),
        "strike": NEEDED,
        "right": NEEDED_TEXT,
        "bid": NUMBER,
        "ask": NUMBER,
        "volume": NUMBER,
        "open_interest": NUMBER,
        **dict.fromkeys(_GREEKS, NUMBER),
    },
    known=("id", "snapshot_id", "dte", "mark", "last", "intrinsic_value", "time_value", "side"),
    sentinels=dict.fromkeys(_GREEKS, (-999.0,)),
    rows=rows,
)
