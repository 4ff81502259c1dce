"""A store of rows written by hand, as an import leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from steward.market import store
from steward.market.records import ImportRecord, Part, digest
from steward.market.store import Store
from steward.market.store_folder import write_atomically
from steward.market.tables import QUOTE_KEY, QUOTES

DEFAULTS: Mapping[str, Any] = {
    "snapshot": "eod",
    "quality": "quoted",
    "root": "SPXW",
    "settlement": "PM",
    "settlement_source": "given",
    "underlying_kind": "index",
    "vendor": "by_hand",
    "line": 2,
}


def quote(session: date, expiry: date, right: str, strike: float, **more: Any) -> dict[str, Any]:
    """A row of `tables.QUOTES`; what is not said is the default or unknown."""
    moment = datetime(session.year, session.month, session.day, 21, 15, tzinfo=UTC)
    row = dict.fromkeys(QUOTES) | dict(DEFAULTS)
    row |= {"session": session, "expiry": expiry, "expiry_given": expiry}
    row |= {"right": right, "strike": strike, "bid": 1.0, "ask": 1.5}
    return row | {"moment": moment, "known_at": moment} | more


def stored(root: Path, files: Mapping[str, Sequence[Mapping[str, Any]]]) -> Store:
    """A store in which each file, by its source, holds these quotes of SPX; layouts by source."""
    store.create(root)
    for source, rows in files.items():
        frame = pl.DataFrame(rows, schema=dict(QUOTES)).with_columns(source=pl.lit(source))
        parts, sessions = [], dict[str, dict[str, int]]()
        months = frame.with_columns(month=pl.col("session").dt.strftime("%Y-%m"))
        for (month,), part in months.partition_by("month", as_dict=True).items():
            path = f"quotes/SPX/{month}/{source}.parquet"
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            kept = part.drop("month").sort(*QUOTE_KEY)
            kept.write_parquet(root / path)
            parts.append(Part(path=path, rows=kept.height, digest=digest(kept)))
        counts = frame.group_by("snapshot", "session").len().sort("snapshot", "session")
        for snapshot, day, n in counts.iter_rows():
            sessions.setdefault(snapshot, {})[day.isoformat()] = n
        record = ImportRecord(
            source=source,
            sha256=source * 4,
            name=f"{source}.csv",
            layout=source,
            table="quotes",
            size=1,
            read=frame.height,
            made=frame.height,
            kept=frame.height,
            sessions={"SPX": sessions},
            parts=tuple(parts),
        )
        write_atomically(root / "imports" / f"{source}.json", record.text())
    return Store(root)
