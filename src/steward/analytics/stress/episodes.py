"""Named episodes: how SPX and VIX went, session by session, from the evening before.

The paths are in nobody's package: they are read from the daily series at hand, and an episode that
these do not reach says what would. SPX moves by the same percent as then. VIX moves by the same
points, from where it stands: in percent a spike from a calm day would be a monstrous one from a
nervous day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.market.history import History

Floats = NDArray[np.float64]

LEAST_VIX = 8.0
"""Points below which a path does not go."""

VXO_NOTE = (
    "VIX did not exist: VXO stands for it, its predecessor on options on the S&P 100, which stood "
    "higher in a panic than VIX would have"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """First and last session; the eve is the session before the first.

    needs  the daily series that reach it     note  what a page must say of it
    """

    name: str
    title: str
    first: date
    last: date
    needs: str = "needs daily SPX and VIX of those days"
    note: str = ""


EPISODES: tuple[Episode, ...] = (
    Episode(
        name="1987-10",
        title="The crash of October 1987",
        first=date(1987, 10, 14),
        last=date(1987, 10, 30),
        needs="needs index/spx_daily.csv and index/vxo_daily_1986_1989.csv",
        note=VXO_NOTE,
    ),
    Episode(
        name="1997-10",
        title="The Asian crisis reaches New York",
        first=date(1997, 10, 22),
        last=date(1997, 10, 31),
    ),
    Episode(
        name="1998-08",
        title="Russia, and a hedge fund",
        first=date(1998, 8, 25),
        last=date(1998, 9, 11),
    ),
    Episode(
        name="2001-09",
        title="After the attacks of 11 September",
        first=date(2001, 9, 17),
        last=date(2001, 9, 28),
    ),
    Episode(
        name="2008-09..11",
        title="Autumn 2008, to the low of November",
        first=date(2008, 9, 15),
        last=date(2008, 11, 20),
    ),
    Episode(
        name="2010-05",
        title="The flash crash and what followed",
        first=date(2010, 5, 4),
        last=date(2010, 5, 20),
    ),
    Episode(
        name="2011-08",
        title="The downgrade of the United States",
        first=date(2011, 7, 25),
        last=date(2011, 8, 19),
    ),
    Episode(
        name="2015-08",
        title="The devaluation of the yuan",
        first=date(2015, 8, 18),
        last=date(2015, 9, 1),
    ),
    Episode(
        name="2018-02",
        title="The end of short volatility",
        first=date(2018, 1, 29),
        last=date(2018, 2, 9),
    ),
    Episode(
        name="2018-12",
        title="The fall before Christmas 2018",
        first=date(2018, 12, 4),
        last=date(2018, 12, 24),
    ),
    Episode(
        name="2020-02..04",
        title="The pandemic, to the end of April",
        first=date(2020, 2, 20),
        last=date(2020, 4, 30),
    ),
    Episode(
        name="2022-01..06",
        title="The first half of 2022: a slow fall",
        first=date(2022, 1, 4),
        last=date(2022, 6, 16),
    ),
    Episode(
        name="2024-08",
        title="The unwinding of the yen carry",
        first=date(2024, 7, 31),
        last=date(2024, 8, 14),
    ),
    Episode(
        name="2025-04",
        title="The tariffs of April 2025",
        first=date(2025, 4, 3),
        last=date(2025, 4, 21),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodePath:
    """What happened, from the eve on; one value a session.

    spx  change since the eve, a fraction     vix  change since the eve, points
    """

    episode: Episode
    spx: Floats
    vix: Floats

    @property
    def sessions(self) -> int:
        return int(self.spx.size)


def path_of(history: History, episode: Episode) -> EpisodePath | None:
    """The episode's path from a history; None where it is not wholly in it."""
    sessions = history.sessions
    inside = [i for i, day in enumerate(sessions) if episode.first <= day <= episode.last]
    if not inside or inside[0] == 0 or sessions[-1] < episode.last:
        return None
    eve = inside[0] - 1
    if (episode.first - sessions[eve]).days > 7:
        return None
    rows = slice(inside[0], inside[-1] + 1)
    spx, vix = history.spx.close, history.vix.close
    return path_from(episode, spx[eve], vix[eve], spx[rows], vix[rows])


def path_from(
    episode: Episode, spx_eve: float, vix_eve: float, spx: Floats, vix: Floats
) -> EpisodePath:
    """From closes of the eve and of the sessions of the episode, index points."""
    return EpisodePath(episode=episode, spx=spx / spx_eve - 1.0, vix=vix - vix_eve)


def levels(path: EpisodePath, spx: float, vix: float) -> tuple[Floats, Floats]:
    """Closes of SPX and VIX, index points, when it begins at these."""
    return spx * (1.0 + path.spx), np.maximum(vix + path.vix, LEAST_VIX)
