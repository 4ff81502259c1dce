"""What contracts are worth in whole cents: at a price, at settlement, and at the worst.

Prices are whole ten-thousandths of an index point (e4). The multipliers of options and futures are
whole hundreds of dollars, and shares trade in whole cents, so nothing is ever rounded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from steward.terms.contracts import E4, Contract, FutureContract, OptionContract, ShareContract
from steward.terms.trades import Leg, Lot


def cents(contract: Contract, quantity: int, price: int) -> int:
    """`quantity` contracts at `price` (e4), in cents: 1 SPX option at 2.50 is 25,000 e4 and cents.

    Raises ValueError where that is no whole number of cents: a share at part of a cent.
    """
    whole, rest = divmod(quantity * price * contract.multiplier, 100)
    if rest:
        raise ValueError(f"{contract.key}: {quantity} at {price / E4:g} make part of a cent")
    return whole


def strike_e4(contract: OptionContract) -> int:
    """The strike in ten-thousandths of a point."""
    return round(contract.strike * E4)


def wider_width(legs: tuple[Leg, ...]) -> int:
    """The wider of a condor's two spreads, e4, whether it is opened or closed.

    Raises ValueError when the legs are not two puts and two calls.
    """
    widths = []
    for right in ("P", "C"):
        strikes = [
            strike_e4(leg.contract)
            for leg in legs
            if isinstance(leg.contract, OptionContract) and leg.contract.right == right
        ]
        if len(strikes) != 2 or len(legs) != 4:
            raise ValueError("the legs of a condor are two puts and two calls")
        widths.append(abs(strikes[1] - strikes[0]))
    return max(widths)


def settlement_price(contract: Contract, level: int) -> int:
    """What one contract pays when the index settles at `level`; both e4. A future pays the level.

    Raises ValueError for a share, which never settles.

    Source: max(0, S - K) and max(0, K - S), European, cash settled.
    """
    if isinstance(contract, FutureContract):
        return level
    if isinstance(contract, ShareContract):
        raise ValueError(f"{contract.key} is a share: it never settles")
    over = level - strike_e4(contract)
    return max(over, 0) if contract.right == "C" else max(-over, 0)


def worst_value(holdings: Iterable[tuple[int, OptionContract]]) -> int:
    """The least that options of one series can be worth at settlement, cents (a debt is below 0).

    A sum of payoffs is piecewise linear, so its minimum stands at a strike or at an index of 0,
    unless more calls are sold than bought: then ValueError, for the loss has no bound.
    """
    held = tuple(holdings)
    if sum(quantity for quantity, contract in held if contract.right == "C") < 0:
        raise ValueError("more calls sold than bought: the loss has no bound")
    levels = {0, *(strike_e4(contract) for _, contract in held)}
    return min(
        sum(cents(c, quantity, settlement_price(c, level)) for quantity, c in held)
        for level in levels
    )


def option_lots(lots: Iterable[Lot]) -> tuple[tuple[int, OptionContract], ...]:
    """The options among the lots, as `worst_value` takes them."""
    return tuple((x.quantity, x.contract) for x in lots if isinstance(x.contract, OptionContract))


def entry_cost(lots: Iterable[Lot]) -> int:
    """What the lots cost at their opening prices, cents, without fees; a credit is below 0."""
    return sum(cents(lot.contract, lot.quantity, lot.price) for lot in lots)


def max_loss(lots: Sequence[Lot]) -> int:
    """The most that one structure of options can lose at settlement, cents, fees left out.

    Of a condor: 100 * wider width * n, the entry credit taken off.
    """
    return _max_loss(tuple(lots))


@lru_cache(maxsize=4096)
def _max_loss(lots: tuple[Lot, ...]) -> int:
    """The same structure is asked for at every trade of its book, in every ledger."""
    return entry_cost(lots) - worst_value(option_lots(lots))
