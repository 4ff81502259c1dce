"""The VIX family of every moment that a file or a store has SPX quotes of.

Interest comes from a history where one covers the session. Else it is read off the quotes
themselves, by parity of the series with two to thirteen months to go; the result says which.
"""

from __future__ import annotations

import bisect
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from steward.intake.importing import import_paths
from steward.market.history import History
from steward.market.paths.marker import refuse_beside_quotes
from steward.market.store import SNAPSHOTS, Store
from steward.market.store_folder import is_store
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.layout import Layout
from steward.market.vendors.store_history import store_history
from steward.pricing.implied import FARTHEST_RATE, PARITY_DISCOUNT_DAYS, sides_of
from steward.pricing.parity import discount_from_quotes
from steward.pricing.rates import discount_factor
from steward.pricing.vix import MINUTES_A_YEAR
from steward.pricing.vix_family import (
    MEMBERS,
    MINUTES_A_DAY,
    VIX,
    IndexValue,
    Member,
    Rate,
    Series,
    family,
    minutes_from,
)
from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

Progress = Callable[[str, int, int], None]

LONGEST_PARITY_DAYS = 400
OLDEST_RATE_DAYS = 7
"""Calendar days: a history that ends earlier than that says no rate of a session."""

LEAST_SERIES = 3
"""Whose parity has to agree on a rate."""

NO_RATE = "no interest rate is known and the quotes imply none; bring daily rates with --data DIR"
COLUMNS = ("session", "snapshot", "moment", "root", "expiry", "settlement")
QUOTE = ("right", "strike", "bid", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentFamily:
    """The family of one moment.

    snapshot   eod, 1545, gth (overnight), or New York's clock as HHMM
    moment     of the quotes, UTC; of an `eod` the session's decision moment
    rates      where interest comes from, in words
    values     by name, each a value or why there is none
    published  closes of the same session by name, where the history has them; none beside quotes
               of another hour than the end of the day
    """

    session: date
    snapshot: str
    moment: datetime
    rates: str
    values: Mapping[str, IndexValue]
    published: Mapping[str, float]

    def difference(self, name: str) -> float | None:
        """Published less computed, points; None where one of them is missing."""
        value, published = self.values[name].value, self.published.get(name)
        return None if value is None or published is None else published - value


def history_beside(data: Path | None, quotes: Path) -> History | None:
    """Closes and interest: of a folder or store, else of the quotes' own store, else the default.

    None without the package of the default: then parity says the interest, and no published close
    stands beside. Raises StewardError for a folder that is none.
    """
    if data is not None:
        if is_store(data):
            return store_history(Store(data))
        refuse_beside_quotes(data, "--data")
        return folder_history(data)
    if is_store(quotes):
        try:
            return store_history(Store(quotes))
        except StewardError:  # a store of quotes alone
            pass
    try:
        return arch_history()
    except StewardError:  # its package is an extra; the quotes may say the interest
        return None


def families(
    path: Path,
    *,
    history: History | None = None,
    session: date | None = None,
    extra: Sequence[Layout] = (),
    progress: Progress | None = None,
) -> tuple[MomentFamily, ...]:
    """The family of each session and snapshot, by time.

    path     a store, or a file, folder or archive that can be imported
    history  published closes and interest; None: neither
    session  only this one                extra  layouts of the user's own
    Raises StewardError for what cannot be read, and where there are no such SPX quotes.
    """
    if is_store(path):
        return _of_store(Store(path), path, history, session, progress)
    with tempfile.TemporaryDirectory(prefix="steward-vix-") as folder:
        report = import_paths([path], Path(folder) / "store", extra=extra)
        if report.refused:
            raise StewardError(
                f"{report.refused[0].reason} (`steward data import` can be told more about a file; "
                "then give the store)"
            )
        if not is_store(Path(folder) / "store"):
            raise StewardError(f"{path}: has no file of option chains; name one, or a store")
        return _of_store(Store(Path(folder) / "store"), path, history, session, progress)


def _of_store(
    held: Store,
    path: Path,
    history: History | None,
    session: date | None,
    progress: Progress | None,
) -> tuple[MomentFamily, ...]:
    days = [day for day in held.sessions("SPX") if session in (None, day)]
    if not days:
        known = list(held.sessions("SPX"))
        span = f"; it has {known[0]} to {known[-1]}" if known else ""
        asked = "" if session is None else f" of {session}"
        raise StewardError(f"{path}: has no SPX quotes{asked}{span}; name a file or day that has")
    found: list[MomentFamily] = []
    for number, day in enumerate(days):
        if progress is not None:
            progress(str(day), number, len(days))
        frame = held.quotes("SPX", f"{day:%Y-%m}", session=day, columns=(*COLUMNS, *QUOTE))
        for rows in frame.partition_by("snapshot", maintain_order=True):
            found.append(family_of(rows, history))
    return tuple(sorted(found, key=lambda one: (one.moment, one.snapshot)))


def family_of(rows: pl.DataFrame, history: History | None) -> MomentFamily:
    """The family of one snapshot of one session, columns of `tables.QUOTES`."""
    session: date = rows["session"][0]
    snapshot = str(rows["snapshot"][0])
    moment: datetime = rows["moment"].sort()[rows.height // 2]
    if snapshot == SNAPSHOTS[0]:
        moment = calendar.decision_moment(session).astimezone(moment.tzinfo)
    series = series_of(rows)
    rate, said = _rates(session, series, moment, history)
    if rate is None:
        values = {m.name: IndexValue(name=m.name, why=NO_RATE) for m in MEMBERS}
    else:
        values = family(session, series, rate=rate, moment=moment)
    closing = snapshot in SNAPSHOTS and history is not None
    return MomentFamily(
        session=session,
        snapshot=snapshot,
        moment=moment,
        rates=said,
        values=values,
        published=published_closes(session, history) if closing and history is not None else {},
    )


def series_of(rows: pl.DataFrame) -> dict[Expiry, Series]:
    """The quotes of each series of one snapshot."""
    return dict(_series(rows))


def _series(rows: pl.DataFrame) -> Iterator[tuple[Expiry, Series]]:
    keys = ["expiry", "root", "settlement"]
    for part in rows.partition_by(keys, maintain_order=True):
        expiry = Expiry(
            root=part["root"][0], day=part["expiry"][0], settlement=part["settlement"][0]
        )
        strike, bid, ask = (
            part[name].to_numpy().astype(np.float64) for name in ("strike", "bid", "ask")
        )
        grid, at = np.unique(strike, return_inverse=True)
        call = (part["right"] == "C").to_numpy()
        sides = sides_of(grid.size, at, call, bid, ask)
        yield (
            expiry,
            Series(
                strike=grid,
                call_bid=sides[0],
                call_ask=sides[1],
                put_bid=sides[2],
                put_ask=sides[3],
            ),
        )


def _rates(
    session: date, series: Mapping[Expiry, Series], moment: datetime, history: History | None
) -> tuple[Rate | None, str]:
    """Interest by years to settlement, and where it comes from; None: nobody says."""
    known = None if history is None else _last_session(history, session)
    if history is not None and known is not None:
        last = known

        def by_history(years: float) -> float:
            return -math.log(discount_factor(history, last, years)) / years

        return by_history, f"interest of the {history.label.partition(':')[0]}, {known}"
    rates = []
    for expiry, quotes in series.items():
        minutes = minutes_from(moment, expiry)
        if PARITY_DISCOUNT_DAYS <= minutes / MINUTES_A_DAY <= LONGEST_PARITY_DAYS:
            own = discount_from_quotes(
                quotes.strike, quotes.call_bid, quotes.call_ask, quotes.put_bid, quotes.put_ask
            )
            if own > 0.0:
                rates.append(-math.log(own) * MINUTES_A_YEAR / minutes)
    if len(rates) < LEAST_SERIES:
        return None, NO_RATE
    middle = float(np.median(rates))
    agreeing = sum(abs(one - middle) <= FARTHEST_RATE for one in rates)
    if 2 * agreeing <= len(rates):
        return None, NO_RATE
    return lambda years: middle, f"interest of {middle:.2%} a year, implied by the quotes"


def _last_session(history: History, session: date) -> date | None:
    place = bisect.bisect_right(history.sessions, session) - 1
    if place < 0 or (session - history.sessions[place]).days > OLDEST_RATE_DAYS:
        return None
    return history.sessions[place]


def published_closes(session: date, history: History) -> dict[str, float]:
    """The closes of the family on a session, by name, where the history has them."""
    found = {}
    for member in MEMBERS:
        value = _close(member, session, history)
        if value is not None:
            found[member.name] = value
    return found


def _close(member: Member, session: date, history: History) -> float | None:
    if member is VIX:
        try:
            value = float(history.vix.close[history.index(session)])
        except KeyError:
            return None
        return value if math.isfinite(value) else None
    series = history.series.get(member.series)
    if series is None:
        return None
    place = int(np.searchsorted(series.period, np.datetime64(session)))
    if place == series.period.size or series.period[place] != np.datetime64(session):
        return None
    value = float(series.value[place])
    return value if math.isfinite(value) else None
