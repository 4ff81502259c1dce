"""Single figures of one return path: arrays in, a figure with its reason or its caveat out.

Daily returns are time-weighted: the owner's flows are taken out before they can look like gains.
Formulas: facts on portfolio figures (money-weighted and time-weighted returns, tail means, ulcer).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyxirr
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

SESSIONS_A_YEAR = 252
DAYS_A_YEAR = 365.0
"""As in XIRR, so that the growth rate of a single deposit is its XIRR."""

SPREAD_NEEDS = 60
"""Returns below which a standard deviation, a slope or a higher moment says nothing."""
RATIO_NEEDS = 252
"""Returns below which a ratio of yearly return to risk says nothing."""
NO_SPREAD = 1e-5
"""Daily spread of excess returns below which an account simply holds bills."""
TAIL_POINTS = 100
"""Returns in the tail below which a tail mean is flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, or the reason why there is none.

    value   None: not shown
    reason  why it is not shown; empty when it is
    note    what a reader must know of a value that is shown; empty when nothing
    """

    value: float | None
    reason: str = ""
    note: str = ""


def shown(value: float, note: str = "") -> Figure:
    """A figure with a value; a value that is no finite number becomes a figure without one."""
    if not np.isfinite(value):
        return withheld("not a finite number on this path")
    return Figure(value=float(value), note=note)


def withheld(reason: str) -> Figure:
    return Figure(value=None, reason=reason)


def _short(has: int, needs: int, what: str) -> Figure | None:
    if has >= needs:
        return None
    return withheld(f"needs {needs} {what}, this sample has {has}")


def time_weighted(equity: Floats, flow: Floats, opening: float) -> Floats:
    """Return of each session with the owner's flows taken out, a fraction.

    equity   after each session, cents
    flow     moved in by the owner, cents: counted at the session's close, except on the first
             session, where it is there from the start
    opening  equity before the first session, cents (0 when the first flow brings the capital)
    returns  one a session; NaN from the session after the account stood at zero or below
    """
    before = np.concatenate(([opening + flow[0]], equity[:-1]))
    gained = equity - np.concatenate(([0.0], flow[1:]))
    ruined = np.maximum.accumulate(before <= 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = gained / before - 1.0
    return np.where(ruined, np.nan, returns).astype(np.float64)


def growth(returns: Floats) -> Floats:
    """Wealth of one unit after each session, the starting 1 not included."""
    return np.cumprod(1.0 + returns).astype(np.float64)


def cagr(returns: Floats, first: date, last: date) -> Figure:
    """Time-weighted growth a year; years are calendar days / 365."""
    days = (last - first).days
    if days < 183:
        return withheld(f"needs half a year, this sample has {days} days")
    total = float(np.prod(1.0 + returns))
    if not np.isfinite(total):
        return withheld("the account stood at zero or below")
    if total <= 0.0:
        return shown(-1.0)
    return shown(total ** (DAYS_A_YEAR / days) - 1.0)


def volatility(returns: Floats) -> Figure:
    """Standard deviation of daily returns times the root of 252."""
    short = _short(returns.size, SPREAD_NEEDS, "returns")
    return short or shown(float(np.std(returns, ddof=1)) * np.sqrt(SESSIONS_A_YEAR))


def sharpe(excess: Floats) -> Figure:
    """Mean over standard deviation of daily arithmetic excess returns, times the root of 252."""
    short = _short(excess.size, RATIO_NEEDS, "returns")
    if short:
        return short
    spread = float(np.std(excess, ddof=1))
    if not spread > NO_SPREAD:
        return withheld("the return never leaves the bill rate")
    return shown(
        float(np.mean(excess)) / spread * np.sqrt(SESSIONS_A_YEAR),
        "flatters books that sell options: read it with skew, kurtosis and CVaR",
    )


def sortino(excess: Floats) -> Figure:
    """As Sharpe, over the downside deviation about the bill rate over all days."""
    short = _short(excess.size, RATIO_NEEDS, "returns")
    if short:
        return short
    downside = float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)))
    if not downside > NO_SPREAD:
        return withheld("the return never falls below the bill rate")
    return shown(float(np.mean(excess)) / downside * np.sqrt(SESSIONS_A_YEAR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """The deepest fall from a peak; `depth` 0 or below, `recovered` None while still under water.

    When the path never falls, `depth` is 0 and peak and trough are the first day.
    """

    depth: float
    peak: date
    trough: date
    recovered: date | None


def drawdowns(returns: Floats) -> Floats:
    """Distance below the highest wealth so far, 0 or negative; the starting 1 counts as a peak."""
    wealth = growth(returns)
    peaks = np.maximum.accumulate(np.maximum(wealth, 1.0))
    return wealth / peaks - 1.0


def deepest(returns: Floats, days: Sequence[date]) -> Drawdown:
    """The maximum drawdown with its dates; the peak is the last day at the high before it.

    Of a path that ends at zero or below, the part up to that day.
    """
    depth = drawdowns(returns[np.isfinite(returns)])
    trough = int(np.argmin(depth))
    if not depth[trough] < 0.0:
        return Drawdown(depth=0.0, peak=days[0], trough=days[0], recovered=days[0])
    at_high = np.flatnonzero(depth[:trough] >= 0.0)
    peak = int(at_high[-1]) if at_high.size else 0
    after = np.flatnonzero(depth[trough:] >= 0.0)
    return Drawdown(
        depth=float(depth[trough]),
        peak=days[peak],
        trough=days[trough],
        recovered=days[trough + int(after[0])] if after.size else None,
    )


def calmar(growth_rate: Figure, depth: float) -> Figure:
    """Growth a year over the maximum drawdown, both of the whole sample."""
    if growth_rate.value is None:
        return growth_rate
    if not depth < 0.0:
        return withheld("there was no drawdown")
    return shown(growth_rate.value / abs(depth), "whole sample")


def ulcer_index(returns: Floats) -> Figure:
    """Root of the mean squared drawdown."""
    short = _short(returns.size, SPREAD_NEEDS, "returns")
    return short or shown(float(np.sqrt(np.mean(drawdowns(returns) ** 2))))


def _moment(returns: Floats, power: int) -> Figure:
    short = _short(returns.size, SPREAD_NEEDS, "returns")
    if short:
        return short
    centred = returns - np.mean(returns)
    variance = float(np.mean(centred**2))
    if not variance > 1e-18:
        return withheld("the returns do not vary")
    return shown(float(np.mean(centred**power)) / variance ** (power / 2))


def skewness(returns: Floats) -> Figure:
    """Third standardised moment of the sample; 0 for a symmetric one."""
    return _moment(returns, 3)


def kurtosis(returns: Floats) -> Figure:
    """Fourth standardised moment of the sample, not the excess: 3 for a normal one."""
    return _moment(returns, 4)


def tail_mean(returns: Floats, level: float) -> Figure:
    """CVaR: mean of the worst 1 - level of the returns, historical, a return (so mostly negative).

    The tail's size is n * (1 - level); its last return counts by the fraction that is left.
    Withheld below one return in the tail, flagged below a hundred.
    Source: R. T. Rockafellar, S. Uryasev, "Conditional value-at-risk for general loss
    distributions", J. Banking & Finance 26 (2002).
    """
    points = round(returns.size * (1.0 - level), 9)
    if points < 1.0:
        needs = int(np.ceil(round(1.0 / (1.0 - level), 9)))
        return withheld(f"needs {needs} returns, this sample has {returns.size}")
    if not np.all(np.isfinite(returns)):
        return withheld("the account stood at zero or below")
    whole = int(points)
    worst = np.sort(returns)[: whole + 1]
    total = float(np.sum(worst[:whole]))
    if points > whole:
        total += (points - whole) * float(worst[whole])
    few = points < TAIL_POINTS
    note = f"rests on {points:.0f} returns only, {TAIL_POINTS} wanted" if few else ""
    return shown(total / points, note)


def money_weighted(days: Sequence[date], cents: Sequence[int]) -> Figure:
    """XIRR: the yearly rate at which the flows are worth nothing today, a fraction.

    days   of each flow        cents  paid in below 0, taken out (and the final wealth) above 0
    Withheld when all flows have one sign, under half a year, or when several rates solve it.
    """
    kept = [(day, amount) for day, amount in zip(days, cents, strict=True) if amount != 0]
    amounts = np.array([amount for _, amount in kept], dtype=np.float64)
    if amounts.size == 0 or np.all(amounts > 0.0) or np.all(amounts < 0.0):
        return withheld("all flows have one sign: there is no rate to find")
    offsets = np.array([(day - kept[0][0]).days for day, _ in kept], dtype=np.float64)
    if offsets.max() < 183.0:
        return withheld(f"needs half a year, this sample has {offsets.max():.0f} days")
    signs = np.sign(amounts[np.argsort(offsets, kind="stable")])
    if np.count_nonzero(np.diff(signs)) > 1:
        roots = _roots(offsets, amounts)
        if len(roots) != 1:
            found = ", ".join(f"{root:.1%}" for root in roots)
            several = f"several rates solve it: {found}"
            return withheld(several if roots else "no rate from -99.9 % to 1,000 % solves it")
        return shown(roots[0])
    rate = pyxirr.xirr([day for day, _ in kept], amounts)
    if rate is None:
        return withheld("no rate solves it")
    return shown(float(rate))


def _roots(offsets: Floats, amounts: Floats) -> list[float]:
    """Rates from -99.9 % to 1,000 % at which the flows are worth nothing, by bisection."""

    def worth(log_growth: Floats) -> Floats:
        return np.exp(np.multiply.outer(log_growth, -offsets / DAYS_A_YEAR)) @ amounts

    grid = np.linspace(np.log(0.001), np.log(11.0), 600)
    values = worth(grid)
    rows = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0.0)
    low, high = grid[rows], grid[rows + 1]
    falling = values[rows] > 0.0
    for _ in range(60):
        middle = (low + high) / 2.0
        above = (worth(middle) > 0.0) == falling
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return [float(root) for root in np.expm1((low + high) / 2.0)]


def slope(excess: Floats, market: Floats, needs: int = SPREAD_NEEDS) -> Figure:
    """Ordinary least squares slope of one series on another, with an intercept."""
    short = _short(excess.size, needs, "returns")
    if short:
        return short
    centred = market - np.mean(market)
    variance = float(centred @ centred)
    if not variance > 1e-18:
        return withheld("the index does not vary")
    return shown(float(centred @ excess) / variance)


def dimson_beta(excess: Floats, market: Floats) -> Figure:
    """Sum of the slopes on the market of the day before, the day and the day after.

    Source: E. Dimson, "Risk measurement when shares are subject to infrequent trading",
    J. Financial Economics 7 (1979). Options are marked at 16:15, the index at 16:00.
    """
    short = _short(excess.size, SPREAD_NEEDS, "returns")
    if short:
        return short
    columns = [np.ones(excess.size - 2), market[:-2], market[1:-1], market[2:]]
    design = np.column_stack(columns)
    found, _, rank, _ = np.linalg.lstsq(design, excess[1:-1], rcond=None)
    if rank < design.shape[1]:
        return withheld("the index does not vary")
    return shown(float(found[1:].sum()))


def downside_beta(excess: Floats, market: Floats, market_return: Floats) -> Figure:
    """Slope over the days on which the index fell by more than 1 %."""
    down = market_return < -0.01
    return slope(excess[down], market[down], needs=20)
