"""What was traded in a contract in a session, and its open interest: believed or set aside.

Bars hold trades only, so legs that nobody traded are not among them, and a traded price is never a
quote: nothing is decided, filled or marked on this table. A file that knows a part (only volumes,
only open interest) leaves the rest unknown.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

import polars as pl

from steward.market.believe import NOT_OURS, ROOTS, last_day
from steward.market.tables import MOMENT, SERIES
from steward.market.vendors.clock import whole_clock
from steward.terms import calendar

FINAL = time(17, 0)
"""Bars are known when the last trading of a day ends, the curb session at 17:00 New York.

Source: Cboe, trading hours of SPX and VIX options. Half days and years before it end earlier.
"""

CONTRADICTED = "two different bars of one contract in one session"

PRICES = ("open", "high", "low", "close")
COUNTS = ("volume", "transactions", "open_interest")
_MADE_LATER = ("known_at", "source")


def as_bars(frame: pl.DataFrame) -> pl.DataFrame:
    """A frame with some columns of the table: the others are added as unknown, all are cast.

    A count that is no whole number of 64 bits is unknown.
    """
    kinds = {n: kind for n, kind in SERIES["bars"].columns.items() if n not in _MADE_LATER}
    unknown = [pl.lit(None, dtype=kind).alias(n) for n, kind in kinds.items() if n not in frame]
    return frame.with_columns(unknown).select(
        pl.col(n).cast(kind, strict=kind != pl.Int64()) for n, kind in kinds.items()
    )


def believed(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows as `as_bars` gives them → those believed, with `known_at`; the others, with `reason`.

    A price beside a volume of 0 is no trade's: unknown. Expiries on a Saturday or a closed Friday
    move to the session before, and roots are those that Steward calls the series by, as for quotes.
    """
    rows = _with_last_day(rows)
    rows = rows.with_columns(
        pl.when(pl.col(n) >= 0).then(pl.col(n)).alias(n) for n in COUNTS
    ).with_columns(pl.when(pl.col("volume") != 0).then(pl.col(n)).alias(n) for n in PRICES)
    reason = _reason(rows)
    aside = rows.with_columns(reason=reason).filter(pl.col("reason").is_not_null()).drop("given")
    kept = rows.filter(reason.is_null()).drop("given")
    kept = kept.with_columns(
        root=pl.col("root").replace_strict({root: ours for root, (ours, _) in ROOTS.items()})
    )
    key = SERIES["bars"].key
    differ = pl.struct(*PRICES, *COUNTS).n_unique().over(key) > 1
    contradicted = kept.filter(differ)
    aside = pl.concat([aside, contradicted.with_columns(reason=pl.lit(CONTRADICTED))])
    kept = kept.filter(~differ)
    days = kept["session"].unique()
    final = [datetime.combine(day, FINAL, calendar.NEW_YORK).astimezone(UTC) for day in days]
    known = pl.DataFrame({"session": days, "known_at": pl.Series(final, dtype=MOMENT)})
    return kept.join(known, on="session", how="left", maintain_order="left"), aside


def _with_last_day(rows: pl.DataFrame) -> pl.DataFrame:
    days = rows.select(given="expiry").unique().drop_nulls()
    true = days.with_columns(last=pl.Series([last_day(d) for d in days["given"]], dtype=pl.Date))
    rows = rows.rename({"expiry": "given"}).join(
        true, on="given", how="left", maintain_order="left"
    )
    return rows.rename({"last": "expiry"})


def _reason(rows: pl.DataFrame) -> pl.Series:
    """Why a row is set aside; null where it is believed."""
    sessions = rows["session"].to_numpy().astype("datetime64[D]")
    on = pl.Series("on", whole_clock().is_session(sessions)) & rows["session"].is_not_null()
    prices = [pl.col(n) for n in PRICES]
    low, high = pl.col("low"), pl.col("high")
    inside = [p.is_between(low, high) for p in prices]
    said = [pl.col("volume").fill_null(0) > 0, pl.col("open_interest").is_not_null()]
    steps = (
        (pl.col("root").is_in(list(ROOTS)), NOT_OURS),
        (on, "not a session of the exchange"),
        (pl.col("given").is_not_null(), "no expiry"),
        (pl.col("expiry").is_not_null(), "expires on a day that is not a session"),
        (pl.col("expiry") >= pl.col("session"), "already expired"),
        (pl.col("right").is_not_null(), "neither call nor put"),
        (pl.col("strike").is_not_null() & (pl.col("strike") > 0.0), "no strike above 0"),
        (
            pl.all_horizontal((p > 0.0).fill_null(True) for p in prices),
            "a traded price not above 0",
        ),
        (
            pl.all_horizontal(good.fill_null(True) for good in inside),
            "prices outside of high and low",
        ),
        (pl.any_horizontal(said), "neither a trade nor open interest"),
    )
    reason = pl.lit(None, dtype=pl.String)
    for good, why in reversed(steps):
        reason = pl.when(good).then(reason).otherwise(pl.lit(why))
    return rows.select(reason.alias("reason")).to_series()
