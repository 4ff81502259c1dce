"""Paths as a user gives them → files as layouts read them: folders, `.gz`, `.zip`, `.7z`."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file, or one member of an archive.

    name   without folders and without .gz    shown  as the user gave it, for errors
    path   on the disk (of the archive)       open   a new stream of the unpacked bytes
    size   bytes on the disk, of a member packed; for the progress
    """

    name: str
    shown: str
    path: Path
    open: Callable[[], BinaryIO]
    size: int


def find(paths: Sequence[Path]) -> Iterator[Found]:
    """Every file under the paths, in the order given, folders sorted by name.

    Raises StewardError for a path that is not there.
    """
    for path in paths:
        if not path.exists():
            raise StewardError(f"{path}: does not exist")
        if path.is_dir():
            for inner in sorted(p for p in path.rglob("*") if p.is_file()):
                if not any(part.startswith(".") for part in inner.relative_to(path).parts):
                    yield from _of_file(inner)
        else:
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Found]:
    name = path.name
    if name.lower().endswith(".zip"):
        yield from _of_zip(path)
    elif name.lower().endswith(".gz"):
        yield Found(
            name=name[:-3],
            shown=str(path),
            path=path,
            open=lambda: cast(BinaryIO, gzip.GzipFile(path)),
            size=path.stat().st_size,
        )
    else:
        yield Found(
            name=name,
            shown=str(path),
            path=path,
            open=lambda: path.open("rb"),
            size=path.stat().st_size,
        )


def _of_zip(path: Path) -> Iterator[Found]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise StewardError(f"{path}: cannot be unpacked ({error}); bring the file again") from error
    for info in members:
        yield Found(
            name=Path(info.filename).name,
            shown=f"{path}/{info.filename}",
            path=path,
            open=_member(path, info.filename),
            size=info.compress_size,
        )


def _member(path: Path, name: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        archive = zipfile.ZipFile(path)
        stream = archive.open(name)
        return io.BufferedReader(cast(io.RawIOBase, stream))

    return opened
