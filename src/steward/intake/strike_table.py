"""A table of one expiry's quotes as a user writes it: strike, call and put, bid and ask.

The columns strike, call_bid, call_ask, put_bid and put_ask by these names, in any order; others are
not read. Nothing is guessed: what is no number, below 0, crossed or there twice is refused.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

COLUMNS = ("strike", "call_bid", "call_ask", "put_bid", "put_ask")
FEWEST_STRIKES = 3
MOST_BYTES = 16 * 1024 * 1024
"""Of a table of one expiry; the longest real ones have some 500 strikes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrikeTable:
    """The quotes of one expiry, index points, a row a strike, strikes rising.

    notes  what was done with the file, in sentences
    """

    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """In the order in which `pricing.vix.strip_variance` takes them."""
        return self.strike, self.call_bid, self.call_ask, self.put_bid, self.put_ask


def read_strike_table(path: Path) -> StrikeTable:
    """The table of a CSV file. Strikes in another order are sorted, and a note says so.

    Raises StewardError with file, line, column and value for a file that cannot be read, a missing
    column, a cell that is no number of 0 or more, a strike of 0, a bid above its ask, a strike that
    is there twice, fewer than three strikes, and a table without any bid.
    """
    header, rows = _rows(path)
    at = _places(path, header)
    table, lines = [], []
    for line, cells in rows:
        row = [_number(path, line, name, cells, at[name]) for name in COLUMNS]
        _refuse_crossed(path, line, row)
        table.append(row)
        lines.append(line)
    if len(table) < FEWEST_STRIKES:
        raise StewardError(
            f"{path}: {len(table)} strikes; the formula needs {FEWEST_STRIKES} at least, and an "
            "index the whole list of the expiry"
        )
    data = np.array(table)
    order = np.argsort(data[:, 0], kind="stable")
    _refuse_twice(path, data[order, 0], [lines[i] for i in order])
    if not (data[:, [1, 3]] > 0.0).any():
        raise StewardError(
            f"{path}: no option has a bid, so nothing can be read from it; bring quotes of the "
            "trading day"
        )
    is_sorted = bool((order == np.arange(order.size)).all())
    notes = () if is_sorted else (f"{path.name}: the strikes were not in order and were sorted",)
    return StrikeTable(**dict(zip(COLUMNS, data[order].T.copy(), strict=True)), notes=notes)


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise StewardError(f"{path}: larger than a table of one expiry can be; name that table")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StewardError(
            f"{path}: cannot be read ({error.strerror}); name a CSV file with the columns "
            f"{', '.join(COLUMNS)}"
        ) from None
    except UnicodeDecodeError:
        raise StewardError(f"{path}: is no text in UTF-8; save it as a CSV file") from None
    reader = csv.reader(text.splitlines(keepends=True))
    try:
        found = [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise StewardError(f"{path}, line {reader.line_num}: no CSV ({error})") from None
    if not found:
        raise StewardError(f"{path}: is empty; write the columns {', '.join(COLUMNS)} in line 1")
    return [name.strip() for name in found[0][1]], found[1:]


def _places(path: Path, header: Sequence[str]) -> dict[str, int]:
    for name in COLUMNS:
        if header.count(name) != 1:
            said = "is missing" if name not in header else "is there twice"
            raise StewardError(
                f"{path}, line 1: column {name} {said}; write {', '.join(COLUMNS)} "
                f"(it has {', '.join(header[:12]) or 'none'})"
            )
    return {name: header.index(name) for name in COLUMNS}


def _number(path: Path, line: int, name: str, cells: Sequence[str], at: int) -> float:
    text = cells[at].strip() if at < len(cells) else ""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if "_" in text or not math.isfinite(value):
        way = "a number such as 12.5, and 0 where nobody bids" if name != "strike" else "a strike"
        raise StewardError(
            f"{path}, line {line}, column {name}: {text[:40]!r} is no number; write {way}"
        )
    if value < 0.0 or (name == "strike" and value == 0.0):
        floor = "above 0" if name == "strike" else "0 or more"
        raise StewardError(
            f"{path}, line {line}, column {name}: {text[:40]} is impossible; it has to be {floor}, "
            "in index points"
        )
    return value


def _refuse_crossed(path: Path, line: int, row: Sequence[float]) -> None:
    for side, bid, ask in (("call", row[1], row[2]), ("put", row[3], row[4])):
        if bid > ask:
            raise StewardError(
                f"{path}, line {line}, column {side}_bid: {bid:g} lies above {side}_ask, "
                f"{ask:g}; correct the quote or take the strike {row[0]:g} out"
            )


def _refuse_twice(path: Path, strike: Floats, lines: Sequence[int]) -> None:
    twice = np.flatnonzero(strike[1:] == strike[:-1])
    if twice.size:
        i = int(twice[0])
        raise StewardError(
            f"{path}, line {lines[i + 1]}, column strike: {strike[i]:g} is in line {lines[i]} too; "
            "keep one of them"
        )
