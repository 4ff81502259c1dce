"""Databento OPRA as CSV, schemas cmbp-1 and cbbo: changes of the consolidated quote.

Prices are whole numbers of 1e-9 points unless they are written with a decimal point (`pretty_px`);
the largest int64 is "no price". Stamps are nanoseconds or ISO 8601. Where nothing changed there is
no record, so a contract's last record stands, up to a limit (`last_quotes`). `ts_recv` is when a
record was there to be acted on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, TEXT
from steward.market.vendors.last_quotes import stream
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

STALE_AFTER = timedelta(minutes=30)
"""A record older than this at the snapshot is no quote of it."""

NO_PRICE = 9_223_372_036_854_775_807
POINT = 1_000_000_000
LEAST = POINT // 1000
"""A thousandth of a point: a whole number between 0 and this is no price in 1e-9 points."""

_PRICES = ("bid_px_00", "ask_px_00")
_CELLS = {
    "symbol": NEEDED_TEXT,
    "ts_recv": TEXT,
    **dict.fromkeys(_PRICES, TEXT),
    **dict.fromkeys(("bid_sz_00", "ask_sz_00"), NUMBER),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Databento:
    """Two quotes a contract and session, each with its own moment."""

    name: str = "databento"
    title: str = "Databento OPRA (cmbp-1, cbbo)"
    table: Table = "quotes"
    streams_to_the_end: bool = True  # rows come when all of it is read; nothing is of its name
    header: Sequence[str] = (
        "ts_recv",
        "ts_event",
        "rtype",
        "publisher_id",
        "instrument_id",
        "action",
        "side",
        "price",
        "size",
        "flags",
        "ts_in_delta",
        "bid_px_00",
        "ask_px_00",
        "bid_sz_00",
        "ask_sz_00",
        "bid_pb_00",
        "ask_pb_00",
        "symbol",
    )

    def recognise(self, head: Head) -> int:
        names = set(head.names)
        return len(names & set(self.header)) if set(_CELLS) <= names else 0

    def read(self, source: Source) -> Iterator[Batch]:
        names = source.head.names
        source.ignored = tuple(n for n in names if n and n not in self.header)

        def ticks(frame: pl.DataFrame) -> pl.DataFrame:
            _check_prices(frame, source)
            return frame.select(
                "line",
                option="symbol",
                stamp=stamp(pl.col("ts_recv")),
                bid=points(pl.col("bid_px_00")),
                ask=points(pl.col("ask_px_00")),
                bid_size="bid_sz_00",
                ask_size="ask_sz_00",
            )

        yield from stream(source, cells=_CELLS, ticks=ticks, stale_after=STALE_AFTER)


def stamp(column: pl.Expr) -> pl.Expr:
    """Nanoseconds since 1970 of either spelling; null where it does not read."""
    text = column.str.strip_chars_end("Z")
    ours = text.str.contains(r"^(19|20)\d\d-")  # polars takes 2588 for 2003: nanoseconds run over
    iso = (
        pl.when(ours)
        .then(text)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="ns")
    )
    return pl.coalesce(column.cast(pl.Int64, strict=False), iso.dt.epoch("ns"))


def points(column: pl.Expr) -> pl.Expr:
    """Index points of either spelling; null for "no price" and where it does not read."""
    whole = column.cast(pl.Int64, strict=False)
    decimal = pl.when(column.str.contains(".", literal=True)).then(
        column.cast(pl.Float64, strict=False)
    )
    fixed = pl.when(whole != NO_PRICE).then(
        (whole / POINT).round(9)
    )  # a division of polars is inexact
    return pl.coalesce(pl.when(decimal < NO_PRICE // POINT).then(decimal), fixed)


def _check_prices(frame: pl.DataFrame, source: Source) -> None:
    """Raises StewardError for whole numbers that are not in 1e-9 points."""
    for name in _PRICES:
        whole = pl.col(name).cast(pl.Int64, strict=False)
        odd = frame.filter(whole.is_between(1, LEAST - 1))
        if odd.height:
            line, said = odd.select("line", name).row(0)
            raise StewardError(
                f"{source.shown}, line {line}, column {name}: {said} is neither a price with a "
                "decimal point nor one in 1e-9 points; bring the file as Databento wrote it"
            )


LAYOUT = Databento()
