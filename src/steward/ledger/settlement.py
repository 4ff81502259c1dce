"""What time does to the book: expiry, the daily variation of futures, interest on cash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from steward.pricing.execution import exact
from steward.pricing.payoff import cents, settlement_price
from steward.terms.contracts import FutureContract, OptionContract, Settlement
from steward.terms.trades import Lot, Quality


class SettlementValue(Protocol):
    """The index level on which a contract settles, or a named proxy of it (made by `market`)."""

    @property
    def value_e4(self) -> int:
        """Ten-thousandths of a point."""

    @property
    def source(self) -> str:
        """SET, spx_close, VRO, vx_final, or the name of the proxy."""

    @property
    def proxy(self) -> bool:
        """Whether something else stands in for the official value."""

    @property
    def quality(self) -> Quality | None:
        """Of the value as a price: an exchange's settlement or simulated; None for a proxy."""

    @property
    def low_e4(self) -> int | None:
        """Lower bound of the true value when a proxy is used; None without one."""

    @property
    def high_e4(self) -> int | None:
        """Upper bound."""


SettledState = Literal["settled by value", "settled by proxy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of one lot at its expiry.

    level      the settlement value, e4         cash  gained, cents: an option's payoff; a future's
               last variation
    low, high  bounds of `cash` when a proxy was used, else None
    """

    lot: Lot
    level: int
    cash: int
    low: int | None
    high: int | None
    state: SettledState
    source: str


def due(lots: Iterable[Lot], session: date, when: Settlement) -> tuple[Lot, ...]:
    """Lots that settle now: on the opening print (AM; futures too) or on the close (PM).

    A lot whose expiry fell between two sessions of the history is due at the first one after it.
    """
    return tuple(lot for lot in lots if _is_due(lot, session, when))


def _is_due(lot: Lot, session: date, when: Settlement) -> bool:
    contract = lot.contract
    if contract.expiry != session:
        return contract.expiry < session
    style = contract.settlement if isinstance(contract, OptionContract) else "AM"
    return style == when


def settle(lot: Lot, value: SettlementValue) -> Settled:
    """Cash of the whole lot at the settlement value, in cents, with bounds when it is a proxy.

    Each payoff is monotone in the level, so its bounds lie at the bounds of the level.
    """
    low: int | None = None
    high: int | None = None
    if value.proxy and value.low_e4 is not None and value.high_e4 is not None:
        ends = (_gained(lot, value.low_e4), _gained(lot, value.high_e4))
        low, high = min(ends), max(ends)
    return Settled(
        lot=lot,
        level=value.value_e4,
        cash=_gained(lot, value.value_e4),
        low=low,
        high=high,
        state="settled by proxy" if value.proxy else "settled by value",
        source=value.source,
    )


def _gained(lot: Lot, level: int) -> int:
    if isinstance(lot.contract, FutureContract):
        return variation(lot, level)
    return cents(lot.contract, lot.quantity, settlement_price(lot.contract, level))


def variation(lot: Lot, price: int) -> int:
    """Cash of a future's lot for the move from its last variation price to `price`, cents."""
    return cents(lot.contract, lot.quantity, price - lot.variation_price)


def interest(cash: int, annual_rate: float, days: int, *, debit_spread: float = 0.0) -> int:
    """Simple interest act/365 on `cash` (cents) over calendar `days`, in cents, half to even.

    annual_rate   a fraction        debit_spread  added to the rate that a debt pays
    Below 0 on a debt. Raises ValueError when the rate is not a number: unknown is not zero.
    """
    rate = exact(annual_rate) + (exact(debit_spread) if cash < 0 else 0)
    whole, rest = divmod(cash * rate.numerator * days, rate.denominator * 365)
    twice = 2 * rest - rate.denominator * 365
    return whole + (twice > 0 or (twice == 0 and whole % 2 == 1))
