"""What a chain is held against: the published VIX, and interest, of a data folder or the store."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.history import Bars, History, Series
from steward.market.paths.marker import refuse_beside_quotes
from steward.market.store import Store
from steward.market.store_folder import is_store
from steward.market.vendors.clock import whole_clock
from steward.market.vendors.data_folder import folder_history
from steward.pricing.rates import CURVE, SINGLES, RateTable
from steward.terms.errors import StewardError

RATES = (*(name for name, _ in CURVE), *SINGLES)
RATE_AGE_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """`published`: closes of VIX, index points. Sources in words; None where there is none."""

    published: Mapping[date, float]
    vix_source: str | None
    rates: RateTable | None
    rows: Mapping[date, int]  # of a session in the table of rates
    rate_source: str | None

    def discount(self, session: date) -> Callable[[float], float] | None:
        """Value at the session's close of 1 paid after so many years; None: no rate is known."""
        rates, row = self.rates, self.rows.get(session)
        if rates is None or row is None:
            return None
        try:
            rates.zero_rate(row, 0.25)
        except StewardError:
            return None
        return lambda years: math.exp(-rates.zero_rate(row, years) * years)

    def unpublished(self, session: date) -> str:
        """Why there is no published value of a session."""
        if self.vix_source is None:
            return "no published VIX: import its daily file, or name a folder with --data"
        return f"{self.vix_source} has no VIX of that session"


def references(store: Store, data: Path | None) -> References:
    """Of the data folder or the other store at `data`; without one of the store's own tables.

    Raises StewardError for a folder that is none, and for one without daily series.
    """
    own = "the store"
    if data is not None and is_store(data):
        store, own = Store(data), "the store of --data"
    published = _published(store)
    vix_source = own if published else None
    if data is not None and not is_store(data):
        refuse_beside_quotes(data, "--data")
        own = "the data folder"
        history = folder_history(data)
        levels = zip(history.sessions, history.vix.close.tolist(), strict=True)
        published = {day: level for day, level in levels if math.isfinite(level)}
        vix_source = own
    else:
        history = _of_store(store)
    with_rates = any(name in history.series for name in RATES)
    return References(
        published=published,
        vix_source=vix_source,
        rates=RateTable(history) if with_rates else None,
        rows={day: row for row, day in enumerate(history.sessions)} if with_rates else {},
        rate_source=own if with_rates else None,
    )


def _published(store: Store) -> Mapping[date, float]:
    rows = store.rows("index") if store.of_table("index") else None
    if rows is None:
        return {}
    own = rows.filter(pl.col("series").str.to_lowercase() == "vix", pl.col("close").is_not_null())
    own = own.unique("session", keep="first", maintain_order=True)
    return dict(zip(own["session"].to_list(), own["close"].to_list(), strict=True))


def _of_series(macro: pl.DataFrame, name: str) -> pl.DataFrame:
    """The known values of one series, a period once: the first file by layout and source stands."""
    own = macro.filter(
        pl.col("series").str.to_lowercase() == name,
        pl.col("value").is_not_null(),
        pl.col("known_at").is_not_null(),
    )
    return own.unique("period", keep="first", maintain_order=True).sort("period")


def _of_store(store: Store) -> History:
    """A history of nothing but the store's interest rates, over the whole calendar."""
    clock = whole_clock()
    found: dict[str, Series] = {}
    macro = store.rows("macro") if store.of_table("macro") else None
    for name in RATES:
        if macro is None:
            break
        rows = _of_series(macro, name)
        if rows.height:
            known_at = rows["known_at"].dt.replace_time_zone(None).to_numpy()
            found[name] = Series(
                name=name,
                unit="percent",
                period=rows["period"].to_numpy().astype("datetime64[D]"),
                value=rows["value"].to_numpy(),
                known_at=np.maximum.accumulate(known_at.astype("datetime64[m]")),
                max_age_days=RATE_AGE_DAYS,
                lagged=False,
                source="the store",
            )
    empty = np.full(len(clock.sessions), math.nan)
    bars = Bars(open=empty, high=empty, low=empty, close=empty)
    return History(
        label="the store",
        sessions=tuple(clock.sessions.tolist()),
        moments=clock.moments,
        spx=bars,
        vix=bars,
        spx_before=np.empty(0),
        spx_before_days=(),
        series=found,
        futures=None,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )
