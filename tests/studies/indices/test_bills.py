"""CNDR, BFLY and PUT worked by hand: units, credits, settlements, bills."""

from __future__ import annotations

import math
from datetime import date

import pytest

from steward.studies.indices.bills import Bill
from steward.studies.indices.rebuild import INDICES, Rebuilt, rebuild
from steward.terms.errors import StewardError

from . import by_hand

ROLL, NEXT, AFTER = date(2012, 1, 20), date(2012, 2, 17), date(2012, 3, 16)
"""Third Fridays."""

CONDOR: tuple[by_hand.Row, ...] = (
    (880.0, "P", 0.5, 0.7, -0.03),
    (900.0, "P", 1.0, 1.2, -0.05),
    (950.0, "P", 5.0, 5.4, -0.20),
    (1000.0, "P", 20.0, 20.4, -0.48),
    (1000.0, "C", 21.0, 21.4, 0.52),
    (1050.0, "C", 4.0, 4.4, 0.20),
    (1100.0, "C", 0.8, 1.0, 0.05),
    (1120.0, "C", 0.0, 0.2, 0.02),
)


def condor(settled: float, *, crossed: float = 0.0, bill: float = 0.0) -> Rebuilt:
    """CNDR from one roll to the next, at which nothing new is sold."""
    of = by_hand.history(
        date(2012, 1, 3), NEXT, bill=bill, set_values={ROLL: 1000.0, NEXT: settled}
    )
    world = by_hand.world(of, [by_hand.chain(ROLL, by_hand.spx(NEXT), CONDOR)], crossed=crossed)
    return rebuild(INDICES["cndr"], world)


def test_a_condor_held_to_settlement() -> None:
    """Mid credit 5.2 + 4.2 - 1.1 - 0.9 = 7.4 over wings of 50; n = 100 / (10 x 50) = 0.2.

    SET 930: the put spread costs 20, so 100 + 0.2 (7.4 - 20) = 97.48.
    """
    found = condor(930.0)
    first, last = found.rolls
    assert [leg.contract.strike for leg in first.legs] == [900.0, 950.0, 1050.0, 1100.0]
    assert [leg.quantity for leg in first.legs] == [1.0, -1.0, -1.0, 1.0]
    assert first.cost == pytest.approx(-7.4)
    assert first.units == pytest.approx(0.2)
    assert last.settled is not None
    assert (last.settled.source, last.settled.value_e4) == ("SET", 9_300_000)
    assert last.payoff == pytest.approx(-20.0)
    assert found.levels[0] == 100.0  # sold at the middle, marked at the middle
    assert found.levels[-1] == pytest.approx(97.48)


@pytest.mark.parametrize(
    ("settled", "level"),
    [
        (1000.0, 100.0 + 0.2 * 7.4),
        (950.0, 100.0 + 0.2 * 7.4),  # at the strike it is worth nothing
        (700.0, 100.0 + 0.2 * (7.4 - 50.0)),  # beyond the wing: (w - c) / (10 w) = 8.52 %
        (1080.0, 100.0 + 0.2 * (7.4 - 30.0)),
        (1500.0, 100.0 + 0.2 * (7.4 - 50.0)),
    ],
)
def test_where_it_settles(settled: float, level: float) -> None:
    assert condor(settled).levels[-1] == pytest.approx(level)


def test_the_touch_costs_half_the_spread_of_each_leg() -> None:
    """Sold at 5.0 and 4.0, bought at 1.2 and 1.0: 6.8. Marked at the middle the index begins 0.12
    below what it sold for, so its first level is 100 + 0.2 (6.8 - 7.4) = 99.88.
    """
    found = condor(1000.0, crossed=1.0)
    assert found.rolls[0].cost == pytest.approx(-6.8)
    assert found.levels[-1] / found.levels[0] == pytest.approx((100.0 + 0.2 * 6.8) / 99.88)


def test_bills_earn_what_they_said_on_the_day_they_were_bought() -> None:
    """DTB3 of 3.6 %: 365 x 0.036 / (360 - 91 x 0.036) = 3.6835 % simple, over a quarter
    4 ln(1 + 0.036835 / 4) = 3.6667 % continuous; 28 days on 100 + 0.2 x 7.4.
    """
    rate = 4.0 * math.log1p(365.0 * 0.036 / (360.0 - 91.0 * 0.036) / 4.0)
    assert rate == pytest.approx(0.0366667, abs=1e-6)
    expected = (100.0 + 0.2 * 7.4) * math.exp(rate * 28.0 / 365.0)
    assert condor(1000.0, bill=3.6).levels[-1] == pytest.approx(expected)
    assert Bill(100.0, 0.05, date(2012, 1, 1)).at(date(2012, 3, 14)) == pytest.approx(
        100.0 * math.exp(0.01)
    )


def test_a_roll_day_without_quotes_sells_nothing_and_says_so() -> None:
    found = condor(1000.0)
    assert found.rolls[-1].legs == ()
    assert found.rolls[-1].why == "no quotes of SPX 2012-03-16"
    assert found.rolls[-1].units == 0.0


def test_no_roll_day_with_quotes_is_refused() -> None:
    world = by_hand.world(by_hand.history(date(2012, 1, 3), NEXT), [])
    with pytest.raises(StewardError, match="CNDR rolls when options on SPX expire"):
        rebuild(INDICES["cndr"], world)


BUTTERFLY: tuple[by_hand.Row, ...] = (
    (940.0, "P", 3.0, 3.2, -0.1),
    (950.0, "P", 4.0, 4.2, -0.2),
    (960.0, "P", 5.0, 5.2, -0.25),
    (995.0, "P", 17.0, 17.4, -0.45),
    (1000.0, "P", 19.0, 19.4, -0.5),
    (995.0, "C", 23.0, 23.4, 0.55),
    (1000.0, "C", 20.0, 20.4, 0.5),
    (1045.0, "C", 4.5, 4.7, 0.22),
    (1060.0, "C", 2.0, 2.2, 0.1),
)


def test_a_butterfly_held_to_settlement() -> None:
    """Index 998: the first strike above is 1000; 5 % out are 948.1 and 1047.9, so 940 and 1060.

    Credit 19.2 + 20.2 - 3.1 - 2.1 = 34.2 over wings of 60; n = 100 / 600 = 1/6.
    SET 1010: 100 + (34.2 - 10) / 6 = 104.0333.
    """
    of = by_hand.history(date(2012, 1, 3), NEXT, spx=998.0, set_values={ROLL: 1000.0, NEXT: 1010.0})
    chain = by_hand.chain(ROLL, by_hand.spx(NEXT), BUTTERFLY)
    found = rebuild(INDICES["bfly"], by_hand.world(of, [chain]))
    assert [leg.contract.strike for leg in found.rolls[0].legs] == [940.0, 1000.0, 1000.0, 1060.0]
    assert [leg.contract.right for leg in found.rolls[0].legs] == ["P", "P", "C", "C"]
    assert found.rolls[0].cost == pytest.approx(-34.2)
    assert found.levels[-1] == pytest.approx(100.0 + (34.2 - 10.0) / 6.0)


def butterfly(spot: float, rows: tuple[by_hand.Row, ...]) -> Rebuilt:
    of = by_hand.history(date(2012, 1, 3), NEXT, spx=spot, set_values={ROLL: 1000.0, NEXT: 960.0})
    return rebuild(
        INDICES["bfly"], by_hand.world(of, [by_hand.chain(ROLL, by_hand.spx(NEXT), rows)])
    )


def test_a_butterfly_is_sold_above_the_index_though_a_strike_below_is_nearer() -> None:
    """Index 996: 995 is nearer, 1000 is the first above. 5 % out are 946.2 and 1045.8: 940, 1060.

    Published rule: first listed strike above the index, above 105 % and below 95 % of it. SET 960
    costs 40 of the 60 points: 100 + (34.2 - 40) / 6 = 99.0333.
    """
    found = butterfly(996.0, BUTTERFLY)
    assert [leg.contract.strike for leg in found.rolls[0].legs] == [940.0, 1000.0, 1000.0, 1060.0]
    assert found.levels[-1] == pytest.approx(100.0 + (34.2 - 40.0) / 6.0)


def test_a_strike_at_the_level_is_not_beyond_it() -> None:
    """Index 1000: 950, 1000 and 1050 are its 95, 100 and 105 %, so 945, 1005 and 1055 are taken.

    The wider side is that of the puts: 60 points against 50, so n = 100 / 600. Credit 22.2 + 18.2
    - 3.6 - 2.6 = 34.2. SET 960 costs 45: 100 + (34.2 - 45) / 6 = 98.2.
    """
    rows: tuple[by_hand.Row, ...] = (
        (945.0, "P", 3.5, 3.7, -0.11),
        (950.0, "P", 4.0, 4.2, -0.12),
        (1000.0, "P", 19.0, 19.4, -0.5),
        (1005.0, "P", 22.0, 22.4, -0.53),
        (1000.0, "C", 20.0, 20.4, 0.5),
        (1005.0, "C", 18.0, 18.4, 0.47),
        (1050.0, "C", 3.0, 3.2, 0.12),
        (1055.0, "C", 2.5, 2.7, 0.11),
    )
    found = butterfly(1000.0, rows)
    assert [leg.contract.strike for leg in found.rolls[0].legs] == [945.0, 1005.0, 1005.0, 1055.0]
    assert found.rolls[0].units == pytest.approx(1.0 / 6.0)
    assert found.levels[-1] == pytest.approx(98.2)


def test_a_butterfly_without_its_strikes_is_not_sold_and_says_why() -> None:
    bare = tuple(row for row in BUTTERFLY if row[0] < 1000.0)
    assert (
        butterfly(998.0, bare).rolls[0].why
        == "no strike above the index with bids for put and call"
    )
    one_sided = tuple(row for row in BUTTERFLY if row[0] < 1045.0)
    assert butterfly(998.0, one_sided).rolls[0].why == "no options 5 % out of the money"
    far: tuple[by_hand.Row, ...] = (
        (940.0, "P", 3.0, 3.2, -0.1),
        (1060.0, "P", 62.0, 62.4, -0.9),
        (1060.0, "C", 2.0, 2.2, 0.1),
    )  # the first straddle above the index is that of the long call
    assert butterfly(998.0, far).rolls[0].why == "no options 5 % out of the money"


# --- PUT -----------------------------------------------------------------------------------------


def put_rows(strike: float, bid: float) -> tuple[by_hand.Row, ...]:
    return ((strike, "P", bid, bid + 0.4, -0.5), (strike + 5.0, "P", bid + 3.0, bid + 3.4, -0.55))


def test_puts_are_covered_by_bills() -> None:
    """January is no month of the March cycle, but the first roll puts all into bills of a quarter.

    Index 1003, so the put of 1000, at its bid 20: N = 100 / (1000 - 20) = 0.102041; with bills at
    0 % they are worth 102.0408 = N x 1000. SET 900 costs N x 100: 91.8367.
    """
    of = by_hand.history(date(2012, 1, 3), NEXT, spx=1003.0, set_values={ROLL: 1000.0, NEXT: 900.0})
    chain = by_hand.chain(ROLL, by_hand.spx(NEXT), put_rows(1000.0, 20.0))
    found = rebuild(INDICES["put"], by_hand.world(of, [chain], crossed=1.0))
    (sold,) = found.rolls[0].legs
    assert (sold.contract.strike, sold.price, sold.quantity) == (1000.0, 20.0, -1.0)
    assert found.rolls[0].units == pytest.approx(100.0 / 980.0)
    before_mark = 100.0 - (100.0 / 980.0) * 0.2  # marked at 20.2
    assert found.levels[-1] / 100.0 == pytest.approx(
        (100.0 / 980.0) * (1000.0 - 100.0) / before_mark
    )


def test_after_a_loss_the_long_bills_pay_and_the_rest_stays_in_them() -> None:
    """Rolls of January, February and March at 0 %: N K of bills each time.

    January: N = 100 / 980, bills 102.0408. SET 900 in February takes 10.2041 out of the long
    bills: 91.8367. The put of 900 at 18: N = 91.8367 / 882 = 0.104123, its premium 1.8742 into
    bills of a month; together N x 900. SET 950 in March: nothing is paid; March puts all of
    93.7109 into long bills: N = 93.7109 / (950 - 19) = 0.100656.
    """
    of = by_hand.history(
        date(2012, 1, 3),
        AFTER,
        spx={ROLL: 1000.0, NEXT: 900.0, AFTER: 950.0},
        set_values={ROLL: 1000.0, NEXT: 900.0, AFTER: 950.0},
    )
    april = date(2012, 4, 20)
    chains = [
        by_hand.chain(ROLL, by_hand.spx(NEXT), put_rows(1000.0, 20.0)),
        by_hand.chain(NEXT, by_hand.spx(AFTER), put_rows(900.0, 18.0)),
        by_hand.chain(AFTER, by_hand.spx(april), put_rows(950.0, 19.0)),
    ]
    found = rebuild(INDICES["put"], by_hand.world(of, chains, crossed=1.0))
    units = [roll.units for roll in found.rolls]
    assert units[0] == pytest.approx(100.0 / 980.0)
    second = (100.0 / 980.0 * 900.0) / 882.0
    assert units[1] == pytest.approx(second)
    assert units[2] == pytest.approx(second * 900.0 / 931.0)


def test_with_interest_all_bills_cover_the_strikes_at_expiry() -> None:
    """Whatever the rate, a put that settles at 0 leaves nothing: bills are N K by then."""
    of = by_hand.history(
        date(2012, 1, 3),
        AFTER,
        bill=5.0,
        set_values={ROLL: 1000.0, NEXT: 1000.0, AFTER: 0.01},
    )
    chains = [
        by_hand.chain(ROLL, by_hand.spx(NEXT), put_rows(1000.0, 20.0)),
        by_hand.chain(NEXT, by_hand.spx(AFTER), put_rows(1000.0, 15.0)),
    ]
    found = rebuild(INDICES["put"], by_hand.world(of, chains))
    assert found.levels[-1] == pytest.approx(0.0, abs=2e-3)
