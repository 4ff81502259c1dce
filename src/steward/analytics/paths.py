"""One ledger's path through the run: time-weighted returns by session, week, month and year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import polars as pl

from steward.analytics import measures
from steward.analytics.attribution import openings
from steward.analytics.measures import Floats
from steward.terms.errors import StewardError

REFERENCES = ("cash", "unhedged", "static")
"""Ledgers that every run has beside the one of its rule file, in the order of pages."""


class Outcome(Protocol):
    """What a run leaves behind, as far as measures and pages read it."""

    @property
    def manifest(self) -> Mapping[str, Any]: ...
    @property
    def journal(self) -> pl.DataFrame: ...
    @property
    def equity(self) -> pl.DataFrame: ...
    @property
    def decisions(self) -> pl.DataFrame: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Arrays with one entry a session.

    returns  time-weighted, fractions; NaN after the account stood at zero or below
    bills    what cash earned to the session, a fraction of one session; NaN where not known
    index    return of SPX to the session; NaN on the first
    flow     moved in by the owner, cents; the first holds what the account began with
    """

    ledger: str
    days: Sequence[date]
    equity: Floats  # cents
    cash: Floats  # cents
    flow: Floats
    returns: Floats
    bills: Floats
    index: Floats

    @property
    def excess(self) -> Floats:
        """Over bills, from the second session on."""
        return (self.returns - self.bills)[1:]

    @property
    def index_excess(self) -> Floats:
        return (self.index - self.bills)[1:]


def ledgers(equity: pl.DataFrame) -> tuple[str, ...]:
    """Names in the order of pages: the references first, then those of rule files as they come."""
    found = equity["ledger"].unique(maintain_order=True).to_list()
    return tuple(
        [name for name in REFERENCES if name in found]
        + [name for name in found if name not in REFERENCES]
    )


def paths(result: Outcome) -> dict[str, Path]:
    """All ledgers of a run, in the order of pages. StewardError when the run has no session."""
    equity = result.equity
    if equity.is_empty():
        raise StewardError("this run has no session: choose a window with data")
    start = openings(result.journal)
    parts = {
        part["ledger"][0]: part
        for part in equity.sort("session").partition_by("ledger", maintain_order=True)
    }
    return {name: _path(name, parts[name], start.get(name, 0)) for name in ledgers(equity)}


def _path(name: str, part: pl.DataFrame, opening: int) -> Path:
    days: list[date] = part["session"].to_list()
    equity, flow = _floats(part, "equity"), _floats(part, "flow")
    if opening + flow[0] == 0.0:  # a table without its first event: begins with what it shows
        opening = int(equity[0])
    began = flow.copy()
    began[0] += opening
    spx = _floats(part, "spx")
    gaps = np.diff(np.array(days, dtype="datetime64[D]")).astype(np.float64)
    bills = _floats(part, "bill_rate") * np.concatenate(([0.0], gaps)) / measures.DAYS_A_YEAR
    bills[0] = 0.0
    return Path(
        ledger=name,
        days=days,
        equity=equity,
        cash=_floats(part, "cash"),
        flow=began,
        returns=measures.time_weighted(equity, flow, float(opening)),
        bills=bills,
        index=np.concatenate(([np.nan], spx[1:] / spx[:-1] - 1.0)),
    )


def _floats(part: pl.DataFrame, column: str) -> Floats:
    """A column as floats; null is NaN."""
    return part[column].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def weekly(returns: Floats, days: Sequence[date]) -> tuple[Floats, list[date]]:
    """Returns from one week's last session to the next one's, with those days; ISO weeks."""
    weeks = [day.isocalendar()[:2] for day in days]
    ends = [i for i in range(len(days)) if i + 1 == len(days) or weeks[i] != weeks[i + 1]]
    wealth = measures.growth(returns)[ends]
    return (wealth[1:] / wealth[:-1] - 1.0).astype(np.float64), [days[i] for i in ends[1:]]


def monthly(result: Outcome) -> pl.DataFrame:
    """Time-weighted return by calendar month: columns ledger, year, month, return, sessions."""
    frames = []
    for path in paths(result).values():
        frames.append(
            pl.DataFrame(
                {"ledger": path.ledger, "session": path.days, "growth": 1.0 + path.returns},
                schema_overrides={"session": pl.Date},
            )
        )
    return (
        pl.concat(frames)
        .group_by(
            "ledger",
            year=pl.col("session").dt.year(),
            month=pl.col("session").dt.month().cast(pl.Int32),
            maintain_order=True,
        )
        .agg((pl.col("growth").product() - 1.0).alias("return"), sessions=pl.len())
    )
