"""The requirement of a book by a profile: one signature for all of them.

    requirement(lots, marks, profile) -> Requirement

What most of a book needs does not depend on the market. `Compiled` works that part out once for the
same lots, so that a session costs the prices of a few futures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from steward.orders.margin.apart import Apart, Options
from steward.orders.margin.futures import Basis, future_requirement
from steward.orders.margin.grid import class_of, class_requirement
from steward.orders.margin.profiles import DEFAULT, MarginProfile
from steward.orders.margin.strategy import (
    Marks,
    checked,
    fixed_requirement,
    moving_requirement,
)
from steward.pricing.payoff import cents
from steward.terms.contracts import Contract, FutureContract, OptionContract, ShareContract
from steward.terms.errors import StewardError
from steward.terms.trades import Leg, Lot

FUTURES = "VIX futures"

Held = tuple[str, int, Contract]
"""Structure id, signed quantity, contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a book must have, cents.

    total         the sum over classes
    by_structure  each structure held alone. On a grid they offset each other, so that these come to
                  the total or more; by strategy they come to it
    by_class      `SPX options`, `VIX options` (on a grid by settlement day), `VIX futures`
    reasons       a sentence for each structure that needs anything
    """

    total: int
    by_structure: Mapping[str, int] = field(default_factory=dict)
    by_class: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def holdings(lots: Iterable[Lot]) -> tuple[Held, ...]:
    return tuple((lot.structure_id, lot.quantity, lot.contract) for lot in lots)


def requirement(
    lots: Iterable[Lot],
    marks: Marks,
    profile: MarginProfile = DEFAULT,
    *,
    basis: Basis = "maintenance",
) -> Requirement:
    """What the book needs at the marks; `initial` margin of futures, or what must be maintained.

    Structures are told apart by their id and never pooled: no wing of one condor covers another.
    Raises StewardError for a position that the profile does not allow.
    """
    return Compiled(holdings(lots), profile).requirement(marks, basis)


def _paid_in_full(contract: ShareContract, quantity: int) -> None:
    """Shares that are held need nothing more: they were paid for, and no loan value is counted."""
    if quantity < 0:
        raise StewardError(f"{contract.key} sold short: no profile here holds borrowed shares")


class Compiled:
    """The requirement of fixed holdings, ready for many sessions."""

    def __init__(self, held: Sequence[Held], profile: MarginProfile = DEFAULT) -> None:
        """Raises StewardError for a position that the profile does not allow."""
        self._profile = profile
        self._futures: list[tuple[str, int, FutureContract]] = []
        self._options: dict[str, list[tuple[int, OptionContract]]] = {}
        for structure_id, quantity, contract in held:
            if isinstance(contract, FutureContract):
                _may_hold(contract, profile)
                self._futures.append((structure_id, quantity, contract))
            elif isinstance(contract, ShareContract):
                _paid_in_full(contract, quantity)
            else:
                self._options.setdefault(structure_id, []).append((quantity, contract))
        self._apart: dict[str, Apart] = {}
        self._fixed = 0
        if profile.method == "strategy":
            self._apart = {
                name: checked(tuple(options), profile) for name, options in self._options.items()
            }
            self._fixed = sum(fixed_requirement(found, profile) for found in self._apart.values())
        self._moving = [found for found in self._apart.values() if not found.fixed]

    def total(self, marks: Marks, basis: Basis = "maintenance") -> int:
        """Cents; as `requirement` without the parts."""
        needed = self._fixed
        for found in self._moving:
            needed += moving_requirement(found, marks, self._profile)
        if self._profile.method == "portfolio" and self._options:
            needed += sum(self._on_grid(self._all_options(), marks).values())
        for _, quantity, contract in self._futures:
            needed += self._of_future(contract, quantity, marks, basis)
        return needed

    def requirement(self, marks: Marks, basis: Basis = "maintenance") -> Requirement:
        """With its parts and reasons."""
        by_structure: dict[str, int] = {}
        by_class: dict[str, int] = {}
        reasons: list[str] = []
        for name, options in self._options.items():
            if self._profile.method == "portfolio":
                own = sum(self._on_grid(options, marks).values())
                why = "the largest loss on the grid, held alone"
            else:
                found = self._apart[name]
                own = fixed_requirement(found, self._profile)
                own += moving_requirement(found, marks, self._profile)
                why = _words(found, self._profile)
                kind = f"{options[0][1].underlying} options"
                by_class[kind] = by_class.get(kind, 0) + own
            by_structure[name] = own
            if own:
                reasons.append(f"{name}: {own / 100:,.2f} dollars, {why}")
        if self._profile.method == "portfolio":
            by_class |= self._on_grid(self._all_options(), marks)
        for name, quantity, contract in self._futures:
            own = self._of_future(contract, quantity, marks, basis)
            by_structure[name] = by_structure.get(name, 0) + own
            by_class[FUTURES] = by_class.get(FUTURES, 0) + own
            reasons.append(f"{name}: {own / 100:,.2f} dollars, {basis} margin of {contract.key}")
        return Requirement(
            total=sum(by_class.values()),
            by_structure=by_structure,
            by_class=by_class,
            reasons=tuple(reasons),
        )

    # --- parts -----------------------------------------------------------------------------------

    def _all_options(self) -> list[tuple[int, OptionContract]]:
        return [one for options in self._options.values() for one in options]

    def _on_grid(
        self, options: Sequence[tuple[int, OptionContract]], marks: Marks
    ) -> dict[str, int]:
        classes: dict[str, list[tuple[int, OptionContract]]] = {}
        for quantity, contract in options:
            classes.setdefault(class_of(contract), []).append((quantity, contract))
        return {name: class_requirement(own, marks, self._profile) for name, own in classes.items()}

    def _of_future(
        self, contract: FutureContract, quantity: int, marks: Marks, basis: Basis
    ) -> int:
        price = marks.mark(contract).mid_twice
        return future_requirement(contract, quantity, price, marks.session, self._profile, basis)


def _may_hold(contract: FutureContract, profile: MarginProfile) -> None:
    if not profile.futures:
        raise StewardError(
            f"{contract.key}: {profile.name} allows no futures (--margin): choose a margin "
            "account, or rules without them"
        )


def _words(found: Apart, profile: MarginProfile) -> str:
    parts = []
    if found.sides:
        uneven = any(put != call for put, call, _ in found.sides)
        both = profile.unequal_widths == "sum" and uneven
        parts.append("both spreads" if both else "the greater of its sides")
    if found.gaps:
        parts.append("the gap of its strikes")
    if found.boxes:
        parts.append("a short box")
    if found.naked:
        parts.append("naked: price and share of the index")
    return ", ".join(parts)


# --- what is about to be traded ------------------------------------------------------------------


def package_requirement(legs: Sequence[Leg], marks: Marks, profile: MarginProfile = DEFAULT) -> int:
    """Initial requirement of one unit of a package about to be opened, held alone, cents."""
    held = [("", leg.quantity, leg.contract) for leg in legs if not leg.lot_id]
    return Compiled(held, profile).total(marks, "initial")


def need_to_open(
    legs: Sequence[Leg], net: int, marks: Marks, profile: MarginProfile = DEFAULT
) -> int:
    """What opening one unit takes of the room that is left, cents: requirement and what is paid.

    net  price of one unit, e4, paid above 0; what a condor takes in is below 0 and counts for it
    Held against cash the premium paid is gone from it; held against the value of the account only
    what is paid above the middle is. A future costs no cash when it is opened.
    """
    paid = 0 if any(isinstance(leg.contract, FutureContract) for leg in legs) else net
    cost = cents(legs[0].contract, 1, paid)
    if profile.held_against == "equity" and paid:
        middle = sum(
            cents(leg.contract, leg.quantity, marks.mark(leg.contract).mid_twice) for leg in legs
        )
        cost = max(cost - middle // 2, 0)
    return package_requirement(legs, marks, profile) + cost


def allows(contract: Contract, profile: MarginProfile) -> bool:
    """Whether the profile lets one be bought."""
    return profile.futures or not isinstance(contract, FutureContract)


def spread_requirement(lots: Sequence[Lot], marks: Marks, profile: MarginProfile) -> int:
    """Of one structure alone, cents."""
    return Compiled(holdings(lots), profile).total(marks)


__all__ = [
    "Compiled",
    "Held",
    "Options",
    "Requirement",
    "allows",
    "holdings",
    "need_to_open",
    "package_requirement",
    "requirement",
    "spread_requirement",
]
