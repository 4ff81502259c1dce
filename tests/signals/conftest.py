"""A made-up world for the tests of signals: every series there is, with holes, lags, revisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pytest

from steward.market.history import Bars, FomcDecision, FuturesTable, History, Series
from steward.terms import calendar

CALENDAR = calendar.sessions(date(2012, 1, 3), date(2017, 12, 29))
DAY = np.timedelta64(24 * 60, "m")
CLOSE = np.timedelta64(21 * 60 + 15, "m")


def moments(days: tuple[date, ...]) -> np.ndarray:
    return np.array(days, dtype="datetime64[m]") + CLOSE


def daily(
    name: str,
    days: tuple[date, ...],
    value: np.ndarray,
    *,
    late_days: int = 0,
    max_age_days: int = 7,
) -> Series:
    """A value a session, known a quarter of an hour before the decision, or whole days later."""
    return Series(
        name=name,
        unit="points",
        period=np.array(days, dtype="datetime64[D]"),
        value=np.asarray(value, dtype=float),
        known_at=moments(days) + late_days * DAY - np.timedelta64(15, "m"),
        max_age_days=max_age_days,
        lagged=False,
        source="made up",
    )


def monthly(
    name: str, first: str, value: np.ndarray, *, months: int = 1, lag_days: int = 20
) -> Series:
    """A value a month (or quarter) from `first`, known `lag_days` after the period's end."""
    begin = np.datetime64(first, "M") + months * np.arange(len(value))
    end = (begin + months).astype("datetime64[D]").astype("datetime64[m]")
    return Series(
        name=name,
        unit="index",
        period=begin.astype("datetime64[D]"),
        value=np.asarray(value, dtype=float),
        known_at=end + lag_days * DAY,
        max_age_days=75 if months == 1 else 140,
        lagged=True,
        source="made up",
    )


def bars(close: np.ndarray) -> Bars:
    empty = np.full(len(close), np.nan)
    return Bars(open=empty, high=empty, low=empty, close=np.asarray(close, dtype=float))


def history(
    spx: np.ndarray,
    vix: np.ndarray,
    *,
    series: Mapping[str, Series] | None = None,
    before: np.ndarray | None = None,
    days: tuple[date, ...] | None = None,
    futures: FuturesTable | None = None,
    fomc: tuple[FomcDecision, ...] = (),
) -> History:
    """A history of these closes on the first sessions of the made-up calendar."""
    days = CALENDAR[: len(spx)] if days is None else days
    past = np.empty(0) if before is None else np.asarray(before, dtype=float)
    return History(
        label="made up",
        sessions=days,
        moments=moments(days),
        spx=bars(spx),
        vix=bars(vix),
        spx_before=past,
        spx_before_days=tuple(date.fromordinal(700_000 + i) for i in range(len(past))),
        series={} if series is None else dict(series),
        futures=futures,
        fomc=fomc,
        quarantined=(),
        notes=(),
        file_hashes={},
    )


def _walk(random: np.random.Generator, n: int, start: float, size: float) -> np.ndarray:
    return start * np.exp(np.cumsum(random.normal(0.0, size, n)))


def _holes(random: np.random.Generator, value: np.ndarray, share: float) -> np.ndarray:
    return np.where(random.random(len(value)) < share, np.nan, value)


def _revised(random: np.random.Generator, series: Series) -> Series:
    """Every value once more, a month later, a little different."""
    value = series.value * np.exp(random.normal(0.0, 0.002, len(series.value)))
    period = np.concatenate([series.period, series.period])
    known_at = np.concatenate([series.known_at, series.known_at + 31 * DAY])
    order = np.argsort(known_at, kind="stable")
    return Series(
        name=series.name,
        unit=series.unit,
        period=period[order],
        value=np.concatenate([series.value, value])[order],
        known_at=known_at[order],
        max_age_days=series.max_age_days,
        lagged=False,
        source=series.source,
    )


def _futures(random: np.random.Generator, days: tuple[date, ...]) -> FuturesTable:
    stamps = np.array(days, dtype="datetime64[D]")
    first = stamps.astype("datetime64[M]") + 1
    expiry = np.stack([(first + k).astype("datetime64[D]") + 16 for k in range(3)], axis=1)
    kept = random.random(len(days)) > 0.03
    return FuturesTable(
        session=np.repeat(stamps[kept], 3),
        expiry=expiry[kept].ravel(),
        settle=random.uniform(12.0, 30.0, 3 * int(kept.sum())),
        final={},
        source="made up",
    )


def random_history(seed: int, n: int = 700) -> History:
    """All series, about two and a half years from 2012-01, with holes, lapses and revisions."""
    random = np.random.default_rng(seed)
    days = CALENDAR[:n]
    vix = _walk(random, n, 17.0, 0.05)
    dspx = _holes(random, _walk(random, n, 20.0, 0.03), 0.02)
    dspx[:90] = np.nan
    dspx[480:500] = np.nan  # a lapse: longer than it may be old
    made = {
        "vix9d": daily("vix9d", days, _holes(random, vix * 0.95, 0.05)),
        "vix3m": daily("vix3m", days, _holes(random, vix * 1.05, 0.05)),
        "cor1m": daily("cor1m", days, _holes(random, random.uniform(20.0, 70.0, n), 0.02)),
        "dspx": daily("dspx", days, dspx),
        "advances": daily(
            "advances", days, _holes(random, random.integers(50, 450, n) + 0.0, 0.02)
        ),
        "declines": daily("declines", days, random.integers(50, 450, n) + 0.0),
        "dtb3": daily("dtb3", days, random.uniform(1.0, 5.0, n), late_days=1),
        "cape": monthly("cape", "1979-01", random.uniform(8.0, 40.0, 440), lag_days=120),
        "gdp_real": _revised(
            random,
            monthly("gdp_real", "2008-01", _walk(random, 26, 1e4, 0.01), months=3, lag_days=35),
        ),
        "cpi_nsa": monthly(
            "cpi_nsa", "2009-01", _holes(random, _walk(random, 66, 220, 0.004), 0.1)
        ),
        "cpi_sa": _revised(random, monthly("cpi_sa", "2009-01", _walk(random, 66, 220, 0.004))),
        "ppi_all": monthly("ppi_all", "2009-01", _walk(random, 66, 180, 0.01)),
        "ppi_final": monthly("ppi_final", "2009-11", _walk(random, 56, 100, 0.01)),
        "reer_broad": monthly("reer_broad", "2007-09", _walk(random, 82, 95, 0.01), lag_days=30),
        "reer_narrow": monthly("reer_narrow", "2001-01", _walk(random, 150, 95, 0.01), lag_days=30),
    }
    for name in ("rate_3m_eur", "rate_3m_jpy", "rate_3m_gbp"):
        made[name] = monthly(name, "2011-06", random.uniform(0.0, 3.0, 33), lag_days=30)
    fomc = tuple(
        FomcDecision(day=d, scheduled=bool(random.random() < 0.8), known_from=d.replace(year=y))
        for d in CALENDAR[9::31]
        if d.day < 29
        for y in (d.year - 1,)
    )
    return history(
        _walk(random, n, 1300.0, 0.01),
        vix,
        series=made,
        before=_walk(random, int(random.integers(0, 60)), 1300.0, 0.01),
        futures=_futures(random, days),
        fomc=fomc,
    )


class World:
    """The builders, for tests that take them as one fixture."""

    daily = staticmethod(daily)
    monthly = staticmethod(monthly)
    history = staticmethod(history)
    random_history: Callable[..., History] = staticmethod(random_history)
    days = CALENDAR


@pytest.fixture(scope="session")
def world() -> type[World]:
    return World
