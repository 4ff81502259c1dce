"""A structure of options taken apart: what bounds its own loss, and what is naked.

Options of one series whose bought ones cover the sold ones, puts and calls each, bound their own
loss. The rest is matched one to one: the sold ones nearest the money first, each with the bought
one that leaves the smallest gap; what finds none is naked. A bought option covers a sold one of
its right and underlying that settles no later than itself. Not so in VIX, where each settlement
day has a forward of its own: there only the same series covers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from steward.pricing.payoff import cents, strike_e4, worst_value
from steward.terms.contracts import Expiry, OptionContract, Right

Options = tuple[tuple[int, OptionContract], ...]
"""Signed quantities with their contracts."""

CALENDARS = ("SPX",)
"""Underlyings whose later options cover earlier ones: one index for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What a structure is made of, for a margin by strategy; amounts in cents.

    sides   of each series that bounds its own loss: the most that its puts and its calls can lose,
            each alone, and the most that all of it can
    gaps    what matched pairs can lose, in sum
    boxes   options of short boxes, each of one series
    naked   sold options without cover, each contract once, with how many
    """

    sides: tuple[tuple[int, int, int], ...]
    gaps: int
    boxes: tuple[Options, ...]
    naked: Options

    @property
    def fixed(self) -> bool:
        """Whether it needs the same whatever the market does."""
        return not self.boxes and not self.naked


@lru_cache(maxsize=4096)
def take_apart(options: Options) -> Apart:
    """The same structure is asked for at every trade of its book, in every ledger."""
    by_series: dict[Expiry, Counter[OptionContract]] = {}
    for quantity, contract in options:
        by_series.setdefault(contract.series, Counter())[contract] += quantity
    sides: list[tuple[int, int, int]] = []
    boxes: list[Options] = []
    rest: Counter[OptionContract] = Counter()
    for held in by_series.values():
        if not _sold(held) or not _covers_itself(held):
            rest.update(held)
            continue
        own = tuple((quantity, contract) for contract, quantity in held.items() if quantity)
        if is_short_box(own):
            boxes.append(own)
        else:
            put, call = (_most_lost(of_right(own, right)) for right in ("P", "C"))
            sides.append((put, call, _most_lost(own)))
    gaps, naked = _matched(rest)
    return Apart(sides=tuple(sides), gaps=gaps, boxes=tuple(boxes), naked=naked)


def of_right(options: Iterable[tuple[int, OptionContract]], right: str) -> Options:
    return tuple((quantity, one) for quantity, one in options if one.right == right)


def is_short_box(options: Options) -> bool:
    """A call spread and a put spread sold on the same two strikes: whatever comes, it pays them.

    Its value at settlement is minus the distance of the strikes, wherever the index stands.
    """
    strikes = sorted({contract.strike for _, contract in options})
    if len(strikes) != 2 or len(options) != 4:
        return False
    shape = {(contract.right, contract.strike): quantity for quantity, contract in options}
    n = shape.get(("C", strikes[1]), 0)
    wanted: dict[tuple[Right, float], int] = {
        ("C", strikes[0]): -n,
        ("C", strikes[1]): n,
        ("P", strikes[0]): n,
        ("P", strikes[1]): -n,
    }
    return n > 0 and shape == wanted


def _sold(held: Counter[OptionContract]) -> bool:
    return any(quantity < 0 for quantity in held.values())


def _covers_itself(held: Counter[OptionContract]) -> bool:
    """Whether no more is sold than bought, of the puts and of the calls."""
    return all(
        sum(quantity for contract, quantity in held.items() if contract.right == right) >= 0
        for right in ("P", "C")
    )


def _most_lost(options: Options) -> int:
    return -min(worst_value(options), 0) if options else 0


# --- one to one ----------------------------------------------------------------------------------


def _matched(held: Counter[OptionContract]) -> tuple[int, Options]:
    """What the pairs can lose, and what is left without cover."""
    free = Counter({contract: n for contract, n in held.items() if n > 0})
    lost = 0
    naked: list[tuple[int, OptionContract]] = []
    for sold in sorted((c for c, n in held.items() if n < 0), key=_from_the_money):
        wanted = -held[sold]
        for bought in sorted((c for c in free if covers(c, sold)), key=lambda c: _rank(c, sold)):
            taken = min(wanted, free[bought])
            lost += taken * gap(bought, sold)
            free[bought] -= taken
            wanted -= taken
        if wanted:
            naked.append((wanted, sold))
    return lost, tuple(naked)


def _from_the_money(contract: OptionContract) -> tuple[str, float, str, int]:
    """The calls from the lowest strike up, the puts from the highest down."""
    sign = 1.0 if contract.right == "C" else -1.0
    return contract.right, sign * contract.strike, contract.root, contract.expiry.toordinal()


def _rank(bought: OptionContract, sold: OptionContract) -> tuple[int, int, str]:
    """The smallest gap first; of alike ones the nearest to settle."""
    return gap(bought, sold), bought.expiry.toordinal(), bought.key


def covers(bought: OptionContract, sold: OptionContract) -> bool:
    """Whether a bought option stands for a sold one."""
    if bought.right != sold.right or bought.underlying != sold.underlying:
        return False
    if bought.series == sold.series:
        return True
    return sold.underlying in CALENDARS and _settles(bought) >= _settles(sold)


def _settles(contract: OptionContract) -> tuple[int, bool]:
    return contract.expiry.toordinal(), contract.settlement == "PM"


def gap(bought: OptionContract, sold: OptionContract) -> int:
    """What one such pair can lose, cents: the strikes' distance where the bought one is farther."""
    sign = 1 if sold.right == "C" else -1
    return max(cents(sold, 1, sign * (strike_e4(bought) - strike_e4(sold))), 0)
