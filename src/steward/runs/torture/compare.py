"""Expected against reported, event by event, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from steward.runs.torture.engine import Ran
from steward.runs.torture.records import (
    EVENTS,
    LEVELS,
    SILENT,
    Event,
    Scenario,
    in_points,
)
from steward.terms.errors import StewardError

NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One event that is not as expected; `expected` and `got` in words."""

    scenario: str
    event: str
    expected: str
    got: str

    @property
    def words(self) -> str:
        """`012-roll, 2026-03-06 fill R1 A: expected cents -100, got cents -99`."""
        return f"{self.scenario}, {self.event}: expected {self.expected}, got {self.got}"


def differences(
    scenario: Scenario, ran: Ran, reports: Collection[str] = frozenset(EVENTS)
) -> tuple[Difference, ...]:
    """All differences, in the order of the sessions; none where the scenario is met.

    Events of one session are matched by what they are about, several of one key in their order.
    A field that the scenario leaves empty is not compared, nor is a level that it does not state.
    Raises StewardError for an engine that does not report its cash.
    """
    if "cash" not in reports:
        raise StewardError("an engine must report cash: without it every scenario would pass")
    found = _calendar(scenario, ran.calendar)
    if ran.stopped:
        found.append(_said(scenario, "the whole run", "an end", f"a stop: {ran.stopped}"))
    expected = [one for one in scenario.expected if one.event in reports]
    stated = {one.key for one in expected}
    got = [
        one
        for one in ran.events
        if one.event in reports
        and not (one.event in LEVELS and one.key not in stated)
        and not (one.event in SILENT and not one.cents)
    ]
    days = {*scenario.sessions, *(one.session for one in got)}
    for session in sorted(days):
        found += _session(scenario, session, expected, got)
    return tuple(found)


def not_compared(scenario: Scenario, reports: Collection[str]) -> int:
    """Expected events of kinds that the engine does not report."""
    return sum(one.event not in reports for one in scenario.expected)


def _calendar(scenario: Scenario, answers: Mapping[str, str]) -> list[Difference]:
    return [
        _said(scenario, question, answer, answers[question])
        for question, answer in scenario.calendar.questions().items()
        if question in answers and answers[question] != answer
    ]


def _session(
    scenario: Scenario, session: date, expected: Iterable[Event], got: Iterable[Event]
) -> list[Difference]:
    found = []
    left = [one for one in got if one.session == session]
    for want in (one for one in expected if one.session == session):
        other = next((one for one in left if one.key == want.key), None)
        if other is None:
            told = _fields(want, want)
            found.append(_said(scenario, want.words, told or "it", NOTHING))
            continue
        left.remove(other)
        if (told := _fields(want, want)) != (seen := _fields(want, other)) and not _alike(
            want, other
        ):
            found.append(_said(scenario, want.words, told, seen + _why(other)))
    found += [
        _said(scenario, one.words, NOTHING, (_fields(one, one) or "it") + _why(one)) for one in left
    ]
    return found


def _alike(want: Event, got: Event) -> bool:
    """Equal in every field that is stated; a state or source is one of those named with `|`."""
    numbers = all(
        stated is None or stated == said
        for stated, said in (
            (want.quantity, got.quantity),
            (want.price, got.price),
            (want.cents, got.cents),
            (want.low, got.low),
            (want.high, got.high),
        )
    )
    words = all(
        not stated or said in stated.split("|")
        for stated, said in ((want.state, got.state), (want.source, got.source))
    )
    return numbers and words


def _fields(stated: Event, shown: Event) -> str:
    """The fields of `shown` that `stated` states."""
    parts = []
    for name in ("quantity", "cents", "low", "high"):
        if getattr(stated, name) is not None:
            parts.append(f"{name} {getattr(shown, name)}")
    if stated.price is not None:
        price = "unknown" if shown.price is None else in_points(shown.price)
        parts.append(f"price {price}")
    for name in ("state", "source"):
        if getattr(stated, name):
            parts.append(f"{name} {getattr(shown, name) or 'unknown'}")
    return ", ".join(parts)


def _why(one: Event) -> str:
    return f" ({one.reason})" if one.reason else ""


def _said(scenario: Scenario, event: str, expected: str, got: str) -> Difference:
    return Difference(scenario=scenario.name, event=event, expected=expected, got=got)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Of one scenario on one engine.

    state         pass, FAIL, or not supported
    why           what the engine lacks, where it is not supported
    not_compared  expected events that the engine does not report
    """

    scenario: Scenario
    state: str
    differences: tuple[Difference, ...] = ()
    why: str = ""
    not_compared: int = 0


PASS, FAIL, NOT_SUPPORTED = "pass", "FAIL", "not supported"


def counts(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    """By state, each of the three named."""
    found = Counter(one.state for one in verdicts)
    return {state: found[state] for state in (PASS, FAIL, NOT_SUPPORTED)}
