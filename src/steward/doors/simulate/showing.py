"""What `steward simulate` prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from steward.doors.simulate import wording
from steward.doors.simulate.making import PAGE, Made
from steward.doors.terminal import DISCLAIMER, Out, print_json
from steward.market.paths.facts import Compared, drawdown
from steward.market.paths.marker import SENTENCE

SUMMARY = ("", "5 %", "median", "95 %")


def show(made: Made, out: Path | None, files: Sequence[Path], *, as_json: bool) -> None:
    """Tables, or one JSON document."""
    if as_json:
        print_json(document(made, files))
        return
    to = Out()
    to.line(SENTENCE, "bold")
    to.line(f"{wording.label(made)} {wording.window(made)}")
    to.line("")
    to.table(SUMMARY, [(name, *cells) for name, cells in _summary(made)])
    if made.facts:
        to.line("\nStylised facts", "bold")
        to.table(wording.FACT_HEAD, wording.fact_rows(made.facts))
        to.line(wording.history(made))
    if made.priced is not None:
        to.line("\nWhat positions did, at the quicker market's prices", "bold")
        to.table(wording.PRICED_HEAD, wording.priced_rows(made.priced))
        to.line("\nWhat the quicker market adds to the modelled one (median / 90 %)", "bold")
        to.table(wording.ERROR_HEAD, wording.error_rows(made.priced))
        to.line("\n" + wording.rate(made.priced))
    if out is not None:
        to.line("")
        if made.paths.count == 1:
            to.path(f"Data folder: {out}  (steward backtest --data {out})")
        else:
            to.path(f"Paths: {files[0]}")
        to.path(f"Page: {out / PAGE}")
    data, folder = (str(path) if path is not None else "" for path in (made.wish.data, out))
    to.line(f"\nMake them again: {wording.again(made, data=data, out=folder)}")
    to.line(f"\n{DISCLAIMER}")


def _summary(made: Made) -> list[tuple[str, tuple[str, str, str]]]:
    paths = made.paths
    log_spx = np.log(paths.spx)
    found = []
    for name, values in (
        ("return of SPX, % a year", 100.0 * (log_spx[-1] - log_spx[0]) * 252.0 / len(log_spx)),
        ("deepest drawdown of SPX, %", 100.0 * drawdown(log_spx)),
        ("worst day of SPX, %", 100.0 * np.expm1(np.diff(log_spx, axis=0).min(axis=0))),
        ("mean of VIX", paths.vix.mean(axis=0)),
        ("highest VIX", paths.vix.max(axis=0)),
        ("sessions with VIX above VIX3M, %", 100.0 * (paths.vix > paths.vix3m).mean(axis=0)),
    ):
        three = np.quantile(values, (0.05, 0.5, 0.95))
        low, middle, high = (wording.number(float(value), 1) for value in three)
        found.append((name, (low, middle, high) if paths.count > 1 else ("", middle, "")))
    return found


def document(made: Made, files: Sequence[Path]) -> dict[str, Any]:
    """Everything, plain; a number that is not known is null."""
    found: dict[str, Any] = {
        "simulated": True,
        "sentence": SENTENCE,
        "label": made.paths.label,
        "made_by": made.made_by,
        "sessions": len(made.paths.sessions),
        "first_session": made.paths.sessions[0].isoformat(),
        "last_session": made.paths.sessions[-1].isoformat(),
        "seconds": round(made.seconds, 3),
        "final_spx": [round(float(v), 2) for v in made.paths.spx[-1]],
        "facts": _plain(made.facts),
        "files": [str(file) for file in files],
    }
    if made.priced is not None:
        found["priced"] = {
            "quality": "simulated",
            "engine": made.priced.engine,
            "options": made.priced.options,
            "seconds": round(made.priced.seconds, 3),
            "outcomes": _plain(made.priced.outcomes),
            "errors": [
                {
                    "what": one.what,
                    "unit": one.unit,
                    "below_30": [_known(value) for value in one.calm],
                    "from_30": [_known(value) for value in one.stress],
                    "compared": one.count,
                }
                for one in made.priced.errors
            ],
        }
    return found


def _plain(rows: Sequence[Compared]) -> dict[str, dict[str, float | bool | None]]:
    return {
        one.key: {
            "history": _known(one.real),
            "low": _known(one.low),
            "median": _known(one.middle),
            "high": _known(one.high),
        }
        for one in rows
    }


def _known(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
