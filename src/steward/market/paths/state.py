"""Simulated states: closes of SPX and the VIX family, a row a session and a column a path."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.terms import calendar
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

FIRST_SESSION = date(2014, 1, 2)
"""Where paths begin unless a day is given: weeklies and VIX futures are all listed by then."""

SPX_START = 2000.0
"""Index points of the first close: a round number, no level of any day."""

LEAST_VIX, MOST_VIX = 7.0, 170.0
"""VIX points; a path that would leave them stays at the limit."""

LEAST_YEARS, MOST_PATHS = 1, 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Joint states; every array has the shape (sessions, paths), points, all finite.

    sessions    of the real calendar              label  what made them, for pages and manifests
    first       number of the first path: path 17 of a seed is the same in every batch
    spx         closes                            spx_open  settles AM series
    vix         closes                            vix_open  settles VIX options and futures
    vix9d, vix3m, vix6m, vvix, skew               closes
    premium     ln of VIX futures over what the states say, at the tenors where it has come in
    """

    sessions: tuple[date, ...]
    label: str
    first: int
    spx: Floats
    spx_open: Floats
    vix: Floats
    vix_open: Floats
    vix9d: Floats
    vix3m: Floats
    vix6m: Floats
    vvix: Floats
    skew: Floats
    premium: Floats

    @property
    def count(self) -> int:
        """How many paths."""
        return int(self.spx.shape[1])

    def path(self, number: int) -> Paths:
        """One path alone, by its number. Raises StewardError for one that is not among ours."""
        at = number - self.first
        if not 0 <= at < self.count:
            last = self.first + self.count - 1
            raise StewardError(f"path {number} is not among those made ({self.first} to {last})")
        cut = {name: getattr(self, name)[:, at : at + 1] for name in ARRAYS}
        return Paths(sessions=self.sessions, label=self.label, first=number, **cut)


ARRAYS = tuple(f.name for f in fields(Paths) if f.name not in ("sessions", "label", "first"))


def joined(parts: list[Paths]) -> Paths:
    """Batches of one seed side by side, in their order."""
    arrays = {name: np.hstack([getattr(part, name) for part in parts]) for name in ARRAYS}
    head = parts[0]
    return Paths(sessions=head.sessions, label=head.label, first=head.first, **arrays)


def sessions_of(start: date, years: float) -> tuple[date, ...]:
    """Sessions of `years` years from `start` on, the first of them at or after that day.

    Raises StewardError where the calendar ends before, and for less than a year.
    """
    if not years >= LEAST_YEARS:
        raise StewardError(f"a path of {years:g} years is too short: from {LEAST_YEARS} year on")
    first = calendar.on_or_after(start)
    end = first + timedelta(days=round(365.25 * years)) if years < 1_000 else date.max
    if end > calendar.LAST_DAY:
        room = (calendar.LAST_DAY - first).days / 365.25
        raise StewardError(
            f"{years:g} years from {first} end after the calendar ({calendar.LAST_DAY}): take an "
            f"earlier --start, or {int(room)} years at most"
        )
    return calendar.sessions(first, end - timedelta(days=1))


def checked_count(paths: int) -> int:
    """The number itself. Raises StewardError outside of what is made at once."""
    if not 1 <= paths <= MOST_PATHS:
        raise StewardError(f"{paths} paths: from 1 to {MOST_PATHS:,} can be made")
    return paths
