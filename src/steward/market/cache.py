"""The column cache: a store's quotes as memory-mapped arrays, so that a session is a slice.

    STORE/cache/SPX/HASH/cache.json     what this folder is; without it nothing counts
    STORE/cache/SPX/HASH/strike.npy     a column of the rows, of the series or of the sessions

HASH names the parts that the cache was made of and the format; after another import it is another
one, and the cache is made again (`cache_writer`). One snapshot a session, the first of
`store.SNAPSHOTS` that it has; where files disagree on a quote, as in `Store.quotes`.

Rows are sorted by session, expiry, root, settlement, right (puts first) and strike: a series is a
slice, and so is a session. All arrays are read only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.market.store import SNAPSHOTS, Store
from steward.market.sums import refuse_changed
from steward.terms.contracts import E4, Expiry
from steward.terms.errors import StewardError

FORMAT = 3
UNKNOWN = -1
"""In sizes, volume and open interest: the vendor does not say; 0 is a count."""

FINISHED = "cache.json"
ROOTS = ("SPX", "SPXW", "VIX", "VIXW")
"""By their number in the column `root`, in the order in which they are sorted."""

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

Progress = Callable[[str, int, int], None]
"""What is being done, months done, months in all."""

EPOCH = date(1970, 1, 1)
MOMENT_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One row a quote.

    strike, bid, ask  ten-thousandths of an index point, so up to 214,748 points
    call              True for calls
    iv, delta         the vendor's: a fraction, per 1.00; NaN: unknown
    bid_size, ask_size, volume, open_interest   contracts; `UNKNOWN` is not 0
    """

    strike: Ints
    bid: Ints
    ask: Ints
    call: Bools
    iv: Singles
    delta: Singles
    bid_size: Ints
    ask_size: Ints
    volume: Ints
    open_interest: Ints


ROW_TYPES: Mapping[str, type] = {
    "strike": np.int32,
    "bid": np.int32,
    "ask": np.int32,
    "call": np.bool_,
    "iv": np.float32,
    "delta": np.float32,
    "bid_size": np.int32,
    "ask_size": np.int32,
    "volume": np.int32,
    "open_interest": np.int32,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One row a series and session, in the order of the rows.

    session     row in `Sessions`          expiry  days since 1970-01-01
    root        number in `ROOTS`          pm      True for PM settlement
    given       True where a file said the settlement, else it is inferred
    underlying  index points, of the first row that has it; NaN: none has
    start       the first row of each series and, last, the number of rows
    """

    session: Ints
    expiry: Ints
    root: NDArray[np.int8]
    pm: Bools
    given: Bools
    underlying: Floats
    start: Longs


SERIES_TYPES: Mapping[str, type] = {
    "session": np.int32,
    "expiry": np.int32,
    "root": np.int8,
    "pm": np.bool_,
    "given": np.bool_,
    "underlying": np.float64,
    "start": np.int64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """One row a session, rising.

    day       days since 1970-01-01       snapshot  number in `store.SNAPSHOTS`
    moment    of the last quote, microseconds UTC since 1970
    first     the first series of each session and, last, the number of series
    """

    day: Ints
    snapshot: NDArray[np.int8]
    moment: Longs
    first: Longs


SESSION_TYPES: Mapping[str, type] = {
    "day": np.int32,
    "snapshot": np.int8,
    "moment": np.int64,
    "first": np.int64,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuotes:
    """The quotes of one session.

    series  each with its place in `rows`, sorted by (day, root, settlement)
    moment  of the last quote, UTC
    """

    session: date
    snapshot: str
    moment: datetime
    series: tuple[tuple[Expiry, slice], ...]
    rows: Rows

    def points(self, name: str) -> Floats:
        """strike, bid or ask in index points."""
        whole: Ints = getattr(self.rows, name)
        return whole / E4


class Columns:
    """An opened cache.

    rows, series, sessions_table  the arrays, memory-mapped    folder  where they lie
    contradicted  quotes of which the files of the store say different things
    """

    def __init__(self, folder: Path, symbol: str) -> None:
        """Raises OSError or ValueError where the folder is not whole: every file is of the length
        and type that `FINISHED` says, and series and sessions follow each other. Of the quotes no
        value is looked at.
        """
        rows, series, sessions, self.contradicted = _said(folder / FINISHED)
        self.folder = folder
        self.symbol = symbol
        self.rows = Rows(**_mapped(folder, "", ROW_TYPES, rows))
        self.series = Series(**_mapped(folder, "series_", SERIES_TYPES, series, start=1))
        self.sessions_table = Sessions(
            **_mapped(folder, "session_", SESSION_TYPES, sessions, first=1)
        )
        if not (
            _leads_to(self.series.start, rows)
            and _leads_to(self.sessions_table.first, series)
            and bool((np.diff(self.sessions_table.day) > 0).all())
        ):
            raise ValueError("its series or sessions do not follow each other")

    @cached_property
    def sessions(self) -> tuple[date, ...]:
        """Sessions with quotes, rising."""
        days: list[date] = self.sessions_table.day.astype("datetime64[D]").tolist()
        return tuple(days)

    def moments(self) -> dict[date, datetime]:
        """Of the last quote of each session, UTC."""
        stamps = self.sessions_table.moment.tolist()
        return {
            day: MOMENT_ZERO + timedelta(microseconds=stamp)
            for day, stamp in zip(self.sessions, stamps, strict=True)
        }

    @property
    def height(self) -> int:
        return int(self.rows.strike.size)

    def session(self, day: date) -> SessionQuotes | None:
        """The quotes of a session as slices of the cache; None where there are none."""
        table, series = self.sessions_table, self.series
        number = (day - EPOCH).days
        at = int(np.searchsorted(table.day, number))
        if at == table.day.size or table.day[at] != number:
            return None
        first, last = int(table.first[at]), int(table.first[at + 1])
        starts: list[int] = series.start[first : last + 1].tolist()
        begin, end = starts[0], starts[-1]
        expiries = series.expiry[first:last].astype("datetime64[D]").tolist()
        found = tuple(
            (
                Expiry(root=ROOTS[root], day=expiry, settlement="PM" if pm else "AM"),
                slice(one - begin, after - begin),
            )
            for root, expiry, pm, one, after in zip(
                series.root[first:last].tolist(),
                expiries,
                series.pm[first:last].tolist(),
                starts,
                starts[1:],
                strict=False,
            )
        )
        return SessionQuotes(
            session=day,
            snapshot=SNAPSHOTS[int(table.snapshot[at])],
            moment=MOMENT_ZERO + timedelta(microseconds=int(table.moment[at])),
            series=found,
            rows=self.slice(begin, end),
        )

    def slice(self, begin: int, end: int) -> Rows:
        """Rows from `begin` up to, and without, `end`."""
        return Rows(**{one.name: getattr(self.rows, one.name)[begin:end] for one in fields(Rows)})


def _said(path: Path) -> tuple[int, int, int, int]:
    """Rows, series, sessions and contradicted quotes. Raises OSError or ValueError."""
    said = json.loads(path.read_text(encoding="utf-8"))
    try:
        rows, series, sessions, contradicted = (
            int(said[name]) for name in ("rows", "series", "sessions", "contradicted")
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} lacks a number: {error}") from error
    return rows, series, sessions, contradicted


def _mapped(
    folder: Path, before: str, types: Mapping[str, type], length: int, **longer: int
) -> dict[str, NDArray[Any]]:
    return {
        name: mapped(folder / f"{before}{name}.npy", kind, length + longer.get(name, 0))
        for name, kind in types.items()
    }


def _leads_to(starts: Longs, end: int) -> bool:
    """Whether they rise from 0 to the end."""
    return bool(starts[0] == 0 and starts[-1] == end and (np.diff(starts) > 0).all())


def mapped(path: Path, kind: type, length: int) -> NDArray[Any]:
    """A column as a plain array over the mapped file (a slice of it costs half a memmap's).

    Raises OSError, or ValueError where the file is of another type or length.
    """
    try:
        column: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (EOFError, SyntaxError, TypeError, OverflowError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    whole = path.stat().st_size == column.nbytes + getattr(column, "offset", 0)
    if column.shape != (length,) or column.dtype != np.dtype(kind) or not whole:
        raise ValueError(f"{path.name} is not {length:,} numbers of type {np.dtype(kind).name}")
    return column.view(np.ndarray)


def cache_folder(store: Store, symbol: str) -> Path:
    """Where the cache of what the store holds now lies, made or not."""
    said = [f"format {FORMAT}", " ".join(SNAPSHOTS)]
    said += sorted(
        f"{record.layout} {part.path} {part.digest}"
        for record in store.of_table("quotes")
        for part in record.parts
        if part.path.startswith(f"quotes/{symbol}/")
    )
    named = hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]
    return store.root / "cache" / symbol / named


def elsewhere(folder: Path, spare: Path) -> Path:
    """Where below `spare` a folder is made that cannot be written where it belongs."""
    place = hashlib.sha256(str(folder.parent.resolve()).encode()).hexdigest()[:16]
    return spare / place / folder.name


class ReadOnlyError(StewardError):
    """A cache cannot be written where it belongs; elsewhere it may be."""


def open_cache(
    store: Store,
    symbol: str,
    progress: Progress | None = None,
    spare: Path | None = None,
    *,
    verify: bool = False,
) -> Columns:
    """The cache of a symbol's quotes, made first where there is none of what the store holds, and
    made again where a file of it is gone, cut or of another kind.

    spare   a folder of the user's, for the caches of stores that cannot be written to
    verify  read all of it, and make it again where a number of it was changed on the disk
    Raises StewardError where the store has no quotes of the symbol to trade on, and where the
    cache cannot be written.
    """
    folder = cache_folder(store, symbol)
    places = [folder] if spare is None else [folder, elsewhere(folder, spare)]
    for place in places:
        with suppress(OSError, ValueError):
            if verify:
                refuse_changed(place, FINISHED)
            return Columns(place, symbol)
        if verify:  # whole to the eye: what is made anew must not take it for good
            with suppress(OSError):
                (place / FINISHED).unlink(missing_ok=True)
    from steward.market.cache_writer import write_cache

    for folder in places:
        try:
            write_cache(store, symbol, folder, progress)
            break
        except ReadOnlyError:
            if folder == places[-1]:
                raise
    try:
        return Columns(folder, symbol)
    except (OSError, ValueError) as error:
        raise StewardError(
            f"{folder}: the cache cannot be read ({error}); delete this folder, it is made again"
        ) from error
