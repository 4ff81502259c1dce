"""Sentences and cells about simulated paths, for the terminal and the page."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from steward.market.paths.facts import TITLES, Compared
from steward.market.paths.regimes import REGIMES
from steward.pricing.simulated.words import OUTCOME_DIGITS, OUTCOME_TITLES

if TYPE_CHECKING:
    from steward.doors.simulate.making import Made, Priced

FACT_HEAD = ("fact", "history", "these paths", "5 to 95 %", "")
PRICED_HEAD = ("position", "history", "these paths", "5 to 95 %", "")
ERROR_HEAD = ("price", "VIX < 30", "VIX >= 30", "compared")


def label(made: Made) -> str:
    """What made the paths, one sentence."""
    text = made.paths.label
    if made.wish.regime is not None:
        text += f": {REGIMES[made.wish.regime].title}"
    return text[0].upper() + text[1:] + "."


def window(made: Made) -> str:
    days, count = made.paths.sessions, made.paths.count
    many = f"{count:,} paths" if count > 1 else "One path"
    return f"{many} of {len(days):,} sessions, {days[0]} to {days[-1]}, seed {made.wish.seed}."


def again(made: Made, *, data: str = "DIR", out: str = "") -> str:
    """The command that makes the same again, with everything that was asked of it.

    data, out  the folders, as they are to be shown; a page names none, so that its bytes do not
               depend on where it lies
    """
    wish = made.wish
    words = ["steward", "simulate"]
    if wish.regime is not None:
        words += ["--regime", wish.regime]
    elif wish.generator != "model":
        words += ["--generator", wish.generator]
    words += ["--paths", str(wish.paths), "--years", f"{wish.years:g}", "--seed", str(wish.seed)]
    words += ["--start", made.paths.sessions[0].isoformat()]
    if wish.data is not None:
        words += ["--data", data]
    words += ["--facts"] * wish.facts + ["--prices"] * wish.prices
    if wish.prices and wish.engine != "numpy":
        words += ["--engine", wish.engine]
    words += ["--out", out] if out else []
    return shlex.join(words)


def history(made: Made) -> str:
    """What history's column is of."""
    return (
        f"History: closes of {made.window['first']} to {made.window['last']}, members of the VIX "
        f"family from when they exist; positions from {made.window['priced_from']} on, at modelled "
        "quotes. Paths that are shorter than that have wider bands, and extremes of a shorter time."
    )


def fact_name(key: str) -> str:
    fact = TITLES[key]
    return f"{fact.title}, {fact.unit}" if fact.unit else fact.title


def fact_rows(facts: Sequence[Compared]) -> tuple[tuple[str, ...], ...]:
    """Name, history, median and band of the paths, and whether history lies in it."""
    return tuple((fact_name(one.key), *_cells(one, TITLES[one.key].digits)) for one in facts)


def priced_rows(priced: Priced) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (OUTCOME_TITLES[one.key], *_cells(one, OUTCOME_DIGITS[one.key])) for one in priced.outcomes
    )


def error_rows(priced: Priced) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            f"{one.what}, {one.unit}",
            f"{number(one.calm[0], 2)} / {number(one.calm[1], 2)}",
            f"{number(one.stress[0], 2)} / {number(one.stress[1], 2)}",
            f"{one.count:,}",
        )
        for one in priced.errors
    )


def rate(priced: Priced) -> str:
    """How quickly."""
    a_second = priced.options / max(priced.seconds, 1e-9)
    return (
        f"{priced.options:,} options priced in {priced.seconds:.1f} s "
        f"({a_second / 1e6:.1f} million/s, {priced.engine} kernels)."
    )


def number(value: float, digits: int) -> str:
    """A dash where it is not known."""
    return f"{value:,.{digits}f}" if math.isfinite(value) else "-"


def _cells(one: Compared, digits: int) -> tuple[str, str, str, str]:
    low, middle, high = (number(value, digits) for value in (one.low, one.middle, one.high))
    if one.low == one.high or not math.isfinite(one.low):
        return number(one.real, digits), middle, "", ""
    outside = "" if one.inside or not math.isfinite(one.real) else "outside"
    return number(one.real, digits), middle, f"{low} to {high}", outside
