"""The free history into a store: ask for what is lacking, import it, replace what grew.

    STORE/fetched/index.json         what was asked for, and when
    STORE/fetched/incoming/SOURCE/   downloaded, not imported yet
    STORE/raw/SOURCE/                the files that the rows in the store are of

Wherever it is stopped, the next call goes on there: a file in `incoming` is imported without being
asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from steward.doors.fetch.arrivals import Arrival, arrive, incoming, is_here
from steward.doors.fetch.client import Busy, Client, NotThere, Offline, Wanted
from steward.doors.fetch.memory import Fetched, Memory
from steward.doors.fetch.planning import Planned, closed_by, is_final
from steward.intake.locking import locked
from steward.intake.superseding import Superseded
from steward.market.store import ImportRecord, Store, create
from steward.market.vendors.layout import Layout, head_of
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
    for arrival in arrive(planned, to, memory, among=known, session=closed_by(now)):
        outcomes[arrival.name] = _after(outcomes[arrival.name], arrival)
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
    have = before is not None and bool(before.sha256) and is_here(one.name, to, before, sources)
    if before is not None and not again and (have or not before.sha256):
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
        etag=before.etag if before is not None and have else None,
        last_modified=before.last_modified if before is not None and have else None,
    )
    asked = Fetched(url=one.url, checked=now.astimezone(UTC), session=session)
    try:
        answer = client.get(wanted, incoming(to, one.name))
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


def _after(outcome: Outcome, arrival: Arrival) -> Outcome:
    """What became of a file in the end. A request that failed stays a failure."""
    if arrival.reason:
        return replace(outcome, state="failed", reason=arrival.reason)
    if arrival.no_rows:
        return replace(outcome, state="absent")
    state: State = "failed" if outcome.state == "failed" else "new"
    return replace(outcome, state=state, record=arrival.record, replaced=arrival.replaced)


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


def held_names(to: Path) -> frozenset[str]:
    """Names of files whose rows are in the store; none where there is no store."""
    return frozenset(name for name, one in Memory(to).files.items() if one.imported)
