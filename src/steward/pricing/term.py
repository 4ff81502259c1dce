"""The term structure of model-free variance, from the VIX family as known at a session.

Total variance is linear between knots at 9, 30, 93 and 184 days (VIX9D, VIX, VIX3M, VIX6M) in
business-weighted time: a weekend or holiday counts 0.3 of a calendar day, a session what is left
of its week. A member that is not published that day comes from VIX and its averages
(files/term.toml). The 30-day knot is a starting value: `spx_model` moves it until the index
computed from the modelled quotes is the published one.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.terms import calendar

Floats = NDArray[np.float64]

KNOT_DAYS = (9, 30, 93, 184)
KNOT_NAMES = ("vix9d", "vix", "vix3m", "vix6m")
AVERAGES = (21, 63, 252)
"""Sessions of the exponential averages of VIX; an average uses what is known."""

LEAST_CLOSES = 21
"""VIX closes, this session's included, before anything is modelled."""

CLOSED_WEIGHT = 0.3
SESSION_WEIGHT = (7.0 - 2.0 * CLOSED_WEIGHT) / 5.0
LEAST_FORWARD = 0.1
"""The least forward variance of a segment, as a share of the average up to it."""

SHORT_POWER = 1.5
SHORT_RATIO = 1.35
"""Below 9 days: vol = VIX9D (VIX9D / VIX)^(1.5 (1 - t / 9)), the ratio capped so that total
variance still grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Vols of one session at the knots, fractions, and which of them were published."""

    session: date
    vols: tuple[float, float, float, float]
    published: tuple[bool, bool, bool, bool]

    def scaled(self, level: float) -> Curve:
        """The 30-day knot, and those that were inferred from it, times `level`."""
        vols = [
            v if known and k != 1 else v * level
            for k, (v, known) in enumerate(zip(self.vols, self.published, strict=True))
        ]
        return Curve(
            session=self.session,
            vols=(vols[0], vols[1], vols[2], vols[3]),
            published=self.published,
        )

    def vol(self, days: float) -> float:
        """Model-free volatility to `days` calendar days from the decision moment, a fraction.

        Above 0 days; beyond 184 the last forward variance goes on.
        """
        clock = _clock()
        start = clock.index(self.session)
        now = clock.passed(start, days)
        times = [clock.passed(start, float(k)) for k in KNOT_DAYS]
        if now <= times[0]:
            part = now / times[0]
            ratio = min(self.vols[0] / self.vols[1], SHORT_RATIO)
            vol: float = self.vols[0] * ratio ** (SHORT_POWER * (1.0 - part))
            return vol * math.sqrt(part * KNOT_DAYS[0] / days)
        total = self.vols[0] ** 2 * KNOT_DAYS[0]
        time = times[0]
        slope = total / time
        for k in range(1, len(KNOT_DAYS)):
            wanted = (self.vols[k] ** 2 * KNOT_DAYS[k] - total) / (times[k] - time)
            slope = max(wanted, LEAST_FORWARD * total / time)
            if now <= times[k]:
                break
            total += slope * (times[k] - time)
            time = times[k]
        return math.sqrt((total + slope * (now - time)) / days)


class TermTable:
    """The starting curves of all sessions of a history.

    means  averages of VIX as `averages` gives them, a row a session
    """

    def __init__(self, history: History) -> None:
        self._sessions = history.sessions
        self._vix = history.vix.close
        self.means = means = averages(self._vix)
        ratios: dict[str, Floats] = {}
        self._known: dict[str, NDArray[np.bool_]] = {}
        for name in ("vix3m", "vix9d", "vix6m"):
            given = np.log(same_day(history, name) / self._vix)
            known = np.isfinite(given)
            plain = features(self._vix, means, None) @ _coefficients()[name, ""]
            if (name, "vix3m") in _coefficients():
                better = features(self._vix, means, ratios["vix3m"])
                better = better @ _coefficients()[name, "vix3m"]
                plain = np.where(self._known["vix3m"], better, plain)
            ratios[name] = np.where(known, given, plain)
            self._known[name] = known
        self._ratios = ratios

    def curve(self, row: int) -> Curve | None:
        """Of the session in that row; None before 21 VIX closes are known."""
        if row + 1 < LEAST_CLOSES:
            return None
        vix = float(self._vix[row]) / 100.0
        vols = [vix * math.exp(self._ratios[n][row]) if n != "vix" else vix for n in KNOT_NAMES]
        known = [bool(self._known[n][row]) if n != "vix" else True for n in KNOT_NAMES]
        return Curve(
            session=self._sessions[row],
            vols=(vols[0], vols[1], vols[2], vols[3]),
            published=(known[0], known[1], known[2], known[3]),
        )


def averages(vix: Floats) -> Floats:
    """Exponential averages of the closes so far, a column for each of `AVERAGES`.

    Weights fall by 1 - 2 / (n + 1) a session and add up to 1 over what is known, so that the
    first value is the first close.
    """
    out = np.empty((len(vix), len(AVERAGES)))
    keep = np.array([1.0 - 2.0 / (n + 1.0) for n in AVERAGES])
    total, weight = np.zeros(len(AVERAGES)), np.zeros(len(AVERAGES))
    for i, close in enumerate(vix):
        total = keep * total + close
        weight = keep * weight + 1.0
        out[i] = total / weight
    return out


def features(vix: Floats, means: Floats, extra: Floats | None) -> Floats:
    """A row a session: constant, ln VIX, ln VIX over each average, then `extra` where given."""
    log = np.log(vix)
    columns = [np.ones_like(log), log, *(log - np.log(means[:, k]) for k in range(means.shape[1]))]
    return np.column_stack(columns if extra is None else [*columns, extra])


def same_day(history: History, name: str) -> Floats:
    """The close of the session itself where it was known by then, else NaN."""
    out = np.full(len(history.sessions), np.nan)
    series = history.series.get(name)
    if series is None:
        return out
    days = history.moments.astype("datetime64[D]")  # in UTC too, the moment is on the session's day
    row = np.searchsorted(days, series.period)
    good = row < len(days)
    row = np.minimum(row, len(days) - 1)
    good &= (days[row] == series.period) & (series.known_at <= history.moments[row])
    good &= np.isfinite(series.value) & (series.value > 0.0)
    out[row[good]] = series.value[good]
    return out


@lru_cache(maxsize=1)
def _coefficients() -> Mapping[tuple[str, str], Floats]:
    text = (resources.files("steward.pricing") / "files" / "term.toml").read_text("utf-8")
    members = tomllib.loads(text)["member"]
    return {(m["name"], m["given"]): np.array(m["coefficients"]) for m in members}


class _Clock:
    """Business-weighted days, counted from decision moment to decision moment."""

    def __init__(self) -> None:
        self._first = calendar.FIRST_DAY
        last = calendar.LAST_DAY + timedelta(days=1500)
        count = (last - self._first).days + 1
        weight = np.where(
            [(self._first + timedelta(days=i)).weekday() < 5 for i in range(count)],
            SESSION_WEIGHT,
            CLOSED_WEIGHT,
        )
        known = (calendar.LAST_DAY - self._first).days + 1
        weight[:known] = CLOSED_WEIGHT
        for session in calendar.sessions(calendar.FIRST_DAY, calendar.LAST_DAY):
            weight[(session - self._first).days] = SESSION_WEIGHT
        self._passed: list[float] = np.cumsum(weight).tolist()

    def index(self, session: date) -> int:
        return (session - self._first).days

    def passed(self, start: int, days: float) -> float:
        """Weighted days in `days` calendar days after the decision moment of day `start`."""
        whole = int(days)
        before = self._passed[start + whole]
        part = days - whole
        inside = (self._passed[start + whole + 1] - before) * part if part > 0.0 else 0.0
        return before + inside - self._passed[start]


@lru_cache(maxsize=1)
def _clock() -> _Clock:
    return _Clock()
