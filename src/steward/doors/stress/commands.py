"""`steward stress`: find the book, put it through the shocks, print, and write the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from steward.doors import writing
from steward.doors.bars import bar
from steward.doors.stress import page, text
from steward.doors.terminal import print_json
from steward.intake.load import open_market
from steward.market.store_folder import is_store
from steward.runs import stress as runs_stress
from steward.terms.errors import StewardError

PAGES = Path("runs") / "stress"


def stress(
    *,
    run: Path | None = None,
    as_of: date | None = None,
    ledger: str | None = None,
    data: Path | None = None,
    episodes: Sequence[str] = (),
    out: Path | None = None,
    as_json: bool = False,
) -> None:
    """Say what the book would gain or lose.

    out  where the page goes; else runs/stress, and with `as_json` nowhere
    Raises StewardError for what the user can put right.
    """
    if ledger is not None and run is None:
        raise StewardError("--ledger names one of a run: say which with --run RUN")
    history = open_market(data=data).history
    if run is not None:
        held = runs_stress.book_of_run(run, history, as_of=as_of, ledger=ledger)
    else:
        held = runs_stress.standard_book(history, as_of)
    folder = data if data is not None and not is_store(data) else None
    with bar("stress", quiet=as_json) as shown:
        found = runs_stress.stressed(history, held, folder=folder, names=episodes, progress=shown)
    target = out
    if target is None and not as_json:
        name = f"{held.run_id[:8] or 'standard'}-{held.session}"
        target = PAGES / (f"{name}-{'-and-'.join(episodes)}.html" if episodes else f"{name}.html")
    if target is not None:
        writing.write([(writing.page(target), [page.render(found)])])
    if as_json:
        print_json(text.document(found))
    else:
        text.show(found, target)
