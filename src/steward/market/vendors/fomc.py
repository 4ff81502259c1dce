"""The calendar of FOMC decisions that comes with the package: public dates, with their source."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from steward.market.history import FomcDecision
from steward.market.vendors.csv_file import (
    OPTIONAL_TEXT,
    TEXT,
    SourceFile,
    day,
    read_source,
    table,
    wrong,
)
from steward.terms.errors import StewardError

FILE = "fomc.csv"
NOTE = (
    "FOMC: scheduled decision days count as public one year ahead (a default, not a record), "
    "unscheduled ones on the day; the meeting of 2020-03-18 counts until its cancellation on "
    "2020-03-15."
)


def fomc() -> tuple[tuple[FomcDecision, ...], SourceFile]:
    """All decisions 1990 to 2027, rising, and the file they come from."""
    folder = Path(__file__).parent.parent / "files"
    source = read_source(folder, FILE)
    if source is None:
        raise StewardError(f"{folder / FILE} is missing: install the package again")
    frame = table(
        source,
        {"day": day(), "scheduled": TEXT, "known_from": day(), "cancelled_from": OPTIONAL_TEXT},
    )
    decisions = []
    for on, scheduled, known_from, cancelled, line in frame.iter_rows():
        if scheduled not in ("true", "false"):
            raise wrong(source, line, "scheduled", scheduled, "is neither true nor false")
        decisions.append(
            FomcDecision(
                day=on,
                scheduled=scheduled == "true",
                known_from=known_from,
                cancelled_from=date.fromisoformat(cancelled) if cancelled else None,
            )
        )
    return tuple(sorted(decisions, key=lambda one: one.day)), source
