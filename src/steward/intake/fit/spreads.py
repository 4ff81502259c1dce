"""Widths of modelled quotes, fitted on the real ones: the numbers of pricing/files/spreads.toml.

Logarithms of real widths are regressed by least absolute errors, so that half of the quotes are
wider than the model and half narrower. Sessions within six of a jump of VIX are left out and fitted
apart. Each cluster of neighbouring dates and tenor counts by the root of its quotes, and quotes of
a delta of 0.03-0.50 and 7-90 days, which are what condors trade, three times.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.fit.least_absolute import hats, ordinals, parts, regressed, weights
from steward.intake.fit.section import Section
from steward.intake.fit.snapshots import Progress, snapshots
from steward.intake.fit.sources import Sources
from steward.intake.fit.spread_errors import Era, spx_tables, vix_tables
from steward.intake.fit.spread_rows import Rows, spx_rows, vix_rows
from steward.intake.fit.spread_text import Numbers, written
from steward.intake.fit.strike_lists import strike_tables
from steward.intake.fit.vix_spreads import fit_vix
from steward.pricing.spreads import Spreads, parse

Floats = NDArray[np.float64]


ERAS = (
    Era(name="2011", first=date(2011, 1, 3), last=date(2011, 1, 31), wide=1.0),
    Era(name="2013", first=date(2013, 4, 19), last=date(2013, 6, 24), wide=1.0),
    Era(name="2018-19", first=date(2018, 1, 2), last=date(2019, 6, 26), wide=0.0),
    Era(name="2020", first=date(2020, 12, 1), last=date(2020, 12, 1), wide=0.0),
    Era(name="2022-24", first=date(2022, 1, 7), last=date(2024, 11, 11), wide=0.0),
    Era(name="2025-26", first=date(2025, 1, 7), last=date(2026, 7, 24), wide=0.0),
)

PREMIUM = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Nodes of both shapes, points; 1.00 is where a shape is 1."""

WIDE_TOP = 100.0
"""Premium from which the widths of wide markets are level, points; few were dearer."""

KINDS = ("1545", "intraday", "overnight")
"""Of snapshots that are no close."""

VIX_AT, DAYS_AT, DAYS_BETWEEN, FAR_DAYS = 18.0, 30.0, (1.0, 60.0), 150.0
WIDEST_SHARES = (1.0, 1.1, 1.2, 1.3, 1.4)

DEPTHS = (0.0, 0.0075, 0.015, 0.025, 0.035, 0.045, 0.06, 0.085, 0.125, 0.2, 0.35, 0.6)
DEPTH_BINS = (0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15, 0.25, 0.45, 1.0)
AT_DEPTH = (0.05, 0.15)
"""In the money by, share of the index: where an era's level of deep options is told."""

LEAST_JUMP, FADES = 1.2, (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
SHOCK, AFTERSHOCKS = date(2018, 2, 5), (date(2018, 1, 29), date(2018, 2, 16))
FLOORED = 10.0
"""Premium from which a width on the day of the shock is the floor, points."""


def fit_spreads(sources: Sources, progress: Progress | None = None) -> Section:
    """The file `spreads.toml` and its errors, in sample and with each cluster left out in turn.

    The tables end with how the rule of listed strikes (pricing/strikes.py) meets the same chains.
    """
    moments = snapshots(sources, progress)
    spx, vix = spx_rows(sources, moments), vix_rows(sources)
    numbers, vix_numbers = fit_spx(spx), fit_vix(vix)
    text = written(numbers, vix_numbers)

    def without(cluster: str) -> tuple[Spreads, Mapping[str, float]]:
        rest = fit_spx(spx.where(pl.col("cluster") != cluster))
        return parse(written(rest, vix_numbers)), rest.times

    def without_expiry(expiry: str) -> tuple[Spreads, Mapping[str, float]]:
        rest = fit_vix(vix.where(pl.col("cluster") != expiry))
        return parse(written(numbers, rest)), {}

    whole = parse(text)
    inside, outside = spx.modelled(whole, numbers.times), _left_out(spx, without, progress)
    tables = spx_tables(spx, inside, outside, ERAS)
    inside, outside = vix.modelled(whole, {}), _left_out(vix, without_expiry, progress)
    return Section(
        name="spreads",
        text=text,
        tables=(
            *tables,
            *vix_tables(vix, inside, outside),
            *strike_tables(sources.history, moments),
        ),
    )


def _left_out(
    rows: Rows,
    fold: Callable[[str], tuple[Spreads, Mapping[str, float]]],
    progress: Progress | None,
) -> Floats:
    """Modelled widths of each cluster by numbers that were fitted without it."""
    found = np.empty(rows.quotes.height)
    clusters = rows.quotes["cluster"].unique().sort().to_list()
    for n, cluster in enumerate(clusters):
        if progress is not None:
            progress(f"spreads without {cluster}", n, len(clusters))
        spreads, times = fold(cluster)
        found[(rows.quotes["cluster"] == cluster).to_numpy()] = rows.where(
            pl.col("cluster") == cluster
        ).modelled(spreads, times)
    return found


# --- SPX -----------------------------------------------------------------------------------------


def fit_spx(rows: Rows) -> Numbers:
    """The numbers of SPX; an era without rows has none, so that its days lie between the others."""
    calm = _calm(rows)
    fitted = rows.where(pl.col("otm") & (pl.col("mid") >= PREMIUM[0]) & calm)
    quotes = fitted.quotes
    day, mid = ordinals(quotes["session"]), quotes["mid"].to_numpy()
    eras = [era for era in ERAS if quotes["session"].is_between(era.first, era.last).any()]
    ends = np.array([d.toordinal() for era in eras for d in (era.first, era.last)], dtype=float)
    wide = np.interp(day, ends, np.repeat([era.wide for era in eras], 2))
    level = np.repeat(np.eye(len(eras)), 2, axis=0)
    shape, shape_wide = (
        np.delete(hats(np.log(np.minimum(mid, top)), np.log(PREMIUM)), PREMIUM.index(1.0), axis=1)
        for top in (PREMIUM[-1], WIDE_TOP)
    )
    vix = np.array([fitted.vix[key][-1] for key in quotes.select("session", "kind").iter_rows()])
    days = quotes["days"].to_numpy()
    near = np.log(np.clip(days, *DAYS_BETWEEN) / DAYS_AT)
    kind = quotes["kind"].to_numpy()
    columns = (
        np.column_stack([np.interp(day, ends, level[:, n]) for n in range(len(eras))]),
        shape_wide * wide[:, None],
        shape * (1.0 - wide)[:, None],
        (1.0 - wide) * (mid >= 3.0),
        np.log(vix / VIX_AT),
        near * wide,
        near * (1.0 - wide),
        np.log(np.maximum(days, FAR_DAYS) / FAR_DAYS) * (1.0 - wide),
        np.column_stack([(kind == name).astype(float) for name in KINDS]),
    )
    found = parts(columns, regressed(columns, quotes, weights(quotes)))
    times = {name: math.exp(x) for name, x in zip(KINDS, found[8], strict=True)}
    if not (kind == KINDS[0]).any():
        times[KINDS[0]] = times[KINDS[1]]
    numbers = Numbers(
        premium=PREMIUM,
        wide=_rising(found[1]),
        narrow=_rising(found[2]),
        step_narrow=math.exp(max(float(found[3][0]), 0.0)),
        vix_power=float(found[4][0]),
        vix_at=VIX_AT,
        days_power_wide=float(found[5][0]),
        days_power_narrow=float(found[6][0]),
        days_at=DAYS_AT,
        days_between=DAYS_BETWEEN,
        far_days=FAR_DAYS,
        far_power_narrow=float(found[7][0]),
        eras=tuple(
            (era.name, era.first, era.last, math.exp(x), era.wide)
            for era, x in zip(eras, found[0], strict=True)
        ),
        deep=tuple(0.0 for _ in eras),
        depth=DEPTHS,
        depth_share=tuple(0.0 for _ in DEPTHS),
        times=times,
        widest_share=1.0,
        vix_between=(math.floor(vix.min()), math.ceil(vix.max())),
        least_jump=LEAST_JUMP,
        fade=FADES[0],
        stretch=0.0,
        floor=0.0,
    )
    cheap = fitted.where((pl.col("mid") < 2.0) & (pl.col("session") < ERAS[3].first))
    numbers = numbers.replaced(widest_share=_share(cheap, numbers))
    numbers = _with_depth(rows.where(~pl.col("otm") & (pl.col("kind") == "close") & calm), numbers)
    return _with_shock(rows.where(pl.col("otm") & (pl.col("mid") >= PREMIUM[0])), numbers)


def _calm(rows: Rows) -> pl.Expr:
    """Sessions that no jump of VIX has reached; a lone session of a cluster counts as one."""
    shaken = [key[0] for key, closes in rows.vix.items() if max(_jumps(closes, 0.65)) >= 0.05]
    return ~pl.col("session").is_in(shaken)


def _jumps(closes: Floats, fade: float) -> list[float]:
    """By how much each close jumped, as it has faded by now; the last one first, from 0.0 up."""
    logs = np.log(closes[1:] / closes[:-1] / LEAST_JUMP)[::-1].tolist()
    return [max(jump, 0.0) * fade**n for n, jump in enumerate(logs)] or [0.0]


def _share(rows: Rows, numbers: Numbers) -> float:
    """The share of the price that a width may be at most: what fits cheap options best."""
    real = np.log(rows.quotes["spread"].to_numpy())
    error = {}
    for share in WIDEST_SHARES:
        spreads = parse(written(numbers.replaced(widest_share=share), None))
        error[share] = float(np.abs(np.log(rows.modelled(spreads, numbers.times)) - real).mean())
    return min(error, key=lambda share: (error[share], share))


def _with_depth(rows: Rows, numbers: Numbers) -> Numbers:
    """Widths of options in the money: a share of the index by depth, and a level an era."""
    spot = np.array([rows.spot[key] for key in rows.quotes.select("session", "kind").iter_rows()])
    quotes = rows.quotes.with_columns(
        depth=pl.col("intrinsic") / pl.Series(spot), share=pl.col("spread") / pl.Series(spot)
    )
    inside = quotes.filter(pl.col("depth").is_between(*AT_DEPTH))
    first = {
        name: inside.filter(pl.col("session").is_between(start, end))["share"].median()
        for name, start, end, _, wide in numbers.eras
        if not wide
    }
    relative = [
        quotes.filter(pl.col("session").is_between(start, end)).with_columns(
            relative=pl.col("share") / first[name]
        )
        for name, start, end, _, wide in numbers.eras
        if not wide and first[name] is not None
    ]
    narrow = pl.concat(relative)
    ramp = [0.0]
    for low, high in itertools.pairwise(DEPTH_BINS):
        ramp.append(
            float(_median(narrow.filter(pl.col("depth").is_between(low, high))["relative"]))
        )
    shares = np.maximum.accumulate(ramp)
    deep = []
    for _, start, end, _, _ in numbers.eras:
        era = quotes.filter(
            pl.col("session").is_between(start, end), pl.col("depth") >= AT_DEPTH[0]
        )
        own = np.interp(era["depth"].to_numpy(), DEPTHS, shares)
        deep.append(float(np.median(era["share"].to_numpy() / own)) if era.height else math.nan)
    return numbers.replaced(deep=tuple(_filled(deep)), depth_share=tuple(shares.tolist()))


def _with_shock(rows: Rows, numbers: Numbers) -> Numbers:
    """What a jump of VIX does to widths; nothing where the one event that shows it is left out."""
    if not (rows.quotes["session"] == SHOCK).any():
        return numbers
    spreads = parse(written(numbers, None))
    after = rows.where(pl.col("session").is_between(*AFTERSHOCKS) & (pl.col("session") != SHOCK))
    logs = np.log(after.quotes["spread"].to_numpy() / after.modelled(spreads, numbers.times))
    median = (
        after.quotes.with_columns(log=pl.Series(logs))
        .group_by("session")
        .agg(pl.col("log").median())
        .sort("session")
    )
    real = median["log"].to_numpy()
    best = (math.inf, 0.0, 0.0)
    for fade in FADES:
        jump = np.array([max(_jumps(rows.vix[day, "close"], fade)) for day in median["session"]])
        for power in np.arange(0.0, 5.0, 0.05).round(2).tolist():
            best = min(best, (float(np.abs(real - power * jump).sum()), fade, power))
    day = rows.where((pl.col("session") == SHOCK) & (pl.col("mid") >= FLOORED))
    widest = _median(day.quotes["spread"]) / rows.spot[SHOCK, "close"]
    jump_then = _jumps(rows.vix[SHOCK, "close"], 1.0)[0]
    return numbers.replaced(fade=best[1], stretch=best[2], floor=widest / jump_then**2)


def _rising(logs: Floats) -> tuple[float, ...]:
    """Ratios to the width at 1.00, which no higher premium may undercut."""
    whole = np.insert(logs, PREMIUM.index(1.0), 0.0)
    return tuple(np.exp(np.maximum.accumulate(whole)).tolist())


def _filled(values: list[float]) -> list[float]:
    """Unknown ones take the known one before, else the next."""
    known = [n for n, x in enumerate(values) if not math.isnan(x)]
    return [values[min(known, key=lambda k: (abs(k - n), k))] for n in range(len(values))]


def _median(values: pl.Series) -> float:
    found = values.median()
    return math.nan if found is None else float(found)  # type: ignore[arg-type]
