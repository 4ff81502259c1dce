"""VIX and its siblings from the quotes of one moment: one formula, other tenors.

| index | days | expiries |
|---|---|---|
| VIX9D | 9 | the Fridays on both sides |
| VIX | 30 | the two Fridays around 30 days; before 2014-10-06 the two nearest monthlies |
| VIX3M | 93 | the Fridays on both sides |
| VIX6M | 184 | the Fridays and ends of quarters on both sides |
| VIX1Y | 365 | as VIX6M |

A Friday is the AM monthly on a third Friday, else the weekly; the Thursday before a closed Friday
stands for it. Nobody prints which expiries the siblings take: these are the ones that come nearest
to the published values on real closes (docs/vix.md has the errors of the others). VIX1Y has no
published values to hold it against.

An expiry counts when the exchange listed it, whether its quotes are there or not: an index is never
made from the next ones instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.market.quotes import Chain
from steward.pricing.implied import sides_of
from steward.pricing.vix import (
    MINUTES_A_YEAR,
    Strip,
    choose_pair,
    index_from,
    is_friday,
    shares,
    strip_variance,
)
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]
Rate = Callable[[float], float]
"""Years to settlement → interest a year, continuous, a fraction."""

MINUTES_A_DAY = 1_440
OPEN_END = 0.05
"""A list whose last strike is still bid, and worth more than that share of the price at k0, is cut:
variance is missing. Nearly all real lists of 2011 to 2024 end below 0.04."""

QUARTER_ENDS = (3, 6, 9, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One index of the family.

    name    as published      series  as a `History` calls its closes
    days    the tenor, calendar days
    since   before that session there are no series that could carry it
    quarter_ends  it takes the PM series of the ends of quarters too
    """

    name: str
    series: str
    days: int
    since: date = date.min
    quarter_ends: bool = False


VIX = Member(name="VIX", series="vix", days=30)
MEMBERS = (
    # Weeklies, which alone lie on both sides of nine days, were first listed on 2005-10-28.
    Member(name="VIX9D", series="vix9d", days=9, since=date(2005, 10, 28)),
    VIX,
    Member(name="VIX3M", series="vix3m", days=93),
    Member(name="VIX6M", series="vix6m", days=184, quarter_ends=True),
    Member(name="VIX1Y", series="vix1y", days=365, quarter_ends=True),
)
BY_NAME: Mapping[str, Member] = {member.name: member for member in MEMBERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The quotes of one expiry, a row a strike, strikes rising; NaN where a side is not quoted.

    rate  a year, continuous; None: that of the whole session is taken
    """

    strike: Floats
    call_bid: Floats
    call_ask: Floats
    put_bid: Floats
    put_ask: Floats
    rate: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One of the two expiries of an index.

    minutes  to settlement        rate  a year, continuous
    strip    its options and variance
    share    of its total variance in the index; the two add up to 1
    """

    expiry: Expiry
    minutes: int
    rate: float
    strip: Strip
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexValue:
    """An index in points with the two expiries behind it, or why there is none.

    value  None exactly where `why` says something
    cut    what its lists lack, in sentences: the value is too low
    """

    name: str
    value: float | None = None
    near: Term | None = None
    next: Term | None = None
    why: str | None = None
    cut: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[Term, ...]:
        """Near and next; empty without a value."""
        return tuple(term for term in (self.near, self.next) if term is not None)


def family_from_chains(
    session: date,
    chains: Iterable[Chain],
    *,
    rate: Rate | None = None,
    moment: datetime | None = None,
    members: Iterable[Member] = MEMBERS,
) -> dict[str, IndexValue]:
    """Every member by its name, from the SPX chains of one session.

    rate    of the whole session, as Cboe takes it from Treasury yields; None: of each chain's own
            discount
    moment  of the quotes, with a time zone; None: the session's decision moment
    Raises ValueError where two chains are of one expiry.
    """
    series: dict[Expiry, Series] = {}
    for chain in chains:
        if chain.underlying != "SPX":
            continue
        if chain.expiry in series:
            raise ValueError(f"two chains of {chain.expiry.root} {chain.expiry.day}")
        own = -math.log(chain.discount) / chain.years if chain.years > 0.0 else 0.0
        grid, at = np.unique(chain.strike, return_inverse=True)
        sides = sides_of(grid.size, at, chain.call, chain.bid, chain.ask)
        series[chain.expiry] = Series(
            strike=grid,
            call_bid=sides[0],
            call_ask=sides[1],
            put_bid=sides[2],
            put_ask=sides[3],
            rate=None if rate is not None else own,
        )
    return family(session, series, rate=rate, moment=moment, members=members)


def family(
    session: date,
    series: Mapping[Expiry, Series],
    *,
    rate: Rate | None = None,
    moment: datetime | None = None,
    members: Iterable[Member] = MEMBERS,
) -> dict[str, IndexValue]:
    """Every member by its name, from the quotes of one session by expiry.

    rate    for the series without one of their own
    moment  of the quotes, with a time zone; None: the session's decision moment
    Raises ValueError where a series that is needed has no rate from either.
    """
    at = calendar.decision_moment(session) if moment is None else moment
    terms: dict[Expiry, Strip | None] = {}
    found = {}
    for member in members:
        pair = choose(member, session, series, moment=at)
        if isinstance(pair, str):
            found[member.name] = IndexValue(name=member.name, why=pair)
        else:
            found[member.name] = _index(member, pair, series, rate, at, terms)
    return found


def choose(
    member: Member,
    session: date,
    expiries: Iterable[Expiry],
    *,
    moment: datetime | None = None,
) -> tuple[Expiry, Expiry] | str:
    """Near and next expiry of an index on a session, or why it has none.

    expiries  with quotes; those of the listing count beside them, so that a missing one is missed
    moment    of the quotes, with a time zone; None: the session's decision moment
    """
    at = calendar.decision_moment(session) if moment is None else moment
    quoted = set(expiries)
    left = {e: minutes_from(at, e) for e in quoted.union(listing.spx_series(session))}
    alive = {e: minutes for e, minutes in left.items() if minutes > 0}
    if session < member.since:
        return f"no series lay around {member.days} days before {member.since}"
    is_vix = member.days == VIX.days
    pair = choose_pair(session, alive) if is_vix else _on_both_sides(member, alive)
    if pair is None:
        return f"no expiry lies on each side of {member.days} days"
    lacking = [f"{e.root} {e.day}" for e in pair if e not in quoted]
    return f"there are no quotes of {' and '.join(lacking)}" if lacking else pair


def minutes_from(moment: datetime, expiry: Expiry) -> int:
    """Whole minutes on the wall clock of New York from a moment to settlement; seconds drop out."""
    there = moment.astimezone(calendar.NEW_YORK).replace(second=0, microsecond=0)
    return int((calendar.settlement_moment(expiry) - there) / timedelta(minutes=1))


def _on_both_sides(member: Member, minutes: Mapping[Expiry, int]) -> tuple[Expiry, Expiry] | None:
    """The last one within the tenor and the first one beyond it."""
    taken = _fridays(minutes)
    if member.quarter_ends:
        taken |= {e for e in minutes if ends_a_quarter(e)}
    target = member.days * MINUTES_A_DAY
    near = [e for e in taken if minutes[e] <= target]
    after = [e for e in taken if minutes[e] > target]
    if not near or not after:
        return None
    return max(near, key=lambda e: minutes[e]), min(after, key=lambda e: minutes[e])


def _fridays(expiries: Iterable[Expiry]) -> set[Expiry]:
    """One series a Friday: of a third one the monthly, which settles at the open."""
    found: dict[date, Expiry] = {}
    for expiry in sorted(expiries, key=lambda e: (e.day, e.root)):  # SPX before SPXW
        if is_friday(expiry.day):
            found.setdefault(expiry.day, expiry)
    return set(found.values())


def ends_a_quarter(expiry: Expiry) -> bool:
    """A PM series of the last session of March, June, September or December."""
    day = expiry.day
    if expiry.root == "SPX" or day.month not in QUARTER_ENDS:
        return False
    first = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day == calendar.previous_session(first)


def _index(
    member: Member,
    pair: tuple[Expiry, Expiry],
    series: Mapping[Expiry, Series],
    rate: Rate | None,
    moment: datetime,
    strips: dict[Expiry, Strip | None],
) -> IndexValue:
    first, second = (minutes_from(moment, expiry) for expiry in pair)
    target = member.days * MINUTES_A_DAY
    weights = shares(first, second, target)
    terms = []
    for expiry, left, share in zip(pair, (first, second), weights, strict=True):
        own = _rate(expiry, series[expiry], rate, left)
        if expiry not in strips:
            strips[expiry] = _strip(series[expiry], left, own)
        strip = strips[expiry]
        if strip is None or not math.isfinite(strip.variance):
            lacks = "too few quotes" if strip is None else "no call and put at its middle strike"
            return IndexValue(name=member.name, why=f"{expiry.root} {expiry.day} has {lacks}")
        terms.append(Term(expiry=expiry, minutes=left, rate=own, strip=strip, share=share))
    near, after = terms
    value = index_from(
        near.strip.variance,
        after.strip.variance,
        near_minutes=near.minutes,
        next_minutes=after.minutes,
        target_minutes=target,
    )
    if not math.isfinite(value):
        return IndexValue(name=member.name, why="the variance at its tenor is below 0")
    cut = tuple(said for term in terms for said in open_ends(term, series[term.expiry].strike))
    return IndexValue(name=member.name, value=value, near=near, next=after, cut=cut)


def open_ends(term: Term, listed: Floats) -> tuple[str, ...]:
    """Where the listed strikes of a term end before its options are worthless, in sentences."""
    strip, found = term.strip, []
    middle = strip.price[int(np.searchsorted(strip.strike, strip.k0))]
    for end, side in ((0, "put"), (-1, "call")):
        worth = float(strip.price[end] / middle)
        if strip.strike[end] == listed[end] and worth > OPEN_END:
            found.append(
                f"the list of {term.expiry.root} {term.expiry.day} ends with a {side} worth "
                f"{worth:.0%} of the middle one"
            )
    return tuple(found)


def _rate(expiry: Expiry, series: Series, rate: Rate | None, minutes: int) -> float:
    if series.rate is not None:
        return series.rate
    if rate is None:
        raise ValueError(f"{expiry.root} {expiry.day}: no rate, neither its own nor the session's")
    return rate(minutes / MINUTES_A_YEAR)


def _strip(series: Series, minutes: int, rate: float) -> Strip | None:
    return strip_variance(
        series.strike,
        series.call_bid,
        series.call_ask,
        series.put_bid,
        series.put_ask,
        minutes=minutes,
        rate=rate,
    )
