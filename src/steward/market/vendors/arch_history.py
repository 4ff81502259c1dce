"""The embedded default: daily SPX and VIX that the `arch` package carries, read without an import.

Importing `arch` brings pandas and costs a second; its data are two plain files. Nothing of them is
copied into this package.
"""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path

import numpy as np

from steward.market.history import History, Series
from steward.market.vendors.clock import series
from steward.market.vendors.csv_file import (
    NUMBER,
    PRICE,
    US,
    SourceFile,
    day,
    read_source,
    table,
)
from steward.market.vendors.daily import Ward, align, believed, sentence_on_skipped
from steward.market.vendors.fomc import NOTE as FOMC_NOTE
from steward.market.vendors.fomc import fomc
from steward.terms.errors import StewardError

PACKAGE = "arch"
SPX = "data/sp500/sp500.csv.gz"
VIX = "data/vix/vix.csv.gz"

BILL_BY_YEAR = {2014: 0.03, 2015: 0.05, 2016: 0.32, 2017: 0.93, 2018: 1.94}
"""Percent. Rounded yearly averages of the 3-month bill, Federal Reserve H.15."""

BILL_SOURCE = "constant by calendar year, annual average of the 3-month bill; not daily data"
BILL_NOTE = (
    "Bills: the default has no daily bill rate. Cash earns a constant rate by calendar year "
    "(2014 0.03 %, 2015 0.05 %, 2016 0.32 %, 2017 0.93 %, 2018 1.94 %: about the year's average "
    "of the 3-month bill, H.15, which was complete at the year's end alone). No signal reads it; "
    "interest and the forwards of modelled quotes do."
)
SPAN_NOTE = (
    "The embedded default ends with 2018 and begins with 2014: it lacks 2008, 2020 and 2022. The "
    "same run on the full free history: steward backtest --data DIR."
)
VIX_NOTE = (
    "VIX has closes only: VIX options settle by the close of the session before, flagged, with "
    "the error band of that proxy. No breadth, no macro, no futures prices."
)


def arch_history() -> History:
    """Sessions with both SPX and VIX, 2014-01-03 to 2018-12-31; SPX closes from 1999 before them.

    Raises StewardError when the package is not installed.
    """
    spx_file, vix_file = _files()
    ward = Ward()
    columns = {"Date": day(US), "Open": NUMBER, "High": NUMBER, "Low": NUMBER, "Close": PRICE}
    names = {"Date": "day", "Open": "open", "High": "high", "Low": "low", "Close": "close"}
    spx = believed(table(spx_file, columns).rename(names), spx_file, ward)
    vix_table = table(vix_file, {"Date": day(US), "vix": NUMBER})
    vix = believed(
        vix_table.rename({"Date": "day", "vix": "close"}), vix_file, ward, levels=("close",)
    )
    aligned = align(spx, vix, names=f"{spx_file.shown}, {vix_file.shown}")
    decisions, fomc_file = fomc()
    files = (spx_file, vix_file, fomc_file)
    return History(
        label="embedded default: SPX and VIX of the arch package",
        sessions=aligned.sessions,
        moments=aligned.moments,
        spx=aligned.spx,
        vix=aligned.vix,
        spx_before=aligned.spx_before,
        spx_before_days=aligned.spx_before_days,
        series={"bill_constant": _bills(aligned.sessions)},
        futures=None,
        fomc=decisions,
        quarantined=ward.all(),
        notes=(
            SPAN_NOTE,
            VIX_NOTE,
            BILL_NOTE,
            FOMC_NOTE,
            *sentence_on_skipped(aligned.skipped),
        ),
        file_hashes={file.name: file.sha256 for file in files},
    )


def _files() -> tuple[SourceFile, SourceFile]:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise StewardError(
            "the embedded default needs the data of the arch package: "
            'pip install "steward[demo]", or bring your own with --data DIR'
        )
    folder = Path(found.origin).parent
    files = [read_source(folder, name) for name in (SPX, VIX)]
    spx, vix = files
    if spx is None or vix is None:
        lost = SPX if spx is None else VIX
        raise StewardError(
            f"the installed arch package has no {lost}: "
            "pip install --upgrade arch, or bring your own data with --data DIR"
        )
    return spx, vix


def _bills(sessions: tuple[date, ...]) -> Series:
    """The constant path, a value a year, known from the year's first day; never too old in it."""
    years = sorted({d.year for d in sessions} & BILL_BY_YEAR.keys())
    period = np.array([date(year, 1, 1) for year in years], dtype="datetime64[D]")
    made = series(
        name="bill_constant",
        unit="percent, bond-equivalent",
        period=period,
        value=np.array([BILL_BY_YEAR[year] for year in years]),
        known_at=period.astype("datetime64[m]"),
        max_age_days=366,
        lagged=False,
        source=BILL_SOURCE,
    )
    if made is None:
        raise StewardError(
            "the installed arch package holds no session of 2014 to 2018: bring your own data "
            "with --data DIR"
        )
    return made
