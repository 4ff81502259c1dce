"""A private CSV file as a layout: a TOML file says which of its columns is which of ours.

    name = "my_chain"                      # of the layout, in reports and in the store
    title = "My chain, one row a quote"
    separator = ","                        # that is what it is when nothing is said
    unread = ["Last Sale"]                 # columns that are left out on purpose

    [columns]                              # ours = theirs
    session = { column = "Date", format = "%Y-%m-%d" }
    expiry = { column = "Expires", format = "%m/%d/%Y" }
    moment = { column = "Taken", format = "%Y-%m-%d %H:%M:%S", zone = "America/Chicago" }
    strike = "Strike"                      # likewise right, bid, ask, volume, iv, ...

    [constants]                            # what is the same in every row
    symbol = "SPX"
    [scale]                                # theirs times this is ours
    iv = 0.01
    [missing]                              # numbers of theirs that mean "missing"
    iv = [-1.0]

A file with a call and a put in a row has `[calls]` and `[puts]` with the columns of either. Nothing
in a map is ever run: it is data.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from steward.market.believe import ROOTS
from steward.market.vendors.csv_stream import clean_name
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.registry import layouts
from steward.market.vendors.user_map_rows import layout_of
from steward.market.vendors.user_map_schema import NUMBERS, Columns, Constants, Side, UserMap, used
from steward.terms.errors import StewardError


def read_maps(paths: Sequence[Path]) -> tuple[CsvLayout, ...]:
    """The layouts of several maps. Raises StewardError as `read_map`, and for two of one name."""
    files: dict[str, Path] = {}
    found = []
    for path in paths:
        layout = read_map(path)
        if layout.name in files:
            raise StewardError(
                f"{files[layout.name]} and {path}: two maps are named {layout.name}; give one of "
                "them another name"
            )
        files[layout.name] = path
        found.append(layout)
    return tuple(found)


def read_map(path: Path) -> CsvLayout:
    """The layout that a map describes.

    Raises StewardError naming the file and all of its mistakes, each with its key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StewardError(
            f"{path}: cannot be read ({error.strerror}); name a map that is there"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StewardError(f"{path}: is no TOML ({error}); mend it there") from error
    try:
        found = UserMap.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors()
        said = [_in_words(one) for one in wrong]
        said += _mistakes_beside(raw, [one["loc"] for one in wrong])
    else:
        said = list(_mistakes(found))
    if said:
        raise StewardError(f"{path}, {'; '.join(dict.fromkeys(said))}")
    return layout_of(found)


_WANTED = {
    "name": "small letters, digits and _, like my_chain",
    "constants.snapshot": "eod, or a clock of New York like 1545",
    "columns.session": 'a table, like { column = "Date", format = "%Y-%m-%d" }',
    "columns.expiry": 'a table, like { column = "Expires", format = "%Y-%m-%d" }',
    "columns.moment": (
        'a table, like { column = "Taken", format = "%Y-%m-%d %H:%M:%S", zone = "UTC" }'
    ),
}
"""What a key asks for."""

_KINDS = {
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "float_type": "a number",
    "finite_number": "a finite number",
    "list_type": "a list in brackets",
}
"""The same by what is wrong with it, for keys that are not named above."""


def _in_words(error: ErrorDetails) -> str:
    """One mistake of a kind, as a sentence that begins with its key."""
    key = ".".join(str(part) for part in error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"key {key}: unknown; correct its spelling or take it out"
    if kind == "missing":
        return f"key {key}: is missing"
    if key in _WANTED:
        wanted = _WANTED[key]
    elif kind == "literal_error":
        wanted = error["ctx"]["expected"]
    elif kind.startswith("date"):
        wanted = "a day without quotes, like 2019-03-15"
    elif kind in ("model_type", "dict_type"):
        wanted = f"a table, as [{key}]"
    else:
        wanted = _KINDS.get(kind, "something else")
    return f"key {key}: should be {wanted}, was {_shown(error['input'])}"


def _shown(value: object) -> str:
    """A value as the file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "a table"
    return "a list" if isinstance(value, list) else repr(value)


def _mistakes_beside(raw: Mapping[str, Any], places: Sequence[tuple[int | str, ...]]) -> list[str]:
    """What else cannot be in a map some keys of which are no good: it is read without these."""
    tables = {name: dict(part) if isinstance(part, dict) else part for name, part in raw.items()}
    out = {".".join(str(part) for part in place[:2]) for place in places}
    for place in places:
        table = tables.get(str(place[0]))
        if len(place) > 1 and isinstance(table, dict):
            table.pop(str(place[1]), None)
        elif place[0] in ("columns", "calls", "puts"):
            return []  # nothing is known of the columns
        else:
            tables.pop(str(place[0]), None)
    try:
        found = UserMap.model_validate({"name": "a_map", "title": "A map", **tables})
    except ValidationError:
        return []
    keys = [(said, said.removeprefix("key ").partition(":")[0]) for said in _mistakes(found)]
    return [said for said, key in keys if ".".join(key.split(".")[:2]) not in out]


def _mistakes(found: UserMap) -> Iterator[str]:
    """What a map says that cannot be, each as a sentence that begins with its key."""
    columns, constants = found.columns, found.constants
    if found.name in {layout.name for layout in layouts()}:
        yield f"key name: {found.name!r} is a layout of Steward's own; choose another name"
    wide = found.calls is not None or found.puts is not None
    if wide and (found.calls is None or found.puts is None):
        yield f"key {'puts' if found.puts is None else 'calls'}: is missing beside the other side"
    sides = {"calls": found.calls, "puts": found.puts} if wide else {"columns": columns}
    for place, side in sides.items():
        for name in ("bid", "ask"):
            if side is not None and getattr(side, name) is None:
                yield f"key {place}.{name}: is missing; without bid and ask there are no quotes"
        if side is None or side.bid is None or side.ask is None:
            continue
        if clean_name(side.bid) == clean_name(side.ask):
            yield (
                f"key {place}.ask: {side.ask!r} is the bid's column too; a mid is no quote, and "
                "Steward trades on quotes only"
            )
    if wide:
        for name in (*Side.model_fields, "right", "option_symbol"):
            if getattr(columns, name) is not None:
                yield f"key columns.{name}: belongs to calls and puts, of which there are both"
        if constants.right is not None:
            yield "key constants.right: a row holds a call and a put"
    for name in ("strike", "expiry", "right"):
        given = getattr(columns, name) or getattr(constants, name, None) or columns.option_symbol
        if given is None and not (wide and name == "right"):
            yield f"key columns.{name}: is missing (or columns.option_symbol)"
    for name in Constants.model_fields:
        if getattr(constants, name) is not None and getattr(columns, name, None) is not None:
            yield f"key constants.{name}: is a column already; one of the two"
    if columns.option_symbol is not None:
        for name in ("root", "expiry", "right"):
            if getattr(constants, name) is not None:
                yield f"key constants.{name}: stands in columns.option_symbol already"
    given = columns.underlying is not None or constants.underlying is not None
    if given and constants.underlying_kind is None:
        yield "key constants.underlying_kind: is missing; index or future"
    yield from _contradictions(found)
    yield from _twice(found)
    yield from _bad_numbers(found)
    yield from _bad_formats(columns)


def _contradictions(found: UserMap) -> Iterator[str]:
    """A root that there is not, and one of another underlying or settlement than is said."""
    root, symbol, settlement = (
        getattr(found.constants, name) for name in ("root", "symbol", "settlement")
    )
    if root is None:
        return
    if root not in ROOTS:
        yield f"key constants.root: should be one of {', '.join(ROOTS)}, was {root!r}"
        return
    if symbol is not None and not root.startswith(symbol):
        yield f"key constants.root: {root} is no root of {symbol}, which constants.symbol says"
    of_root = ROOTS[root][1]
    if None not in (of_root, settlement) and settlement != of_root:
        yield f"key constants.settlement: {root} is {of_root}-settled, was {settlement!r}"


def _twice(found: UserMap) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key, column in used(found):
        of_bid = key.endswith(".ask") and seen.get(column) == key.replace(".ask", ".bid")
        if column in seen and not of_bid:  # of which `_mistakes` says more
            yield f"key {key}: column {column!r} is {seen[column]} already"
        seen[column] = key
    for column in found.unread:
        if clean_name(column) in seen:
            yield f"key unread: column {column!r} is {seen[clean_name(column)]}"


def _bad_numbers(found: UserMap) -> Iterator[str]:
    for place, table in (("scale", found.scale), ("missing", found.missing)):
        for name in table:
            if name not in NUMBERS:
                yield f"key {place}.{name}: is no number of a row ({', '.join(NUMBERS)})"
    for name, factor in found.scale.items():
        if not factor > 0.0:
            yield f"key scale.{name}: must be above 0, was {factor!r}"


PROBE = datetime(2013, 11, 26, 14, 35, 47, tzinfo=UTC)
"""No two of its parts are alike, so a format that mixes two of them does not give it back."""


def _bad_formats(columns: Columns) -> Iterator[str]:
    for name in ("session", "expiry"):
        value = getattr(columns, name)
        if value is not None and not _reads_back(value.format, "day"):
            yield (
                f"key columns.{name}.format: {value.format!r} does not say year, month and day; "
                'like "%Y-%m-%d" or "%m/%d/%Y"'
            )
    if columns.moment is not None:
        if not _reads_back(columns.moment.format, "minute"):
            yield (
                f"key columns.moment.format: {columns.moment.format!r} does not say day, hour and "
                'minute; like "%Y-%m-%d %H:%M:%S", the zone apart'
            )
        try:
            ZoneInfo(columns.moment.zone)
        except (KeyError, ValueError, OSError):
            yield (
                f"key columns.moment.zone: {columns.moment.zone!r} is no time zone; like "
                '"America/New_York" or "UTC"'
            )


KNOWN_PARTS = re.compile(r"%[YymdbBHIpMSjTFfR%]")


def _reads_back(pattern: str, to: Literal["day", "minute"]) -> bool:
    """Whether a text written in this format says the day (and the minute) without a doubt."""
    if "%" in KNOWN_PARTS.sub("", pattern):
        return False
    text = pl.Series([PROBE.strftime(pattern)])
    try:
        if to == "day":
            return text.str.to_date(pattern, strict=False).to_list() == [PROBE.date()]
        clocks = text.str.to_datetime(pattern, strict=False, time_unit="us")
    except pl.exceptions.PolarsError:  # a pattern that names an hour without its minute
        return False
    return clocks.dt.truncate("1m").to_list() == [PROBE.replace(second=0, tzinfo=None)]
