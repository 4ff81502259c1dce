"""Write the tables of the default run into docs/attribution.md.

    python tools/attribution_tables.py --write docs/attribution.md  writes them between markers
    python tools/attribution_tables.py --check docs/attribution.md  exit code 1 where others stand

`--run RUN` takes a default run that was made before; else one is made. To be run when fees, prices
or the rules of `article` change; then the words of the page below the tables are to be read again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path

import steward
from steward.analytics.gains import By
from steward.doors.attribution import text

START, END = "<!-- attribution:start -->", "<!-- attribution:end -->"
SHOWN: tuple[By, ...] = ("purpose", "instrument", "rule")


def blocks(result: steward.BacktestResult) -> str:
    """What the command prints by purpose, by instrument and by rule."""
    said = []
    for by in SHOWN:
        with contextlib.redirect_stdout(io.StringIO()) as out:
            text.show(result, by=by, ledger=None, as_json=False, csv=None)
        # the title and what is said of the prices stand above the tables of the page
        lines = out.getvalue().splitlines()
        table = "\n".join(lines[2:-1])
        words = "" if by == "purpose" else f" --by {by}"
        said.append(f"`steward attribution RUN{words}`, in dollars:\n\n```text\n{table}\n```")
    return "\n\n".join(said)


def written(page: str, name: str, result: steward.BacktestResult) -> str:
    """The page with its tables as they are now."""
    if page.count(START) != 1 or page.count(END) != 1 or page.index(START) > page.index(END):
        sys.exit(f"attribution_tables: {name} needs one line {START} and, below it, one {END}")
    before, rest = page.split(START)
    return f"{before}{START}\n\n{blocks(result)}\n\n{END}{rest.split(END)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the money of the default run went.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--write", metavar="PAGE", type=Path, help="page to write them into")
    which.add_argument("--check", metavar="PAGE", type=Path, help="page to hold them against")
    parser.add_argument("--run", metavar="RUN", type=Path, help="folder of a default run")
    given = parser.parse_args()
    page: Path = given.write or given.check
    old = page.read_text(encoding="utf-8")
    result = steward.backtest() if given.run is None else steward.read_run(given.run)
    new = written(old, page.name, result)
    if given.write is not None:
        page.write_text(new, encoding="utf-8")
        print(f"Written into {page.name}.")
    elif new != old:
        sys.exit(f"attribution_tables: {page} holds other numbers: give --write {page}")


if __name__ == "__main__":
    main()
