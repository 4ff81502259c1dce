"""The command `steward attribution`: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Json
from steward.terms.errors import StewardError

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]


def attribution(
    run: Run,
    ledger: Annotated[
        str | None, typer.Option(metavar="NAME", help="Else the ledger of the run's rules.")
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="WHAT", help="purpose, instrument, year, month or rule.")
    ] = "purpose",
    as_json: Json = False,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The same table in dollars, as a CSV file.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
) -> None:
    """Say where the money of a ledger went, cent by cent.

    Delta, gamma, vega, surface, theta, roll, settlement gap, slippage, fees, interest, and the
    residual that they leave: all of them add up to the gain.
    """
    from steward.doors import notebook, writing
    from steward.doors.attribution import text

    if force and csv is None:
        raise StewardError("--force goes with --csv only: leave it out")
    target = None if csv is None else writing.Target("--csv", csv, force)
    text.show(notebook.read_run(run), by=by, ledger=ledger, as_json=as_json, csv=target)
