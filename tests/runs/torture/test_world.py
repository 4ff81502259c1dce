"""The market of a scenario: marks by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from steward.runs.torture import kit, reader
from steward.runs.torture.records import Level, QuoteRow, Scenario
from steward.runs.torture.world import KitQuotes, contract_of
from steward.terms.errors import StewardError

TUESDAY, WEDNESDAY, THURSDAY = date(2026, 6, 9), date(2026, 6, 10), date(2026, 6, 11)
FUTURE = "VX-260617"


def scenario(*, quotes: tuple[QuoteRow, ...] = (), levels: tuple[Level, ...] = ()) -> Scenario:
    (found,) = reader.read_all(kit.scenarios_folder(), ["044"])
    return replace(found, quotes=quotes, levels=levels)


def quote(session: date, bid: int | None, ask: int | None) -> QuoteRow:
    (row,) = reader.read_all(kit.scenarios_folder(), ["044"])[0].quotes[:1]
    return replace(row, session=session, contract=FUTURE, bid=bid, ask=ask)


def settle(session: date, value: int) -> Level:
    return Level(session=session, symbol="settle", contract=FUTURE, value=value, source="invented")


def mark(found: Scenario, session: date) -> float:
    """Index points."""
    contracts = {name: contract_of(x, found.name) for name, x in found.contracts.items()}
    return KitQuotes(found, contracts).mark(session, contracts[FUTURE]).mid_twice / 20_000


def test_a_mark_is_the_settlement_then_the_quote_then_those_of_the_last_session() -> None:
    both = scenario(
        quotes=(quote(TUESDAY, 200_000, 202_000), quote(WEDNESDAY, 196_000, 197_000)),
        levels=(settle(TUESDAY, 199_000),),
    )
    assert mark(both, TUESDAY) == 19.90
    assert mark(both, WEDNESDAY) == 19.65
    assert mark(both, THURSDAY) == 19.65
    early = scenario(quotes=both.quotes[:1], levels=both.levels)
    assert mark(early, WEDNESDAY) == 19.90  # not 20.10, the middle of the quote beside it


def test_half_a_quote_is_none_and_without_any_there_is_no_mark() -> None:
    half = scenario(quotes=(quote(TUESDAY, 200_000, 202_000), quote(WEDNESDAY, None, 197_000)))
    assert mark(half, WEDNESDAY) == 20.10
    with pytest.raises(StewardError, match="was never quoted by then: add a quote"):
        mark(scenario(quotes=(quote(WEDNESDAY, 1, 2),)), TUESDAY)
