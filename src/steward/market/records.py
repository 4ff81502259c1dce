"""The record of an imported file, and the digests by which rows are known whatever they lie in."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One Parquet file, path from the store's root; `digest` of its rows without their source."""

    path: str
    rows: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRecord:
    """What became of one file.

    read       records of the file    made  rows that they hold (a wide record holds two)
    kept       of these, in the store    set_aside  the others, by reason
    unreadable records that hold no row, by reason
    elsewhere  rows of another underlying than SPX and VIX
    sessions   rows kept by symbol (or name of a series), snapshot and session
    units      of greeks: what the vendor's were found to be (R14)
    warnings   what a user has to know before trusting the file
    """

    source: str
    sha256: str
    name: str
    layout: str
    table: str
    size: int
    read: int
    made: int
    kept: int
    elsewhere: int = 0
    unreadable: Mapping[str, int] = field(default_factory=dict)
    set_aside: Mapping[str, int] = field(default_factory=dict)
    sessions: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    inferred: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def not_kept(self) -> Mapping[str, int]:
        """Records and rows that are not in the store, by reason; a reason of both counts both."""
        return Counter(self.unreadable) + Counter(self.set_aside)

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def read_record(path: Path) -> ImportRecord:
    """Raises StewardError where the file is not a record."""
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        said["parts"] = tuple(Part(**part) for part in said["parts"])
        said["inferred"], said["ignored"] = tuple(said["inferred"]), tuple(said["ignored"])
        said["warnings"] = tuple(said.get("warnings", ()))
        return ImportRecord(**said)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StewardError(
            f"{path}: is no import record ({error}); take it out and import the file again"
        ) from error


def digest(frame: pl.DataFrame) -> str:
    """sha256 of the rows in their order, without what names their file."""
    columns = [name for name in frame.columns if name not in ("source", "line")]
    sums = hashlib.sha256()
    for name in columns:
        column = frame[name]
        sums.update(f"{name} {column.dtype} {column.len()} {column.null_count()}\n".encode())
        if column.null_count() == column.len():
            continue
        if column.dtype == pl.String and column.eq_missing(column[0]).all():
            sums.update(str(column[0]).encode())
            sums.update(column.len().to_bytes(4, "little"))
        elif column.dtype == pl.String:
            codes = column.rle_id() if column.len() else column
            values = column.filter(codes.is_first_distinct()) if column.len() else column
            lengths = codes.rle().struct.field("len") if column.len() else codes
            sums.update("\x1f".join(v if v is not None else "\x00" for v in values).encode())
            sums.update(lengths.cast(pl.UInt32).to_numpy().data)
        else:
            if column.null_count():
                sums.update(column.is_null().cast(pl.UInt8).to_numpy().data)
            sums.update(column.to_physical().fill_null(0).to_numpy().data)
    return sums.hexdigest()


def hash_of(records: Sequence[ImportRecord]) -> str:
    parts = sorted(f"{_place(part)} {part.digest}" for one in records for part in one.parts)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _place(part: Part) -> str:
    return part.path.rsplit("/", 1)[0]
