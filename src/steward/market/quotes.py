"""Quotes as everything downstream sees them, whoever made them.

Real chains, modelled chains and simulated ones give these same records; `quality` says
which, and every door shows it. A source is asked only for sessions that are already known.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.history import Quarantined
from steward.terms.contracts import Contract, Expiry, Underlying
from steward.terms.trades import Quality

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One contract at one session's snapshot.

    bid, ask  ten-thousandths of an index point; bid 0 is a market, ask is above 0
    forward   of the option's own expiry and settlement (a future: its own price), index points
    vol       a fraction; NaN where the price carries none (and for futures)
    delta     per 1.00 of the forward, discounted; a future: 1
    gamma, vega, theta  per 1.00 and per year
    bid_size, ask_size  contracts displayed       volume  contracts traded that session
    minutes_old         of the quote at the decision moment
    origin              which quote it is: a file and line, a store, or `model`
    None is unknown, never 0.
    """

    bid: int
    ask: int
    quality: Quality
    forward: float
    vol: float
    delta: float
    gamma: float
    vega: float
    theta: float
    bid_size: int | None = None
    ask_size: int | None = None
    volume: int | None = None
    minutes_old: int | None = None
    origin: str = "model"

    @property
    def mid_twice(self) -> int:
        """bid + ask: twice the mid, so that it stays whole."""
        return self.bid + self.ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """All quotes of one series at one session, a row a contract, sorted by (call, strike).

    forward, discount, years  of the series: index points; value now of 1 at settlement; act/365
    strike, bid, ask          index points (bid and ask whole ten-thousandths)
    vol, delta, gamma, vega, theta  as in `Quote`; NaN where the quote carries no volatility
    call                      True for calls
    """

    session: date
    expiry: Expiry
    underlying: Underlying
    quality: Quality
    forward: float
    discount: float
    years: float
    strike: Floats
    call: Bools
    bid: Floats
    ask: Floats
    vol: Floats
    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFile:
    """The quotes of one file that are believed, and what was not.

    name    of the file, without its folder      sha256  of its content
    quotes  columns of `tables.CHAIN`, one snapshot a session
    early   how many of its sessions have quotes of 15:45 or 15:46, not of the end of the day
    inferred  sentences on what the file does not say itself
    read    records of the file
    """

    name: str
    sha256: str
    quotes: pl.DataFrame
    quarantined: tuple[Quarantined, ...]
    early: int = 0
    inferred: tuple[str, ...] = ()
    read: int = 0


Priced = Literal["SPX options", "VIX family", "VIX options", "VIX futures"]
PRICED: tuple[Priced, ...] = ("SPX options", "VIX family", "VIX options", "VIX futures")
"""What a flag can be about; `VIX family`: the indices that modelled SPX quotes are held to."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Flag:
    """What a page must say of a session's modelled prices beside that they are modelled.

    of      what is priced
    beyond  True: the state of the day lies outside of what was fitted. False: whatever the state,
            the data or the listing lack something that the model would ask for
    text    in words that are the same on every session on which it holds
    """

    of: Priced
    beyond: bool
    text: str

    def __str__(self) -> str:
        return f"{self.of}: {self.text}"


class QuoteSource(Protocol):
    """Who supplies quotes. All methods are pure functions of (history up to session, contract)."""

    label: str  # for manifests and pages: "modelled from SPX and VIX closes"

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        """Option series listed on `session` that have quotes, sorted by (day, root)."""

    def futures(self, session: date) -> tuple[date, ...]:
        """Expiry days of the VX futures listed on `session`, nearest first; none before 2004."""

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """The whole series, or None when this source has no quotes of it that session."""

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """A price one could trade on, or None: no quote. Never a fallback."""

    def mark(self, session: date, contract: Contract) -> Quote:
        """A price to value what is held: the quote, else a modelled one, flagged by `quality`."""

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        """What is to be said of the prices that a model made that session; empty: nothing."""
