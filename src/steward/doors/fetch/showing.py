"""What a fetch and a snapshot say when they have ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from steward.doors.data.terminal import show_import
from steward.doors.fetch.fetching import FetchReport
from steward.doors.fetch.snapshot import SnapshotReport
from steward.doors.terminal import Out, print_json
from steward.intake.importing import ImportReport

FAILED_SHOWN = 10


def show_fetch(
    report: FetchReport,
    store: Path,
    *,
    as_json: bool,
    calendars: Sequence[str],
    kept_vintages: Sequence[str],
    skipped: Sequence[str],
) -> None:
    """The rows that came in, what was revised, what is lacking, and how many requests it took.

    kept_vintages  series that were left as they are, because there is no key
    skipped        publishers whose terms are not accepted; before it began it was said
    """
    if as_json:
        print_json(
            {
                "store": str(store),
                "requests": report.requests,
                "files": [asdict(one) for one in report.outcomes],
                "calendars": list(calendars),
                "no_key_for": list(kept_vintages),
                "skipped": list(skipped),
            }
        )
        return
    records = tuple(one.record for one in report.outcomes if one.record is not None)
    if records:
        show_import(ImportReport(new=records, known=(), refused=()), store, as_json=False)
    out = Out()
    counts: Counter[str] = Counter(one.state for one in report.outcomes)
    said = {
        "new": "fetched",
        "unchanged": "the same as before",
        "here": "up to date, not asked for",
        "absent": "not published",
        "failed": "failed",
    }
    words = [f"{counts[state]} {text}" for state, text in said.items() if counts[state]]
    out.line(f"\n{len(report.outcomes)} files, {report.requests} requests: {', '.join(words)}.")
    for one in report.outcomes:
        changed = one.replaced
        if changed is not None and (changed.revised or changed.gone):
            first = f" ({changed.first})" if changed.first else ""
            out.line(
                f"{one.name}: {changed.revised} rows revised{first}, {changed.gone} gone, "
                f"{changed.added} added",
                "yellow",
            )
    if kept_vintages:
        out.line(
            f"{', '.join(kept_vintages)}: the store has vintages; without a key they stay as they "
            "are",
            "yellow",
        )
    _failures(out, report)
    for sentence in calendars:
        out.line(f"{sentence}.")


def _failures(out: Out, report: FetchReport) -> None:
    """Each reason once, with its files."""
    files: dict[str, list[str]] = {}
    for one in report.of("failed"):
        files.setdefault(one.reason, []).append(one.name)
    for reason, names in list(files.items())[:FAILED_SHOWN]:
        whose = f" ({len(names)} files)" if len(names) > 1 else ""
        shown = reason if len(names) > 1 or names[0] in reason else f"{names[0]}: {reason}"
        out.line(f"{shown}{whose}", "red")
    if len(files) > FAILED_SHOWN:
        out.line(f"and {len(files) - FAILED_SHOWN} more; the same command goes on there", "red")


def show_snapshot(reports: Sequence[SnapshotReport], store: Path, *, as_json: bool) -> None:
    """The chains that came in, or that the session was there."""
    if as_json:
        print_json(
            {
                "store": str(store),
                "requests": max(report.requests for report in reports),
                "session": reports[0].shown.session.isoformat(),
                "products": [asdict(one) for report in reports for one in report.products],
            }
        )
        return
    products = [(report.shown.session, one) for report in reports for one in report.products]
    records = tuple(one.record for _, one in products if one.record is not None)
    if records:
        show_import(ImportReport(new=records, known=(), refused=()), store, as_json=False)
    out = Out()
    for session, one in products:
        if one.state == "failed":
            out.line(one.reason, "red")
            continue
        held = ", ".join(one.snapshots) or "none"
        if one.state == "here":
            out.line(
                f"{one.symbol} {session}: in the store already ({held}), nobody was asked; "
                "--again takes one more"
            )
        else:
            out.line(f"{one.symbol} {session}: in the store now ({held})")
