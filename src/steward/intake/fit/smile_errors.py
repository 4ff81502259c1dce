"""What a fitted smile misses, in vol points and in the credits of condors; with data left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.smile import form_of
from steward.intake.fit.smile_rows import Rows
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
    clusters: NDArray[np.str_],
    given: Sequence[str],
    *,
    alone: bool,
    progress: Callable[[str], None] | None = None,
) -> Floats:
    """As `predicted`, each cluster by a form that was fitted on the others."""
    found = np.full(len(rows), np.nan)
    own = clusters[rows.number]
    for name in np.unique(clusters):
        out = own == name
        if not out.any():
            continue
        if progress is not None:
            progress(str(name))
        form = form_of(rows.where(~out), given, clusters)
        found[out] = predicted(rows.where(out), form, given, alone=alone)
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
