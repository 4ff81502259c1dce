"""What may still be spent on hedge premium: the two caps of D0, as room in cents.

Over a year: paid minus received in the trailing 252 sessions, as a share of the account; what sold
hedges brought is in it already. Open: the entry premium of the hedge now open, as a share of the
credit of the condors as they are once this session's orders are filled. Gains realised since layer
3 came on add to the second room, so that new protection is paid first from what the old one earned.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from steward.pricing.execution import exact
from steward.rules.schema import Hedge
from steward.terms.trades import BookFacts


@dataclass(slots=True, kw_only=True)
class Room:
    """Cents left under the yearly cap and under the open one; below 0 where a cap is passed."""

    year: int
    open: int

    def tighter(self, more_open: int = 0) -> tuple[int, str]:
        """The smaller of the two and its name; `more_open`: freed by a lot that is replaced."""
        if self.year <= self.open + more_open:
            return self.year, "the yearly cap on hedge premium"
        return self.open + more_open, "the cap on hedge premium open over condor credit"


def premium_room(hedge: Hedge, facts: BookFacts, credit: int) -> Room:
    """The room of one session.

    credit  entry credit of the condors, once this session's orders are filled, cents
    """
    year = _share_of(hedge.premium_cap_nav_per_year_percent, facts.nav)
    most = _share_of(hedge.premium_cap_open_percent, credit)
    return Room(
        year=year - facts.hedge_premium_year,
        open=most + facts.hedge_gain_realised - facts.hedge_premium_open,
    )


def _share_of(percent: float, amount: int) -> int:
    return floor(exact(percent) * amount / 100)
