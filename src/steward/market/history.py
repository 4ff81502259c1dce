"""What the world showed: the whole history of a run, every value with the moment it was known.

`History` is the only thing that readers make and the only thing that `view.as_of` reads.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of dated values, each with the moment at which it was public.

    period    the day (or first day of the month or quarter) that the value is about, datetime64[D]
    value     float64; NaN where the source has a row without a value (missing, never zero)
    known_at  UTC, datetime64[m], rising; `lagged` says that it is a fixed lag, not a vintage
    max_age_days  older than this, counted from known_at, a value cannot start a move
    """

    name: str
    unit: str
    period: NDArray[np.datetime64]
    value: Floats
    known_at: NDArray[np.datetime64]
    max_age_days: int
    lagged: bool
    source: str

    def before(self, moment: np.datetime64) -> Series:
        """The part known at `moment`."""
        n = int(np.searchsorted(self.known_at, moment, side="right"))
        return replace(
            self, period=self.period[:n], value=self.value[:n], known_at=self.known_at[:n]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Open, high, low, close of an index, one row a session of the history; NaN where unknown."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def head(self, n: int) -> Bars:
        return Bars(open=self.open[:n], high=self.high[:n], low=self.low[:n], close=self.close[:n])


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesTable:
    """VX settlements, a row a (session, contract), sorted by (session, expiry).

    settle  index points; NaN never occurs: rows without a settlement are not in the table
    final   final settlement value by expiry day (SOQ), index points, where known
    """

    session: NDArray[np.datetime64]
    expiry: NDArray[np.datetime64]
    settle: Floats
    final: Mapping[date, float]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FomcDecision:
    """A decision day; `known_from` is when the schedule was public (a year ahead by default).

    cancelled_from  from then on it was known that the meeting would not take place; None: it did
    """

    day: date
    scheduled: bool
    known_from: date
    cancelled_from: date | None = None

    def as_known(self, session: date) -> FomcDecision:
        """The same without a cancellation that nobody knew of yet on `session`."""
        known = self.cancelled_from is None or self.cancelled_from <= session
        return self if known else replace(self, cancelled_from=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A row that was not believed, counted and shown."""

    source: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything a run may ever read.

    sessions    rising; the run's days: sessions of the exchange with SPX and VIX closes
    moments     UTC, datetime64[m]: when the session's index, VIX and option marks are all known
                (16:15 New York, 13:15 on half days)
    spx, vix    bars, one row a session. VIX may have closes only (the other columns NaN)
    series      by name: vix9d, vix3m, vix6m, vvix, skew, cor1m, dspx (daily closes, points);
                dtb3, dgs1mo, dgs3mo, dgs6mo, dgs1, dgs2 (percent); dff; advances, declines;
                cpi_nsa, cpi_sa, ppi_final, ppi_all, gdp_real, reer_broad, reer_narrow, cape,
                pe_trailing, dividend_12m (S&P 500, index points over twelve months),
                rate_3m_eur, rate_3m_jpy, rate_3m_gbp.
                A name that has no source for the whole run is not in the mapping: it is absent.
    set_values  the official settlement value of AM-settled SPX options by day, where known
    simulated   what made it, where no market ever showed it: then no price of it is a market's
    spx_before  SPX closes of the sessions before the first one (warm-up of indicators), with
                their days: an embedded history may have SPX earlier than VIX
    """

    label: str
    sessions: tuple[date, ...]
    moments: NDArray[np.datetime64]
    spx: Bars
    vix: Bars
    spx_before: Floats
    spx_before_days: tuple[date, ...]
    series: Mapping[str, Series]
    futures: FuturesTable | None
    fomc: tuple[FomcDecision, ...]
    quarantined: tuple[Quarantined, ...]
    notes: tuple[str, ...]  # what a page must say of this data
    file_hashes: Mapping[str, str]  # by file name as in the layout, sha256: no path of a machine
    set_values: Mapping[date, float] = field(default_factory=dict)
    simulated: str = ""

    def index(self, session: date) -> int:
        """Row of `session`; KeyError when it is not one of ours."""
        i = bisect.bisect_left(self.sessions, session)
        if i == len(self.sessions) or self.sessions[i] != session:
            raise KeyError(session)
        return i

    def until(self, session: date) -> History:
        """The same world, cut off after `session`: nothing known later is in it (law 1).

        What was counted and hashed (`quarantined`, `notes`, `file_hashes`) is of the whole files.
        KeyError when no session of ours is that early.
        """
        n = bisect.bisect_right(self.sessions, session)
        if n == 0:
            raise KeyError(session)
        last = self.moments[n - 1]
        day = np.datetime64(session)
        futures = self.futures
        if futures is not None:
            keep = futures.session <= day
            futures = replace(
                futures,
                session=futures.session[keep],
                expiry=futures.expiry[keep],
                settle=futures.settle[keep],
                final={k: v for k, v in futures.final.items() if k <= session},
            )
        return replace(
            self,
            sessions=self.sessions[:n],
            moments=self.moments[:n],
            spx=self.spx.head(n),
            vix=self.vix.head(n),
            series={name: s.before(last) for name, s in self.series.items()},
            futures=futures,
            fomc=tuple(f.as_known(session) for f in self.fomc if f.known_from <= session),
            set_values={day: v for day, v in self.set_values.items() if day <= session},
        )

    @property
    def data_hash(self) -> str:
        """One sha256 over the names and hashes of the files behind this history."""
        return hash_of_files(self.file_hashes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The latest value of a series at a moment, with its age."""

    value: float
    period: date
    known_at: datetime
    age_days: int  # from known_at to the moment
    fresh: bool  # not older than the series allows


def hash_of_files(files: Mapping[str, str]) -> str:
    """One sha256 over names and hashes of files, in the order of their names."""
    text = "\n".join(f"{name} {files[name]}" for name in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()
