"""Put-call parity: the forward, and the discount, that a series' own quotes imply.

C - P = D (F - K) for European options of one series. Never across two roots: AM and PM series of
one date have different forwards.

`forward_from_quotes` and `discount_from_quotes` are what runs on real quotes use, thousands of
series a second; `parity_line` says also how sure it is, and what it did not believe.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAREST = 10
"""Strikes around the forward that are asked."""

FEWEST = 5
"""Strikes below which no discount can be read."""


def forward_from_quotes(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
    *,
    discount: float,
) -> float:
    """The forward of one series, index points; NaN when no strike has a call and a put bid.

    One row a strike, in any order. Of the strikes with both sides bid and not crossed, the ten
    whose call and put mids are closest: the median of their forwards, each weighted by the inverse
    square of its spreads, so that one stale quote moves nothing.
    """
    keep, gap, noise = _two_sided(call_bid, call_ask, put_bid, put_ask)
    if not keep.any():
        return math.nan
    strike, gap, noise = np.asarray(strike, dtype=np.float64)[keep], gap[keep], noise[keep]
    near = np.argsort(np.abs(gap), kind="stable")[:NEAREST]
    implied = strike[near] + gap[near] / discount
    weight = 1.0 / np.maximum(noise[near], 0.01) ** 2
    order = np.argsort(implied, kind="stable")
    share = np.cumsum(weight[order])
    middle = int(np.searchsorted(share, 0.5 * share[-1]))
    return float(implied[order[middle]])


def discount_from_quotes(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
) -> float:
    """Value now of 1 at settlement by the slope of P - C in the strike; NaN below five strikes.

    Least squares weighted by the inverse square of the spreads, twice: the second time without
    strikes more than three spreads off the line. Too rough below 60 days to lend or borrow by.
    """
    keep, gap, noise = _two_sided(call_bid, call_ask, put_bid, put_ask)
    strike, gap = np.asarray(strike, dtype=np.float64)[keep], -gap[keep]
    noise = np.maximum(noise[keep], 0.01)
    if strike.size < FEWEST:
        return math.nan
    slope, level = np.polyfit(strike, gap, 1, w=1.0 / noise)
    good = np.abs(gap - level - slope * strike) <= 3.0 * noise
    if good.sum() < FEWEST:
        return math.nan
    return float(np.polyfit(strike[good], gap[good], 1, w=1.0 / noise[good])[0])


def _two_sided(
    call_bid: Floats, call_ask: Floats, put_bid: Floats, put_ask: Floats
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Where call and put are both bid and not crossed; C - P at mid; their spreads together."""
    call_bid, call_ask, put_bid, put_ask = (
        np.asarray(a, dtype=np.float64) for a in (call_bid, call_ask, put_bid, put_ask)
    )
    keep = (call_bid > 0.0) & (put_bid > 0.0) & (call_ask >= call_bid) & (put_ask >= put_bid)
    gap = 0.5 * (call_bid + call_ask) - 0.5 * (put_bid + put_ask)
    return keep, gap, (call_ask - call_bid) + (put_ask - put_bid)


# --- with error bars -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityLine:
    """The line C - P = D (F - K) through the quotes of one series, with what it is worth.

    forward, discount   index points; value now of 1 at settlement
    forward_error, discount_error  standard errors; of the discount NaN where it was given
    strike, residual    the strikes used, rising, and C - P - D (F - K) at mid, index points
    bar                 the error bar of each: standard deviation of C - P if each price lies
                        anywhere between bid and ask, index points
    scale               size of the residuals in error bars; 1 where spreads say how good mids are
    left_out            strikes that are not used, by reason
    outliers            of these the strikes off the line
    """

    forward: float
    forward_error: float
    discount: float
    discount_error: float
    strike: Floats
    residual: Floats
    bar: Floats
    scale: float
    left_out: tuple[tuple[str, int], ...]
    outliers: Floats

    @property
    def strikes(self) -> int:
        """How many are used."""
        return int(self.strike.size)


ONE_SIDED = "call or put alone"
NO_BID = "no bid for call or put"
CROSSED = "ask below bid"
OFF_LINE = "off the line"
FAR = "far from the forward"

HUBER = 1.345
"""Scaled residuals up to which squares count, beyond which sizes do: 95 % efficient for normal
errors (P. J. Huber, Annals of Mathematical Statistics 35 (1964); the constant: P. W. Holland and
R. E. Welsch, Communications in Statistics A6 (1977))."""

OFF = 6.0
"""Scaled residuals from which on a strike is off the line and left out."""

LEAST_DISCOUNT = 0.01
"""A slope nearer to nothing is no discount."""

LEAST_BAR, LEAST_SCALE = 0.01, 0.1
"""Index points, and error bars: no quote and no line is better than that."""

NEAR_SHARE, NEAR_STRIKES = 0.025, 10
"""With the discount given: strikes within that share of the forward are asked, and at least so
many: farther ones say more of the discount than of the forward."""


def parity_line(
    strike: Floats,
    call_bid: Floats,
    call_ask: Floats,
    put_bid: Floats,
    put_ask: Floats,
    *,
    discount: float | None = None,
) -> ParityLine | None:
    """Forward and discount of one series by a robust regression over its strikes.

    One row a strike, in any order; NaN where a side is not quoted.
    discount  None: by the slope, which needs five strikes; else it is taken as given, and the
              forward alone is asked, of the strikes near it

    Begins with the median slope of pairs of strikes and goes on by iterated reweighted least
    squares with Huber's weights over the error bars; strikes six scaled residuals off the line are
    left out and counted. Standard errors are those of the weighted regression, by the size that
    the residuals have (1.48 times their median in error bars); neighbouring strikes err together,
    so they are rather too small. None where too few strikes have both sides bid.
    """
    sides = [np.asarray(a, dtype=np.float64) for a in (call_bid, call_ask, put_bid, put_ask)]
    strike = np.asarray(strike, dtype=np.float64)
    keep, gap, _ = _two_sided(*sides)
    left_out = _counted(sides, keep)
    bar = np.hypot(sides[1] - sides[0], sides[3] - sides[2]) / math.sqrt(12.0)
    order = np.argsort(strike[keep], kind="stable")
    x, y, bar = (a[keep][order] for a in (strike, gap, np.maximum(bar, LEAST_BAR)))
    if discount is not None and x.size:
        near = _near(x, x + y / discount, np.abs(y))
        left_out[FAR] = int((~near).sum())
        x, y, bar = x[near], y[near], bar[near]
    if x.size < (FEWEST if discount is None else 1):
        return None
    return _robust(x, y, bar, discount, left_out)


def _near(strike: Floats, forward: Floats, away: Floats) -> NDArray[np.bool_]:
    """Which strikes are asked for a forward when the discount is given."""
    rank = np.argsort(np.argsort(away, kind="stable"), kind="stable")
    middle = float(np.median(forward[rank < NEAR_STRIKES]))
    return (np.abs(strike / middle - 1.0) <= NEAR_SHARE) | (rank < NEAR_STRIKES)


def _counted(sides: list[Floats], keep: NDArray[np.bool_]) -> dict[str, int]:
    """Strikes without a usable pair, by the first reason that holds."""
    call_bid, call_ask, put_bid, put_ask = sides
    alone = np.isnan(call_bid) | np.isnan(put_bid) | np.isnan(call_ask) | np.isnan(put_ask)
    crossed = ~alone & ((call_ask < call_bid) | (put_ask < put_bid))
    return {
        ONE_SIDED: int(alone.sum()),
        CROSSED: int(crossed.sum()),
        NO_BID: int((~keep & ~alone & ~crossed).sum()),
    }


def _robust(
    strike: Floats, gap: Floats, bar: Floats, discount: float | None, left_out: dict[str, int]
) -> ParityLine | None:
    fewest = FEWEST if discount is None else 1
    line = _median_line(strike, gap, bar, discount)
    used = np.abs(gap - line.at(strike)) <= OFF * line.scale * bar
    for _ in range(20):
        if used.sum() < fewest:
            used = np.ones(strike.size, dtype=bool)
        line = _huber(strike[used], gap[used], bar[used], line, discount)
        residual = gap - line.at(strike)
        good = np.abs(residual) <= OFF * line.scale * bar
        if (good == used).all() or good.sum() < fewest:
            break
        used = good
    if line.slope > -LEAST_DISCOUNT:
        return None
    forward = line.centre - line.level / line.slope
    gradient = np.array([-1.0 / line.slope, line.level / line.slope**2])
    spread = float(np.sqrt(gradient @ line.covariance @ gradient))
    left_out[OFF_LINE] = int((~used).sum())
    return ParityLine(
        forward=forward,
        forward_error=spread,
        discount=-line.slope,
        discount_error=math.nan if discount else float(np.sqrt(line.covariance[1, 1])),
        strike=strike[used],
        residual=residual[used],
        bar=bar[used],
        scale=line.scale,
        left_out=tuple((why, n) for why, n in left_out.items() if n),
        outliers=strike[~used],
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """level + slope (x - centre), the covariance of both, and the scale of the residuals."""

    centre: float
    level: float
    slope: float
    covariance: Floats
    scale: float

    def at(self, x: Floats) -> Floats:
        return np.asarray(self.level + self.slope * (x - self.centre))


def _median_line(x: Floats, y: Floats, bar: Floats, discount: float | None) -> _Line:
    """Where the regression begins: by medians, which a fifth of bad quotes do not move."""
    weight = 1.0 / bar**2
    centre = float((weight * x).sum() / weight.sum())
    u = x - centre
    slope = _median_slope(u, y) if discount is None else -discount
    level = _weighted_median(y - slope * u, weight)
    scale = _scale((y - level - slope * u) / bar)
    return _Line(centre, level, slope, np.zeros((2, 2)), scale)


def _scale(residual: Floats) -> float:
    return max(1.4826 * float(np.median(np.abs(residual))), LEAST_SCALE)


def _huber(x: Floats, y: Floats, bar: Floats, start: _Line, discount: float | None) -> _Line:
    """From a first line on; `discount` fixes the slope."""
    weight = 1.0 / bar**2
    centre = float((weight * x).sum() / weight.sum())
    u = x - centre
    level, slope = float(start.at(np.array([centre]))[0]), start.slope
    scale = start.scale
    for _ in range(50):
        size = np.abs(y - level - slope * u) / bar
        scale = _scale(size)
        w = weight * np.minimum(1.0, HUBER * scale / np.maximum(size, 1e-12))
        s0, s1, s2 = w.sum(), (w * u).sum(), (w * u * u).sum()
        t0, t1 = (w * y).sum(), (w * u * y).sum()
        before = level, slope
        if discount is None:
            slope = float((s0 * t1 - s1 * t0) / (s0 * s2 - s1 * s1))
        level = float((t0 - slope * s1) / s0)
        if abs(level - before[0]) + abs(slope - before[1]) * np.ptp(u) < 1e-10:
            break
    free = 1 if discount is not None else 2
    variance = scale * scale * x.size / max(x.size - free, 1)
    if discount is None:
        inverse = np.array([[s2, -s1], [-s1, s0]]) / (s0 * s2 - s1 * s1)
    else:
        inverse = np.array([[1.0 / s0, 0.0], [0.0, 0.0]])
    return _Line(centre, level, slope, variance * inverse, scale)


def _median_slope(x: Floats, y: Floats) -> float:
    """The median slope of pairs half the strikes apart: a few bad quotes do not move it."""
    half = x.size // 2
    first, last = np.arange(x.size - half), np.arange(half, x.size)
    return float(np.median((y[last] - y[first]) / (x[last] - x[first])))


def _weighted_median(value: Floats, weight: Floats) -> float:
    order = np.argsort(value, kind="stable")
    share = np.cumsum(weight[order])
    return float(value[order[int(np.searchsorted(share, 0.5 * share[-1]))]])
