"""Streams of quote changes → one quote a contract at each of two moments of a session.

A file of ticks is far larger than memory, and what a run trades on is a snapshot. So, while the
file goes by, the last record of each contract at or before 15:45 (the name `1545`; a quarter of an
hour before the shares close) and at or before the close of options (`eod`) is kept, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from steward.market.believe import ROOTS, snapshot_moment
from steward.market.tables import SET_ASIDE
from steward.market.vendors.columns import as_rows, from_osi, nothing_set_aside, underlying_of
from steward.market.vendors.csv_stream import Cell, stream_csv
from steward.market.vendors.layout import Batch
from steward.market.vendors.source import Source
from steward.terms import calendar

BOTH = ("1545", "eod")
"""Snapshots of a session: a quarter of an hour before the shares close, the close of options."""

UNREADABLE = "an option symbol or a moment that does not read"

TICKS = {
    "line": pl.Int64(),
    "option": pl.String(),  # an OSI symbol
    "stamp": pl.Int64(),  # nanoseconds since 1970, UTC
    "bid": pl.Float64(),
    "ask": pl.Float64(),
    "bid_size": pl.Float64(),
    "ask_size": pl.Float64(),
}
"""What a vendor's module gives of its records."""

_KEY = ["session", "snapshot", "option"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sifted:
    """What of some records is not even looked at: of other underlyings, or unreadable."""

    elsewhere: int
    set_aside: pl.DataFrame


class LastQuotes:
    """The last quotes so far; memory grows with the contracts of SPX and VIX, not with the file."""

    def __init__(self, stale_after: timedelta | None = None) -> None:
        """stale_after: a record older than this at the snapshot is no quote of it; None: any of
        the day from 9:30 New York on is, for feeds that send every change."""
        self._stale_after = stale_after
        self._last: pl.DataFrame | None = None
        self.records = 0

    def add(self, ticks: pl.DataFrame) -> Sifted:
        """ticks: columns of `TICKS`, in the order of the file."""
        likely = ticks.filter(pl.col("option").str.contains(r"^\s*(?:O:)?\s*(?:SPX|VIX)"))
        named = likely.with_columns(root=from_osi(pl.col("option"))["root"])
        reads = pl.col("stamp").is_between(_open(calendar.FIRST_DAY), _open(calendar.LAST_DAY))
        reads = reads.fill_null(value=False)
        bad = named.filter(pl.col("root").is_null() | ~reads)
        ours = named.filter(pl.col("root").is_in(list(ROOTS)) & reads)
        if ours.height:
            self.records += ours.height
            self._keep(ours.drop("root"))
        return Sifted(
            elsewhere=ticks.height - bad.height - ours.height, set_aside=_aside(bad, UNREADABLE)
        )

    def _keep(self, ticks: pl.DataFrame) -> None:
        moment = pl.from_epoch("stamp", time_unit="ns").dt.replace_time_zone("UTC")
        ticks = ticks.with_columns(
            session=moment.dt.convert_time_zone("America/New_York").dt.date()
        )
        days = ticks["session"].unique().to_list()
        held = [] if self._last is None else [self._last]
        for snapshot in BOTH:
            spans = pl.DataFrame(
                [(day, _open(day), _at(day, snapshot)) for day in days],
                schema={"session": pl.Date(), "from": pl.Int64(), "to": pl.Int64()},
                orient="row",
            )
            within = ticks.join(spans, on="session", maintain_order="left").filter(
                pl.col("stamp").is_between("from", "to")
            )
            held.append(_last(within.with_columns(snapshot=pl.lit(snapshot))))
        self._last = _last(pl.concat(held))

    def rows(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Columns of `tables.ROWS`, and those of `tables.SET_ASIDE` for what was stale."""
        if self._last is None:
            return as_rows(pl.DataFrame(schema={"line": pl.Int64()})), nothing_set_aside()
        last = self._last.sort("line", "snapshot")
        stale = pl.lit(False)
        if self._stale_after is not None:
            stale = (
                pl.col("to") - pl.col("stamp")
                > self._stale_after // timedelta(microseconds=1) * 1000
            )
        old = last.filter(stale)
        contract = from_osi(pl.col("option"))
        rows = last.filter(~stale).select(
            "line",
            "session",
            "snapshot",
            "bid",
            "ask",
            "bid_size",
            "ask_size",
            moment=pl.from_epoch(pl.col("stamp") // 1000, time_unit="us").dt.replace_time_zone(
                "UTC"
            ),
            symbol=underlying_of(contract["root"]),
            **contract,
        )
        minutes = (self._stale_after or timedelta()) // timedelta(minutes=1)
        return as_rows(rows), _aside(old, f"stale: more than {minutes} minutes old at the snapshot")


def stream(
    source: Source,
    *,
    cells: Mapping[str, Cell],
    ticks: Callable[[pl.DataFrame], pl.DataFrame],
    stale_after: timedelta | None = None,
) -> Iterator[Batch]:
    """The batches of a CSV file of quote changes; the last one has the quotes.

    ticks  a frame of the cells and `line` → columns of `TICKS`
    """
    last = LastQuotes(stale_after)
    nothing = as_rows(pl.DataFrame(schema={"line": pl.Int64()}))
    names = source.head.names
    with source.open() as file:
        for batch in stream_csv(file, shown=source.shown, names=names, cells=cells):
            sifted = last.add(ticks(batch.frame))
            yield Batch(
                rows=nothing,
                set_aside=pl.concat([batch.set_aside, sifted.set_aside]),
                read=batch.frame.height + batch.set_aside.height,
                elsewhere=sifted.elsewhere,
            )
    rows, stale = last.rows()
    source.note(
        f"of {last.records} changes of quotes the last ones at or before 15:45 and the close of "
        "options are kept"
    )
    yield Batch(rows=rows, set_aside=stale, read=0)


def _last(ticks: pl.DataFrame) -> pl.DataFrame:
    return ticks.sort("stamp", "line").unique(_KEY, keep="last")


def _open(day: date) -> int:
    return _nanoseconds(datetime.combine(day, calendar.OPEN, calendar.NEW_YORK))


def _at(day: date, snapshot: str) -> int:
    moment = snapshot_moment(day, snapshot)
    return _nanoseconds(moment) if moment else 0


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000


def _aside(ticks: pl.DataFrame, reason: str) -> pl.DataFrame:
    said = [pl.col(n).cast(pl.String).fill_null("?") for n in ("option", "stamp", "bid", "ask")]
    aside = ticks.select("line", reason=pl.lit(reason), row=pl.concat_str(said, separator=" "))
    return aside.select(pl.col(n).cast(kind) for n, kind in SET_ASIDE.items())
