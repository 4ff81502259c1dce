"""Whether calls and puts of a snapshot were quoted at one moment: parity within a series.

Near the money C - P falls on a straight line over strikes, to within the spreads. Where it misses
the line by more than they are wide, quotes of different moments stand side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

SERIES = ["root", "expiry"]
STRIKES = 20
"""As many strikes nearest the forward as are looked at, and at least half of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coherence:
    """How well the series of a snapshot keep parity.

    series  that could be looked at    off  those whose misses are wider than their spreads
    worst   the widest standard deviation of the misses among these, index points; 0 for none
    """

    series: int
    off: int
    worst: float

    @property
    def is_mixed(self) -> bool:
        """More than a chance: one series in twenty, and two at least."""
        return self.off >= max(2, self.series / 20)

    @property
    def sentence(self) -> str:
        """What a mixed snapshot is, for the report."""
        return (
            f"quotes of different moments are mixed: in {self.off} of {self.series} series calls "
            f"and puts miss parity by more than their spreads (up to {self.worst:.1f} points); "
            "this is no clean snapshot"
        )


def coherence(rows: pl.DataFrame) -> Coherence:
    """Of one snapshot's rows (`tables.ROWS`); quotes without a bid are left out."""
    bid, ask = pl.col("bid"), pl.col("ask")
    quoted = rows.filter(bid > 0.0, ask >= bid).select(
        *SERIES, "strike", "right", mid=(bid + ask) / 2, width=ask - bid
    )
    key = [*SERIES, "strike"]
    calls, puts = (
        quoted.filter(pl.col("right") == right).drop("right").unique(key, maintain_order=True)
        for right in ("C", "P")
    )
    pairs = calls.join(puts, on=key, nulls_equal=True, suffix="_put").with_columns(
        line=pl.col("mid") - pl.col("mid_put"),
        width=(pl.col("width") + pl.col("width_put")) / 2,
    )
    near = (
        pairs.sort(*SERIES, pl.col("line").abs(), "strike")
        .group_by(SERIES, maintain_order=True)
        .head(STRIKES)
        .with_columns(
            k=pl.col("strike") - pl.col("strike").mean().over(SERIES),
            y=pl.col("line") - pl.col("line").mean().over(SERIES),
        )
    )
    slope = (pl.col("k") * pl.col("y")).sum() / (pl.col("k") ** 2).sum()
    fits = near.group_by(SERIES).agg(
        misses=((pl.col("y") - slope * pl.col("k")) ** 2).mean().sqrt(),
        width=pl.col("width").median(),
        strikes=pl.len(),
    )
    fits = fits.filter(pl.col("strikes") >= STRIKES // 2)
    off = fits.filter(pl.col("misses") > pl.col("width"))
    worst = off.select(pl.col("misses").max().fill_null(0.0)).item() if off.height else 0.0
    return Coherence(series=fits.height, off=off.height, worst=float(worst))
