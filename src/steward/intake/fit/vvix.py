"""VVIX for days that have none, from VIX and its kin: the file `vvix.toml` and its errors."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.robust import robust, sums
from steward.intake.fit.section import ErrorTable, Section
from steward.intake.fit.sources import Sources
from steward.market.history import History
from steward.pricing.term import LEAST_CLOSES, TermTable, same_day
from steward.pricing.vx_state import state_terms
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

PLAIN = ("one", "level", "over_21", "over_63", "over_252", "moved")
FORMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("VIX, VIX3M, SKEW", (*PLAIN, "vix3m", "skew")),
    ("VIX, VIX3M", (*PLAIN, "vix3m")),
    ("VIX, SKEW", (*PLAIN, "skew")),
    ("VIX", PLAIN),
)
PENALTY, HUBER = 1e-4, 0.10
BANDS = (("below_20", 0.0, 20.0), ("below_30", 20.0, 30.0), ("from_30", 30.0, math.inf))
LEAST_SESSIONS = 500

HEAD = """\
# VVIX where it is not published: ln VVIX is linear in `terms` of pricing/vx_state.py. Robust ridge
# on the closes since 2007, by `steward model fit`; the first form whose terms are known is taken.
# `low` and `high` are the fitted range: a state outside counts as the nearest inside, and is
# flagged. Errors are in percent of VVIX, median and 90th percentile, each year predicted from the
# others, by VIX. `signed_percent` is the median of published over fitted, less 1, by year."""


def fit_vvix(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `vvix.toml` and its errors."""
    history = sources.history
    lines = [HEAD]
    by_form, by_year = [], {}
    for number, (label, names) in enumerate(FORMS):
        if progress is not None:
            progress(f"vvix: {label}", number, len(FORMS))
        state, target, good = _columns(history, names)
        numbers, _ = robust(state[good], target[good], _ridge(names), HUBER)
        low, high = state[good].min(axis=0), state[good].max(axis=0)
        lines += [
            f'\n[[form]]\nlabel = "{label}"',
            f"terms = {list(names)}".replace("'", '"'),
            f"coefficients = {[round(float(x), 5) for x in numbers]}",
            f"low = {[math.floor(100.0 * x) / 100.0 for x in low.tolist()]}",
            f"high = {[math.ceil(100.0 * x) / 100.0 for x in high.tolist()]}",
        ]
        missed = 100.0 * np.expm1(target - _left_out(history, state, target, good, names))
        vix, years = history.vix.close, _years(history)
        cells = []
        for key, least, most in BANDS:
            part = good & (vix >= least) & (vix < most)
            half, far = np.quantile(np.abs(missed[part]), [0.5, 0.9])
            lines.append(f"percent_{key} = [{half:.1f}, {far:.1f}]")
            cells.append(f"{half:.1f} / {far:.1f}")
        by_form.append((label, *cells, str(int(good.sum()))))
        signed = {y: float(np.median(missed[good & (years == y)])) for y in np.unique(years[good])}
        lines.append(
            "signed_percent = {" + ", ".join(f"{y} = {v:.0f}" for y, v in signed.items()) + "}"
        )
        by_year[label] = {int(y): f"{v:+.0f}" for y, v in signed.items()}
    return Section(
        name="vvix", text="\n".join(lines) + "\n", tables=(_forms(by_form), _by_year(by_year))
    )


def left_out_vvix(history: History, label: str) -> Floats:
    """VVIX of every session as the other years predict it, by one of the forms, points.

    NaN where VVIX was not published or a term is not known.
    """
    names = dict(FORMS)[label]
    state, target, good = _columns(history, names)
    return np.exp(_left_out(history, state, target, good, names))


def _columns(history: History, names: tuple[str, ...]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    known = state_terms(history, TermTable(history))
    state = np.column_stack([known[name] for name in names])
    target = np.log(same_day(history, "vvix"))
    good = np.isfinite(target) & np.isfinite(state).all(axis=1)
    good[: LEAST_CLOSES - 1] = False
    if good.sum() < LEAST_SESSIONS:
        raise StewardError(
            f"{history.label}: {int(good.sum())} sessions with VVIX, VIX3M and SKEW; a fit of VVIX "
            f"needs {LEAST_SESSIONS} (index/vvix_daily.csv, vix3m_daily.csv, skew_daily.csv)"
        )
    return state, target, good


def _left_out(
    history: History,
    state: Floats,
    target: Floats,
    good: NDArray[np.bool_],
    names: tuple[str, ...],
) -> Floats:
    """ln VVIX of each year from the others, the state held inside of theirs."""
    years = _years(history)
    _, weight = robust(state[good], target[good], _ridge(names), HUBER)
    x, y, year = state[good], target[good], years[good]
    found = np.full(len(y), math.nan)
    every = sums(x, y, weight)
    for one in np.unique(year):
        out = year == one
        numbers = every.less(sums(x[out], y[out], weight[out])).solved(_ridge(names))
        found[out] = np.clip(x[out], x[~out].min(axis=0), x[~out].max(axis=0)) @ numbers
    whole = np.full(len(target), math.nan)
    whole[good] = found
    return whole


def _ridge(names: tuple[str, ...]) -> Floats:
    return np.array([0.0 if name == "one" else PENALTY for name in names])


def _years(history: History) -> NDArray[np.int64]:
    return np.array([day.year for day in history.sessions])


def _forms(lines: list[tuple[str, ...]]) -> ErrorTable:
    return ErrorTable(
        key="vvix.form",
        title="VVIX where it is not published: absolute error, % of VVIX, median / 90th percentile",
        columns=("known", "VIX below 20", "20-30", "from 30", "sessions"),
        rows=tuple(lines),
        note="Each year predicted from the others.",
    )


def _by_year(found: dict[str, dict[int, str]]) -> ErrorTable:
    years = sorted({year for one in found.values() for year in one})
    return ErrorTable(
        key="vvix.year",
        title="VVIX by year: signed median of published over fitted, %",
        columns=("year", *found),
        rows=tuple((str(y), *(one.get(y, "none") for one in found.values())) for y in years),
        note="Each year predicted from the others.",
    )
