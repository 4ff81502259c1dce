"""A structure taken apart: what is covered, what is matched, what is naked. All by hand."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from steward.orders.margin.apart import Options, covers, gap, is_short_box, take_apart
from steward.pricing.payoff import cents, settlement_price, strike_e4
from steward.terms.contracts import OptionContract

from .holding import option, vix

LATER = date(2018, 4, 20)


def test_a_condor_bounds_its_own_loss() -> None:
    found = take_apart(
        (
            (2, option(2600.0, "P")),
            (-2, option(2630.0, "P")),
            (-2, option(2800.0, "C")),
            (2, option(2850.0, "C")),
        )
    )
    # 30 and 50 points of 100 dollars, twice; not both at once.
    assert found.sides == ((600_000, 1_000_000, 1_000_000),)
    assert (found.gaps, found.boxes, found.naked, found.fixed) == (0, (), (), True)


def test_a_condor_whose_spreads_cross_can_lose_on_both() -> None:
    """Short the 2,700 put and the 2,690 call, 20 wide each: at 2,705 to 2,680 both are in it.

    At 2,690 the put spread owes 10, the call spread nothing; at 2,700 the call spread 10; at 2,710
    20 and nothing; at 2,680 20 and nothing: never more than 20. With shorts 30 apart it is more:
    the 2,710 put and the 2,680 call owe 10 and 20 at 2,700.
    """
    near = (
        (1, option(2680.0, "P")),
        (-1, option(2700.0, "P")),
        (-1, option(2690.0, "C")),
        (1, option(2710.0, "C")),
    )
    assert take_apart(near).sides == ((200_000, 200_000, 200_000),)
    far = (
        (1, option(2690.0, "P")),
        (-1, option(2710.0, "P")),
        (-1, option(2680.0, "C")),
        (1, option(2700.0, "C")),
    )
    assert take_apart(far).sides == ((200_000, 200_000, 300_000),)


def test_what_is_bought_alone_needs_nothing() -> None:
    found = take_apart(((3, option(2800.0, "C")), (1, option(2500.0, "P"))))
    assert (found.sides, found.gaps, found.naked, found.fixed) == ((), 0, (), True)


def test_what_is_sold_alone_is_naked() -> None:
    put = option(2500.0, "P")
    assert take_apart(((-3, put),)).naked == ((3, put),)
    assert not take_apart(((-3, put),)).fixed


def test_lots_of_one_contract_are_one() -> None:
    put = option(2500.0, "P")
    assert take_apart(((-3, put), (3, put))).naked == ()
    assert take_apart(((-3, put), (1, put))).naked == ((2, put),)


def test_a_ratio_is_covered_nearest_the_money_first() -> None:
    """Two calls sold at 2,800 and 2,850, one bought at 2,900: it covers the 2,800, 100 away."""
    low, high = option(2800.0, "C"), option(2850.0, "C")
    found = take_apart(((-1, high), (-1, low), (1, option(2900.0, "C"))))
    assert (found.gaps, found.naked) == (1_000_000, ((1, high),))
    # Puts the other way round: the 2,600 comes first, its cover at 2,500.
    found = take_apart(
        ((-1, option(2550.0, "P")), (-1, option(2600.0, "P")), (1, option(2500.0, "P")))
    )
    assert (found.gaps, found.naked) == (1_000_000, ((1, option(2550.0, "P")),))


def test_of_several_covers_the_one_with_the_smallest_gap_is_taken() -> None:
    sold = option(2800.0, "C")
    near, far = option(2850.0, "C"), option(2790.0, "C")
    found = take_apart(((-3, sold), (1, near), (1, far)))
    # The 2,790 leaves nothing to lose, the 2,850 fifty points, the third call is naked.
    assert (found.gaps, found.naked) == (500_000, ((1, sold),))


def test_a_later_spx_option_covers_an_earlier_one() -> None:
    sold, bought = option(2800.0, "C"), option(2810.0, "C", expiry=LATER)
    assert take_apart(((-1, sold), (1, bought))).gaps == 100_000
    # Not the other way round.
    early = option(2810.0, "C")
    late = option(2800.0, "C", expiry=LATER)
    assert take_apart(((-1, late), (1, early))).naked == ((1, late),)


def test_no_vix_option_covers_one_of_another_day() -> None:
    """Each settlement day has a forward of its own."""
    sold, bought = vix(20.0, "C"), vix(20.0, "C", date(2018, 4, 18))
    found = take_apart(((-1, sold), (1, bought)))
    assert (found.gaps, found.naked) == (0, ((1, sold),))
    same = take_apart(((-1, sold), (1, vix(25.0, "C"))))
    assert same.sides == ((0, 50_000, 50_000),)


def test_who_covers_whom() -> None:
    am = option(2800.0, "C", root="SPX")
    pm = option(2800.0, "C")
    assert covers(pm, am)  # of one day the one of the close settles after that of the opening
    assert not covers(am, pm)
    assert not covers(option(2800.0, "P"), pm)
    assert not covers(vix(20.0, "C", LATER), pm)
    assert gap(option(2750.0, "C"), pm) == 0
    assert gap(option(2750.0, "P"), option(2800.0, "P")) == 500_000


def box(low: float, high: float, n: int = 1) -> Options:
    """Sold: what takes money in today and pays the distance in the end."""
    return (
        (-n, option(low, "C")),
        (n, option(high, "C")),
        (n, option(low, "P")),
        (-n, option(high, "P")),
    )


def test_a_short_box_is_known() -> None:
    assert is_short_box(box(2700.0, 2800.0, 2))
    assert take_apart(box(2700.0, 2800.0, 2)).boxes == (box(2700.0, 2800.0, 2),)
    bought = tuple((-quantity, one) for quantity, one in box(2700.0, 2800.0))
    assert not is_short_box(bought)
    found = take_apart(bought)
    assert (found.sides, found.boxes, found.fixed) == (((0, 0, 0),), (), True)
    assert not is_short_box(box(2700.0, 2800.0)[:3])
    uneven = (*box(2700.0, 2800.0)[:3], (-2, option(2800.0, "P")))
    assert not is_short_box(uneven)


quantities = st.integers(-4, 4)
contracts = st.builds(
    option, st.sampled_from([2600.0, 2650.0, 2700.0, 2750.0]), st.sampled_from(["P", "C"])
)


@given(st.lists(st.tuples(quantities, contracts), max_size=6))
def test_what_is_taken_apart_is_never_less_than_what_can_be_lost(
    held: list[tuple[int, OptionContract]],
) -> None:
    """Sides, gaps and what is naked together cover the loss at any settlement."""
    found = take_apart(tuple(held))
    for level in (0, *range(25_000_000, 30_000_000, 125_000)):
        value = sum(cents(c, q, settlement_price(c, level)) for q, c in held)
        naked = sum(cents(c, n, settlement_price(c, level)) for n, c in found.naked)
        boxes = sum(
            cents(c, -q, strike_e4(c)) for box in found.boxes for q, c in box if c.right == "P"
        )
        covered = sum(whole for _, _, whole in found.sides) + found.gaps + boxes
        assert -value <= covered + naked
