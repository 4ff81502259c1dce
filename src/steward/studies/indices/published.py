"""Published figures of the indices, each beside the same figure of a rebuilt one."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import numpy as np

from steward.studies.indices.comparison import Month, drawdown, growth, month_ends, spread
from steward.studies.indices.rebuild import Rebuilt

Kind = Literal["growth", "total", "sd", "drawdown", "worst", "premium"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One figure. From the end of month `first` to the end of month `last`; value a fraction."""

    kind: Kind
    first: Month
    last: Month
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A published figure and the rebuilt one.

    since  the month end from which the rebuilt one is measured: later than published where the
           history begins later
    """

    published: Published
    rebuilt: float
    since: Month


def published(ticker: str) -> tuple[Published, ...]:
    """The figures of an index, in the order of the file."""
    return tuple(_one(row) for row in _table().get(ticker.lower(), ()))


def checked(rebuilt: Rebuilt) -> tuple[Checked, ...]:
    """The figures whose window the rebuilt index reaches.

    A figure of a window that begins earlier is measured on what there is of it, if that is half of
    its months or more.
    """
    ends = {month: level for month, _, level in month_ends(rebuilt)}
    found = []
    for one in published(rebuilt.rules.ticker):
        inside = [month for month in sorted(ends) if one.first <= month <= one.last]
        if not inside or inside[-1] != one.last:
            continue
        wanted = _count(one.first, one.last)
        if 2 * _count(inside[0], one.last) < wanted:
            continue
        levels = np.array([ends[month] for month in inside])
        value = _measured(one.kind, levels, rebuilt, inside)
        if value is not None:
            found.append(Checked(published=one, rebuilt=value, since=inside[0]))
    return tuple(found)


def _measured(
    kind: Kind, levels: np.ndarray, rebuilt: Rebuilt, inside: Sequence[Month]
) -> float | None:
    if levels.size < 3:
        return None
    returns = levels[1:] / levels[:-1] - 1.0
    if kind == "growth":
        return growth(returns)
    if kind == "total":
        return float(levels[-1] / levels[0]) - 1.0
    if kind == "sd":
        return spread(returns)
    if kind == "drawdown":
        return drawdown(levels)
    if kind == "worst":
        return float(returns.min())
    return _premium(rebuilt, inside)


def _premium(rebuilt: Rebuilt, inside: Sequence[Month]) -> float | None:
    """What the puts of the window brought a year, of their strikes."""
    sold = [
        -roll.cost / roll.legs[0].contract.strike
        for roll in rebuilt.rolls
        if roll.legs and inside[0] <= (roll.session.year, roll.session.month) <= inside[-1]
    ]
    return 12.0 * float(np.mean(sold)) if sold else None


@cache
def _table() -> dict[str, list[dict[str, str | float]]]:
    text = files("steward.studies.indices").joinpath("files", "published.toml").read_text("utf-8")
    return tomllib.loads(text)


def _one(row: dict[str, str | float]) -> Published:
    kind = row["figure"]
    if kind not in get_args(Kind):
        raise ValueError(f"{kind}: no figure of ours")
    return Published(
        kind=kind,  # type: ignore[arg-type]
        first=_month(str(row["from"])),
        last=_month(str(row["to"])),
        value=float(row["value"]),
        source=str(row["source"]),
    )


def _month(text: str) -> Month:
    year, month = text.split("-")
    return int(year), int(month)


def _count(first: Month, last: Month) -> int:
    return 12 * (last[0] - first[0]) + last[1] - first[1]
