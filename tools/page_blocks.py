"""Blocks of a page that a tool writes, between markers; written, or held against the page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

START, END = "<!-- {}-{}:start -->", "<!-- {}-{}:end -->"


def arguments(description: str) -> argparse.ArgumentParser:
    """`--write PAGE` or `--check PAGE`."""
    parser = argparse.ArgumentParser(description=description)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--write", metavar="PAGE", type=Path, help="page to write them into")
    which.add_argument("--check", metavar="PAGE", type=Path, help="page to hold them against")
    return parser


def placed(page: str, family: str, blocks: Mapping[str, str], *, name: str = "the page") -> str:
    """The page with its blocks as they are now; ends the tool where a marker is not there once."""
    for block, words in blocks.items():
        start, end = START.format(family, block), END.format(family, block)
        if page.count(start) != 1 or page.count(end) != 1 or page.index(start) > page.index(end):
            sys.exit(f"{_tool()}: {name} needs one line {start} and, below it, one {end}")
        before, rest = page.split(start)
        page = f"{before}{start}\n{words}\n{end}{rest.split(end)[1]}"
    return page


def finish(given: argparse.Namespace, family: str, blocks: Mapping[str, str]) -> None:
    """Write or check, as asked; without a page, print them. Exit code 1 where others stand."""
    page: Path | None = given.write or given.check
    if page is None:
        print("\n\n".join(blocks.values()))
        return
    old = page.read_text(encoding="utf-8")
    new = placed(old, family, blocks, name=page.name)
    if given.write is not None:
        page.write_text(new, encoding="utf-8")
        print(f"Written into {page.name}.")
    elif new != old:
        sys.exit(f"{_tool()}: {page} holds other numbers: give --write {page}")


def _tool() -> str:
    return Path(sys.argv[0]).stem
