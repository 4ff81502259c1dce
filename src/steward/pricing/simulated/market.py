"""The modelled market of a simulated history: the same prices, called what they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from steward.market.history import History
from steward.market.quotes import Chain, Quote
from steward.pricing.modelled import ModelledMarket
from steward.terms.contracts import Contract, Expiry

LABEL = "simulated: modelled from simulated closes"


class SimulatedMarket(ModelledMarket):
    """A `QuoteSource` for a simulated history; every price has the quality `simulated`.

    A settlement of a VIX future counts as simulated too: no exchange published it.
    """

    def __init__(self, history: History) -> None:
        """Prices nothing yet."""
        super().__init__(history)
        self.label = LABEL

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """As `ModelledMarket.chain`."""
        found = super().chain(session, expiry)
        return None if found is None else replace(found, quality="simulated")

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """As `ModelledMarket.quote`."""
        found = super().quote(session, contract)
        return None if found is None else replace(found, quality="simulated")

    def mark(self, session: date, contract: Contract) -> Quote:
        """As `ModelledMarket.mark`."""
        return replace(super().mark(session, contract), quality="simulated")


def market_of(history: History) -> ModelledMarket:
    """The modelled market of a history, or the simulated one where the history is simulated."""
    return SimulatedMarket(history) if history.simulated else ModelledMarket(history)
