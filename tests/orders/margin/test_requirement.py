"""One signature for every profile; what opening takes of the room that is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from steward.orders.margin import (
    Compiled,
    MarginProfile,
    allows,
    holdings,
    need_to_open,
    package_requirement,
    profile,
    requirement,
    spread_requirement,
)
from steward.terms.contracts import ShareContract, vx, vxm
from steward.terms.errors import StewardError
from steward.terms.trades import Leg

from .holding import NO_MARKS, Marks, condor, legs, lot, option, quote, vix

CBOE, PORTFOLIO, CASH = (profile(name) for name in ("cboe", "portfolio", "cash"))
FUTURE = vx(date(2018, 3, 21))


def test_what_does_not_move_is_worked_out_once() -> None:
    """A book of condors and long options asks for no price; a future for its own alone."""
    book = [*condor((2600.0, 2630.0, 2800.0, 2830.0)), lot(vix(20.0, "C"), 3, "h", "layer_1")]
    compiled = Compiled(holdings(book))
    assert compiled.total(NO_MARKS) == 300_000
    with_future = Compiled(holdings([*book, lot(FUTURE, 1, "f", "layer_1")]))
    for points, needed in ((20.0, 818_182), (40.0, 1_636_364)):
        assert with_future.total(Marks({FUTURE: points})) == 300_000 + needed


def test_the_parts_come_to_the_total() -> None:
    put = option(2400.0, "P")
    book = [
        *condor((2600.0, 2630.0, 2800.0, 2850.0), 2, "A"),
        lot(put, -1, "B"),
        lot(vix(20.0, "C"), 3, "C", "layer_1"),
        lot(FUTURE, 1, "D", "layer_1"),
    ]
    marks = Marks({put: 3.0, FUTURE: 20.0})
    for kind in (CBOE, profile("ibkr")):
        found = requirement(book, marks, kind)
        assert found.total == sum(found.by_structure.values()) == sum(found.by_class.values())
        assert found.total == Compiled(holdings(book), kind).total(marks)
        assert sorted(found.by_structure) == ["A", "B", "C", "D"]
        assert len(found.reasons) == 3  # the call is paid for


def test_an_empty_book_needs_nothing() -> None:
    for kind in (CBOE, PORTFOLIO, CASH):
        assert requirement([], NO_MARKS, kind).total == 0
        assert Compiled((), kind).total(NO_MARKS) == 0


@pytest.mark.parametrize("kind", [CBOE, PORTFOLIO, CASH, profile("ibkr")])
def test_shares_that_are_held_are_paid_for_and_none_are_borrowed(kind: MarginProfile) -> None:
    share = ShareContract(symbol="VXX")
    found = requirement([lot(share, 100, "S", "second_engine")], NO_MARKS, kind)
    assert (found.total, found.by_structure, found.reasons) == (0, {}, ())
    with pytest.raises(StewardError) as refused:
        requirement([lot(share, -1, "S", "second_engine")], NO_MARKS, kind)
    assert str(refused.value) == "VXX sold short: no profile here holds borrowed shares"


def test_a_structure_of_a_future_and_options_counts_both() -> None:
    call = vix(20.0, "C")
    book = [lot(FUTURE, 1, "A", "layer_1"), lot(call, -1, "A", "layer_1")]
    found = requirement(book, Marks({FUTURE: 20.0, call: 2.0}, vix=15.0))
    # The naked call: 10 % of 15 and its price.
    assert found.by_structure == {"A": 818_182 + 35_000}


def test_a_package_needs_what_its_lots_will() -> None:
    opened = legs(condor((2600.0, 2630.0, 2800.0, 2850.0)))
    assert package_requirement(opened, NO_MARKS) == 500_000
    assert package_requirement(opened, NO_MARKS, profile("ibkr")) == 800_000
    future = Leg(contract=FUTURE, quantity=1)
    assert package_requirement([future], Marks({FUTURE: 20.0})) == 900_000  # initial
    # What only closes a lot needs nothing.
    assert package_requirement([replace(future, quantity=-1, lot_id="x")], NO_MARKS) == 0


def test_opening_a_condor_takes_what_it_can_lose() -> None:
    """30 points less a credit of 8.20: 2,180 dollars; the credit is in the cash that counts."""
    opened = legs(condor((2600.0, 2630.0, 2800.0, 2830.0)))
    assert need_to_open(opened, -82_000, NO_MARKS) == 218_000


def test_buying_an_option_takes_its_premium_and_a_future_its_margin() -> None:
    call = Leg(contract=vix(20.0, "C"), quantity=1)
    assert need_to_open([call], 11_000, NO_MARKS) == 11_000
    future = Leg(contract=FUTURE, quantity=1)
    assert need_to_open([future], 200_500, Marks({FUTURE: 20.0})) == 900_000
    mini = Leg(contract=vxm(date(2018, 3, 21)), quantity=1)
    assert need_to_open([mini], 200_500, Marks({mini.contract: 20.0})) == 90_000


def test_on_a_grid_only_what_is_paid_above_the_middle_is_gone() -> None:
    """A call with a middle of 2.00 bought at 2.10: what it needs on the grid, and ten dollars."""
    contract = vix(20.0, "C")
    call = Leg(contract=contract, quantity=1)
    marks = Marks({contract: quote(2.0, forward=18.0, half=0.1)})
    needed = package_requirement([call], marks, PORTFOLIO)
    assert needed == 3_750  # without a volatility it has no intrinsic value to lose
    assert need_to_open([call], 21_000, marks, PORTFOLIO) == 3_750 + 1_000
    assert need_to_open([call], 19_000, marks, PORTFOLIO) == 3_750


def test_what_an_account_may_hold() -> None:
    assert allows(FUTURE, CBOE)
    assert not allows(FUTURE, CASH)
    assert allows(vix(20.0, "C"), CASH)
    with pytest.raises(StewardError) as refused:
        package_requirement([Leg(contract=FUTURE, quantity=1)], NO_MARKS, CASH)
    assert str(refused.value) == (
        "VX 2018-03-21: cash allows no futures (--margin): choose a margin account, or rules "
        "without them"
    )


def test_one_structure_alone() -> None:
    held = condor((2600.0, 2630.0, 2800.0, 2850.0), 2)
    assert spread_requirement(held, NO_MARKS, CBOE) == 1_000_000


@pytest.mark.parametrize("name", ["cboe", "ibkr", "tastytrade", "cash"])
def test_a_condor_never_needs_less_cash_than_it_can_lose(name: str) -> None:
    """Whatever the account: the requirement less the credit covers the maximum loss."""
    from steward.pricing.payoff import max_loss

    for strikes in ((2600.0, 2630.0, 2800.0, 2830.0), (2600.0, 2630.0, 2800.0, 2850.0)):
        held = condor(strikes, 3)
        credit = -sum(x.quantity * x.price for x in held)
        assert requirement(held, NO_MARKS, profile(name)).total - credit >= max_loss(held)
