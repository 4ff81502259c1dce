"""Which strikes an index takes from the chain of its roll day.

A row is a number into the arrays of a chain. What is sold needs a bid; ties go to the lower strike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Chain

Bools = NDArray[np.bool_]


def by_delta(
    chain: Chain,
    *,
    call: bool,
    target: float,
    sold: bool,
    above: float = 0.0,
    below: float = np.inf,
) -> int | None:
    """The row whose |delta| is nearest `target`, strikes strictly between `above` and `below`."""
    rows = np.flatnonzero(
        _offered(chain, call=call, sold=sold)
        & np.isfinite(chain.delta)
        & (chain.strike > above)
        & (chain.strike < below)
    )
    return _nearest(chain, rows, np.abs(np.abs(chain.delta[rows]) - target))


def at_or_above(chain: Chain, *, call: bool, level: float, sold: bool) -> int | None:
    """The row of the lowest strike at or above `level`."""
    rows = np.flatnonzero(_offered(chain, call=call, sold=sold) & (chain.strike >= level))
    return _nearest(chain, rows, chain.strike[rows] - level)


def at_or_below(chain: Chain, *, call: bool, level: float, sold: bool) -> int | None:
    """The row of the highest strike at or below `level`."""
    rows = np.flatnonzero(_offered(chain, call=call, sold=sold) & (chain.strike <= level))
    return _nearest(chain, rows, level - chain.strike[rows])


def first_above(chain: Chain, *, call: bool, level: float, sold: bool) -> int | None:
    """The row of the lowest strike above `level`, never at it."""
    rows = np.flatnonzero(_offered(chain, call=call, sold=sold) & (chain.strike > level))
    return _nearest(chain, rows, chain.strike[rows] - level)


def first_below(chain: Chain, *, call: bool, level: float, sold: bool) -> int | None:
    """The row of the highest strike below `level`, never at it."""
    rows = np.flatnonzero(_offered(chain, call=call, sold=sold) & (chain.strike < level))
    return _nearest(chain, rows, level - chain.strike[rows])


def straddle_above(chain: Chain, *, level: float) -> tuple[int, int] | None:
    """Rows of put and call at the lowest strike above `level` at which both have a bid."""
    puts = np.flatnonzero(_offered(chain, call=False, sold=True) & (chain.strike > level))
    calls = np.flatnonzero(_offered(chain, call=True, sold=True) & (chain.strike > level))
    both, put, call = np.intersect1d(
        chain.strike[puts], chain.strike[calls], assume_unique=True, return_indices=True
    )
    if not both.size:
        return None
    return int(puts[put[0]]), int(calls[call[0]])  # strikes rise


def _offered(chain: Chain, *, call: bool, sold: bool) -> Bools:
    """Rows of one right that one could trade."""
    priced = chain.bid > 0.0 if sold else chain.ask > 0.0
    return np.asarray((chain.call == call) & priced)


def _nearest(chain: Chain, rows: NDArray[np.int64], distance: NDArray[np.float64]) -> int | None:
    if not rows.size:
        return None
    return int(rows[np.lexsort((chain.strike[rows], distance))[0]])
