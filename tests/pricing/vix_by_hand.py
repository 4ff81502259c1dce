"""Histories made up for the tests of VIX prices: any path of VIX, other closes and settlements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from steward.market.history import Bars, FuturesTable, History, Series
from steward.pricing.rates import RateTable
from steward.pricing.term import TermTable
from steward.pricing.vix_model import VixModel
from steward.pricing.vx_curve import VxCurve
from steward.terms import calendar

SESSIONS = calendar.sessions(date(2016, 6, 1), date(2018, 3, 29))
ROWS = tuple[date, date, float]


def walk(count: int, *, seed: int = 5, level: float = 15.0) -> np.ndarray:
    """A path of VIX that wanders around `level` and jumps now and then, points."""
    draw = np.random.default_rng(seed)
    log = np.zeros(count)
    for i in range(1, count):
        jump = 0.35 if draw.random() < 0.02 else 0.0
        log[i] = 0.94 * log[i - 1] + draw.normal(0.0, 0.06) + jump
    return np.round(level * np.exp(log), 2)


def closes(name: str, days: Sequence[date], values: np.ndarray) -> Series:
    """Closes known at 16:00, a quarter of an hour before the decision; NaN where there is none."""
    moments = np.array(days, dtype="datetime64[m]") + np.timedelta64(21 * 60, "m")
    return Series(
        name=name,
        unit="points",
        period=np.array(days, dtype="datetime64[D]"),
        value=np.asarray(values, dtype=float),
        known_at=moments,
        max_age_days=7,
        lagged=False,
        source="made up",
    )


def world(
    vix: np.ndarray | None = None,
    *,
    sessions: Sequence[date] = SESSIONS,
    series: Mapping[str, np.ndarray] | None = None,
    settled: Sequence[ROWS] = (),
    bill_percent: float = 1.0,
) -> History:
    """A history with that VIX, bills at one rate, and settlements of (session, expiry, points)."""
    vix = walk(len(sessions)) if vix is None else vix
    unknown = np.full(len(sessions), np.nan)
    given = {name: closes(name, sessions, values) for name, values in (series or {}).items()}
    given["bill_constant"] = closes("bill_constant", [sessions[0]], np.array([bill_percent]))
    table = None
    if settled:
        ordered = sorted(settled)
        table = FuturesTable(
            session=np.array([row[0] for row in ordered], dtype="datetime64[D]"),
            expiry=np.array([row[1] for row in ordered], dtype="datetime64[D]"),
            settle=np.array([row[2] for row in ordered]),
            final={},
            source="made up",
        )
    spx = 2700.0 * (1.0 + 0.008 * (np.arange(len(sessions)) % 2))
    return History(
        label="made up",
        sessions=tuple(sessions),
        moments=np.array(sessions, dtype="datetime64[m]") + np.timedelta64(21 * 60 + 15, "m"),
        spx=Bars(open=spx, high=spx, low=spx, close=spx),
        vix=Bars(open=unknown, high=unknown, low=unknown, close=np.asarray(vix, dtype=float)),
        spx_before=np.empty(0),
        spx_before_days=(),
        series=given,
        futures=table,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def curve(history: History) -> VxCurve:
    return VxCurve(history, TermTable(history))


def model(history: History) -> VixModel:
    return VixModel(history, RateTable(history), TermTable(history))
