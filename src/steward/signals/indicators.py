"""Indicators: pure functions of one series, one value out for each value in.

All take a one-dimensional float64 array in the order of time and give one of the same length. An
entry is NaN while too few values came before it, and where a NaN lies in its window. Entry i reads
entries 0..i only, never a later one. RSI and MACD remember everything, so a NaN among their inputs
would never leave them: run them on the values that exist (`columns.over_known`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from steward.market.history import Floats

NONE_YET = 9999.0
"""Sessions since something that has not happened, or until something that nobody announced."""

SESSIONS_A_YEAR = 252


def windows(values: Floats, n: int) -> Floats:
    """The last `n` values at each place from n - 1 on, shape (len - n + 1, n); a copy."""
    if len(values) < n:
        return np.empty((0, n))
    return np.ascontiguousarray(sliding_window_view(values, n))


def _behind(values: Floats, length: int) -> Floats:
    """`values` at the end of an array of `length`, NaN before them."""
    out = np.full(length, np.nan)
    if len(values):
        out[length - len(values) :] = values
    return out


def simple_average(values: Floats, n: int) -> Floats:
    """Mean of the last `n` values, today's included."""
    return _behind(windows(values, n).mean(axis=1), len(values))


def exponential_average(values: Floats, n: int, *, start: int | None = None) -> Floats:
    """Exponential average with weight 2 / (n + 1), seeded as TA-Lib does it.

    The seed is the mean of the `n` values that end at index `start` (default n - 1) and stands
    there; the recursion runs from the next one.
    """
    first = n - 1 if start is None else start
    out = np.full(len(values), np.nan)
    if len(values) <= first:
        return out
    weight = 2.0 / (n + 1.0)
    level = float(np.mean(values[first - n + 1 : first + 1]))
    levels = [level]
    for value in values[first + 1 :].tolist():
        level = (value - level) * weight + level
        levels.append(level)
    out[first:] = levels
    return out


def rsi(closes: Floats, n: int = 14) -> Floats:
    """Relative strength index of Wilder, 0 to 100, known from the (n + 1)-th close.

    Average gain and loss start as means of the first `n` changes, then A = ((n - 1) A + x) / n.
    Without any gain or loss it is 0, with gains alone 100, as in TA-Lib.
    Source: J. W. Wilder, New Concepts in Technical Trading Systems (1978).
    """
    out = np.full(len(closes), np.nan)
    if len(closes) <= n:
        return out
    change = np.diff(closes)
    gains, losses = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    gain, loss = float(gains[:n].mean()), float(losses[:n].mean())
    averages = [(gain, loss)]
    for up, down in zip(gains[n:].tolist(), losses[n:].tolist(), strict=True):
        gain = (gain * (n - 1) + up) / n
        loss = (loss * (n - 1) + down) / n
        averages.append((gain, loss))
    up_down = np.array(averages)
    total = up_down.sum(axis=1)
    alive = total > 0.0
    out[n:] = np.where(alive, 100.0 * up_down[:, 0] / np.where(alive, total, 1.0), 0.0)
    return out


class Macd(NamedTuple):
    """Fast less slow average, its own average, and the difference of the two (index points)."""

    line: Floats
    signal: Floats
    histogram: Floats


def macd(closes: Floats, fast: int = 12, slow: int = 26, smooth: int = 9) -> Macd:
    """Moving average convergence divergence, all three known from index slow + smooth - 2.

    As TA-Lib: both averages are seeded at index slow - 1 (the fast one with the mean of the `fast`
    closes that end there), the signal with the mean of the first `smooth` differences.
    Source: G. Appel (1979); seeds as in the TA-Lib library.
    """
    start = slow - 1
    line = exponential_average(closes, fast, start=start) - exponential_average(closes, slow)
    signal = np.full(len(closes), np.nan)
    signal[start:] = exponential_average(line[start:], smooth)
    line = np.where(np.isfinite(signal), line, np.nan)
    return Macd(line=line, signal=signal, histogram=line - signal)


def since(flags: NDArray[np.bool_]) -> Floats:
    """Places since the last true flag, 0 where it is true; 9999 before the first."""
    place = np.arange(len(flags))
    last = np.maximum.accumulate(np.where(flags, place, -1)) if len(flags) else place
    return np.where(last >= 0, place - last, NONE_YET).astype(np.float64)


def change(values: Floats, n: int) -> Floats:
    """Today's value over that of `n` places ago, less 1, in percent."""
    return _behind(100.0 * (values[n:] / values[:-n] - 1.0), len(values))


def difference(values: Floats, n: int) -> Floats:
    """Today's value less that of `n` places ago."""
    return _behind(values[n:] - values[:-n], len(values))


def highest(values: Floats, n: int) -> Floats:
    """Largest of the last `n` values, today's included."""
    return _behind(windows(values, n).max(axis=1, initial=-np.inf), len(values))


def rank(values: Floats, n: int) -> Floats:
    """Where today's value lies between the least (0) and the largest (100) of the last `n`.

    Today's value is one of the `n`. NaN where all are equal.
    """
    seen = windows(values, n)
    low, high = seen.min(axis=1, initial=np.inf), seen.max(axis=1, initial=-np.inf)
    span = np.where(high > low, high - low, np.nan)
    return _behind(100.0 * (values[len(values) - len(seen) :] - low) / span, len(values))


def percentile_before(values: Floats, n: int) -> Floats:
    """Share, in percent, of the `n` values before today that lie strictly below today's."""
    seen = windows(values, n + 1)
    share = 100.0 * (seen[:, :-1] < seen[:, -1:]).mean(axis=1)
    return _behind(np.where(np.isfinite(seen).all(axis=1), share, np.nan), len(values))


def z_before(values: Floats, n: int) -> Floats:
    """Today's value in standard deviations from the mean of the `n` values before it.

    The sample deviation (n - 1). NaN where those `n` do not vary.
    """
    seen = windows(values, n + 1)
    past, today = seen[:, :-1], seen[:, -1]
    mean = past.mean(axis=1)
    deviation = np.sqrt(((past - mean[:, None]) ** 2).sum(axis=1) / (n - 1))
    deviation = np.where(deviation > 1e-12 * (1.0 + np.abs(mean)), deviation, np.nan)
    return _behind((today - mean) / deviation, len(values))


def slope(values: Floats, n: int) -> Floats:
    """Least-squares slope through the last `n` values, per place."""
    place = np.arange(n) - (n - 1) / 2.0
    return _behind((windows(values, n) * place).sum(axis=1) / (place**2).sum(), len(values))


def realised_volatility(closes: Floats, n: int) -> Floats:
    """Root of the mean square of the last `n` daily log returns, percent a year (zero mean)."""
    squares = np.diff(np.log(closes)) ** 2
    return _behind(100.0 * np.sqrt(SESSIONS_A_YEAR * windows(squares, n).mean(axis=1)), len(closes))


def close_to_close_volatility(closes: Floats, n: int) -> Floats:
    """Sample deviation (n - 1) of the last `n` daily log returns, percent a year."""
    seen = windows(np.diff(np.log(closes)), n)
    spread = seen - seen.mean(axis=1, keepdims=True)
    variance = (spread**2).sum(axis=1) / (n - 1)
    return _behind(100.0 * np.sqrt(SESSIONS_A_YEAR * variance), len(closes))
