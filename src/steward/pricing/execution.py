"""What a trade costs now: the k-fill, the price grid, a package's net. Its fees: see `fees`.

One set of rules for the whole line: `rules` reads the credit from it, `orders` the limit, `ledger`
the fill. Prices are whole ten-thousandths of an index point (e4), bought above 0; all is decided in
integers, and every rounding goes against the trader.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from steward.market.quotes import Quote
from steward.pricing import coefficients
from steward.terms.contracts import Contract, OptionContract, ShareContract
from steward.terms.trades import Leg, Pricing

LEG_GRID = 100
"""e4: the legs of a package are priced in 0.01, whatever their own tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagePrice:
    """A package of two legs or more as one complex order.

    net    of one unit, e4, paid above 0, on the net's grid
    legs   e4, one a leg in their order, each 0 or above, whole hundredths of a point; the sum of
           leg price times leg quantity is the net
    """

    net: int
    legs: tuple[int, ...]


def exact(share: float) -> Fraction:
    """The decimal number that a rule file shows: 0.1 is one tenth, not its nearest binary."""
    return _exact(float(share))


@lru_cache(maxsize=256)
def _exact(share: float) -> Fraction:
    return Fraction(repr(share))


def leg_price(quote: Quote, quantity: int, fill_share: float, tick: int) -> int:
    """mid + k * half spread to buy, mid - k * half spread to sell, rounded against the trader, e4.

    quantity    its sign says bought or sold         fill_share  k: 0 is the mid, 1 the touch
    tick        e4; a purchase is rounded up to it, a sale down
    A contract that nobody bids for is bought at the ask and sold at 0, whatever k: the middle of
    an empty market is no price. Raises ValueError when k is outside 0..1 or nothing is traded.
    """
    price, parts = _raw(quote.bid, quote.ask, quantity, fill_share)
    steps = -(-price // (parts * tick)) if quantity > 0 else price // (parts * tick)
    return steps * tick


def _raw(bid: int, ask: int, quantity: int, fill_share: float) -> tuple[int, int]:
    """The k-fill before rounding, as an exact quotient; its divisor depends on k alone."""
    if not 0.0 <= fill_share <= 1.0:  # written so that NaN fails too
        raise ValueError(f"the share of the half spread must be 0 to 1, was {fill_share}")
    if quantity == 0:
        raise ValueError("a leg of no contracts has no price")
    k = exact(fill_share)
    parts = 2 * k.denominator
    if bid <= 0:
        return (ask * parts if quantity > 0 else 0), parts
    toward = k.numerator if quantity > 0 else -k.numerator
    return (bid + ask) * k.denominator + (ask - bid) * toward, parts


def single_price(
    contract: Contract, quote: Quote, quantity: int, fill_share: float, session: date
) -> int:
    """`leg_price` of an order with one leg, on the tick of that contract, price and day, e4."""
    price, parts = _raw(quote.bid, quote.ask, quantity, fill_share)
    return leg_price(quote, quantity, fill_share, tick_of(contract, price // parts, session))


def order_price(
    quoted: Sequence[tuple[Leg, Quote]],
    fill_share: float,
    session: date,
    pricing: Pricing = "package",
) -> tuple[int, tuple[int, ...]]:
    """Net of one unit (paid above 0) and the price of each leg, e4.

    Two legs or more are one package, unless `pricing` is `legs`: then each is on its own tick.
    """
    if len(quoted) > 1 and pricing == "package":
        package = package_price(quoted, fill_share, session)
        return package.net, package.legs
    prices = tuple(
        single_price(leg.contract, quote, leg.quantity, fill_share, session)
        for leg, quote in quoted
    )
    net = sum(leg.quantity * price for (leg, _), price in zip(quoted, prices, strict=True))
    return net, prices


def net_price(legs: Iterable[tuple[int, int, int]], fill_share: float, grid: int) -> int:
    """The net of a package alone, e4, paid above 0: all legs at their k-fills, rounded once.

    legs  (quantity in one unit, bid, ask), prices e4        grid  of the net, e4
    """
    paid = 0
    parts = 1
    for quantity, bid, ask in legs:
        price, parts = _raw(bid, ask, quantity, fill_share)
        paid += quantity * price
    return -(-paid // (parts * grid)) * grid


def package_price(
    legs: Sequence[tuple[Leg, Quote]], fill_share: float, session: date
) -> PackagePrice:
    """One complex order: each leg at its k-fill, the net rounded once against the trader.

    The legs go to the nearest 0.01, and what the net's rounding leaves lies on the short put of
    the structure (the highest put, opened or closed), where that leg trades once a unit; else, and
    where a price would fall below 0 or an unbid leg be sold above 0, on the first sold leg that
    can take it, then on the last of the others.
    Raises ValueError for fewer than two legs, for legs of two underlyings, and when no leg trades
    once a unit.
    """
    if len(legs) < 2:
        raise ValueError("a package has two legs or more")
    underlyings = {leg.contract.underlying for leg, _ in legs}
    if len(underlyings) > 1:
        raise ValueError(f"one package on two underlyings: {sorted(underlyings)}")
    grid = max(package_grid(leg.contract, session) for leg, _ in legs)
    raw = [_raw(quote.bid, quote.ask, leg.quantity, fill_share) for leg, quote in legs]
    parts = raw[0][1]
    net = net_price([(x.quantity, q.bid, q.ask) for x, q in legs], fill_share, grid)
    step = parts * LEG_GRID
    prices = [(2 * price + step) // (2 * step) * LEG_GRID for price, _ in raw]
    left = net - sum(leg.quantity * price for (leg, _), price in zip(legs, prices, strict=True))
    for i in _takers([leg for leg, _ in legs]):
        sign = legs[i][0].quantity
        most = prices[i] if sign * left < 0 else (0 if sign < 0 and legs[i][1].bid <= 0 else None)
        part = abs(left) if most is None else min(abs(left), most)
        prices[i] += part if sign * left > 0 else -part
        left += -part if left > 0 else part
    if left:
        raise ValueError("no leg of this package can take the rounding of its net")
    return PackagePrice(net=net, legs=tuple(prices))


def _takers(legs: Sequence[Leg]) -> list[int]:
    """Legs that trade once a unit, in the order in which they take the rounding."""
    once = [i for i, leg in enumerate(legs) if abs(leg.quantity) == 1]

    def rank(i: int) -> tuple[int, float]:
        leg = legs[i]
        if i == short_put:
            return (0, 0.0)
        return (1, float(i)) if leg.quantity < 0 else (2, -float(i))

    puts = [
        (leg.contract.strike, -i)
        for i, leg in enumerate(legs)
        if isinstance(leg.contract, OptionContract) and leg.contract.right == "P"
    ]
    short_put = -max(puts)[1] if puts else -1
    return sorted(once, key=rank)


# --- dated grids ---------------------------------------------------------------------------------


@coefficients.remembered()
def _ticks() -> dict[str, list[dict[str, Any]]]:
    """Rows of the grids by root, the newest first."""
    rows: dict[str, list[dict[str, Any]]] = {}
    found = tomllib.loads(coefficients.text("ticks"))["grid"]
    for row in sorted(found, key=lambda r: r["from"], reverse=True):
        for root in row["roots"]:
            rows.setdefault(root, []).append(row)
    return rows


def _row(root: str, session: date) -> dict[str, Any]:
    return next(row for row in _ticks()[root] if row["from"] <= session)


def tick_of(contract: Contract, price: int, session: date) -> int:
    """The tick of a single-leg order at `price` on that day; all e4."""
    steps = _row(_of_grid(contract), session)["steps"]
    return int(next(s["tick"] for s in steps if price < s.get("below", price + 1)))


def package_grid(contract: Contract, session: date) -> int:
    """The grid of the net of a package with this contract in it, e4."""
    return int(_row(_of_grid(contract), session)["package"])


def _of_grid(contract: Contract) -> str:
    """The root under which the grids name a contract."""
    return "share" if isinstance(contract, ShareContract) else contract.root
