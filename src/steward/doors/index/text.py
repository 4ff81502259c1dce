"""What `steward index` prints: tables, or one JSON document."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from steward.doors.index import wording
from steward.doors.index.work import Found
from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.doors.writing import wrote
from steward.studies.indices.comparison import Figures
from steward.studies.indices.world import Roll
from steward.terms.contracts import E4

YEARS_A_ROW = 6


def show(found: Found, *, page: Path | None, table: Path | None, as_json: bool) -> None:
    """The finding, years, differences, published figures, how it was made, where files are."""
    if as_json:
        print_json(document(found))
        return
    out = Out()
    out.line(f"{wording.title(found)} ({found.quality}): {found.rebuilt.rules.name}", "bold")
    out.line(wording.lead(found))
    if found.periods:
        out.line(f"\nBeside {found.levels}", "bold")
        out.table(wording.PERIODS, [wording.period_row(one) for one in found.periods])
        out.table(wording.WORST, [wording.worst_row(one) for one in found.periods])
        if few := wording.short(found):
            out.line(" ".join(few))
    if found.years:
        out.line(f"\nYears, {found.quality}", "bold")
        cells = [f"{year} {wording.percent(value, 1, sign=True)}" for year, value in found.years]
        for first in range(0, len(cells), YEARS_A_ROW):
            out.line("   ".join(cells[first : first + YEARS_A_ROW]), indent=2)
        if left_out := wording.left_out(found):
            out.line(left_out, indent=2)
    if found.checked:
        out.line("\nPublished figures, and the same rebuilt", "bold")
        out.table(
            wording.CHECKED,
            [wording.checked_row(one) for one in found.checked],
            words=("window", "source"),
        )
    out.line("\nHow it was made", "bold")
    for said in wording.made(found):
        out.line(said, indent=2)
    if page is not None:
        out.path(f"Page: {page}")
    if table is not None:
        out.path(wrote(len(found.rebuilt.sessions), table))
    out.line(f"\n{wording.FOR_LEARNING}")


# --- JSON ----------------------------------------------------------------------------------------


def document(found: Found) -> dict[str, Any]:
    """Everything found; keys as docs/indices.md lists them."""
    compared = found.compared
    return {
        "format": 1,
        "index": found.ticker,
        "name": found.rebuilt.rules.name,
        "disclaimer": DISCLAIMER,
        "quality": found.quality,
        "data": found.data,
        "quotes": found.quotes,
        "dividends": found.dividends,
        "crossed": found.crossed,
        "every": found.rebuilt.every,
        "levels": [
            {"session": day.isoformat(), "level": round(level, 6)}
            for day, level in zip(
                found.rebuilt.sessions, found.rebuilt.levels.tolist(), strict=True
            )
        ],
        "years": {str(year): round(value, 6) for year, value in found.years},
        "years_left_out": list(found.left_out),
        "rolls": [_roll(one) for one in found.rebuilt.rolls],
        "settled": dict(found.sources),
        "rolls_without_quotes": found.missed,
        "rolls_traded": found.traded,
        "published_figures": [
            {
                "figure": one.published.kind,
                "from": wording.month(one.published.first),
                "to": wording.month(one.published.last),
                "published": one.published.value,
                "rebuilt": round(one.rebuilt, 6),
                "rebuilt_since": wording.month(one.since),
                "source": one.published.source,
            }
            for one in found.checked
        ],
        "compared_with": found.levels or None,
        "periods": [_period(one) for one in found.periods],
        "months": []
        if compared is None
        else [
            {
                "month": wording.month(month),
                "rebuilt": round(mine, 6),
                "published": round(theirs, 6),
            }
            for month, mine, theirs in zip(
                compared.months,
                compared.rebuilt.tolist(),
                compared.published.tolist(),
                strict=True,
            )
        ],
    }


def _roll(one: Roll) -> dict[str, Any]:
    return {
        "session": one.session.isoformat(),
        "settled_at": None if one.settled is None else one.settled.value_e4 / E4,
        "settled_by": None if one.settled is None else one.settled.source,
        "payoff": round(one.payoff, 4),
        "legs": [
            {
                "contract": leg.contract.key,
                "quantity": leg.quantity,
                "price": round(leg.price, 4),
                "mid": round(leg.mid, 4),
                "delta": round(leg.delta, 4),
            }
            for leg in one.legs
        ],
        "units": round(one.units, 8),
        "why": one.why,
    }


def _period(one: Figures) -> dict[str, Any]:
    return {
        "period": one.name,
        "months": one.months,
        "rebuilt_a_year": round(one.rebuilt, 6),
        "published_a_year": round(one.published, 6),
        "tracking_difference": round(one.difference, 6),
        "correlation": None if math.isnan(one.correlation) else round(one.correlation, 6),
        "correlation_interval": one.interval and [round(end, 6) for end in one.interval],
        "tracking_error": round(one.error, 6),
        "sd_rebuilt": round(one.sd_rebuilt, 6),
        "sd_published": round(one.sd_published, 6),
        "worst_rebuilt": {
            "month": wording.month(one.worst_rebuilt[0]),
            "return": round(one.worst_rebuilt[1], 6),
        },
        "worst_published": {
            "month": wording.month(one.worst_published[0]),
            "return": round(one.worst_published[1], 6),
        },
    }
