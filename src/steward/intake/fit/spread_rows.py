"""The real quotes that the widths of modelled ones are fitted on, a row a quote with a bid."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.chain_file import read_chains
from steward.intake.fit.snapshots import Snapshot
from steward.intake.fit.sources import Sources
from steward.market.history import History
from steward.pricing.spreads import REMEMBERED, Spreads

Floats = NDArray[np.float64]

OLD_VIX = "vix_chains/vix_eod_2013-06-25_rnd.csv"
OLD_VIX_DAY, OLD_VIX_EXPIRY = date(2013, 6, 25), date(2013, 8, 21)
"""One expiry of one day, the only VIX quotes before 2022-10-31; the file says neither."""

DEEPEST_VIX_CALL = 6.0
"""In the money by, points: deeper ones of the files are hardly ever fresh."""

COLUMNS = ("session", "cluster", "kind", "days", "mid", "spread", "intrinsic", "delta", "otm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Quotes, sorted; and of each session what the widths depend on.

    quotes  columns `COLUMNS`: spread and intrinsic in index points, days to settlement, delta
            unsigned; `at` numbers the series; of VIX calls `cluster` is the expiry
    vix     closes of VIX up to the moment, by session and kind, eight at most
    spot    of SPX then; empty for VIX options
    """

    quotes: pl.DataFrame
    vix: Mapping[tuple[date, str], Floats]
    spot: Mapping[tuple[date, str], float]

    def where(self, keep: pl.Expr) -> Rows:
        """Some of the rows."""
        return Rows(quotes=self.quotes.filter(keep), vix=self.vix, spot=self.spot)

    def modelled(self, spreads: Spreads, times: Mapping[str, float]) -> Floats:
        """The model's width before ticks, a row a quote, points."""
        quotes = self.quotes
        found = np.empty(quotes.height)
        numbered = quotes.with_row_index("row")
        for part in numbered.partition_by("at", maintain_order=True):
            session, kind, days = part["session"][0], part["kind"][0], part["days"][0]
            closes = self.vix[session, kind]
            if self.spot:
                spot = self.spot[session, kind]
                width = spreads.spx(
                    session, days=days, vix_closes=closes, spot=spot, times=times.get(kind, 1.0)
                )
            else:
                width = spreads.vix(session, days=days, vix=float(closes[-1]))
            mid, intrinsic = part["mid"].to_numpy(), part["intrinsic"].to_numpy()
            found[part["row"].to_numpy()] = width.of(mid, intrinsic)
        return found


def spx_rows(sources: Sources, moments: Sequence[Snapshot]) -> Rows:
    """SPX options with a bid that are not locked, 0.9 to 400 days from settlement."""
    history = sources.history
    vix: dict[tuple[date, str], Floats] = {}
    spot: dict[tuple[date, str], float] = {}
    parts: list[pl.DataFrame] = []
    for one in moments:
        row = _last_close(history, one)
        vix[one.session, one.kind] = history.vix.close[max(row + 1 - REMEMBERED, 0) : row + 1]
        spot[one.session, one.kind] = float(history.spx.close[row])
        parts += _of_snapshot(one)
    return Rows(quotes=_numbered(parts), vix=vix, spot=spot)


def _last_close(history: History, one: Snapshot) -> int:
    """The row of the close that an overnight snapshot looks back on, else of the session's own.

    Of an intraday one the close is yet to come; its VIX says more of the hour than yesterday's.
    """
    before = one.kind == "overnight" and one.hours > 1.0
    row = bisect_right(history.sessions, one.session) - 1
    return row - 1 if before and history.sessions[row] == one.session else row


def _of_snapshot(one: Snapshot) -> Iterator[pl.DataFrame]:
    for chain in one.chains:
        days = 365.0 * chain.years
        if not 0.9 <= days <= 400.0 or not np.isfinite(chain.forward):
            continue
        mid, spread = 0.5 * (chain.bid + chain.ask), chain.ask - chain.bid
        gap = chain.discount * (chain.forward - chain.strike)
        intrinsic = np.maximum(np.where(chain.call, gap, -gap), 0.0)
        keep = (chain.bid > 0.0) & (spread > 1e-9)
        yield pl.DataFrame(
            {
                "session": one.session,
                "cluster": one.cluster,
                "kind": one.kind,
                "days": days,
                "mid": mid[keep],
                "spread": spread[keep],
                "intrinsic": intrinsic[keep],
                "delta": np.abs(chain.delta[keep]),
                "otm": intrinsic[keep] == 0.0,
            }
        )


def vix_rows(sources: Sources) -> Rows:
    """VIX options with a bid that are not locked; calls alone, but for one day of 2013."""
    history = sources.history
    quotes = pl.concat(
        [
            one.quotes.select("session", "expiry", "strike", "right", "bid", "ask")
            for path in sources.paths("vix_chains/vix_options_*.parquet")
            for one in read_chains(path)
        ]
    )
    old = pl.read_csv(sources.path(OLD_VIX))
    sides = [
        old.select(
            session=pl.lit(OLD_VIX_DAY),
            expiry=pl.lit(OLD_VIX_EXPIRY),
            strike=pl.col("strike").cast(pl.Float64),
            right=pl.lit(right),
            bid=pl.col(f"bid.{right.lower()}").cast(pl.Float64),
            ask=pl.col(f"ask.{right.lower()}").cast(pl.Float64),
        )
        for right in ("C", "P")
    ]
    assert history.futures is not None
    futures = pl.DataFrame(
        {
            "session": history.futures.session.astype("datetime64[D]"),
            "expiry": history.futures.expiry.astype("datetime64[D]"),
            "future": history.futures.settle,
        }
    )
    gap = pl.col("future") - pl.col("strike")
    rows = (
        pl.concat([*sides, quotes])
        .filter(pl.col("bid") > 0.0, pl.col("ask") > pl.col("bid"))
        .join(futures, on=["session", "expiry"], how="left")
        .with_columns(
            intrinsic=pl.when(pl.col("right") == "C").then(gap).otherwise(-gap).clip(0.0),
        )
        .filter(
            pl.col("session") < pl.col("expiry"),
            pl.col("intrinsic").is_null() | (pl.col("intrinsic") <= DEEPEST_VIX_CALL),
        )
        .select(
            "session",
            cluster=pl.col("expiry").cast(pl.String),
            kind=pl.lit("close"),
            days=(pl.col("expiry") - pl.col("session")).dt.total_days().cast(pl.Float64),
            mid=0.5 * (pl.col("bid") + pl.col("ask")),
            spread=pl.col("ask") - pl.col("bid"),
            intrinsic=pl.col("intrinsic").fill_null(0.0),
            delta=pl.lit(float("nan")),
            otm=pl.col("intrinsic") == 0.0,
        )
    )
    vix = {
        (day, "close"): history.vix.close[history.index(day) : history.index(day) + 1]
        for day in rows["session"].unique()
    }
    parts = rows.sort("session", "days", "mid").partition_by("session", "days", maintain_order=True)
    return Rows(quotes=_numbered(parts), vix=vix, spot={})


def _numbered(parts: list[pl.DataFrame]) -> pl.DataFrame:
    whole = pl.concat(
        [part.with_columns(at=pl.lit(n, dtype=pl.Int32)) for n, part in enumerate(parts)]
    )
    return whole.select(*COLUMNS, "at")
