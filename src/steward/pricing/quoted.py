"""Real quotes as files or a store have them, with the forward and the vols that they imply.

What they lack cannot be traded: on a session with real SPX quotes there are exactly their series
and strikes, on any other session no SPX options at all, so that a run on real quotes never fills
on a model unseen. VIX options: exactly the real ones on a session that has some, else the model's.
What is held and not quoted is marked by the model, flagged by its quality. Futures always come
from the model (real settlements where the history has them).

Forward and discount of a series come from its own quotes by put-call parity: quotes of 16:15 stand
beside an index of 16:00, and the forward says what the options saw. For the same reason a delta
that a file brings along is not used: it was made from the index of another minute, by rates and a
volatility that nobody states.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import count

import numpy as np
from numpy.typing import NDArray

from steward.market.cache import UNKNOWN
from steward.market.history import History
from steward.market.quotes import PRICED, Chain, Flag, Priced, Quote, QuoteSource
from steward.pricing.black import greeks
from steward.pricing.derived import Derived
from steward.pricing.implied import Floats, Implied, discount_of, sides_of, vols_of
from steward.pricing.parity import forward_from_quotes
from steward.pricing.quoted_rows import QuotedRows
from steward.pricing.rates import discount_factor
from steward.terms import calendar
from steward.terms.contracts import (
    E4,
    UNDERLYING_OF_ROOT,
    Contract,
    Expiry,
    OptionContract,
    Underlying,
    vx,
)

SERIES_KEPT = 1024
"""Enriched series held at once, about 30 kB each."""


@dataclass(frozen=True, slots=True)
class _Enriched:
    """One series of one session: the chain, its rows by (strike, call), and whole prices, e4."""

    chain: Chain
    rows: Mapping[tuple[float, bool], int]
    bid: list[int]
    ask: list[int]


def _of_derived(derived: Derived | None, place: slice, number: int) -> Implied | None:
    """Of a series that was worked out before; None where it was not, or has no forward."""
    if derived is None or not math.isfinite(derived.forward[number]):
        return None
    return Implied(
        forward=float(derived.forward[number]),
        discount=float(derived.discount[number]),
        vol=derived.vol[place],
        delta=derived.delta[place],
        gamma=derived.gamma[place],
        vega=derived.vega[place],
        theta=derived.theta[place],
    )


def _known(count: np.int32) -> int | None:
    return None if count == UNKNOWN else int(count)


class QuotedMarket:
    """A `QuoteSource` of real quotes; everything else is the model's.

    label         for manifests and pages
    sessions      of the history on which there are SPX quotes, rising
    vix_sessions  those on which there are quotes of VIX options
    left_out      rows of the files that are not used, counted by reason
    """

    def __init__(self, history: History, quotes: Sequence[QuotedRows], model: QuoteSource) -> None:
        """Prices nothing yet.

        quotes  at least one; no series and session is in two of them
        """
        self._history = history
        self._model = model
        self.left_out = tuple(one for rows in quotes for one in rows.left_out)
        self._rows: dict[tuple[date, Expiry], tuple[QuotedRows, slice, int]] = {}
        self._expiries: dict[Underlying, dict[date, tuple[Expiry, ...]]] = {"SPX": {}, "VIX": {}}
        for rows in quotes:
            for session, expiry, place, number in rows.series:
                self._rows[session, expiry] = (rows, place, number)
                held = self._expiries[UNDERLYING_OF_ROOT[expiry.root]]
                held[session] = (*held.get(session, ()), expiry)
        names = dict.fromkeys(name for rows in quotes for name in rows.names)
        self.sessions: tuple[date, ...] = tuple(self._expiries["SPX"])
        self.vix_sessions: tuple[date, ...] = tuple(self._expiries["VIX"])
        self.label = f"{self._what()} as quoted in {', '.join(names)}; the rest {model.label}"
        self._enriched = lru_cache(maxsize=SERIES_KEPT)(self._enrich)

    def _what(self) -> str:
        held = {"SPX": self.sessions, "VIX options": self.vix_sessions}
        return " and ".join(name for name, days in held.items() if days) or "nothing"

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        """Series quoted on `session` and not settled by then, sorted by (day, root)."""
        if not self._is_real(session, underlying):
            return self._model.expiries(session, underlying)
        return self._expiries[underlying].get(session, ())

    def _is_real(self, session: date, underlying: Underlying) -> bool:
        """Whether options on it trade at real quotes alone that session."""
        return underlying == "SPX" or session in self._expiries[underlying]

    def futures(self, session: date) -> tuple[date, ...]:
        return self._model.futures(session)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """The quotes of one series; None where the files have none.

        The forward is NaN where no strike has a call and a put bid, and with it every vol. Else a
        vol is that of the mid on the out-of-the-money side (half the ask where nobody bids), the
        same for both rights of a strike. Where that side is not quoted: of the other side's mid,
        if even its bid is worth more than exercise; else NaN.
        """
        if not self._is_real(session, UNDERLYING_OF_ROOT[expiry.root]):
            return self._model.chain(session, expiry)
        found = self._enriched(session, expiry)
        return None if found is None else found.chain

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """The real quote of an option, or None; futures, and VIX options where none are real, by
        the model.
        """
        if not isinstance(contract, OptionContract) or not self._is_real(
            session, contract.underlying
        ):
            return self._model.quote(session, contract)
        found = self._enriched(session, contract.series)
        row = None if found is None else found.rows.get((contract.strike, contract.right == "C"))
        if found is None or row is None:
            return None
        chain = found.chain
        quotes, place, _ = self._rows[session, contract.series]
        at = place.start + row
        return Quote(
            bid=found.bid[row],
            ask=found.ask[row],
            quality=chain.quality,
            forward=chain.forward,
            vol=float(chain.vol[row]),
            delta=float(chain.delta[row]),
            gamma=float(chain.gamma[row]),
            vega=float(chain.vega[row]),
            theta=float(chain.theta[row]),
            bid_size=_known(quotes.bid_size[at]),
            ask_size=_known(quotes.ask_size[at]),
            volume=_known(quotes.volume[at]),
            minutes_old=quotes.minutes_old(at, session),
            origin=quotes.origin(at),
        )

    def mark(self, session: date, contract: Contract) -> Quote:
        """The real quote; else a price that says `modelled`.

        Where the contract's own series is quoted that session, the price comes from there: the
        volatility of its twin at that strike, else of its neighbours, on the series' forward. The
        model, which knows the index of 16:00 alone, is asked only without such neighbours.
        """
        found = self.quote(session, contract) or self._from_neighbours(session, contract)
        return found or self._model.mark(session, contract)

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        """The model's, of what it prices that session: VIX futures without a settlement; VIX
        options where none are real; SPX options, which it then marks alone, where none are real.
        """
        modelled: list[Priced] = ["VIX futures"]
        if session not in self._expiries["VIX"]:
            modelled.append("VIX options")
        if session not in self._expiries["SPX"]:
            modelled.append("SPX options")
        return self._model.flags(session, [one for one in modelled if one in of])

    def _from_neighbours(self, session: date, contract: Contract) -> Quote | None:
        """A mark between the quotes beside it; None beyond the quoted strikes, or without any."""
        if not isinstance(contract, OptionContract):
            return None
        found = self._enriched(session, contract.series)
        if found is None or not math.isfinite(found.chain.forward):
            return None
        chain = found.chain
        known = np.isfinite(chain.vol)
        strike, first = np.unique(chain.strike[known], return_index=True)
        if not strike.size or not strike[0] <= contract.strike <= strike[-1]:
            return None
        vol = float(np.interp(contract.strike, strike, chain.vol[known][first]))
        fair = greeks(
            chain.forward,
            contract.strike,
            chain.years,
            vol,
            discount=chain.discount,
            call=contract.right == "C",
        )
        price = round(float(fair.price) * E4)
        return Quote(
            bid=price,
            ask=max(price, 1),
            quality="modelled",
            forward=chain.forward,
            vol=vol,
            delta=float(fair.delta),
            gamma=float(fair.gamma),
            vega=float(fair.vega),
            theta=float(fair.theta),
        )

    def _enrich(self, session: date, expiry: Expiry) -> _Enriched | None:
        found = self._rows.get((session, expiry))
        if found is None:
            return None
        quotes, place, number = found
        call = quotes.call[place]
        strike, bid, ask = (
            column[place] / quotes.per_point for column in (quotes.strike, quotes.bid, quotes.ask)
        )
        years = calendar.years_to(session, expiry)
        implied = _of_derived(quotes.derived, place, number)
        if implied is None:
            implied = self._implied(session, expiry, years, strike, call, bid, ask)
        whole_bid, whole_ask = (np.rint(price * E4).astype(np.int64) for price in (bid, ask))
        chain = Chain(
            session=session,
            expiry=expiry,
            underlying=UNDERLYING_OF_ROOT[expiry.root],
            quality="quoted",
            forward=implied.forward,
            discount=implied.discount,
            years=years,
            strike=strike,
            call=call,
            bid=whole_bid / E4,
            ask=whole_ask / E4,
            vol=implied.vol,
            delta=implied.delta,
            gamma=implied.gamma,
            vega=implied.vega,
            theta=implied.theta,
        )
        rows = dict(zip(zip(strike.tolist(), call.tolist(), strict=True), count(), strict=False))
        return _Enriched(chain, rows, whole_bid.tolist(), whole_ask.tolist())

    def _implied(
        self,
        session: date,
        expiry: Expiry,
        years: float,
        strike: Floats,
        call: NDArray[np.bool_],
        bid: Floats,
        ask: Floats,
    ) -> Implied:
        """What the quotes of one series say of it; a VIX series without parity: by its future."""
        grid, at = np.unique(strike, return_inverse=True)
        sides = sides_of(grid.size, at, call, bid, ask)
        discount = discount_of(
            grid,
            sides,
            years=years,
            days=calendar.days_to(session, expiry),
            by_curve=discount_factor(self._history, session, years),
        )
        forward = forward_from_quotes(grid, *sides, discount=discount)
        if UNDERLYING_OF_ROOT[expiry.root] == "VIX" and not math.isfinite(forward):
            forward = self._of_future(session, expiry.day)
        vol = vols_of(grid, sides, forward, years, discount)[at]
        found = greeks(forward, strike, years, vol, discount=discount, call=call)
        return Implied(
            forward=forward,
            discount=discount,
            vol=vol,
            delta=found.delta,
            gamma=found.gamma,
            vega=found.vega,
            theta=found.theta,
        )

    def _of_future(self, session: date, day: date) -> float:
        """What VIX options without a parity of their own price off: the future of their day."""
        future = self._model.quote(session, vx(day))
        return math.nan if future is None else future.forward
