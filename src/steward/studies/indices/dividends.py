"""Dividends of the S&P 500 on each session, index points, as they were known then.

Monthly tables give dividends of twelve months, known months later. What goes ex on a session is
that sum, grown from the middle of its twelve months to the session at the growth that it showed
over the year before, and spread evenly over the calendar. Nothing published later is read, so a
history that is cut off gives the same dividends. Against the published S&P 500 total return of
1991 to 2024 this is 0.02 % a year too high in the mean and 0.7 % in the worst year (2009, when
dividends were cut).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History, Series
from steward.market.vendors.csv_file import TEXT, Column, read_source, table, wrong
from steward.pricing.rates import DIVIDENDS, RateTable
from steward.terms import calendar
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

MOST = 0.05
"""Of the index in one payment; above it a figure is in another unit."""

QUARTER = np.timedelta64(3, "M")

BEHIND = 5.5 / 12.0
"""Years from the middle of twelve months to the first day of the last of them."""


def spread_dividends(history: History) -> Floats:
    """Points that go ex on each session, since the session before; 0 on the first one.

    From `dividend_12m` of the history where it is known, else from the yield that modelled
    forwards carry. Raises StewardError for dividends that cannot be in index points.
    """
    days = _days(history)
    years = np.diff(days, prepend=days[:1]).astype(np.float64) / 365.0
    rates = RateTable(history)
    yields = np.array([rates.dividend_yield(row) for row in range(days.size)])
    assumed = history.spx.close * np.expm1(yields)
    known = _grown(history)
    return np.where(np.isfinite(known), known, assumed) * years


def words(history: History) -> str:
    """Where `spread_dividends` takes them from."""
    known = np.isfinite(_grown(history))
    assumed = "a yield assumed by spans of years"
    if not known.any():
        return assumed
    told = "sums of twelve months as they were known, grown to the day and spread over it"
    return told if known.all() else f"{told}; where none are known {assumed}"


def from_file(
    path: Path, history: History, *, start: date | None = None, end: date | None = None
) -> Floats:
    """Points on each session from a user's file: `date,amount`, the day on which it went ex.

    A month (2018-02) is spread evenly over its sessions, a day counts on itself or on the next
    session. Raises StewardError, with file, line, column and value, for what is no such file, and
    where it begins or ends more than a quarter inside of `start` to `end` (else the history).
    """
    source = read_source(path.parent, path.name)
    if source is None:
        raise StewardError(f"{path}: no such file; it needs the columns date,amount")
    frame = table(source, {"date": TEXT, "amount": Column(kind="number", required=True)})
    found = np.zeros(len(history.sessions))
    days = _days(history)
    months = days.astype("datetime64[M]")
    given: list[np.datetime64] = []
    for text, amount, line in frame.select("date", "amount", "line").iter_rows():
        try:
            month = np.datetime64(text, "M")
            day = np.datetime64(date.fromisoformat(text)) if len(text) > len("2018-02") else None
        except ValueError:
            raise wrong(source, line, "date", text, "is no day (2018-02-05) nor month") from None
        if not 0.0 <= amount <= MOST * float(history.spx.close.max()):
            raise wrong(source, line, "amount", amount, "is no dividend of the index in points")
        given.append(month)
        if day is None:
            inside = months == month
            of_month = max(int(inside.sum()), _sessions_of(month))
            found[inside] += amount / of_month
        elif days[0] <= day <= days[-1]:
            found[int(np.searchsorted(days, day))] += amount
    first = max(start or history.sessions[0], history.sessions[0])
    last = min(end or history.sessions[-1], history.sessions[-1])
    edges = [np.datetime64(day, "M") for day in (first, last)]
    # The dividends of a quarter may be one row.
    if not given or min(given) > edges[0] + QUARTER or max(given) < edges[1] - QUARTER:
        span = f"{min(given)} to {max(given)}" if given else "no row"
        raise StewardError(
            f"{path}: has {span}, the index runs from {first} to {last}: bring dividends of all "
            "of it, or take a part with --start and --end"
        )
    return found


def _grown(history: History) -> Floats:
    """Dividends a year at each session, points; NaN where the history does not know them."""
    series = history.series.get(DIVIDENDS)
    if series is None:
        return np.full(len(history.sessions), np.nan)
    finite = np.isfinite(series.value)
    period, value = series.period[finite].astype("datetime64[D]"), series.value[finite]
    at = np.searchsorted(series.known_at[finite], history.moments, side="right") - 1
    known = at >= 0
    row = np.maximum(at, 0)
    growth = _growth(period, value)[row]
    passed = (_days(history) - period[row]).astype(np.float64) / 365.0 + BEHIND
    fresh = (history.moments - series.known_at[finite][row]) <= _age(series)
    return np.where(known & fresh, value[row] * growth**passed, np.nan)


def _growth(period: NDArray[np.datetime64], value: Floats) -> Floats:
    """Over the year before each period; 1 where the year before is not there."""
    before = np.searchsorted(period, period - np.timedelta64(365, "D"), side="right") - 1
    gap = (period - period[np.maximum(before, 0)]).astype(np.float64) / 365.0
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (value / value[np.maximum(before, 0)]) ** (1.0 / gap)
    return np.where((before >= 0) & (np.abs(gap - 1.0) < 0.2), found, 1.0)


def _age(series: Series) -> np.timedelta64:
    return np.timedelta64(series.max_age_days, "D")


def _sessions_of(month: np.datetime64) -> int:
    first = month.astype("datetime64[D]").item()
    last = (month + 1).astype("datetime64[D]").item()
    return sum(1 for day in calendar.sessions(first, last) if day < last)


def _days(history: History) -> NDArray[np.datetime64]:
    return np.array(history.sessions, dtype="datetime64[D]")
