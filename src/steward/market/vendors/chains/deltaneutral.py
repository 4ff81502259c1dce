"""DeltaNeutral and HistoricalOptionData, one vendor under two names: one row a quote.

`optionroot` (or `OptionSymbol`) holds the whole option symbol; before 2010 it is a root of five
letters at the most, from which nothing is read. Greeks go on as they are: their units are measured
later, and samples exist whose theta and vega are of no unit at all.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import from_osi, rights, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT, day
from steward.market.vendors.day_formats import DatedCsvLayout, snapshot_of
from steward.market.vendors.source import Source

DAYS = ("%m/%d/%Y", "%Y-%m-%d")

DAY_AND_CLOCK = r"^(\d{1,2}/\d{1,2}/\d{4})(?:\s+(\d{1,2}):(\d{2}))?$"
"""`03/14/2025 16:00`; older files have the day alone."""


def deltaneutral_rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    return frame.select(
        *_same(frame.columns),
        symbol=underlying_of(pl.col("underlying")),
        underlying="underlying_last",
        root=_root(frame.columns, "optionroot", "optionalias"),
        session="quotedate",
        snapshot=pl.lit("eod"),
        **_given(frame.columns, iv="impliedvol"),
    )


def historicaloptiondata_rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    said = pl.col("datadate")
    hour, minute = (said.str.extract(DAY_AND_CLOCK, n).cast(pl.Int64) for n in (2, 3))
    frame = frame.with_columns(
        session=said.str.extract(DAY_AND_CLOCK, 1).str.to_date("%m/%d/%Y", strict=False),
        minutes=hour * 60 + minute,
    )
    clock = snapshot_of(pl.col("session"), pl.col("minutes"))
    return frame.select(
        *_same(frame.columns),
        symbol=underlying_of(pl.col("underlyingsymbol")),
        underlying="underlyingprice",
        root=_root(frame.columns, "optionsymbol", "alias", "aka"),
        session="session",
        snapshot=pl.when(pl.col("minutes").is_null()).then(pl.lit("eod")).otherwise(clock),
        **_given(frame.columns, iv="ivmean" if "ivmean" in frame.columns else "iv"),
    )


def _same(names: list[str]) -> list[pl.Expr]:
    """Columns that both names of the vendor call alike."""
    greeks = [pl.col(name) for name in ("delta", "gamma", "theta", "vega") if name in names]
    return [
        pl.col("line"),
        pl.col("expiration").alias("expiry"),
        pl.col("strike"),
        rights(pl.col("type")).alias("right"),
        pl.col("bid"),
        pl.col("ask"),
        pl.col("volume"),
        pl.col("openinterest").alias("open_interest"),
        pl.lit("index").alias("underlying_kind"),
        *greeks,
    ]


def _root(names: list[str], *holders: str) -> pl.Expr:
    """The root of the first option symbol that reads; null for symbols from before 2010."""
    found = [from_osi(pl.col(name))["root"] for name in holders if name in names]
    return pl.coalesce(found) if found else pl.lit(None, dtype=pl.String)


def _given(names: list[str], **columns: str) -> dict[str, pl.Expr]:
    return {ours: pl.col(theirs) for ours, theirs in columns.items() if theirs in names}


_SHARED = {
    "type": NEEDED_TEXT,
    "expiration": day(DAYS[0]),
    "strike": NEEDED,
    "bid": NUMBER,
    "ask": NUMBER,
    "volume": NUMBER,
    "openinterest": NUMBER,
}
_GREEKS = {"delta": NUMBER, "gamma": NUMBER, "theta": NUMBER, "vega": NUMBER}

LAYOUTS = (
    DatedCsvLayout(
        name="deltaneutral",
        title="DeltaNeutral end-of-day CSV",
        cells={
            "underlying": NEEDED_TEXT,
            "underlying_last": NUMBER,
            "optionroot": TEXT,
            "quotedate": day(DAYS[0]),
            **_SHARED,
        },
        optional={"impliedvol": NUMBER, **_GREEKS, "optionalias": TEXT},
        known=("exchange", "optionext", "last", "dte"),
        days={"expiration": DAYS, "quotedate": DAYS},
        rows=deltaneutral_rows,
    ),
    DatedCsvLayout(
        name="historicaloptiondata",
        title="HistoricalOptionData L1, L2, L3",
        cells={
            "underlyingsymbol": NEEDED_TEXT,
            "underlyingprice": NUMBER,
            "datadate": NEEDED_TEXT,
            **_SHARED,
        },
        optional={
            "optionsymbol": TEXT,
            "iv": NUMBER,
            "ivmean": NUMBER,
            **_GREEKS,
            "alias": TEXT,
            "aka": TEXT,
        },
        known=(
            "exchange",
            "flags",
            "optionroot",
            "optionext",
            "blank",
            "last",
            "t1openinterest",  # of the next day: not known on this one
            "ivbid",
            "ivask",
        ),
        days={"expiration": DAYS},
        rows=historicaloptiondata_rows,
    ),
)
