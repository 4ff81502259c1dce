"""The commands `steward model ...`: parse, call one function, print."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.data.cli import _clock, _day, _mapped, _root, _symbol

app = typer.Typer(
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Measure the modelled market against real quotes, and fit it anew.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]


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
    symbol: Annotated[
        str | None,
        typer.Option(metavar="SPX|VIX", help="Underlying of files that do not say it."),
    ] = None,
    root: Annotated[
        str | None,
        typer.Option(metavar="ROOT", help="Root of files that do not say it."),
    ] = None,
    session: Annotated[
        date | None,
        typer.Option(parser=_day, metavar="DATE", help="Trading day of files that do not say it."),
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
    as_json: Json = False,
) -> None:
    """Say how far modelled options lie from real quotes: volatility, price, width, VIX.

    Every quote is compared or counted with the reason why not. Nothing is written.
    """
    from steward.doors.bars import bar
    from steward.doors.model import checked
    from steward.intake.model_check.check import check_model
    from steward.market.vendors.source import Hints

    with bar("model check", quiet=as_json) as shown:
        found = check_model(
            quotes,
            state=state,
            hints=Hints(symbol=_symbol(symbol), root=_root(root), session=session, time=clock),
            extra=_mapped(maps or []),
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
