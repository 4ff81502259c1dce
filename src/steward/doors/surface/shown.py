"""A surface in the terminal, or as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path

import typer

from steward.doors.surface.document import document
from steward.doors.surface.work import Fitted
from steward.doors.terminal import Out
from steward.pricing.surface import FittedSlice, FittedSurface

CARRY_HEAD = ("expiry", "days", "forward", "±", "discount", "of", "rate %", "own rate %", "yield %")
FIT_HEAD = (
    "expiry",
    "vol %",
    "skew",
    "quotes",
    "inside",
    "SVI",
    "90th",
    "worst",
    "butterfly",
    "calendar %",
    "verdict",
)
YIELD = (
    "yield: the rate less the drift of the forward over the index beside the quotes. Quotes of "
    "16:15 stand beside an index of 16:00, so over short times it is mostly what the index did in "
    "between."
)
DISCLAIMER = (
    "Fitted to quotes that you brought; a good fit says that they agree with each other, not that "
    "one can trade at them. For learning; no advice."
)


def show(found: Fitted, *, page: Path | None, as_json: bool) -> None:
    """Print the document, or two tables a surface."""
    if as_json:
        said = document(found)
        if page is not None:
            said["page"] = str(page)
        typer.echo(json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False))
        return
    out = Out()
    for surface, moment, quotes, settled in zip(
        found.surfaces, found.moments, found.quotes, found.settled, strict=True
    ):
        good = sum(one.verdict.good for one in surface.slices)
        out.line(
            f"\n{surface.surface.underlying} of {found.session}, {moment:%H:%M} New York: "
            f"{counted(len(surface.slices))}, {good} good, of {quotes:,} quotes",
            "bold",
        )
        if over := left_out(settled, quotes):
            out.line(over, "" if settled < quotes else "yellow")
        _tables(out, surface)
    if found.others:
        out.line(f"\n{found.others} other sessions are there: choose one with --session.")
    out.line(f"\n{DISCLAIMER}")
    if page is not None:
        out.path(f"Page: {page}")


def counted(expiries: int) -> str:
    """How many there are."""
    return f"{expiries} {'expiry' if expiries == 1 else 'expiries'}"


def left_out(settled: int, quotes: int) -> str:
    """What is said of quotes whose series had settled; "" where there are none."""
    if not settled:
        return ""
    if settled == quotes:
        return "Every series had settled by the moment of its quotes: nothing is left to fit."
    return f"{settled:,} quotes are of series that had settled by their moment: left out."


def _tables(out: Out, found: FittedSurface) -> None:
    if found.slices:
        _figures(out, found)
    poor = [one for one in found.slices if not one.verdict.good]
    if poor:
        out.line("\nPoor, and refused unless one insists:", "bold yellow")
        for one in poor:
            out.line(f"{_name(one)}: {'; '.join(one.verdict.reasons)}", "yellow", indent=2)
    if found.no_smile:
        out.line("\nWithout a smile:")
        for expiry, why in found.no_smile:
            out.line(f"{expiry.root} {expiry.day} {expiry.settlement}: {why}", indent=2)


def _figures(out: Out, found: FittedSurface) -> None:
    spot = found.surface.spot
    short = found.rates or "not known"
    out.line(f"Discounts below 60 days: {short}; from 60 days on put-call parity of the quotes.")
    out.line("")
    out.table(CARRY_HEAD, [_carry(one, spot) for one in found.slices])
    if any(math.isfinite(one.carry.dividend_yield(spot)) for one in found.slices):
        out.line(YIELD)
    out.line("\n")
    out.table(FIT_HEAD, [_fit(one) for one in found.slices])
    out.line(
        "inside: quotes of |delta| 0.03 and more between bid and ask, and SVI: by raw SVI alone; "
        "90th: percentile of the distance from the middle, vol points; worst: the farthest "
        "outside, vol points; butterfly: the least g, and below 0 a butterfly would cost less than "
        "nothing; calendar: the least rise of total variance since the expiry before of the same "
        "clock."
    )


def _name(one: FittedSlice) -> str:
    return f"{one.expiry.root} {one.expiry.day} {one.expiry.settlement}"


def _carry(one: FittedSlice, spot: float) -> tuple[str, ...]:
    carry = one.carry
    own = (
        ""
        if math.isnan(carry.own_rate)
        else f"{_percent(carry.own_rate)} ±{_percent(carry.own_rate_error)}"
    )
    return (
        _name(one),
        f"{365.0 * carry.years:.1f}",
        f"{carry.forward:.2f}",
        _number(carry.forward_error, 3),
        f"{carry.discount:.5f}",
        carry.discount_from if carry.forward_from == "parity" else "future",
        _percent(carry.financing_rate),
        own,
        _percent(carry.dividend_yield(spot)),
    )


def _fit(one: FittedSlice) -> tuple[str, ...]:
    report = one.report
    return (
        _name(one),
        f"{100.0 * one.slice.at_the_money:.2f}",
        f"{one.slice.skew:.2f}",
        f"{report.quotes}",
        _share(report.inside),
        _share(report.inside_svi),
        _number(report.middle_p90, 3),
        _number(report.worst, 3),
        f"{report.butterfly.worst:.3f}",
        _percent(report.calendar[0], 1),
        "good" if one.verdict.good else "POOR",
    )


def _share(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.0%}"


def _number(value: float, digits: int) -> str:
    return "" if math.isnan(value) else f"{value:.{digits}f}"


def _percent(value: float, digits: int = 2) -> str:
    return "" if math.isnan(value) else f"{100.0 * value:.{digits}f}"
