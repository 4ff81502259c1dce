"""OptionMetrics IvyDB option prices, as researchers export them: any columns in any order.

The underlying is `secid`, else `ticker`, else what the file's name says. `strike_price` is in
thousandths. -99.99 is missing. Exports have their days as 20201201 or as 2020-12-01, one of them in
the whole file. `am_settlement` says which of two series of a third Friday a row is; an export
without it and without `symbol` has both under one name.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from steward.market.vendors.columns import rights, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT, day
from steward.market.vendors.day_formats import DatedCsvLayout
from steward.market.vendors.source import Source

SECURITIES: Mapping[int, str] = {108105: "SPX", 117801: "VIX"}
"""OptionMetrics' numbers of the two underlyings."""

SYMBOL_ROOT = r"^([A-Z]+)\s+\d{6}[CP]\d+$"
"""`SPXW 201218C3600000`: the strike is not padded, unlike in the OCC's symbols."""

DAYS = ("%Y%m%d", "%Y-%m-%d")
MISSING = -99.99
GREEKS = ("delta", "gamma", "vega", "theta")


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    names = frame.columns
    theirs = {
        "volume": "volume",
        "open_interest": "open_interest",
        "iv": "impl_volatility",
        **{name: name for name in GREEKS},
    }
    more = {ours: pl.col(name) for ours, name in theirs.items() if name in names}
    if "am_settlement" in names:
        am = pl.col("am_settlement")
        more["settlement"] = (
            pl.when(am == 1.0).then(pl.lit("AM")).when(am == 0.0).then(pl.lit("PM"))
        )
    if "symbol" in names:
        more["root"] = pl.col("symbol").str.extract(SYMBOL_ROOT, 1)
    elif "am_settlement" not in names:
        more["root"] = pl.lit(source.root(), dtype=pl.String)
    return frame.select(
        "line",
        session="date",
        snapshot=pl.lit("eod"),
        symbol=_underlying(names, source),
        expiry="exdate",
        strike=pl.col("strike_price") / 1000.0,
        right=rights(pl.col("cp_flag")),
        bid="best_bid",
        ask="best_offer",
        **more,
    )


def _underlying(names: list[str], source: Source) -> pl.Expr:
    """SPX or VIX; another number or ticker is kept, so that the row is counted as elsewhere."""
    if "secid" in names:
        said = pl.col("secid")
        secid = pl.when(said == said.floor()).then(said).cast(pl.Int64, strict=False)
        other = pl.format("secid {}", secid.cast(pl.String).fill_null("?"))
        found = secid.replace_strict(SECURITIES, default=None, return_dtype=pl.String)
        found = pl.coalesce(found, other)
        source.note("underlying: by secid, 108105 is SPX and 117801 is VIX")
    elif "ticker" in names:
        found = underlying_of(pl.col("ticker"))
    else:
        found = pl.lit(source.symbol())
    if "index_flag" in names:
        found = pl.when(pl.col("index_flag") == 0.0).then(pl.lit("no index")).otherwise(found)
    return found


LAYOUT = DatedCsvLayout(
    name="optionmetrics",
    title="OptionMetrics IvyDB option prices",
    cells={
        "date": day(DAYS[0]),
        "exdate": day(DAYS[0]),
        "cp_flag": NEEDED_TEXT,
        "strike_price": NEEDED,
        "best_bid": NUMBER,
        "best_offer": NUMBER,
    },
    optional={
        "secid": NUMBER,
        "ticker": TEXT,
        "symbol": TEXT,
        "volume": NUMBER,
        "open_interest": NUMBER,
        "impl_volatility": NUMBER,
        **dict.fromkeys(GREEKS, NUMBER),
        "am_settlement": NUMBER,
        "index_flag": NUMBER,
    },
    known=(
        "optionid",
        "forward_price",  # computed by the vendor from a dividend yield: no market's
        "exercise_style",
        "issuer",
        "symbol_flag",
        "last_date",
        "cfadj",
        "contract_size",
        "ss_flag",
        "expiry_indicator",
        "root",  # of symbols before 2010, blank since
        "suffix",
        "cusip",
        "sic",
        "exchange_d",
        "class",
        "issue_type",
        "industry_group",
        "div_convention",
        "am_set_flag",
    ),
    days={"date": DAYS, "exdate": DAYS},
    sentinels=dict.fromkeys(("iv", *GREEKS, "bid", "ask"), (MISSING,)),
    rows=rows,
)
