"""What the script of the page draws: by chain and column, one entry a session, rounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from steward.doors.data_report import wording
from steward.doors.report.charts import days_of
from steward.intake.quality_tables import VERDICTS, ChainQuality, SessionQuality, StoreQuality
from steward.terms import calendar


def data(found: StoreQuality) -> dict[str, Any]:
    return {"chains": [_chain(chain) for chain in wording.shown(found)], "verdicts": list(VERDICTS)}


def _chain(chain: ChainQuality) -> dict[str, Any]:
    """`breaks`: rows before which sessions are missing, with their number."""
    own = chain.by_session
    rows = {one.session: row for row, one in enumerate(own)}
    return {
        "name": wording.chain_name(chain),
        "days": days_of([one.session for one in own]),
        "verdict": "".join(str(VERDICTS.index(one.verdict)) for one in own),
        "reasons": {
            row: wording.sentence(one.reasons) for row, one in enumerate(own) if one.reasons
        },
        "breaks": [[rows[calendar.next_session(gap.last)], gap.sessions] for gap in chain.gaps],
        "missing": _missing(chain),
        "quotes": [one.quotes for one in own],
        "expiries": [one.expiries for one in own],
        "farthest": _rounded(((one.farthest - one.session).days / 365.0 for one in own), 3),
        "zero": _percent(own, "zero_bids"),
        "wide": _percent(own, "wide"),
        "stale": _percent(own, "stale"),
        "residual": _rounded((one.parity_residual for one in own), 3),
        "beyond": _percent(own, "parity_beyond"),
        "forward": _rounded((one.forward_less_underlying for one in own), 2),
        "own": _rounded((one.vix_own for one in own), 2),
        "published": _rounded((one.vix_published for one in own), 2),
        "difference": _rounded((one.vix_difference for one in own), 3),
    }


def _missing(chain: ChainQuality) -> dict[str, Any] | None:
    """Missing sessions of years that have some quotes; whole years without need no days."""
    years = {one.session.year for one in chain.by_session}
    days: list[date] = []
    for gap in chain.gaps:
        days += [d for d in calendar.sessions(gap.first, gap.last) if d.year in years]
    return days_of(days) if days else None


def _percent(own: Iterable[SessionQuality], name: str) -> list[float | None]:
    values = (getattr(one, name) for one in own)
    return _rounded((None if value is None else 100.0 * value for value in values), 2)


def _rounded(values: Iterable[float | None], digits: int) -> list[float | None]:
    return [None if value is None else round(value, digits) + 0.0 for value in values]
