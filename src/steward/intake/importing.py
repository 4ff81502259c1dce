"""Files into a store: recognise, read, judge, complete, write; one file wholly or not at all.

Layout, hash and first rows say whether it is in the store already; then the rest is not read. A
file that cannot be unpacked to its end is refused before anything of it is kept.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from steward.intake.identity import identity
from steward.intake.locking import locked
from steward.intake.opening import Found, find, printable
from steward.intake.reading_in import read_quotes, read_rows
from steward.intake.superseding import remove
from steward.intake.watching import Progress, watched
from steward.market import store
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.store_folder import is_store, unmake, write_atomically
from steward.market.tables import QUOTE_KEY, SERIES
from steward.market.vendors.layout import Layout
from steward.market.vendors.registry import layouts, recognise
from steward.market.vendors.source import HEAD_BYTES, Hints, Source, head_of, plain_name
from steward.terms.errors import StewardError

HASH_BLOCK = 4 * 1024 * 1024
FAULTS = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a layout lets through where a file holds something that its author did not think of."""

SOURCE = re.compile(r"[0-9a-f]{16}")
"""How parts are named."""

OUR_FAULT = "unexpected content, which is a fault of Steward's"
SHOWN_OF_FAULT = 200
SHOWN_OF_REASON = 2_000
"""Characters; with two long paths and a header in it a reason has a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that is not in the store, and why."""

    shown: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of all files of one call, in their order.

    new       imported now    known  in the store already    refused  not in the store
    aside     documents and stores that lie among the files and were passed over
    contradicted  quotes of the new files' months on which files of the store disagree
    """

    new: tuple[ImportRecord, ...]
    known: tuple[ImportRecord, ...]
    refused: tuple[Refused, ...]
    contradicted: int = 0
    aside: tuple[Refused, ...] = ()


def import_paths(
    paths: Sequence[Path],
    to: Path,
    *,
    hints: Hints | None = None,
    layout: str | None = None,
    extra: Sequence[Layout] = (),
    again: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Import files, folders and archives into the store at `to`, which is made where there is none.

    hints    what the user says of files that do not say it themselves
    layout   the name of the only layout to be tried    extra  layouts of the user's own
    again    read also what is in the store, and replace it
    Raises StewardError for a path that is not there and for a folder that is no store; a file that
    cannot be read is refused and does not stop the others. Where nothing can be imported no store
    is made. KeyboardInterrupt says what is in the store.
    """
    among = _choice(layout, extra)
    every = list(find(paths))
    found = [one for one in every if not one.aside]
    is_new_store = not is_store(to)
    total = sum(one.size for one in found)
    new: list[ImportRecord] = []
    known: list[ImportRecord] = []
    refused: list[Refused] = []
    done = 0
    held = store.create(to)
    with locked(to):
        _sweep(to, held)
        by_source = {record.source: record for record in store.Store(to).records}
        for one in found:
            if progress is not None:
                progress(one.name, done, total)
            try:
                source = opened(one, hints or Hints())
                if progress is not None:
                    source.open = watched(one, done, total, progress)
                record, is_new = _import_file(one, to, by_source, source, among, again=again)
            except StewardError as error:
                refused.append(Refused(shown=one.shown, reason=_sentence(error)))
            except FAULTS as error:
                refused.append(Refused(shown=one.shown, reason=_our_fault(one, error)))
            except OSError as error:
                raise StewardError(
                    f"{one.shown}: stopped ({error}); nothing of this file is in {to}, the files "
                    "before are there whole"
                ) from error
            except KeyboardInterrupt:
                raise KeyboardInterrupt(_interrupted(len(new) + len(known))) from None
            else:
                (new if is_new else known).append(record)
                by_source[record.source] = record
            done += one.size
            if progress is not None:
                progress(one.name, done, total)
        shutil.rmtree(to / ".staging", ignore_errors=True)
        contradicted = _contradicted(to, new)
        if is_new_store and paths and not by_source:
            unmake(to)
    return ImportReport(
        new=tuple(new),
        known=tuple(known),
        refused=tuple(refused),
        contradicted=contradicted,
        aside=tuple(Refused(shown=one.shown, reason=one.aside) for one in every if one.aside),
    )


def _contradicted(to: Path, new: Sequence[ImportRecord]) -> int:
    """Quotes of the new files' months of which the files of the store say different things."""
    months = {
        tuple(part.path.split("/")[1:3])
        for record in new
        if record.table == "quotes"
        for part in record.parts
    }
    held = store.Store(to)
    found = [held.contradictions(symbol, month) for symbol, month in sorted(months)]
    return sum(one.select(QUOTE_KEY).n_unique() for one in found)


def _interrupted(done: int) -> str:
    held = "1 file is" if done == 1 else f"{done} files are"
    return f"{held} in the store, run it again to go on"


def _sentence(error: StewardError) -> str:
    """What the error says in one line; what a file made endless is cut out of its middle."""
    text = printable(" ".join(str(error).split()))
    half = SHOWN_OF_REASON // 2
    return text if len(text) <= SHOWN_OF_REASON else f"{text[:half]} ... {text[-half:]}"


def _our_fault(found: Found, error: BaseException) -> str:
    """One sentence: nothing of the file is in the store, and whom to tell."""
    said = next(iter(str(error).splitlines()), "")[:SHOWN_OF_FAULT]
    return (
        f"{found.shown}: {OUR_FAULT} ({type(error).__name__}: {said}); nothing of the file is in "
        "the store; please report it, with the lines of the file that bring it about"
    )


def _choice(layout: str | None, extra: Sequence[Layout]) -> tuple[Layout, ...]:
    every = (*extra, *layouts())
    if layout is None:
        return tuple(extra) if extra else every
    chosen = tuple(one for one in every if one.name == layout)
    if not chosen:
        names = ", ".join(one.name for one in every)
        raise StewardError(f"--layout {layout}: no such layout; there are {names}")
    return chosen


def opened(found: Found, hints: Hints) -> Source:
    """A file with its first bytes read."""
    try:
        with found.open() as file:
            data = file.read(HEAD_BYTES)
    except (OSError, EOFError) as error:
        raise StewardError(f"{found.shown}: cannot be read ({error}); bring it again") from error
    return Source(
        name=found.name,
        shown=found.shown,
        head=head_of(found.name, data),
        open=found.open,
        hints=hints,
    )


def _import_file(
    found: Found,
    to: Path,
    by_source: dict[str, ImportRecord],
    source: Source,
    among: tuple[Layout, ...],
    *,
    again: bool,
) -> tuple[ImportRecord, bool]:
    """The record of the file, and whether it is new.

    A file whose parts are gone or damaged, as far as their metadata tell, is read again.
    A file that was imported before under other hints is replaced by what it is now said to be.
    """
    layout = recognise(source.head, source.shown, among)
    sha256, size = content_hash(found)
    known_as = identity(source, layout, sha256=sha256, size=size)
    name = known_as.source
    for option in known_as.unused:
        source.note(f"{option}: not used, the file says it itself")
    known = by_source.get(name)
    if known is not None and not again and store.is_whole(to, known):
        return known, False
    before = [
        record
        for record in by_source.values()
        if record.sha256 == sha256 and plain_name(record.name) == plain_name(source.given_name)
    ]
    staging = to / ".staging" / name
    shutil.rmtree(staging, ignore_errors=True)
    try:
        if layout.table == "quotes":
            record = read_quotes(source, layout, staging, known_as)
        else:
            record = read_rows(source, layout, staging, known_as)
        if known is not None:  # its parts have the same places
            remove(to, known)
        _publish(record, staging, to)
        for old in before:
            if old.source != record.source:
                remove(to, old)
                by_source.pop(old.source, None)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return record, True


def content_hash(found: Found) -> tuple[str, int]:
    """sha256 and size of the unpacked bytes. Raises StewardError where they end too early."""
    sums, size = hashlib.sha256(), 0
    try:
        with found.open() as file:
            while block := file.read(HASH_BLOCK):
                sums.update(block)
                size += len(block)
    except (OSError, EOFError) as error:
        raise StewardError(f"{found.shown}: cannot be read to its end ({error})") from error
    return sums.hexdigest(), size


def _publish(record: ImportRecord, staging: Path, to: Path) -> None:
    """Move the parts into the store; from the moment the record is there, they count."""
    for path in sorted(staging.rglob("*.parquet")):
        target = to / path.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    write_atomically(to / "imports" / f"{record.source}.json", record.text())


def _sweep(to: Path, held: Store) -> None:
    """Take out what an import left that did not come to its end; nothing else that lies there."""
    shutil.rmtree(to / ".staging", ignore_errors=True)
    known = {record.source for record in held.records}
    for table in ("quotes", "set_aside", *SERIES):
        for path in (to / table).rglob("*.parquet"):
            if path.stem not in known and SOURCE.fullmatch(path.stem):
                path.unlink()
        for folder, _, _ in os.walk(to / table, topdown=False):
            if not any(Path(folder).iterdir()):
                Path(folder).rmdir()
