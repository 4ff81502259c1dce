"""End-of-day chains in the layout of the optopsy project: one row a quote.

The layout has no settlement style. `delta` is of an unstated forward and rate.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import by_value, rights
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source

US = "%m/%d/%Y"


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    return frame.select(
        "line",
        session="quote_date",
        snapshot=pl.lit("eod"),
        symbol=by_value(_symbol, frame, "underlying_symbol"),
        root=by_value(_root, frame, "underlying_symbol"),
        expiry="expiration",
        strike="strike",
        right=by_value(rights, frame, "option_type"),
        bid="bid",
        ask="ask",
        underlying="underlying_price",
        underlying_kind=pl.lit("index"),
        **({"delta": pl.col("delta")} if "delta" in frame.columns else {}),
    )


def _root(column: pl.Expr) -> pl.Expr:
    return column.str.strip_chars("^$").str.to_uppercase()


def _symbol(column: pl.Expr) -> pl.Expr:
    return _root(column).replace({"SPXW": "SPX", "VIXW": "VIX"})


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
