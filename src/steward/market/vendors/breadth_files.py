"""Advances and declines from the `breadth/` part of a data folder."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from steward.market.history import Series
from steward.market.vendors.clock import series, whole_clock
from steward.market.vendors.csv_file import NUMBER, day
from steward.market.vendors.daily import Ward, on_sessions
from steward.market.vendors.given import Given
from steward.terms import calendar

FILE = "breadth/sp500_breadth_derived_daily.csv"
NAMES = ("advances", "declines")
DAILY_AGE = 7

NOTE = (
    "Breadth: derived from the S&P 500 members of each day that still have a price, so it has "
    "survivorship (about 37 % of members priced in 1996, 65 % in 2010, 96 % in 2026): ratios are "
    "used, never counts."
)


def breadth(given: Given, ward: Ward) -> Iterator[Series]:
    """Both series when the folder has the file; known at the close of the session."""
    source = given.sheet(FILE, {"date": day(), **dict.fromkeys(NAMES, NUMBER)})
    if source is None:
        return
    frame = source.frame.rename({"date": "day"})
    frame = on_sessions(frame, source, ward)
    counted = frame.filter(
        pl.all_horizontal(pl.col(name).is_not_null() & (pl.col(name) >= 0.0) for name in NAMES)
        & (pl.sum_horizontal(NAMES) > 0.0)
    )
    ward.count(source.name, "a session without a count", frame.height - counted.height)
    ours = counted.filter(pl.col("day") >= calendar.FIRST_DAY)
    ward.count(source.name, "before 1990: not believed", counted.height - ours.height)
    period = ours["day"].to_numpy().astype("datetime64[D]")
    for name in NAMES:
        made = series(
            name=name,
            unit="members of the S&P 500 with a price",
            period=period,
            value=ours[name].to_numpy().astype(np.float64),
            known_at=whole_clock().at_session(period),
            max_age_days=DAILY_AGE,
            lagged=False,
            source=f"{source.name}: {name}, known at the close of its session",
        )
        if made is not None:
            yield made
