"""One session's figures against ones worked out by hand."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from steward.intake import quality_measures as measures

from .quality_by_hand import Row, chain, changed, cut

DAY, NEXT, EXPIRY = date(2022, 6, 7), date(2022, 6, 8), date(2022, 6, 24)
SERIES = 1


def no_interest(years: float) -> float:
    return 1.0


def parity_of(rows: list[Row]) -> measures.Parity:
    one = cut(rows)
    return measures.parity(one, measures.pairs_of(one), no_interest)


def staleness_of(now: list[Row], then: list[Row]) -> measures.Staleness:
    one, before = cut(now), cut(then)
    pairs = measures.pairs_of(one)
    forwards = [
        measures.parity(x, measures.pairs_of(x), no_interest).forward for x in (one, before)
    ]
    return measures.staleness(
        one, pairs, forwards[0], measures.Before(chain=before, forward=forwards[1])
    )


def test_calls_and_puts_that_agree() -> None:
    found = parity_of(chain(DAY, EXPIRY, forward=4010.0))
    assert found.forward[SERIES] == pytest.approx(4010.0)
    assert found.residual == pytest.approx(0.0, abs=1e-9)
    assert (found.beyond, found.strikes) == (0.0, 15)


def test_one_call_that_is_off_by_more_than_the_spreads_of_its_strike() -> None:
    rows = chain(DAY, EXPIRY)
    at = next(row for row in rows if (row.strike, row.right) == (4000.0, "C"))
    # Half of both spreads is 0.5 + 0.5 = 1: a middle 0.9 off is inside, one 3 off is not.
    inside = changed(rows, 4000.0, "C", bid=at.bid + 0.9, ask=at.ask + 0.9)
    outside = changed(rows, 4000.0, "C", bid=at.bid + 3.0, ask=at.ask + 3.0)
    assert parity_of(inside).beyond == 0.0
    assert parity_of(outside).beyond == pytest.approx(1 / 15)
    assert parity_of(outside).residual == pytest.approx(0.0, abs=1e-9)  # the median of 15


def test_only_strikes_near_the_money_with_both_bid_are_asked() -> None:
    far = chain(DAY, EXPIRY, strikes=(3500.0, 3850.0, 3900.0, 4000.0, 4100.0, 4150.0))
    assert parity_of(far).strikes == 5  # 3,500 is more than 5 % away
    assert parity_of(changed(far, 3900.0, "P", bid=0.0)).strikes == 4
    calls = [row for row in far if row.right == "C"]
    assert parity_of(calls) == measures.Parity(forward={}, residual=None, beyond=None, strikes=0)


@pytest.mark.parametrize(
    ("bid", "ask", "wide"),
    [
        (0.75, 1.25, False),  # half of the mid, but not over half a point
        (1.7, 2.3, True),  # 0.6 of 2.0: 30 %
        (3.7, 4.3, False),  # 0.6 of 4.0: 15 %
        (0.0, 5.0, False),  # nobody bids: counted as that
    ],
)
def test_a_wide_quote(bid: float, ask: float, wide: bool) -> None:
    row = Row(DAY, "SPXW", EXPIRY, 4000.0, "C", bid, ask)
    assert measures.wide(cut([row])).tolist() == [wide]


def test_the_rate_of_parity() -> None:
    """Sixty days at 5 %: C - P is discounted by exp(-0.05 x 60 / 365)."""
    years = 60 / 365
    discount = math.exp(-0.05 * years)
    rows = [
        Row(row.session, row.root, row.expiry, row.strike, row.right, mid - 0.1, mid + 0.1)
        for row in chain(DAY, EXPIRY)
        if (
            mid := 60.0
            + discount * max((4000.0 - row.strike) * (1 if row.right == "C" else -1), 0.0)
        )
    ]
    one = cut(rows, years=years)
    assert measures.rate_of_parity(one, measures.pairs_of(one)) == pytest.approx(0.05, abs=1e-6)
    near = cut(rows, years=20 / 365)  # too near to say a rate
    assert measures.rate_of_parity(near, measures.pairs_of(near)) is None


def test_a_series_that_had_settled_is_in_no_figure() -> None:
    over = cut(chain(DAY, DAY), years=-0.0001)
    assert measures.pairs_of(over).bounds == ()


def test_forward_less_the_index_beside_it() -> None:
    rows = chain(DAY, EXPIRY, forward=4003.0, underlying=3990.0)
    one = cut(rows)
    forward = parity_of(rows).forward
    assert measures.forward_less_underlying(one, forward) == pytest.approx(13.0)
    unknown = cut(chain(DAY, EXPIRY, underlying=math.nan))
    assert measures.forward_less_underlying(unknown, forward) is None
    assert math.isnan(measures.index_level(unknown))


# --- stale ---------------------------------------------------------------------------------------


def test_quotes_that_move_with_the_market_are_not_stale() -> None:
    then, now = chain(DAY, EXPIRY), chain(NEXT, EXPIRY, forward=4040.0, underlying=4040.0)
    assert staleness_of(now, then) == measures.Staleness(compared=30, stale=0, repeated=0)


def test_one_strike_that_stands_while_the_forward_moves() -> None:
    then, now = chain(DAY, EXPIRY), chain(NEXT, EXPIRY, forward=4040.0, underlying=4040.0)
    for right in "CP":
        old = next(row for row in then if (row.strike, row.right) == (4000.0, right))
        now = changed(now, 4000.0, right, bid=old.bid, ask=old.ask)
    # C - P stood at 0 while F - K went from 0 to 40; both spreads are 2 points.
    assert staleness_of(now, then) == measures.Staleness(compared=30, stale=2, repeated=0)


def test_a_forward_that_moved_by_less_than_the_spreads_proves_nothing() -> None:
    then, now = chain(DAY, EXPIRY), chain(NEXT, EXPIRY, forward=4001.5, underlying=4001.5)
    for right in "CP":
        old = next(row for row in then if (row.strike, row.right) == (4000.0, right))
        now = changed(now, 4000.0, right, bid=old.bid, ask=old.ask)
    assert staleness_of(now, then).stale == 0


def test_one_right_that_stands_may_rightly_do_so() -> None:
    then, now = chain(DAY, EXPIRY), chain(NEXT, EXPIRY, forward=4040.0, underlying=4040.0)
    old = next(row for row in then if (row.strike, row.right) == (4000.0, "P"))
    assert staleness_of(changed(now, 4000.0, "P", bid=old.bid, ask=old.ask), then).stale == 0


def test_a_series_that_repeats_the_session_before() -> None:
    then, now = chain(DAY, EXPIRY), chain(NEXT, EXPIRY)
    assert staleness_of(now, then) == measures.Staleness(compared=30, stale=30, repeated=1)
    calls = [[row for row in rows if row.right == "C"] for rows in (now, then)]
    assert staleness_of(*calls) == measures.Staleness(compared=15, stale=15, repeated=1)
    few = [[row for row in rows if row.strike <= 3900.0] for rows in calls]
    assert staleness_of(*few).stale == 0  # four quotes may stand


def test_a_series_of_which_one_quote_moved_does_not_repeat() -> None:
    then = chain(DAY, EXPIRY)
    now = changed(chain(NEXT, EXPIRY), 3825.0, "P", bid=41.0)
    assert staleness_of(now, then) == measures.Staleness(compared=30, stale=0, repeated=0)


def test_quotes_without_a_bid_are_not_compared() -> None:
    then, now = ([*changed(rows, 3825.0, "P", bid=0.0)] for rows in (chain(DAY, EXPIRY),) * 2)
    found = staleness_of(now, then)
    assert (found.compared, found.stale) == (29, 29)


def test_a_slice_is_sorted_by_key() -> None:
    assert (np.diff(cut(chain(DAY, EXPIRY)).key) > 0).all()
