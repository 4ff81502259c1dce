"""CSV files with a day and one column a series: FRED's, closes of several indices, adjusted prices.

Their columns are data, so the layout is made of the header that a file has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from steward.market.vendors.csv_stream import NUMBER, day
from steward.market.vendors.day_formats import DatedCsvLayout
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

ISO, US = "%Y-%m-%d", "%m/%d/%Y"


@dataclass(frozen=True, slots=True, kw_only=True)
class WideCsv:
    """A day in one column, numbers in the others.

    sure     how sure a head is ours, as `Layout.recognise`
    values   the columns that are series, of all cleaned names
    rows     a frame of `line`, `day`, `series` (the cleaned name), `value` → columns of the table
    formats  of the day; which one a file has is read off its first record
    """

    name: str
    title: str
    table: Table
    header: Sequence[str]
    sure: Callable[[Head], int]
    values: Callable[[Sequence[str]], Sequence[str]]
    rows: Callable[[pl.DataFrame, Source], pl.DataFrame]
    formats: Sequence[str] = (ISO, US)

    def recognise(self, head: Head) -> int:
        return self.sure(head)

    def read(self, source: Source) -> Iterator[Batch]:
        names = source.head.names
        values = list(self.values(names))

        def long(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
            rows = frame.rename({names[0]: "day"}).unpivot(
                values, index=["line", "day"], variable_name="series", value_name="value"
            )
            return self.rows(rows, source)

        csv = DatedCsvLayout(
            name=self.name,
            title=self.title,
            cells={names[0]: day(), **dict.fromkeys(values, NUMBER)},
            days={names[0]: self.formats},
            rows=long,
            table=self.table,
        )
        for batch in csv.read(source):
            refuse_mixed_days(batch.set_aside, source)
            yield batch


def refuse_mixed_days(set_aside: pl.DataFrame, source: Source) -> None:
    """Raises StewardError where a day of a file of American days is none.

    Such a file may be one of days before months, of which every row up to the 12th would read.
    """
    odd = set_aside.filter(pl.col("reason").str.contains(f"is not a day like {US}", literal=True))
    if odd.height:
        line, row = odd.select("line", "row").row(0)
        raise StewardError(
            f"{source.shown}, line {line}: {row!r} has no day like 12/31/2018, as the file's first "
            "row has; correct it, or write all days as 2018-12-31"
        )
