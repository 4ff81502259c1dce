"""The folder of real data that coefficients are fitted on, and what was read of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from steward.market.history import History
from steward.market.paths.marker import marked
from steward.market.vendors.data_folder import folder_history
from steward.terms.errors import StewardError

INDEX_PARTS = (
    "index/*.csv",
    "macro/*.csv",
    "vix_futures/**/*.csv.gz",
    "vix_futures/**/*.csv",
)


class Sources:
    """Files by name inside a folder; each one that a fit asks for is remembered with its hash."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet. Raises StewardError where there is no such folder."""
        if not folder.is_dir():
            raise StewardError(f"{folder}: no such folder; a fit needs the one with the real data")
        made_by = marked(folder)
        if made_by:
            raise StewardError(
                f"{folder}: is simulated ({made_by}), and coefficients are fitted to real data: "
                "give the folder with them"
            )
        self.folder = folder
        self._used: dict[str, str] = {}

    @cached_property
    def history(self) -> History:
        """The daily closes, rates and VX settlements of the folder."""
        for pattern in INDEX_PARTS:
            for path in sorted(self.folder.glob(pattern)):
                self.path(path.relative_to(self.folder).as_posix())
        return folder_history(self.folder)

    def path(self, name: str) -> Path:
        """A file of the folder by its name there; raises StewardError where it is missing."""
        path = self.folder / name
        if not path.is_file():
            raise StewardError(f"{path}: missing, and a fit needs it")
        self._used[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return path

    def paths(self, pattern: str) -> list[Path]:
        """All files that a pattern finds, sorted by name; raises StewardError for none."""
        names = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.glob(pattern))
        if not names:
            raise StewardError(f"{self.folder}: no file {pattern}, and a fit needs them")
        return [self.path(name) for name in names]

    @property
    def used(self) -> Mapping[str, str]:
        """SHA-256 of every file that was asked for so far, by name, sorted."""
        return dict(sorted(self._used.items()))
