"""Files that are written whole or not at all, all of a command together or none of them."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True)
class Target:
    """Where an option of the command asks for a file.

    force  it may take the place of one that is there
    """

    option: str
    path: Path
    force: bool = False

    def __str__(self) -> str:
        return f"{self.option} {self.path}"


def page(path: Path) -> Target:
    """A page that --out asks for: made anew each time, over one that is there."""
    return Target("--out", path, force=True)


def check(targets: Sequence[Target]) -> None:
    """Raises StewardError for a target that cannot be written, before anything is.

    That is a folder, a file that is there unless `force`, a place where no file can be, and the
    same file for two options.
    """
    places: dict[Path, Target] = {}
    for target in targets:
        with _told(target):
            other = places.setdefault(target.path.resolve(), target)
            if other is not target:
                raise StewardError(f"{other} and {target} are one file: give each its own")
            _fits(target)


def _fits(target: Target) -> None:
    path = target.path
    if path.is_dir():
        raise StewardError(f"{target}: is a folder; name a file")
    if not target.force and (path.exists() or path.is_symlink()):
        raise StewardError(f"{target}: is there already; --force writes over it")
    folder = next(place for place in path.absolute().parents if place.exists())
    if not folder.is_dir():
        raise StewardError(f"{target}: cannot be written (a file stands there); name another place")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StewardError(
            f"{target}: cannot be written (no right to write in that folder); name another place"
        )


def write(files: Sequence[tuple[Target, Iterable[str]]]) -> None:
    """Write lines, each with its own end, to files beside their targets that then take their place.

    Raises StewardError as `check`, or where one cannot be written: then none is.
    """
    check([target for target, _ in files])
    parts = [
        (target, target.path.with_name(f".{target.path.name}.{uuid.uuid4().hex}.part"), lines)
        for target, lines in files
    ]
    try:
        for target, part, lines in parts:
            with _told(target):
                part.parent.mkdir(parents=True, exist_ok=True)
                with part.open("x", encoding="utf-8", newline="") as file:
                    file.writelines(lines)
        for target, part, _ in parts:
            with _told(target):
                part.replace(target.path)
    finally:
        for _, part, _ in parts:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


@contextlib.contextmanager
def _told(target: Target) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StewardError(
            f"{target}: cannot be written ({error.strerror}); name another place"
        ) from None


def wrote(rows: int, path: Path | str) -> str:
    """How every command says that it wrote a table."""
    return f"Wrote {rows:,} {'row' if rows == 1 else 'rows'} to {path}"
