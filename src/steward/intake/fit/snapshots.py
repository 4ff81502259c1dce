"""Real SPX chains of single moments, as fits read them: every kind of snapshot, not closes alone.

Forward and discount of a series come from its own quotes by parity, and its time from the minute
of the quotes to settlement: what a fit compares is the same option at the same moment.
"""

from __future__ import annotations

import bisect
import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl

from steward.intake.fit.sources import Sources
from steward.intake.importing import import_paths
from steward.market.history import History
from steward.market.quotes import Chain
from steward.market.store import Store
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Hints
from steward.market.vendors.user_map import read_map
from steward.pricing.black import greeks
from steward.pricing.implied import discount_of, sides_of, vols_of
from steward.pricing.parity import forward_from_quotes
from steward.pricing.rates import discount_factor
from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

YEAR = timedelta(days=365)

FILES = (
    "chains/spx_eod_2011-01-03_07_ivolatility.csv.gz",
    "chains/spx_intraday_2011-01-24_cboe_quotetable.csv",
    "chains/spxw_eod_2018-01_2018-02.csv",
    "chains/spxw_1545_2019-06-26_cboe_datashop.csv.gz",
    "chains/spx_eod_2020-12-01_optionmetrics.csv",
    "chains/cboe_quotedata/spx_quotedata_2022-01-07.csv",
    "chains/cboe_quotedata/spx_quotedata_2022-03-23.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2022-06-10.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2022-07-12.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2022-09-13_no_header.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2023-02-03.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2023-02-07.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2023-06-09.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2023-08-18.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2024-01-05.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2024-11-11.csv",
    "chains/cboe_quotedata/spx_quotedata_2025-01-06_jan.csv.gz",
    "chains/cboe_quotedata/spx_quotedata_2025-01-06_feb.csv.gz",
    "chains/spx_snapshot_2026-07-23_schwab.csv.gz",
    "chains/spx_snapshot_2026-07-24_schwab.csv.gz",
)
"""Files whose layout is known, of which a fit reads all SPX quotes."""

MAPPED = {
    "chains/spxw_eod_2025-09-03.csv": "wide_calls_and_puts.toml",
    "chains/spx_eod_2013-04-19_rnd.csv": "one_expiry_2013_04.toml",
    "chains/spx_eod_2013-06-24_rnd.csv": "one_expiry_2013_06.toml",
    "chains/spx_snapshot_2025-01-29_no_roots.csv.gz": "snapshot_without_roots.toml",
}
"""Files that need a map, which lies in `maps`."""

NOT_A_CLOSE = frozenset({date(2025, 1, 29)})
"""Files that call themselves a close, and whose forwards belong to another hour."""

CLUSTERS = ((2011, 1), (2018, 1), (2018, 2), (2023, 2), (2025, 8), (2026, 7))
"""Months whose dates stand side by side and count as one; 2025-08 goes on into September."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The SPX chains of one moment.

    session  whose quotes they are; an overnight file's is the session after
    kind     close, 1545, intraday or overnight
    hours    from the quotes to the session's decision moment; below 0 after it
    cluster  dates that stand side by side have one name
    chains   by (day, root); quality `quoted`
    """

    session: date
    kind: str
    hours: float
    cluster: str
    chains: tuple[Chain, ...]


def snapshots(sources: Sources, progress: Progress | None = None) -> tuple[Snapshot, ...]:
    """All moments of the folder's SPX chains, by session."""
    files = [*((name, None) for name in FILES), *MAPPED.items()]
    found: list[Snapshot] = []
    with tempfile.TemporaryDirectory(prefix="steward-fit-") as folder:
        for number, (name, mapped) in enumerate(files):
            if progress is not None:
                progress(name, number, len(files))
            found += _of_file(sources, name, mapped, Path(folder) / str(number))
    return tuple(sorted(_together(found), key=lambda one: (one.session, one.kind)))


def _of_file(sources: Sources, name: str, mapped: str | None, store: Path) -> Iterator[Snapshot]:
    extra: list[Layout] = []
    hints = Hints(root="SPX") if "optionmetrics" in name else Hints()
    if mapped is not None:
        with resources.as_file(resources.files("steward.intake.fit") / "maps" / mapped) as path:
            extra = [read_map(path)]
    report = import_paths([sources.path(name)], store, hints=hints, extra=extra)
    if report.refused:
        raise StewardError(report.refused[0].reason)
    held = Store(store)
    for month in held.months("SPX"):
        frame = held.quotes("SPX", month)
        for part in frame.partition_by("session", "snapshot", maintain_order=True):
            yield _snapshot(sources.history, part)


def _snapshot(history: History, rows: pl.DataFrame) -> Snapshot:
    session: date = rows["session"][0]
    moment: datetime = rows["moment"].sort()[rows.height // 2]
    hours = (calendar.decision_moment(session) - moment) / timedelta(hours=1)
    name = str(rows["snapshot"][0])
    kind = {"eod": "close", "1545": "1545", "1546": "1545"}.get(name, "intraday")
    if name == "gth" or session in NOT_A_CLOSE:
        kind = "overnight"
    chains = []
    keys = ["expiry", "root", "settlement"]
    for part in rows.partition_by(keys, maintain_order=True):
        expiry = Expiry(
            root=part["root"][0], day=part["expiry"][0], settlement=part["settlement"][0]
        )
        years = (calendar.settlement_moment(expiry) - moment) / YEAR
        if years > 0.0:
            chains.append(_chain(history, session, expiry, years, part))
    chains.sort(key=lambda one: (one.expiry.day, one.expiry.root))
    month = (session.year, session.month)
    cluster = f"{session:%Y-%m}" if month in CLUSTERS else f"{session}"
    if month == (2025, 9):
        cluster = "2025-08"
    return Snapshot(session=session, kind=kind, hours=hours, cluster=cluster, chains=tuple(chains))


def _chain(
    history: History, session: date, expiry: Expiry, years: float, rows: pl.DataFrame
) -> Chain:
    rows = rows.with_columns(call=pl.col("right") == "C").sort("call", "strike")
    strike, bid, ask = (
        rows[name].to_numpy().astype(np.float64) for name in ("strike", "bid", "ask")
    )
    call = rows["call"].to_numpy()
    grid, at = np.unique(strike, return_inverse=True)
    sides = sides_of(grid.size, at, call, bid, ask)
    known = history.sessions[max(bisect.bisect_right(history.sessions, session) - 1, 0)]
    curve = discount_factor(history, known, years)
    days = math.ceil(365.0 * years)
    discount = discount_of(grid, sides, years=years, days=days, by_curve=curve)
    forward = forward_from_quotes(grid, *sides, discount=discount)
    vol = vols_of(grid, sides, forward, years, discount)[at]
    found = greeks(forward, strike, years, vol, discount=discount, call=call)
    return Chain(
        session=session,
        expiry=expiry,
        underlying="SPX",
        quality="quoted",
        forward=forward,
        discount=discount,
        years=years,
        strike=strike,
        call=call,
        bid=bid,
        ask=ask,
        vol=vol,
        delta=found.delta,
        gamma=found.gamma,
        vega=found.vega,
        theta=found.theta,
    )


def _together(found: list[Snapshot]) -> list[Snapshot]:
    """Files of one session and kind, which hold its months apart, as one."""
    by_key: dict[tuple[date, str], list[Snapshot]] = {}
    for one in found:
        by_key.setdefault((one.session, one.kind), []).append(one)
    whole = []
    for parts in by_key.values():
        chains = sorted(
            (chain for part in parts for chain in part.chains),
            key=lambda one: (one.expiry.day, one.expiry.root),
        )
        first = parts[0]
        whole.append(
            Snapshot(
                session=first.session,
                kind=first.kind,
                hours=first.hours,
                cluster=first.cluster,
                chains=tuple(chains),
            )
        )
    return whole
