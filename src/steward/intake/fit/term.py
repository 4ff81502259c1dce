"""The members of the VIX family that are not published, from VIX, its averages and moves of SPX."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable, Section
from steward.intake.fit.sources import Sources
from steward.pricing.term import (
    AVERAGES,
    LEAST_CLOSES,
    MOVES,
    averages,
    features,
    moves,
    same_day,
    tilt,
)
from steward.terms import calendar

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

MEMBERS = {"vix9d": ("", "vix3m"), "vix3m": ("",), "vix6m": ("", "vix3m")}
BANDS = ((0.0, 20.0), (20.0, 30.0), (30.0, 1000.0))
FIRST_YEAR = 2007
NOISE, STEPS = 0.05, 4
"""Residuals of the log ratio beyond 5 % weigh less; rounds of weights."""

AHEAD_DAYS = 200
"""The expiries around six months must lie inside of the calendar."""

HEAD = """\
# Log ratio of a missing member of the VIX family to VIX, less what business time says of it
# (pricing.term.tilt), by least squares with weights: constant, ln VIX, ln VIX over each of its
# averages, ln of the moves of SPX over VIX, then ln of VIX3M over VIX, less its own tilt,
# where `given` says so.
# Errors are absolute, in index points, each year predicted from the others."""


def fit_term(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `term.toml` and its errors."""
    history = sources.history
    vix = history.vix.close
    state = np.column_stack((features(vix, averages(vix), None), moves(history)))
    years = np.array([day.year for day in history.sessions])
    last = calendar.LAST_DAY.toordinal() - AHEAD_DAYS
    usable = (years >= FIRST_YEAR) & (np.arange(len(vix)) >= LEAST_CLOSES)
    usable &= np.array([day.toordinal() <= last for day in history.sessions])
    lines = [HEAD, f"averages = {list(AVERAGES)}", f"moves = {list(MOVES)}"]
    rows = []
    forms = [(member, given) for member, every in MEMBERS.items() for given in every]
    for number, (member, given) in enumerate(forms):
        if progress is not None:
            progress(f"term: {member}", number, len(forms))
        closes = same_day(history, member)
        good = usable & np.isfinite(closes)
        x = state
        if given:
            longer = np.log(same_day(history, given) / vix)
            good &= np.isfinite(longer)
            for row in np.flatnonzero(good):
                longer[row] -= tilt(history.sessions[row], given)
            x = np.column_stack((state, longer))
        even = np.array([tilt(history.sessions[row], member) for row in np.flatnonzero(good)])
        x, y, level = x[good], np.log(closes[good] / vix[good]) - even, vix[good]
        missed = level * np.abs(np.exp(_year_out(x, y, years[good]) + even) - np.exp(y + even))
        days = [history.sessions[row] for row in np.flatnonzero(good)[[0, -1]]]
        lines += [
            f'\n[[member]]\nname = "{member}"\ngiven = "{given}"',
            f"coefficients = {[round(float(c), 5) for c in _fitted(x, y)]}",
            f"first = {days[0]}\nlast = {days[1]}\nsessions = {len(y)}",
        ]
        cells = [member.upper(), "VIX and VIX3M" if given else "VIX and SPX alone"]
        for low, high in BANDS:
            half, most = np.quantile(missed[(level >= low) & (level < high)], [0.5, 0.9])
            name = f"below_{high:.0f}" if high < 1000.0 else f"above_{low:.0f}"
            lines.append(f"median_and_90th_percentile_{name} = [{half:.2f}, {most:.2f}]")
            cells.append(f"{half:.2f}, {most:.2f}")
        rows.append(tuple(cells))
    table = ErrorTable(
        key="term",
        title="Members of the VIX family that are not published, index points",
        columns=("member", "from", "VIX below 20", "20 to 30", "above 30"),
        rows=tuple(rows),
        note="Median and 90th percentile of the absolute error, each year predicted from the "
        "others.",
    )
    return Section(name="term", text="\n".join(lines) + "\n", tables=(table,))


def _year_out(x: Floats, y: Floats, years: NDArray[np.int64]) -> Floats:
    found = np.empty(len(y))
    for one in np.unique(years):
        out = years == one
        found[out] = x[out] @ _fitted(x[~out], y[~out])
    return found


def _fitted(x: Floats, y: Floats) -> Floats:
    weight = np.ones(len(y))
    found: Floats = np.zeros(x.shape[1])
    for _ in range(STEPS):
        root = np.sqrt(weight)
        found = np.asarray(np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0])
        weight = 1.0 / np.maximum(1.0, np.abs(y - x @ found) / NOISE)
    return found
