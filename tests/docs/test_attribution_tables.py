"""The tables of docs/attribution.md are those of a default run, after each change of it too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .test_commands import newest_run, steward

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "attribution.md"


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    tool = str(ROOT / "tools" / "attribution_tables.py")
    return subprocess.run([sys.executable, tool, *words], capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a default run."""
    folder = tmp_path_factory.mktemp("default")
    done = steward(["backtest", "--out", "runs"], folder)
    assert done.returncode == 0, done.stderr
    return str(newest_run(folder))


def test_the_page_holds_the_numbers_of_a_default_run(run: str) -> None:
    said = _tool("--check", str(PAGE), "--run", run)
    assert said.returncode == 0, (
        f"{said.stderr}after a change: python tools/attribution_tables.py --write "
        "docs/attribution.md, and read the words below the tables again"
    )


def test_a_number_of_another_run_is_found_and_written_over(run: str, tmp_path: Path) -> None:
    page, text = tmp_path / "page.md", PAGE.read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("Slippage "))
    page.write_text(text.replace(row, row.replace("1", "2")), encoding="utf-8")
    assert "holds other numbers" in _tool("--check", str(page), "--run", run).stderr
    assert _tool("--write", str(page), "--run", run).returncode == 0
    assert page.read_text("utf-8") == text
    page.write_text("no markers\n", encoding="utf-8")
    assert "needs one line" in _tool("--write", str(page), "--run", run).stderr
