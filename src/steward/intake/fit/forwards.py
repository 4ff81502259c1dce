"""Modelled forwards and dividend yields against those of real chains, for the model card.

Close snapshots alone. Quotes are of 16:15 and the index of 16:00, so what all series of a session
miss together is what the index did in between; what they miss beside their nearest one is carry.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable
from steward.intake.fit.snapshots import Snapshot
from steward.market.history import History
from steward.pricing.rates import RateTable, dividend_yield

Floats = NDArray[np.float64]

DAYS = ((1.0, 7.0), (7.0, 30.0), (30.0, 60.0), (60.0, 120.0), (120.0, 400.0))
BASIS_POINTS = 1e4

SLOPE_DAYS = (7.0, 440.0)
"""Days of the series whose forwards say what dividends are worth."""

FEWEST, FARTHEST_AT_LEAST = 5, 180.0
"""Series that are asked for a yield, and the days that the last one has to reach."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """The series of one close, a row each, by time left.

    growth      ln of the real forward over the close       years     act/365
    curve, own  interest to then: by the rate curve of the model, and by the series' own discount
                (parity from 60 days on, else the curve): continuous, not a year's
    known, assumed  dividend yields of the session: as known, and by spans of years
    """

    session: date
    years: Floats
    growth: Floats
    curve: Floats
    own: Floats
    known: float
    assumed: float

    def errors(self, dividends: float) -> Floats:
        """Modelled less real forward, basis points of the forward."""
        error = self.curve - dividends * self.years - self.growth
        return np.asarray(BASIS_POINTS * error)

    def implied(self, interest: Floats) -> float:
        """The yield that forwards lose a year by least squares; NaN for too few of them."""
        days = 365.0 * self.years
        asked = (days >= SLOPE_DAYS[0]) & (days <= SLOPE_DAYS[1])
        if asked.sum() < FEWEST or days[asked].max() < FARTHEST_AT_LEAST:
            return math.nan
        lost = interest - self.growth
        return float(np.polyfit(self.years[asked], lost[asked], 1)[0])


def carried(found: Sequence[Snapshot], history: History) -> tuple[Carried, ...]:
    """Of every close whose session the history has."""
    return tuple(_carried(found, history, RateTable(history)))


def forward_tables(found: Sequence[Snapshot], history: History) -> tuple[ErrorTable, ErrorTable]:
    """Errors of forwards by days left, and of dividend yields by session."""
    closes = carried(found, history)
    return _by_days(closes), _by_session(closes)


def _carried(found: Sequence[Snapshot], history: History, rates: RateTable) -> Iterator[Carried]:
    sessions = set(history.sessions)
    for one in found:
        if one.kind != "close" or one.session not in sessions:
            continue
        row = history.index(one.session)
        spot = float(history.spx.close[row])
        chains = [c for c in one.chains if math.isfinite(c.forward) and 365.0 * c.years >= 1.0]
        if not chains:
            continue
        chains.sort(key=lambda chain: chain.years)
        years = np.array([chain.years for chain in chains])
        yield Carried(
            session=one.session,
            years=years,
            growth=np.log([chain.forward / spot for chain in chains]),
            curve=np.array([rates.zero_rate(row, float(t)) * t for t in years]),
            own=-np.log([chain.discount for chain in chains]),
            known=rates.dividend_yield(row),
            assumed=dividend_yield(one.session),
        )


def _by_days(closes: Sequence[Carried]) -> ErrorTable:
    rows = []
    for low, high in DAYS:
        parts: list[list[Floats]] = [[], [], [], []]
        sessions = 0
        for one in closes:
            days = 365.0 * one.years
            asked = (days >= low) & (days < high)
            sessions += bool(asked.any())
            for place, dividends in enumerate((one.known, one.assumed)):
                error = one.errors(dividends)
                parts[place].append(error[asked])
                beside = asked & (np.arange(days.size) > 0)
                parts[2 + place].append((error - error[0])[beside])
        known, assumed, known_beside, assumed_beside = (_joined(part) for part in parts)
        rows.append(
            (
                f"{low:g}-{high:g}",
                f"{sessions}",
                f"{known.size}",
                _three(known),
                _three(assumed),
                _three(known_beside),
                _three(assumed_beside),
            )
        )
    return ErrorTable(
        key="forwards",
        title="Modelled forwards less those of real closes, basis points of the forward",
        columns=(
            "days",
            "sessions",
            "series",
            "dividends as known",
            "yields by spans of years",
            "as known, beside the nearest series",
            "by spans, beside the nearest series",
        ),
        rows=tuple(rows),
        note="Median, then median / 90th percentile of the size. The real forward is of 16:15, the "
        "index of 16:00: the last two columns take off what the nearest series of the session "
        "misses. Interest of the model is that of Treasury bills and notes; options are financed "
        "above it, so long forwards come out low.",
    )


def _by_session(closes: Sequence[Carried]) -> ErrorTable:
    rows = []
    for one in closes:
        own, curve = one.implied(one.own), one.implied(one.curve)
        if math.isfinite(own):
            gaps = (one.known - own, one.assumed - own, one.known - curve, one.assumed - curve)
            rows.append((f"{one.session}", *(f"{100.0 * gap:+z.2f}" for gap in gaps)))
    return ErrorTable(
        key="dividend_yields",
        title="Dividend yields of the model less those that real forwards imply, points of percent",
        columns=(
            "session",
            "as known, own discount",
            "by spans, own discount",
            "as known, Treasury curve",
            "by spans, Treasury curve",
        ),
        rows=tuple(rows),
        note=f"Implied: the slope over time of interest less ln(forward / close), series of "
        f"{SLOPE_DAYS[0]:g} to {SLOPE_DAYS[1]:g} days. Own discount: by parity of the series from "
        "60 days on. With the Treasury curve what options are financed above it counts as "
        "dividends that are not paid.",
    )


def _joined(parts: Sequence[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty(0)


def _three(error: Floats) -> str:
    if not error.size:
        return ""
    size = np.abs(error)
    return f"{np.median(error):+z.1f}; {np.median(size):.1f} / {np.quantile(size, 0.9):.1f}"
