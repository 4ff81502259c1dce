"""The modelled SPX market: every listed series from the closes of SPX and VIX.

Forwards carry interest less an assumed dividend yield; vols are the term curve's times the shape
of the smile; spreads are assumed. The curve's 30-day knot is moved, session by session, until the
VIX that the exchange's formula finds in the modelled quotes is the published one.
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
from steward.market.quotes import Chain, Quote
from steward.pricing import knot, smile, vix
from steward.pricing.rates import RateTable, dividend_yield
from steward.pricing.slice import Slice
from steward.pricing.spreads import is_shock, spx_spread_factor
from steward.pricing.strikes import FAR_DAYS, REMEMBERED, listed_strikes
from steward.pricing.term import LEAST_CLOSES, Curve, TermTable
from steward.terms import calendar, listing
from steward.terms.contracts import Contract, Expiry, OptionContract
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

SLICES_KEPT, CHAINS_KEPT, QUOTES_KEPT = 256, 64, 8192


@dataclass(frozen=True, slots=True)
class _Day:
    """What the series of one session share."""

    row: int
    session: date
    spot: float
    spread_factor: float
    curve: Curve
    listed: frozenset[Expiry]


class SpxModel:
    """Quotes of SPX and SPXW options for any session of a history, all `modelled`.

    Pure functions of the history up to the session asked for; what is remembered between calls
    is bounded, but for two numbers a session.
    """

    label = "modelled from SPX and VIX closes"

    def __init__(self, history: History, rates: RateTable, terms: TermTable) -> None:
        """`rates` and `terms` of the same history. Prices nothing yet."""
        self._history = history
        self._rates = rates
        self._terms = terms
        self._before = history.spx_before[-REMEMBERED:]
        self._found: dict[int, tuple[float, float]] = {}
        self._day = lru_cache(maxsize=16)(self._make_day)
        self._slice = lru_cache(maxsize=SLICES_KEPT)(self._make_slice)
        self._chain = lru_cache(maxsize=CHAINS_KEPT)(self._make_chain)
        self._mark = lru_cache(maxsize=QUOTES_KEPT)(self._make_mark)
        self._quote = lru_cache(maxsize=QUOTES_KEPT)(self._make_quote)

    # --- quotes ----------------------------------------------------------------------------------

    def expiries(self, session: date) -> tuple[Expiry, ...]:
        """Listed series; none before 21 VIX closes are known. KeyError for no session of ours."""
        return listing.spx_series(session) if self._day(session) is not None else ()

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """All listed strikes of a listed series, else None."""
        return self._chain(session, expiry)

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """Of a listed series: any strike, also one that is not listed any more; else None."""
        return self._quote(session, contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        """The quote; of a series that is not in the listing too, until it settles.

        Raises StewardError before 21 VIX closes are known, ValueError for a contract that is no
        SPX option or has settled by the decision moment.
        """
        return self._mark(session, contract)

    def series(self, session: date, expiry: Expiry) -> Slice:
        """Forward, discount and smile of a series, listed or not; raises as `mark` does."""
        return self._slice(session, expiry)

    # --- the index of the model ------------------------------------------------------------------

    def model_vix(self, session: date) -> float:
        """VIX by its formula from the modelled bids and asks, points; NaN without quotes."""
        day = self._day(session)
        return math.nan if day is None else self._found[day.row][1]

    def vix_error(self, session: date) -> float:
        """`model_vix` minus the published close, points; NaN without quotes."""
        return self.model_vix(session) - float(self._history.vix.close[self._row(session)])

    # --- how -------------------------------------------------------------------------------------

    def _row(self, session: date) -> int:
        return self._history.index(session)

    def _make_day(self, session: date) -> _Day | None:
        row = self._row(session)
        start = self._terms.curve(row)
        if start is None:
            return None
        closes = self._history.vix.close
        index = float(closes[row])
        series = listing.spx_series(session)
        factor = spx_spread_factor(session, index, is_shock(closes[: row + 1]))
        day = _Day(
            row=row,
            session=session,
            spot=float(self._history.spx.close[row]),
            spread_factor=factor,
            curve=start,
            listed=frozenset(series),
        )
        if row not in self._found:
            self._found[row] = self._solved(day, series, index)
        level = self._found[row][0]
        return _Day(row, session, day.spot, factor, start.scaled(level), day.listed)

    def _known_day(self, session: date) -> _Day:
        day = self._day(session)
        if day is None:
            raise StewardError(
                f"{session}: nothing can be modelled before {LEAST_CLOSES} VIX closes are known: "
                "start later, or bring a longer history with --data DIR"
            )
        return day

    def _make_slice(self, session: date, expiry: Expiry) -> Slice:
        day = self._known_day(session)
        years = calendar.years_to(session, expiry)
        if years <= 0.0:
            raise ValueError(f"{expiry.root} {expiry.day} has settled by {session}")
        return self._bare(day, expiry).at_level(day.curve.vol(years * 365.0))

    def _bare(self, day: _Day, expiry: Expiry) -> Slice:
        """The series with any scale."""
        years = calendar.years_to(day.session, expiry)
        rate = self._rates.zero_rate(day.row, years)
        carry = rate - dividend_yield(day.session)
        return Slice(
            session=day.session,
            expiry=expiry,
            forward=day.spot * math.exp(carry * years),
            discount=math.exp(-rate * years),
            years=years,
            shape=smile.shape(years * 365.0),
            scale=1.0,
            spread_factor=day.spread_factor,
        )

    def _strikes(self, day: _Day, expiry: Expiry) -> Floats:
        first = day.row + 1 - REMEMBERED
        closes = self._history.spx.close[max(first, 0) : day.row + 1]
        if first < 0 and self._before.size:
            closes = np.concatenate((self._before[first:], closes))
        far = calendar.days_to(day.session, expiry) > FAR_DAYS
        return listed_strikes(day.session, closes, far=far)

    def _make_chain(self, session: date, expiry: Expiry) -> Chain | None:
        day = self._day(session)
        if day is None or expiry not in day.listed:
            return None
        return self._slice(session, expiry).chain(self._strikes(day, expiry))

    def _make_quote(self, session: date, contract: Contract) -> Quote | None:
        day = self._day(session)
        if day is None or not isinstance(contract, OptionContract):
            return None
        return self._mark(session, contract) if contract.series in day.listed else None

    def _make_mark(self, session: date, contract: Contract) -> Quote:
        if not isinstance(contract, OptionContract) or contract.underlying != "SPX":
            raise ValueError(f"{contract.key} is no SPX option")
        priced = self._slice(session, contract.series)
        return priced.quote(contract.strike, contract.right == "C")

    # --- the 30-day knot -------------------------------------------------------------------------

    def _solved(
        self, day: _Day, series: tuple[Expiry, ...], published: float
    ) -> tuple[float, float]:
        """The level of the knot, and the VIX of the quotes there; NaN where no pair is listed."""
        pair = vix.choose_pair(day.session, series)
        if pair is None:
            return 1.0, math.nan
        near, after = (self._bare(day, expiry) for expiry in pair)
        strikes = [self._strikes(day, expiry) for expiry in pair]
        minutes = [vix.minutes_to(day.session, expiry) for expiry in pair]

        def index(near_variance: float, after_variance: float) -> float:
            return vix.index_from(
                near_variance,
                after_variance,
                near_minutes=minutes[0],
                next_minutes=minutes[1],
            )

        def levels(level: float) -> tuple[float, float]:
            curve = day.curve.scaled(level)
            return curve.vol(near.years * 365.0), curve.vol(after.years * 365.0)

        def of_curve(level: float) -> float:
            one, two = levels(level)
            return index(one * one, two * two)

        def of_quotes(level: float) -> float:
            one, two = levels(level)
            found = _strips((near.at_level(one), after.at_level(two)), strikes, minutes)
            return math.nan if found is None else index(*found)

        return knot.search(of_quotes, of_curve, published)


def _strips(
    pair: tuple[Slice, Slice], strikes: Sequence[Floats], minutes: Sequence[int]
) -> tuple[float, float] | None:
    """The variances that the rounded quotes of two series are worth; None where one has none.

    Both are rounded in one go: of two short arrays the calls cost more than the numbers.
    """
    mids = [side for priced, grid in zip(pair, strikes, strict=True) for side in priced.mids(grid)]
    bid, ask = pair[0].quotes(np.concatenate(mids))
    found, end = [], 0
    for priced, grid, left in zip(pair, strikes, minutes, strict=True):
        put = slice(end, end + grid.size)
        call = slice(put.stop, put.stop + grid.size)
        end = call.stop
        rate = -math.log(priced.discount) / priced.years
        strip = vix.strip_variance(
            grid, bid[call], ask[call], bid[put], ask[put], minutes=left, rate=rate
        )
        if strip is None:
            return None
        found.append(strip.variance)
    return found[0], found[1]
