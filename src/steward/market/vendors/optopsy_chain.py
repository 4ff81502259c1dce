"""End-of-day option chains in the layout of the optopsy project: one CSV row a quote.

Symbol, price of the underlying, right, expiration, quote date, strike, bid, ask (and delta, which
is not read: no source says on which forward and at what rate it was made). The layout has no
settlement style; it is inferred from the root and the day and marked so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.history import Quarantined
from steward.market.tables import CHAIN, conform
from steward.market.vendors.clock import whole_clock
from steward.market.vendors.csv_file import (
    NUMBER,
    PRICE,
    TEXT,
    US,
    SourceFile,
    day,
    read_source,
    table,
    wrong,
)
from steward.market.vendors.daily import Ward
from steward.terms import calendar, listing
from steward.terms.contracts import Settlement
from steward.terms.errors import StewardError

LAYOUT = {
    "underlying_symbol": TEXT,
    "underlying_price": NUMBER,
    "option_type": TEXT,
    "expiration": day(US),
    "quote_date": day(US),
    "strike": PRICE,
    "bid": NUMBER,
    "ask": NUMBER,
}
RIGHTS = {"call": "C", "c": "C", "put": "P", "p": "P"}
KEY = ("session", "root", "expiry", "right", "strike")

FAR = np.timedelta64(366, "D")
"""A single row this far from every other session of the file is of another file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFile:
    """The quotes of one file that are believed, and what was not.

    name    of the file, without its folder      sha256  of the file as it lies on the disk
    quotes  columns of `tables.CHAIN`, sorted by session, root, expiry, right, strike
    """

    name: str
    sha256: str
    quotes: pl.DataFrame
    quarantined: tuple[Quarantined, ...]


def read_chain(path: Path) -> ChainFile:
    """The SPX and SPXW quotes of a CSV file (or one packed by gzip) in this layout.

    A bid of 0 is a market and stays. Raises StewardError: one line that names the place and the way
    out, for a file that is not there or of another layout, for a cell that is not of its kind, and
    for a file of which no row can be used.
    """
    source = read_source(path.parent, path.name)
    if source is None:
        raise StewardError(f"{path}: does not exist; give a chain file with --chains FILE")
    _check_layout(source)
    frame = _named(source, table(source, LAYOUT))
    ward = Ward()
    frame = _keep(frame, pl.col("root").is_in(["SPX", "SPXW"]), "not SPX or SPXW", source, ward)
    frame = _keep(frame, ~_stray(frame), "a stray row, a year from every other", source, ward)
    frame = _with_settlement(frame, source, ward)
    frame = _with_prices(frame, source, ward)
    if frame.is_empty():
        reasons = "; ".join(f"{one.reason}: {one.rows}" for one in ward.all())
        raise StewardError(
            f"{source.shown}: no row is a quote that can be used ({reasons}); bring a file with "
            "SPX or SPXW quotes of sessions of the exchange"
        )
    quotes = frame.sort(*KEY).select(list(CHAIN))
    return ChainFile(
        name=source.name,
        sha256=source.sha256,
        quotes=conform(quotes, CHAIN, table="quotes"),
        quarantined=ward.all(),
    )


def _check_layout(source: SourceFile) -> None:
    """Before anything else: rows of another layout would raise about their length instead."""
    first = source.data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    header = first.decode("utf-8", "replace").strip()
    names = [name.strip().strip('"') for name in header.split(",")]
    if not set(LAYOUT) <= set(names):
        raise StewardError(
            f"{source.shown}, line 1: the header {header[:200]!r} is of no chain layout that "
            f"Steward knows; it knows optopsy: {','.join(LAYOUT)} (more columns are allowed)"
        )


def _named(source: SourceFile, frame: pl.DataFrame) -> pl.DataFrame:
    right = frame["option_type"].str.to_lowercase().replace_strict(RIGHTS, default=None)
    if right.null_count():
        row = int(right.is_null().arg_true()[0])
        raise wrong(
            source,
            frame["line"][row],
            "option_type",
            frame["option_type"][row],
            "is neither call nor put",
            more=right.null_count() - 1,
        )
    price = pl.col("underlying_price")
    return frame.select(
        session="quote_date",
        root=pl.col("underlying_symbol").str.strip_chars("^$"),
        expiry="expiration",
        strike="strike",
        right=right.cast(pl.String),
        bid="bid",
        ask="ask",
        underlying=pl.when(price > 0.0).then(price),
        line="line",
    )


def _keep(
    frame: pl.DataFrame, good: pl.Expr | pl.Series, reason: str, source: SourceFile, ward: Ward
) -> pl.DataFrame:
    kept = frame.filter(good)
    ward.count(source.name, reason, frame.height - kept.height)
    return kept


def _stray(frame: pl.DataFrame) -> pl.Series:
    """Whether a row is the only one of its day, with every other day of the file far away."""
    counts = frame.group_by("session").len().sort("session")
    days = counts["session"].to_numpy().astype("datetime64[D]")
    gaps = np.concatenate(([FAR], np.diff(days), [FAR]))
    alone = (gaps[:-1] >= FAR) & (gaps[1:] >= FAR) & (len(days) > 1)
    stray = counts.filter(pl.Series(alone) & (counts["len"] == 1))["session"]
    return frame["session"].is_in(stray.implode())


def _with_settlement(frame: pl.DataFrame, source: SourceFile, ward: Ward) -> pl.DataFrame:
    """`expiry` as the last day with economic meaning, `settlement` inferred from root and day."""
    days = frame["session"].to_numpy().astype("datetime64[D]")
    on = pl.Series(whole_clock().is_session(days))
    frame = _keep(frame, on, "not a session of the exchange", source, ward)
    series = frame.select("root", "expiry").unique(maintain_order=True)
    true = [_last_day(label) for label in series["expiry"]]
    styles = [
        None if last is None else _settlement(root, last)
        for root, last in zip(series["root"], true, strict=True)
    ]
    found = series.with_columns(
        last=pl.Series(true, dtype=pl.Date), settlement=pl.Series(styles, dtype=pl.String)
    )
    frame = frame.join(found, on=["root", "expiry"], maintain_order="left")
    moved = int((frame["last"] != frame["expiry"]).sum())
    ward.count(source.name, "expires on a Saturday or a closed Friday: the session before", moved)
    known, style = pl.col("last").is_not_null(), pl.col("settlement").is_not_null()
    frame = _keep(frame, known, "expires on a day that is not a session", source, ward)
    frame = _keep(frame, style, "root SPX outside of the monthly day: AM or PM", source, ward)
    frame = frame.with_columns(expiry="last", settlement_source=pl.lit("inferred"))
    return _keep(frame, pl.col("expiry") >= pl.col("session"), "already expired", source, ward)


def _last_day(label: date) -> date | None:
    """The label itself; of a Saturday or a closed Friday the session before; else None."""
    if not calendar.FIRST_DAY <= label <= calendar.LAST_DAY:
        return None
    if calendar.is_session(label):
        return label
    return calendar.on_or_before(label) if label.weekday() in (4, 5) else None


def _settlement(root: str, last: date) -> Settlement | None:
    """SPX settles AM, on monthly days only; SPXW PM, but Friday weeklies AM before 2010-12.

    Source: Cboe, S&P 500 index options specifications, and its page on weeklies.
    """
    if root == "SPX":
        return "AM" if last == calendar.monthly_expiry(last.year, last.month) else None
    ends = calendar.is_first_of_month(calendar.next_session(last))
    quarter_end = ends and last.month % 3 == 0
    return "PM" if last >= listing.WEEKLY_PM_FROM or quarter_end else "AM"


def _with_prices(frame: pl.DataFrame, source: SourceFile, ward: Ward) -> pl.DataFrame:
    for reason, good in (
        ("a strike of 0 or below", pl.col("strike") > 0.0),
        ("no bid or no ask", pl.col("bid").is_not_null() & pl.col("ask").is_not_null()),
        ("a bid below 0", pl.col("bid") >= 0.0),
        ("an ask of 0 or below", pl.col("ask") > 0.0),
        ("crossed: the ask below the bid", pl.col("ask") >= pl.col("bid")),
        ("a contract that occurs twice in a session", pl.struct(KEY).is_first_distinct()),
    ):
        frame = _keep(frame, good, reason, source, ward)
    return frame
