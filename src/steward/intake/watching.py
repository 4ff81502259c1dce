"""How far a file is read: what a door shows while an import runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from steward.intake.opening import Found

Progress = Callable[[str, int, int], None]
"""Name of the file, bytes done, bytes in all; of packed files packed bytes, as a guess."""

EXPANSION = 5
"""Unpacked bytes a packed one, for the guess."""


def watched(found: Found, done: int, total: int, progress: Progress) -> Callable[[], BinaryIO]:
    """Opens the file as `found` does, and tells how far it is; never beyond its end."""
    packed = not found.shown.endswith(found.name)

    def opened() -> BinaryIO:
        stream = found.open()
        expansion = EXPANSION if packed else 1

        def tell(read: int) -> None:
            progress(found.name, done + min(read // expansion, found.size), total)

        return io.BufferedReader(_Watched(stream, tell), buffer_size=1024 * 1024)

    return opened


class _Watched(io.RawIOBase):
    def __init__(self, stream: BinaryIO, tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell
        self._read = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._read += len(data)
        self._tell(self._read)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
