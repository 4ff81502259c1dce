"""The chain of a journal: each row carries a hash of itself and of the hash before it.

A row as text is one line of JSON with the columns of `market.tables.JOURNAL` in their order, its
own hash left out; whole numbers, texts and days alone, so that anybody can make it again. The first
row of a ledger builds on a hash of the ledger's name.
"""

from __future__ import annotations

import hashlib
import io

import polars as pl

from steward.market.tables import JOURNAL
from steward.terms.errors import LawBroken

CHAIN = "chain: each row of a journal builds on the one before"
TOLD = [name for name in JOURNAL if name != "hash"]


def first_link(ledger: str) -> str:
    """What the first row of a ledger builds on."""
    return hashlib.sha256(f"journal of {ledger}".encode()).hexdigest()


def hashes(rows: pl.DataFrame, *, before: str) -> list[str]:
    """The hash of each row, in their order; `before` is that of the row ahead of them."""
    buffer = io.BytesIO()
    rows.select(TOLD).write_ndjson(buffer)
    found = []
    for line in buffer.getvalue().splitlines():
        before = hashlib.sha256(before.encode() + b"\n" + line).hexdigest()
        found.append(before)
    return found


def check(journal: pl.DataFrame) -> dict[str, str]:
    """The last hash of each ledger of a journal, when every row builds on the one before it.

    Raises LawBroken that names the first row that was changed, put in, taken out or moved.
    """
    heads: dict[str, str] = {}
    for part in journal.partition_by("ledger", maintain_order=True):
        ledger = str(part["ledger"][0])
        numbers = part["sequence"].to_list()
        made = hashes(part, before=first_link(ledger))
        said = part["hash"].to_list()
        for place, number in enumerate(numbers):
            if number != place or made[place] != said[place]:
                session = part["session"][place]
                raise LawBroken(
                    CHAIN,
                    f"ledger {ledger}, session {session}: row {number} is not the one that was "
                    "written there",
                )
        heads[ledger] = said[-1]
    return heads
