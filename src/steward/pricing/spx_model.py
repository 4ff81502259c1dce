"""The modelled SPX market: every listed series from the closes of SPX, VIX and what else is known.

Forwards carry interest less the dividend yield known that day; vols are the term curve's times the
shape of the session's smile; spreads are fitted. The curve is moved, session by session, until the
VIX, VIX9D, VIX3M and VIX6M that the exchange's formula finds in the modelled quotes are the
published ones, as far as they are published and listed expiries carry them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.quotes import Chain, Quote
from steward.pricing import vix, vix_family
from steward.pricing.consistency import Solved, Target, solve
from steward.pricing.rates import RateTable
from steward.pricing.slice import Bare, Slice
from steward.pricing.smile import State, Surface, surface
from steward.pricing.spreads import REMEMBERED as CLOSES_OF_WIDTH
from steward.pricing.spreads import spx_outside, spx_width
from steward.pricing.strikes import REMEMBERED, series_strikes
from steward.pricing.term import (
    KNOT_NAMES,
    LEAST_CLOSES,
    VIX_KNOT,
    Curve,
    TermTable,
    month_pair,
    pairs,
    same_day,
)
from steward.terms import calendar, listing
from steward.terms.contracts import Contract, Expiry, OptionContract
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

DAYS_KEPT, SLICES_KEPT, CHAINS_KEPT, QUOTES_KEPT = 2048, 256, 64, 8192

BIDDEN_Z = np.array((-25.0, 9.0))
"""Beyond, nobody bids, and a strip has ended."""

SIBLINGS = {member.series: member for member in vix_family.MEMBERS}


@dataclass(frozen=True, slots=True)
class _Day:
    """What the series of one session share; `closes` of VIX, the last ones."""

    row: int
    session: date
    spot: float
    closes: Floats
    surface: Surface
    curve: Curve
    listed: frozenset[Expiry]


class SpxModel:
    """Quotes of SPX and SPXW options for any session of a history, all `modelled`.

    Pure functions of the history up to the session asked for; what is remembered between calls
    is bounded, but for the curve that each session met and the indices that it gave.
    """

    label = "SPX options modelled from index closes"

    def __init__(self, history: History, rates: RateTable, terms: TermTable) -> None:
        """`rates` and `terms` of the same history. Prices nothing yet."""
        self._history = history
        self._rates = rates
        self._terms = terms
        self._before = history.spx_before[-REMEMBERED:]
        self._skew, self._vvix = same_day(history, "skew"), same_day(history, "vvix")
        self._solved: dict[int, Solved] = {}
        self._day = lru_cache(maxsize=DAYS_KEPT)(self._make_day)
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

    # --- the indices of the model -----------------------------------------------------------------

    def model_vix(self, session: date) -> float:
        """VIX by its formula from the modelled bids and asks, points; NaN without quotes."""
        if self._day(session) is None:
            return math.nan
        return self._solved[self._row(session)].found.get(VIX_KNOT, math.nan)

    def vix_error(self, session: date) -> float:
        """`model_vix` minus the published close, points; NaN without quotes."""
        return self.model_vix(session) - float(self._history.vix.close[self._row(session)])

    def index_errors(self, session: date) -> dict[str, float]:
        """Index of the modelled quotes minus the published close, points, by series name.

        Of every member that is published that session: NaN where no listed expiries carry it.
        """
        day = self._day(session)
        if day is None:
            return {}
        start = self._terms.curve(day.row)
        found = self._solved[day.row].found
        assert start is not None
        return {
            name: found.get(k, math.nan) - 100.0 * start.vols[k]
            for k, name in enumerate(KNOT_NAMES)
            if start.published[k]
        }

    def flags(self, session: date) -> tuple[str, ...]:
        """What of the state lies outside of what smile and widths were fitted on, in words."""
        row = self._row(session)
        if row + 1 < LEAST_CLOSES:
            return ()
        day = self._day(session) if row in self._solved else None  # else it is not worth solving
        shape = surface(self._state(row)) if day is None else day.surface
        return (*shape.outside, *spx_outside(session, self._closes(row)))

    def not_carried(self, session: date) -> tuple[str, ...]:
        """Indices that are published that session and no listed expiries carry, by series name.

        Nothing holds the modelled quotes to them: those that are NaN in `index_errors`.
        """
        row = self._row(session)
        start = self._terms.curve(row)
        if start is None:
            return ()
        if row not in self._solved:
            self._day(session)
        found = self._solved[row].found
        return tuple(
            name
            for k, name in enumerate(KNOT_NAMES)
            if start.published[k] and not math.isfinite(found.get(k, math.nan))
        )

    # --- how -------------------------------------------------------------------------------------

    def _row(self, session: date) -> int:
        return self._history.index(session)

    def _make_day(self, session: date) -> _Day | None:
        row = self._row(session)
        start = self._terms.curve(row)
        if start is None:
            return None
        series = listing.spx_series(session)
        day = _Day(
            row=row,
            session=session,
            spot=float(self._history.spx.close[row]),
            closes=self._closes(row),
            surface=surface(self._state(row)),
            curve=start,
            listed=frozenset(series),
        )
        if row not in self._solved:
            self._solved[row] = solve(start, self._targets(day, series))
        return replace(day, curve=self._solved[row].curve)

    def _state(self, row: int) -> State:
        vix = float(self._history.vix.close[row])
        return State(vix=vix, skew=_known(self._skew[row]), vvix=_known(self._vvix[row]))

    def _closes(self, row: int) -> Floats:
        """Of VIX, as many as widths read."""
        return self._history.vix.close[max(row + 1 - CLOSES_OF_WIDTH, 0) : row + 1]

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

    def _bare(self, day: _Day, expiry: Expiry) -> Bare:
        years = calendar.years_to(day.session, expiry)
        rate = self._rates.zero_rate(day.row, years)
        carry = rate - self._rates.dividend_yield(day.row)
        return Bare(
            session=day.session,
            expiry=expiry,
            forward=day.spot * math.exp(carry * years),
            discount=math.exp(-rate * years),
            years=years,
            surface=day.surface,
            width=spx_width(day.session, days=years * 365.0, vix_closes=day.closes, spot=day.spot),
        )

    def _strikes(self, day: _Day, expiry: Expiry) -> Floats:
        first = day.row + 1 - REMEMBERED
        closes = self._history.spx.close[max(first, 0) : day.row + 1]
        if first < 0 and self._before.size:
            closes = np.concatenate((self._before[first:], closes))
        return series_strikes(day.session, expiry, closes)

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

    # --- the indices that are to be met -----------------------------------------------------------

    def _targets(self, day: _Day, series: tuple[Expiry, ...]) -> tuple[Target, ...]:
        """VIX and its published siblings, each on its pair of the day, where there is one."""
        found = []
        for member, name in enumerate(KNOT_NAMES):
            if not day.curve.published[member]:
                continue
            if member == VIX_KNOT:
                pair = month_pair(day.session)
            else:
                chosen = vix_family.choose(SIBLINGS[name], day.session, series)
                pair = None if isinstance(chosen, str) else chosen
                if pairs(day.session)[member] is None:  # the curve has no such index that day
                    pair = None
            if pair is not None:
                found.append(self._target(day, member, pair))
        return tuple(found)

    def _target(self, day: _Day, member: int, pair: tuple[Expiry, Expiry]) -> Target:
        near, after = (self._bare(day, expiry) for expiry in pair)
        strikes = [self._strikes(day, expiry) for expiry in pair]
        minutes = [vix.minutes_to(day.session, expiry) for expiry in pair]

        def variances(curve: Curve) -> tuple[float, float] | None:
            slices = (
                near.at_level(curve.vol(near.years * 365.0)),
                after.at_level(curve.vol(after.years * 365.0)),
            )
            return _strips(slices, strikes, minutes)

        return Target(
            member=member,
            published=100.0 * day.curve.vols[member],
            variances=variances,
            minutes=(minutes[0], minutes[1]),
        )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _strips(
    pair: tuple[Slice, Slice], strikes: Sequence[Floats], minutes: Sequence[int]
) -> tuple[float, float] | None:
    """The variances that the rounded quotes of two series are worth; None where one has none."""
    found = []
    for priced, listed, left in zip(pair, strikes, minutes, strict=True):
        reach = priced.forward * np.exp(BIDDEN_Z * priced.scale * math.sqrt(priced.years))
        first, last = np.searchsorted(listed, reach)
        grid = listed[first:last]
        puts, calls = priced.mids(grid)
        gap = priced.discount * (priced.forward - grid)
        inside = np.maximum(np.concatenate((-gap, gap)), 0.0)
        bid, ask = priced.quotes(np.concatenate((puts, calls)), inside)
        half = grid.size
        rate = -math.log(priced.discount) / priced.years
        strip = vix.strip_variance(
            grid, bid[half:], ask[half:], bid[:half], ask[:half], minutes=left, rate=rate
        )
        if strip is None:
            return None
        found.append(strip.variance)
    return found[0], found[1]
