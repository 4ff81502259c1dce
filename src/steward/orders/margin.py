"""The strategy-based requirement of a book (Reg T), in cents.

Sources: brokers' pages on iron condors (one side, width x 100, when the widths are equal; the wider
side, or both spreads, when not); exchange minimum for credit spreads of cash-settled options. VIX
calls give no relief to SPX spreads. A future's initial margin moves often; without a dated table it
is modelled as the greater of a floor and a share of the contract's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from steward.market.quotes import Quote
from steward.pricing.execution import exact
from steward.pricing.payoff import option_lots, worst_value
from steward.terms.contracts import Contract, FutureContract, OptionContract
from steward.terms.trades import Leg, Lot

VX_MULTIPLIER = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRules:
    """What a broker asks for.

    unequal_widths     a condor with two widths: the wider side, or the sum of both spreads
    future_floor       cents for one VX; a smaller future in proportion to its multiplier
    future_share       of the contract's value
    """

    unequal_widths: Literal["wider", "sum"] = "wider"
    future_floor: int = 600_000
    future_share: float = 0.45


def requirement(
    lots: Iterable[Lot],
    mark_of: Callable[[Contract], Quote],
    rules: MarginRules | None = None,
) -> int:
    """What the book must have, cents: condors by their wider side, futures by value, in sum.

    Long options are paid in full and need nothing more. Entry credits are not taken off: they are
    in the cash that the requirement is held against.
    Raises ValueError for a structure whose loss has no bound (a naked call).
    """
    given = rules or MarginRules()
    structures: dict[str, list[Lot]] = {}
    total = 0
    for lot in lots:
        if isinstance(lot.contract, FutureContract):
            total += future_requirement(
                lot.contract, lot.quantity, mark_of(lot.contract).mid_twice, given
            )
        else:
            structures.setdefault(lot.structure_id, []).append(lot)
    return total + sum(spread_requirement(held, given) for held in structures.values())


def future_requirement(
    contract: FutureContract, quantity: int, mid_twice: int, rules: MarginRules
) -> int:
    """Initial margin of `quantity` futures, cents, rounded up; `mid_twice` in e4, twice the price.

    Source: max(6,000 dollars, 0.45 * F * 1000) for one VX, an inferred model.
    """
    hundreds = contract.multiplier // 100
    share = -(-exact(rules.future_share) * mid_twice * hundreds // 2)
    floor = -(-rules.future_floor * contract.multiplier // VX_MULTIPLIER)
    return abs(quantity) * max(floor, int(share))


def spread_requirement(lots: Sequence[Lot], rules: MarginRules) -> int:
    """Of one structure of options, cents: the wider of the put and the call side, or both."""
    return _spread_requirement(tuple(lots), rules)


@lru_cache(maxsize=4096)
def _spread_requirement(lots: tuple[Lot, ...], rules: MarginRules) -> int:
    """The same structure is asked for at every trade of its book, in every ledger."""
    return _of_sides(option_lots(lots), rules)


def package_requirement(legs: Sequence[Leg], rules: MarginRules | None = None) -> int:
    """Of one unit of a package of options that is about to be opened, cents, as above."""
    options = [(x.quantity, x.contract) for x in legs if isinstance(x.contract, OptionContract)]
    return _of_sides(options, rules or MarginRules())


def _of_sides(options: Sequence[tuple[int, OptionContract]], rules: MarginRules) -> int:
    sides = []
    for right in ("P", "C"):
        held = [(quantity, contract) for quantity, contract in options if contract.right == right]
        sides.append(-min(worst_value(held), 0))
    if rules.unequal_widths == "sum" and sides[0] != sides[1]:
        return sum(sides)
    return max(sides)
