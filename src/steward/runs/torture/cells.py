"""One CSV file of a scenario, cell by cell: what is wrong names file, line, column and value."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import NoReturn, TypeVar

from steward.terms.contracts import E4
from steward.terms.errors import StewardError

WHOLE = re.compile(r"[+-]?\d+")
DECIMAL = re.compile(r"([+-]?)(\d+)(?:\.(\d{1,4}))?")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line by column; a cell that is not there is empty."""

    file: str
    line: int
    cells: Mapping[str, str]

    def refuse(self, column: str, why: str) -> NoReturn:
        """Raises StewardError with file, line, column and value."""
        raise StewardError(
            f"{self.file}, line {self.line}, column {column}: {self.cells[column]!r} {why}"
        )

    def text(self, column: str) -> str:
        """As it stands; empty is a value."""
        return self.cells[column]

    def needed(self, column: str) -> str:
        return self.cells[column] or self.refuse(column, "is empty: fill it in")

    def empty(self, column: str, why: str) -> None:
        if self.cells[column]:
            self.refuse(column, f"must be empty {why}: take it out")

    def one_of(self, column: str, known: Collection[str]) -> str:
        found = self.needed(column)
        if found not in known:
            self.refuse(column, f"is none of {', '.join(sorted(known))}: use one of them")
        return found

    def day(self, column: str) -> date:
        return self._read(column, date.fromisoformat, "is not a day: write it as 2026-03-20")

    def clock(self, column: str) -> time:
        return self._read(column, time.fromisoformat, "is not a time: write it as 16:15")

    def whole(self, column: str) -> int | None:
        """None where the cell is empty: unknown, never 0."""
        found = self.cells[column]
        if not found:
            return None
        if not WHOLE.fullmatch(found):
            self.refuse(column, "is no whole number: write digits alone, money in cents")
        return int(found)

    def points(self, column: str) -> int | None:
        """A decimal number of at most four places, as e4; None where the cell is empty."""
        found = self.cells[column]
        if not found:
            return None
        value = e4_of(found)
        if value is None:
            self.refuse(column, "is no number of at most four decimal places: write it as 12.40")
        return value

    def known_whole(self, column: str, *, least: int | None = None) -> int:
        self.needed(column)
        found = self.whole(column)
        if found is None or (least is not None and found < least):
            self.refuse(column, f"is below {least}: correct it")
        return found

    def known_points(self, column: str) -> int:
        self.needed(column)
        found = self.points(column)
        return self.refuse(column, "is empty") if found is None else found

    def _read(self, column: str, read: Callable[[str], Value], why: str) -> Value:
        try:
            return read(self.needed(column))
        except ValueError:
            self.refuse(column, why)


def e4_of(text: str) -> int | None:
    """Ten-thousandths of a decimal number; None where the text is none."""
    found = DECIMAL.fullmatch(text)
    if found is None:
        return None
    sign, whole, part = found.groups()
    value = int(whole) * E4 + int((part or "").ljust(4, "0"))
    return -value if sign == "-" else value


def rows_of(path: Path, columns: tuple[str, ...], name: str) -> Iterator[Row]:
    """The rows of one file, blank lines and lines that begin with # left out.

    columns  exactly those that the first line must name, in this order
    name     of the file in what is said of it
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise StewardError(
            f"{name} is missing: make it, with the first line {','.join(columns)}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StewardError(f"{name} cannot be read as UTF-8 ({error}): save it anew") from None
    read = csv.reader(text.splitlines(keepends=True), strict=True)
    head: list[str] | None = None
    while True:
        try:
            cells = next(read, None)
        except csv.Error as error:
            raise StewardError(
                f"{name}, line {read.line_num}: {error}: mend the quotes of that line"
            ) from None
        if cells is None:
            break
        cells = [cell.strip() for cell in cells]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if head is None:
            head = cells
            if tuple(head) != columns:
                raise StewardError(
                    f"{name}, line {read.line_num}: the columns are {','.join(head)}; they must be "
                    f"{','.join(columns)}"
                )
            continue
        if len(cells) > len(columns):
            raise StewardError(
                f"{name}, line {read.line_num}, column {len(columns) + 1}: "
                f"{cells[len(columns)]!r} has no title: take it out"
            )
        if len(cells) < len(columns):
            raise StewardError(
                f"{name}, line {read.line_num}, column {columns[len(cells)]}: the line ends before "
                f"it, with {cells[-1]!r}: it needs {len(columns)} cells, so write the commas of "
                "empty ones too"
            )
        yield Row(name, read.line_num, dict(zip(columns, cells, strict=True)))
    if head is None:
        raise StewardError(f"{name}, line 1: no titles: the first line is {','.join(columns)}")
