"""What a check changes: purchases up to the target, sales after a layer went off, switches of mix.

Sizes here are call units: standard calls of the session (see `hedge_units`). Nothing is ever sold
because the ratio rose above its target; only the end of a layer, a monetised gain, a switch of the
mix or expiry takes something away (D10).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from steward.rules.rolls import Held, Move
from steward.rules.rounding import NOISE, half_down
from steward.rules.schema import Hedge
from steward.terms.trades import HEDGE_PURPOSES, Purpose


def needs(targets: Sequence[float], held: Mapping[Purpose, float]) -> dict[Purpose, float]:
    """Units that each layer lacks, the lowest first, together what the whole book lacks.

    targets  units up to and with layer 1, 2, 3       held  units by layer
    `layer_n` owns the increment of target n over target n-1. A layer above its own increment leaves
    less to buy for the others: the sum is what the highest target lacks, or nothing.
    """
    left = max(targets[-1] - sum(held.values()), 0.0)
    found: dict[Purpose, float] = {}
    before = 0.0
    for purpose, target in zip(HEDGE_PURPOSES, targets, strict=True):
        lacking = max(target - before - held.get(purpose, 0.0), 0.0)
        found[purpose] = min(lacking, left)
        left -= found[purpose]
        before = target
    return found


def whole_units(wanted: Mapping[Purpose, float], room: float) -> dict[Purpose, int]:
    """The same in whole call units, only layers that get any, together never above `room`.

    Rounded on the running sum, a half downwards, so that the layers add up to the rounded total.
    """
    most = math.floor(max(room, 0.0) + NOISE)
    found: dict[Purpose, int] = {}
    running, given = 0.0, 0
    for purpose, units in wanted.items():
        running += units
        upto = min(half_down(running), most)
        if upto > given:
            found[purpose] = upto - given
            given = upto
    return found


def sell_down(
    held: Sequence[Held],
    weights: Mapping[str, float],
    off: Sequence[Purpose],
    excess: float,
    checks_left: int,
) -> tuple[Move, ...]:
    """This check's part of the sales after layers went off: the highest layer first.

    held     lots that may be sold, nearest expiry first     weights  units of one contract, by lot
    off      layers that are off                              excess   units above the target
    An equal part of the excess for each check that is left, in whole contracts.
    """
    part = excess / checks_left
    moves: list[Move] = []
    for purpose in reversed(HEDGE_PURPOSES):
        if purpose not in off:
            continue
        for one in held:
            weight = weights[one.lot.lot_id]
            if one.lot.purpose != purpose or not weight > 0.0:
                continue
            quantity = min(half_down(part / weight), one.lot.quantity)
            if quantity > 0:
                part -= quantity * weight
                words = f"{purpose.replace('_', ' ')} is off: the last part is sold"
                if checks_left > 1:
                    words = (
                        f"{purpose.replace('_', ' ')} is off: sold down over {checks_left} checks"
                    )
                moves.append(
                    Move(held=one, quantity=quantity, into=None, reason=words, rule="sell_down")
                )
    return tuple(moves)


def large_buckets(
    held: Sequence[Held], weights: Mapping[str, float], smallest: float
) -> dict[str, list[Held]]:
    """Lots by bucket, only buckets in which they come to more than `smallest` units."""
    found: dict[str, list[Held]] = {}
    for one in held:
        found.setdefault(one.bucket, []).append(one)
    units = by_bucket(held, weights)
    return {bucket: lots for bucket, lots in found.items() if units[bucket] > smallest}


def by_bucket(held: Sequence[Held], weights: Mapping[str, float]) -> dict[str, float]:
    """Units by bucket."""
    found: dict[str, float] = {}
    for one in held:
        units = one.lot.quantity * weights[one.lot.lot_id]
        found[one.bucket] = found.get(one.bucket, 0.0) + units
    return found


def by_layer(held: Sequence[Held], weights: Mapping[str, float]) -> dict[Purpose, float]:
    """Units by layer."""
    found: dict[Purpose, float] = {}
    for one in held:
        units = one.lot.quantity * weights[one.lot.lot_id]
        found[one.lot.purpose] = found.get(one.lot.purpose, 0.0) + units
    return found


def in_tenor(hedge: Hedge, one: Held, bucket: str) -> bool:
    """Whether a lot already is what `bucket` would buy: its kind, inside its tenor."""
    target = hedge.buckets[bucket]
    same = target.kind == hedge.buckets[one.bucket].kind
    return same and target.days_min <= one.days <= target.days_max
