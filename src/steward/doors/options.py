"""What several commands ask for in the same words: rules, market, account, hints about files, JSON.

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


def dollars(text: str) -> int:
    """Whole cents of an amount in dollars; raises StewardError for what is none."""
    from steward.doors.notebook import cents_of

    return cents_of(text.replace(",", "").replace("_", ""), "a capital")


Rules = Annotated[
    str | None,
    typer.Option(
        help="A packaged rule file by name, or a path that ends in .toml; else article.",
        metavar="NAME",
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(help="A folder of daily series; else the embedded history, 2014 to 2018."),
]
Chains = Annotated[
    list[Path] | None,
    typer.Option(help="A file of real option quotes; may be given several times."),
]
Start = Annotated[
    date | None, typer.Option(parser=day, metavar="DATE", help="First day; else that of the data.")
]
End = Annotated[
    date | None, typer.Option(parser=day, metavar="DATE", help="Last day; else that of the data.")
]
Capital = Annotated[
    int | None,
    typer.Option(
        parser=dollars, metavar="DOLLARS", help="What the account begins with; else 250000."
    ),
]
Broker = Annotated[
    str | None,
    typer.Option(
        help="Whose fees are paid: ibkr, ibkr_fixed, tastytrade or none; else ibkr.",
        metavar="NAME",
    ),
]
Margin = Annotated[
    str | None,
    typer.Option(
        help="What the account asks for: cboe (if left out), ibkr, tastytrade, portfolio, cash; "
        "cboe:sum for both spreads of a condor with unequal wings.",
        metavar="NAME",
    ),
]
Flows = Annotated[
    Path | None, typer.Option(help="Deposits and withdrawals: a CSV file with date,amount.")
]
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
