"""Which numbers this package prices with: its files, their index, and whether they are whole.

Every file of `pricing/files` is read here. A fit puts what it has just fitted in the place of what
is packaged, for as long as the next one runs (`instead`).

`steward model fit` writes the files and beside them `files/model.toml`, which names for each one
its hash and the data that it was fitted on. A file that was changed by hand no longer agrees.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, ParamSpec, TypeVar, cast

from steward.terms.errors import StewardError

INDEX = "model.toml"
FORMAT = 1
FINGERPRINT = 12
"""Characters of the hash by which the packaged numbers are named."""

FILES = ("brokers", "fees", "rates", "smile", "spreads", "term", "ticks", "vix_smile", "vvix", "vx")
"""Of `pricing/files`, by name; all that modelled prices and their fills depend on."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is read for now.

    texts   in the place of packaged files     hidden  names that must not be read
    read    hashes of what was asked for, by name
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    read: dict[str, str] = field(default_factory=dict)


_shelves = [_Shelf()]
"""The last one counts."""

_forgetting: list[Callable[[], None]] = []


def folder_of(room: str) -> Traversable:
    """The folder of a room's packaged files, as `pricing` or `market`."""
    return resources.files(f"steward.{room}") / "files"


def remembered(maxsize: int = 1) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """As `functools.lru_cache`, for what depends on a packaged file: see `forget`."""

    def keep(function: Callable[P, T]) -> Callable[P, T]:
        memory = lru_cache(maxsize=maxsize)(function)
        when_forgotten(memory.cache_clear)
        return cast("Callable[P, T]", memory)

    return keep


def when_forgotten(clear: Callable[[], None]) -> None:
    """Clear another memory of what depends on a packaged file too."""
    _forgetting.append(clear)


def forget() -> None:
    """Let go of everything that was `remembered`: the files are read anew."""
    for clear in _forgetting:
        clear()


def text(name: str) -> str:
    """A file of `pricing/files` by its name without the ending, or what is in its place.

    Raises LookupError for one that is hidden.
    """
    shelf = _shelves[-1]
    if name in shelf.hidden:
        raise LookupError(f"{name}.toml must not be read here: it is fitted now or later")
    found = shelf.texts.get(name)
    if found is None:
        found = (folder_of("pricing") / f"{name}.toml").read_text("utf-8")
    shelf.read[name] = hash_of(found)
    return found


@contextmanager
def instead(
    texts: Mapping[str, str], *, hidden: Collection[str] = ()
) -> Iterator[Mapping[str, str]]:
    """Price with other texts in the place of packaged files, by name, until the end of the block.

    hidden  names that must not be read within
    Gives the hashes of what was read so far, by name; all of it, since nothing is remembered from
    before. Tables and models that were made outside keep their numbers. One block may lie in
    another, and then has its own texts alone. Not for several threads with different texts.
    """
    shelf = _Shelf(dict(texts), frozenset(hidden))
    _shelves.append(shelf)
    forget()
    try:
        yield shelf.read
    finally:
        _shelves.remove(shelf)
        forget()


def hash_of(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@remembered()
def hashes() -> Mapping[str, str]:
    """SHA-256 of every file that prices depend on, or of what is in its place, by name."""
    return {name: hash_of(text(name)) for name in FILES}


@remembered()
def fingerprint() -> str:
    """A short name of all those files together, from their own bytes."""
    lines = "".join(f"{name} {one}\n" for name, one in hashes().items())
    return hash_of(lines)[:FINGERPRINT]


@remembered()
def index() -> Mapping[str, Any] | None:
    """The packaged index; None where there is none. Raises StewardError for another format."""
    path = folder_of("pricing") / INDEX
    if not path.is_file():
        return None
    return read_index(path.read_text("utf-8"), INDEX)


def read_index(text: str, shown: str) -> Mapping[str, Any]:
    """An index from its text; raises StewardError where it is none, or of another format."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StewardError(
            f"{shown}: no TOML ({error}); make it anew with `steward model fit`"
        ) from error
    if found.get("format") != FORMAT or not isinstance(found.get("section"), dict):
        raise StewardError(
            f"{shown}: is of format {found.get('format')!r}, this version reads {FORMAT}; make it "
            "anew with `steward model fit`"
        )
    return found


@remembered()
def fitted_on() -> frozenset[date] | None:
    """Sessions whose SPX quotes the packaged smile was fitted on; None where it does not say."""
    found = tomllib.loads(text("smile")).get("fitted_on")
    return frozenset(found) if found else None


def changed() -> tuple[str, ...]:
    """Packaged files that are not as the index says, a few words each.

    Missing, with other bytes, or fitted while another of these files was another one.
    """
    known = index()
    if known is None:
        return ()
    found = []
    for name, section in sorted(known["section"].items()):
        path = folder_of(section["room"]) / f"{name}.toml"
        if not path.is_file():
            found.append(f"{section['room']}/files/{name}.toml is missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != section["sha256"]:
            found.append(f"{section['room']}/files/{name}.toml is not as it was fitted")
        for other, was in sorted(section.get("inputs", {}).items()):
            if other in known["section"] and known["section"][other]["sha256"] != was:
                found.append(f"{section['room']}/files/{name}.toml was fitted on another {other}")
    return tuple(found)
