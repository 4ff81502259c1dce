"""Make the table of closed weekdays and early closes, for `terms.calendar`.

    python tools/make_calendar.py > src/steward/terms/files/closures.csv

From exchange_calendars' XNYS. Days beyond its making are by its rules.
"""

from __future__ import annotations

import csv
import sys

import exchange_calendars as xcals
import pandas as pd

from steward.terms.calendar import FIRST_DAY, LAST_DAY, NEW_YORK


def main() -> None:
    first, last = pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY)
    book = xcals.get_calendar("XNYS", start=first, end=last)
    sessions = {day.date() for day in book.sessions}
    rows = [
        (day.date(), "")
        for day in pd.date_range(first, last)
        if day.weekday() < 5 and day.date() not in sessions
    ]
    for day in book.early_closes:
        closes = book.session_close(day).tz_convert(NEW_YORK)
        rows.append((day.date(), f"{closes:%H:%M}"))
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("day", "closes_at"))
    out.writerows(sorted(rows))


if __name__ == "__main__":
    main()
