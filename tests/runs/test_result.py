"""Run folders: whole or not there, the same bytes again, and honest about damage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from steward.market.tables import DECISIONS, EQUITY, JOURNAL, MARKS
from steward.runs import seal
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
        "seal.json",
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


# --- the seal -------------------------------------------------------------------------------------


def test_the_seal_is_the_hash_that_anybody_can_make(tmp_path: Path) -> None:
    folder = write(result(), tmp_path)
    sealed = json.loads((folder / seal.SEAL).read_text(encoding="utf-8"))
    assert sealed["run_id"] == result().run_id
    assert sorted(sealed["tables"]) == sorted(path.name for path in folder.glob("*.parquet"))
    for name, one in sealed["tables"].items():
        assert one == {
            "rows": 0,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }


@pytest.mark.parametrize("name", ["journal", "equity", "decisions", "marks"])
def test_a_table_that_the_run_did_not_write_is_refused(tmp_path: Path, name: str) -> None:
    """Written over with the same rows by another writer, and with a row more."""
    folder = write(result(), tmp_path)
    path = folder / f"{name}.parquet"
    frame = pl.read_parquet(path)
    frame.write_parquet(path, metadata={"by": "another"})
    with pytest.raises(StewardError) as told:
        read(folder)
    wrote = "has 0 rows, and is not the table that the run wrote with other content"
    assert str(told.value) == f"{path}: {wrote}; make the run again"
    pl.concat(
        [frame, pl.DataFrame([[None] * frame.width], schema=frame.schema, orient="row")]
    ).write_parquet(path)
    with pytest.raises(StewardError, match=r"has 1 rows, and .* that the run wrote with 0; make"):
        read(folder)


def test_a_journal_may_be_judged_by_who_reads_it_and_nothing_else(tmp_path: Path) -> None:
    folder = write(result(), tmp_path)
    for name in ("journal", "marks"):
        path = folder / f"{name}.parquet"
        pl.read_parquet(path).write_parquet(path, metadata={"by": "another"})
        if name == "journal":
            assert read(folder, judged=True).journal.is_empty()
    with pytest.raises(StewardError, match=r"marks\.parquet: has 0 rows"):
        read(folder, judged=True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "holds no seal.json, so nobody can say whether its tables are whole"),
        ("{", "cannot be read"),
        ("[]", "is no seal of a run"),
        ("{}", "is no seal of a run"),
        ('{"run_id": "x", "tables": {}}', "is no seal of a run"),
        ('{"run_id": "x", "tables": {"journal.parquet": 3}}', "is no seal of a run"),
        ('{"run_id": "x", "tables": 3}', "is no seal of a run"),
    ],
)
def test_a_damaged_seal_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    folder = write(result(), tmp_path)
    path = folder / seal.SEAL
    path.unlink() if text is None else path.write_text(text, encoding="utf-8")
    with pytest.raises(StewardError, match=said):
        read(folder)


def test_the_seal_of_another_run_is_refused(tmp_path: Path) -> None:
    folder, other = write(result(), tmp_path), write(result(note="other"), tmp_path / "other")
    (folder / seal.SEAL).write_bytes((other / seal.SEAL).read_bytes())
    with pytest.raises(StewardError, match=f"seals the run {other.name[-8:]}, and this is"):
        read(folder)
