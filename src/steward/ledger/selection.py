"""Which rows of a journal a reader asks for, and what there is where none fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from steward.ledger.postings import with_sleeve


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a row must be to be chosen; what is left empty asks for nothing.

    first, last  sessions, both of them included
    events, purposes, states, rules  one of these; a fee is found by the purpose of its lot, too
    structure, contract, order, lot  a part of the name, in large or small letters; `order` looks at
                 the ids of order and intent
    """

    first: date | None = None
    last: date | None = None
    events: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    structure: str = ""
    contract: str = ""
    order: str = ""
    lot: str = ""


COLUMNS: dict[str, tuple[str, ...]] = {
    "sessions": ("session",),
    "events": ("event",),
    "purposes": ("purpose", "sleeve"),
    "states": ("state",),
    "rules": ("rule",),
    "structure": ("structure_id",),
    "contract": ("contract",),
    "order": ("order_id", "intent_id"),
    "lot": ("lot_id",),
}
"""What can be asked for, and where it is looked for; `sessions` is the span from first to last."""


OPEN = ("rules", "structure", "contract", "order", "lot")
"""What each run has names of its own for."""


def asked(wanted: Wanted) -> list[str]:
    """The names in `COLUMNS` for which something is asked."""
    span = wanted.first is not None or wanted.last is not None
    return [name for name in COLUMNS if (span if name == "sessions" else getattr(wanted, name))]


def chosen(journal: pl.DataFrame, wanted: Wanted) -> pl.DataFrame:
    """The rows that fit, with the column `sleeve` of `postings.with_sleeve`.

    journal  whole ledgers: whose a fee is stands in the row of its fill
    """
    return _fitting(with_sleeve(journal), wanted, asked(wanted))


def moved(rows: pl.DataFrame) -> tuple[int, int]:
    """What rows changed in cash and in holdings, cents."""
    return int(rows["cash"].sum()), int(rows["value"].sum())


def instead(journal: pl.DataFrame, wanted: Wanted) -> dict[str, list[str]]:
    """What else could be asked for, by the names in `COLUMNS` for which something is.

    The values of the rows that fit all the other names, sorted; where there is none, of all rows.
    """
    rows = with_sleeve(journal)
    names = asked(wanted)
    found = {}
    for name in names:
        others = _fitting(rows, wanted, [other for other in names if other != name])
        found[name] = _values(rows if others.is_empty() else others, COLUMNS[name])
    return found


def unknown(journal: pl.DataFrame, wanted: Wanted) -> list[tuple[str, str, list[str]]]:
    """What is asked for by a name that no row has: name in `COLUMNS`, value, the names there are.

    Of `OPEN` alone: what else is asked for is of a closed list, or a day. Names are sorted.
    """
    found = []
    for name in asked(wanted):
        if name not in OPEN:
            continue
        known = _values(journal, COLUMNS[name])
        value: str | tuple[str, ...] = getattr(wanted, name)
        whole = isinstance(value, tuple)
        for one in value if isinstance(value, tuple) else (value,):
            if not any(one == other if whole else one.lower() in other.lower() for other in known):
                found.append((name, one, known))
    return found


def _values(rows: pl.DataFrame, columns: Iterable[str]) -> list[str]:
    seen = pl.concat([rows[column].cast(pl.String) for column in columns])
    return seen.drop_nulls().unique().sort().to_list()


def _fitting(rows: pl.DataFrame, wanted: Wanted, names: Iterable[str]) -> pl.DataFrame:
    return rows.filter(pl.lit(True), *(_condition(wanted, name) for name in names))


def _condition(wanted: Wanted, name: str) -> pl.Expr:
    if name == "sessions":
        first, last = wanted.first or date.min, wanted.last or date.max
        return pl.col("session").is_between(first, last)
    columns = [pl.col(column) for column in COLUMNS[name]]
    value: str | tuple[str, ...] = getattr(wanted, name)
    if isinstance(value, tuple):
        return pl.any_horizontal(column.is_in(value) for column in columns)
    return pl.any_horizontal(
        column.str.to_lowercase().str.contains(value.lower(), literal=True) for column in columns
    )
