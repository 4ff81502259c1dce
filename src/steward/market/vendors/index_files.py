"""Indices from the `index/` part of a data folder: SPX and VIX as bars, the others as closes.

A close is known at the decision moment of its own session. A file of later closes (the tail) goes
on where a daily file ends; where both have a day, the daily file stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from steward.market.history import Series
from steward.market.settlements import SPX_OPEN_FROM
from steward.market.vendors.clock import series, whole_clock
from steward.market.vendors.csv_file import NUMBER, day
from steward.market.vendors.daily import OHLC, Ward, believed, on_sessions, without_false_opens
from steward.market.vendors.given import Given, Sheet
from steward.terms import calendar

SPX = "index/spx_daily.csv"
VIX = "index/vix_daily.csv"
TAIL = "index/vol_index_closes_tail_2026-07_2026-08.csv"
BARS = {"date": day(), **dict.fromkeys(OHLC, NUMBER)}
CLOSES = {"date": day(), "close": NUMBER}

DAILY_AGE = 7

TAILED = ("vix", "vix3m", "vix9d", "vvix")
"""Columns of the tail file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index of which closes are read.

    begins  earlier values are not believed
    """

    name: str
    file: str
    begins: date = calendar.FIRST_DAY


INDICES = (
    Index(name="vix9d", file="index/vix9d_daily.csv"),
    Index(name="vix3m", file="index/vix3m_daily.csv"),
    Index(name="vix6m", file="index/vix6m_daily.csv"),
    # Of 2006 59 sessions are missing, and the level falls to a quarter and back within weeks.
    Index(name="vvix", file="index/vvix_daily.csv", begins=date(2007, 1, 1)),
    Index(name="skew", file="index/skew_daily.csv"),
    Index(name="cor1m", file="index/cor1m_daily.csv"),
    Index(name="dspx", file="index/dspx_daily.csv"),
)

OPENS_NOTE = (
    "SPX: before 2014 an open that repeats the close before is unknown; AM-settled series settle "
    "by the close before until then, by the open from 2014 on, both flagged as proxies of SET."
)
VVIX_NOTE = "VVIX: from 2007 on; the few values of 2006 are not believed."
TAIL_NOTE = (
    "Tail: the last weeks of VIX, VIX3M, VIX9D and VVIX are closes of a second source, without "
    "open, high and low."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Indices:
    """What the folder has: bars as `daily.align` takes them, closes of the others, and notes."""

    spx: pl.DataFrame
    vix: pl.DataFrame
    closes: tuple[Series, ...]
    notes: tuple[str, ...]


def indices(given: Given, ward: Ward) -> Indices:
    """All indices of the folder.

    Raises StewardError when SPX or VIX is not there, and for a file that is not of this layout.
    """
    spx_file, vix_file = _needed(given, SPX), _needed(given, VIX)
    tails = _tails(given, ward)
    spx = believed(_bars(spx_file), spx_file, ward)
    spx = without_repeated_opens(spx, spx_file, ward)
    vix = without_false_opens(believed(_bars(vix_file), vix_file, ward), vix_file, ward)
    vix = _with_tail(vix, "vix", vix_file, tails, ward)
    closes, names = [], []
    for index in INDICES:
        source = given.sheet(index.file, CLOSES)
        if source is None:
            continue
        made = _closes(index, source, tails, ward)
        if made is not None:
            closes.append(made)
            names.append(index.name)
    notes = [OPENS_NOTE]
    notes += [VVIX_NOTE] if "vvix" in names else []
    notes += [TAIL_NOTE] if tails else []
    return Indices(
        spx=spx,
        vix=vix,
        closes=tuple(closes),
        notes=tuple(notes),
    )


def without_repeated_opens(frame: pl.DataFrame, source: Sheet, ward: Ward) -> pl.DataFrame:
    """SPX bars; before 2014 an open equal to the close of the row before is unknown."""
    ours = (pl.col("day") >= calendar.FIRST_DAY) & (pl.col("day") < SPX_OPEN_FROM)
    doubt = ours & (pl.col("open") == pl.col("close").shift(1))
    repeated = frame.select(doubt.fill_null(value=False)).to_series()
    ward.count(
        source.name,
        "an open before 2014 that repeats the close before: unknown",
        int(repeated.sum()),
    )
    return frame.with_columns(open=pl.when(repeated).then(None).otherwise(pl.col("open")))


def _needed(given: Given, name: str) -> Sheet:
    source = given.sheet(name, BARS)
    if source is None:
        raise given.lacking(name, f"{SPX} and {VIX}, both with the header {','.join(BARS)}")
    return source


def _bars(source: Sheet) -> pl.DataFrame:
    return source.frame.rename({"date": "day"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tail:
    source: Sheet
    closes: pl.DataFrame  # day, close


def _tails(given: Given, ward: Ward) -> Mapping[str, _Tail]:
    source = given.sheet(TAIL, {"date": day(), **dict.fromkeys(TAILED, NUMBER)})
    if source is None:
        return {}
    frame = source.frame.rename({"date": "day"})
    frame = on_sessions(frame, source, ward)
    return {
        name: _Tail(
            source=source,
            closes=believed(
                frame.select("day", pl.col(name).alias("close")), source, ward, levels=("close",)
            ),
        )
        for name in TAILED
    }


def _with_tail(
    frame: pl.DataFrame, name: str, source: Sheet, tails: Mapping[str, _Tail], ward: Ward
) -> pl.DataFrame:
    """The same rows and the later ones of the tail; levels other than the close are null there."""
    tail = tails.get(name)
    if tail is None or frame.is_empty():
        return frame
    last = frame["day"].max()
    later = tail.closes.filter(pl.col("day") > last)
    ward.count(
        tail.source.name,
        f"a day that {source.name} reaches too",
        tail.closes.height - later.height,
    )
    return pl.concat([frame, later], how="diagonal")


def _closes(index: Index, source: Sheet, tails: Mapping[str, _Tail], ward: Ward) -> Series | None:
    frame = source.frame.rename({"date": "day"})
    frame = believed(frame, source, ward, levels=("close",))
    early = int((frame["day"] < index.begins).sum())
    ward.count(source.name, f"before {index.begins.year}: not believed", early)
    frame = frame.filter(pl.col("day") >= index.begins)
    frame = _with_tail(frame, index.name, source, tails, ward)
    period = frame["day"].to_numpy().astype("datetime64[D]")
    tailed = f", then {TAIL}" if index.name in tails else ""
    return series(
        name=index.name,
        unit="index points",
        period=period,
        value=frame["close"].to_numpy().astype(np.float64),
        known_at=whole_clock().at_session(period),
        max_age_days=DAILY_AGE,
        lagged=False,
        source=f"{source.name}: close{tailed}, known at the close of its session",
    )
