"""Words and figures that the text and the page of a rebuilt index share."""

from __future__ import annotations

import math

from steward.doors.index.work import Found
from steward.doors.report.words import UNKNOWN, counted, listed, source
from steward.market.paths.marker import SENTENCE
from steward.studies.indices.comparison import SHORT_MONTHS, Figures, Month
from steward.studies.indices.published import Checked

KINDS = {
    "growth": "growth a year",
    "total": "growth in all",
    "sd": "standard deviation a year",
    "drawdown": "deepest fall, ends of months",
    "worst": "worst month",
    "premium": "premium sold a year",
}

SETTLES = {
    "SET": "SET",
    "SET_estimate": "an estimate of SET",
    "vx_final": "the final value of the VX future",
    "vix_open": "that morning's VIX",
}

LABELS = {
    "modelled": "Every option here is bought and sold at modelled quotes.",
    "quoted": "Options trade at real quotes alone; what is held and not quoted is marked by the "
    "model.",
    "simulated": SENTENCE,
}

REPLACED = (
    "The exchange settles at the special opening quotation, picks strikes by the index before "
    "11:00 and prices the new options by trades of the hours after. Here the old options settle "
    "at SET, or at an estimate of it, and the new ones are picked and priced at the close of that "
    "day."
)
FOR_LEARNING = "For learning; no advice. This is a rebuilt index, not the published one."

PERIODS = (
    "period",
    "months",
    "rebuilt a year",
    "published",
    "difference",
    "correlation",
    "tracking error",
)
WORST = ("period", "worst, rebuilt", "worst, published", "sd, rebuilt", "sd, published")
CHECKED = ("figure", "window", "published", "rebuilt", "source")


def percent(value: float, digits: int = 2, *, sign: bool = False) -> str:
    """A fraction as percent; a dash for none."""
    if not math.isfinite(value):
        return UNKNOWN
    shown = round(100.0 * value, digits) + 0.0  # no minus before a zero
    text = f"{shown:{'+' if sign else ''}.{digits}f} %"
    return text.replace("-", "\u2212")


def month(one: Month) -> str:
    return f"{one[0]}-{one[1]:02d}"


def title(found: Found) -> str:
    sessions = found.rebuilt.sessions
    return f"{found.ticker} rebuilt, {sessions[0]} to {sessions[-1]}"


def made(found: Found) -> tuple[str, ...]:
    """How it was made, in sentences."""
    crossed = f"{100.0 * found.crossed:g} % of the half spread beyond the middle"
    settled = ", ".join(
        f"{settles(name)} {counted(count, 'time')}" for name, count in found.sources
    )
    said = [
        f"{LABELS[found.quality]} Quotes: {found.quotes}. Daily series: {found.data}.",
        f"New options cost {crossed}. {funds(found)}",
        REPLACED if found.ticker != "VXTH" else REPLACED.replace("SET,", "VRO,"),
    ]
    if settled:
        said.append(f"Old options settled at {settled}.")
    return tuple(said)


def settles(name: str) -> str:
    """On what old options settled, in words."""
    return SETTLES.get(name) or f"the {source(name)}"


def funds(found: Found) -> str:
    """What the index holds beside its options."""
    if found.rebuilt.rules.shares:
        return f"It holds the S&P 500 with dividends: {found.dividends}."
    return "It holds bills at the rates known on the day they were bought."


def lead(found: Found) -> str:
    """The finding in a sentence or two; first of all where options could not be traded."""
    return " ".join(said for said in (untraded(found), grown(found)) if said)


def untraded(found: Found) -> str:
    """On how many roll days the index went without options for want of quotes; empty: on none."""
    rolls = len(found.rebuilt.rolls)
    if not found.missed:
        return ""
    if found.missed == rolls:
        holds = "the S&P 500" if found.rebuilt.rules.shares else "bills"
        days = "its only roll day" if rolls == 1 else f"any of its {rolls} roll days"
        return (
            f"No option was traded: there were no quotes of the new ones on {days}. What follows "
            f"is {holds} alone, not {found.ticker}."
        )
    return (
        f"On {found.missed} of {rolls} roll days there were no quotes of the new options: from "
        "then until the next one it held none."
    )


def left_out(found: Found) -> str:
    """Which years are not in the list of years, as they are not whole; empty: all are there."""
    first, last = found.rebuilt.sessions[0], found.rebuilt.sessions[-1]
    days = [
        f"{year} ({f'from {first} on' if year == first.year else f'to {last}'})"
        for year in found.left_out
    ]
    if not days:
        return ""
    return f"Left out, since not whole: {listed(days)}."


def short(found: Found) -> tuple[str, ...]:
    """What a correlation of few months is worth, a sentence a period that has few; empty: none."""
    said, intervals = [], False
    for place, one in enumerate(found.periods):
        if one.months >= SHORT_MONTHS or (place and one.months == found.periods[0].months):
            continue
        months = f"The {one.months} months of the {one.name}" if place else f"{one.months} months"
        if math.isnan(one.correlation):
            said.append(f"{months} are few, and one of the two never moves in them.")
        elif one.interval is None:
            said.append(f"{months} are too few for a correlation to say anything.")
        else:
            intervals = True
            mine, low, high = (correlation(end) for end in (one.correlation, *one.interval))
            said.append(f"{months} are few: a correlation of {mine} fits a true {low} to {high}.")
    if intervals:
        said.append("The intervals are Fisher's, of 95 %.")
    if said:
        said.append("Of so few months a single one can decide the other figures.")
    return tuple(said)


def correlation(value: float) -> str:
    """To three places; a dash for none."""
    return UNKNOWN if math.isnan(value) else f"{value:.3f}".replace("-", "\u2212")


def grown(found: Found) -> str:
    """How it grew; beside the published index where there is one."""
    if found.periods:
        all_ = found.periods[0]
        return (
            f"{percent(all_.rebuilt)} a year against {percent(all_.published)} published: "
            f"{percent(all_.difference, sign=True)} a year over {all_.months} months, monthly "
            f"returns correlate {correlation(all_.correlation)}."
        )
    levels, sessions = found.rebuilt.levels, found.rebuilt.sessions
    days = max((sessions[-1] - sessions[0]).days, 1)
    if days < 183:
        return f"{percent(float(levels[-1] / levels[0]) - 1.0, sign=True)} in {days} days."
    grown = float(levels[-1] / levels[0]) ** (365.0 / days) - 1.0
    return f"{percent(grown)} a year."


def period_row(one: Figures) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.months}",
        percent(one.rebuilt),
        percent(one.published),
        percent(one.difference, sign=True),
        correlation(one.correlation),
        percent(one.error),
    )


def worst_row(one: Figures) -> tuple[str, ...]:
    return (
        one.name,
        f"{percent(one.worst_rebuilt[1], 1)} ({month(one.worst_rebuilt[0])})",
        f"{percent(one.worst_published[1], 1)} ({month(one.worst_published[0])})",
        percent(one.sd_rebuilt),
        percent(one.sd_published),
    )


def checked_row(one: Checked) -> tuple[str, ...]:
    published = one.published
    since = "" if one.since == published.first else f" (rebuilt since {month(one.since)})"
    return (
        KINDS[published.kind],
        f"{month(published.first)} to {month(published.last)}{since}",
        percent(published.value, 1),
        percent(one.rebuilt, 1),
        published.source,
    )
