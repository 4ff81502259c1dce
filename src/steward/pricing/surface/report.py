"""What a fit is worth: its residuals, its violations, and a verdict with reasons."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.pricing.surface.arbitrage import Butterfly, butterfly
from steward.pricing.surface.bands import JUDGED_DELTA, Bands
from steward.pricing.surface.carry import Carry
from steward.pricing.surface.smile import Smile

Floats = NDArray[np.float64]

FEWEST_JUDGED = 8
"""Quotes without which a fit is not judged, so not good."""

WITHIN_GOOD = 0.90
"""Share of the judged quotes in their band or at most another half width outside, and in the
bands widened by `NEAR_ENOUGH`, below which a fit is poor."""

NEAR_ENOUGH = 0.001
"""A tenth of a vol point beside a band is no fault where bands are a few hundredths wide."""

REACH = 0.10
"""|delta| to which quotes have to reach on both sides."""

WORST_PARITY = 3.0
"""Scale of the residuals of parity, in error bars, from which on calls and puts disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitReport:
    """Residuals of one slice over its judged quotes, and its violations.

    quotes        judged: bid, and of a |delta| of 0.03 and more       all_quotes  with a bid
    inside        share of them in their band       within  at most another half width outside
    inside_svi    the same share for the raw SVI alone, for comparison; NaN where it is the fit
    middle_median, middle_p90  distance from the middle of the band, vol points
    outside_p90   distance outside of the band, vol points
    spreads_p90   distance from the middle, in whole widths of the band
    worst, worst_strike        the largest distance outside, vol points, and its strike
    over_caps     strikes without a bid whose ask lies below the fit
    butterfly     worst g, least total variance, wings
    calendar      the worst gap to the expiry before, and its k (NaN: there is none before)
    quote_butterflies  butterflies of three neighbouring strikes that the quotes themselves sell for
                  nothing, at their bids and asks
    """

    quotes: int
    all_quotes: int
    inside: float
    within: float
    near: float
    inside_svi: float
    middle_median: float
    middle_p90: float
    outside_p90: float
    spreads_p90: float
    worst: float
    worst_strike: float
    over_caps: int
    butterfly: Butterfly
    calendar: tuple[float, float]
    quote_butterflies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a fit may be used, and if not why."""

    reasons: tuple[str, ...]

    @property
    def good(self) -> bool:
        return not self.reasons


def residuals(bands: Bands, smile: Smile, years: float) -> tuple[Floats, Floats]:
    """Of every band: fit less middle, and distance outside (above 0 over the ask, below 0 under
    the bid); fractions.
    """
    vol = smile.vol(bands.k, years)
    outside = np.maximum(vol - bands.ask, 0.0) - np.maximum(bands.bid - vol, 0.0)
    return vol - bands.mid, outside


def report_of(
    bands: Bands, smile: Smile, years: float, *, svi: Smile | None, butterflies: int
) -> FitReport:
    """The report of one slice without its neighbours; `svi` where the fit is more than that."""
    judged = np.abs(bands.delta) >= JUDGED_DELTA
    off, outside = (part[judged] for part in residuals(bands, smile, years))
    half, strike = bands.half[judged], bands.strike[judged]
    size = np.abs(outside)
    caps = np.log(bands.cap_strike / bands.strike[0]) + bands.k[0]
    over = smile.vol(caps, years) > bands.cap
    none = not judged.any()
    worst = 0 if none else int(np.argmax(size))
    return FitReport(
        quotes=int(judged.sum()),
        all_quotes=int(judged.size),
        inside=_share(size <= 0.0),
        within=_share(size <= half),
        near=_share(size <= np.maximum(half, NEAR_ENOUGH)),
        inside_svi=np.nan if svi is None else _inside(bands, svi, years, judged),
        middle_median=_quantile(np.abs(off), 0.5),
        middle_p90=_quantile(np.abs(off), 0.9),
        outside_p90=_quantile(size, 0.9),
        spreads_p90=0.01 * _quantile(np.abs(off) / (2.0 * half), 0.9),
        worst=np.nan if none else 100.0 * float(size[worst]),
        worst_strike=np.nan if none else float(strike[worst]),
        over_caps=int(over.sum()),
        butterfly=butterfly(smile),
        calendar=(np.nan, np.nan),
        quote_butterflies=butterflies,
    )


def _inside(bands: Bands, smile: Smile, years: float, judged: NDArray[np.bool_]) -> float:
    return _share(residuals(bands, smile, years)[1][judged] == 0.0)


def with_calendar(report: FitReport, gap: tuple[float, float]) -> FitReport:
    return replace(report, calendar=gap)


def verdict_of(bands: Bands, report: FitReport, carry: Carry) -> Verdict:
    """Good without a reason against it."""
    reasons = []
    if report.quotes < FEWEST_JUDGED:
        reasons.append(f"{report.quotes} quotes with a bid and |delta| of {JUDGED_DELTA} or more")
    reasons += _short_sides(bands)
    if report.quotes and report.near < WITHIN_GOOD:
        reasons.append(
            f"{report.near:.0%} of the quotes are in their band or near it (a half width or "
            f"{100 * NEAR_ENOUGH:g} vol points)"
        )
    if not report.butterfly.free:
        reasons.append(f"a butterfly below zero (g {report.butterfly.worst:.2g})")
    if report.calendar[0] < 0.0:
        reasons.append(f"total variance falls from the expiry before ({report.calendar[0]:.1%})")
    if carry.line is not None and carry.line.scale > WORST_PARITY:
        reasons.append(f"calls and puts disagree by {carry.line.scale:.1f} error bars")
    return Verdict(reasons=tuple(reasons))


def _short_sides(bands: Bands) -> list[str]:
    """Sides on which the quotes end before an option of a tenth of a delta."""
    found = []
    for name, side in (("puts", ~bands.call), ("calls", bands.call)):
        delta = np.abs(bands.delta[side])
        if not delta.size or delta.min() > REACH:
            least = f"|delta| {delta.min():.2f}" if delta.size else "none"
            found.append(f"{name} do not reach |delta| {REACH:g} ({least})")
    return found


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if mask.size else np.nan


def _quantile(value: Floats, share: float) -> float:
    """In vol points."""
    return 100.0 * float(np.quantile(value, share)) if value.size else np.nan
