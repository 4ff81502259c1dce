"""Rows of one file, kept by month until all of it is read; beyond a limit on the disk.

Whole sessions have to be seen together (what occurs twice, which series is which), and a file may
have them in any order and be larger than memory.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

ROWS_IN_MEMORY = 1_000_000
"""About 250 bytes each."""

Key = tuple[str, str]
"""Symbol and month, as ("SPX", "2011-01")."""


class Spool:
    """Rows of `tables.ROWS` that were judged and believed; `counts` of them by session."""

    def __init__(self, folder: Path, rows_in_memory: int = ROWS_IN_MEMORY) -> None:
        self._folder = folder
        self._limit = rows_in_memory
        self._held: dict[Key, list[pl.DataFrame]] = {}
        self._rows = 0
        self._spilled: dict[Key, list[Path]] = {}
        self.counts: dict[date, int] = {}

    def add(self, rows: pl.DataFrame) -> None:
        for session, n in rows["session"].value_counts().iter_rows():
            self.counts[session] = self.counts.get(session, 0) + n
        month = rows.with_columns(month=pl.col("session").dt.strftime("%Y-%m"))
        for key, part in month.partition_by("symbol", "month", as_dict=True).items():
            symbol, label = str(key[0]), str(key[1])
            self._held.setdefault((symbol, label), []).append(part.drop("month"))
        self._rows += rows.height
        if self._rows > self._limit:
            self._spill()

    def months(self) -> Iterator[tuple[Key, pl.DataFrame]]:
        """All rows of each month, by symbol and month, in the order of the file's lines."""
        for key in sorted({*self._held, *self._spilled}):
            yield key, self.month(key)

    def month(self, key: Key) -> pl.DataFrame:
        kept = [pl.read_ipc(path) for path in self._spilled.get(key, ())]
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
            pl.concat(frames).write_ipc(path, compression="uncompressed")
            paths.append(path)
        self._held.clear()
        self._rows = 0
