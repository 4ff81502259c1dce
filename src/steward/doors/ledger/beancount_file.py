"""One ledger as text for beancount, version 3: every event, its postings, and balances to hold.

Source of the form: the Beancount Language Syntax, https://beancount.github.io/docs/. A balance is
asserted at the beginning of its day, so one of a month's last session stands on the day after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from steward.doors.amounts import decimal, points
from steward.ledger.postings import ACCOUNTS, CASH, PARTS, holdings_account, postings

METADATA = {
    "sequence": "sequence",
    "event": "event",
    "purpose": "purpose",
    "cause": "cause",
    "state": "state",
    "intent": "intent_id",
    "order": "order_id",
    "structure": "structure_id",
    "lot": "lot_id",
    "rule": "rule",
    "quote": "quote",
    "quality": "quality",
    "source": "source",
    "hash": "hash",
}
"""Keys below an entry, and the columns of the journal that they hold."""

SPELT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
ESCAPED = str.maketrans({chr(code): " " for code in range(32)} | SPELT)
"""How the language spells these signs in a string; other signs of control become blanks."""

WIDTH = 34
"""Characters of an account's column."""

Row = Mapping[str, Any]


def lines(journal: pl.DataFrame, equity: pl.DataFrame, *, title: str) -> Iterator[str]:
    """The whole file, a line or an entry at a time.

    journal, equity  of one ledger, from its first row; the law of double entry holds
    """
    made = postings(journal)
    by_row: dict[int, list[tuple[str, int]]] = {}
    for number, account, cents in made.select("sequence", "account", "cents").iter_rows():
        by_row.setdefault(number, []).append((account, cents))
    rows = journal.rows(named=True)
    used = {*made["account"], *(_noted(row) for row in rows if row["sequence"] not in by_row)}
    first: date = journal["session"][0]
    yield f'option "title" {text(title)}\n'
    yield 'option "operating_currency" "USD"\n\n'
    yield f"{first} commodity USD\n"
    for account in ACCOUNTS:
        if account in used:
            yield f"{first} open {account} USD\n"
    asserted = _balances(equity, used)
    for place, row in enumerate(rows):
        yield "\n" + _entry(row, by_row.get(row["sequence"], []))
        after = rows[place + 1]["session"] if place + 1 < len(rows) else date.max
        for day in [day for day in asserted if row["session"] <= day < after]:
            yield "\n" + asserted.pop(day)


def text(words: str) -> str:
    """A string of the language, with its quotes."""
    return f'"{words.translate(ESCAPED)}"'


def _noted(row: Row) -> str:
    """The account to which a row that moves no money is a note."""
    return holdings_account(row["purpose"]) or CASH


def _entry(row: Row, made: list[tuple[str, int]]) -> str:
    """An event that moves money is a transaction; one that moves none is a note."""
    words = _words(row)
    if made:
        head = f"{row['session']} * {text(row['event'])} {text(words)}\n"
    else:
        said = f"{row['event']}: {words}" if words else row["event"]
        head = f"{row['session']} note {_noted(row)} {text(said)}\n"
    told = [(key, row[column]) for key, column in METADATA.items() if row[column] is not None]
    below = [
        f"  {key}: {text(value) if isinstance(value, str) else value}\n" for key, value in told
    ]
    moved = [f"  {account:<{WIDTH}}{decimal(cents, 2):>16} USD\n" for account, cents in made]
    return "".join([head, *below, *moved])


def _words(row: Row) -> str:
    """`+4 SPXW 2018-02-28 2715 P at 2.65`, and the reason."""
    traded = ""
    if row["contract"] is not None:
        traded = row["contract"]
        if row["quantity"] is not None:
            traded = f"{row['quantity']:+d} {traded}"
        if row["price"] is not None:
            traded = f"{traded} at {points(row['price'])}"
    return "; ".join(part for part in (traded, row["reason"]) if part)


def _balances(equity: pl.DataFrame, used: set[str]) -> dict[date, str]:
    """By the last session of each month: cash and holdings of the equity table, on the day after.

    Only of the accounts that are opened; to the cent, so without the tolerance of the language.
    """
    ends = (
        equity.sort("session")
        .group_by(pl.col("session").dt.truncate("1mo").alias("month"), maintain_order=True)
        .last()
    )
    held = {name: holdings_account(name) for name in PARTS if name in equity.columns}
    named = {"cash": CASH, **{name: of for name, of in held.items() if of in used}}
    found = {}
    for row in ends.iter_rows(named=True):
        day = row["session"] + timedelta(days=1)
        found[row["session"]] = "".join(
            f"{day} balance {account:<{WIDTH}}{decimal(row[name], 2):>12} ~ 0.00 USD\n"
            for name, account in named.items()
        )
    return found
