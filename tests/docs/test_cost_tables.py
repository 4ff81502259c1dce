"""The tables of docs/costs.md are those of the packaged price lists."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "costs.md"


def _tool(*words: str) -> subprocess.CompletedProcess[str]:
    tool = str(ROOT / "tools" / "cost_tables.py")
    return subprocess.run([sys.executable, tool, *words], capture_output=True, text=True)


def test_the_page_holds_the_packaged_prices() -> None:
    said = _tool("--check", str(PAGE))
    assert said.returncode == 0, (
        f"{said.stderr}after a change: python tools/cost_tables.py --write docs/costs.md"
    )


def test_another_price_is_found_and_written_over(tmp_path: Path) -> None:
    page, text = tmp_path / "page.md", PAGE.read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| 2024-11-01 |"))
    # The worked condor of the page: four legs at 1.15.
    assert row.startswith("| 2024-11-01 | 4.60 / ")
    page.write_text(text.replace(row, row.replace("4.60", "4.61")), encoding="utf-8")
    assert "holds other numbers" in _tool("--check", str(page)).stderr
    assert _tool("--write", str(page)).returncode == 0
    assert page.read_text("utf-8") == text


def test_a_page_without_the_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no markers\n", encoding="utf-8")
    assert "needs one line" in _tool("--write", str(page)).stderr
