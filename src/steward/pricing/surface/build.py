"""Chains → a surface: each series on its own forward, then all of one clock in order.

First every slice alone. Those that fit by themselves are then set in order of time: of two that
cross both are fitted again with the other one as a bound; what is still out of order is mixed with
the expiry before, as little as is needed. A slice that is poor by itself takes no part, so that it
cannot bend its neighbours; its crossings are reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.arbitrage import butterfly, calendar_gap
from steward.pricing.surface.bands import (
    JUDGED_DELTA,
    Bands,
    SeriesQuotes,
    bands_of,
    quote_butterflies,
)
from steward.pricing.surface.carry import Carry, Curve, carry_of, curve_of_quotes
from steward.pricing.surface.fit import FEWEST, FEWEST_WIDE, fit_again, fit_more_terms, fit_one_term
from steward.pricing.surface.order import Place, above, guides, in_order, mended, moved
from steward.pricing.surface.problem import STALE, level_at_the_money
from steward.pricing.surface.report import (
    FitReport,
    Verdict,
    report_of,
    residuals,
    verdict_of,
    with_calendar,
)
from steward.pricing.surface.smile import Smile
from steward.pricing.surface.surface import Slice, Surface
from steward.terms.contracts import Expiry, Underlying

Floats = NDArray[np.float64]

SHORTEST = 1.0 / (24.0 * 365.0)
"""Years: an hour. With less there is no smile, only the last trades."""

ROUNDS, SMALL = 4, 0.02
"""Of fitting again; and the share of total variance by which slices may cross before they are
fitted again, and not only mended."""

STALE_HALVES, MOST_STALE = 6.0, 0.05
"""Half widths outside of a first fit from which on a quote takes no part in the last one, where
that many quotes, as a share, are it at most. They are judged all the same."""

SMALL_MOVE = 0.003
"""Share of total variance at a judged quote by which mending may move a smile unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedSeries:
    """One series at one moment.

    years   from the quotes to settlement, act/365     quotes  by strike
    future  price of the future of the same expiry; NaN: not known (VIX only)
    """

    expiry: Expiry
    years: float
    quotes: SeriesQuotes
    future: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSlice:
    """A slice with what it was fitted on."""

    slice: Slice
    carry: Carry
    bands: Bands
    report: FitReport

    @property
    def expiry(self) -> Expiry:
        return self.slice.expiry

    @property
    def verdict(self) -> Verdict:
        return self.slice.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedSurface:
    """A surface, and how it was come by.

    slices    by (day, root), those of `surface` in its order
    no_smile  series without a smile, and why
    rates     where the discounts of short series come from, in words
    """

    surface: Surface
    slices: tuple[FittedSlice, ...]
    no_smile: tuple[tuple[Expiry, str], ...]
    rates: str


@dataclass(slots=True)
class _Work:
    """One slice on its way: `used` are the bands without the stale ones, `first` is its smile
    alone, `smile` the one that its neighbours have seen, `final` the one in order.
    """

    series: QuotedSeries
    carry: Carry
    bands: Bands
    used: Bands
    svi: Smile | None
    first: Smile
    smile: Smile
    final: Smile
    alone: bool


def fit_surface(
    session: date,
    underlying: Underlying,
    series: Sequence[QuotedSeries],
    *,
    curve: Curve | None,
    curve_name: str = "the rate curve",
    spot: float = math.nan,
) -> FittedSurface:
    """The surface of one moment.

    series  any order, each once     curve  value of 1 paid after so many years; None: not known,
            then the slopes of the quotes themselves
    spot    index of the same moment, index points; NaN: not known
    Options on VIX are each on a future of their own, so that nothing orders them in time.
    The same quotes give the same surface to the last bit.
    """
    rates = curve_name
    if curve is None:
        curve = curve_of_quotes([(one.quotes, one.years) for one in series])
        rates = "put-call parity of all series" if curve else "not known"
    work: list[_Work] = []
    no_smile: list[tuple[Expiry, str]] = []
    for one in sorted(series, key=lambda s: (s.expiry.day, s.expiry.root, s.expiry.settlement)):
        found = _alone(one, curve)
        if isinstance(found, str):
            no_smile.append((one.expiry, found))
        else:
            work.append(found)
    clocks: dict[str, list[_Work]] = {}
    for w in work:
        clocks.setdefault(w.series.expiry.settlement, []).append(w)
    gaps: dict[Expiry, tuple[float, float]] = {}
    for own in clocks.values():
        own.sort(key=lambda w: (w.series.years, w.series.expiry))
        if underlying == "SPX":
            _set_in_order([w for w in own if w.alone])
            gaps.update(_gaps(own))
        else:
            for w in own:
                w.final = _mended(w, None, w.smile)
    slices = tuple(_fitted(w, gaps.get(w.series.expiry)) for w in work)
    surface = Surface(
        session=session,
        underlying=underlying,
        spot=spot,
        slices=tuple(one.slice for one in slices),
    )
    return FittedSurface(surface=surface, slices=slices, no_smile=tuple(no_smile), rates=rates)


def _alone(series: QuotedSeries, curve: Curve | None) -> _Work | str:
    """One series by itself, or why it has no smile."""
    if series.years < SHORTEST:
        return "less than an hour is left"
    carry = carry_of(series.quotes, years=series.years, curve=curve, future=series.future)
    if carry is None:
        return (
            "no forward: too few strikes have both call and put bid, and there is no future and "
            "rate to price it off"
        )
    bands = bands_of(
        series.quotes, forward=carry.forward, discount=carry.discount, years=series.years
    )
    if bands.k.size < FEWEST:
        return f"{bands.k.size} strikes with a bid out of the money"
    svi = fit_one_term(bands, series.years)
    wide = bands.k.size >= FEWEST_WIDE
    smile = fit_more_terms(bands, series.years, svi) if wide else svi
    used = bands.kept(~_stale(bands, smile, series.years))
    if FEWEST_WIDE <= used.k.size < bands.k.size:
        smile = fit_more_terms(used, series.years, fit_one_term(used, series.years))
    else:
        used = bands
    work = _Work(
        series, carry, bands, used, svi if wide else None, smile, smile, smile, alone=False
    )
    if not butterfly(smile).free:  # few strikes and many terms
        ways = [_mended(work, None, one) for one in (smile, svi)]
        work.first = work.smile = work.final = min(ways, key=lambda one: _loss(work, one))
    work.alone = verdict_of(bands, _report(work), carry).good
    return work


def _stale(bands: Bands, smile: Smile, years: float) -> NDArray[np.bool_]:
    """Quotes far outside of a fit that nearly all others agree with: nobody's market any more."""
    _, outside = residuals(bands, smile, years)
    far = np.abs(outside) > STALE_HALVES * bands.half
    return far if far.mean() <= MOST_STALE else np.zeros_like(far)


def _place(work: _Work) -> Place:
    scale = level_at_the_money(work.bands) * math.sqrt(work.series.years)
    k = work.bands.k
    return Place(smile=work.smile, reach=(float(k[0]), float(k[-1])), scale=scale)


def _judged(work: _Work) -> Floats:
    """k of the judged quotes, of all where there are none."""
    bands = work.bands
    k = bands.k[np.abs(bands.delta) >= JUDGED_DELTA]
    return k if k.size else bands.k


def _mended(work: _Work, before: Smile | None, smile: Smile) -> Smile:
    k = _judged(work)
    level = level_at_the_money(work.bands) ** 2 * work.series.years
    inner = (float(k[0]), float(k[-1]))
    return mended(smile, before, level=level, k=work.bands.k, judged=inner)


def _set_in_order(own: list[_Work]) -> None:
    """Slices of one clock, rising in time; changes `smile` and `final`."""
    for n in range(ROUNDS):
        gaps = [calendar_gap(near.smile, far.smile)[0] for near, far in pairwise(own)]
        crossing = {n for n, gap in enumerate(gaps) if gap < -SMALL}
        if min(gaps, default=0.0) >= 0.0 or (n and not crossing):
            break
        kept = guides([_place(w) for w in own], bounded=n > 0)
        for at in range(len(own)) if n == 0 else sorted(crossing | {n + 1 for n in crossing}):
            w = own[at]
            w.smile = fit_again(w.used, w.series.years, w.smile, kept[at])
    before: Smile | None = None
    for w in own:
        before = w.final = _after(w, before)


def _after(work: _Work, before: Smile | None) -> Smile:
    """In order with the expiry before: mended, or where that moves it fitted again above it."""
    found = _mended(work, before, work.smile)
    little = moved(work.smile, found, _judged(work)) <= SMALL_MOVE
    if little and in_order(found, before):
        return found
    ways = [found, _mended(work, before, work.first)]
    firm = above(_place(work), before)
    for start in (work.smile, work.first, work.svi):
        if in_order(ways[-1], before) and _loss(work, ways[-1]) <= _loss(work, work.first) + 1.0:
            break
        if start is not None:
            again = fit_again(work.used, work.series.years, start, firm, firmly=True)
            ways.append(_mended(work, before, again))
    return min(ways, key=lambda one: (not in_order(one, before), _loss(work, one)))


def _loss(work: _Work, smile: Smile) -> float:
    """Distance outside of the bands in half widths, summed, no quote more than `STALE`."""
    _, outside = residuals(work.bands, smile, work.series.years)
    lost = np.minimum(np.abs(outside) / work.bands.half, STALE)
    return float(lost[np.abs(work.bands.delta) >= JUDGED_DELTA].sum())


def _gaps(own: list[_Work]) -> dict[Expiry, tuple[float, float]]:
    """Of each slice the gap to the one before, of those that are fits by themselves."""
    found: dict[Expiry, tuple[float, float]] = {}
    before: _Work | None = None
    for w in own:
        if not w.alone:
            w.final = _mended(w, None, w.smile)
        if before is not None:
            found[w.series.expiry] = calendar_gap(before.final, w.final)
        if w.alone:
            before = w
    return found


def _report(work: _Work) -> FitReport:
    return report_of(
        work.bands,
        work.final,
        work.series.years,
        svi=work.svi,
        butterflies=quote_butterflies(work.series.quotes, forward=work.carry.forward),
    )


def _fitted(work: _Work, gap: tuple[float, float] | None) -> FittedSlice:
    report = _report(work)
    if gap is not None:
        report = with_calendar(report, gap)
    return FittedSlice(
        slice=Slice(
            expiry=work.series.expiry,
            forward=work.carry.forward,
            discount=work.carry.discount,
            years=work.series.years,
            smile=work.final,
            verdict=verdict_of(work.bands, report, work.carry),
        ),
        carry=work.carry,
        bands=work.bands,
        report=report,
    )
