"""How wide modelled quotes are, by premium, time, VIX and era, and the grid that they stand on.

The width of an SPX option of the money or out of it, index points from bid to ask, before ticks:

    width(p) = level(day) shape(p, day) (VIX / 18)^a (days / 30)^b(day) stretch

`shape` is a table of the premium, 1 at a premium of 1.00; it and b have two forms, one of the wide
markets up to 2017 and one of the narrow ones since, blended between. In the money the width is at
least a share of the index that grows with the depth: quotes of such options are kept wide. After a
jump of VIX all widths are stretched, and on its day they have a floor. VIX options have a power of
the premium in place of the table. Files/spreads.toml has the numbers, what they were fitted on, and
their errors. Rounding is to the nearest tick, so that a width is the stated one on average; bid 0
is a market without a bid.
"""

from __future__ import annotations

import itertools
import math
import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.pricing import coefficients
from steward.pricing.execution import tick_of
from steward.terms.contracts import E4, OptionContract

Floats = NDArray[np.float64]

REMEMBERED = 8
"""VIX closes that a width may depend on, the session's own included."""

STIRRED, YEAR = 0.1, 366

NO_QUOTES = "no real quotes within a year of the session to tell widths by"
"""Logarithm of a stretch that is worth a word, and days."""

TABLE = (
    *(0.0, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.4, 2.0, 3.0 * (1.0 - 1e-12), 3.0, 4.2, 6.0),
    *(8.0, 10.0, 14.0, 20.0, 30.0, 42.0, 60.0, 80.0, 100.0, 140.0, 200.0, 300.0),
)
"""Premiums at which widths are worked out, points; between them they are straight."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Width:
    """How wide the quotes of one series at one session are, index points from bid to ask.

    premium, points   the table of widths, straight between its rows and level beyond them
    intrinsic, deep   the same for what an option is in the money by; both empty: the same at all
    share             of the mid: no width above a tick is more, so that what has a worth has a bid;
                      else a VIX by its formula would not exist in the falls of wide markets
    tick              below a price of 3.00, and at or above it
    """

    premium: Floats
    points: Floats
    intrinsic: Floats
    deep: Floats
    share: float
    tick: tuple[float, float]

    def of(self, mid: Floats | float, intrinsic: Floats | float = 0.0) -> Floats:
        """Before rounding, a tick at least.

        mid        model price, index points; below 0 as 0, NaN gives NaN
        intrinsic  of it the discounted distance of strike and forward, 0 out of the money
        """
        mid = np.maximum(np.asarray(mid, dtype=np.float64), 0.0)
        wide = np.interp(mid, self.premium, self.points)
        if self.deep.size:
            wide = np.maximum(wide, np.interp(intrinsic, self.intrinsic, self.deep))
        wide = np.minimum(wide, self.share * mid)
        return np.maximum(np.where(mid < 3.0, *self.tick), wide)

    def of_one(self, mid: float, intrinsic: float = 0.0) -> float:
        """`of` one price in plain numbers."""
        mid = max(mid, 0.0)
        wide = _between(mid, self.premium, self.points)
        if self.deep.size:
            wide = max(wide, _between(intrinsic, self.intrinsic, self.deep))
        return max(self.tick[0] if mid < 3.0 else self.tick[1], min(wide, self.share * mid))


def spx_width(session: date, *, days: float, vix_closes: Floats, spot: float) -> Width:
    """The width of an SPX series' quotes at the close.

    days        calendar days from the close to settlement, above 0
    vix_closes  up to the session, its own last, points; of more than eight the last count
    spot        the index, points
    """
    return fitted().spx(session, days=days, vix_closes=vix_closes, spot=spot)


def vix_width(session: date, *, days: float, vix: float) -> Width:
    """The width of a VIX series' quotes at the close; `vix` is the session's close, points."""
    return fitted().vix(session, days=days, vix=vix)


def spx_outside(session: date, vix_closes: Floats) -> tuple[str, ...]:
    """What of the state the widths of SPX options were not fitted on, in words; empty: nothing."""
    read = fitted()
    known = [(era["from"], era["to"]) for era in read.numbers["era"]]
    said = _beyond(session, float(vix_closes[-1]), read.numbers["vix_between"], known)
    if read.stress(vix_closes)[0] > STIRRED:
        said.append("a jump of VIX, of which widths know one event")
    return tuple(said)


def vix_outside(session: date, vix: float) -> tuple[str, ...]:
    """The same of VIX options."""
    number = fitted().vix_numbers
    return tuple(_beyond(session, vix, number["vix_between"], number["known"]))


def _beyond(
    session: date, vix: float, between: Sequence[float], known: Sequence[Sequence[date]]
) -> list[str]:
    low, high = between
    said = [] if low <= vix <= high else [f"VIX outside of {low:g} to {high:g} for widths"]
    if min(max((a - session).days, (session - b).days) for a, b in known) > YEAR:
        said.append(NO_QUOTES)
    return said


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spreads:
    """The numbers of files/spreads.toml, whose comments say what each is.

    Lists of eras are two rows a stretch of days, its first and its last: between two stretches
    everything is straight in time (levels: their logarithms), before the first and after the last
    it is level.
    """

    days: Floats
    level: Floats
    wide: Floats
    deep: Floats
    shapes: tuple[Floats, Floats]
    numbers: Mapping[str, Any]
    depth: Floats
    depth_share: Floats
    shock: Mapping[str, float]
    vix_days: Floats
    vix_level: Floats
    vix_numbers: Mapping[str, Any]

    def spx(
        self, session: date, *, days: float, vix_closes: Floats, spot: float, times: float = 1.0
    ) -> Width:
        """As `spx_width`; `times` as wide for quotes of another hour than the close."""
        number, at = self.numbers, session.toordinal()
        wide = float(np.interp(at, self.days, self.wide))
        stretch, floor = self.stress(vix_closes)
        low, high = number["days_between"]
        power = wide * number["days_power_wide"] + (1.0 - wide) * number["days_power_narrow"]
        beyond = (1.0 - wide) * number["far_power_narrow"]
        log = (
            float(np.interp(at, self.days, self.level))
            + number["vix_power"] * math.log(float(vix_closes[-1]) / number["vix_at"])
            + power * math.log(min(max(days, low), high) / number["days_at"])
            + beyond * math.log(max(days, number["far_days"]) / number["far_days"])
            + stretch
        )
        points = np.exp(wide * self.shapes[0] + (1.0 - wide) * self.shapes[1] + log)
        return Width(
            premium=_PREMIUM,
            points=np.maximum(times * points, floor * spot),
            intrinsic=spot * self.depth,
            deep=spot * float(np.interp(at, self.days, self.deep)) * self.depth_share,
            share=number["widest_share"],
            tick=ticks("SPXW", session),
        )

    def stress(self, vix_closes: Floats) -> tuple[float, float]:
        """After jumps of VIX: the logarithm of the stretch, and the floor as a share of the index.

        Both are 0 where no close of the last eight stood far enough above the one before it.
        """
        shock, last = self.shock, vix_closes[-REMEMBERED:].tolist()
        jumps = [math.log(b / a / shock["least"]) for a, b in itertools.pairwise(last)]
        faded = [max(jump, 0.0) * shock["fade"] ** n for n, jump in enumerate(reversed(jumps))]
        if not faded or max(faded) == 0.0:
            return 0.0, 0.0
        return shock["power"] * max(faded), shock["floor"] * faded[0] ** 2

    def vix(self, session: date, *, days: float, vix: float) -> Width:
        """As `vix_width`."""
        number = self.vix_numbers
        low, high = number["days_between"]
        log = (
            float(np.interp(session.toordinal(), self.vix_days, self.vix_level))
            + number["vix_power"] * math.log(vix / number["vix_at"])
            + number["days_power"] * math.log(min(max(days, low), high) / number["days_at"])
        )
        first, last = number["far_between"]
        grown = (number["far_times"] - 1.0) * (days - first) / (last - first)
        far = 1.0 + min(max(grown, 0.0), number["far_times"] - 1.0)
        points = far * np.exp(number["premium_power"] * _LOG_PREMIUM + log)
        if session >= number["step_from"]:
            points = points * np.where(_PREMIUM < 3.0, 1.0, number["step"])
        return Width(
            premium=_PREMIUM,
            points=points,
            intrinsic=_NONE,
            deep=_NONE,
            share=number["widest_share"],
            tick=ticks("VIX", session),
        )


@coefficients.remembered()
def fitted() -> Spreads:
    """The numbers of files/spreads.toml."""
    return parse(coefficients.text("spreads"))


def parse(text: str) -> Spreads:
    """The numbers of a text as files/spreads.toml has it."""
    read = tomllib.loads(text)
    spx, vix = read["spx"], read["vix"]
    eras = spx["era"]
    ends = [day.toordinal() for era in eras for day in (era["from"], era["to"])]
    step = np.where(_PREMIUM < 3.0, 0.0, math.log(spx["step_narrow"]))
    return Spreads(
        days=np.array(ends, dtype=np.float64),
        level=np.repeat([math.log(era["points"]) for era in eras], 2),
        wide=np.repeat([float(era["wide"]) for era in eras], 2),
        deep=np.repeat([float(era["deep"]) for era in eras], 2),
        shapes=(_shape(spx["premium"], spx["wide"]), _shape(spx["premium"], spx["narrow"]) + step),
        numbers=spx,
        depth=np.array(spx["depth"], dtype=np.float64),
        depth_share=np.array(spx["depth_share"], dtype=np.float64),
        shock=read["shock"],
        vix_days=np.array([row["day"].toordinal() for row in vix["level"]], dtype=np.float64),
        vix_level=np.log([row["points"] for row in vix["level"]]),
        vix_numbers=vix,
    )


def _shape(premium: Sequence[float], ratio: Sequence[float]) -> Floats:
    """Logarithms at `TABLE` of ratios that are straight in logarithms between their premiums."""
    return np.asarray(np.interp(_LOG_PREMIUM, np.log(premium), np.log(ratio)))


def _between(x: float, grid: Floats, value: Floats) -> float:
    """`np.interp` of one number."""
    at = bisect_right(grid, x) - 1
    if at < 0 or at >= grid.size - 1:
        return float(value[0] if at < 0 else value[-1])
    slope = (value[at + 1] - value[at]) / (grid[at + 1] - grid[at])
    return float(slope * (x - grid[at]) + value[at])


_PREMIUM = np.array(TABLE)
_LOG_PREMIUM = np.log(np.maximum(_PREMIUM, TABLE[1]))
_NONE = np.empty(0)


@coefficients.remembered(4096)
def ticks(root: str, session: date) -> tuple[float, float]:
    """Single-leg ticks of that day, index points: below a price of 3.00, and at or above it."""
    some = OptionContract(root=root, expiry=session, strike=1.0, right="P", settlement="PM")
    return tick_of(some, 0, session) / E4, tick_of(some, 3 * E4, session) / E4


def round_quote(
    mid: Floats | float, spread: Floats | float, tick_below_3: float, tick_above_3: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bid and ask around a model mid, on the grid: whole ten-thousandths of a point, as floats.

    Each side goes to the nearest tick of its own price; the bid is 0 at least, the ask one tick
    above the bid at least. NaN mids give NaN. All arguments broadcast.
    """
    half = np.multiply(spread, 0.5)
    small, large = round(tick_below_3 * E4), round(tick_above_3 * E4)
    bid = _nearest(np.maximum(np.subtract(mid, half), 0.0), small, large)
    ask = _nearest(np.add(mid, half), small, large)
    ask = np.maximum(ask, bid + np.where(bid < 3 * E4, small, large))
    return bid / E4, ask / E4


def round_one_quote(
    mid: float, spread: float, tick_below_3: float, tick_above_3: float
) -> tuple[int, int]:
    """`round_quote` of one price in plain numbers: bid and ask, whole ten-thousandths."""
    small, large = round(tick_below_3 * E4), round(tick_above_3 * E4)
    low, high = max(mid - 0.5 * spread, 0.0), mid + 0.5 * spread
    ticks_low, ticks_high = (small if p < 3.0 else large for p in (low, high))
    bid = math.floor(low * (E4 / ticks_low) + 0.5) * ticks_low
    ask = math.floor(high * (E4 / ticks_high) + 0.5) * ticks_high
    return bid, max(ask, bid + (small if bid < 3 * E4 else large))


def _nearest(price: NDArray[np.float64], small: int, large: int) -> NDArray[np.float64]:
    """Ten-thousandths: the grid point next to a price in index points."""
    tick = np.where(price < 3.0, float(small), float(large))
    return np.floor(price * (E4 / tick) + 0.5) * tick
