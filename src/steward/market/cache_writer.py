"""Making the column cache of a store: month by month, beside its place, there at once.

Memory is that of two months, whatever the store holds. Whoever comes while another process makes
the same cache waits for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.ahead import ahead
from steward.market.cache import (
    FINISHED,
    FORMAT,
    ROOTS,
    ROW_TYPES,
    SERIES_TYPES,
    SESSION_TYPES,
    UNKNOWN,
    Columns,
    Progress,
    ReadOnlyError,
)
from steward.market.store import SNAPSHOTS, Store
from steward.market.store_folder import READ_ONLY
from steward.market.sums import NAME as SUMS
from steward.market.sums import sums_of
from steward.market.tables import QUOTE_KEY
from steward.terms.contracts import E4
from steward.terms.errors import StewardError

Arrays = Mapping[str, NDArray[Any]]

READ = (
    *("session", "snapshot", "moment", "root", "expiry", "settlement", "settlement_source"),
    *("right", "strike", "bid", "ask", "bid_size", "ask_size", "volume", "open_interest"),
    *("underlying", "iv", "delta"),
)
_SERIES = ("session", "expiry", "root", "pm")


def write_cache(store: Store, symbol: str, folder: Path, progress: Progress | None) -> None:
    """Make `folder`; what other caches of the symbol there are, and unfinished ones, goes.

    Raises StewardError where there are no quotes to trade on, and where nothing can be written:
    `ReadOnlyError` where that stays so.
    """
    if not store.months(symbol):
        raise StewardError(
            f"{store.root}: no quotes of {symbol}; bring some with `steward data import`"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with alone(folder.parent):
            if _is_whole(folder, symbol):  # another process made it meanwhile
                return
            store.refuse_changed(symbol)
            _clear(folder.parent)
            new = folder.with_name(f".{folder.name}.new")
            new.mkdir()
            _write(store, symbol, new, progress)
            new.rename(folder)
    except OSError as error:
        kind = ReadOnlyError if error.errno in READ_ONLY else StewardError
        raise kind(f"{folder}: the cache cannot be written ({error.strerror or error})") from error


@contextmanager
def alone(parent: Path) -> Iterator[None]:
    """One maker a symbol; the system lets go however the process ends."""
    handle = os.open(parent.with_name(f".{parent.name}.lock"), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_whole(folder: Path, symbol: str) -> bool:
    try:
        Columns(folder, symbol)
    except (OSError, ValueError):
        return False
    return True


def _clear(parent: Path) -> None:
    """What is mapped by a running process stays readable to it."""
    for old in parent.iterdir():
        shutil.rmtree(old)


def _write(store: Store, symbol: str, new: Path, progress: Progress | None) -> None:
    months = store.months(symbol)
    frames = ((month, _month(store, symbol, month)) for month in months)
    series: list[Arrays] = []
    sessions: list[Arrays] = []
    rows = series_so_far = sessions_so_far = contradicted = 0
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(GrowingColumn(new / f"{name}.npy", kind))
            for name, kind in ROW_TYPES.items()
        }
        for number, (month, (frame, apart)) in enumerate(ahead(frames)):
            if progress is not None:
                progress(f"cache of {symbol}, {month}", number, len(months))
            if frame.is_empty():
                continue
            for name, file in files.items():
                file.append(frame[name].to_numpy())
            of_series, of_sessions = _tables(frame)
            of_series["start"] += rows
            of_series["session"] += sessions_so_far
            of_sessions["first"] += series_so_far
            rows += frame.height
            contradicted += apart
            series_so_far += of_series["start"].size
            sessions_so_far += of_sessions["day"].size
            series.append(of_series)
            sessions.append(of_sessions)
    if not rows:
        seen = {name for one in store.of_table("quotes") for name in one.sessions.get(symbol, ())}
        raise StewardError(
            f"{store.root}: no quotes of {symbol} of a snapshot to trade on "
            f"({', '.join(SNAPSHOTS)}; it has {', '.join(sorted(seen))}); import a file "
            "of the close"
        )
    for name, kind in SERIES_TYPES.items():
        whole = np.concatenate([one[name] for one in series])
        whole = np.append(whole, rows) if name == "start" else whole
        np.save(new / f"series_{name}.npy", whole.astype(kind, copy=False))
    for name, kind in SESSION_TYPES.items():
        whole = np.concatenate([one[name] for one in sessions])
        whole = np.append(whole, series_so_far) if name == "first" else whole
        np.save(new / f"session_{name}.npy", whole.astype(kind, copy=False))
    said = {
        "format": FORMAT,
        "symbol": symbol,
        "rows": rows,
        "series": series_so_far,
        "sessions": sessions_so_far,
        "contradicted": contradicted,
        SUMS: sums_of(new),
    }
    (new / FINISHED).write_text(json.dumps(said, sort_keys=True) + "\n", encoding="utf-8")


def _month(store: Store, symbol: str, month: str) -> tuple[pl.DataFrame, int]:
    """One snapshot a session, typed and sorted as the cache has it; and how many of its quotes
    other files contradict.
    """
    frame = store.quotes(symbol, month, columns=READ, snapshots=SNAPSHOTS)
    rank = pl.col("snapshot").replace_strict(
        SNAPSHOTS, list(range(len(SNAPSHOTS))), return_dtype=pl.Int8
    )
    frame = frame.with_columns(snapshot=rank)
    if frame["snapshot"].n_unique() > 1:
        frame = frame.filter(pl.col("snapshot") == pl.col("snapshot").min().over("session"))
    apart = store.contradictions(symbol, month).filter(pl.col("snapshot").is_in(SNAPSHOTS))
    if apart.height:
        once = apart.unique(QUOTE_KEY).with_columns(snapshot=rank)
        kept = frame.select("session", "snapshot").unique()
        apart = once.join(kept, on=["session", "snapshot"], how="semi")
    return _typed(frame), apart.height


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    count = pl.Int32
    return frame.select(
        "session",
        "snapshot",
        "moment",
        "expiry",
        pl.col("root").replace_strict(ROOTS, list(range(len(ROOTS))), return_dtype=pl.Int8),
        (pl.col("settlement") == "PM").alias("pm"),
        (pl.col("settlement_source") == "given").alias("given"),
        (pl.col("right") == "C").alias("call"),
        *((pl.col(n) * E4).round().cast(pl.Int32) for n in ("strike", "bid", "ask")),
        *(
            pl.col(n).cast(count, strict=False).fill_null(UNKNOWN)
            for n in ("bid_size", "ask_size", "volume", "open_interest")
        ),
        *(pl.col(n).fill_null(np.nan) for n in ("underlying", "iv", "delta")),
    ).sort(*_SERIES, "call", "strike")


def _tables(frame: pl.DataFrame) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Series and sessions of a sorted month, counted from its first row."""
    column = {name: frame[name].to_physical().to_numpy() for name in (*_SERIES, "moment")}
    new = np.zeros(frame.height, dtype=np.bool_)
    for name in _SERIES:
        new[1:] |= column[name][1:] != column[name][:-1]
    new[0] = True
    start = np.flatnonzero(new)
    day = column["session"][start]
    new_day = np.append(True, day[1:] != day[:-1])
    first = np.flatnonzero(new_day)
    row = start[first]
    underlying = frame["underlying"].to_numpy()
    known = np.where(np.isnan(underlying), frame.height, np.arange(frame.height))
    at = np.minimum.reduceat(known, start)
    series = {
        "session": np.cumsum(new_day) - 1,
        "expiry": column["expiry"][start],
        "root": column["root"][start],
        "pm": column["pm"][start],
        "given": np.logical_and.reduceat(frame["given"].to_numpy(), start),
        "underlying": np.append(underlying, np.nan)[at],
        "start": start,
    }
    sessions = {
        "day": day[first],
        "snapshot": frame["snapshot"].to_numpy()[row],
        "moment": np.maximum.reduceat(column["moment"], row),
        "first": first,
    }
    return series, sessions


class GrowingColumn:
    """A `.npy` file that grows; its header says the length when the block of `with` ends."""

    def __init__(self, path: Path, kind: type) -> None:
        self._kind = np.dtype(kind)
        self._length = 0
        self._file: BinaryIO = path.open("wb")
        self._head()

    def __enter__(self) -> GrowingColumn:
        return self

    def append(self, values: NDArray[Any]) -> None:
        values.astype(self._kind, copy=False).tofile(self._file)
        self._length += values.size

    def __exit__(self, *_: object) -> None:
        self._file.seek(0)
        self._head()
        self._file.close()

    def _head(self) -> None:
        """NumPy leaves room in the header for any length of the first axis."""
        said = {"descr": self._kind.str, "fortran_order": False, "shape": (self._length,)}
        np.lib.format.write_array_header_1_0(self._file, said)
