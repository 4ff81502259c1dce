"""All sessions of a chain together: verdicts, gaps, months, labels, VIX."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from steward.intake.quality_files import gaps
from steward.intake.quality_tables import (
    VERDICTS,
    ChainQuality,
    Labels,
    MonthQuality,
    SessionQuality,
)
from steward.terms import calendar


@dataclass(slots=True)
class Gathered:
    """What is gathered of one symbol and snapshot, session by session.

    labels, against  rows by root, settlement and its source; of these against the rule
    by_rates, by_parity  sessions whose interest is of rates that were given, or of parity
    """

    symbol: str
    snapshot: str
    sessions: list[SessionQuality] = field(default_factory=list)
    vendors: set[str] = field(default_factory=set)
    labels: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    against: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    by_rates: int = 0
    by_parity: int = 0


def summed(chain: Gathered, rate_source: str | None) -> ChainQuality:
    """All sessions of a chain. `rate_source`: where given interest comes from."""
    by_session = tuple(chain.sessions)
    days = [one.session for one in by_session]
    holes = gaps(days)
    missing = sum(gap.sessions for gap in holes)
    counts = Counter(str(one.verdict) for one in by_session)
    counts["missing"] = missing
    quotes = sum(one.quotes for one in by_session)
    compared = [one for one in by_session if one.vix_difference is not None]
    off = np.array([one.vix_difference for one in compared])
    worst = int(np.argmax(np.abs(off))) if compared else None
    residuals = [one.parity_residual for one in by_session if one.parity_residual is not None]
    unknown = Counter(_kind_of(one.vix_why) for one in by_session if one.vix_why is not None)
    return ChainQuality(
        symbol=chain.symbol,
        snapshot=chain.snapshot,
        vendors=tuple(sorted(chain.vendors)),
        first=days[0],
        last=days[-1],
        sessions=len(days),
        missing=missing,
        quotes=quotes,
        verdicts={name: counts[name] for name in VERDICTS},
        zero_bids=_weighted([(one.zero_bids, one.quotes - one.settled) for one in by_session]),
        wide=_weighted([(one.wide, one.quotes - one.settled) for one in by_session]),
        parity_residual=float(np.median(residuals)) if residuals else None,
        vix_computed=sum(one.vix_own is not None for one in by_session),
        vix_compared=len(compared),
        vix_median=float(np.median(np.abs(off))) if compared else None,
        vix_worst=None if worst is None else float(off[worst]),
        vix_worst_on=None if worst is None else compared[worst].session,
        vix_unknown=dict(sorted(unknown.items())) if chain.symbol == "SPX" else {},
        rate_source=_rate_source(chain, rate_source),
        gaps=holes,
        months=_months(by_session),
        labels=tuple(
            Labels(
                root=root,
                settlement=settlement,
                source=source,
                quotes=rows,
                against_rule=chain.against[root, settlement, source],
            )
            for (root, settlement, source), rows in sorted(chain.labels.items())
        ),
        by_session=by_session,
    )


def _weighted(by: Sequence[tuple[float | None, int]]) -> float:
    """Mean of the known shares, each weighted by its rows."""
    known = [(share, rows) for share, rows in by if share is not None]
    return sum(share * rows for share, rows in known) / max(sum(rows for _, rows in known), 1)


def _kind_of(why: str) -> str:
    """The reason without its dates, so that sessions with the same trouble are counted together."""
    if why.startswith("no quotes of "):
        return "no quotes of an expiry that the formula asks for"
    if why.endswith(" usable strikes"):
        return "too few usable strikes"
    if " lacks call or put at " in why:
        return "an expiry lacks call or put at the strike below its forward"
    if why.startswith("the published VIX is of the close"):
        return "the published VIX is of the close, these quotes are not"
    return why


def _rate_source(chain: Gathered, given: str | None) -> str:
    without = len(chain.sessions) - chain.by_rates - chain.by_parity
    said = []
    if chain.by_rates:
        said.append(given or "")
    if chain.by_parity:
        said.append("put-call parity of the quotes")
    if without:
        said.append(f"none on {without} session{'s' if without > 1 else ''} (counted as 0)")
    return ", ".join(said)


def _months(sessions: tuple[SessionQuality, ...]) -> tuple[MonthQuality, ...]:
    by_month: dict[str, list[SessionQuality]] = {}
    for one in sessions:
        by_month.setdefault(f"{one.session:%Y-%m}", []).append(one)
    found = []
    for month, own in sorted(by_month.items()):
        first = date.fromisoformat(f"{month}-01")
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        counts = Counter(str(one.verdict) for one in own)
        found.append(
            MonthQuality(
                month=month,
                sessions=len(own),
                of=len(calendar.sessions(first, after - timedelta(days=1))),
                quotes=sum(one.quotes for one in own),
                verdicts={name: counts[name] for name in VERDICTS if name != "missing"},
            )
        )
    return tuple(found)
