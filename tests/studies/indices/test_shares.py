"""BXM, PPUT and VXTH worked by hand."""

from __future__ import annotations

from datetime import date

import pytest

from steward.studies.indices.rebuild import INDICES, rebuild
from steward.studies.indices.shares import weight
from steward.terms.contracts import Expiry

from . import by_hand

ROLL, NEXT = date(2012, 1, 20), date(2012, 2, 17)
MIDDLE = date(2012, 1, 31)


def test_bxm_by_whaleys_formula() -> None:
    """Sold at the bid 20 on 1000, marked at 20.2; at the end of January S = 990, call 12 to 12.4.

    (990 + 3 - 12.2) / (1000 - 20) = 1.00081633; from there to settlement, SET 1040, dividends 1:
    (1040 + 1 - 40) / (990 - 12.2) = 1.02372673; shares alone to the close of 1050: 1050 / 1040.
    The first level is marked at the middle: (1000 - 20.2) / (1000 - 20).
    """
    of = by_hand.history(
        date(2012, 1, 3),
        NEXT,
        spx={ROLL: 1000.0, MIDDLE: 990.0, NEXT: 1050.0},
        set_values={ROLL: 1000.0, NEXT: 1040.0},
    )
    rows = ((995.0, "C", 23.0, 23.4, 0.55), (1000.0, "C", 20.0, 20.4, 0.5))
    world = by_hand.world(
        of,
        [by_hand.chain(ROLL, by_hand.spx(NEXT), rows)],
        crossed=1.0,
        dividends={date(2012, 1, 25): 3.0, date(2012, 2, 10): 1.0},
        marks={(MIDDLE, 1000.0, "C"): (12.0, 12.4)},
    )
    found = rebuild(INDICES["bxm"], world)
    assert found.sessions == (ROLL, MIDDLE, NEXT)
    first = (1000.0 - 20.2) / 980.0
    january = (990.0 + 3.0 - 12.2) / (1000.0 - 20.2)
    february = (1040.0 + 1.0 - 40.0) / (990.0 - 12.2) * (1050.0 / 1040.0)
    assert found.levels[1] == pytest.approx(100.0 * january)
    assert found.levels[2] == pytest.approx(100.0 * january * february)
    assert found.rolls[0].units == pytest.approx(100.0 / 980.0)
    assert first * january == pytest.approx((990.0 + 3.0 - 12.2) / 980.0)


def test_the_call_is_the_lowest_strike_not_below_the_index() -> None:
    of = by_hand.history(date(2012, 1, 3), NEXT, spx=1001.0)
    rows = tuple((strike, "C", 20.0, 20.4, 0.5) for strike in (995.0, 1000.0, 1005.0, 1010.0))
    found = rebuild(
        INDICES["bxm"], by_hand.world(of, [by_hand.chain(ROLL, by_hand.spx(NEXT), rows)])
    )
    assert found.rolls[0].legs[0].contract.strike == 1005.0


def test_pput_pays_for_a_put_and_is_paid_by_it() -> None:
    """Index 1000, so the put of 950, at its ask 6.2; SET 900 pays 50: (900 + 50) / 1006.2, and the
    shares alone to the close of 910.
    """
    of = by_hand.history(
        date(2012, 1, 3),
        NEXT,
        spx={ROLL: 1000.0, NEXT: 910.0},
        set_values={ROLL: 1000.0, NEXT: 900.0},
    )
    rows = (
        (945.0, "P", 5.4, 5.6, -0.15),
        (950.0, "P", 5.8, 6.2, -0.17),
        (955.0, "P", 7, 7.2, -0.2),
    )
    world = by_hand.world(of, [by_hand.chain(ROLL, by_hand.spx(NEXT), rows)], crossed=1.0)
    found = rebuild(INDICES["pput"], world)
    assert found.rolls[0].legs[0].contract.strike == 950.0
    marked = (1000.0 + 6.0) / 1006.2
    expected = 950.0 / 1006.2 * 910.0 / 900.0 / marked
    assert found.levels[-1] == pytest.approx(100.0 * expected)


@pytest.mark.parametrize(
    ("future", "share"),
    [
        (9.0, 0.0),
        (15.0, 0.0),
        (15.01, 0.01),
        (30.0, 0.01),
        (30.01, 0.005),
        (50.0, 0.005),
        (50.01, 0.0),
    ],
)
def test_weights_of_vxth_at_their_borders(future: float, share: float) -> None:
    """Source: Cboe, VIX Tail Hedge Index: 0 up to 15, 1 % to 30, 0.5 % to 50, 0 above."""
    assert weight(future) == share


VIX_ROLL, VIX_NEXT = date(2012, 1, 18), date(2012, 2, 15)


def tail(future: float, final: float) -> tuple[float, ...]:
    of = by_hand.history(
        date(2012, 1, 3),
        VIX_NEXT,
        spx={VIX_ROLL: 1000.0, VIX_NEXT: 950.0},
        finals={VIX_ROLL: 20.0, VIX_NEXT: final},
    )
    series = Expiry(root="VIX", day=VIX_NEXT, settlement="AM")
    rows = (
        (22.5, "C", 1.9, 2.1, 0.36),
        (25.0, "C", 1.2, 1.3, 0.29),
        (27.5, "C", 0.8, 0.9, 0.22),
        (25.0, "P", 4.0, 4.2, -0.70),
    )
    chain = by_hand.chain(VIX_ROLL, series, rows, forward=future)
    world = by_hand.world(of, [chain], crossed=0.0, dividends={date(2012, 2, 1): 5.0})
    return tuple(rebuild(INDICES["vxth"], world).levels.tolist())


def test_vxth_spends_one_percent_on_calls_of_thirty_delta() -> None:
    """1 % of 100 on the 25 call at 1.25: 0.8 calls; VRO 40 pays 15 each, 12 in all.

    Shares: 99, a dividend of 5 reinvested at a close of 1000, then 950: 99 x 1.005 x 0.95.
    """
    levels = tail(22.0, 40.0)
    shares = 99.0 * 1.005 * 0.95
    assert levels[-1] == pytest.approx(shares + 0.8 * 15.0)


def test_vxth_holds_shares_alone_when_the_future_is_low() -> None:
    assert tail(15.0, 40.0)[-1] == pytest.approx(95.475)
