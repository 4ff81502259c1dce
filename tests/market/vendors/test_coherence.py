"""Parity within a series tells a snapshot of one moment from a mixed one."""

from __future__ import annotations

from datetime import date

import polars as pl

from steward.market.vendors.coherence import coherence

FORWARD = 1000.0


def series(day: int, *, late: float, spread: float = 0.4) -> pl.DataFrame:
    """21 strikes, time value 20; every third call quoted when the market stood `late` higher."""
    rows = []
    for at, strike in enumerate(range(950, 1055, 5)):
        moved = late if at % 3 == 0 else 0.0
        call = 60.0 + max(FORWARD - strike, 0.0) + moved
        put = 60.0 + max(strike - FORWARD, 0.0)
        for right, mid in (("C", call), ("P", put)):
            rows.append((strike, right, mid - spread / 2, mid + spread / 2))
    frame = pl.DataFrame(rows, schema=["strike", "right", "bid", "ask"], orient="row")
    return frame.select(
        pl.col("strike").cast(pl.Float64),
        "right",
        "bid",
        "ask",
        root=pl.lit("SPXW"),
        expiry=pl.lit(date(2023, 8, day)),
    )


def test_quotes_of_one_moment_keep_parity() -> None:
    found = coherence(pl.concat([series(day, late=0.0) for day in (22, 23, 24)]))
    assert (found.series, found.off, found.worst, found.is_mixed) == (3, 0, 0.0, False)


def test_a_move_inside_the_spread_is_no_mixture() -> None:
    assert not coherence(pl.concat([series(day, late=0.3) for day in (22, 23)])).is_mixed


def test_quotes_of_two_moments_are_found() -> None:
    frames = [series(22, late=3.0), series(23, late=3.0), series(24, late=0.0)]
    found = coherence(pl.concat(frames))
    assert (found.series, found.off, found.is_mixed) == (3, 2, True)
    # the misses of a third of strikes 3 points up: 3 * sqrt(1/3 * 2/3) = 1.4
    assert 1.2 < found.worst < 1.6


def test_one_series_alone_is_chance() -> None:
    assert not coherence(series(22, late=3.0)).is_mixed


def test_few_strikes_say_nothing() -> None:
    assert coherence(series(22, late=3.0).head(12)).series == 0
    assert coherence(series(22, late=0.0).clear()).series == 0
