"""Facts of one book, a row a session: what the rules may know of the ledger that they act for."""

from __future__ import annotations

import bisect
from collections import deque
from datetime import date

from steward.ledger.accounts import Account
from steward.pricing.payoff import entry_cost, max_loss
from steward.terms.contracts import OptionContract
from steward.terms.trades import HEDGE_PURPOSES, BookFacts, Lot

YEAR_SESSIONS = 252
FULL_MONTHS = 3


class FactsKeeper:
    """Follows one account; call `facts` once a session, after its marks.

    Wealth is followed as an index from which the owner's flows are taken out: a flow counts at the
    session's close, except on the first session, where it is the capital.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._sessions = 0
        self._last: date | None = None
        self._nav = 0
        self._index = 1.0
        self._peak = 1.0
        self._month_index: float | None = None  # at the end of the month before; None: not full
        self._months: deque[float] = deque(maxlen=FULL_MONTHS)
        self._premiums: deque[int] = deque(maxlen=YEAR_SESSIONS)
        self._premium_year = 0
        self._closed: list[date] = []
        self._gain_days: list[date] = []
        self._gain_sums: list[int] = [0]
        self._version = -1
        self._held = (0, 0, 0)

    def facts(
        self,
        *,
        margin_requirement: int,
        step_since: date | None = None,
        layer_3_since: date | None = None,
    ) -> BookFacts:
        """The facts at the present session's marks; money in cents.

        margin_requirement  of the book now, from `orders.margin`
        step_since          session of the last change of the allocation step; None: the start
        layer_3_since       session at which layer 3 came on; None: it is off, the gain is 0
        Raises ValueError when the session's facts were taken before.
        """
        account = self._account
        session, nav = account.session, account.equity
        if self._last == session:
            raise ValueError(f"the facts of {session} were taken before")
        self._follow(session, nav)
        if account.holdings_version != self._version:
            self._held = held(account.lots)
            self._version = account.holdings_version
        loss, credit, premium = self._held
        return BookFacts(
            session=session,
            nav=nav,
            cash=account.cash,
            peak_nav=round(nav * self._peak / self._index) if self._index > 0.0 else nav,
            drawdown=self._index / self._peak - 1.0,
            worst_month=min(self._months, default=None),
            condor_max_loss=loss,
            condor_credit=credit,
            closed_condors=self._closed_since(step_since),
            sessions_since_start=self._sessions - 1,
            hedge_premium_open=premium,
            hedge_premium_year=self._premium_year,
            hedge_gain_realised=self._gain_since(layer_3_since),
            margin_requirement=margin_requirement,
        )

    def _follow(self, session: date, nav: int) -> None:
        day, last = self._account.day, self._last
        if last is not None:
            if (last.year, last.month) != (session.year, session.month):
                if self._month_index is not None and self._month_index > 0.0:
                    self._months.append(self._index / self._month_index - 1.0)
                self._month_index = self._index
            # Of nothing, nothing is gained or lost; what was lost has an index of 0 already.
            grown = (nav - day.flow) / self._nav if self._nav > 0 else 1.0
            self._index *= max(grown, 0.0)
        self._peak = max(self._peak, self._index)
        self._nav, self._last = nav, session
        self._sessions += 1
        if len(self._premiums) == YEAR_SESSIONS:
            self._premium_year -= self._premiums[0]
        self._premiums.append(day.hedge_premium)
        self._premium_year += day.hedge_premium
        self._closed.extend(condor.session for condor in day.closed)
        if day.hedge_gain:
            self._gain_days.append(session)
            self._gain_sums.append(self._gain_sums[-1] + day.hedge_gain)

    def _closed_since(self, since: date | None) -> int:
        if since is None:
            return len(self._closed)
        return len(self._closed) - bisect.bisect_right(self._closed, since)

    def _gain_since(self, since: date | None) -> int:
        if since is None:
            return 0
        return self._gain_sums[-1] - self._gain_sums[bisect.bisect_left(self._gain_days, since)]


def held(lots: tuple[Lot, ...]) -> tuple[int, int, int]:
    """Of the lots now open, cents: condors' maximum loss, their entry credit, hedge premium paid.

    A structure's maximum loss has the credit taken off and never counts below 0; the premium of
    futures is 0.
    """
    condors: dict[str, list[Lot]] = {}
    premium = 0
    for lot in lots:
        if lot.purpose == "condor":
            condors.setdefault(lot.structure_id, []).append(lot)
        elif lot.purpose in HEDGE_PURPOSES and isinstance(lot.contract, OptionContract):
            premium += entry_cost((lot,))
    loss = sum(max(max_loss(legs), 0) for legs in condors.values())
    return loss, -sum(entry_cost(legs) for legs in condors.values()), premium
