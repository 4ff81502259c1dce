"""CSV files with one error a malformed row: file, line, column, value, way out.

Everything is read as text first and cast column by column, so that a bad cell can be named. A
missing cell (empty or one of `MISSING`) is a null, never zero.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.terms.errors import StewardError

MISSING = ("", "NA", "NaN", "nan", ".", "null")
"""What vendors write where there is no value."""

ISO = "%Y-%m-%d"
US = "%m/%d/%Y"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """How to read one column.

    kind      "day" by `format`, never guessed; "number": finite; "text"
    required  a missing cell is an error, not a null
    may_lack  a header without it is none: then every cell is missing
    """

    kind: Literal["day", "number", "text"]
    required: bool = False
    format: str = ISO
    may_lack: bool = False


def day(day_format: str = ISO) -> Column:
    return Column(kind="day", required=True, format=day_format)


NUMBER = Column(kind="number")
PRICE = Column(kind="number", required=True)
TEXT = Column(kind="text", required=True)
OPTIONAL_TEXT = Column(kind="text")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of a layout, read once.

    name    as in the layout ("index/vix_daily.csv"): for hashes and counts, no path of a machine
    shown   as the user gave it: for errors
    data    the text, unpacked       sha256  of the file as it lies on the disk
    """

    name: str
    shown: str
    data: bytes
    sha256: str


class Named(Protocol):
    """Rows of one file, as counts (`name`) and errors (`shown`) call it."""

    @property
    def name(self) -> str: ...

    @property
    def shown(self) -> str: ...


def read_source(folder: Path, name: str) -> SourceFile | None:
    """The file `name` of the layout; None when the folder does not have it.

    Raises StewardError when it is there and cannot be read.
    """
    path = folder / name
    if not path.exists():
        return None
    try:
        raw = path.read_bytes()
        data = gzip.decompress(raw) if name.endswith(".gz") else raw
    except (OSError, EOFError) as error:
        raise StewardError(f"{path}: cannot be read ({error}): bring the file again") from error
    return SourceFile(name=name, shown=str(path), data=data, sha256=hashlib.sha256(raw).hexdigest())


def table(source: SourceFile, columns: Mapping[str, Column], *, only: bool = False) -> pl.DataFrame:
    """The wanted columns of a CSV file, cast, and `line`: where each row begins in the file.

    only  the header must hold exactly these names, in any order; else other columns are ignored
    Raises StewardError for a header that lacks a name, a row of another length, a cell that is
    not of its kind, and a required cell that is empty.
    """
    data = source.data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    if not data.strip():
        raise StewardError(f"{source.shown}: the file is empty; bring one with a header and rows")
    lines = _record_lines(source, data)
    try:
        text = pl.read_csv(data, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise StewardError(
            f"{source.shown}: not a CSV file in UTF-8 ({reason}); save it again as such"
        ) from error
    _check_header(source, text.columns, columns, only=only)
    text = text.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in columns if name not in text.columns
    )
    frame = text.select(*columns, pl.Series("line", lines[1 : text.height + 1], dtype=pl.Int64))
    return frame.with_columns(
        **{name: _cast(source, frame, name, column) for name, column in columns.items()}
    )


def wrong(
    source: Named, line: int, column: str, value: object, complaint: str, more: int = 0
) -> StewardError:
    """The one sentence about a bad cell."""
    also = f" (and {more} more row{'s' if more > 1 else ''})" if more else ""
    return StewardError(
        f"{source.shown}, line {line}, column {column}: {value!r} {complaint}{also}; "
        "correct the row or take it out"
    )


def _check_header(
    source: SourceFile, seen: list[str], columns: Mapping[str, Column], *, only: bool
) -> None:
    lacking = [name for name, one in columns.items() if name not in seen and not one.may_lack]
    unknown = [name for name in seen if name not in columns] if only else []
    if not lacking and not unknown:
        return
    difference = [f"lacks {', '.join(lacking)}"] if lacking else []
    difference += [f"has unknown {', '.join(unknown)}"] if unknown else []
    raise StewardError(
        f"{source.shown}, line 1: the header {','.join(seen)} {' and '.join(difference)}; "
        f"this layout is {','.join(columns)}"
    )


def _record_lines(source: SourceFile, data: bytes) -> NDArray[np.int64]:
    """First line of each record, the header's being 1; every record as long as the header.

    Breaks and commas inside quotes do not count.
    """
    buffer = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(buffer == ord("\n"))
    commas = np.flatnonzero(buffer == ord(","))
    ends = breaks
    if b'"' in data:
        inside = np.cumsum(buffer == ord('"')) % 2 == 1
        ends, commas = breaks[~inside[breaks]], commas[~inside[commas]]
    starts = np.concatenate(([0], ends + 1))
    lines = np.searchsorted(breaks, starts, side="left") + 1
    counts = np.diff(np.append(np.searchsorted(commas, starts), len(commas)))
    bad = np.flatnonzero(counts != counts[0])
    if len(bad):
        row = int(bad[0])
        end = int(ends[row]) if row < len(ends) else len(data)
        value = data[starts[row] : end].decode("utf-8", "replace").strip()
        shown = repr(value[:60]) if value else "an empty line"
        raise StewardError(
            f"{source.shown}, line {lines[row]}: {shown} has {counts[row] + 1} "
            f"field{'s' if counts[row] else ''}, the header has {counts[0] + 1}; "
            "correct the row or take it out"
        )
    return np.asarray(lines, dtype=np.int64)


def _cast(source: SourceFile, frame: pl.DataFrame, name: str, column: Column) -> pl.Series:
    text = frame[name].str.strip_chars()
    missing = text.is_null() | text.is_in(MISSING)
    if column.kind == "day":
        cast: pl.Series = text.str.to_date(column.format, strict=False)
        complaint = f"is not a day like {column.format}"
    elif column.kind == "number":
        number = text.cast(pl.Float64, strict=False)
        cast = number.set(~number.is_finite().fill_null(value=False), None)
        complaint = "is not a number"
    else:
        cast, complaint = text.set(missing, None), ""
    bad = cast.is_null() & ~missing
    if column.required and missing.any():
        bad, complaint = bad | missing, complaint or "is empty"
    if bad.any():
        row = int(bad.arg_true()[0])
        value = frame[name][row] or ""
        raise wrong(source, frame["line"][row], name, value, complaint, more=int(bad.sum()) - 1)
    return cast
