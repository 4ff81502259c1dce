"""Per-expiry tables of VIX calls as cached from a Bloomberg terminal: one Parquet file an expiry.

A row a day, columns `C15_Bid, C15_Ask, C15_Mid, C15_Last` a strike; calls only. The expiry is the
VIX expiry of the month in the file's name. Three defects are known of such tables: a quote is the
last one seen, often after hours and then wide; closed days repeat the row before, and so does the
day of expiry. Each of these is set aside with its reason. `Mid` and `Last` are not read.

A Parquet file is data only: its schema is checked before a value is read. A record is one quote (a
day and a strike); `line` is the row of the table, the first being 1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from steward.market.tables import SET_ASIDE
from steward.market.vendors.clock import whole_clock
from steward.market.vendors.columns import as_rows
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms import calendar
from steward.terms.errors import StewardError

LARGEST = 64 * 1024 * 1024
"""Bytes; a table of an expiry has about fifty thousand."""

MOST_ROWS = 10_000
"""Days of one expiry; 58 are usual."""

NAME = re.compile(r"(?i)vix.*?(?<!\d)(20\d\d)[-_](\d\d)\.parquet$")
COLUMN = re.compile(r"^C(\d{1,4}(?:\.\d+)?)_(Bid|Ask|Mid|Last)$")

WIDEST, WIDEST_SHARE = 0.5, 0.1
"""Points, and share of the mid that is added to them: a wider quote was last seen after hours."""

_UNREADABLE = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,  # what the reader makes of some damaged files
    OSError,
    ValueError,
)

WIDE = "wide: last seen after hours"
CLOSED = "not a session of the exchange: repeats the row before"
LAST_ROW = "the day of expiry or later: repeats the row before"


@dataclass(frozen=True, slots=True, kw_only=True)
class BloombergVix:
    """Found by its name: a Parquet file has its schema at its end."""

    name: str = "bloomberg_vix"
    title: str = "Bloomberg VIX calls by expiry (Parquet)"
    table: Table = "quotes"
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        return 2 if head.data.startswith(b"PAR1") and NAME.search(head.name) else 0

    def read(self, source: Source) -> Iterator[Batch]:
        expiry = _expiry(source)
        table, day, strikes = _table(source)
        long = pl.concat(
            [
                table.select(
                    line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
                    session=pl.col(day).cast(pl.Date),
                    strike=pl.lit(float(strike)),
                    bid=pl.col(f"C{strike}_Bid").cast(pl.Float64),
                    ask=pl.col(f"C{strike}_Ask").cast(pl.Float64),
                )
                for strike in strikes
            ]
        ).sort("line", "strike")
        bid, ask = pl.col("bid"), pl.col("ask")
        widest = WIDEST + WIDEST_SHARE * (bid + ask) / 2.0
        days = long["session"].to_numpy().astype("datetime64[D]")
        open_day = pl.Series("open", whole_clock().is_session(days)).fill_null(False)
        reason = (
            pl.when(pl.col("session") >= expiry)
            .then(pl.lit(LAST_ROW))
            .when(~open_day)
            .then(pl.lit(CLOSED))
            .when(ask - bid > widest)
            .then(pl.lit(WIDE))
        )
        judged = long.with_columns(reason=reason)
        rows = judged.filter(pl.col("reason").is_null()).select(
            "line",
            "session",
            "strike",
            "bid",
            "ask",
            snapshot=pl.lit("eod"),
            symbol=pl.lit("VIX"),
            root=pl.lit("VIX"),
            expiry=pl.lit(expiry),
            settlement=pl.lit("AM"),
            right=pl.lit("C"),
        )
        aside = judged.filter(pl.col("reason").is_not_null()).select(
            "line",
            "reason",
            row=pl.concat_str(
                [pl.col(n).cast(pl.String).fill_null("?") for n in ("session", "strike")]
                + [bid.cast(pl.String).fill_null("?"), ask.cast(pl.String).fill_null("?")],
                separator=" ",
            ),
        )
        yield Batch(
            rows=as_rows(rows),
            set_aside=aside.select(pl.col(n).cast(kind) for n, kind in SET_ASIDE.items()),
            read=long.height,
        )


def _expiry(source: Source) -> date:
    found = NAME.search(source.name)
    year, month = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= month <= 12 or not calendar.FIRST_DAY.year <= year < calendar.LAST_DAY.year:
        raise StewardError(
            f"{source.shown}: the expiry is taken from the file's name, as in "
            "vix_options_2023_01.parquet; this name has no such month"
        )
    expiry = calendar.vix_expiry(year, month)
    source.note(f"expiry {expiry}: from the month in the file's name")
    return expiry


def _table(source: Source) -> tuple[pl.DataFrame, str, list[str]]:
    """The table, the name of its column of days, and its strikes as they are written."""
    with source.open() as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise StewardError(
            f"{source.shown}: over {LARGEST:,} bytes, which no table of one expiry has; bring one "
            "file an expiry"
        )
    try:
        schema = pl.read_parquet_schema(io.BytesIO(data))
        day, strikes = _columns(schema, source)
        wanted = [day, *(f"C{strike}_{side}" for strike in strikes for side in ("Bid", "Ask"))]
        table = pl.read_parquet(io.BytesIO(data), columns=wanted, n_rows=MOST_ROWS + 1)
    except _UNREADABLE as error:
        raise StewardError(
            f"{source.shown}: cannot be read as Parquet ({_first_line(error)}); "
            "bring the file again"
        ) from error
    if table.height > MOST_ROWS:
        raise StewardError(
            f"{source.shown}: over {MOST_ROWS:,} rows, where a row is a day of an expiry; bring "
            "one file an expiry"
        )
    return table, day, strikes


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _columns(schema: dict[str, pl.DataType], source: Source) -> tuple[str, list[str]]:
    days = [n for n, kind in schema.items() if kind == pl.Date or isinstance(kind, pl.Datetime)]
    cells = {n: found for n in schema if (found := COLUMN.match(n))}
    others = [n for n in schema if n not in cells and n not in days]
    odd = [n for n in cells if schema[n] not in (pl.Float64, pl.Float32)]
    strikes = [found[1] for found in cells.values() if found[2] == "Bid"]
    lacking = [f"C{strike}_Ask" for strike in strikes if f"C{strike}_Ask" not in cells]
    if len(days) != 1:
        problem = f"has {len(days)} columns of days, must have one"
    elif not strikes:
        problem = "has no column like C15_Bid"
    elif lacking:
        problem = f"lacks column {lacking[0]}"
    elif odd:
        problem = f"column {odd[0]}: is {schema[odd[0]]}, must be Float64"
    else:
        source.ignored = tuple(others)
        return days[0], strikes
    raise StewardError(
        f"{source.shown}: {problem}; this is no table of VIX calls by expiry: bring one that has a "
        "column of days and C15_Bid, C15_Ask and so on, or leave it out"
    )


LAYOUT = BloombergVix()
