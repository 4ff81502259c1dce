"""What one chain says of itself: one session's quotes of one snapshot, as arrays, measured.

No table and no file: `quality_chains` cuts the months of a store into these slices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steward.intake.check import NEAR_THE_MONEY
from steward.pricing.parity import FEWEST, discount_from_quotes, forward_from_quotes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

WIDE_SHARE = 0.25
"""Of the mid: giving this away on entry and exit costs half of what the option is worth."""

WIDE_FLOOR = 0.50
"""Index points: below it a wide share is the tick of a cheap option, not a bad quote."""

REPEATED_FEWEST = 10
"""Quotes with a bid of one series that must all stand as the session before to call it repeated:
a few cheap ones may rightly do so, all of ten do not."""

RATE_DAYS = 30
"""From here on the slope of parity says a rate; below, a tick of the quotes is percents a year."""

RATE_SERIES = 4
"""Series asked for a rate: the nearest ones are quoted best."""

RATE_LOWEST, RATE_HIGHEST = -0.02, 0.12
"""A year: a rate from parity outside of these is a bad quote, no rate."""

PUT = np.int64(1) << 28
"""Bit of the right in a key; below it the strike in thousandths, above it the series."""

SERIES_SHIFT = 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The quotes of one session and snapshot, sorted by key, each key once.

    key        root, expiry, right and strike in one number (`PUT`, `SERIES_SHIFT`)
    underlying index points, NaN where unknown; `of_index` says that it is the index itself
    years      to settlement by series number; not above 0 where the series has settled
    """

    session: date
    key: Ints
    strike: Floats
    bid: Floats
    ask: Floats
    underlying: Floats
    of_index: Bools
    years: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Strikes with a call and a put, sorted by (series, strike): places in the slice."""

    call: Ints
    put: Ints
    bounds: tuple[tuple[int, int, int], ...]  # series, first and last + 1 among the pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Forwards by series (NaN: unknown), and how far the quotes near them lie off.

    residual  median of |C - P - D (F - K)| at mid, index points; None where no strike is near
    beyond    share of these strikes at which it is more than half of both spreads together
    """

    forward: Mapping[int, float]
    residual: float | None
    beyond: float | None
    strikes: int


def pairs_of(chain: Slice) -> Pairs:
    """Pairs of series that have not settled."""
    put = (chain.key & PUT) != 0
    alive = np.array([y > 0.0 for y in chain.years.values()], dtype=np.bool_)
    numbers = np.array(list(chain.years), dtype=np.int64)
    living = np.isin(chain.key >> SERIES_SHIFT, numbers[alive])
    calls, puts = np.flatnonzero(~put & living), np.flatnonzero(put & living)
    _, i, j = np.intersect1d(
        chain.key[calls], chain.key[puts] - PUT, assume_unique=True, return_indices=True
    )
    call, other = calls[i], puts[j]
    series = chain.key[call] >> SERIES_SHIFT
    cuts = np.flatnonzero(np.diff(series)) + 1
    edges = [0, *cuts.tolist(), len(series)] if len(series) else []
    bounds = tuple((int(series[a]), a, b) for a, b in pairwise(edges))
    return Pairs(call=call, put=other, bounds=bounds)


def sides(chain: Slice, pairs: Pairs, first: int, last: int) -> tuple[Floats, ...]:
    """Strike, call bid, call ask, put bid, put ask of pairs `first` to `last`."""
    call, put = pairs.call[first:last], pairs.put[first:last]
    return (chain.strike[call], chain.bid[call], chain.ask[call], chain.bid[put], chain.ask[put])


def parity(chain: Slice, pairs: Pairs, discount: Callable[[float], float]) -> Parity:
    """`discount`: value now of 1 paid after so many years."""
    forward: dict[int, float] = {}
    gaps, noises = [], []
    for number, first, last in pairs.bounds:
        strike, call_bid, call_ask, put_bid, put_ask = sides(chain, pairs, first, last)
        by = discount(chain.years[number])
        found = forward_from_quotes(strike, call_bid, call_ask, put_bid, put_ask, discount=by)
        forward[number] = found
        near = (call_bid > 0.0) & (put_bid > 0.0) & (np.abs(strike / found - 1.0) <= NEAR_THE_MONEY)
        gap = 0.5 * (call_bid + call_ask - put_bid - put_ask) - by * (found - strike)
        gaps.append(np.abs(gap[near]))
        noises.append(0.5 * (call_ask - call_bid + put_ask - put_bid)[near])
    gap = np.concatenate(gaps) if gaps else np.empty(0)
    if not gap.size:
        return Parity(forward=forward, residual=None, beyond=None, strikes=0)
    beyond = gap > np.concatenate(noises) + 1e-9
    return Parity(
        forward=forward,
        residual=float(np.median(gap)),
        beyond=float(beyond.mean()),
        strikes=int(gap.size),
    )


def rate_of_parity(chain: Slice, pairs: Pairs) -> float | None:
    """A year, continuous: the middle of what the nearest series from `RATE_DAYS` on imply."""
    found: list[float] = []
    for number, first, last in sorted(pairs.bounds, key=lambda bound: chain.years[bound[0]]):
        years = chain.years[number]
        if years < RATE_DAYS / 365.0 or last - first < 2 * FEWEST:
            continue
        by = discount_from_quotes(*sides(chain, pairs, first, last))
        rate = -math.log(by) / years if by > 0.0 else math.nan
        if RATE_LOWEST <= rate <= RATE_HIGHEST:
            found.append(rate)
        if len(found) == RATE_SERIES:
            break
    return float(np.median(found)) if found else None


def wide(chain: Slice) -> Bools:
    """Quotes with a bid whose spread is over `WIDE_SHARE` of the mid and over `WIDE_FLOOR`."""
    spread, mid = chain.ask - chain.bid, 0.5 * (chain.ask + chain.bid)
    over = (spread > WIDE_FLOOR + 1e-9) & (spread > WIDE_SHARE * mid)
    return np.asarray(over & (chain.bid > 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is kept of the session before: its quotes, forwards and index."""

    chain: Slice
    forward: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """Quotes with a bid that were quoted the session before too, and those of them that are stale.

    repeated  series of which every such quote stands as the session before
    """

    compared: int
    stale: int
    repeated: int


def staleness(now: Slice, pairs: Pairs, forward: Mapping[int, float], before: Before) -> Staleness:
    """Quotes that cannot be of today, by two signs.

    A series repeats the session before: all of its quotes with a bid (`REPEATED_FEWEST` or more)
    have the same bid and ask. Or: call and put of a strike near the forward have the same bids and
    asks, although the forward of their series or the index moved by more than their spreads
    together; C - P moves with the forward, so that both days cannot be right.
    """
    then = before.chain
    _, here, there = np.intersect1d(now.key, then.key, assume_unique=True, return_indices=True)
    bidden = (now.bid[here] > 0.0) & (now.ask[here] > 0.0)
    here, there = here[bidden], there[bidden]
    same_here = (now.bid[here] == then.bid[there]) & (now.ask[here] == then.ask[there])
    stale = np.zeros(len(now.key), dtype=np.bool_)
    numbers, at = np.unique(now.key[here] >> SERIES_SHIFT, return_inverse=True)
    total = np.bincount(at, minlength=len(numbers))
    alike = np.bincount(at, weights=same_here, minlength=len(numbers))
    repeats = (total >= REPEATED_FEWEST) & (alike == total)
    stale[here[repeats[at]]] = True
    same = np.zeros(len(now.key), dtype=np.bool_)
    same[here] = same_here
    index_moved = abs(index_level(now) - index_level(then))  # NaN: unknown
    for number, first, last in pairs.bounds:
        call, put = pairs.call[first:last], pairs.put[first:last]
        both = same[call] & same[put]
        if not both.any():
            continue
        level = forward.get(number, math.nan)
        moves = (abs(level - before.forward.get(number, math.nan)), index_moved)
        known = [move for move in moves if math.isfinite(move)]
        if not known or not math.isfinite(level):
            continue
        spreads = now.ask[call] - now.bid[call] + now.ask[put] - now.bid[put]
        near = np.abs(now.strike[call] / level - 1.0) <= NEAR_THE_MONEY
        wrong = both & near & (max(known) > spreads)
        stale[call[wrong]] = stale[put[wrong]] = True
    return Staleness(compared=len(here), stale=int(stale.sum()), repeated=int(repeats.sum()))


def index_level(chain: Slice) -> float:
    """The index beside the quotes, index points; NaN where the file has none."""
    known = chain.underlying[chain.of_index & np.isfinite(chain.underlying)]
    return float(np.median(known)) if known.size else math.nan


def forward_less_underlying(chain: Slice, forward: Mapping[int, float]) -> float | None:
    """Of the nearest living series with a forward: less the underlying beside its quotes."""
    for number in sorted(forward, key=lambda one: chain.years[one]):
        if not math.isfinite(forward[number]):
            continue
        rows = (chain.key >> SERIES_SHIFT) == number
        known = chain.underlying[rows & np.isfinite(chain.underlying)]
        if known.size:
            return float(forward[number] - np.median(known))
    return None
