"""The file `pricing/files/spreads.toml`, from the numbers of a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What is fitted on SPX options; names as in the file.

    eras   name, first day, last day, points, wide      deep  one an era
    vix_between  levels that there are quotes at, rounded
    times  widths of other hours over those of the close, by kind of snapshot
    """

    premium: tuple[float, ...]
    wide: tuple[float, ...]
    narrow: tuple[float, ...]
    step_narrow: float
    vix_power: float
    vix_at: float
    days_power_wide: float
    days_power_narrow: float
    days_at: float
    days_between: tuple[float, float]
    far_days: float
    far_power_narrow: float
    eras: tuple[tuple[str, date, date, float, float], ...]
    deep: tuple[float, ...]
    depth: tuple[float, ...]
    depth_share: tuple[float, ...]
    times: Mapping[str, float]
    widest_share: float
    vix_between: tuple[float, float]
    least_jump: float
    fade: float
    stretch: float
    floor: float

    def replaced(self, **changes: Any) -> Numbers:
        """The same with some of them changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class VixNumbers:
    """What is fitted on VIX options; names as in the file.

    known   first and last days between which there are quotes      levels  day, points
    """

    premium_power: float
    step: float
    step_from: date
    vix_power: float
    vix_at: float
    days_power: float
    days_at: float
    days_between: tuple[float, float]
    far_between: tuple[float, float]
    far_times: float
    widest_share: float
    known: tuple[tuple[date, date], ...]
    vix_between: tuple[float, float]
    levels: tuple[tuple[date, float], ...]


SPX_NAMES = (
    *("premium", "wide", "narrow", "step_narrow", "vix_power", "vix_at", "days_power_wide"),
    *("days_power_narrow", "days_at", "days_between", "far_days", "far_power_narrow"),
    *("depth", "depth_share", "widest_share", "vix_between"),
)
VIX_NAMES = (
    *("premium_power", "step", "step_from", "vix_power", "vix_at", "days_power", "days_at"),
    *("days_between", "far_between", "far_times", "widest_share", "known", "vix_between"),
)

HEAD = """\
# Widths of modelled quotes, bid to ask, index points, before rounding to ticks (terms in
# pricing/spreads.py). Written by `steward model fit`; errors are on the model card.
#
# SPX, at the money or out of it:  points of the era  x  shape of the premium
#     x  (VIX / vix_at) ^ vix_power  x  (days / days_at) ^ days_power, days held between two bounds
#     x  (days / far_days) ^ far_power beyond far_days
# In the money: at least deep x depth_share of the index, by depth as a share of the index.
# Never under a tick, never over widest_share of the price. `vix_between`: the levels of VIX that
# quotes without a shock were seen at.
# Between two eras all their numbers are straight in time (points: in logarithms), before the first
# and after the last they stay. Nothing is known before 2011, nor of 2014 to 2017, but for two far
# puts of AM monthlies of early 2017, of at most 2.5 points, which stood as wide as in 2013. They
# are left out: what is sold here are mostly PM series, which were the narrower ones where both are
# known (a week out in January 2011, half as wide), and nothing dearer was quoted there.
"""

SPX = """
[spx]
# By premium, points: width over the width of an option worth 1.00. `wide`: markets up to 2013,
# where market makers quoted in tiers; `narrow`: since 2018. From 3.00 points on, where the tick
# doubles, narrow markets are `step_narrow` as wide.
"""

TIMES = """
# Widths at other hours over those at the close; they are used in the fit alone.
[spx.times]
"""

SHOCK = """
# After jumps of VIX: with e = ln(close / close before / least), where above 0, and n sessions
# since, widths are exp(power x the largest e x fade ^ n) as wide, and on the day itself at least
# floor x e^2 of the index. All of it rests on one event, February 2018: the floor on its first
# day, the rest on the sessions after it; that it grows by the square is an assumption, held by two
# jumps of 25 and 28 percent that left no floor. Wide markets are stretched alike: not known.
[shock]
"""

VIX = """
# VIX options:  points  x  premium ^ premium_power  x  `step` from 3.00 points on since step_from
#     x  (VIX / vix_at) ^ vix_power  x  (days / days_at) ^ days_power, days held between two bounds.
# Beyond the fitted 85 days they grow up to far_times as wide: an assumption.
[vix]
"""

LEVELS = """
# The full width at a premium of 1.00, straight in logarithms between the days. Under the old ticks
# one day is known, 2013-06-25; it stands for all days before 2022-10-03.
"""


def written(spx: Numbers, vix: VixNumbers | None) -> str:
    """The whole file; without VIX options, a part that can be read while SPX is fitted."""
    parts = [HEAD, SPX, *_spx(spx), TIMES, *_lines((name, x) for name, x in spx.times.items())]
    for (name, first, last, points, wide), deep in zip(spx.eras, spx.deep, strict=True):
        row = (("name", name), ("from", first), ("to", last), ("points", points))
        parts += ["\n[[spx.era]]\n", *_lines((*row, ("wide", wide), ("deep", deep)))]
    shock = (("least", spx.least_jump), ("power", spx.stretch), ("fade", spx.fade))
    parts += [SHOCK, *_lines((*shock, ("floor", spx.floor)))]
    return "".join(parts + _vix(vix or NO_VIX))


NO_VIX = VixNumbers(
    premium_power=0.0,
    step=1.0,
    step_from=date.max,
    vix_power=0.0,
    vix_at=1.0,
    days_power=0.0,
    days_at=1.0,
    days_between=(1.0, 2.0),
    far_between=(1.0, 2.0),
    far_times=1.0,
    widest_share=1.0,
    known=(),
    vix_between=(1.0, 2.0),
    levels=((date.min, 1.0),),
)


def _spx(spx: Numbers) -> Iterable[str]:
    return _lines((name, getattr(spx, name)) for name in SPX_NAMES)


def _vix(vix: VixNumbers) -> list[str]:
    parts = [VIX, *_lines((name, getattr(vix, name)) for name in VIX_NAMES), LEVELS]
    for day, points in vix.levels:
        parts += ["\n[[vix.level]]\n", *_lines((("day", day), ("points", points)))]
    return parts


def _lines(pairs: Iterable[tuple[str, Any]]) -> Iterable[str]:
    return [f"{name} = {_shown(value)}\n" for name, value in pairs]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return repr(float(f"{value:.4g}"))
    return str(value)
