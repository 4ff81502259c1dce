"""Prices, output, the exchange rate and the valuation of the market, as known at each session.

Every figure is made of the levels published by then (`releases`), so a revision changes later
readings only, and a print that never came leaves the last figure with its age.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from steward.market.history import History
from steward.signals.columns import Bools, Column, Seen, absent, missing, newest, settle, together
from steward.signals.releases import (
    Figure,
    Levels,
    after_each,
    annual_growth,
    log_change,
    percentile,
    z_of_log_change,
)

# Final demand was first published with January 2014; its history before that came with it.
FINAL_DEMAND_PUBLISHED = np.datetime64("2014-02-19T00:00", "m")
PERCENTILE_YEARS = 30
REER_SCORE_MONTHS = 60

UP, FLAT, CONTRACTION = 1.0, 0.0, -1.0
TREND_GROWTH = 1.0  # percent a year: methodology D2
TREND_LOSS = 1.0  # percentage points in two quarters: methodology D2


def columns(history: History) -> dict[str, Column]:
    """All signals of monthly and quarterly series."""
    made = {
        "cpi_yoy_pct": _one(history, "cpi_nsa", annual_growth(12)),
        "cpi_3m_annualised_minus_yoy_pp": _acceleration(history),
        "ppi_yoy_pct": _producer_prices(history),
        "gdp_yoy_pct": _one(history, "gdp_real", annual_growth_of_quarter),
        "gdp_trend": _one(history, "gdp_real", trend),
        "pe_percentile_30y": _valuation(history),
    }
    made.update(_exchange_rate(history))
    return made


def _figure(history: History, name: str, figure: Figure) -> Seen:
    return newest(history, after_each(history.series[name], figure)).named(name=name)


def _one(history: History, name: str, figure: Figure) -> Column:
    why = missing(history, name)
    return absent(history, why) if why else settle(history, _figure(history, name, figure))


def _acceleration(history: History) -> Column:
    """Three-month annualised CPI (seasonally adjusted) less its year on year (not adjusted)."""
    why = missing(history, "cpi_sa", "cpi_nsa")
    if why:
        return absent(history, why)
    quarter = _figure(history, "cpi_sa", annual_growth(3))
    year = _figure(history, "cpi_nsa", annual_growth(12))
    both = together([quarter, year], quarter.value - year.value)
    return settle(history, both.named(name="cpi_sa, cpi_nsa"))


def _producer_prices(history: History) -> Column:
    """All commodities until final demand was published and had 12 months of year on year."""
    there = [name for name in ("ppi_all", "ppi_final") if name in history.series]
    if not there:
        return absent(history, "this history has no series ppi_all or ppi_final")
    figure = annual_growth(12)
    if there == ["ppi_all"]:
        return _one(history, "ppi_all", figure)
    final = after_each(history.series["ppi_final"], figure)
    months = np.unique(final.period, return_index=True)[1]
    begins = FINAL_DEMAND_PUBLISHED
    if len(months) >= 12:
        begins = max(begins, np.sort(final.known_at[months])[11])
    ready = (history.moments >= begins) & (len(months) >= 12)
    later = newest(history, final).named(name="ppi_final")
    if there == ["ppi_final"]:
        return settle(history, later.with_value(np.where(ready, later.value, np.nan)))
    return settle(history, switched([_figure(history, "ppi_all", figure), later], ready))


def switched(parts: Sequence[Seen], second: Bools) -> Seen:
    """The first of two where `second` is false, else the second; the source says which."""
    one, two = parts
    return Seen(
        value=np.where(second, two.value, one.value),
        known_at=np.where(second, two.known_at, one.known_at),
        fresh=np.where(second, two.fresh, one.fresh),
        source=second.astype(np.int64),
        sources=(one.sources[0], two.sources[0]),
    )


def annual_growth_of_quarter(levels: Levels, month: int) -> float:
    """Growth over exactly four quarters, percent; no detour: a quarter is never left out."""
    base = levels.get(month - 12)
    return float("nan") if base is None else 100.0 * (levels[month] / base - 1.0)


def trend(levels: Levels, month: int) -> float:
    """1 up, 0 flat, -1 contraction (methodology D2), from year on year as known at one moment.

    Up: at least 1 % and not below its value two quarters ago by more than 1 point. Below 0:
    contraction. Else flat.
    """
    now = annual_growth_of_quarter(levels, month)
    if now < 0.0:
        return CONTRACTION
    before = annual_growth_of_quarter(levels, month - 6) if month - 6 in levels else float("nan")
    if not np.isfinite(now) or not np.isfinite(before):
        return float("nan")
    return UP if now >= TREND_GROWTH and now >= before - TREND_LOSS else FLAT


def _exchange_rate(history: History) -> dict[str, Column]:
    """Twelve-month log change (a fraction) and score of the monthly one, of one and the same index.

    The broad index as soon as it has 60 changes before its newest; until then the narrow one.
    """
    figures = {
        "reer_12m_log_change": log_change(12),
        "reer_z_60": z_of_log_change(REER_SCORE_MONTHS),
    }
    there = [name for name in ("reer_broad", "reer_narrow") if name in history.series]
    if not there:
        why = "this history has no series reer_broad or reer_narrow"
        return {name: absent(history, why) for name in figures}
    if len(there) == 1:
        return {name: _one(history, there[0], figure) for name, figure in figures.items()}
    score = _figure(history, "reer_broad", figures["reer_z_60"])
    ready = np.isfinite(score.value)
    made = {}
    for name, figure in figures.items():
        pair = [_figure(history, series, figure) for series in ("reer_narrow", "reer_broad")]
        made[name] = settle(history, switched(pair, ready))
    return made


def _valuation(history: History) -> Column:
    """Percentile of the newest known P/E in the 30 years before it; CAPE, else trailing."""
    figure = percentile(12 * PERCENTILE_YEARS)
    for name in ("cape", "pe_trailing"):
        if name in history.series:
            return settle(history, _figure(history, name, figure))
    return absent(history, "this history has no series cape or pe_trailing")
