"""Massive (formerly Polygon) flat files: day aggregates of trades, and every change of the quotes.

Stamps are nanoseconds, UTC. Day aggregates hold trades only, so they go to the table of bars. A
quote file is of all options of a day, over 100 GB packed: while it goes by, two snapshots a
contract are kept (`last_quotes`). Tickers like NA and NULL exist and are tickers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from steward.market.bars import as_bars
from steward.market.vendors.columns import from_osi
from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, TEXT
from steward.market.vendors.last_quotes import stream
from steward.market.vendors.layout import Batch, CsvLayout, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError


def day_rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    stamp = pl.col("window_start").cast(pl.Int64, strict=False)
    local = (
        pl.from_epoch(stamp, time_unit="ns")
        .dt.replace_time_zone("UTC")
        .dt.convert_time_zone("America/New_York")
    )
    frame = frame.with_columns(local=local)
    _check_days(frame, source)
    contract = from_osi(pl.col("ticker"))
    return as_bars(
        frame.select(
            "line",
            "open",
            "high",
            "low",
            "close",
            "volume",
            "transactions",
            session=pl.col("local").dt.date(),
            root=pl.coalesce(contract["root"], "ticker"),  # of a share or an index: elsewhere
            **{name: contract[name] for name in ("expiry", "right", "strike")},
        )
    )


def _check_days(frame: pl.DataFrame, source: Source) -> None:
    """Raises StewardError for aggregates of a minute or an hour, which have the same header."""
    inside = frame.filter(pl.col("local").dt.truncate("1d") != pl.col("local"))
    if inside.height:
        line, stamp, clock = inside.select(
            "line", "window_start", pl.col("local").dt.strftime("%H:%M")
        ).row(0)
        raise StewardError(
            f"{source.shown}, line {line}, column window_start: {stamp} is {clock} in New York, "
            "within a day; bring the day aggregates, not those of minutes"
        )


_TICK_CELLS = {
    "ticker": NEEDED_TEXT,
    "sip_timestamp": TEXT,
    **dict.fromkeys(("bid_price", "bid_size", "ask_price", "ask_size"), NUMBER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MassiveQuotes:
    """Quote flat files: two quotes a contract and session, each with its own moment."""

    name: str = "massive_quotes"
    title: str = "Massive option quotes (flat file)"
    table: Table = "quotes"
    streams_to_the_end: bool = True  # rows come when all of it is read; nothing is of its name
    header: Sequence[str] = (
        "ticker",
        "ask_exchange",
        "ask_price",
        "ask_size",
        "bid_exchange",
        "bid_price",
        "bid_size",
        "sequence_number",
        "sip_timestamp",
    )

    def recognise(self, head: Head) -> int:
        names = set(head.names)
        return len(names & set(self.header)) if set(_TICK_CELLS) <= names else 0

    def read(self, source: Source) -> Iterator[Batch]:
        names = source.head.names
        source.ignored = tuple(n for n in names if n and n not in self.header)
        yield from stream(source, cells=_TICK_CELLS, ticks=ticks)


def ticks(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "line",
        "bid_size",
        "ask_size",
        option="ticker",
        stamp=pl.col("sip_timestamp").cast(pl.Int64, strict=False),
        bid="bid_price",
        ask="ask_price",
    )


LAYOUTS = (
    CsvLayout(
        name="massive_day",
        title="Massive day aggregates (flat file)",
        cells={
            "ticker": NEEDED_TEXT,
            "volume": NUMBER,
            "open": NUMBER,
            "close": NUMBER,
            "high": NUMBER,
            "low": NUMBER,
            "window_start": NEEDED_TEXT,
            "transactions": NUMBER,
        },
        table="bars",
        rows=day_rows,
    ),
    MassiveQuotes(),
)
