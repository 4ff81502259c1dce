"""What `steward stress` prints: tables, or one JSON document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from steward.analytics.stress.grid import Grid
from steward.analytics.stress.replaying import Held
from steward.doors.stress import words
from steward.doors.terminal import Out
from steward.runs.stress import Stressed


def show(found: Stressed, page: Path | None) -> None:
    """The book, the episodes, the grid, what could not be reached, and where the page is."""
    out = Out()
    out.line(f"{words.TITLE}. {found.book.title}.", "bold")
    out.line(f"{held(found)}; SPX and VIX as of that close; daily series: {found.data}.")
    if found.book.missing:
        out.line(found.book.missing[:1].upper() + found.book.missing[1:] + ".", "yellow")
    out.line(words.made(found))
    if (said := words.lead(found)) != "":
        out.line(f"\n{said}", "bold")
    if found.episodes:
        out.line(f"\nEpisodes ({found.quality})", "bold")
        out.table(
            ("episode", *words.HEAD),
            [[one.episode.name, *words.figures(one)] for one in found.episodes],
        )
        out.line(words.EPISODES_KEY)
        for one in found.episodes:
            if one.episode.note:
                out.line(f"{one.episode.name}: {one.episode.note}.", "yellow")
    for grid in found.grids:
        _grid(out, grid, found.quality)
    if found.grids:
        out.line(words.GRID_KEY)
    if found.not_reached:
        out.line("\nEpisodes that these data do not reach", "bold")
        for names, why in words.lacking(found):
            out.line(f"{names}: {why}.", indent=2)
    if page is not None:
        out.path(f"\nPage: {page}")
    out.line("\n" + words.FOR_LEARNING)


def held(found: Stressed) -> str:
    """How many contracts the book holds, and of how many different options and futures."""
    lots = found.book.lots
    kinds = len({lot.contract.key for lot in lots})
    contracts = sum(abs(lot.quantity) for lot in lots)
    return f"{contracts:,} contracts, {kinds} different ones"


def _grid(out: Out, grid: Grid, quality: str) -> None:
    out.line(
        f"\nSPX and VIX futures, {words.after(grid.sessions)} ({grid.day}; {quality}, dollars)",
        "bold",
    )
    head = ("SPX", *(f"VX {words.percent(move)}" for move in grid.future_moves))
    rows = [["VIX", *words.levels(grid)]]
    rows += [
        [
            words.percent(move),
            *(words.dollars(grid.total(row, column)) for column in range(len(grid.future_moves))),
        ]
        for row, move in enumerate(grid.spx_moves)
    ]
    out.table(head, rows)


# --- JSON ----------------------------------------------------------------------------------------


def document(found: Stressed) -> dict[str, Any]:
    """Everything found; keys as docs/stress.md lists them."""
    book = found.book
    return {
        "format": 1,
        "quality": found.quality,
        "data": found.data,
        "book": {
            "title": book.title,
            "session": book.session.isoformat(),
            "run_id": book.run_id,
            "ledger": book.ledger,
            "equity_cents": book.equity,
            "lots": [
                {
                    "contract": lot.contract.key,
                    "quantity": lot.quantity,
                    "purpose": lot.purpose,
                }
                for lot in book.lots
            ],
        },
        "episodes": [_episode(one) for one in found.episodes],
        "not_reached": [
            {"name": one.episode.name, "title": one.episode.title, "why": one.why}
            for one in found.not_reached
        ],
        "grids": [_document_of(grid) for grid in found.grids],
    }


def _episode(one: Held) -> dict[str, Any]:
    return {
        "name": one.episode.name,
        "title": one.episode.title,
        "note": one.episode.note,
        "first": one.episode.first.isoformat(),
        "last": one.episode.last.isoformat(),
        "sessions": [day.isoformat() for day in one.sessions],
        "spx_change": [round(float(x), 6) for x in one.spx],
        "vix": [round(float(x), 2) for x in one.vix],
        "change_cents": {name: list(values) for name, values in one.change.items()},
        "total_cents": list(one.total),
        "worst_session": one.sessions[one.worst].isoformat(),
        "worst_cents": one.total[one.worst],
        "end_cents": one.total[-1],
        "outside": list(one.outside),
    }


def _document_of(grid: Grid) -> dict[str, Any]:
    return {
        "sessions": grid.sessions,
        "day": grid.day.isoformat(),
        "future": grid.future.isoformat(),
        "spx_moves": list(grid.spx_moves),
        "future_moves": list(grid.future_moves),
        "vix": [None if level is None else round(level, 2) for level in grid.vix],
        "outside": [list(said) for said in grid.outside],
        "change_cents": [
            [None if cell is None else dict(cell) for cell in row] for row in grid.change
        ],
        "total_cents": [
            [grid.total(row, column) for column in range(len(grid.future_moves))]
            for row in range(len(grid.spx_moves))
        ],
    }
