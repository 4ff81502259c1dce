"""Where a forward will stand at the next session if the curve of today stays as it is.

What a forward gains or loses by that alone is the roll; the rest of its move is news.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.terms import calendar
from steward.terms.contracts import Contract, vx


class Rolled:
    """The curves of one session."""

    def __init__(self, view: MarketView) -> None:
        self._view = view
        self._days = (calendar.next_session(view.session) - view.session).days

    def of(self, contract: Contract, quote: Quote) -> float:
        """Index points.

        On SPX the forward comes nearer to the index in proportion to the time that passes (in
        logarithms). On VIX it slides down the curve of the futures that are listed, which begins
        at the index and is a line between them.
        """
        left = (contract.expiry - self._view.session).days
        if left <= self._days:
            return self._view.spx if contract.underlying == "SPX" else self._view.vix
        if contract.underlying == "SPX":
            index: float = self._view.spx
            carried: float = quote.forward * (index / quote.forward) ** (self._days / left)
            return carried
        days, prices = self._curve
        return quote.forward + _at(left - self._days, days, prices) - _at(left, days, prices)

    @cached_property
    def _curve(self) -> tuple[list[int], list[float]]:
        days, prices = [0], [self._view.vix]
        for expiry in self._view.futures():
            quote = self._view.quote(vx(expiry))
            if quote is not None and expiry > self._view.session:
                days.append((expiry - self._view.session).days)
                prices.append(quote.forward)
        return days, prices


def _at(day: int, days: list[int], prices: list[float]) -> float:
    """On the line between two points of the curve; beyond its end the last price."""
    place = bisect_left(days, day)
    if place == len(days):
        return prices[-1]
    if days[place] == day:
        return prices[place]
    share = (day - days[place - 1]) / (days[place] - days[place - 1])
    return prices[place - 1] + share * (prices[place] - prices[place - 1])
