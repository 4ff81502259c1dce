"""A quicker market: the modelled one, learned from its own chains as a function of the state.

The modelled market solves each session until its VIX is the published one; a thousand paths of ten
years have 2.5 million sessions. So its chains on a few hundred sessions are taken as examples, and
a line in the state is laid through them:

    ln(vol / VIX)      of SPX options: cubic pieces in z = ln(strike / forward) / (VIX sqrt(years)),
                       each piece a line in the state, in ln of the days and its square
    ln(vol / VVIX)     of VIX options, the same in ln(strike / future) / (VVIX sqrt(years))
    ln(future / VIX)   three loads that come in over 20, 80 and 320 days
    ln(ask - bid)      a line in ln of the mid and its square, in ln VIX, and after a shock

What this adds to the error of the model is measured on sessions that it did not learn from
(`learning.learned`) and travels with every price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.pricing import kernels
from steward.pricing.black import black76, normal_cdf
from steward.pricing.kernels import Engine
from steward.pricing.simulated.futures import premium_share
from steward.pricing.simulated.states import VVIX_COLUMN, States

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Bools = NDArray[np.bool_]

SPX_KNOTS = (-3.5, -2.0, -1.0, -0.4, 0.3, 0.9)
SPX_LIMITS = (-7.0, 2.5)
VIX_KNOTS = (-0.4, 0.0, 0.5, 1.2)
VIX_LIMITS = (-1.2, 2.5)
"""Where pieces meet, and beyond which the vol is that of the limit."""

SPX_BASE_DAYS, VIX_BASE_DAYS = 30.0, 45.0
LOAD_DAYS = (20.0, 80.0, 320.0)
MOST_DAYS = 260.0
LEAST_VIX_STRIKE = 5.0
DELTA_STEPS, MOST_DELTA = 6, 0.98
LEAST_VOL, MOST_VOL = 0.02, 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    """Numbers of the quicker market.

    spx     (state and days, pieces)         vix     the same for VIX options
    loads   (3, features)                    spreads of SPX and of VIX options: 5 numbers each
    rate, dividend  continuous, a year, the same on every day of a path
    engine  of the kernels; with another one prices differ in their last digits, and once in a
            great while a condor leaves on another session
    """

    spx: Floats
    vix: Floats
    loads: Floats
    spx_spread: Floats
    vix_spread: Floats
    rate: float
    dividend: float
    engine: Engine = "numpy"

    # --- SPX ---

    def spx_vol(self, states: States, at: Asked, strike: Floats) -> Floats:
        """Implied vols, fractions; a row of `strike` for each of `at`, any number of columns."""
        return self._spx_smiles(states, at).vol(strike)

    def spx_price(self, states: States, at: Asked, strike: Floats, call: Bools) -> Floats:
        """Mids, index points, shapes as `spx_vol`; `call` broadcasts."""
        return self._black(at, strike, self.spx_vol(states, at, strike), call)

    def spx_strike(
        self, states: States, at: Asked, delta: Floats, call: Bools, step: float
    ) -> Floats:
        """Strikes whose delta has that size, on a grid of `step` points; a column a delta."""

        found = self._spx_smiles(states, at).strike(delta, call)
        return np.maximum(np.round(found / step), 1.0) * step

    def _spx_smiles(self, states: States, at: Asked) -> Smiles:
        return Smiles(
            at=at,
            base=states.vix[at.row] / 100.0,
            pieces=spx_state(states, at) @ self.spx,
            knots=SPX_KNOTS,
            limits=SPX_LIMITS,
        )

    # --- VIX ---

    def future(self, states: States, row: Rows, days: Floats) -> Floats:
        """VIX futures, points: the curve of the state, and the path's premium."""
        loads = (states.features @ self.loads.T).T
        tenor = np.minimum(days, MOST_DAYS)
        ratio = states.premium[row] * premium_share(days)
        for load, scale in zip(loads, LOAD_DAYS, strict=True):
            ratio = ratio - load[row] * np.expm1(-tenor / scale)
        return np.asarray(states.vix[row] * np.exp(ratio))

    def vix_vol(self, states: States, at: Asked, strike: Floats) -> Floats:
        """Implied vols of VIX options on the forward of `at`; shapes as `spx_vol`."""
        return self._vix_smiles(states, at).vol(strike)

    def vix_price(self, states: States, at: Asked, strike: Floats, call: Bools) -> Floats:
        """Mids, points; shapes as `spx_vol`."""
        return self._black(at, strike, self.vix_vol(states, at, strike), call)

    def _black(self, at: Asked, strike: Floats, vol: Floats, call: Bools) -> Floats:
        forward, years, discount = at.forward[:, None], at.years[:, None], at.discount[:, None]
        if self.engine == "numpy":
            return black76(forward, strike, years, vol, discount=discount, call=call)
        return kernels.price_and_greeks(
            forward, strike, years, vol, discount=discount, call=call, engine=self.engine
        ).price

    def vix_strike(self, states: States, at: Asked, delta: Floats) -> Floats:
        """Whole strikes of calls whose delta is nearest to `delta`; a column a delta."""

        found = self._vix_smiles(states, at).strike(delta, np.array(True))
        return np.maximum(np.round(found), LEAST_VIX_STRIKE)

    def _vix_smiles(self, states: States, at: Asked) -> Smiles:
        return Smiles(
            at=at,
            base=states.vvix[at.row] / 100.0,
            pieces=vix_state(states, at) @ self.vix,
            knots=VIX_KNOTS,
            limits=VIX_LIMITS,
        )

    # --- what a trade costs ---

    def spread(self, states: States, row: Rows, mid: Floats, *, vix: bool = False) -> Floats:
        """Ask less bid, points; a row of `mid` for each of `row`."""
        numbers = self.vix_spread if vix else self.spx_spread
        return np.asarray(np.exp(spread_state(states, row, mid) @ numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Series asked for, one a row.

    row       of the path            days, years  to settlement, days of the calendar and act/365
    forward   index points           discount     value now of 1 at settlement
    even      ln of business days over calendar days up to settlement, each over its usual share
    """

    row: Rows
    days: Floats
    years: Floats
    forward: Floats
    discount: Floats
    even: Floats


def spx_state(states: States, at: Asked) -> Floats:
    """State and days of every series: the columns that `Quick.spx` multiplies."""
    s = np.log(at.days / SPX_BASE_DAYS)[:, None]
    features = states.features[at.row]
    return np.column_stack([features, features * s, features * (s * s), at.even])


def vix_state(states: States, at: Asked) -> Floats:
    """As `spx_state`, for VIX options: ln of the future, its square, ln VVIX, ln VIX over it."""
    s = np.log(at.days / VIX_BASE_DAYS)[:, None]
    future = np.log(at.forward) - 2.9
    features = np.column_stack(
        [
            np.ones_like(future),
            future,
            future * future,
            states.features[at.row, VVIX_COLUMN],
            np.log(states.vix[at.row] / at.forward),
        ]
    )
    return np.column_stack([features, features * s, features * (s * s)])


def spread_state(states: States, row: Rows, mid: Floats) -> Floats:
    """Columns of the spread: 1, ln of the mid and its square, ln VIX, a shock."""
    log = np.log(np.maximum(mid, 0.05))
    level = np.broadcast_to((np.log(states.vix[row]) - 2.9)[:, None], log.shape)
    shock = np.broadcast_to(states.shock[row][:, None].astype(np.float64), log.shape)
    return np.stack([np.ones_like(log), log, log * log, level, shock], axis=-1)


def pieces_at(z: Floats, knots: tuple[float, ...], limits: tuple[float, float]) -> list[Floats]:
    """1, z, z^2, z^3, and a cube beyond each knot."""
    inside = np.minimum(np.maximum(z, limits[0]), limits[1])
    square = inside * inside
    found = [np.ones_like(inside), inside, square, square * inside]
    for knot in knots:
        beyond = np.maximum(inside - knot, 0.0)
        found.append(beyond * beyond * beyond)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Smiles:
    """The smiles of series asked for: pieces of ln(vol / base) in standardised strikes."""

    at: Asked
    base: Floats
    pieces: Floats
    knots: tuple[float, ...]
    limits: tuple[float, float]

    def vol(self, strike: Floats) -> Floats:
        """Fractions; a row a series, a column a strike."""
        at = self.at
        z = np.log(strike / at.forward[:, None]) / (self.base * np.sqrt(at.years))[:, None]
        total = np.zeros_like(z)
        for column, part in enumerate(pieces_at(z, self.knots, self.limits)):
            total += self.pieces[:, column : column + 1] * part
        vol = self.base[:, None] * np.exp(np.minimum(np.maximum(total, -3.0), 3.0))
        return np.minimum(np.maximum(vol, LEAST_VOL), MOST_VOL)

    def strike(self, delta: Floats, call: Bools) -> Floats:
        """By delta: d1 is known from it, the vol is that at the strike found so far."""
        at = self.at
        d1 = normal_quantile(np.minimum(delta / at.discount[:, None], MOST_DELTA))
        d1 = np.where(call, d1, -d1)
        root, forward = np.sqrt(at.years)[:, None], at.forward[:, None]
        total = np.broadcast_to(self.base[:, None], d1.shape) * root
        strike = forward * np.ones_like(d1)
        for _ in range(DELTA_STEPS):
            strike = forward * np.exp(total * (0.5 * total - d1))
            total = self.vol(strike) * root
        return strike


def normal_quantile(share: Floats) -> Floats:
    """Of the standard normal distribution, for shares in (0, 1): two Newton steps after a start
    that is within 0.02 from 0.01 to 0.99; to 1e-6 there."""
    x = (share**0.135 - (1.0 - share) ** 0.135) / 0.1975
    for _ in range(2):
        density = 0.3989422804014327 * np.exp(-0.5 * x * x)
        x = x - (normal_cdf(x) - share) / density
    return x
