"""A data check in the terminal: the same figures as the page, shorter."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path

from steward.doors.bars import Report, bar
from steward.doors.data_report import tables, wording
from steward.doors.terminal import Out
from steward.intake.quality_tables import ChainQuality, StoreQuality
from steward.intake.stored import TAKEN

REASONS_SHOWN = 12
SERIES_SHOWN = 20
CONTRADICTIONS_SHOWN = 12
LINES_SHOWN = 6
"""Gaps and sessions of a chain; the page has more of them."""

CHAINS_TOLD = 3

WIDE = 100
"""Characters, from which on a chain's counts and measures stand side by side."""

MEASURES = 4
"""The last columns of `tables.CHAIN_HEAD`: no bid, wide, parity, VIX."""


def progress(*, quiet: bool) -> AbstractContextManager[Report | None]:
    """A bar over the months."""
    return bar("data check", quiet=quiet, unit="months", stopped="no page was written")


def show(found: StoreQuality, *, store: Path, page: Path | None) -> None:
    """What is good, what is missing, what was set aside; and where the page lies."""
    out = Out()
    out.line(wording.title(found), "bold")
    out.line(wording.window(found))
    out.line(wording.lead(found))
    if warnings := tables.warnings(found):
        out.line("\nBefore you trust it:", "bold yellow")
        for said, names in warnings:
            out.line(f"{names}: {said}", "yellow", indent=2)
    if found.chains:
        out.line("")
        _chains(out, found)
        if text := wording.not_shown(found):
            out.line(text)
        for chain in [c for c in wording.shown(found) if not c.snapshot.isdigit()][:CHAINS_TOLD]:
            _chain(out, chain)
        _labels(out, found)
    if found.contradictions:
        out.line(f"\nQuotes on which files contradict each other; {TAKEN}:")
        rows = tables.contradiction_rows(found)
        shown = rows[:CONTRADICTIONS_SHOWN]
        out.table(tables.CONTRADICTION_HEAD, ((r.name, *r.cells) for r in shown))
        _more(out, len(rows) - len(shown), "line")
    if found.reasons:
        out.line("\nSet aside, by reason:")
        reasons = found.reasons[:REASONS_SHOWN]
        out.table(("reason", "rows"), ((why, f"{n:,}") for why, n in reasons))
        _more(out, len(found.reasons) - len(reasons), "reason")
    _files(out, found)
    series = tables.series_rows(found)
    if series:
        out.line("\nOther series:")
        out.table(
            ("series", "first", "last", "rows", "missing", "set aside"),
            ((row.name, *row.cells) for row in series[:SERIES_SHOWN]),
        )
        _more(out, len(series) - SERIES_SHOWN, "line")
    units = tables.unit_rows(found)
    if units:
        out.line("\nUnits of the vendors' greeks, as measured:")
        for row in units:
            out.line(f"{row.name} ({row.small}): {row.cells[0]}", indent=2)
    out.path(f"\nStore: {store}")
    if page is not None:
        out.path(f"Page: {page}")


def _chains(out: Out, found: StoreQuality) -> None:
    """One table, or two where the terminal is narrow: how many, and how good."""
    rows = [row for _, row in tables.chain_rows(found)]
    measures = len(tables.CHAIN_HEAD) - MEASURES
    pieces = [slice(None)] if out.width >= WIDE else [slice(measures), slice(measures, None)]
    for number, piece in enumerate(pieces):
        if number:
            out.line("\n")
        head = ("quotes", *tables.CHAIN_HEAD[piece])
        out.table(head, ((row.name, *row.cells[piece]) for row in rows))


def _more(out: Out, more: int, what: str) -> None:
    if more > 0:
        out.line(f"{wording.count(more, what)} more on the page and in the JSON.")


def _files(out: Out, found: StoreQuality) -> None:
    """The files of the store, by which `steward data remove` names them; of many the layouts."""
    if not found.files:
        return
    many = len(found.files) > tables.FILES_SHOWN
    out.line(f"\nFiles of the store ({len(found.files):,}{', by layout' if many else ''}):")
    together = tables.by_layout(found).values() if many else [[file] for file in found.files]
    out.table(
        ("file", "layout", "kept", "set aside"),
        (
            (
                own[0].name if len(own) == 1 else wording.count(len(own), "file"),
                own[0].layout,
                f"{sum(file.kept for file in own):,}",
                f"{sum(tables.set_aside(file).total() for file in own):,}",
            )
            for own in together
        ),
    )
    if many:
        out.line("The page and the JSON name each of them.")


def _chain(out: Out, chain: ChainQuality) -> None:
    """Gaps, sessions that are not good, and VIX, where there is something to say."""
    gaps, more_gaps = tables.gap_rows(chain, LINES_SHOWN)
    worst, more_worst = tables.worst_rows(chain, LINES_SHOWN)
    if not gaps and not worst and not chain.vix_compared:
        return
    out.line(f"\n{wording.chain_name(chain)}", "bold")
    if gaps:
        told = "; ".join(f"{row.name} ({row.cells[0]})" for row in gaps)
        more = f"; {more_gaps} shorter ones" if more_gaps else ""
        out.line(f"Without quotes, in sessions: {told}{more}.", indent=2)
    for row in worst:
        many = f" ({row.small})" if row.small else ""
        style = "red" if row.cells[0] == "doubtful" else ""
        out.line(f"{row.cells[0]}: {row.name}{many}: {row.cells[1]}", style, indent=2)
    if more_worst:
        out.line(f"Sessions that are not good besides: {more_worst:,}, on the page.", indent=2)
    if chain.symbol == "SPX":
        out.line("VIX: " + " ".join(wording.vix_words(chain)), indent=2)


def _labels(out: Out, found: StoreQuality) -> None:
    wrong = sum(one.against_rule for chain in found.chains for one in chain.labels)
    quotes: Counter[str] = Counter()
    for chain in found.chains:
        for one in chain.labels:
            quotes[f"{one.root} {one.settlement} {one.source}"] += one.quotes
    told = [f"{name} {rows:,}" for name, rows in sorted(quotes.items())]
    out.line(f"\nAM and PM labels, in quotes: {'; '.join(told)}.")
    if wrong:
        out.line(f"{wrong:,} labels are against root and day.", "red")
