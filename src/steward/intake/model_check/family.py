"""The VIX family that a chain's own quotes are worth by the exchange's formula.

A strip is used where its bids reach far enough into both wings; a member is there where both series
that its rule names (`pricing.vix_family`) have such strips. A listed series that the file lacks is
missed, never replaced by another. What cannot be computed is unknown, with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from steward.intake.model_check.reading import Snapshot
from steward.intake.model_check.series import Discount, Series, chain_of
from steward.pricing.modelled import ModelledMarket
from steward.pricing.rates import dividend_yield
from steward.pricing.vix import Strip, index_from, minutes_to, strip_variance
from steward.pricing.vix_family import MEMBERS as ALL_MEMBERS
from steward.pricing.vix_family import choose
from steward.terms.contracts import Expiry

MEMBERS = ("vix", "vix9d", "vix3m", "vix6m")
RULES = {member.series: member for member in ALL_MEMBERS if member.series in MEMBERS}

LEFT_REACH, RIGHT_REACH = -3.5, 1.8
"""Where a strip has to end, in ln(K/F) over vol times root of time: what lies beyond is worth
little; a strip that stops earlier is cut, not finished."""

FEWEST_STRIKES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFamily:
    """What a chain is worth.

    vix      points, None where the chain does not carry it, and then `why`
    members  of VIX9D, VIX3M and VIX6M those that it carries, points
    spot     the index that its nearest forward carries back to, index points; NaN: no forward
    level    vol of the strip nearest to 30 days, points, and its days; None: no strip is whole
    """

    vix: float | None = None
    members: Mapping[str, float] = field(default_factory=dict)
    spot: float = math.nan
    why: str = ""
    level: tuple[float, float] | None = None


def own_family(snapshot: Snapshot, series: Sequence[Series], discount: Discount) -> OwnFamily:
    """The family of one snapshot of SPX options; of VIX options none."""
    if snapshot.underlying != "SPX":
        return OwnFamily(why="a chain of VIX options has none; give the SPX chain of that moment")
    strips: dict[Expiry, tuple[int, float]] = {}
    reasons: dict[Expiry, str] = {}
    for one in series:
        rate = -math.log(discount(one.years)) / one.years
        call_bid, call_ask, put_bid, put_ask = one.sides
        strip = strip_variance(
            one.strike, call_bid, call_ask, put_bid, put_ask, minutes=one.minutes, rate=rate
        )
        wrong = _wrong(strip, one.years)
        if strip is None or wrong:
            reasons[one.expiry] = f"{one.expiry.root} {one.expiry.day} {wrong}"
            continue
        strips[one.expiry] = (one.minutes, strip.variance)
    spot = _spot(snapshot, series, discount)
    members: dict[str, float] = {}
    lacking: dict[str, str] = {}
    for name in MEMBERS:
        pair = choose(RULES[name], snapshot.session, reasons | strips, moment=snapshot.moment)
        if isinstance(pair, str):
            lacking[name] = pair
            continue
        cut = [reasons[expiry] for expiry in pair if expiry not in strips]
        value = math.nan if cut else _index(strips, pair, RULES[name].days)
        if math.isfinite(value):
            members[name] = value
        else:
            lacking[name] = " and ".join(cut) or "the variance at its tenor is below 0"
    vix = members.pop("vix", None)
    if vix is None or not math.isfinite(spot):
        return OwnFamily(
            spot=spot,
            why=lacking.get("vix", "no series has a forward"),
            members=members,
            level=_level(strips) if math.isfinite(spot) else None,
        )
    return OwnFamily(vix=vix, members=members, spot=spot)


def _level(strips: Mapping[Expiry, tuple[int, float]]) -> tuple[float, float] | None:
    if not strips:
        return None
    minutes, variance = min(strips.values(), key=lambda one: abs(one[0] - 30 * 1440))
    return 100.0 * math.sqrt(variance), minutes / 1440.0


def model_family(market: ModelledMarket, session: date) -> Mapping[str, float]:
    """The members that the modelled quotes of that day's listed series are worth, points.

    A member is lacking where no two listed series stand around its tenor.
    """
    listed = {e: minutes_to(session, e) for e in market.spx.expiries(session)}
    found: dict[str, float] = {}
    strips: dict[Expiry, tuple[int, float]] = {}
    for name in MEMBERS:
        pair = choose(RULES[name], session, listed)
        if isinstance(pair, str):
            continue
        for expiry in pair:
            if expiry not in strips:
                variance = _modelled_variance(market, session, expiry, listed[expiry])
                strips[expiry] = (listed[expiry], variance)
        value = _index(strips, pair, RULES[name].days)
        if math.isfinite(value):
            found[name] = value
    return found


def _modelled_variance(
    market: ModelledMarket, session: date, expiry: Expiry, minutes: int
) -> float:
    """Of the modelled bids and asks of one series; NaN where they carry none."""
    chain = market.spx.chain(session, expiry)
    if chain is None:
        return math.nan
    strike = chain.strike[~chain.call]
    put_bid, put_ask = chain.bid[~chain.call], chain.ask[~chain.call]
    call_bid, call_ask = chain.bid[chain.call], chain.ask[chain.call]
    rate = -math.log(chain.discount) / chain.years
    strip = strip_variance(strike, call_bid, call_ask, put_bid, put_ask, minutes=minutes, rate=rate)
    return math.nan if strip is None else strip.variance


def _wrong(strip: Strip | None, years: float) -> str:
    """Why a strip is not used; empty where it is."""
    if strip is None:
        return "has no strip"
    if strip.strike.size < FEWEST_STRIKES:
        return f"has {strip.strike.size} usable strikes"
    if not strip.variance > 0.0:
        return "has no variance above 0"
    reach = math.sqrt(strip.variance * years)
    left = math.log(strip.strike[0] / strip.forward) / reach
    right = math.log(strip.strike[-1] / strip.forward) / reach
    if left > LEFT_REACH or right < RIGHT_REACH:
        return "lacks the far strikes"
    return ""


def _index(
    strips: Mapping[Expiry, tuple[int, float]], pair: tuple[Expiry, Expiry], days: int
) -> float:
    (near, first), (after, second) = (strips[expiry] for expiry in pair)
    return index_from(
        first, second, near_minutes=near, next_minutes=after, target_minutes=days * 1440
    )


def _spot(snapshot: Snapshot, series: Sequence[Series], discount: Discount) -> float:
    """From the nearest series that has a forward and a day to go."""
    for one in series:
        if one.days < 1:
            continue
        chain = chain_of(snapshot, one, discount)
        if math.isfinite(chain.forward):
            carried: float = chain.forward * chain.discount
            return carried * math.exp(dividend_yield(snapshot.session) * one.years)
    return math.nan
