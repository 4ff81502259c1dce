"""Errors of the smile of VIX options for the model card: by tenor, VIX, delta, expiry and day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable
from steward.intake.fit.vix_quotes import VixQuotes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TENORS = (("20_to_60_days", 20, 60), ("60_to_85_days", 60, 86))
"""Key, first day and the day after the last."""

DELTAS = (0.20, 0.45)
SOME_DELTAS = ((0.05, 0.10), (0.10, 0.20), (0.20, 0.35), (0.35, 0.50), (0.50, 0.85))
LEVELS = ((0.0, 15.0), (15.0, 20.0), (20.0, 25.0), (25.0, 30.0), (30.0, math.inf))
HEDGE_DAYS, HEDGE_DELTAS = (45, 75), (0.25, 0.40)
MULTIPLIER = 100.0
OUT = "Each expiry left out of the fit, and each year out of those of futures and VVIX"
FAR_DAYS = 86


@dataclass(frozen=True, slots=True)
class Case:
    """What was known, in words and as a key, and the prices that the fit without it gave."""

    label: str
    key: str
    price: Floats

    def percent(self, quotes: VixQuotes) -> Floats:
        """Model over real, less 1, in percent, a row a quote."""
        return 100.0 * (self.price / quotes["mid"] - 1.0)

    def lines(self, quotes: VixQuotes) -> list[str]:
        """The case's errors as lines of TOML."""
        found = []
        for key, low, high in TENORS:
            off = self.percent(quotes)[_calls(quotes) & _tenor(quotes, low, high)]
            half, most = np.quantile(np.abs(off), [0.5, 0.9])
            found.append(f"{key} = [{half:.1f}, {most:.1f}, {np.median(off):.1f}]")
        return found


def smile_tables(quotes: VixQuotes, cases: Sequence[Case]) -> tuple[ErrorTable, ...]:
    """All tables over the monthly calls."""
    return (
        _by_tenor(quotes, cases),
        _by_level(quotes, cases),
        _by_delta(quotes, cases),
        _by_expiry(quotes, cases),
        _hedge(quotes, cases),
    )


def _calls(quotes: VixQuotes) -> Flags:
    delta = quotes["delta"]
    return np.asarray((delta >= DELTAS[0]) & (delta <= DELTAS[1]))


def _tenor(quotes: VixQuotes, low: int, high: int) -> Flags:
    return np.asarray((quotes["days"] >= low) & (quotes["days"] < high))


def _cells(off: Floats) -> tuple[str, str]:
    """Median and 90th percentile of the size, then the signed median; words where there is none."""
    if not off.size:
        return "none", "none"
    half, most = np.quantile(np.abs(off), [0.5, 0.9])
    return f"{half:.1f} / {most:.1f}", f"{np.median(off):+.1f}"


def _columns(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(text for case in cases for text in (case.label, "signed"))


def _by_tenor(quotes: VixQuotes, cases: Sequence[Case]) -> ErrorTable:
    lines = []
    for _, low, high in TENORS:
        part = _calls(quotes) & _tenor(quotes, low, high)
        cells = [cell for case in cases for cell in _cells(case.percent(quotes)[part])]
        lines.append((f"{low}-{high - 1}", *cells, str(int(part.sum()))))
    return ErrorTable(
        key="vix_smile.tenor",
        title="VIX calls of delta 0.20-0.45: error in % of the mid, median / 90th percentile",
        columns=("days", *_columns(cases), "quotes"),
        rows=tuple(lines),
        note=(
            f"{OUT}. Signed: median of model over real, less 1. The quoted half-spread is "
            "about 5 %."
        ),
        targets="4.6 and 5.6 with the future known, 7.4 and 9.4 with it modelled",
    )


def _by_level(quotes: VixQuotes, cases: Sequence[Case]) -> ErrorTable:
    lines = []
    first, last = TENORS[0][1], TENORS[-1][2]
    for low, high in LEVELS:
        part = _calls(quotes) & _tenor(quotes, first, last)
        part &= (quotes["vix"] >= low) & (quotes["vix"] < high)
        cells = [cell for case in cases for cell in _cells(case.percent(quotes)[part])]
        name = f"{low:.0f}-{high:.0f}" if high < math.inf else f"from {low:.0f}"
        lines.append((name, *cells, str(int(part.sum()))))
    return ErrorTable(
        key="vix_smile.level",
        title="VIX calls of delta 0.20-0.45, 20-85 days, by VIX: error in % of the mid",
        columns=("VIX", *_columns(cases), "quotes"),
        rows=tuple(lines),
        note=OUT + ".",
    )


def _by_delta(quotes: VixQuotes, cases: Sequence[Case]) -> ErrorTable:
    lines = []
    first, last = TENORS[0][1], TENORS[-1][2]
    for low, high in SOME_DELTAS:
        part = _tenor(quotes, first, last) & (quotes["delta"] >= low) & (quotes["delta"] < high)
        cells = [cell for case in cases for cell in _cells(case.percent(quotes)[part])]
        lines.append((f"{low:.2f}-{high:.2f}", *cells, str(int(part.sum()))))
    return ErrorTable(
        key="vix_smile.delta",
        title="VIX calls, 20-85 days, by delta: error in % of the mid",
        columns=("delta", *_columns(cases), "quotes"),
        rows=tuple(lines),
        note=OUT + ".",
    )


def _by_expiry(quotes: VixQuotes, cases: Sequence[Case]) -> ErrorTable:
    lines = []
    part = _calls(quotes) & _tenor(quotes, TENORS[0][1], TENORS[-1][2])
    expiry = quotes["expiry"]
    for one in np.unique(expiry[part]):
        row = part & (expiry == one)
        medians = [np.median(case.percent(quotes)[row]) for case in cases]
        lines.append((str(one)[:7], *(f"{m:+.1f}" for m in medians), str(int(row.sum()))))
    return ErrorTable(
        key="vix_smile.expiry",
        title="VIX calls of delta 0.20-0.45, 20-85 days, by expiry: signed median, % of the mid",
        columns=("expiry", *(case.label for case in cases), "quotes"),
        rows=tuple(lines),
        note=f"{OUT}. Neighbouring expiries share a sign: an error stays for months.",
    )


def _hedge(quotes: VixQuotes, cases: Sequence[Case]) -> ErrorTable:
    """Points that a call was bought too dear or too cheap at, in dollars a contract."""
    delta = quotes["delta"]
    part = (delta >= HEDGE_DELTAS[0]) & (delta <= HEDGE_DELTAS[1])
    part &= _tenor(quotes, HEDGE_DAYS[0], HEDGE_DAYS[1] + 1)
    paid = MULTIPLIER * quotes["mid"][part]
    month = quotes["expiry"][part]
    lines = []
    for case in cases:
        off = MULTIPLIER * (case.price - quotes["mid"])[part]
        half, most = np.quantile(np.abs(off), [0.5, 0.9])
        worst = max(abs(float(np.median(off[month == one]))) for one in np.unique(month))
        years = 100.0 * float(off.sum()) / float(paid.sum())
        lines.append((case.label, f"{half:.0f} / {most:.0f}", f"{worst:.0f}", f"{years:+.1f}"))
    return ErrorTable(
        key="vix_smile.hedge",
        title=(
            f"What the error does to a hedge: a call of {HEDGE_DAYS[0]}-{HEDGE_DAYS[1]} days and "
            f"delta {HEDGE_DELTAS[0]:.2f}-{HEDGE_DELTAS[1]:.2f} held to settlement"
        ),
        columns=(
            "known",
            "dollars a contract, median / 90th percentile",
            "the worst expiry's median, dollars",
            "of all premium, %",
        ),
        rows=tuple(lines),
        note=(f"{OUT}. What is paid too much or too little at the opening stays in the result."),
    )


def day_table(days: Sequence[tuple[date, VixQuotes, Floats]]) -> ErrorTable:
    """Single days priced by the fit to the monthly calls alone."""
    lines = []
    for day, quotes, price in days:
        off = 100.0 * (price / quotes["mid"] - 1.0)
        spans = [(f"{low}-{high - 1}", low, high) for _, low, high in TENORS]
        for name, low, high in (*spans, ("beyond 85", FAR_DAYS, 1000)):
            part = _calls(quotes) & _tenor(quotes, low, high)
            if part.any():
                lines.append((str(day), name, *_cells(off[part]), str(int(part.sum()))))
    return ErrorTable(
        key="vix_smile.day",
        title="VIX calls of delta 0.20-0.45 of days outside of the fit: error in % of the mid",
        columns=("session", "days", "median / 90th percentile", "signed", "quotes"),
        rows=tuple(lines),
        note="The future and VVIX known; the fit to monthly calls of 2023-2025 alone.",
    )
