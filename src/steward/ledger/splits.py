"""Splits of shares: fewer or more of them, at a price that makes up for it, fractions in cash.

A split of `new` for `old` turns each `old` shares into `new`; a reverse split of 1 for 5 has new 1
and old 5. A fraction of a share that is left is paid out at the price after the split, in whole
cents, rounded down. There is one fraction an account, not one a lot: the broker knows of one
position. Source: ProShares on the reverse splits of UVXY (2012-08): fractions are redeemed for
cash, which goes to the broker of record.
"""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitLot:
    """What became of one lot: `after` is None where no whole share is left; cash in cents."""

    before: Lot
    after: Lot | None
    cash: int


def split_lots(lots: Sequence[Lot], split: Split) -> tuple[SplitLot, ...]:
    """All lots of the symbol after the split, in their order, bought and sold ones apart.

    Together they become as many whole shares as one lot of their sum would, and the fraction of
    that sum is paid: a short position pays for its own. Both roundings go against the holder.
    Whole shares that no lot has by itself go by largest remainder, on a tie to the earlier lot;
    cash between the lots evens that out, so that none gains on another.
    """
    found = dict.fromkeys(lot.lot_id for lot in lots)
    done: dict[str, SplitLot] = {}
    for sign in (1, -1):
        side = [lot for lot in lots if lot.quantity * sign > 0]
        parts = [abs(lot.quantity) * split.new for lot in side]
        shares = _shared_out(sum(parts) // split.old, [divmod(x, split.old) for x in parts])
        due = [
            sign * (part - whole * split.old) * split.price
            for part, whole in zip(parts, shares, strict=True)
        ]
        cent = split.old * CENT
        paid = _shared_out(sum(due) // cent, [divmod(x, cent) for x in due])
        for lot, whole, cash in zip(side, shares, paid, strict=True):
            done[lot.lot_id] = SplitLot(before=lot, after=_after(lot, whole, split), cash=cash)
    return tuple(done[lot_id] for lot_id in found)


def _after(lot: Lot, whole: int, split: Split) -> Lot | None:
    if not whole:
        return None
    price = split.scaled(lot.price)
    quantity = whole if lot.quantity > 0 else -whole
    return replace(lot, quantity=quantity, price=price, variation_price=price)


def _shared_out(total: int, parts: Sequence[tuple[int, int]]) -> list[int]:
    """A whole amount by whole parts and their rests: one more to the largest rests."""
    given = [whole for whole, _ in parts]
    first = sorted(range(len(parts)), key=lambda at: (-parts[at][1], at))
    for at in first[: total - sum(given)]:
        given[at] += 1
    return given
