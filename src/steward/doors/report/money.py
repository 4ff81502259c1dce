"""The section of the page that says where the money of the main ledger went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from steward.analytics import gains as room
from steward.doors.attribution import wording
from steward.doors.report import words
from steward.doors.report.tables import Cell, Row
from steward.terms.amounts import nearest, whole_dollars

MOST_NAMED = 3
"""Causes that the sentences name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Terms downwards, parts across, and the sums on both edges."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What the template prints of one ledger."""

    said: tuple[str, ...]
    by_purpose: Table
    by_instrument: Table
    costs: tuple[Row, ...]
    condors: bool  # whether there are any: else there is no chart of them


def money(gains: pl.DataFrame, journal: pl.DataFrame, label: str) -> Money:
    """All of it from the GAINS table and the journal of one ledger."""
    purposes, instruments = room.table(gains, "purpose"), room.table(gains, "instrument")
    return Money(
        said=tuple(_said(purposes, label)),
        by_purpose=_table(purposes, "purpose", wording.purpose, told=True),
        by_instrument=_table(instruments, "instrument", wording.instrument, told=False),
        costs=tuple(_costs(room.costs(gains, journal))),
        condors="condor" in purposes["purpose"],
    )


def _said(purposes: pl.DataFrame, label: str) -> list[str]:
    whole = room.together(purposes)
    brought = "gained" if whole["total"] >= 0 else "lost"
    said = [f"{label} {brought} {words.money(abs(whole['total']))} in all."]
    if causes := _causes(whole):
        said.append(f"The largest causes: {causes}.")
    for row in purposes.filter(pl.col("purpose") == "condor").iter_rows(named=True):
        if len(purposes) > 1 and (causes := _causes(row)):
            said.append(f"Of the condors alone: {causes}.")
        if row["theta"] > 0 > row["gamma"]:
            turned, traded = (
                nearest(-100 * cents, row["theta"])
                for cents in (row["gamma"], row["slippage"] + row["fees"])
            )
            said.append(
                f"Of each dollar that time paid them, moves of the index took {turned} cents "
                f"(gamma), and trading {traded} cents (slippage and fees)."
            )
    return said


def _causes(cents: dict[str, Any]) -> str:
    """`theta +$400, gamma −$310 and slippage −$90`; nothing where all is nothing."""
    named = sorted(
        (term for term in wording.TERMS if cents[term.key]), key=lambda x: -abs(cents[x.key])
    )
    return words.listed(
        [
            f"{term.name.lower()} {words.money(cents[term.key], sign=True)}"
            for term in named[:MOST_NAMED]
        ]
    )


def _table(rows: pl.DataFrame, by: room.By, name: Callable[[str], str], *, told: bool) -> Table:
    """A term that is 0 everywhere has no row; `told`: each says what it is."""
    whole = room.together(rows)
    found = [
        Row(
            name=term.name,
            help=term.help if told else "",
            cells=_cells([*rows[term.key], whole[term.key]]),
        )
        for term in wording.TERMS
        if (rows[term.key] != 0).any()
    ]
    found.append(Row(name=wording.ALL, help="", cells=_cells([*rows["total"], whole["total"]])))
    return Table(head=(*map(name, rows[by].to_list()), wording.ALL), rows=tuple(found))


def _cells(cents: Sequence[int]) -> tuple[Cell, ...]:
    told = [words.money(value, sign=True) for value in cents]
    return tuple(Cell(text=text, tone="loss" if text.startswith("−") else "") for text in told)


def _costs(costs: pl.DataFrame) -> list[Row]:
    """What trading cost by rule, and all of it."""
    sums = ("orders", "contracts", "slippage", "fees", "total")
    whole = {"rule": wording.ALL, **{name: int(costs[name].sum()) for name in sums}}
    rows = [
        Row(
            name=wording.rule(row["rule"]),
            help="",
            cells=(
                Cell(text=f"{row['orders']:,}"),
                Cell(text=f"{row['contracts']:,}"),
                *_cells([row["slippage"], row["fees"], row["total"]]),
                Cell(text=_a_contract(row["total"], row["contracts"])),
            ),
        )
        for row in [*costs.iter_rows(named=True), whole]
    ]
    return rows if costs.height else []


def _a_contract(cents: int, contracts: int) -> str:
    """Dollars and cents."""
    if not contracts:
        return words.UNKNOWN
    found = nearest(cents, contracts) / 100
    return words.signed(f"{'-' if found < 0 else ''}${abs(found):,.2f}")


# --- charts --------------------------------------------------------------------------------------


def chart(gains: pl.DataFrame, days: Sequence[date]) -> dict[str, Any]:
    """What the script draws, in whole dollars.

    terms   of the whole ledger: names, amounts and where each bar begins, the sum last
    course  of the condors: what each term had come to at the end of each week, and their sum
    """
    whole = room.together(room.table(gains, "purpose"))
    terms = [term for term in wording.TERMS if whole[term.key]]
    amounts = [whole[term.key] for term in terms]
    begins = [sum(amounts[:place]) for place in range(len(amounts))]
    weeks = [day.isocalendar()[:2] for day in days]
    ends = [i for i, week in enumerate(weeks) if i + 1 == len(weeks) or week != weeks[i + 1]]
    course = room.course(gains.filter(pl.col("purpose") == "condor"), days)[ends]
    return {
        "names": [*(term.name for term in terms), wording.ALL],
        "amounts": [whole_dollars(cents) for cents in (*amounts, whole["total"])],
        "begins": [whole_dollars(cents) for cents in (*begins, 0)],
        "weeks": ends,
        "course": [
            {"key": key, "name": name, "dollars": [whole_dollars(x) for x in course[key].to_list()]}
            for key, name in (*((t.key, t.name) for t in wording.TERMS), ("total", wording.ALL))
            if (course[key] != 0).any()
        ],
    }
