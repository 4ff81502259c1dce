"""Files into a store: recognise, read, judge, complete, write; one file wholly or not at all.

The content's hash comes first, so a file that is in the store is not read again, and one that
cannot be unpacked to its end is refused before anything of it is kept.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from steward.intake.identity import Identity, plain_name, source_id
from steward.intake.locking import locked
from steward.intake.opening import Found, find
from steward.intake.spool import Key, Spool
from steward.intake.superseding import remove
from steward.intake.underlying import with_vix_underlying
from steward.intake.units import measured, scaled
from steward.intake.watching import Progress, watched
from steward.market import believe, store
from steward.market.ahead import ahead
from steward.market.aside import set_aside_of
from steward.market.store import ImportRecord, Part, Store
from steward.market.tables import QUOTES, SET_ASIDE, conform
from steward.market.vendors.layout import HEAD_BYTES, Hints, Layout, Source, head_of
from steward.market.vendors.registry import layouts, recognise
from steward.terms import calendar
from steward.terms.errors import LawBroken, StewardError

HASH_BLOCK = 4 * 1024 * 1024
ROWS_A_GROUP = 32_768
"""Of the Parquet parts: small enough that a session is read in milliseconds."""

SET_ASIDE_KEPT = 100_000
"""Rows a file whose text is kept where they are set aside; all of them are counted."""

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
    """

    new: tuple[ImportRecord, ...]
    known: tuple[ImportRecord, ...]
    refused: tuple[Refused, ...]


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
    cannot be read is refused and does not stop the others.
    """
    among = _choice(layout, extra)
    found = list(find(paths))
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
            else:
                (new if is_new else known).append(record)
                by_source[record.source] = record
            done += one.size
            if progress is not None:
                progress(one.name, done, total)
        shutil.rmtree(to / ".staging", ignore_errors=True)
    return ImportReport(new=tuple(new), known=tuple(known), refused=tuple(refused))


def _sentence(error: StewardError) -> str:
    """What the error says in one line; what a file made endless is cut out of its middle."""
    text = " ".join(str(error).split())
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

    A file that was imported before under other hints is replaced by what it is now said to be.
    """
    layout = recognise(source.head, source.shown, among)
    sha256, size = content_hash(found)
    name = source_id(sha256, source.name, source.hints, layout)
    identity = Identity(source=name, sha256=sha256, size=size)
    known = by_source.get(name)
    if known is not None and not again:
        return known, False
    before = [
        record
        for record in by_source.values()
        if record.sha256 == sha256 and plain_name(record.name) == plain_name(source.name)
    ]
    staging = to / ".staging" / name
    shutil.rmtree(staging, ignore_errors=True)
    try:
        if layout.table == "quotes":
            record = read_quotes(source, layout, staging, identity)
        else:
            record = read_rows(source, layout, staging, identity)
        for old in before:
            remove(to, old)
            by_source.pop(old.source, None)
        _publish(record, staging, to)
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


def read_quotes(source: Source, layout: Layout, staging: Path, identity: Identity) -> ImportRecord:
    """Read a file of quotes into Parquet parts below `staging`; nothing counts there yet.

    Raises StewardError where no row can be kept, LawBroken where a row vanished (a bug of ours).
    """
    tally = _Tally()
    spool = Spool(staging / "spool")
    for batch in ahead(layout.read(source)):
        tally.read += batch.read
        tally.made += batch.rows.height + batch.elsewhere
        tally.elsewhere += batch.elsewhere
        tally.unreadable_rows(batch.set_aside)
        judged = believe.judge(batch.rows)
        bad = judged.filter(pl.col("reason").is_not_null())
        if bad.height:
            tally.set_aside_rows(set_aside_of(bad, pl.col("reason")))
            judged = judged.filter(pl.col("reason").is_null())
        if judged.height:
            spool.add(judged.drop("reason"))
    strays = believe.stray(spool.counts)
    units = measured([spool.month(key) for key in spread(spool.keys(), UNIT_MONTHS)])
    parts: list[Part] = []
    sessions: dict[str, dict[str, dict[str, int]]] = {}
    inferred = list(source.notes)
    for (symbol, month), alone, done in ahead(_completed(spool, strays, source.hints.root)):
        if strays:
            tally.set_aside_rows(set_aside_of(alone, believe.STRAY))
        tally.set_aside_rows(done.set_aside)
        inferred += [sentence for sentence in done.inferred if sentence not in inferred]
        if done.quotes.is_empty():
            continue
        quotes = scaled(with_vix_underlying(done.quotes), units).with_columns(
            vendor=pl.lit(layout.name), source=pl.lit(identity.source)
        )
        quotes = conform(
            quotes.select(pl.col(n).cast(kind) for n, kind in QUOTES.items()),
            QUOTES,
            table="quotes",
        )
        parts.append(
            _write_part(quotes, staging, f"quotes/{symbol}/{month}/{identity.source}.parquet")
        )
        tally.kept += quotes.height
        for snapshot, day, n in (
            quotes.group_by("snapshot", "session").len().sort("snapshot", "session").iter_rows()
        ):
            sessions.setdefault(symbol, {}).setdefault(snapshot, {})[day.isoformat()] = n
    spool.close()
    tally.check(source.shown)
    if not parts:
        raise StewardError(_nothing_kept(source, tally))
    _write_set_aside(tally, staging, identity)
    return ImportRecord(
        source=identity.source,
        sha256=identity.sha256,
        name=source.name,
        layout=layout.name,
        table="quotes",
        size=identity.size,
        read=tally.read,
        made=tally.made,
        kept=tally.kept,
        elsewhere=tally.elsewhere,
        unreadable=dict(sorted(tally.unreadable.items())),
        set_aside=dict(sorted(tally.set_aside.items())),
        sessions=sessions,
        parts=tuple(parts),
        units=units.said(),
        inferred=tuple(inferred),
        ignored=source.ignored,
    )


def _completed(
    spool: Spool, strays: set[date], root_hint: str | None
) -> Iterator[tuple[Key, pl.DataFrame, believe.Completed]]:
    """Month by month: the strays in it, and the others as quotes."""
    alone = pl.col("session").is_in(list(strays))
    for key, rows in spool.months():
        stray = rows.filter(alone) if strays else rows.clear()
        kept = rows.filter(~alone) if strays else rows
        yield key, stray, believe.complete(kept, root_hint=root_hint)


UNIT_MONTHS = 3
"""Months of a file by which the units of its greeks are measured."""


def spread(keys: Sequence[Key], count: int) -> tuple[Key, ...]:
    """The first, the last and some between: at most `count`."""
    last = len(keys) - 1
    steps = [round(i * last / (count - 1)) for i in range(count)] if keys else []
    return tuple(keys[i] for i in sorted(set(steps)))


def read_rows(source: Source, layout: Layout, staging: Path, identity: Identity) -> ImportRecord:
    """Read a file of another table than quotes: sorted, checked, one Parquet part."""
    from steward.market.series import finished

    tally = _Tally()
    frames = []
    for batch in layout.read(source):
        tally.read += batch.read
        tally.made += batch.rows.height + batch.elsewhere
        tally.elsewhere += batch.elsewhere
        tally.unreadable_rows(batch.set_aside)
        frames.append(batch.rows)
    if not frames:
        raise StewardError(f"{source.shown}: the file has no rows")
    done = finished(
        layout.table, pl.concat(frames), source=identity.source, today=source.hints.today
    )
    tally.set_aside_rows(done.set_aside)
    tally.kept = done.rows.height
    tally.check(source.shown)
    if done.rows.is_empty():
        raise StewardError(_nothing_kept(source, tally))
    part = _write_part(done.rows, staging, f"{layout.table}/{identity.source}.parquet")
    _write_set_aside(tally, staging, identity)
    return ImportRecord(
        source=identity.source,
        sha256=identity.sha256,
        name=source.name,
        layout=layout.name,
        table=layout.table,
        size=identity.size,
        read=tally.read,
        made=tally.made,
        kept=tally.kept,
        elsewhere=tally.elsewhere,
        unreadable=dict(sorted(tally.unreadable.items())),
        set_aside=dict(sorted(tally.set_aside.items())),
        sessions=done.sessions,
        parts=(part,),
        inferred=(*source.notes, *done.inferred),
        ignored=source.ignored,
    )


class _Tally:
    """Counts of one file; `check` is the law that no row vanishes."""

    def __init__(self) -> None:
        self.read = self.made = self.kept = self.elsewhere = 0
        self.unreadable: Counter[str] = Counter()
        self.set_aside: Counter[str] = Counter()
        self.shown: list[pl.DataFrame] = []
        self._shown = 0

    def unreadable_rows(self, frame: pl.DataFrame) -> None:
        for reason, n in frame["reason"].value_counts().iter_rows():
            self.unreadable[_without_numbers(reason)] += n
        self._show(frame)

    def set_aside_rows(self, frame: pl.DataFrame) -> None:
        for reason, n in frame["reason"].value_counts().iter_rows():
            if reason == believe.NOT_OURS:
                self.elsewhere += n
            else:
                self.set_aside[reason] += n
        if "row" not in frame.columns:
            shown = frame.filter(pl.col("reason") != believe.NOT_OURS)
            texts = pl.concat_str(
                [
                    pl.col(n).cast(pl.String).fill_null("?")
                    for n in frame.columns
                    if n not in ("line", "reason")
                ],
                separator=" ",
            )
            frame = shown.select("line", "reason", row=texts)
        self._show(frame)

    def check(self, shown: str) -> None:
        said = self.kept + self.elsewhere + sum(self.set_aside.values())
        if said != self.made:
            raise LawBroken(
                "no row vanishes", f"{shown}: {self.made} rows, of which {said} are accounted for"
            )

    def _show(self, frame: pl.DataFrame) -> None:
        room = SET_ASIDE_KEPT - self._shown
        if frame.height and room > 0:
            self.shown.append(frame.head(room).select(list(SET_ASIDE)))
            self._shown += min(frame.height, room)


def _without_numbers(reason: str) -> str:
    """Reasons that name a count of fields are one reason."""
    return (
        "a row of another length than the header"
        if " fields, the header has " in reason
        else reason
    )


def _nothing_kept(source: Source, tally: _Tally) -> str:
    reasons = [f"{why}: {n}" for why, n in (tally.unreadable + tally.set_aside).most_common(4)]
    if tally.elsewhere:
        reasons.append(f"{believe.NOT_OURS}: {tally.elsewhere}")
    return (
        f"{source.shown}: no row of it can be used ({'; '.join(reasons) or 'there is none'}); "
        "nothing of it is in the store"
    )


def _write_part(frame: pl.DataFrame, staging: Path, path: str) -> Part:
    target = staging / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as pool:  # each of the two takes half of the time
        digest = pool.submit(store.digest, frame)
        frame.write_parquet(
            target, compression="zstd", compression_level=1, row_group_size=ROWS_A_GROUP
        )
    return Part(path=path, rows=frame.height, digest=digest.result())


def _write_set_aside(tally: _Tally, staging: Path, identity: Identity) -> None:
    if tally.shown:
        _write_part(
            conform(pl.concat(tally.shown).sort("line"), SET_ASIDE, table="set_aside"),
            staging,
            f"set_aside/{identity.source}.parquet",
        )


def _publish(record: ImportRecord, staging: Path, to: Path) -> None:
    """Move the parts into the store; from the moment the record is there, they count."""
    for path in sorted(staging.rglob("*.parquet")):
        target = to / path.relative_to(staging)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    store.write_atomically(to / "imports" / f"{record.source}.json", record.text())


def _sweep(to: Path, held: Store) -> None:
    """Take out what an import left that did not come to its end."""
    shutil.rmtree(to / ".staging", ignore_errors=True)
    known = {record.source for record in held.records}
    for path in to.rglob("*.parquet"):
        if path.stem not in known and path.relative_to(to).parts[0] not in ("cache", "derived"):
            path.unlink()
    for folder, _, _ in os.walk(to, topdown=False):
        empty = Path(folder) != to and not any(Path(folder).iterdir())
        if empty and Path(folder).name != "imports":
            Path(folder).rmdir()


def gaps(days: Sequence[date]) -> int:
    """Sessions of the exchange between the first and the last of these days that are not there."""
    return len(set(calendar.sessions(min(days), max(days))) - set(days)) if days else 0
