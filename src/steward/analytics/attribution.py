"""Where the money went: every cent of the change in equity, by purpose and by what caused it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.ledger.postings import with_sleeve
from steward.signals import regime
from steward.terms.errors import LawBroken
from steward.terms.trades import HEDGE_PURPOSES

Bools = NDArray[np.bool_]


def moved(journal: pl.DataFrame) -> pl.DataFrame:
    """The journal's gains and losses: rows that are no flow of the owner, with new columns.

    cents   change of equity by the row
    cause   as booked, else the purpose
    sleeve  whose gain it is, as `ledger.postings.with_sleeve` says
    """
    return (
        with_sleeve(journal)
        .filter(pl.col("event") != "flow")
        .with_columns(cents=pl.col("cash") + pl.col("value"), cause=pl.coalesce("cause", "purpose"))
    )


def attribution(journal: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, purpose, cause, cents; by ledger they sum to its gain, to the cent."""
    return (
        moved(journal)
        .group_by("ledger", "purpose", "cause")
        .agg(pl.col("cents").sum())
        .sort("ledger", "purpose", "cause")
    )


def by_session(journal: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, session, sleeve, cents: a session's gain by whose it is, fees included."""
    return (
        moved(journal)
        .group_by("ledger", "session", "sleeve")
        .agg(pl.col("cents").sum())
        .sort("ledger", "session", "sleeve")
    )


def openings(journal: pl.DataFrame) -> dict[str, int]:
    """Equity of each ledger before its first event, cents: 0 when a flow brings the capital."""
    first = (
        journal.sort("ledger", "sequence")
        .group_by("ledger", maintain_order=True)
        .first()
        .select("ledger", before=pl.col("equity") - pl.col("cash") - pl.col("value"))
    )
    return {str(name): int(before) for name, before in first.rows()}


def check(journal: pl.DataFrame, equity: pl.DataFrame) -> None:
    """Opening + flows + attribution = final equity of every ledger, to the cent.

    Raises LawBroken that names the ledger and the gap.
    """
    gains = dict(attribution(journal).group_by("ledger").agg(pl.col("cents").sum()).rows())
    flows = dict(
        journal.filter(pl.col("event") == "flow")
        .group_by("ledger")
        .agg((pl.col("cash") + pl.col("value")).sum())
        .rows()
    )
    start = openings(journal)
    finals = equity.sort("session").group_by("ledger", maintain_order=True).last()
    for name, final in finals.sort("ledger").select("ledger", "equity").rows():
        expected = start.get(name, 0) + flows.get(name, 0) + gains.get(name, 0)
        if name in start and expected != final:
            raise LawBroken(
                "money",
                f"ledger {name}: the journal explains {expected} cents, the equity table ends at "
                f"{final} cents",
            )


def stress_sessions(spx: NDArray[np.float64], vix: NDArray[np.float64]) -> Bools:
    """Sessions inside any window of five in which SPX fell by 5 % or VIX rose by 30 %.

    The whole window counts, not its last day alone: the hedge earns while the fall happens.
    NaN compares as no stress.
    """
    n = regime.STRESS_SESSIONS
    fall, rise = regime.STRESS_SPX_PCT / 100.0, regime.STRESS_VIX_PCT / 100.0
    flags = np.zeros(spx.size, dtype=np.bool_)
    if spx.size <= n:
        return flags
    with np.errstate(invalid="ignore", divide="ignore"):
        ends = (spx[n:] / spx[:-n] - 1.0 <= fall) | (vix[n:] / vix[:-n] - 1.0 >= rise)
    for end in np.flatnonzero(ends) + n:
        flags[end - n + 1 : end + 1] = True
    return flags


def hedge_layers(journal: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """What each layer cost and paid, one row a ledger and layer that ever traded.

    Columns: ledger, layer, bought and received (premium paid and proceeds of fills, settlements
    and variation, cents, both above 0 in the ordinary case), fees (cents), calm and stress
    (gain in calm and in stress sessions, fees taken off, cents), total (their sum), purchases
    (orders that bought), carry_per_year (minus the calm gain over average equity, a year, fraction;
    null under half a year), open_value (of what is still held, cents).
    """
    hedges = list(HEDGE_PURPOSES)
    rows = moved(journal).filter(pl.col("sleeve").is_in(hedges))
    days = _stress_table(equity)
    traded = pl.col("event").is_in(["fill", "settle", "variation"])
    cash, buying = pl.col("cash"), (pl.col("event") == "fill") & (pl.col("quantity") > 0)
    frame = (
        rows.join(days, on=["ledger", "session"], how="left", maintain_order="left")
        .group_by("ledger", layer="sleeve")
        .agg(
            bought=-cash.filter(buying).sum(),
            received=cash.filter(traded & ~buying).sum(),
            fees=-cash.filter(pl.col("event") == "fee").sum(),
            calm=pl.col("cents").filter(~pl.col("stress")).sum(),
            stress=pl.col("cents").filter(pl.col("stress")).sum(),
            total=pl.col("cents").sum(),
            purchases=pl.col("order_id").filter(buying).n_unique(),
        )
        .sort("ledger", "layer")
    )
    per_ledger = equity.group_by("ledger").agg(
        average=pl.col("equity").mean(),
        days=(pl.col("session").max() - pl.col("session").min()).dt.total_days(),
    )
    held = (
        equity.sort("session")
        .group_by("ledger", maintain_order=True)
        .last()
        .unpivot(on=hedges, index="ledger", variable_name="layer", value_name="open_value")
    )
    return (
        frame.join(per_ledger, on="ledger", how="left", maintain_order="left")
        .with_columns(
            carry_per_year=pl.when((pl.col("days") >= 183) & (pl.col("average") > 0)).then(
                -pl.col("calm") * 365.0 / pl.col("days") / pl.col("average")
            )
        )
        .drop("average", "days")
        .join(held, on=["ledger", "layer"], how="left", maintain_order="left")
    )


def _stress_table(equity: pl.DataFrame) -> pl.DataFrame:
    """Columns ledger, session, stress."""
    parts = []
    for part in equity.sort("session").partition_by("ledger", maintain_order=True):
        flags = stress_sessions(
            part["spx"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
            part["vix"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        )
        parts.append(part.select("ledger", "session").with_columns(stress=pl.Series(flags)))
    return pl.concat(parts)
