"""A book held through an episode: no rule acts, no order is sent, what expires settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.analytics.stress.episodes import Episode, EpisodePath, levels
from steward.analytics.stress.repricing import Repricing
from steward.analytics.stress.states import going_on
from steward.market.history import History
from steward.terms.trades import Lot

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A book through an episode; all values modelled.

    spx, vix  by session: change of SPX since the eve, a fraction, and VIX, points
    change    by purpose: change of model value since the eve, whole cents, a session each
    outside   what of the states lies beyond the range that was fitted, in words
    """

    episode: Episode
    sessions: tuple[date, ...]
    spx: Floats
    vix: Floats
    change: Mapping[str, tuple[int, ...]]
    outside: tuple[str, ...] = ()

    @property
    def total(self) -> tuple[int, ...]:
        """All purposes together, cents."""
        return tuple(sum(each) for each in zip(*self.change.values(), strict=True))

    @property
    def worst(self) -> int:
        """The place of the session with the greatest loss in all."""
        return int(np.argmin(self.total))

    @property
    def lowest(self) -> int:
        """The place of SPX's lowest close."""
        return int(np.argmin(self.spx))


def hold(known: History, lots: Sequence[Lot], path: EpisodePath) -> Held:
    """Price the lots on every session of an episode that begins after the last of `known`.

    known  from `states.bare`
    """
    spx, vix = levels(path, float(known.spx.close[-1]), float(known.vix.close[-1]))
    history = going_on(known, spx.tolist(), vix.tolist())
    model = Repricing(history)
    start = len(known.sessions)
    before = model.worth(lots, history.sessions[start - 1])
    days = history.sessions[start:]
    worth = [model.worth(lots, day) for day in days]
    change = {
        name: tuple(round(each[name] - value) for each in worth) for name, value in before.items()
    }
    return Held(
        episode=path.episode,
        sessions=days,
        spx=path.spx,
        vix=vix,
        change=change,
        outside=tuple(dict.fromkeys(said for day in days for said in model.outside(day))),
    )
