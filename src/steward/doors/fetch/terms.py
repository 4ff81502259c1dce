"""Where a publisher's terms stand is said once, and the answer is kept in the user's own folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from steward.doors.fetch.catalogue import Catalogue, Group
from steward.market.store import write_atomically
from steward.terms.errors import StewardError

Ask = Callable[[str], bool]
"""A question to somebody at the terminal, and whether the answer was yes."""


def config_folder(environment: Mapping[str, str]) -> Path:
    """The user's folder for settings of Steward: XDG_CONFIG_HOME, else ~/.config."""
    given = environment.get("XDG_CONFIG_HOME", "")
    # Source: the XDG base directory specification: a path that is not absolute is ignored.
    home = Path(given) if given and Path(given).is_absolute() else Path.home() / ".config"
    return home / "steward"


def accepted(folder: Path) -> dict[str, str]:
    """Address of the accepted terms by group; a file that cannot be read is no acceptance."""
    try:
        said = json.loads((folder / "terms.json").read_text("utf-8"))
        return {str(name): str(one["terms"]) for name, one in said.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def check_terms(
    groups: Iterable[Group],
    catalogue: Catalogue,
    folder: Path,
    *,
    accept: Sequence[str],
    ask: Ask | None,
    say: Callable[[str], None],
    today: date,
) -> None:
    """Every group's terms are accepted: before, by `accept` (names of groups), or on being asked.

    ask  None where nobody is at the terminal
    Raises StewardError for a name that is no group and for terms that are not accepted.
    """
    for name in accept:
        if name not in catalogue.groups:
            raise StewardError(
                f"--accept-terms {name}: no such publisher; there are {', '.join(catalogue.groups)}"
            )
    held = accepted(folder)
    for group in dict.fromkeys([*groups, *(catalogue.groups[name] for name in accept)]):
        if held.get(group.name) == group.terms:
            continue
        say(f"{group.title}: {group.statement} Its terms stand at {group.terms}")
        if group.name not in accept:
            if ask is None:
                raise StewardError(
                    f"the terms of {group.title} ({group.terms}) are not accepted yet: read them, "
                    f"then say so once with --accept-terms {group.name}"
                )
            if not ask(f"Have you read the terms of {group.title}, and do you accept them?"):
                raise StewardError(
                    f"the terms of {group.title} were not accepted: nothing was fetched from there"
                )
        held[group.name] = group.terms
        _remember(folder, group, today)


def _remember(folder: Path, group: Group, today: date) -> None:
    path = folder / "terms.json"
    try:
        said = json.loads(path.read_text("utf-8"))
        said = said if isinstance(said, dict) else {}
    except (OSError, ValueError):
        said = {}
    said[group.name] = {"terms": group.terms, "accepted": today.isoformat()}
    try:
        write_atomically(path, json.dumps(said, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise StewardError(f"{path}: the acceptance cannot be written ({error})") from error
