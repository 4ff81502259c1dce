"""The only reader of the market: what was known at the close of one session.

Everything downstream holds a `MarketView`, so nothing downstream can see the future by accident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np

from steward.market.history import Floats, History, Observation
from steward.market.quotes import Chain, Quote, QuoteSource
from steward.terms.contracts import Contract, Expiry, Underlying
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True)
class MarketView:
    """The market as known at the decision moment of `session`."""

    session: date
    moment: datetime  # UTC
    row: int
    _history: History
    _quotes: QuoteSource
    _marks: dict[Contract, Quote] = field(default_factory=dict, repr=False, compare=False)
    """Marks asked for so far: every ledger of a run asks for the same ones, several times."""

    @property
    def spx(self) -> float:
        """Close, index points."""
        return float(self._history.spx.close[self.row])

    @property
    def vix(self) -> float:
        """Close, index points."""
        return float(self._history.vix.close[self.row])

    @property
    def sessions(self) -> tuple[date, ...]:
        """All sessions so far, this one last."""
        return self._history.sessions[: self.row + 1]

    def spx_closes(self, n: int) -> Floats:
        """The last `n` closes, this one last; fewer at the start of the history."""
        return self._history.spx.close[max(0, self.row + 1 - n) : self.row + 1]

    def vix_closes(self, n: int) -> Floats:
        """The last `n` closes, this one last; fewer at the start of the history."""
        return self._history.vix.close[max(0, self.row + 1 - n) : self.row + 1]

    def latest(self, name: str) -> Observation | None:
        """The newest known value of a series; None when it has none yet or is absent."""
        series = self._history.series.get(name)
        if series is None:
            return None
        moment = np.datetime64(self.moment.replace(tzinfo=None), "m")
        n = int(np.searchsorted(series.known_at, moment, side="right"))
        while n > 0 and not np.isfinite(series.value[n - 1]):
            n -= 1
        if n == 0:
            return None
        known = series.known_at[n - 1].astype("datetime64[s]").item().replace(tzinfo=UTC)
        age = (self.moment - known).days
        return Observation(
            value=float(series.value[n - 1]),
            period=series.period[n - 1].astype("datetime64[D]").item(),
            known_at=known,
            age_days=age,
            fresh=age <= series.max_age_days,
        )

    def expiries(self, underlying: Underlying) -> tuple[Expiry, ...]:
        return self._quotes.expiries(self.session, underlying)

    def futures(self) -> tuple[date, ...]:
        return self._quotes.futures(self.session)

    def chain(self, expiry: Expiry) -> Chain | None:
        return self._quotes.chain(self.session, expiry)

    def quote(self, contract: Contract) -> Quote | None:
        """A price one could trade on at this session's snapshot, or None."""
        return self._quotes.quote(self.session, contract)

    def mark(self, contract: Contract) -> Quote:
        """A price to value what is held, flagged by its quality when it is modelled."""
        found = self._marks.get(contract)
        if found is None:
            found = self._marks[contract] = self._quotes.mark(self.session, contract)
        return found


def as_of(history: History, quotes: QuoteSource, session: date) -> MarketView:
    """The view at the close of `session`.

    Raises StewardError when the history has no such session.
    """
    try:
        row = history.index(session)
    except KeyError:
        first, last = history.sessions[0], history.sessions[-1]
        raise StewardError(
            f"{session} is not a session of this history ({history.label}, {first} to {last}): "
            "choose a trading day in that span, or bring more data with --data DIR"
        ) from None
    moment = history.moments[row].astype("datetime64[s]").item().replace(tzinfo=UTC)
    return MarketView(session, moment, row, history, quotes)
