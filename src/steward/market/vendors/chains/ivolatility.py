"""iVolatility end-of-day "Raw IV": one row a quote, the root inside the option symbol.

`iv` -1 is missing; `*` in `isinterpolated` marks a volatility that was interpolated by the vendor,
which is no market's: it is not kept. Where names have spaces that column is called `*` itself. The
OSI symbol of an AM option has the Saturday, `expiration` the Friday.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import from_osi, rights
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source

US = "%m/%d/%Y"


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    symbol = pl.col("symbol").str.strip_chars("^$").str.to_uppercase()
    names = frame.columns
    starred = next((n for n in ("isinterpolated", "asterisk") if n in names), None)
    iv = pl.col("iv")
    if starred is not None:
        iv = pl.when(pl.col(starred).is_null() | (pl.col(starred).str.strip_chars() != "*")).then(
            iv
        )
    return frame.select(
        "line",
        session="date",
        snapshot=pl.lit("eod"),
        symbol=symbol,
        root=from_osi(pl.col(_one(names, "option_symbol", "option symbol")))["root"],
        expiry=_one(names, "option_expiration", "expiration"),
        strike="strike",
        right=rights(pl.col("call/put")),
        bid="bid",
        ask="ask",
        volume=pl.col("volume"),
        open_interest=pl.col(_one(names, "open_interest", "open interest")),
        underlying=pl.col(_one(names, "stock_price_for_iv", "stock price for iv")),
        underlying_kind=pl.lit("index"),
        iv=iv,
        delta="delta",
        gamma="gamma",
        theta="theta",
        vega="vega",
        rho="rho",
    )


def _one(names: list[str], *spellings: str) -> str:
    return next(name for name in spellings if name in names)


_SHARED = {
    "symbol": NEEDED_TEXT,
    "date": day(US),
    "strike": NEEDED,
    "call/put": NEEDED_TEXT,
    "ask": NUMBER,
    "bid": NUMBER,
    "iv": NUMBER,
    "volume": NUMBER,
    "delta": NUMBER,
    "vega": NUMBER,
    "gamma": NUMBER,
    "theta": NUMBER,
    "rho": NUMBER,
}

LAYOUTS = (
    CsvLayout(
        name="ivolatility",
        title="iVolatility Raw IV (underscores)",
        cells={
            **_SHARED,
            "option_symbol": NEEDED_TEXT,
            "option_expiration": day(US),
            "open_interest": NUMBER,
            "stock_price_for_iv": NUMBER,
        },
        optional={"isinterpolated": TEXT},
        known=(
            "exchange",
            "company_name",
            "stock_price_close",
            "style",
            "mean_price",
            "settlement",
            "forward_price",
        ),
        sentinels={"iv": (-1.0,)},
        rows=rows,
    ),
    CsvLayout(
        name="ivolatility_spaced",
        title="iVolatility Raw IV (spaces)",
        cells={
            **_SHARED,
            "option symbol": NEEDED_TEXT,
            "expiration": day(US),
            "open interest": NUMBER,
            "stock price for iv": NUMBER,
        },
        optional={"asterisk": TEXT},
        known=("exchange", "adjusted close", "style", "mean price"),
        sentinels={"iv": (-1.0,)},
        rows=rows,
    ),
)
