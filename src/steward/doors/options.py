"""What several commands ask for in the same words: days, hints about files of quotes, JSON.

An option whose help says something of its one command stays there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steward.terms.errors import StewardError

if TYPE_CHECKING:
    from steward.market.vendors.layout import Layout
    from steward.market.vendors.source import Hints


def day(text: str) -> date:
    """Raises StewardError for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise StewardError(f"{text!r} is not a day: write it as 2018-02-05") from None


def time_of_day(text: str) -> time:
    """Raises StewardError for what is none."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise StewardError(f"{text!r} is not a time of day: write it as 15:45") from None


Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
Symbol = Annotated[
    str | None, typer.Option(metavar="SPX|VIX", help="Underlying of files that do not say it.")
]
Root = Annotated[
    str | None,
    typer.Option(metavar="ROOT", help="Root of files that do not say it: SPX, SPXW, VIX, VIXW."),
]
TradingDay = Annotated[
    date | None,
    typer.Option(parser=day, metavar="DATE", help="Trading day of files that do not say it."),
]
Clock = Annotated[
    time | None,
    typer.Option(
        "--time",
        parser=time_of_day,
        metavar="HH:MM",
        help="Clock in New York of files that do not say it.",
    ),
]
Maps = Annotated[
    list[Path] | None,
    typer.Option("--map", metavar="FILE.toml", help="Columns of a private CSV layout."),
]


def hints(
    *, symbol: str | None, root: str | None, session: date | None, clock: time | None
) -> Hints:
    """What a file does not say; raises StewardError for a symbol or a root that is none of ours."""
    from steward.market.vendors.source import Hints

    return Hints(
        symbol=_one_of(symbol, ("SPX", "VIX"), "--symbol"),
        root=_one_of(root, ("SPX", "SPXW", "VIX", "VIXW"), "--root"),
        session=session,
        time=clock,
    )


def mapped(paths: Sequence[Path] | None) -> tuple[Layout, ...]:
    """The layouts of --map; raises StewardError for a file that describes none."""
    if not paths:
        return ()
    from steward.market.vendors.user_map import read_maps

    return read_maps(paths)


def _one_of(text: str | None, known: tuple[str, ...], option: str) -> str | None:
    if text is None:
        return None
    name = text.strip("^$").upper()
    if name not in known:
        raise StewardError(f"{option} {text}: is none of {', '.join(known)}")
    return name
