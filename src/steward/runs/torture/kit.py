"""The kit on one engine: where its scenarios lie, and a verdict for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from steward.runs.torture.compare import (
    FAIL,
    NOT_SUPPORTED,
    PASS,
    Verdict,
    differences,
    not_compared,
)
from steward.runs.torture.engine import Engine, lacking
from steward.runs.torture.records import Scenario
from steward.runs.torture.steward_engine import StewardEngine
from steward.terms.errors import StewardError

ENGINES = {"steward": StewardEngine}
"""Those that need nothing beside Steward; adapters of others run by hand (torture/adapters)."""


def engine(name: str) -> Engine:
    """Raises StewardError for a name that is none."""
    if name not in ENGINES:
        raise StewardError(
            f"--engine {name}: none of {', '.join(ENGINES)}; adapters of other engines are run by "
            "hand, see docs/torture.md"
        )
    return ENGINES[name]()


def scenarios_folder() -> Path:
    """Beside this module in an installed package, else in the checkout that it runs from.

    Raises StewardError where neither is.
    """
    here = Path(__file__).resolve()
    for folder in (here.with_name("scenarios"), here.parents[4] / "torture" / "scenarios"):
        if folder.is_dir():
            return folder
    raise StewardError("the scenarios did not come with this installation: name --scenarios DIR")


def verdict(scenario: Scenario, on: Engine) -> Verdict:
    """One scenario on one engine."""
    lacks = lacking(on, scenario)
    if lacks:
        return Verdict(scenario=scenario, state=NOT_SUPPORTED, why=", ".join(lacks))
    found = differences(scenario, on.run(scenario), on.reports)
    return Verdict(
        scenario=scenario,
        state=FAIL if found else PASS,
        differences=found,
        not_compared=not_compared(scenario, on.reports),
    )


def verdicts(scenarios: Iterable[Scenario], on: Engine) -> Iterator[Verdict]:
    for one in scenarios:
        yield verdict(one, on)
