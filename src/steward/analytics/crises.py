"""Ten crises that a reader will ask about: which layer was on the evening before, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from steward.analytics.attribution import by_session
from steward.terms.trades import HEDGE_PURPOSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Crisis:
    """First and last session of the fall; the eve is the session before the first."""

    name: str
    first: date
    last: date


CRISES: tuple[Crisis, ...] = (
    Crisis(name="Autumn 2008", first=date(2008, 9, 15), last=date(2008, 11, 20)),
    Crisis(name="May 2010", first=date(2010, 5, 4), last=date(2010, 5, 20)),
    Crisis(name="August 2011", first=date(2011, 7, 25), last=date(2011, 8, 8)),
    Crisis(name="August 2015", first=date(2015, 8, 18), last=date(2015, 8, 25)),
    Crisis(name="February 2018", first=date(2018, 2, 2), last=date(2018, 2, 8)),
    Crisis(name="December 2018", first=date(2018, 12, 4), last=date(2018, 12, 24)),
    Crisis(name="March 2020", first=date(2020, 2, 20), last=date(2020, 3, 23)),
    Crisis(name="Bear market of 2022", first=date(2022, 1, 4), last=date(2022, 10, 12)),
    Crisis(name="August 2024", first=date(2024, 8, 1), last=date(2024, 8, 5)),
    Crisis(name="April 2025", first=date(2025, 4, 3), last=date(2025, 4, 8)),
)
"""Falls of the S&P 500, from the last close before them to a low close."""


def missing_crises(first: date, last: date) -> tuple[Crisis, ...]:
    """Those that a window does not contain from their eve to their end."""
    return tuple(c for c in CRISES if not (first < c.first and c.last <= last))


def eves(journal: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """One row a crisis and ledger, for crises whose eve and first session lie in the table.

    Columns: crisis, ledger, eve, first, last (the window cut at the end of the table), cut (the
    table ends before the fall does), spx_change (fraction), vix_eve, vix_last, layers_on (as
    "1, 2"; "none"), hedge_ratio and stress_cover on the eve (null: no condors were open),
    condor_max_loss (cents, on the eve), condor_gain, hedge_gain, account_gain (cents, fees
    included, flows taken out), account_return (account_gain over equity on the eve; null when
    that is not above 0).
    """
    gains = by_session(journal)
    hedges = list(HEDGE_PURPOSES)
    rows: list[dict[str, object]] = []
    for part in equity.sort("session").partition_by("ledger", maintain_order=True):
        ledger = part["ledger"][0]
        own = gains.filter(pl.col("ledger") == ledger)
        start, end = part["session"][0], part["session"][-1]
        for crisis in CRISES:
            if not start < crisis.first <= end:
                continue
            before = part.filter(pl.col("session") < crisis.first).row(-1, named=True)
            last = min(crisis.last, end)
            inside = part.filter(pl.col("session").is_between(crisis.first, last))
            if inside.is_empty():
                continue
            after = inside.row(-1, named=True)
            window = own.filter(pl.col("session").is_between(crisis.first, last))
            sleeve, cents = pl.col("sleeve"), pl.col("cents")
            sums = window.select(
                condor=cents.filter(sleeve == "condor").sum(),
                hedge=cents.filter(sleeve.is_in(hedges)).sum(),
                account=cents.sum(),
            ).row(0, named=True)
            on = [str(n) for n in (1, 2, 3) if before[f"layer_{n}_on"]]
            rows.append(
                {
                    "crisis": crisis.name,
                    "ledger": ledger,
                    "eve": before["session"],
                    "first": inside["session"][0],
                    "last": after["session"],
                    "cut": end < crisis.last,
                    "spx_change": _change(before["spx"], after["spx"]),
                    "vix_eve": before["vix"],
                    "vix_last": after["vix"],
                    "layers_on": ", ".join(on) or "none",
                    "hedge_ratio": before["hedge_ratio"],
                    "stress_cover": before["stress_cover"],
                    "condor_max_loss": before["condor_max_loss"],
                    "condor_gain": sums["condor"],
                    "hedge_gain": sums["hedge"],
                    "account_gain": sums["account"],
                    "account_return": sums["account"] / before["equity"]
                    if before["equity"] > 0
                    else None,
                }
            )
    return pl.DataFrame(rows, schema=EVES).sort("first", maintain_order=True)


def _change(before: float | None, after: float | None) -> float | None:
    return after / before - 1.0 if before and after is not None else None


EVES = {
    "crisis": pl.String(),
    "ledger": pl.String(),
    "eve": pl.Date(),
    "first": pl.Date(),
    "last": pl.Date(),
    "cut": pl.Boolean(),
    "spx_change": pl.Float64(),
    "vix_eve": pl.Float64(),
    "vix_last": pl.Float64(),
    "layers_on": pl.String(),
    "hedge_ratio": pl.Float64(),
    "stress_cover": pl.Float64(),
    "condor_max_loss": pl.Int64(),
    "condor_gain": pl.Int64(),
    "hedge_gain": pl.Int64(),
    "account_gain": pl.Int64(),
    "account_return": pl.Float64(),
}
