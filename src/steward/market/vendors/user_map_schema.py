"""What may stand in the map of a private CSV file: its tables, keys and values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from steward.market.vendors.csv_stream import clean_name

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


def used(found: UserMap) -> Iterator[tuple[str, str]]:
    """Each key that names a column, and the column's cleaned name."""
    parts = (("columns", found.columns), ("calls", found.calls), ("puts", found.puts))
    for place, part in parts:
        for name in () if part is None else type(part).model_fields:
            value = getattr(part, name)
            if value is not None:
                column = value if isinstance(value, str) else value.column
                yield f"{place}.{name}", clean_name(column)
