"""Unpacking `.7z` into files that we name; imported only where the extra `sevenzip` is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import py7zr
from py7zr.io import Py7zIO, WriterFactory


class _File(Py7zIO):
    """One member on the disk."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("w+b")

    def write(self, s: bytes | bytearray) -> int:
        return self._file.write(s)

    def read(self, size: int | None = None) -> bytes:
        return self._file.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        self._file.flush()

    def size(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()


class _Numbered(WriterFactory):
    """Members as files called 0, 1, ... by their place among `names`."""

    def __init__(self, names: Sequence[str], folder: Path) -> None:
        self._place = {name: number for number, name in enumerate(names)}
        self._folder = folder
        self.files: list[_File] = []

    def create(self, filename: str) -> Py7zIO:
        number = self._place[self._nearest(filename)]
        self.files.append(_File(self._folder / str(number)))
        return self.files[-1]

    def _nearest(self, filename: str) -> str:
        """The library may hand the name over with another separator."""
        return filename if filename in self._place else filename.replace("\\", "/")


def unpack(path: Path, names: Sequence[str], folder: Path, most: int) -> None:
    """The members `names` of an archive into `folder`, at most `most` bytes together.

    Raises what py7zr raises for damage and for a bomb; KeyError never leaves: ValueError.
    """
    factory = _Numbered(names, folder)
    try:
        with py7zr.SevenZipFile(path, max_extract_size=most) as archive:
            archive.extractall(factory=factory)
    except KeyError as error:
        raise ValueError(f"a member without a name in the list: {error}") from error
    finally:
        for file in factory.files:
            file.close()
    for number in range(len(names)):
        (folder / str(number)).touch()  # an empty member is not written
