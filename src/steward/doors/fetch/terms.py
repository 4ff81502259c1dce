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
    every = dict.fromkeys([*groups, *(catalogue.groups[name] for name in accept)])
    new = [group for group in every if held.get(group.name) != group.terms]
    for group in new:
        say(f"{group.title}: {group.statement} Its terms stand at {group.terms}")
    lacking = [group for group in new if group.name not in accept]
    if lacking and ask is None:
        raise StewardError(
            f"the terms of {' and '.join(group.title for group in lacking)} are not accepted yet: "
            f"read them ({', '.join(group.terms for group in lacking)}), then say so once with "
            + " ".join(f"--accept-terms {group.name}" for group in lacking)
        )
    for group in new:
        question = f"Have you read the terms of {group.title}, and do you accept them?"
        if group in lacking and ask is not None and not ask(question):
            raise StewardError(f"the terms of {group.title} were not accepted: nothing was fetched")
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
