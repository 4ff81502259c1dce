"""Total volatility from an option's price in two steps of fourth order: the NumPy reference.

After P. Jaeckel, "Let's be rational", Wilmott (January 2015): the price is
normalised on the out-of-the-money side; the inflection of the price in volatility divides the
problem in two; each half has a knot where the tangent at the inflection meets a bound; each of the
four branches has its guess and, in the wings, an objective of its own. Written from the formulas;
ours are the guess of the lowest branch (a power of the price corrects the limit) and the way a
price is computed (`over_vega`).

In what follows, for an option out of the money, prices over sqrt(forward x strike):

    gap    |ln(forward / strike)|                total  vol x sqrt(years), s below
    h      gap / s                               t      s / 2
    value  the price, at most exp(-gap / 2)      rest   what it lacks of that bound
    vega   the price's slope in s, exp(-(h^2 + t^2) / 2) / sqrt(2 pi)
    mills  the tail of the normal distribution over its density

    value = vega (mills(h - t) - mills(h + t)),  rest = vega (mills(t - h) + mills(t + h))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing.normal import far_quantile, mills, normal_cdf

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ROOT_TWO_PI = 2.5066282746310005024
_LOG_TWO_PI = 1.8378770664093454836
_ROOT_THREE = 1.7320508075688772935
_MILLS_AT_ZERO = 1.2533141373155002512

_SMALL_GAP = 1e-4
_WIDE_GAP = 6.0
_POWER = 0.13
"""Of the price in the lowest branch up to `_WIDE_GAP`: the least error of the guess there."""

_SHORT = 0.3
"""t below this, and a gap below 1: the difference of two nearly equal `mills` by its series."""

_SERIES = 7
"""Terms of the series after the first; the next one is below 1e-16 of the sum at `_SHORT`."""

_SETTLED = 1e-4
"""A step of fourth order that moved by less of the total leaves nothing to a further one."""

_MOST_STEPS = 12
_BLOCK = 4096
"""Options at once, so that what is computed between stays near the processor."""

LOWEST, LOWER, UPPER, HIGHEST = 0, 1, 2, 3
"""The four branches: value up to the lower knot, the inflection, the upper knot, the bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Options out of the money, each with a price inside its bounds; arrays of one length."""

    gap: Floats
    value: Floats
    log_value: Floats
    rest: Floats

    def at(self, chosen: Bools | slice) -> Target:
        return Target(
            gap=self.gap[chosen],
            value=self.value[chosen],
            log_value=self.log_value[chosen],
            rest=self.rest[chosen],
        )


def total_vol(target: Target) -> Floats:
    """vol x sqrt(years) of each option, a few units in the last place from exact."""
    total = np.empty_like(target.gap)
    for start in range(0, total.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        total[part] = _total_of_block(target.at(part))
    return total


def _total_of_block(target: Target) -> Floats:
    """Each option takes steps until one of its own hardly moves it, whatever the others do."""
    total, branch = guess(target)
    active = np.arange(total.size)
    for _ in range(_MOST_STEPS):
        new = _step(target, total[active], branch[active])
        moved = np.abs(new - total[active]) > _SETTLED * new
        total[active] = new
        if not moved.any():
            break
        active, target = active[moved], target.at(moved)
    return total


def over_vega(gap: Floats, total: Floats) -> tuple[Floats, Bools]:
    """Value over vega, or rest over vega: whichever comes without cancellation; True for value."""
    h, t = gap / total, 0.5 * total
    lower = h >= t
    near, far = mills(np.stack((np.abs(h - t), h + t)))
    found = np.where(lower, near - far, near + far)
    short = (t < _SHORT) & (gap < 1.0)
    if short.any():
        found[short] = _series(h[short], t[short])
    return found, lower | short


def _series(h: Floats, t: Floats) -> Floats:
    """mills(h - t) - mills(h + t) as 2 t (I_1 + I_3 t^2 / 3! + I_5 t^4 / 5! + ...).

    I_n = integral of u^n exp(-h u - u^2 / 2) over u > 0; I_(n+1) = n I_(n-1) - h I_n.
    """
    before = mills(h)
    now = 1.0 - h * before
    square = t * t
    total, weight = now.copy(), np.ones_like(t)
    for k in range(1, _SERIES + 1):
        before, now = now, (2 * k - 1) * before - h * now
        before, now = now, 2 * k * before - h * now
        weight = weight * (square / (2 * k * (2 * k + 1)))
        total += weight * now
    return 2.0 * t * total


def guess(target: Target) -> tuple[Floats, NDArray[np.int8]]:
    """A first total, within 1 % for gaps up to 8 (a factor of 400), and the branch of each."""
    gap = target.gap
    centre = np.sqrt(2.0 * gap)
    short = _MILLS_AT_ZERO - mills(centre)  # of mills, from 0 to the centre
    short = np.where(gap < _SMALL_GAP, _short_of_mills(centre), short)
    steepest = np.exp(-0.5 * gap) / _ROOT_TWO_PI
    middle = steepest * short
    lower = target.value < middle
    total, branch = np.empty_like(gap), np.empty(gap.shape, dtype=np.int8)
    for half, chosen in ((_lower_half, lower), (_upper_half, ~lower)):
        if chosen.any():
            total[chosen], branch[chosen] = half(
                target.at(chosen),
                centre[chosen],
                short[chosen],
                steepest[chosen],
                middle[chosen],
            )
    return total, branch


def _short_of_mills(z: Floats) -> Floats:
    """mills(0) - mills(z) for small z, to z^4."""
    return np.asarray(z * (1.0 - z * (0.5 * _MILLS_AT_ZERO - z * (1.0 / 3.0 - z * 0.15666427))))


def _lower_half(
    target: Target, centre: Floats, short: Floats, steepest: Floats, middle: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    """Below the inflection: a corrected limit up to the knot, then a fraction."""
    gap = target.gap
    knot = np.where(gap < _SMALL_GAP, _MILLS_AT_ZERO * gap, centre - short)
    h, t = gap / knot, 0.5 * knot
    vega = np.exp(-0.5 * (h * h + t * t)) / _ROOT_TWO_PI
    ratio = over_vega(gap, knot)[0]
    at_knot = vega * ratio
    lowest = target.value < at_knot
    width = middle - at_knot
    share = (target.value - at_knot) / width
    total = _fraction(share, knot, centre, 1.0 / vega, 1.0 / steepest, width, flat_at_start=False)
    if lowest.any():
        total[lowest] = _lowest(
            target.at(lowest), h[lowest], t[lowest], ratio[lowest], at_knot[lowest]
        )
    return total, np.where(lowest, LOWEST, LOWER).astype(np.int8)


def _lowest(target: Target, h: Floats, t: Floats, ratio: Floats, at_knot: Floats) -> Floats:
    """From the limit of small prices, (2 pi gap / 3^1.5) N(-h / sqrt 3)^3 of the paper's lowest
    branch, over the price: 1 + y^p (a + b ln y), y the price over that at the knot, where a and b
    give the value and the slope that they have there. h, t, ratio: at the knot."""
    gap = target.gap
    z = h / _ROOT_THREE
    tail = z * mills(z)
    growth = np.exp(0.5 * t * t)
    excess = (2.0 / 3.0) * t * tail * tail * tail * growth / (z * z * ratio) - 1.0
    slope = tail * tail * growth - excess - 1.0
    power = np.where(gap < _WIDE_GAP, _POWER, slope / excess)
    log_y = target.log_value - np.log(at_knot)
    with np.errstate(under="ignore"):
        limit = 1.0 + np.exp(power * log_y) * (excess + (slope - power * excess) * log_y)
    log_tail = (target.log_value + np.log(limit / (2.0 * np.pi * gap))) / 3.0
    return np.asarray(gap / (_ROOT_THREE * far_quantile(log_tail + 0.5 * np.log(3.0))))


def _upper_half(
    target: Target, centre: Floats, short: Floats, steepest: Floats, middle: Floats
) -> tuple[Floats, NDArray[np.int8]]:
    """From the inflection on: a fraction up to the knot, then a fraction in N(-s / 2)."""
    gap = target.gap
    bound = np.exp(-0.5 * gap)
    knot = centre + 2.0 * _MILLS_AT_ZERO - short
    h, t = gap / knot, 0.5 * knot
    vega = np.exp(-0.5 * (h * h + t * t)) / _ROOT_TWO_PI
    left = vega * over_vega(gap, knot)[0]
    near = _fraction(
        (target.value - middle) / (bound - left - middle),
        centre,
        knot,
        1.0 / steepest,
        1.0 / vega,
        bound - left - middle,
        flat_at_start=True,
    )
    start, slope = normal_cdf(-t), -0.5 * np.exp(0.5 * h * h)
    bend = 0.5 * h * h / (knot * vega)  # second derivative of N(-s / 2) in the price
    chord = -start / left
    small = gap < _SMALL_GAP  # N(-s / 2) is close to linear in the price
    curved = np.where(small, 1.0, chord - slope)
    shape = np.where(small, 3.0, (0.5 * left * bend - 0.5 - slope) / curved)
    tail = _cubic(1.0 - target.rest / left, start, 0.0, slope, -0.5, left, shape)
    highest = target.rest < left
    tail = np.where(tail > 0.0, tail, 0.5 * target.rest)  # gaps above 30: its limit is left
    far = 2.0 * far_quantile(np.log(np.where(highest, tail, 0.1)))
    total = np.where(highest, far, near)
    return total, np.where(highest, HIGHEST, UPPER).astype(np.int8)


def _fraction(
    share: Floats,
    y0: Floats,
    y1: Floats,
    slope0: Floats,
    slope1: Floats,
    width: Floats,
    *,
    flat_at_start: bool,
) -> Floats:
    """The rational cubic whose second derivative is 0 at the inflection, its start or its end."""
    chord = (y1 - y0) / width
    shape = (slope1 - slope0) / ((chord - slope0) if flat_at_start else (slope1 - chord))
    return _cubic(share, y0, y1, slope0, slope1, width, shape)


def _cubic(
    share: Floats,
    y0: Floats,
    y1: Floats | float,
    slope0: Floats,
    slope1: Floats | float,
    width: Floats,
    shape: Floats,
) -> Floats:
    """R. Delbourgo, J. A. Gregory, "Shape preserving piecewise rational interpolation", SIAM J.
    Sci. Stat. Comput. 6 (1985): values and slopes at both ends of `width`, at `share` of it."""
    left = 1.0 - share
    above = share * share * (y1 * share + (shape * y1 - width * slope1) * left)
    above = above + left * left * (y0 * left + (shape * y0 + width * slope0) * share)
    return np.asarray(above / (1.0 + (shape - 3.0) * share * left))


def _step(target: Target, total: Floats, branch: NDArray[np.int8]) -> Floats:
    """One step of Householder's third method (fourth order) on the objective of each branch.

    lowest   1 / ln(value)     lower, upper  value     highest  ln(rest)
    """
    h, t = target.gap / total, 0.5 * total
    ratio, of_value = over_vega(target.gap, total)
    half = 0.5 * (h * h + t * t)
    bend = (h * h - t * t) / total  # vega' / vega
    curl = bend * bend - 3.0 * (h / total) ** 2 - 0.25  # vega'' / vega
    miss = np.empty_like(total)
    second, third = bend.copy(), curl.copy()
    inner = (branch == LOWER) | (branch == UPPER)
    if inner.any():
        wanted = np.where(of_value, target.value, target.rest)[inner]
        wanted = wanted * _ROOT_TWO_PI * np.exp(half[inner])
        short_of = wanted - ratio[inner]
        miss[inner] = np.where(of_value[inner], short_of, -short_of)
    for wing in (LOWEST, HIGHEST):
        on = branch == wing
        if not on.any():
            continue
        log_now = np.log(ratio[on]) - half[on] - 0.5 * _LOG_TWO_PI
        inverse = 1.0 / ratio[on]
        if wing == HIGHEST:
            log_wanted = np.log(target.rest[on])
            miss[on] = ratio[on] * (log_now - log_wanted)
            one, two = inverse, 2.0 * inverse * inverse
        else:
            log_wanted = target.log_value[on]
            miss[on] = ratio[on] * (log_wanted - log_now) * (log_now / log_wanted)
            one = -inverse * (1.0 + 2.0 / log_now)
            two = inverse * inverse * (2.0 + 6.0 / log_now + 6.0 / (log_now * log_now))
        second[on] += one
        third[on] += 3.0 * bend[on] * one + two
    return np.asarray(
        total + miss * (1.0 + 0.5 * second * miss) / (1.0 + miss * (second + third * miss / 6.0))
    )
