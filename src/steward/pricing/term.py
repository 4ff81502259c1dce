"""The term structure of model-free variance, from the VIX family as known at a session.

Four indices say what the strips of 9, 30, 93 and 184 days are worth (VIX9D, VIX, VIX3M, VIX6M). An
index is no point of the curve: it interpolates two expiries on both sides of its tenor, so the
knots of the curve are moved until its indices are the ones wanted, on the expiries listed that day.
Between the knots total variance is `forward_variance`, in `business_time`.

A member that is not published that day comes from VIX, its averages and what SPX has moved of late
(files/term.toml). `spx_model` moves what is wanted once more, until the indices computed from the
modelled quotes are the published ones.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.pricing import coefficients
from steward.pricing.business_time import clock
from steward.pricing.forward_variance import ForwardVariance
from steward.pricing.vix import choose_pair, is_friday
from steward.pricing.vix_family import MEMBERS, ends_a_quarter
from steward.terms import calendar, listing
from steward.terms.contracts import Expiry

Floats = NDArray[np.float64]

KNOTS = tuple(member for member in MEMBERS if member.days <= 184)
KNOT_DAYS = tuple(member.days for member in KNOTS)
KNOT_NAMES = tuple(member.series for member in KNOTS)
VIX_KNOT = KNOT_NAMES.index("vix")
"""The indices that carry the curve: VIX9D, VIX, VIX3M and VIX6M."""

AVERAGES = (21, 63, 252)
"""Sessions of the exponential averages of VIX; an average uses what is known."""

MOVES = (5, 21)
"""Sessions of the exponential averages of squared returns of SPX."""

MOVES_RANGE = (0.2, 3.0)
"""Of the moves over VIX: one that stands still, or falls by a tenth, says no more than that."""

LEAST_CLOSES = 21
"""VIX closes, this session's included, before anything is modelled."""

SHORT_POWER = 1.5
SHORT_RATIO = 1.35
"""Below 9 days: vol = VIX9D (VIX9D / VIX)^(1.5 (1 - t / 9)) of the knots, in business time, the
ratio capped so that total variance still grows."""

SWEEPS, ENOUGH = 12, 1e-6
"""Of the search for the knots, and the relative miss of an index at which it ends."""

CURVES_KEPT = 64

NEXT_WEEK = 23.0
"""Days: where the first expiry beyond nine days is farther, no weekly carries VIX9D."""

Vols = tuple[float, float, float, float]
Pair = tuple[float, float] | None
"""Days to the two expiries of an index; None where there is none on one side: then the index is
the curve's own value at the tenor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What the four indices of one session say, fractions, and which of them were published.

    unit, level  the vols before they were all multiplied by one number, and that number: such a
                 curve need not be searched for again
    """

    session: date
    vols: Vols
    published: tuple[bool, bool, bool, bool]
    unit: Vols | None = None
    level: float = 1.0

    def scaled(self, level: float) -> Curve:
        """VIX, and the members that were inferred from it, times `level`."""
        by = (1.0 if known and k != VIX_KNOT else level for k, known in enumerate(self.published))
        return self.moved((next(by), next(by), next(by), next(by)))

    def moved(self, by: Vols) -> Curve:
        """Each index times its own factor."""
        one, two, three, four = (v * f for v, f in zip(self.vols, by, strict=True))
        vols = (one, two, three, four)
        if by[0] == by[1] == by[2] == by[3]:
            unit = self.vols if self.unit is None else self.unit
            return replace(self, vols=vols, unit=unit, level=self.level * by[0])
        return replace(self, vols=vols, unit=None, level=1.0)

    def vol(self, days: float) -> float:
        """Model-free volatility to `days` calendar days from the decision moment, a fraction.

        Above 0 days; beyond 184 the last forward variance goes on.
        """
        return self.level * _knots(self.session, self.unit or self.vols).vol(days)

    def index(self, member: int) -> float:
        """What the curve's own index number `member` is, a fraction: one of `vols`, where the
        search for the knots could reach it.
        """
        pair = pairs(self.session)[member]
        return self.level * _knots(self.session, self.unit or self.vols).index(pair, member)


class _Knots:
    """A curve through vols at the knots themselves, which are no indices."""

    def __init__(self, session: date, vols: Vols) -> None:
        now = clock()
        self._start = now.index(session)
        self._times = [now.passed(self._start, float(days)) for days in KNOT_DAYS]
        totals = [vol * vol * days for vol, days in zip(vols, KNOT_DAYS, strict=True)]
        self._curve = ForwardVariance(self._times, totals)
        self._first = vols[0]
        self._ratio = min(vols[0] / vols[1], SHORT_RATIO)

    def total(self, days: float) -> float:
        """Variance up to `days`, not a year: vol squared times days."""
        time = clock().passed(self._start, days)
        part = time / self._times[0]
        if part > 1.0:
            return self._curve.total(time)
        vol: float = self._first * self._ratio ** (SHORT_POWER * (1.0 - part))
        return vol * vol * part * KNOT_DAYS[0]

    def vol(self, days: float) -> float:
        return math.sqrt(self.total(days) / days)

    def index(self, pair: Pair, member: int) -> float:
        """The index of a tenor from the curve's own variances at the two expiries."""
        days = KNOT_DAYS[member]
        if pair is None:
            return self.vol(days)
        near, after = pair
        first, second = self.total(near), self.total(after)
        total = first + (second - first) * (days - near) / (after - near)
        return math.sqrt(total / days) if total > 0.0 else math.nan


@lru_cache(maxsize=64)
def _knots(session: date, vols: Vols) -> _Knots:
    """Knots whose indices are `vols`; where no curve has them, the nearest that was found."""
    sides = pairs(session)
    at = list(vols)
    found = _Knots(session, vols)
    if all(pair is None for pair in sides):
        return found
    for _ in range(SWEEPS):
        worst = 0.0
        for member, pair in enumerate(sides):
            if pair is None:
                continue
            ratio = vols[member] / found.index(pair, member)
            if not ratio > 0.0:
                continue
            worst = max(worst, abs(ratio - 1.0))
            at[member] *= min(max(ratio, 0.8), 1.25)
        found = _Knots(session, (at[0], at[1], at[2], at[3]))
        if worst < ENOUGH:
            break
    return found


@lru_cache(maxsize=4096)
def month_pair(session: date) -> tuple[Expiry, Expiry] | None:
    """The two expiries of VIX itself on the listing of that day."""
    return choose_pair(session, listing.spx_series(session))


@lru_cache(maxsize=4096)
def pairs(session: date) -> tuple[Pair, Pair, Pair, Pair]:
    """Days to the two expiries of each index on the listing of that day.

    As `vix_family.choose` has them: VIX by the rule of its day, the others the Fridays (VIX6M the
    ends of quarters too) on both sides; but nothing for VIX9D where the next Friday is far.
    """
    series = listing.spx_series(session)
    fridays: dict[date, Expiry] = {}
    ends: list[Expiry] = []
    for expiry in series:  # by (day, root): SPX before SPXW
        if is_friday(expiry.day):
            fridays.setdefault(expiry.day, expiry)
        elif ends_a_quarter(expiry):
            ends.append(expiry)
    days = sorted(_days(session, expiry) for expiry in fridays.values())
    wide = sorted([*days, *(_days(session, expiry) for expiry in ends)])
    own = month_pair(session)
    month = None if own is None else (_days(session, own[0]), _days(session, own[1]))
    week = _around(9.0, days)
    if week is not None and week[1] > NEXT_WEEK:
        week = None
    return week, month, _around(93.0, days), _around(184.0, wide)


def _days(session: date, expiry: Expiry) -> float:
    return calendar.years_to(session, expiry) * 365.0


def _around(target: float, days: list[float]) -> Pair:
    """The last one up to the target and the first beyond, a day away from now at least."""
    near = [d for d in days if 1.0 <= d <= target]
    after = [d for d in days if d > target]
    return (near[-1], after[0]) if near and after else None


class TermTable:
    """The starting curves of all sessions of a history.

    means  averages of VIX as `averages` gives them, a row a session
    """

    def __init__(self, history: History) -> None:
        self._curve = lru_cache(maxsize=CURVES_KEPT)(self._make_curve)
        self._sessions = history.sessions
        self._vix = history.vix.close
        self.means = means = averages(self._vix)
        state = np.column_stack((features(self._vix, means, None), moves(history)))
        self._ratios: dict[str, Floats] = {}
        self._plain: dict[str, Floats] = {}
        self._with_longer: dict[str, tuple[Floats, float]] = {}
        for name in KNOT_NAMES:
            if name == "vix":
                continue
            self._ratios[name] = np.log(same_day(history, name) / self._vix)
            self._plain[name] = state @ _coefficients()[name, ""]
            better = _coefficients().get((name, "vix3m"))
            if better is not None:
                self._with_longer[name] = (state @ better[:-1], float(better[-1]))

    def curve(self, row: int) -> Curve | None:
        """Of the session in that row; None before 21 VIX closes are known."""
        return self._curve(row)

    def _make_curve(self, row: int) -> Curve | None:
        if row + 1 < LEAST_CLOSES:
            return None
        session = self._sessions[row]
        vix = float(self._vix[row]) / 100.0
        vols, known = [], []
        for name in KNOT_NAMES:
            ratio = 0.0 if name == "vix" else float(self._ratios[name][row])
            known.append(math.isfinite(ratio))
            vols.append(vix * math.exp(ratio if known[-1] else self._inferred(row, name)))
        return Curve(
            session=session,
            vols=(vols[0], vols[1], vols[2], vols[3]),
            published=(known[0], known[1], known[2], known[3]),
        )

    def inferred(self, row: int) -> Vols:
        """Each index over VIX as VIX and SPX alone say, in the order of `KNOT_NAMES`."""
        session = self._sessions[row]
        one, two, three, four = (
            1.0 if n == "vix" else math.exp(float(self._plain[n][row]) + tilt(session, n))
            for n in KNOT_NAMES
        )
        return one, two, three, four

    def _inferred(self, row: int, name: str) -> float:
        """ln of a member over VIX where it is not published."""
        session = self._sessions[row]
        longer = float(self._ratios["vix3m"][row])
        if name in self._with_longer and math.isfinite(longer):
            base, slope = self._with_longer[name]
            even = float(base[row]) + slope * (longer - tilt(session, "vix3m"))
        else:
            even = float(self._plain[name][row])
        return even + tilt(session, name)


@lru_cache(maxsize=20_000)
def tilt(session: date, name: str) -> float:
    """ln of a member over VIX on a curve whose variance is even in business time."""
    member = KNOT_NAMES.index(name)
    own, month = pairs(session)[member], pairs(session)[VIX_KNOT]
    return 0.5 * math.log(
        _even(session, own, KNOT_DAYS[member]) / _even(session, month, KNOT_DAYS[VIX_KNOT])
    )


def _even(session: date, pair: Pair, days: int) -> float:
    """Business days a calendar day, as an index of that tenor sees them."""
    now = clock()
    start = now.index(session)
    if pair is None:
        return now.passed(start, float(days)) / days
    near, after = pair
    first, second = now.passed(start, near), now.passed(start, after)
    return (first + (second - first) * (days - near) / (after - near)) / days


def averages(vix: Floats) -> Floats:
    """Exponential averages of the closes so far, a column for each of `AVERAGES`.

    Weights fall by 1 - 2 / (n + 1) a session and add up to 1 over what is known, so that the
    first value is the first close.
    """
    return _exponential(vix, AVERAGES)


def _exponential(values: Floats, sessions: tuple[int, ...]) -> Floats:
    return np.column_stack([_average(values, 1.0 - 2.0 / (n + 1.0)) for n in sessions])


def _average(values: Floats, keep: float) -> Floats:
    """So far, with weights that fall by `keep` a session; plain numbers are quickest here."""
    total, weight = (
        np.fromiter(accumulate(one, lambda past, new: keep * past + new), np.float64, len(one))
        for one in (values.tolist(), [1.0] * len(values))
    )
    return np.asarray(total / weight)


def moves(history: History) -> Floats:
    """ln of what SPX has moved over VIX, a column for each of `MOVES`, a row a session.

    The root of the exponential average of squared log returns so far, times the root of 252; the
    first session has the close before it where that is known, else no move.
    """
    spx = history.spx.close
    before = history.spx_before[-1:] if history.spx_before.size else spx[:1]
    returns = np.diff(np.log(np.concatenate((before, spx))))
    squares = _exponential(np.square(returns), MOVES)
    share = np.sqrt(252.0 * squares) / (history.vix.close / 100.0)[:, None]
    return np.asarray(np.log(np.clip(share, *MOVES_RANGE)))


def features(vix: Floats, means: Floats, extra: Floats | None) -> Floats:
    """A row a session: constant, ln VIX, ln VIX over each average, then `extra` where given."""
    log = np.log(vix)
    columns = [np.ones_like(log), log, *(log - np.log(means[:, k]) for k in range(means.shape[1]))]
    return np.column_stack(columns if extra is None else [*columns, extra])


def same_day(history: History, name: str) -> Floats:
    """The close of the session itself where it was known by then, else NaN."""
    out = np.full(len(history.sessions), np.nan)
    series = history.series.get(name)
    if series is None:
        return out
    days = history.moments.astype("datetime64[D]")  # in UTC too, the moment is on the session's day
    row = np.searchsorted(days, series.period)
    good = row < len(days)
    row = np.minimum(row, len(days) - 1)
    good &= (days[row] == series.period) & (series.known_at <= history.moments[row])
    good &= np.isfinite(series.value) & (series.value > 0.0)
    out[row[good]] = series.value[good]
    return out


@coefficients.remembered()
def _coefficients() -> Mapping[tuple[str, str], Floats]:
    text = coefficients.text("term")
    members = tomllib.loads(text)["member"]
    return {(m["name"], m["given"]): np.array(m["coefficients"]) for m in members}
