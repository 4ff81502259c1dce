"""The command `steward index`: parse, call one function, print."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Json, day
from steward.terms.errors import StewardError


def index(
    name: Annotated[
        str, typer.Argument(metavar="INDEX", help="cndr, put, bxm, bfly, pput or vxth.")
    ],
    levels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Published levels, as Cboe's TICKER_History.csv or one row a month.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder of daily series; else the embedded history, 2014 to 2018."
        ),
    ] = None,
    chains: Annotated[
        list[Path] | None,
        typer.Option(help="A file of real option quotes, or a store; else quotes are modelled."),
    ] = None,
    dividends: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="date,amount of the S&P 500 in index points, by ex-day or by month (2018-02).",
        ),
    ] = None,
    crossed: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Share of the half spread that new options cost, 0 to 1; else 1 for put and bxm, "
            "0.25 for the others.",
        ),
    ] = None,
    start: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="First day; else that of the data."),
    ] = None,
    end: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="Last day; else that of the data."),
    ] = None,
    daily: Annotated[
        bool,
        typer.Option(
            "--daily", help="A level each session; else at ends of months and on roll days."
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the page there.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write the rebuilt levels there.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Let --csv write over a file that is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Rebuild a strategy index of Cboe by its published rules, and hold it against its levels.

    Index points and parts of units, no ledger. Without --levels: its years, and the figures that
    were published of it.
    """
    from steward.doors.index import text, work
    from steward.doors.terminal import progress
    from steward.doors.writing import check

    if force and csv is None:
        raise StewardError("--force goes with --csv only: leave it out")
    targets = work.targets(page=out, levels=csv, force=force)
    check(targets)
    with progress("index", quiet=as_json) as shown:
        found = work.rebuilt(
            name,
            levels=levels,
            data=data,
            chains=chains or (),
            dividends=dividends,
            crossed=crossed,
            start=start,
            end=end,
            daily=daily,
            progress=shown,
        )
    work.write(found, targets)
    text.show(found, page=out, table=csv, as_json=as_json)
