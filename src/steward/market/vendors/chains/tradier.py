"""Tradier's option chain as JSON: the answer of one request, {"options": {"option": [...]}}.

A lone contract is an object instead of a list, none at all is null. The answer has no time of its
own: the day comes from the user or the file's name. Greeks are computed by another party, once an
hour at the most; where `updated_at` is of another day than the quote, or unknown, they are dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from steward.market.tables import SET_ASIDE
from steward.market.vendors.columns import (
    as_rows,
    from_osi,
    moment_utc,
    rights,
    underlying_of,
    whole_text,
)
from steward.market.vendors.csv_stream import as_day
from steward.market.vendors.json_number import finite_number
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

LARGEST = 64 * 1024 * 1024
"""Bytes; all of SPX has about thirty thousand contracts of half a kilobyte."""

START = re.compile(r'^\s*\{\s*"options"\s*:\s*(null|\{)')
UNREADABLE = "no contract of an option chain"
OTHER_DAY = "greeks of another day than the quotes, or of an unknown one: dropped"

_NUMBERS = ("strike", "bid", "ask", "bidsize", "asksize", "volume", "open_interest")
_TEXTS = ("symbol", "root_symbol", "option_type", "expiration_date")
_GREEKS = ("delta", "gamma", "theta", "vega", "rho", "mid_iv")
_NOT_READ = (
    "underlying description exch type expiration_type last change change_percentage open high low "
    "close prevclose average_volume last_volume trade_date week_52_high week_52_low bidexch "
    "bid_date askexch ask_date contract_size"
)
_KNOWN = {"greeks", *_NUMBERS, *_TEXTS, *_NOT_READ.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradier:
    """`line` is the number of the contract in the answer, the first being 1."""

    name: str = "tradier"
    title: str = "Tradier option chain (JSON)"
    table: Table = "quotes"
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        return 2 if START.match("\n".join(head.lines[:20])) else 0

    def read(self, source: Source) -> Iterator[Batch]:
        contracts = _contracts(source)
        good = [(i, c) for i, c in enumerate(contracts, 1) if isinstance(c, Mapping)]
        extra = {name for _, contract in good for name in contract} - _KNOWN
        source.ignored = tuple(sorted(str(whole_text(name)) for name in extra))
        frame = _frame(good)
        rows = as_rows(_rows(frame, source)) if good else as_rows(frame.select("line"))
        odd = [i for i, c in enumerate(contracts, 1) if not isinstance(c, Mapping)]
        aside = pl.DataFrame(
            {"line": odd, "reason": [UNREADABLE] * len(odd), "row": [""] * len(odd)},
            schema=SET_ASIDE,
        )
        yield Batch(rows=rows, set_aside=aside, read=len(contracts))


def _contracts(source: Source) -> list[Any]:
    """Raises StewardError for what is not JSON, has another shape, or has no contract."""
    with source.open() as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise StewardError(f"{source.shown}: over {LARGEST:,} bytes; bring one chain a file")
    try:
        said = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise StewardError(
            f"{source.shown}: is no whole JSON ({error}); ask for the chain again"
        ) from error
    options = said.get("options") if isinstance(said, Mapping) else None
    if options is None:
        raise StewardError(
            f"{source.shown}: the chain is empty (options: null); ask for an expiration that "
            "is listed"
        )
    found = options.get("option") if isinstance(options, Mapping) else None
    if isinstance(found, Mapping):
        return [found]
    if not isinstance(found, list):
        raise StewardError(
            f'{source.shown}: no list of contracts under "options", "option"; bring the answer as '
            "Tradier gave it"
        )
    return found


def _frame(contracts: Sequence[tuple[int, Mapping[str, Any]]]) -> pl.DataFrame:
    """Numbers as numbers, texts as texts; what has another type is unknown."""
    greeks = [
        held if isinstance(held := contract.get("greeks"), Mapping) else {}
        for _, contract in contracts
    ]
    columns: dict[str, pl.Series] = {
        "line": pl.Series([i for i, _ in contracts], dtype=pl.Int64),
        "updated_at": _texts([held.get("updated_at") for held in greeks]),
    }
    for name in _NUMBERS:
        columns[name] = _numbers([contract.get(name) for _, contract in contracts])
    for name in _TEXTS:
        columns[name] = _texts([contract.get(name) for _, contract in contracts])
    for name in _GREEKS:
        columns[name] = _numbers([held.get(name) for held in greeks])
    return pl.DataFrame(columns)


def _numbers(values: Sequence[Any]) -> pl.Series:
    return pl.Series([finite_number(value) for value in values], dtype=pl.Float64)


def _texts(values: Sequence[Any]) -> pl.Series:
    return pl.Series([whole_text(v) for v in values], dtype=pl.String)


def _rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    session: date = source.session()
    updated = moment_utc(pl.col("updated_at"), "%Y-%m-%d %H:%M:%S", "UTC")
    same_day = updated.dt.convert_time_zone("America/New_York").dt.date() == session
    if frame.select((~same_day.fill_null(False) & pl.col("mid_iv").is_not_null()).any()).item():
        source.note(OTHER_DAY)
    root = pl.coalesce("root_symbol", from_osi(pl.col("symbol"))["root"])
    return frame.select(
        "line",
        "strike",
        "bid",
        "ask",
        "volume",
        "open_interest",
        *(pl.when(same_day).then(pl.col(n)).alias(n) for n in _GREEKS if n != "mid_iv"),
        iv=pl.when(same_day).then(pl.col("mid_iv")),
        session=pl.lit(session),
        snapshot=pl.lit(source.snapshot()),
        symbol=underlying_of(root),
        root=root,
        expiry=as_day(pl.col("expiration_date")),
        right=rights(pl.col("option_type")),
        bid_size="bidsize",
        ask_size="asksize",
    )


LAYOUT = Tradier()
