"""Run folders: whole or not there, the same bytes again, and honest about damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.market.tables import DECISIONS, EQUITY, JOURNAL, MARKS
from steward.runs.result import Result, hashes, read, read_manifest, run_id_of, write
from steward.terms.errors import StewardError


def result(**changed: Any) -> Result:
    manifest: dict[str, Any] = {
        "main": "article",
        "window": {"start": "2018-01-02", "end": "2018-02-28"},
        "note": "größer",
        **changed,
    }
    manifest["run_id"] = run_id_of(manifest)
    return Result(
        manifest=manifest,
        journal=pl.DataFrame(schema=JOURNAL),
        equity=pl.DataFrame(schema=EQUITY),
        decisions=pl.DataFrame(schema=DECISIONS),
        marks=pl.DataFrame(schema=MARKS),
    )


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    made = result()
    folder = write(made, tmp_path / "runs")
    assert folder.name == f"article-2018-01-02-2018-02-28-{made.run_id[:8]}"
    found = read(folder)
    assert found.manifest == made.manifest
    assert found.journal.schema == made.journal.schema
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == [folder.name]


def test_the_same_run_gives_the_same_bytes_and_replaces_itself(tmp_path: Path) -> None:
    folder = write(result(), tmp_path)
    first = hashes(folder)
    (folder / "leftover.txt").write_text("old")
    again = write(result(), tmp_path)
    assert again == folder
    assert hashes(again) == first
    assert not (folder / "leftover.txt").exists()
    assert list(first) == [
        "manifest.json",
        "journal.parquet",
        "equity.parquet",
        "decisions.parquet",
        "marks.parquet",
    ]


def test_a_page_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fails(_: Result, path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("no page")

    with pytest.raises(RuntimeError, match="no page"):
        write(result(), tmp_path, page=fails)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StewardError, match="cannot be written"):
        write(result(), blocked)


def test_the_id_depends_on_everything_but_itself() -> None:
    assert result().run_id == result().run_id
    assert result(note="other").run_id != result().run_id


@pytest.mark.parametrize("damage", ["missing", "no json", "changed", "list"])
def test_a_damaged_manifest_is_refused(tmp_path: Path, damage: str) -> None:
    folder = write(result(), tmp_path)
    path = folder / "manifest.json"
    if damage == "missing":
        path.unlink()
    elif damage == "no json":
        path.write_text("{")
    elif damage == "list":
        path.write_text("[]")
    else:
        content = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**content, "note": "smaller"}), encoding="utf-8")
    with pytest.raises(StewardError):
        read_manifest(folder)


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    folder = write(result(), tmp_path)
    (folder / "equity.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(StewardError, match=r"equity\.parquet"):
        read(folder)
