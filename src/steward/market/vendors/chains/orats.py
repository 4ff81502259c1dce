"""ORATS near-end-of-day SMV strikes: the whole market, a call and a put in a row.

The file is taken 14 minutes before the shares close (orats.com, "Near end-of-day"). `stkPx` of an
index is the future that its options imply, one for each expiry. `delta` is the call's; the put's is
one less. `theta` and `rho` are the call's too, and the put's are not in the file. Older files have
no option symbols: there the ticker and the day say which series it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from steward.market.believe import last_day
from steward.market.vendors.columns import from_osi, long_from_wide, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT, day, stream_csv
from steward.market.vendors.day_formats import half_days
from steward.market.vendors.layout import Batch, CsvLayout
from steward.market.vendors.source import Source
from steward.terms import calendar

US = "%m/%d/%Y"  # read without leading zeros too

PM_TICKER = "SPXPM"
SPXPM_FROM = date(2011, 10, 4)
SPXPM_UNTIL = date(2017, 4, 28)
"""Sessions on which third Fridays had a PM series of its own name (SPXPM), afterwards SPXW.

Source: Cboe, SPXPM launched on C2 on 2011-10-04 and went into SPXW from 2017-05-01.
"""

SNAPSHOT = "1546"
HALF_DAY_CLOCK = timedelta(hours=12, minutes=46)
"""The same 14 minutes before the shares close; the snapshot keeps its name."""


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows with the roots of the option symbols; null where there are none."""
    symbols = "copra" in frame.columns
    half = pl.col("trade_date").is_in(list(half_days()))
    early = (pl.col("trade_date").cast(pl.Datetime("us")) + HALF_DAY_CLOCK).dt.replace_time_zone(
        "America/New_York"
    )
    ticker = pl.col("ticker").str.strip_chars("^$ ").str.to_uppercase()
    both = {
        "line": pl.col("line"),
        "session": pl.col("trade_date"),
        "snapshot": pl.lit(SNAPSHOT),
        "moment": pl.when(half).then(early.dt.convert_time_zone("UTC")),
        "symbol": underlying_of(pl.col("ticker")),
        "expiry": pl.col("expirdate"),
        "strike": pl.col("strike"),
        "underlying": pl.col("stkpx"),
        "underlying_kind": pl.lit("future"),
        "gamma": pl.col("gamma"),
        "vega": pl.col("vega"),
    }

    def side(letter: str) -> dict[str, pl.Expr]:
        call = letter == "c"
        unknown = pl.lit(None, dtype=pl.Float64)
        by_ticker = pl.when(ticker == PM_TICKER).then(pl.lit(PM_TICKER))
        in_symbol = from_osi(pl.col(f"{letter}opra"))["root"] if symbols else None
        return {
            "root": by_ticker if in_symbol is None else pl.coalesce(in_symbol, by_ticker),
            "bid": pl.col(f"{letter}bidpx"),
            "ask": pl.col(f"{letter}askpx"),
            "volume": pl.col(f"{letter}volu"),
            "open_interest": pl.col(f"{letter}oi"),
            "iv": pl.col(f"{letter}midiv"),
            "delta": pl.col("delta") if call else pl.col("delta") - 1.0,
            "theta": pl.col("theta") if call else unknown,
            "rho": pl.col("rho") if call else unknown,
        }

    return long_from_wide(frame, calls=side("c"), puts=side("p"), both=both)


class OratsLayout(CsvLayout):
    """Both layouts: with option symbols, and the archive's without."""

    def read(self, source: Source) -> Iterator[Batch]:
        source.note("underlying: the future that ORATS solves for each expiry (stkPx)")
        if "copra" in self.names(source.head):
            yield from super().read(source)
            return
        with_pm = self._days_of_spxpm(source)
        for batch in super().read(source):
            yield replace(batch, rows=with_roots_of_the_archive(batch.rows, with_pm, source))

    def _days_of_spxpm(self, source: Source) -> list[date]:
        """Days of the file with rows of SPXPM, by a first passage; memory stays bounded."""
        names = self.names(source.head)
        cells = {"ticker": NEEDED_TEXT, "trade_date": day(US)}
        found: set[date] = set()
        with source.open() as file:
            for batch in stream_csv(file, shown=source.shown, names=names, cells=cells):
                pm = batch.frame.filter(pl.col("ticker") == PM_TICKER)
                found.update(pm["trade_date"].unique().to_list())
        return sorted(found)


def with_roots_of_the_archive(
    rows: pl.DataFrame, with_pm: list[date], source: Source
) -> pl.DataFrame:
    """Roots of SPX rows that expire on a monthly day, where tickers and dates say them.

    with_pm  sessions on which the file has rows of SPXPM
    The root stays null on other days (they have one series) and where SPXPM was traded but is not
    in the file: then the two cannot be told apart here.
    """
    unknown = (pl.col("symbol") == "SPX") & pl.col("root").is_null()
    days = rows.filter(unknown & pl.col("expiry").is_not_null()).select("expiry").unique()
    monthly = [label for label in days["expiry"].to_list() if _is_monthly(label)]
    if not monthly:
        return rows
    session = pl.col("session")
    by_day = (
        pl.when((session < SPXPM_FROM) | session.is_in(with_pm))
        .then(pl.lit("SPX"))
        .when(session > SPXPM_UNTIL)
        .then(pl.lit("SPXW"))
    )
    source.note(
        "root of SPX on monthly days, from the day alone: AM before 2011-10-04 and beside SPXPM, "
        "PM after 2017-04-28"
    )
    ours = unknown & pl.col("expiry").is_in(monthly)
    return rows.with_columns(root=pl.when(ours).then(by_day).otherwise(pl.col("root")))


def _is_monthly(label: date) -> bool:
    last = last_day(label)
    return last is not None and last == calendar.monthly_expiry(last.year, last.month)


_USED = {
    "ticker": NEEDED_TEXT,
    "stkpx": NUMBER,
    "expirdate": day(US),
    "strike": NEEDED,
    "cvolu": NUMBER,
    "coi": NUMBER,
    "pvolu": NUMBER,
    "poi": NUMBER,
    "cbidpx": NUMBER,
    "caskpx": NUMBER,
    "pbidpx": NUMBER,
    "paskpx": NUMBER,
    "cmidiv": NUMBER,
    "pmidiv": NUMBER,
    "delta": NUMBER,
    "gamma": NUMBER,
    "theta": NUMBER,
    "vega": NUMBER,
    "rho": NUMBER,
    "trade_date": day(US),
}

_UNUSED = (
    "yte",
    "cvalue",
    "pvalue",
    "cbidiv",
    "caskiv",
    "smoothsmvvol",
    "pbidiv",
    "paskiv",
    "irate",
    "divrate",
    "residualratedata",
    "phi",
    "driftlesstheta",
    "extvol",
    "extctheo",
    "extptheo",
    "spot_px",
)

LAYOUTS = (
    OratsLayout(
        name="orats",
        title="ORATS SMV strikes (39 columns)",
        cells={**_USED, "copra": TEXT, "popra": TEXT},
        known=_UNUSED,
        rows=rows,
    ),
    OratsLayout(
        name="orats_archive",
        title="ORATS SMV strikes (37 columns, no option symbols)",
        cells=_USED,
        known=_UNUSED,
        rows=rows,
        refuse=("copra", "popra"),
    ),
)
