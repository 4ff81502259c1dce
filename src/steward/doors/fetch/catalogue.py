"""Where public data lie: the packaged `sources.toml`, and a file of the user's that changes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from steward.terms.errors import StewardError

Kind = Literal[
    "index",
    "strategy_index",
    "vx_contract",
    "vx_archive",
    "fred",
    "alfred",
    "calendar_page",
    "delayed_chain",
]
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LARGEST_MB = 64
NAME = re.compile(r"[a-z][a-z0-9_]*")
SYMBOL = re.compile(r"[A-Z0-9]+")
PLACES: Mapping[str, frozenset[str]] = {
    "index": frozenset({"symbol"}),
    "strategy_index": frozenset({"symbol"}),
    "vx_contract": frozenset({"expiry"}),
    "vx_archive": frozenset({"letter", "yy"}),
    "fred": frozenset({"symbol"}),
    "alfred": frozenset({"symbol", "key"}),
    "calendar_page": frozenset(),
    "delayed_chain": frozenset({"symbol"}),
}
"""What the address of a kind is filled with; each of them must stand in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Whose data: one publisher, its terms, and how long to wait between two requests to a host."""

    name: str
    title: str
    terms: str  # address
    statement: str  # one sentence on what the terms say
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """One kind of file of a publisher.

    url, file     templates (see `sources.toml`)   table  of the store that its rows belong to
    key           name of the environment variable with the user's key; None: needs none
    without_key   name of the source that is taken where there is no key
    first_expiry, last_expiry  of VX contracts
    largest       bytes of a file, unpacked, at the most
    """

    name: str
    group: Group
    kind: Kind
    url: str
    file: str = ""
    table: str = ""
    symbols: tuple[str, ...] = ()
    key: str | None = None
    without_key: str | None = None
    first_expiry: date = date.min
    last_expiry: date = date.max
    largest: int = LARGEST_MB * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All groups and sources, by name."""

    groups: Mapping[str, Group]
    sources: Mapping[str, DataSource]

    def of_kind(self, *kinds: Kind) -> tuple[DataSource, ...]:
        return tuple(one for one in self.sources.values() if one.kind in kinds)


GROUP_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "title": str,
    "terms": str,
    "statement": str,
    "seconds": (int, float),
    "off": bool,
}
SOURCE_KEYS: Mapping[str, type | tuple[type, ...]] = {
    "group": str,
    "kind": str,
    "url": str,
    "file": str,
    "table": str,
    "symbols": list,
    "key": str,
    "without_key": str,
    "first_expiry": date,
    "last_expiry": date,
    "largest_mb": int,
    "off": bool,
}


def catalogue(own: Path | None = None) -> Catalogue:
    """The packaged catalogue, changed by the user's file where one is given.

    Raises StewardError for the first mistake: file, entry, key, value and what it must be.
    """
    text, shown = packaged(), "sources.toml"
    said = _parsed(text, shown)
    if own is not None:
        shown = str(own)
        try:
            text = own.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StewardError(
                f"--sources {own}: cannot be read ({error}); name a TOML file in UTF-8"
            ) from error
        said = _changed(said, _parsed(text, shown))
    off = {name for name, keys in said["groups"].items() if keys.get("off", False)}
    groups = {
        name: _group(name, keys, shown) for name, keys in said["groups"].items() if name not in off
    }
    sources = {
        name: _source(name, keys, groups, shown)
        for name, keys in said["sources"].items()
        if not keys.get("off", False) and keys.get("group") not in off
    }
    for one in sources.values():
        if one.without_key is not None and one.without_key not in sources:
            raise _wrong(
                shown, f"sources.{one.name}", "without_key", one.without_key, "is no source"
            )
    return Catalogue(groups=groups, sources=sources)


def packaged() -> str:
    """The text of the file that comes with Steward."""
    return (resources.files("steward.doors.fetch") / "sources.toml").read_text("utf-8")


def _parsed(text: str, shown: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Both tables with their entries, every key known and of its type."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StewardError(f"{shown}: is no TOML file ({error})") from error
    for name in said:
        if name not in ("groups", "sources"):
            raise StewardError(f"{shown}: unknown table [{name}]; there are groups and sources")
    known = {"groups": GROUP_KEYS, "sources": SOURCE_KEYS}
    for table, keys in known.items():
        entries = said.setdefault(table, {})
        if not isinstance(entries, dict):
            raise StewardError(f"{shown}: {table} must be a table, as [{table}.NAME]")
        for name, entry in entries.items():
            place = f"{table}.{name}"
            if not NAME.fullmatch(name):
                raise StewardError(f"{shown}, [{place}]: a name has a-z, 0-9 and _ only")
            if not isinstance(entry, dict):
                raise StewardError(f"{shown}, {place}: must be a table, as [{place}]")
            for key, value in entry.items():
                if key not in keys:
                    raise StewardError(
                        f"{shown}, [{place}]: unknown key {key}; there are {', '.join(keys)}"
                    )
                kind = keys[key]
                fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
                if not fits:
                    raise _wrong(shown, place, key, value, f"must be {_in_words(kind)}")
    return said


def _changed(
    ours: dict[str, dict[str, dict[str, Any]]], own: dict[str, dict[str, dict[str, Any]]]
) -> dict[str, dict[str, dict[str, Any]]]:
    return {
        table: {
            name: {**ours[table].get(name, {}), **own[table].get(name, {})}
            for name in dict.fromkeys([*ours[table], *own[table]])
        }
        for table in ("groups", "sources")
    }


def _group(name: str, keys: Mapping[str, Any], shown: str) -> Group:
    place = f"groups.{name}"
    _needs(keys, [key for key in GROUP_KEYS if key != "off"], shown, place)
    if not 0.0 <= keys["seconds"] <= 3600.0:
        raise _wrong(shown, place, "seconds", keys["seconds"], "must be 0 to 3600")
    if not keys["terms"].startswith("https://"):
        raise _wrong(shown, place, "terms", keys["terms"], "must begin with https://")
    return Group(
        name=name,
        title=keys["title"],
        terms=keys["terms"],
        statement=keys["statement"],
        seconds=float(keys["seconds"]),
    )


def _source(
    name: str, keys: Mapping[str, Any], groups: Mapping[str, Group], shown: str
) -> DataSource:
    place = f"sources.{name}"
    _needs(keys, ("group", "kind", "url"), shown, place)
    kind: Kind = keys["kind"]
    if kind not in get_args(Kind):
        raise _wrong(shown, place, "kind", kind, f"must be one of {', '.join(get_args(Kind))}")
    if keys["group"] not in groups:
        raise _wrong(shown, place, "group", keys["group"], f"must be one of {', '.join(groups)}")
    if kind != "calendar_page":
        _needs(keys, ("file", "table"), shown, place)
    places = PLACES[kind]
    _check_template(keys["url"], places, (), shown, place, "url")
    _check_address(keys["url"], shown, place)
    file = keys.get("file", "")
    if kind != "calendar_page":
        _check_template(file, places - {"key"}, ("key",), shown, place, "file")
    if "/" in file or "\\" in file or file.startswith("."):
        raise _wrong(shown, place, "file", file, "must be a name without folders")
    symbols = keys.get("symbols", [])
    for symbol in symbols:
        if not isinstance(symbol, str) or not SYMBOL.fullmatch(symbol):
            raise _wrong(shown, place, "symbols", symbol, "has A-Z and 0-9 only")
    if "symbol" in places and not symbols:
        raise StewardError(f"{shown}, [{place}]: symbols is missing: what is to be fetched?")
    if "key" in places and "key" not in keys:
        raise StewardError(f"{shown}, [{place}]: key is missing: the variable that holds {{key}}")
    largest = keys.get("largest_mb", LARGEST_MB)
    if not 1 <= largest <= 4096:
        raise _wrong(shown, place, "largest_mb", largest, "must be 1 to 4096")
    return DataSource(
        name=name,
        group=groups[keys["group"]],
        kind=kind,
        url=keys["url"],
        file=file,
        table=keys.get("table", ""),
        symbols=tuple(symbols),
        key=keys.get("key"),
        without_key=keys.get("without_key"),
        first_expiry=keys.get("first_expiry", date.min),
        last_expiry=keys.get("last_expiry", date.max),
        largest=largest * 1024 * 1024,
    )


def _check_template(
    text: str, places: frozenset[str], never: Sequence[str], shown: str, place: str, key: str
) -> None:
    found = set(re.findall(r"\{([^{}]*)\}", text))
    for name in sorted(places - found):
        raise _wrong(shown, place, key, text, f"lacks {{{name}}}")
    for name in sorted(found - places | found & set(never)):
        raise _wrong(shown, place, key, text, f"{{{name}}} means nothing here")


def _check_address(url: str, shown: str, place: str) -> None:
    parts = urlsplit(url)
    if "{" in parts.netloc or not parts.hostname:
        raise _wrong(shown, place, "url", url, "must name one host")
    if parts.username or parts.password:
        raise StewardError(f"{shown}, [{place}], url: must not hold a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise _wrong(shown, place, "url", url, "must begin with https://")


def _needs(
    keys: Mapping[str, Any], names: Mapping[str, Any] | Sequence[str], shown: str, place: str
) -> None:
    for name in names:
        if name not in keys:
            raise StewardError(f"{shown}, [{place}]: {name} is missing")


def _in_words(kind: type | tuple[type, ...]) -> str:
    words = {
        str: "a text",
        list: "a list",
        date: "a day",
        int: "a whole number",
        bool: "true/false",
    }
    return "a number" if isinstance(kind, tuple) else words[kind]


def _wrong(shown: str, place: str, key: str, value: object, complaint: str) -> StewardError:
    return StewardError(f"{shown}, [{place}], {key}: {str(value)!r} {complaint}")
