"""Sentences on many files: those that differ in figures only are said once, with their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

FIGURES = re.compile(r"(?<![a-z])[\w.]*\d[\w.:%-]*|\b[A-Z]{3,}\b")
"""What tells two sentences on the same thing apart: figures, days, names of series."""

NAMES_SHOWN = 3


def alike(said: Iterable[tuple[str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """The first of the sentences that are alike and the names of all their files, in order of
    arrival, from sentences and names.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for sentence, name in said:
        found.setdefault(FIGURES.sub("#", sentence), []).append((sentence, name))
    return [(own[0][0], tuple(dict.fromkeys(name for _, name in own))) for own in found.values()]


def named(names: Sequence[str]) -> str:
    """`a.csv, b.csv, c.csv and 4 more`."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
