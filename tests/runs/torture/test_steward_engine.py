"""Steward on its kit: every scenario passes, or needs what it lacks; and a wrong Steward fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

from steward.ledger import accounts, settlement
from steward.market import settlements
from steward.pricing import execution
from steward.runs.torture import kit, reader, steward_engine
from steward.runs.torture.compare import FAIL, NOT_SUPPORTED, PASS, differences
from steward.runs.torture.records import Scenario
from steward.runs.torture.steward_engine import StewardEngine
from steward.terms import calendar
from steward.terms.contracts import E4, Contract, FutureContract, OptionContract

SCENARIOS = kit.scenarios_folder()
ALL = [pytest.param(x, id=x.name) for x in reader.read_all(SCENARIOS)]


def named(number: str) -> Scenario:
    (found,) = reader.read_all(SCENARIOS, [number])
    return found


@pytest.mark.parametrize("scenario", ALL)
def test_steward_passes_or_lacks_what_is_needed(scenario: Scenario) -> None:
    engine = StewardEngine()
    found = kit.verdict(scenario, engine)
    assert not found.differences, "\n".join(x.words for x in found.differences)
    lacks = set(scenario.needs) - engine.supports
    assert found.state == (NOT_SUPPORTED if lacks else PASS)
    assert found.not_compared == 0


def test_two_runs_give_the_same_events() -> None:
    scenario = named("009")
    assert StewardEngine().run(scenario) == StewardEngine().run(scenario)


def at_the_close(history: Any, contract: Contract, session: date) -> Any:
    del session
    row = history.index(contract.expiry)
    level = history.spx.close[row] if contract.underlying == "SPX" else history.vix.close[row]
    return settlements.SettlementValue(value_e4=round(level * E4), source="SET", proxy=False)


def never_early(session: date) -> Any:
    return datetime.combine(session, calendar.CLOSE, calendar.NEW_YORK)


def on_set_alone(history: Any, contract: Contract, session: date) -> Any:
    said = history.set_values.get(session)
    if said is None:
        return settlements.settlement_value(history, contract, session)
    return settlements.SettlementValue(value_e4=round(said * E4), source="SET", proxy=False)


def in_hundredths(history: Any, contract: Contract, session: date) -> Any:
    found = settlements.settlement_value(history, contract, session)
    return replace(found, value_e4=round(found.value_e4, -2))


def the_session_before(history: Any, contract: Contract, session: date) -> Any:
    level = history.spx.close[history.index(session) - 1]
    return settlements.SettlementValue(value_e4=round(level * E4), source="spx_close", proxy=False)


def only_today(lot: Any, session: date, when: str) -> bool:
    return lot.contract.expiry == session and getattr(lot.contract, "settlement", "AM") == when


def binary(contract: Any, level: int) -> int:
    if not isinstance(contract, OptionContract):
        return level
    over = level / E4 - contract.strike
    return int(max(over if contract.right == "C" else -over, 0.0) * E4)


def on_a_tick(contract: Any, level: int) -> int:
    return round(binary(contract, level) / 500) * 500


def as_text(contract: Any, level: int) -> int:
    above = f"{level / E4:g}" > f"{contract.strike:g}"
    return binary(contract, level) if above == (contract.right == "C") else 0


def interest_of(
    *, days: int | None = None, spread: bool = True, up: bool = False
) -> Callable[..., int]:
    """Interest with one of its rules broken."""

    def wrong(cash: int, rate: float, told: int, *, debit_spread: float = 0.0) -> int:
        exact = settlement.exact(rate) + (
            settlement.exact(debit_spread) if spread and cash < 0 else 0
        )
        found = cash * exact * (days or told) / 365
        return floor(found + Fraction(1, 2)) if up else round(found)

    return wrong


def only_with_a_settlement(account: accounts.Account, mark_of: Any) -> None:
    for lot in account.lots:
        quote = mark_of(lot.contract)
        if isinstance(lot.contract, FutureContract) and quote.quality == "settlement":
            account._books.vary(lot, quote)


WRONG: list[tuple[str, str, Callable[[pytest.MonkeyPatch], None]]] = [
    (
        "001",
        "AM series settle on the close",
        lambda m: m.setattr(steward_engine, "settlement_value", at_the_close),
    ),
    (
        "018",
        "VIX options settle on the close",
        lambda m: m.setattr(steward_engine, "settlement_value", at_the_close),
    ),
    ("003", "no early close", lambda m: m.setattr(calendar, "close_of_shares", never_early)),
    (
        "004",
        "the third Friday whatever the holidays",
        lambda m: m.setattr(calendar, "monthly_expiry", calendar.third_friday),
    ),
    (
        "013",
        "an unbid wing at its middle",
        lambda m: m.setattr(execution, "_raw", lambda bid, ask, *_: (bid + ask, 2)),
    ),
    ("015", "one tick for all years", lambda m: m.setattr(execution, "tick_of", lambda *_: 100)),
    (
        "019",
        "interest by hours of the clock",
        lambda m: m.setattr(settlement, "interest", lambda *_, **__: 2_894),
    ),
    (
        "021",
        "no variation at the end of a day",
        lambda m: m.setattr(accounts.Account, "vary", lambda *_: None),
    ),
    (
        "022",
        "both roots of a Friday on SET",
        lambda m: m.setattr(steward_engine, "settlement_value", on_set_alone),
    ),
    (
        "023",
        "a missing SET is the close of the day",
        lambda m: m.setattr(steward_engine, "settlement_value", at_the_close),
    ),
    (
        "024",
        "an open of before 2014 is believed",
        lambda m: m.setattr(settlements, "SPX_OPEN_FROM", date(1990, 1, 1)),
    ),
    (
        "024",
        "bounds that do not hold the value",
        lambda m: m.setattr(settlements, "_bound", lambda level, *_: round(level * E4)),
    ),
    (
        "025",
        "payoffs in binary fractions",
        lambda m: m.setattr(settlement, "settlement_price", binary),
    ),
    ("026", "only what expires today", lambda m: m.setattr(settlement, "_is_due", only_today)),
    ("027", "payoffs on a tick", lambda m: m.setattr(settlement, "settlement_price", on_a_tick)),
    ("029", "levels as text", lambda m: m.setattr(settlement, "settlement_price", as_text)),
    (
        "031",
        "VIX thirty days before a closed Friday",
        lambda m: m.setattr(
            calendar,
            "vix_expiry",
            lambda year, month: (
                calendar.third_friday(year + month // 12, month % 12 + 1) - timedelta(days=30)
            ),
        ),
    ),
    (
        "032",
        "the weekly of a closed Monday on the Friday before",
        lambda m: m.setattr(steward_engine, "settlement_value", the_session_before),
    ),
    ("034", "no early close", lambda m: m.setattr(calendar, "close_of_shares", never_early)),
    (
        "037",
        "one day of interest a session",
        lambda m: m.setattr(settlement, "interest", interest_of(days=1)),
    ),
    (
        "039",
        "settlement values of two decimals",
        lambda m: m.setattr(steward_engine, "settlement_value", in_hundredths),
    ),
    (
        "040",
        "a missing VRO is the close of the day",
        lambda m: m.setattr(steward_engine, "settlement_value", at_the_close),
    ),
    ("041", "one tick for both roots", lambda m: m.setattr(execution, "tick_of", lambda *_: 500)),
    (
        "041",
        "packages of VIX on the grid of SPX",
        lambda m: m.setattr(execution, "package_grid", lambda *_: 500),
    ),
    (
        "043",
        "a debt at the bill rate",
        lambda m: m.setattr(settlement, "interest", interest_of(spread=False)),
    ),
    (
        "044",
        "no payment without a settlement",
        lambda m: m.setattr(accounts.Account, "vary", only_with_a_settlement),
    ),
    (
        "046",
        "half a cent up",
        lambda m: m.setattr(settlement, "interest", interest_of(up=True)),
    ),
    (
        "047",
        "half a cent of a debt up",
        lambda m: m.setattr(settlement, "interest", interest_of(up=True)),
    ),
]


@pytest.mark.parametrize(
    ("number", "change"), [pytest.param(n, change, id=what) for n, what, change in WRONG]
)
def test_a_wrong_rule_is_caught_by_the_scenario_of_it(
    monkeypatch: pytest.MonkeyPatch, number: str, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    scenario = named(number)
    change(monkeypatch)
    assert kit.verdict(scenario, StewardEngine()).state == FAIL


def test_a_broken_law_is_said_and_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def free(account: accounts.Account, *_: object) -> tuple[()]:
        account._books.cash += 1
        return ()

    monkeypatch.setattr(accounts.Account, "settle", free)
    ran = StewardEngine().run(named("001"))
    assert "law broken (money" in ran.stopped
    assert differences(named("001"), ran)[0].got.startswith("a stop: law broken")


def test_a_contract_that_steward_has_no_word_for_is_said() -> None:
    scenario = named("021")
    odd = {k: replace(x, root="XX") for k, x in scenario.contracts.items()}
    stopped = StewardEngine().run(replace(scenario, contracts=odd)).stopped
    assert "contracts.csv, VX-260722: Steward knows no root XX" in stopped
    share = {k: replace(x, kind="share") for k, x in scenario.contracts.items()}
    stopped = StewardEngine().run(replace(scenario, contracts=share)).stopped
    assert "VX-260722: a multiplier of 1000; a share has 1" in stopped


def test_what_is_held_and_never_quoted_is_said() -> None:
    scenario = named("021")
    late = tuple(x for x in scenario.levels if x.symbol != "settle")
    found = StewardEngine().run(replace(scenario, levels=late, quotes=()))
    assert not found.stopped  # without a quote nothing is bought
    assert [x.state for x in found.events if x.event == "end"] == ["no quote"]


def test_the_scenarios_lie_beside_the_package_or_in_the_checkout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    installed = tmp_path / "site" / "steward" / "runs" / "torture"
    (installed / "scenarios").mkdir(parents=True)
    monkeypatch.setattr(kit, "__file__", str(installed / "kit.py"))
    assert kit.scenarios_folder() == installed / "scenarios"
    (installed / "scenarios").rmdir()
    with pytest.raises(Exception, match="name --scenarios DIR"):
        kit.scenarios_folder()
