"""What a check of a store says, as frozen records: its JSON is exactly these.

Shares are fractions, prices and residuals index points, counts rows. None is unknown, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Verdict = Literal["good", "usable", "doubtful", "missing"]
VERDICTS: tuple[Verdict, ...] = ("good", "usable", "doubtful", "missing")

FORMAT = 1
"""Of the JSON: another number when a field goes or changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionQuality:
    """One session of one chain.

    quotes, series   rows, and series of expiries
    settled          of the rows: of series that had settled by then; in no figure below
    farthest         the last expiry
    contradicted     of the rows: another file of the store has another bid or ask
    labels_against_rule  rows whose AM or PM is not what root and day say
    zero_bids        share of the living rows that nobody bids for; None: all had settled
    wide             share with a bid whose spread is over a quarter of the mid and half a point
    stale            share that cannot be of that day, of those with a bid that were quoted the
                     session before too; None without a session before
    parity_residual  median of |C - P - D (F - K)| at mid within 5 % of the forward
    parity_beyond    share of these strikes at which it is more than half of both spreads
    forward_less_underlying  of the nearest series; None where no comparable underlying is given
    vix_own, vix_published, vix_difference  by the exchange's formula from these quotes; published
    vix_why          why there is no difference
    reasons          of the verdict, in words; none for a good session
    """

    session: date
    verdict: Verdict
    reasons: tuple[str, ...]
    quotes: int
    settled: int
    series: int
    expiries: int
    farthest: date
    contradicted: int
    labels_against_rule: int
    zero_bids: float | None
    wide: float | None
    stale: float | None
    parity_residual: float | None
    parity_beyond: float | None
    forward_less_underlying: float | None
    vix_own: float | None
    vix_published: float | None
    vix_difference: float | None
    vix_why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthQuality:
    """Sessions with quotes of a month, as 2011-01, `of` those of the exchange in all of it."""

    month: str
    sessions: int
    of: int
    quotes: int
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Sessions of the exchange in a row without a quote, between sessions that have some."""

    first: date
    last: date
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Rows by root, settlement (AM, PM) and whether the file gave it or root and day say it.

    against_rule  of these, rows whose label is not what the exchange's rule says of root and day
    """

    root: str
    settlement: str
    source: str
    quotes: int
    against_rule: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainQuality:
    """One symbol and snapshot: what a run can trade on, or another clock kept apart from it.

    missing   sessions inside the gaps: each has the verdict "missing"
    verdicts  sessions by verdict, the missing ones among them
    vix_computed, vix_compared  sessions whose own VIX is known, and that can be compared
    vix_worst, vix_worst_on     the largest difference in size, with its sign
    vix_unknown  sessions without a difference, by reason
    """

    symbol: str
    snapshot: str
    vendors: tuple[str, ...]
    first: date
    last: date
    sessions: int
    missing: int
    quotes: int
    verdicts: Mapping[str, int]
    zero_bids: float
    wide: float
    parity_residual: float | None
    vix_computed: int
    vix_compared: int
    vix_median: float | None
    vix_worst: float | None
    vix_worst_on: date | None
    vix_unknown: Mapping[str, int]
    rate_source: str
    gaps: tuple[Gap, ...]
    months: tuple[MonthQuality, ...]
    labels: tuple[Labels, ...]
    by_session: tuple[SessionQuality, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A file that takes part in a contradiction."""

    name: str
    layout: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two files of the store that say different things of quotes of a month.

    quotes, sessions  how many, and on how many sessions
    taken             the file whose quotes are used, in runs too (the rule of `Store.quotes`)
    other             the one whose quotes are not
    """

    symbol: str
    month: str
    quotes: int
    sessions: int
    taken: Side
    other: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuality:
    """What became of one file; counts as in `ImportRecord`.

    crossed     of the rows set aside: the ask below the bid
    units       what the vendor's greeks were measured to be; empty: nothing was measured
    warnings    what a user has to know before trusting the file
    """

    name: str
    layout: str
    table: str
    source: str
    read: int
    made: int
    kept: int
    elsewhere: int
    crossed: int
    first: date | None
    last: date | None
    set_aside: Mapping[str, int]
    unreadable: Mapping[str, int]
    units: Mapping[str, str]
    inferred: tuple[str, ...]
    ignored: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuality:
    """One series of another table than quotes.

    daily    whether it has a value on most sessions of its span
    missing  sessions of the exchange inside the span without a row; None for one that is not daily
    set_aside  rows of its files that are not in it (a file may hold other series too)
    """

    table: str
    name: str
    rows: int
    first: date
    last: date
    daily: bool
    missing: int | None
    gaps: tuple[Gap, ...]
    set_aside: int
    layouts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreQuality:
    """All of a store.

    crossed, set_aside, unreadable  rows of all files; `reasons` has them by reason, most first
    contradictions  by symbol, month and pair of files
    contradicted    quotes that some other file says otherwise, each counted once
    vix_source  where the published VIX comes from; None: nowhere, so there is no comparison
    definitions  what each figure means and each limit is, in words, by name
    """

    format: int
    content_hash: str
    layouts: tuple[str, ...]
    read: int
    made: int
    kept: int
    elsewhere: int
    crossed: int
    set_aside: int
    unreadable: int
    reasons: tuple[tuple[str, int], ...]
    chains: tuple[ChainQuality, ...]
    contradictions: tuple[Contradiction, ...]
    contradicted: int
    files: tuple[FileQuality, ...]
    series: tuple[SeriesQuality, ...]
    vix_source: str | None
    definitions: Mapping[str, str]
