"""A file that grew replaces the one that it grew from: never both in a store, never neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from steward.intake.locking import locked
from steward.market import parts
from steward.market.records import ImportRecord
from steward.market.store import Store
from steward.market.tables import SERIES
from steward.terms.errors import StewardError

MISSING_SHARE = 0.01
"""Of the rows of the old file, how many the new one may lack and still replace it."""

NAMES_SHOWN = 12
"""Files of a store that an error lists at the most."""

NOT_VALUES = ("source", "line", "known_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Superseded:
    """Rows of the new file against those of the old one, by the key of their table.

    added    only in the new one    gone  only in the old one
    revised  in both, with another value
    first    the first revised row, in words; "" where there is none
    """

    added: int
    gone: int
    revised: int
    first: str = ""


def supersede(to: Path, old: str, new: str) -> Superseded:
    """Take the source `old` out of the store at `to`, now that `new` is in it.

    Where the new one lacks more than a hundredth of the old rows it is taken out instead (a history
    that was cut is no newer history), and StewardError says so.
    """
    with locked(to):
        records = {record.source: record for record in Store(to).records}
        if new not in records:
            raise StewardError(f"{to}: has no source {new}; nothing was replaced")
        if old not in records or old == new:
            return Superseded(added=0, gone=0, revised=0)
        found = compared(to, records[old], records[new])
        if found.gone > MISSING_SHARE * records[old].kept:
            remove(to, records[new])
            raise StewardError(
                f"{records[new].name}: lacks {found.gone} of the {records[old].kept} rows that the "
                "store has of it; the store keeps those and not the new file"
            )
        remove(to, records[old])
        return found


def withdraw(to: Path, source: str) -> None:
    """Take a source out of the store at `to`, if it is there."""
    with locked(to):
        for record in Store(to).records:
            if record.source == source:
                remove(to, record)


def withdraw_named(to: Path, names: Sequence[str]) -> tuple[ImportRecord, ...]:
    """Take files out by their names or sources.

    Raises StewardError, and takes nothing, where one of them is not in the store and where a name
    is that of several files.
    """
    held = Store(to).records
    found = {name: [r for r in held if name in (r.name, r.source)] for name in names}
    for name, records in found.items():
        if not records:
            raise StewardError(f"{to}: has no file named {name}; it has {_names(held)}")
        if len(records) > 1:
            told = ", ".join(f"{r.source} ({r.layout}, {r.kept:,} rows)" for r in records)
            raise StewardError(
                f"{to}: has {len(records)} files named {name}; say which by its source: {told}"
            )
    gone = {record.source: record for records in found.values() for record in records}
    with locked(to):
        for record in gone.values():
            remove(to, record)
    return tuple(gone.values())


def _names(held: Sequence[ImportRecord]) -> str:
    names = sorted({record.name for record in held})
    if not names:
        return "none"
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


def compared(to: Path, old: ImportRecord, new: ImportRecord) -> Superseded:
    """Raises StewardError for sources of different tables, and of quotes."""
    if old.table != new.table or old.table not in SERIES:
        raise StewardError(
            f"{new.name}: a {new.table} file cannot replace the {old.table} file {old.name}; take "
            "one of them out with `steward data remove`"
        )
    contract = SERIES[old.table]
    key = list(contract.key)
    before, after = (_rows(to, record) for record in (old, new))
    both = before.join(after, on=key, how="inner", suffix=" new", nulls_equal=True)
    values = [name for name in contract.columns if name not in (*key, *NOT_VALUES)]
    changed = [pl.col(name).ne_missing(pl.col(f"{name} new")) for name in values]
    revised = both.filter(pl.any_horizontal(changed)) if values else both.clear()
    first = ""
    if revised.height:
        row = revised.sort(key).row(0, named=True)
        place = " ".join(str(row[name]) for name in key)
        what = [name for name in values if row[name] != row[f"{name} new"]]
        first = f"{place}: {what[0]} {row[what[0]]} is now {row[f'{what[0]} new']}"
    return Superseded(
        added=after.height - both.height,
        gone=before.height - both.height,
        revised=revised.height,
        first=first,
    )


def remove(to: Path, record: ImportRecord) -> None:
    """Out of the store: its record first, so that no reader sees half of it."""
    (to / "imports" / f"{record.source}.json").unlink(missing_ok=True)
    for part in record.parts:
        (to / part.path).unlink(missing_ok=True)
    (to / "set_aside" / f"{record.source}.parquet").unlink(missing_ok=True)


def _rows(to: Path, record: ImportRecord) -> pl.DataFrame:
    return pl.concat([parts.read(to, part.path, record.name) for part in record.parts])
