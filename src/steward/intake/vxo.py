"""SPX and VXO of the years before VIX, from a data folder: for the episode of 1987 alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.terms.errors import StewardError

SPX, VXO = "index/spx_daily.csv", "index/vxo_daily_1986_1989.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """Closes of days that have both, rising; index points."""

    days: tuple[date, ...]
    spx: NDArray[np.float64]
    vxo: NDArray[np.float64]


def early_closes(folder: Path) -> Early | None:
    """Both series of a data folder; None where it lacks one of the two files.

    Raises StewardError for a file without the columns date and close.
    """
    paths = [folder / name for name in (SPX, VXO)]
    if not all(path.is_file() for path in paths):
        return None
    spx, vxo = (_closes(path) for path in paths)
    both = spx.join(vxo, on="date", suffix="_vxo").sort("date")
    return Early(
        days=tuple(both["date"].to_list()),
        spx=both["close"].to_numpy(),
        vxo=both["close_vxo"].to_numpy(),
    )


def _closes(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, columns=["date", "close"], try_parse_dates=True)
        frame = frame.with_columns(pl.col("close").cast(pl.Float64), pl.col("date").cast(pl.Date))
    except (pl.exceptions.PolarsError, OSError) as error:
        said = next(iter(str(error).splitlines()), "")
        raise StewardError(f"{path}: needs the columns date and close ({said})") from error
    return frame.filter(pl.col("close") > 0.0).unique("date", keep="first", maintain_order=True)
