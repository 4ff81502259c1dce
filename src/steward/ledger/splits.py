"""Splits of shares: fewer or more of them, at a price that makes up for it, fractions in cash.

A split of `new` for `old` turns each `old` shares into `new`; a reverse split of 1 for 5 has new 1
and old 5. A fraction of a share that is left is paid out at the price after the split, in whole
cents, rounded down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from steward.terms.contracts import E4
from steward.terms.trades import Lot

CENT = 100
"""e4: shares are quoted in whole cents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """`price`: of one share after the split, e4, at which fractions are paid."""

    symbol: str
    new: int
    old: int
    price: int

    def __post_init__(self) -> None:
        if self.new < 1 or self.old < 1 or self.price < 0:
            raise ValueError(f"{self.symbol}: a split of {self.new} for {self.old} is none")

    @property
    def words(self) -> str:
        """`1 for 5, fractions at 48.10`."""
        return f"{self.new} for {self.old}, fractions at {self.price / E4:.2f}"

    def scaled(self, price: int) -> int:
        """A price of before the split as one of after it, to the nearest cent, e4."""
        twice, step = 2 * price * self.old, 2 * self.new * CENT
        return (twice + self.new * CENT) // step * CENT


def split_lot(lot: Lot, split: Split) -> tuple[Lot | None, int]:
    """The lot after the split, and cash for the fraction, cents; None: only a fraction was left.

    A short lot pays for its fraction. Both roundings go against the holder.
    """
    whole, part = divmod(abs(lot.quantity) * split.new, split.old)
    sign = 1 if lot.quantity > 0 else -1
    in_lieu = sign * part * split.price // (split.old * CENT)
    if not whole:
        return None, in_lieu
    price = split.scaled(lot.price)
    return replace(lot, quantity=sign * whole, price=price, variation_price=price), in_lieu
