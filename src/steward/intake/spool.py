"""Rows of one file, kept by month until all of it is read; beyond a limit on the disk.

Whole sessions have to be seen together (what occurs twice, which series is which), and a file may
have them in any order and be larger than memory.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.tables import ROWS

BYTES_IN_MEMORY = 256 * 1024 * 1024
"""About three million rows of a layout with ten columns, one million of one with thirty."""

FEW_RUNS = 64
"""Runs of one symbol and month a batch that are cut out as they stand, which costs nothing."""

Key = tuple[str, str]
"""Symbol and month, as ("SPX", "2011-01")."""

Constants = Mapping[str, str | None]
"""Columns that are one value throughout, so not written."""


class Spool:
    """Rows of `tables.ROWS` that were judged and believed; `counts` of them by session."""

    def __init__(self, folder: Path, bytes_in_memory: int = BYTES_IN_MEMORY) -> None:
        self._folder = folder
        self._limit = bytes_in_memory
        self._held: dict[Key, list[pl.DataFrame]] = {}
        self._bytes = 0.0
        self._spilled: dict[Key, list[tuple[Path, Constants]]] = {}
        self.counts: dict[date, int] = {}

    def add(self, rows: pl.DataFrame) -> None:
        for session, n in rows["session"].value_counts().iter_rows():
            self.counts[session] = self.counts.get(session, 0) + n
        for key, part in _by_month(rows):
            self._held.setdefault(key, []).append(part)
        self._bytes += rows.estimated_size()
        if self._bytes > self._limit:
            self._spill()

    def months(self) -> Iterator[tuple[Key, pl.DataFrame]]:
        """All rows of each month, by symbol and month, in the order of the file's lines."""
        for key in self.keys():
            yield key, self.month(key)

    def month(self, key: Key) -> pl.DataFrame:
        kept = [_read(path, constants) for path, constants in self._spilled.get(key, ())]
        return pl.concat([*kept, *self._held.get(key, [])])

    def keys(self) -> tuple[Key, ...]:
        return tuple(sorted({*self._held, *self._spilled}))

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _spill(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for key, frames in self._held.items():
            paths = self._spilled.setdefault(key, [])
            path = self._folder / f"{key[0]}-{key[1]}-{len(paths)}.arrow"
            paths.append((path, _write(pl.concat(frames), path)))
        self._held.clear()
        self._bytes = 0.0


def _by_month(rows: pl.DataFrame) -> Iterator[tuple[Key, pl.DataFrame]]:
    """Rows of one symbol and month, in their order."""
    month = rows["session"].to_numpy().astype("datetime64[M]")
    symbol = rows["symbol"].rle_id().to_numpy()
    new = np.flatnonzero((month[1:] != month[:-1]) | (symbol[1:] != symbol[:-1])) + 1
    if len(new) < FEW_RUNS:
        for start, end in zip((0, *new.tolist()), (*new.tolist(), rows.height), strict=True):
            yield (str(rows["symbol"][start]), str(month[start])), rows[start:end]
        return
    named = rows.with_columns(month=pl.Series(month.astype("datetime64[ms]")))
    for found, part in named.partition_by("symbol", "month", as_dict=True).items():
        yield (str(found[0]), f"{found[1]:%Y-%m}"), part.drop("month")


def _write(frame: pl.DataFrame, path: Path) -> Constants:
    constants: dict[str, str | None] = {}
    for column in frame:
        if column.null_count() == column.len():
            constants[column.name] = None
        elif column.dtype == pl.String and column.eq_missing(column[0]).all():
            constants[column.name] = column[0]
    varied = frame.drop(list(constants))
    small = [column.shrink_dtype() for column in varied.select(pl.col(pl.Int64))]
    varied.with_columns(small).write_ipc(path, compression="uncompressed")
    return constants


def _read(path: Path, constants: Constants) -> pl.DataFrame:
    whole = pl.read_ipc(path).with_columns(
        pl.lit(value, dtype=ROWS[name]).alias(name) for name, value in constants.items()
    )
    return whole.select(pl.col(name).cast(kind) for name, kind in ROWS.items())
