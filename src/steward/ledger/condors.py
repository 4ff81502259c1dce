"""The condors of one ledger from opening to end: what they took in, and that the bound holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from steward.ledger import laws
from steward.pricing.payoff import max_loss
from steward.terms.trades import Lot


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCondor:
    """A condor that was closed or has settled; cents.

    result    gained, without fees        fees  paid, 0 or above        max_loss  without fees
    forced    closed at any price, by a margin call: only such a one may lose more than its maximum
    """

    structure_id: str
    session: date
    result: int
    fees: int
    max_loss: int
    forced: bool


@dataclass(slots=True, kw_only=True)
class _Open:
    cash: int = 0
    fees: int = 0
    max_loss: int | None = None
    forced: bool = False


class Condors:
    """Running sums of the open condors by structure id."""

    def __init__(self, ledger: str) -> None:
        self._ledger = ledger
        self._open: dict[str, _Open] = {}

    def cash(self, lot: Lot, amount: int) -> None:
        """Cash of a fill or a settlement of one leg, cents gained."""
        self._open.setdefault(lot.structure_id, _Open()).cash += amount

    def fee(self, lot: Lot, amount: int) -> None:
        """A fee of one leg, cents, 0 or above."""
        self._open[lot.structure_id].fees += amount

    def force(self, lot: Lot) -> None:
        """It is being closed at any price."""
        self._open[lot.structure_id].forced = True

    def restore(
        self, structure_id: str, opened: Sequence[Lot], *, cash: int, fees: int, forced: bool
    ) -> None:
        """A condor of before a restart, with the lots that it began with; cents."""
        self._open[structure_id] = _Open(
            cash=cash, fees=fees, max_loss=max_loss(opened), forced=forced
        )

    def review(
        self, session: date, structure_ids: Iterable[str], lots: Iterable[Lot]
    ) -> list[ClosedCondor]:
        """After a fill or a settlement of these structures: those that ended, in their order.

        Notes what a new one can lose. Raises LawBroken when one lost more than that and its fees.
        """
        held: dict[str, list[Lot]] = {}
        for lot in lots:
            held.setdefault(lot.structure_id, []).append(lot)
        ended = []
        for structure_id in structure_ids:
            condor = self._open.get(structure_id)
            if condor is None:
                continue
            if condor.max_loss is None:
                condor.max_loss = max_loss(held.get(structure_id, []))
            if structure_id not in held:
                ended.append(self._end(session, structure_id, condor, condor.max_loss))
        return ended

    def _end(self, session: date, structure_id: str, condor: _Open, most: int) -> ClosedCondor:
        del self._open[structure_id]
        if not condor.forced:
            laws.bounded(
                self._ledger,
                session,
                structure_id,
                result=condor.cash - condor.fees,
                most=most,
                fees=condor.fees,
            )
        return ClosedCondor(
            structure_id=structure_id,
            session=session,
            result=condor.cash,
            fees=condor.fees,
            max_loss=most,
            forced=condor.forced,
        )
