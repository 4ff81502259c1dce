"""The smile of VIX options, fitted to real quotes: the file `vix_smile.toml` and its errors.

Logs of implied vols, each date of an expiry one vote, a robust loss, a weak pull to the starting
numbers. Needs scipy (the extra `fit`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.fit.section import Section
from steward.intake.fit.sources import Sources
from steward.intake.fit.vix_quotes import VixQuotes, monthly_quotes, single_days
from steward.intake.fit.vix_smile_tables import Case, day_table, smile_tables
from steward.intake.fit.vvix import left_out_vvix
from steward.intake.fit.vx import left_out_futures
from steward.pricing.vix_smile import COEFFICIENTS
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]

START = {"long_run": -0.8, "reversion": 1.0, "tilt": 0.8, "bend": 2.0}
NOISE, PULL = 0.04, 0.02
NEAR_DELTAS = (0.10, 0.60)
"""Quotes with a delta inside count fully, others half."""

FAR_DAY_WEIGHT = 3
"""Each of the three single days counts as often, for there are few of them."""

MOST_STEPS, STEPS_LEFT_OUT = 40, 12

HEAD = """\
# The smile of VIX options (terms in pricing/vix_smile.py). Fitted by `steward model fit` to monthly
# calls of 2023-2025 (strikes 10-35, up to 85 days) and to three single days, of which two reach 257
# days. `range` is what was seen of days to expiry, VVIX, the future, and VIX over the future;
# beyond, prices are flagged. What is said beyond 85 days rests on two days in all.
# `errors` lists, for calls of delta 0.20-0.45: absolute error in percent of the price, median and
# 90th percentile, and the signed median (model over real, less 1). Expiries are left out of the fit
# of the smile, years out of those of futures and VVIX."""


def fit_vix_smile(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `vix_smile.toml` and its errors; StewardError without scipy."""
    monthly, single = monthly_quotes(sources), single_days(sources)
    far = single * FAR_DAY_WEIGHT
    numbers = fitted([monthly, *far], _start(), MOST_STEPS)
    known, modelled, alone = _left_out(sources, monthly, far, numbers, progress)
    cases = (
        Case("the future and VVIX known", "known", known),
        Case("the future modelled, VVIX known", "future_modelled", modelled),
        Case("both from VIX and SPX", "from_vix", alone),
    )
    without = fitted([monthly], _start(), MOST_STEPS)
    days = [(day.table["session"][0], day, day.priced(day.vols(without))) for day in single]
    tables = (*smile_tables(monthly, cases), day_table(days))
    lines = [HEAD, "\n[smile]"]
    lines += [f"{name} = {x:.4f}" for name, x in zip(COEFFICIENTS, numbers, strict=True)]
    lines += ["\n[range]", *_range([monthly, *single])]
    for case in cases:
        lines.append(f"\n[errors.{case.key}]")
        lines += case.lines(monthly)
    return Section(name="vix_smile", text="\n".join(lines) + "\n", tables=tables)


def fitted(parts: Sequence[VixQuotes], start: Floats, most_steps: int) -> Floats:
    """The numbers of the smile, in the order of `COEFFICIENTS`; some of the parts may repeat."""
    try:
        from scipy.optimize import least_squares
    except ImportError:
        raise StewardError(
            "the smile of VIX options is fitted with scipy, which is not installed: "
            "pip install 'steward[fit]'"
        ) from None
    votes = [_votes(part) / NOISE for part in parts]
    logs = [np.log(part["vol"]) for part in parts]
    pull_to = _start()
    pull = PULL * math.sqrt(sum(len(one) for one in votes) / 30.0)

    def missed(numbers: Floats) -> Floats:
        off = [
            vote * (np.log(part.vols(numbers)) - log)
            for part, vote, log in zip(parts, votes, logs, strict=True)
        ]
        return np.concatenate([*off, pull * (numbers - pull_to)])

    found = least_squares(missed, start, loss="soft_l1", max_nfev=most_steps).x
    return np.asarray(found, dtype=np.float64)


def _left_out(
    sources: Sources,
    monthly: VixQuotes,
    far: Sequence[VixQuotes],
    numbers: Floats,
    progress: Progress | None,
) -> tuple[Floats, Floats, Floats]:
    """Prices by fits without the quote's expiry: of the settled future, of the modelled one, and of
    a future and a VVIX from VIX and SPX alone."""
    history = sources.history
    rich, plain = left_out_futures(sources), left_out_futures(sources, "VIX, SPX")
    vvix = left_out_vvix(history, "VIX")
    keys = list(zip(monthly["session"], monthly["expiry"], strict=True))
    future = np.array([rich[key] for key in keys])
    plain_future = np.array([plain[key] for key in keys])
    plain_vvix = np.array([vvix[history.index(session)] for session in monthly.table["session"]])
    known, modelled, alone = (np.full(len(keys), math.nan) for _ in range(3))
    expiries = np.unique(monthly["expiry"])
    for number, expiry in enumerate(expiries):
        if progress is not None:
            progress(f"vix_smile: without {expiry}", number, len(expiries))
        out = monthly["expiry"] == expiry
        rest, part = monthly.where(~out), monthly.where(out)
        found = fitted([rest, *far], numbers, STEPS_LEFT_OUT)
        known[out] = part.priced(part.vols(found))
        vol = part.vols(found, future=future[out])
        modelled[out] = part.priced(vol, future=future[out])
        vol = part.vols(found, future=plain_future[out], vvix=plain_vvix[out])
        alone[out] = part.priced(vol, future=plain_future[out])
    return known, modelled, alone


def _votes(part: VixQuotes) -> Floats:
    """Roots of the weights: each date of an expiry one vote, far deltas half of one."""
    count = part.table.select(pl.len().over("session", "expiry")).to_series().to_numpy()
    delta = np.abs(part["delta"])
    near = (delta > NEAR_DELTAS[0]) & (delta < NEAR_DELTAS[1])
    return np.asarray(np.where(near, 1.0, 0.5) / np.sqrt(count))


def _start() -> Floats:
    return np.array([START.get(name, 0.0) for name in COEFFICIENTS])


def _range(parts: Sequence[VixQuotes]) -> list[str]:
    columns = {
        "days": np.concatenate([part["days"].astype(np.float64) for part in parts]),
        "vvix": np.concatenate([part["vvix"] for part in parts]),
        "future": np.concatenate([part["future"] for part in parts]),
        "spot": np.concatenate([part["vix"] / part["future"] for part in parts]),
    }
    lines = []
    for name, values in columns.items():
        digits = 2 if name == "spot" else 0
        scale = 10.0**digits
        low, high = math.floor(scale * values.min()), math.ceil(scale * values.max())
        lines.append(f"{name} = [{low / scale:.{digits}f}, {high / scale:.{digits}f}]")
    return lines
