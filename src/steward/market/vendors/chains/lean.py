"""QuantConnect Lean: zips of one file a contract, and the daily files of a universe.

A file has no header and says what it is of in its name only, so an archive of them is opened as
one stream of lines, each with the name of its member before it (`intake.opening`), below the line
`member`. Prices are ten-thousandths of a point, strikes in names too.

Quotes are bars of the bid and the ask; a bar's time is its beginning (the last minute of a session
begins at 16:14), so what its close says is known a minute later. The bar that ends at 15:45 is the
snapshot 1545, the one that ends at the close of options is `eod`, the others have the clock of
their end. Trades and open interest hold no quote and are kept as bars. So are the volume and the
open interest of a universe file; its prices are midpoints, with volume or without, and no trades.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from steward.market.bars import as_bars
from steward.market.believe import ROOTS, snapshot_moment
from steward.market.lookup import looked_up
from steward.market.vendors.columns import as_rows, rights, underlying_of
from steward.market.vendors.csv_stream import (
    NEEDED_TEXT,
    NUMBER,
    TEXT,
    Cell,
    as_day,
    stream_csv,
)
from steward.market.vendors.layout import Batch, CsvLayout, Table
from steward.market.vendors.source import Head, Source
from steward.terms import calendar
from steward.terms.errors import StewardError

MEMBER = (
    r"^(?:(?P<day>\d{8})_)?(?P<root>[a-z0-9.]+)_(?:(?P<resolution>minute|second|tick)_)?"
    r"(?P<kind>quote|trade|openinterest)_(?:european|american)_(?P<right>call|put)_"
    r"(?P<strike>\d{1,12})_(?P<expiry>\d{8})\.csv$"
)
"""Name of the file of a contract. Source: QuantConnect/Lean, Data/option/readme.md."""

FIRST_LINE = "member"
"""Of an archive of such files, as it is opened."""

DECI_CENTS = 10_000.0
"""A point; `points` rounds, for a division of polars is off in the last bit."""

_BAR = ("open", "high", "low", "close")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "quote": (
        *(f"bid_{n}" for n in _BAR),
        "bid_size",
        *(f"ask_{n}" for n in _BAR),
        "ask_size",
    ),
    "trade": (*_BAR, "volume"),
    "openinterest": ("open_interest",),
}
"""What follows the time, by kind."""


def of_contract(name: str) -> bool:
    """Whether a file's name is that of one contract."""
    return re.match(MEMBER, name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeanZip:
    """An archive of contracts, all of one kind. `line` is that of the whole stream."""

    name: str
    title: str
    kind: str
    table: Table
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        first = head.lines[1].partition(",")[0] if len(head.lines) > 1 else ""
        joined = head.lines[:1] == (FIRST_LINE,)
        found = re.match(MEMBER, first if joined else head.name)
        return 3 if found and found["kind"] == self.kind else 0

    def read(self, source: Source) -> Iterator[Batch]:
        if source.head.lines[:1] != (FIRST_LINE,):
            raise StewardError(
                f"{source.shown}: is one contract of Lean, named only by the file; import the .zip "
                "that it was in"
            )
        names = ("member", "time", *_FIELDS[self.kind])
        cells: dict[str, Cell] = {"member": NEEDED_TEXT, "time": NEEDED_TEXT}
        cells |= dict.fromkeys(_FIELDS[self.kind], NUMBER)
        with source.open() as file:
            for batch in stream_csv(file, shown=source.shown, names=names, cells=cells):
                frame = self._named(batch.frame, source)
                timeless = ~pl.col("daily") & pl.col("ends").is_null()
                odd = frame.filter(timeless).select(
                    "line",
                    reason=pl.lit("column time is not a number of milliseconds"),
                    row=pl.concat_str("member", "time", separator=" "),
                )
                frame = frame.filter(~timeless)
                yield Batch(
                    rows=_quotes(frame) if self.kind == "quote" else _bars(frame),
                    set_aside=pl.concat([batch.set_aside, odd]),
                    read=batch.frame.height + batch.set_aside.height,
                )

    def _named(self, frame: pl.DataFrame, source: Source) -> pl.DataFrame:
        """With session and end of the bar (minutes of the day; null: a bar of the day), and what
        the member's name says. Raises StewardError for bars of another length."""
        frame = looked_up(frame, ["member"], _said)
        daily = pl.col("day").is_null()
        of_day = pl.col("time").str.contains(r"^\d{8} 00:00$")
        wrong = (
            (pl.col("kind") != self.kind)
            | pl.col("resolution").is_in(["second", "tick"]).fill_null(False)
            | (daily & ~of_day)
            | (~daily & pl.lit(self.kind == "trade"))
        )
        odd = frame.filter(wrong.fill_null(True))
        if odd.height:
            line, member, time = odd.select("line", "member", "time").row(0)
            raise StewardError(
                f"{source.shown}, line {line}: {member} at {time!r} is not read; bring quotes and "
                "open interest of days or minutes, trades of days, each kind in its own .zip"
            )
        day = pl.when(daily).then(pl.col("time").str.slice(0, 8)).otherwise(pl.col("day"))
        begins = pl.when(~daily).then(pl.col("time").cast(pl.Int64, strict=False)) // 60_000
        return frame.with_columns(
            session=as_day(day, "%Y%m%d"),
            daily=daily,
            ends=begins + 1,
        )


def _said(members: pl.DataFrame) -> pl.DataFrame:
    """What the names of members say: a column for each group of `MEMBER`."""
    said = members.with_columns(said=pl.col("member").str.extract_groups(MEMBER)).unnest("said")
    return said.with_columns(
        root=pl.col("root").str.to_uppercase(),
        expiry=as_day(pl.col("expiry"), "%Y%m%d"),
        right=rights(pl.col("right")),
        strike=points(pl.col("strike").cast(pl.Float64)),
    )


def points(deci_cents: pl.Expr) -> pl.Expr:
    return (deci_cents / DECI_CENTS).round(4)


def _quotes(frame: pl.DataFrame) -> pl.DataFrame:
    named = _snapshots(frame["session"].unique().drop_nulls())
    frame = frame.join(named, on=["session", "ends"], how="left", maintain_order="left")
    clock = (pl.col("ends") // 60 * 100 + pl.col("ends") % 60).cast(pl.String).str.zfill(4)
    snapshot = pl.when("daily").then(pl.lit("eod")).otherwise(pl.coalesce("named", clock))
    return as_rows(
        frame.select(
            "line",
            "session",
            "root",
            "expiry",
            "right",
            "strike",
            "bid_size",
            "ask_size",
            snapshot=snapshot,
            symbol=underlying_of(pl.col("root")),
            bid=points(pl.col("bid_close")),
            ask=points(pl.col("ask_close")),
        )
    )


def _snapshots(sessions: pl.Series) -> pl.DataFrame:
    """The minutes of each day at which the two snapshots to trade on are taken."""
    taken = [
        (day, _minutes(moment.astimezone(calendar.NEW_YORK)), name)
        for day in sessions
        for name in ("1545", "eod")
        if (moment := snapshot_moment(day, name)) is not None
    ]
    schema = {"session": pl.Date(), "ends": pl.Int64(), "named": pl.String()}
    return pl.DataFrame(taken, schema=schema, orient="row")


def _minutes(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _bars(frame: pl.DataFrame) -> pl.DataFrame:
    prices = [n for n in _BAR if n in frame.columns]
    return as_bars(
        frame.with_columns(points(pl.col(n)) for n in prices).select(
            "line",
            "session",
            "root",
            "expiry",
            "right",
            "strike",
            *prices,
            *(n for n in ("volume", "open_interest") if n in frame.columns),
        )
    )


def universe(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    source.note("prices of a universe file are midpoints, not trades: not kept")
    return as_bars(
        frame.select(
            "line",
            "strike",
            "volume",
            "open_interest",
            session=pl.lit(source.session()),
            root=pl.lit(_root(source)),
            expiry="#expiry",
            right=rights(pl.col("right")),
        )
    )


def _root(source: Source) -> str:
    """The root that the user names, else the file's name, else its folder's."""
    said: str | None = source.hint("root")
    if said:
        return said
    words = re.findall(r"[a-z]+", "/".join(source.shown.lower().split("/")[-2:]))
    found: set[str] = {str(word).upper() for word in words} & set(ROOTS)
    if len(found) != 1:
        raise StewardError(
            f"{source.shown}: neither the file's name nor its folder says which root it is of; say "
            "it with --root SPXW"
        )
    root = found.pop()
    source.note(f"root {root}: from the name of the file or its folder")
    return root


LAYOUTS = (
    LeanZip(name="lean_quotes", title="Lean quotes (zip)", kind="quote", table="quotes"),
    LeanZip(name="lean_trades", title="Lean trades (zip)", kind="trade", table="bars"),
    LeanZip(
        name="lean_open_interest",
        title="Lean open interest (zip)",
        kind="openinterest",
        table="bars",
    ),
    CsvLayout(
        name="lean_universe",
        title="Lean universe of a day",
        cells={
            "#expiry": Cell(kind="day", format="%Y%m%d"),
            "strike": NUMBER,
            "right": TEXT,
            "volume": NUMBER,
            "open_interest": NUMBER,
        },
        known=(*_BAR, "implied_volatility", "delta", "gamma", "vega", "theta", "rho"),
        table="bars",
        rows=universe,
    ),
)
