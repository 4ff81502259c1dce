"""The command `steward`: parse, call one function, print.

Exit codes: 0 done, 1 a scenario of `torture` failed, 2 something the user can put right, 3 a law of
the book broke, 4 a plan that the user's own tolerances refuse, 5 some files were imported and
others refused, 130 interrupted. What went wrong is one line on standard error, under `--json` too.
Heavy imports wait until a command runs, so that the help is quick.
"""

from __future__ import annotations

import gc
import io
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from typer.core import TyperGroup

from steward import __version__
from steward.doors.attribution.command import attribution
from steward.doors.data.cli import app as data_app
from steward.doors.index.command import index
from steward.doors.ledger.command import ledger
from steward.doors.model.cli import app as model_app
from steward.doors.options import (
    Broker,
    Capital,
    Chains,
    Data,
    End,
    Flows,
    Json,
    Margin,
    Rules,
    Start,
    day,
)
from steward.doors.simulate.cli import simulate
from steward.doors.slippage.command import slippage
from steward.doors.surface.command import surface
from steward.doors.torture.command import torture
from steward.doors.vix.command import vix
from steward.terms.errors import LawBroken, StewardError

BAD_INPUT, BROKEN_LAW, REFUSED, INTERRUPTED = 2, 3, 4, 130

NOT_UNDERSTOOD = cast("type[Exception]", typer.BadParameter.__mro__[2])
"""What the parser raises of words, whichever click typer brings."""


class Interrupted(Exception):  # noqa: N818 - it is no error
    """The user stopped the command; what is to be said of it. Not caught by the parser."""


class Commands(TyperGroup):
    """Commands that the user can stop."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted(str(stop)) from None


app = typer.Typer(
    cls=Commands,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=False,
    help="Backtest and plan SPX iron condors with an adaptive VIX hedge, to the cent. "
    "For learning; no advice.",
)

app.add_typer(data_app, name="data")
app.add_typer(model_app, name="model")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"steward {__version__}")
        raise typer.Exit


@app.callback()
def steward(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The options of every command are shown by `steward COMMAND --help`."""


@app.command()
def backtest(
    rules: Rules = None,
    start: Start = None,
    end: End = None,
    capital: Capital = None,
    flows: Flows = None,
    broker: Broker = None,
    margin: Margin = None,
    data: Data = None,
    chains: Chains = None,
    out: Annotated[Path, typer.Option(help="Folder for run folders.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """Compare bills, condors, and condors with a constant and an adaptive hedge.

    Writes a run folder (manifest, journal, equity, decisions, report) and prints a table.
    """
    from steward.doors import notebook, terminal

    with terminal.progress("backtest", quiet=as_json) as shown:
        result = notebook.backtest(
            rules=rules,
            start=start,
            end=end,
            capital_cents=capital,
            flows=flows,
            broker=broker,
            margin=margin,
            data=data,
            chains=chains or (),
            progress=shown,
        )
    folder = result.save(out)
    terminal.show_backtest(result, folder, as_json=as_json)


@app.command()
def plan(
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="Plan for that close; else today."),
    ] = None,
    rules: Rules = None,
    data: Data = None,
    chains: Chains = None,
    run: Annotated[
        Path | None, typer.Option(help="Go on from this run: its rules, capital, book and memory.")
    ] = None,
    flat: Annotated[bool, typer.Option(help="Begin that day with cash alone.")] = False,
    capital: Capital = None,
    broker: Broker = None,
    margin: Margin = None,
    stale_ok: Annotated[bool, typer.Option(help="Accept data older than one session.")] = False,
    as_json: Json = False,
) -> None:
    """Say what to open, roll, close or leave at that close, and why. Sends no order.

    Book and memory are those of the adaptive ledger after the session before: of --run, else of a
    run made on the spot from the start of the data; --flat begins with cash.
    """
    from steward.doors import notebook, plan_text, terminal

    with terminal.progress("plan", quiet=as_json) as shown:
        found = notebook.plan(
            as_of,
            rules=rules,
            data=data,
            chains=chains or (),
            run=run,
            flat=flat,
            capital_cents=capital,
            broker=broker,
            margin=margin,
            stale_ok=stale_ok,
            progress=shown,
        )
    plan_text.show_plan(found, as_json=as_json)
    if found.refused:
        raise typer.Exit(REFUSED)


@app.command()
def replay(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    data: Data = None,
    chains: Chains = None,
    as_json: Json = False,
) -> None:
    """Make a run again and compare every byte, or say what differs: data, version, rules."""
    from steward.doors import notebook, terminal

    with terminal.progress("replay", quiet=as_json) as shown:
        found = notebook.replay(run, data=data, chains=chains or (), progress=shown)
    terminal.show_replay(found, as_json=as_json)
    if found.inputs:
        raise typer.Exit(BAD_INPUT)
    if found.files:
        raise typer.Exit(BROKEN_LAW)


app.command()(index)
app.command()(ledger)
app.command()(attribution)
app.command()(simulate)
app.command()(slippage)
app.command()(surface)
app.command()(torture)
app.command()(vix)


@app.command()
def stress(
    run: Annotated[
        Path | None,
        typer.Option(help="The book of this run; else a standard book of condors and hedge."),
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="After that close; else the last one."),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A ledger of the run; else that of its rules."),
    ] = None,
    data: Data = None,
    episode: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="This episode only; may be given several times."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="The page; else one in runs/stress."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Put a book through named episodes and a grid of SPX and VIX futures. All modelled.

    1987, 1997, 1998, 2001, 2008, 2010, 2011, 2015, 2018, 2020, 2022, 2024, 2025: those that the
    daily series reach. Writes a page with heat maps.
    """
    from steward.doors.stress import commands

    commands.stress(
        run=run,
        as_of=as_of,
        ledger=ledger,
        data=data,
        episodes=episode or (),
        out=out,
        as_json=as_json,
    )


def _stop(error: Exception | str, code: int) -> NoReturn:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    command = " ".join(words[: 2 if words[:1] in (["data"], ["model"]) else 1])
    typer.echo(f"steward {command}: {error}".replace(" :", ":"), err=True)
    sys.exit(code)


def _parsed() -> int:
    """Run the command that was asked for; its exit code. A wrong option is one line too."""
    try:
        return app(standalone_mode=False) or 0
    except NOT_UNDERSTOOD as error:
        said = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
        if said:
            _stop(f"{said}; --help says what there is", BAD_INPUT)
        return BAD_INPUT  # nothing was asked for, and the help was printed


def main() -> None:
    """The console script."""
    # A run makes many small records and hardly a circle: the collector would look for them in vain.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console without the sign must not end a run
            stream.reconfigure(errors="replace")
    try:
        code = _parsed()
    except StewardError as error:
        _stop(error, BAD_INPUT)
    except LawBroken as error:
        _stop(error, BROKEN_LAW)
    except (Interrupted, KeyboardInterrupt, typer.Abort) as stop:
        said = f"interrupted; {stop}" if str(stop) else "interrupted"
        _stop(said, INTERRUPTED)
    sys.exit(code)


if __name__ == "__main__":
    main()
