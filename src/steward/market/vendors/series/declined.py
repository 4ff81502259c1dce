"""Files that are known and not imported, each with one sentence why and what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source
from steward.terms.errors import StewardError

RANKS = tuple(f"m{rank}" for rank in range(1, 9))
DAYS = tuple(f"v{rank}" for rank in range(1, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A file with these columns (or of this name), and why it is not imported."""

    name: str
    title: str
    why: str
    header: Sequence[str] = ()
    named: str = ""
    begins: bytes = b""
    table: Table = "calendar"

    def recognise(self, head: Head) -> int:
        if self.named:
            ours = re.search(self.named, head.name.lower()) is not None
            return 2 if ours and head.data.startswith(self.begins) else 0
        return len(self.header) if set(self.header) <= set(head.names) else 0

    def read(self, source: Source) -> Iterator[Batch]:
        raise StewardError(f"{source.shown}: {self.why}")


LAYOUTS = (
    Declined(
        name="vx_contracts_by_rank",
        title="which VX futures the first eight months are (not imported)",
        header=("date", *RANKS),
        why=(
            "says which VX futures the first eight months are and holds no price; bring "
            "vx_m1_m8_close_2004_2017.csv, whose contracts are counted by the calendar"
        ),
    ),
    Declined(
        name="vx_days_by_rank",
        title="settlement days of the first eight VX futures (not imported)",
        header=("date", *DAYS),
        why=(
            "holds no price, and some of its settlement days are none (2004-04-19, 2017-04-20); "
            "bring vx_m1_m8_close_2004_2017.csv, whose contracts are counted by the calendar"
        ),
    ),
    Declined(
        name="workbook",
        title="a workbook (not imported)",
        named=r"\.xlsx?$",
        begins=b"PK",
        why="is a workbook; save its sheet as CSV and import that",
    ),
    Declined(
        name="index_intraday",
        title="bars of an index within the day (not imported)",
        header=("bar_start_utc", "open", "high", "low", "close"),
        why=(
            "holds bars within the day, and a run knows an index at the close of a session only; "
            "bring its daily bars"
        ),
    ),
    Declined(
        name="fred_md",
        title="a vintage of FRED-MD (not imported)",
        header=("sasdate",),
        why=(
            "is one vintage of all months, whose early values are revised ones that nobody knew "
            "then; bring the series from ALFRED, with all their vintages"
        ),
    ),
    Declined(
        name="company_valuation",
        title="valuation of companies on some days (not imported)",
        header=("snapshot_date", "symbol", "pe", "pb"),
        why=(
            "values companies on a few days, years apart, of which no series can be made; bring a "
            "monthly one, as Shiller's"
        ),
    ),
    Declined(
        name="sector_valuation",
        title="valuation of sectors on some days (not imported)",
        header=("snapshot_date", "gics_sector", "pe_median"),
        why=(
            "values sectors on a few days, years apart, of which no series can be made; bring a "
            "monthly one, as Shiller's"
        ),
    ),
    Declined(
        name="company_fundamentals",
        title="yearly figures of companies (not imported)",
        header=("ticker", "period_ending", "fiscal_year"),
        why=(
            "holds yearly figures of companies without the day of their publication, so that no "
            "run could tell when they were known; leave it out"
        ),
    ),
)
