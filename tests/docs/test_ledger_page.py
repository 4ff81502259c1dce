"""The page of the ledger: its Python runs as it stands there, and it names what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from steward.ledger.postings import ACCOUNTS
from steward.market.tables import EVENTS

from ..doors.ledger_run import changed, own_journal, run_folder

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
BOOKS, CHAIN = BLOCKS


def python(block: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", block.replace("RUN", str(folder))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_chain_is_made_again_in_ten_lines(tmp_path: Path) -> None:
    lines = [line for line in CHAIN.splitlines() if line]
    assert len(lines) - len([line for line in lines if "import" in line]) <= 10
    assert "steward" not in CHAIN
    journal = own_journal()
    done = python(CHAIN, run_folder(tmp_path, journal))
    assert done.returncode == 0, done.stderr
    heads = dict(journal.group_by("ledger").agg(pl.col("hash").last()).iter_rows())
    assert dict(re.findall(r"'(\w+)': '([0-9a-f]{64})'", done.stdout)) == heads


@pytest.mark.parametrize(("number", "column"), [(3, "cash"), (17, "reason"), (26, "cash")])
def test_a_changed_row_is_found_by_them(tmp_path: Path, number: int, column: str) -> None:
    done = python(CHAIN, run_folder(tmp_path, changed(own_journal(), number, column, None)))
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert f"'sequence': {number}" in done.stderr


@pytest.mark.slow
def test_the_books_from_python(tmp_path: Path) -> None:
    block = BOOKS.replace("postings(journal)  #", "print(postings(journal).height)  #")
    done = python(block, run_folder(tmp_path))
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20


def test_every_event_and_every_kind_of_account_is_on_the_page() -> None:
    assert [name for name in EVENTS if f"`{name}`" not in PAGE] == []
    kinds = {name.removesuffix(name.split(":")[-1]) for name in ACCOUNTS}
    assert [kind for kind in kinds if f"`{kind}" not in PAGE] == []
