"""VVIX of every session: the published close, else one that VIX and its kin say.

ln VVIX is linear in terms of `vx_state` (files/vvix.toml, with errors): the level of VIX, VIX over
its averages, how much VIX moved over a year and, where they are known, VIX3M and SKEW. A term
beyond the fitted range counts as the nearest inside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History
from steward.pricing import coefficients
from steward.pricing.term import TermTable, same_day
from steward.pricing.vx_state import state_terms

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class VvixForm:
    """One fit: names of its terms, a coefficient each, and the range of each that was fitted."""

    terms: tuple[str, ...]
    coefficients: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Vvix:
    """VVIX of every session, points.

    value      one a session      published  whether it is the exchange's
    outside    whether a fitted one comes from a state beyond what was fitted
    """

    value: Floats
    published: NDArray[np.bool_]
    outside: NDArray[np.bool_]


def vvix_of(history: History, terms: TermTable, state: Mapping[str, Floats] | None = None) -> Vvix:
    """VVIX where it was published that day, else by the first form whose terms are known.

    `terms` of the same history, and its `vx_state.state_terms` where they are at hand.
    """
    given = same_day(history, "vvix")
    published = np.isfinite(given)
    value, outside = given.copy(), np.zeros(len(given), dtype=bool)
    known = state or state_terms(history, terms)
    for form in forms():
        rows = np.column_stack([known[name] for name in form.terms])
        mine = ~np.isfinite(value) & np.isfinite(rows).all(axis=1)
        clipped = np.clip(rows[mine], form.low, form.high)
        parts = [clipped[:, k] * c for k, c in enumerate(form.coefficients.tolist())]
        value[mine] = np.exp(sum(parts))
        outside[mine] = (clipped != rows[mine]).any(axis=1)
    return Vvix(value, published, outside)


@coefficients.remembered()
def forms() -> tuple[VvixForm, ...]:
    """The packaged fits, the richest first."""
    text = coefficients.text("vvix")
    return tuple(
        VvixForm(
            terms=tuple(row["terms"]),
            coefficients=np.array(row["coefficients"]),
            low=np.array(row["low"]),
            high=np.array(row["high"]),
        )
        for row in tomllib.loads(text)["form"]
    )
