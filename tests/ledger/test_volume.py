"""A share of the session's volume: each trade is a part of it, whichever way it went."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steward.ledger.fills import FillRules, Simulator
from steward.terms.trades import Fill, Leg, Refusal

from .desk import FRIDAY, THURSDAY, Market, order, vix_call

CALL = vix_call(18.0)


def units(rules: FillRules, *, bought: int = 0, sold: int = 0, quantity: int = 1) -> int:
    """Units of an order of ten that trade on 6 at 8 displayed and 100 traded."""
    market = Market()
    market.set(FRIDAY, CALL, 1.00, 1.10)
    shown = market.quotes[FRIDAY]
    shown[CALL] = replace(shown[CALL], bid_size=6, ask_size=8, volume=100)
    wanted = order([Leg(contract=CALL, quantity=quantity)], session=THURSDAY, quantity=10)
    taken = {(CALL, True): bought, (CALL, False): sold}
    found = Simulator(rules).fill(wanted, market.view(FRIDAY), taken)
    if isinstance(found, Refusal):
        assert found.state == "refused"
        return 0
    assert isinstance(found, Fill)
    return found.units


@pytest.mark.parametrize(
    ("bought", "sold", "left"), [(0, 0, 5), (3, 0, 2), (0, 3, 2), (2, 3, 0), (0, 9, 0)]
)
def test_volume_counts_what_was_bought_and_what_was_sold(bought: int, sold: int, left: int) -> None:
    """Five of a hundred, less what the account traded before."""
    assert units(FillRules(volume_share=0.05), bought=bought, sold=sold) == left


@pytest.mark.parametrize(
    ("quantity", "bought", "sold", "left"),
    [(1, 3, 6, 5), (-1, 8, 2, 4), (2, 3, 0, 2), (-1, 0, 6, 0)],
)
def test_a_displayed_size_is_of_its_side_alone(
    quantity: int, bought: int, sold: int, left: int
) -> None:
    """8 offered, 6 bid for; a unit of two contracts needs two."""
    rules = FillRules(size_share=1.0)
    assert units(rules, bought=bought, sold=sold, quantity=quantity) == left


def test_two_legs_on_one_quote_share_it() -> None:
    """One unit sells two contracts of one lot and one of another: three of six bid for."""
    market = Market()
    market.set(FRIDAY, CALL, 1.00, 1.10)
    shown = market.quotes[FRIDAY]
    shown[CALL] = replace(shown[CALL], bid_size=6, ask_size=8, volume=100)
    legs = [
        Leg(contract=CALL, quantity=-2, lot_id="1.1"),
        Leg(contract=CALL, quantity=-1, lot_id="2.1"),
    ]
    wanted = order(legs, session=THURSDAY, quantity=10, action="close", pricing="legs")
    for rules, fits in (
        (FillRules(size_share=1.0), 2),
        (FillRules(volume_share=0.05), 1),
        (FillRules(), 10),
    ):
        found = Simulator(rules).fill(wanted, market.view(FRIDAY))
        assert isinstance(found, Fill)
        assert found.units == fits


def test_what_is_given_away_needs_no_size() -> None:
    market = Market()
    market.set(FRIDAY, CALL, 0.0, 0.05)
    shown = market.quotes[FRIDAY]
    shown[CALL] = replace(shown[CALL], bid_size=0, ask_size=8, volume=0)
    selling = order([Leg(contract=CALL, quantity=-1)], session=THURSDAY, quantity=10)
    found = Simulator(FillRules(size_share=1.0, volume_share=0.05)).fill(
        selling, market.view(FRIDAY)
    )
    assert isinstance(found, Fill)
    assert (found.units, found.net) == (10, 0)
