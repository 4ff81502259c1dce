"""What a scenario orders as Steward's orders: structures, lots, and units from a budget.

An order of the kit is one order of Steward for each structure in it, and more where a structure is
held in several parts: what was bought in two orders, or by a second try, are lots of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from steward.orders.sizing import condor_quantity
from steward.pricing.payoff import cents, worst_value
from steward.runs.torture.records import Action, ActionLeg, Scenario
from steward.terms.contracts import Contract, OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import Intent, Leg, Lot, Order, Pricing, Purpose, State

REST = " +"
"""What the ledger puts behind a structure for the rest of a part fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An intent, and what became of it: an order, or why there is none (state, words)."""

    intent: Intent
    order: Order | None = None
    dropped: tuple[State, str] | None = None


class Placing:
    """Remembers which of Steward's structures and orders belong to which of the scenario's."""

    def __init__(self, scenario: Scenario, contracts: Mapping[str, Contract]) -> None:
        self._scenario = scenario
        self._contracts = contracts
        self._structures: dict[str, str] = {}
        self._intents: dict[str, tuple[Action, str]] = {}
        self._planned: Counter[str] = Counter()

    def structure(self, structure_id: str) -> str:
        """The scenario's name of a structure of Steward's."""
        while structure_id not in self._structures and structure_id.endswith(REST):
            structure_id = structure_id.removesuffix(REST)
        return self._structures[structure_id]

    def action(self, intent_id: str) -> tuple[Action, str]:
        """Of an intent: the action, and the structure as the scenario names it."""
        return self._intents[intent_id]

    def all(self, actions: Iterable[Action], session: date, lots: Sequence[Lot]) -> list[Placed]:
        """What `actions` ask for, decided at the close of `session` with these lots held.

        lots  in the shares of the next session, in which the actions count
        """
        self._planned.clear()
        return [one for action in actions for one in self._of(action, session, lots)]

    def _of(self, action: Action, session: date, lots: Sequence[Lot]) -> Iterator[Placed]:
        """Of a roll, the structure that is held is closed first."""
        held = {self.structure(lot.structure_id) for lot in lots}
        structures = dict.fromkeys(leg.structure for leg in action.legs)
        known = set(self._structures.values())
        for structure in sorted(structures, key=lambda one: one not in held):
            legs = [leg for leg in action.legs if leg.structure == structure]
            closes = action.action == "close" or (action.action == "roll" and structure in known)
            if closes:
                self._structures.setdefault(structure, structure)
                mine = [lot for lot in lots if self.structure(lot.structure_id) == structure]
                for part in self._closing(action, structure, legs, mine):
                    made = self._made(action, session, part.structure_id, part.legs, closes=True)
                    yield _sent(made, action, part.units)
            else:
                yield self._opened(action, session, structure, legs)

    # --- opening ---------------------------------------------------------------------------------

    def _opened(
        self, action: Action, session: date, structure: str, legs: Sequence[ActionLeg]
    ) -> Placed:
        opening = tuple(
            Leg(contract=self._contracts[leg.contract], quantity=leg.quantity) for leg in legs
        )
        new = structure not in self._structures
        structure_id = structure if new else f"{structure} of {action.order}"
        self._structures[structure_id] = structure
        made = self._made(action, session, structure_id, opening, closes=False)
        if action.units is not None:
            return _sent(made, action, action.units)
        loss = self._loss(action, opening)
        budget = action.budget or 0
        if loss > budget:
            words = f"one unit can lose {loss} cents, the budget is {budget}"
            return Placed(intent=made, dropped=("refused", words))
        return _sent(made, action, condor_quantity(budget, loss, budget))

    def _loss(self, action: Action, legs: Sequence[Leg]) -> int:
        """The most that a unit can lose at the order's limit, cents; fees are left out.

        Raises StewardError where that has no bound, or is nothing: a budget then has no size.
        """
        options = [(x.quantity, x.contract) for x in legs if isinstance(x.contract, OptionContract)]
        paid = cents(legs[0].contract, 1, action.limit or 0)
        try:
            loss = paid - worst_value(options)
        except ValueError as error:
            raise self._wrong(action, "budget", str(error)) from None
        if len({contract.series for _, contract in options}) > 1:
            raise self._wrong(action, "budget", "its options are of several series")
        if loss <= 0:
            raise self._wrong(action, "limit", f"at this price a unit can lose {loss} cents")
        return loss

    def _wrong(self, action: Action, column: str, why: str) -> StewardError:
        file = f"{self._scenario.name}/actions.csv, order {action.order}, column {column}"
        return StewardError(f"{file}: {why}, so there is no number of units: write them")

    # --- closing ---------------------------------------------------------------------------------

    def _closing(
        self, action: Action, structure: str, legs: Sequence[ActionLeg], lots: Sequence[Lot]
    ) -> list[_Part]:
        """What to close of each part of the structure, the oldest first.

        A unit of one contract that no part has alone is taken from several. Where less is held
        than ordered, all of the order goes to the first part; the ledger says why it does not
        trade.
        """
        if action.units is None:
            raise self._wrong(action, "budget", "what closes has no budget")
        left = {x.lot_id: abs(x.quantity) - self._planned[x.lot_id] for x in lots}
        parts = [
            _Part(structure_id, self._legs(legs, structure, by_contract))
            for structure_id, by_contract in _parts(lots).items()
        ]
        found: list[_Part] = []
        missing = action.units
        for part in parts:
            fits = min(left.get(x.lot_id, 0) // abs(x.quantity) for x in part.legs)
            if (units := min(fits, missing)) > 0:
                found.append(replace(part, units=units))
                missing -= units
                for leg in part.legs:
                    left[leg.lot_id] -= units * abs(leg.quantity)
        while missing and len(legs) == 1 and sum(left.values()) >= abs(legs[0].quantity):
            found.append(_of_several(legs[0], lots, left))
            missing -= 1
        if missing:
            first = parts[0] if parts else _Part(structure, self._legs(legs, structure, {}))
            found = [replace(first, units=action.units)]
        for part in found:
            for leg in part.legs:
                self._planned[leg.lot_id] += part.units * abs(leg.quantity)
        return found

    def _legs(
        self, legs: Sequence[ActionLeg], structure: str, lots: Mapping[Contract, Lot]
    ) -> tuple[Leg, ...]:
        """The legs with their lots; one that is not held names a lot that there is not."""
        found = []
        for leg in legs:
            contract = self._contracts[leg.contract]
            lot = lots.get(contract)
            lot_id = f"{structure} {leg.contract}" if lot is None else lot.lot_id
            found.append(Leg(contract=contract, quantity=leg.quantity, lot_id=lot_id))
        return tuple(found)

    # --- both ------------------------------------------------------------------------------------

    def _made(
        self,
        action: Action,
        session: date,
        structure_id: str,
        legs: tuple[Leg, ...],
        *,
        closes: bool,
    ) -> Intent:
        structure = self.structure(structure_id)
        intent_id = f"{action.order}/{structure_id}"
        while intent_id in self._intents:
            intent_id += REST
        self._intents[intent_id] = (action, structure)
        return Intent(
            intent_id=intent_id,
            session=session,
            purpose=self._purpose(structure),
            action="close" if closes else "open",
            structure_id=structure_id,
            legs=legs,
            size=float(action.budget or action.units or 0),
            fill_share=float(action.fill or 0),
            reason=action.action,
        )

    def _purpose(self, structure: str) -> Purpose:
        """A structure of two puts and two calls of one series is a condor, and the laws hold it."""
        legs = {
            leg.contract: leg.quantity
            for action in self._scenario.actions
            if action.action in ("open", "roll")
            for leg in action.legs
            if leg.structure == structure
        }
        options = sorted(
            (contract.strike, contract.right, quantity, contract.series)
            for name, quantity in legs.items()
            if isinstance(contract := self._contracts[name], OptionContract)
        )
        shape = [(right, quantity) for _, right, quantity, _ in options]
        is_condor = len(legs) == 4 and shape == [("P", 1), ("P", -1), ("C", -1), ("C", 1)]
        return "condor" if is_condor and len({x[3] for x in options}) == 1 else "layer_1"


@dataclass(frozen=True, slots=True)
class _Part:
    """Units of one of Steward's structures to close."""

    structure_id: str
    legs: tuple[Leg, ...]
    units: int = 0


def _of_several(leg: ActionLeg, lots: Sequence[Lot], left: dict[str, int]) -> _Part:
    """One unit of one contract out of several lots, which are taken off `left`."""
    missing = abs(leg.quantity)
    found = []
    for lot in lots:
        if (some := min(left[lot.lot_id], missing)) > 0:
            signed = some if leg.quantity > 0 else -some
            found.append((lot, Leg(contract=lot.contract, quantity=signed, lot_id=lot.lot_id)))
            left[lot.lot_id] -= some
            missing -= some
    return _Part(found[0][0].structure_id, tuple(x for _, x in found), 1)


def _parts(lots: Iterable[Lot]) -> dict[str, dict[Contract, Lot]]:
    """Lots by Steward's structure and contract, in the order in which they came."""
    found: dict[str, dict[Contract, Lot]] = {}
    for lot in lots:
        found.setdefault(lot.structure_id, {})[lot.contract] = lot
    return found


def _sent(intent: Intent, action: Action, units: int) -> Placed:
    one = len({leg.contract for leg in intent.legs}) == 1
    pricing: Pricing = "legs" if one or action.execution == "legs" else "package"
    order = Order(
        order_id=f"{intent.intent_id}/1",
        intent_id=intent.intent_id,
        session=intent.session,
        purpose=intent.purpose,
        action=intent.action,
        structure_id=intent.structure_id,
        legs=intent.legs,
        quantity=units,
        limit=action.limit or 0,
        worst=action.worst,
        fill_share=intent.fill_share,
        reason=intent.reason,
        retry=action.retries,
        pricing=pricing,
    )
    return Placed(intent=intent, order=order)
