"""Stylised facts of history beside those of both generators, for the file and the model card."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable
from steward.market.history import History
from steward.market.paths.bootstrap import Bootstrap
from steward.market.paths.coefficients import Model, model_of
from steward.market.paths.facts import (
    FACTS,
    Closes,
    Compared,
    closes_of,
    closes_of_history,
    compared,
    facts,
)
from steward.market.paths.model import simulate
from steward.market.paths.state import Paths
from steward.pricing.simulated.bulk import OUTCOMES, outcomes
from steward.pricing.simulated.historical import outcomes_of
from steward.pricing.simulated.learning import Learned, learned
from steward.pricing.simulated.words import OUTCOME_DIGITS, OUTCOME_TITLES
from steward.terms import calendar

Floats = NDArray[np.float64]

SEED, WINDOWS, PRICED = 101, 120, 60
"""Windows whose facts are taken, and those whose options are priced."""

OPTIONS_FROM = date(2006, 3, 1)
"""VIX options are listed: prices are compared from here on."""


def facts_section(history: History, text: str) -> tuple[str, tuple[ErrorTable, ...]]:
    """Lines of the file and the tables, for the numbers in `text`.

    Every window is as long as the history, its members begin as late, and its sessions are those
    of the calendar from the first day on.
    """
    numbers = model_of(tomllib.loads(text))
    boot = Bootstrap(history)
    real = closes_of_history(history)
    first, count = history.sessions[0], len(history.sessions)
    years = _years(first, count)
    own = {key: float(value[0]) for key, value in facts(real).items()}
    model = _facts(_model(numbers, WINDOWS, years, first), real, count)
    blocks = _facts(boot.simulate(seed=SEED, paths=WINDOWS, years=years, start=first), real, count)
    quick = learned()
    begin = calendar.on_or_after(OPTIONS_FROM)
    since = sum(1 for day in history.sessions if day >= begin)
    late = _years(begin, since)
    priced = outcomes_of(history, begin)
    of_model = _outcomes(_model(numbers, PRICED, late, begin), quick)
    of_blocks = _outcomes(boot.simulate(seed=SEED, paths=PRICED, years=late, start=begin), quick)
    one, two = compared(own, model), compared(own, blocks)
    three, four = compared(priced, of_model), compared(priced, of_blocks)
    lines = [
        "",
        "# Each: history, then the 5, 50 and 95 % quantiles of windows as long, by the model and",
        "# by blocks of history. `priced`: positions at modelled quotes, from 2006 on.",
        "[window]",
        f"first = {first}",
        f"last = {history.sessions[-1]}",
        f"windows = {WINDOWS}",
        f"priced_from = {begin}",
        f"priced_windows = {PRICED}",
        "",
        "[facts]",
        *_lines(one, two),
        "",
        "[priced]",
        *_lines(three, four),
        "",
    ]
    titles = {fact.key: (fact.title, fact.unit, fact.digits) for fact in FACTS}
    of_prices = {key: (OUTCOME_TITLES[key], "", OUTCOME_DIGITS[key]) for key in OUTCOMES}
    tables = (
        _table("paths_facts", "Stylised facts, real and simulated", titles, one, two),
        _table("paths_priced", "What positions did, real and simulated", of_prices, three, four),
        _learned_table(quick),
    )
    return "\n".join(lines), tables


def _years(first: date, sessions: int) -> float:
    """Long enough for so many sessions, and not beyond the calendar."""
    room = (calendar.LAST_DAY - first).days / 365.25
    return min((sessions + 30) / 251.0, room)


def _model(numbers: Model, paths: int, years: float, first: date) -> Paths:
    return simulate(seed=SEED, paths=paths, years=years, start=first, numbers=numbers)


def _facts(paths: Paths, real: Closes, count: int) -> Mapping[str, Floats]:
    made = closes_of(paths)
    cut = Closes(**{field.name: getattr(made, field.name)[:count] for field in fields(Closes)})
    return facts(cut.like(real))


def _outcomes(paths: Paths, quick: Learned) -> Mapping[str, Floats]:
    found, _ = outcomes(replace(paths), quick)
    return {name: getattr(found, name) for name in OUTCOMES}


def _lines(one: Sequence[Compared], two: Sequence[Compared]) -> list[str]:
    lines = []
    for a, b in zip(one, two, strict=True):
        values = (a.real, a.low, a.middle, a.high, b.low, b.middle, b.high)
        lines.append(f"{a.key} = [{', '.join(_number(value) for value in values)}]")
    return lines


def _number(value: float) -> str:
    return "nan" if math.isnan(value) else f"{value:.4g}"


def _table(
    key: str,
    title: str,
    titles: Mapping[str, tuple[str, str, int]],
    one: Sequence[Compared],
    two: Sequence[Compared],
) -> ErrorTable:
    rows = []
    for a, b in zip(one, two, strict=True):
        name, unit, digits = titles[a.key]
        rows.append(
            (
                f"{name}, {unit}" if unit else name,
                shown(a.real, digits),
                band(a, digits),
                band(b, digits),
                "" if a.inside or math.isnan(a.real) else "outside",
            )
        )
    return ErrorTable(
        key=key,
        title=title,
        columns=("fact", "history", "model", "blocks", ""),
        rows=tuple(rows),
        note="Median of windows as long as the history, and in brackets their 5 and 95 % "
        "quantiles: the sampling error of one history. `outside`: history lies outside of the "
        "model's.",
        targets="history inside of the model's band",
    )


def shown(value: float, digits: int) -> str:
    """A number of the table; a dash where it is not known."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def band(one: Compared, digits: int) -> str:
    """`0.17 (0.13 to 0.21)`."""
    low, middle, high = (shown(value, digits) for value in (one.low, one.middle, one.high))
    return f"{middle} ({low} to {high})"


def _learned_table(quick: Learned) -> ErrorTable:
    rows = tuple(
        (
            f"{error.what}, {error.unit}",
            f"{error.calm[0]:.2f} / {error.calm[1]:.2f}",
            f"{error.stress[0]:.2f} / {error.stress[1]:.2f}",
            f"{error.count:,}",
        )
        for error in quick.errors
    )
    return ErrorTable(
        key="paths_quick",
        title="What the quicker market adds to the modelled one",
        columns=("price", "VIX < 30", "VIX >= 30", "compared"),
        rows=rows,
        note="Median / 90th percentile of absolute errors against the modelled market's own "
        "chains, on sessions that it did not learn from.",
    )
