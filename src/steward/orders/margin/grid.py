"""Portfolio margin of options: the largest loss over a grid of moves of the index.

Points: ten, equally far apart between the ends; no move at all; and each strike of the book inside
the range, where that option's own forward comes to stand on it. The ten points miss the last two
(ten points between -8 and +6 % are 1.56 % apart). At a point every forward of the class has moved
by the same share, at once, and each option is priced anew by Black-76 at the volatility of its
quote (raised by `vol_points` for each percent of a fall of SPX, if the profile says so). A loss is
from model value to model value.

SPX options are one class. VIX options of one settlement day are one: a future of one day says
little of another's, so that no series stands for another. Classes never offset. Each class needs at
least `least_a_contract` for every option, a bought one at most its value; and a class with bought
options alone never more than they are worth.

Source: Cboe Rule 10.4, OCC's TIMS; the points by the domain facts; the range of VIX and the least a
contract commonly stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Quote
from steward.orders.margin.profiles import MarginProfile
from steward.orders.margin.strategy import Marks
from steward.pricing.black import black76
from steward.pricing.payoff import cents
from steward.pricing.stress import implied_discount
from steward.terms import calendar
from steward.terms.contracts import OptionContract

Floats = NDArray[np.float64]

WHOLE_CENTS = 1e-6
"""Below this share of a cent a loss is the noise of floats."""


def class_of(contract: OptionContract) -> str:
    """Options of one class offset each other: `SPX options`, `VIX options 2018-02-14`."""
    if contract.underlying == "SPX":
        return "SPX options"
    return f"VIX options {contract.expiry}"


def class_requirement(
    options: Sequence[tuple[int, OptionContract]], marks: Marks, profile: MarginProfile
) -> int:
    """Of the options of one class, cents, rounded up."""
    held = [(quantity, one, marks.mark(one)) for quantity, one in options]
    least = sum(_least(quantity, one, quote, profile) for quantity, one, quote in held)
    worst = math.ceil(-float(changes(held, marks, profile).min()) - WHOLE_CENTS)
    needed = max(worst, least)
    if all(quantity > 0 for quantity, _, _ in held):
        needed = min(needed, sum(_worth(quantity, one, quote) for quantity, one, quote in held))
    return needed


def moves(held: Sequence[tuple[int, OptionContract, Quote]], profile: MarginProfile) -> Floats:
    """The points of the class's grid, fractions, rising; 0 is among them."""
    on_spx = held[0][1].underlying == "SPX"
    low = (profile.spx_low if on_spx else profile.vix_low) / 100.0
    high = (profile.spx_high if on_spx else profile.vix_high) / 100.0
    strikes = [one.strike / quote.forward - 1.0 for _, one, quote in held]
    inside = [u for u in strikes if low <= u <= high]
    return np.unique(np.concatenate((np.linspace(low, high, profile.points), [0.0], inside)))


def changes(
    held: Sequence[tuple[int, OptionContract, Quote]], marks: Marks, profile: MarginProfile
) -> Floats:
    """What the class gains at each point, cents; losses are below 0."""
    years = [calendar.years_to(marks.session, one.series) for _, one, _ in held]
    quotes = [quote for _, _, quote in held]
    column = {
        "strike": [one.strike for _, one, _ in held],
        "years": years,
        "vol": [0.0 if math.isnan(quote.vol) else quote.vol for quote in quotes],
        "discount": [
            implied_discount(one, quote, left)
            for (_, one, quote), left in zip(held, years, strict=True)
        ],
        "forward": [quote.forward for quote in quotes],
    }
    given = {name: np.array(values)[:, None] for name, values in column.items()}
    call = np.array([one.right == "C" for _, one, _ in held])[:, None]
    cents_a_point = np.array([100.0 * quantity * one.multiplier for quantity, one, _ in held])
    points = moves(held, profile)[None, :]
    rise = profile.vol_points * np.maximum(-points, 0.0)  # a percent is 0.01, and so is a point
    on_spx = held[0][1].underlying == "SPX"

    def worth(moved: Floats | float, more: Floats | float) -> Floats:
        return black76(
            given["forward"] * (1.0 + moved),
            given["strike"],
            given["years"],
            given["vol"] + more,
            discount=given["discount"],
            call=call,
        )

    found = worth(points, rise if on_spx else 0.0) - worth(0.0, 0.0)
    return np.asarray(cents_a_point @ found)


def _least(quantity: int, contract: OptionContract, quote: Quote, profile: MarginProfile) -> int:
    least = abs(quantity) * profile.least_a_contract * contract.multiplier // 100
    return min(least, _worth(quantity, contract, quote)) if quantity > 0 else least


def _worth(quantity: int, contract: OptionContract, quote: Quote) -> int:
    """At the middle of the mark, cents, half a cent up."""
    return -(-cents(contract, quantity, quote.mid_twice) // 2)
