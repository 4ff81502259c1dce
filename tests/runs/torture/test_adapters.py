"""The adapters of other engines: what they translate, without the engines, which are not ours.

The engines themselves run by hand (torture/adapters/run.py); here their adapters are only loaded,
where an engine happens to be installed.
"""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from types import ModuleType
from typing import Any

import pytest

from steward.runs.torture import kit, reader
from steward.runs.torture.records import NEEDS, Event, Scenario

SCENARIOS = kit.scenarios_folder()
ADAPTERS = SCENARIOS.parent / "adapters"
PAGE = SCENARIOS.parents[1] / "docs" / "torture.md"


def read(number: str) -> Scenario:
    (folder,) = SCENARIOS.glob(f"{number}-*")
    return reader.read(folder)


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ADAPTERS))


@pytest.fixture
def market() -> ModuleType:
    return importlib.import_module("market")


@pytest.fixture
def run() -> ModuleType:
    return importlib.import_module("run")


@pytest.mark.parametrize(("adapter", "engine"), [("nautilus", "nautilus_trader"), ("lumibot",) * 2])
def test_an_adapter_claims_only_words_of_the_kit(adapter: str, engine: str) -> None:
    pytest.importorskip(engine, reason="run by hand in an environment of its own")
    for one in importlib.import_module(f"{adapter}_adapter").ENGINES:
        assert one.supports <= set(NEEDS)
        assert "cash" in one.reports


def test_a_half_day_is_one_only_at_its_hour(market: ModuleType) -> None:
    """2021-12-31 is asked about because it is a whole day: the calendar says 16:00."""
    half, whole = read("003"), read("036")
    assert market.closes(half, date(2026, 11, 27)) == (time(13), time(13, 15))
    assert market.closes(half, date(2026, 11, 25)) == (time(16), time(16, 15))
    assert market.closes(whole, date(2021, 12, 31)) == (time(16), time(16, 15))


def test_what_a_series_settles_on(market: ModuleType) -> None:
    terms = read("002").contracts
    vix = read("005").contracts["VIX-260519-C20"]
    assert market.settles_on(terms["SPX-260320-P5000"]) == "SET"
    assert market.settles_on(terms["SPXW-260320-P5000"]) == "SPX"
    assert market.settles_on(vix) == "VRO"
    assert market.settles_on(vix, official=False) == "VIX"
    assert market.expires_at(read("002"), terms["SPX-260320-P5000"]).time() == time(9, 30)


def test_the_fill_of_a_leg(market: ModuleType) -> None:
    """README of the kit, rule 2: 12.00 and 12.40, half of half the spread is 0.10."""
    half = Fraction(1, 2)
    assert market.leg_price(120_000, 124_000, half, buys=True) == 123_000
    assert market.leg_price(120_000, 124_000, half, buys=False) == 121_000
    assert market.leg_price(0, 1_000, Fraction(0), buys=True) == 1_000
    assert market.leg_price(0, 1_000, Fraction(0), buys=False) == 0


@pytest.mark.parametrize(
    ("number", "contract", "day", "price", "net", "bought", "sold"),
    [
        ("010", "SPXW-260708-P5000", date(2026, 7, 7), 29_750, False, 30_000, 29_500),
        ("010", "SPXW-260708-P5000", date(2026, 7, 7), 30_500, False, 31_000, 30_000),
        ("010", "SPXW-260708-P5000", date(2026, 7, 7), -250, True, 0, -500),
        ("005", "VIX-260519-C20", date(2022, 9, 30), 14_250, False, 14_500, 14_000),
        ("005", "VIX-260519-C20", date(2022, 10, 3), 14_250, False, 14_300, 14_200),
        ("005", "VIX-260519-C20", date(2022, 10, 3), 31_250, False, 31_500, 31_000),
        ("038", "VIXW-181205-C20", date(2018, 12, 3), 31_250, False, 31_300, 31_200),
    ],
)
def test_the_grid(
    market: ModuleType,
    number: str,
    contract: str,
    day: date,
    price: int,
    net: bool,
    bought: int,
    sold: int,
) -> None:
    """README of the kit, rule 3: against the trader, on the tick of the price and the day."""
    terms = read(number).contracts[contract]
    for buys, expected in ((True, bought), (False, sold)):
        assert market.on_grid(terms, day, Fraction(price), buys=buys, net=net) == expected


def test_of_a_roll_what_is_held_is_closed_first(market: ModuleType) -> None:
    found = list(market.tickets(read("019"), date(2026, 3, 6)))
    assert [(x.structure, x.closing) for x in found] == [("A", True), ("B", False)]


def test_a_package_is_one_event_and_legs_are_several(market: ModuleType) -> None:
    scenario = read("001")
    (ticket,) = market.tickets(scenario, scenario.sessions[0])
    fills = (("P4900", 2, 63_000), ("P4950", -2, 119_000), ("C5100", -2, 81_000))
    parts = [market.Part(f"SPX-260320-{n}", q, p, -q * p, 115) for n, q, p in fills]
    parts.append(market.Part("SPX-260320-C5150", 2, 35_000, -70_000, 115))
    package, fee = market.fill_events(scenario.sessions[0], ticket, parts, units=2, net=-102_000)
    assert (package.quantity, package.price, package.cents) == (2, -102_000, 204_000)
    assert (fee.event, fee.cents) == ("fee", -460)
    assert package.key == scenario.expected[0].key

    legs = replace(ticket, action=replace(ticket.action, execution="legs"))
    found: list[Event] = list(
        market.fill_events(scenario.sessions[0], legs, parts[:1], units=0, net=0)
    )
    assert [(x.event, x.contract, x.quantity) for x in found] == [
        ("fill", "SPX-260320-P4900", 2),
        ("fee", "", None),
    ]


def test_a_settlement_takes_the_holding_down(market: ModuleType) -> None:
    scenario = read("001")
    want = scenario.expected[6]
    part = market.Part("SPX-260320-P4950", 2, 87_000, -174_000)
    found = market.settle_event(want.session, "A", part, 49_413_000, "SET")
    assert found == want


def test_amounts_of_an_engine_become_cents(market: ModuleType) -> None:
    assert market.cents_of(100380.00000000004) == 10_038_000
    assert market.e4_of(-7.8999999999999995) == -79_000
    assert market.points(-102_000) == "-10.2000"
    assert market.dollars(-5) == "-0.05"


def test_an_order_taken_back_before_its_quotes_is_no_fault(market: ModuleType) -> None:
    market.waits(read("010"))
    with pytest.raises(market.Unable, match="waits for the next quotes"):
        market.waits(read("077"))


def test_the_page_has_its_marks_and_every_reason_is_of_a_scenario(run: ModuleType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(run.BEGIN) == page.count(run.END) == 1
    numbers = {x.name[:3] for x in SCENARIOS.iterdir() if x.is_dir()}
    reasons = tomllib.loads((ADAPTERS / "reasons.toml").read_text(encoding="utf-8"))
    for known in reasons.values():
        assert set(known) <= numbers | {"default"}


def test_the_page_says_what_was_found(run: ModuleType) -> None:
    def engine(name: str, *states: str) -> dict[str, Any]:
        verdicts = [
            {"name": f"00{n}-x", "group": "fills", "state": x, "why": "futures", "first": "cash"}
            for n, x in enumerate(states)
        ]
        return {"engine": name, "version": "1", "verdicts": verdicts}

    engines = [
        engine("lumibot", "pass", "FAIL", "not supported"),
        engine("lumibot, in another way", "FAIL", "FAIL", "not supported"),
    ]
    reasons = {"lumibot": {"001": "it rounds"}, "lumibot, in another way": {"default": "so it is"}}
    page = run.page(engines, reasons, date(2026, 1, 2))
    assert "| lumibot | 1 | GPL-3.0 | 1 | 1 | 1 |" in page
    assert "- lumibot, `001-x`: it rounds. First difference: cash." in page
    assert "- lumibot, in another way: 1 more fail: so it is. For example `000-x`, cash." in page
    assert "| **fills** | 1 of 3 pass |" in page
    assert "| `002-x` | not supported: futures |" in page
    assert run.stale(engines, {"lumibot": {"000": "gone"}}) == [
        "lumibot: 000 does not fail, its reason is stale",
        "lumibot: 001-x fails without a reason",
        "lumibot, in another way: 000-x fails without a reason",
        "lumibot, in another way: 001-x fails without a reason",
    ]
