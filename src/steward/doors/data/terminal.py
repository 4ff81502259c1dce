"""What an import says when it has ended, and while it runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date
from pathlib import Path

from rich.cells import cell_len

from steward.doors.alike import FIGURES, alike, named
from steward.doors.bars import Report, bar
from steward.doors.terminal import Out, print_json, taken
from steward.intake.importing import ImportReport, Refused
from steward.intake.opening import DOCUMENT
from steward.intake.quality_files import gaps
from steward.market.records import ImportRecord
from steward.market.vendors.layout import Layout
from steward.market.vendors.series.declined import Declined

FILES_SHOWN = 40
"""More files than this are shown by layout."""


STOPPED = "run it again to go on"

REFUSALS_SHOWN = 12
"""Sentences, each of many files that are refused alike."""


def progress(*, quiet: bool) -> AbstractContextManager[Report | None]:
    """A bar over the bytes of the files."""
    return bar("data import", quiet=quiet, in_bytes=True, stopped=STOPPED)


def show_import(report: ImportReport, store: Path, *, as_json: bool) -> None:
    """Warnings first; rows read, kept, set aside by reason; sessions and gaps; what was refused."""
    if as_json:
        print_json(
            {
                "store": str(store),
                "new": [asdict(record) for record in report.new],
                "known": [{"name": one.name, "source": one.source} for one in report.known],
                "refused": [asdict(one) for one in report.refused],
                "contradicted": report.contradicted,
                "passed_over": [asdict(one) for one in report.aside],
            }
        )
        return
    out = Out()
    if report.new:
        _warnings(out, report.new)
        _table(out, report.new)
        _reasons(out, report.new)
        _sentences(out, report.new)
    if report.contradicted:
        out.line(
            f"\nFiles of the store contradict each other on {report.contradicted:,} quotes: each "
            "such series is taken from one of them; `steward data check` says from which.",
            "yellow",
        )
    if report.known:
        out.line(f"\nIn the store already, not read again: {_files(len(report.known))}.")
    _refusals(out, report.refused)
    _passed_over(out, report.aside)
    if not report.new and not report.known and not report.refused:
        out.line("No file of data there.", "yellow")
    if report.new or report.known:
        out.path(f"\nStore: {store}")
        out.path(f"See what is good in it: steward data check {store}")


def _warnings(out: Out, records: Sequence[ImportRecord]) -> None:
    """Each with its file; those that differ in figures only once."""
    said = [(warning, record.name) for record in records for warning in record.warnings]
    if not said:
        return
    out.line("Before you trust it:", "bold yellow")
    for one in alike(said):
        out.line(f"{named(one.names)}: {one.sentence}", "yellow", indent=2)
    out.line("\n")


def _refusals(out: Out, refused: Sequence[Refused]) -> None:
    """One sentence for those that are refused alike; the others in the JSON."""
    together: dict[str, list[Refused]] = {}
    for one in refused:
        together.setdefault(FIGURES.sub("#", one.reason.replace(one.shown, "")), []).append(one)
    shown = list(together.values())[:REFUSALS_SHOWN]
    for own in shown:
        more = f" Alike: {named([one.shown for one in own[1:]])}." if len(own) > 1 else ""
        out.line(f"\nRefused: {own[0].reason}{'.' if more else ''}{more}", "red")
    left = len(refused) - sum(map(len, shown))
    if left:
        out.line(f"\nRefused: {left} more: --json")
    if len(refused) > 1:
        out.line(f"\nRefused: {_files(len(refused))}; nothing of them is in the store.")


def _passed_over(out: Out, aside: Sequence[Refused]) -> None:
    documents = [Path(one.shown).name for one in aside if one.reason == DOCUMENT]
    if documents:
        many = "1 document" if len(documents) == 1 else f"{len(documents)} documents"
        out.line(f"\n{many}, no data: {named(documents)}.")
    for one in aside:
        if one.reason != DOCUMENT:
            out.line(f"\nPassed over: {one.shown} is {one.reason}; import its source files.")


HEAD = (
    *("file", "layout", "read", "rows", "kept", "set aside", "other"),
    *("sessions", "gaps", "first", "last"),
)
DROPPED = (("first", "last"), ("gaps",), ("layout",), ("other",), ("read",), ("sessions",))
"""Columns in the order in which a narrow terminal goes without them."""

WIDE_NAME = 24
"""Characters of a file's name, for which columns are dropped."""


def _table(out: Out, records: Sequence[ImportRecord]) -> None:
    """As many columns as there is room for; of the others a sentence."""
    rows = [_row(name, own) for name, own in _lines(records)]
    alike = all(row[2] == row[3] for row in rows)
    kept = [title for title in HEAD if not (title == "rows" and alike)]
    if all(row[HEAD.index("other")] == "0" for row in rows):
        kept.remove("other")
    name = min(WIDE_NAME, max(cell_len(row[0]) for row in rows))

    def chosen() -> list[tuple[str, ...]]:
        places = [HEAD.index(title) for title in kept]
        return [tuple(row[place] for place in places) for row in rows]

    dropped: list[str] = []
    for titles in DROPPED:
        if taken(kept[1:], [row[1:] for row in chosen()]) + name <= out.width:
            break
        dropped += [title for title in titles if title in kept]
        kept = [title for title in kept if title not in titles]
    out.table(kept, chosen())
    for sentence in _below(records, kept, dropped):
        out.line(sentence)


def _below(
    records: Sequence[ImportRecord], kept: Sequence[str], dropped: Sequence[str]
) -> Iterator[str]:
    """What the columns mean, and what those that had no room would have said."""
    days = sorted({date.fromisoformat(day) for record in records for day in _days(record)})
    if "layout" in dropped:
        yield f"Layouts: {', '.join(sorted({record.layout for record in records}))}."
    if "first" in dropped and days:
        yield f"Sessions from {days[0]} to {days[-1]}."
    if "other" in dropped:
        yield f"{sum(r.elsewhere for r in records):,} rows of other underlyings than SPX and VIX."
    missing = [_row("", own)[HEAD.index("gaps")] for _, own in _lines(records)]
    if "gaps" in kept and any(cell not in ("", "0") for cell in missing):
        yield "gaps: sessions of the exchange between first and last without rows."
    elif "gaps" in dropped:
        total = sum(int(cell.replace(",", "")) for cell in missing if cell)
        yield (
            f"{total:,} sessions of the exchange between the first and the last of a line are "
            "without rows."
        )
    if "rows" in kept:
        read = sum(record.read for record in records)
        yield f"rows: made of {read:,} lines, of which one may hold a call and a put."


def _lines(records: Sequence[ImportRecord]) -> list[tuple[str, list[ImportRecord]]]:
    """One line a file; of many files one a layout."""
    if len(records) <= FILES_SHOWN:
        return [(record.name, [record]) for record in records]
    by_layout: dict[str, list[ImportRecord]] = {}
    for record in records:
        by_layout.setdefault(record.layout, []).append(record)
    return [(_files(len(found)), found) for _, found in sorted(by_layout.items())]


def _row(name: str, records: Sequence[ImportRecord]) -> tuple[str, ...]:
    """The cells of `HEAD`; `rows` are those made and those that could not be read."""
    days = sorted({date.fromisoformat(day) for record in records for day in _days(record)})
    unreadable = sum(sum(r.unreadable.values()) for r in records)
    aside = sum(sum(r.set_aside.values()) for r in records) + unreadable
    return (
        name,
        records[0].layout,
        f"{sum(r.read for r in records):,}",
        f"{sum(r.made for r in records) + unreadable:,}",
        f"{sum(r.kept for r in records):,}",
        f"{aside:,}",
        f"{sum(r.elsewhere for r in records):,}",
        f"{len(days):,}",
        f"{sum(gap.sessions for gap in gaps(days)):,}"
        if records[0].table in ("quotes", "bars", "index", "vx")
        else "",
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
    every = [sentence for record in records for sentence in record.inferred]
    from_names = _from_names(records)
    inferred = [from_names] if from_names else []
    inferred += [sentence for sentence in every if not FROM_NAME.search(sentence)]
    inferred += [
        f"{record.layout}: columns not read: {', '.join(record.ignored)}"
        for record in records
        if record.ignored
    ]
    measured = [
        f"{name}: {said}"
        for record in records
        for name, said in sorted(record.units.items())
        if "not believed" not in said  # which is a warning
    ]
    for head, sentences in (("Inferred, not given:", inferred), ("Units, measured:", measured)):
        if sentences:
            out.line(f"\n{head}")
            for one in alike((sentence, "") for sentence in sentences):
                more = f" ({one.times - 1} more like it)" if one.times > 1 else ""
                out.line(one.sentence + more, indent=2)


FROM_NAME = re.compile(r"^(.+?) \S+: from the (?:file's name|name of the file or its folder)$")
"""A sentence on what was read from a file's name: what it is, and what it is said to be."""


def _from_names(records: Sequence[ImportRecord]) -> str:
    """In one line how many files had what from their names; of a single file what it is."""
    found: dict[str, list[str]] = {}
    for record in records:
        for sentence in record.inferred:
            if told := FROM_NAME.match(sentence):
                found.setdefault(told[1], []).append(sentence.partition(":")[0])
    if not found:
        return ""
    said = [
        own[0] if len(own) == 1 else f"{what.removesuffix(' of')} of {_files(len(own))}"
        for what, own in found.items()
    ]
    return f"from file names: {', '.join(said)}"


def _files(n: int) -> str:
    return f"{n} file" if n == 1 else f"{n} files"


def show_removed(records: Sequence[ImportRecord], store: Path, *, as_json: bool) -> None:
    """What is no longer in the store."""
    if as_json:
        gone = [{"name": r.name, "source": r.source, "kept": r.kept} for r in records]
        print_json({"store": str(store), "removed": gone})
        return
    out = Out()
    for record in records:
        out.line(f"Taken out: {record.name} ({record.layout}), {record.kept:,} rows.")
    out.path(f"Store: {store}")


def show_layouts(layouts: Sequence[Layout], *, as_json: bool) -> None:
    """Name, title and table of every layout; of a declined one, why it is not imported."""
    if as_json:
        print_json(
            [
                {
                    "name": x.name,
                    "title": x.title,
                    "table": None if isinstance(x, Declined) else x.table,
                    "header": list(x.header),
                    "not_imported": x.why if isinstance(x, Declined) else None,
                }
                for x in layouts
            ]
        )
        return
    rows = [
        (x.name, x.title.removesuffix(" (not imported)"), f"not imported: {x.why}")
        if isinstance(x, Declined)
        else (x.name, x.title, x.table)
        for x in layouts
    ]
    Out().table(("layout", "title", "table"), rows, words=("title", "table"))
