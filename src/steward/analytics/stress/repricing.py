"""What lots are worth in the model at a session of a history, and what settled ones brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from steward.analytics.stress.book import purposes
from steward.market.history import History
from steward.pricing import stress
from steward.pricing.modelled import ModelledMarket
from steward.terms import calendar
from steward.terms.contracts import Contract, Expiry, OptionContract
from steward.terms.trades import Lot

CENTS = 100.0


class Repricing:
    """The model of one history; a contract is priced once a session."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._market = ModelledMarket(history)
        self._worth: dict[tuple[date, Contract], float] = {}

    def worth(self, lots: Sequence[Lot], session: date) -> Mapping[str, float]:
        """Model value by purpose, cents: of futures their notional, so only changes say something.

        A lot that has settled by the session is worth what it settled at: SPX at the close of its
        day, AM series and everything on VIX at the close of the session before.
        """
        found: dict[str, float] = dict.fromkeys(purposes(lots), 0.0)
        for lot in lots:
            points = self.points(lot.contract, session)
            found[lot.purpose] += CENTS * lot.contract.multiplier * lot.quantity * points
        return found

    def outside(self, session: date) -> tuple[str, ...]:
        """What of the state lies outside of what the smile of SPX was fitted on, in words."""
        return self._market.spx.flags(session)

    def points(self, contract: Contract, session: date) -> float:
        """One contract, index points."""
        key = (session, contract)
        if key not in self._worth:
            self._worth[key] = self._points(contract, session)
        return self._worth[key]

    def _points(self, contract: Contract, session: date) -> float:
        years = years_left(contract, session)
        if years <= 0.0:
            return self._settled(contract)
        quote = self._market.mark(session, contract)
        discount = stress.implied_discount(contract, quote, years)
        return stress.value(contract, quote, years=years, discount=discount)

    def _settled(self, contract: Contract) -> float:
        morning = not isinstance(contract, OptionContract) or contract.settlement == "AM"
        day = calendar.previous_session(contract.expiry) if morning else contract.expiry
        closes = self._history.vix if contract.underlying == "VIX" else self._history.spx
        level = float(closes.close[self._history.index(day)])
        if not isinstance(contract, OptionContract):
            return level
        sign = 1.0 if contract.right == "C" else -1.0
        return max(sign * (level - contract.strike), 0.0)


def years_left(contract: Contract, session: date) -> float:
    """To settlement from the session's decision moment; a future settles in the morning."""
    if isinstance(contract, OptionContract):
        return calendar.years_to(session, contract.series)
    morning = Expiry(root=contract.root, day=contract.expiry, settlement="AM")
    return calendar.years_to(session, morning)
