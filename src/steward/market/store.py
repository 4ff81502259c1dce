"""A folder of imported market data: Parquet by month, one part a source file, and its records.

    steward-store.json             what this folder is
    imports/SOURCE.json            one record a file that was imported; without it nothing counts
    quotes/SPX/2011-01/SOURCE.parquet
    TABLE/SOURCE.parquet           index, vx, macro, ...
    set_aside/SOURCE.parquet       rows that are not believed, with the reason

SOURCE names the file: a hash of its content and of what its reading asks of its name, its user and
a map (`intake.identity`), so that the same file is never in the store twice. Besides there are
`cache/`, made when it is first asked for, and `raw/` and `fetched/` of what was downloaded.

Parts are written in `.staging/`, moved to their place, and count from the moment at which their
record is there: an import that was killed leaves nothing that a reader sees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from steward.market import merging, parts
from steward.market.ordering import in_key_order
from steward.market.records import ImportRecord, Part, digest, hash_of, read_record
from steward.market.store_folder import FORMAT, MARK, cannot_write, check_mark, write_atomically
from steward.market.tables import QUOTE_KEY, QUOTES
from steward.terms.errors import StewardError

SYMBOLS = ("SPX", "VIX")
SNAPSHOTS = ("eod", "1546", "1545")
"""Snapshots that a run may trade on, the first one that a session has; any other is kept apart.

Orders of a close are filled on the quotes of the next session, so those of 15:45 see nothing ahead.
"""


class Store:
    """A store, opened for reading: what was in it at that moment."""

    def __init__(self, root: Path) -> None:
        """Raises StewardError where the folder is no store of this format."""
        self.root = root
        check_mark(root)
        paths = sorted((root / "imports").glob("*.json"))
        self.records = tuple(read_record(path) for path in paths)

    @property
    def content_hash(self) -> str:
        """One sha256 over all rows, whatever their files were called and however packed."""
        return hash_of(self.records)

    def hash_of(self, table: str) -> str:
        """The same of one table."""
        return hash_of(self.of_table(table))

    def of_table(self, table: str) -> tuple[ImportRecord, ...]:
        return tuple(record for record in self.records if record.table == table)

    @cached_property
    def _months(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Paths of parts by symbol and month, in the order of precedence."""
        found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
        for record in self.of_table("quotes"):
            for part in record.parts:
                _, symbol, month, _ = part.path.split("/")
                found.setdefault((symbol, month), []).append(
                    (record.layout, record.source, part.path)
                )
        return {key: tuple(p for *_, p in sorted(found[key])) for key in sorted(found)}

    @cached_property
    def _by_source(self) -> Mapping[str, ImportRecord]:
        return {record.source: record for record in self.records}

    def months(self, symbol: str) -> tuple[str, ...]:
        """Months with quotes, as 2011-01."""
        return tuple(month for held, month in self._months if held == symbol)

    def sessions(self, symbol: str, snapshot: str | None = None) -> Mapping[date, int]:
        """Rows kept by session (of all files, repeats across files included), rising."""
        found: dict[str, int] = {}
        for record in self.of_table("quotes"):
            for name, days in record.sessions.get(symbol, {}).items():
                if snapshot is None or name == snapshot:
                    for day, rows in days.items():
                        found[day] = found.get(day, 0) + rows
        return {date.fromisoformat(day): found[day] for day in sorted(found)}

    def snapshots(self, symbol: str, session: date) -> tuple[str, ...]:
        """Names of the snapshots of a session, those to trade on first."""
        day = session.isoformat()
        names = {
            name
            for record in self.of_table("quotes")
            for name, days in record.sessions.get(symbol, {}).items()
            if day in days
        }
        ahead = [name for name in SNAPSHOTS if name in names]
        return (*ahead, *sorted(names - set(ahead)))

    def quotes(
        self,
        symbol: str,
        month: str,
        *,
        session: date | None = None,
        columns: Sequence[str] | None = None,
        snapshots: Sequence[str] | None = None,
    ) -> pl.DataFrame:
        """The quotes of a month, or of one session of it, one row a key, sorted by `QUOTE_KEY`.

        snapshots  None: all of them
        Where files disagree on a quote, its whole series is of one of them (`market.merging`).
        """
        paths = self._months.get((symbol, month), ())
        if session is not None:
            paths = tuple(path for path in paths if self._holds(path, symbol, session))
        wanted = list(QUOTES) if columns is None else list(columns)
        if not paths:
            return pl.DataFrame(schema=QUOTES).select(wanted)
        need = list(dict.fromkeys([*wanted, *merging.NEEDED])) if len(paths) > 1 else wanted
        lazy = parts.scan(self.root, paths)
        if session is not None:
            lazy = lazy.filter(pl.col("session") == session)
        if snapshots is not None:
            lazy = lazy.filter(pl.col("snapshot").is_in(list(snapshots)))
        with self.naming_damage(paths):
            frame = lazy.select(need).collect()
        if len(paths) == 1:
            return frame
        both, once = in_key_order(frame, ties=())
        if not once:
            both, _ = in_key_order(merging.merged(both.lazy()).collect(), ties=())
        return both.select(wanted)

    def _holds(self, path: str, symbol: str, session: date) -> bool:
        record = self._by_source[Path(path).stem]
        return any(session.isoformat() in days for days in record.sessions[symbol].values())

    def session(self, symbol: str, day: date) -> pl.DataFrame:
        """All quotes of one session, of every snapshot."""
        return self.quotes(symbol, f"{day:%Y-%m}", session=day)

    def parts_apart(self, symbol: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Paths of parts that share no snapshot of a session with another one, and the others."""
        shared = {day[:7] for _, day in self._shared.get(symbol, ())}
        apart = [p for (held, m), p in self._months.items() if held == symbol and m not in shared]
        both = [p for (held, m), p in self._months.items() if held == symbol and m in shared]
        return tuple(p for paths in apart for p in paths), tuple(p for paths in both for p in paths)

    def scan(self, symbol: str) -> pl.LazyFrame:
        """All quotes of a symbol, one row a key as in `quotes`, in no order; lazy.

        Collect it inside of `naming_damage`. Raises StewardError for a part that is gone or cut.
        """
        apart, together = self.parts_apart(symbol)
        parts.refuse_cut(self.root, self.names_of((*apart, *together)))
        lazy = [parts.scan(self.root, apart)] if apart else []
        if together:
            lazy.append(merging.merged(parts.scan(self.root, together)))
        return pl.concat(lazy) if lazy else pl.LazyFrame(schema=QUOTES)

    def sql(self, query: str) -> pl.DataFrame:
        """What one SELECT over `quotes_spx`, `quotes_vix` and the other tables says (`market.sql`).

        `right` is a reserved word of SQL: write it in double quotes.
        Raises StewardError without the extra `sql`, for anything but one SELECT, and for bad SQL.
        """
        from steward.market import sql

        return sql.query(self, query)

    def settlements(self) -> pl.DataFrame:
        """SET and VRO, and proxies by their names, each with who said it
        (`market.vendors.store_settlements`).
        """
        from steward.market.vendors.store_settlements import settlement_values

        return settlement_values(self)

    def every_month(self, symbol: str) -> Iterator[tuple[str, pl.DataFrame]]:
        for month in self.months(symbol):
            yield month, self.quotes(symbol, month)

    def rows(self, table: str) -> pl.DataFrame | None:
        """All rows of another table than quotes, in the order of layout and source; None: none."""
        records = sorted(self.of_table(table), key=lambda r: (r.layout, r.source))
        frames = [
            parts.read(self.root, part.path, record.name)
            for record in records
            for part in record.parts
        ]
        return pl.concat(frames) if frames else None

    def set_aside(self) -> pl.DataFrame | None:
        """Rows that are not in the store, with their reasons and the file; None: none."""
        frames = [
            parts.read(self.root, path, record.name).with_columns(file=pl.lit(record.name))
            for record in self.records
            if (self.root / (path := f"set_aside/{record.source}.parquet")).exists()
        ]
        return pl.concat(frames, how="diagonal_relaxed") if frames else None

    def contradictions(self, symbol: str, month: str) -> pl.DataFrame:
        """Quotes of a month that a file has otherwise than the one whose series is taken.

        Columns of `QUOTE_KEY`, and the sources `taken` and `other`: of three files that say three
        things there are two rows a key. Only sessions that several files have are read.
        """
        paths = self._months.get((symbol, month), ())
        shared = [day for day in self._shared.get(symbol, ()) if day[1][:7] == month]
        days = sorted({date.fromisoformat(day) for _, day in shared})
        paths = tuple(p for p in paths if any(self._holds(p, symbol, day) for day in days))
        if len(paths) < 2:
            kinds = {name: QUOTES[name] for name in QUOTE_KEY}
            return pl.DataFrame(schema=kinds | {"taken": pl.String(), "other": pl.String()})
        both = parts.scan(self.root, paths).filter(pl.col("session").is_in(days))
        with self.naming_damage(paths):
            found = merging.contradicted(both.select(merging.NEEDED)).collect()
        return found.sort(*QUOTE_KEY, "taken", "other")

    @cached_property
    def _shared(self) -> Mapping[str, frozenset[tuple[str, str]]]:
        """Snapshots and days of which more than one file has quotes, by symbol."""
        seen: dict[str, dict[tuple[str, str], int]] = {}
        for record in self.of_table("quotes"):
            for symbol, snapshots in record.sessions.items():
                files = seen.setdefault(symbol, {})
                for snapshot, days in snapshots.items():
                    for day in days:
                        files[snapshot, day] = files.get((snapshot, day), 0) + 1
        return {
            symbol: frozenset(day for day, n in files.items() if n > 1)
            for symbol, files in seen.items()
        }

    def names_of(self, paths: Sequence[str]) -> Mapping[str, str]:
        """The name of the file that each of these parts is of."""
        return {path: self._by_source[Path(path).stem].name for path in paths}

    def refuse_cut(self) -> None:
        """Raises StewardError for a part that is gone or has lost its end; reads no rows."""
        parts.refuse_cut(self.root, self.names_of(self._paths))

    def refuse_damage(self) -> None:
        """Raises StewardError for a part that cannot be read or whose rows have changed.

        Reads all of the store: a fifth of a second a million rows, and as much for their sums.
        """
        for record in self.records:
            for part in record.parts:
                self._refuse_changed_part(record, part)

    def refuse_changed(self, symbol: str) -> None:
        """The same for the quotes of a symbol, two parts at a time."""
        held = [
            (record, part)
            for record in self.of_table("quotes")
            for part in record.parts
            if part.path.startswith(f"quotes/{symbol}/")
        ]
        with ThreadPoolExecutor(max_workers=2) as pool:
            for _ in pool.map(lambda one: self._refuse_changed_part(*one), held):
                pass

    def refuse_changed_tables(self, tables: Sequence[str]) -> None:
        """The same for other tables than quotes: a tenth of a second, as a rule."""
        for record in self.records:
            if record.table in tables:
                for part in record.parts:
                    self._refuse_changed_part(record, part)

    def _refuse_changed_part(self, record: ImportRecord, part: Part) -> None:
        rows = parts.read(self.root, part.path, record.name)
        if rows.height != part.rows or digest(rows) != part.digest:
            raise parts.damaged(
                self.root, part.path, record.name, "its rows are not those imported"
            )

    @property
    def _paths(self) -> list[str]:
        return [part.path for record in self.records for part in record.parts]

    def naming_damage(self, paths: Sequence[str] | None = None) -> AbstractContextManager[None]:
        """What is raised of a damaged part inside of it becomes a StewardError that names it.

        paths  of the parts that are read; None: of any
        """
        return parts.naming_damage(
            self.root, self.names_of(self._paths if paths is None else paths)
        )


def is_whole(root: Path, record: ImportRecord) -> bool:
    """Whether all that a record says is in the store is there, by its metadata (not its bytes)."""
    aside = root / "set_aside" / f"{record.source}.parquet"
    return parts.is_readable(root, ((part.path, part.rows) for part in record.parts)) and (
        not record.set_aside or aside.is_file()
    )


def create(root: Path) -> Store:
    """The store at `root`, made where there is none.

    Raises StewardError for another folder, and where it cannot be made.
    """
    if root.exists() and not root.is_dir():
        raise StewardError(f"{root}: is a file; --to takes a folder")
    if root.is_dir() and not (root / MARK).exists():
        held = [p for p in root.iterdir() if p.name not in (".staging", ".lock")]
        if held:
            raise StewardError(
                f"{root}: is not empty and is no store of Steward; name a new folder with --to"
            )
    try:
        root.mkdir(parents=True, exist_ok=True)
        if not (root / MARK).exists():
            write_atomically(root / MARK, json.dumps({"format": FORMAT}) + "\n")
        (root / "imports").mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(root, error) from error
    return Store(root)
