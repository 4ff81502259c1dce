"""The kernels that numba compiles: Black-76 with its Greeks, and implied volatility.

Needs the extra `fast`; `pricing.kernels` imports it where it is there. No branch in a loop and no
call of a library: exp, log and the tail of the normal distribution are polynomials, so that LLVM
works on as many options at once as a register holds. A loop that lost this would be slow without a
word; a slow test counts the packed instructions, `make bench` watches the rate. Multiplications and
additions stay as written (no `fastmath`): an option has the same last bit whatever its neighbours,
the number of threads and the processor. NaN goes through the arithmetic.

The compiled code is kept on disk by numba, keyed by the content of this file, the version of numba
and the processor, so **everything that is compiled stands in this file**; coefficients are printed
by `tools/fit_kernels.py`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numba import prange
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Function = TypeVar("Function", bound=Callable[..., Any])

_INVERSE_ROOT_TWO_PI = 0.3989422804014326779
_ROOT_TWO_PI = 2.5066282746310005024
_TWO_PI = 6.283185307179586477
_HALF_LOG_TWO_PI = 0.9189385332046727418
_HALF_LOG_THREE = 0.5493061443340548457
_ROOT_THREE = 1.7320508075688772935
_MILLS_AT_ZERO = 1.2533141373155002512

_ROUND = 6755399441055744.0
"""1.5 x 2^52: added, it rounds to a whole number, which then stands in the lowest bits."""

_PER_LOG_TWO = 1.4426950408889634074
_LOG_TWO_HIGH, _LOG_TWO_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_BITS = 52
_ONE = 0x3FF0000000000000
_HALF_STEP = 1 << 51
_LEAST_EXPONENT = -708.0
_MOST_EXPONENT = 709.0

# e^r = 1 + r + r^2 (...) for |r| up to ln(2) / 2
_EXP = (
    0.5,
    0.1666666666666668,
    0.04166666666666669,
    0.0083333333333196,
    0.0013888888888871887,
    0.00019841269890049292,
    2.4801587350112508e-05,
    2.7557240916504747e-06,
    2.755725190274902e-07,
    2.5110038296727242e-08,
    2.0921580396635107e-09,
)
# atanh(u) = u + u^3 (...) in powers of u^2, for |u| up to 0.205
_ATANH = (
    0.3333333333333333,
    0.19999999999999932,
    0.1428571428575779,
    0.11111111100522142,
    0.09090910380480735,
    0.07692219642292937,
    0.06670186316347318,
    0.0580090461098645,
    0.06262532134986884,
)
_MILLS_SCALE = 4.0
# (z + 4) mills(z) in powers of (z - 4) / (z + 4)
_MILLS_EVEN = (
    1.8932190633084853,
    0.9704095548675884,
    0.15139176231244347,
    -0.008722295274260125,
    0.0003342446162328441,
    -4.783264259417208e-06,
    1.7963971214040778e-06,
    -1.5787665654677373e-06,
    6.829633831673466e-07,
    -2.1774195022039326e-07,
    5.3711037651589576e-08,
    -9.35134044482434e-09,
    8.53083886026053e-10,
)
_MILLS_ODD = (
    -1.5237709108199835,
    -0.4675409629983325,
    -0.018900450861711257,
    0.004087855681200072,
    -0.0005792693046478719,
    8.809573121072337e-05,
    -1.4843277679080294e-05,
    2.568755311229722e-06,
    -4.00493929251171e-07,
    4.473060051450323e-08,
    -1.4722998923746307e-09,
    -3.0073979672398766e-10,
)
# z = u - (...) / (...) for the tail p above z, u = sqrt(-2 ln p), to 7e-6
_TAIL_ABOVE = (
    2.8163406293535576,
    3.127747520250764,
    0.3025413456349922,
    0.0006723160562247133,
)
_TAIL_BELOW = (
    1.0,
    2.7312271258948777,
    1.129463179356811,
    0.05868420583317338,
)
# --- polynomials in place of a library ------------------------------------------------------------


def inlined(function: Function) -> Function:
    """Compiled into whatever calls it."""
    compiled = numba.njit(error_model="numpy", fastmath=False, forceinline=True)(function)
    return cast(Function, compiled)


@inlined
def _horner(coefficients: tuple[float, ...], x: float) -> float:
    value = coefficients[-1]
    for i in range(len(coefficients) - 2, -1, -1):
        value = value * x + coefficients[i]
    return value


@inlined
def _bits(x: float) -> Any:
    return np.float64(x).view(np.int64)


@inlined
def _float(bits: Any) -> Any:
    return np.int64(bits).view(np.float64)


@inlined
def _exp(x: float) -> float:
    """e^x: 0 below -708, e^709 above 709."""
    below = x < _LEAST_EXPONENT
    x = _LEAST_EXPONENT if below else x
    x = _MOST_EXPONENT if x > _MOST_EXPONENT else x
    shifted = x * _PER_LOG_TWO + _ROUND
    whole = shifted - _ROUND
    r = (x - whole * _LOG_TWO_HIGH) - whole * _LOG_TWO_LOW
    value = 1.0 + (r + r * r * _horner(_EXP, r))
    value = value * _float((_bits(shifted) << _BITS) + _ONE)
    return 0.0 if below else value


@inlined
def _log_ratio(a: float, b: float) -> float:
    """ln(a / b) of two positive normal numbers; exact to the last bits however near they are."""
    exponent = (_bits(a) - _bits(b) + _HALF_STEP) >> _BITS
    b = b * _float((exponent << _BITS) + _ONE)
    u = (a - b) / (a + b)
    square = u * u
    near = 2.0 * u + 2.0 * u * square * _horner(_ATANH, square)
    power = float(exponent)
    return power * _LOG_TWO_HIGH + (near + power * _LOG_TWO_LOW)


@inlined
def _mills(z: float) -> float:
    """The tail of the normal distribution above z over its density, z 0 or more."""
    inverse = 1.0 / (z + _MILLS_SCALE)
    w = 1.0 - 2.0 * _MILLS_SCALE * inverse
    square = w * w
    even = _horner(_MILLS_EVEN, square)
    odd = _horner(_MILLS_ODD, square)
    return (even + w * odd) * inverse


@inlined
def _far_quantile(log_tail: float) -> float:
    """The z above which a tail lies; a first guess."""
    u = math.sqrt(-2.0 * log_tail)
    return u - _horner(_TAIL_ABOVE, u) / _horner(_TAIL_BELOW, u)


# --- Black-76 -------------------------------------------------------------------------------------


@inlined
def _greeks_of_one(
    forward: float, strike: float, years: float, vol: float, discount: float, call: bool
) -> tuple[float, float, float, float, float, float, float, float]:
    """Price, delta, gamma, vega, theta, rho, vanna, volga; edges as in `pricing.black`."""
    sign = 1.0 if call else -1.0
    root = math.sqrt(years)
    spread = vol * root
    dead = spread <= 0.0
    spread = 1.0 if dead else spread
    log_ratio = _log_ratio(forward, strike)
    known = (forward > 0.0) & (strike > 0.0)
    log_ratio = log_ratio if known else math.nan
    inverse = 1.0 / (forward * spread)
    d1 = log_ratio * (inverse * forward) + 0.5 * spread
    d2 = d1 - spread
    density = _INVERSE_ROOT_TWO_PI * _exp(-0.5 * d1 * d1)
    weight = forward * density
    tail1, tail2 = density * _mills(abs(d1)), weight * _mills(abs(d2))
    n1 = 1.0 - tail1 if sign * d1 > 0.0 else tail1
    first = forward * n1
    second = strike - tail2 if sign * d2 > 0.0 else tail2
    price = sign * (first - second)
    price = discount * (0.0 if price < 0.0 else price)
    delta = discount * sign * n1
    gamma = discount * density * inverse
    vega = discount * weight * root
    log_discount = _log_ratio(discount, 1.0)
    log_discount = log_discount if discount > 0.0 else math.nan
    theta = -(log_discount * price + 0.5 * vega * vol) / years
    per_vol = 1.0 / vol
    vanna = -discount * density * d2 * per_vol
    volga = vega * d1 * d2 * per_vol
    inside = sign * (forward - strike)
    slope = 1.0 if inside > 0.0 else (0.5 if inside == 0.0 else (0.0 if inside < 0.0 else inside))
    price = discount * (0.0 if inside < 0.0 else inside) if dead else price
    delta = discount * sign * slope if dead else delta
    gamma = 0.0 if dead else gamma
    vega = 0.0 if dead else vega
    theta = 0.0 if dead else theta
    vanna = 0.0 if dead else vanna
    volga = 0.0 if dead else volga
    return price, delta, gamma, vega, theta, -years * price, vanna, volga


def _greeks(
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    discount: Floats,
    call: Bools,
    price: Floats,
    delta: Floats,
    gamma: Floats,
    vega: Floats,
    theta: Floats,
    rho: Floats,
) -> None:
    for i in prange(forward.size):
        price[i], delta[i], gamma[i], vega[i], theta[i], rho[i], _, _ = _greeks_of_one(
            forward[i], strike[i], years[i], vol[i], discount[i], call[i]
        )


def _all_greeks(
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    discount: Floats,
    call: Bools,
    price: Floats,
    delta: Floats,
    gamma: Floats,
    vega: Floats,
    theta: Floats,
    rho: Floats,
    vanna: Floats,
    volga: Floats,
) -> None:
    for i in prange(forward.size):
        price[i], delta[i], gamma[i], vega[i], theta[i], rho[i], vanna[i], volga[i] = (
            _greeks_of_one(forward[i], strike[i], years[i], vol[i], discount[i], call[i])
        )


# --- implied volatility: words and formulas of `pricing.rational` ---------------------------------

_SMALL_GAP, _WIDE_GAP, _POWER, _SHORT = 1e-4, 6.0, 0.13, 0.3
_LEAST = 1e-250
"""Of forward and strike, and of their ratio: below it the price is left to the reference."""

_TINY, _LIFT, _LOG_LIFT = 1e-280, 2.0**400, 277.2588722239781238
_SETTLED = 1e-4


@inlined
def _cubic(
    share: float, y0: float, y1: float, slope0: float, slope1: float, width: float, shape: float
) -> float:
    left = 1.0 - share
    above = share * share * (y1 * share + (shape * y1 - width * slope1) * left)
    above = above + left * left * (y0 * left + (shape * y0 + width * slope0) * share)
    return above / (1.0 + (shape - 3.0) * share * left)


@inlined
def _guess(
    gap: float, value: float, log_value: float, rest: float, bound: float
) -> tuple[float, bool, bool]:
    """A first total; is the price below the inflection, is it in a wing?

    Both halves go from the knot to the inflection here, the upper one in what the price lacks.
    """
    centre = math.sqrt(2.0 * gap)
    small = gap < _SMALL_GAP
    series = centre * (
        1.0 - centre * (0.5 * _MILLS_AT_ZERO - centre * (1.0 / 3.0 - centre * 0.15666427))
    )
    short = series if small else _MILLS_AT_ZERO - _mills(centre)
    middle = bound * _INVERSE_ROOT_TWO_PI * short
    lower = value < middle
    low_knot = _MILLS_AT_ZERO * gap if small else centre - short
    knot = low_knot if lower else centre + 2.0 * _MILLS_AT_ZERO - short
    h, t = gap / knot, 0.5 * knot
    growth_of_half = 0.5 * (t * t if lower else h * h)
    growth = _exp(growth_of_half)
    vega = _INVERSE_ROOT_TWO_PI * _exp(-0.5 * (h * h + t * t))
    close = lower & (t < 0.05)
    near, far = _mills(h if close else abs(h - t)), _mills(h + t)
    first = 1.0 - h * near
    third = 2.0 * first - h * (near - h * first)
    difference = 2.0 * t * (first + t * t * third / 6.0) if close else near - far
    ratio = difference if lower else near + far
    at_knot = vega * ratio
    part = value if lower else rest
    wing = part < at_knot
    # the fraction between knot and inflection
    width = (middle if lower else bound - middle) - at_knot
    sign = 1.0 if lower else -1.0
    slope0, slope1 = sign / vega, sign * _ROOT_TWO_PI / bound
    chord = (centre - knot) / width
    shape = (slope1 - slope0) / (slope1 - chord)
    # the highest branch: another fraction, in N(-s / 2)
    top = wing & (not lower)
    start = vega * growth * _mills(t)
    steep = -0.5 * growth
    bend = 0.5 * h * h / (knot * vega)
    curved = 1.0 if small else -start / at_knot - steep
    top_shape = 3.0 if small else (0.5 * at_knot * bend - 0.5 - steep) / curved
    fraction = _cubic(
        1.0 - rest / at_knot if top else (part - at_knot) / width,
        start if top else knot,
        0.0 if top else centre,
        steep if top else slope0,
        -0.5 if top else slope1,
        at_knot if top else width,
        top_shape if top else shape,
    )
    fraction = 0.5 * rest if top & (not fraction > 0.0) else fraction
    # the lowest branch: a corrected limit
    z = h / _ROOT_THREE
    mills = _mills(z)
    tail = z * mills
    excess = (2.0 / 3.0) * t * tail * mills * mills * growth / ratio - 1.0
    slope = tail * tail * growth - excess - 1.0
    power = _POWER if gap < _WIDE_GAP else slope / excess
    log_y = log_value - _log_ratio(at_knot, 1.0)
    limit = 1.0 + _exp(power * log_y) * (excess + (slope - power * excess) * log_y)
    log_tail = _log_ratio(limit / (_TWO_PI * gap) if lower else fraction, 1.0)
    log_tail = (log_value + log_tail) / 3.0 + _HALF_LOG_THREE if lower else log_tail
    quantile = _far_quantile(log_tail)
    winged = gap / (_ROOT_THREE * quantile) if lower else 2.0 * quantile
    return (winged if wing else fraction), lower, wing


@inlined
def _step(
    gap: float, total: float, value: float, rest: float, log_part: float, lower: bool, wing: bool
) -> float:
    """One step of fourth order; log_part is ln(value) in the lower half, ln(rest) in the upper."""
    inverse_total = 1.0 / total
    h, t = gap * inverse_total, 0.5 * total
    under = h >= t
    short = (t < _SHORT) & (gap < 1.0)
    near, far = _mills(h if short else abs(h - t)), _mills(h + t)
    # the series of `rational._series`, seven terms
    before, now = near, 1.0 - h * near
    square = t * t
    series, weight = now, 1.0
    for k in range(1, 8):
        before, now = now, (2 * k - 1) * before - h * now
        before, now = now, 2 * k * before - h * now
        weight = weight * (square * (1.0 / (2 * k * (2 * k + 1))))
        series = series + weight * now
    direct = near - far if under else near + far
    ratio = 2.0 * t * series if short else direct
    of_value = short | under
    half = 0.5 * (h * h + t * t)
    bend = (h * h - t * t) * inverse_total
    curl = bend * bend - 3.0 * (h * inverse_total) * (h * inverse_total) - 0.25
    short_of = (value if of_value else rest) * _ROOT_TWO_PI * _exp(half) - ratio
    inner = short_of if of_value else -short_of
    log_now = _log_ratio(ratio, 1.0) - half - _HALF_LOG_TWO_PI
    off = ratio * (log_now - log_part)
    inverse, inverse_log = 1.0 / ratio, 1.0 / log_now
    outer = -off * log_now / log_part if lower else off
    low_one = -inverse * (1.0 + 2.0 * inverse_log)
    low_two = inverse * inverse * (2.0 + inverse_log * (6.0 + 6.0 * inverse_log))
    one = low_one if lower else inverse
    two = low_two if lower else 2.0 * inverse * inverse
    miss = outer if wing else inner
    second = bend + one if wing else bend
    third = curl + 3.0 * bend * one + two if wing else curl
    return total + miss * (1.0 + 0.5 * second * miss) / (
        1.0 + miss * (second + third * miss * (1.0 / 6.0))
    )


@inlined
def _vol_of_one(
    price: float, forward: float, strike: float, years: float, discount: float, call: bool
) -> tuple[float, bool]:
    """The volatility, NaN where the price carries none; False where two steps did not settle it."""
    inside = forward - strike if call else strike - forward
    worth = price / discount - (inside if inside > 0.0 else 0.0)
    low, high = (forward, strike) if forward < strike else (strike, forward)
    good = (worth > 0.0) & (worth < low) & (years > 0.0) & (high < math.inf) & (years < math.inf)
    gap = _log_ratio(high, low)
    inverse_scale = 1.0 / (math.sqrt(forward) * math.sqrt(strike))
    value, rest = worth * inverse_scale, (low - worth) * inverse_scale
    tiny = worth < _TINY
    lifted = worth * (_LIFT if tiny else 1.0) * inverse_scale
    log_value = _log_ratio(lifted, 1.0) - (_LOG_LIFT if tiny else 0.0)
    total, lower, wing = _guess(gap, value, log_value, rest, low * inverse_scale)
    log_part = log_value if lower else _log_ratio(rest, 1.0)
    total = _step(gap, total, value, rest, log_part, lower, wing)
    new = _step(gap, total, value, rest, log_part, lower, wing)
    settled = (abs(new - total) <= _SETTLED * new) & (low > high * _LEAST) & (low > _LEAST)
    return (new / math.sqrt(years) if good else math.nan), settled | (not good)


def _implied_vol(
    price: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    discount: Floats,
    call: Bools,
    vol: Floats,
) -> int:
    """How many two steps did not settle; volatilities into `vol`."""
    late = 0
    for i in prange(price.size):
        found, settled = _vol_of_one(
            price[i], forward[i], strike[i], years[i], discount[i], call[i]
        )
        vol[i] = found
        late += 0 if settled else 1
    return late


# --- compilation ----------------------------------------------------------------------------------


def _compiled(function: Callable[..., Any], outputs: int, returns: Any) -> Any:
    """Compiled for contiguous arrays, or loaded from the disk; without a folder only in memory."""
    given = numba.types.Array(numba.float64, 1, "C", readonly=True)
    flags = numba.types.Array(numba.boolean, 1, "C", readonly=True)
    made = numba.types.Array(numba.float64, 1, "C")
    signature = returns(*[given] * 5, flags, *[made] * outputs)

    def compile_it(*, cache: bool) -> Any:
        compiler = numba.njit(
            signature, cache=cache, parallel=True, error_model="numpy", fastmath=False
        )
        return compiler(function)

    try:
        return compile_it(cache=True)
    except RuntimeError as error:
        if "cache" not in str(error):
            raise
        return compile_it(cache=False)  # numba found no folder that it may write to


@functools.cache
def greeks_kernel() -> Any:
    return _compiled(_greeks, 6, numba.void)


@functools.cache
def all_greeks_kernel() -> Any:
    return _compiled(_all_greeks, 8, numba.void)


@functools.cache
def implied_vol_kernel() -> Any:
    return _compiled(_implied_vol, 1, numba.int64)
