"""End-of-day chains in the layout of the optopsy project: one row a quote.

The layout has no settlement style. `delta` is of an unstated forward and rate.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, day
from steward.market.vendors.layout import CsvLayout, Source, rights

US = "%m/%d/%Y"


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    root = pl.col("underlying_symbol").str.strip_chars("^$").str.to_uppercase()
    return frame.select(
        "line",
        session="quote_date",
        snapshot=pl.lit("eod"),
        symbol=pl.when(root == "SPXW")
        .then(pl.lit("SPX"))
        .when(root == "VIXW")
        .then(pl.lit("VIX"))
        .otherwise(root),
        root=root,
        expiry="expiration",
        strike="strike",
        right=rights(pl.col("option_type")),
        bid="bid",
        ask="ask",
        underlying="underlying_price",
        underlying_kind=pl.lit("index"),
        **({"delta": pl.col("delta")} if "delta" in frame.columns else {}),
    )


LAYOUT = CsvLayout(
    name="optopsy",
    title="optopsy end-of-day CSV",
    cells={
        "underlying_symbol": NEEDED_TEXT,
        "underlying_price": NUMBER,
        "option_type": NEEDED_TEXT,
        "expiration": day(US),
        "quote_date": day(US),
        "strike": NEEDED,
        "bid": NUMBER,
        "ask": NUMBER,
    },
    optional={"delta": NUMBER},
    rows=rows,
)
