"""One modelled SPX series at one session: its forward, its smile, and the prices they give.

Call and put of one strike come off one forward, discount and vol: the out-of-the-money one is
priced by Black-76, its twin is that and the discounted distance of the strike from the forward.
A whole chain is priced in arrays, single contracts in plain numbers; the two agree to the tick.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Chain, Quote
from steward.pricing.black import black76, greeks, greeks_of_one
from steward.pricing.smile import Surface
from steward.pricing.smile_shape import Shape
from steward.pricing.spreads import Width, round_one_quote, round_quote
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bare:
    """A series before anybody says how volatile it is.

    forward   index points         discount  value now of 1 at settlement
    years     to settlement, act/365, above 0
    surface   the smile of the session
    width     of its quotes
    """

    session: date
    expiry: Expiry
    forward: float
    discount: float
    years: float
    surface: Surface
    width: Width

    def at_level(self, level: float) -> Slice:
        """The series when its strip of options is worth the vol `level`, a fraction."""
        scale = self.surface.scale_for(level, self.years)
        return Slice(
            session=self.session,
            expiry=self.expiry,
            forward=self.forward,
            discount=self.discount,
            years=self.years,
            shape=self.surface.shape(scale * scale * self.years),
            scale=scale,
            width=self.width,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """All that the prices of one series depend on: as `Bare`, and

    shape, scale  of its smile; implied vol is scale x shape, a fraction
    """

    session: date
    expiry: Expiry
    forward: float
    discount: float
    years: float
    shape: Shape
    scale: float
    width: Width

    def vols(self, strike: Floats) -> Floats:
        """Implied vols of the strikes, fractions."""
        z = np.log(strike / self.forward) / (self.scale * math.sqrt(self.years))
        return self.scale * self.shape.at(z)

    def mids(self, strike: Floats) -> tuple[Floats, Floats]:
        """Puts and calls before ticks, index points, one an element of `strike`."""
        call = strike >= self.forward
        price = black76(
            self.forward,
            strike,
            self.years,
            self.vols(strike),
            discount=self.discount,
            call=call,
        )
        gap = self.discount * (self.forward - strike)
        return price - np.where(call, gap, 0.0), price + np.where(call, 0.0, gap)

    def quotes(self, mid: Floats, intrinsic: Floats | float = 0.0) -> tuple[Floats, Floats]:
        """Bid and ask around mids, index points on the tick grid of the day.

        intrinsic  the discounted distance of strike and forward in the money, 0 out of it
        """
        return round_quote(mid, self.width.of(mid, intrinsic), *self.width.tick)

    def chain(self, strike: Floats) -> Chain:
        """Quotes and Greeks of all strikes, puts first."""
        call = strike >= self.forward
        vol = self.vols(strike)
        near = greeks(self.forward, strike, self.years, vol, discount=self.discount, call=call)
        gap = self.discount * (self.forward - strike)
        to_put, to_call = np.where(call, -1.0, 0.0), np.where(call, 0.0, 1.0)
        turn = np.concatenate((to_put, to_call))
        mid = np.concatenate((near.price, near.price)) + turn * np.concatenate((gap, gap))
        bid, ask = self.quotes(mid, np.maximum(np.concatenate((-gap, gap)), 0.0))
        rate = -math.log(self.discount) / self.years
        return Chain(
            session=self.session,
            expiry=self.expiry,
            underlying="SPX",
            quality="modelled",
            forward=self.forward,
            discount=self.discount,
            years=self.years,
            strike=np.concatenate((strike, strike)),
            call=np.repeat([False, True], strike.size),
            bid=bid,
            ask=ask,
            vol=np.concatenate((vol, vol)),
            delta=np.concatenate((near.delta, near.delta)) + turn * self.discount,
            gamma=np.concatenate((near.gamma, near.gamma)),
            vega=np.concatenate((near.vega, near.vega)),
            theta=np.concatenate((near.theta, near.theta))
            + turn * rate * np.concatenate((gap, gap)),
        )

    def quote(self, strike: float, call: bool) -> Quote:
        """One contract of any strike, listed or not."""
        scale = self.scale
        z = math.log(strike / self.forward) / (scale * math.sqrt(self.years))
        vol = scale * self.shape.at_one(z)
        near_call = strike >= self.forward
        near = greeks_of_one(
            self.forward, strike, self.years, vol, discount=self.discount, call=near_call
        )
        turn = float(call) - float(near_call)
        gap = self.discount * (self.forward - strike)
        mid = near.price + turn * gap
        spread = self.width.of_one(mid, max(gap if call else -gap, 0.0))
        bid, ask = round_one_quote(mid, spread, *self.width.tick)
        return Quote(
            bid=bid,
            ask=ask,
            quality="modelled",
            forward=self.forward,
            vol=vol,
            delta=near.delta + turn * self.discount,
            gamma=near.gamma,
            vega=near.vega,
            theta=near.theta - turn * gap * math.log(self.discount) / self.years,
        )
