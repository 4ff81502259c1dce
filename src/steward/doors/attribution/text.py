"""Where the money of a ledger went, in the terminal, as JSON, as a CSV file."""

from __future__ import annotations

import csv as csv_files
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import polars as pl

from steward.analytics import gains as room
from steward.doors.amounts import dollars
from steward.doors.attribution import wording
from steward.doors.notebook import BacktestResult
from steward.doors.report import words
from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.doors.writing import Target, wrote
from steward.doors.writing import write as write_rows
from steward.terms.amounts import whole_dollars

NAMES: dict[str, Callable[[str], str]] = {
    "purpose": wording.purpose,
    "instrument": wording.instrument,
    "year": str,
    "month": str,
    "rule": wording.rule,
}

CSV_BEHIND = ("run_id", "ledger", "quality", "unit")
"""Columns of the file behind those of the table."""

Lines = list[tuple[str, ...]]


def show(
    result: BacktestResult, *, by: str, ledger: str | None, as_json: bool, csv: Target | None
) -> None:
    """Print the table of one ledger; with `csv` write it too.

    Raises StewardError for a ledger or a division that is none.
    """
    name = ledger or result.main
    rows = result.attribution(by, ledger=name)
    if csv is not None:
        write_rows([(csv, csv_lines(result, rows, ledger=name))])
    if as_json:
        print_json(document(result, rows, by=by, ledger=name))
        return
    out = Out()
    days = result.equity["session"].unique().sort()
    span = f"{days[0]} to {days[-1]}"
    out.line(f"Where the money of {words.ledger(name)} went, {span}, in dollars", "bold")
    if result.priced:
        out.line(result.priced, "yellow")
    if by == "rule":
        _costs(out, result, rows, name)
    else:
        _terms(out, rows, NAMES[by])
    whole = room.together(rows)["total"]
    out.line(f"{dollars(whole)} in all: the change in equity less what was paid in, to the cent.")
    if csv is not None:
        out.path(wrote(rows.height, csv.path))
    out.line(DISCLAIMER)


def document(result: BacktestResult, rows: pl.DataFrame, *, by: str, ledger: str) -> dict[str, Any]:
    """The same as one JSON document, in cents."""
    return {
        "run_id": result.run_id,
        "ledger": ledger,
        "by": by,
        "unit": "cents",
        "modelled": result.modelled,
        "rows": rows.to_dicts(),
        "together": room.together(rows),
        "disclaimer": DISCLAIMER,
    }


def rounded(cents: int) -> str:
    """Dollars without their cents: `-351,759`."""
    return f"{whole_dollars(cents):,}"


# --- tables --------------------------------------------------------------------------------------


def _terms(out: Out, rows: pl.DataFrame, name: Callable[[str], str]) -> None:
    """Causes downwards where the parts fit side by side; else parts downwards, in whole dollars
    where the cents have no room.
    """
    by = rows.columns[0]
    whole = room.together(rows)
    used = [term for term in wording.TERMS if (rows[term.key] != 0).any()]
    terms = [*(term.key for term in used), "total"]
    parts = [*rows.iter_rows(named=True), {by: None, **whole}]
    titles = [wording.ALL if part[by] is None else name(part[by]) for part in parts]

    def down(write: Callable[[int], str]) -> Lines:
        names = (*(term.name for term in used), wording.ALL)
        cells = [tuple(write(part[key]) for part in parts) for key in terms]
        return [("", *titles), *((n, *row) for n, row in zip(names, cells, strict=True))]

    def across(write: Callable[[int], str]) -> Lines:
        head = ("", *(term.title for term in used), wording.ALL)
        cells = [tuple(write(part[key]) for key in terms) for part in parts]
        return [head, *((title, *row) for title, row in zip(titles, cells, strict=True))]

    layouts = (down(dollars), across(dollars), down(rounded), across(rounded))
    for place, lines in enumerate(layouts):
        if _width(lines) <= out.width:
            _print(out, lines)
            if place >= 2:
                out.line("Rounded to dollars: --csv and --json have the cents.")
            return
    head, *body = across(dollars)
    out.table(head, body)  # no room: a paragraph a part


def _costs(out: Out, result: BacktestResult, rows: pl.DataFrame, ledger: str) -> None:
    """What trading cost by rule; below it what came of what was held, and cash."""
    costs = result.costs(ledger=ledger)
    lines: Lines = [("", "Orders", "Contracts", "Slippage", "Fees", "Together")]
    for rule, orders, contracts, *cents in costs.rows():
        counts = (f"{orders:,}", f"{contracts:,}")
        lines.append((wording.rule(rule), *counts, *(dollars(amount) for amount in cents)))
    for name, total in (
        rows.filter(~pl.col("rule").is_in(costs["rule"])).select("rule", "total").rows()
    ):
        lines.append((wording.rule(name), "", "", "", "", dollars(total)))
    whole = room.together(rows)
    sums = (dollars(whole[name]) for name in ("slippage", "fees", "total"))
    counts = (f"{costs['orders'].sum():,}", f"{costs['contracts'].sum():,}")
    lines.append((wording.ALL, *counts, *sums))
    _print(out, lines)


def _width(lines: Lines) -> int:
    return sum(_widths(lines)) + len(lines[0]) - 1


def _widths(lines: Lines) -> list[int]:
    return [max(map(len, column)) for column in zip(*lines, strict=True)]


def _print(out: Out, lines: Lines) -> None:
    """The first column to the left, numbers to the right; the sums below a rule."""
    widths = _widths(lines)
    gap = " " * (2 if sum(widths) + 2 * len(widths) <= out.width else 1)

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return gap.join((first, *others)).rstrip()

    head, *body = map(line, lines)
    ruler = "─" * max(map(len, (head, *body)))
    for text in (head, ruler, *body[:-1], ruler, body[-1]):
        out.path(text)


# --- CSV -----------------------------------------------------------------------------------------


def csv_lines(result: BacktestResult, rows: pl.DataFrame, *, ledger: str) -> Iterator[str]:
    """The table in dollars with cents, a line a part, without the sums, so that a sheet can make
    them; the last columns say of which run and ledger, in what unit, and of what quality.
    """
    kinds = result.manifest["quality"]
    quality = "simulated" if "simulated" in kinds else "modelled" if result.modelled else "quoted"
    behind = (result.run_id, plain_text(ledger), quality, "dollars")
    buffer = io.StringIO(newline="")
    writer = csv_files.writer(buffer, lineterminator="\n")
    writer.writerow([*rows.columns, *CSV_BEHIND])
    for part, *cents in rows.rows():
        amounts = (dollars(amount).replace(",", "") for amount in cents)
        writer.writerow([plain_text(part), *amounts, *behind])
    yield from buffer.getvalue().splitlines(keepends=True)


def plain_text(cell: str) -> str:
    """A cell that no sheet takes for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell
