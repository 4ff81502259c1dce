"""What is good in a store, seen at a glance: coverage, quotes, parity, VIX, rows set aside.

`quality` reads a store and nothing else but the published VIX and rates that it is held against;
a month of quotes is in memory at one time. Verdicts are for people: no run reads them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

from steward.intake.quality_chains import Progress, chains
from steward.intake.quality_contradictions import contradicted, told
from steward.intake.quality_files import by_reason, file_quality, series_quality
from steward.intake.quality_references import references
from steward.intake.quality_tables import FORMAT, StoreQuality
from steward.intake.quality_verdict import DEFINITIONS
from steward.market.store import Store
from steward.market.tables import QUOTE_KEY


def quality(
    store: Store, *, data: Path | None = None, progress: Progress | None = None
) -> StoreQuality:
    """All that can be said of a store.

    data  a folder of daily series or another store, for the published VIX and rates; else those
          of the store itself
    Raises StewardError where `data` cannot be read, and for a part of the store that is damaged.
    """
    if progress is not None:
        progress("rows against their sums", 0, 1)
    store.refuse_damage()
    apart = contradicted(store)
    against = references(store, data)
    files = tuple(
        file_quality(r) for r in sorted(store.records, key=lambda r: (r.table, r.name, r.source))
    )
    return StoreQuality(
        format=FORMAT,
        content_hash=store.content_hash,
        layouts=tuple(sorted({file.layout for file in files})),
        read=sum(file.read for file in files),
        made=sum(file.made for file in files),
        kept=sum(file.kept for file in files),
        elsewhere=sum(file.elsewhere for file in files),
        crossed=sum(file.crossed for file in files),
        set_aside=sum(sum(file.set_aside.values()) for file in files),
        unreadable=sum(sum(file.unreadable.values()) for file in files),
        reasons=by_reason(store.records),
        chains=chains(store, against, apart, progress),
        contradictions=told(store, apart),
        contradicted=sum(frame.select(QUOTE_KEY).n_unique() for frame in apart.values()),
        files=files,
        series=series_quality(store),
        vix_source=against.vix_source,
        definitions=dict(DEFINITIONS),
    )


def as_json(found: StoreQuality) -> str:
    """One document with sorted keys: the same store gives the same bytes."""
    return json.dumps(plain(found), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """Records as mappings, days as ISO text; floats rounded to seven digits after the point."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return round(value, 7) + 0.0
    return value
