"""Deposits and withdrawals of the owner from a CSV file: `date,amount`, dollars."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from steward.market.vendors.csv_file import TEXT, day, read_source, table, wrong
from steward.terms.errors import StewardError

MOST_CENTS = 10**14
"""More money than any account has; tables hold it to the cent with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Money moved in (above 0) or out by the owner, cents."""

    day: date
    cents: int


def read_flows(path: Path) -> tuple[Flow, ...]:
    """Rows of the file in order of their days.

    Raises StewardError for a file that is not there, a malformed row, an amount of 0 or of part
    cents.
    """
    source = read_source(path.parent, path.name)
    if source is None:
        raise StewardError(f"{path}: no such file; it needs the columns date,amount")
    frame = table(source, {"date": day(), "amount": TEXT}, only=True)
    found = []
    for on, amount, line in frame.iter_rows():
        try:
            cents = Decimal(amount) * 100
        except InvalidOperation:
            raise wrong(source, line, "amount", amount, "is not an amount in dollars") from None
        if not abs(cents) <= MOST_CENTS:  # written so that NaN fails too
            raise wrong(source, line, "amount", amount, "is no sum that an account could move")
        if cents != cents.to_integral_value():
            raise wrong(source, line, "amount", amount, "is not a whole number of cents")
        if cents == 0:
            raise wrong(source, line, "amount", amount, "moves nothing")
        found.append(Flow(day=on, cents=int(cents)))
    return tuple(sorted(found, key=lambda flow: flow.day))
