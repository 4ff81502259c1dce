"""Shares of several lots through a split: one position, one fraction; and the orders on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Account
from steward.ledger.splits import Split, split_lots
from steward.terms.contracts import ShareContract, vx
from steward.terms.trades import Fill, Leg, LegFill, Lot, Order, Refusal

from .desk import FRIDAY, MONDAY, THURSDAY, TUESDAY, Market, order, send, started

UVXY, VXX = ShareContract(symbol="UVXY"), ShareContract(symbol="VXX")


def lot(name: str, quantity: int, price: int = 100_000) -> Lot:
    return Lot(
        lot_id=name,
        structure_id=f"of {name}",
        purpose="layer_1",
        contract=UVXY,
        quantity=quantity,
        price=price,
        opened=THURSDAY,
        variation_price=price,
    )


def split(new: int, old: int, price: int) -> Split:
    return Split(symbol="UVXY", new=new, old=old, price=price)


def after(lots: Sequence[Lot], of: Split) -> list[tuple[int, int]]:
    """Shares and cash of each lot, in their order."""
    found = split_lots(lots, of)
    assert [x.before for x in found] == list(lots)
    return [(0 if x.after is None else x.after.quantity, x.cash) for x in found]


def test_the_fraction_is_of_the_position_and_not_of_the_lot() -> None:
    """Three and three shares, 1 for 5: one share and a fifth, at 50.00. The first lot has the
    share, of which it owned three fifths: it pays 20.00 for the rest, and the other gets 30.00.
    """
    assert after([lot("1", 3), lot("2", 3)], split(1, 5, 500_000)) == [(1, -2_000), (0, 3_000)]


def test_the_largest_remainder_has_the_share() -> None:
    """13, 4 and 8 shares are 25: five new ones. By themselves 2.6, 0.8 and 1.6: 2, 0 and 1 whole,
    two more for the rests 0.8 and, on a tie of 0.6, the earlier lot. At 48.10: 0.4 of a share paid
    is 19.24, 0.2 is 9.62, and 0.6 received 28.86; in sum nothing, for there is no fraction.
    """
    found = after([lot("1", 13), lot("2", 4), lot("3", 8)], split(1, 5, 481_000))
    assert found == [(3, -1_924), (1, -962), (1, 2_886)]


def test_a_single_lot_by_hand() -> None:
    """103 shares are 20 and three fifths; three fifths of 48.11 are 28.866: 28.86 received, or
    28.87 owed. Bought at 9.99, five of them cost 49.95.
    """
    (bought,) = split_lots([lot("1", 103, 99_900)], split(1, 5, 481_100))
    assert (bought.after, bought.cash) == (lot("1", 20, 499_500), 2_886)
    (sold,) = split_lots([lot("1", -103, 99_900)], split(1, 5, 481_100))
    assert (sold.after, sold.cash) == (lot("1", -20, 499_500), -2_887)


def test_bought_and_sold_lots_do_not_make_a_share_together() -> None:
    """Three bought and three sold: each side is a fraction, the one received, the other owed."""
    found = after([lot("1", 3), lot("2", -3)], split(1, 5, 500_000))
    assert found == [(0, 3_000), (0, -3_000)]


def test_nothing_is_held() -> None:
    assert split_lots([], split(1, 5, 500_000)) == ()


@given(
    st.lists(st.integers(-400, 400).filter(bool), min_size=1, max_size=6),
    st.integers(1, 10),
    st.integers(1, 20),
    st.integers(0, 9_999).map(lambda cents: cents * 100),
)
def test_lots_together_are_what_one_lot_would_be(
    quantities: list[int], new: int, old: int, price: int
) -> None:
    lots = [lot(str(n), q) for n, q in enumerate(quantities)]
    of = split(new, old, price)
    found = after(lots, of)
    for sign in (1, -1):
        mine = [x for x, q in zip(found, quantities, strict=True) if q * sign > 0]
        held = sum(q for q in quantities if q * sign > 0)
        if not mine:
            continue
        (alone,) = after([lot("one", held)], of)
        assert (sum(q for q, _ in mine), sum(c for _, c in mine)) == alone
    for (shares, cash), q in zip(found, quantities, strict=True):
        # No lot gains or loses more than a cent against what it is owed.
        owed = (Fraction(q * new, old) - shares) * price / 100
        assert abs(cash - owed) < 1
        assert abs(shares) <= -(-abs(q) * new // old)


# --- in an account -------------------------------------------------------------------------------


class Told:
    """A venue that fills at the price that it was told, for nothing, or refuses for now."""

    def __init__(self, price: int | None) -> None:
        self.price = price

    def fill(self, order: Order, view: Any, taken: Any) -> Fill | Refusal:
        del taken
        if self.price is None:
            return Refusal(order=order, session=view.session, state="no quote", reason="asleep")
        (leg,) = order.legs
        part = LegFill(
            leg=leg,
            quantity=order.quantity * leg.quantity,
            price=self.price,
            fee=0,
            quality="quoted",
        )
        return Fill(order=order, session=view.session, legs=(part,), net=self.price)


def buying(number: str, quantity: int, *, contract: ShareContract = UVXY, **more: Any) -> Order:
    return order(
        [Leg(contract=contract, quantity=1)],
        session=more.pop("session", THURSDAY),
        order_id=f"{number}/1",
        quantity=quantity,
        purpose="layer_1",
        structure_id=f"s{number}",
        **more,
    )


def traded(account: Account, price: int | None, market: Market) -> None:
    account.trade(Told(price), market.view(account.session))


def test_two_lots_of_an_account() -> None:
    """3 and 3 shares at 10.00, marked there. Split 1 for 5 at 50.00: one share, 10.00 in cash."""
    account, market = started(), Market()
    market.set(FRIDAY, UVXY, 9.99, 10.01)
    send(account, buying("1", 3), buying("2", 3))
    account.begin(FRIDAY)
    traded(account, 100_000, market)
    account.mark(market.view(FRIDAY).mark)
    account.begin(MONDAY)
    account.split(split(1, 5, 500_000))
    assert account.cash == 25_000_000 - 6_000 + 1_000
    assert account.equity == 25_000_000
    assert [(x.quantity, x.price) for x in account.lots] == [(1, 500_000)]
    account.check()
    account.prove()


def test_an_order_in_old_shares_does_not_trade_after_a_split() -> None:
    """Ten shares wanted at about 10.00 must not become ten at 50.00."""
    account, market = started(), Market()
    send(account, buying("1", 10, retry=3), buying("2", 7, contract=VXX, retry=3))
    account.begin(FRIDAY)
    traded(account, None, market)
    send(account, buying("3", 2, session=FRIDAY))
    account.begin(MONDAY)
    account.split(split(1, 5, 500_000))
    assert account.intents.ended == {"i1/1": "cancelled"}
    (row,) = (x for x in account.frame().rows(named=True) if x["event"] == "end")
    assert row["reason"] == "UVXY was split 1 for 5 after it was sent"
    traded(account, 500_000, market)
    # The order of the last close knew of the split, and VXX had none.
    assert [(x.contract, x.quantity) for x in account.lots] == [(VXX, 7), (UVXY, 2)]
    account.prove()


def test_of_what_has_traded_in_part_the_rest_is_cancelled() -> None:
    account, _market = started(), Market()
    wanted = buying("1", 10, retry=3)
    send(account, wanted)
    account.begin(FRIDAY)
    (leg,) = wanted.legs
    part = LegFill(leg=leg, quantity=4, price=100_000, fee=0, quality="quoted")
    account.receive(Fill(order=wanted, session=FRIDAY, legs=(part,), net=100_000, limited="size"))
    account.mark(lambda _: market_quote())
    account.send(())
    account.begin(MONDAY)
    account.split(split(1, 5, 500_000))
    assert account.intents.ended == {"i1/1": "partly filled"}
    # Four shares are four fifths of one: all cash.
    assert account.lots == ()
    assert account.cash == 25_000_000


def market_quote() -> Any:
    market = Market()
    market.set(FRIDAY, UVXY, 10.00, 10.00)
    return market.quote(FRIDAY, UVXY)


@pytest.mark.parametrize("retry", [0, 2])
def test_what_has_settled_is_not_tried_again(retry: int) -> None:
    account, market = started(), Market()
    wanted = replace(buying("1", 1), legs=(Leg(contract=vx(MONDAY), quantity=1),), retry=retry)
    send(account, wanted)
    account.begin(FRIDAY)
    if retry:
        traded(account, None, market)
        account.send(())
        assert [x.retry for x in account.book.open_orders] == [1]
        account.begin(MONDAY)
    traded(account, None, market)
    account.begin(TUESDAY)
    assert account.intents.ended == {"i1/1": "no quote"}
