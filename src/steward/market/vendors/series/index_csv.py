"""Daily levels of indices: Cboe's history files, copies of them, and closes of several indices.

Cboe: `DATE,OPEN,HIGH,LOW,CLOSE` with days MM/DD/YYYY, and `DATE,VVIX` or `DATE,CNDR` with one
value; copies have ISO days and a BOM. Which index a file of bars is of stands in its name only
(`VIX_History.csv`, `vix_daily.csv`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from steward.market.vendors.csv_stream import NUMBER, day
from steward.market.vendors.day_formats import DatedCsvLayout
from steward.market.vendors.layout import Batch, CsvLayout
from steward.market.vendors.source import Head, Source
from steward.market.vendors.wide_csv import ISO, US, WideCsv, refuse_mixed_days
from steward.terms.errors import StewardError

VOLATILITY = (
    *("vix", "vix1d", "vix9d", "vix3m", "vix6m", "vix1y", "vvix", "vxo", "vxn", "rvx"),
    *("skew", "cor1m", "cor3m", "dspx"),
)
STRATEGIES = (
    *("bxm", "bxmd", "bxy", "put", "puty", "pput", "cndr", "bfly", "cll", "cllz", "clls"),
    *("cmbo", "vxth", "vpd", "vpn", "spx", "sptr", "spxt"),
)
INDICES = frozenset((*VOLATILITY, *STRATEGIES))
"""Names by which a column or a bare file name is taken as an index."""

ALSO = {"gspc": "spx", "sp500": "spx", "vxv": "vix3m", "vxst": "vix9d", "vxmt": "vix6m"}
"""Other names of the same index."""

OHLC = ("open", "high", "low", "close")


def index_of(source: Source) -> str:
    """The index that the user names, else the file's name; raises where neither does."""
    said: str | None = source.hint("symbol")
    if said:
        return _ours(said)
    stem = re.sub(r"\.(csv|txt)$", "", source.name.lower())
    told = re.fullmatch(r"\^?([a-z0-9]+)_(?:history|daily)(?:_.*)?", stem)
    name = _ours(told.group(1) if told else stem)
    if told is None and name not in INDICES:
        raise StewardError(
            f"{source.shown}: neither the file nor its name says which index it is of; say it with "
            "--symbol VIX"
        )
    source.note(f"index {name}: from the file's name")
    return name


def _ours(name: str) -> str:
    plain = name.strip().lstrip("^").lower()
    return ALSO.get(plain, plain)


@dataclass(frozen=True, kw_only=True)
class BarsCsv(DatedCsvLayout):
    """Columns of one index and no others."""

    def recognise(self, head: Head) -> int:
        more = set(self.names(head)) - {*self.cells, *self.optional, *self.known}
        return 0 if more else CsvLayout.recognise(self, head)

    def read(self, source: Source) -> Iterator[Batch]:
        for batch in DatedCsvLayout.read(self, source):
            refuse_mixed_days(batch.set_aside, source)
            yield batch


def _bars(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    levels = [name for name in OHLC if name in frame.columns]
    return frame.select("line", *levels, session="date", series=pl.lit(index_of(source)))


def _known_column(names: Sequence[str]) -> bool:
    return len(names) == 2 and names[0] == "date" and _ours(names[1]) in INDICES


def _one_value(head: Head) -> int:
    """`DATE,VVIX`: by a name that is known, else by a day as Cboe writes it."""
    names = head.names
    if len(names) != 2 or names[0] != "date" or names[1] in ("close", "value", ""):
        return 0
    first = head.lines[1] if len(head.lines) > 1 else ""
    us = re.match(r'\s*"?\d{1,2}/\d{1,2}/\d{4}', first) is not None
    return 3 if us or _known_column(names) else 0


def _several(head: Head) -> int:
    names = head.names
    ours = [name for name in names[1:] if name in INDICES]
    return len(ours) if len(ours) > 1 and names[0] == "date" else 0


def _closes(frame: pl.DataFrame, _: Source) -> pl.DataFrame:
    return frame.select(
        "line",
        session="day",
        series=pl.col("series").replace(ALSO),
        close="value",
    )


LAYOUTS = (
    BarsCsv(
        name="index_bars",
        title="daily bars of an index, Cboe's VIX_History.csv and its copies",
        cells={"date": day(), **dict.fromkeys(OHLC, NUMBER)},
        known=("volume", "source", "adj close"),
        days={"date": (ISO, US)},
        rows=_bars,
        table="index",
    ),
    BarsCsv(
        name="index_closes",
        title="daily closes of an index",
        cells={"date": day(), "close": NUMBER},
        known=("source",),
        days={"date": (ISO, US)},
        rows=_bars,
        table="index",
    ),
    WideCsv(
        name="index_value",
        title="Cboe's history of one value a day, as VVIX_History.csv",
        table="index",
        header=("date", "vvix"),
        sure=_one_value,
        values=lambda names: names[1:],
        rows=_closes,
    ),
    WideCsv(
        name="index_wide",
        title="closes of several indices, a column each",
        table="index",
        header=("date", "vix", "vix3m", "vix9d", "vvix"),
        sure=_several,
        values=lambda names: [name for name in names if name in INDICES],
        rows=lambda frame, source: _closes(frame, source).drop_nulls("close"),
    ),
)
