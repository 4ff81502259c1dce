"""The commands `steward data ...`: parse, call one function, print."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import (
    Json,
    Maps,
    Root,
    Symbol,
    TradingDay,
    day,
    hints,
    mapped,
    time_of_day,
)

BAD_INPUT, SOME_REFUSED = 2, 5
"""Exit codes, as `steward.doors.cli` says them."""

app = typer.Typer(
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Bring market data into a store, and see what is good in it.",
)


def _show_sources(wanted: bool) -> None:
    if wanted:
        from steward.doors.fetch.catalogue import packaged

        typer.echo(packaged(), nl=False)
        raise typer.Exit


To = Annotated[Path, typer.Argument(metavar="STORE", help="The store; made if it is not there.")]
Sources = Annotated[
    Path | None,
    typer.Option(metavar="FILE.toml", help="Other addresses than those that come with Steward."),
]
AcceptTerms = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Accept a source's terms, once and for all: cboe, fred."),
]
Only = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Ask this publisher only: cboe, fred."),
]
Again = Annotated[bool, typer.Option(help="Ask also for what was asked for today.")]


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Files, folders, .gz, .zip or .7z archives."),
    ],
    to: Annotated[Path, typer.Option(metavar="STORE", help="The store; made if it is not there.")],
    symbol: Symbol = None,
    root: Root = None,
    session: TradingDay = None,
    clock: Annotated[
        time | None,
        typer.Option(
            "--time",
            parser=time_of_day,
            metavar="HH:MM",
            help="Clock in New York of files that do not say it; no run trades on it.",
        ),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="Try this layout only.")
    ] = None,
    maps: Maps = None,
    again: Annotated[
        bool, typer.Option("--again", help="Read also what is in the store, and replace it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import files into a store: recognised by their header, each wholly or not at all.

    Safe to interrupt and to repeat: nothing is doubled, nothing is half there. Exit code 5: some
    files were imported and others refused; 2: none could be imported.
    """
    from steward.doors.data import terminal
    from steward.intake.importing import import_paths

    with terminal.progress(quiet=as_json) as shown:
        report = import_paths(
            paths,
            to,
            hints=hints(symbol=symbol, root=root, session=session, clock=clock),
            layout=layout,
            extra=mapped(maps),
            again=again,
            progress=shown,
        )
    terminal.show_import(report, to, as_json=as_json)
    if report.refused:
        raise typer.Exit(SOME_REFUSED if report.new or report.known else BAD_INPUT)


@app.command()
def remove(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="A store.")],
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Files, by name or by source."),
    ],
    as_json: Json = False,
) -> None:
    """Take files out of a store; the files themselves are not touched."""
    from steward.doors.data import terminal
    from steward.intake.superseding import withdraw_named

    terminal.show_removed(withdraw_named(store, names), store, as_json=as_json)


@app.command()
def layouts(as_json: Json = False) -> None:
    """List the layouts that files are recognised as."""
    from steward.doors.data import terminal
    from steward.market.vendors.registry import layouts as known

    terminal.show_layouts(known(), as_json=as_json)


@app.command()
def check(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="A store.")],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The page; else check.html in the store."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="A folder or store with the published VIX and rates; else STORE itself."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is good in a store: coverage, spreads, stale quotes, parity, VIX of its chains."""
    from steward.doors.data_report import commands

    commands.check(store, as_json=as_json, out=out, data=data)


@app.command()
def fetch(
    to: To,
    start: Annotated[
        date | None,
        typer.Option("--from", parser=day, metavar="DATE", help="First day of VX futures."),
    ] = None,
    end: Annotated[
        date | None, typer.Option("--to", parser=day, metavar="DATE", help="Last day of them.")
    ] = None,
    sources: Sources = None,
    accept_terms: AcceptTerms = None,
    only: Only = None,
    again: Again = False,
    show_sources: Annotated[
        bool,
        typer.Option(
            "--show-sources",
            callback=_show_sources,
            is_eager=True,
            help="Print the addresses that come with Steward, in the form of --sources.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the free public history into a store: indices, VX futures, rates and macro series.

    Publishers whose terms you do not accept are skipped.
    Whole histories of indices and rates; VX futures of the days between --from and --to.
    """
    from steward.doors.fetch import commands

    code = commands.fetch(
        to,
        first=start,
        last=end,
        sources=sources,
        accept_terms=accept_terms or (),
        only=only or (),
        again=again,
        as_json=as_json,
    )
    raise typer.Exit(code)


@app.command()
def snapshot(
    to: To,
    sources: Sources = None,
    accept_terms: AcceptTerms = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Append today's chains of SPX and VIX to a store; safe to run twice, also from cron."""
    from steward.doors.fetch import commands

    code = commands.snapshot(
        to, sources=sources, accept_terms=accept_terms or (), again=again, as_json=as_json
    )
    raise typer.Exit(code)
