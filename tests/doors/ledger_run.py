"""A run folder by hand: a condor from its opening to its settlement, a call, and wild words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from steward.ledger.accounts import Account
from steward.market.tables import DECISIONS, JOURNAL, MARKS
from steward.runs.result import Result, run_id_of, write
from steward.terms.trades import Leg

from ..ledger.by_hand import condor, table, trade
from ..ledger.desk import FRIDAY, THURSDAY, TUESDAY, WEDNESDAY, intent, order, vix_call

WILD = (
    '=HYPERLINK("http://example.com")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\tbegins with a tab",
    "\rbegins with a return",
    "'begins with the guard",
    'a "quoted" word, a \\ and a\nnew line; größer',
)
"""Reasons that a spreadsheet or a reader of text could stumble over."""


def hedged() -> Account:
    """Rows 0 to 15 are the condor's, 16 to 23 wishes that are dropped, 24 to 26 a call."""
    account = condor("article")
    for number, words in enumerate(WILD):
        wish = order([], session=TUESDAY, order_id=f"w{number}", purpose="layer_1")
        account.intend([intent(wish)])
        account.drop(intent(wish), "lapsed", words)
    sent = order(
        [Leg(contract=vix_call(18.0, expiry=date(2018, 3, 21)), quantity=1)],
        session=TUESDAY,
        order_id="8",
        purpose="layer_1",
        structure_id="Hedge B",
        rule="target",
    )
    trade(account, sent, WEDNESDAY, (12_000, 110))
    return account


def equity() -> pl.DataFrame:
    """As worked in the tests of postings; the call of 120.00 costs 1.10 and is not marked."""
    days = {
        THURSDAY: (25_000_000, 0, 0),
        FRIDAY: (25_134_574, -141_500, 0),
        TUESDAY: (24_844_574, 0, 0),
        WEDNESDAY: (24_832_464, 0, 12_000),
    }
    rows: list[dict[str, Any]] = []
    for ledger in ("unhedged", "article"):
        for day, (cash, condors, calls) in days.items():
            if ledger == "unhedged" and day == WEDNESDAY:
                cash, calls = days[TUESDAY][0], 0
            rows.append(
                {
                    "ledger": ledger,
                    "session": day,
                    "cash": cash,
                    "condor": condors,
                    "layer_1": calls,
                    "equity": cash + condors + calls,
                    "modelled_marks": 0,
                }
            )
    return table(rows)


def run_folder(out: Path, journal: pl.DataFrame | None = None) -> Path:
    """The folder of the run, with this journal in the place of its own."""
    manifest: dict[str, Any] = {
        "main": "article",
        "window": {"start": "2018-02-01", "end": "2018-02-07"},
        "data": {"kind": "quoted", "quotes": "by hand"},
        "quality": ["quoted"],
    }
    manifest["run_id"] = run_id_of(manifest)
    made = Result(
        manifest=manifest,
        journal=own_journal() if journal is None else journal,
        equity=equity(),
        decisions=pl.DataFrame(schema=dict(DECISIONS)),
        marks=pl.DataFrame(schema=dict(MARKS)),
    )
    return write(made, out)


def own_journal() -> pl.DataFrame:
    return pl.concat([condor("unhedged").frame(), hedged().frame()])


def changed(journal: pl.DataFrame, number: int, column: str, value: Any) -> pl.DataFrame:
    """One cell of the article's journal, as somebody with a Parquet writer would change it."""
    hit = (pl.col("ledger") == "article") & (pl.col("sequence") == number)
    new = pl.lit(value, dtype=JOURNAL[column])
    return journal.with_columns(pl.when(hit).then(new).otherwise(pl.col(column)).alias(column))
