"""The layout that a map describes: how its columns are read, and which of ours they become."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

import polars as pl

from steward.market.vendors.columns import (
    from_osi,
    long_from_wide,
    moment_utc,
    rights,
    underlying_of,
)
from steward.market.vendors.csv_stream import (
    NEEDED,
    NEEDED_TEXT,
    NUMBER,
    TEXT,
    Cell,
    clean_name,
    day,
)
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source
from steward.market.vendors.user_map_schema import NUMBERS, DayColumn, Side, UserMap, used


def layout_of(found: UserMap) -> CsvLayout:
    cells: dict[str, Cell] = {}
    for key, column in used(found):
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
        version=_version(found),
    )


def _version(found: UserMap) -> str:
    """Of what the map says, whatever its comments, spaces and the order of its keys."""
    said = json.dumps(found.model_dump(mode="json"), sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


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
