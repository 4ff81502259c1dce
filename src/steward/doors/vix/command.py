"""The command `steward vix`: parse, call one function, print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from steward.doors.options import Json, Maps, day, mapped
from steward.terms.errors import StewardError

Numbers = tuple[float, float]


def vix(
    near: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV: strike, call_bid, call_ask, put_bid, put_ask."),
    ] = None,
    next_: Annotated[
        Path | None,
        typer.Option("--next", metavar="FILE", help="The same of the expiry after."),
    ] = None,
    minutes: Annotated[
        Numbers | None,
        typer.Option(metavar="N1 N2", help="Whole minutes to the settlement of each."),
    ] = None,
    rates: Annotated[
        Numbers | None,
        typer.Option(
            metavar="R1 R2", help="Interest a year, continuous, as fractions: 0.038 is 3.8 %."
        ),
    ] = None,
    target_minutes: Annotated[
        float | None,
        typer.Option(metavar="N", help="Tenor of the index; else 43200, which is 30 days."),
    ] = None,
    quotes: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Instead: a store, or any file of chains."),
    ] = None,
    session: Annotated[
        date | None,
        typer.Option(parser=day, metavar="DATE", help="Only this day of --quotes."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder of daily series or a store: interest, published closes."
        ),
    ] = None,
    maps: Maps = None,
    as_json: Json = False,
) -> None:
    """VIX by its formula, with every step; or the whole family of a file of chains.

    Two tables, --near and --next with --minutes and --rates: each step from the quotes to the
    index. --quotes: VIX9D, VIX, VIX3M, VIX6M and VIX1Y of each moment, beside the published closes.
    """
    tables = {"--near": near, "--next": next_, "--minutes": minutes, "--rates": rates}
    given = [name for name, value in tables.items() if value is not None]
    if quotes is not None:
        if given or target_minutes is not None:
            extra = (given or ["--target-minutes"])[0]
            raise StewardError(f"{extra} does not go with --quotes: give the one or the other")
        _family(quotes, session, data, maps, as_json=as_json)
        return
    if near is None or next_ is None or minutes is None or rates is None:
        missing = ", ".join(name for name in tables if name not in given)
        raise StewardError(
            f"{missing} missing; give --near FILE --next FILE --minutes N1 N2 --rates R1 R2, or "
            "--quotes PATH"
        )
    for name, value in (("--session", session), ("--data", data), ("--map", maps)):
        if value:
            raise StewardError(f"{name} goes with --quotes only: leave it out")
    _index(near, next_, minutes, rates, target_minutes, as_json=as_json)


def _index(
    near: Path,
    after: Path,
    minutes: Numbers,
    rates: Numbers,
    target: float | None,
    *,
    as_json: bool,
) -> None:
    from steward.doors.vix import showing
    from steward.intake.strike_table import read_strike_table
    from steward.pricing.vix import MINUTES_30_DAYS
    from steward.pricing.vix_steps import worked_index

    tables = (read_strike_table(near), read_strike_table(after))
    found = worked_index(
        tables[0].columns,
        tables[1].columns,
        minutes=minutes,
        rates=rates,
        target_minutes=MINUTES_30_DAYS if target is None else target,
    )
    notes = [note for table in tables for note in table.notes]
    notes += showing.apart(found)
    showing.show_index(found, names=(near.name, after.name), notes=notes, as_json=as_json)


def _family(
    quotes: Path,
    session: date | None,
    data: Path | None,
    maps: Sequence[Path] | None,
    *,
    as_json: bool,
) -> None:
    from steward.doors.bars import bar
    from steward.doors.vix import showing
    from steward.intake.vix_moments import families, history_beside

    if not quotes.exists():
        raise StewardError(f"{quotes}: does not exist; name a file of option chains, or a store")
    extra = mapped(maps)
    history = history_beside(data, quotes)
    with bar("vix", quiet=as_json, unit="sessions", stopped="nothing was written") as shown:
        found = families(quotes, history=history, session=session, extra=extra, progress=shown)
    showing.show_families(found, as_json=as_json)
