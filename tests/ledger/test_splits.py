"""Splits of shares by hand: forward, reverse, fractions, short lots, and nothing left."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.accounts import Account
from steward.ledger.splits import Split, split_lots
from steward.terms.contracts import ShareContract
from steward.terms.trades import Leg, Lot

from .desk import (
    FRIDAY,
    MONDAY,
    THURSDAY,
    TUESDAY,
    Market,
    Told,
    order,
    send,
    share_lots,
    started,
    step,
)

VXX, UVXY = ShareContract(symbol="VXX"), ShareContract(symbol="UVXY")


def lot(quantity: int, price: int) -> Lot:
    return Lot(
        lot_id="1.1",
        structure_id="A",
        purpose="second_engine",
        contract=VXX,
        quantity=quantity,
        price=price,
        opened=THURSDAY,
        variation_price=price,
    )


def split(new: int, old: int, price: int, symbol: str = "VXX") -> Split:
    return Split(symbol=symbol, new=new, old=old, price=price)


def one_lot(held: Lot, of: Split) -> tuple[Lot | None, int]:
    """What becomes of the only lot of a position: the lot after the split, and cents."""
    (found,) = split_lots([held], of)
    assert found.before == held
    return found.after, found.cash


def test_three_for_one() -> None:
    """100 shares bought at 90.00 are 300 at 30.00; nothing is left over."""
    new, in_lieu = one_lot(lot(100, 900_000), split(3, 1, 300_000))
    assert new == replace(lot(300, 300_000), variation_price=300_000)
    assert in_lieu == 0


def test_one_for_five_pays_the_fraction() -> None:
    """103 shares are 20 and three fifths; three fifths of 48.11 are 28.866, paid as 28.86.

    Bought at 9.99 each, one new share cost 5 * 9.99 = 49.95.
    """
    new, in_lieu = one_lot(lot(103, 99_900), split(1, 5, 481_100))
    assert (new, in_lieu) == (lot(20, 499_500), 2_886)


def test_a_short_lot_pays_for_its_fraction() -> None:
    """The same three fifths, owed: 28.866 is 28.87 when the holder pays."""
    new, in_lieu = one_lot(lot(-103, 99_900), split(1, 5, 481_100))
    assert (new, in_lieu) == (lot(-20, 499_500), -2_887)


def test_four_shares_of_a_reverse_split_are_none() -> None:
    # Four fifths of 48.10: 38.48.
    assert one_lot(lot(4, 99_900), split(1, 5, 481_000)) == (None, 3_848)
    assert one_lot(lot(-4, 99_900), split(1, 5, 481_000)) == (None, -3_848)
    assert one_lot(lot(5, 99_900), split(1, 5, 481_000)) == (lot(1, 499_500), 0)


def test_three_for_two() -> None:
    """7 shares are 10 and a half; half of 20.01 is 10.005, paid 10.00. 30.01 * 2 / 3 = 20.0067."""
    new, in_lieu = one_lot(lot(7, 300_100), split(3, 2, 200_100))
    assert (new, in_lieu) == (lot(10, 200_100), 1_000)


def test_a_price_goes_to_the_nearest_cent() -> None:
    # 10.00 / 3 = 3.333; 10.01 / 2 = 5.005, half a cent up; 10.02 / 4 = 2.505, up; 10.03 / 4 below.
    assert split(3, 1, 0).scaled(100_000) == 33_300
    assert split(2, 1, 0).scaled(100_100) == 50_100
    assert split(4, 1, 0).scaled(100_200) == 25_100
    assert split(8, 1, 0).scaled(100_200) == 12_500
    assert split(1, 4, 0).scaled(100_300) == 401_200


def test_a_split_in_words() -> None:
    assert split(1, 5, 481_000).words == "1 for 5, fractions at 48.10"
    assert split(3, 1, 5).words == "3 for 1, fractions at 0.00"


@pytest.mark.parametrize(("new", "old", "price"), [(0, 1, 5), (-1, 2, 5), (1, 0, 5), (2, 1, -1)])
def test_what_is_no_split(new: int, old: int, price: int) -> None:
    with pytest.raises(ValueError, match=f"^VXX: a split of {new} for {old} is none$"):
        split(new, old, price)
    assert split(1, 1, 0).words == "1 for 1, fractions at 0.00"


@given(
    st.integers(1, 10**6),
    st.integers(1, 10),
    st.integers(1, 20),
    st.integers(0, 10**5).map(lambda cents: cents * 100),
)
def test_no_share_is_made_of_nothing(shares: int, new: int, old: int, price: int) -> None:
    """Whole shares and the fraction are what there was, and roundings go against the holder."""
    whole, bonus = one_lot(lot(shares, 100_000), split(new, old, price))
    kept = 0 if whole is None else whole.quantity
    fraction = Fraction(shares * new, old) - kept
    assert 0 <= fraction < 1
    assert 0 <= fraction * price / 100 - bonus < 1
    sold, owed = one_lot(lot(-shares, 100_000), split(new, old, price))
    assert (0 if sold is None else sold.quantity) == -kept
    assert 0 <= -owed - fraction * price / 100 < 1


# --- in an account -------------------------------------------------------------------------------


def with_shares(*lots: tuple[str, int], price: float = 10.00) -> tuple[Account, Market]:
    """Lots of VXX and one of UVXY bought on Friday at 10.00; marked at 10.00."""
    account, market = started(), Market()
    market.set(FRIDAY, VXX, 9.99, 10.01)
    market.set(FRIDAY, UVXY, 19.99, 20.01)
    wanted = [
        order(
            [Leg(contract=VXX if symbol == "VXX" else UVXY, quantity=1 if n > 0 else -1)],
            session=THURSDAY,
            order_id=f"{i}",
            quantity=abs(n),
            purpose="second_engine",
            structure_id=f"s{i}",
        )
        for i, (symbol, n) in enumerate(lots, start=1)
    ]
    send(account, *wanted)
    step(account, FRIDAY, market, venue=Told({VXX: price, UVXY: 20.0}))
    return account, market


def test_a_reverse_split_of_several_lots() -> None:
    account, market = with_shares(("VXX", 103), ("UVXY", 50), ("VXX", 4), ("VXX", 10))
    # 117 shares at 10.00 and 50 at 20.00.
    assert account.cash == 25_000_000 - 117_000 - 100_000
    assert account.equity == 25_000_000
    market.set(MONDAY, VXX, 50.00, 50.20)
    step(account, MONDAY, market, splits=[split(1, 5, 480_000)])
    # 117 shares are 23 and two fifths, 19.20 at 48.00. The lots are 20.6, 0.8 and 2: the share that
    # none has by itself goes to the second, which pays a fifth for it; the first gets three fifths.
    assert account.cash == 25_000_000 - 217_000 + 1_920
    assert share_lots(account) == [
        ("1.1", 20, 500_000),
        ("2.1", 50, 200_000),
        ("3.1", 1, 500_000),
        ("4.1", 2, 500_000),
    ]
    # Marked at 50.10: 23 * 50.10, and UVXY at 20.00.
    assert account.equity == account.cash + 23 * 5_010 + 100_000
    rows = [r for r in account.frame().rows(named=True) if r["event"] == "split"]
    assert [(r["lot_id"], r["quantity"], r["price"], r["cash"]) for r in rows] == [
        ("1.1", -83, 480_000, 2_880),
        ("3.1", -3, 480_000, -960),
        ("4.1", -8, 480_000, 0),
    ]
    # Worth before 1,030.00, after 20 * 50.00; before 4 * 10.00, after 50.00; 10 * 10 = 2 * 50.
    assert [r["value"] for r in rows] == [-3_000, 1_000, 0]
    assert [r["detail"] for r in rows] == ['{"price": 500000}'] * 3
    assert {r["reason"] for r in rows} == {"1 for 5, fractions at 48.00"}
    assert {r["purpose"] for r in rows} == {r["cause"] for r in rows} == {"second_engine"}
    account.prove()


def test_a_forward_split_of_a_short_lot_then_its_close() -> None:
    account, market = with_shares(("VXX", -30))
    assert account.cash == 25_000_000 + 30_000
    market.set(MONDAY, VXX, 3.00, 3.10)
    step(account, MONDAY, market, splits=[split(3, 1, 33_300)])
    # 10.00 / 3 is 3.33: 90 shares short. No fraction, nothing paid; marked at 3.05.
    assert share_lots(account) == [("1.1", -90, 33_300)]
    assert account.cash == 25_030_000
    assert account.equity == 25_030_000 - 90 * 305
    buying = [Leg(contract=VXX, quantity=1, lot_id="1.1")]
    send(
        account,
        order(
            buying,
            session=MONDAY,
            order_id="9",
            quantity=90,
            purpose="second_engine",
            action="close",
        ),
    )
    step(account, TUESDAY, market, venue=Told({VXX: 3.01}))
    assert account.lots == ()
    assert account.cash == account.equity == 25_030_000 - 90 * 301
    account.prove()


def test_the_mark_of_before_goes_on_the_new_scale() -> None:
    """Marked at 9.985 on average of 9.96 and 10.01: twice that is 19.97; a third is 6.66 (6.6567).

    90 shares at 3.33 are 299.70 before the day's quotes.
    """
    account, market = with_shares(("VXX", 30))
    market.set(FRIDAY, VXX, 9.96, 10.01)
    account.mark(market.view(FRIDAY).mark)
    assert account.equity == account.cash + 29_955
    account.begin(MONDAY)
    account.split(split(3, 1, 33_300))
    assert account.equity == account.cash + 29_970
    account.check()


def test_a_split_of_another_symbol_changes_nothing() -> None:
    account, _ = with_shares(("VXX", 30))
    before, rows = account.book, account.frame().height
    account.begin(MONDAY)
    account.split(split(1, 4, 400_000, "UVXY"))
    assert account.book == before
    assert account.frame().height == rows
    account.split(split(1, 4, 400_000, "VXX"))
    assert share_lots(account) == [("1.1", 7, 400_000)]
