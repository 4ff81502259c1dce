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

from steward.pricing.normal import normal_cdf as normal_cdf
from steward.pricing.rational import Target, total_vol

Floats = NDArray[np.float64]

_INVERSE_ROOT_TWO_PI = 0.3989422804014326779
_ROOT_HALF = 0.7071067811865475244
_TINY = 1e-280
"""Prices below it lose digits when they are divided by the scale of the option."""

_LEAST = 5e-324


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


@dataclass(frozen=True, slots=True, kw_only=True)
class AllGreeks(Greeks):
    """`Greeks` and two sensitivities of the second order.

    vanna  d2V/dF dvol, per 1.00 of the forward and 1.00 of volatility: how delta moves with vol
    volga  d2V/dvol2, per 1.00 of volatility twice: how vega moves with vol
    """

    vanna: Floats
    volga: Floats


class OneGreeks(NamedTuple):
    """Price and sensitivities of one option: `Greeks` in plain numbers, without rho."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


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


def all_greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    *,
    discount: ArrayLike,
    call: ArrayLike,
) -> AllGreeks:
    """`greeks` with vanna and volga, both 0 where years or vol is 0.

    They follow from vega: vanna = -vega d2 / (F s), volga = vega d1 d2 / vol, s = vol sqrt(years).
    """
    first = greeks(forward, strike, years, vol, discount=discount, call=call)
    _, d1, d2, alive = _terms(forward, strike, years, vol, call)
    vol = np.asarray(vol, dtype=np.float64)
    spread = vol * np.sqrt(np.asarray(years, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        vanna = -first.vega * d2 / (np.asarray(forward, dtype=np.float64) * spread)
        volga = first.vega * d1 * d2 / vol
    if not alive.all():
        vanna, volga = np.where(alive, vanna, 0.0), np.where(alive, volga, 0.0)
    return AllGreeks(
        price=first.price,
        delta=first.delta,
        gamma=first.gamma,
        vega=first.vega,
        theta=first.theta,
        rho=first.rho,
        vanna=vanna,
        volga=volga,
    )


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
    Source: P. Jaeckel, "Let's be rational", Wilmott (2015); see `pricing.rational`. A few units in
    the last place from the volatility of the price as given, down to the smallest prices.
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
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        value = price / discount - np.maximum(sign * (forward - strike), 0.0)
        bound = np.minimum(forward, strike)
        good = (value > 0.0) & (value < bound) & (years > 0.0)
        good &= np.isfinite(forward + strike + years)
    if good.any():
        target = _target(value[good], forward[good], strike[good])
        vol[good] = total_vol(target) / np.sqrt(years[good])
    return vol.reshape(shape)


def _target(value: Floats, forward: Floats, strike: Floats) -> Target:
    """Undiscounted time values, between their bounds, in the words of `pricing.rational`."""
    scale = np.sqrt(forward) * np.sqrt(strike)
    below, above = np.minimum(forward, strike), np.maximum(forward, strike)
    gap = np.log(above / below)
    near = gap < 0.5
    gap[near] = np.log1p((above[near] - below[near]) / below[near])  # exact to the last places
    tiny = value < _TINY
    log_value = np.log(np.where(tiny, _TINY, value) / scale)
    log_value[tiny] += np.log(value[tiny] / _TINY)
    return Target(
        gap=gap,
        value=np.maximum(value / scale, _LEAST),
        log_value=log_value,
        rest=(below - value) / scale,
    )
