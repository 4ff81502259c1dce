"""Where a publisher's terms stand is said once, and the answer is kept in the user's own folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from steward.doors.fetch.catalogue import Catalogue, Group
from steward.market.store_folder import write_atomically
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
) -> frozenset[Group]:
    """Those of the groups whose terms are accepted: before, by `accept` (names of groups), or on
    being asked; of the others it is said how to accept theirs.

    ask  None where nobody is at the terminal
    Raises StewardError for a name that is no group, and where none of the groups is accepted.
    """
    for name in accept:
        if name not in catalogue.groups:
            raise StewardError(
                f"--accept-terms {name}: no such publisher; there are {', '.join(catalogue.groups)}"
            )
    wanted = tuple(dict.fromkeys(groups))
    held = accepted(folder)
    every = dict.fromkeys([*wanted, *(catalogue.groups[name] for name in accept)])
    new = [group for group in every if held.get(group.name) != group.terms]
    for group in new:
        say(f"{group.title}: {group.statement} Its terms stand at {group.terms}")
    lacking = [group for group in new if group.name not in accept and not _yes(group, ask)]
    if wanted and set(wanted) <= set(lacking):
        raise StewardError(_nothing_accepted(lacking, was_asked=ask is not None))
    for group in new:
        if group not in lacking:
            _remember(folder, group, today)
    for group in lacking:
        say(
            f"{group.title}: skipped, since its terms are not accepted; --accept-terms "
            f"{group.name} accepts them"
        )
    return frozenset(wanted) - frozenset(lacking)


def _yes(group: Group, ask: Ask | None) -> bool:
    question = f"Have you read the terms of {group.title}, and do you accept them?"
    return ask is not None and ask(question)


def _nothing_accepted(lacking: Sequence[Group], *, was_asked: bool) -> str:
    titles = " and ".join(group.title for group in lacking)
    if was_asked:
        return f"the terms of {titles} were not accepted: nothing was fetched"
    return (
        f"the terms of {titles} are not accepted yet: read them "
        f"({', '.join(group.terms for group in lacking)}), then say so once with "
        + " ".join(f"--accept-terms {group.name}" for group in lacking)
    )


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
        raise StewardError(
            f"{path}: the acceptance cannot be written ({error}); make the folder writable"
        ) from error
