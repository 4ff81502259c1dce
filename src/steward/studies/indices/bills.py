"""Indices that hold bills and sell options: CNDR, BFLY and PUT.

Between two rolls nothing is traded. A bill earns what it said on the day it was bought: its rate
continuous, by the calendar. On a roll day the old options settle, the new ones are sold at the
close, and what they bring is put into bills too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date

from steward.market.quotes import Chain
from steward.studies.indices.packages import Package, width
from steward.studies.indices.world import Leg, Roll, World

MONTH, QUARTER = 1.0 / 12.0, 0.25
"""Years of the bills that are held."""

COVERED = 10.0
"""Times that bills cover the most the options can cost. Source: Cboe, BFLY and CNDR."""

QUARTERLY = (3, 6, 9, 12)
"""Months in whose roll PUT puts all it has into three-month bills. Source: Cboe, PUT."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An amount put into bills at a continuous rate."""

    amount: float
    rate: float
    since: date

    def at(self, session: date) -> float:
        """What it has become."""
        return self.amount * math.exp(self.rate * (session - self.since).days / 365.0)


class CoveredSpread:
    """CNDR and BFLY: n units of a spread of defined loss over bills of a month.

    n = V / (10 w): V what the index is worth before the new options are sold, w the wider side of
    the spread. The credit is not taken off w: in the published history a spread that settles
    beyond its wings costs the index about 8.4 %, which is (w - c) / (10 w); with n = V / (10 (w -
    c)) it would cost 10 % each time.
    """

    def __init__(self, world: World, package: Package) -> None:
        self._world, self._package = world, package
        self._bill: Bill | None = None
        self._legs: tuple[Leg, ...] = ()
        self._units = 0.0

    def roll(self, session: date, chain: Chain | None, why: str) -> Roll:
        """Settle what is held, sell anew. `chain` None: there is no new series, and `why`."""
        world = self._world
        settled, payoff = world.payoff(self._legs, session)
        bills = 100.0 if self._bill is None else self._bill.at(session)
        worth = bills + self._units * payoff
        legs = why if chain is None else self._package(world, chain, world.spot(session))
        done = Roll(session=session, settled=settled, payoff=payoff, legs=(), units=0.0)
        if isinstance(legs, str):
            self._legs, self._units = (), 0.0
            done = replace(done, why=legs)
        else:
            self._legs, self._units = legs, worth / (COVERED * width(legs))
            done = replace(done, legs=legs, units=self._units)
        cash = worth - self._units * done.cost
        self._bill = Bill(cash, world.rate(session, MONTH), session)
        return done

    def value(self, session: date) -> float:
        """Of the index, options at their middle."""
        assert self._bill is not None
        return self._bill.at(session) + self._units * self._world.worth(self._legs, session)


class CashSecuredPut:
    """PUT: puts at the money sold on bills that cover their strikes at expiry.

    On rolls of March, June, September and December all is put into bills of three months; on the
    others what the puts bring goes into bills of one month, and what they cost is taken from these
    and then from the longer ones. N is such that at the next expiry all bills together are N K.
    """

    def __init__(self, world: World, package: Package) -> None:
        self._world, self._package = world, package
        self._long: Bill | None = None
        self._short: Bill | None = None
        self._legs: tuple[Leg, ...] = ()
        self._units = 0.0

    def roll(self, session: date, chain: Chain | None, why: str) -> Roll:
        """As `CoveredSpread.roll`."""
        world = self._world
        settled, payoff = world.payoff(self._legs, session)
        cash = self._units * payoff
        cash += 0.0 if self._short is None else self._short.at(session)
        if self._long is None:
            cash += 100.0
        elif session.month in QUARTERLY:
            cash += self._long.at(session)
            self._long = None
        elif cash < 0.0:
            self._long, cash = Bill(self._long.at(session) + cash, self._long.rate, session), 0.0
        legs = why if chain is None else self._package(world, chain, world.spot(session))
        done = Roll(session=session, settled=settled, payoff=payoff, legs=(), units=0.0)
        expiry = session if chain is None else chain.expiry.day
        quarterly = self._long is None
        rate = world.rate(session, QUARTER if quarterly else MONTH)
        grown = math.exp(rate * (expiry - session).days / 365.0)
        if isinstance(legs, str):
            self._legs, self._units = (), 0.0
            done = replace(done, why=legs)
        else:
            (put,) = legs
            at_expiry = cash * grown + (0.0 if self._long is None else self._long.at(expiry))
            self._legs = legs
            self._units = at_expiry / (put.contract.strike - put.price * grown)
            done = replace(done, legs=legs, units=self._units)
        cash -= self._units * done.cost
        if quarterly:
            self._long, self._short = Bill(cash, rate, session), None
        else:
            self._short = Bill(cash, rate, session)
        return done

    def value(self, session: date) -> float:
        """Of the index, the put at its middle."""
        bills = (bill.at(session) for bill in (self._long, self._short) if bill is not None)
        return math.fsum(bills) + self._units * self._world.worth(self._legs, session)
