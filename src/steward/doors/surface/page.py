"""The page of a fitted session: one HTML file that opens offline.

The same quotes give the same bytes: no clock, no random number, no path of a machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

from jinja2 import Environment

from steward import __version__
from steward.doors import pages
from steward.doors.report import words
from steward.doors.surface.document import drawn, number, total_variances
from steward.doors.surface.shown import counted, left_out
from steward.doors.surface.work import Fitted
from steward.pricing.surface import FittedSlice, FittedSurface

PANELS = 6
"""Expiries whose smiles are drawn at once."""

NAMED = 3
"""Files that are named one by one."""


def render(found: Fitted) -> str:
    """The page as text."""
    said: dict[str, Any] = {
        "version": __version__,
        "session": words.day(found.session),
        "names": files(found.names),
        "surfaces": [
            _words(surface, moment.strftime("%H:%M"), quotes)
            | {"settled": left_out(settled, quotes)}
            for surface, moment, quotes, settled in zip(
                found.surfaces, found.moments, found.quotes, found.settled, strict=True
            )
        ],
    }
    with_smiles = [one for one in found.surfaces if one.slices]
    said["drawn"] = [one.surface.underlying for one in with_smiles]
    data = {"surfaces": [_data(one) for one in with_smiles]}
    return pages.render(_environment(), "steward.doors.surface", "surface", said, data)


def files(names: Sequence[str]) -> str:
    """A few names, or how many there are and the first and the last of them."""
    if len(names) <= NAMED:
        return ", ".join(names)
    return f"{len(names)} files, {min(names)} to {max(names)}"


def _words(found: FittedSurface, clock: str, quotes: int) -> dict[str, Any]:
    good = [one for one in found.slices if one.verdict.good]
    judged = sum(one.report.quotes for one in found.slices)
    inside = sum(one.report.inside * one.report.quotes for one in found.slices if one.report.quotes)
    plain = [one for one in found.slices if not math.isnan(one.report.inside_svi)]
    svi = sum(one.report.inside_svi * one.report.quotes for one in plain)
    of_plain = sum(one.report.quotes for one in plain)
    return {
        "name": found.surface.underlying,
        "clock": clock,
        "quotes": f"{quotes:,}",
        "expiries": len(found.slices),
        "good": len(good),
        "lead": _lead(
            len(good),
            len(found.slices),
            f"{inside / judged:.1%} of {judged:,}" if judged else "",
            f"{svi / of_plain:.1%}" if of_plain else "not fitted",
        ),
        "rates": found.rates or "not known",
        "rows": [_row(one, found.surface.spot) for one in found.slices],
        "no_smile": [
            (f"{e.root} {words.day(e.day)} {e.settlement}", why) for e, why in found.no_smile
        ],
        "vix": found.surface.underlying == "VIX",
    }


def _lead(good: int, expiries: int, inside: str, svi: str) -> str:
    """The first sentences on a surface; inside: "" where no quote can be judged."""
    if not expiries:
        return "no expiry could be fitted."
    said = f"{good} of {counted(expiries)} fit{'s' * (expiries == 1)} well."
    if not inside:
        return f"{said} No quote has a bid and a |delta| of 0.03 or more, so no fit was judged."
    return f"{said} {inside} quotes lie between bid and ask; by raw SVI alone {svi}."


def _row(one: FittedSlice, spot: float) -> dict[str, Any]:
    carry, report = one.carry, one.report
    return {
        "name": f"{one.expiry.root} {words.day(one.expiry.day)}",
        "small": f"{one.expiry.settlement}, {365.0 * carry.years:.1f} days",
        "good": one.verdict.good,
        "reasons": "; ".join(one.verdict.reasons),
        "forward": f"{carry.forward:,.2f}",
        "forward_error": _number(carry.forward_error, 3),
        "discount": f"{carry.discount:.5f}",
        "discount_from": carry.discount_from if carry.forward_from == "parity" else "future",
        "rate": _percent(carry.financing_rate),
        "own_rate": _percent(carry.own_rate),
        "own_rate_error": _percent(carry.own_rate_error),
        "dividend": _percent(carry.dividend_yield(spot)),
        "vol": f"{100.0 * one.slice.at_the_money:.2f}",
        "skew": f"{one.slice.skew:.2f}",
        "quotes": f"{report.quotes}",
        "inside": _share(report.inside),
        "svi": _share(report.inside_svi),
        "p90": _number(report.middle_p90, 3),
        "worst": _number(report.worst, 3),
        "g": f"{report.butterfly.worst:.3f}",
        "calendar": _percent(report.calendar[0], 1),
    }


def _data(found: FittedSurface) -> dict[str, Any]:
    """What the script draws of one surface."""
    return {
        "name": found.surface.underlying,
        "unordered": _unordered(found),
        "slices": [{**drawn(one), **_rates(one)} for one in found.slices],
        "variances": [total_variances(one) for one in found.slices],
        "panels": _panels(found.slices),
    }


def _unordered(found: FittedSurface) -> str:
    """Why there is no picture of an order in time; "" where there is one."""
    if found.surface.underlying == "VIX":
        return (
            "Options on VIX are each on a future of their own, so nothing orders their total "
            "variances in time: there is no picture of it."
        )
    if not any(one.verdict.good for one in found.slices):
        return "No expiry fits well, so there is no order to show."
    return ""


def _rates(one: FittedSlice) -> dict[str, Any]:
    carry = one.carry
    by_curve = (
        -math.log(carry.curve_discount) / carry.years if carry.curve_discount > 0.0 else math.nan
    )
    return {
        "atm": number(round(100.0 * one.slice.at_the_money, 3)),
        "skew": number(round(one.slice.skew, 4)),
        "own_rate": number(round(100.0 * carry.own_rate, 4)),
        "own_error": number(round(100.0 * carry.own_rate_error, 4)),
        "curve_rate": number(round(100.0 * by_curve, 4)),
    }


def _panels(slices: tuple[FittedSlice, ...]) -> list[int]:
    """Of the good expiries some, spread evenly in the log of time; of none, of all."""
    rows = [n for n, one in enumerate(slices) if one.verdict.good] or list(range(len(slices)))
    if len(rows) <= PANELS:
        return rows
    times = [math.log(slices[n].carry.years) for n in rows]
    step = (times[-1] - times[0]) / (PANELS - 1)
    found: list[int] = []
    for place in range(PANELS):
        free = [n for n in range(len(rows)) if rows[n] not in found]
        wanted = times[0] + place * step
        found.append(rows[min(free, key=lambda n: abs(times[n] - wanted))])
    return sorted(found)


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0%}"


def _number(value: float, digits: int) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _percent(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else f"{100.0 * value:.{digits}f}".replace("-", "−")


@cache
def _environment() -> Environment:
    return pages.environment()
