"""The lots of one ledger with their last marks; they never net."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from steward.ledger.laws import holding_value
from steward.ledger.splits import Split
from steward.market.quotes import Quote
from steward.terms.contracts import Contract
from steward.terms.trades import Lot, Purpose, Quality

LEAST_TRUSTED: tuple[Quality, ...] = (
    "modelled, hypothetical listing",
    "simulated",
    "modelled",
    "settlement",
    "quoted",
)
"""Qualities, the one that deserves the least trust first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The holdings at the session's marks.

    values     by purpose, cents; a future is worth 0 after its variation
    qualities  lots marked, by quality of their mark; futures too
    """

    values: Mapping[Purpose, int]
    qualities: Mapping[Quality, int]


@dataclass(slots=True, kw_only=True)
class Revaluation:
    """New marks of the lots of one purpose, not yet taken over.

    mids_twice  by lot id, e4        quality  the least trusted among the marks
    """

    quality: Quality
    mids_twice: dict[str, int] = field(default_factory=dict)


class Holdings:
    """Lots in the order in which they came, each with twice its last mid (e4) and its value."""

    def __init__(self) -> None:
        self._lots: dict[str, Lot] = {}
        self._mids_twice: dict[str, int] = {}
        self._values: dict[str, int] = {}
        self.version = 0
        """Rises whenever a lot comes, shrinks or goes: what depends on lots alone can be kept."""

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots.values())

    @property
    def worth(self) -> int:
        """Of all lots at their last marks, cents."""
        return sum(self._values.values())

    @property
    def mids_twice(self) -> Mapping[str, int]:
        return self._mids_twice

    def find(self, lot_id: str) -> Lot | None:
        return self._lots.get(lot_id)

    def add(self, lot: Lot) -> int:
        """A new lot, worth what it was opened at; gives that worth, cents."""
        if lot.lot_id in self._lots:
            raise ValueError(f"lot {lot.lot_id} is already held")
        self._mids_twice[lot.lot_id] = 2 * lot.price
        return self._keep(lot)

    def restore(self, lot: Lot, mid_twice: int) -> None:
        """A lot of before a restart, at twice its last mid, e4."""
        self._mids_twice[lot.lot_id] = mid_twice
        self._keep(lot)

    def reduce(self, lot: Lot, contracts: int) -> int:
        """Take `contracts` (signed as traded) off a lot; gives the change of worth, cents."""
        before = self._values[lot.lot_id]
        left = lot.quantity + contracts
        if left:
            return self._keep(replace(lot, quantity=left)) - before
        return self.drop(lot)

    def drop(self, lot: Lot) -> int:
        """The whole lot goes; gives the change of worth, cents."""
        before = self._values[lot.lot_id]
        for kept in (self._lots, self._mids_twice, self._values):
            del kept[lot.lot_id]
        self.version += 1
        return -before

    def exchange(self, lot: Lot, new: Lot | None, split: Split) -> int:
        """A lot of shares after a split, at its last mark on the new scale; gives the change of
        worth, cents.
        """
        before = self._values[lot.lot_id]
        if new is None:
            return self.drop(lot)
        self._mids_twice[lot.lot_id] = split.scaled(self._mids_twice[lot.lot_id])
        return self._keep(new) - before

    def vary(self, lot: Lot, price: int) -> None:
        """Remember the price (e4) of a future's last variation."""
        self._lots[lot.lot_id] = replace(lot, variation_price=price)

    def revaluations(
        self, mark_of: Callable[[Contract], Quote]
    ) -> tuple[dict[Purpose, Revaluation], Mapping[Quality, int]]:
        """New marks by purpose, to be taken over one by one, and the lots by quality of mark."""
        quotes: dict[Contract, Quote] = {}
        found: dict[Purpose, Revaluation] = {}
        qualities: Counter[Quality] = Counter()
        for lot in self:
            quote = quotes.get(lot.contract)
            if quote is None:
                quote = quotes[lot.contract] = mark_of(lot.contract)
            qualities[quote.quality] += 1
            new = found.setdefault(lot.purpose, Revaluation(quality=quote.quality))
            if quote.quality != new.quality:
                new.quality = min(new.quality, quote.quality, key=LEAST_TRUSTED.index)
            new.mids_twice[lot.lot_id] = quote.mid_twice
        return found, dict(qualities)

    def take_over(self, new: Revaluation) -> tuple[int, int]:
        """The lots at their new marks: the change of worth and the new worth, cents."""
        before = after = 0
        for lot_id, mid_twice in new.mids_twice.items():
            before += self._values[lot_id]
            self._mids_twice[lot_id] = mid_twice
            value = holding_value(self._lots[lot_id], mid_twice)
            self._values[lot_id] = value
            after += value
        return after - before, after

    def _keep(self, lot: Lot) -> int:
        self._lots[lot.lot_id] = lot
        value = holding_value(lot, self._mids_twice[lot.lot_id])
        self._values[lot.lot_id] = value
        self.version += 1
        return value
