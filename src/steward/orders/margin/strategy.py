"""The requirement of one structure by strategy, cents, rounded up: fixed amounts, no model.

    spread, condor   the greater of the two sides, or both spreads where the profile says so
    short box        1.02 times what closing costs, at least its strike distance
    naked option     its price now, and the share of the spot index less what it is out of the
                     money, at least a tenth of the index (a put: of its strike)
    short straddle   the greater of the two, and the other one's price
    long option      nothing: it is paid for

Entry credits are not taken off: they are in the cash that the requirement is held against.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from steward.market.quotes import Quote
from steward.orders.margin.apart import Apart, Options, of_right, take_apart
from steward.orders.margin.profiles import MarginProfile
from steward.pricing.payoff import cents, strike_e4
from steward.terms.contracts import E4, Contract, OptionContract
from steward.terms.errors import StewardError


class Marks(Protocol):
    """What a requirement reads of the market: a `MarketView` is one."""

    @property
    def session(self) -> date: ...
    @property
    def spx(self) -> float:
        """The spot index, points."""

    @property
    def vix(self) -> float: ...
    def mark(self, contract: Contract) -> Quote: ...


def checked(options: Options, profile: MarginProfile) -> Apart:
    """The structure taken apart. Raises StewardError where something is naked and may not be."""
    found = take_apart(options)
    if found.naked and not profile.naked:
        raise StewardError(
            f"{found.naked[0][1].key} is sold without cover: {profile.name} allows no naked "
            "options (--margin); choose a margin account, or buy the cover"
        )
    return found


def fixed_requirement(found: Apart, profile: MarginProfile) -> int:
    """What its spreads and pairs need, whatever the market does."""
    total = found.gaps
    for put, call, whole in found.sides:
        both = profile.unequal_widths == "sum" and put != call
        total += max(put + call if both else max(put, call), whole)
    return total


def moving_requirement(found: Apart, marks: Marks, profile: MarginProfile) -> int:
    """What its boxes and naked options need at these marks."""
    total = sum(_box(box, marks, profile) for box in found.boxes)
    for underlying in dict.fromkeys(contract.underlying for _, contract in found.naked):
        own = [one for one in found.naked if one[1].underlying == underlying]
        total += _naked(own, marks, profile)
    return total


def _box(box: Options, marks: Marks, profile: MarginProfile) -> int:
    """Source: facts on boxes; closing costs what buying it back at the middle does."""
    cost = -sum(cents(one, quantity, marks.mark(one).mid_twice) for quantity, one in box)
    distance = max(-sum(_settled(one, quantity) for quantity, one in box), 0)
    return max(-(-cost * profile.box_percent // 200), distance)


def _settled(contract: OptionContract, quantity: int) -> int:
    """Its value with the index at 0, cents: a box is worth the same everywhere."""
    return cents(contract, quantity, strike_e4(contract)) if contract.right == "P" else 0


def _naked(sold: Sequence[tuple[int, OptionContract]], marks: Marks, profile: MarginProfile) -> int:
    """Puts and calls of one underlying: pairs need the greater of the two and the other's price.

    All prices are in the sum whichever is greater, so only the shares are told apart.
    """
    puts, calls = (
        sorted(
            ((_price(one, marks), _share(one, marks, profile), n) for n, one in side),
            key=lambda part: (-part[0] - part[1], part),
        )
        for side in (of_right(sold, "P"), of_right(sold, "C"))
    )
    total = sum(price * n for price, _, n in (*puts, *calls))
    left_puts, left_calls = _units(puts), _units(calls)
    while left_puts and left_calls:
        put, call = left_puts[-1], left_calls[-1]
        n = min(put[2], call[2])
        greater = max(put, call, key=lambda part: part[0] + part[1])
        total += n * greater[1]
        for side in (left_puts, left_calls):
            side[-1][2] -= n
            if not side[-1][2]:
                side.pop()
    return total + sum(share * n for _, share, n in (*left_puts, *left_calls))


def _units(parts: Iterable[tuple[int, int, int]]) -> list[list[int]]:
    """The dearest last, so that it is taken first."""
    return [list(part) for part in parts][::-1]


def _price(contract: OptionContract, marks: Marks) -> int:
    """Of one contract at the middle of its mark, cents, half a cent up."""
    return -(-cents(contract, 1, marks.mark(contract).mid_twice) // 2)


def _share(contract: OptionContract, marks: Marks, profile: MarginProfile) -> int:
    """Of one contract beside its price, cents, rounded up."""
    on_spx = contract.underlying == "SPX"
    spot = round((marks.spx if on_spx else marks.vix) * E4)
    strike = strike_e4(contract)
    out = max(strike - spot if contract.right == "C" else spot - strike, 0)
    base = spot if contract.right == "C" else strike
    percent = profile.spx_percent if on_spx else profile.vix_percent
    hundredfold = max(percent * spot - 100 * out, profile.least_percent * base)
    return -(-cents(contract, 1, hundredfold) // 100)
