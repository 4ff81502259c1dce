"""Orders that go out once more: whole after a refusal, the rest after a part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steward.ledger.trying import again, next_id, rest_of
from steward.terms.trades import Fill, Leg, LegFill, Order

from .desk import FRIDAY, THURSDAY, condor_legs, order, vix_call

CALL = vix_call(18.0)


def part(wanted: Order, units: int) -> Fill:
    legs = tuple(
        LegFill(leg=leg, quantity=units * leg.quantity, price=10_000, fee=0, quality="quoted")
        for leg in wanted.legs
    )
    return Fill(order=wanted, session=FRIDAY, legs=legs, net=0, limited="3 shown")


@pytest.mark.parametrize(
    ("given", "following"),
    [
        ("C-1/1", "C-1/2"),
        ("C-1/9", "C-1/10"),
        ("a/b/3", "a/b/4"),
        ("C-1", "C-1/2"),
        ("7", "7/2"),
        ("C/x", "C/x/2"),
        ("/1", "/1/2"),
        ("C/", "C//2"),
    ],
)
def test_tries_are_numbered(given: str, following: str) -> None:
    assert next_id(given) == following


def test_the_whole_order_again() -> None:
    wanted = order(
        condor_legs(), session=THURSDAY, order_id="5/1", quantity=4, retry=3, worst=-45_000
    )
    assert again(wanted, "refused: price") == replace(
        wanted, order_id="5/2", retry=2, reason="because (tried again: refused: price)"
    )


def test_the_rest_of_an_opening_is_a_structure_of_its_own() -> None:
    wanted = order(condor_legs(), session=THURSDAY, order_id="5/1", quantity=4, retry=3)
    rest = rest_of(wanted, part(wanted, 1))
    assert rest == replace(
        wanted,
        order_id="5/2",
        quantity=3,
        retry=2,
        structure_id="A +",
        reason="because (the rest: 3 shown)",
    )
    assert rest_of(rest, part(rest, 2)).structure_id == "A + +"
    assert rest_of(rest, part(rest, 2)).quantity == 1


@pytest.mark.parametrize(
    "legs",
    [
        (Leg(contract=CALL, quantity=-1, lot_id="1.1"),),
        (Leg(contract=CALL, quantity=-1, lot_id="1.1"), Leg(contract=vix_call(20.0), quantity=1)),
        (Leg(contract=vix_call(20.0), quantity=1), Leg(contract=CALL, quantity=-1, lot_id="1.1")),
    ],
)
def test_the_rest_of_a_close_or_a_roll_stays_in_its_structure(legs: tuple[Leg, ...]) -> None:
    wanted = order(legs, session=THURSDAY, order_id="5/1", quantity=4, retry=1, action="close")
    rest = rest_of(wanted, part(wanted, 3))
    assert (rest.structure_id, rest.quantity, rest.retry) == ("A", 1, 0)
