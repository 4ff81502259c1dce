"""CSV files of any size in batches: a row is read or set aside, or the file is refused.

Memory stays bounded whatever the file is. The quick way reads a batch with its final types; where
a cell, a row or a quote is odd, that batch is read again as text and judged row by row, so that an
odd row costs its own place and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import BinaryIO, Literal

import numpy as np
import polars as pl

from steward.market.ahead import worked
from steward.market.tables import SET_ASIDE
from steward.terms.errors import StewardError

BATCH_BYTES = 16 * 1024 * 1024
LONGEST_RECORD = 1024 * 1024
"""A record (a line, or several inside quotes) longer than this is no record of quotes."""

BOM = b"\xef\xbb\xbf"

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "--", ".")
"""What vendors write where there is no number and no day; a text column keeps them."""

SPACES = " \t\u00a0"
"""Taken off the ends of a text."""

YEARS_OF_FOUR_DIGITS = (date(1000, 1, 1), date(9999, 12, 31))

SHOWN = 120
"""Characters of a row that are kept where it is set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How to read one column.

    kind      "number": finite, else missing; "day": by `format`, never guessed; "text": as it is
    required  a row without it is set aside
    """

    kind: Literal["number", "day", "text"]
    required: bool = False
    format: str = "%Y-%m-%d"


NUMBER = Cell(kind="number")
NEEDED = Cell(kind="number", required=True)
TEXT = Cell(kind="text")
NEEDED_TEXT = Cell(kind="text", required=True)


def day(day_format: str = "%Y-%m-%d") -> Cell:
    """A day that every row must have, in one format."""
    return Cell(kind="day", required=True, format=day_format)


def as_day(text: pl.Expr, day_format: str = "%Y-%m-%d") -> pl.Expr:
    """The day that a text writes out in full; null for anything else.

    Polars alone reads -2018-01-05 as a day before Christ, 1/5/18 as one of the year 18, and 2018115
    as the 15th of November.
    """
    found = text.str.to_date(day_format, strict=False)
    whole = found.is_between(*YEARS_OF_FOUR_DIGITS)
    if day_format == "%Y%m%d":
        whole &= text.str.len_bytes() == 8
    return pl.when(whole).then(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvBatch:
    """Some records of a file in their order.

    frame      the asked columns, cast, and `line`    set_aside  columns of `tables.SET_ASIDE`
    """

    frame: pl.DataFrame
    set_aside: pl.DataFrame


def clean_name(name: str) -> str:
    """A column's name as layouts are matched: lower case, no BOM, space, quote or bracket.

    `*` is "asterisk", and `^x$` is "x": Polars would read them as patterns of names.
    """
    text = name.removeprefix("\ufeff").strip().strip('"').strip().strip("[]").strip().lower()
    if text == "*":
        return "asterisk"
    return text[1:-1] if text.startswith("^") and text.endswith("$") else text


@lru_cache(maxsize=16)  # every layout asks for the names of the same line
def header_names(line: str, separator: str = ",") -> tuple[str, ...]:
    """The cleaned names of a header line; a name that returns gets `_2`, `_3`."""
    seen: dict[str, int] = {}
    names = []
    for raw in line.rstrip("\r\n").split(separator):
        name = clean_name(raw)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


def stream_csv(
    file: BinaryIO,
    *,
    shown: str,
    names: Sequence[str],
    cells: Mapping[str, Cell],
    skip_lines: int = 1,
    separator: str = ",",
    batch_bytes: int = BATCH_BYTES,
) -> Iterator[CsvBatch]:
    """The asked columns of a file, batch by batch.

    file        open at its first byte, UTF-8
    names       the cleaned names of all columns in their order
    cells       the asked ones among them
    skip_lines  lines before the first record: the header and what stands above it
    Raises StewardError for bytes that are not UTF-8, a NUL, and a record that does not end.
    """
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise StewardError(f"{shown}: two columns of one name in the header: {twice[:SHOWN]!r}")
    if skip_lines == 0 and file.read(len(BOM)) != BOM:
        file.seek(0)
    line = 1 + skip_lines
    for _ in range(skip_lines):
        _read_line(file, shown)

    def read(record: tuple[int, bytes]) -> CsvBatch:
        return _batch(record[1], shown, record[0], names, cells, separator)

    yield from worked(_records(file, shown, line, batch_bytes), read)


def _batch(
    data: bytes,
    shown: str,
    line: int,
    names: Sequence[str],
    cells: Mapping[str, Cell],
    separator: str,
) -> CsvBatch:
    """Whole records, the first one on `line`."""
    if b"\0" in data:
        raise StewardError(f"{shown}: a NUL byte near line {line}: this is not a text file")
    lines = _count(data, "\n")
    tidy = _tidy(data, separator)
    quick = _typed(tidy, lines, names, cells, separator)
    if quick is None:
        return _judged(tidy, shown, line, names, cells, separator)
    numbers = pl.int_range(line, line + lines, dtype=pl.Int64, eager=True).alias("line")
    return CsvBatch(frame=quick.with_columns(numbers), set_aside=_nothing())


def _tidy(data: bytes, separator: str) -> bytes:
    """Line breaks of one kind, no space after a separator.

    Looked for by single bytes first: that is ten times faster than to replace what is not there.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if b" " in data:
        data = data.replace(separator.encode() + b" ", separator.encode())
    return data


def _read_line(file: BinaryIO, shown: str) -> bytes:
    line = file.readline(LONGEST_RECORD)
    if len(line) == LONGEST_RECORD and not line.endswith(b"\n"):
        raise _endless(shown, 1)
    if b"\r" in line.rstrip(b"\r\n"):
        raise StewardError(
            f"{shown}: lines that end with a carriage return alone; save the file again with the "
            "line ends of Unix or Windows"
        )
    return line


def _records(
    file: BinaryIO, shown: str, line: int, batch_bytes: int
) -> Iterator[tuple[int, bytes]]:
    """Whole records, about `batch_bytes` at a time, ending with a line break; their first line."""
    rest = b""
    while True:
        block = file.read(batch_bytes)
        if not block:
            break
        data = rest + block
        end = _last_end(data)
        rest = data[end:]
        if len(rest) > LONGEST_RECORD:
            raise _endless(shown, line + data.count(b"\n", 0, end))
        if end:
            whole = data[:end]
            yield line, whole
            line += _count(whole, "\n")
    if rest.strip(b"\r\n \t\x1a"):
        yield line, rest if rest.endswith(b"\n") else rest + b"\n"


def _last_end(data: bytes) -> int:
    """Bytes up to and with the last line break outside quotes; 0 where there is none."""
    if b'"' not in data:
        return data.rfind(b"\n") + 1
    end = len(data)
    quotes = data.count(b'"')
    while True:
        before = data.rfind(b"\n", 0, end)
        if before < 0 or len(data) - before > LONGEST_RECORD + 1:
            return 0
        quotes -= data.count(b'"', before, end)
        if quotes % 2 == 0:
            return before + 1
        end = before


def _typed(
    data: bytes, lines: int, names: Sequence[str], cells: Mapping[str, Cell], separator: str
) -> pl.DataFrame | None:
    """The batch with its final types; None where anything in it is odd."""
    if b'"' in data or _count(data, separator) != lines * (len(names) - 1):
        return None
    kinds = {name: _dtype(cells.get(name)) for name in names}
    try:
        frame = pl.read_csv(
            data,
            has_header=False,
            schema=kinds,
            columns=[names.index(name) for name in cells],
            separator=separator,
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.height != lines:
        return None
    spaces = any(space.encode()[:1] in data for space in SPACES)  # one byte: ten times faster
    try:
        cast = frame.with_columns(
            _cast_typed(name, cell, spaces=spaces) for name, cell in cells.items()
        )
    except pl.exceptions.PolarsError:
        return None
    days = [name for name, cell in cells.items() if cell.kind == "day"]
    if any(cast[name].null_count() > frame[name].null_count() for name in days):
        return None
    frame = cast
    needed = [name for name, cell in cells.items() if cell.required]
    if sum(frame.select(needed).null_count().row(0)):
        return None
    return frame


def _count(data: bytes, character: str) -> int:
    """Ten times faster than `bytes.count` where the character is frequent."""
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord(character)))


def _dtype(cell: Cell | None) -> pl.DataType:
    return pl.Float64() if cell is not None and cell.kind == "number" else pl.String()


def _cast_typed(name: str, cell: Cell, *, spaces: bool) -> pl.Expr:
    column = pl.col(name)
    if cell.kind == "number":
        return pl.when(column.is_finite()).then(column).alias(name)
    if cell.kind == "day":
        return as_day(column, cell.format).alias(name)
    if spaces:
        return _text(name)
    return column


def _judged(
    data: bytes,
    shown: str,
    line: int,
    names: Sequence[str],
    cells: Mapping[str, Cell],
    separator: str,
) -> CsvBatch:
    """The batch as text, each row kept or set aside."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = line + data.count(b"\n", 0, error.start)
        raise StewardError(
            f"{shown}, line {at}: not text in UTF-8 (byte {data[error.start]:#04x}); save the file "
            "again as UTF-8"
        ) from error
    if data.count(b'"') % 2:
        raise _unpaired(shown, line)
    starts, ends, numbers, counts = _spans(data, line, separator)
    whole = counts == len(names)
    filled = np.array([bool(data[a:b].strip()) for a, b in zip(starts, ends, strict=True)])
    odd = filled & ~whole
    set_aside = pl.DataFrame(
        {
            "line": numbers[odd],
            "reason": [f"{n} fields, the header has {len(names)}" for n in counts[odd].tolist()],
            "row": [_short(data[a:b]) for a, b in zip(starts[odd], ends[odd], strict=True)],
        },
        schema=SET_ASIDE,
    )
    good = filled & whole
    text = b"".join(data[a:b] + b"\n" for a, b in zip(starts[good], ends[good], strict=True))
    if not text:
        empty = {n: (pl.Date() if c.kind == "day" else _dtype(c)) for n, c in cells.items()}
        return CsvBatch(
            frame=pl.DataFrame(schema={**empty, "line": pl.Int64()}), set_aside=set_aside
        )
    try:
        frame = pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String()),
            columns=[names.index(name) for name in cells],
            separator=separator,
            empty_string_is_null=False,
        )
    except pl.exceptions.PolarsError as error:
        raise _unpaired(shown, line) from error
    if frame.height != int(good.sum()):
        raise _unpaired(shown, line)
    frame = frame.with_columns(pl.Series("line", numbers[good], dtype=pl.Int64))
    cast = frame.with_columns(_cast_text(name, cell) for name, cell in cells.items())
    reason = _first_fault(frame, cast, cells)
    bad = reason.is_not_null()
    at = np.flatnonzero(good)[bad.to_numpy()]
    faults = pl.DataFrame(
        {
            "line": numbers[at],
            "reason": reason.filter(bad),
            "row": [_short(data[a:b]) for a, b in zip(starts[at], ends[at], strict=True)],
        },
        schema=SET_ASIDE,
    )
    return CsvBatch(frame=cast.filter(~bad), set_aside=pl.concat([set_aside, faults]).sort("line"))


def _spans(
    data: bytes, line: int, separator: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Start, end, first line and number of fields of each record; breaks inside quotes aside."""
    buffer = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(buffer == ord("\n"))
    commas = np.flatnonzero(buffer == ord(separator))
    ends = breaks
    if b'"' in data:
        inside = np.cumsum(buffer == ord('"')) % 2 == 1
        ends, commas = breaks[~inside[breaks]], commas[~inside[commas]]
    starts = np.concatenate(([0], ends[:-1] + 1))
    numbers = np.searchsorted(breaks, starts) + line
    counts = np.searchsorted(commas, ends) - np.searchsorted(commas, starts) + 1
    return starts, ends, numbers.astype(np.int64), counts


def _cast_text(name: str, cell: Cell) -> pl.Expr:
    if cell.kind == "text":
        return _text(name)
    text = pl.col(name).str.strip_chars()
    known = pl.when(~text.is_in(list(MISSING))).then(text)
    if cell.kind == "day":
        return as_day(known, cell.format).alias(name)
    number = known.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number).alias(name)


def _text(name: str) -> pl.Expr:
    text = pl.col(name).str.strip_chars(SPACES)
    return pl.when(text != "").then(text).alias(name)


def _first_fault(frame: pl.DataFrame, cast: pl.DataFrame, cells: Mapping[str, Cell]) -> pl.Series:
    """Why a row is set aside: its first cell that is of no use; null for a good row."""
    faults = []
    for name, cell in cells.items():
        text = frame[name].str.strip_chars()
        unreadable = cast[name].is_null() & ~text.is_in(list(MISSING))
        if cell.kind == "number":  # one that is read as no finite number is missing
            unreadable &= text.cast(pl.Float64, strict=False).is_null()
        what = "a day like " + cell.format if cell.kind == "day" else "a number"
        fault = pl.Series([None] * frame.height, dtype=pl.String)
        if cell.kind != "text":
            fault = fault.set(unreadable, f"column {name} is not {what}")
        if cell.required:
            fault = fault.set(cast[name].is_null() & ~unreadable, f"column {name} is empty")
        faults.append(fault.alias(name))
    return pl.DataFrame(faults).select(pl.coalesce(pl.all())).to_series().alias("reason")


def _short(row: bytes) -> str:
    text = row.decode("utf-8", "replace").strip()
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def _nothing() -> pl.DataFrame:
    return pl.DataFrame(schema=SET_ASIDE)


def _unpaired(shown: str, line: int) -> StewardError:
    return StewardError(
        f"{shown}, from line {line} on: quotes that do not pair; save the file again as CSV"
    )


def _endless(shown: str, line: int) -> StewardError:
    return StewardError(
        f"{shown}, line {line}: a record longer than {LONGEST_RECORD:,} bytes, or a quote that is "
        "not closed; this is no CSV file of quotes"
    )
