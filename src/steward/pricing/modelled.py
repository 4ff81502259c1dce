"""The modelled market of a history: SPX options, VIX options and VIX futures as one source."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from steward.market.history import History
from steward.market.quotes import PRICED, Chain, Flag, Priced, Quote
from steward.pricing.rates import RateTable
from steward.pricing.spreads import NO_QUOTES
from steward.pricing.spx_model import SpxModel
from steward.pricing.term import TermTable
from steward.pricing.vix_model import VixModel
from steward.terms.contracts import UNDERLYING_OF_ROOT, Contract, Expiry, Underlying

LABEL = "modelled from SPX and VIX closes"
FAMILY_LABEL = "modelled from closes of SPX and its volatility indices"
SETTLED = "; VIX futures at their settlements where these are known"
FAMILY = ("vix9d", "vix3m", "vix6m", "skew", "vvix")
"""Series beside SPX and VIX, any of which the prices follow."""


class ModelledMarket:
    """A `QuoteSource` for every session of a history, from its closes alone.

    label      for manifests and pages       spx, vix  the two models behind it
    The models share one table of rates and one of term curves.
    """

    def __init__(self, history: History) -> None:
        """Prices nothing yet."""
        rates, terms = RateTable(history), TermTable(history)
        label = FAMILY_LABEL if any(name in history.series for name in FAMILY) else LABEL
        self.label = label if history.futures is None else label + SETTLED
        self.spx = SpxModel(history, rates, terms)
        self.vix = VixModel(history, rates, terms)

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        """Option series listed on `session`, by (day, root); none before 21 VIX closes."""
        return self._of(underlying).expiries(session)

    def futures(self, session: date) -> tuple[date, ...]:
        """Expiry days of the VX futures listed on `session`, nearest first."""
        return self.vix.futures(session)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """The whole series; None where it is not listed."""
        return self._of(UNDERLYING_OF_ROOT[expiry.root]).chain(session, expiry)

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """A price one could trade on; None where the contract is not listed or has settled."""
        return self._of(contract.underlying).quote(session, contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        """A price to value what is held: the quote, for a model has no other.

        Raises StewardError before 21 VIX closes are known, ValueError for what has settled.
        """
        return self._of(contract.underlying).mark(session, contract)

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        """What a page must say of the session's prices beside that they are modelled.

        Of what is asked for, in the order of `PRICED`. Empty where all that the model asks for is
        known and the state is one that was fitted, and before 21 VIX closes.
        """
        found: list[Flag] = []
        if "SPX options" in of:
            found += (
                Flag(of="SPX options", beyond=text != NO_QUOTES, text=text)
                for text in self.spx.flags(session)
            )
        if "VIX family" in of:
            found += (
                Flag(
                    of="VIX family",
                    beyond=False,
                    text=f"{name.upper()} is published, the listed expiries do not carry it",
                )
                for name in self.spx.not_carried(session)
            )
        if "VIX options" in of or "VIX futures" in of:
            found += (flag for flag in self.vix.flags(session) if flag.of in of)
        return tuple(found)

    def _of(self, underlying: Underlying) -> SpxModel | VixModel:
        return self.spx if underlying == "SPX" else self.vix
