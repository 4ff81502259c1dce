"""What an import says when it has ended, and while it runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date
from pathlib import Path

from steward.doors.bars import Report, bar
from steward.doors.terminal import Out, print_json
from steward.intake.importing import ImportReport, gaps
from steward.market.store import ImportRecord
from steward.market.vendors.layout import Layout

FILES_SHOWN = 40
"""More files than this are shown by layout."""


STOPPED = "the files before are in the store whole, repeat the command to go on"


def progress(*, quiet: bool) -> AbstractContextManager[Report | None]:
    """A bar over the bytes of the files."""
    return bar("data import", quiet=quiet, in_bytes=True, stopped=STOPPED)


def show_import(report: ImportReport, store: Path, *, as_json: bool) -> None:
    """The table at the end: rows read, kept, set aside by reason; sessions and gaps."""
    if as_json:
        print_json(
            {
                "store": str(store),
                "new": [asdict(record) for record in report.new],
                "known": [record.source for record in report.known],
                "refused": [asdict(one) for one in report.refused],
            }
        )
        return
    out = Out()
    if report.new:
        out.table(HEAD, (_row(name, records) for name, records in _lines(report.new)))
        _reasons(out, report.new)
        _sentences(out, report.new)
    if report.known:
        out.line(f"\nIn the store already, not read again: {_files(len(report.known))}.")
    for one in report.refused:
        out.line(f"\nRefused: {one.reason}", "red")
    if len(report.refused) > 1:
        out.line(f"\nRefused: {_files(len(report.refused))}; nothing of them is in the store.")
    if not report.new and not report.known and not report.refused:
        out.line("No file there.", "yellow")
    out.path(f"\nStore: {store}")
    if report.new or report.known:
        out.path(f"See what is good in it: steward data check {store}")


HEAD = ("file", "layout", "read", "kept", "set aside", "other", "sessions", "gaps", "first", "last")


def _lines(records: Sequence[ImportRecord]) -> list[tuple[str, list[ImportRecord]]]:
    """One line a file; of many files one a layout."""
    if len(records) <= FILES_SHOWN:
        return [(record.name, [record]) for record in records]
    by_layout: dict[str, list[ImportRecord]] = {}
    for record in records:
        by_layout.setdefault(record.layout, []).append(record)
    return [(_files(len(found)), found) for _, found in sorted(by_layout.items())]


def _row(name: str, records: Sequence[ImportRecord]) -> tuple[str, ...]:
    days = sorted({date.fromisoformat(day) for record in records for day in _days(record)})
    aside = sum(sum(r.set_aside.values()) + sum(r.unreadable.values()) for r in records)
    return (
        name,
        records[0].layout,
        f"{sum(r.read for r in records):,}",
        f"{sum(r.kept for r in records):,}",
        f"{aside:,}",
        f"{sum(r.elsewhere for r in records):,}",
        f"{len(days):,}",
        f"{gaps(days):,}" if records[0].table in ("quotes", "bars", "index", "vx") else "",
        str(days[0]) if days else "",
        str(days[-1]) if days else "",
    )


def _days(record: ImportRecord) -> set[str]:
    return {
        day
        for by_snapshot in record.sessions.values()
        for days in by_snapshot.values()
        for day in days
    }


def _reasons(out: Out, records: Sequence[ImportRecord]) -> None:
    counts: Counter[str] = Counter()
    for record in records:
        counts.update(record.set_aside)
        counts.update(record.unreadable)
    if counts:
        out.line("\nSet aside, by reason (`set_aside/` of the store has the rows):")
        out.table(("reason", "rows"), ((why, f"{n:,}") for why, n in counts.most_common()))


def _sentences(out: Out, records: Sequence[ImportRecord]) -> None:
    """What was inferred, measured or not read; sentences that differ in names and figures once."""
    inferred = [sentence for record in records for sentence in record.inferred]
    inferred += [
        f"{record.layout}: columns not read: {', '.join(record.ignored)}"
        for record in records
        if record.ignored
    ]
    measured = [f"{name}: {said}" for r in records for name, said in sorted(r.units.items())]
    for head, sentences in (("Inferred, not given:", inferred), ("Units, measured:", measured)):
        if sentences:
            out.line(f"\n{head}")
            for sentence, alike in _alike(sentences):
                out.line(sentence + (f" ({alike - 1} more like it)" if alike > 1 else ""), indent=2)


FIGURES = re.compile(r"(?<![a-z])[\w.]*\d[\w.:%-]*|\b[A-Z]{3,}\b")
"""What tells two sentences on the same thing apart: figures, days, names of series."""


def _alike(sentences: Iterable[str]) -> list[tuple[str, int]]:
    """The first of the sentences that are alike, and how many they are, in order of arrival."""
    found: dict[str, list[str]] = {}
    for sentence in sentences:
        found.setdefault(FIGURES.sub("#", sentence), []).append(sentence)
    return [(alike[0], len(alike)) for alike in found.values()]


def _files(n: int) -> str:
    return f"{n} file" if n == 1 else f"{n} files"


def show_removed(records: Sequence[ImportRecord], store: Path) -> None:
    """What is no longer in the store."""
    out = Out()
    for record in records:
        out.line(f"Taken out: {record.name} ({record.layout}), {record.kept:,} rows.")
    out.path(f"Store: {store}")


def show_layouts(layouts: Sequence[Layout], *, as_json: bool) -> None:
    """Name, title and table of every layout."""
    if as_json:
        print_json(
            [
                {"name": x.name, "title": x.title, "table": x.table, "header": list(x.header)}
                for x in layouts
            ]
        )
        return
    Out().table(("layout", "title", "table"), ((x.name, x.title, x.table) for x in layouts))
