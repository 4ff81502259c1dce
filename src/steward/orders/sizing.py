"""How many: condors within the allocation, hedges as whole contracts near their target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from steward.rules.rounding import NOISE, half_down
from steward.terms.contracts import Contract

COARSE_UNITS = 2.0
"""A contract of so many call units or more rounds on its own, before the calls."""


def condor_quantity(budget_cents: int, max_loss_per_unit_cents: int, available_cents: int) -> int:
    """Condors to open: as many as the tranche pays for, one when it is less, within what is free.

    budget_cents     maximum loss that one tranche may add      available_cents  unused allocation
    0 when not even one condor fits into what is free.
    Raises ValueError when one condor can lose nothing: its quotes cannot be true.
    """
    if max_loss_per_unit_cents <= 0:
        raise ValueError(
            f"a condor that can lose {max_loss_per_unit_cents} cents: check its quotes"
        )
    wanted = max(budget_cents // max_loss_per_unit_cents, 1)
    return max(min(wanted, available_cents // max_loss_per_unit_cents), 0)


def affordable(quantity: int, unit_cost_cents: int, cap_cents: int) -> int:
    """At most `quantity` contracts that together cost no more than the cap; futures cost 0."""
    if unit_cost_cents <= 0:
        return quantity
    return max(min(quantity, cap_cents // unit_cost_cents), 0)


# --- hedges --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentShare:
    """One instrument of the mix and the contract chosen for it.

    name                as a sentence says it: "VX future, 3rd to 6th month"
    share               of the target, 0..1; the shares need not add up to 1
    units_per_contract  one contract in 30-delta-call units, above 0
    passes_to           who takes the share when it is under half a contract; None: it keeps it
    contract            None: not listed or not available, the share is always passed on
    """

    name: str
    share: float
    units_per_contract: float
    passes_to: str | None
    contract: Contract | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Whole contracts near a target.

    units      the target in whole call units, after rounding
    contracts  (index into the shares, contracts), only those above 0, in the order of the shares
    bought     what they come to, call units
    notes      sentences: what was passed on, and why nothing was bought
    """

    units: int
    contracts: tuple[tuple[int, int], ...]
    bought: float
    notes: tuple[str, ...]


def allocate_units(total_units: float, shares: Sequence[InstrumentShare]) -> Allocation:
    """Share a hedge out in whole contracts.

    The total is rounded first, in call units, half down. An instrument whose share is under half of
    one of its contracts passes it on. Contracts of two call units or more (futures, puts) then
    round one after the other, the largest first, each to its part of what is left, half down; the
    calls share the rest by largest remainder. What is bought misses the total by at most half of
    one contract.
    Raises ValueError for a negative total, shares that are all 0, a size that is not above 0, or a
    share passed to a name that is not among them.
    """
    if not total_units >= 0.0:  # written so that NaN fails too
        raise ValueError(f"a hedge of {total_units} call units")
    units = half_down(total_units)
    if units < 1:
        note = f"{total_units:.2f} call units are under half of one call: none is bought"
        return Allocation(units=0, contracts=(), bought=0.0, notes=(note,))
    held, notes = _passed_on(units, shares)
    counts = dict.fromkeys(held, 0)
    left = units * sum(held.values())

    def size(i: int) -> float:
        return shares[i].units_per_contract

    coarse = sorted((i for i in held if size(i) >= COARSE_UNITS), key=size, reverse=True)
    waiting = dict(held)
    for i in coarse:
        part = max(left, 0.0) * held[i] / sum(waiting.values())
        counts[i] = half_down(part / size(i))
        left -= counts[i] * size(i)
        del waiting[i]
    fine = {i: max(left, 0.0) * held[i] / sum(waiting.values()) for i in waiting}
    for i, part in fine.items():
        counts[i] = int(part / size(i) + NOISE)
        left -= counts[i] * size(i)
    for i in sorted(fine, key=lambda i: (counts[i] - fine[i] / size(i), i)):
        if left / size(i) > 0.5 + NOISE:
            counts[i] += 1
            left -= size(i)
    if left > 0.5 + NOISE and not fine:
        notes.append(f"{left:.1f} of {units} call units are not bought: no contract is that small")
    return Allocation(
        units=units,
        contracts=tuple((i, n) for i, n in sorted(counts.items()) if n),
        bought=sum(n * size(i) for i, n in counts.items()),
        notes=tuple(notes),
    )


def _passed_on(units: int, shares: Sequence[InstrumentShare]) -> tuple[dict[int, float], list[str]]:
    """Shares by index after those under half a contract were passed on, and what to say of it."""
    index = {item.name: i for i, item in enumerate(shares)}
    total = sum(item.share for item in shares)
    if not total > 0.0 or any(not item.units_per_contract > 0.0 for item in shares):
        raise ValueError("the shares of a hedge must add up to more than 0, sizes must be above 0")
    held = {i: item.share / total for i, item in enumerate(shares)}
    notes: list[str] = []
    for i in _givers_first(shares, index):
        item, part = shares[i], units * held[i]
        if part <= 0.0:
            del held[i]
            continue
        short = part / item.units_per_contract < 0.5 - NOISE
        if item.contract is not None and not (short and item.passes_to is not None):
            continue
        why = f"{item.name}: nothing can be bought now"
        if item.contract is not None:
            why = (
                f"the {part:.1f} call units for {item.name} are under half of one contract, which "
                f"counts {item.units_per_contract:.1f}"
            )
        if item.passes_to is None:
            notes.append(f"{why}: {part:.1f} call units are not bought")
        else:
            notes.append(f"{why}: passed on to {item.passes_to}")
            held[index[item.passes_to]] += held[i]
        del held[i]
    return held, notes


def _givers_first(shares: Sequence[InstrumentShare], index: dict[str, int]) -> list[int]:
    """Indices so that whoever passes on comes before whoever takes it."""
    depth: dict[int, int] = {}
    for i, item in enumerate(shares):
        steps, onward = 0, item.passes_to
        while onward is not None:
            if onward not in index or steps > len(shares):
                raise ValueError(f"{item.name} passes its share on to {onward}: not in the mix")
            steps, onward = steps + 1, shares[index[onward]].passes_to
        depth[i] = steps
    return sorted(depth, key=lambda i: (-depth[i], i))
