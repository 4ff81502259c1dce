"""Errors by delta, right, days and VIX level: over all quotes alike, and every month alike.

Neighbouring days show nearly the same chain, so quotes of one calendar month are one cluster, and
beside the pooled figures stand those in which each cluster weighs the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Band = tuple[str, float, float]
"""Name, lowest value, and the first value that is not in it."""

ALL = "all"
DELTAS: tuple[Band, ...] = (
    ("0.05-0.50", 0.05, 0.50),
    ("0.00-0.03", 0.0, 0.03),
    ("0.03-0.08", 0.03, 0.08),
    ("0.08-0.15", 0.08, 0.15),
    ("0.15-0.30", 0.15, 0.30),
    ("0.30-0.50", 0.30, 0.50),
    ("above 0.50", 0.50, math.inf),
)
DAYS: tuple[Band, ...] = (
    ("7-90", 7.0, 91.0),
    ("0", 0.0, 1.0),
    ("1-7", 1.0, 7.0),
    ("7-30", 7.0, 30.0),
    ("30-90", 30.0, 91.0),
    (">90", 91.0, math.inf),
)
LEVELS: tuple[Band, ...] = (
    (ALL, 0.0, math.inf),
    ("<30", 0.0, 30.0),
    ("<15", 0.0, 15.0),
    ("15-20", 15.0, 20.0),
    ("20-25", 20.0, 25.0),
    ("25-30", 25.0, 30.0),
    (">30", 30.0, math.inf),
)
RIGHTS = (ALL, "puts", "calls")

VIX_DELTAS: tuple[Band, ...] = (
    ("0.20-0.45", 0.20, 0.45),
    ("0.00-0.05", 0.0, 0.05),
    ("0.05-0.20", 0.05, 0.20),
    ("0.25-0.35", 0.25, 0.35),
    ("above 0.45", 0.45, math.inf),
)
VIX_DAYS: tuple[Band, ...] = (
    ("20-60", 20.0, 61.0),
    ("0-20", 0.0, 20.0),
    ("60-85", 61.0, 86.0),
    (">85", 86.0, math.inf),
)


def stats(values: Floats, clusters: NDArray[np.str_] | Sequence[str]) -> dict[str, Any] | None:
    """Signed median, median and 90th percentile of the size; the sizes also cluster by cluster.

    None without a value. NaN is left out.
    """
    known = np.isfinite(values)
    if not known.any():
        return None
    own, names = values[known], np.asarray(clusters)[known]
    size = np.abs(own)
    half, most = np.quantile(size, [0.5, 0.9])
    unique, at, counts = np.unique(names, return_inverse=True, return_counts=True)
    weight = 1.0 / counts[at]
    return {
        "n": int(own.size),
        "median": _figure(np.median(own)),
        "median_abs": _figure(half),
        "p90_abs": _figure(most),
        "clusters": int(unique.size),
        "cluster_median_abs": _figure(weighted(size, weight, 0.5)),
        "cluster_p90_abs": _figure(weighted(size, weight, 0.9)),
    }


def weighted(values: Floats, weight: Floats, share: float) -> float:
    """The value below which that share of the weight lies."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weight[order])
    place = int(np.searchsorted(passed, share * passed[-1] * (1.0 - 1e-12)))
    return float(values[order][min(place, values.size - 1)])


def spread_stats(ratio: Floats) -> dict[str, Any] | None:
    """Median and the deciles of modelled over quoted width; None without one."""
    known = ratio[np.isfinite(ratio)]
    if not known.size:
        return None
    low, half, high = np.quantile(known, [0.1, 0.5, 0.9])
    return {
        "n": int(known.size),
        "p10": _figure(low),
        "median": _figure(half),
        "p90": _figure(high),
    }


def spx_cells(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """A record a right, delta, days and VIX band that holds a quote.

    rows  columns of `spx.ROWS`, and `vix` and `cluster`
    """
    return list(_cells(rows, DELTAS, DAYS, ("vol", "price")))


def vix_cells(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """The same of VIX options; columns of `vix.ROWS`, and `vix` and `cluster`."""
    return list(_cells(rows, VIX_DELTAS, VIX_DAYS, ("vol", "price", "all_modelled")))


def _cells(
    rows: pl.DataFrame, deltas: Sequence[Band], days: Sequence[Band], values: Sequence[str]
) -> Iterator[dict[str, Any]]:
    columns = {name: rows[name].to_numpy() for name in (*values, "delta", "days", "vix")}
    spread = rows["spread"].fill_null(math.nan).to_numpy()
    cluster = np.asarray(rows["cluster"].to_list(), dtype=np.str_)
    right = np.asarray(rows["right"].to_list(), dtype=np.str_)
    for name, low, high in deltas:
        in_delta = _inside(columns["delta"], low, high)
        for tenor, first, last in days:
            in_days = in_delta & _inside(columns["days"], first, last)
            for level, least, most in LEVELS:
                in_level = in_days & _inside(columns["vix"], least, most)
                for side in RIGHTS:
                    mask = in_level & (True if side == ALL else right == side)
                    if not mask.any():
                        continue
                    yield {
                        "delta": name,
                        "days": tenor,
                        "vix": level,
                        "right": side,
                        "quotes": int(mask.sum()),
                        **{v: stats(columns[v][mask], cluster[mask]) for v in values},
                        "spread": spread_stats(spread[mask]),
                    }


def _inside(values: Floats, low: float, high: float) -> NDArray[np.bool_]:
    return (values >= low) & (values < high)


def cell(
    cells: Sequence[dict[str, Any]], *, delta: str, days: str, vix: str = ALL, right: str = ALL
) -> dict[str, Any] | None:
    """One record of `spx_cells` or `vix_cells`; None where it holds no quote."""
    wanted = {"delta": delta, "days": days, "vix": vix, "right": right}
    return next((c for c in cells if all(c[k] == v for k, v in wanted.items())), None)


def _figure(value: float | np.floating[Any]) -> float:
    """Four decimals are more than any error here is known to."""
    return round(float(value), 4) + 0.0
