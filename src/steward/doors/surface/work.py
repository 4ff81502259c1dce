"""From a path to the surfaces of one session: read, choose, fit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from steward.doors.bars import Report
from steward.intake.model_check.reading import ON_VIX, Reading, Snapshot, read_quotes
from steward.market.history import History
from steward.market.paths.marker import refuse_beside_quotes
from steward.market.store import Store
from steward.market.store_folder import is_store
from steward.market.vendors.arch_history import arch_history
from steward.market.vendors.data_folder import folder_history
from steward.market.vendors.layout import Layout
from steward.market.vendors.source import Hints
from steward.market.vendors.store_history import store_history
from steward.pricing.rates import discount_factor
from steward.pricing.surface import FittedSurface, QuotedSeries, fit_surface, series_quotes
from steward.pricing.surface.carry import Curve
from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

EMBEDDED = (date(2014, 1, 2), date(2018, 12, 31))
"""Days of which the embedded history knows the interest."""

RATE_DAYS = 7
"""Calendar days that a rate may be old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """The surfaces of one session, SPX before VIX.

    others   how many other sessions the path has     names  of the files that were read
    moments  of the quotes, New York, by surface      quotes of each surface, rows
    settled  of these, the ones whose series had settled by the moment
    """

    session: date
    surfaces: tuple[FittedSurface, ...]
    moments: tuple[datetime, ...]
    snapshots: tuple[str, ...]
    quotes: tuple[int, ...]
    settled: tuple[int, ...]
    others: int
    names: tuple[str, ...]


def fitted(
    path: Path,
    *,
    session: date | None,
    data: Path | None,
    hints: Hints | None = None,
    extra: Sequence[Layout] = (),
    progress: Report | None = None,
) -> Fitted:
    """Raises StewardError for what cannot be read, and for a session that is not there."""
    history = None if data is None else _history(data)
    reading = read_quotes([path], hints=hints, extra=extra, progress=progress)
    there = sorted({one.session for one in reading.snapshots})
    chosen = there[-1] if session is None else session
    if chosen not in there:
        raise StewardError(
            f"{path}: has no quotes of {chosen}; it has {len(there)} sessions, {there[0]} to "
            f"{there[-1]}: choose one with --session"
        )
    own = [one for one in reading.snapshots if one.session == chosen]
    curve, name = _curve(chosen, data, history)
    surfaces = []
    for number, one in enumerate(own):
        if progress is not None:
            progress(f"fitting {one.underlying}", number, len(own))
        surfaces.append(_surface(one, curve, name, _futures(history, chosen)))
    return Fitted(
        session=chosen,
        surfaces=tuple(surfaces),
        moments=tuple(one.moment.astimezone(calendar.NEW_YORK) for one in own),
        snapshots=tuple(one.snapshot for one in own),
        quotes=tuple(one.quotes.height for one in own),
        settled=tuple(_settled(one) for one in own),
        others=len(there) - 1,
        names=_names(reading),
    )


def _names(reading: Reading) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in reading.files))


def _settled(snapshot: Snapshot) -> int:
    """Quotes of series that nobody can trade any more at the moment of the quotes."""
    return sum(
        part.height
        for expiry, part in _by_series(snapshot)
        if calendar.settlement_moment(expiry) <= snapshot.moment
    )


def _by_series(snapshot: Snapshot) -> Iterator[tuple[Expiry, pl.DataFrame]]:
    keys = ["expiry", "root", "settlement"]
    for part in snapshot.quotes.partition_by(keys, maintain_order=True):
        yield (
            Expiry(root=part["root"][0], day=part["expiry"][0], settlement=part["settlement"][0]),
            part,
        )


def _surface(
    snapshot: Snapshot, curve: Curve | None, name: str, futures: Mapping[date, float]
) -> FittedSurface:
    series = []
    for expiry, part in _by_series(snapshot):
        years = (calendar.settlement_moment(expiry) - snapshot.moment) / calendar.YEAR
        if years > 0.0:
            series.append(_series(expiry, years, part, futures))
    return fit_surface(
        snapshot.session,
        snapshot.underlying,
        series,
        curve=curve,
        curve_name=name,
        spot=_spot(snapshot),
    )


def _series(
    expiry: Expiry, years: float, rows: pl.DataFrame, futures: Mapping[date, float]
) -> QuotedSeries:
    """With the future that the file gives, else the settlement of --data; SPX has none."""
    given = rows.filter(pl.col("underlying_kind") == "future")["underlying"].drop_nulls()
    price = given.median() if given.len() else None
    if price is None and expiry.root in ON_VIX:
        price = futures.get(expiry.day)
    return QuotedSeries(
        expiry=expiry,
        years=years,
        quotes=series_quotes(
            rows["strike"].to_numpy(),
            (rows["right"] == "C").to_numpy(),
            rows["bid"].to_numpy(),
            rows["ask"].to_numpy(),
        ),
        future=float(price) if isinstance(price, float) else math.nan,
    )


def _spot(snapshot: Snapshot) -> float:
    """The index beside the quotes; NaN where the file has none, and for VIX, which is no price."""
    if snapshot.underlying != "SPX":
        return math.nan
    levels = snapshot.quotes.filter(pl.col("underlying_kind") == "index")["underlying"]
    level = levels.drop_nulls().median()
    return float(level) if isinstance(level, float) else math.nan


def _history(data: Path) -> History:
    if is_store(data):
        return store_history(Store(data))
    refuse_beside_quotes(data, "--data")
    return folder_history(data)


def _futures(history: History | None, session: date) -> Mapping[date, float]:
    """Settlements of VX futures on the session, by expiry."""
    table = None if history is None else history.futures
    if table is None:
        return {}
    own = table.session.astype("datetime64[D]") == np.datetime64(session)
    days = table.expiry[own].astype("datetime64[D]").tolist()
    return dict(zip(days, table.settle[own].tolist(), strict=True))


def _curve(session: date, data: Path | None, history: History | None) -> tuple[Curve | None, str]:
    """Discounts known that day, and where from; None: nowhere."""
    if history is not None:
        curve = _of_history(history, session)
        if curve is None:
            raise StewardError(
                f"{data}: knows no interest rate within {RATE_DAYS} days before {session}; leave "
                "--data out, and the rates are those that the quotes imply"
            )
        return curve, "the rates of --data"
    if EMBEDDED[0] <= session <= EMBEDDED[1]:
        try:
            curve = _of_history(arch_history(), session)
        except StewardError:  # the embedded history is an extra
            curve = None
        if curve is not None:
            return curve, "the rates of the embedded history"
    return None, ""


def _of_history(history: History, session: date) -> Curve | None:
    known = [day for day in history.sessions if day <= session]
    if not known or session - known[-1] > timedelta(days=RATE_DAYS):
        return None
    try:
        discount_factor(history, known[-1], 0.25)
    except StewardError:
        return None
    return partial(discount_factor, history, known[-1])


def write_page(found: Fitted, folder: Path) -> Path:
    """The page in a folder, which is made; raises StewardError where it cannot be written."""
    from steward.doors import writing
    from steward.doors.surface.page import render

    page = folder / f"surface-{found.session}.html"
    writing.write([(writing.page(page), [render(found)])])
    return page
