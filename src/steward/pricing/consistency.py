"""The indices of the model are the published ones: on its own quotes, rounded, of listed strikes.

A curve that carries the published VIX does not make quotes whose VIX it is: strikes end, ticks
round the far wings up, a bid of zero ends the strip. So each index that is published is computed by
the exchange's formula from the quotes that the model would show, on that day's own pair of
expiries, and what the curve is asked for is moved until the two agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from steward.pricing import knot
from steward.pricing.term import KNOT_DAYS, VIX_KNOT, Curve, Vols
from steward.pricing.vix import index_from
from steward.pricing.vix_family import MINUTES_A_DAY

CLOSE_VIX, CLOSE_SIBLING = 0.01, 0.05
"""Index points: the search ends when every index is as near as that."""

ROUNDS = 5
"""Of moving all indices by the ratio of published to found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An index that is to be met.

    member     its place in `term.KNOT_NAMES`          published  points
    variances  of its two expiries by the rounded quotes on a curve; None where one has no strip
    minutes    to the two expiries
    """

    member: int
    published: float
    variances: Callable[[Curve], tuple[float, float] | None]
    minutes: tuple[int, int]

    def index(self, curve: Curve) -> float:
        """Points; NaN where the quotes make none."""
        found = self.variances(curve)
        if found is None:
            return math.nan
        return index_from(
            *found,
            near_minutes=self.minutes[0],
            next_minutes=self.minutes[1],
            target_minutes=KNOT_DAYS[self.member] * MINUTES_A_DAY,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A curve, and by member the index that its quotes have, points; NaN where they make none."""

    curve: Curve
    found: Mapping[int, float]


def solve(start: Curve, targets: tuple[Target, ...]) -> Solved:
    """The curve whose quotes have the indices of the targets, as near as rounding lets them."""
    month = [one for one in targets if one.member == VIX_KNOT]
    siblings = [one for one in targets if one.member != VIX_KNOT]
    curve, found = start, dict.fromkeys((one.member for one in targets), math.nan)
    if siblings:
        curve, found = _together(start, targets)
    if month and not abs(found[VIX_KNOT] - month[0].published) <= CLOSE_VIX:
        level, value = _search(curve, month[0])
        curve = curve.scaled(level)
        found = {one.member: one.index(curve) for one in siblings} | {VIX_KNOT: value}
    return Solved(curve=curve, found=found)


def _together(start: Curve, targets: tuple[Target, ...]) -> tuple[Curve, dict[int, float]]:
    """All indices at once by the ratio of published to found: the round in which all are near, else
    the one of a few that is best for the siblings of VIX."""
    by = [1.0 / knot.usual_ratio(start.session)] * len(KNOT_DAYS)
    best: tuple[float, Curve, dict[int, float]] | None = None
    for _ in range(ROUNDS):
        curve = start.moved(_four(by))
        found = {one.member: one.index(curve) for one in targets}
        misses = {
            one.member: abs(found[one.member] - one.published)
            / (CLOSE_VIX if one.member == VIX_KNOT else CLOSE_SIBLING)
            for one in targets
            if math.isfinite(found[one.member])
        }
        if max(misses.values(), default=0.0) <= 1.0:
            return curve, found
        # VIX alone is searched for afterwards: rounding lets it jump over the published one.
        worst = max((miss for member, miss in misses.items() if member != VIX_KNOT), default=0.0)
        if best is None or worst < best[0]:
            best = (worst, curve, found)
        for one in targets:
            ratio = one.published / found[one.member]
            if math.isfinite(ratio):
                by[one.member] *= min(max(ratio, 0.8), 1.25)
        for member, known in enumerate(start.published):
            if not known:  # what was inferred from VIX goes with it
                by[member] = by[VIX_KNOT]
    assert best is not None
    return best[1], best[2]


def _four(by: list[float]) -> Vols:
    one, two, three, four = by
    return one, two, three, four


def _search(curve: Curve, month: Target) -> tuple[float, float]:
    """The level of VIX alone, by `knot.search`."""
    asked = 100.0 * curve.vols[VIX_KNOT]  # which the curve's own index is, at any level

    def of_curve(level: float) -> float:
        return asked * level

    def of_quotes(level: float) -> float:
        return month.index(curve.scaled(level))

    return knot.search(of_quotes, of_curve, month.published, knot.usual_ratio(curve.session))
