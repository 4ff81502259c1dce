"""What a layout is: how a file is recognised, and how its rows are read.

A vendor is one module in a folder of this room with one public name, `LAYOUT` or `LAYOUTS`, found
by `registry.layouts()`; most are a `CsvLayout`. A module says what stands where, in which format
and with which sentinel; what is then believed of the rows is the same for all (`market.believe`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, BinaryIO, Literal, Protocol, runtime_checkable

import polars as pl

from steward.market.tables import ROWS, SET_ASIDE, conform
from steward.market.vendors.csv_stream import Cell, header_names, stream_csv
from steward.terms.errors import StewardError

HEAD_BYTES = 64 * 1024
"""As much of a file as a layout is recognised by."""

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
class Hints:
    """What the user says of a file that does not say it itself; None: not said.

    symbol  "SPX" or "VIX"    root  "SPXW"    session  the trading day    time  New York
    today   rows of a series on later days are of the future, so they are set aside
    """

    symbol: str | None = None
    root: str | None = None
    session: date | None = None
    time: time | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a file.

    name   of the file (or archive member), without folders
    data   the first bytes, unpacked    lines  its first whole lines as text, BOM off
    """

    name: str
    data: bytes
    lines: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Cleaned column names of the first line."""
        return header_names(self.lines[0]) if self.lines else ()


def head_of(name: str, data: bytes) -> Head:
    """A head of a file's first bytes; no lines where they are not text."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start if error.start > len(data) - 8 else 0  # a character cut in two
        text = data[:cut].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if "\0" in text:
        text = ""
    # breaks as `stream_csv` counts them: a form feed inside of a title is none
    broken = text.removesuffix("\n").split("\n") if text else []
    lines = [line.removesuffix("\r") for line in broken]
    whole = lines if len(data) < HEAD_BYTES or len(lines) <= 1 else lines[:-1]
    return Head(name=name, data=data, lines=tuple(whole))


class Source:
    """One file to be read.

    shown  the file as the user gave it, for errors
    open   a new stream of its unpacked bytes, from the first one on
    notes  what was inferred while reading, for the report; ignored  columns that are not read
    warnings  what a user has to know before trusting the file
    told   what its name or its user said that its reading asked for: with the content it is what
           makes a file the same file
    given_name, given_hints  name and hints for those who only hand them on
    """

    __slots__ = (
        "given_hints",
        "given_name",
        "head",
        "ignored",
        "notes",
        "open",
        "shown",
        "told",
        "warnings",
    )

    def __init__(
        self,
        *,
        name: str,
        shown: str,
        head: Head,
        open: Callable[[], BinaryIO],
        hints: Hints | None = None,
    ) -> None:
        self.given_name = name
        self.given_hints = hints or Hints()
        self.shown = shown
        self.head = head
        self.open = open
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.ignored: tuple[str, ...] = ()
        self.told: set[str] = set()

    @property
    def name(self) -> str:
        """Of the file or archive member, without folders."""
        self.told.add(f"name {plain_name(self.given_name)}")
        return self.given_name

    def hint(self, what: str) -> Any:
        """What the user says: "symbol", "root", "session" or "time"; None: nothing."""
        said = getattr(self.given_hints, what)
        if said is not None:
            self.told.add(f"{what} {said}")
        return said

    def note(self, sentence: str) -> None:
        """Once each."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def warn(self, sentence: str) -> None:
        """Of what a user has to know before trusting the file; once each."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def symbol(self) -> str:
        """The underlying that the user names, else the file's name; raises where neither does."""
        said: str | None = self.hint("symbol")
        if said:
            return said
        found = symbol_in(self.given_name)
        if found is None:
            raise StewardError(
                f"{self.shown}: neither the file nor its name says which underlying it is of; "
                "say it with --symbol SPX or --symbol VIX"
            )
        self.told.add(f"symbol {found}")
        self.note(f"underlying {found}: from the file's name")
        return found

    def root(self) -> str | None:
        """The root that the user names, else one in the file's name: SPXW, VIXW; else None.

        SPX or VIX in a name say no more than the underlying.
        """
        said: str | None = self.hint("root")
        if said:
            return said
        words = re.findall(r"(?i)(?<![a-z])(spxw?|vixw?)(?![a-z])", self.given_name)
        found: set[str] = {word.upper() for word in words}
        if len(found) != 1 or not (root := found.pop()).endswith("W"):
            return None
        self.told.add(f"root {root}")
        self.note(f"root {root}: from the file's name")
        return root

    def session(self) -> date:
        """The trading day that the user names, else the file's name; raises where neither does."""
        said: date | None = self.hint("session")
        if said:
            return said
        found = day_in(self.given_name)
        if found is None:
            raise StewardError(
                f"{self.shown}: neither the file nor its name says which day it is of; say it with "
                "--session 2022-09-13"
            )
        self.told.add(f"session {found}")
        self.note(f"session {found}: from the file's name")
        return found

    def snapshot(self) -> str:
        """The clock that the user names, as HHMM; else the end of the day, and that is said.

        From the close of options on it is the end of the day.
        """
        said: time | None = self.hint("time")
        if said:
            return "eod" if said >= OPTIONS_CLOSE else f"{said:%H%M}"
        self.note("the file has no time of day: taken as the end of the day (else say --time)")
        return "eod"


OPTIONS_CLOSE = time(16, 15)
"""New York, on a whole day."""

COPY = re.compile(r"(?i)(?:\s*\(\d+\)|\s*-?\s*copy)+(?=\.|$)")
"""What a browser or a desktop adds to the name of a second copy."""


def plain_name(name: str) -> str:
    """A file's name without the marks of a copy, in lower case."""
    return COPY.sub("", name).lower()


def symbol_in(name: str) -> str | None:
    """SPX or VIX, where a file's name holds one of them (or a root) as a word."""
    found = {
        word.upper().removesuffix("W")
        for word in re.findall(r"(?i)(?<![a-z])(spxw?|vixw?)(?![a-z])", name)
    }
    return found.pop() if len(found) == 1 else None


def day_in(name: str) -> date | None:
    """The one day that a file's name holds, as 2025-08-22 or 20250822."""
    found = set()
    for year, month, day in re.findall(
        r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)", name
    ):
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None


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


def nothing_set_aside() -> pl.DataFrame:
    return pl.DataFrame(schema=SET_ASIDE)


def as_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with some columns of `tables.ROWS`: the others are added as unknown, all are cast.

    A count that is no whole number of 64 bits (1e30) is unknown.
    """
    unknown = [
        pl.lit(None, dtype=kind).alias(n) for n, kind in ROWS.items() if n not in frame.columns
    ]
    frame = frame.with_columns(unknown)
    counts = [n for n, kind in ROWS.items() if kind == pl.Int64() and frame[n].dtype.is_float()]
    frame = frame.with_columns(
        pl.when(pl.col(n) == pl.col(n).floor()).then(pl.col(n)).alias(n) for n in counts
    ).select(pl.col(n).cast(kind, strict=kind != pl.Int64()) for n, kind in ROWS.items())
    return conform(frame, ROWS, table="rows")


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


def without_sentinels(
    frame: pl.DataFrame, sentinels: Mapping[str, Sequence[float]]
) -> pl.DataFrame:
    """A vendor's words for "missing" as nulls (R3)."""
    return frame.with_columns(
        pl.when(~pl.col(name).is_in(list(values))).then(pl.col(name)).alias(name)
        for name, values in sentinels.items()
    )


def by_value(makes: Callable[[pl.Expr], pl.Expr], frame: pl.DataFrame, name: str) -> pl.Expr:
    """The same as `makes` of a text column, worked out once for each of its few values."""
    values = frame[name].unique()
    made = values.to_frame().select(makes(pl.col(name))).to_series()
    if values.len() == 1:
        return pl.lit(made[0], dtype=pl.String)
    return pl.col(name).replace_strict(values, made, default=None, return_dtype=pl.String)


def whole_text(value: object) -> str | None:
    """The text, half a character of JSON (`\\ud800`) in it as `?`; None for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def rights(column: pl.Expr) -> pl.Expr:
    """C or P of C, P, call, put, calls, puts in any case; null for anything else."""
    first = column.str.strip_chars().str.to_uppercase()
    whole = first.is_in(["C", "P", "CALL", "PUT", "CALLS", "PUTS"])
    return pl.when(whole).then(first.str.slice(0, 1))


def underlying_of(column: pl.Expr) -> pl.Expr:
    """The underlying of a ticker or root: ^SPX, SPXW and SPXPM are SPX; others stay."""
    text = column.str.strip_chars("^$. ").str.to_uppercase()
    return text.replace({"SPXW": "SPX", "SPXPM": "SPX", "SPXQ": "SPX", "VIXW": "VIX"})


OSI = r"^(?:O:)?\s*([A-Z0-9.]+?)\s*(\d{6})([CP])(\d{8})$"
"""An option symbol of the OCC's symbology: root, yymmdd, right, strike in thousandths."""


def from_osi(column: pl.Expr) -> dict[str, pl.Expr]:
    """root, expiry, right, strike of an OSI symbol ("SPXW  110107C01050000"); null elsewhere."""
    text = column.str.strip_chars()
    return {
        "root": text.str.extract(OSI, 1),
        "expiry": text.str.extract(OSI, 2).str.to_date("%y%m%d", strict=False),
        "right": text.str.extract(OSI, 3),
        "strike": text.str.extract(OSI, 4).cast(pl.Float64) / 1000.0,
    }


def long_from_wide(
    frame: pl.DataFrame,
    *,
    calls: Mapping[str, pl.Expr],
    puts: Mapping[str, pl.Expr],
    both: Mapping[str, pl.Expr],
) -> pl.DataFrame:
    """Two rows for each row that holds a call and a put.

    calls, puts  columns of `tables.ROWS` for the two sides; what one lacks is null there
    both         those they share
    """
    sides = [
        frame.select(**both, right=pl.lit(right), **side)
        for right, side in (("C", calls), ("P", puts))
    ]
    return pl.concat(sides, how="diagonal").sort("line", maintain_order=True)


def moment_utc(column: pl.Expr, pattern: str, zone: str = "America/New_York") -> pl.Expr:
    """A clock of a vendor as a moment in UTC; null where it does not read."""
    local = column.str.to_datetime(pattern, strict=False, time_unit="us")
    return local.dt.replace_time_zone(
        zone, ambiguous="earliest", non_existent="null"
    ).dt.convert_time_zone("UTC")
