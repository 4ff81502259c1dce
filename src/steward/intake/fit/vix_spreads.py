"""Widths of modelled VIX options, fitted on the real ones: the part [vix] of spreads.toml."""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from steward.intake.fit.least_absolute import hats, ordinals, parts, regressed, weights
from steward.intake.fit.spread_rows import Rows
from steward.intake.fit.spread_text import VixNumbers

VIX_DAYS = (
    date(2013, 6, 25),
    date(2022, 10, 2),
    date(2022, 10, 3),
    date(2022, 12, 30),
    date(2023, 1, 15),
    date(2023, 7, 1),
    date(2024, 3, 1),
    date(2024, 10, 1),
    date(2025, 4, 15),
)
"""Where the level of VIX options is told. The first two are one (the ticks of old), and so are the
next two, for the first weeks of the new ticks have few quotes."""

STEP_FROM = date(2022, 10, 3)
VIX_OPTIONS_AT, VIX_DAYS_AT, VIX_DAYS_BETWEEN = 17.0, 40.0, (2.0, 85.0)
FAR_BETWEEN, FAR_TIMES = (85.0, 120.0), 2.0
"""VIX options beyond the fitted tenors: an assumption, see the text of the file."""

WIDEST_VIX_SHARE = 1.6
"""Of the price: real options of a tenth of a point have a bid."""


def fit_vix(rows: Rows) -> VixNumbers:
    """The numbers of VIX options; a day of the level that no row reaches is left out."""
    quotes = rows.quotes
    day, mid = ordinals(quotes["session"]), quotes["mid"].to_numpy()
    knots = np.array([d.toordinal() for d in VIX_DAYS], dtype=float)
    near = hats(day, knots)
    levels = np.column_stack([near[:, 0] + near[:, 1], near[:, 2] + near[:, 3], near[:, 4:]])
    which = [0, 0, 1, 1, *range(2, levels.shape[1])]
    seen = levels.sum(axis=0) > 0.0
    new = day >= STEP_FROM.toordinal()
    vix = np.array([rows.vix[key][-1] for key in quotes.select("session", "kind").iter_rows()])
    days = np.clip(quotes["days"].to_numpy(), *VIX_DAYS_BETWEEN)
    columns = (
        levels[:, seen],
        np.log(mid),
        ((mid >= 3.0) & new).astype(float),
        np.log(vix / VIX_OPTIONS_AT),
        np.log(days / VIX_DAYS_AT),
    )
    found = parts(columns, regressed(columns, quotes, weights(quotes)))
    level = dict(zip(np.flatnonzero(seen).tolist(), found[0].tolist(), strict=True))
    return VixNumbers(
        premium_power=float(found[1][0]),
        step=math.exp(max(float(found[2][0]), 0.0)),
        step_from=STEP_FROM,
        vix_power=float(found[3][0]),
        vix_at=VIX_OPTIONS_AT,
        days_power=float(found[4][0]),
        days_at=VIX_DAYS_AT,
        days_between=VIX_DAYS_BETWEEN,
        far_between=FAR_BETWEEN,
        far_times=FAR_TIMES,
        widest_share=WIDEST_VIX_SHARE,
        known=_known(quotes["session"].to_list()),
        vix_between=(math.floor(vix.min()), math.ceil(vix.max())),
        levels=tuple(
            (d, math.exp(level[n])) for d, n in zip(VIX_DAYS, which, strict=True) if n in level
        ),
    )


def _known(sessions: list[date]) -> tuple[tuple[date, date], ...]:
    """First and last sessions under the old ticks, and under the new ones."""
    spans = ([d for d in sessions if (d >= STEP_FROM) == new] for new in (False, True))
    return tuple((min(days), max(days)) for days in spans if days)
