"""Sentences on many files: those that differ in figures only are said once, with their files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FIGURES = re.compile(r"(?<![a-z])[\w.]*\d[\w.:%-]*|\b[A-Z]{3,}\b")
"""What tells two sentences on the same thing apart: figures, days, names of series."""

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """The first of some sentences that are alike, and the names of their files.

    times  how often it was said    sentences  how many of these differ, in figures
    """

    sentence: str
    names: tuple[str, ...]
    times: int
    sentences: int

    @property
    def who(self) -> str:
        """The files, and that others say the same with figures of their own."""
        others = f"; {self.sentences} alike, each with its own figures"
        return named(self.names) + (others if self.sentences > 1 else "")


def alike(said: Iterable[tuple[str, str]]) -> list[Alike]:
    """From sentences and names of files, in order of arrival."""
    found: dict[str, list[tuple[str, str]]] = {}
    for sentence, name in said:
        found.setdefault(FIGURES.sub("#", sentence), []).append((sentence, name))
    return [
        Alike(
            sentence=own[0][0],
            names=tuple(dict.fromkeys(name for _, name in own)),
            times=len(own),
            sentences=len({sentence for sentence, _ in own}),
        )
        for own in found.values()
    ]


def named(names: Sequence[str]) -> str:
    """`a.csv, b.csv, c.csv and 4 more`."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")
