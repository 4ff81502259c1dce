"""The book of a ledger at the end of one session, from its journal alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import cast

import polars as pl

from steward.market.believe import settlement
from steward.terms.contracts import Contract, OptionContract, Right, Settlement, vx, vxm
from steward.terms.errors import StewardError
from steward.terms.trades import Lot, Purpose


def held(journal: pl.DataFrame, ledger: str, session: date) -> tuple[Lot, ...]:
    """The lots open after a session, in the order in which they came.

    Raises StewardError where the run has no such ledger.
    """
    own = journal.filter(pl.col("ledger") == ledger)
    if own.is_empty():
        names = ", ".join(journal["ledger"].unique().sort().to_list())
        raise StewardError(f"the run has no ledger {ledger}: it has {names}")
    moved = own.filter(
        pl.col("event").is_in(["fill", "settle"])
        & (pl.col("session") <= session)
        & pl.col("lot_id").is_not_null()
    ).sort("sequence")
    lots: dict[str, Lot] = {}
    for row in moved.iter_rows(named=True):
        lot_id = str(row["lot_id"])
        before = lots.get(lot_id)
        if before is None:
            lots[lot_id] = _opened(row)
            continue
        left = before.quantity + int(row["quantity"])
        if left:
            lots[lot_id] = replace(before, quantity=left)
        else:
            del lots[lot_id]
    return tuple(lots.values())


def _opened(row: dict[str, object]) -> Lot:
    price = cast(int, row["price"])
    return Lot(
        lot_id=str(row["lot_id"]),
        structure_id=str(row["structure_id"]),
        purpose=cast(Purpose, row["purpose"]),
        contract=contract_of(str(row["contract"])),
        quantity=cast(int, row["quantity"]),
        price=price,
        opened=cast(date, row["session"]),
        variation_price=price,
    )


def contract_of(key: str) -> Contract:
    """The contract that `Contract.key` names. Raises StewardError for no such name."""
    words = key.split()
    try:
        if len(words) == 2 and words[0] in ("VX", "VXM"):
            day = date.fromisoformat(words[1])
            return vx(day) if words[0] == "VX" else vxm(day)
        root, day_text, strike, right = words
        day = date.fromisoformat(day_text)
        settles = settlement(root, day)
        if settles is None or right not in ("C", "P"):
            raise ValueError(key)
        return OptionContract(
            root=root,
            expiry=day,
            strike=float(strike),
            right=cast(Right, right),
            settlement=cast(Settlement, settles),
        )
    except (ValueError, KeyError):
        raise StewardError(
            f"{key!r} is no contract that Steward knows: make the run again"
        ) from None


def purposes(lots: Iterable[Lot]) -> tuple[str, ...]:
    """Of a book, in the order of their first lots: `condor` first."""
    names = dict.fromkeys(lot.purpose for lot in lots)
    return tuple(sorted(names, key=lambda name: (name != "condor", name)))
