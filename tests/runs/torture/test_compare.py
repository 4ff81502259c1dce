"""The comparison sees a cent, a missing event and one too many; silence is no pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import pytest

from steward.runs.torture import kit, reader
from steward.runs.torture.compare import FAIL, NOT_SUPPORTED, PASS, counts, differences
from steward.runs.torture.engine import Ran
from steward.runs.torture.records import EVENTS, Event, Scenario
from steward.terms.errors import StewardError

SCENARIOS = kit.scenarios_folder()
FUTURE = reader.read(SCENARIOS / "021-future-variation")
HOLIDAY = reader.read(SCENARIOS / "004-third-friday-holiday")
Change = Callable[[Event], Event]


def said(scenario: Scenario, events: Iterable[Event]) -> list[str]:
    return [x.words for x in differences(scenario, Ran(events=tuple(events)))]


def changed(scenario: Scenario, number: int, **fields: object) -> list[Event]:
    events = list(scenario.expected)
    events[number] = replace(events[number], **fields)  # type: ignore[arg-type]
    return events


def test_what_is_expected_has_no_difference() -> None:
    assert said(FUTURE, FUTURE.expected) == []


def test_one_cent_is_a_difference_with_its_place() -> None:
    found = said(FUTURE, changed(FUTURE, 1, cents=30_001))
    assert found == [
        "021-future-variation, 2026-07-17 variation A VX-260722: expected cents 30000, price 18.2, "
        "got cents 30001, price 18.2"
    ]


@pytest.mark.parametrize("number", range(len(FUTURE.expected)))
def test_every_row_is_held(number: int) -> None:
    """A cent more, or no event at all, of each row in turn."""
    cents = FUTURE.expected[number].cents
    assert cents is not None
    assert said(FUTURE, changed(FUTURE, number, cents=cents + 1))
    assert said(FUTURE, [x for i, x in enumerate(FUTURE.expected) if i != number])


@pytest.mark.parametrize(
    "fields",
    [{"quantity": 3}, {"price": 180_600}, {"contract": "VX-260819"}, {"structure": "B"}],
)
def test_every_stated_field_is_held(fields: dict[str, object]) -> None:
    assert said(FUTURE, changed(FUTURE, 0, **fields))


def test_states_and_sources_by_their_alternatives() -> None:
    at = next(i for i, x in enumerate(HOLIDAY.expected) if x.event == "end")
    for state in ("no quote", "refused", "lapsed"):
        assert not said(HOLIDAY, changed(HOLIDAY, at, state=state))
    for state in ("", "stale", "no quote|refused"):
        assert said(HOLIDAY, changed(HOLIDAY, at, state=state))
    settle = next(i for i, x in enumerate(HOLIDAY.expected) if x.event == "settle")
    assert said(HOLIDAY, changed(HOLIDAY, settle, source="SPX close"))


def test_an_event_too_many_is_a_difference_and_a_level_is_not() -> None:
    again = [*FUTURE.expected, FUTURE.expected[0]]
    (found,) = said(FUTURE, again)
    assert "expected nothing, got quantity 2, cents 0" in found
    day = FUTURE.sessions[0]
    level = Event(session=day, event="margin", cents=5)
    nothing = Event(session=day, event="interest", cents=0)
    assert not said(FUTURE, [*FUTURE.expected, level, nothing])
    assert said(FUTURE, [*FUTURE.expected, replace(nothing, cents=1)])


def test_an_event_of_another_day_is_a_difference() -> None:
    late = FUTURE.sessions[-1].replace(day=23)
    assert said(FUTURE, [*FUTURE.expected, Event(session=late, event="flow", cents=1)])


def test_the_order_within_a_session_does_not_count() -> None:
    assert not said(FUTURE, tuple(reversed(FUTURE.expected)))


def test_a_run_that_stopped_is_a_difference() -> None:
    ran = Ran(events=FUTURE.expected, stopped="a law broke")
    (found,) = differences(FUTURE, ran)
    assert found.got == "a stop: a law broke"


def test_a_wrong_calendar_is_a_difference_and_no_answer_is_none() -> None:
    asked = HOLIDAY.calendar.questions()
    right = Ran(events=HOLIDAY.expected, calendar=asked)
    assert not differences(HOLIDAY, right)
    assert not differences(HOLIDAY, replace(right, calendar={}))
    wrong = {**asked, "monthly expiry 2026-06": "2026-06-19"}
    (found,) = differences(HOLIDAY, replace(right, calendar=wrong))
    assert (found.expected, found.got) == ("2026-06-18", "2026-06-19")


@dataclass
class Other:
    """An engine that repeats what is expected, changed."""

    supports: frozenset[str] = frozenset({"futures"})
    reports: frozenset[str] = frozenset(EVENTS)
    change: Change = field(default=lambda x: x)
    name: str = "other"
    version: str = "0"

    def run(self, scenario: Scenario) -> Ran:
        return Ran(
            events=tuple(self.change(x) for x in scenario.expected if x.event in self.reports)
        )


def test_verdicts_of_an_engine() -> None:
    assert kit.verdict(FUTURE, Other()).state == PASS

    def dearer(one: Event) -> Event:
        return replace(one, cents=(one.cents or 0) - 1)

    failed = kit.verdict(FUTURE, Other(change=dearer))
    assert failed.state == FAIL
    assert len(failed.differences) == len(FUTURE.expected)
    lacking = kit.verdict(HOLIDAY, Other())
    assert (lacking.state, lacking.why) == (NOT_SUPPORTED, "options, am settlement, packages")
    assert counts([failed, lacking, lacking]) == {PASS: 0, FAIL: 1, NOT_SUPPORTED: 2}


def test_what_an_engine_does_not_report_is_counted() -> None:
    found = kit.verdict(FUTURE, Other(reports=frozenset({"cash", "fill"})))
    assert (found.state, found.not_compared) == (PASS, 8)  # 3 variations, 1 settle, 4 equities


def test_an_engine_must_report_cash_and_know_the_words() -> None:
    with pytest.raises(StewardError, match="must report cash"):
        kit.verdict(FUTURE, Other(reports=frozenset({"fill"})))
    with pytest.raises(StewardError, match="'future', which is no need of the kit"):
        kit.verdict(FUTURE, Other(supports=frozenset({"future"})))
    with pytest.raises(StewardError, match="--engine other: none of steward"):
        kit.engine("other")
