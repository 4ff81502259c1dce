"""How the rule of listed strikes meets the lists of real chains, for the model card."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable
from steward.intake.fit.snapshots import Snapshot
from steward.market.history import History
from steward.pricing.strikes import REMEMBERED, kind_of, series_strikes

Floats = NDArray[np.float64]

NEAR = 0.20
"""Of the close: strikes beyond it are the wings."""

LONGEST, TENORS = 400, (8, 22, 40, 65, 100, 130, 200)
"""Days to settlement, and between which series count together."""

CUT = (0.90, 1.05)
"""Shares of the close: a list that does not reach beyond them was cut by its source."""

KINDS = (("month", "monthlies and ends of months"), ("friday", "Friday weeklies"), ("day", "other"))
PERIODS = (("2011-13", 2013), ("2018-20", 2020), ("2022-24", 2024), ("2025", 2025))


def strike_tables(history: History, moments: Sequence[Snapshot]) -> tuple[ErrorTable, ...]:
    """By cluster of dates, and by kind of series and tenor."""
    judged = _judged(history, moments)
    clusters = judged["cluster"].unique().sort().to_list()
    by_date = ErrorTable(
        key="spx_strikes_by_date",
        title="Listed strikes of SPX within 20 % of the index, by cluster of dates",
        columns=("cluster", "series", "real strikes that the rule has", "rule's that are real"),
        rows=tuple(
            (cluster, f"{part.height}", *_two(part))
            for cluster in clusters
            for part in (judged.filter(pl.col("cluster") == cluster),)
        ),
        note="Medians over the series of a cluster, percent; lists that were cut are left out.",
    )
    rows = []
    for kind, shown in KINDS:
        for low, high in zip((0, *TENORS), (*TENORS, LONGEST), strict=True):
            cells = []
            for n, (_, last) in enumerate(PERIODS):
                first = PERIODS[n - 1][1] if n else 0
                part = judged.filter(
                    pl.col("kind") == kind,
                    (pl.col("days") > low) & (pl.col("days") <= high),
                    (pl.col("year") > first) & (pl.col("year") <= last),
                )
                cells.append(" / ".join(_two(part)) if part.height else "")
            if any(cells):
                rows.append((shown, f"{low + 1}-{high}", *cells))
    by_kind = ErrorTable(
        key="spx_strikes_by_kind",
        title="Listed strikes of SPX within 20 % of the index, by kind of series and tenor",
        columns=("series", "days", *(name for name, _ in PERIODS)),
        rows=tuple(rows),
        note="Real strikes that the rule has / strikes of the rule that are real: medians over "
        "series, percent. The rule was set by eye against these very lists: in sample.",
    )
    return by_date, by_kind


def _judged(history: History, moments: Sequence[Snapshot]) -> pl.DataFrame:
    rows = []
    for one in moments:
        last = bisect_right(history.sessions, one.session)
        closes = history.spx.close[max(last - REMEMBERED, 0) : last]
        for chain in one.chains:
            days = (chain.expiry.day - one.session).days
            whole = (
                chain.strike.min() < CUT[0] * closes[-1] < CUT[1] * closes[-1] < chain.strike.max()
            )
            if not whole or not 0 < days <= LONGEST:
                continue
            real, rule = (
                strikes[np.abs(strikes / closes[-1] - 1.0) <= NEAR]
                for strikes in (
                    np.unique(chain.strike),
                    series_strikes(one.session, chain.expiry, closes),
                )
            )
            if real.size and rule.size:
                rows.append(
                    {
                        "cluster": one.cluster,
                        "year": one.session.year,
                        "kind": kind_of(chain.expiry),
                        "days": days,
                        "had": float(np.isin(real, rule).mean()),
                        "real": float(np.isin(rule, real).mean()),
                    }
                )
    return pl.DataFrame(rows)


def _two(part: pl.DataFrame) -> tuple[str, str]:
    had, real = (float(np.median(part[name].to_numpy())) for name in ("had", "real"))
    return f"{100.0 * had:.0f}", f"{100.0 * real:.0f}"
