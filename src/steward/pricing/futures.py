"""The VX curve of settlements: constant maturity, slopes, and returns of what is held and rolled.

Settlements only; `pricing.vx_curve` models what they lack. Days are calendar days to the settlement
day. A future at a constant maturity is no contract: its change from one session to the next is not
what anybody earned. A return here is always of contracts held over both settlements, so nothing is
ever differenced across a roll.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import FuturesTable
from steward.terms import calendar, listing
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

MONTH_DAYS = 30.0
YEAR_DAYS = 365.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenor:
    """A price between two futures, or why there is none.

    value  index points; None exactly where `why` says something
    near, next  settlement days of the two      share  of the later one, 0 to 1
    """

    days: float
    value: float | None = None
    near: date | None = None
    next: date | None = None
    share: float | None = None
    why: str | None = None

    @property
    def contracts(self) -> Mapping[date, float]:
        """What stands for the tenor: contracts by settlement day; they add up to 1."""
        if self.near is None or self.next is None or self.share is None:
            return {}
        if self.near == self.next:
            return {self.near: 1.0}
        weights = {self.near: 1.0 - self.share, self.next: self.share}
        return {day: weight for day, weight in weights.items() if weight > 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The settlements of one session, nearest first; what settles that day is not in it.

    days  to settlement, above 0       settle  index points
    """

    session: date
    expiry: tuple[date, ...]
    days: Floats
    settle: Floats

    def at(self, days: float = MONTH_DAYS) -> Tenor:
        """The price at a constant maturity: two futures by the time that they lie off it.

        Never extrapolated. None too where a month that was listed between the two has no
        settlement: half a year would pass for the neighbourhood of 30 days.
        """
        after = int(np.searchsorted(self.days, days, side="left"))
        if after < len(self.expiry) and self.days[after] == days:
            day = self.expiry[after]
            value = float(self.settle[after])
            return Tenor(days=days, value=value, near=day, next=day, share=0.0)
        if after == 0 or after == len(self.expiry):
            side = "shorter" if after == 0 else "longer"
            return Tenor(days=days, why=f"{self.session}: no future is {side} than {days:g} days")
        near, later = self.expiry[after - 1], self.expiry[after]
        between = [d for d in listing.vx_series(self.session) if near < d < later]
        if between:
            return Tenor(days=days, why=f"{self.session}: the future of {between[0]} has no price")
        first, second = float(self.days[after - 1]), float(self.days[after])
        share = (days - first) / (second - first)
        low, high = float(self.settle[after - 1]), float(self.settle[after])
        value = low + share * (high - low)
        return Tenor(days=days, value=value, near=near, next=later, share=share)

    def slope(self) -> float | None:
        """The second future over the first one, less 1; above 0 in contango. None without two."""
        if len(self.expiry) < 2:
            return None
        return float(self.settle[1] / self.settle[0] - 1.0)

    def slope_per_month(self) -> float | None:
        """The second future less the first one, points over 30 days between them."""
        if len(self.expiry) < 2:
            return None
        gap = float(self.days[1] - self.days[0])
        return float(self.settle[1] - self.settle[0]) * MONTH_DAYS / gap

    def roll_yield(self, days: float = MONTH_DAYS) -> float | None:
        """What a holder earns a year if the curve stays where it is; below 0 in contango.

        ln of the near over the next future of that tenor, over the years between them. None where
        the tenor has no two futures.
        """
        found = self.at(days)
        if found.near is None or found.next is None or found.near == found.next:
            return None
        first, second = self.expiry.index(found.near), self.expiry.index(found.next)
        years = float(self.days[second] - self.days[first]) / YEAR_DAYS
        return math.log(float(self.settle[first] / self.settle[second])) / years


class Settlements:
    """The curves of a table of settlements, by session."""

    def __init__(self, table: FuturesTable) -> None:
        """Sorts nothing: a table is sorted by session and expiry."""
        self._table = table
        days, first = np.unique(table.session, return_index=True)
        self.sessions: tuple[date, ...] = tuple(days.astype("datetime64[D]").tolist())
        self._first = [*first.tolist(), table.session.size]
        self._row = {day: row for row, day in enumerate(self.sessions)}

    def curve(self, session: date) -> Curve:
        """Raises StewardError for a session without settlements."""
        row = self._row.get(session)
        if row is None:
            raise StewardError(
                f"{session}: no VX settlement of that day ({self._table.source}); choose a session "
                "that has some, or bring its file"
            )
        part = slice(self._first[row], self._first[row + 1])
        expiry = self._table.expiry[part].astype("datetime64[D]")
        left = (expiry - np.datetime64(session)).astype(np.float64)
        alive = left > 0.0
        return Curve(
            session=session,
            expiry=tuple(expiry[alive].tolist()),
            days=left[alive],
            settle=self._table.settle[part][alive],
        )

    def price(self, session: date, expiry: date) -> float | None:
        """What a future is worth at a session's end; from its settlement day on its final value.

        None where the table does not say it.
        """
        if expiry <= session:
            return self._table.final.get(expiry)
        curve = self.curve(session)
        if expiry not in curve.expiry:
            return None
        return float(curve.settle[curve.expiry.index(expiry)])


Holding = Callable[[Curve], Mapping[date, float]]
"""What is held from a session's end to the next one's: contracts by settlement day; empty: none."""


def at_constant_maturity(days: float = MONTH_DAYS) -> Holding:
    """Two futures by time, moved a little each session: the weights of `Curve.at`.

    In the days of a long month on which none is shorter than the tenor: the nearest one alone.
    """

    def held(curve: Curve) -> Mapping[date, float]:
        if curve.expiry and curve.days[0] > days:
            return {curve.expiry[0]: 1.0}
        return curve.at(days).contracts

    return held


def in_rank(rank: int = 1, *, sessions_before: int = 1) -> Holding:
    """One contract: the `rank`-th of those with more than so many sessions to go.

    Raises ValueError for a rank below 1 or fewer than 0 sessions.
    """
    if rank < 1 or sessions_before < 0:
        raise ValueError(f"rank {rank}, {sessions_before} sessions: 1 and 0 at the least")

    def held(curve: Curve) -> Mapping[date, float]:
        alive = [d for d in curve.expiry if roll_day(d, sessions_before) > curve.session]
        return {alive[rank - 1]: 1.0} if len(alive) >= rank else {}

    return held


def roll_day(expiry: date, sessions_before: int = 1) -> date:
    """The session at whose end a contract is given up for the next one.

    With one session before, the default, that is the last close before it settles in the morning.
    """
    day = expiry
    for _ in range(sessions_before):
        day = calendar.previous_session(day)
    return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """Returns of a holding from one session with settlements to the next, rebalanced at each.

    session  the later one of each pair
    gain     change of the contracts held over their value before, a fraction without interest; NaN
             where nothing was held or one of the contracts has no price at one of the ends
    level    what the holding of that session's end is worth, index points; NaN where there is none
    roll     gain less the change of the level: what holding earned beside the move of the curve
    """

    session: tuple[date, ...]
    gain: Floats
    level: Floats
    roll: Floats


def rolled(settlements: Settlements, holding: Holding) -> Rolled:
    """The returns of a holding; each rests on its weights of the session before alone."""
    levels: list[float] = []
    gains: list[float] = []
    before: Mapping[date, float] = {}
    for session in settlements.sessions:
        worth = _worth(settlements, session, before)
        gains.append(worth / levels[-1] - 1.0 if levels else math.nan)
        before = holding(settlements.curve(session))
        levels.append(_worth(settlements, session, before))
    gain, level = np.array(gains)[1:], np.array(levels)
    return Rolled(
        session=settlements.sessions[1:],
        gain=gain,
        level=level[1:],
        roll=gain - (level[1:] / level[:-1] - 1.0),
    )


def _worth(settlements: Settlements, session: date, held: Mapping[date, float]) -> float:
    """Index points; NaN for nothing, and where a price is unknown."""
    prices = [(settlements.price(session, day), weight) for day, weight in held.items()]
    if not prices or any(price is None for price, _ in prices):
        return math.nan
    return sum(weight * price for price, weight in prices if price is not None)


def constant_maturity(
    settlements: Settlements, days: float = MONTH_DAYS, sessions: Sequence[date] | None = None
) -> Floats:
    """Prices at a constant maturity, a number a session, index points; NaN where there is none.

    sessions  with settlements; None: all of them
    """
    wanted = settlements.sessions if sessions is None else sessions
    found = (settlements.curve(session).at(days).value for session in wanted)
    return np.array([math.nan if value is None else value for value in found])
