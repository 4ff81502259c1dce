"""VX futures in tables that others made: by rank, the first eight months, the last month of each.

By rank (`vx1.parquet`): the settlement of the n-th contract and its calendar days to expiry; the
`close` there is the settlement again, so it is not read. On a settlement day rank 1 is the next
contract already.

The first eight months have the rank only. Rank n is the n-th monthly settlement day after the
session, but for five contracts of 2004 and 2005 whose author thought that they ended on the Monday:
on those two days the ranks stand one higher. (Checked against the contracts that he wrote down,
`vx_m1_m8_symbols`, which agree on every row; no other file is needed.) Its numbers are CFE's close,
not the settlement.

The last month of each contract ends with the final settlement; one settlement day there, that of
October 2013, is a Saturday, and so is that of its last row.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import polars as pl

from steward.market.vendors.columns import nothing_set_aside
from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, day
from steward.market.vendors.layout import Batch, CsvLayout, Table
from steward.market.vendors.source import Head, Source
from steward.market.vendors.vx_files import MONTH_LETTERS, RANKS, monthly_expiry
from steward.terms import calendar
from steward.terms.errors import StewardError

THOUGHT_TO_END = (
    date(2004, 4, 19),
    date(2004, 12, 20),
    date(2005, 4, 18),
    date(2005, 7, 18),
    date(2005, 9, 19),
)
"""Mondays before a settlement day on which the ranks of the eight months had moved already."""

LARGEST = 64 * 1024 * 1024
MOST_ROWS = 100_000
"""Sessions of four centuries: equal values pack a hundred million rows into kilobytes."""

DAMAGED = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What the reader of Parquet makes of a damaged file."""

BY_RANK = ("date", "days_to_expiry", "settle", "volume", "open_interest")


class ByRank:
    """See the module."""

    name = "vx_by_rank"
    title = "VX futures by rank (vx1.parquet)"
    table: Table = "vx"
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        ours = head.data.startswith(b"PAR1") and re.fullmatch(r"vx\d+\.parquet", head.name.lower())
        return 4 if ours else 0

    def read(self, source: Source) -> Iterator[Batch]:
        with source.open() as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise StewardError(
                f"{source.shown}: over {LARGEST:,} bytes; this is no file of VX ranks"
            )
        try:
            frame = pl.read_parquet(io.BytesIO(data), columns=list(BY_RANK), n_rows=MOST_ROWS + 1)
            session = pl.col("date").cast(pl.Date)
            rows = frame.with_row_index("line", offset=1).select(
                pl.col("line").cast(pl.Int64),
                session=session,
                expiry=session + pl.duration(days="days_to_expiry"),
                settle=pl.col("settle").cast(pl.Float64),
                volume=pl.col("volume").cast(pl.Int64),
                open_interest=pl.col("open_interest").cast(pl.Int64),
                label_given=pl.lit(source.name.split(".")[0].upper()),
                symbol=pl.lit("VX"),
            )
        except DAMAGED as error:
            raise StewardError(
                f"{source.shown}: not a Parquet file with the columns {', '.join(BY_RANK)} "
                f"({str(error).splitlines()[0][:120]}); bring the file again or take it out"
            ) from error
        if frame.height > MOST_ROWS:
            raise StewardError(f"{source.shown}: over {MOST_ROWS:,} rows; a row is a session")
        source.note("settlement days: the session and the days to expiry")
        yield Batch(rows=rows, set_aside=nothing_set_aside(), read=rows.height)


class EightMonths(CsvLayout):
    """Closes by rank, without their contracts."""

    def recognise(self, head: Head) -> int:
        return CsvLayout.recognise(self, head) if _cells_are_numbers(head) else 0


def _cells_are_numbers(head: Head) -> bool:
    """Whether the ranks hold prices, not the names of contracts."""
    record = head.lines[1] if len(head.lines) > 1 else ""
    cells = [cell.strip().strip('"') for cell in record.split(",")[2:]]
    return all(re.fullmatch(r"NA|\d+(\.\d+)?", cell) for cell in cells)


def _by_rank(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    names = [name.lower() for name in RANKS]
    long = frame.unpivot(names, index=["line", "date"], variable_name="rank", value_name="close")
    long = long.filter(pl.col("close").is_not_null())
    days = frame["date"].unique().sort()
    months = pl.DataFrame(
        [
            {"date": on, "rank": rank, "expiry": expiry}
            for on in days.filter(days.is_between(calendar.FIRST_DAY, calendar.LAST_DAY))
            for rank, expiry in zip(names, _contracts(on, len(names)), strict=True)
        ],
        schema={"date": pl.Date, "rank": pl.String, "expiry": pl.Date},
    )
    source.note("settlement days: the n-th monthly one after the session is that of rank n")
    return (
        long.join(months, on=["date", "rank"], how="left")
        .sort("line", "rank")
        .select(
            "line",
            "expiry",
            "close",
            session="date",
            label_given=pl.col("rank").str.to_uppercase(),
            symbol=pl.lit("VX"),
        )
    )


def _contracts(on: date, ranks: int) -> Sequence[date | None]:
    """Settlement days by rank, as the author of the eight months counted them."""
    early = any(monday <= on <= monday + timedelta(days=1) for monday in THOUGHT_TO_END)
    days = [monthly_expiry(*month) for month in calendar.months_from(on, ranks + 2)]
    alive = [one for one in days if one is None or one > on]
    return alive[early : early + ranks]


def _last_months(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Rows of each contract's last month; its own day by the calendar where the file's is none."""
    listed = pl.col("expiry").is_between(calendar.FIRST_DAY, calendar.LAST_DAY)
    frame = frame.with_columns(expiry=pl.when(listed).then(pl.col("expiry")))
    labels = frame.select("contract", "expiry").drop_nulls().unique(maintain_order=True)
    true = [monthly_expiry(one.year, one.month) or one for one in labels["expiry"]]
    labels = labels.with_columns(true=pl.Series(true, dtype=pl.Date))
    for contract, said, ours in labels.filter(pl.col("expiry") != pl.col("true")).iter_rows():
        source.note(f"{contract}: its settlement day {said} is none: {ours}, that of the month")
    wrong = labels.filter(~pl.col("contract").is_in(_codes(labels)))
    if wrong.height:
        contract, said, _ = wrong.row(0)
        raise StewardError(
            f"{source.shown}, column contract: {contract!r} settles in the month of {said}, which "
            "is another contract's; correct its rows or take them out"
        )
    frame = frame.join(labels, on=["contract", "expiry"], how="left", maintain_order="left")
    levels = ("open", "high", "low", "close", "settle")
    return frame.select(
        "line",
        *(pl.col(name).round(4) for name in levels),
        pl.col("volume").cast(pl.Int64, strict=False),
        session=pl.when(pl.col("date") == pl.col("expiry")).then("true").otherwise("date"),
        expiry="true",
        label_given="contract",
        symbol=pl.lit("VX"),
    )


def _codes(labels: pl.DataFrame) -> Sequence[str]:
    """Contracts whose code (UXK04, UXN1) is that of their settlement month."""
    good = []
    for contract, said, _ in labels.iter_rows():
        letter, year = MONTH_LETTERS[said.month - 1], f"{said.year % 100:02d}"
        if re.fullmatch(rf"UX{letter}({year}|{year[1]})", contract):
            good.append(contract)
    return good


LAYOUTS = (
    ByRank(),
    EightMonths(
        name="vx_eight_months",
        title="closes of the first eight VX futures",
        cells={"date": day(), **dict.fromkeys((rank.lower() for rank in RANKS), NUMBER)},
        known=("",),
        rows=_by_rank,
        table="vx",
    ),
    CsvLayout(
        name="vx_last_months",
        title="the last month of each VX future, with its final settlement",
        cells={
            "contract": NEEDED_TEXT,
            "expiry": day(),
            "date": day(),
            **dict.fromkeys(("open", "high", "low", "close", "settle", "volume"), NUMBER),
        },
        rows=_last_months,
        table="vx",
    ),
)
