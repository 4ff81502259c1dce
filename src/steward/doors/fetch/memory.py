"""What was fetched into a store, and when: STORE/fetched/index.json. No key is ever in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from steward.market.store_folder import write_atomically
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One file, as it was last asked for.

    url       with {key} where the key stood    checked  moment of the last request (UTC)
    session   the last one that had closed by then: nothing newer could be there
    sha256    of the raw file; "" where the host had none
    imported  source in the store that its rows are of; None: not imported yet
    """

    url: str
    checked: datetime
    session: date
    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    size: int = 0
    imported: str | None = None


class Memory:
    """Files by SOURCE/NAME; each change is on the disk before the next request."""

    def __init__(self, store: Path) -> None:
        """Raises StewardError where the file is there and cannot be read."""
        self.path = store / "fetched" / "index.json"
        self.files: dict[str, Fetched] = {}
        try:
            said = json.loads(self.path.read_text("utf-8"))
            self.files = {str(name): _fetched(one) for name, one in said["files"].items()}
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StewardError(
                f"{self.path}: cannot be read ({error}); take it out and fetch again: what is "
                "imported stays"
            ) from error

    def keep(self, name: str, fetched: Fetched) -> None:
        self.files[name] = fetched
        self._write()

    def imported(self, name: str, source: str) -> None:
        """Its rows are in the store now."""
        self.keep(name, replace(self.files[name], imported=source))

    def forget(self, name: str) -> None:
        if self.files.pop(name, None) is not None:
            self._write()

    def _write(self) -> None:
        files = {name: asdict(self.files[name]) for name in sorted(self.files)}
        text = json.dumps({"files": files}, indent=1, default=lambda day: day.isoformat())
        write_atomically(self.path, text + "\n")


def _fetched(said: dict[str, Any]) -> Fetched:
    moment = datetime.fromisoformat(said["checked"])
    return Fetched(**{**said, "checked": moment, "session": date.fromisoformat(said["session"])})
