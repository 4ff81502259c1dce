"""ThetaData: end-of-day quotes of version 3, the same of version 2, and open interest.

The report of a day is made at 17:15 New York, so its day is that of `created`. Strikes are dollars
in version 3 and tenths of a cent in version 2. What is absent is written as 0: a close of 0 beside
a live quote is no price, an ask of 0 no quote. No open interest is in the quotes: it is unknown.
Open interest is reported in the morning for the day before; it is kept by the day of the report.
"""

from __future__ import annotations

import polars as pl

from steward.market.bars import as_bars
from steward.market.vendors.columns import rights, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, as_day, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

HIGHEST = 50_000.0
"""Index points; a strike of SPX or VIX above it is in tenths of a cent."""

_TRADED = ("open", "high", "low", "close", "count")
_MARKET = ("bid_exchange", "bid_condition", "ask_exchange", "ask_condition")
_QUOTE = {
    "volume": NUMBER,
    "bid_size": NUMBER,
    "bid": NUMBER,
    "ask_size": NUMBER,
    "ask": NUMBER,
}


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    _check_dollars(frame, source)
    return _quotes(frame, "symbol", _day("created"), pl.col("strike"))


def rows_2(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    source.note("strikes of ThetaData version 2: in tenths of a cent")
    return _quotes(frame, "root", pl.col("date"), (pl.col("strike") / 1000.0).round(3))


def _quotes(frame: pl.DataFrame, root: str, session: pl.Expr, strike: pl.Expr) -> pl.DataFrame:
    return frame.select(
        "line",
        *_QUOTE,
        session=session,
        snapshot=pl.lit("eod"),
        symbol=underlying_of(pl.col(root)),
        root=pl.col(root).str.strip_chars("^$. ").str.to_uppercase(),
        expiry="expiration",
        strike=strike,
        right=rights(pl.col("right")),
    )


def open_interest(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    _check_dollars(frame, source)
    return as_bars(
        frame.select(
            "line",
            "strike",
            "open_interest",
            session=_day("timestamp"),
            root=pl.col("symbol").str.strip_chars("^$. ").str.to_uppercase(),
            expiry="expiration",
            right=rights(pl.col("right")),
        )
    )


def _day(column: str) -> pl.Expr:
    """The day of a New York clock, as 2024-01-19T17:15:02.1; null where it does not read."""
    return as_day(pl.col(column).str.slice(0, 10))


def _check_dollars(frame: pl.DataFrame, source: Source) -> None:
    """Raises StewardError for strikes of version 2 below a header of version 3."""
    ours = underlying_of(pl.col("symbol")).is_in(["SPX", "VIX"])
    high = frame.filter(ours & (pl.col("strike") > HIGHEST))
    if high.height:
        line, strike = high.select("line", "strike").row(0)
        raise StewardError(
            f"{source.shown}, line {line}, column strike: {strike:.0f} is in tenths of a cent, "
            "not in dollars, as version 2 wrote it; ask for the file again from version 3"
        )


LAYOUTS = (
    CsvLayout(
        name="thetadata",
        title="ThetaData end of day (v3)",
        cells={
            "symbol": NEEDED_TEXT,
            "expiration": day(),
            "strike": NEEDED,
            "right": NEEDED_TEXT,
            "created": NEEDED_TEXT,
            **_QUOTE,
        },
        known=("last_trade", *_TRADED, *_MARKET),
        rows=rows,
    ),
    CsvLayout(
        name="thetadata_2",
        title="ThetaData end of day (v2)",
        cells={
            "root": NEEDED_TEXT,
            "expiration": day("%Y%m%d"),
            "strike": NEEDED,
            "right": NEEDED_TEXT,
            "date": day("%Y%m%d"),
            **_QUOTE,
        },
        known=("ms_of_day", "ms_of_day2", *_TRADED, *_MARKET),
        rows=rows_2,
    ),
    CsvLayout(
        name="thetadata_open_interest",
        title="ThetaData open interest (v3)",
        cells={
            "symbol": NEEDED_TEXT,
            "expiration": day(),
            "strike": NEEDED,
            "right": NEEDED_TEXT,
            "timestamp": NEEDED_TEXT,
            "open_interest": NUMBER,
        },
        table="bars",
        rows=open_interest,
    ),
)
