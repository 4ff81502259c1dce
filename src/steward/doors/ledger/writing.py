"""A file that is written whole or not at all, and never over another one unasked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from pathlib import Path

from steward.terms.errors import StewardError


def refuse_existing(path: Path, *, force: bool, option: str) -> None:
    """Raises StewardError for a file that is there, unless `force`; for a folder always."""
    if path.is_dir():
        raise StewardError(f"{option} {path}: is a folder; name a file")
    if not force and (path.exists() or path.is_symlink()):
        raise StewardError(f"{option} {path}: is there already; --force writes over it")


def write_whole(path: Path, lines: Iterable[str], *, force: bool, option: str) -> None:
    """Write the lines, each with its own end, to a file beside `path` that then takes its place.

    Raises StewardError as `refuse_existing`, or where it cannot be written.
    """
    refuse_existing(path, force=force, option=option)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("x", encoding="utf-8", newline="") as file:
                file.writelines(lines)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise StewardError(
            f"{option} {path}: cannot be written ({error.strerror}); name another place"
        ) from None
