"""What makes a file the same file: its content, and what its reading asks of its name and its user.

The same bytes under another name are the same file, as long as nothing is read from the name: a
chain that has its own days and roots is one file, whatever it is called; one whose day stands in
its name alone is as many files as it has days. The first rows of a file show what its layout asks
for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import dataclass, fields

from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """source  the name of the file in a store    sha256, size  of its unpacked content

    unused  what the user said and the file has no use for, since it says it itself
    """

    source: str
    sha256: str
    size: int
    unused: tuple[str, ...] = ()


def identity(source: Source, layout: Layout, *, sha256: str, size: int) -> Identity:
    """Reads the first rows. Raises StewardError where the file cannot be read."""
    told, unused = _told(source, layout)
    named = sha256
    if told:
        named = hashlib.sha256("\n".join([sha256, *told]).encode()).hexdigest()
    return Identity(source=named[:16], sha256=sha256, size=size, unused=unused)


def _told(source: Source, layout: Layout) -> tuple[list[str], tuple[str, ...]]:
    probe = Source(
        name=source.given_name,
        shown=source.shown,
        head=source.head,
        open=source.open,
        hints=source.given_hints,
    )
    version = getattr(layout, "version", "")  # of a user's own map: other columns, other rows
    if version:
        probe.told.add(f"map {version}")
    if not getattr(layout, "streams_to_the_end", False):
        batches = layout.read(probe)
        first = next(batches, None)
        if isinstance(batches, Generator):
            batches.close()  # its file too
        rootless = first is not None and "root" in first.rows.columns
        if rootless and first is not None and first.rows["root"].null_count():
            probe.hint("root")
    said = {
        one.name: value
        for one in fields(source.given_hints)
        if one.name != "today" and (value := getattr(source.given_hints, one.name)) is not None
    }
    unused = tuple(f"--{n} {v}" for n, v in said.items() if f"{n} {v}" not in probe.told)
    return sorted(probe.told), unused
