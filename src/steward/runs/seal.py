"""The seal of a run folder: what its tables were when they were written.

The manifest's id is a hash of what goes into a run, and is known before it is made. The seal says
what came out: rows and sha256 of each table. It finds a table that was changed, cut or put in from
another run. It is no signature: who rewrites a seal with the table is found by `steward replay`,
which makes the run again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from steward.terms.errors import StewardError

SEAL = "seal.json"
JOURNAL = "journal.parquet"


def write(folder: Path, run_id: str, tables: Mapping[str, pl.DataFrame]) -> None:
    """Seal the tables that lie in the folder, by the name of their file."""
    content = {
        "run_id": run_id,
        "tables": {
            name: {"rows": frame.height, "sha256": sha256_of(folder / name)}
            for name, frame in tables.items()
        },
    }
    text = json.dumps(content, sort_keys=True, indent=1) + "\n"
    (folder / SEAL).write_text(text, encoding="utf-8", newline="\n")


def broken(folder: Path, run_id: str, tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """What is not as it was sealed: a sentence by the name of the file; empty: all is whole.

    tables  as read, by the name of their file
    Raises StewardError where there is no seal, or it is that of another run.
    """
    sealed = _read(folder / SEAL, tables)
    if sealed["run_id"] != run_id:
        raise StewardError(
            f"{folder / SEAL}: seals the run {sealed['run_id'][:8]}, and this is {run_id[:8]}; "
            "make the run again"
        )
    found = {}
    for name, frame in tables.items():
        was = sealed["tables"][name]
        if sha256_of(folder / name) == was["sha256"]:
            continue
        wrote = "with other content" if frame.height == was["rows"] else f"with {was['rows']:,}"
        found[name] = f"has {frame.height:,} rows, and is not the table that the run wrote {wrote}"
    return found


def sha256_of(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path, names: Iterable[str]) -> dict[str, Any]:
    again = "make the run again"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StewardError(
            f"{path.parent}: holds no {path.name}, so nobody can say whether its tables are whole; "
            f"{again}"
        ) from None
    except (OSError, ValueError) as error:
        raise StewardError(f"{path}: cannot be read ({error}); {again}") from None
    if not _is_seal(content, names):
        raise StewardError(f"{path}: is no seal of a run; {again}")
    found: dict[str, Any] = content
    return found


def _is_seal(content: Any, names: Iterable[str]) -> bool:
    try:
        tables = [content["tables"][name] for name in names]
        told = [(one["rows"], one["sha256"]) for one in tables] + [(0, content["run_id"])]
    except (KeyError, TypeError):
        return False
    return all(isinstance(rows, int) and isinstance(text, str) for rows, text in told)
