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
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import polars as pl
from pydantic import BaseModel, Field, ValidationError

from steward.market.vendors.csv_stream import (
    NEEDED,
    NEEDED_TEXT,
    NUMBER,
    TEXT,
    Cell,
    clean_name,
    day,
)
from steward.market.vendors.layout import (
    CsvLayout,
    Source,
    from_osi,
    long_from_wide,
    moment_utc,
    rights,
    underlying_of,
)
from steward.market.vendors.registry import layouts
from steward.terms.errors import StewardError

Name = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Part(BaseModel, frozen=True, extra="forbid", strict=True):
    """A table of the file: an unknown key is an error."""


class DayColumn(_Part):
    """A column with days, all in one format as `strptime` has it."""

    column: Name
    format: Name


class MomentColumn(_Part):
    """A column with clocks of one time zone."""

    column: Name
    format: Name
    zone: Name


class Side(_Part):
    """Columns that a call and a put have each their own of."""

    bid: Name | None = None
    ask: Name | None = None
    bid_size: Name | None = None
    ask_size: Name | None = None
    volume: Name | None = None
    open_interest: Name | None = None
    iv: Name | None = None
    delta: Name | None = None
    gamma: Name | None = None
    theta: Name | None = None
    vega: Name | None = None
    rho: Name | None = None


class Columns(Side):
    """Columns of the row; `option_symbol` stands for root, expiry, right and strike (OSI)."""

    session: DayColumn | None = None
    expiry: DayColumn | None = None
    moment: MomentColumn | None = None
    option_symbol: Name | None = None
    symbol: Name | None = None
    root: Name | None = None
    snapshot: Name | None = None
    settlement: Name | None = None
    right: Name | None = None
    strike: Name | None = None
    underlying: Name | None = None


class Constants(_Part):
    """What every row of the file has in common."""

    session: date | None = None
    expiry: date | None = None
    symbol: Literal["SPX", "VIX"] | None = None
    root: Name | None = None
    snapshot: Annotated[str, Field(pattern=r"^(eod|([01]\d|2[0-3])[0-5]\d)$")] | None = None
    settlement: Literal["AM", "PM"] | None = None
    right: Literal["C", "P"] | None = None
    underlying: Number | None = None
    underlying_kind: Literal["index", "future"] | None = None


class UserMap(_Part):
    """The whole file."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Name
    separator: Literal[",", ";", "\t", "|"] = ","
    unread: list[str] = []
    columns: Columns = Columns()
    calls: Side | None = None
    puts: Side | None = None
    constants: Constants = Constants()
    scale: dict[str, Number] = {}
    missing: dict[str, list[Number]] = {}


NUMBERS = (*Side.model_fields, "strike", "underlying")
TEXTS = ("option_symbol", "symbol", "root", "snapshot", "settlement", "right")


def read_map(path: Path) -> CsvLayout:
    """The layout that a map describes.

    Raises StewardError naming the file, the key and what is wrong with it, the first mistake only.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StewardError(f"{path}: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise StewardError(f"{path}: is no TOML ({error})") from error
    try:
        found = UserMap.model_validate(raw)
    except ValidationError as error:
        raise StewardError(f"{path}, {_first(error)}") from None
    for mistake in _mistakes(found):
        raise StewardError(f"{path}, {mistake}")
    return _layout(found)


_PATTERNS = {
    "name": "small letters, digits and _, like my_chain",
    "constants.snapshot": "eod, or a clock of New York like 1545",
}
"""In words what a key's pattern asks for."""


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"key {key}: unknown; correct its spelling or take it out"
    if first["type"] == "missing":
        return f"key {key}: is missing"
    said = _PATTERNS.get(key, first["msg"].removeprefix("Input should be "))
    return f"key {key}: should be {said}, was {first['input']!r}"


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
        if side is not None and clean_name(side.bid or "") == clean_name(side.ask or ""):
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
    given = columns.underlying is not None or constants.underlying is not None
    if given and constants.underlying_kind is None:
        yield "key constants.underlying_kind: is missing; index or future"
    yield from _twice(found)
    yield from _bad_numbers(found)
    yield from _bad_formats(columns)


def _used(found: UserMap) -> Iterator[tuple[str, str]]:
    """Each key that names a column, and the column's cleaned name."""
    parts = (("columns", found.columns), ("calls", found.calls), ("puts", found.puts))
    for place, part in parts:
        for name in () if part is None else type(part).model_fields:
            value = getattr(part, name)
            if value is not None:
                column = value if isinstance(value, str) else value.column
                yield f"{place}.{name}", clean_name(column)


def _twice(found: UserMap) -> Iterator[str]:
    seen: dict[str, str] = {}
    for key, column in _used(found):
        if column in seen:
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


def _layout(found: UserMap) -> CsvLayout:
    cells: dict[str, Cell] = {}
    for key, column in _used(found):
        name = key.rpartition(".")[2]
        value = getattr(found.columns, name, None)
        if isinstance(value, DayColumn):
            cells[column] = day(value.format)
        elif name == "strike":
            cells[column] = NEEDED
        elif name in ("right", "option_symbol"):
            cells[column] = NEEDED_TEXT
        else:
            cells[column] = NUMBER if name in NUMBERS else TEXT
    return CsvLayout(
        name=found.name,
        title=found.title,
        separator=found.separator,
        cells=cells,
        known=tuple(clean_name(column) for column in found.unread),
        rows=_reader(found),
    )


def _reader(found: UserMap) -> Callable[[pl.DataFrame, Source], pl.DataFrame]:
    def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
        both = {"line": pl.col("line"), **_shared(found, source)}
        numbers = _numbers(found.columns, found)
        if found.calls is None or found.puts is None:
            return frame.select(**both, **numbers)
        return long_from_wide(
            frame,
            calls=_numbers(found.calls, found),
            puts=_numbers(found.puts, found),
            both={**both, **numbers},
        )

    return rows


def _numbers(part: Side, found: UserMap) -> dict[str, pl.Expr]:
    """Numbers of a row or of one side: what means missing as null, then scaled."""
    out: dict[str, pl.Expr] = {}
    for name in NUMBERS:
        theirs = getattr(part, name, None)
        if theirs is None:
            continue
        value = pl.col(clean_name(theirs))
        missing = [float(number) for number in found.missing.get(name, [])]
        if missing:
            value = pl.when(~value.is_in(missing)).then(value)
        factor = found.scale.get(name)
        out[name] = value if factor is None else _scaled(value, factor)
    return out


def _scaled(value: pl.Expr, factor: float) -> pl.Expr:
    """Times the factor; by 1/1000 is divided by 1000, so that 4100500 is 4100.5 to the bit."""
    inverse = 1.0 / factor
    whole = factor < 1.0 and abs(inverse - round(inverse)) < 1e-9 * inverse
    return value / float(round(inverse)) if whole else value * factor


def _shared(found: UserMap, source: Source) -> dict[str, pl.Expr]:
    """Columns of `tables.ROWS` that are no numbers: of a column, a constant, or of the source."""
    columns, constants = found.columns, found.constants
    out: dict[str, pl.Expr] = {}
    if columns.option_symbol is not None:
        out.update(from_osi(pl.col(clean_name(columns.option_symbol))))
    for name, value in constants:
        if value is not None:
            out[name] = pl.lit(value)
    for name in ("root", "snapshot", "settlement", "symbol", "right"):
        theirs = getattr(columns, name)
        if theirs is not None:
            out[name] = _TEXT_READERS[name](pl.col(clean_name(theirs)))
    for name in ("session", "expiry"):
        value = getattr(columns, name)
        if value is not None:
            out[name] = pl.col(clean_name(value.column))
    if columns.moment is not None:
        at = moment_utc(
            pl.col(clean_name(columns.moment.column)), columns.moment.format, columns.moment.zone
        )
        out["moment"] = at
        if "session" not in out:
            out["session"] = at.dt.convert_time_zone("America/New_York").dt.date()
    if "symbol" not in out:
        of_root = underlying_of(out["root"]) if "root" in out else None
        out["symbol"] = pl.lit(source.symbol()) if of_root is None else of_root
    if "root" not in out:
        out["root"] = pl.lit(source.root(), dtype=pl.String)
    if "session" not in out:
        out["session"] = pl.lit(source.session())
    if "snapshot" not in out:
        out["snapshot"] = pl.lit(source.snapshot())
    if columns.strike is not None:
        out.pop("strike", None)
    return out


def _upper(column: pl.Expr) -> pl.Expr:
    return column.str.strip_chars("^$. ").str.to_uppercase()


def _am_or_pm(column: pl.Expr) -> pl.Expr:
    text = _upper(column)
    return pl.when(text.is_in(["AM", "PM"])).then(text)


_TEXT_READERS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "root": _upper,
    "snapshot": lambda column: column.fill_null("?"),
    "settlement": _am_or_pm,
    "symbol": underlying_of,
    "right": rights,
}
