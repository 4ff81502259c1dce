"""A run is a folder: manifest, tables, the seal of the tables; the door adds its page.

It is written beside its place and renamed, so that nobody ever sees half of one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from steward.market.tables import DECISIONS, EQUITY, JOURNAL, MARKS, conform
from steward.runs import seal
from steward.runs.losses import Losses
from steward.terms.errors import StewardError

TABLES = {"journal": JOURNAL, "equity": EQUITY, "decisions": DECISIONS, "marks": MARKS}
MANIFEST = "manifest.json"
REPORT = "report.html"
FILES = (MANIFEST, *(f"{name}.parquet" for name in TABLES), seal.SEAL, REPORT)

WritePage = Callable[["Result", Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run leaves behind.

    losses  what an SPX fall within a week would cost the account; None: no condor was ever open,
            or the run was read from a folder, whose page has the table
    """

    manifest: Mapping[str, Any]
    journal: pl.DataFrame
    equity: pl.DataFrame
    decisions: pl.DataFrame
    marks: pl.DataFrame
    losses: Losses | None = None

    @property
    def run_id(self) -> str:
        return str(self.manifest["run_id"])

    @property
    def folder_name(self) -> str:
        """For example `article-2014-01-03-2018-12-31-0a1b2c3d`."""
        window = self.manifest["window"]
        rules = self.manifest["main"]
        return f"{rules}-{window['start']}-{window['end']}-{self.run_id[:8]}"


def canonical(manifest: Mapping[str, Any]) -> str:
    """The text of a manifest: sorted keys, so that the same content is the same bytes."""
    return json.dumps(manifest, sort_keys=True, indent=1, ensure_ascii=False) + "\n"


def run_id_of(manifest: Mapping[str, Any]) -> str:
    """Hash of everything in the manifest but the id itself."""
    rest = {key: value for key, value in manifest.items() if key != "run_id"}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


def write(result: Result, out: Path, *, page: WritePage | None = None) -> Path:
    """Write the run below `out`; gives its folder. The same run written again replaces itself.

    page  writes the report into the folder
    Raises StewardError when `out` cannot be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=out))
    except OSError as error:
        raise StewardError(
            f"{out}: cannot be written to ({error.strerror}); choose another --out"
        ) from None
    try:
        (part / MANIFEST).write_text(canonical(result.manifest), encoding="utf-8", newline="\n")
        tables: dict[str, pl.DataFrame] = {
            f"{name}.parquet": getattr(result, name) for name in TABLES
        }
        for name, frame in tables.items():
            frame.write_parquet(part / name, compression="zstd")
        seal.write(part, result.run_id, tables)
        if page is not None:
            page(result, part / REPORT)
        part.chmod(0o755)
        return _into_place(part, out / result.folder_name)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _into_place(part: Path, folder: Path) -> Path:
    old = folder.with_name(f".old-{folder.name}")
    if folder.exists():
        folder.replace(old)
    part.replace(folder)
    shutil.rmtree(old, ignore_errors=True)
    return folder


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run folder. StewardError when there is none, or it is not whole."""
    path = folder / MANIFEST
    if not path.is_file():
        raise StewardError(f"{folder}: not a run folder, it holds no {MANIFEST}")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StewardError(f"{path}: cannot be read ({error}); make the run again") from None
    if not isinstance(manifest, dict) or manifest.get("run_id") != run_id_of(manifest):
        raise StewardError(f"{path}: its run_id does not fit its content; make the run again")
    return manifest


def read(folder: Path, *, judged: bool = False) -> Result:
    """A run folder as a result (without its page), its tables as they were sealed.

    judged  the caller judges the journal itself (`seal.broken`), to show what is in a broken one
    Raises StewardError for a table that cannot be read, or is not the one that the run wrote.
    """
    manifest = read_manifest(folder)
    tables = {}
    for name in TABLES:
        path = folder / f"{name}.parquet"
        try:
            tables[path.name] = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            reason = str(error).splitlines()[0]
            raise StewardError(f"{path}: cannot be read ({reason}); make the run again") from None
    for name, why in seal.broken(folder, str(manifest["run_id"]), tables).items():
        if not (judged and name == seal.JOURNAL):
            raise StewardError(f"{folder / name}: {why}; make the run again")
    whole = {
        name: conform(tables[f"{name}.parquet"], columns, table=name)
        for name, columns in TABLES.items()
    }
    return Result(
        manifest=manifest,
        journal=whole["journal"],
        equity=whole["equity"],
        decisions=whole["decisions"],
        marks=whole["marks"],
    )


def hashes(folder: Path) -> dict[str, str]:
    """sha256 of every file of a run that is there, by name."""
    return {name: seal.sha256_of(folder / name) for name in FILES if (folder / name).is_file()}
