"""What a fitted smile misses, in vol points and in the credits of condors; with data left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.smile import Problem
from steward.intake.fit.smile_rows import Rows
from steward.pricing.black import black76
from steward.pricing.smile import Form, State, Surface

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def predicted(rows: Rows, form: Form, given: Sequence[str], *, alone: bool) -> Floats:
    """Vol of each quote by the form, on the curve of the family or of VIX and SPX alone.

    NaN where the state lacks something that the form needs.
    """
    found = np.full(len(rows), np.nan)
    level = rows.alone if alone else rows.curve
    surfaces: dict[State, Surface] = {}
    starts = np.flatnonzero(np.diff(rows.series, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        have = {name: float(getattr(rows, name)[start]) for name in ("vix", *given)}
        if not all(math.isfinite(value) for value in have.values()):
            continue
        state = State(**have)
        surface = surfaces.setdefault(state, Surface(state, form))
        years = float(rows.years[start])
        scale = surface.scale_for(float(level[start]), years)
        root = scale * math.sqrt(years)
        z = rows.log_strike[start:end] / root
        found[start:end] = scale * surface.shape(root * root).at(z)
    return found


def left_out(
    rows: Rows,
    groups: NDArray[np.str_],
    problem: Problem,
    *,
    alone: bool,
    progress: Callable[[str], None] | None = None,
) -> Floats:
    """As `predicted`, each group of rows by a form that was fitted on the others.

    groups  a name a row; rows called "" are in every fit and predicted by none
    """
    found = np.full(len(rows), np.nan)
    for name in np.unique(groups):
        if not name:
            continue
        if progress is not None:
            progress(str(name))
        out = groups == name
        form = problem.form(~out)
        found[out] = predicted(rows.where(out), form, problem.given, alone=alone)
    return found


def sizes(missed: Floats, keep: Bools, groups: NDArray[np.str_]) -> tuple[float, ...]:
    """Median and 90th percentile of the sizes; then the means of these over the groups; count."""
    keep = keep & np.isfinite(missed)
    if not keep.any():
        return math.nan, math.nan, math.nan, math.nan, 0.0
    size, own = np.abs(missed[keep]), groups[keep]
    each = [np.quantile(size[own == name], [0.5, 0.9]) for name in np.unique(own)]
    half, most = np.quantile(size, [0.5, 0.9])
    mean = np.mean(each, axis=0)
    return float(half), float(most), float(mean[0]), float(mean[1]), float(keep.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Condor:
    """One real condor: short options of 16 deltas, wings 50 points further, on listed strikes.

    series  of `Rows`      missed  credit at mid, model over real less 1; NaN: not modelled
    """

    series: int
    number: int
    days: float
    missed: float


SHORT_DELTA, WING = 0.16, 50.0


def condors(rows: Rows, vols: Floats, *, days: tuple[float, float]) -> list[Condor]:
    """One a slice of that span of days, where all four legs are among the rows."""
    found = []
    starts = np.flatnonzero(np.diff(rows.series, prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        if not days[0] <= rows.days[start] <= days[1]:
            continue
        part = slice(start, end)
        credits = _credits(rows, part, vols)
        if credits is not None:
            found.append(
                Condor(
                    series=int(rows.series[start]),
                    number=int(rows.number[start]),
                    days=float(rows.days[start]),
                    missed=credits[1] / credits[0] - 1.0,
                )
            )
    return found


def _credits(rows: Rows, part: slice, vols: Floats) -> tuple[float, float] | None:
    """Real and modelled, undiscounted; None where a leg is missing."""
    strike, call = rows.strike[part], rows.call[part]
    forward = float(strike[0] / math.exp(rows.log_strike[part][0]))
    years = float(rows.years[part][0])
    total = np.zeros(2)
    for is_call, outwards in ((False, -WING), (True, WING)):
        side = np.flatnonzero(call == is_call)
        if not side.size:
            return None
        short = side[np.argmin(np.abs(rows.delta[part][side] - SHORT_DELTA))]
        wing = side[strike[side] == strike[short] + outwards]
        if not wing.size:
            return None
        for leg, sign in ((short, 1.0), (wing[0], -1.0)):
            both = np.array([rows.vol[part][leg], vols[part][leg]])
            total += sign * black76(forward, strike[leg], years, both, discount=1.0, call=is_call)
    return float(total[0]), float(total[1])
