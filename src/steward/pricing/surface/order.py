"""Order among slices: no butterfly in any, no calendar between two of one clock, exactly.

Slices that were fitted alone cross where nobody quotes, far out, and now and then where quotes of
two days are wide. First every slice gets a tube between its neighbours: at each k the rising line
through all of them, in which slices that have quotes there decide over those that have none. A fit
inside of its tube is in order with all the others. What a last check still finds is taken out by
lifting a wing from the end of the quotes on, else by mixing the smile with one that is in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.arbitrage import DEVIATIONS, butterfly, calendar_gap
from steward.pricing.surface.problem import Guide, grid_of
from steward.pricing.surface.smile import Smile, raw_svi

Floats = NDArray[np.float64]

WIDER = 1.1
"""How much farther than the check a tube reaches."""

SLACK = 1e-3
"""Of a tube on either side, a share: kept so that the check, which is finer, holds."""

DRAW, DRAWN = 5.0, 25.0
"""Pull on a wing without quotes that is wholly off, in half widths a point of the grid; and how
far out, in standard deviations at the money."""

NEAR_IN_TIME, UNQUOTED = 0.3, 1e-3
"""In the log of the scale, how fast other slices count less; and how much less without quotes."""

ANCHOR_RHO = (-0.5, 0.0, 0.5)
LIFTS = (1.02, 1.2, 2.0)
"""Smiles that one with arbitrage is mixed with: surface SVI of these leans, and the expiry before
with its total variance times these numbers."""

HALVINGS = 20
"""Of looking for the least share."""

MOST_LIFTS, RAISE = 12, 2e-4
"""Arms that a smile may get, and by what share a lack is more than made good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A slice in its clock: its smile, the k that its quotes reach, and its vol x sqrt(years)."""

    smile: Smile
    reach: tuple[float, float]
    scale: float


def guides(places: Sequence[Place], *, bounded: bool) -> list[Guide]:
    """One a slice; places rising in time.

    bounded  with the tubes; else only what the others say of wings without quotes
    """
    found = []
    for n, place in enumerate(places):
        k = grid_of(place.scale, *place.reach)
        middle, draw = _drawn(places, n, k / place.scale)
        lower, upper = np.zeros(k.size), np.full(k.size, np.inf)
        if bounded:
            levels = np.array([p.smile.total_variance(k) for p in places])
            known = np.array([(k >= p.reach[0]) & (k <= p.reach[1]) for p in places])
            asked = k * k <= (WIDER * DEVIATIONS) ** 2 * levels[max(n - 1, 0) : n + 2].max(axis=0)
            low, high = (edge[n] for edge in _between(_rising(_believed(levels, known))))
            lower, upper = np.where(asked, low, 0.0), np.where(asked, high, np.inf)
        found.append(Guide(lower=lower, upper=upper, middle=middle * place.scale**2, draw=draw))
    return found


def above(place: Place, before: Smile | None) -> Guide:
    """The expiry before as the only bound, as it is; without one no bound at all."""
    k = grid_of(place.scale, *place.reach)
    own, none = place.smile.total_variance(k), np.zeros(k.size)
    low = none if before is None else before.total_variance(k) * (1.0 + SLACK)
    asked = k * k <= (WIDER * DEVIATIONS) ** 2 * np.maximum(low, own)
    return Guide(
        lower=np.where(asked, low, 0.0), upper=np.full(k.size, np.inf), middle=none, draw=none
    )


def _drawn(places: Sequence[Place], own: int, x: Floats) -> tuple[Floats, Floats]:
    """What wings without quotes are drawn to, scaled, and how strongly.

    Scaled by their volatility at the money, smiles of neighbours are nearly one curve, so that the
    geometric mean of those that have quotes at x, near ones in time first, says what this one is.
    """
    first = math.log(places[own].scale)
    total, weight = np.zeros(x.size), np.zeros(x.size)
    for place in places:
        near = math.exp(-abs(math.log(place.scale) - first) / NEAR_IN_TIME)
        inside = (x * place.scale >= place.reach[0]) & (x * place.scale <= place.reach[1])
        w = near * np.where(inside, 1.0, UNQUOTED)
        f = place.smile.total_variance(x * place.scale) / place.scale**2
        total += w * np.log(np.maximum(f, 1e-6))
        weight += w
    low, high = (edge / places[own].scale for edge in places[own].reach)
    draw = np.where(((x < low) | (x > high)) & (np.abs(x) < DRAWN), DRAW, 0.0)
    return np.exp(total / weight), draw


def _believed(levels: Floats, known: NDArray[np.bool_]) -> Floats:
    """Where a slice has no quotes, between those before and after that have some."""
    low = np.maximum.accumulate(np.where(known, levels, -np.inf), axis=0)
    high = np.minimum.accumulate(np.where(known, levels, np.inf)[::-1], axis=0)[::-1]
    clipped = np.maximum(np.minimum(levels, high), low)
    return np.where(known, levels, clipped)


def _rising(levels: Floats) -> Floats:
    """A line that does not fall through the first axis: halfway between two that do not."""
    up = np.maximum.accumulate(levels, axis=0)
    down = np.minimum.accumulate(levels[::-1], axis=0)[::-1]
    return np.asarray(0.5 * (up + down))


def _between(rising: Floats) -> tuple[Floats, Floats]:
    """Halfway to the one before and the one after, less a slack; open at the ends."""
    middle = 0.5 * (rising[1:] + rising[:-1])
    edge = np.zeros((1, *rising.shape[1:]))
    lower = np.concatenate((edge, middle * (1.0 + 0.5 * SLACK)))
    upper = np.concatenate((middle * (1.0 - 0.5 * SLACK), edge + np.inf))
    return lower, upper


def in_order(smile: Smile, before: Smile | None) -> bool:
    """No butterfly, and no calendar to the expiry before."""
    if not butterfly(smile).free:
        return False
    return before is None or calendar_gap(before, smile)[0] >= 0.0


def mended(
    smile: Smile, before: Smile | None, *, level: float, k: Floats, judged: tuple[float, float]
) -> Smile:
    """The smile, or as little as is needed away from it, free of arbitrage.

    before  of the same clock, in whose order it has to be; None: there is none
    level   total variance at the money     k  of the quotes, rising: what is moved least there wins
    judged  k between which quotes are judged; wings are lifted from there on
    Where nothing helps, the smile as it was.
    """
    if not butterfly(smile).free:
        ways = [_mixed(smile, surface_svi(level, rho), None) for rho in ANCHOR_RHO]
        smile = _nearest(smile, [one for one in ways if one is not None], k)
    if before is None or calendar_gap(before, smile)[0] >= 0.0:
        return smile
    lifted = _lifted(smile, before, judged)
    if lifted is not None:
        return lifted
    ways = [_mixed(smile, before.scaled(by), before) for by in LIFTS]
    return _nearest(smile, [one for one in ways if one is not None], k)


def _nearest(smile: Smile, ways: list[Smile], k: Floats) -> Smile:
    """Of some smiles that which is moved least at k; without one the smile itself."""
    return min(ways, key=lambda one: moved(smile, one, k), default=smile)


def moved(smile: Smile, other: Smile, k: Floats) -> float:
    """The largest change of total variance at k, a share."""
    return float(np.abs(other.total_variance(k) / smile.total_variance(k) - 1.0).max())


def _lifted(smile: Smile, before: Smile, judged: tuple[float, float]) -> Smile | None:
    """Wings raised where they lie below the expiry before, the farthest lack first.

    A raise is a hyperbola with one arm: nothing towards the money, a slope beyond. None where that
    does not bring order, or brings a butterfly.
    """
    for _ in range(MOST_LIFTS):
        gap, at = calendar_gap(before, smile)
        if gap >= 0.0:
            return smile if butterfly(smile).free else None
        sign = math.copysign(1.0, at)
        edge = abs(judged[1] if sign > 0.0 else judged[0])
        arm = abs(at) - edge if abs(at) > 1.3 * edge else 0.5 * abs(at)
        u, sigma = 0.35 * arm, 0.03 * arm
        if arm <= 0.0:
            return None
        lack = float((1.0 + RAISE) * before.total_variance(at) - smile.total_variance(at))
        slope = lack / (u + math.hypot(u, sigma))
        row = np.array([[slope, sign, at - sign * u, sigma]])
        smile = Smile(level=smile.level, terms=np.concatenate((smile.terms, row)))
    return None


def _mixed(smile: Smile, target: Smile, before: Smile | None) -> Smile | None:
    """The least share of the target that is in order; None where the target itself is not."""
    if not in_order(target, before):
        return None
    share = _least(lambda s: in_order(smile.mixed(target, s), before), 1.0, HALVINGS)
    return smile.mixed(target, share)


def _least(holds: Callable[[float], bool], most: float, halvings: int) -> float:
    """Near the least number up to `most` for which it holds; it holds for `most`."""
    low = 0.0
    for _ in range(halvings):
        middle = 0.5 * (low + most)
        if holds(middle):
            most = middle
        else:
            low = middle
    return most


def surface_svi(level: float, rho: float) -> Smile:
    """A slice of the surface SVI at nine tenths of its steepest without a butterfly.

    w(k) = level/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)); free of butterflies where
    level phi (1 + |rho|) < 4 and level phi^2 (1 + |rho|) <= 4 (Gatheral and Jacquier 2014,
    theorem 4.2).
    """
    lean = 1.0 + abs(rho)
    phi = 0.9 * min(4.0 / (level * lean), 2.0 / math.sqrt(level * lean))
    stiff = 1.0 - rho * rho
    return raw_svi(0.5 * level * stiff, 0.5 * level * phi, rho, -rho / phi, math.sqrt(stiff) / phi)
