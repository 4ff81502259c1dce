"""The free history into a store: ask for what is lacking, import it, replace what grew.

    STORE/fetched/index.json         what was asked for, and when
    STORE/fetched/incoming/SOURCE/   downloaded, not imported yet
    STORE/raw/SOURCE/                the files that the rows in the store are of

Wherever it is stopped, the next call goes on there: a file in `incoming` is imported without being
asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from steward.doors.fetch.client import Busy, Client, NotThere, Offline, Wanted
from steward.doors.fetch.memory import Fetched, Memory
from steward.doors.fetch.planning import Planned, closed_by, is_final
from steward.intake.importing import import_paths
from steward.intake.locking import locked
from steward.intake.superseding import Superseded, supersede, withdraw
from steward.market.store import ImportRecord, Store, create
from steward.market.vendors.layout import Hints, Layout, head_of
from steward.market.vendors.registry import layouts, recognise
from steward.terms.errors import StewardError

State = Literal["new", "unchanged", "here", "absent", "failed"]
"""new: fetched now; unchanged: the host says so; here: not asked for; absent: the host has none."""

Progress = Callable[[str, int, int], None]
"""Name of the file, files done, files in all."""

COUNTS = re.compile(rb'"count"\s*:\s*(\d+).{0,80}?"limit"\s*:\s*(\d+)', re.DOTALL)
"""In a JSON answer of FRED: rows that there are, and rows that one answer holds at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file.

    record    of its import, where its rows came into the store now
    replaced  what changed against the file that it grew from
    reason    why it failed; "" where it did not
    """

    name: str
    state: State
    record: ImportRecord | None = None
    replaced: Superseded | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """All files in their order, and how many requests they took."""

    outcomes: tuple[Outcome, ...]
    requests: int

    def of(self, *states: State) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes if one.state in states)


def fetch(
    planned: Sequence[Planned],
    to: Path,
    *,
    client: Client,
    now: datetime,
    keys: Mapping[str, str],
    again: bool = False,
    among: Sequence[Layout] | None = None,
    progress: Progress | None = None,
) -> FetchReport:
    """Bring the planned files into the store at `to`, which is made where there is none.

    again  ask also for what was asked for since the last session ended
    A file that fails does not stop the others; a host that cannot be reached is not asked again.
    Raises Offline where no host can be reached, StewardError for a folder that is no store and for
    one that another fetch is writing to.
    """
    create(to)
    known = layouts() if among is None else tuple(among)
    with alone(to):
        return _fetch(planned, to, client, now, keys, again, known, progress)


@contextmanager
def alone(to: Path) -> Iterator[None]:
    """No other fetch or snapshot into this store at the same time; imports may go on."""
    folder = to / "fetched"
    folder.mkdir(exist_ok=True)
    with locked(folder):
        yield


def _fetch(
    planned: Sequence[Planned],
    to: Path,
    client: Client,
    now: datetime,
    keys: Mapping[str, str],
    again: bool,
    known: Sequence[Layout],
    progress: Progress | None,
) -> FetchReport:
    memory = Memory(to)
    sources = {record.source for record in Store(to).records}
    outcomes: dict[str, Outcome] = {}
    lost: dict[str, StewardError] = {}  # by publisher
    for done, one in enumerate(planned):
        if progress is not None:
            progress(one.name, done, len(planned))
        if one.source.group.name in lost:
            reason = "not asked for: see above"
            outcomes[one.name] = Outcome(name=one.name, state="failed", reason=reason)
            continue
        try:
            state = _download(one, to, memory, sources, client, now, keys, again, known)
            outcomes[one.name] = Outcome(name=one.name, state=state)
        except NotThere as error:
            gone = _gone(one, memory, error)
            outcomes[one.name] = gone
        except StewardError as error:
            if isinstance(error, (Offline, Busy)):
                lost[one.source.group.name] = error
            outcomes[one.name] = Outcome(name=one.name, state="failed", reason=str(error))
    if progress is not None:
        progress("import", len(planned), len(planned))
    for outcome in _import(planned, to, memory, outcomes, known, closed_by(now)):
        outcomes[outcome.name] = outcome
    report = FetchReport(outcomes=tuple(outcomes.values()), requests=client.requests)
    if lost and all(one.state == "failed" for one in report.outcomes):
        raise next(iter(lost.values()))
    return report


def _download(
    one: Planned,
    to: Path,
    memory: Memory,
    sources: set[str],
    client: Client,
    now: datetime,
    keys: Mapping[str, str],
    again: bool,
    among: Sequence[Layout],
) -> State:
    """Ask for one file, if it is to be asked for; what came lies in `incoming`."""
    session = closed_by(now)
    before = memory.files.get(one.name)
    is_here = before is not None and bool(before.sha256) and _is_here(one, to, before, sources)
    if before is not None and not again and (is_here or not before.sha256):
        fresh = before.session >= session or is_final(one, before.session)
        if fresh:
            return "here" if before.sha256 else "absent"
    secret = keys.get(one.source.key or "") or None
    wanted = Wanted(
        shown=one.name,
        url=one.url,
        seconds=one.source.group.seconds,
        largest=one.source.largest,
        check=lambda head: check_layout(one, head, among),
        secret=secret,
        etag=before.etag if before is not None and is_here else None,
        last_modified=before.last_modified if before is not None and is_here else None,
    )
    asked = Fetched(url=one.url, checked=now.astimezone(UTC), session=session)
    try:
        answer = client.get(wanted, incoming(to, one))
    except NotThere:
        if one.ends is not None and not (before is not None and before.sha256):
            memory.keep(one.name, asked)
        raise
    if answer.state == "unchanged" and before is not None:
        memory.keep(one.name, replace(before, checked=asked.checked, session=session))
        return "unchanged"
    memory.keep(
        one.name,
        replace(
            asked,
            etag=answer.etag,
            last_modified=answer.last_modified,
            sha256=answer.sha256,
            size=answer.size,
            imported=before.imported if before is not None else None,
        ),
    )
    same = before is not None and before.sha256 == answer.sha256
    return "unchanged" if same else "new"


def _gone(one: Planned, memory: Memory, error: NotThere) -> Outcome:
    """A contract may have no file (not listed, not yet); a history that has none is a failure."""
    held = memory.files.get(one.name)
    if one.ends is not None and not (held is not None and held.sha256):
        return Outcome(name=one.name, state="absent")
    return Outcome(name=one.name, state="failed", reason=str(error))


def check_layout(one: Planned, head: bytes, among: Sequence[Layout]) -> None:
    """Raises StewardError where the first bytes are of no layout, or of another table's."""
    if one.source.kind == "alfred" and (found := COUNTS.search(head)):
        count, limit = (int(number) for number in found.groups())
        if count > limit:
            raise StewardError(
                f"{one.name}: {count} rows, of which one answer holds {limit}: not all of it came"
            )
    layout = recognise(head_of(one.file, head), one.name, among)
    if layout.table != one.source.table:
        raise StewardError(
            f"{one.name}: is a file of {layout.title}, not the {one.source.table} that it should be"
        )


def incoming(to: Path, one: Planned) -> Path:
    return to / "fetched" / "incoming" / one.name


def raw(to: Path, one: Planned) -> Path:
    return to / "raw" / one.name


def _is_here(one: Planned, to: Path, held: Fetched, sources: set[str]) -> bool:
    """Whether its rows are in the store, or the file is on the disk to be imported."""
    return held.sha256[:16] in sources or _on_disk(one, to, held) is not None


def _on_disk(one: Planned, to: Path, held: Fetched) -> Path | None:
    """Where a file lies that is not imported yet."""
    choice = [incoming(to, one)]
    if held.imported == held.sha256[:16]:  # its record was taken out of the store by hand
        choice.append(raw(to, one))
    return next((path for path in choice if path.is_file()), None)


def _import(
    planned: Sequence[Planned],
    to: Path,
    memory: Memory,
    outcomes: Mapping[str, Outcome],
    among: Sequence[Layout],
    session: date,
) -> Iterable[Outcome]:
    """Import what is on the disk and not in the store; outcomes that this changes.

    session  the last one that has ended: a row of a later day is none that can be known
    """
    sources = {record.source for record in Store(to).records}
    waiting: dict[str, tuple[Planned, Path, Fetched]] = {}
    for one in planned:
        held = memory.files.get(one.name)
        if held is None or not held.sha256:
            continue
        path = _on_disk(one, to, held)
        done = held.imported == held.sha256[:16] and held.imported in sources
        if path is not None and not done:
            waiting[str(path)] = (one, path, held)
        elif path is not None and path == incoming(to, one):
            _settle(one, path, to)
    if not waiting:
        return
    report = import_paths(
        [path for _, path, _ in waiting.values()], to, hints=Hints(today=session), extra=among
    )
    records = {record.source: record for record in (*report.new, *report.known)}
    new = {record.source for record in report.new}
    refused = {one.shown: one.reason for one in report.refused}
    for shown, (one, path, held) in waiting.items():
        outcome = outcomes[one.name]
        record = records.get(held.sha256[:16])
        if record is None:
            reason = refused.get(shown, f"{shown}: changed while it was imported; fetch again")
            yield replace(outcome, state="failed", reason=reason)
            continue
        try:
            replaced = supersede(to, held.imported, record.source) if held.imported else None
        except StewardError as error:
            yield replace(outcome, state="failed", reason=str(error))
            continue
        _settle(one, path, to)
        memory.keep(one.name, replace(held, imported=record.source))
        for name in one.instead:
            _make_superfluous(name, to, memory)
        imported = record if record.source in new else None
        if outcome.state == "failed":  # what lay there is in, what is newer did not come
            yield replace(outcome, record=imported, replaced=replaced)
        else:
            yield replace(outcome, state="new", record=imported, replaced=replaced)


def _settle(one: Planned, path: Path, to: Path) -> None:
    """The file takes the place of its predecessor among the raw ones."""
    place = raw(to, one)
    if path != place:
        place.parent.mkdir(parents=True, exist_ok=True)
        path.replace(place)


def _make_superfluous(name: str, to: Path, memory: Memory) -> None:
    """Take out the lagged copy of a series whose vintages are in the store now."""
    held = memory.files.get(name)
    if held is not None:
        if held.imported:
            withdraw(to, held.imported)
        (to / "raw" / name).unlink(missing_ok=True)
        (to / "fetched" / "incoming" / name).unlink(missing_ok=True)
        memory.forget(name)


def held_names(to: Path) -> frozenset[str]:
    """Names of files whose rows are in the store; none where there is no store."""
    return frozenset(name for name, one in Memory(to).files.items() if one.imported)
