"""One file that is read: what its beginning shows, what its user says, what its name says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any, BinaryIO

from steward.market.vendors.csv_stream import header_names
from steward.terms.errors import StewardError

HEAD_BYTES = 64 * 1024
"""As much of a file as a layout is recognised by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What the user says of a file that does not say it itself; None: not said.

    symbol  "SPX" or "VIX"    root  "SPXW"    session  the trading day    time  New York
    today   rows of a series on later days are of the future, so they are set aside
    """

    symbol: str | None = None
    root: str | None = None
    session: date | None = None
    time: time | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a file.

    name   of the file (or archive member), without folders
    data   the first bytes, unpacked    lines  its first whole lines as text, BOM off
    """

    name: str
    data: bytes
    lines: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Cleaned column names of the first line."""
        return header_names(self.lines[0]) if self.lines else ()


def head_of(name: str, data: bytes) -> Head:
    """A head of a file's first bytes; no lines where they are not text."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        cut = error.start if error.start > len(data) - 8 else 0  # a character cut in two
        text = data[:cut].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if "\0" in text:
        text = ""
    # breaks as `stream_csv` counts them: a form feed inside of a title is none
    broken = text.removesuffix("\n").split("\n") if text else []
    lines = [line.removesuffix("\r") for line in broken]
    whole = lines if len(data) < HEAD_BYTES or len(lines) <= 1 else lines[:-1]
    return Head(name=name, data=data, lines=tuple(whole))


class Source:
    """One file to be read.

    shown  the file as the user gave it, for errors
    open   a new stream of its unpacked bytes, from the first one on
    notes  what was inferred while reading, for the report; ignored  columns that are not read
    warnings  what a user has to know before trusting the file
    told   what its name or its user said that its reading asked for: with the content it is what
           makes a file the same file
    given_name, given_hints  name and hints for those who only hand them on
    """

    __slots__ = (
        "given_hints",
        "given_name",
        "head",
        "ignored",
        "notes",
        "open",
        "shown",
        "told",
        "warnings",
    )

    def __init__(
        self,
        *,
        name: str,
        shown: str,
        head: Head,
        open: Callable[[], BinaryIO],
        hints: Hints | None = None,
    ) -> None:
        self.given_name = name
        self.given_hints = hints or Hints()
        self.shown = shown
        self.head = head
        self.open = open
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.ignored: tuple[str, ...] = ()
        self.told: set[str] = set()

    @property
    def name(self) -> str:
        """Of the file or archive member, without folders."""
        self.told.add(f"name {plain_name(self.given_name)}")
        return self.given_name

    def hint(self, what: str) -> Any:
        """What the user says: "symbol", "root", "session" or "time"; None: nothing."""
        said = getattr(self.given_hints, what)
        if said is not None:
            self.told.add(f"{what} {said}")
        return said

    def note(self, sentence: str) -> None:
        """Once each."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def warn(self, sentence: str) -> None:
        """Of what a user has to know before trusting the file; once each."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def symbol(self) -> str:
        """The underlying that the user names, else the file's name; raises where neither does."""
        said: str | None = self.hint("symbol")
        if said:
            return said
        found = symbol_in(self.given_name)
        if found is None:
            raise StewardError(
                f"{self.shown}: neither the file nor its name says which underlying it is of; "
                "say it with --symbol SPX or --symbol VIX"
            )
        self.told.add(f"symbol {found}")
        self.note(f"underlying {found}: from the file's name")
        return found

    def root(self) -> str | None:
        """The root that the user names, else one in the file's name: SPXW, VIXW; else None.

        SPX or VIX in a name say no more than the underlying.
        """
        said: str | None = self.hint("root")
        if said:
            return said
        words = re.findall(r"(?i)(?<![a-z])(spxw?|vixw?)(?![a-z])", self.given_name)
        found: set[str] = {word.upper() for word in words}
        if len(found) != 1 or not (root := found.pop()).endswith("W"):
            return None
        self.told.add(f"root {root}")
        self.note(f"root {root}: from the file's name")
        return root

    def session(self) -> date:
        """The trading day that the user names, else the file's name; raises where neither does."""
        said: date | None = self.hint("session")
        if said:
            return said
        found = day_in(self.given_name)
        if found is None:
            raise StewardError(
                f"{self.shown}: neither the file nor its name says which day it is of; say it with "
                "--session 2022-09-13"
            )
        self.told.add(f"session {found}")
        self.note(f"session {found}: from the file's name")
        return found

    def snapshot(self) -> str:
        """The clock that the user names, as HHMM; else the end of the day, and that is said.

        From the close of options on it is the end of the day.
        """
        said: time | None = self.hint("time")
        if said:
            return "eod" if said >= OPTIONS_CLOSE else f"{said:%H%M}"
        self.note("the file has no time of day: taken as the end of the day (else say --time)")
        return "eod"


OPTIONS_CLOSE = time(16, 15)
"""New York, on a whole day."""

COPY = re.compile(r"(?i)(?:\s*\(\d+\)|\s*-?\s*copy)+(?=\.|$)")
"""What a browser or a desktop adds to the name of a second copy."""


def plain_name(name: str) -> str:
    """A file's name without the marks of a copy, in lower case."""
    return COPY.sub("", name).lower()


def symbol_in(name: str) -> str | None:
    """SPX or VIX, where a file's name holds one of them (or a root) as a word."""
    found = {
        word.upper().removesuffix("W")
        for word in re.findall(r"(?i)(?<![a-z])(spxw?|vixw?)(?![a-z])", name)
    }
    return found.pop() if len(found) == 1 else None


def day_in(name: str) -> date | None:
    """The one day that a file's name holds, as 2025-08-22 or 20250822."""
    found = set()
    for year, month, day in re.findall(
        r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)", name
    ):
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None
