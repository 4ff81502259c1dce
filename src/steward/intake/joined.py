"""Archives of many small files that are named for what they hold: one stream, names included.

A file a contract would be thousands of imports for a day, and two contracts of the same content
would be taken for one file.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from steward.market.vendors.chains.lean import FIRST_LINE, of_contract
from steward.terms.errors import StewardError

LARGEST = 64 * 1024 * 1024
"""Unpacked bytes of a member; a contract's minutes of a day are thirty thousand."""


def plain_name(member: str) -> str:
    return member.replace("\\", "/").rpartition("/")[2]


def joinable(members: Sequence[str]) -> bool:
    """Whether each of an archive's members is the file of one contract."""
    return bool(members) and all(of_contract(plain_name(member)) for member in members)


def joined(archive: zipfile.ZipFile, shown: str) -> BinaryIO:
    """The lines of all members by name, each after the member's name and a comma.

    Raises StewardError, while it is read, for damage and for a member that is no small file.
    """
    return io.BufferedReader(_Blocks(_blocks(archive, shown), archive), buffer_size=1024 * 1024)


def _blocks(archive: zipfile.ZipFile, shown: str) -> Iterator[bytes]:
    yield FIRST_LINE.encode() + b"\n"
    members = [info for info in archive.infolist() if not info.is_dir()]
    for info in sorted(members, key=lambda info: plain_name(info.filename)):
        member = info.filename
        try:
            with archive.open(info) as stream:  # not by its name, which two may have
                data = stream.read(LARGEST + 1)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise StewardError(
                f"{shown}/{member}: cannot be unpacked ({error}); bring the file again"
            ) from error
        if len(data) > LARGEST:
            raise StewardError(f"{shown}/{member}: is no file of one contract, it is too large")
        lines = data.replace(b"\r\n", b"\n").strip(b"\n")
        if lines:
            name = plain_name(member).encode() + b","
            yield name + lines.replace(b"\n", b"\n" + name) + b"\n"


class _Blocks(io.RawIOBase):
    """An iterator of bytes as a stream."""

    def __init__(self, blocks: Iterator[bytes], archive: zipfile.ZipFile) -> None:
        self._blocks = blocks
        self._archive = archive
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        n = min(len(buffer), len(self._rest))
        buffer[:n] = self._rest[:n]
        self._rest = self._rest[n:]
        return n

    def close(self) -> None:
        if not self.closed:
            self._archive.close()
        super().close()
