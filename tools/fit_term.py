"""Fit the missing members of the VIX family from VIX and its averages, for `pricing.term`.

    python tools/fit_term.py DATA_FOLDER > src/steward/pricing/files/term.toml

Each member's log ratio to VIX by least squares on VIX, its exponential averages and, in a second
form, the published VIX3M. Errors are of years left out of the fit, in index points. Only
coefficients and errors are written.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

from steward.pricing.term import AVERAGES, averages, features

MEMBERS = {"vix9d": ("", "vix3m"), "vix3m": ("",), "vix6m": ("", "vix3m")}
BANDS = ((0.0, 20.0), (20.0, 30.0), (30.0, 1000.0))


def closes(folder: Path, name: str) -> pl.DataFrame:
    path = folder / "index" / f"{name}_daily.csv"
    frame = pl.read_csv(path, columns=["date", "close"], try_parse_dates=True)
    return frame.filter(pl.col("close") > 0.0).rename({"close": name})


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(x, y, rcond=None)[0]


def main(folder: Path) -> None:
    sessions = pl.read_csv(
        folder / "calendars" / "nyse_sessions_1990_2027.csv", try_parse_dates=True
    ).rename({"session": "date"})
    table = closes(folder, "vix").join(sessions.select("date"), on="date", how="semi").sort("date")
    for name in MEMBERS:
        table = table.join(closes(folder, name), on="date", how="left")
    vix = table["vix"].to_numpy()
    means = averages(vix)
    year = table["date"].dt.year().to_numpy()
    print("# Log ratio of a missing member of the VIX family to VIX, by least squares:")
    print("# constant, ln VIX, ln VIX over each of its averages, then ln of VIX3M over VIX")
    print("# where `given` says so. Fitted by tools/fit_term.py on public daily closes; errors are")
    print("# absolute, in index points, each year predicted from the others.")
    print(f"averages = {list(AVERAGES)}")
    for member, forms in MEMBERS.items():
        for given in forms:
            extra = np.log(table[given].to_numpy() / vix) if given else None
            x = features(vix, means, extra)
            y = np.log(table[member].to_numpy() / vix)
            good = np.isfinite(y) & np.isfinite(x).all(axis=1)
            x, y, v, years = x[good], y[good], vix[good], year[good]
            missed = np.empty(len(y))
            for one in np.unique(years):
                out = years == one
                missed[out] = np.abs(np.exp(x[out] @ fitted(x[~out], y[~out])) - np.exp(y[out]))
            missed *= v
            days = table["date"].to_numpy()[good]
            print(f'\n[[member]]\nname = "{member}"\ngiven = "{given}"')
            print(f"coefficients = {[round(float(c), 5) for c in fitted(x, y)]}")
            print(f"first = {days[0]}\nlast = {days[-1]}\nsessions = {len(y)}")
            for low, high in BANDS:
                band = missed[(v >= low) & (v < high)]
                name = f"below_{high:.0f}" if high < 1000.0 else f"above_{low:.0f}"
                half, most = np.quantile(band, [0.5, 0.9])
                print(f"median_and_90th_percentile_{name} = [{half:.2f}, {most:.2f}]")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
