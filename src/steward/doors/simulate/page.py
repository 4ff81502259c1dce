"""The page of simulated paths: fans of SPX and VIX, some paths, and facts beside history's.

The same paths give the same bytes: no clock, no random number, no path of a machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment
from numpy.typing import NDArray

from steward import __version__
from steward.doors import pages
from steward.doors.report.charts import days_of
from steward.doors.simulate import wording
from steward.market.paths.facts import Compared
from steward.market.paths.marker import SENTENCE

if TYPE_CHECKING:
    from steward.doors.simulate.making import Made

Floats = NDArray[np.float64]

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
SHOWN = 4
"""Paths drawn in full."""

MOST_POINTS = 700
"""Of a line: every n-th session of long paths, the last one too."""


def write(made: Made, path: Path) -> None:
    """Write the page to `path`, whole or not at all."""
    pages.write(render(made), path)


def render(made: Made) -> str:
    """The page as text."""
    said = {
        "version": __version__,
        "sentence": SENTENCE,
        "label": wording.label(made),
        "window": wording.window(made),
        "again": wording.again(made, out="DIR"),
        "paths": made.paths.count,
        "shown": min(SHOWN, made.paths.count),
        "history": wording.history(made),
        "facts": wording.fact_rows(made.facts),
        "priced": wording.priced_rows(made.priced) if made.priced else (),
        "errors": wording.error_rows(made.priced) if made.priced else (),
        "rate": wording.rate(made.priced) if made.priced else "",
    }
    return pages.render(_environment(), "steward.doors.simulate", "simulate", said, _data(made))


def _data(made: Made) -> dict[str, Any]:
    paths = made.paths
    rows = _thinned(len(paths.sessions))
    return {
        "days": days_of([paths.sessions[row] for row in rows]),
        "spx": _fan(100.0 * paths.spx[rows] / paths.spx[0], 1),
        "vix": _fan(paths.vix[rows], 1),
        "first": paths.first,
        "facts": _placed(made.facts),
    }


def _thinned(count: int) -> list[int]:
    step = math.ceil(count / MOST_POINTS)
    found = list(range(0, count, step))
    return found if found[-1] == count - 1 else [*found, count - 1]


def _fan(levels: Floats, digits: int) -> dict[str, Any]:
    """Quantiles over paths, and the first few paths."""
    few = [_rounded(levels[:, at], digits) for at in range(min(SHOWN, levels.shape[1]))]
    if levels.shape[1] <= SHOWN:
        return {"bands": [], "paths": few}
    bands = [_rounded(band, digits) for band in np.quantile(levels, QUANTILES, axis=1)]
    return {"bands": bands, "paths": few}


def _rounded(values: Floats, digits: int) -> list[float]:
    return [round(value, digits) + 0.0 for value in values.tolist()]


def _placed(facts: Sequence[Compared]) -> list[dict[str, Any]]:
    """Where history lies in the band of each fact: -1 at its 5 % and 1 at its 95 % quantile."""
    found = []
    for one in facts:
        half = 0.5 * (one.high - one.low)
        if not half > 0.0 or not math.isfinite(one.real):
            continue
        place = (one.real - 0.5 * (one.high + one.low)) / half
        name = wording.fact_name(one.key)
        found.append({"name": name, "at": round(place, 3), "inside": one.inside})
    return found


@cache
def _environment() -> Environment:
    return pages.environment()
