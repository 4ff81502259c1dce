"""What is said of modelled prices beside that they are modelled: of a run, and of one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steward.doors.report import words
from steward.doors.report.tables import Cell, Row
from steward.market.quotes import Flag

BEYOND = "state beyond the fit"
LACKING = "not known"

Counted = Mapping[str, Any]
"""`intake.model_flags.ModelFlags` in plain values, as a manifest keeps it."""


def of_run(manifest: Mapping[str, Any]) -> Counted | None:
    """The counts of a run; None for one of an older version, which has none."""
    check = manifest.get("data", {}).get("check") or {}
    found: Counted | None = check.get("model_flags")
    return found


def beyond_the_fit(counted: Counted | None) -> str:
    """A sentence where some session's state was beyond what the model was fitted on, else ""."""
    if counted is None or not counted["beyond"]:
        return ""
    return (
        f"On {counted['beyond']:,} of {counted['sessions']:,} sessions the state of the market was "
        "beyond what the model was fitted on."
    )


def rows(counted: Counted | None) -> list[Row]:
    """A row a flag: what it is, on how many sessions it held, and when."""
    return [] if counted is None else [_row(flag) for flag in counted["flags"]]


def _row(flag: Mapping[str, Any]) -> Row:
    days = [words.short_day(day) for day in flag["days"]]
    return Row(
        name=flag["of"],
        help=flag["text"],
        cells=(
            Cell(text=BEYOND if flag["beyond"] else LACKING),
            Cell(text=f"{flag['sessions']:,}"),
            Cell(
                text=", ".join(days)
                or f"{words.short_day(flag['first'])} to {words.short_day(flag['last'])}"
            ),
        ),
    )


def of_day(flags: Sequence[Flag]) -> list[str]:
    """One session's flags in a sentence or two: the state first, then what is not known."""
    said = []
    for beyond, head in (
        (True, "The state of this day is beyond what the model was fitted on"),
        (False, "Not known to the model"),
    ):
        by_priced: dict[str, list[str]] = {}
        for flag in flags:
            if flag.beyond == beyond:
                by_priced.setdefault(flag.of, []).append(flag.text)
        if by_priced:
            parts = [f"{of} ({'; '.join(texts)})" for of, texts in by_priced.items()]
            said.append(f"{head}: {', '.join(parts)}.")
    return said
