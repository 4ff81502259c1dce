"""Days of events: releases of CPI, decisions of the Fed, sessions of the exchange, a list of news.

A scheduled decision counts as public a year ahead (a default, not a record), another one on its
day. Before 1994 the Fed announced nothing: days of then are days of market action.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import moment_utc
from steward.market.vendors.csv_stream import NEEDED_TEXT, NUMBER, TEXT, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source

KNOWN_AHEAD = "-1y"


def _known_from(scheduled: pl.Expr, on: str) -> pl.Expr:
    return (
        pl.when(scheduled)
        .then(pl.col(on).dt.offset_by(KNOWN_AHEAD))
        .when(~scheduled)
        .then(pl.col(on))
    )


def _cpi(frame: pl.DataFrame, _: Source) -> pl.DataFrame:
    clock = pl.concat_str(pl.col("release_date").cast(pl.String), "release_time_et", separator=" ")
    return frame.select(
        "line",
        event=pl.lit("cpi"),
        day="release_date",
        moment=moment_utc(clock, "%Y-%m-%d %H:%M"),
        period=(pl.col("reference_month") + "-01").str.to_date("%Y-%m-%d", strict=False),
        scheduled=pl.lit(True),
    )


def _fomc(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    source.note("scheduled decisions: taken as public a year ahead")
    scheduled = pl.col("scheduled").replace_strict(
        {"true": True, "cancelled": True, "false": False}, default=None, return_dtype=pl.Boolean
    )
    cancelled = pl.col("scheduled") == "cancelled"
    return frame.select(
        "line",
        event=pl.when(cancelled).then(pl.lit("fomc_cancelled")).otherwise(pl.lit("fomc")),
        day="date_end",
        scheduled=scheduled,
        known_from=_known_from(scheduled, "date_end"),
        detail="source",
    )


def _announcements(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    source.note("scheduled decisions: taken as public a year ahead")
    scheduled = (
        pl.when(pl.col("scheduled") == 1.0)
        .then(pl.lit(True))
        .when(pl.col("unscheduled") == 1.0)
        .then(pl.lit(False))
    )
    return frame.select(
        "line",
        event=pl.lit("fomc"),
        day="date",
        scheduled=scheduled,
        known_from=_known_from(scheduled, "date"),
        detail="announcement_type",
    )


def _sessions(frame: pl.DataFrame, _: Source) -> pl.DataFrame:
    clock = pl.concat_str(pl.col("session").cast(pl.String), "close_time_et", separator=" ")
    return frame.select(
        "line",
        event=pl.lit("session"),
        day="session",
        moment=moment_utc(clock, "%Y-%m-%d %H:%M"),
        scheduled=pl.lit(True),
        detail=pl.when(pl.col("early_close") == 1.0).then(pl.lit("early close")),
    )


def _news(frame: pl.DataFrame, _: Source) -> pl.DataFrame:
    moment = moment_utc(pl.col("timestamp_utc"), "%Y-%m-%dT%H:%M:%SZ", "UTC")
    return frame.select(
        "line",
        "event",
        day=moment.dt.convert_time_zone("America/New_York").dt.date(),
        moment=moment,
    )


LAYOUTS = (
    CsvLayout(
        name="cpi_releases",
        title="release days of CPI",
        cells={
            "release_date": day(),
            "reference_month": NEEDED_TEXT,
            "release_time_et": NEEDED_TEXT,
        },
        rows=_cpi,
        table="calendar",
    ),
    CsvLayout(
        name="fomc",
        title="decisions of the FOMC",
        cells={"date_start": day(), "date_end": day(), "scheduled": NEEDED_TEXT, "source": TEXT},
        rows=_fomc,
        table="calendar",
    ),
    CsvLayout(
        name="fomc_announcements",
        title="announcements of the FOMC before 2004",
        cells={
            "date": day(),
            "announcement_type": TEXT,
            "scheduled": NUMBER,
            "unscheduled": NUMBER,
        },
        rows=_announcements,
        table="calendar",
    ),
    CsvLayout(
        name="sessions",
        title="sessions of the exchange",
        cells={"session": day(), "close_time_et": NEEDED_TEXT, "early_close": NUMBER},
        rows=_sessions,
        table="calendar",
    ),
    CsvLayout(
        name="news_calendar",
        title="economic events by minute",
        cells={"timestamp_utc": NEEDED_TEXT, "event": NEEDED_TEXT},
        rows=_news,
        table="calendar",
    ),
)
