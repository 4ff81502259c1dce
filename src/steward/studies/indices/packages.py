"""The options that each index sells or buys on its roll day, by its published rule.

Each takes a chain of the new series and gives the legs of one unit, or the reason why there are
none. Strikes refer to the index at the close of the roll day; the exchange takes the last index
before 11:00 in New York.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from steward.market.quotes import Chain
from steward.studies.indices import strikes
from steward.studies.indices.world import Leg, World

Package = Callable[[World, Chain, float], "tuple[Leg, ...] | str"]
"""World, chain of the new series, index at the close: legs of one unit, or why there are none."""

SHORT_DELTA, LONG_DELTA = 0.20, 0.05
"""Of CNDR. Source: Cboe, S&P 500 Iron Condor Index."""

WING = 0.05
"""Distance of the options that BFLY and PPUT buy. Source: Cboe, BFLY and PPUT."""

TAIL_DELTA = 0.30
"""Of the VIX calls of VXTH. Source: Cboe, VIX Tail Hedge Index."""


def condor(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """Short put and call of 0.20 delta, long ones of 0.05 further out."""
    short_put = strikes.by_delta(chain, call=False, target=SHORT_DELTA, sold=True, below=spot)
    short_call = strikes.by_delta(chain, call=True, target=SHORT_DELTA, sold=True, above=spot)
    if short_put is None or short_call is None:
        return "no bid near 0.20 delta"
    low, high = float(chain.strike[short_put]), float(chain.strike[short_call])
    long_put = strikes.by_delta(chain, call=False, target=LONG_DELTA, sold=False, below=low)
    long_call = strikes.by_delta(chain, call=True, target=LONG_DELTA, sold=False, above=high)
    if long_put is None or long_call is None:
        return "no option further out than 0.20 delta"
    return _legs(world, chain, ((long_put, 1), (short_put, -1), (short_call, -1), (long_call, 1)))


def butterfly(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """Short straddle at the first strike above the index, long put and call further out than 5 %.

    All four strikes are the first beyond their level, never at it. Source: Cboe, S&P 500 Iron
    Butterfly Index methodology 4.1, 2025, section 2.1.
    """
    middle = strikes.straddle_above(chain, level=spot)
    if middle is None:
        return "no strike above the index with bids for put and call"
    put = strikes.first_below(chain, call=False, level=(1.0 - WING) * spot, sold=False)
    call = strikes.first_above(chain, call=True, level=(1.0 + WING) * spot, sold=False)
    if put is None or call is None or not chain.strike[middle[0]] < chain.strike[call]:
        return "no options 5 % out of the money"
    return _legs(world, chain, ((put, 1), (middle[0], -1), (middle[1], -1), (call, 1)))


def short_put(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """One put sold at the highest strike that is not above the index."""
    row = strikes.at_or_below(chain, call=False, level=spot, sold=True)
    return "no put at the money with a bid" if row is None else _legs(world, chain, ((row, -1),))


def short_call(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """One call sold at the lowest strike that is not below the index."""
    row = strikes.at_or_above(chain, call=True, level=spot, sold=True)
    return "no call at the money with a bid" if row is None else _legs(world, chain, ((row, -1),))


def protective_put(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """One put bought at the highest strike that is 5 % or more below the index."""
    row = strikes.at_or_below(chain, call=False, level=(1.0 - WING) * spot, sold=False)
    return "no put 5 % out of the money" if row is None else _legs(world, chain, ((row, 1),))


def tail_call(world: World, chain: Chain, spot: float) -> tuple[Leg, ...] | str:
    """One VIX call bought, of the delta nearest 0.30 on its own future."""
    row = strikes.by_delta(chain, call=True, target=TAIL_DELTA, sold=False)
    return "no VIX call with a delta" if row is None else _legs(world, chain, ((row, 1),))


def _legs(world: World, chain: Chain, rows: Sequence[tuple[int, int]]) -> tuple[Leg, ...]:
    return tuple(world.leg(chain, row, float(quantity)) for row, quantity in rows)


def width(legs: Sequence[Leg]) -> float:
    """The most that a condor or butterfly can cost at settlement, index points: its wider side."""
    put, middle, other, call = (leg.contract.strike for leg in legs)
    return max(middle - put, call - other)
