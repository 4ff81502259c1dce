"""Rebuild an index over a history: roll days in order, levels on the sessions asked for."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Chain
from steward.studies.indices import packages
from steward.studies.indices.bills import CashSecuredPut, CoveredSpread
from steward.studies.indices.packages import Package
from steward.studies.indices.shares import Overlay, TailHedge
from steward.studies.indices.world import Roll, World
from steward.terms import calendar
from steward.terms.contracts import Expiry, Underlying
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
Every = Literal["month", "session"]


AT_THE_BID, WORKED = 1.0, 0.25
"""Shares of the half spread. The history of BXM sells at the bid (Whaley 2002), and both it and PUT
fall back on the bid today. The packages are priced by trades: PUT's published premiums of 2006 to
2018 lie between the middle and half of the way (docs/indices.md)."""


class Holder(Protocol):
    """What an index holds."""

    def roll(self, session: date, chain: Chain | None, why: str) -> Roll: ...

    def value(self, session: date) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """An index: its ticker and name, on what its options are, how it holds them, which they are.

    shares   it holds the S&P 500, else bills
    crossed  share of the half spread that new options cost, unless a world says another
    """

    ticker: str
    name: str
    underlying: Underlying
    holder: Callable[[World, Package], Holder]
    package: Package
    shares: bool
    crossed: float

    def expiry(self, year: int, month: int) -> Expiry:
        """Of its series of that month."""
        of = calendar.monthly_expiry if self.underlying == "SPX" else calendar.vix_expiry
        return Expiry(root=self.underlying, day=of(year, month), settlement="AM")


INDICES: Mapping[str, Rules] = {
    rules.ticker.lower(): rules
    for rules in (
        Rules(
            ticker="CNDR",
            name="Cboe S&P 500 Iron Condor Index",
            underlying="SPX",
            holder=CoveredSpread,
            package=packages.condor,
            shares=False,
            crossed=WORKED,
        ),
        Rules(
            ticker="PUT",
            name="Cboe S&P 500 PutWrite Index",
            underlying="SPX",
            holder=CashSecuredPut,
            package=packages.short_put,
            shares=False,
            crossed=AT_THE_BID,
        ),
        Rules(
            ticker="BXM",
            name="Cboe S&P 500 BuyWrite Index",
            underlying="SPX",
            holder=Overlay,
            package=packages.short_call,
            shares=True,
            crossed=AT_THE_BID,
        ),
        Rules(
            ticker="BFLY",
            name="Cboe S&P 500 Iron Butterfly Index",
            underlying="SPX",
            holder=CoveredSpread,
            package=packages.butterfly,
            shares=False,
            crossed=WORKED,
        ),
        Rules(
            ticker="PPUT",
            name="Cboe S&P 500 5% Put Protection Index",
            underlying="SPX",
            holder=Overlay,
            package=packages.protective_put,
            shares=True,
            crossed=WORKED,
        ),
        Rules(
            ticker="VXTH",
            name="Cboe VIX Tail Hedge Index",
            underlying="VIX",
            holder=TailHedge,
            package=packages.tail_call,
            shares=True,
            crossed=WORKED,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """An index over time.

    sessions, levels  rising days and the level on each; 100 on the first
    every    whether these are all sessions, or the last of each month and the roll days
    rolls    from the one whose options the first level holds
    """

    rules: Rules
    sessions: tuple[date, ...]
    levels: Floats
    every: Every
    rolls: tuple[Roll, ...]


def rebuild(
    rules: Rules,
    world: World,
    *,
    start: date | None = None,
    end: date | None = None,
    every: Every = "month",
    progress: Progress | None = None,
) -> Rebuilt:
    """The index from `start` to `end`, or as far as the history goes.

    It holds from its first day what the roll before it bought, where the history reaches back so
    far; else it begins on the first roll day on which its options are listed.
    Raises StewardError where no roll day lies in the history.
    """
    days = _window(world, end)
    rolls = _roll_days(rules, world, days, start)
    first = rolls[0]
    begin = first if start is None else max(first, _on_or_after(days, start))
    known = [day for day in days if day >= first]
    shown = _valued(known, set(rolls), every, begin)
    holder = rules.holder(world, rules.package)
    due, done, found = set(rolls), [], []
    for place, day in enumerate(known):
        if day in due:
            done.append(holder.roll(day, *_new_series(rules, world, day)))
        if day in shown:
            found.append((day, holder.value(day)))
        if progress is not None:
            progress(place + 1, len(known))
    levels = np.array([level for _, level in found])
    return Rebuilt(
        rules=rules,
        sessions=tuple(day for day, _ in found),
        levels=100.0 * levels / levels[0],
        every=every,
        rolls=tuple(done),
    )


def _window(world: World, end: date | None) -> tuple[date, ...]:
    days = world.history.sessions
    return days if end is None else days[: bisect.bisect_right(days, end)]


def _on_or_after(days: Sequence[date], day: date) -> date:
    at = bisect.bisect_left(days, day)
    if at == len(days):
        raise StewardError(
            f"no session on or after {day}: the history ends on {days[-1] if days else 'no day'}"
        )
    return days[at]


def _roll_days(
    rules: Rules, world: World, days: Sequence[date], start: date | None
) -> tuple[date, ...]:
    """Sessions on which old options settle, or the next one where the history lacks that day.

    From the last one not after `start` on which the new series has quotes, else the first such.
    """
    if not days:
        raise StewardError("no session in the window: choose a later --end")
    scheduled = []
    for year, month in calendar.months_from(days[0], 12 * (days[-1].year - days[0].year + 1)):
        day = rules.expiry(year, month).day
        if days[0] <= day <= days[-1]:
            scheduled.append(_on_or_after(days, day))
    early = [day for day in scheduled if start is not None and day <= start]
    tried = (*reversed(early), *scheduled[len(early) :])
    first = next((day for day in tried if world.quotes.expiries(day, rules.underlying)), None)
    if first is None:
        raise StewardError(
            f"{rules.ticker} rolls when options on {rules.underlying} expire, and on no such day "
            f"of {days[0]} to {days[-1]} are there quotes: bring a longer history with --data DIR"
        )
    return tuple(day for day in scheduled if day >= first)


def _new_series(rules: Rules, world: World, session: date) -> tuple[Chain | None, str]:
    """The chain of the series that expires next, or why there is none."""
    expiries = (rules.expiry(y, m) for y, m in calendar.months_from(session, 3))
    series = next(one for one in expiries if one.day > session)
    chain = world.chain(session, series)
    return chain, "" if chain is not None else f"no quotes of {series.root} {series.day}"


def _valued(known: Sequence[date], rolls: set[date], every: Every, begin: date) -> set[date]:
    """Sessions with a level: all, or the first, the last, ends of months and roll days."""
    if every == "session":
        return {day for day in known if day >= begin}
    ends = {
        day
        for day, after in zip(known, [*known[1:], None], strict=True)
        if after is None or (day.year, day.month) != (after.year, after.month)
    }
    return {day for day in {begin, *ends, *rolls} if day >= begin}
