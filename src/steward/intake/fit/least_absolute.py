"""Least absolute errors of logarithms of widths: half of the quotes above the line, half below."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS, SMALLEST = 80, 1e-3
"""Steps, and the error below which a row counts no more."""

TENORS = (2.0, 7.0, 14.0, 30.0, 60.0, 120.0, 200.0)
"""Days; the quotes of a cluster of dates between two of them are a cell."""


def weights(quotes: pl.DataFrame) -> Floats:
    """Of each quote: its cell of cluster and tenor by the root of its size, thrice for condors'."""
    bins = quotes["days"].to_numpy()
    tenor = np.searchsorted(TENORS, bins)
    cells = quotes.select("cluster").with_columns(tenor=pl.Series(tenor))
    size = cells.select(pl.len().over("cluster", "tenor")).to_series().to_numpy()
    delta = quotes["delta"].to_numpy()
    core = (delta >= 0.03) & (delta <= 0.5) & (bins >= 7.0) & (bins <= 90.0)
    return np.asarray(np.where(core, 3.0, 1.0) / np.sqrt(size))


def regressed(columns: tuple[Floats, ...], quotes: pl.DataFrame, weight: Floats) -> Floats:
    """Least absolute errors of the logarithm of the width, by least squares reweighted."""
    design, real = np.column_stack(columns), np.log(quotes["spread"].to_numpy())
    ridge = 1e-9 * np.eye(design.shape[1])
    again, found = weight, np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        scaled = design * again[:, None]
        found = np.linalg.solve(design.T @ scaled + ridge, scaled.T @ real)
        again = weight / np.maximum(np.abs(real - design @ found), SMALLEST)
    return np.asarray(found)


def parts(columns: tuple[Floats, ...], found: Floats) -> list[Floats]:
    widths = [1 if part.ndim == 1 else part.shape[1] for part in columns]
    return np.split(found, np.cumsum(widths)[:-1])


def hats(x: Floats, nodes: Floats) -> Floats:
    """Weights of the nodes, a column each, that make a line between them."""
    return np.column_stack([np.interp(x, nodes, row) for row in np.eye(len(nodes))])


def ordinals(days: pl.Series) -> Floats:
    epoch = date(1970, 1, 1).toordinal()
    return np.asarray(days.cast(pl.Date).to_physical().to_numpy() + epoch, dtype=np.float64)
