"""Downloaded files into the store: imported, put in the place of what they grew from.

What is in `incoming` and in the index of what was fetched is imported by whichever call comes
first; a file there that the index does not know is half of a story, and is asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from steward.doors.fetch.memory import Fetched, Memory
from steward.doors.fetch.planning import Planned
from steward.intake.importing import import_paths
from steward.intake.superseding import Superseded, supersede, withdraw
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Hints
from steward.terms.errors import StewardError

HEADER_ONLY = 4096
"""Bytes of a file without rows, at the most: a notice and a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What became of one file that was waiting.

    record    of its import, where its rows are new in the store
    replaced  what changed against the file that it grew from
    no_rows   a contract that nobody has traded yet
    reason    why it is not in the store; "" where it is
    """

    name: str
    record: ImportRecord | None = None
    replaced: Superseded | None = None
    no_rows: bool = False
    reason: str = ""


def incoming(to: Path, name: str) -> Path:
    return to / "fetched" / "incoming" / name


def raw(to: Path, name: str) -> Path:
    return to / "raw" / name


def is_here(name: str, to: Path, held: Fetched, contents: Mapping[str, str]) -> bool:
    """Whether its rows are in the store, or the file is on the disk to be imported.

    contents  sha256 of each source in the store
    """
    return contents.get(held.imported or "") == held.sha256 or _waiting(name, to, held) is not None


def arrive(
    planned: Sequence[Planned],
    to: Path,
    memory: Memory,
    *,
    among: Sequence[Layout],
    session: date,
) -> Iterator[Arrival]:
    """Import what is on the disk and not in the store.

    session  the last one that has ended: a row of a later day is none that can be known
    """
    contents = {record.source: record.sha256 for record in Store(to).records}
    waiting: dict[str, tuple[Planned, Path, Fetched]] = {}
    for one in planned:
        held = memory.files.get(one.name)
        if held is None or not held.sha256:
            continue
        is_in = contents.get(held.imported or "") == held.sha256
        path = incoming(to, one.name) if is_in else _waiting(one.name, to, held)
        if path is not None and not is_in:
            waiting[str(path)] = (one, path, held)
        elif path is not None and _is(path, held):
            _settle(one.name, path, to)
    if not waiting:
        return
    report = import_paths(
        [path for _, path, _ in waiting.values()], to, hints=Hints(today=session), extra=among
    )
    records = {(record.sha256, record.name): record for record in (*report.new, *report.known)}
    new = {record.source for record in report.new}
    refused = {one.shown: one.reason for one in report.refused}
    for shown, (one, path, held) in waiting.items():
        record = records.get((held.sha256, path.name))
        if record is None:
            if one.ends is not None and _is_header_only(path):
                yield Arrival(name=one.name, no_rows=True)
            else:
                reason = refused.get(shown, f"{shown}: changed while it was imported; fetch again")
                yield Arrival(name=one.name, reason=reason)
            continue
        try:
            replaced = supersede(to, held.imported, record.source) if held.imported else None
        except StewardError as error:
            yield Arrival(name=one.name, reason=str(error))
            continue
        _settle(one.name, path, to)
        memory.imported(one.name, record.source)
        for name in one.instead:
            _make_superfluous(name, to, memory)
        imported = record if record.source in new else None
        yield Arrival(name=one.name, record=imported, replaced=replaced)


def _waiting(name: str, to: Path, held: Fetched) -> Path | None:
    """Where the file lies that the index means and that is not imported."""
    choice = (incoming(to, name), raw(to, name))  # raw: its record was taken out by hand
    return next((path for path in choice if _is(path, held)), None)


def _is(path: Path, held: Fetched) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == held.sha256


def _is_header_only(path: Path) -> bool:
    """A contract that is listed and was not traded yet: no line begins with a day."""
    if path.stat().st_size > HEADER_ONLY:
        return False
    lines = path.read_bytes().splitlines()
    return not any(line.lstrip()[:1].isdigit() for line in lines)


def _settle(name: str, path: Path, to: Path) -> None:
    """The file takes the place of its predecessor among the raw ones."""
    place = raw(to, name)
    if path != place:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _make_superfluous(name: str, to: Path, memory: Memory) -> None:
    """Take out the lagged copy of a series whose vintages are in the store now."""
    held = memory.files.get(name)
    if held is not None:
        if held.imported:
            withdraw(to, held.imported)
        raw(to, name).unlink(missing_ok=True)
        incoming(to, name).unlink(missing_ok=True)
        memory.forget(name)
