"""Files of a store that say different things of the same quote: which, how often, who is taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from steward.intake.quality_tables import Contradiction, Side
from steward.market.store import SYMBOLS, Store
from steward.market.tables import QUOTE_KEY

Apart = Mapping[tuple[str, str], pl.DataFrame]
"""`Store.contradictions` by symbol and month, where there are some."""


def contradicted(store: Store) -> Apart:
    """Of every month of the store; months with one file cost nothing."""
    found = {
        (symbol, month): store.contradictions(symbol, month)
        for symbol in SYMBOLS
        for month in store.months(symbol)
    }
    return {key: frame for key, frame in found.items() if frame.height}


def told(store: Store, apart: Apart) -> tuple[Contradiction, ...]:
    """One a symbol, month and pair of files."""
    sides = {r.source: Side(name=r.name, layout=r.layout, source=r.source) for r in store.records}
    count = (pl.len(), pl.col("session").n_unique().alias("sessions"))
    return tuple(
        Contradiction(
            symbol=symbol,
            month=month,
            quotes=quotes,
            sessions=sessions,
            taken=sides[taken],
            other=sides[other],
        )
        for (symbol, month), frame in apart.items()
        for taken, other, quotes, sessions in frame.group_by("taken", "other")
        .agg(*count)
        .sort("taken", "other")
        .iter_rows()
    )


def by_session(apart: Apart, symbol: str, month: str) -> Mapping[tuple[str, date], int]:
    """Quotes of a month that another file says otherwise, by snapshot and session."""
    frame = apart.get((symbol, month))
    if frame is None:
        return {}
    counts = frame.unique(QUOTE_KEY).group_by("snapshot", "session").len()
    return {(snapshot, day): n for snapshot, day, n in counts.iter_rows()}
