"""A Steward with one rule of fees or margin broken fails the scenario of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from steward.ledger import accounts, fills, settlement
from steward.orders import liquidation
from steward.orders.margin import profiles, strategy
from steward.pricing import fee_schedules, fees
from steward.runs import desk, session, standing
from steward.runs.torture import calls, kit, reader, steward_engine
from steward.runs.torture.compare import FAIL, PASS
from steward.runs.torture.steward_engine import StewardEngine


def at_the_bill_rate(cash: int, rate: float, days: int, **_: Any) -> int:
    return round(cash * settlement.exact(rate) * days / 365)


def on_the_day(monkeypatch: pytest.MonkeyPatch, what: str, day: date) -> None:
    """One schedule for all days."""
    asked = getattr(fee_schedules, what)
    monkeypatch.setattr(fee_schedules, what, lambda product, _: asked(product, day))


def a_cent_later(tiers: Any, price: int) -> int:
    return fee_schedules.tier_of(tiers, price - 100)


def a_cent_earlier(tiers: Any, price: int) -> int:
    return fee_schedules.tier_of(tiers, price + 100)


def as_orders(monkeypatch: pytest.MonkeyPatch, *, together: bool) -> None:
    """Simple orders as complex ones, or the other way round."""
    asked = fees._exchange
    monkeypatch.setattr(
        fees, "_exchange", lambda one, day, prices, **_: asked(one, day, prices, together=together)
    )


def nothing_for_nothing(one: Any, prices: Any) -> int:
    return 0 if not one.price else COMMISSION(one, prices)


COMMISSION = fees._commission


def by_leg(traded: Any, day: date, prices: Any) -> dict[int, int]:
    return {k: v for one in traded for k, v in CLEARED([one], day, prices).items()}


CLEARED = fees._cleared


def never_capped(row: Any, contracts: int) -> int:
    return OF_STEPS(replace(row, cap=None), contracts)


OF_STEPS = fees._of_steps


def in_proportion(
    venue: Any, order: Any, quoted: Any, prices: Any, units: int, day: date
) -> list[int]:
    """A part pays its share of what the whole order would pay."""
    whole = fills.Simulator._fees(venue, order, quoted, prices, order.quantity, day)
    return [fee * units // order.quantity for fee in whole]


def broker_with(**changed: Any) -> Callable[[str], Any]:
    return lambda name: replace(fee_schedules.brokers()[name], **changed)


def always(action: str) -> Callable[..., Any]:
    asked = fees.leg
    return lambda contract, quantity, price, _: asked(contract, quantity, price, action)


def to_the_even_cent(amount: int) -> int:
    return round(Fraction(amount, fee_schedules.CENT))


def once_for_all_legs(legs: Any, day: date, *, broker: str) -> tuple[Any, ...]:
    found = ORDER_FEES(legs, day, broker=broker)
    exact = sum(sum(one.exact.values()) for one in found)
    whole = to_the_even_cent(exact)
    return tuple(replace(one, cents=whole if at == 0 else 0) for at, one in enumerate(found))


ORDER_FEES = fees.order_fees


def margin_with(monkeypatch: pytest.MonkeyPatch, **changed: Any) -> None:
    asked = calls.profile_of
    monkeypatch.setattr(calls, "profile_of", lambda *given: replace(asked(*given), **changed))


def without_out_of_the_money(contract: Any, marks: Any, profile: Any) -> int:
    spot = marks.spx
    return round(max(profile.spx_percent * spot, profile.least_percent * contract.strike) * 100)


def pooled(lots: Any) -> tuple[Any, ...]:
    return tuple(("", lot.quantity, lot.contract) for lot in lots)


def the_whole_width(legs: Any, net: int, marks: Any, profile: Any) -> int:
    del net
    return NEED(legs, 0, marks, profile)


requirement: Any = importlib.import_module("steward.orders.margin.requirement")
NEED = requirement.need_to_open


def initial_for_ever(*given: Any) -> int:
    return FUTURE(*given[:-1], "initial")


FUTURE = requirement.future_requirement


def to_the_nearest(contract: Any, quantity: int, *_: Any) -> int:
    return round(quantity * Fraction(1_000 * contract.multiplier * 100, 110))


def at_the_width(*given: Any, **named: Any) -> Any:
    order = ORDER_FOR(*given, **named)
    return order if isinstance(order, str) or len(order.legs) < 4 else replace(order, worst=500_000)


ORDER_FOR = liquidation.order_for


def until_money_comes(account: accounts.Account, venue: Any, view: Any) -> Any:
    """A deposit takes forced orders back."""
    for order in account.book.open_orders:
        if order.purpose == "margin_call" and account.day.flow > 0:
            account.cancel(order.intent_id, "money came")
    return TRADE(account, venue, view)


TRADE = accounts.Account.trade


def only_what_is_called(*given: Any, everything: bool, **named: Any) -> Any:
    del everything
    return liquidation.liquidate(*given, everything=False, **named)


WRONG: list[tuple[str, str, Callable[[pytest.MonkeyPatch], None]]] = [
    ("089", "a tier a cent later", lambda m: m.setattr(fees, "tier_of", a_cent_later)),
    ("089", "a tier a cent earlier", lambda m: m.setattr(fees, "tier_of", a_cent_earlier)),
    ("090", "a tier a cent later", lambda m: m.setattr(fees, "tier_of", a_cent_later)),
    ("090", "a tier a cent earlier", lambda m: m.setattr(fees, "tier_of", a_cent_earlier)),
    ("090", "all orders are complex", lambda m: as_orders(m, together=True)),
    ("091", "a tier a cent later", lambda m: m.setattr(fees, "tier_of", a_cent_later)),
    ("091", "a tier a cent earlier", lambda m: m.setattr(fees, "tier_of", a_cent_earlier)),
    ("091", "all orders are simple", lambda m: as_orders(m, together=False)),
    ("092", "nothing for nothing", lambda m: m.setattr(fees, "_commission", nothing_for_nothing)),
    ("093", "a cap a leg", lambda m: m.setattr(fees, "_cleared", by_leg)),
    (
        "093",
        "a cap for ever",
        lambda m: on_the_day(m, "clearing_of", date(2024, 12, 31)),
    ),
    ("094", "no cap", lambda m: m.setattr(fees, "_of_steps", never_capped)),
    (
        "094",
        "a part of the whole fee",
        lambda m: m.setattr(steward_engine._Venue, "_fees", in_proportion),
    ),
    ("095", "no cap of a broker", lambda m: m.setattr(fees, "_broker", broker_with(cap=None))),
    ("095", "closing costs as opening", lambda m: m.setattr(fees, "leg", always("open"))),
    (
        "096",
        "today's fees for all days",
        lambda m: on_the_day(m, "clearing_of", date(2021, 6, 1)),
    ),
    (
        "096",
        "fees of the day of the decision",
        lambda m: on_the_day(m, "clearing_of", date(2021, 5, 28)),
    ),
    (
        "097",
        "a fee at expiry",
        lambda m: m.setattr(steward_engine._Running, "_fee_of", lambda *_: 115),
    ),
    (
        "098",
        "today's fees for all days",
        lambda m: on_the_day(m, "exchange_of", date(2024, 11, 5)),
    ),
    ("099", "a roll opens", lambda m: m.setattr(fees, "leg", always("open"))),
    ("099", "a roll closes", lambda m: m.setattr(fees, "leg", always("close"))),
    ("100", "to the even cent", lambda m: m.setattr(fees, "_half_up", to_the_even_cent)),
    ("100", "once for all legs", lambda m: m.setattr(fees, "order_fees", once_for_all_legs)),
    (
        "101",
        "a fee that is gone stays gone",
        lambda m: on_the_day(m, "clearing_of", date(2025, 12, 1)),
    ),
    ("102", "always the wider side", lambda m: margin_with(m, unequal_widths="wider")),
    (
        "103",
        "a naked put whole",
        lambda m: m.setattr(strategy, "_share", without_out_of_the_money),
    ),
    ("103", "the wider side", lambda m: margin_with(m, unequal_widths="wider")),
    ("104", "one pool", lambda m: m.setattr(desk, "holdings", pooled)),
    ("104", "both spreads", lambda m: margin_with(m, unequal_widths="sum")),
    ("105", "no credit", lambda m: m.setattr(calls, "need_to_open", the_whole_width)),
    ("105", "no room", lambda m: m.setattr(calls.Calls, "room", lambda *_: None)),
    (
        "106",
        "against equity",
        lambda m: m.setattr(profiles.MarginProfile, "funds", lambda _, cash, equity: equity),
    ),
    (
        "106",
        "the hedge first",
        lambda m: m.setattr(liquidation, "_rank", lambda lot: lot.purpose == "condor"),
    ),
    (
        "107",
        "initial margin for ever",
        lambda m: m.setattr(requirement, "future_requirement", initial_for_ever),
    ),
    (
        "107",
        "rounded once",
        lambda m: m.setattr(requirement, "future_requirement", to_the_nearest),
    ),
    (
        "108",
        "condors first",
        lambda m: m.setattr(liquidation, "_rank", lambda lot: lot.purpose != "condor"),
    ),
    ("108", "at the middle", lambda m: m.setattr(liquidation, "NATURAL", 0.0)),
    (
        "108",
        "orders go on in a call",
        lambda m: m.setattr(session, "take_back", lambda *_: None),
    ),
    ("109", "the width as a bound", lambda m: m.setattr(liquidation, "order_for", at_the_width)),
    (
        "110",
        "a deposit holds it back",
        lambda m: m.setattr(accounts.Account, "trade", until_money_comes),
    ),
    (
        "111",
        "what settles tomorrow too",
        lambda m: m.setattr(liquidation, "calendar", SimpleNamespace(next_session=lambda day: day)),
    ),
    ("112", "what is called", lambda m: m.setattr(session, "liquidate", only_what_is_called)),
    (
        "112",
        "a debt at the bill rate",
        lambda m: m.setattr(settlement, "interest", at_the_bill_rate),
    ),
    (
        "112",
        "trades go on",
        lambda m: m.setattr(standing.Standing, "refusal", ""),
    ),
]


@pytest.mark.parametrize(
    ("number", "change"), [pytest.param(n, change, id=f"{n} {what}") for n, what, change in WRONG]
)
def test_a_wrong_rule_is_caught_by_the_scenario_of_it(
    monkeypatch: pytest.MonkeyPatch, number: str, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    (scenario,) = reader.read_all(kit.scenarios_folder(), [number])
    assert kit.verdict(scenario, StewardEngine()).state == PASS
    change(monkeypatch)
    assert kit.verdict(scenario, StewardEngine()).state == FAIL
