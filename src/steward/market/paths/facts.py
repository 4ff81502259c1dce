"""Stylised facts of closes: numbers that real and simulated markets have to share.

Every fact is a number a path. A member that has no close on a session (NaN) is left out there; a
fact that cannot be taken at all is NaN, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.paths.state import Paths

Floats = NDArray[np.float64]

YEAR, MONTH, WEEK = 252, 21, 5
BANDS = ((0.0, 15.0), (15.0, 20.0), (20.0, 30.0), (30.0, math.inf))
"""VIX points."""

JUMP_DEVIATIONS = 3.0
"""A jump day: SPX falls by more than so many times what VIX of the day before says of one day."""

CO_JUMP = 0.15
"""A rise of ln VIX of a session that is called a jump of VIX."""

TENS = 2520
"""Sessions of ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closes:
    """What facts are taken of, arrays (sessions, paths); NaN where a member has no close."""

    spx: Floats
    vix: Floats
    vix3m: Floats
    vvix: Floats
    skew: Floats

    def like(self, other: Closes) -> Closes:
        """These closes with the gaps of the one path of another: members begin as late there."""
        names = ("vix3m", "vvix", "skew")
        gaps = {
            n: np.where(np.isfinite(getattr(other, n)), getattr(self, n), np.nan) for n in names
        }
        return replace(self, **gaps)


def closes_of(paths: Paths) -> Closes:
    return Closes(spx=paths.spx, vix=paths.vix, vix3m=paths.vix3m, vvix=paths.vvix, skew=paths.skew)


def closes_of_history(history: History) -> Closes:
    """One column: what the history showed."""
    days = history.moments.astype("datetime64[D]")

    def member(name: str) -> Floats:
        found = np.full((len(days), 1), np.nan)
        series = history.series.get(name)
        if series is not None:
            row = np.searchsorted(days, series.period)
            good = (row < len(days)) & (days[np.minimum(row, len(days) - 1)] == series.period)
            found[row[good], 0] = series.value[good]
        return found

    return Closes(
        spx=history.spx.close[:, None],
        vix=history.vix.close[:, None],
        vix3m=member("vix3m"),
        vvix=member("vvix"),
        skew=member("skew"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """key stays; title and unit are for people; digits after the point."""

    key: str
    title: str
    unit: str
    digits: int
    of: Callable[[_Moves], Floats]


class _Moves:
    """Returns and what several facts share."""

    def __init__(self, closes: Closes) -> None:
        self.closes = closes
        self.log_spx = np.log(closes.spx)
        self.returns = np.diff(self.log_spx, axis=0)
        self.log_vix = np.log(closes.vix)
        self.rises = np.diff(self.log_vix, axis=0)

    def slope_in(self, low: float, high: float) -> Floats:
        """Mean ln of VIX3M over VIX on sessions with VIX in [low, high)."""
        slope = np.log(self.closes.vix3m) - self.log_vix
        inside = (self.closes.vix >= low) & (self.closes.vix < high)
        return mean(np.where(inside, slope, np.nan))


def facts(closes: Closes) -> Mapping[str, Floats]:
    """Every fact by its key, a number a path."""
    moves = _Moves(closes)
    return {fact.key: fact.of(moves) for fact in FACTS}


# --- statistics over sessions, a number a path ----------------------------------------------------


def mean(values: Floats) -> Floats:
    """Of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))


def deviation(values: Floats) -> Floats:
    return np.sqrt(mean(np.square(values - mean(values))))


def standardised_moment(values: Floats, order: int) -> Floats:
    return mean(((values - mean(values)) / deviation(values)) ** order)


def correlation(one: Floats, other: Floats) -> Floats:
    """Over the sessions that both have."""
    both = np.isfinite(one) & np.isfinite(other)
    a, b = (np.where(both, x, np.nan) for x in (one, other))
    a, b = a - mean(a), b - mean(b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(mean(a * b) / np.sqrt(mean(a * a) * mean(b * b)))


def autocorrelation(values: Floats, lag: int) -> Floats:
    return correlation(values[lag:], values[:-lag])


def quantile(values: Floats, share: float) -> Floats:
    return np.asarray(np.quantile(values, share, axis=0))


def half_life(values: Floats) -> Floats:
    """Sessions until the autocorrelation is a half; NaN where it is not within a year."""
    found = np.full(values.shape[1], np.nan)
    for lag in range(1, YEAR + 1):
        low = np.isnan(found) & (autocorrelation(values, lag) < 0.5)
        found[low] = lag
        if not np.isnan(found).any():
            break
    return found


def drawdown(log_level: Floats) -> Floats:
    """The deepest fall from a high before it, a fraction, 0 or below; mean of whole ten years,
    of all sessions where they are fewer."""
    blocks = max(len(log_level) // TENS, 1)
    size = len(log_level) // blocks
    falls = []
    for block in range(blocks):
        part = log_level[block * size : (block + 1) * size]
        falls.append(np.expm1((part - np.maximum.accumulate(part, axis=0)).min(axis=0)))
    return np.asarray(np.mean(falls, axis=0))


# --- facts ----------------------------------------------------------------------------------------


def _worst(sessions: int) -> Callable[[_Moves], Floats]:
    return lambda m: np.asarray(
        np.expm1((m.log_spx[sessions:] - m.log_spx[:-sessions]).min(axis=0))
    )


def _memory(lag: int) -> Callable[[_Moves], Floats]:
    return lambda m: autocorrelation(np.abs(m.returns), lag)


def _leverage(lag: int) -> Callable[[_Moves], Floats]:
    return lambda m: correlation(m.returns[:-lag], np.abs(m.returns[lag:]))


def _of_vix(share: float) -> Callable[[_Moves], Floats]:
    return lambda m: quantile(m.closes.vix, share)


def _vix_memory(lag: int) -> Callable[[_Moves], Floats]:
    return lambda m: autocorrelation(m.log_vix, lag)


def _slope(low: float, high: float) -> Callable[[_Moves], Floats]:
    return lambda m: m.slope_in(low, high)


def _beta(up: bool) -> Callable[[_Moves], Floats]:
    """Change of ln VIX over the return, through 0, on sessions of one sign."""

    def of(moves: _Moves) -> Floats:
        side = moves.returns > 0.0 if up else moves.returns < 0.0
        r = np.where(side, moves.returns, 0.0)
        return np.asarray((r * moves.rises).sum(axis=0) / np.square(r).sum(axis=0))

    return of


def _backwardation(moves: _Moves) -> Floats:
    above = moves.closes.vix > moves.closes.vix3m
    return mean(np.where(np.isfinite(moves.closes.vix3m), above, np.nan))


def _vvix_correlation(moves: _Moves) -> Floats:
    return correlation(np.diff(np.log(moves.closes.vvix), axis=0), moves.rises)


def _jump_days(moves: _Moves) -> Floats:
    day = moves.closes.vix[:-1] / 100.0 / math.sqrt(YEAR)
    return np.asarray(10.0 * YEAR * mean((moves.returns < -JUMP_DEVIATIONS * day).astype(float)))


def _co_jumps(moves: _Moves) -> Floats:
    """Of sessions on which VIX jumps: the share on which SPX falls and VVIX rises by 5 %."""
    vvix = np.diff(np.log(moves.closes.vvix), axis=0)
    jumps = (moves.rises > CO_JUMP) & np.isfinite(vvix)
    both = (moves.returns < 0.0) & (vvix > 0.05)
    return mean(np.where(jumps, both, np.nan))


def _vix_jumps(moves: _Moves) -> Floats:
    return np.asarray(YEAR * mean((moves.rises > CO_JUMP).astype(float)))


def _premium(moves: _Moves) -> Floats:
    """VIX less what SPX then did over 21 sessions, vol points."""
    squares = np.vstack([np.zeros(moves.returns.shape[1]), np.cumsum(moves.returns**2, axis=0)])
    later = 100.0 * np.sqrt((squares[MONTH:] - squares[:-MONTH]) * YEAR / MONTH)
    return mean(moves.closes.vix[: len(later)] - later)


def _fact(key: str, title: str, unit: str, digits: int, of: Callable[[_Moves], Floats]) -> Fact:
    return Fact(key=key, title=title, unit=unit, digits=digits, of=of)


FACTS: tuple[Fact, ...] = (
    _fact(
        "drift", "return of SPX, dividends left out", "a year", 3, lambda m: YEAR * mean(m.returns)
    ),
    _fact(
        "vol", "volatility of SPX", "a year", 3, lambda m: math.sqrt(YEAR) * deviation(m.returns)
    ),
    _fact(
        "skewness", "skewness of daily returns", "", 2, lambda m: standardised_moment(m.returns, 3)
    ),
    _fact(
        "kurtosis", "kurtosis of daily returns", "", 1, lambda m: standardised_moment(m.returns, 4)
    ),
    _fact("worst_day", "worst day", "", 3, _worst(1)),
    _fact("worst_week", "worst 5 sessions", "", 3, _worst(WEEK)),
    _fact("worst_month", "worst 21 sessions", "", 3, _worst(MONTH)),
    _fact("drawdown", "deepest drawdown of ten years", "", 3, lambda m: drawdown(m.log_spx)),
    *(
        _fact(f"memory_{n}", f"autocorrelation of |return|, {n} sessions", "", 2, _memory(n))
        for n in (1, 5, 21, 63)
    ),
    *(
        _fact(f"leverage_{n}", f"return with |return| {n} sessions later", "", 2, _leverage(n))
        for n in (1, 5, 21)
    ),
    _fact("jump_days", "falls over 3 implied deviations", "in ten years", 1, _jump_days),
    _fact("premium", "VIX less realised volatility of 21 sessions", "points", 2, _premium),
    _fact("vix_mean", "mean of VIX", "points", 1, lambda m: mean(m.closes.vix)),
    _fact("vix_deviation", "deviation of VIX", "points", 1, lambda m: deviation(m.closes.vix)),
    *(
        _fact(f"vix_{round(100 * q)}", f"VIX, {round(100 * q)} % quantile", "points", 1, _of_vix(q))
        for q in (0.05, 0.25, 0.50, 0.75, 0.95, 0.99)
    ),
    *(
        _fact(f"vix_memory_{n}", f"autocorrelation of ln VIX, {n} sessions", "", 2, _vix_memory(n))
        for n in (1, 21, 63, 252)
    ),
    _fact("vix_half_life", "half-life of ln VIX", "sessions", 0, lambda m: half_life(m.log_vix)),
    _fact("vix_vol", "volatility of ln VIX", "a day", 3, lambda m: deviation(m.rises)),
    _fact(
        "vix_skewness",
        "skewness of changes of ln VIX",
        "",
        2,
        lambda m: standardised_moment(m.rises, 3),
    ),
    _fact("vix_jumps", "days with VIX up by 15 % (logarithm)", "a year", 1, _vix_jumps),
    _fact(
        "correlation",
        "return with change of ln VIX",
        "",
        2,
        lambda m: correlation(m.returns, m.rises),
    ),
    _fact("beta_down", "change of ln VIX over return, on falls", "", 2, _beta(up=False)),
    _fact("beta_up", "change of ln VIX over return, on rises", "", 2, _beta(up=True)),
    _fact("backwardation", "sessions with VIX above VIX3M", "share", 3, _backwardation),
    *(
        _fact(
            f"slope_{low:.0f}",
            f"ln VIX3M over VIX, VIX {low:.0f} to {high:.0f}"
            if high < math.inf
            else f"ln VIX3M over VIX, VIX from {low:.0f}",
            "",
            3,
            _slope(low, high),
        )
        for low, high in BANDS
    ),
    _fact("vvix_mean", "mean of VVIX", "points", 1, lambda m: mean(m.closes.vvix)),
    _fact("vvix_deviation", "deviation of VVIX", "points", 1, lambda m: deviation(m.closes.vvix)),
    _fact("vvix_correlation", "changes of ln VVIX and ln VIX", "", 2, _vvix_correlation),
    _fact("co_jumps", "jumps of VIX with a fall and a jump of VVIX", "share", 2, _co_jumps),
    _fact("skew_mean", "mean of SKEW", "points", 1, lambda m: mean(m.closes.skew)),
    _fact("skew_deviation", "deviation of SKEW", "points", 1, lambda m: deviation(m.closes.skew)),
)

TITLES = {fact.key: fact for fact in FACTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One fact beside its band: the 5 %, 50 % and 95 % quantiles of simulated windows.

    NaN: not to be taken
    """

    key: str
    real: float
    low: float
    middle: float
    high: float

    @property
    def inside(self) -> bool:
        return self.low <= self.real <= self.high


def compared(real: Mapping[str, float], simulated: Mapping[str, Floats]) -> tuple[Compared, ...]:
    """A row for every key of `simulated`, in its order."""
    rows = []
    for key, values in simulated.items():
        known = values[np.isfinite(values)]
        low, middle, high = np.quantile(known, (0.05, 0.5, 0.95)) if known.size else [math.nan] * 3
        rows.append(
            Compared(
                key=key,
                real=real.get(key, math.nan),
                low=float(low),
                middle=float(middle),
                high=float(high),
            )
        )
    return tuple(rows)
