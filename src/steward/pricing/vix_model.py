"""The modelled market of VIX: futures, and options on the future of their own settlement day.

Futures are settlements where the history has them (quality `settlement`), else `vx_curve`. Options
are Black-76 on that future with the smile of `vix_smile`, never on spot VIX; call and put of one
strike come off one future, discount and vol, so C - P = D (F - K). Widths are those of
`spreads`, fitted on real quotes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.quotes import Chain, Flag, Priced, Quote
from steward.pricing.black import greeks, greeks_of_one
from steward.pricing.execution import tick_of
from steward.pricing.rates import RateTable
from steward.pricing.spreads import (
    NO_QUOTES,
    Width,
    round_one_quote,
    round_quote,
    vix_outside,
    vix_width,
)
from steward.pricing.term import AVERAGES, LEAST_CLOSES, TermTable
from steward.pricing.vix_smile import Smile, fitted_range, smile
from steward.pricing.vix_smile import outside as outside_of_smile
from steward.pricing.vix_strikes import ever_listed, listed_strikes
from steward.pricing.vvix import vvix_of
from steward.pricing.vx_curve import VxCurve
from steward.pricing.vx_state import in_words, state_terms
from steward.terms import calendar, listing
from steward.terms.contracts import E4, Contract, Expiry, OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import Quality

Floats = NDArray[np.float64]

SLICES_KEPT, CHAINS_KEPT, QUOTES_KEPT = 256, 64, 8192

OF_SMILE = {"future": "a future", "spot": "VIX over a future", "vvix": "VVIX"}
"""In words, what `vix_smile.fitted_range` names, but for the days of an expiry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VixSlice:
    """All that the prices of one VIX series at one session depend on.

    future    of the series' own settlement day, index points
    discount  value now of 1 at settlement      years  to settlement, act/365, above 0
    width     of its quotes
    """

    session: date
    expiry: Expiry
    future: float
    discount: float
    years: float
    smile: Smile
    width: Width

    def vols(self, strike: Floats) -> Floats:
        """Implied vols of the strikes, fractions."""
        return np.sqrt(self.smile.total(np.log(strike / self.future)) / self.years)

    def chain(self, strike: Floats) -> Chain:
        """Quotes and Greeks of all strikes, puts first."""
        call = strike >= self.future
        vol = self.vols(strike)
        near = greeks(self.future, strike, self.years, vol, discount=self.discount, call=call)
        gap = self.discount * (self.future - strike)
        turn = np.concatenate((np.where(call, -1.0, 0.0), np.where(call, 0.0, 1.0)))
        mid = np.concatenate((near.price, near.price)) + turn * np.concatenate((gap, gap))
        bid, ask = round_quote(mid, self.width.of(mid), *self.width.tick)
        rate = -math.log(self.discount) / self.years
        return Chain(
            session=self.session,
            expiry=self.expiry,
            underlying="VIX",
            quality="modelled",
            forward=self.future,
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
        """One contract of any strike, listed or not; agrees with `chain` to the tick."""
        total = self.smile.total_of_one(math.log(strike / self.future))
        vol = math.sqrt(total / self.years)
        near_call = strike >= self.future
        near = greeks_of_one(
            self.future, strike, self.years, vol, discount=self.discount, call=near_call
        )
        turn = float(call) - float(near_call)
        gap = self.discount * (self.future - strike)
        mid = near.price + turn * gap
        bid, ask = round_one_quote(mid, self.width.of_one(mid), *self.width.tick)
        return Quote(
            bid=bid,
            ask=ask,
            quality="modelled",
            forward=self.future,
            vol=vol,
            delta=near.delta + turn * self.discount,
            gamma=near.gamma,
            vega=near.vega,
            theta=near.theta - turn * gap * math.log(self.discount) / self.years,
        )


class VixModel:
    """Quotes of VIX options and of VX and VXM futures for any session of a history.

    Pure functions of the history up to the session asked for; what is remembered between calls is
    bounded.
    """

    label = "VIX options modelled on their own future"

    def __init__(self, history: History, rates: RateTable, terms: TermTable) -> None:
        """`rates` and `terms` of the same history. Prices nothing yet."""
        self._history = history
        self._rates = rates
        state = state_terms(history, terms)
        self._curve = VxCurve(history, terms, state)
        self._vvix = vvix_of(history, terms, state)
        self._slice = lru_cache(maxsize=SLICES_KEPT)(self._make_slice)
        self._chain = lru_cache(maxsize=CHAINS_KEPT)(self._make_chain)
        self._mark = lru_cache(maxsize=QUOTES_KEPT)(self._make_mark)
        self._quote = lru_cache(maxsize=QUOTES_KEPT)(self._make_quote)
        self._future = lru_cache(maxsize=SLICES_KEPT)(self._curve.price)
        self._flags = lru_cache(maxsize=SLICES_KEPT)(self._make_flags)

    # --- quotes ----------------------------------------------------------------------------------

    def expiries(self, session: date) -> tuple[Expiry, ...]:
        """Listed monthly option series; none before 2006-02-24, none before 21 VIX closes."""
        return listing.vix_series(session) if self._warm(session) else ()

    def futures(self, session: date) -> tuple[date, ...]:
        """Expiry days of the futures one could trade, nearest first; none before 2004-03-26.

        Where the history has settlements of the session, those; else the listing, once 21 VIX
        closes are known.
        """
        found = self._curve.expiries(session)
        if self._warm(session):
            return found
        return tuple(day for day in found if self._curve.is_settled(session, day))

    def future_price(self, session: date, expiry: date) -> tuple[float, Quality]:
        """Index points, above 0: the settlement, else the model; errors as `vx_curve`."""
        return self._future(session, expiry)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """All listed strikes of a listed series, else None."""
        return self._chain(session, expiry)

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """Of a listed series and a strike listed then or before, or of a listed future; else None.

        A future is one tick wide: around its settlement, so that the mid is the settlement and
        daily variation the exchange's; around a modelled price on the grid. VXM since 2020-08-10,
        at the prices of VX.
        """
        return self._quote(session, contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        """The quote; of a strike or a day that is not listed too, until it settles.

        Raises StewardError before 21 VIX closes are known, ValueError for a contract that is not
        on VIX or has settled by the decision moment.
        """
        return self._mark(session, contract)

    def vvix(self, session: date) -> tuple[float, bool]:
        """VVIX behind the options' prices, points, and whether it was published that day.

        One that was not comes from VIX and its kin: off by 6 to 12 % in the median. Raises
        StewardError before 21 VIX closes are known.
        """
        self._check_warm(session)
        row = self._history.index(session)
        return float(self._vvix.value[row]), bool(self._vvix.published[row])

    def flags(self, session: date) -> tuple[Flag, ...]:
        """What a page must say of the session's prices beside that they are modelled.

        VVIX that was not published, futures without a settlement, averages that are young, no real
        quotes near in time to tell widths by; and what of the state lies beyond the fitted range of
        futures, of VVIX, of the smile or of widths. Empty where nothing is to be said, and before
        21 VIX closes.
        """
        return self._flags(session)

    def outside(self, session: date, expiry: Expiry) -> tuple[str, ...]:
        """What one series' smile was not fitted on: some of days, vvix, future, spot.

        Errors as `mark`.
        """
        self._check_priced(session, expiry)
        row = self._history.index(session)
        return outside_of_smile(
            days=calendar.days_to(session, expiry),
            vvix=float(self._vvix.value[row]),
            future=self.future_price(session, expiry.day)[0],
            vix=float(self._history.vix.close[row]),
        )

    # --- how -------------------------------------------------------------------------------------

    def _warm(self, session: date) -> bool:
        return self._history.index(session) + 1 >= LEAST_CLOSES

    def _check_warm(self, session: date) -> None:
        if not self._warm(session):
            raise StewardError(
                f"{session}: nothing can be modelled before {LEAST_CLOSES} VIX closes are known: "
                "start later, or bring a longer history with --data DIR"
            )

    def _check_priced(self, session: date, expiry: Expiry) -> float:
        """Years to settlement, above 0."""
        self._check_warm(session)
        years = calendar.years_to(session, expiry)
        if years <= 0.0:
            raise ValueError(f"{expiry.root} {expiry.day} has settled by {session}")
        return years

    def _make_slice(self, session: date, expiry: Expiry) -> VixSlice:
        years = self._check_priced(session, expiry)
        row = self._history.index(session)
        future, _ = self.future_price(session, expiry.day)
        days = calendar.days_to(session, expiry)
        shape = smile(
            days=days,
            years=years,
            vvix=float(self._vvix.value[row]),
            future=future,
            vix=float(self._history.vix.close[row]),
        )
        return VixSlice(
            session=session,
            expiry=expiry,
            future=future,
            discount=math.exp(-self._rates.zero_rate(row, years) * years),
            years=years,
            smile=shape,
            width=vix_width(session, days=days, vix=float(self._history.vix.close[row])),
        )

    def _make_flags(self, session: date) -> tuple[Flag, ...]:
        if not self._warm(session):
            return ()
        row = self._history.index(session)
        listed = listing.vix_series(session)
        days = {series.day for series in listed} | set(self.futures(session))
        found = self._of_options(session, row, listed) if listed else []
        if not all(self._curve.is_settled(session, day) for day in days):
            found += self._of_futures(session, row)
        return tuple(found)

    def _of_options(self, session: date, row: int, listed: Sequence[Expiry]) -> list[Flag]:
        beyond = []
        lacking = [] if self._vvix.published[row] else ["VVIX is not published: fitted"]
        if self._vvix.outside[row]:
            beyond.append("a fitted VVIX comes from a state beyond its fit")
        vix = float(self._history.vix.close[row])
        futures = [self.future_price(session, series.day)[0] for series in listed]
        state = {
            "future": futures,
            "spot": [vix / future for future in futures],
            "vvix": [float(self._vvix.value[row])],
        }
        for name, values in state.items():
            low, high = fitted_range()[name]
            if not low <= min(values) <= max(values) <= high:
                beyond.append(f"{OF_SMILE[name]} outside of {low:g} to {high:g}")
        widths = vix_outside(session, vix)
        lacking += [text for text in widths if text == NO_QUOTES]
        beyond += [text for text in widths if text != NO_QUOTES]
        return _flags("VIX options", lacking, beyond)

    def _of_futures(self, session: date, row: int) -> list[Flag]:
        lacking = [f"those without a settlement are modelled from {self._curve.form(session)}"]
        if row + 1 < AVERAGES[-1]:
            lacking.append(f"averages of VIX know fewer than {AVERAGES[-1]} sessions")
        terms = self._curve.outside(session)
        return _flags("VIX futures", lacking, [f"{in_words(n)} beyond the fit" for n in terms])

    def _make_chain(self, session: date, expiry: Expiry) -> Chain | None:
        series = self.expiries(session)
        if expiry not in series:
            return None
        strikes = listed_strikes(session, nearest=expiry == series[0])
        return self._slice(session, expiry).chain(strikes)

    def _make_quote(self, session: date, contract: Contract) -> Quote | None:
        if not isinstance(contract, OptionContract):
            young = contract.root == "VXM" and session < listing.VXM_FROM
            if young or contract.expiry not in self.futures(session):
                return None
            return self._mark(session, contract)
        series = self.expiries(session)
        if contract.series not in series:
            return None
        nearest = contract.series == series[0]
        if contract.strike not in ever_listed(session, nearest=nearest):
            return None
        return self._mark(session, contract)

    def _make_mark(self, session: date, contract: Contract) -> Quote:
        if contract.underlying != "VIX":
            raise ValueError(f"{contract.key} is not on VIX")
        if isinstance(contract, OptionContract):
            priced = self._slice(session, contract.series)
            return priced.quote(contract.strike, contract.right == "C")
        price, quality = self.future_price(session, contract.expiry)
        tick = tick_of(contract, round(price * E4), session)
        bid = round(price * E4) - tick // 2
        if quality == "modelled":
            bid = max(math.floor(price * E4 / tick), 1) * tick
        return Quote(
            bid=bid,
            ask=bid + tick,
            quality=quality,
            forward=price,
            vol=math.nan,
            delta=1.0,
            gamma=0.0,
            vega=0.0,
            theta=0.0,
            origin="settlement" if quality == "settlement" else "model",
        )


def _flags(of: Priced, lacking: Sequence[str], beyond: Sequence[str]) -> list[Flag]:
    return [
        *(Flag(of=of, beyond=False, text=text) for text in lacking),
        *(Flag(of=of, beyond=True, text=text) for text in beyond),
    ]
