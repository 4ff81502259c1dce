"""What `steward slippage` prints."""

from __future__ import annotations

from pathlib import Path

from steward.doors.slippage import words
from steward.doors.terminal import Out
from steward.studies.slippage import Slippage


def show(found: Slippage, page: Path | None) -> None:
    """A table a ledger, and where the edge is gone."""
    out = Out()
    out.line(f"{words.TITLE}. {words.window(found)}", "bold")
    priced = words.indicative(found)
    if priced is not None:
        out.line(priced.title, "yellow")
    out.line(words.priced(found))
    out.line(words.account(found))
    out.line(f"{words.KEY} {words.MIDDLE}")
    for name in found.ledgers:
        out.line(f"\n{words.ledger(name)}", "bold")
        rows = [words.row(point, point.outcomes[name]) for point in (*found.points, found.ruled)]
        out.table(words.HEAD, rows)
        out.line(words.edge(found, name))
    if page is not None:
        out.path(f"\nPage: {page}")
    out.line("\n" + words.FOR_LEARNING)
