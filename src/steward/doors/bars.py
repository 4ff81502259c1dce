"""A bar on standard error for work whose steps have names; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, int, int], None]
"""Name of the step, done, in all."""

LONGEST_NAME = 40


@contextmanager
def said_when_stopped(words: str) -> Iterator[None]:
    """A KeyboardInterrupt that says these words, where it does not say more already."""
    try:
        yield
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(str(stop) or words) from None


@contextmanager
def bar(
    name: str, *, quiet: bool, unit: str = "", in_bytes: bool = False, stopped: str = ""
) -> Iterator[Report | None]:
    """Yields what is to be told of each step.

    unit      of what is counted    in_bytes  it is bytes
    stopped   what is said where the user stops it
    """
    with said_when_stopped(stopped):
        if quiet or not sys.stderr.isatty():
            yield None
            return
        with _shown(name, unit=unit, in_bytes=in_bytes) as report:
            yield report


@contextmanager
def _shown(name: str, *, unit: str, in_bytes: bool) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    counting = DownloadColumn() if in_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), counting, TextColumn(unit))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        task = bars.add_task(name, total=None)

        def report(step: str, done: int, total: int) -> None:
            bars.update(task, description=step[-LONGEST_NAME:], completed=done, total=total)

        yield report
