"""Margin of VIX futures: the printed figure where a dated table has one, else a formula.

    initial      max(6,000 dollars, 0.45 * F * 1000) for one VX, inferred from figures seen
    maintenance  initial over 1.10: a customer's initial margin is 110 % of the clearing
                 requirement, and that is the maintenance margin (CFE Regulatory Circular RG13-019)

A VXM is a tenth of a VX. Longs and shorts are not set off: no book here holds both.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Literal

from steward.orders.margin.profiles import MarginProfile
from steward.pricing.execution import exact
from steward.terms.contracts import FutureContract

Basis = Literal["initial", "maintenance"]
VX_MULTIPLIER = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One row of the dated table; `initial` and `maintenance` in cents a contract."""

    root: str
    since: date
    until: date
    first: date
    last: date
    initial: int
    maintenance: int
    source: str

    def holds(self, contract: FutureContract, session: date) -> bool:
        """Whether it speaks of that contract on that session."""
        return (
            contract.root == self.root
            and self.since <= session <= self.until
            and self.first <= contract.expiry <= self.last
        )


def text() -> str:
    """The dated table as packaged."""
    return (resources.files("steward.orders.margin") / "files" / "futures.toml").read_text("utf-8")


def table_hash() -> str:
    """SHA-256 of the dated table, for a manifest."""
    return hashlib.sha256(text().encode()).hexdigest()


@cache
def printed() -> tuple[Printed, ...]:
    """The dated table."""
    return tuple(_row(row) for row in tomllib.loads(text())["row"])


def _row(row: Mapping[str, Any]) -> Printed:
    rest = {key: value for key, value in row.items() if key != "from"}
    return Printed(since=row["from"], **rest)


def future_requirement(
    contract: FutureContract,
    quantity: int,
    mid_twice: int,
    session: date,
    profile: MarginProfile,
    basis: Basis = "maintenance",
) -> int:
    """Of `quantity` futures, cents, each rounded up; `mid_twice` in e4, twice the price."""
    for row in printed():
        if row.holds(contract, session):
            each = row.initial if basis == "initial" else row.maintenance
            return abs(quantity) * each
    hundreds = contract.multiplier // 100
    share = -(-exact(profile.future_share) * mid_twice * hundreds // 2)
    floor = -(-profile.future_floor * contract.multiplier // VX_MULTIPLIER)
    initial = max(floor, int(share))
    if basis == "initial":
        return abs(quantity) * initial
    return abs(quantity) * -(-100 * initial // profile.future_initial_percent)
