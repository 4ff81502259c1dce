"""One file into Parquet parts: read, judge, complete, measure, write; nothing counts there yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from steward.intake.identity import Identity
from steward.intake.spool import Key, Spool
from steward.intake.tally import Tally, nothing_kept
from steward.intake.underlying import with_vix_underlying
from steward.intake.units import measured, scaled
from steward.market import believe
from steward.market.ahead import ahead
from steward.market.aside import set_aside_of
from steward.market.records import ImportRecord, Part
from steward.market.records import digest as digest_of
from steward.market.series import finished
from steward.market.tables import QUOTES, SET_ASIDE, conform
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

ROWS_A_GROUP = 32_768
"""Of the Parquet parts: small enough that a session is read in milliseconds."""

UNIT_MONTHS = 3
"""Months of a file by which the units of its greeks are measured."""


def read_quotes(source: Source, layout: Layout, staging: Path, identity: Identity) -> ImportRecord:
    """Read a file of quotes into Parquet parts below `staging`; nothing counts there yet.

    Raises StewardError where no row can be kept, LawBroken where a row vanished (a bug of ours).
    """
    tally = Tally()
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
    for (symbol, month), alone, done in ahead(_completed(spool, strays, source.given_hints.root)):
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
        raise StewardError(nothing_kept(source.shown, tally))
    _write_set_aside(tally, staging, identity)
    return replace(
        _record(source, layout, identity, tally),
        sessions=sessions,
        parts=tuple(parts),
        units=units.said(),
        warnings=(*source.warnings, *units.warnings()),
        inferred=tuple(inferred),
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


def spread(keys: Sequence[Key], count: int) -> tuple[Key, ...]:
    """The first, the last and some between: at most `count`."""
    last = len(keys) - 1
    steps = [round(i * last / (count - 1)) for i in range(count)] if keys else []
    return tuple(keys[i] for i in sorted(set(steps)))


def read_rows(source: Source, layout: Layout, staging: Path, identity: Identity) -> ImportRecord:
    """Read a file of another table than quotes: sorted, checked, one Parquet part."""
    tally = Tally()
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
        layout.table, pl.concat(frames), source=identity.source, today=source.given_hints.today
    )
    tally.set_aside_rows(done.set_aside)
    tally.kept = done.rows.height
    tally.check(source.shown)
    if done.rows.is_empty():
        raise StewardError(nothing_kept(source.shown, tally))
    part = _write_part(done.rows, staging, f"{layout.table}/{identity.source}.parquet")
    _write_set_aside(tally, staging, identity)
    return replace(
        _record(source, layout, identity, tally),
        sessions=done.sessions,
        parts=(part,),
        inferred=(*source.notes, *done.inferred),
    )


def _record(source: Source, layout: Layout, identity: Identity, tally: Tally) -> ImportRecord:
    """The file and its counts; what is in the store of it comes from the caller."""
    return ImportRecord(
        source=identity.source,
        sha256=identity.sha256,
        name=source.given_name,
        layout=layout.name,
        table=layout.table,
        size=identity.size,
        read=tally.read,
        made=tally.made,
        kept=tally.kept,
        elsewhere=tally.elsewhere,
        unreadable=dict(sorted(tally.unreadable.items())),
        set_aside=dict(sorted(tally.set_aside.items())),
        ignored=source.ignored,
        warnings=tuple(source.warnings),
    )


def _write_part(frame: pl.DataFrame, staging: Path, path: str) -> Part:
    target = staging / path
    target.parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=1) as pool:  # each of the two takes half of the time
        digest = pool.submit(digest_of, frame)
        frame.write_parquet(
            target, compression="zstd", compression_level=1, row_group_size=ROWS_A_GROUP
        )
    return Part(path=path, rows=frame.height, digest=digest.result())


def _write_set_aside(tally: Tally, staging: Path, identity: Identity) -> None:
    if tally.shown:
        _write_part(
            conform(pl.concat(tally.shown).sort("line"), SET_ASIDE, table="set_aside"),
            staging,
            f"set_aside/{identity.source}.parquet",
        )
