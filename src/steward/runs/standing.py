"""How a ledger stands with its margin, from session to session: calls, when met, insolvency.

A call is found at the marks of a session: what is required is more than what counts. It stands
until the marks of a later session at which it is not. Insolvent is a ledger from the marks on at
which it is worth less than nothing, and stays so whatever comes: it closes everything, opens
nothing, and its debt goes on to bear interest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from steward.orders.margin import MarginProfile
from steward.rules.words import dollars

Change = Literal["none", "called", "stands", "met", "insolvent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """At the marks of one session; amounts in cents.

    required     maintenance margin of the book      funds  what counts towards it
    since        session at which the call that stands was found; None: there is none
    first        that of the ledger's first call; None: it never had one
    insolvent    session at which it was first worth less than nothing; None: never
    change       what this session brought
    """

    required: int = 0
    funds: int = 0
    since: date | None = None
    first: date | None = None
    insolvent: date | None = None
    change: Change = "none"

    @property
    def called(self) -> bool:
        return self.since is not None

    @property
    def deficit(self) -> int:
        """What is lacking; 0: nothing."""
        return max(self.required - self.funds, 0)

    @property
    def apart(self) -> bool:
        """Whether its condors need no longer be those of the other ledgers."""
        return self.first is not None or self.insolvent is not None

    @property
    def utilisation(self) -> float | None:
        """Required over what counts, a fraction; None: nothing counts, and something is needed."""
        if self.funds > 0:
            return self.required / self.funds
        return 0.0 if self.required == 0 == self.funds else None

    @property
    def refusal(self) -> str:
        """Why nothing is opened, in words; empty: it may be."""
        if self.insolvent is not None:
            return f"the ledger is insolvent since {self.insolvent}: it takes nothing any more"
        if self.since is not None:
            return f"a margin call stands since {self.since}: nothing is opened until it is met"
        return ""

    def at(self, session: date, *, required: int, funds: int, equity: int) -> Standing:
        """At the marks of the next session."""
        short = required > funds
        now = replace(self, required=required, funds=funds, change="none")
        if self.insolvent is not None:
            return now
        if equity < 0:
            return replace(now, insolvent=session, since=None, change="insolvent")
        if short and self.since is None:
            return replace(now, since=session, first=self.first or session, change="called")
        if short:
            return replace(now, change="stands")
        if self.since is not None:
            return replace(now, since=None, change="met")
        return now

    def sentence(self, profile: MarginProfile, equity: int) -> str:
        """What the session brought, in words; empty: nothing."""
        kind = "cash" if profile.held_against == "cash" else "account value"
        sums = f"{dollars(self.required)} is required, {dollars(self.funds)} of {kind} is there"
        lacking = f"{dollars(self.deficit)} is lacking"
        return {
            "none": "",
            "called": f"Margin call: {sums}, {lacking}.",
            "stands": f"The margin call of {self.since} stands: {sums}, {lacking}.",
            "met": f"The margin call is met: {sums}.",
            "insolvent": f"Insolvent: the account is worth {dollars(equity)}.",
        }[self.change]
