"""Portfolio margin: by hand where an option is worth its intrinsic value, else by a witness."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.orders.margin import profile, requirement
from steward.orders.margin.grid import class_of, moves
from steward.pricing import black
from steward.terms import calendar
from steward.terms.contracts import OptionContract, vx

from .holding import SESSION, Marks, condor, lot, lots, option, quote, vix

PORTFOLIO = profile("portfolio")
BARE = float("nan")
"""A quote that carries no volatility: the option is then worth its intrinsic value."""


def bare(forward: float, *held: OptionContract, price: float = 1.0) -> dict[OptionContract, Quote]:
    return {one: quote(price, forward=forward, vol=BARE) for one in held}


def test_the_points_of_the_grid() -> None:
    """Ten from -8 to +6 %, 14/9 % apart; today; and strikes inside: 950 and 1,040 on 1,000."""
    held = [(1, option(k, "P"), quote(1.0, forward=1000.0)) for k in (900.0, 950.0, 1040.0, 1070.0)]
    ten = [-0.08 + 0.14 * n / 9 for n in range(10)]
    assert moves(held, PORTFOLIO) == pytest.approx(sorted([*ten, 0.0, -0.05, 0.04]), abs=1e-12)
    on_vix = [(1, vix(20.0, "C"), quote(1.0, forward=16.0))]
    ten = [-0.5 + 1.0 * n / 9 for n in range(10)]
    assert moves(on_vix, PORTFOLIO) == pytest.approx(sorted([*ten, 0.0, 0.25]), abs=1e-12)


def test_a_naked_put_loses_what_it_is_in_the_money_at_the_lowest_point() -> None:
    """Forward 1,000, at -8 % 920: the 950 put owes 30 points, 3,000 dollars each."""
    put = option(950.0, "P")
    marks = Marks(bare(1000.0, put))
    found = requirement([lot(put, -2)], marks, PORTFOLIO)
    assert found.total == 600_000
    assert found.by_class == {"SPX options": 600_000}
    assert found.by_structure == {"A": 600_000}
    assert found.reasons == ("A: 6,000.00 dollars, the largest loss on the grid, held alone",)


def test_a_condor_loses_a_spread_at_one_end_or_a_part_at_the_other() -> None:
    """930/950 and 1,030/1,070 on 1,000: at 920 the whole put spread, 20 points; at 1,060 thirty of
    the forty of the call spread.
    """
    four = condor((930.0, 950.0, 1030.0, 1070.0), 3)
    marks = Marks(bare(1000.0, *(x.contract for x in four)))  # type: ignore[misc]
    assert requirement(four, marks, PORTFOLIO).total == 3 * 300_000
    only_puts = four[:2]
    assert requirement(only_puts, marks, PORTFOLIO).total == 3 * 200_000


def test_a_loss_at_a_strike_between_the_points_is_found() -> None:
    """A butterfly of puts sold, 950/960/970: at 960 it owes 10 points, beside it less.

    The nearest points of the ten are 951.1 and 966.7: there 1.1 and 3.3.
    """
    held = lots([(-1, option(950.0, "P")), (2, option(960.0, "P")), (-1, option(970.0, "P"))])
    marks = Marks(bare(1000.0, *(x.contract for x in held)))  # type: ignore[misc]
    # As at 970 and above it is worth nothing: it gained its intrinsic value of 0 and owes up to 10.
    assert requirement(held, marks, PORTFOLIO).total == 100_000


def test_two_condors_offset_each_other_on_one_index() -> None:
    """Long and short of the same spread: nothing can be lost, the least of 37.50 each remains."""
    first = lots([(1, option(930.0, "P")), (-1, option(950.0, "P"))], "A")
    second = lots([(-1, option(930.0, "P")), (1, option(950.0, "P"))], "B")
    marks = Marks(bare(1000.0, option(930.0, "P"), option(950.0, "P")))
    found = requirement([*first, *second], marks, PORTFOLIO)
    assert found.total == 4 * 3_750
    # Held alone the first one can lose 20 points; the second at most what it is worth or the least.
    assert found.by_structure == {"A": 200_000, "B": 2 * 3_750}


def test_the_least_a_contract_and_the_value_of_a_bought_one() -> None:
    far = option(700.0, "P")
    assert requirement([lot(far, -3)], Marks(bare(1000.0, far)), PORTFOLIO).total == 3 * 3_750
    # Bought at 0.05 each: 5 dollars, less than 37.50, and no more can be lost.
    cheap = Marks(bare(1000.0, far, price=0.05))
    assert requirement([lot(far, 3)], cheap, PORTFOLIO).total == 3 * 500
    nothing = [lot(far, 1, "A"), lot(far, -1, "B")]
    assert requirement(nothing, cheap, PORTFOLIO).total == 500 + 3_750


def test_vix_has_a_wider_grid_and_its_days_do_not_offset() -> None:
    """A 20 call sold on a future of 20: at +50 % it owes 10 points. One of another day is no help.

    The bought call of April loses at most what it is worth, 2.00, and at 10 all of its intrinsic 0:
    the least, 37.50, remains.
    """
    march, april = vix(20.0, "C"), vix(20.0, "C", date(2018, 4, 18))
    marks = Marks(bare(20.0, march, april, price=2.0))
    found = requirement(lots([(-1, march), (1, april)]), marks, PORTFOLIO)
    assert found.by_class == {
        "VIX options 2018-03-21": 100_000,
        "VIX options 2018-04-18": 3_750,
    }
    assert found.total == 103_750
    same = requirement([lot(march, -1, "A"), lot(march, 1, "B")], marks, PORTFOLIO)
    assert same.total == 2 * 3_750


def test_spx_and_vix_do_not_offset() -> None:
    put, call = option(950.0, "P"), vix(20.0, "C")
    marks = Marks({**bare(1000.0, put), **bare(15.0, call)})
    alone = requirement([lot(put, -1)], marks, PORTFOLIO).total
    both = requirement([lot(put, -1), lot(call, 5, "h")], marks, PORTFOLIO).total
    assert both == alone + 5 * 3_750
    assert (class_of(put), class_of(call)) == ("SPX options", "VIX options 2018-03-21")


def test_futures_stand_beside_the_grid() -> None:
    contract = vx(date(2018, 3, 21))
    found = requirement([lot(contract, 1)], Marks({contract: 20.0}), PORTFOLIO)
    assert found.by_class == {"VIX futures": 818_182}


def test_volatility_can_rise_with_a_fall() -> None:
    """Two points a percent, as in the stress of the rules: at -8 % the put has 16 more."""
    from dataclasses import replace

    put = option(2600.0, "P")
    years = calendar.years_to(SESSION, put.series)

    def price(forward: float, vol: float) -> float:
        return float(black.black76(forward, 2600.0, years, vol, discount=1.0, call=False))

    marks = Marks({put: _quoted(put, 2700.0, 0.20)})
    flat = requirement([lot(put, -1)], marks, PORTFOLIO).total
    rising = requirement([lot(put, -1)], marks, replace(PORTFOLIO, vol_points=2.0)).total
    assert flat == pytest.approx(1e4 * (price(2484.0, 0.20) - price(2700.0, 0.20)), abs=1.0)
    assert rising == pytest.approx(1e4 * (price(2484.0, 0.36) - price(2700.0, 0.20)), abs=1.0)
    assert rising > flat
    call = vix(20.0, "C")
    on_vix = Marks({call: _quoted(call, 18.0, 0.9)})
    steady, moved = (
        requirement([lot(call, -1)], on_vix, one).total
        for one in (PORTFOLIO, replace(PORTFOLIO, vol_points=2.0))
    )
    assert steady == moved


def _quoted(contract: OptionContract, forward: float, vol: float, discount: float = 1.0) -> Quote:
    """A quote at the model's value, with the delta that tells its discount."""
    years = calendar.years_to(SESSION, contract.series)
    found = black.greeks(
        forward,
        contract.strike,
        years,
        vol,
        discount=discount,
        call=contract.right == "C",
    )
    made = quote(float(found.price), forward=forward, vol=vol)
    return Quote(
        bid=made.bid,
        ask=made.ask,
        quality="quoted",
        forward=forward,
        vol=vol,
        delta=float(found.delta),
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


def test_a_condor_by_quantlib() -> None:
    """The same book repriced by QuantLib's Black formula at every point, to the cent."""
    forward, discount, vols = 2710.0, 0.9985, (0.19, 0.165, 0.12, 0.11)
    four = condor((2550.0, 2600.0, 2800.0, 2860.0), 4)
    contracts: list[OptionContract] = [x.contract for x in four]  # type: ignore[misc]
    marks = Marks(
        {c: _quoted(c, forward, v, discount) for c, v in zip(contracts, vols, strict=True)}
    )
    years = calendar.years_to(SESSION, contracts[0].series)

    def worth(move: float) -> float:
        total = 0.0
        for held, contract, vol in zip(four, contracts, vols, strict=True):
            kind = QuantLib.Option.Call if contract.right == "C" else QuantLib.Option.Put
            spread = vol * years**0.5
            total += held.quantity * QuantLib.blackFormula(
                kind, contract.strike, forward * (1.0 + move), spread, discount
            )
        return 10_000.0 * total  # cents: 100 dollars a point

    points = {*np.linspace(-0.08, 0.06, 10), 0.0}
    points |= {c.strike / forward - 1.0 for c in contracts}
    worst = max(worth(0.0) - worth(u) for u in points if -0.08 <= u <= 0.06)
    found = requirement(four, marks, PORTFOLIO).total
    assert found == pytest.approx(worst, abs=1.0)
    assert found >= worst - 1e-6
    # Much less than by strategy: 60 points each.
    assert found < requirement(four, marks, profile("cboe")).total == 4 * 600_000


@given(
    st.integers(2300, 3000),
    st.sampled_from(["P", "C"]),
    st.floats(0.05, 0.9),
    st.integers(1, 20),
)
def test_a_bought_option_needs_at_most_its_value(
    strike: int, right: str, vol: float, n: int
) -> None:
    one = option(float(strike), right)
    made = _quoted(one, 2700.0, vol)
    needed = requirement([lot(one, n)], Marks({one: made}), PORTFOLIO).total
    assert 0 <= needed <= n * made.bid


sides = st.lists(
    st.tuples(st.integers(-5, 5), st.integers(2400, 3000), st.sampled_from(["P", "C"])),
    min_size=1,
    max_size=5,
)


@given(sides, st.integers(2, 7))
def test_it_grows_with_the_size_and_is_at_most_the_sum_of_the_parts(
    held: list[tuple[int, int, str]], n: int
) -> None:
    book = [(quantity, option(float(k), right)) for quantity, k, right in held]
    marks = Marks({one: _quoted(one, 2700.0, 0.2) for _, one in book})
    parts = [lot(one, quantity, str(i)) for i, (quantity, one) in enumerate(book) if quantity]
    found = requirement(parts, marks, PORTFOLIO)
    assert found.total >= 0
    assert found.total <= sum(found.by_structure.values()) + len(parts)
    many = [lot(x.contract, n * x.quantity, x.structure_id) for x in parts]
    larger = requirement(many, marks, PORTFOLIO).total
    assert n * found.total - n <= larger <= n * found.total + n
