"""FRED and ALFRED: files with a column a series, and the JSON of the observations' interface.

`observation_date,VIXCLS` (was `DATE,VIXCLS`), `.` or nothing where there is no value. The JSON has
the day from which each value stood (`realtime_start`): with all vintages of a series, the first one
of each period is what was known. Without vintages a value counts as known a fixed time after its
period (`macro_files.lagged`), and where no lag is known, never. The JSON does not name its series:
that is the file's name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from steward.market.vendors import macro_files
from steward.market.vendors.clock import RELEASE, Moments, moments_of, utc
from steward.market.vendors.columns import whole_text
from steward.market.vendors.csv_stream import MISSING, as_day
from steward.market.vendors.layout import Batch, Table
from steward.market.vendors.series.index_csv import INDICES, OHLC
from steward.market.vendors.source import Head, Source
from steward.market.vendors.wide_csv import ISO, WideCsv
from steward.terms.errors import StewardError

LARGEST = 256 * 1024 * 1024
"""Bytes of a JSON file; all vintages of a daily series are a tenth of it."""

NAME = r"[A-Z][A-Z0-9_]+"
DAYS = ("date", "observation_date")
DAY = np.timedelta64(24 * 60, "m")


def _sure(head: Head) -> int:
    """Names as FRED has them: capitals, in a first column of days."""
    if not head.lines:
        return 0
    raw = [name.strip().strip('"') for name in head.lines[0].split(",")]
    names = head.names
    ours = names[0] in DAYS and len(names) > 1 and all(re.fullmatch(NAME, n) for n in raw[1:])
    if not ours or set(names) & {*OHLC, *INDICES} or not _numbers(head):
        return 0
    return 2 + sum(macro_files.is_known(name) for name in raw[1:]) + (names[0] == DAYS[1])


def _numbers(head: Head) -> bool:
    """Whether the first record has numbers, or nothing, beside its day."""
    record = head.lines[1] if len(head.lines) > 1 else ""
    cells = [cell.strip().strip('"') for cell in record.split(",")[1:]]
    return all(cell in MISSING or re.fullmatch(r"-?\d*\.?\d+(e[+-]?\d+)?", cell) for cell in cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class FredCsv:
    """Some series of FRED, lagged."""

    csv: WideCsv
    table: Table = "macro"

    @property
    def name(self) -> str:
        return self.csv.name

    @property
    def title(self) -> str:
        return self.csv.title

    @property
    def header(self) -> Sequence[str]:
        return self.csv.header

    def recognise(self, head: Head) -> int:
        return self.csv.recognise(head)

    def read(self, source: Source) -> Iterator[Batch]:
        batches = list(self.csv.read(source))
        if batches:
            yield Batch(
                rows=lagged_rows(pl.concat([batch.rows for batch in batches]), source),
                set_aside=pl.concat([batch.set_aside for batch in batches]),
                read=sum(batch.read for batch in batches),
            )


def lagged_rows(frame: pl.DataFrame, source: Source, lag_days: int | None = None) -> pl.DataFrame:
    """Rows of `line`, `day`, `series`, `value` as those of the table macro, known after a lag.

    Rows without a value are no rows in a file of days; in one of months they are months that were
    never published, from the first value of a series to its last.
    lag_days  of all series, where the layout knows it
    """
    monthly = bool((frame["day"].dt.day() == 1).all())
    there = pl.when(pl.col("value").is_not_null()).then(pl.col("day"))
    inside = pl.col("day").is_between(there.min().over("series"), there.max().over("series"))
    frame = frame.filter(inside if monthly else pl.col("value").is_not_null())
    parts = []
    for (name,), rows in frame.group_by("series", maintain_order=True):
        period = rows["day"].to_numpy().astype("datetime64[D]")
        known_at = macro_files.lagged(str(name), period, lag_days=lag_days)
        if known_at is None:
            source.note(f"{name}: no release lag is known, so no run reads it")
            known_at = np.full(len(period), np.datetime64("NaT"), dtype="datetime64[m]")
        parts.append(
            rows.select(
                "line",
                "series",
                "value",
                period="day",
                unit=pl.lit(macro_files.unit_of(str(name)), dtype=pl.String),
                basis=pl.lit("lagged"),
            ).with_columns(known_at=utc(known_at))
        )
    return pl.concat(parts) if parts else _none()


def _none() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "line": pl.Int64(),
            "series": pl.String(),
            "value": pl.Float64(),
            "period": pl.Date(),
            "unit": pl.String(),
            "basis": pl.String(),
            "known_at": pl.Datetime("us", "UTC"),
        }
    )


class FredJson:
    """Observations of one series as FRED's interface gives them."""

    name = "fred_json"
    title = "FRED and ALFRED observations in JSON"
    table: Table = "macro"
    header: Sequence[str] = ()

    def recognise(self, head: Head) -> int:
        start = head.data[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
        return 3 if start.startswith(b"{") and b'"observations"' in head.data else 0

    def read(self, source: Source) -> Iterator[Batch]:
        frame, vintages = _observations(source)
        name = _series_of(source)
        frame = frame.with_columns(series=pl.lit(name))
        bad = frame.filter(
            pl.col("day").is_null()
            | pl.col("from").is_null()
            | (pl.col("value").is_null() & (pl.col("text") != "."))
        )
        frame = frame.join(bad.select("line"), on="line", how="anti")
        later = frame.clear()
        if vintages:
            source.note(f"{name}: of {frame.height} vintages the first one of each period")
            rows = _vintage_rows(frame)
            later = frame.join(rows.select("line"), on="line", how="anti")
        else:
            rows = lagged_rows(frame.select("line", "day", "series", "value"), source)
        yield Batch(
            rows=rows,
            set_aside=pl.concat(
                [
                    _aside(bad, "no day, no vintage or no number"),
                    _aside(later, "a later vintage, or none yet: the first one is what was known"),
                ]
            ),
            read=frame.height + bad.height,
        )


def _aside(frame: pl.DataFrame, reason: str) -> pl.DataFrame:
    shown = pl.concat_str("date", "text", separator=" ", ignore_nulls=True)
    return frame.select("line", reason=pl.lit(reason), row=shown)


def _observations(source: Source) -> tuple[pl.DataFrame, bool]:
    """line, date, text, day, from, value; and whether the file holds vintages."""
    with source.open() as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise StewardError(f"{source.shown}: over {LARGEST:,} bytes; ask for one series a file")
    try:
        said = json.loads(data)
        found = said["observations"]
        columns = {
            key: [None if one.get(key) is None else whole_text(str(one.get(key))) for one in found]
            for key in ("date", "value", "realtime_start")
        }
        whole = str(said["realtime_start"]) != str(said["realtime_end"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise StewardError(
            f"{source.shown}: is not FRED's JSON of observations ({type(error).__name__}: "
            f"{str(error)[:80]}); ask for it again with file_type=json"
        ) from error
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())).select(
        "date",
        text=pl.col("value").str.strip_chars(),
        day=as_day(pl.col("date")),
        start=as_day(pl.col("realtime_start")),
    )
    value = pl.col("text").cast(pl.Float64, strict=False)
    frame = frame.rename({"start": "from"}).with_columns(
        line=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        value=pl.when(value.is_finite()).then(value),
    )
    return frame, whole


def _series_of(source: Source) -> str:
    said: str | None = source.hint("symbol")
    if said:
        return said.upper()
    stem = source.name.rsplit(".", 1)[0]
    if not re.fullmatch(NAME, stem):
        raise StewardError(
            f"{source.shown}: FRED's JSON does not name its series; name the file after it "
            "(CPIAUCNS.json), or say it with --symbol CPIAUCNS"
        )
    source.note(f"series {stem}: from the file's name")
    return stem


def _vintage_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """The first value of each period, known on the day from which it stood."""
    first = (
        frame.filter(pl.col("value").is_not_null())
        .sort("day", "from", "line")
        .unique("day", keep="first", maintain_order=True)
    )
    name = first["series"][0] if first.height else ""
    start: Moments = first["from"].to_numpy().astype("datetime64[m]")
    known = utc(np.add(start, RELEASE))
    if macro_files.is_daily(name):  # in the evening; one dated on a closed day the next midnight
        known = moments_of(first["from"]).fill_null(utc(np.add(start, DAY)))
    return first.select(
        "line",
        "series",
        "value",
        period="day",
        unit=pl.lit(macro_files.unit_of(name), dtype=pl.String),
        basis=pl.lit("vintage"),
    ).with_columns(known_at=known)


SHILLER = ("cape", "pe_trailing")


def _shiller(head: Head) -> int:
    names = head.names
    return len(names) if names[:1] == ("date",) and set(SHILLER) <= set(names) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShillerCsv(FredCsv):
    """Valuation of the S&P 500 by month; a 0 is no value, earnings come late."""

    def read(self, source: Source) -> Iterator[Batch]:
        for batch in self.csv.read(source):
            zero = int((batch.rows["value"] == 0.0).sum())
            if zero:
                source.note(f"{zero} values of 0: unknown")
            rows = batch.rows.with_columns(
                pl.when(pl.col("value") != 0.0).then(pl.col("value")).alias("value")
            )
            lag = macro_files.VALUATION_LAG
            yield Batch(
                rows=lagged_rows(rows, source, lag_days=lag),
                set_aside=batch.set_aside,
                read=batch.read,
            )


LAYOUTS = (
    FredCsv(
        csv=WideCsv(
            name="fred",
            title="FRED, a column a series",
            table="macro",
            header=("observation_date", "dtb3"),
            sure=_sure,
            values=lambda names: names[1:],
            rows=lambda frame, _: frame.with_columns(pl.col("series").str.to_uppercase()),
            formats=(ISO,),
        )
    ),
    ShillerCsv(
        csv=WideCsv(
            name="shiller",
            title="monthly valuation of the S&P 500 after Shiller",
            table="macro",
            header=("date", *SHILLER),
            sure=_shiller,
            values=lambda names: names[1:],
            rows=lambda frame, _: frame,
            formats=(ISO,),
        )
    ),
    FredJson(),
)
