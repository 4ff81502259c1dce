"""What an engine is to the kit: a name, what it can do, and a scenario run to events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from steward.runs.torture.records import NEEDS, Event, Scenario
from steward.terms.errors import StewardError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What an engine made of a scenario.

    events    in their order; within a session the order does not count
    calendar  answers to `CalendarFacts.questions`, as far as the engine has any
    stopped   why it did not come to the end; "" where it did
    """

    events: tuple[Event, ...]
    calendar: Mapping[str, str] = field(default_factory=dict)
    stopped: str = ""


class Engine(Protocol):
    """One engine, or the adapter of one."""

    @property
    def name(self) -> str:
        """As `--engine` names it."""

    @property
    def version(self) -> str:
        """Of the engine, not of the adapter."""

    @property
    def supports(self) -> frozenset[str]:
        """Words of `NEEDS` that it can do."""

    @property
    def reports(self) -> frozenset[str]:
        """Kinds of event that it reports; `cash` is among them. The others are not compared."""

    def run(self, scenario: Scenario) -> Ran:
        """Called only with scenarios whose needs it supports."""


def lacking(engine: Engine, scenario: Scenario) -> tuple[str, ...]:
    """Needs of the scenario that the engine does not support. Raises StewardError for a word that
    is none of the kit's."""
    unknown = sorted(engine.supports - set(NEEDS))
    if unknown:
        raise StewardError(
            f"engine {engine.name} supports {unknown[0]!r}, which is no need of the kit: use one "
            f"of {', '.join(NEEDS)}"
        )
    return tuple(word for word in scenario.needs if word not in engine.supports)
