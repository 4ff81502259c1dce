"""Modelled widths over real ones, for the model card: by era, delta, premium, cluster and year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.fit.section import ErrorTable
from steward.intake.fit.spread_rows import Rows
from steward.pricing.spreads import round_quote, ticks

Floats = NDArray[np.float64]

LEAST_PREMIUM = 0.1
"""Points; below it both are a tick or two."""

CORE_DELTA, CORE_DAYS = (0.03, 0.50), (7.0, 90.0)

DELTAS = ((0.0, 0.03), (0.03, 0.08), (0.08, 0.15), (0.15, 0.30), (0.30, 0.50))
PREMIUMS = ((0.1, 0.3), (0.3, 1.0), (1.0, 3.0), (3.0, 10.0), (10.0, 30.0), (30.0, 1e9))
TENORS = ((0.9, 7.0), (7.0, 30.0), (30.0, 60.0), (60.0, 120.0), (120.0, 400.0))
DEPTHS = ((0.0, 0.01), (0.01, 0.03), (0.03, 0.05), (0.05, 0.10), (0.10, 0.25), (0.25, 9.0))

VIX_PREMIUMS = ((0.0, 0.3), (0.3, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, 1e9))
VIX_TENORS = ((0.0, 7.0), (7.0, 14.0), (14.0, 30.0), (30.0, 60.0), (60.0, 90.0))
VIX_LEVELS = ((0.0, 13.0), (13.0, 15.0), (15.0, 20.0), (20.0, 25.0), (25.0, 30.0), (30.0, 999.0))

BOTH = ("inside", "outside")

NEAR_ONE = (0.8, 1.25)

SHAKEN = (date(2018, 1, 29), date(2018, 2, 16))

NOTE = (
    "Modelled over real width, bid to ask, at the real mid, before ticks: 10th percentile / median "
    "/ 90th percentile of quotes with a bid."
)
OUTSIDE = (
    " Out of sample: the cluster of dates left out. An era of one cluster (2011, 2020) has "
    "then no level of its own: what is tested there is the line between its neighbours."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """Days over which the level is one number; `wide` is 1 for markets as before 2018, else 0."""

    name: str
    first: date
    last: date
    wide: float


def spx_tables(
    rows: Rows, inside: Floats, outside: Floats, eras: Sequence[Era]
) -> tuple[ErrorTable, ...]:
    """Of SPX options; `inside` and `outside` are the modelled widths of all rows, points."""
    spot = [rows.spot[key] for key in rows.quotes.select("session", "kind").iter_rows()]
    judged = _judged(rows, inside, outside, "SPXW").with_columns(
        depth=pl.col("intrinsic") / pl.Series(spot),
        era=_era(eras),
        year=pl.col("session").dt.year(),
    )
    worth = judged.filter(pl.col("mid") >= LEAST_PREMIUM)
    out = worth.filter(pl.col("otm"))
    tenors = out.filter(_between("days", *CORE_DAYS))
    core = tenors.filter(_between("delta", *CORE_DELTA))
    names = [era.name for era in eras]
    return (
        _by_era(out, core, names),
        _grid("spx_spreads_by_delta", "by delta, 7-90 days", tenors, "delta", DELTAS, names),
        _grid("spx_spreads_by_premium", "by premium, points", out, "mid", PREMIUMS, names),
        _grid("spx_spreads_by_days", "by days to settlement", out, "days", TENORS, names),
        _grid(
            "spx_spreads_in_the_money",
            "in the money, closes, by depth as a share of the index",
            worth.filter(~pl.col("otm") & (pl.col("kind") == "close")),
            "depth",
            DEPTHS,
            names,
        ),
        _by_kind(out),
        _by_cluster(out, "spx_spreads_by_cluster", "SPX widths by cluster of dates"),
        _shaken(out),
    )


def vix_tables(rows: Rows, inside: Floats, outside: Floats) -> tuple[ErrorTable, ...]:
    """Of VIX options."""
    level = [float(rows.vix[key][-1]) for key in rows.quotes.select("session", "kind").iter_rows()]
    judged = _judged(rows, inside, outside, "VIX").with_columns(
        year=pl.col("session").dt.year().cast(pl.String), level=pl.Series(level)
    )
    years = judged["year"].unique().sort().to_list()
    by_year = [
        (
            year,
            f"{part.height}",
            _three(part, "inside"),
            _three(part, "outside"),
            _one(part, "tick"),
        )
        for year in years
        for part in (judged.filter(pl.col("year") == year),)
    ]
    renamed = judged.with_columns(era=pl.col("year"))
    expiries = judged.group_by("cluster").agg(pl.col("outside").median().exp()).sort("cluster")
    good = expiries["outside"].is_between(*NEAR_ONE).sum()
    return (
        ErrorTable(
            key="vix_spreads_by_year",
            title="Widths of VIX options, by year",
            columns=("year", "quotes", "in sample", "expiry left out", "on ticks, median"),
            rows=tuple(by_year),
            note=f"{NOTE} Without the one day of 2013 nothing is known before 2022-10. Medians "
            f"of an expiry left out within 0.8-1.25: {good} of {expiries.height}.",
            targets="medians by year 0.9 to 1.1",
        ),
        _grid("vix_spreads_by_premium", "by premium", renamed, "mid", VIX_PREMIUMS, years, "VIX"),
        _grid("vix_spreads_by_days", "by days", renamed, "days", VIX_TENORS, years, "VIX"),
        _grid("vix_spreads_by_vix", "by VIX", renamed, "level", VIX_LEVELS, years, "VIX"),
    )


# --- how -----------------------------------------------------------------------------------------


def _judged(rows: Rows, inside: Floats, outside: Floats, root: str) -> pl.DataFrame:
    """Logarithms of modelled over real widths; `tick`: of the rounded quote at the real mid."""
    mid, real = rows.quotes["mid"].to_numpy(), rows.quotes["spread"].to_numpy()
    days = rows.quotes["session"].to_list()
    small, large = np.array([ticks(root, day) for day in days]).T
    rounded = np.empty(mid.size)
    for pair in np.unique(np.column_stack([small, large]), axis=0):
        on = (small == pair[0]) & (large == pair[1])
        bid, ask = round_quote(mid[on], inside[on], float(pair[0]), float(pair[1]))
        rounded[on] = ask - bid
    return rows.quotes.with_columns(
        inside=pl.Series(np.log(inside / real)),
        outside=pl.Series(np.log(outside / real)),
        tick=pl.Series(np.log(rounded / real)),
    )


def _era(eras: Sequence[Era]) -> pl.Expr:
    found = pl.lit(None, dtype=pl.String)
    for era in eras:
        within = pl.col("session").is_between(era.first, era.last)
        found = pl.when(within).then(pl.lit(era.name)).otherwise(found)
    return found


def _between(name: str, low: float, high: float) -> pl.Expr:
    return (pl.col(name) >= low) & (pl.col(name) <= high)


def _by_era(out: pl.DataFrame, core: pl.DataFrame, names: Sequence[str]) -> ErrorTable:
    rows = []
    for name in (*names, "all"):
        own = pl.lit(True) if name == "all" else pl.col("era") == name
        every, some = (part.filter(own) for part in (out, core))
        clusters = every["cluster"].n_unique()
        rows.append(
            (
                name,
                f"{clusters}",
                f"{every.height}",
                _three(every, "inside"),
                _three(every, "outside"),
                _one(every, "tick"),
                _three(some, "inside"),
                _three(some, "outside"),
            )
        )
    return ErrorTable(
        key="spx_spreads_by_era",
        title="Widths of SPX options at the money and out of it, by era",
        columns=(
            "era",
            "clusters",
            "quotes",
            "in sample",
            "cluster left out",
            "on ticks, median",
            "delta 0.03-0.50, 7-90 days: in sample",
            "cluster left out",
        ),
        rows=tuple(rows),
        note=NOTE + OUTSIDE,
        targets="pooled medians by era 0.9 to 1.1",
    )


def _grid(
    key: str,
    title: str,
    rows: pl.DataFrame,
    name: str,
    bins: Sequence[tuple[float, float]],
    eras: Sequence[str],
    what: str = "SPX",
) -> ErrorTable:
    """Medians in sample / out of sample by era and bin."""
    lines = []
    for low, high in bins:
        part = rows.filter((pl.col(name) >= low) & (pl.col(name) < high))
        cells = []
        for era in eras:
            own = part.filter(pl.col("era") == era)
            enough = own.height >= 10
            cells.append(f"{_one(own, 'inside')} / {_one(own, 'outside')}" if enough else "")
        shown = f"{low:g}-{high:g}" if high < 900.0 else f"{low:g} and more"
        lines.append((shown, *cells))
    return ErrorTable(
        key=key,
        title=f"Widths of {what} options {title}",
        columns=(title.split(",")[0].removeprefix("by "), *eras),
        rows=tuple(lines),
        note="Medians of modelled over real width: in sample / left out. Empty: under ten quotes.",
    )


def _by_kind(out: pl.DataFrame) -> ErrorTable:
    rows = [
        (kind, f"{part['cluster'].n_unique()}", f"{part.height}", _three(part, "inside"))
        for kind in ("close", "1545", "intraday", "overnight")
        for part in (out.filter(pl.col("kind") == kind),)
        if part.height
    ]
    return ErrorTable(
        key="spx_spreads_by_hour",
        title="Widths of SPX options by the hour of the quotes",
        columns=("hour", "clusters", "quotes", "in sample"),
        rows=tuple(rows),
        note=f"{NOTE} Other hours by their factor, which the model's own quotes do not have.",
    )


def _by_cluster(out: pl.DataFrame, key: str, title: str) -> ErrorTable:
    rows, good = [], 0
    clusters = out["cluster"].unique().sort().to_list()
    for cluster in clusters:
        part = out.filter(pl.col("cluster") == cluster)
        good += NEAR_ONE[0] <= float(np.exp(part["outside"].median())) <= NEAR_ONE[1]  # type: ignore[arg-type]
        kinds = ", ".join(part["kind"].unique().sort().to_list())
        rows.append(
            (cluster, kinds, f"{part.height}", _three(part, "inside"), _three(part, "outside"))
        )
    return ErrorTable(
        key=key,
        title=title,
        columns=("cluster", "hour", "quotes", "in sample", "left out"),
        rows=tuple(rows),
        note=f"{NOTE} Medians left out within 0.8-1.25: {good} of {len(clusters)}.",
    )


def _shaken(out: pl.DataFrame) -> ErrorTable:
    part = out.filter(_between_days(*SHAKEN))
    rows = [
        (f"{day}", f"{own.height}", _three(own, "inside"), _three(own, "outside"))
        for day in part["session"].unique().sort().to_list()
        for own in (part.filter(pl.col("session") == day),)
    ]
    return ErrorTable(
        key="spx_spreads_shock",
        title="Widths of SPX options around the shock of February 2018",
        columns=("session", "quotes", "in sample", "cluster left out"),
        rows=tuple(rows),
        note=f"{NOTE} One event: left out, the model knows of no shock at all.",
    )


def _between_days(first: date, last: date) -> pl.Expr:
    return pl.col("session").is_between(first, last)


def _three(rows: pl.DataFrame, name: str) -> str:
    if not rows.height:
        return ""
    low, middle, high = np.exp(np.quantile(rows[name].to_numpy(), [0.1, 0.5, 0.9]))
    return f"{low:.2f} / {middle:.2f} / {high:.2f}"


def _one(rows: pl.DataFrame, name: str) -> str:
    return f"{np.exp(np.median(rows[name].to_numpy())):.2f}" if rows.height else ""
