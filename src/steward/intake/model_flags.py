"""On how many sessions of a run each flag of the modelled prices held, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from steward.market.quotes import PRICED, Flag, Priced, QuoteSource

FEW = 5
"""Sessions that are named one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagCount:
    """One flag, as `market.quotes.Flag` says it, over the sessions of a run.

    sessions     on which it held, above 0      first, last  the first and the last of them
    days         all of them where they are few, else empty
    """

    of: Priced
    beyond: bool
    text: str
    sessions: int
    first: date
    last: date
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFlags:
    """What is to be said of the modelled prices of a run.

    sessions  asked      beyond  of them with a state beyond what was fitted
    flags     by what is priced; states beyond the fit first, the commonest first
    """

    sessions: int
    beyond: int
    flags: tuple[FlagCount, ...]


def model_flags(quotes: QuoteSource, sessions: Sequence[date]) -> ModelFlags:
    """The flags of a source, counted. After a run they cost little: its days are priced already."""
    held: dict[Flag, list[date]] = {}
    beyond = 0
    for session in sessions:
        said = quotes.flags(session)
        beyond += any(flag.beyond for flag in said)
        for flag in said:
            held.setdefault(flag, []).append(session)
    order = sorted(
        held, key=lambda one: (not one.beyond, PRICED.index(one.of), -len(held[one]), one.text)
    )
    return ModelFlags(
        sessions=len(sessions),
        beyond=beyond,
        flags=tuple(_count(flag, held[flag]) for flag in order),
    )


def _count(flag: Flag, days: Sequence[date]) -> FlagCount:
    return FlagCount(
        of=flag.of,
        beyond=flag.beyond,
        text=flag.text,
        sessions=len(days),
        first=days[0],
        last=days[-1],
        days=tuple(days) if len(days) <= FEW else (),
    )
