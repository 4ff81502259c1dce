"""The command `steward torture`: parse, call one function, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from steward.doors.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from steward.runs.torture.compare import Verdict
    from steward.runs.torture.engine import Engine

FAILED = 1
"""Exit code where a scenario fails; one that is not supported is no failure."""


def torture(
    engine: Annotated[
        str, typer.Option(metavar="NAME", help="Which engine runs the scenarios.")
    ] = "steward",
    scenarios: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A folder of scenarios; else those that come along."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="This scenario, by name or number; may be given several times."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold an engine against scenarios worked by hand: every event, to the cent.

    Exit code 0: none fails. 1: at least one does; its first difference and its arithmetic follow.
    """
    from steward.runs.torture import kit, reader

    on = kit.engine(engine)
    folder = kit.scenarios_folder() if scenarios is None else scenarios
    found = tuple(kit.verdicts(reader.read_all(folder, only or ()), on))
    if as_json:
        from steward.doors.terminal import print_json

        print_json(document(on, found))
    else:
        show(on, found)
    if any(one.differences for one in found):
        raise typer.Exit(FAILED)


def show(on: Engine, found: Sequence[Verdict]) -> None:
    """A table, the counts, and what is to be said of each that did not pass."""
    from steward.doors.terminal import Out
    from steward.runs.torture.compare import FAIL, counts

    out = Out()
    out.table(
        ("scenario", "group", "result"),
        [(one.scenario.name, one.scenario.group, _result(one)) for one in found],
        words=("group", "result"),
    )
    told = ", ".join(f"{number} {state}" for state, number in counts(found).items())
    out.line(f"\n{len(found)} scenarios on {on.name} {on.version}: {told}.", "bold")
    for one in found:
        if one.not_compared:
            out.line(
                f"{one.scenario.name}: {one.not_compared} expected events are of kinds that "
                f"{on.name} does not report."
            )
    for one in found:
        if one.state == FAIL:
            _failure(out, one)


def _result(one: Verdict) -> str:
    return f"{one.state}: {one.why}" if one.why else one.state


def _failure(out: Any, one: Verdict) -> None:
    out.line(f"\n{one.scenario.name}: {one.scenario.title}", "bold")
    first, *others = one.differences
    out.line(f"{first.event}: expected {first.expected}, got {first.got}.", "red", indent=2)
    if others:
        out.line(f"{len(others)} more; --json has them all.", indent=2)
    out.line("The arithmetic by hand:", indent=2)
    for paragraph in one.scenario.reasoning.split("\n\n"):
        out.line(" ".join(paragraph.split()), indent=4)


def document(on: Engine, found: Sequence[Verdict]) -> dict[str, Any]:
    """Everything; keys as docs/torture.md lists them."""
    from steward.runs.torture.compare import counts

    return {
        "format": 1,
        "engine": on.name,
        "version": on.version,
        "counts": dict(counts(found)),
        "scenarios": [_document_of(one) for one in found],
    }


def _document_of(one: Verdict) -> dict[str, Any]:
    return {
        "name": one.scenario.name,
        "title": one.scenario.title,
        "group": one.scenario.group,
        "needs": list(one.scenario.needs),
        "state": one.state,
        "why": one.why,
        "expected_events": len(one.scenario.expected),
        "not_compared": one.not_compared,
        "differences": [
            {"event": x.event, "expected": x.expected, "got": x.got} for x in one.differences
        ],
    }
