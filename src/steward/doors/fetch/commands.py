"""`steward data fetch` and `steward data snapshot`: the clock, the environment, one call, a table.

Both take parsed arguments and give the exit code: 0 all there, 2 something is lacking.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from steward.doors.bars import bar
from steward.doors.fetch.catalogue import Catalogue, Group, catalogue
from steward.doors.fetch.client import Client
from steward.doors.fetch.terms import check_terms, config_folder
from steward.terms import calendar
from steward.terms.errors import StewardError

BAD = 2
FIRST = date(1990, 1, 1)
STOPPED = "what came is kept, repeat the command to go on"


def fetch(
    store: Path,
    *,
    first: date | None = None,
    last: date | None = None,
    sources: Path | None = None,
    accept_terms: Sequence[str] = (),
    only: Sequence[str] = (),
    again: bool = False,
    as_json: bool = False,
    now: datetime | None = None,
) -> int:
    """Bring the free public history into a store, as far as its publishers' terms are accepted.

    first, last  days whose VX futures are wanted; every other history comes whole
    sources      a TOML file that changes addresses    again  ask also for what is new already
    only         names of the publishers to be asked; left out: all
    Raises StewardError where nothing can be fetched: offline, no terms accepted, a wrong file.
    """
    from steward.doors.fetch import fetching, showing
    from steward.doors.fetch.calendars import calendar_sentences
    from steward.doors.fetch.planning import groups_of, plan, without_vintages

    now = now or datetime.now(UTC)
    today = now.astimezone(calendar.NEW_YORK).date()
    known = catalogue(sources)
    keys = _keys(known)
    held = fetching.held_names(store)
    every = tuple(
        plan(known, first=first or FIRST, last=min(last or today, today), keys=keys, held=held)
    )
    groups = _chosen(groups_of(every), only)
    agreed = _agree(groups, known, accept_terms, today, quiet=as_json)
    planned = tuple(one for one in every if one.source.group in agreed)
    with (
        _client() as client,
        bar("data fetch", quiet=as_json, unit="files", stopped=STOPPED) as shown,
    ):
        report = fetching.fetch(
            planned, store, client=client, now=now, keys=keys, again=again, progress=shown
        )
    showing.show_fetch(
        report,
        store,
        as_json=as_json,
        calendars=calendar_sentences(known, today),
        kept_vintages=without_vintages(known, keys, held),
        skipped=[one.name for one in groups if one not in agreed],
    )
    return BAD if report.of("failed") else 0


def snapshot(
    store: Path,
    *,
    sources: Path | None = None,
    accept_terms: Sequence[str] = (),
    again: bool = False,
    as_json: bool = False,
    now: datetime | None = None,
) -> int:
    """Append today's chains of SPX and VIX to a store; a second call on a session asks nobody.

    Raises StewardError where the page shows no session of today, offline, and without acceptance.
    """
    from steward.doors.fetch import showing
    from steward.doors.fetch.snapshot import take, to_take

    now = now or datetime.now(UTC)
    known = catalogue(sources)
    to_take(now)
    chains = known.of_kind("delayed_chain")
    if not chains:
        raise StewardError("there is no source of kind delayed_chain: --sources switched it off")
    today = now.astimezone(calendar.NEW_YORK).date()
    agreed = _agree([one.group for one in chains], known, accept_terms, today, quiet=as_json)
    chains = tuple(one for one in chains if one.group in agreed)
    with _client() as client:
        reports = [take(one, store, client=client, now=now, again=again) for one in chains]
    showing.show_snapshot(reports, store, as_json=as_json)
    failed = any(one.state == "failed" for report in reports for one in report.products)
    return BAD if failed else 0


def _keys(known: Catalogue) -> dict[str, str]:
    """The user's keys by the name of their variable."""
    names = {one.key for one in known.sources.values() if one.key}
    return {name: value for name in names if (value := os.environ.get(name, "").strip())}


def _chosen(groups: Sequence[Group], only: Sequence[str]) -> tuple[Group, ...]:
    """Raises StewardError for a name that is none of them, and where there are none."""
    names = [group.name for group in groups]
    for name in only:
        if name not in names:
            raise StewardError(
                f"--only {name}: nothing is fetched of such a publisher; there are "
                f"{', '.join(names) or 'none'}"
            )
    if not names:
        raise StewardError("there is nothing to fetch: --sources switched all of it off")
    return tuple(group for group in groups if not only or group.name in only)


def _agree(
    groups: Sequence[Group], known: Catalogue, accept: Sequence[str], today: date, *, quiet: bool
) -> frozenset[Group]:
    import typer

    def say(text: str) -> None:
        typer.echo(text, err=True)

    def ask(question: str) -> bool:
        return typer.confirm(question, err=True)

    is_there = sys.stdin.isatty() and sys.stderr.isatty() and not quiet
    return check_terms(
        groups,
        known,
        config_folder(os.environ),
        accept=accept,
        ask=ask if is_there else None,
        say=say,
        today=today,
    )


@contextmanager
def _client() -> Iterator[Client]:
    client = Client(sleep=time.sleep, ticks=time.monotonic)
    try:
        yield client
    finally:
        client.close()
