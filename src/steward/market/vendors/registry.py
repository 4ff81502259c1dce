"""Which layouts there are, and which one a file has. A new vendor is one module in `FOLDERS`."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Sequence

from steward.market.vendors import chains, series
from steward.market.vendors.contents import kind_of
from steward.market.vendors.csv_stream import header_names
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Head
from steward.terms.errors import StewardError

FOLDERS = (chains, series)
"""Option quotes, and everything else."""

SHOWN = 8
"""Names of columns that an error lists at the most."""

ALIKE = 0.5
"""A share of common columns from which on a file is one of a layout with something amiss."""

NEAR = 0.25
"""The same, from which on a layout is worth a name in an error."""

SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""Other than commas, and what an error calls them."""

SHOWN_OF_JSON = 40
SHOWN_OF_NAME = 40
"""Characters: a file that is no table may have one name without end."""

BIDS = ("bid", "offer", "quote")
"""Words for one side of a market, in the header of a file that has one."""


@functools.cache
def layouts() -> tuple[Layout, ...]:
    """Every module of the vendors' folders that has a `LAYOUT` (or several `LAYOUTS`), by name."""
    found: list[Layout] = []
    for folder in FOLDERS:
        for module in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            loaded = importlib.import_module(module.name)
            one = getattr(loaded, "LAYOUT", None)
            found.extend(getattr(loaded, "LAYOUTS", () if one is None else (one,)))
    return tuple(sorted(found, key=lambda layout: layout.name))


def recognise(head: Head, shown: str, among: Sequence[Layout] | None = None) -> Layout:
    """The layout of a file.

    Raises StewardError for none (naming the header, the nearest layout and the difference) and for
    two that fit alike.
    """
    choice = layouts() if among is None else among
    scores = [(layout.recognise(head), layout) for layout in choice]
    best = max((score for score, _ in scores), default=0)
    if best == 0:
        raise StewardError(_unknown(head, shown, choice))
    fitting = [layout for score, layout in scores if score == best]
    if len(fitting) > 1:
        names = " and ".join(layout.name for layout in fitting)
        raise StewardError(f"{shown}: could be {names}; say which with --layout {fitting[0].name}")
    return fitting[0]


def _unknown(head: Head, shown: str, choice: Sequence[Layout]) -> str:
    if not head.data:
        return f"{shown}: the file is empty"
    if kind := kind_of(head):
        return f"{shown}: is {kind}"
    if fault := _no_text(head.data):
        return f"{shown}: {fault}"
    separator = _separator(head)
    seen = header_names(head.lines[0], separator) if head.lines else ()
    if not seen or not head.lines[0].strip():
        return (
            f"{shown}: begins with {head.data[:16]!r}, which is no layout that Steward knows; "
            "`steward data layouts` lists them"
        )
    first = head.lines[0].strip()
    said = f"the header {_listed(seen)}"
    if first.startswith(("{", "[{")):
        said = f"the JSON {first[:SHOWN_OF_JSON]!r}..."
    with_header = [layout for layout in choice if layout.header]
    nearest = max(with_header, key=lambda layout: _likeness(seen, layout))
    parted = ""
    if separator != ",":
        parted = f", parted by {SEPARATORS[separator]} instead of commas,"
    sides = any(word in first.lower() for word in BIDS)
    if "strike" in first.lower() and not sides and _likeness(seen, nearest) < ALIKE:
        return (
            f"{shown}, line 1: {said}{parted} is of no layout that Steward knows, and has strikes "
            "but neither bid nor ask: mids, trades and models are no quotes. If two of its columns "
            "are bid and ask, map them with --map FILE.toml"
        )
    if _likeness(seen, nearest) < NEAR:
        return (
            f"{shown}, line 1: {said}{parted} is of no layout that Steward knows, and no layout is "
            "near. Map its columns with --map FILE.toml, or see `steward data layouts`"
        )
    lacking = [name for name in nearest.header if name not in seen]
    extra = [name for name in seen if name not in nearest.header]
    difference = []
    if lacking:
        difference.append(f"lacks {_listed(lacking)}")
    if extra:
        difference.append(f"has besides {_listed(extra)}")
    return (
        f"{shown}, line 1: {said}{parted} is of no layout that Steward knows; nearest "
        f"is {nearest.title} ({nearest.name}): the file {' and '.join(difference) or 'differs'}. "
        "Map its columns with --map FILE.toml, or see `steward data layouts`"
    )


def _no_text(data: bytes) -> str:
    """Why a file that begins as text cannot be read as text; "" where it can, or is none at all."""
    if not data[:16].isascii() or not data[:16].decode("ascii").isprintable():
        return ""
    if b"\0" in data:
        place = data.index(b"\0") + 1
        return f"byte {place:,} is a NUL, so it is no text or was damaged; bring the file again"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(data) - 8:  # else the head ends within a character
            line = data.count(b"\n", 0, error.start) + 1
            return (
                f"line {line}: not text in UTF-8 (byte {data[error.start]:#04x}); save the file "
                "again as UTF-8"
            )
    return ""


def _separator(head: Head) -> str:
    """Of the first line: the sign that makes the most columns of it, a comma where none does."""
    first = head.lines[0] if head.lines else ""
    if first.lstrip().startswith(("{", "[")):
        return ","
    return max((",", *SEPARATORS), key=first.count)


def _likeness(seen: Sequence[str], layout: Layout) -> float:
    ours, theirs = set(layout.header), set(seen)
    return len(ours & theirs) / len(ours | theirs)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ",".join(_short(name) for name in names[:SHOWN]) + more


def _short(name: str) -> str:
    return name if len(name) <= SHOWN_OF_NAME else f"{name[:SHOWN_OF_NAME]}..."
