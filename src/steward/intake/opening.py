"""Paths as a user gives them → files as layouts read them: folders, `.gz`, `.zip`, `.7z`.

What lies beside the data of a folder or an archive and is none (a README, a picture) is told apart.
An archive is data and may be hostile: no member's name is ever used as a path, and what unpacks to
far more than any table of quotes could is refused before memory or disk are full.
"""

from __future__ import annotations

import gzip
import io
import lzma
import shutil
import stat
import struct
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import BinaryIO, cast

from steward.intake.joined import joinable, joined
from steward.market.paths.marker import MARKER
from steward.market.store_folder import is_store
from steward.terms.errors import StewardError

MOST_EXPANSION = 300
"""Unpacked bytes a packed one; a day of option quotes packs to a fifth, at most to a fiftieth."""

ALWAYS_ALLOWED = 64 * 1024 * 1024
"""Bytes that may be unpacked however well they were packed."""

MOST_NESTED = 256 * 1024 * 1024
"""Bytes of an archive inside an archive, which has to be held in memory."""

MOST_MEMBERS = 100_000

DOCUMENT, STORE = "a document", "a store"
"""What is passed over."""

DOCUMENTS = (
    *(".md", ".rst", ".pdf", ".htm", ".html", ".doc", ".docx", ".rtf", ".odt"),
    *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".py", ".ipynb"),
)
"""Endings of files that are for people."""

DOCUMENT_NAMES = ("readme", "license", "licence", "copying", "notice", "changelog", "authors")
"""Names of such files, without an ending or with `.txt`."""

LOOKED_AT = 64 * 1024
"""Bytes of a `.txt` in which a table would have a separator."""

SEPARATORS = (b",", b"\t", b";", b"|")

ENCRYPTED = 0x1
"""Of the flags of a member of a zip."""

DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError, LookupError, ArithmeticError, AttributeError),
    *(TypeError, AssertionError, struct.error, lzma.LZMAError, zlib.error, zipfile.BadZipFile),
)
"""What the readers of archives, which expect whole ones, raise for damaged ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file, or one member of an archive.

    name   without folders and without .gz    shown  as the user gave it, for errors
    path   on the disk (of the archive)       open   a new stream of the unpacked bytes
    size   bytes on the disk, of a member packed; for the progress
    aside  why it is passed over, `DOCUMENT` or `STORE`; "" where it is to be read
    """

    name: str
    shown: str
    path: Path
    open: Callable[[], BinaryIO]
    size: int
    aside: str = ""


def find(paths: Sequence[Path]) -> Iterator[Found]:
    """Every file under the paths, in the order given, folders sorted by name, dot files left out.

    A path that is itself a file is to be read, whatever it is called; documents and stores that lie
    in a folder or an archive are given with the reason why they are passed over.
    Raises StewardError for a path that is not there or is no regular file. An archive that cannot
    be unpacked is one file that says so when it is opened.
    """
    for path in paths:
        if not path.exists():
            raise StewardError(f"{path}: does not exist")
        if is_store(path):
            yield _no_file(path, "is a store; import its source files")
        elif path.is_dir():
            yield from map(_told_apart, _of_folder(path))
        elif stat.S_ISREG(path.stat().st_mode):
            for found in _of_file(path):
                yield found if found.shown == str(path) else _told_apart(found)
        else:
            raise StewardError(f"{path}: cannot be read twice; save it to a file first")


def _told_apart(found: Found) -> Found:
    """The same, and whether it is a document: by its ending or name; `.txt` without a separator."""
    suffix = PurePosixPath(found.name).suffix.lower()
    stem = found.name.lower().removesuffix(".txt")
    if suffix in DOCUMENTS or stem in DOCUMENT_NAMES:
        return replace(found, aside=DOCUMENT)
    if suffix != ".txt" or found.aside:
        return found
    try:
        with found.open() as file:
            data = file.read(LOOKED_AT)
    except (OSError, EOFError, StewardError):
        return found  # says why when it is opened
    has_separator = any(sign in data for sign in SEPARATORS)
    return found if has_separator else replace(found, aside=DOCUMENT)


def _of_folder(folder: Path) -> Iterator[Found]:
    """By name; a store that lies in the folder is no source of files, nor is a simulated market."""
    if (folder / MARKER).is_file():
        yield _no_file(folder, "is a simulated market and no data; give it to backtest --data")
        return
    if is_store(folder):
        yield replace(_no_file(folder, "is a store"), aside=STORE)
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.is_symlink():
            yield _no_file(path, "is a link to a folder, which is not followed; give the folder")
        elif path.is_dir():
            yield from _of_folder(path)
        elif path.is_file():
            yield from _of_file(path)


def _of_file(path: Path) -> Iterator[Found]:
    kind = path.suffix.lower()
    try:
        if kind == ".zip":
            yield from _of_zip(path)
        elif kind == ".7z":
            yield from _of_7z(path)
        else:
            yield _found(path, _gzip(path) if kind == ".gz" else lambda: path.open("rb"))
    except StewardError as error:  # said again when it is opened, so that the other files go on
        yield _found(path, _failing(error))


def _found(path: Path, opened: Callable[[], BinaryIO]) -> Found:
    return Found(
        name=_plain(path.name), shown=str(path), path=path, open=opened, size=path.stat().st_size
    )


def _no_file(path: Path, reason: str) -> Found:
    """Says so when it is opened."""
    opened = _failing(StewardError(f"{path}: {reason}"))
    return Found(name=path.name, shown=str(path), path=path, open=opened, size=0)


def _failing(error: StewardError) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        raise error

    return opened


# --- streams that say where they end -------------------------------------------------------------


class _Guarded(io.RawIOBase):
    """A stream of unpacked bytes: damage and a bomb become one clear sentence."""

    def __init__(self, stream: BinaryIO, shown: str, packed: int) -> None:
        self._stream = stream
        self._shown = shown
        self._most = max(ALWAYS_ALLOWED, packed * MOST_EXPANSION)
        self._done = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except DAMAGE as error:
            raise _damaged(self._shown, error) from error
        self._done += len(data)
        if self._done > self._most:
            raise StewardError(
                f"{self._shown}: unpacks to more than {MOST_EXPANSION} times its size: no file of "
                "quotes does; unpack it yourself if you trust it"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _guarded(stream: BinaryIO, shown: str, packed: int) -> BinaryIO:
    return io.BufferedReader(_Guarded(stream, shown, packed), buffer_size=1024 * 1024)


def _gzip(path: Path) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        stream = cast(BinaryIO, gzip.GzipFile(path))
        return _guarded(stream, str(path), path.stat().st_size)

    return opened


def _damaged(shown: str, error: Exception) -> StewardError:
    reason = str(error) or type(error).__name__
    return StewardError(f"{shown}: cannot be unpacked ({reason}); bring the file again")


# --- zip -----------------------------------------------------------------------------------------


def _of_zip(path: Path) -> Iterator[Found]:
    members = _members_of_zip(path, str(path))
    if joinable([info.filename for info in members]):
        yield _found(path, _joined(path, str(path), path.stat().st_size))
        return
    for info in members:
        shown = f"{path}/{printable(info.filename)}"
        if info.filename.lower().endswith(".zip"):
            yield from _of_nested(path, info, shown)
        else:
            yield Found(
                name=_plain(info.filename),
                shown=shown,
                path=path,
                open=_member(path, info, shown, info.compress_size),
                size=info.compress_size,
            )


def _members_of_zip(file: Path | BinaryIO, shown: str) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except DAMAGE as error:
        raise _damaged(shown, error) from error
    if len(members) > MOST_MEMBERS:
        raise StewardError(f"{shown}: has {len(members):,} members; unpack it yourself")
    if not members:
        raise StewardError(f"{shown}: is an archive without a file; bring it again")
    if any(info.flag_bits & ENCRYPTED for info in members):
        raise StewardError(f"{shown}: needs a password; unpack it yourself")
    return members


def _member(
    file: Path | Callable[[], BinaryIO], info: zipfile.ZipInfo, shown: str, size: int
) -> Callable[[], BinaryIO]:
    """Not by its name: two members may have one, and the library would read the last one twice."""

    def opened() -> BinaryIO:
        try:
            with closing(zipfile.ZipFile(file if isinstance(file, Path) else file())) as archive:
                stream = cast(BinaryIO, archive.open(info))  # keeps the archive's file open
        except DAMAGE as error:
            raise _damaged(shown, error) from error
        packed = _guarded(stream, shown, size)
        if not info.filename.lower().endswith(".gz"):
            return packed
        return _guarded(cast(BinaryIO, gzip.GzipFile(fileobj=packed)), shown, size)

    return opened


def _joined(file: Path | Callable[[], BinaryIO], shown: str, packed: int) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        try:
            archive = zipfile.ZipFile(file if isinstance(file, Path) else file())
        except DAMAGE as error:
            raise _damaged(shown, error) from error
        return _guarded(joined(archive, shown), shown, packed)

    return opened


def _of_nested(path: Path, info: zipfile.ZipInfo, shown: str) -> Iterator[Found]:
    """The members of a zip inside a zip; deeper ones are files that no layout knows."""

    def held() -> BinaryIO:
        with _member(path, info, shown, MOST_NESTED)() as stream:
            data = stream.read(MOST_NESTED + 1)
        if len(data) > MOST_NESTED:
            raise StewardError(f"{shown}: a large archive inside another one; unpack the outer one")
        return io.BytesIO(data)

    members = _members_of_zip(held(), shown)
    if joinable([inner.filename for inner in members]):
        packed = sum(inner.compress_size for inner in members)
        opened = _joined(held, shown, packed)
        yield Found(name=_plain(info.filename), shown=shown, path=path, open=opened, size=packed)
        return
    for inner in members:
        below = f"{shown}/{printable(inner.filename)}"
        yield Found(
            name=_plain(inner.filename),
            shown=below,
            path=path,
            open=_member(held, inner, below, inner.compress_size),
            size=inner.compress_size,
        )


def _plain(member: str) -> str:
    """A member's name without folders and without .gz; never used as a path."""
    name = printable(PurePosixPath(member.replace("\\", "/")).name)
    return name[:-3] if name.lower().endswith(".gz") else name


def printable(text: str) -> str:
    """Without characters that a terminal obeys: an archive's names are whatever somebody wrote."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


# --- 7z ------------------------------------------------------------------------------------------


def _of_7z(path: Path) -> Iterator[Found]:
    unpacked = _SevenZip(path)
    names = unpacked.names
    for number, name in enumerate(names):
        yield Found(
            name=_plain(name),
            shown=f"{path}/{printable(name)}",
            path=path,
            open=unpacked.opener(number),
            size=path.stat().st_size // len(names),
        )


class _SevenZip:
    """An archive that is unpacked into a temporary folder when its first member is opened.

    The format packs its members together, so one cannot be streamed without those before it. The
    folder goes with this object.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder: Path | None = None
        self.names: list[str]
        py7zr = _py7zr(path)
        try:
            with py7zr.SevenZipFile(path) as archive:
                if archive.needs_password():
                    raise StewardError(f"{path}: needs a password; unpack it yourself")
                self.names = [info.filename for info in archive.list() if info.is_file]
        except (*DAMAGE, py7zr.exceptions.ArchiveError) as error:
            raise _damaged(str(path), error) from error
        if len(self.names) > MOST_MEMBERS:
            raise StewardError(f"{path}: has {len(self.names):,} members; unpack it yourself")
        if not self.names:
            raise StewardError(f"{path}: is an archive without a file; bring it again")

    def opener(self, number: int) -> Callable[[], BinaryIO]:
        def opened() -> BinaryIO:
            return (self._unpack() / str(number)).open("rb")

        return opened

    def _unpack(self) -> Path:
        """The members as files called 0, 1, ... in their order."""
        if self._folder is not None:
            return self._folder
        from steward.intake.seven_zip import unpack

        folder = Path(tempfile.mkdtemp(prefix="steward-7z-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        py7zr = _py7zr(self._path)
        most = max(ALWAYS_ALLOWED, self._path.stat().st_size * MOST_EXPANSION)
        try:
            unpack(self._path, self.names, folder, most)
        except (*DAMAGE, py7zr.exceptions.ArchiveError) as error:
            raise _damaged(str(self._path), error) from error
        self._folder = folder
        return folder


def _py7zr(path: Path) -> ModuleType:
    """Raises StewardError where the package is not installed."""
    try:
        import py7zr
        import py7zr.exceptions
    except ImportError:
        raise StewardError(
            f'{path}: reading .7z needs a package: pip install "steward[sevenzip]", or unpack the '
            "file yourself"
        ) from None
    return py7zr
