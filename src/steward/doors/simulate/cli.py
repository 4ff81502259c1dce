"""The command `steward simulate`: parse, call one function, print."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Json, day


def simulate(
    generator: Annotated[
        str, typer.Option(metavar="model|bootstrap", help="The model, or blocks of history.")
    ] = "model",
    regime: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A hypothetical course in place of a generator."),
    ] = None,
    paths: Annotated[int, typer.Option(metavar="N", help="How many paths.")] = 1,
    years: Annotated[float, typer.Option(help="Years of a path.")] = 10.0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same paths.")] = 1,
    start: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="First day; else 2014-01-02."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="History to draw blocks from (bootstrap); else the embedded one."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write one path as a data folder for --data, several as one table; and a page.",
        ),
    ] = None,
    facts: Annotated[bool, typer.Option("--facts", help="Facts, beside history's.")] = False,
    prices: Annotated[
        bool,
        typer.Option("--prices", help="Price what the article's rules ask for, and say what came."),
    ] = False,
    engine: Annotated[
        str, typer.Option(metavar="numpy|numba|auto", help="Kernels of --prices.")
    ] = "numpy",
    as_json: Json = False,
) -> None:
    """Draw markets that never were: SPX, the VIX family and VIX futures, by seed.

    Regimes, after a calm year: grind_up, slow_bear, crash_and_recovery, whipsaw,
    volatility_spike_without_a_fall, crash_1987.
    """
    from steward.doors.bars import bar
    from steward.doors.simulate import making, showing

    wish = making.Wish(
        generator=generator,
        regime=regime,
        paths=paths,
        years=years,
        seed=seed,
        start=start,
        data=data,
        facts=facts,
        prices=prices,
        engine=making.engine_of(engine),
    )
    with bar("simulate", quiet=as_json, stopped="nothing was written") as shown:
        made = making.make(wish, shown)
        files = making.write(made, out, shown) if out is not None else ()
    showing.show(made, out, files, as_json=as_json)
