"""The page of a data check: one HTML file that opens offline and shows figures, never quotes.

The same store gives the same bytes: no clock, no random number, no path of a machine.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment

from steward import __version__
from steward.doors import pages
from steward.doors.data_report import pictures, tables, wording
from steward.doors.report import words
from steward.intake.quality_tables import StoreQuality
from steward.intake.stored import TAKEN


def write(found: StoreQuality, path: Path, *, store: str) -> None:
    """Write the page to `path`, whole or not at all. `store`: what the user calls it."""
    pages.write(render(found, store=store), path)


def render(found: StoreQuality, *, store: str) -> str:
    """The page as text."""
    chains = wording.shown(found)
    said = {
        "version": __version__,
        "store": store,
        "found": found,
        "title": wording.title(found),
        "lead": wording.lead(found),
        "window": wording.window(found),
        "names": [wording.chain_name(chain) for chain in chains],
        "chains": tables.chain_rows(found),
        "not_shown": wording.not_shown(found),
        "coverage": [tables.month_years(chain) for chain in chains],
        "gaps": [tables.gap_rows(chain) for chain in chains],
        "labels": tables.label_rows(found),
        "worst": [tables.worst_rows(chain) for chain in chains],
        "vix": [wording.vix_words(chain) for chain in chains],
        "reasons": tables.reason_rows(found),
        "files": tables.file_rows(found),
        "by_layout": tables.layout_rows(found) if len(found.files) > tables.FILES_SHOWN else (),
        "aside": wording.set_aside(found),
        "taken": TAKEN,
        "warnings": tables.warnings(found),
        "inferred": tables.inferred(found),
        "units": tables.unit_rows(found),
        "series": tables.series_rows(found),
        "contradictions": tables.contradiction_rows(found),
        "months": words.MONTHS,
    }
    return pages.render(
        _environment(), "steward.doors.data_report", "data", said, pictures.data(found)
    )


@cache
def _environment() -> Environment:
    return pages.environment()
