"""Breadth: advances and declines by day, and who was a member of an index.

Whose members a file counts stands in its name (`sp500_breadth_derived_daily.csv`).
"""

from __future__ import annotations

import re

import polars as pl

from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, Cell, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

COUNTS = ("members", "priced", "advances", "declines", "unchanged")
ALSO = {
    "new_highs_252d": "new_highs",
    "new_lows_252d": "new_lows",
    "pct_above_ma50": "above_50",
    "pct_above_ma200": "above_200",
}
LATER = Cell(kind="day")


def whose(source: Source, ending: str) -> str:
    """The group that the user names, else the file's name up to `_breadth` or the like."""
    said: str | None = source.hint("symbol")
    if said:
        return said.lower()
    found = re.match(rf"([a-z0-9_]+?)_(?:{ending})", source.name.lower())
    if found is None:
        raise StewardError(
            f"{source.shown}: neither the file nor its name says whose members these are; say it "
            "with --symbol sp500"
        )
    source.note(f"members of {found.group(1)}: from the file's name")
    return found.group(1)


def _breadth(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    counts = [name for name in (*COUNTS, "new_highs_252d", "new_lows_252d") if name in frame]
    shares = [name for name in ("pct_above_ma50", "pct_above_ma200") if name in frame]
    return frame.select(
        "line",
        *(pl.col(name).cast(pl.Int64, strict=False) for name in counts),
        *shares,
        session="date",
        series=pl.lit(whose(source, "breadth|advance")),
    ).rename({name: ours for name, ours in ALSO.items() if name in frame.columns})


def _members(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    return frame.select(
        "line",
        "ticker",
        start="start_date",
        end="end_date",
        series=pl.lit(whose(source, "member")),
    )


LAYOUTS = (
    CsvLayout(
        name="breadth",
        title="advances and declines by day",
        cells={"date": day(), "advances": NUMBER, "declines": NUMBER},
        optional=dict.fromkeys(("members", "priced", "unchanged", *ALSO), NUMBER),
        rows=_breadth,
        table="breadth",
    ),
    CsvLayout(
        name="membership",
        title="members of an index, from and to",
        cells={"ticker": NEEDED_TEXT, "start_date": day(), "end_date": LATER},
        rows=_members,
        table="membership",
    ),
)
