"""What makes a file the same file: its content, and what its name or its user say beside it.

The same bytes under another name are the same file, as long as the name says nothing that is not in
them: `chain.csv` and `copy of chain.csv` are one, a file of `2022-01-03` and one of `2022-01-04`
are two, whatever stands in them.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields

from steward.market.vendors.layout import Hints, Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """source  the name of the file in a store    sha256, size  of its unpacked content"""

    source: str
    sha256: str
    size: int


SIGNS = re.compile(
    r"(?i)(?<![a-z])(?:spxw?|vixw?)(?![a-z])"
    r"|(?<!\d)(?:19|20)\d\d[-_.]?[01]\d(?:[-_.]?[0-3]\d)?(?!\d)"
)
"""Roots, days and months in a name."""

COPY = re.compile(r"(?i)(?:\s*\(\d+\)|\s*-?\s*copy)+(?=\.|$)")
"""What a browser or a desktop adds to the name of a second copy."""


def source_id(sha256: str, name: str, hints: Hints, layout: Layout) -> str:
    """Sixteen hexadecimal digits: of the content alone where name and hints say nothing."""
    told = [*_signs(name, layout), *_hints(hints)]
    if not told:
        return sha256[:16]
    return hashlib.sha256("\n".join([sha256, *told]).encode()).hexdigest()[:16]


def plain_name(name: str) -> str:
    """A file's name without the marks of a copy, in lower case."""
    return COPY.sub("", name).lower()


def _signs(name: str, layout: Layout) -> list[str]:
    """Of quotes what a reader may take from a name; of other tables the name names the series."""
    if layout.table != "quotes":
        return [plain_name(name)]
    return sorted({sign.upper() for sign in SIGNS.findall(plain_name(name))})


def _hints(hints: Hints) -> list[str]:
    said = {one.name: getattr(hints, one.name) for one in fields(hints) if one.name != "today"}
    return [f"{name} {value}" for name, value in sorted(said.items()) if value is not None]
