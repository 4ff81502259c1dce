"""One smile fitted to bands: near the quotes, free of butterflies, in order with its neighbours.

The loss of a quote is nothing inside its band and grows with the distance outside, in half widths
of the band; beyond three half widths by its size, not its square, so that a stale quote cannot
turn the smile. A weak pull to the middle makes the answer unique.

What is not to be (a g below 0, a total variance that falls in time, a wing too steep) is a barrier
in the fit. Where the finer check still finds some, the smile is mixed with one that provably has
none, as little as is needed: the answer is free of it, or there is none.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.arbitrage import butterfly
from steward.pricing.surface.bands import Bands
from steward.pricing.surface.least_squares import minimise
from steward.pricing.surface.problem import Guide, Problem
from steward.pricing.surface.smile import Smile

Floats = NDArray[np.float64]

BARRIERS = (60.0, 300.0)
"""Weights of what lacks; the second where the first is not enough."""

MOST_TERMS = 3

FEWEST, FEWEST_WIDE = 5, 12
"""Bands below which there is no smile, and none of two terms."""

FIRST_STEPS, STEPS, LONG = 12, 70, 300
"""Of every start, of the best of them from there on, and of one that has not arrived."""

ENDING, LATE_ENDING = 1e-5, 1e-8
"""Share of the cost that a step has to win not to be the last."""

STARTS = ((-0.5, 0.0, 1.0, 0.3), (-0.8, 0.3, 0.5, 0.4), (0.0, -0.5, 1.5, 0.3))
"""rho, m, sigma and b of one term, scaled as in `problem`."""

SECOND = ((0.1, -1.0, -2.0, 0.0), (-0.1, 0.0, -1.0, 0.0), (0.1, 1.0, 1.0, -0.5))
OTHER = ((0.1, 0.0, 0.0, 0.0), (-0.1, 0.0, 0.5, -0.5), (0.3, -0.5, 0.0, -1.0))
THIRD = ((0.05, 0.5, 0.5, -0.3), (-0.05, 0.0, -2.0, -0.3))
"""b, artanh rho, m and ln sigma of a second term beside the best of one, of others that are tried
where these do not do, and of a third."""

ENOUGH = 0.9
"""Share of the judged quotes inside of their bands from which on no further term is tried."""


def fit_one_term(bands: Bands, years: float) -> Smile:
    """The raw SVI alone; bands as `FEWEST` at least."""
    problem = Problem(bands, years, terms=1, barrier=BARRIERS[0])
    starts = []
    for rho, m, sigma, b in STARTS:
        level = 1.0 - b * (-rho * m + math.hypot(m, sigma))
        starts.append(np.array([level, b, math.atanh(rho), m, math.log(sigma)]))
    return _free(problem, _best(problem, starts))


def fit_more_terms(bands: Bands, years: float, one: Smile) -> Smile:
    """Two hyperbolas from the best of one; from other starts, then three, where that is not enough.

    Enough is `ENOUGH` of the judged quotes inside of their bands.
    """
    two = Problem(bands, years, terms=2, barrier=BARRIERS[0])
    first = Problem(bands, years, terms=1, barrier=BARRIERS[0]).parameters(one)
    best, cost = _best(two, [_with_term(first, term) for term in SECOND])
    if two.inside(best) < ENOUGH:
        other = _best(two, [_with_term(first, term) for term in OTHER])
        best, cost = min((best, cost), other, key=lambda found: found[1])
    if two.inside(best) >= ENOUGH:
        return _free(two, (best, cost))
    three = Problem(bands, years, terms=3, barrier=BARRIERS[0])
    wider = _best(three, [_with_term(best, term) for term in THIRD])
    problem, found = (three, wider) if wider[1] < cost else (two, (best, cost))
    if problem.inside(found[0]) < ENOUGH:  # a valley between bands and barrier is a long way
        found = _from(problem, found[0], LONG, LATE_ENDING)
    return _free(problem, found)


def fit_again(
    bands: Bands, years: float, smile: Smile, guide: Guide, *, firmly: bool = False
) -> Smile:
    """From where the smile is, with what its neighbours say; more terms where they help.

    firmly  with the higher barrier
    """
    terms, barrier = smile.terms.shape[0], BARRIERS[1 if firmly else 0]
    problem = Problem(bands, years, terms=terms, guide=guide, barrier=barrier)
    found = _best(problem, [problem.parameters(smile)])
    while problem.terms < MOST_TERMS and problem.inside(found[0]) < ENOUGH:
        more = Problem(bands, years, terms=problem.terms + 1, guide=guide, barrier=barrier)
        starts = SECOND if problem.terms == 1 else THIRD
        wider = _best(more, [_with_term(found[0], term) for term in starts])
        if wider[1] >= found[1]:
            break
        problem, found = more, wider
    return _free(problem, found)


def _with_term(p: Floats, term: tuple[float, float, float, float]) -> Floats:
    """One more hyperbola, the value at the money kept."""
    b, r, m, log_sigma = term
    level = p[0] - b * (-math.tanh(r) * m + math.hypot(m, math.exp(log_sigma)))
    return np.concatenate(([level], p[1:], term))


def _best(problem: Problem, starts: list[Floats]) -> tuple[Floats, float]:
    """The least of all starts, the first of equals, and what it costs."""
    if len(starts) > 1:
        found = [_from(problem, start, FIRST_STEPS) for start in starts]
        starts = [min(found, key=lambda one: one[1])[0]]
    return _from(problem, starts[0], STEPS)


def _free(problem: Problem, found: tuple[Floats, float]) -> Smile:
    """Once more with a higher barrier where the finer check still finds a butterfly."""
    smile = problem.smile(found[0])
    if butterfly(smile).free:
        return smile
    problem.barrier = BARRIERS[1]
    return problem.smile(_from(problem, found[0], LONG, LATE_ENDING)[0])


def _from(
    problem: Problem, start: Floats, steps: int, ending: float = ENDING
) -> tuple[Floats, float]:
    return minimise(problem.residuals, start, problem.low, problem.high, steps=steps, ending=ending)
