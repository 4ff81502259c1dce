"""The command `steward ledger`: parse, call one function, print."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steward.doors.options import Json, day
from steward.terms.errors import StewardError

if TYPE_CHECKING:
    from steward.doors.ledger.books import Books
    from steward.ledger.selection import Wanted

OPTIONS = {
    "sessions": "--session, --from or --to",
    "events": "--event",
    "purposes": "--purpose",
    "states": "--state",
    "rules": "--rule",
    "structure": "--structure",
    "contract": "--contract",
    "order": "--order",
    "lot": "--lot",
}
"""By the names in `ledger.selection.COLUMNS`."""

Names = list[str] | None
Day = date | None
File = Path | None


def ledger(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    ledgers: Annotated[
        Names,
        typer.Option(
            "--ledger",
            metavar="NAME",
            help="A ledger of the run, or all; may be given several times. Else that of its rules.",
        ),
    ] = None,
    session: Annotated[
        Day, typer.Option(parser=day, metavar="DATE", help="This session alone.")
    ] = None,
    first: Annotated[
        Day, typer.Option("--from", parser=day, metavar="DATE", help="From this session on.")
    ] = None,
    last: Annotated[
        Day, typer.Option("--to", parser=day, metavar="DATE", help="Up to this session.")
    ] = None,
    events: Annotated[
        Names,
        typer.Option(
            "--event", metavar="NAME", help="order, fill, fee, mark, settle, ...; several times."
        ),
    ] = None,
    purposes: Annotated[
        Names,
        typer.Option(
            "--purpose",
            metavar="NAME",
            help="condor, layer_1, fee, interest, ...; several times. A lot's fees are of its "
            "purpose, too.",
        ),
    ] = None,
    structure: Annotated[
        str, typer.Option(metavar="TEXT", help="A part of the structure's name.")
    ] = "",
    contract: Annotated[
        str, typer.Option(metavar="TEXT", help="A part of the contract: SPXW, 2018-02-28, 2715 P.")
    ] = "",
    order: Annotated[
        str, typer.Option(metavar="TEXT", help="A part of the order's or the intent's name.")
    ] = "",
    lot: Annotated[str, typer.Option(metavar="TEXT", help="A part of the lot's name.")] = "",
    states: Annotated[
        Names,
        typer.Option(
            "--state", metavar="NAME", help="How an intent ended: filled, refused, ...; several."
        ),
    ] = None,
    rules: Annotated[
        Names,
        typer.Option("--rule", metavar="NAME", help="The rule that wanted it; several times."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="At most N rows; 0: all. Else 40, of files all."),
    ] = None,
    balance: Annotated[
        bool, typer.Option("--balance", help="The trial balance instead of rows; --to a session.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="The heads of the chain, and whether all adds up.")
    ] = False,
    csv: Annotated[
        File, typer.Option("--csv", metavar="FILE", help="Write the rows that fit, all columns.")
    ] = None,
    beancount: Annotated[
        File,
        typer.Option("--beancount", metavar="FILE", help="Write one ledger as double entry."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print, filter, balance, verify and export the journal of a run: every event and its cause.

    Money in dollars, prices in points. Always says whether the chain of hashes is whole; where it
    is not, names the row that was changed and ends with 3.
    """
    from steward.doors.ledger import books as reading
    from steward.doors.ledger import showing
    from steward.ledger import postings
    from steward.ledger.selection import Wanted, asked

    if session is not None and (first is not None or last is not None):
        raise StewardError(
            "--session is one day, --from and --to a span: give the one or the other"
        )
    if first is not None and last is not None and first > last:
        raise StewardError(f"--from {first} comes after --to {last}")
    wanted = Wanted(
        first=first if balance else session or first,
        last=session or last,
        events=_known("--event", events),
        purposes=_known("--purpose", purposes),
        states=_known("--state", states),
        rules=tuple(rules or ()),
        structure=structure,
        contract=contract,
        order=order,
        lot=lot,
    )
    files = [name for name, file in (("--csv", csv), ("--beancount", beancount)) if file]
    _fit_together(
        asked(wanted),
        files,
        first=first,
        limit=limit,
        balance=balance,
        verify=verify,
        force=force,
    )
    books = reading.opened(run)
    names = books.named(ledgers or ())
    if books.broken is None:  # else a name may be gone with what was changed
        _there(books, wanted)
    if verify:
        books.whole()
        postings.balanced(books.journal, books.equity)
        sessions = books.equity["session"].n_unique()
        showing.show_verified(books, sessions=sessions, as_json=as_json)
        return
    if files:
        books.whole()
        _write(books, names, wanted, csv, beancount, limit=limit, force=force, as_json=as_json)
        return
    if balance:
        until = wanted.last
        found = postings.trial_balance(books.of(names), until)
        showing.show_balance(books, found, names, until=until, as_json=as_json)
    else:
        _rows(books, names, wanted, limit=limit, as_json=as_json)
    books.whole()


def _rows(
    books: Books, names: Sequence[str], wanted: Wanted, *, limit: int | None, as_json: bool
) -> None:
    from steward.doors.ledger import showing
    from steward.ledger import selection

    journal = books.of(names)
    rows = selection.chosen(journal, wanted)
    if rows.is_empty():
        could = selection.instead(journal, wanted)
        showing.show_nothing(books, could, OPTIONS, names, wanted=wanted, as_json=as_json)
    else:
        moved = selection.moved(rows)
        showing.show_rows(books, rows, moved, names, limit=limit, as_json=as_json)


def _write(
    books: Books,
    names: Sequence[str],
    wanted: Wanted,
    csv: Path | None,
    beancount: Path | None,
    *,
    limit: int | None,
    force: bool,
    as_json: bool,
) -> None:
    import polars as pl

    from steward.doors import writing
    from steward.doors.ledger import beancount_file, csv_file, showing
    from steward.ledger import postings, selection

    if beancount is not None and len(names) > 1:
        raise StewardError(
            f"--beancount writes one ledger: name it with --ledger, {' or '.join(names)}"
        )
    journal = books.of(names)
    files: list[tuple[writing.Target, Iterable[str]]] = []
    written = {}
    if csv is not None:
        rows = selection.chosen(journal, wanted)
        rows = rows.head(limit) if limit else rows
        files.append((writing.Target("--csv", csv, force), csv_file.lines(rows)))
        written["--csv"] = (str(csv), rows.height)
    if beancount is not None:
        equity = books.equity.filter(pl.col("ledger") == names[0])
        postings.balanced(journal, equity)
        title = f"Steward run {books.run_id[:12]}, ledger {names[0]}. {books.priced}".strip()
        made = beancount_file.lines(journal, equity, title=title)
        files.append((writing.Target("--beancount", beancount, force), made))
        written["--beancount"] = (str(beancount), journal.height)
    writing.write(files)
    showing.show_written(books, written, as_json=as_json)


def _fit_together(
    fields: Sequence[str],
    files: Sequence[str],
    *,
    first: date | None,
    limit: int | None,
    balance: bool,
    verify: bool,
    force: bool,
) -> None:
    """Raises StewardError for options of which one would be silently ignored."""
    filters = [OPTIONS[name] for name in fields] + (["--limit"] if limit is not None else [])
    kinds = [name for name, on in (("--balance", balance), ("--verify", verify)) if on]
    if len(kinds) > 1 or (kinds and files):
        raise StewardError(f"{' and '.join([*kinds, *files])} do not go together: give one of them")
    if force and not files:
        raise StewardError("--force goes with --csv or --beancount only: leave it out")
    if balance and first is None:
        filters = [name for name in filters if name != OPTIONS["sessions"]]
    said = {
        "--balance": (balance, "counts every row up to a session"),
        "--verify": (verify, "looks at every row"),
        "--beancount": ("--beancount" in files, "holds every row, so that it balances"),
    }
    for option, (on, what) in said.items():
        if on and filters:
            raise StewardError(f"{option} {what}: leave out {', '.join(filters)}")


def _known(option: str, given: Sequence[str] | None) -> tuple[str, ...]:
    """Names of a closed list. Raises StewardError that says which there are."""
    from typing import get_args

    from steward.doors.ledger.books import unknown
    from steward.market.tables import EVENTS
    from steward.terms.trades import Purpose, State

    lists: dict[str, tuple[str, ...]] = {
        "--event": EVENTS,
        "--purpose": get_args(Purpose),
        "--state": get_args(State),
    }
    for name in given or ():
        if name not in lists[option]:
            raise unknown(option, name, lists[option])
    return tuple(given or ())


def _there(books: Books, wanted: Wanted) -> None:
    """Raises StewardError for a name that no row of the run has, of whatever ledger."""
    from steward.doors.ledger.books import unknown
    from steward.ledger import selection

    for name, value, known in selection.unknown(books.journal, wanted):
        part = isinstance(getattr(wanted, name), str)
        raise unknown(OPTIONS[name], value, known, part=part)
