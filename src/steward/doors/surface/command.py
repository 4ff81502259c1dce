"""The command `steward surface`: parse, call one function, print."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.data.cli import _clock, _day, _mapped, _root, _symbol


def surface(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="Option quotes: a file of any layout that `data import` knows, a folder, an "
            "archive, or a store.",
        ),
    ],
    session: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DATE", help="The session to fit; else the last one."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="A data folder or a store with interest rates of that day. Else the embedded "
            "history, and beyond it the rates that the quotes imply.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the page into this folder.")
    ] = None,
    symbol: Annotated[
        str | None,
        typer.Option(metavar="SPX|VIX", help="Underlying of files that do not say it."),
    ] = None,
    root: Annotated[
        str | None, typer.Option(metavar="ROOT", help="Root of files that do not say it.")
    ] = None,
    clock: Annotated[
        time | None,
        typer.Option(
            "--time",
            parser=_clock,
            metavar="HH:MM",
            help="Clock in New York of files that do not say it.",
        ),
    ] = None,
    maps: Annotated[
        list[Path] | None,
        typer.Option("--map", metavar="FILE.toml", help="Columns of a private CSV layout."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document instead of text.")
    ] = False,
) -> None:
    """Fit the volatility surface of a chain: forwards, interest, smiles without arbitrage.

    Each expiry says how well it fits the bids and asks, and whether it may be used.
    """
    from steward.doors.bars import bar
    from steward.doors.surface import shown, work
    from steward.market.vendors.source import Hints

    with bar("surface", quiet=as_json) as progress:
        found = work.fitted(
            path,
            session=session,
            data=data,
            hints=Hints(symbol=_symbol(symbol), root=_root(root), session=session, time=clock),
            extra=_mapped(maps or []),
            progress=progress,
        )
    page = None if out is None else work.write_page(found, out)
    shown.show(found, page=page, as_json=as_json)
