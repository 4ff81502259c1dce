"""What `steward ledger` shows: rows in dollars and points, a balance, the heads of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from steward.doors.amounts import dollars, points
from steward.doors.ledger.books import Books
from steward.doors.report.words import listed
from steward.doors.terminal import DISCLAIMER, Out, print_json, sentence
from steward.doors.writing import wrote
from steward.ledger.postings import ACCOUNTS
from steward.ledger.selection import Wanted
from steward.market.tables import JOURNAL

SHOWN = 40
"""Rows that the terminal shows where nothing else is asked for."""

MANY = 8
"""Values beyond which a list of them is cut."""

HEAD = ("row", "event", "of", "quantity", "price", "cash", "holdings", "equity")
TO_THE_LEFT = ("event", "of")
OF_WIDTH = 24
"""Characters in which a reason may stand in the place of a contract."""

Row = Mapping[str, Any]


# --- rows ----------------------------------------------------------------------------------------


def show_rows(
    books: Books,
    rows: pl.DataFrame,
    moved: tuple[int, int],
    names: Sequence[str],
    *,
    limit: int | None,
    as_json: bool,
) -> None:
    """The rows that fit, at most `limit` of them, a ledger and a session at a time.

    moved  by all rows that fit, cents of cash and of holdings
    limit  0: all; None: as many as are easily read, and with `as_json` all
    """
    most = (0 if as_json else SHOWN) if limit is None else limit
    some = rows.head(most) if most else rows
    if as_json:
        told = {
            "ledgers": list(names),
            "fitting": rows.height,
            "cash_cents": moved[0],
            "value_cents": moved[1],
            "rows": [_plain(row) for row in some.select(*JOURNAL).iter_rows(named=True)],
        }
        print_json(_document(books, **told))
        return
    out = Out()
    _say_prices(out, books)
    _print(out, some.rows(named=True), several=len(names) > 1)
    if some.height < rows.height:
        out.line(
            f"\nThe first {some.height:,} of {rows.height:,} rows. --limit N shows more of them, "
            "--limit 0 all."
        )
    said = f"All {rows.height:,} rows" if rows.height > 1 else "This row"
    out.line(
        f"\n{said}: cash {dollars(moved[0], signed=True)}, holdings "
        f"{dollars(moved[1], signed=True)} dollars."
    )
    _say_end(out, books)


def show_nothing(
    books: Books,
    values: Mapping[str, Sequence[str]],
    options: Mapping[str, str],
    names: Sequence[str],
    *,
    wanted: Wanted,
    as_json: bool,
) -> None:
    """That no row fits, and what each choice could be.

    values   as `ledger.selection.instead` gives them
    options  of the command, by the same names
    wanted   of which days it says where they hold no session
    """
    near = books.around(wanted.first, wanted.last)
    if as_json:
        could = {options[name]: list(some) for name, some in values.items()}
        told = {"ledgers": list(names), "fitting": 0, "rows": [], "instead": could}
        if near:
            told["nearest_sessions"] = [day.isoformat() for day in near]
        print_json(_document(books, **told))
        return
    out = Out()
    if near:
        out.line(_no_session(wanted, near))
    out.line(f"No row of {listed(list(names))} fits all of that.")
    for name, some in values.items():
        out.line(f"{options[name]} could be {_some_of(name, some)}.", indent=2)
    _say_end(out, books)


def _no_session(wanted: Wanted, near: Sequence[date]) -> str:
    """Of days without a session: which day of the week it is, and where the run has some."""
    first, last = wanted.first, wanted.last
    if first == last and first is not None:
        days = f"{first} is a {first:%A} and no session of the run"
    elif first is None or last is None:
        days = f"The run has no session {f'up to {last}' if first is None else f'from {first} on'}"
    else:
        days = f"The run has no session from {first} to {last}"
    if len(near) == 2:
        return f"{days}. The nearest are {near[0]} and {near[1]}."
    before = last is not None and last < near[0]
    return f"{days}: the run {'begins' if before else 'ends'} on {near[0]}."


def _some_of(name: str, values: Sequence[str]) -> str:
    if not values:
        return "nothing: no row has one"
    if name == "sessions":
        return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"
    if len(values) <= MANY:
        return listed(list(values)).replace(" and ", " or ")
    return f"{', '.join(values[:MANY])}, and {len(values) - MANY:,} more"


def _print(out: Out, rows: Sequence[Row], *, several: bool) -> None:
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(HEAD, *cells, strict=True)]
    between = "  " if sum(widths) + 2 * len(widths) <= out.width else " "
    out.line(_aligned(HEAD, widths, between), "bold")
    before: tuple[str, date] | None = None
    for row, texts in zip(rows, cells, strict=True):
        here = row["ledger"], row["session"]
        if here != before:
            ledger = f"{row['ledger']}, " if several else ""
            out.line(f"\n{ledger}{_day(row['session'])}", "bold")
            before = here
        out.line(_aligned(texts, widths, between))
        note = _note(row, texts[HEAD.index("of")])
        if note:
            out.line(note, "dim", indent=widths[0] + len(between))


def _day(session: date | None) -> str:
    """With its day of the week; a row that was tampered with may have none."""
    return "no session" if session is None else f"{session:%Y-%m-%d %a}"


def _aligned(texts: Iterable[str], widths: Sequence[int], between: str) -> str:
    parts = [
        text.ljust(width) if title in TO_THE_LEFT else text.rjust(width)
        for title, text, width in zip(HEAD, texts, widths, strict=True)
    ]
    return between.join(parts).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    """In the order of `HEAD`; empty where a row does not say it, or moves no money."""
    event, sleeve = str(row["event"]), str(row["sleeve"])
    return (
        f"{row['sequence']}",
        event if event == sleeve else f"{event} {sleeve}",
        _of(row),
        "" if row["quantity"] is None else f"{row['quantity']:+d}",
        "" if row["price"] is None else points(row["price"]),
        dollars(row["cash"], signed=True) if row["cash"] else "",
        dollars(row["value"], signed=True) if row["value"] else "",
        "" if row["equity"] is None else dollars(row["equity"]),
    )


def _of(row: Row) -> str:
    """The contract; of what has none how it ended, else its reason where that is short."""
    if row["contract"] or row["event"] == "end":
        return str(row["contract"] or row["state"] or "")
    reason = row["reason"] or ""
    return reason if len(reason) <= OF_WIDTH else ""


def _note(row: Row, shown: str) -> str:
    """The cause of an event: order and reason, or rule and quote; empty where its row says it all.

    shown  what the row says already
    """
    if row["event"] == "fill":
        by = f"by {row['rule']}" if row["rule"] else ""
        ended = f"the intent is {row['state']}" if row["state"] else ""
        return ", ".join(part for part in (by, _quote(row), ended) if part)
    name = row["order_id"] or row["intent_id"]
    if row["event"] == "fee":
        return ""  # what traded says it all
    said = [f"{name}:" if name else "", row["reason"] or ""]
    if row["low"] is not None and row["high"] is not None:
        said.append(f"(a proxy: {dollars(row['low'])} to {dollars(row['high'])} dollars)")
    note = " ".join(part for part in said if part)
    return "" if note == shown else note


def _quote(row: Row) -> str:
    """`on model: 2.15 bid, 2.80 asked`."""
    if row["bid"] is None or row["ask"] is None:
        return ""
    return f"on {row['quote'] or 'a quote'}: {points(row['bid'])} bid, {points(row['ask'])} asked"


# --- balance, verify, files ----------------------------------------------------------------------


def show_balance(
    books: Books,
    balance: pl.DataFrame,
    names: Sequence[str],
    *,
    until: date | None,
    as_json: bool,
) -> None:
    """A trial balance, an account a row and a ledger a column; below it that it adds up to zero."""
    cents = {(ledger, account): sum_ for ledger, account, sum_ in balance.iter_rows()}
    totals = dict(balance.group_by("ledger").agg(pl.col("cents").sum()).iter_rows())
    if as_json:
        told = {
            name: {account: cents[name, account] for account in _used(cents, [name])}
            for name in names
        }
        print_json(_document(books, until=until.isoformat() if until else None, balance_cents=told))
        return
    out = Out()
    _say_prices(out, books)
    when = f"after {until}" if until else "after the last session"
    out.line(f"Trial balance {when}, dollars: debits above 0, credits below 0", "bold")
    rows = [
        (
            account,
            *(dollars(cents[name, account]) if (name, account) in cents else "" for name in names),
        )
        for account in _used(cents, names)
    ]
    out.table(("account", *names), [*rows, ("sum", *(dollars(totals.get(n, 0)) for n in names))])
    _say_end(out, books)


def _used(cents: Mapping[tuple[str, str], int], names: Sequence[str]) -> list[str]:
    return [account for account in ACCOUNTS if any((name, account) in cents for name in names)]


def show_verified(books: Books, *, sessions: int, as_json: bool) -> None:
    """The heads of a chain that is whole, and that the books balance."""
    if as_json:
        print_json(_document(books, balanced=True, sessions=sessions))
        return
    out = Out()
    _say_chain(out, books)
    out.line(
        "Every event balances, and cash and holdings are those of the equity table after each of "
        f"{sessions:,} sessions."
    )
    out.line("\nHeads: a head stands for every row of its ledger. Keep it to compare another day.")
    for name, head in books.heads.items():
        out.path(f"  {name}  {head}")
    out.line(DISCLAIMER)


def show_written(books: Books, written: Mapping[str, tuple[str, int]], *, as_json: bool) -> None:
    """Files by option, with the rows that each holds."""
    if as_json:
        told = {
            option.strip("-"): {"file": file, "rows": rows}
            for option, (file, rows) in written.items()
        }
        print_json(_document(books, **told))
        return
    out = Out()
    _say_prices(out, books)
    for file, rows in written.values():
        out.path(wrote(rows, file))
    _say_end(out, books)


# --- said every time -----------------------------------------------------------------------------


def _say_prices(out: Out, books: Books) -> None:
    if books.priced:
        out.line(books.priced, "yellow")


def _say_end(out: Out, books: Books) -> None:
    _say_chain(out, books)
    out.line(DISCLAIMER)


def _say_chain(out: Out, books: Books) -> None:
    if books.broken is None:
        out.line(f"The chain of all {books.journal.height:,} rows of the run is whole.")
    else:
        out.line(f"THE CHAIN IS BROKEN. {sentence(books.broken.event)}", "bold red")


def _document(books: Books, **told: Any) -> dict[str, Any]:
    """Money in cents, prices in ten-thousandths of a point, as in the tables."""
    return {
        "run_id": books.run_id,
        "prices": books.priced,
        "chain": {
            "whole": books.broken is None,
            "heads": dict(books.heads),
            "broken": None if books.broken is None else books.broken.event,
        },
        **told,
        "disclaimer": DISCLAIMER,
    }


def _plain(row: Row) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }
