"""The calendar of CPI releases that comes with the package: public dates, with their source.

Source: the U.S. Bureau of Labor Statistics announces the days; `cpi_releases.csv` says for each row
whether one or two public lists have it. October 2025 was never published. Days before 2004 and the
days of producer prices (PPI) are in no list that could be checked, so there is no table of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from steward.market.vendors.csv_file import TEXT, SourceFile, day, read_source, table, wrong
from steward.terms import calendar
from steward.terms.errors import StewardError

FILE = "cpi_releases.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A figure is published: `month` is the first day of the month that it is of."""

    day: date
    moment: datetime  # New York
    month: date


def cpi_releases() -> tuple[tuple[Release, ...], SourceFile]:
    """All releases, rising by day, and the file they come from."""
    folder = Path(__file__).parent.parent / "files"
    source = read_source(folder, FILE)
    if source is None:
        raise StewardError(f"{folder / FILE} is missing: install the package again")
    columns = {"day": day(), "clock": TEXT, "reference_month": TEXT, "source": TEXT}
    found = []
    for on, clock, month, _, line in table(source, columns, only=True).iter_rows():
        try:
            moment = datetime.combine(on, time.fromisoformat(clock), calendar.NEW_YORK)
        except ValueError:
            raise wrong(source, line, "clock", clock, "is not a time like 08:30") from None
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise wrong(source, line, "reference_month", month, "is not a month") from None
        found.append(Release(day=on, moment=moment, month=first))
    return tuple(sorted(found, key=lambda one: one.day)), source
