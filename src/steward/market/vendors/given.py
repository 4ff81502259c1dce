"""Where a history's rows come from: the files of a data folder, or a store in the same shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from steward.market.vendors.clock import Moments
from steward.market.vendors.csv_file import Column, SourceFile, read_source, table
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of one file of a data folder.

    name   for counts, no path of a machine    shown  as the user gave it, for errors
    frame  the asked columns, cast, and `line`
    known_at  by column, when its first vintages were public (NaT: no vintage), a row each
    """

    name: str
    shown: str
    frame: pl.DataFrame
    known_at: Mapping[str, Moments] = field(default_factory=dict)


class Given(Protocol):
    """What a history is made of."""

    def sheet(self, name: str, columns: Mapping[str, Column]) -> Sheet | None:
        """The rows of the file that a data folder has under `name`; None without any.

        Raises StewardError for rows that cannot be read.
        """

    def lacking(self, name: str, header: str) -> StewardError:
        """The one sentence about a file that has to be there."""


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """The files of a data folder; `files` fills with those that were read."""

    folder: Path
    files: list[SourceFile] = field(default_factory=list)

    def sheet(self, name: str, columns: Mapping[str, Column]) -> Sheet | None:
        source = read_source(self.folder, name)
        if source is None:
            return None
        self.files.append(source)
        return Sheet(name=source.name, shown=source.shown, frame=table(source, columns))

    def lacking(self, name: str, header: str) -> StewardError:
        return StewardError(f"{self.folder}: has no {name}; a data folder needs {header}")
