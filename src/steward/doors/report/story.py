"""The sentences of the page: what happened, in words, made of figures that are already there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from steward.analytics.crises import missing_crises
from steward.doors.report import words

Plain = Mapping[str, Any]


def lead(figures: Mapping[str, Plain], main: str) -> list[str]:
    """Two or three sentences that answer the reader's first question: was it worth it?"""
    own = figures[main]
    said = []
    paid = words.money(own["contributed_cents"])
    ends = [
        f"{words.money(figure['final_wealth_cents'])} "
        f"{words.LEDGER_WORDS.get(name, f'in {words.ledger(name)}')}"
        for name, figure in figures.items()
    ]
    said.append(f"{paid} was paid in. At the end it stood at {', '.join(ends)}.")
    bare = figures.get("unhedged")
    if bare is None or main == "unhedged":
        return said
    hedge = own["hedge_gain_cents"]
    calm, stress = own["hedge_gain_calm_cents"], own["hedge_gain_stress_cents"]
    if hedge or calm or stress:
        said.append(
            f"The hedge {'brought' if hedge >= 0 else 'cost'} {words.money(abs(hedge))} in all: "
            f"{words.money(calm, sign=True)} in calm sessions, "
            f"{words.money(stress, sign=True)} in the {own['stress_sessions']} stress sessions."
        )
    else:
        said.append("No hedge was ever bought in this window.")
    said.append(
        f"The deepest fall was {words.percent(own['max_drawdown'])} with the hedge and "
        f"{words.percent(bare['max_drawdown'])} without it."
    )
    return said


def shares_of_days_on(equity: pl.DataFrame, main: str) -> list[tuple[str, str]]:
    """Share of sessions on which each layer of the main ledger was on."""
    own = equity.filter(pl.col("ledger") == main)
    found = []
    for layer in ("layer_1", "layer_2", "layer_3"):
        share = float(own[f"{layer}_on"].fill_null(False).cast(pl.Float64).to_numpy().mean())
        found.append((words.purpose(layer), words.percent(share, 1)))
    return found


def cover(own: Plain) -> str:
    """The hedge ratio beside what it covers, which is far less."""
    ratio, share = own.get("average_hedge_ratio"), own.get("average_stress_cover")
    if ratio is None:
        return ""
    said = f"On average the hedge ratio was {words.percent(ratio)}"
    if share is None:
        return said + "."
    return (
        f"{said} and the stress cover {words.percent(share)}: that share of what the condors would "
        "lose in the modelled stress the hedge would pay. The ratio is a size, not a cover."
    )


def modelled_marks(equity: pl.DataFrame, names: Sequence[str]) -> list[tuple[str, str]]:
    """By ledger, how many holdings were valued by model although the source is quoted."""
    counts = dict(equity.group_by("ledger").agg(pl.col("modelled_marks").fill_null(0).sum()).rows())
    return [(words.ledger(name), f"{counts[name]:,}") for name in names if counts.get(name)]


def missing(first: date, last: date) -> list[str]:
    """Crises that this window does not contain whole."""
    return [crisis.name for crisis in missing_crises(first, last)]
