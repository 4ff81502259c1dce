"""What a fall of SPX does to each contract: one shock, used for stress cover, puts and loss tables.

The shock of the rules is SPX -8 % in five sessions with implied vol up by 16 points. Smaller and
larger falls have vol points in proportion (2 points for each percent), an assumption: in real falls
vol rises faster at first. All parts are known before the shock, nothing is fitted to its outcome:

    SPX option   forward times 1 + fall, its own vol plus the points, the time passed
    VX future    plus beta(tenor) times the points
    VIX option   its future as above, vol at least `vix_call_vol` (1.10 at 60 days and nearer), the
                 time passed

Beta is the median move of VX futures over that of VIX in the five-session falls of SPX of 7 % or
more since 2004, by tenor. Beyond 60 days the least vol falls with the tenor as the level of the
smile does (0.95 at 120 days): a far option does not rise like a near one. Bid and ask do not enter:
a change is from model value to model value, at the vol that the quote carries.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Protocol

from steward.market.quotes import Quote
from steward.market.view import MarketView
from steward.pricing import coefficients
from steward.pricing.black import black76_of_one
from steward.pricing.vix_smile import base_level
from steward.terms import calendar
from steward.terms.contracts import Contract, Expiry, OptionContract
from steward.terms.trades import Lot

BETA_DAYS = (0.0, 14.5, 33.0, 60.0, 97.5, 149.5, 210.0)
BETAS = (1.0, 0.88, 0.65, 0.42, 0.32, 0.23, 0.18)
"""Median beta of a VX future at the centres of the tenors it was measured in (8-21, 22-44, 45-75,
76-119, 120-179, 180-240 calendar days); 1 at settlement; straight between, flat beyond."""

CALL_VOL_DAYS = 60.0
"""Up to that tenor `vix_call_vol` holds as it is."""

ROOT_HALF = math.sqrt(0.5)
TINY_DELTA = 1e-6


class StressRule(Protocol):
    """The keys of a rule file that say what a stress is."""

    @property
    def spx(self) -> float: ...
    @property
    def sessions(self) -> int: ...
    @property
    def iv_points(self) -> float: ...
    @property
    def vix_call_vol(self) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shock:
    """A fall of SPX and what comes with it.

    spx           change, a fraction: -0.08           days  calendar days that pass meanwhile
    iv_points     rise of SPX implied vol and of VIX, points
    vix_call_vol  the least vol of VIX options in it, up to 60 days, a fraction
    """

    spx: float
    days: float
    iv_points: float
    vix_call_vol: float = 1.10

    def __post_init__(self) -> None:
        known = -1.0 < self.spx < 0.0 and self.days >= 0.0
        if not (known and self.iv_points >= 0.0 and self.vix_call_vol > 0.0):
            raise ValueError(
                f"a shock is a fall of 0 to 1 with days and points of 0 or more, was {self}"
            )


def shock_of(rule: StressRule, *, spx: float | None = None, sessions: int | None = None) -> Shock:
    """The shock of a rule file; with `spx` another fall, its vol points in proportion.

    sessions  that pass, five a week; those of the rule when not given
    Raises ValueError when a fall is not between 0 and -1.
    """
    return _shock(
        rule.spx,
        rule.iv_points,
        rule.vix_call_vol,
        rule.spx if spx is None else spx,
        rule.sessions if sessions is None else sessions,
    )


@lru_cache(maxsize=64)
def _shock(base: float, points: float, call_vol: float, spx: float, sessions: int) -> Shock:
    return Shock(
        spx=spx,
        days=sessions * 7.0 / 5.0,
        iv_points=points * spx / base,
        vix_call_vol=call_vol,
    )


def beta(days: float) -> float:
    """Points that a VX future rises for one point of VIX, by calendar days to its settlement."""
    k = bisect.bisect_right(BETA_DAYS, days)
    if k == 0 or k == len(BETA_DAYS):
        return BETAS[min(k, len(BETAS) - 1)]
    part = (days - BETA_DAYS[k - 1]) / (BETA_DAYS[k] - BETA_DAYS[k - 1])
    return BETAS[k - 1] + part * (BETAS[k] - BETAS[k - 1])


def value(contract: Contract, quote: Quote, *, years: float, discount: float) -> float:
    """What the contract is worth before the shock, index points, without bid and ask.

    quote   its forward and vol are used; a vol that is not known (NaN) leaves the intrinsic value
    years, discount   to settlement, act/365, and value now of 1 there
    """
    return _worth(contract, quote.forward, quote.vol, years, discount)


def stressed_value(
    contract: Contract, quote: Quote, *, years: float, discount: float, shock: Shock
) -> float:
    """What the contract is worth after the shock, index points; arguments as `value`.

    A contract that settles within the shock is worth its intrinsic value at the shocked level.
    """
    return _stressed(contract, quote.forward, quote.vol, years, discount, shock)


@coefficients.remembered(4096)
def contract_change(contract: Contract, quote: Quote, session: date, shock: Shock) -> float:
    """What one long contract gains in the shock at a session's quote, cents; a loss is below 0."""
    years = _years(contract, session)
    discount = implied_discount(contract, quote, years)
    before = value(contract, quote, years=years, discount=discount)
    after = stressed_value(contract, quote, years=years, discount=discount, shock=shock)
    return 100.0 * contract.multiplier * (after - before)


def lot_change(lot: Lot, view: MarketView, shock: Shock) -> float:
    """What a lot gains in the shock, cents, at the mark of the view's session."""
    mark = view.mark(lot.contract)
    return lot.quantity * contract_change(lot.contract, mark, view.session, shock)


def structure_change(lots: Iterable[Lot], view: MarketView, shock: Shock) -> float:
    """What several lots gain together, cents: a condor, or all hedges of a book."""
    return sum(lot_change(lot, view, shock) for lot in lots)


def implied_discount(contract: Contract, quote: Quote, years: float) -> float:
    """Value now of 1 at settlement, from the quote itself: its delta over the undiscounted one.

    1 for futures and where the quote has no vol, or a delta too small to tell.
    """
    if not isinstance(contract, OptionContract) or not quote.vol * years > 0.0:
        return 1.0
    sign = 1.0 if contract.right == "C" else -1.0
    spread = quote.vol * math.sqrt(years)
    d1 = math.log(quote.forward / contract.strike) / spread + 0.5 * spread
    plain = 0.5 * math.erfc(-sign * d1 * ROOT_HALF)
    return sign * quote.delta / plain if plain > TINY_DELTA else 1.0


# --- parts ---------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _years(contract: Contract, session: date) -> float:
    """From the session's decision moment to settlement; a future settles in the morning."""
    if isinstance(contract, OptionContract):
        return calendar.years_to(session, contract.series)
    morning = Expiry(root=contract.root, day=contract.expiry, settlement="AM")
    return calendar.years_to(session, morning)


@coefficients.remembered(4096)
def _fallen(years: float) -> float:
    """The least vol of VIX options at a tenor over that at 60 days: 1 up to there."""
    near = CALL_VOL_DAYS / 365.0
    return 1.0 if years <= near else base_level(years) / base_level(near)


def _worth(contract: Contract, forward: float, vol: float, years: float, discount: float) -> float:
    if not isinstance(contract, OptionContract):
        return forward
    known = 0.0 if math.isnan(vol) else vol
    call = contract.right == "C"
    return black76_of_one(forward, contract.strike, years, known, discount=discount, call=call)


def _stressed(
    contract: Contract, forward: float, vol: float, years: float, discount: float, shock: Shock
) -> float:
    known = 0.0 if math.isnan(vol) else vol
    if contract.underlying == "VIX":
        moved = forward + beta(365.0 * years) * shock.iv_points
        known = max(known, shock.vix_call_vol * _fallen(years))
    else:
        moved = forward * (1.0 + shock.spx)
        known += shock.iv_points / 100.0
    left = max(years - shock.days / 365.0, 0.0)
    aged = discount ** (left / years) if years > 0.0 else 1.0
    return _worth(contract, moved, known, left, aged)
