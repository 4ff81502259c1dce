"""The journal as a CSV file that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import polars as pl

from steward.doors.amounts import decimal
from steward.market.tables import JOURNAL

READ_BESIDE: dict[str, tuple[str, int]] = {
    "price_points": ("price", 4),
    "cash_dollars": ("cash", 2),
    "value_dollars": ("value", 2),
    "equity_dollars": ("equity", 2),
}
"""Columns behind those of the journal: which of them they show as a decimal, to how many places."""

# Source: OWASP, CSV Injection: the signs with which a spreadsheet takes a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
GUARD = "'"


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a guard stands before what could be one.

    Before text that begins with the guard itself too, so that taking one away gives it back.
    """
    return GUARD + text if text.startswith((*FORMULA, GUARD)) else text


def lines(rows: pl.DataFrame) -> Iterator[str]:
    """The head and every row; whole numbers as they are in the journal, null as an empty cell.

    Lines end as RFC 4180 has it. With another end the csv module would leave a return inside of a
    text without quotes.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)

    def written(cells: list[object]) -> str:
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(cells)
        return buffer.getvalue()

    names = list(JOURNAL)
    beside = [(names.index(name), places) for name, places in READ_BESIDE.values()]
    yield written([*names, *READ_BESIDE])
    for row in rows.select(names).iter_rows():
        cells: list[object] = [safe(cell) if isinstance(cell, str) else cell for cell in row]
        for place, digits in beside:
            cells.append(None if row[place] is None else decimal(row[place], digits))
        yield written(cells)
