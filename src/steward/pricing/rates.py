"""Interest known at a session, and the forward that it carries.

Sources, by what the history has: constant-maturity Treasury yields; the 3-month bill (a discount
yield, converted); a documented constant path (`bill_constant`); federal funds. A rate that is no
longer published keeps its last value; no rate at all is an error, never a silent zero.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from importlib import resources
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History, Series
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

Number = TypeVar("Number", float, Floats)

CURVE = (("dgs1mo", 1 / 12), ("dgs3mo", 0.25), ("dgs6mo", 0.5), ("dgs1", 1.0), ("dgs2", 2.0))
"""Names of the constant-maturity yields, percent bond-equivalent, and their years."""

SINGLES = ("dtb3", "bill_constant", "dff")
"""What stands for every tenor when there is no curve; the first that has a value."""

BILLS = ("dtb3", "dgs3mo", "bill_constant", "dgs1mo", "dff")
"""What cash earns: the most recent of the first two, else the first that has a value."""


def bond_equivalent(name: str, percent: Number) -> Number:
    """A year, act/365 simple, a fraction, from a published figure in percent.

    `dtb3` is a discount on 360 days: 365 d / (360 - 91 d). `dff` is act/360.
    """
    rate = percent / 100.0
    if name == "dtb3":
        return 365.0 * rate / (360.0 - 91.0 * rate)
    return rate * 365.0 / 360.0 if name == "dff" else rate


def bill_rate(history: History, session: date) -> float:
    """What a bill earns a year, act/365 simple, bond-equivalent, as known at the session's close.

    Raises StewardError when no source has a value by then.
    """
    moment = history.moments[history.index(session)]
    known = {name: _latest(history.series.get(name), moment) for name in BILLS}
    bill, yield_ = known["dtb3"], known["dgs3mo"]
    if bill is not None and yield_ is not None and yield_[0] > bill[0]:
        return bond_equivalent("dgs3mo", yield_[1])
    for name in BILLS:
        found = known[name]
        if found is not None:
            return bond_equivalent(name, found[1])
    raise _no_rate(history, session)


def discount_factor(history: History, session: date, years: float) -> float:
    """Value at the session's close of 1 paid after `years`; 1 for years at or below 0.

    Raises StewardError when no source has a value by then.
    """
    moment = history.moments[history.index(session)]
    knots, zeros = [], []
    for name, tenor in CURVE:
        found = _latest(history.series.get(name), moment)
        if found is not None:
            knots.append(tenor)
            zeros.append(_continuous_curve(found[1]))
    if not knots:
        for name in SINGLES:
            found = _latest(history.series.get(name), moment)
            if found is not None:
                return math.exp(-_continuous_single(name, found[1]) * max(years, 0.0))
        raise _no_rate(history, session)
    return math.exp(-float(np.interp(years, knots, zeros)) * max(years, 0.0))


class RateTable:
    """The zero rates of all sessions at once, for pricing; equals `discount_factor`."""

    def __init__(self, history: History) -> None:
        """Raises nothing: a session without any rate fails when it is asked."""
        self._history = history
        self._row = -1
        self._knots: tuple[list[float], list[float]] = ([], [])
        self._curve = [
            (tenor, _aligned(history, name, _continuous_curve))
            for name, tenor in CURVE
            if name in history.series
        ]
        self._singles = [
            _aligned(history, name, partial(_continuous_single, name))
            for name in SINGLES
            if name in history.series
        ]

    def knots(self, row: int) -> tuple[list[float], list[float]]:
        """Years and continuous zero rates known at the session in that row."""
        known = [(tenor, float(v[row])) for tenor, v in self._curve if v[row] == v[row]]
        if not known:
            known = [(0.25, float(v[row])) for v in self._singles if v[row] == v[row]][:1]
        if not known:
            raise _no_rate(self._history, self._history.sessions[row])
        return [k for k, _ in known], [z for _, z in known]

    def zero_rate(self, row: int, years: float) -> float:
        """Continuous, a year, at that tenor; flat beyond the ends."""
        if row != self._row:  # the series of one session are priced one after the other
            self._row, self._knots = row, self.knots(row)
        knots, zeros = self._knots
        return zeros[0] if len(zeros) == 1 else float(np.interp(years, knots, zeros))


def dividend_yield(session: date) -> float:
    """A year, continuous: an assumption by spans of years (files/rates.toml)."""
    return next(value for first, value in _dividend_yields() if first <= session)


@lru_cache(maxsize=1)
def _dividend_yields() -> tuple[tuple[date, float], ...]:
    text = (resources.files("steward.pricing") / "files" / "rates.toml").read_text("utf-8")
    rows = tomllib.loads(text)["dividend_yield"]
    return tuple(sorted(((r["from"], float(r["a_year"])) for r in rows), reverse=True))


def _latest(series: Series | None, moment: np.datetime64) -> tuple[np.datetime64, float] | None:
    """Period and value of the newest known row with a value."""
    if series is None:
        return None
    n = int(np.searchsorted(series.known_at, moment, side="right"))
    while n > 0 and not math.isfinite(series.value[n - 1]):
        n -= 1
    return (series.period[n - 1], float(series.value[n - 1])) if n else None


def _aligned(history: History, name: str, convert: Callable[[float], float]) -> Floats:
    """The converted value known at each session; NaN before the first one."""
    series = history.series[name]
    finite = np.isfinite(series.value)
    value = series.value[finite]
    row = np.searchsorted(series.known_at[finite], history.moments, side="right") - 1
    known = np.where(row >= 0, value[np.maximum(row, 0)] if value.size else np.nan, np.nan)
    return np.array([convert(v) for v in known])


def _continuous_curve(percent: float) -> float:
    """From a bond-equivalent yield with two payments a year."""
    return 2.0 * math.log1p(percent / 200.0)


def _continuous_single(name: str, percent: float) -> float:
    """From one short rate: simple interest over a quarter."""
    return 4.0 * math.log1p(bond_equivalent(name, percent) / 4.0)


def _no_rate(history: History, session: date) -> StewardError:
    return StewardError(
        f"{history.label}: no interest rate is known on {session}: bring dtb3_daily.csv or "
        "treasury_cmt_yields_daily.csv with --data DIR"
    )
