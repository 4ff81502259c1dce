"""Thousands of paths, priced one by one; each gives the same numbers whichever others are asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from steward.market.ahead import worked
from steward.market.paths.state import Paths
from steward.pricing import kernels
from steward.pricing.kernels import Engine
from steward.pricing.simulated.asks import Prices, priced
from steward.pricing.simulated.learning import Learned
from steward.pricing.simulated.schedule import WARM_UP, Schedule, schedule
from steward.pricing.simulated.states import States, states_of
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
"""Paths done, paths in all."""

YEAR = 252


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of positions on each path; an element a path, NaN where none was opened.

    condors         opened a year                   credit_share  mean credit over width
    condor_kept     mean of what is kept, over the maximum loss, closed by the rules
    condor_lost     sum of what condors cost that are held until they settle, over their credits
    condor_wins     share of condors that keep something, closed by the rules
    call_paid       sum of what VIX calls of 30 delta and 60 days pay, over their prices
    put_paid        the same of SPX puts 5 % below the index, 90 days
    future_change   mean change of ln of the second VIX future over a month, held
    future_slope    mean ln of the second future over the first
    """

    condors: Floats
    credit_share: Floats
    condor_kept: Floats
    condor_lost: Floats
    condor_wins: Floats
    call_paid: Floats
    put_paid: Floats
    future_change: Floats
    future_slope: Floats


OUTCOMES = tuple(field.name for field in fields(Outcome))


def outcomes(
    paths: Paths,
    learned: Learned,
    progress: Progress | None = None,
    *,
    engine: Engine = "numpy",
) -> tuple[Outcome, int]:
    """Outcomes of all paths, and how many options were priced.

    Two threads work on two paths at a time; the numbers do not depend on it.
    Raises StewardError for an engine that cannot be used here, and for paths that are too short.
    """
    kernels.engine_for(kernels.WORTHWHILE, engine)
    quick = replace(learned.quick, engine=engine)
    asked = schedule(paths.sessions)
    if not asked.condors.size:
        raise StewardError(
            f"paths of {len(paths.sessions)} sessions are too short to be priced: averages need "
            f"{WARM_UP}, and a condor has to end; take two years"
        )

    def one(at: int) -> tuple[tuple[float, ...], int]:
        states = states_of(paths, at)
        prices = priced(quick, states, asked)
        return outcome(prices, states, asked), prices.options

    rows, options = [], 0
    for number, (row, count) in enumerate(worked(iter(range(paths.count)), one), start=1):
        rows.append(row)
        options += count
        if progress is not None:
            progress(number, paths.count)
    table = np.array(rows)
    columns = {name: table[:, k] for k, name in enumerate(OUTCOMES)}
    return Outcome(**columns), options


def outcome(prices: Prices, states: States, asked: Schedule) -> tuple[float, ...]:
    """Of one path, in the order of `OUTCOMES`."""
    condors = prices.condors
    most = condors.width - condors.credit
    future = np.log(prices.futures)
    return (
        condors.row.size * YEAR / max(len(asked.sessions) - WARM_UP, 1),
        _mean(condors.credit / condors.width),
        _mean(condors.kept / most),
        _ratio(condors.settled, condors.credit),
        _mean((condors.kept > 0.0).astype(np.float64)),
        _ratio(prices.held_calls.paid, prices.held_calls.price),
        _ratio(prices.puts.paid, prices.puts.price),
        _mean(future[asked.held_to] - future[asked.held_from]),
        _mean(future[asked.slopes] - future[asked.slopes - 1]),
    )


def _mean(values: Floats) -> float:
    return float(np.mean(values)) if values.size else float("nan")


def _ratio(above: Floats, below: Floats) -> float:
    return float(np.sum(above) / np.sum(below)) if below.size else float("nan")
