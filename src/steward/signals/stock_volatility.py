"""Market-cap weighted volatility M: one number from a ladder of sources, and how fast it moves.

The ladder of methodology D3: VIXEQ; sqrt(VIX^2 + DSPX^2), since DSPX^2 is about VIXEQ^2 - VIX^2;
VIX / sqrt(COR1M / 100), since the implied correlation is about (index volatility / average stock
volatility)^2; VIX alone. (A sum over members' realised volatilities stands between the last two
there; nothing here can supply it.)

The highest source that is not lapsed and has 253 values of its own known by then is used, and the
score and the change are computed within it. A day that a source misses leaves its last value,
stale; a source that has missed for longer than it may be old is lapsed and hands over to the next.
Values before the first publication of an index were calculated later by its owner; the source says
so.
Correlation falling alone lifts the third source: the score of VIX stands beside it
(`vix_only_z_252`, `vix_change_5_pct`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import Floats, History
from steward.signals import indicators
from steward.signals.columns import (
    WARMING,
    Bools,
    Column,
    absent,
    on_the_day,
    over_known,
    present,
    settle,
    together,
)
from steward.signals.volatility import positive

WINDOW = indicators.SESSIONS_A_YEAR
SIGNALS = ("cap_vol", "cap_vol_z_252", "cap_vol_change_5_pct")
BACK_CALCULATED = " (back-calculated)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A rung: M from VIX and one series, both index points; `published` its first publication."""

    label: str
    series: str
    published: date
    value: Callable[[Floats, Floats], Floats]


# First publications: COR1M by Cboe with the other tenors in July 2022; DSPX 27 September 2023;
# VIXEQ in autumn 2024.
LADDER = (
    Source(
        label="VIXEQ",
        series="vixeq",
        published=date(2024, 10, 1),
        value=lambda vix, vixeq: vixeq,
    ),
    Source(
        label="sqrt(VIX^2 + DSPX^2)",
        series="dspx",
        published=date(2023, 9, 27),
        value=lambda vix, dspx: np.sqrt(vix**2 + dspx**2),
    ),
    Source(
        label="VIX / sqrt(COR1M / 100)",
        series="cor1m",
        published=date(2022, 7, 1),
        value=lambda vix, cor1m: vix / np.sqrt(cor1m / 100.0),
    ),
)
VIX_ALONE = "VIX"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    columns: tuple[Column, ...]  # one a signal, in the order of SIGNALS
    usable: Bools
    published: np.datetime64 | None
    label: str


def _measures(level: Floats) -> tuple[Floats, Floats, Floats]:
    z = over_known(lambda m: indicators.z_before(np.log(m), WINDOW), level)
    change = over_known(lambda m: indicators.change(m, 5), level)
    return level, z, change


def _rung(history: History, source: Source | None) -> _Rung:
    vix = present(history, positive(history.vix.close))
    if source is None:
        seen, longest = vix, None
    else:
        series = history.series[source.series]
        other = on_the_day(history, series)
        seen = together([other, vix], source.value(vix.value, positive(other.value)))
        longest = series.max_age_days
    columns = tuple(settle(history, seen.with_value(v)) for v in _measures(seen.value))
    usable = columns[1].state != WARMING  # the score needs the 253 values
    if longest is not None:
        usable &= columns[1].age_days <= longest
    published = None if source is None else np.datetime64(source.published)
    label = VIX_ALONE if source is None else source.label
    return _Rung(columns=columns, usable=usable, published=published, label=label)


def columns(history: History) -> dict[str, Column]:
    """M in volatility points, its score over 252 values before, its change in 5 values, percent."""
    known = [source for source in LADDER if source.series in history.series]
    rungs = [_rung(history, source) for source in (*known, None)]
    choice = np.full(len(history.sessions), -1)
    for place in reversed(range(len(rungs))):
        choice[rungs[place].usable] = place
    return {name: _chosen(history, rungs, choice, at) for at, name in enumerate(SIGNALS)}


def _chosen(
    history: History,
    rungs: list[_Rung],
    choice: NDArray[np.int64],
    at: int,
) -> Column:
    """The column of the rung in use at each session; warming where none is."""
    blank = absent(history, "")
    value, known_at, age_days = blank.value, blank.known_at, blank.age_days
    state = np.full_like(blank.state, WARMING)
    source = np.zeros(len(value), dtype=np.int64)
    days = np.array(history.sessions, dtype="datetime64[D]")
    sources = [""]
    for place, rung in enumerate(rungs):
        here, column = choice == place, rung.columns[at]
        value = np.where(here, column.value, value)
        state = np.where(here, column.state, state)
        known_at = np.where(here, column.known_at, known_at)
        age_days = np.where(here, column.age_days, age_days)
        early = here & (days < rung.published) if rung.published is not None else here & False
        source = np.where(here, len(sources), source)
        source = np.where(early, len(sources) + 1, source)
        sources += [rung.label, rung.label + BACK_CALCULATED]
    return Column(
        value=value,
        state=state,
        known_at=known_at,
        age_days=age_days,
        source=source,
        sources=tuple(sources),
    )
