"""Files of published index levels: Cboe's daily history, and monthly tables.

Cboe's `TICKER_History.csv` has DATE,TICKER or DATE,OPEN,HIGH,LOW,CLOSE, older files some lines of
words before that. Days are mm/dd/yyyy, 2018-02-28, 28-Feb-2018, or months (2018-02: its last
session). One way of writing days holds for a whole file.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from steward.terms import calendar
from steward.terms.errors import StewardError

FORMATS = ("%m/%d/%Y", "%Y-%m-%d", "%Y-%m", "%d-%b-%Y", "%d-%b-%y", "%m/%d/%y", "%Y%m%d")
MONTHLY = "%Y-%m"
LEVEL_NAMES = ("close", "last", "level", "value", "adj close")
"""Columns that hold the level where none is named after the index, the first one first."""

DAY_NAMES = ("date", "day", "month", "trade date")
SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""What stands between fields in files that are no CSV with commas."""

MOST_WORDS = 40
"""Lines of words before a header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Published levels of one index.

    name     of the file, without its folder
    by_day   the level by session; a day that is no session counts for the session before it
    rows     read, those before the exchange's calendar (1990) among them
    """

    name: str
    by_day: Mapping[date, float]
    rows: int

    def month_end(self, year: int, month: int, session: date) -> float | None:
        """The level at the end of a month: on `session`, else on the exchange's last session."""
        found = self.by_day.get(session)
        return found if found is not None else self.by_day.get(last_session(year, month))


def last_session(year: int, month: int) -> date:
    """Of the exchange, in that month."""
    return calendar.previous_session(date(year + month // 12, month % 12 + 1, 1))


def read_levels(path: Path, ticker: str) -> Levels:
    """The levels of `ticker` in a file.

    Raises StewardError, with file, line, column and value, for a file that is not there or has no
    such columns, a day or a level that cannot be read, a level that is not above 0, and a day with
    two different levels.
    """
    rows = _rows(path)
    column, name, days, first = _header(path, rows, ticker)
    as_written: dict[date, float] = {}
    form = ""
    for line, cells in rows[first:]:
        if len(cells) <= column:
            raise _bad(path, line, name, ",".join(cells), "has no such field")
        text = cells[0].strip()
        form = form or _format(text)
        day = _day(text, form)
        if day is None:
            raise _bad(path, line, days, text, _no_day(form))
        level = _level(cells[column])
        if level is None:
            raise _bad(path, line, name, cells[column].strip(), "is no level above 0")
        if as_written.setdefault(day, level) != level:
            other = f"is a second level of {day}, beside {as_written[day]:g}"
            raise _bad(path, line, name, cells[column].strip(), other)
    if not as_written:
        raise StewardError(f"{path}: no row below its header; bring the levels of {ticker}")
    return Levels(
        name=path.name,
        by_day={
            calendar.on_or_before(day): as_written[day]
            for day in sorted(as_written)
            if calendar.FIRST_DAY < day <= calendar.LAST_DAY
        },
        rows=len(as_written),
    )


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Lines that are not empty, with their numbers."""
    if not path.is_file():
        raise StewardError(
            f"{path}: no such file; --levels takes a file with DATE and the level of the index"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = list(enumerate(csv.reader(text.splitlines()), start=1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StewardError(f"{path}: not a CSV file in UTF-8 ({error}); save it as one") from None
    return [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]


def _header(
    path: Path, rows: Sequence[tuple[int, list[str]]], ticker: str
) -> tuple[int, str, str, int]:
    """The column of the level, its name, that of the days, and the place of the first row below.

    A file that begins with a day and a level needs no header.
    """
    for place, (line, cells) in enumerate(rows[:MOST_WORDS]):
        names = [cell.strip().strip("*") for cell in cells]
        if names[0].lower() in DAY_NAMES:
            return (*_column(path, line, names, ticker), names[0], place + 1)
        if len(cells) == 2 and _format(cells[0].strip()) and _level(cells[1]) is not None:
            return 1, ticker, "date", place
        for sign, word in SEPARATORS.items():
            begin, found, _ = names[0].partition(sign)
            if found and (begin.strip().lower() in DAY_NAMES or _format(begin.strip())):
                raise StewardError(
                    f"{path}, line {line}: {word} stand between its fields ({cells[0]!r}); save "
                    f"it with commas, as DATE,{ticker}, and levels with a decimal point"
                )
    raise StewardError(
        f"{path}: no header with DATE in its first {MOST_WORDS} lines; the layout is DATE,{ticker} "
        "or DATE,OPEN,HIGH,LOW,CLOSE"
    )


def _column(path: Path, line: int, names: Sequence[str], ticker: str) -> tuple[int, str]:
    small = [name.lower() for name in names]
    for wanted in (ticker.lower(), *LEVEL_NAMES):
        if wanted in small:
            return small.index(wanted), names[small.index(wanted)]
    others = [place for place, name in enumerate(small) if place and name]
    if len(others) == 1 and ticker.lower() in small[others[0]]:
        return others[0], names[others[0]]
    raise StewardError(
        f"{path}, line {line}: no column {ticker} or CLOSE among {', '.join(names)}; is this a "
        f"file of {ticker}?"
    )


def _no_day(form: str) -> str:
    """What is said of a day that cannot be read: how the file writes days, or how one may."""
    if form:
        return f"is no day; write it as {date(2018, 2, 28):{form}}, like the rows above"
    return "is no day; write it as 2018-02, 2018-02-28 or 02/28/2018"


def _format(text: str) -> str:
    """How a day is written; "" for none of ours."""
    return next((form for form in FORMATS if _day(text, form) is not None), "")


def _day(text: str, form: str) -> date | None:
    """The last day of the month, of a month."""
    if not form:
        return None
    try:
        found = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    if form == MONTHLY:
        return last_session(found.year, found.month) if found >= calendar.FIRST_DAY else found
    return found


def _level(text: str) -> float | None:
    try:
        found = float(text.strip().replace(",", ""))
    except ValueError:
        return None
    return found if math.isfinite(found) and found > 0.0 else None


def _bad(path: Path, line: int, column: str, value: str, complaint: str) -> StewardError:
    return StewardError(
        f"{path}, line {line}, column {column}: {value!r} {complaint}; correct the row or take "
        "it out"
    )
