"""Which coefficients this package prices with: an index of its files, and whether they are whole.

`steward model fit` writes the files and beside them `files/model.toml`, which names for each one
its hash and the data that it was fitted on. A file that was changed by hand no longer agrees.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from steward.terms.errors import StewardError

INDEX = "model.toml"
SMILE = "smile.toml"
FORMAT = 1
FINGERPRINT = 12
"""Characters of the index's hash by which a fit is named."""


def folder_of(room: str) -> Traversable:
    """The folder of a room's packaged files, as `pricing` or `market`."""
    return resources.files(f"steward.{room}") / "files"


@lru_cache(maxsize=1)
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


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A short name of the packaged fit; "" where it has no index."""
    path = folder_of("pricing") / INDEX
    if not path.is_file():
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:FINGERPRINT]


@lru_cache(maxsize=1)
def fitted_on() -> frozenset[date] | None:
    """Sessions whose SPX quotes the packaged smile was fitted on; None where it does not say."""
    found = tomllib.loads((folder_of("pricing") / SMILE).read_text("utf-8")).get("fitted_on")
    return None if found is None else frozenset(found)


def changed() -> tuple[str, ...]:
    """Packaged files that are not as the index says: missing, or with other bytes."""
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
    return tuple(found)
