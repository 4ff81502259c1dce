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
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from steward.doors.fetch.arrivals import Arrival, arrive, incoming, is_here
from steward.doors.fetch.client import Busy, Client, NotThere, Offline, Wanted
from steward.doors.fetch.memory import Fetched, Memory
from steward.doors.fetch.planning import Planned, closed_by, is_final
from steward.intake.locking import locked
from steward.intake.superseding import Superseded
from steward.market.records import ImportRecord
from steward.market.store import Store, create
from steward.market.store_folder import cannot_write
from steward.market.vendors.layout import Layout
from steward.market.vendors.registry import layouts, recognise
from steward.market.vendors.source import head_of
from steward.terms.errors import StewardError

State = Literal["new", "unchanged", "here", "absent", "failed"]
"""new: fetched now; unchanged: the host says so; here: not asked for; absent: the host has none."""

Progress = Callable[[str, int, int], None]
"""Name of the file, files done, files in all."""

MOVED = "the address may have moved (--sources names another), or the host refuses"

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
    with alone(to):
        memory = Memory(to)
        now_here = _Round(
            to=to,
            memory=memory,
            contents={record.source: record.sha256 for record in Store(to).records},
            client=client,
            now=now,
            session=closed_by(now),
            keys=keys,
            again=again,
            among=layouts() if among is None else tuple(among),
        )
        outcomes, lost = _asked(planned, now_here, progress)
        if progress is not None:
            progress("import", len(planned), len(planned))
        among = now_here.among
        for arrival in arrive(planned, to, memory, among=among, session=now_here.session):
            outcomes[arrival.name] = _after(outcomes[arrival.name], arrival)
    report = FetchReport(outcomes=tuple(outcomes.values()), requests=client.requests)
    if lost and all(one.state == "failed" for one in report.outcomes):
        raise next(iter(lost.values()))
    return report


@contextmanager
def alone(to: Path) -> Iterator[None]:
    """No other fetch or snapshot into this store at the same time; imports may go on."""
    folder = to / "fetched"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(to, error) from error
    with locked(folder):
        yield


def _asked(
    planned: Sequence[Planned], now_here: _Round, progress: Progress | None
) -> tuple[dict[str, Outcome], dict[str, StewardError]]:
    """Outcomes of all files by name, and why a publisher could not be asked, by its name."""
    outcomes: dict[str, Outcome] = {}
    lost: dict[str, StewardError] = {}
    for done, one in enumerate(planned):
        if progress is not None:
            progress(one.name, done, len(planned))
        state, reason = now_here.without_asking(one), ""
        if state is None and one.source.group.name in lost:
            state, reason = "failed", f"{one.source.group.title} was not asked any more"
        elif state is None:
            try:
                state = now_here.ask(one)
            except StewardError as error:
                state, reason = "failed", str(error)
                if isinstance(error, (Offline, Busy)):
                    lost[one.source.group.name] = error
        outcomes[one.name] = Outcome(name=one.name, state=state, reason=reason)
    _doubt_absence(planned, outcomes, now_here.memory)
    return outcomes, lost


def _doubt_absence(
    planned: Sequence[Planned], outcomes: dict[str, Outcome], memory: Memory
) -> None:
    """Some contracts have no file; where none of several has one, it is the address or the host."""
    by_source: dict[str, list[str]] = {}
    for one in planned:
        if one.ends is not None:
            by_source.setdefault(one.source.name, []).append(one.name)
    for source, names in by_source.items():
        if len(names) > 1 and all(outcomes[name].state == "absent" for name in names):
            for name in names:
                memory.forget(name)
                reason = f"{source}: none of {len(names)} contracts is there; {MOVED}"
                outcomes[name] = Outcome(name=name, state="failed", reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One call: what it may ask, and what is there already.

    contents  sha256 of each source in the store at its beginning
    session   the last one that has ended
    """

    to: Path
    memory: Memory
    contents: Mapping[str, str]
    client: Client
    now: datetime
    session: date
    keys: Mapping[str, str]
    again: bool
    among: tuple[Layout, ...]

    def without_asking(self, one: Planned) -> State | None:
        """The state of a file of which nothing newer can be there; None: it is to be asked for.

        That a file is not there is never final: a host may have said so for another reason.
        """
        held = self.memory.files.get(one.name)
        if held is None or self.again:
            return None
        if not held.sha256:
            return "absent" if held.session >= self.session else None
        fresh = held.session >= self.session or is_final(one, held.session)
        return "here" if fresh and self._is_here(one, held) else None

    def ask(self, one: Planned) -> State:
        """Ask for one file; what came lies in `incoming`, and the memory knows of it.

        Raises what the client raises, but for a contract that has no file (not listed, not yet).
        """
        held = self.memory.files.get(one.name)
        asked = Fetched(url=one.url, checked=self.now.astimezone(UTC), session=self.session)
        try:
            answer = self.client.get(self._wanted(one, held), incoming(self.to, one.name))
        except NotThere:
            if one.ends is None or (held is not None and held.sha256):
                raise
            self.memory.keep(one.name, asked)
            return "absent"
        if answer.state == "unchanged" and held is not None:
            self.memory.keep(one.name, replace(held, checked=asked.checked, session=self.session))
            return "unchanged"
        came = replace(
            asked,
            etag=answer.etag,
            last_modified=answer.last_modified,
            sha256=answer.sha256,
            size=answer.size,
            imported=None if held is None else held.imported,
        )
        self.memory.keep(one.name, came)
        return "unchanged" if held is not None and held.sha256 == answer.sha256 else "new"

    def _wanted(self, one: Planned, held: Fetched | None) -> Wanted:
        copy = held if held is not None and self._is_here(one, held) else None
        return Wanted(
            shown=one.name,
            url=one.url,
            seconds=one.source.group.seconds,
            largest=one.source.largest,
            check=lambda head: check_layout(one, head, self.among),
            secret=self.keys.get(one.source.key or "") or None,
            etag=None if copy is None else copy.etag,
            last_modified=None if copy is None else copy.last_modified,
        )

    def _is_here(self, one: Planned, held: Fetched) -> bool:
        return bool(held.sha256) and is_here(one.name, self.to, held, self.contents)


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
