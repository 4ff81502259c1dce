"""Indices that hold the shares of the S&P 500 with an option beside each: BXM, PPUT and VXTH."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from steward.market.quotes import Chain
from steward.studies.indices.packages import Package
from steward.studies.indices.world import Leg, Roll, World
from steward.terms.contracts import E4

WEIGHTS = ((15.0, 0.0), (30.0, 0.01), (50.0, 0.005))
"""Of VIX calls in VXTH: up to and with that future, that share; above the last, none. Source:
Cboe, VIX Tail Hedge Index."""


def weight(future: float) -> float:
    """Share of VXTH that goes into VIX calls when the front future stands at `future` points."""
    return next((share for highest, share in WEIGHTS if future <= highest), 0.0)


class Overlay:
    """BXM and PPUT: one option sold or bought on each index of shares.

    Gross return between two moments, all of it reinvested: (S + D + q C) / (S0 + q C0), D the
    dividends between them, q C the option's value. On a roll day there are three parts: to the
    settlement, shares alone to the close, and the new option from the price at which it was traded
    to its middle. Source: R. E. Whaley, "Return and risk of CBOE buy write monthly index",
    J. Derivatives 10 (2002).
    """

    def __init__(self, world: World, package: Package) -> None:
        self._world, self._package = world, package
        self._level = 100.0
        self._base = 0.0
        self._since: date | None = None
        self._legs: tuple[Leg, ...] = ()

    def roll(self, session: date, chain: Chain | None, why: str) -> Roll:
        """Settle what is held, trade anew. `chain` None: there is no new series, and `why`."""
        world, spot = self._world, self._world.spot(session)
        settled, payoff = world.payoff(self._legs, session)
        if self._since is not None:
            level = spot if settled is None else settled.value_e4 / E4
            paid = world.paid(self._since, session)
            self._level *= (level + paid + payoff) / self._base * spot / level
        legs = why if chain is None else self._package(world, chain, spot)
        done = Roll(session=session, settled=settled, payoff=payoff, legs=(), units=0.0)
        if isinstance(legs, str):
            self._legs = ()
            done = replace(done, why=legs)
        else:
            self._legs = legs
            done = replace(done, legs=legs)
            done = replace(done, units=self._level / (spot + done.cost))
        self._base, self._since = spot + done.cost, session
        return done

    def value(self, session: date) -> float:
        """Of the index, the option at its middle; what was paid since is reinvested."""
        assert self._since is not None
        world = self._world
        worth = world.spot(session) + world.worth(self._legs, session)
        self._level *= (worth + world.paid(self._since, session)) / self._base
        self._base, self._since = worth, session
        return self._level


class TailHedge:
    """VXTH: shares with dividends reinvested, and a share of VIX calls by the front future.

    n calls at the price paid are w V; the other (1 - w) V holds the S&P 500 total return until the
    calls settle.
    """

    def __init__(self, world: World, package: Package) -> None:
        self._world, self._package = world, package
        self._shares = 0.0  # worth of the shares at the last roll
        self._since: date | None = None
        self._legs: tuple[Leg, ...] = ()
        self._units = 0.0

    def roll(self, session: date, chain: Chain | None, why: str) -> Roll:
        """Settle the calls, weigh anew at the close. `chain` None: no new series, and `why`."""
        world = self._world
        settled, payoff = world.payoff(self._legs, session)
        worth = self._grown(session) + self._units * payoff if self._since else 100.0
        done = Roll(session=session, settled=settled, payoff=payoff, legs=(), units=0.0)
        share = 0.0
        if chain is not None:
            share = weight(chain.forward)
            why = f"VIX future at {chain.forward:.2f}: no calls"
        legs = self._package(world, chain, world.spot(session)) if chain and share else why
        if isinstance(legs, str):
            self._legs, self._units, share = (), 0.0, 0.0
            done = replace(done, why=legs)
        else:
            (call,) = legs
            self._legs, self._units = legs, share * worth / call.price
            done = replace(done, legs=legs, units=self._units)
        self._shares, self._since = (1.0 - share) * worth, session
        return done

    def value(self, session: date) -> float:
        """Of the index, calls at their middle."""
        return self._grown(session) + self._units * self._world.worth(self._legs, session)

    def _grown(self, session: date) -> float:
        """Worth of the shares at a session's close."""
        assert self._since is not None
        return self._shares * self._world.total_return(self._since, session)
