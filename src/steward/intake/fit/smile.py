"""The shape of the SPX smile, fitted on real chains, and its errors with clusters left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.smile_order import WANTED, order
from steward.intake.fit.smile_rows import Rows
from steward.pricing.smile import KNOTS, Form, Terms, cardinal, levels, term_columns

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

FORMS: Mapping[tuple[str, ...], Terms] = {
    ("skew", "vvix"): ("1", "L", "L2", "vix", "skew", "skew L", "skew vix", "vvix"),
    ("skew",): ("1", "L", "L2", "vix", "skew", "skew L", "skew vix"),
    ("vvix",): ("1", "L", "L2", "vix", "vvix"),
    (): ("1", "L", "L2", "vix"),
}
"""What a form needs beside VIX, and the terms that it is linear in."""

CONSTANTS = ("1", "L", "L2")
RIDGE = {"1": 0.01, "L": 3.0, "L2": 3.0}
STATE_RIDGE = 3.0
BENT, STATE_BENT = 0.5, 5.0
"""Penalties of squared second derivatives along z: of the constant, of the rest."""

BENT_Z = np.linspace(-12.0, 4.6, 84)
FORCE, ROUNDS = (0.02, 1.6, 30.0), 30
"""Of the penalty where the shape would allow arbitrage: at first, its growth, at most; and how
often it is taken anew."""

MANY, STAY = 200, 0.05
"""Conditions that share the force; how strongly a round stays near the one before."""

FAR_DELTA, FAR_WEIGHT = 0.05, 0.35
"""Quotes of smaller deltas weigh less."""

DAY_BUCKETS = (3.5, 7.0, 14.0, 30.0, 60.0, 120.0)
NOISE, STEPS = 0.01, 3
"""Residuals beyond one vol point weigh less; rounds of weights."""

LEVEL_RANGE = (0.5, 2.0)
"""Of the strip's vol over 18 %: how much more an error of the ratio counts at high levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The rows of a fit as a linear problem: y is vol over strip."""

    x: Floats
    y: Floats
    weight: Floats
    scale: Floats


def design(rows: Rows, terms: Terms, clusters: NDArray[np.str_]) -> Design:
    """A row's weight: one vote for each cluster and span of days, less for far options."""
    root = rows.strip * np.sqrt(rows.years)
    level = levels(np.square(root), rows.vix)
    columns = term_columns(terms, level, rows.vix, rows.skew, rows.vvix)
    basis = cardinal(rows.log_strike / root)
    spans = np.digitize(rows.days, DAY_BUCKETS)
    votes = np.char.add(clusters[rows.number], spans.astype(np.str_))
    _, place, count = np.unique(votes, return_inverse=True, return_counts=True)
    weight = np.where(rows.delta > FAR_DELTA, 1.0, FAR_WEIGHT) / count[place]
    weight *= np.clip(rows.strip / 0.18, *LEVEL_RANGE) ** 2
    return Design(
        x=(basis[:, :, None] * columns[:, None, :]).reshape(len(rows), -1),
        y=rows.vol / rows.strip,
        weight=weight * len(rows) / weight.sum(),
        scale=rows.strip,
    )


def fitted(problem: Design, terms: Terms) -> Floats:
    """A row a knot, a column a term; free of arbitrage on the states of `smile_order`."""
    penalty = _penalty(terms)
    weight = problem.weight
    found: Floats = np.zeros(len(KNOTS) * len(terms))
    for _ in range(STEPS):
        weighted = problem.x * weight[:, None]
        matrix, right = weighted.T @ problem.x + penalty, weighted.T @ problem.y
        found = np.linalg.solve(matrix, right)
        missed = np.abs(problem.y - problem.x @ found) * problem.scale
        weight = problem.weight / np.maximum(1.0, missed / NOISE)
    force = FORCE[0]
    for _ in range(ROUNDS):
        held = order(found.reshape(len(KNOTS), len(terms)), terms)
        if held.worst >= WANTED / 2.0:
            break
        active = held.rows @ found < held.least
        rows, least = held.rows[active], held.least[active]
        share = force * len(problem.y) / max(len(rows), MANY)
        found = np.linalg.solve(
            matrix + share * rows.T @ rows + STAY * share * np.eye(len(found)),
            right + share * rows.T @ least + STAY * share * found,
        )
        force = min(force * FORCE[1], FORCE[2])
    return found.reshape(len(KNOTS), len(terms))


def _penalty(terms: Terms) -> Floats:
    count = len(terms)
    bend = cardinal(BENT_Z, 2)
    bent = bend.T @ bend * (BENT_Z[1] - BENT_Z[0])
    penalty = np.zeros((len(KNOTS) * count,) * 2)
    for number, name in enumerate(terms):
        own = np.arange(number, len(KNOTS) * count, count)
        penalty[np.ix_(own, own)] += (BENT if name == "1" else STATE_BENT) * bent
        penalty[own, own] += RIDGE.get(name, STATE_RIDGE)
    return penalty


def form_of(rows: Rows, given: Sequence[str], clusters: NDArray[np.str_]) -> Form:
    """The form for what is given, from all rows that have it."""
    terms = FORMS[tuple(given)]
    known = np.ones(len(rows), dtype=np.bool_)
    for name in given:
        known &= np.isfinite(getattr(rows, name))
    part = rows.where(known)
    numbers = fitted(design(part, terms, clusters), terms)
    ranges = {
        name: (
            float(np.floor(getattr(part, name).min())),
            float(np.ceil(getattr(part, name).max())),
        )
        for name in ("vix", *given)
    }
    return Form(terms=terms, numbers=numbers, ranges=ranges)
