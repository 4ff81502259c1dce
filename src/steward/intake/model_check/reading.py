"""Chains of any layout as snapshots to compare with: files, folders, archives or a store.

Of each session and underlying one snapshot is compared, the one nearest to the close; every other
row is counted with the reason why it is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from steward.intake.importing import FAULTS, content_hash, opened
from steward.intake.opening import Found, find
from steward.market import believe, merging
from steward.market.store import SNAPSHOTS, SYMBOLS, Store
from steward.market.store_folder import is_store
from steward.market.tables import MOMENT, QUOTE_KEY
from steward.market.vendors.layout import Layout
from steward.market.vendors.registry import layouts, recognise
from steward.market.vendors.series.declined import Declined
from steward.market.vendors.source import Hints
from steward.terms.contracts import Underlying
from steward.terms.errors import StewardError

Progress = Callable[[str, int, int], None]
"""Name of the step, done, in all."""

MOST_ROWS = 5_000_000
"""Of all files together, about a gigabyte; beyond it a store is the way."""

OTHER_SNAPSHOT = "of another snapshot of that session than the one compared"
OTHERWISE = "said otherwise by another file, whose series is compared"
TWICE = "the same quote in another file"

ON_VIX = ("VIX", "VIXW")
NIGHT = "gth"

COLUMNS = {
    "session": pl.Date(),
    "snapshot": pl.String(),
    "moment": MOMENT,
    "root": pl.String(),
    "expiry": pl.Date(),
    "settlement": pl.String(),
    "right": pl.String(),
    "strike": pl.Float64(),
    "bid": pl.Float64(),
    "ask": pl.Float64(),
    "underlying": pl.Float64(),
    "underlying_kind": pl.String(),
    "vendor": pl.String(),
    "source": pl.String(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What was read of one file.

    read       records of the file     rows  quotes that they hold (a record may have a call and a
               put)                     kept  quotes that are believed
    set_aside  quotes and records that are not, by reason
    notes      sentences on what was inferred, and warnings
    """

    name: str
    layout: str
    sha256: str
    read: int
    kept: int
    set_aside: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRead:
    """A file of a folder or an archive that holds no quotes, or none that can be read."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The quotes of one session and underlying at one moment.

    snapshot  eod, 1545, gth (overnight), or New York's clock as HHMM
    moment    the latest one of its quotes, with a time zone
    quotes    columns of `COLUMNS`, one row a contract
    """

    session: date
    underlying: Underlying
    snapshot: str
    moment: datetime
    quotes: pl.DataFrame


@dataclass(slots=True)
class Reading:
    """All snapshots in order of session, and what became of the files.

    left_out  quotes of believed rows that belong to no snapshot compared, by reason
    """

    snapshots: list[Snapshot] = field(default_factory=list)
    files: list[FileRead] = field(default_factory=list)
    not_read: list[NotRead] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def read_quotes(
    paths: Sequence[Path],
    *,
    hints: Hints | None = None,
    extra: Sequence[Layout] = (),
    progress: Progress | None = None,
) -> Reading:
    """The snapshots of all paths: files of any layout, folders, archives; or one store.

    hints  what the user says of files that do not say it    extra  layouts of the user's own
    Raises StewardError for a path that is not there, for a named file that cannot be read, for a
    store among other paths, and where no path holds a quote that is believed.
    """
    if not paths:
        raise StewardError("name a file, a folder or a store of option quotes with --quotes PATH")
    if any(is_store(path) for path in paths):
        if len(paths) > 1:
            raise StewardError(
                "--quotes takes files and folders, or one store: import them into it"
            )
        return _of_store(Store(paths[0]), progress)
    reading = Reading()
    frames = list(_frames(paths, hints or Hints(), (*extra, *layouts()), reading, progress))
    if not frames:
        raise StewardError(_nothing(paths, reading))
    _split(_merged(pl.concat(frames), reading), reading)
    return reading


def _frames(
    paths: Sequence[Path],
    hints: Hints,
    among: Sequence[Layout],
    reading: Reading,
    progress: Progress | None,
) -> Iterator[pl.DataFrame]:
    """The believed quotes of each file that has some."""
    named = {str(path) for path in paths}
    found = list(find(paths))
    rows = 0
    for number, one in enumerate(found):
        if progress is not None:
            progress(f"reading {one.name}", number, len(found))
        if one.aside:
            reading.not_read.append(NotRead(name=one.name, why=f"is {one.aside}"))
            continue
        try:
            quotes = _read(one, hints, among, reading)
        except StewardError as error:
            if one.shown in named:
                raise
            reading.not_read.append(NotRead(name=one.name, why=_without(str(error), one.shown)))
            continue
        rows += quotes.height
        if rows > MOST_ROWS:
            raise StewardError(
                f"{one.shown}: more than {MOST_ROWS:,} quotes in all; import them into a store "
                "(`steward data import`) and give that with --quotes"
            )
        if quotes.height:
            yield quotes


def _read(found: Found, hints: Hints, among: Sequence[Layout], reading: Reading) -> pl.DataFrame:
    """The believed quotes of one file. Raises StewardError where it cannot be read or has none."""
    source = opened(found, hints)
    layout = recognise(source.head, source.shown, among)
    if isinstance(layout, Declined):
        raise StewardError(f"{found.shown}: {layout.why}")
    if layout.table != "quotes":
        raise StewardError(f"{found.shown}: is {layout.title}, which has no option quotes")
    counts: Counter[str] = Counter()
    kept: list[pl.DataFrame] = []
    read = 0
    try:
        for batch in layout.read(source):
            read += batch.read
            counts.update(dict(batch.set_aside["reason"].value_counts().iter_rows()))
            if batch.elsewhere:
                counts[believe.NOT_OURS] += batch.elsewhere
            judged = believe.judge(batch.rows)
            wrong = judged.filter(pl.col("reason").is_not_null())
            counts.update(dict(wrong["reason"].value_counts().iter_rows()))
            kept.append(judged.filter(pl.col("reason").is_null()).drop("reason"))
        quotes, notes = _completed(kept, counts, hints)
    except FAULTS as error:
        said = next(iter(str(error).splitlines()), "")[:200]
        raise StewardError(
            f"{found.shown}: unexpected content, which is a fault of Steward's "
            f"({type(error).__name__}: {said}); please report it"
        ) from error
    if quotes.is_empty():
        reasons = "; ".join(f"{why}: {n:,}" for why, n in counts.most_common())
        raise StewardError(
            f"{found.shown}: no row is a quote that can be used ({reasons or 'there is none'}); "
            "bring a file with SPX or VIX quotes of sessions of the exchange"
        )
    sha256, _ = content_hash(found)
    reading.files.append(
        FileRead(
            name=found.name,
            layout=layout.name,
            sha256=sha256,
            read=read,
            kept=quotes.height,
            set_aside=dict(counts.most_common()),
            notes=(*source.warnings, *source.notes, *notes),
        )
    )
    return quotes.with_columns(vendor=pl.lit(layout.name), source=pl.lit(sha256)).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )


def _completed(
    kept: list[pl.DataFrame], counts: Counter[str], hints: Hints
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    if not kept or not (whole := pl.concat(kept)).height:
        return pl.DataFrame(schema=COLUMNS), ()
    strays = believe.stray(dict(whole["session"].value_counts().iter_rows()))
    alone = whole["session"].is_in(list(strays))
    if alone.any():
        counts[believe.STRAY] += int(alone.sum())
        whole = whole.filter(~alone)
    done = believe.complete(whole, root_hint=hints.root)
    counts.update(dict(done.set_aside["reason"].value_counts().iter_rows()))
    return done.quotes, done.inferred


def _merged(quotes: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """One row a contract and snapshot; where files disagree a series is of one of them."""
    # the same file given twice is one source: its rows agree with themselves
    once = quotes.unique([*QUOTE_KEY, "source"], keep="first", maintain_order=True)
    again = quotes.height - once.height
    if once["source"].n_unique() > 1:
        taken = merging.merged(once.lazy()).collect()
        disputed = merging.contradicted(once.lazy()).collect().height
        reading.left_out[OTHERWISE] += disputed
        again += once.height - taken.height - disputed
        once = taken
    reading.left_out[TWICE] += again
    return once


def _split(quotes: pl.DataFrame, reading: Reading) -> None:
    """Into snapshots, one a session and underlying."""
    quotes = quotes.with_columns(
        underlying_of=pl.when(pl.col("root").is_in(list(ON_VIX)))
        .then(pl.lit("VIX"))
        .otherwise(pl.lit("SPX"))
    )
    keys = ["session", "underlying_of", "snapshot"]
    parts = quotes.sort(*QUOTE_KEY).partition_by(keys, as_dict=True, maintain_order=True)
    names: dict[tuple[date, Underlying], list[str]] = {}
    for session, symbol, snapshot in parts:
        names.setdefault((session, symbol), []).append(snapshot)
    for (session, symbol), there in sorted(names.items()):
        chosen = best_snapshot(there)
        for snapshot in there:
            frame = parts[session, symbol, snapshot].drop("underlying_of")
            if snapshot != chosen:
                reading.left_out[OTHER_SNAPSHOT] += frame.height
                continue
            moment = frame["moment"].max()
            if isinstance(moment, datetime):
                reading.snapshots.append(
                    Snapshot(
                        session=session,
                        underlying=symbol,
                        snapshot=snapshot,
                        moment=moment,
                        quotes=frame,
                    )
                )


def best_snapshot(names: Sequence[str]) -> str:
    """The one nearest to the close: as a run trades, else the latest clock, else the night."""
    for name in SNAPSHOTS:
        if name in names:
            return name
    clocks = [name for name in names if name != NIGHT]
    return max(clocks) if clocks else names[0]


def _of_store(store: Store, progress: Progress | None) -> Reading:
    """The snapshots of a store, month by month."""
    reading = Reading()
    records = store.of_table("quotes")
    if not records:
        raise StewardError(
            f"{store.root}: the store has no option quotes; import some with `steward data import`"
        )
    reading.files.extend(
        FileRead(
            name=record.name,
            layout=record.layout,
            sha256=record.sha256,
            read=record.read,
            kept=record.kept,
            set_aside=record.not_kept,
            notes=(*record.warnings, *record.inferred),
        )
        for record in records
    )
    months = [(symbol, month) for symbol in SYMBOLS for month in store.months(symbol)]
    for number, (symbol, month) in enumerate(months):
        if progress is not None:
            progress(f"reading {symbol} {month}", number, len(months))
        _split(store.quotes(symbol, month, columns=list(COLUMNS)), reading)
    kept = sum(record.kept for record in records)
    held = sum(one.quotes.height for one in reading.snapshots) + sum(reading.left_out.values())
    if kept > held:
        reading.left_out["in several files of the store"] += kept - held
    reading.snapshots.sort(key=lambda one: (one.session, one.underlying))
    return reading


def _without(text: str, shown: str) -> str:
    return text.removeprefix(f"{shown}: ").removeprefix(f"{shown}, ")


def _nothing(paths: Sequence[Path], reading: Reading) -> str:
    given = ", ".join(str(path) for path in paths)
    said = "; ".join(f"{one.name}: {one.why}" for one in reading.not_read[:3])
    more = len(reading.not_read) - 3
    tail = f" and {more} more files" if more > 0 else ""
    return f"{given}: holds no option quotes that can be read ({said or 'no file'}{tail})"
