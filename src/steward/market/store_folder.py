"""The folder of a store: its mark, what may be written there, and how a file is written whole."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path

from steward.terms.errors import StewardError

MARK = "steward-store.json"
FORMAT = 1
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
"""Errors of a system that lets nobody, or not this user, write somewhere."""


def cannot_write(root: Path, error: OSError) -> StewardError:
    """What to say where a store, or a folder of it, cannot be written to."""
    return StewardError(
        f"{root}: cannot be written to ({error.strerror}); a store must lie in a folder that you "
        "may change"
    )


def unmake(root: Path) -> None:
    """Take away a store that holds nothing; what else lies in its folder stays."""
    (root / MARK).unlink(missing_ok=True)
    (root / ".lock").unlink(missing_ok=True)
    for folder in (root / "imports", root):
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()


def is_store(root: Path) -> bool:
    return (root / MARK).is_file()


def write_atomically(path: Path, text: str) -> None:
    """The whole text or nothing, whenever the process ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _way_to_a_store(root: Path) -> str:
    """Into a folder that holds something no store is made."""
    if not root.exists():
        return f"does not exist; make a store with `steward data import PATH --to {root}`"
    if root.is_dir() and not any(root.iterdir()):
        return f"is no store; make one with `steward data import PATH --to {root}`"
    return f"is no store; make one of its files with `steward data import {root} --to STORE`"


def check_mark(root: Path) -> None:
    try:
        said = json.loads((root / MARK).read_text(encoding="utf-8"))
        known = said["format"] == FORMAT
    except (FileNotFoundError, NotADirectoryError):
        raise StewardError(f"{root}: {_way_to_a_store(root)}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StewardError(
            f"{root / MARK}: cannot be read ({error}); import into a new folder"
        ) from error
    if not known:
        raise StewardError(
            f"{root}: is a store of format {said['format']}, this Steward reads {FORMAT}; import "
            "the files into a new folder"
        )
