"""Black-76: price, Greeks and implied volatility of European options on a forward.

Numbers in, numbers out; everything broadcasts. Source of the formulas: F. Black, "The pricing of
commodity contracts", J. Financial Economics 3 (1976).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_INVERSE_ROOT_TWO_PI = 0.3989422804014326779
_ROOT_HALF = 0.7071067811865475244
_CENTRE, _TAIL = 0.67448975, 5.656854249492380195  # where Cody's three approximations meet

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969),
# in the variable of the normal distribution: (numerator, denominator), highest power first.
_CENTRAL = (
    (0.065682337918207449113, 1.0),
    (2.2352520354606839287, 47.20258190468824187),
    (161.02823106855587881, 976.09855173777669322),
    (1067.6894854603709582, 10260.932208618978205),
    (18154.981253343561249, 45507.789335026729956),
)
_MIDDLE = (
    (1.0765576773720192317e-8, 1.0),
    (0.39894151208813466764, 22.266688044328115691),
    (8.8831497943883759412, 235.38790178262499861),
    (93.506656132177855979, 1519.377599407554805),
    (597.27027639480026226, 6485.558298266760755),
    (2494.5375852903726711, 18615.571640885098091),
    (6848.1904505362823326, 34900.952721145977266),
    (11602.651437647350124, 38912.003286093271411),
    (9842.7148383839780218, 19685.429676859990727),
)
_OUTER = (
    (0.02307344176494017303, 1.0),
    (0.21589853405795699, 1.28426009614491121),
    (0.1274011611602473639, 0.468238212480865118),
    (0.022235277870649807, 0.0659881378689285515),
    (0.001421619193227893466, 0.00378239633202758244),
    (2.9112874951168792e-5, 7.29751555083966205e-5),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeks:
    """Price and sensitivities of one shape, index points.

    delta, gamma  per 1.00 of the forward, discounted      vega  per 1.00 of volatility
    theta         dV/dt a year, the forward and the discount rate held
    rho           per 1.00 of the continuous discount rate, the forward held
    """

    price: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


class OneGreeks(NamedTuple):
    """Price and sensitivities of one option: `Greeks` in plain numbers, without rho."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


def normal_cdf(x: ArrayLike) -> Floats:
    """The standard normal distribution function, relative error about 1e-15 for x above -6.

    In the far lower tail the relative error grows with x^2 (1e-13 at -37). NaN gives NaN.
    """
    x = np.asarray(x, dtype=np.float64)
    flat = x.ravel()
    size = np.minimum(np.abs(flat), 40.0)
    lower = np.exp(-0.5 * size * size)
    lower *= _ratio(_MIDDLE, size)
    far = size > _TAIL
    if far.any():
        lower[far] = _outer(size[far])
    value = np.where(flat > 0.0, 1.0 - lower, lower)
    near = size < _CENTRE
    inner = flat[near]
    if inner.size:
        value[near] = 0.5 + inner * _ratio(_CENTRAL, inner * inner)
    return np.asarray(value.reshape(x.shape), dtype=np.float64)


def _ratio(coefficients: tuple[tuple[float, float], ...], x: Floats) -> Floats:
    """A numerator over a denominator, each by Horner's scheme; the denominator leads with 1."""
    above = coefficients[0][0] * x
    below = x.copy()
    for p, q in coefficients[1:-1]:
        above += p
        above *= x
        below += q
        below *= x
    above += coefficients[-1][0]
    below += coefficients[-1][1]
    above /= below
    return above


def _outer(x: Floats) -> Floats:
    """The lower tail at -x, x above 5.66."""
    inverse = 1.0 / (x * x)
    correction = inverse * _ratio(_OUTER, inverse)
    return np.asarray(np.exp(-0.5 * x * x) * (_INVERSE_ROOT_TWO_PI - correction) / x)


def black76(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
) -> Floats:
    """Price European options on a forward; all arguments broadcast to one shape.

    forward, strike  index points, above 0       years     to settlement, act/365, 0 or more
    vol              a fraction: 0.18, not 18    discount  value now of 1 at settlement
    returns          premium in index points; discounted intrinsic where years or vol is 0
    """
    sign, d1, d2, alive = _terms(forward, strike, years, vol, call)
    forward, strike = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    n1, n2 = normal_cdf(np.stack((sign * d1, sign * d2)))
    value = sign * (forward * n1 - strike * n2)
    if not alive.all():
        value = np.where(alive, value, np.maximum(sign * (forward - strike), 0.0))
    return np.asarray(discount * np.maximum(value, 0.0))


def _terms(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, call: ArrayLike
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Sign (1 a call, -1 a put), d1, d2 and where both time and volatility are left."""
    vol = np.asarray(vol, dtype=np.float64)
    forward = np.asarray(forward, dtype=np.float64)
    spread = vol * np.sqrt(np.asarray(years, dtype=np.float64))
    alive = ~(spread <= 0.0)  # NaN stays alive, and gives NaN
    sign = np.where(call, 1.0, -1.0)
    safe = spread if alive.all() else np.where(alive, spread, 1.0)
    d1 = np.log(forward / strike) / safe + 0.5 * safe
    return sign, d1, d1 - safe, alive


def greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
) -> Greeks:
    """Price and sensitivities; arguments, shapes and units as in `black76`.

    Where years or vol is 0: delta is the discounted slope of the intrinsic value (half of it at
    the money), the rest is 0.
    """
    sign, d1, d2, alive = _terms(forward, strike, years, vol, call)
    forward, strike = np.asarray(forward, dtype=np.float64), np.asarray(strike, dtype=np.float64)
    years, discount = np.asarray(years, dtype=np.float64), np.asarray(discount, dtype=np.float64)
    vol = np.asarray(vol, dtype=np.float64)
    root = np.sqrt(years)
    n1, n2 = normal_cdf(np.stack((sign * d1, sign * d2)))
    price = discount * np.maximum(sign * (forward * n1 - strike * n2), 0.0)
    delta = discount * sign * n1
    density = discount * _INVERSE_ROOT_TWO_PI * np.exp(-0.5 * d1 * d1)
    with np.errstate(divide="ignore", invalid="ignore"):
        gamma = density / (forward * (vol * root))
        vega = forward * density * root
        rate = -np.log(discount) / years
        theta = rate * price - 0.5 * forward * density * vol / root
    rho = -years * price
    if not alive.all():
        inside = sign * (forward - strike)
        price = np.where(alive, price, discount * np.maximum(inside, 0.0))
        delta = np.where(alive, delta, discount * sign * np.heaviside(inside, 0.5))
        gamma, vega, theta = (np.where(alive, x, 0.0) for x in (gamma, vega, theta))
        rho = -years * price
    return Greeks(price=price, delta=delta, gamma=gamma, vega=vega, theta=theta, rho=rho)


def black76_of_one(
    forward: float, strike: float, years: float, vol: float, *, discount: float, call: bool
) -> float:
    """`black76` of one option in plain numbers; units and edges as there. NaN gives NaN."""
    sign = 1.0 if call else -1.0
    spread = vol * math.sqrt(years)
    if spread <= 0.0:
        return discount * max(sign * (forward - strike), 0.0)
    d1 = math.log(forward / strike) / spread + 0.5 * spread
    n1 = 0.5 * math.erfc(-sign * d1 * _ROOT_HALF)
    n2 = 0.5 * math.erfc(-sign * (d1 - spread) * _ROOT_HALF)
    return discount * max(sign * (forward * n1 - strike * n2), 0.0)


def greeks_of_one(
    forward: float, strike: float, years: float, vol: float, *, discount: float, call: bool
) -> OneGreeks:
    """`greeks` of one option in plain numbers, twenty times faster; units and edges as there.

    The distribution function is the library's erfc here: the two agree to about 1e-14 of the
    forward. NaN gives NaN.
    """
    sign = 1.0 if call else -1.0
    root = math.sqrt(years)
    spread = vol * root
    if spread <= 0.0:
        inside = sign * (forward - strike)
        slope = 1.0 if inside > 0.0 else (0.5 if inside == 0.0 else 0.0)
        return OneGreeks(discount * max(inside, 0.0), discount * sign * slope, 0.0, 0.0, 0.0)
    d1 = math.log(forward / strike) / spread + 0.5 * spread
    n1 = 0.5 * math.erfc(-sign * d1 * _ROOT_HALF)
    n2 = 0.5 * math.erfc(-sign * (d1 - spread) * _ROOT_HALF)
    price = discount * max(sign * (forward * n1 - strike * n2), 0.0)
    density = discount * _INVERSE_ROOT_TWO_PI * math.exp(-0.5 * d1 * d1)
    decay = 0.5 * forward * density * vol / root
    return OneGreeks(
        price=price,
        delta=discount * sign * n1,
        gamma=density / (forward * spread),
        vega=forward * density * root,
        theta=-math.log(discount) / years * price - decay,
    )


def implied_vol(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
) -> Floats:
    """The volatility at which `black76` gives `price`; all arguments broadcast to one shape.

    NaN where the price carries none: at or below the discounted intrinsic value, at or above the
    bound (the discounted forward for a call, strike for a put), without time left, or NaN given.
    Solved on the out-of-the-money side inside a bracket: below the inflection of the price by
    Newton steps of its logarithm in 1/s^2, above it by Halley steps of the price itself.
    """
    price, forward, strike, years, discount, call = np.broadcast_arrays(
        price, forward, strike, years, discount, call
    )
    shape = price.shape
    price, forward, strike, years, discount = (
        np.asarray(a, dtype=np.float64).ravel() for a in (price, forward, strike, years, discount)
    )
    sign = np.where(call, 1.0, -1.0).ravel()
    vol = np.full(price.shape, np.nan)
    scale = np.sqrt(forward * strike)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = price / discount - np.maximum(sign * (forward - strike), 0.0)
        far = -np.abs(np.log(forward / strike))
        target = value / scale
        good = (target > 0.0) & (target < np.exp(0.5 * far)) & (years > 0.0)
    if good.any():
        total = _total_vol(target[good], far[good])
        vol[good] = total / np.sqrt(years[good])
    return vol.reshape(shape)


def _otm(far: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Price over sqrt(forward x strike) of the out-of-the-money option, and its slope in `total`.

    far    ln of forward over strike, 0 or below      total  vol x sqrt(years), above 0
    """
    centre = far / total
    up, down = normal_cdf(np.stack((centre + 0.5 * total, centre - 0.5 * total)))
    grow = np.exp(0.5 * far)
    slope = _INVERSE_ROOT_TWO_PI * np.exp(-0.5 * (centre * centre + 0.25 * total * total))
    return np.maximum(grow * up - down / grow, 0.0), slope


def _total_vol(target: Floats, far: Floats) -> Floats:
    """vol x sqrt(years) at which `_otm` gives `target`; every target inside the bounds."""
    turn = np.maximum(np.sqrt(-2.0 * far), 1e-3)
    low_side = target < _otm(far, turn)[0]
    low = np.where(low_side, 0.0, turn)
    high = np.where(low_side, turn, np.maximum(2.0 * turn, 1.0))
    for _ in range(12):  # the bound is reached to double precision well before 2^12
        short = ~low_side & (_otm(far, high)[0] < target) & (high < 64.0)
        if not short.any():
            break
        low = np.where(short, high, low)
        high = np.where(short, 2.0 * high, high)
    total = np.where(low_side, turn, low)
    active = np.arange(total.size)
    for _ in range(80):
        x, s, t = far[active], total[active], target[active]
        found, slope = _otm(x, s)
        below = found < t
        low[active] = np.where(below, s, low[active])
        high[active] = np.where(below, high[active], s)
        with np.errstate(all="ignore"):
            miss = (found - t) / slope
            bend = x * x / (s * s * s) - 0.25 * s  # second derivative over the first
            straight = s - miss / (1.0 - 0.5 * miss * bend)
            # ln price is close to linear in 1/s^2 for small s
            inverse = 1.0 / (s * s) + 2.0 * np.log(found / t) * found / (slope * s * s * s)
            step = np.where(low_side[active], 1.0 / np.sqrt(inverse), straight)
        lower, upper = low[active], high[active]
        inside = (step >= lower) & (step <= upper)
        new = np.where(inside, step, 0.5 * (lower + upper))
        total[active] = new
        moved = np.abs(new - s) > 1e-9 * new  # one more step of second order is exact
        if not moved.any():
            break
        active = active[moved]
    return total
