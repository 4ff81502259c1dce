"""Interest and dividends known at a session, and the forward that they carry.

Interest, by what the history has: constant-maturity Treasury yields; the 3-month bill (a discount
yield, converted); a documented constant path (`bill_constant`); federal funds. A rate that is no
longer published keeps its last value; no rate at all is an error, never a silent zero.

Dividends: those of the S&P 500 over the twelve months that were known last, over the close of the
session; without them, or when they are too old, a yield by spans of years (files/rates.toml).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History, Series
from steward.pricing import coefficients
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]

Number = TypeVar("Number", float, Floats)

CURVE = (("dgs1mo", 1 / 12), ("dgs3mo", 0.25), ("dgs6mo", 0.5), ("dgs1", 1.0), ("dgs2", 2.0))
"""Names of the constant-maturity yields, percent bond-equivalent, and their years."""

SINGLES = ("dtb3", "bill_constant", "dff")
"""What stands for every tenor when there is no curve; the first that has a value."""

BILLS = ("dtb3", "dgs3mo", "bill_constant", "dgs1mo", "dff")
"""What cash earns: the most recent of the first two, else the first that has a value."""

DIVIDENDS = "dividend_12m"
"""Name of the dividends of the S&P 500 over twelve months, index points."""

LEAST_PAID, MOST_PAID = 0.002, 0.15
"""Dividends over price: outside of this they are in another unit. In Shiller's table the S&P 500
and what came before it paid 1.1 % to 13.8 % from 1871 to 2025."""


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
        """A session without any rate fails when it is asked.

        Raises StewardError for dividends that cannot be in index points.
        """
        self._history = history
        self._yields = _dividend_yields_of(history)
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

    def dividend_yield(self, row: int) -> float:
        """Of the S&P 500 at the session in that row, continuous, a year."""
        return float(self._yields[row])


def dividend_yield(session: date) -> float:
    """A year, continuous: an assumption by spans of years (files/rates.toml)."""
    return next(value for first, value in _dividend_yields() if first <= session)


def paid_yields(history: History) -> Floats:
    """ln(1 + D / S) of each session: continuous, a year.

    D  dividends of the twelve months known last at the session's decision moment, index points
    S  the close of SPX
    NaN where none are known yet, and where they were public longer ago than the series allows.
    Raises StewardError where D / S is outside of `LEAST_PAID` to `MOST_PAID`.

    One who holds the index and buys more of it with its dividends has 1 + D / S of it after a year,
    so this is the yield that a forward of a year loses; a shorter one loses it evenly. Dividends to
    come are taken as those past: growth of 6 % a year makes the yield some 0.1 % too low.
    """
    series = history.series.get(DIVIDENDS)
    if series is None:
        return np.full(len(history.sessions), np.nan)
    known, since = _newest(series, history.moments)
    fresh = history.moments - since <= np.timedelta64(series.max_age_days, "D")
    ratio = np.where(fresh, known, np.nan) / history.spx.close
    wrong = (ratio < LEAST_PAID) | (ratio > MOST_PAID)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise StewardError(
            f"{series.source}: {known[row]:g} known on {history.sessions[row]} is "
            f"{100.0 * ratio[row]:.3g} % of the SPX close: not the dividends of twelve months in "
            "index points; correct the column or take it out"
        )
    return np.log1p(ratio)


def dividends_sentence(history: History, days: Sequence[date]) -> str:
    """Where the dividend yields of these sessions come from, for the manifest."""
    paid = np.isfinite(paid_yields(history)[[history.index(day) for day in days]])
    assumed, over = "a yield assumed by spans of years", "dividends of twelve months over the close"
    if paid.all() and len(days):
        return f"Dividends in modelled forwards: {over}, as known on the day."
    if not paid.any():
        return f"Dividends in modelled forwards: {assumed}."
    return (
        f"Dividends in modelled forwards: {over}, as known on the day, on {int(paid.sum()):,} of "
        f"{len(days):,} sessions; on the others {assumed}."
    )


def _dividend_yields_of(history: History) -> Floats:
    """Of each session: what was paid, else what is assumed."""
    rows = sorted(_dividend_yields())
    first = np.array([day for day, _ in rows], dtype="datetime64[D]")
    days = np.array(history.sessions, dtype="datetime64[D]")
    place = np.searchsorted(first, days, side="right") - 1
    assumed = np.array([value for _, value in rows])[np.maximum(place, 0)]
    paid = paid_yields(history)
    return np.where(np.isfinite(paid), paid, assumed)


@coefficients.remembered()
def _dividend_yields() -> tuple[tuple[date, float], ...]:
    text = coefficients.text("rates")
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
    known, _ = _newest(history.series[name], history.moments)
    return np.array([convert(v) for v in known])


def _newest(series: Series, moments: Moments) -> tuple[Floats, Moments]:
    """The newest value known at each moment and since when; NaN and NaT before the first one."""
    finite = np.isfinite(series.value)
    value = np.append(series.value[finite], np.nan)
    since = np.append(series.known_at[finite], np.datetime64("NaT", "m"))
    row = np.searchsorted(since[:-1], moments, side="right") - 1  # -1: the one past the end
    return value[row], since[row]


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
