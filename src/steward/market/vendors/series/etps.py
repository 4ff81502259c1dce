"""Prices of exchange-traded products: as traded on the day, or adjusted afterwards.

Adjusted prices change with every split and distribution, so early ones are huge: only their ratios
mean something.
"""

from __future__ import annotations

import re

import polars as pl

from steward.market.vendors.csv_stream import NEEDED, NUMBER, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Head, Source
from steward.market.vendors.wide_csv import ISO, WideCsv
from steward.terms.errors import StewardError

ADJUSTED = "_adj_close"


def _as_traded(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    said: str | None = source.hint("symbol")
    found = re.match(r"([a-z]{2,5})_", source.name.lower())
    if not said and found is None:
        raise StewardError(
            f"{source.shown}: neither the file nor its name says which product it is of; say it "
            "with --symbol VXX"
        )
    name = said or (found.group(1) if found else "")
    if not said:
        source.note(f"product {name}: from the file's name")
    return frame.select(
        "line",
        *("open", "high", "low", "close", "volume"),
        session="date",
        series=pl.lit(name.lower()),
        basis=pl.lit("as_traded"),
        split="reverse_split_factor_today",
    )


def _sure(head: Head) -> int:
    names = head.names
    adjusted = [name for name in names if name.endswith(ADJUSTED)]
    others = set(names) - {"date", "vxx_source", *adjusted}
    return 1 + len(adjusted) if adjusted and names[0] == "date" and not others else 0


def _adjusted(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    return frame.drop_nulls("value").select(
        "line",
        session="day",
        series=pl.col("series").str.strip_suffix(ADJUSTED),
        basis=pl.lit("adjusted"),
        close="value",
    )


LAYOUTS = (
    CsvLayout(
        name="etp_as_traded",
        title="bars of an exchange-traded product as traded",
        cells={
            "date": day(),
            **dict.fromkeys(("open", "high", "low"), NUMBER),
            "close": NEEDED,
            "volume": NUMBER,
            "reverse_split_factor_today": NUMBER,
        },
        rows=_as_traded,
        table="etp",
    ),
    WideCsv(
        name="etp_adjusted",
        title="adjusted closes of exchange-traded products",
        table="etp",
        header=("date", "vxx_adj_close"),
        sure=_sure,
        values=lambda names: [name for name in names if name.endswith(ADJUSTED)],
        rows=_adjusted,
        formats=(ISO,),
    ),
)
