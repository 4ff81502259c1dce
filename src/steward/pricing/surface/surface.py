"""A surface: smiles by expiry, and the vols, prices and Greeks that they give.

A slice whose fit is poor hands out nothing, unless it is asked for with `even_poor`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steward.pricing.black import black76, greeks
from steward.pricing.surface.arbitrage import butterfly, calendar_gap
from steward.pricing.surface.report import Verdict
from steward.pricing.surface.scenario import Shock, Stickiness, default_stickiness
from steward.pricing.surface.smile import Smile
from steward.terms.contracts import Expiry, Underlying
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One expiry of a surface.

    forward  index points    discount  value now of 1 at settlement
    years    act/365; 0 where a scenario went past settlement, and prices are intrinsic
    """

    expiry: Expiry
    forward: float
    discount: float
    years: float
    smile: Smile
    verdict: Verdict

    def k(self, strike: ArrayLike) -> Floats:
        """ln of strike over forward."""
        return np.asarray(np.log(np.asarray(strike, dtype=np.float64) / self.forward))

    def vol(self, strike: ArrayLike) -> Floats:
        """Implied vols of strikes (index points), fractions; NaN at settlement."""
        return self.smile.vol(self.k(strike), self.years)

    @property
    def at_the_money(self) -> float:
        """Vol where the strike is the forward, a fraction."""
        return float(self.smile.vol(0.0, self.years))

    @property
    def skew(self) -> float:
        """d vol / d k at the money, a fraction a unit of log-moneyness; below 0: puts dearer."""
        return float(self.smile.vol_slope(0.0, self.years))


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceGreeks:
    """Of options on one slice, in the shape of the strikes, index points.

    vol          of the surface at that strike, a fraction
    price, delta, gamma, vega, theta, rho  Black-76 at that vol, units as in `black.Greeks`
    smile_delta  delta when the vol of the strike moves with the forward as `stickiness` says:
                 delta + vega (R - 1) d vol/d k / forward
    """

    vol: Floats
    price: Floats
    delta: Floats
    smile_delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats
    rho: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """All slices of one moment, by (day, root).

    spot  index of that moment, index points; NaN: not known, then scenarios have no carry
    """

    session: date
    underlying: Underlying
    spot: float
    slices: tuple[Slice, ...]

    def slice(self, expiry: Expiry, *, even_poor: bool = False) -> Slice:
        """Raises StewardError for an expiry without a smile, and for a poor fit unless
        `even_poor`.
        """
        for one in self.slices:
            if one.expiry == expiry:
                if not (one.verdict.good or even_poor):
                    raise StewardError(
                        f"{_name(expiry)} of {self.session}: the fit is poor "
                        f"({'; '.join(one.verdict.reasons)}); take another expiry, or ask for it "
                        "with even_poor"
                    )
                return one
        raise StewardError(
            f"{_name(expiry)} of {self.session}: the surface has no such expiry; it has "
            f"{', '.join(_name(one.expiry) for one in self.slices[:6]) or 'none'}"
            f"{' and more' if len(self.slices) > 6 else ''}"
        )

    def vol(self, expiry: Expiry, strike: ArrayLike, *, even_poor: bool = False) -> Floats:
        """Implied vols of strikes (index points), fractions. Raises as `slice`."""
        return self.slice(expiry, even_poor=even_poor).vol(strike)

    def price(
        self, expiry: Expiry, strike: ArrayLike, call: ArrayLike, *, even_poor: bool = False
    ) -> Floats:
        """Premiums, index points; intrinsic where no time is left. Raises as `slice`."""
        own = self.slice(expiry, even_poor=even_poor)
        return black76(
            own.forward, strike, own.years, _held(own, strike), discount=own.discount, call=call
        )

    def greeks(
        self,
        expiry: Expiry,
        strike: ArrayLike,
        call: ArrayLike,
        *,
        stickiness: Stickiness | None = None,
        even_poor: bool = False,
    ) -> SurfaceGreeks:
        """Prices and Greeks of options on one expiry; strikes and `call` broadcast.

        stickiness  None: the default of the underlying (`scenario`)
        """
        own = self.slice(expiry, even_poor=even_poor)
        rule = stickiness or default_stickiness(self.underlying)
        vol = _held(own, strike)
        found = greeks(own.forward, strike, own.years, vol, discount=own.discount, call=call)
        moved = (rule.ratio - 1.0) / own.forward
        if own.years > 0.0:
            lean = own.smile.vol_slope(own.k(strike), own.years)
        else:
            lean = np.zeros_like(vol)
        return SurfaceGreeks(
            vol=vol,
            price=found.price,
            delta=found.delta,
            smile_delta=found.delta + found.vega * moved * lean,
            gamma=found.gamma,
            vega=found.vega,
            theta=found.theta,
            rho=found.rho,
        )

    def after(self, shock: Shock, *, forwards: Mapping[Expiry, float] | None = None) -> Surface:
        """The surface after a move of the underlying, of the level of vols, and of time.

        Forwards move by `shock.move`; where the spot is known a forward also loses the carry of
        the days that pass. The smile moves against the forward as the stickiness says, then all
        vols change by `shock.vol`; total variance shrinks with the time left, so that every
        expiry keeps its vols at equal moneyness. A verdict stays as it was.

        forwards  by expiry, index points: taken as they are instead (futures of a curve of one's
                  own); expiries without one move by `shock.move`
        """
        rule = shock.stickiness or default_stickiness(self.underlying)
        given = forwards or {}
        moved = [_moved(one, shock, rule, self.spot, given.get(one.expiry)) for one in self.slices]
        return replace(self, spot=self.spot * (1.0 + shock.move), slices=tuple(moved))

    def reprice(
        self,
        shock: Shock,
        expiry: Expiry,
        strike: ArrayLike,
        call: ArrayLike,
        *,
        even_poor: bool = False,
    ) -> Floats:
        """Premiums after a shock, index points: `after(shock).price(...)` of one expiry alone."""
        own = self.slice(expiry, even_poor=even_poor)
        alone = replace(self, slices=(own,))
        return alone.after(shock).price(expiry, strike, call, even_poor=True)

    def violations(self) -> tuple[str, ...]:
        """Butterflies of slices, and calendars of neighbours of one clock, in words.

        Of options on VIX the first alone: they are on futures of their own.
        """
        found = [
            f"{_name(one.expiry)}: a butterfly below zero (g {check.worst:.2g} at k {check.at:.3f})"
            for one in self.slices
            if one.years > 0.0 and not (check := butterfly(one.smile)).free
        ]
        if self.underlying != "SPX":
            return tuple(found)
        for clock in ("AM", "PM"):
            own = [s for s in self.slices if s.expiry.settlement == clock and s.years > 0.0]
            own.sort(key=lambda one: (one.years, one.expiry))
            for near, far in pairwise(own):
                gap, at = calendar_gap(near.smile, far.smile)
                if gap < 0.0:
                    found.append(
                        f"{_name(far.expiry)}: total variance {gap:.1%} against "
                        f"{_name(near.expiry)} (k {at:.3f})"
                    )
        return tuple(found)


def _held(own: Slice, strike: ArrayLike) -> Floats:
    """Vols for pricing: 0 where no time is left, so that prices are intrinsic."""
    if own.years > 0.0:
        return own.vol(strike)
    return np.zeros_like(np.asarray(strike, dtype=np.float64))


def _moved(own: Slice, shock: Shock, rule: Stickiness, spot: float, forward: float | None) -> Slice:
    days = shock.days / 365.0
    left = max(own.years - days, 0.0)
    if forward is None:
        moved = math.log1p(shock.move)
        forward = own.forward * (1.0 + shock.move)
        if spot > 0.0 and own.years > 0.0:
            forward *= (own.forward / spot) ** -(min(days, own.years) / own.years)
    elif forward > 0.0:
        moved = math.log(forward / own.forward)
    else:
        raise StewardError(f"{_name(own.expiry)}: a forward of {forward:g} is not above 0")
    if left <= 0.0:
        return replace(own, forward=forward, discount=1.0, years=0.0)
    smile = own.smile.shifted(rule.ratio * moved).scaled(
        shock.vol_factor(own.years) ** 2 * left / own.years
    )
    return replace(
        own,
        forward=forward,
        discount=own.discount ** (left / own.years),
        years=left,
        smile=smile,
    )


def _name(expiry: Expiry) -> str:
    return f"{expiry.root} {expiry.day} {expiry.settlement}"
