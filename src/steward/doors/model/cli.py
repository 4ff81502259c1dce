"""The commands `steward model ...`: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Clock, Json, Maps, Root, Symbol, TradingDay, hints, mapped

app = typer.Typer(
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Measure the modelled market against real quotes, and fit it anew.",
)


@app.command()
def check(
    quotes: Annotated[
        list[Path],
        typer.Option(
            metavar="PATH",
            help="Option quotes: a file of any layout that `data import` knows, a folder, an "
            "archive, or a store; may be given several times.",
        ),
    ],
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Daily series of the same days: a data folder or a store. Else the embedded "
            "history, and beyond it the VIX family of the chain itself.",
        ),
    ] = None,
    symbol: Symbol = None,
    root: Root = None,
    session: TradingDay = None,
    clock: Clock = None,
    maps: Maps = None,
    as_json: Json = False,
) -> None:
    """Say how far modelled options lie from real quotes: volatility, price, width, VIX.

    Every quote is compared or counted with the reason why not. Nothing is written.
    """
    from steward.doors.bars import bar
    from steward.doors.model import checked
    from steward.intake.model_check.check import check_model

    with bar("model check", quiet=as_json) as shown:
        found = check_model(
            quotes,
            state=state,
            hints=hints(symbol=symbol, root=root, session=session, clock=clock),
            extra=mapped(maps),
            progress=shown,
        )
    checked.show(found, as_json=as_json)


@app.command()
def fit(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The folder of real data that is fitted on."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the files of coefficients go; made if need be."),
    ] = None,
    into_package: Annotated[
        bool,
        typer.Option("--into-package", help="Into this source tree itself, instead of --out."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This section only; may be given several times."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit the coefficients of the modelled market to real data, and print their errors.

    Writes a file a section and model.toml, which names the data and the libraries behind each one.
    The same data give the same bytes.
    """
    from steward.doors.bars import bar
    from steward.doors.model import fitted
    from steward.intake.fit import fitting
    from steward.terms.errors import StewardError

    if data is None:
        raise StewardError(
            "name the folder of real data with --data DIR (docs/model-card.md says what is in it)"
        )
    if (out is None) is not into_package:
        raise StewardError(
            "say where the coefficients go: --out DIR, or --into-package for this source tree"
        )
    place = fitting.place(out)
    with bar("model fit", quiet=as_json) as shown:
        found = fitting.fit_all(data, only=only or (), progress=shown)
    paths = fitting.write(found, place)
    fitted.show(found, paths, as_json=as_json)
