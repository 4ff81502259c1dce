"""The page of a rebuilt index: its growth beside the published one, and where they differ.

The same findings give the same bytes: no clock, no random number, no path of a machine.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment

from steward import __version__
from steward.doors import pages
from steward.doors.index import wording
from steward.doors.index.work import Found
from steward.doors.report.charts import days_of
from steward.doors.report.words import UNKNOWN, unbroken
from steward.studies.indices.world import Roll
from steward.terms.contracts import E4

LAST_ROLLS = 24
"""Roll days that are shown; all of them are in the JSON document."""


BOUGHT, SOLD = "+", "\u2212"


def render(found: Found) -> str:
    """The page as text."""
    said: dict[str, Any] = {
        "version": __version__,
        "title": wording.title(found),
        "name": found.rebuilt.rules.name,
        "quality": found.quality,
        "lead": wording.lead(found),
        "made": wording.made(found),
        "levels": found.levels,
        "periods_head": wording.PERIODS,
        "periods": [wording.period_row(one) for one in found.periods],
        "worst_head": wording.WORST,
        "worst": [wording.worst_row(one) for one in found.periods],
        "years": [
            (f"{year}", wording.percent(value, 1, sign=True), value < 0.0)
            for year, value in found.years
        ],
        "left_out": wording.left_out(found),
        "short": wording.short(found),
        "untraded": bool(wording.untraded(found)),
        "checked_head": wording.CHECKED,
        "checked": [wording.checked_row(one) for one in found.checked],
        "rolls": [_roll(one) for one in found.rebuilt.rolls[-LAST_ROLLS:][::-1]],
        "all_rolls": len(found.rebuilt.rolls),
        "disclaimer": wording.FOR_LEARNING,
    }
    return pages.render(_environment(), "steward.doors.index", "index", said, _data(found))


def _roll(one: Roll) -> tuple[str, str, str, str]:
    """Session, on what the old options settled, what was traded, and at which price."""
    settled = (
        "nothing held"
        if one.settled is None
        else f"{one.settled.value_e4 / E4:,.2f}, {wording.settles(one.settled.source)}"
    )
    if not one.legs:
        return one.session.isoformat(), settled, one.why, UNKNOWN
    legs = ", ".join(
        f"{BOUGHT if leg.quantity > 0 else SOLD}{leg.contract.strike:g} {leg.contract.right}"
        for leg in one.legs
    )
    side = "credit" if one.cost < 0.0 else "debit"
    return one.session.isoformat(), settled, legs, f"{abs(one.cost):,.2f} {side}"


def _data(found: Found) -> dict[str, Any]:
    """What the script draws: levels from 100, published ones scaled to meet them at their first."""
    sessions, levels = found.rebuilt.sessions, found.rebuilt.levels
    data: dict[str, Any] = {
        "days": days_of(list(sessions)),
        "levels": [round(level, 3) for level in levels.tolist()],
        "name": found.ticker,
        "quality": found.quality,
        "published": None,
        "months": [],
        "differences": [],
    }
    compared = found.compared
    if compared is not None:
        own = dict(zip(sessions, levels.tolist(), strict=True))
        first = compared.ends[0]
        scale = own[first[1]] / first[2]
        data["published"] = {
            "days": days_of([day for _, day, _ in compared.ends]),
            "levels": [round(level * scale, 3) for _, _, level in compared.ends],
        }
        data["months"] = [f"{wording.month(month)}-15" for month in compared.months]
        off = 100.0 * (compared.rebuilt - compared.published)
        data["differences"] = [round(one, 3) for one in off.tolist()]
    return data


@cache
def _environment() -> Environment:
    environment = pages.environment()
    environment.filters["unbroken"] = unbroken
    return environment
