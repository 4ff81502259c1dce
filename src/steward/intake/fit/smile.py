"""The shape of the SPX smile, fitted on real chains, and its errors with clusters left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.forwards import forward_tables
from steward.intake.fit.section import Section
from steward.intake.fit.smile_order import WANTED, order
from steward.intake.fit.smile_rows import Rows, smile_rows
from steward.intake.fit.snapshots import snapshots
from steward.intake.fit.sources import Sources
from steward.pricing.smile import Form, Terms, levels, term_columns
from steward.pricing.smile_shape import KNOTS, cardinal

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

FORMS: Mapping[tuple[str, ...], Terms] = {
    ("skew", "vvix"): ("1", "L", "L2", "vix", "skew", "skew L", "skew vix", "vvix"),
    ("skew",): ("1", "L", "L2", "vix", "skew", "skew L", "skew vix"),
    ("vvix",): ("1", "L", "L2", "vix", "vvix"),
    (): ("1", "L", "L2", "vix"),
}
"""What a form needs beside VIX, and the terms that it is linear in."""

RIDGE = {"1": 0.01, "L": 3.0, "L2": 3.0}
STATE_RIDGE = 3.0
BENT, STATE_BENT = 0.5, 5.0
"""Penalties of squared second derivatives along z: of the constant, of the rest."""

BENT_Z = np.linspace(KNOTS[0], KNOTS[-1], 84)
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

MOST_A_SLICE = 48
"""Quotes of one slice that a fit reads; errors are of all of them."""

HEAD = """\
# The SPX smile: implied vol = scale x g(z), z = ln(strike / forward) / (scale x sqrt(years)); see
# pricing/smile.py. A form for each set of indices that is known beside VIX; a row a knot of z, a
# column a term. L is ln of the total variance of scale over that of 30 days at VIX. The other terms
# are ln of VIX / 18, (SKEW - 130) / 15, their product, SKEW's times L, and ln of VVIX / 90; a state
# beyond its range, which is that of the fit, moves the shape no further. Fitted on real chains of
# 2011 to 2026, every cluster of dates and span of days one vote, and held free of arbitrage on
# states that cover the ranges (intake/fit/smile_order.py)."""

DATES_A_LINE = 7

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
    found = np.zeros(len(KNOTS) * len(terms))
    for _ in range(STEPS):
        weighted = problem.x * weight[:, None]
        matrix, right = weighted.T @ problem.x + penalty, weighted.T @ problem.y
        found = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
        missed = np.abs(problem.y - problem.x @ found) * problem.scale
        weight = problem.weight / np.maximum(1.0, missed / NOISE)
    force = FORCE[0]
    best, best_worst = found, -np.inf
    for _ in range(ROUNDS):
        held = order(found.reshape(len(KNOTS), len(terms)), terms)
        if held.worst > best_worst:
            best, best_worst = found, held.worst
        if held.worst >= WANTED / 2.0:
            break
        active = held.rows @ found < held.least
        rows, least = held.rows[active], held.least[active]
        share = force * len(problem.y) / max(len(rows), MANY)
        moved = np.linalg.solve(
            matrix + share * rows.T @ rows + STAY * share * np.eye(len(found)),
            right + share * rows.T @ least + STAY * share * found,
        )
        found = np.asarray(moved, dtype=np.float64)
        force = min(force * FORCE[1], FORCE[2])
    found = best
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """All rows that a form can use, thinned, as one linear problem; parts of it are fitted.

    rows   their places in the rows that were given
    state  of each, by name: what a form sees of it, points
    """

    terms: Terms
    given: tuple[str, ...]
    rows: NDArray[np.int64]
    design: Design
    state: Mapping[str, Floats]

    def form(self, keep: NDArray[np.bool_] | None = None) -> Form:
        """The form; keep: of all rows that were given, those that count."""
        mask = np.ones(len(self.rows), dtype=np.bool_) if keep is None else keep[self.rows]
        part = self.design
        part = Design(
            x=part.x[mask], y=part.y[mask], weight=part.weight[mask], scale=part.scale[mask]
        )
        ranges = {
            name: (float(np.floor(values[mask].min())), float(np.ceil(values[mask].max())))
            for name, values in self.state.items()
        }
        return Form(terms=self.terms, numbers=fitted(part, self.terms), ranges=ranges)


def problem_of(rows: Rows, given: Sequence[str], clusters: NDArray[np.str_]) -> Problem:
    """For what is given beside VIX; rows that lack it are left out."""
    terms = FORMS[tuple(given)]
    known = np.ones(len(rows), dtype=np.bool_)
    for name in given:
        known &= np.isfinite(getattr(rows, name))
    places = np.flatnonzero(known & _thinned(rows))
    part = rows.where(places)
    return Problem(
        terms=terms,
        given=tuple(given),
        rows=places,
        design=design(part, terms, clusters),
        state={name: getattr(part, name) for name in ("vix", *given)},
    )


def _thinned(rows: Rows) -> NDArray[np.bool_]:
    """At most `MOST_A_SLICE` quotes of each slice, evenly by strike."""
    keep = np.zeros(len(rows), dtype=np.bool_)
    starts = np.flatnonzero(np.diff(rows.series, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        order = start + np.argsort(rows.log_strike[start:end], kind="stable")
        if order.size > MOST_A_SLICE:
            chosen = np.linspace(0, order.size - 1, MOST_A_SLICE).round().astype(np.int64)
            order = order[chosen]
        keep[order] = True
    return keep


def fit_smile(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `smile.toml`, and its errors with clusters, years and the crash left out."""
    from steward.intake.fit.smile_tables import tables

    found = snapshots(sources, progress)
    rows, moments, clusters = smile_rows(sources.history, found)
    problems = {given: problem_of(rows, given, clusters) for given in FORMS}
    forms = {given: problem.form() for given, problem in problems.items()}
    seen = {moments[number].session for number in np.unique(rows.number).tolist()}
    return Section(
        name="smile",
        text=_text(forms, sorted(seen)),
        tables=(
            *tables(rows, moments, clusters, problems, forms, progress),
            *forward_tables(found, sources.history),
        ),
    )


def _text(forms: Mapping[tuple[str, ...], Form], seen: Sequence[date]) -> str:
    """The file; seen: the sessions whose quotes were fitted, which a check tells from others."""
    lines = [HEAD, "\nfitted_on = ["]
    for place in range(0, len(seen), DATES_A_LINE):
        some = seen[place : place + DATES_A_LINE]
        lines.append(f"    {', '.join(day.isoformat() for day in some)},")
    lines.append("]")
    for given, form in forms.items():
        ranges = ", ".join(f"{name} = [{a:.1f}, {b:.1f}]" for name, (a, b) in form.ranges.items())
        lines += [
            "\n[[form]]",
            f"given = [{', '.join(_quoted(name) for name in given)}]",
            f"terms = [{', '.join(_quoted(name) for name in form.terms)}]",
            f"ranges = {{ {ranges} }}",
            "numbers = [",
        ]
        for knot, row in zip(KNOTS, form.numbers, strict=True):
            cells = ", ".join(f"{value:.4f}" for value in row)
            lines.append(f"    [{cells}], # z = {knot:g}")
        lines.append("]")
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return f'"{name}"'
