"""What all rebuilt indices share with the engine: prices, settlements, interest, calendar.

Prices are index points. New options are bought and sold at the session's quotes, `crossed` of the
half spread away from the middle; what is held is marked at the middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.market.quotes import Chain, QuoteSource
from steward.market.settlements import SettlementValue
from steward.pricing.payoff import settlement_price
from steward.pricing.rates import RateTable
from steward.studies.indices.openings import settled
from steward.terms.contracts import E4, UNDERLYING_OF_ROOT, Expiry, OptionContract
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One option of a roll.

    quantity  of one unit: bought above 0, sold below 0
    price     at which it was traded, mid of the close of that session: index points
    delta     as its quote has it
    """

    contract: OptionContract
    quantity: float
    price: float
    mid: float
    delta: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """What happened on one roll day.

    settled   the value on which the old options settled; None where none were held
    payoff    of one old unit as its holder sees it, index points
    legs      the new options; empty where there is none, and `why` says the reason
    units     of the new package that the index holds, at 100 on its first day
    """

    session: date
    settled: SettlementValue | None
    payoff: float
    legs: tuple[Leg, ...]
    units: float
    why: str = ""

    @property
    def cost(self) -> float:
        """Of one unit of the new options, index points: below 0 is a credit."""
        return math.fsum(leg.quantity * leg.price for leg in self.legs)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A history, its quotes, and how an index trades in it.

    dividends  index points that go ex on each session, one a session of the history
    crossed    share of the half spread paid beyond the middle, 0 to 1
    """

    history: History
    quotes: QuoteSource
    dividends: Floats
    crossed: float
    _rates: RateTable = field(init=False, repr=False, compare=False)
    _paid: Floats = field(init=False, repr=False, compare=False)
    _total: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0.0 <= self.crossed <= 1.0:  # written so that NaN fails too
            raise StewardError(
                f"a share of the half spread lies between 0 and 1, not at {self.crossed:g}"
            )
        if self.dividends.size != len(self.history.sessions):
            raise ValueError("dividends need one value a session")
        object.__setattr__(self, "_rates", RateTable(self.history))
        object.__setattr__(self, "_paid", np.cumsum(self.dividends))
        close = self.history.spx.close
        gross = (close[1:] + self.dividends[1:]) / close[:-1]
        object.__setattr__(self, "_total", np.cumprod(np.concatenate(([1.0], gross))))

    def spot(self, session: date) -> float:
        """SPX at the close, index points."""
        return float(self.history.spx.close[self.history.index(session)])

    def paid(self, since: date, session: date) -> float:
        """Dividends that went ex after `since`, up to and with `session`, index points."""
        row, before = self.history.index(session), self.history.index(since)
        return float(self._paid[row] - self._paid[before])

    def total_return(self, since: date, session: date) -> float:
        """Of shares held from one close to another, dividends reinvested at the closes: a ratio."""
        row, before = self.history.index(session), self.history.index(since)
        return float(self._total[row] / self._total[before])

    def rate(self, session: date, years: float) -> float:
        """Of bills of that tenor as known at the close: continuous, a year."""
        return self._rates.zero_rate(self.history.index(session), years)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """The series, or None where it has no quotes or no forward that session."""
        if expiry not in self.quotes.expiries(session, UNDERLYING_OF_ROOT[expiry.root]):
            return None
        found = self.quotes.chain(session, expiry)
        return found if found is not None and math.isfinite(found.forward) else None

    def mark(self, session: date, contract: OptionContract) -> float:
        """The middle of the quote, index points."""
        return self.quotes.mark(session, contract).mid_twice / (2 * E4)

    def leg(self, chain: Chain, row: int, quantity: float) -> Leg:
        """The option in that row of a chain, traded at that session's close."""
        bid, ask = float(chain.bid[row]), float(chain.ask[row])
        mid, half = 0.5 * (bid + ask), 0.5 * (ask - bid)
        contract = OptionContract(
            root=chain.expiry.root,
            expiry=chain.expiry.day,
            strike=float(chain.strike[row]),
            right="C" if chain.call[row] else "P",
            settlement=chain.expiry.settlement,
        )
        return Leg(
            contract=contract,
            quantity=quantity,
            price=mid + math.copysign(self.crossed * half, quantity),
            mid=mid,
            delta=float(chain.delta[row]),
        )

    def payoff(self, legs: tuple[Leg, ...], session: date) -> tuple[SettlementValue | None, float]:
        """What legs of one series are worth at settlement: the value, and points of one unit."""
        if not legs:
            return None, 0.0
        value = settled(self.history, legs[0].contract, session)
        level = value.value_e4
        paid = (leg.quantity * settlement_price(leg.contract, level) / E4 for leg in legs)
        return value, math.fsum(paid)

    def worth(self, legs: tuple[Leg, ...], session: date) -> float:
        """One unit of the legs at the middle, index points."""
        return math.fsum(leg.quantity * self.mark(session, leg.contract) for leg in legs)
