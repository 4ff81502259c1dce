"""Requirements by strategy, worked by hand in cents."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.orders.margin import PROFILES, profile, requirement
from steward.pricing.payoff import max_loss
from steward.terms.contracts import OptionContract
from steward.terms.errors import StewardError
from steward.terms.trades import Lot

from .holding import NO_MARKS, Marks, condor, lot, lots, option, vix

CBOE, IBKR, TASTY = (profile(name) for name in ("cboe", "ibkr", "tastytrade"))
BY_STRATEGY = [one for one in PROFILES.values() if one.method == "strategy"]


@pytest.mark.parametrize("kind", BY_STRATEGY, ids=lambda one: one.name)
def test_an_even_condor_needs_one_side_everywhere(kind: object) -> None:
    # Two condors of 30 points: 30 * 100 dollars * 2, whatever they took in.
    even = condor((2600.0, 2630.0, 2800.0, 2830.0), 2)
    assert requirement(even, NO_MARKS, kind).total == 600_000  # type: ignore[arg-type]


def test_an_uneven_condor_needs_the_wider_side_or_both() -> None:
    uneven = condor((2600.0, 2630.0, 2800.0, 2850.0), 2)
    for kind in (CBOE, TASTY, profile("ibkr:wider")):
        assert requirement(uneven, NO_MARKS, kind).total == 2 * 500_000
    for kind in (IBKR, profile("cboe:sum")):
        assert requirement(uneven, NO_MARKS, kind).total == 2 * (300_000 + 500_000)


def test_a_condor_whose_spreads_cross_needs_what_it_can_lose() -> None:
    """Shorts 30 apart the wrong way round, 20 wide each: 30 points at 2,700; both spreads, 40."""
    crossed = lots(
        [
            (1, option(2690.0, "P")),
            (-1, option(2710.0, "P")),
            (-1, option(2680.0, "C")),
            (1, option(2700.0, "C")),
        ]
    )
    assert requirement(crossed, NO_MARKS, CBOE).total == 300_000
    uneven = lots(
        [
            (1, option(2685.0, "P")),
            (-1, option(2710.0, "P")),
            (-1, option(2680.0, "C")),
            (1, option(2700.0, "C")),
        ]
    )
    # 25 and 20 wide: at 2,685 the puts owe 25 and the call 5, at 2,700 10 and 20: 30 again.
    assert requirement(uneven, NO_MARKS, CBOE).total == 300_000
    assert requirement(uneven, NO_MARKS, IBKR).total == 450_000


def test_condors_do_not_offset_each_other() -> None:
    first = condor((2600.0, 2630.0, 2800.0, 2830.0), 1, "A")
    second = condor((2500.0, 2600.0, 2830.0, 2930.0), 1, "B")
    found = requirement([*first, *second], NO_MARKS)
    assert found.total == 300_000 + 1_000_000
    assert found.by_structure == {"A": 300_000, "B": 1_000_000}
    assert found.by_class == {"SPX options": 1_300_000}
    assert found.reasons == (
        "A: 3,000.00 dollars, the greater of its sides",
        "B: 10,000.00 dollars, the greater of its sides",
    )


def test_one_structure_over_two_indices_adds_them() -> None:
    """Nothing of SPX covers VIX: 30 points of SPX and a VIX spread of 5 are 3,500 dollars."""
    held = [
        *condor((2600.0, 2630.0, 2800.0, 2830.0)),
        *lots([(-1, vix(20.0, "C")), (1, vix(25.0, "C"))]),
    ]
    found = requirement(held, NO_MARKS)
    assert (found.total, found.by_structure) == (350_000, {"A": 350_000})


@pytest.mark.parametrize(
    ("name", "call_wing", "why"),
    [
        ("cboe:sum", 2830.0, "3,000.00 dollars, the greater of its sides"),
        ("cboe:sum", 2850.0, "8,000.00 dollars, both spreads"),
        ("cboe", 2850.0, "5,000.00 dollars, the greater of its sides"),
    ],
)
def test_both_spreads_are_named_where_both_count(name: str, call_wing: float, why: str) -> None:
    held = condor((2600.0, 2630.0, 2800.0, call_wing))
    assert requirement(held, NO_MARKS, profile(name)).reasons == (f"A: {why}",)


def test_the_reasons_say_what_counts() -> None:
    short_call = option(2900.0, "C")
    held = [
        *condor((2600.0, 2630.0, 2800.0, 2850.0), 1, "A"),
        *lots([(-2, option(2800.0, "C")), (1, option(2850.0, "C"))], "B"),
        *lots(_box(), "C"),
        lot(short_call, -1, "D"),
    ]
    marks = Marks(prices={**_box_prices(), short_call: 3.0, option(2800.0, "C"): 20.0})
    said = requirement(held, marks, IBKR).reasons
    assert [text.partition(" dollars, ")[2] for text in said] == [
        "both spreads",
        "the gap of its strikes, naked: price and share of the index",
        "a short box",
        "naked: price and share of the index",
    ]


def test_long_options_are_paid_and_need_nothing() -> None:
    hedge = [lot(vix(20.0, "C"), 9, "h", "layer_1"), lot(option(2500.0, "P"), 1, "p", "layer_1")]
    assert requirement(hedge, NO_MARKS).total == 0
    assert requirement(hedge, NO_MARKS).reasons == ()
    # And they relieve no condor.
    even = condor((2600.0, 2630.0, 2800.0, 2830.0))
    assert requirement([*hedge, *even], NO_MARKS).total == 300_000


# --- naked ---------------------------------------------------------------------------------------


def test_a_naked_spx_put_in_and_out_of_the_money() -> None:
    """SPX 2,700: 15 % is 405 points. The 2,600 put at 12.00 is 100 out of the money: 405 - 100 =
    305, more than 10 % of its strike, 260: 30,500 + 1,200 dollars. The 2,400 put at 3.00, 300 out:
    105, less than 240: 24,000 + 300. The 2,800 put at 110.00 is in it: 40,500 + 11,000.
    """
    for strike, price, needed in (
        (2600.0, 12.0, 3_170_000),
        (2400.0, 3.0, 2_430_000),
        (2800.0, 110.0, 5_150_000),
    ):
        put = option(strike, "P")
        assert requirement([lot(put, -1)], Marks({put: price})).total == needed


def test_a_naked_spx_call_far_out_needs_a_tenth_of_the_index() -> None:
    """The 3,000 call at 0.55: 405 - 300 = 105, less than 270: 27,000 + 55 dollars; three."""
    call = option(3000.0, "C")
    assert requirement([lot(call, -3)], Marks({call: 0.55})).total == 3 * 2_705_500


def test_a_naked_vix_option_stands_on_spot_vix_not_on_its_future() -> None:
    """Spot VIX 15, the future at 18, which is in the prices. The 20 call at 1.10 is 5 out of spot:
    20 % of 15 is 3, less than nothing after 5, so 10 % of 15: 150 + 110 dollars. The 16 put at
    1.30 is 1 in it: 300 + 130. The 12 put at 0.20 is 3 out: nothing, so 10 % of 12: 120 + 20.
    """
    for strike, right, price, needed in (
        (20.0, "C", 1.10, 26_000),
        (16.0, "P", 1.30, 43_000),
        (12.0, "P", 0.20, 14_000),
    ):
        one = vix(strike, right)
        assert requirement([lot(one, -1)], Marks({one: price}, vix=15.0)).total == needed


def test_a_share_of_a_cent_is_rounded_up() -> None:
    """15 % of 2,700.01 points is 405.0015: 40,500.15 dollars; 20 % of 15.03 is 3.006: 300.60."""
    call = option(2700.0, "C")
    assert requirement([lot(call, -1)], Marks({call: 0.0001}, spx=2700.01)).total == 4_050_016
    low = vix(15.0, "C")
    assert requirement([lot(low, -1)], Marks({low: 1.0}, vix=15.03)).total == 40_060


def test_a_short_strangle_needs_the_greater_and_the_others_price() -> None:
    """SPX 2,700: the 2,600 put at 12.00 needs 31,700 (above), the 2,850 call at 6.00 needs
    max(405 - 150, 270) = 27,000 + 600: the put's, and the call's 600.
    """
    put, call = option(2600.0, "P"), option(2850.0, "C")
    marks = Marks({put: 12.0, call: 6.0})
    assert requirement(lots([(-1, put), (-1, call)]), marks).total == 3_170_000 + 60_000
    # Three puts on one call: one pair, two puts alone.
    assert requirement(lots([(-3, put), (-1, call)]), marks).total == 3 * 3_170_000 + 60_000
    # One put on three calls: the put is the greater of its pair, two calls alone.
    found = requirement(lots([(-1, put), (-3, call)]), marks).total
    assert found == 3_170_000 + 60_000 + 2 * 2_760_000
    # Of other structures nothing is set off.
    apart = [*lots([(-1, put)], "A"), *lots([(-1, call)], "B")]
    assert requirement(apart, marks).total == 3_170_000 + 2_760_000


def test_of_a_straddle_the_requirement_decides_not_the_share() -> None:
    """The side that needs more with its price is the greater one, even where its share is less.

    SPX 2,700. The 2,760 put at 62.00: 40,500 + 6,200 = 46,700; the 2,700 call at 20.00: 40,500 +
    2,000 = 42,500. So 46,700 and the call's 2,000. The 2,690 put at 30.50 is 10 out: 39,500 + 3,050
    = 42,550, more than the call: its share of 39,500, and both prices.
    """
    call, put = option(2700.0, "C"), option(2760.0, "P")
    marks = Marks({call: 20.0, put: 62.0})
    assert requirement(lots([(-1, put), (-1, call)]), marks).total == 4_670_000 + 200_000
    near = option(2690.0, "P")
    marks = Marks({call: 20.0, near: 30.5})
    assert requirement(lots([(-1, near), (-1, call)]), marks).total == 3_950_000 + 505_000


def test_the_put_that_needs_most_goes_with_the_call() -> None:
    """SPX 2,700. A put of 2019 at 2,300: a tenth of its strike, 23,000, and its 130.00, or 36,000.

    The near 2,700 put at 5.00 needs 40,500 + 500 = 41,000, the call at 2,700 and 3.00 40,800. The
    near put goes with the call: its 40,500, then the far put's 23,000, and all three prices.
    """
    far = option(2300.0, "P", expiry=date(2019, 3, 15))
    near, call = option(2700.0, "P"), option(2700.0, "C")
    marks = Marks({far: 130.0, near: 5.0, call: 3.0})
    found = requirement(lots([(-1, far), (-1, near), (-1, call)]), marks).total
    assert found == 4_050_000 + 2_300_000 + 1_300_000 + 50_000 + 30_000
    # The far put alone with the call: 36,000 are less than 40,800, though its price is the higher.
    found = requirement(lots([(-1, far), (-1, call)]), marks).total
    assert found == 4_050_000 + 1_300_000 + 30_000
    # Near at 50.00 and far at 10.00: price and share agree, and the near put goes with the call.
    marks = Marks({far: 10.0, near: 50.0, call: 3.0})
    found = requirement(lots([(-1, far), (-1, near), (-1, call)]), marks).total
    assert found == 4_050_000 + 2_300_000 + 100_000 + 500_000 + 30_000
    # One deep in the money, at 300.00: the more it costs the more it needs, not the less.
    deep = option(3000.0, "P")
    marks = Marks({far: 10.0, deep: 300.0, call: 3.0})
    found = requirement(lots([(-1, far), (-1, deep), (-1, call)]), marks).total
    assert found == 4_050_000 + 2_300_000 + 100_000 + 3_000_000 + 30_000


def test_naked_options_of_two_indices_are_no_strangle() -> None:
    put, call = option(2600.0, "P"), vix(20.0, "C")
    marks = Marks({put: 12.0, call: 1.10}, vix=15.0)
    assert requirement(lots([(-1, put), (-1, call)]), marks).total == 3_170_000 + 26_000


# --- boxes ---------------------------------------------------------------------------------------


def _box(n: int = 1) -> list[tuple[int, OptionContract]]:
    """Sold: pays 100 points in the end."""
    return [
        (-n, option(2700.0, "C")),
        (n, option(2800.0, "C")),
        (n, option(2700.0, "P")),
        (-n, option(2800.0, "P")),
    ]


def _box_prices(dearer: float = 0.0) -> dict[OptionContract, float]:
    """Buying it back costs 60 - 15 + 105 - 51 = 99 points and `dearer`."""
    return {
        option(2700.0, "C"): 60.0 + dearer,
        option(2800.0, "C"): 15.0,
        option(2700.0, "P"): 51.0,
        option(2800.0, "P"): 105.0,
    }


def test_a_short_box_needs_its_distance_or_more() -> None:
    # 1.02 * 9,900 = 10,098 dollars, more than the distance of 10,000.
    assert requirement(lots(_box(2)), Marks(_box_prices())).total == 2 * 1_009_800
    # At 97.50 to close, 9,945: the distance.
    assert requirement(lots(_box()), Marks(_box_prices(-1.5))).total == 1_000_000
    # At 98.0401, 10,000.0902: the cent is rounded up.
    assert requirement(lots(_box()), Marks(_box_prices(-0.9599))).total == 1_000_010


def test_a_long_box_is_paid_for() -> None:
    bought = [(-quantity, one) for quantity, one in _box()]
    assert requirement(lots(bought), NO_MARKS).total == 0


# --- a cash account ------------------------------------------------------------------------------


def test_a_cash_account_holds_spreads_and_nothing_naked() -> None:
    cash = profile("cash")
    assert requirement(condor((2600.0, 2630.0, 2800.0, 2830.0)), NO_MARKS, cash).total == 300_000
    with pytest.raises(StewardError, match=r"SPXW 2018-03-16 2600 P is sold without cover: cash"):
        requirement([lot(option(2600.0, "P"), -1)], NO_MARKS, cash)


# --- properties ----------------------------------------------------------------------------------

steps = st.integers(1, 40).map(lambda n: 5.0 * n)


@given(steps, steps, steps, st.integers(1, 50), st.lists(st.integers(0, 60_000), min_size=4))
def test_a_condor_needs_its_maximum_loss_and_its_credit(
    below: float, between: float, above: float, quantity: int, prices: list[int]
) -> None:
    """The bound of the ledger and the broker's requirement differ by what was taken in."""
    strikes = (2600.0 - below, 2600.0, 2600.0 + between, 2600.0 + between + above)
    held = [
        lot(x.contract, x.quantity, price=paid / 10_000)
        for x, paid in zip(condor(strikes, quantity), prices, strict=False)
    ]
    credit = -sum(x.quantity * x.price for x in held)
    needed = requirement(held, NO_MARKS).total
    assert needed == round(max(below, above) * 10_000) * quantity
    assert max_loss(held) == needed - credit
    assert requirement(held, NO_MARKS, IBKR).total >= needed


sold = st.lists(
    st.tuples(
        st.integers(-5, 5),
        st.builds(
            option, st.sampled_from([2500.0, 2600.0, 2700.0, 2800.0]), st.sampled_from(["P", "C"])
        ),
    ),
    min_size=1,
    max_size=5,
)


def marks_of(held: list[tuple[int, OptionContract]], spot: float) -> Marks:
    """Each option at its intrinsic value and five points."""
    prices = {}
    for _, one in held:
        inside = spot - one.strike if one.right == "C" else one.strike - spot
        prices[one] = max(inside, 0.0) + 5.0
    return Marks(prices, spx=spot)


@given(sold, st.integers(2300, 3000), st.integers(2, 9))
def test_a_requirement_is_never_negative_and_grows_with_the_size(
    held: list[tuple[int, OptionContract]], spot: int, n: int
) -> None:
    marks = marks_of(held, float(spot))
    one = requirement(lots(held), marks).total
    many = requirement(lots([(n * quantity, c) for quantity, c in held]), marks).total
    assert one >= 0
    assert many == n * one


@given(sold, st.integers(2300, 3000), st.integers(1, 9))
def test_a_vix_call_never_lowers_what_spx_needs(
    held: list[tuple[int, OptionContract]], spot: int, n: int
) -> None:
    marks = marks_of(held, float(spot))
    book: list[Lot] = lots(held)
    call = lot(vix(20.0, "C"), n, "hedge", "layer_1")
    for kind in (CBOE, IBKR, TASTY):
        alone, hedged = (requirement(one, marks, kind) for one in (book, [*book, call]))
        assert hedged.total == alone.total
        assert hedged.by_structure.get("A") == alone.by_structure.get("A")


@given(sold, st.integers(2300, 3000))
def test_both_spreads_are_never_less_than_the_wider(
    held: list[tuple[int, OptionContract]], spot: int
) -> None:
    marks = marks_of(held, float(spot))
    book = lots(held)
    assert requirement(book, marks, IBKR).total >= requirement(book, marks, CBOE).total
