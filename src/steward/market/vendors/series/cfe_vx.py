"""VX futures by contract: a file a contract as CFE serves it, and all contracts in one file.

    Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest

New files (`VX_2026-01-21.csv`) have ISO days, archive files (`CFE_F13_VX.csv`) American ones and,
from the contract of July 2013 on, a line with a legal notice above the header. The contract's
settlement day comes from its month (`F (Jan 2026)`), or from the file's name for a weekly. In the
file of all contracts `Futures` is the settlement day itself; see `vx_files` for its shifted labels.

Before 2007-03-26 prices are ten times those of today. A settlement of 0 is a placeholder
(2013-01-02 to 2013-07-19), 0 in another price means no trade, and the row of the settlement day
has only the final settlement, its high sometimes below its low.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from steward.market.vendors.csv_stream import (
    NEEDED_TEXT,
    NUMBER,
    day,
    header_names,
    stream_csv,
)
from steward.market.vendors.day_formats import SHAPES
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.source import Head, Source, day_in
from steward.market.vendors.vx_files import (
    MISSPELT,
    MONTH_LETTERS,
    monthly_expiry,
    settlement_days,
)
from steward.market.vendors.wide_csv import ISO, US, refuse_mixed_days
from steward.terms.errors import StewardError

COLUMNS = (
    *("trade date", "futures", "open", "high", "low", "close", "settle", "change"),
    *("total volume", "efp", "open interest"),
)
PRICES = ("open", "high", "low", "close", "settle")
PRODUCTS = ("VX", "VXM")
RESCALED = date(2007, 3, 26)
"""From here on VX is quoted as the index is; before, ten times as high."""

SCALED_FROM = 80.0
"""Index points: VX traded from 10 to 25 in those years, so prices above are ten times as high."""

FAR = 0.6
"""A price below 0.6 of all settlements about it, or above 1/0.6 of them, is a bad print.

On 2013-05-28 one file has 10.25 beside 20.10. The widest true range of a session, 2018-02-05, lies
between that day's settlement and the one before.
"""
NOTICE_LINES = 3


class CfeVx:
    """See the module."""

    name = "cfe_vx"
    title = "CFE VX futures by contract"
    table: Table = "vx"
    header: Sequence[str] = COLUMNS

    def recognise(self, head: Head) -> int:
        return len(COLUMNS) if _header_line(head) is not None else 0

    def read(self, source: Source) -> Iterator[Batch]:
        at = _header_line(source.head)
        if at is None:
            raise StewardError(
                f"{source.shown}: has no header {','.join(COLUMNS)}; download it again"
            )
        names = _names(source.head, at)
        cells = {
            "trade date": day(_day_format(source, names, at)),
            "futures": NEEDED_TEXT,
            **dict.fromkeys(COLUMNS[2:], NUMBER),
        }
        with source.open() as file:
            batches = list(
                stream_csv(file, shown=source.shown, names=names, cells=cells, skip_lines=at + 1)
            )
        if not batches:
            return
        frame = pl.concat([batch.frame for batch in batches])
        set_aside = pl.concat([batch.set_aside for batch in batches])
        refuse_mixed_days(set_aside, source)
        yield Batch(
            rows=_rows(frame, source), set_aside=set_aside, read=frame.height + set_aside.height
        )


def _header_line(head: Head) -> int | None:
    """Where the header is: the first line, or below a notice."""
    for at, line in enumerate(head.lines[:NOTICE_LINES]):
        if set(COLUMNS) <= set(header_names(line)):
            return at
    return None


def _names(head: Head, at: int) -> Sequence[str]:
    """The header's names, and one more where records end with a comma that it does not have."""
    names = header_names(head.lines[at])
    record = next((line for line in head.lines[at + 1 :] if line.strip()), "")
    trailing = record.rstrip().endswith(",") and record.count(",") == len(names)
    return (*names, "trailing") if trailing else names


def _day_format(source: Source, names: Sequence[str], at: int) -> str:
    record = next((line for line in source.head.lines[at + 1 :] if line.strip()), None)
    if record is None:
        return ISO
    parts = record.split(",")
    place = names.index("trade date")
    text = parts[place].strip() if place < len(parts) else ""
    for one in (ISO, US):
        if re.match(SHAPES[one], text):
            return one
    raise StewardError(
        f"{source.shown}, line {at + 2}, column trade date: {text!r} is neither a day like "
        "2018-02-14 nor one like 02/14/2018; bring the file as CFE serves it"
    )


def _rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    labels = frame["futures"].unique(maintain_order=True)
    expiries = pl.DataFrame({"futures": labels, "expiry": _expiries(labels, source)})
    frame = frame.join(expiries, on="futures", how="left", maintain_order="left").rename(
        {"trade date": "session", "futures": "label_given", "total volume": "volume"}
    )
    frame = frame.with_columns(
        pl.when(pl.col(name) > 0.0).then(pl.col(name)).alias(name) for name in PRICES
    )
    frame = _without_bad_prints(_on_scale(frame, source), source)
    counts = ("volume", "efp", "open interest")
    return frame.select(
        "line",
        "session",
        "expiry",
        "label_given",
        *PRICES,
        "change",
        *(pl.col(name).cast(pl.Int64, strict=False).name.replace(" ", "_") for name in counts),
        symbol=pl.lit(_product(source)),
    )


def _product(source: Source) -> str:
    """VX, or VXM (a tenth of it), by the file's name. Raises StewardError for another product."""
    found = re.search(r"CFE_[FGHJKMNQUVXZ]\d\d_([A-Z]+)|^([A-Z]+)_\d{4}-", source.name)
    product = (found.group(1) or found.group(2)) if found else "VX"
    if product not in PRODUCTS:
        raise StewardError(
            f"{source.shown}: its name says that it is of {product}; only futures on VIX are read "
            f"({', '.join(PRODUCTS)})"
        )
    return product


def _expiries(labels: pl.Series, source: Source) -> pl.Series:
    """The settlement day of each label."""
    if (labels.str.contains(r"^\d{4}-\d\d-\d\d$") | (labels == MISSPELT)).all():
        days = settlement_days(labels)
        bad = labels.filter(days.is_null())
        if len(bad):
            raise StewardError(
                f"{source.shown}, column Futures: {bad[0]!r} is not a day like 2018-02-14; correct "
                "it, or take its rows out"
            )
        moved = int((labels != days.cast(pl.String)).sum())
        if moved:
            source.warn(
                f"{moved} labels carry the day of the contract before: moved to the next month"
            )
        return days
    by_label = [_month_of(label) for label in labels]
    named = _named_day(source.name) if len(labels) == 1 else None
    return pl.Series(
        [
            _agreed(label, month, named, source)
            for label, month in zip(labels, by_label, strict=True)
        ],
        dtype=pl.Date,
    )


def _agreed(label: str, month: tuple[int, int] | None, named: date | None, source: Source) -> date:
    """One settlement day of what the label and the file's name say."""
    by_month = None if month is None else monthly_expiry(*month)
    if by_month is not None and named in (None, by_month):
        source.note("settlement days: from the month of each contract, by the calendar")
        return by_month
    if named is None:
        raise StewardError(
            f"{source.shown}, column Futures: {label!r} is not a month like F (Jan 2026), and the "
            "file's name has no settlement day; name it as CFE does, VX_2026-01-21.csv"
        )
    if month is not None and month != (named.year, named.month):
        raise StewardError(
            f"{source.shown}: the name says that the contract settles on {named}, its rows that it "
            f"is {label}; give the file its own name"
        )
    source.note(f"settlement day {named}: from the file's name")
    return named


def _month_of(label: str) -> tuple[int, int] | None:
    """Year and month of `K (May 07)` or `F (Jan 2026)`; None for another label."""
    found = re.fullmatch(r"([FGHJKMNQUVXZ]) \(([A-Z][a-z]{2}) (\d{2}|\d{4})\)", label.strip())
    if found is None:
        return None
    letter, name, year = found.groups()
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    if name not in months or MONTH_LETTERS[months.index(name)] != letter:
        return None
    return int(year) + (2000 if len(year) == 2 else 0), months.index(name) + 1


def _named_day(name: str) -> date | None:
    """The settlement day by the file's name: a day in it, or the month of CFE_F13_VX, VX_K2007."""
    day = day_in(re.sub(r"_[a-z]{3}\d_\d{4}", "", name))
    if day is not None:
        return day
    found = re.search(r"(?<![A-Z])([FGHJKMNQUVXZ])(20\d\d|\d\d)(?!\d)", name)
    if found is None:
        return None
    year = int(found.group(2))
    return monthly_expiry(
        year + (2000 if year < 100 else 0), MONTH_LETTERS.index(found.group(1)) + 1
    )


def _on_scale(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Prices before 2007-03-26 on today's scale. Raises StewardError where scales are mixed."""
    early = frame.filter(pl.col("session") < RESCALED)
    settled = early.filter(pl.col("settle").is_not_null())
    high = settled.filter(pl.col("settle") >= SCALED_FROM)
    low = settled.filter(pl.col("settle") < SCALED_FROM)
    if high.is_empty():
        return frame
    if low.height:
        line, value = low.select("line", "settle").row(0)
        raise StewardError(
            f"{source.shown}, line {line}, column Settle: {value:g} stands among prices ten times "
            "as high, as VX was quoted before 2007-03-26; bring the file as CFE serves it"
        )
    source.note("prices before 2007-03-26 were quoted ten times as high: on today's scale")
    early_row = pl.col("session") < RESCALED
    return frame.with_columns(
        pl.when(early_row).then((pl.col(n) / 10.0).round(4)).otherwise(pl.col(n)).alias(n)
        for n in (*PRICES, "change")
    )


def _without_bad_prints(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Prices that lie far from the settlements of the session and its neighbours are unknown."""
    frame = frame.sort("expiry", "session", "line")
    before = pl.col("settle").forward_fill().shift(1).over("expiry")
    after = pl.col("settle").backward_fill().shift(-1).over("expiry")
    frame = frame.with_columns(before=before, after=after)
    own = ("settle", "before")
    of_settle = ("close", "before", "after")
    found = {name: _far(name, own) for name in PRICES[:-1]} | {"settle": _far("settle", of_settle)}
    marks = frame.select(**found)
    for name in PRICES:
        lines = frame.filter(marks[name])["line"].sort()
        if len(lines):
            source.note(
                f"{name}: {len(lines)} far from the settlements about them, line {lines[0]} "
                "first: unknown"
            )
    crossed = frame.select(
        (pl.col("high") < pl.col("low")).fill_null(value=False) & ~marks["high"] & ~marks["low"]
    ).to_series()
    if crossed.any():
        source.note(f"{int(crossed.sum())} rows with the high below the low: both unknown")
    unknown = {name: marks[name] for name in PRICES}
    unknown |= {"high": marks["high"] | crossed, "low": marks["low"] | crossed}
    values = {
        name: frame[name].to_frame().select(pl.when(~bad).then(pl.col(name))).to_series()
        for name, bad in unknown.items()
    }
    return frame.with_columns(**values).drop("before", "after").sort("line")


def _far(name: str, others: Sequence[str]) -> pl.Expr:
    """Below all of the others, or above all of them, by more than `FAR`; two of them at least."""
    value = pl.col(name)
    low, high = pl.min_horizontal(others), pl.max_horizontal(others)
    known = pl.sum_horizontal(pl.col(n).is_not_null().cast(pl.Int64) for n in others) >= 2
    return ((value < low * FAR) | (value > high / FAR)).fill_null(value=False) & known


LAYOUT = CfeVx()
