"""A fitted session as one JSON document; units in the names, unknown is null."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.doors.surface.work import Fitted
from steward.pricing.surface import FittedSlice, FittedSurface
from steward.pricing.surface.report import residuals
from steward.pricing.surface.smile import jump_wings

Floats = NDArray[np.float64]


def document(found: Fitted) -> dict[str, Any]:
    """All surfaces of the session."""
    return {
        "session": found.session.isoformat(),
        "files": list(found.names),
        "other_sessions": found.others,
        "quality": "quoted",
        "surfaces": [
            _surface(surface, moment, snapshot, quotes) | {"settled_quotes": settled}
            for surface, moment, snapshot, quotes, settled in zip(
                *(found.surfaces, found.moments, found.snapshots, found.quotes, found.settled),
                strict=True,
            )
        ],
    }


def _surface(found: FittedSurface, moment: datetime, snapshot: str, quotes: int) -> dict[str, Any]:
    return {
        "underlying": found.surface.underlying,
        "snapshot": snapshot,
        "moment": moment.isoformat(),
        "quotes": quotes,
        "spot": number(found.surface.spot),
        "rates": found.rates,
        "good": sum(one.verdict.good for one in found.slices),
        "slices": [slice_of(one, found.surface.spot) for one in found.slices],
        "no_smile": [
            {"root": e.root, "expiry": e.day.isoformat(), "settlement": e.settlement, "why": why}
            for e, why in found.no_smile
        ],
    }


def slice_of(one: FittedSlice, spot: float) -> dict[str, Any]:
    """One expiry with its carry, its smile, its report and its verdict."""
    carry, report, own = one.carry, one.report, one.slice
    line = carry.line
    return {
        "root": one.expiry.root,
        "expiry": one.expiry.day.isoformat(),
        "settlement": one.expiry.settlement,
        "days": number(365.0 * own.years),
        "forward": number(carry.forward),
        "forward_error": number(carry.forward_error),
        "forward_from": carry.forward_from,
        "discount": number(carry.discount),
        "discount_from": carry.discount_from,
        "financing_rate": number(carry.financing_rate),
        "own_discount": number(carry.own_discount),
        "own_discount_error": number(carry.own_discount_error),
        "own_rate": number(carry.own_rate),
        "own_rate_error": number(carry.own_rate_error),
        "curve_discount": number(carry.curve_discount),
        "dividend_yield": number(carry.dividend_yield(spot)),
        "parity": None
        if line is None
        else {
            "strikes": line.strikes,
            "scale": number(line.scale),
            "worst_residual_points": number(float(np.abs(line.residual).max())),
            "left_out": dict(line.left_out),
            "off_the_line": line.outliers.tolist(),
        },
        "at_the_money_vol": number(own.at_the_money),
        "skew_per_log_moneyness": number(own.skew),
        "smile": {
            "level": own.smile.level,
            "terms_b_rho_m_sigma": own.smile.terms.tolist(),
            "jump_wings": {k: number(v) for k, v in jump_wings(own.smile, own.years).items()},
        },
        "fit": {
            "judged_quotes": report.quotes,
            "quotes_with_bid": report.all_quotes,
            "left_out": dict(one.bands.left_out),
            "inside": number(report.inside),
            "within_another_half_width": number(report.within),
            "inside_raw_svi": number(report.inside_svi),
            "from_middle_median_vol_points": number(report.middle_median),
            "from_middle_p90_vol_points": number(report.middle_p90),
            "from_middle_p90_spreads": number(report.spreads_p90),
            "outside_p90_vol_points": number(report.outside_p90),
            "worst_outside_vol_points": number(report.worst),
            "worst_strike": number(report.worst_strike),
            "asks_without_bid_below_fit": report.over_caps,
            "butterflies_in_quotes": report.quote_butterflies,
        },
        "violations": {
            "least_g": number(report.butterfly.worst),
            "least_g_at_k": number(report.butterfly.at),
            "wing_slopes": [number(slope) for slope in report.butterfly.wings],
            "calendar_gap": number(report.calendar[0]),
            "calendar_gap_at_k": number(report.calendar[1]),
        },
        "verdict": "good" if one.verdict.good else "poor",
        "reasons": list(one.verdict.reasons),
    }


def drawn(one: FittedSlice) -> dict[str, Any]:
    """What a picture of one expiry needs: the bands, the smile, residuals; vols in percent."""
    bands, own = one.bands, one.slice
    low, high = float(bands.k[0]), float(bands.k[-1])
    k = np.linspace(low, high, 121)
    off, outside = residuals(bands, own.smile, own.years)
    return {
        "name": f"{one.expiry.root} {one.expiry.day:%-d %b %Y} {one.expiry.settlement}",
        "clock": one.expiry.settlement,
        "days": round(365.0 * own.years, 1),
        "good": one.verdict.good,
        "reasons": "; ".join(one.verdict.reasons),
        "k": rounded(bands.k, 5),
        "strike": rounded(bands.strike, 2),
        "bid": rounded(100.0 * bands.bid, 3),
        "mid": rounded(100.0 * bands.mid, 3),
        "ask": rounded(100.0 * bands.ask, 3),
        "delta": rounded(bands.delta, 4),
        "off": rounded(100.0 * off, 4),
        "outside": rounded(100.0 * outside, 4),
        "fit_strike": rounded(own.forward * np.exp(k), 2),
        "fit": rounded(100.0 * own.smile.vol(k, own.years), 3),
    }


def total_variances(one: FittedSlice) -> dict[str, Any]:
    """The line of one expiry over log-moneyness, as far as quotes reach."""
    own = one.slice
    k = np.linspace(max(float(one.bands.k[0]), -0.6), min(float(one.bands.k[-1]), 0.3), 81)
    return {"k": rounded(k, 5), "w": rounded(own.smile.total_variance(k), 8)}


def number(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    value = float(value)
    return value if math.isfinite(value) else None


def rounded(values: Floats, digits: int) -> list[float | None]:
    return [number(value) for value in np.round(values, digits).tolist()]
