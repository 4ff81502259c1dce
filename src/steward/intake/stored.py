"""The real option quotes of a store, for a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from steward.market.cache import Columns, Progress, open_cache
from steward.market.history import Quarantined
from steward.market.records import ImportRecord
from steward.market.store import SNAPSHOTS, SYMBOLS, Store
from steward.terms.errors import StewardError

STORE = "store"
"""What a manifest and a page call it: where it lies says nothing about a run."""

TAKEN = (
    "such a series is taken from the file that has most of its quotes, of equals from the first by "
    "layout and content"
)
"""The rule of `Store.quotes`, as a check and a run say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredQuotes:
    """Quotes of a store, one snapshot a session, memory-mapped.

    columns      of each underlying that has some
    sha256       of all rows of quotes in the store, whatever their files are called
    records      of the files that they came from
    inferred     the settlement of some series is not in their files
    early        how many sessions have quotes of 15:45 or 15:46, not of the end of the day
    contradicted  of how many quotes the files of the store say different things
    """

    columns: tuple[Columns, ...]
    sha256: str
    records: tuple[ImportRecord, ...]
    inferred: bool
    early: int
    contradicted: int

    @property
    def quarantined(self) -> tuple[Quarantined, ...]:
        """Rows that are not in the store, by file and reason."""
        return tuple(
            Quarantined(source=record.name, reason=reason, rows=rows)
            for record in self.records
            for reason, rows in record.not_kept.items()
        )


def stored_quotes(
    store: Store, progress: Progress | None = None, spare: Path | None = None
) -> StoredQuotes:
    """The quotes of a store that a run may trade on; the column cache is made where it lacks.

    spare  where it is made for a store that cannot be written to
    Raises StewardError where there are none of SPX.
    """
    records = store.of_table("quotes")
    held = {
        symbol: {name for record in records for name in record.sessions.get(symbol, ())}
        for symbol in SYMBOLS
    }
    tradable = [symbol for symbol, names in held.items() if names & set(SNAPSHOTS)]
    if "SPX" not in tradable:
        seen = ", ".join(
            f"{symbol} {' '.join(sorted(names))}" for symbol, names in held.items() if names
        )
        raise StewardError(
            f"{store.root}: has no quotes of SPX of the end of the day or of 15:45 (it has "
            f"{seen or 'no quotes'}); a run trades at the close"
        )
    columns = tuple(open_cache(store, symbol, progress, spare, verify=True) for symbol in tradable)
    return StoredQuotes(
        columns=columns,
        sha256=store.hash_of("quotes"),
        records=records,
        inferred=any(not one.series.given.all() for one in columns),
        early=len({day for one in columns for day in _early(one)}),
        contradicted=sum(one.contradicted for one in columns),
    )


def _early(columns: Columns) -> list[date]:
    early = columns.sessions_table.snapshot != 0
    return [day for day, is_early in zip(columns.sessions, early.tolist(), strict=True) if is_early]
