"""The chains of a store, month by month: slices of one session each, measured and judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

import numpy as np
import polars as pl

from steward.intake import quality_measures as measures
from steward.intake.quality_contradictions import Apart, by_session
from steward.intake.quality_references import References
from steward.intake.quality_summary import Gathered, summed
from steward.intake.quality_tables import ChainQuality, SessionQuality
from steward.intake.quality_verdict import NEAREST_YEARS, verdict
from steward.intake.quality_vix import OwnVix, minutes_from, own_vix
from steward.market import believe
from steward.market.store import Store
from steward.pricing.vix import MINUTES_A_YEAR
from steward.terms import calendar
from steward.terms.contracts import Expiry

CLOSE, BEFORE_CLOSE = "eod", ("1546", "1545")
"""Snapshots whose VIX can be set beside the published close: of its own minute, and half an hour
earlier, when it is shown and judges nothing."""

Progress = Callable[[str, int, int], None]
"""What is being checked, months done, months in all."""

ROOTS = ("SPX", "SPXW", "VIX", "VIXW")
"""By their number in a key, in the order in which the store sorts them."""

DAYS_SHIFT, ROOT_SHIFT = 1, 17
"""In the number of a series: AM or PM, then the expiry in days since 1970, then the root."""

COLUMNS = (
    "session",
    "snapshot",
    "moment",
    "root",
    "expiry",
    "settlement",
    "settlement_source",
    "right",
    "strike",
    "bid",
    "ask",
    "underlying",
    "underlying_kind",
    "vendor",
)

RATE_KEPT = timedelta(days=92)
"""A rate of parity stands for later sessions that imply none, a quarter long."""


@dataclass(slots=True)
class _Chain(Gathered):
    """A chain on the way through its months.

    wrong  series labelled against the rule    rate  the last one of parity, and its session
    """

    wrong: set[int] = field(default_factory=set)
    before: measures.Before | None = None
    rate: tuple[date, float] | None = None


def chains(
    store: Store, references: References, apart: Apart, progress: Progress | None = None
) -> tuple[ChainQuality, ...]:
    """Every chain of the store, SPX first, those to trade on first; one month in memory.

    apart  quotes on which files contradict each other
    """
    found: dict[tuple[str, str], _Chain] = {}
    todo = [(symbol, month) for symbol in ("SPX", "VIX") for month in store.months(symbol)]
    for done, (symbol, month) in enumerate(todo):
        if progress is not None:
            progress(f"{symbol} {month}", done, len(todo))
        frame = keyed(store.quotes(symbol, month, columns=COLUMNS))
        otherwise = by_session(apart, symbol, month)
        for snapshot, part in frame.partition_by("snapshot", as_dict=True).items():
            name = str(snapshot[0])
            chain = found.setdefault((symbol, name), _Chain(symbol, name))
            _gather(chain, part)
            for session in part.partition_by("session", maintain_order=True):
                said_otherwise = otherwise.get((name, session["session"][0]), 0)
                chain.sessions.append(_session(chain, session, references, said_otherwise))
    if progress is not None and todo:
        progress(" ".join(todo[-1]), len(todo), len(todo))
    return tuple(summed(found[key], references.rate_source) for key in sorted(found, key=_order))


def _order(key: tuple[str, str]) -> tuple[str, int, str]:
    symbol, snapshot = key
    return symbol, (CLOSE, *BEFORE_CLOSE, snapshot).index(snapshot), snapshot


def keyed(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with `series` and `key` as numbers, sorted by (snapshot, session, key)."""
    root = (
        pl.col("root")
        .cast(pl.String)
        .replace_strict(list(ROOTS), list(range(len(ROOTS))), return_dtype=pl.Int64)
    )
    day = pl.col("expiry").cast(pl.Int32).cast(pl.Int64)
    pm = (pl.col("settlement") == "PM").cast(pl.Int64)
    series = root * (1 << ROOT_SHIFT) + day * (1 << DAYS_SHIFT) + pm
    put = (pl.col("right") == "P").cast(pl.Int64)
    strike = (pl.col("strike") * 1000.0).round().cast(pl.Int64)
    frame = frame.with_columns(series=series)
    shift = 1 << measures.SERIES_SHIFT
    return frame.with_columns(
        key=pl.col("series") * shift + put * int(measures.PUT) + strike,
        future=pl.col("underlying_kind").is_in(["future", "parity_forward"]),
    ).sort("snapshot", "session", "key")


def expiry_of(series: int) -> Expiry:
    """The series by its number."""
    day = (series >> DAYS_SHIFT) & ((1 << (ROOT_SHIFT - DAYS_SHIFT)) - 1)
    return Expiry(
        root=ROOTS[series >> ROOT_SHIFT],
        day=date(1970, 1, 1) + timedelta(days=day),
        settlement="PM" if series & 1 else "AM",
    )


def _gather(chain: _Chain, month: pl.DataFrame) -> None:
    chain.vendors.update(month["vendor"].unique().to_list())
    label = ("root", "settlement", "settlement_source")
    for number, root, settlement, source, rows in (
        month.group_by("series", *label).len().iter_rows()
    ):
        chain.labels[root, settlement, source] += rows
        if believe.settlement(root, expiry_of(number).day) != settlement:
            chain.against[root, settlement, source] += rows
            chain.wrong.add(number)


def _session(
    chain: _Chain, rows: pl.DataFrame, references: References, contradicted: int
) -> SessionQuality:
    day: date = rows["session"][0]
    moment = _moment(rows)
    numbers = rows["series"].unique().to_list()
    expiries = {number: expiry_of(number) for number in numbers}
    years = {n: minutes_from(moment, e) / MINUTES_A_YEAR for n, e in expiries.items()}
    living = rows["series"].is_in([n for n, left in years.items() if left > 0.0])
    cut = slice_of(chain.symbol, day, rows.filter(living), years)
    pairs = measures.pairs_of(cut)
    discount = _discount(chain, cut, pairs, references)
    parity = measures.parity(cut, pairs, discount)
    before = chain.before
    if before is not None and before.chain.session != calendar.previous_session(day):
        before = None
    stale = measures.staleness(cut, pairs, parity.forward, before) if before else None
    stale_share = stale.stale / stale.compared if stale and stale.compared else None
    forward_less = measures.forward_less_underlying(cut, parity.forward)
    vix = _vix(chain, cut, expiries, moment, discount, references)
    published = references.published.get(day) if chain.symbol == "SPX" else None
    difference = None if vix.value is None or published is None else vix.value - published
    why = vix.why
    if why is None and difference is None and chain.symbol == "SPX":
        why = references.unpublished(day)
    if difference is not None and chain.snapshot not in (CLOSE, *BEFORE_CLOSE):
        why, difference = f"the published VIX is of the close, these quotes of {moment:%H:%M}", None
    count = len(cut.key)
    mislabelled = int(rows["series"].is_in(list(chain.wrong)).sum()) if chain.wrong else 0
    alive = [e for n, e in expiries.items() if years[n] > 0.0]
    zero = float((cut.bid <= 0.0).mean()) if count else None
    wide = float(measures.wide(cut).mean()) if count else None
    said, reasons = verdict(
        quotes=count,
        expiries=len({e.day for e in alive}),
        rows=rows.height,
        contradicted=contradicted,
        labels_against_rule=mislabelled,
        zero_bids=zero,
        wide=wide,
        stale=stale_share,
        repeated=stale.repeated if stale else 0,
        parity_strikes=parity.strikes,
        parity_beyond=parity.beyond,
        apart=_apart(cut, parity.forward, forward_less),
        vix_difference=difference if chain.snapshot == CLOSE else None,
        vix_flaw=vix.why if vix.flawed else None,
    )
    chain.before = measures.Before(chain=cut, forward=parity.forward)
    return SessionQuality(
        session=day,
        verdict=said,
        reasons=reasons,
        quotes=rows.height,
        settled=rows.height - count,
        series=len(numbers),
        expiries=len({e.day for e in expiries.values()}),
        farthest=max(e.day for e in expiries.values()),
        contradicted=contradicted,
        labels_against_rule=mislabelled,
        zero_bids=zero,
        wide=wide,
        stale=stale_share,
        parity_residual=parity.residual,
        parity_beyond=parity.beyond,
        forward_less_underlying=forward_less,
        vix_own=vix.value,
        vix_published=published,
        vix_difference=difference,
        vix_why=why,
    )


def _moment(rows: pl.DataFrame) -> datetime:
    """Of the quotes: the latest one, in New York."""
    return cast(datetime, rows["moment"].max()).astimezone(calendar.NEW_YORK)


def slice_of(
    symbol: str, day: date, rows: pl.DataFrame, years: Mapping[int, float]
) -> measures.Slice:
    """Rows of one session as arrays. VIX options are on the future of their day: an index beside
    them is no underlying.
    """
    future = rows["future"].fill_null(False).to_numpy()
    underlying = rows["underlying"].fill_null(math.nan).to_numpy()
    if symbol == "VIX":
        underlying = np.where(future, underlying, math.nan)
    return measures.Slice(
        session=day,
        key=rows["key"].to_numpy(),
        strike=rows["strike"].to_numpy(),
        bid=rows["bid"].to_numpy(),
        ask=rows["ask"].to_numpy(),
        underlying=underlying,
        of_index=~future,
        years=years,
    )


def _discount(
    chain: _Chain, cut: measures.Slice, pairs: measures.Pairs, references: References
) -> Callable[[float], float]:
    """Value now of 1 paid later: of the rates given, else of the quotes' own parity, else 1."""
    given = references.discount(cut.session)
    if given is not None:
        chain.by_rates += 1
        return given
    own = measures.rate_of_parity(cut, pairs)
    if own is not None:
        chain.rate = cut.session, own
    elif chain.rate is None or cut.session - chain.rate[0] > RATE_KEPT:
        return lambda years: 1.0
    chain.by_parity += 1
    rate = chain.rate[1]
    return lambda years: math.exp(-rate * years)


def _vix(
    chain: _Chain,
    cut: measures.Slice,
    expiries: Mapping[int, Expiry],
    moment: datetime,
    discount: Callable[[float], float],
    references: References,
) -> OwnVix:
    if chain.symbol != "SPX":
        return OwnVix(why="VIX is computed from SPX options")
    return own_vix(cut, expiries, moment=moment, discount=discount)


def _apart(
    cut: measures.Slice, forward: Mapping[int, float], difference: float | None
) -> float | None:
    """`difference` of the underlying, where the nearest series is near enough to say something."""
    if difference is None:
        return None
    known = [n for n, level in forward.items() if math.isfinite(level)]
    nearest = min(known, key=lambda n: cut.years[n])
    if cut.years[nearest] > NEAREST_YEARS:
        return None
    return difference / (forward[nearest] - difference)
