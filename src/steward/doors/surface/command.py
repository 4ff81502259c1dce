"""The command `steward surface`: parse, call one function, print."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Clock, Json, Maps, Root, Symbol, day, hints, mapped


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
        typer.Option(parser=day, metavar="DATE", help="The session to fit; else the last one."),
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
    symbol: Symbol = None,
    root: Root = None,
    clock: Clock = None,
    maps: Maps = None,
    as_json: Json = False,
) -> None:
    """Fit the volatility surface of a chain: forwards, interest, smiles without arbitrage.

    Each expiry says how well it fits the bids and asks, and whether it may be used.
    """
    from steward.doors.bars import bar
    from steward.doors.surface import shown, work

    with bar("surface", quiet=as_json) as progress:
        found = work.fitted(
            path,
            session=session,
            data=data,
            hints=hints(symbol=symbol, root=root, session=session, clock=clock),
            extra=mapped(maps),
            progress=progress,
        )
    page = None if out is None else work.write_page(found, out)
    shown.show(found, page=page, as_json=as_json)
