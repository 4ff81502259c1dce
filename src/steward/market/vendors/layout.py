"""What a layout is: how a file is recognised, and how its rows are read.

A vendor is one module in a folder of this room with one public name, `LAYOUT` or `LAYOUTS`, found
by `registry.layouts()`; most are a `CsvLayout`. A module says what stands where, in which format
and with which sentinel; what is then believed of the rows is the same for all (`market.believe`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import polars as pl

from steward.market.vendors.columns import as_rows, without_sentinels
from steward.market.vendors.csv_stream import Cell, header_names, stream_csv
from steward.market.vendors.source import Head, Source

Table = Literal[
    "quotes",
    "bars",
    "index",
    "etp",
    "vx",
    "macro",
    "breadth",
    "membership",
    "calendar",
    "settlements",
]
"""Which table of the store the rows of a layout belong to (`market.tables`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a file.

    rows       columns of the layout's table (of `tables.ROWS` for quotes)
    set_aside  columns of `tables.SET_ASIDE`
    read       records of the file that these came from, those set aside included
    elsewhere  rows of another underlying than SPX and VIX that are not even in `rows`
    """

    rows: pl.DataFrame
    set_aside: pl.DataFrame
    read: int
    elsewhere: int = 0


@runtime_checkable
class Layout(Protocol):
    """One vendor's layout.

    name    in reports and in the store ("ivolatility")    title  for people ("iVolatility Raw IV")
    header  its columns, for the error about an unknown file; empty where it has none
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def table(self) -> Table: ...
    @property
    def header(self) -> Sequence[str]: ...

    def recognise(self, head: Head) -> int:
        """How sure: 0 not ours; else the number of columns (or signs) that agree."""

    def read(self, source: Source) -> Iterator[Batch]:
        """The rows, in batches. Raises StewardError where the file as a whole cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvLayout:
    """A CSV file with a header in its first line.

    cells      how to read the columns that are used, by cleaned name; all of them must be there
    optional   the same for those that may be absent
    known      names that belong to the layout and are not read
    rows       a frame of these columns and `line` → columns of `tables.ROWS` (any subset), or of
               another table
    sentinels  values that mean "missing", by the name of a column of the result (R3)
    refuse     names that another layout is known by: with one of them the file is not ours
    version    of a map of the user's, by its content: a corrected map reads its files anew
    """

    name: str
    title: str
    cells: Mapping[str, Cell]
    rows: Callable[[pl.DataFrame, Source], pl.DataFrame]
    optional: Mapping[str, Cell] = field(default_factory=dict)
    known: Sequence[str] = ()
    sentinels: Mapping[str, Sequence[float]] = field(default_factory=dict)
    refuse: Sequence[str] = ()
    table: Table = "quotes"
    separator: str = ","
    version: str = ""

    @property
    def header(self) -> Sequence[str]:
        return (*self.cells, *self.optional)

    def names(self, head: Head) -> tuple[str, ...]:
        return header_names(head.lines[0], self.separator) if head.lines else ()

    def recognise(self, head: Head) -> int:
        names = set(self.names(head))
        if not set(self.cells) <= names or names & set(self.refuse):
            return 0
        return len(names & {*self.cells, *self.optional, *self.known})

    def read(self, source: Source) -> Iterator[Batch]:
        names = self.names(source.head)
        cells = {n: c for n, c in {**self.cells, **self.optional}.items() if n in names}
        used = {*cells, *self.known}
        source.ignored = tuple(name for name in names if name not in used and name)
        with source.open() as file:
            for batch in stream_csv(
                file, shown=source.shown, names=names, cells=cells, separator=self.separator
            ):
                rows = self.rows(batch.frame, source)
                yield Batch(
                    rows=without_sentinels(self.finish(rows), self.sentinels),
                    set_aside=batch.set_aside,
                    read=batch.frame.height + batch.set_aside.height,
                )

    def finish(self, rows: pl.DataFrame) -> pl.DataFrame:
        return as_rows(rows) if self.table == "quotes" else rows
