"""Which expiry and which condor: worked by hand on a small chain, and as it must be on any."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Chain
from steward.rules import choice
from steward.rules.ruleset import Entry
from steward.terms.contracts import Expiry

from .condor_market import FEBRUARY, MARCH, MARCH_AM, MONDAY, CondorMarket, article

Row = tuple[float, float, float, float]  # strike, bid, ask, delta

PUTS: tuple[Row, ...] = (
    (2500.0, 2.00, 2.20, -0.060),
    (2525.0, 2.60, 2.80, -0.080),
    (2550.0, 3.40, 3.60, -0.100),
    (2575.0, 4.60, 4.90, -0.130),
    (2600.0, 6.40, 6.80, -0.165),
)
CALLS: tuple[Row, ...] = (
    (2850.0, 6.00, 6.40, 0.170),
    (2875.0, 4.00, 4.30, 0.130),
    (2900.0, 2.50, 2.70, 0.090),
    (2925.0, 1.50, 1.70, 0.060),
    (2950.0, 0.90, 1.05, 0.040),
)


def chain(puts: Sequence[Row] = PUTS, calls: Sequence[Row] = CALLS, *, vol: float = 0.2) -> Chain:
    strike, bid, ask, delta = np.array([*puts, *calls]).T
    flat = np.full(len(strike), vol)
    return Chain(
        session=MONDAY,
        expiry=MARCH,
        underlying="SPX",
        quality="quoted",
        forward=2700.0,
        discount=1.0,
        years=0.25,
        strike=strike,
        call=np.arange(len(strike)) >= len(puts),
        bid=bid,
        ask=ask,
        vol=flat,
        delta=delta,
        gamma=flat,
        vega=flat,
        theta=flat,
    )


def entry(**changed: object) -> Entry:
    """Widths in points of 50 and 25, a band of 14 to 25 %."""
    plain = article().entry.model_dump()
    plain |= {"widths_percent_of_spot": (), "widths_points": (50.0, 25.0)}
    plain |= {"credit_share_min": 0.14, "short_deltas": (0.16,)}
    return Entry.model_validate(plain | changed)


def strikes(found: choice.Search) -> list[float]:
    assert found.chosen is not None
    return [contract.strike for contract in found.chosen.condor.contracts]


def changed(rows: Sequence[Row], strike: float, bid: float, ask: float) -> tuple[Row, ...]:
    return tuple((k, bid, ask, d) if k == strike else (k, b, a, d) for k, b, a, d in rows)


# --- by hand --------------------------------------------------------------------------------------


def test_the_second_width_is_the_first_in_the_band() -> None:
    """At k = 0.5: 2600 put sold at 6.50, 2850 call at 6.10.

    50 wide: the wings 2550 and 2900 cost 3.55 and 2.65: credit 6.40, 12.8 % of 50.
    25 wide: the wings 2575 and 2875 cost 4.825 and 4.225: credit 3.55, 14.2 % of 25.
    """
    found = choice.search(chain(), entry(), 2700.0)
    assert strikes(found) == [2575.0, 2600.0, 2850.0, 2875.0]
    chosen = found.chosen
    assert chosen is not None
    assert (chosen.credit, chosen.width, chosen.max_loss) == (35_500, 250_000, 214_500)
    assert chosen.share == pytest.approx(0.142)
    assert (chosen.put_delta, chosen.call_delta) == (-0.165, 0.17)
    assert choice.break_evens(chosen) == (25_964_500, 28_535_500)
    assert found.shares == {"short delta 0.16": "50 points: 12.8 %, 25 points: 14.2 %"}
    assert (found.tried, found.priced) == (2, 2)


def test_the_net_is_rounded_once_and_against_the_trader() -> None:
    """One tick more on the 2575 ask: that wing costs 4.8625, the net credit is 3.5125, so 3.50."""
    found = choice.search(chain(changed(PUTS, 2575.0, 4.60, 4.95)), entry(), 2700.0)
    assert found.chosen is not None
    assert found.chosen.credit == 35_000


def test_the_edges_of_the_band_belong_to_it() -> None:
    for low, high, inside in ((0.142, 0.25, True), (0.143, 0.25, False), (0.128, 0.1281, True)):
        found = choice.search(chain(), entry(credit_share_min=low, credit_share_max=high), 2700.0)
        assert (found.chosen is not None) is inside


def test_nothing_in_the_band_says_what_came_nearest() -> None:
    found = choice.search(chain(), entry(credit_share_min=0.2, credit_share_max=0.25), 2700.0)
    assert found.chosen is None
    assert found.nearest == (pytest.approx(0.142), "short delta 0.16, 25 points")
    found = choice.search(chain(), entry(credit_share_min=0.05, credit_share_max=0.1), 2700.0)
    assert found.nearest == (pytest.approx(0.128), "short delta 0.16, 50 points")


def test_deltas_are_tried_in_their_order_each_with_all_widths() -> None:
    rules = entry(short_deltas=(0.16, 0.13, 0.10), credit_share_min=0.3, credit_share_max=0.4)
    found = choice.search(chain(), rules, 2700.0)
    assert list(found.shares) == ["short delta 0.16", "short delta 0.13", "short delta 0.10"]
    assert found.tried == 6


def test_widths_in_percent_are_of_the_index() -> None:
    rules = entry(widths_points=(), widths_percent_of_spot=(1.0,))
    # 1 % of 2,600 is 26: nearest is 25 away; 1 % of 4,000 is 40: nearest is 50 away.
    assert strikes(choice.search(chain(), rules, 2600.0)) == [2575.0, 2600.0, 2850.0, 2875.0]
    wide = choice.search(chain(), rules.model_copy(update={"credit_share_min": 0.12}), 4000.0)
    assert strikes(wide) == [2550.0, 2600.0, 2850.0, 2900.0]


def test_a_tie_in_delta_goes_to_the_lower_strike() -> None:
    puts = tuple((k, b, a, {2575.0: -0.15, 2600.0: -0.17}.get(k, d)) for k, b, a, d in PUTS)
    calls = tuple((k, b, a, {2850.0: 0.17, 2875.0: 0.15}.get(k, d)) for k, b, a, d in CALLS)
    rules = entry(credit_share_min=0.0, credit_share_max=1.0, widths_points=(25.0,))
    assert strikes(choice.search(chain(puts, calls), rules, 2700.0)) == [
        2550.0, 2575.0, 2850.0, 2875.0,
    ]  # fmt: skip


def test_a_wing_between_two_strikes_goes_to_the_lower_one() -> None:
    rules = entry(widths_points=(37.5,), credit_share_min=0.0, credit_share_max=1.0)
    # 2562.5 lies between 2550 and 2575, 2887.5 between 2875 and 2900: widths 50 and 25.
    found = choice.search(chain(), rules, 2700.0)
    assert strikes(found) == [2550.0, 2600.0, 2850.0, 2875.0]
    assert found.chosen is not None
    assert found.chosen.width == 500_000  # the wider one


def test_a_wing_is_a_step_away_at_least_and_no_further_than_what_is_listed() -> None:
    near = entry(widths_points=(1.0,), credit_share_min=0.0, credit_share_max=1.0)
    assert strikes(choice.search(chain(), near, 2700.0)) == [2575.0, 2600.0, 2850.0, 2875.0]
    far = near.model_copy(update={"widths_points": (900.0,)})
    assert strikes(choice.search(chain(), far, 2700.0)) == [2500.0, 2600.0, 2850.0, 2950.0]


def test_a_short_leg_needs_a_bid_and_a_wing_an_offer() -> None:
    rules = entry(credit_share_min=0.0, credit_share_max=1.0, widths_points=(25.0,))
    # Nobody bids for the 2600 put: the next nearest delta is that of the 2575.
    found = choice.search(chain(changed(PUTS, 2600.0, 0.0, 6.80)), rules, 2700.0)
    assert strikes(found)[:2] == [2550.0, 2575.0]
    # A wing without a bid can be bought at its offer, not at its mid: 4.90 instead of 4.825.
    found = choice.search(chain(changed(PUTS, 2575.0, 0.0, 4.90)), rules, 2700.0)
    assert found.chosen is not None
    assert found.chosen.credit == 34_500  # 3.475
    # A wing that nobody offers, or whose market is crossed, cannot be bought: no quotes.
    for bid, ask in ((0.0, 0.0), (5.0, 4.9)):
        found = choice.search(chain(changed(PUTS, 2575.0, bid, ask)), rules, 2700.0)
        assert found.chosen is None
        assert found.nearest is None
        assert (found.tried, found.priced) == (1, 0)
        assert found.shares == {"short delta 0.16": "25 points: no quotes"}


def test_without_anything_to_sell_or_beyond_it_there_are_no_quotes() -> None:
    rules = entry(widths_points=(25.0,))
    unbid = tuple((k, 0.0, a, d) for k, _, a, d in CALLS)
    lowest = PUTS[-1:]  # a short put with nothing below it
    overlapping = tuple((k - 300.0, b, a, d) for k, b, a, d in CALLS)  # calls below the put
    for puts, calls in ((PUTS, unbid), (lowest, CALLS), (PUTS, overlapping)):
        found = choice.search(chain(puts, calls), rules, 2700.0)
        assert (found.chosen, found.tried, found.priced) == (None, 1, 0)
    for puts, calls in (((), CALLS), (PUTS, ())):
        assert choice.search(chain(puts, calls), rules, 2700.0).chosen is None


def test_a_credit_of_the_whole_width_is_no_condor() -> None:
    """Its quotes cannot be true: it could lose nothing."""
    free = changed(changed(PUTS, 2575.0, 0.0, 0.05), 2600.0, 25.0, 25.2)
    rules = entry(widths_points=(25.0,), credit_share_min=0.0, credit_share_max=1.0)
    assert choice.search(chain(free), rules, 2700.0).chosen is None


# --- as it must be on any chain -------------------------------------------------------------------

MARKETS = st.builds(
    CondorMarket,
    vol=st.floats(0.08, 0.5),
    vol_slope=st.floats(0.0, 0.15),
    spread=st.sampled_from([0.05, 0.2, 1.0, 5.0]),
    step=st.sampled_from([5.0, 10.0, 25.0]),
)


@given(MARKETS)
def test_what_is_chosen_is_the_first_in_the_band(market: CondorMarket) -> None:
    rules = article().entry
    offered = market.chain(MONDAY, MARCH)
    assert offered is not None
    found = choice.search(offered, rules, market.spot)
    tried = 0
    for delta in rules.short_deltas:
        for width in rules.widths_percent_of_spot:
            tried += 1
            one = rules.model_copy(
                update={"short_deltas": (delta,), "widths_percent_of_spot": (width,)}
            )
            alone = choice.search(offered, one, market.spot).chosen
            if alone is not None:
                assert found.chosen == alone
                assert found.tried == tried
                return
    assert found.chosen is None
    assert found.tried == tried


@given(MARKETS)
def test_a_chosen_condor_keeps_every_promise(market: CondorMarket) -> None:
    rules = article().entry
    offered = market.chain(MONDAY, MARCH)
    assert offered is not None
    chosen = choice.search(offered, rules, market.spot).chosen
    if chosen is None:
        return
    condor = chosen.condor
    assert 0.15 <= chosen.share <= 0.25
    assert chosen.width == round(10_000 * condor.width)
    assert chosen.credit % 500 == 0  # on the grid of the net
    assert 0.1 < -chosen.put_delta < 0.25
    assert 0.1 < chosen.call_delta < 0.25
    low, high = choice.break_evens(chosen)
    assert condor.long_put.strike < low / 1e4 < condor.short_put.strike
    assert condor.short_call.strike < high / 1e4 < condor.long_call.strike


# --- the expiry -----------------------------------------------------------------------------------

ENTRY = article().entry


def series(root: str, day: date) -> Expiry:
    return Expiry(root=root, day=day, settlement="PM" if root == "SPXW" else "AM")


def test_the_expiry_nearest_45_days() -> None:
    listed = (FEBRUARY, MARCH)  # 37 and 46 days
    assert choice.choose_expiry(MONDAY, listed, ENTRY, ())[0] == MARCH
    assert choice.choose_expiry(MONDAY, listed, ENTRY, {MARCH.day})[0] == FEBRUARY
    kept = ENTRY.model_copy(update={"avoid_held_expiry": False})
    assert choice.choose_expiry(MONDAY, listed, kept, {MARCH.day})[0] == MARCH


def test_on_a_tie_the_nearer_expiry() -> None:
    forty, fifty = series("SPXW", date(2018, 3, 3)), series("SPXW", date(2018, 3, 13))
    assert choice.choose_expiry(MONDAY, (forty, fifty), ENTRY, ())[0] == forty


def test_an_am_series_only_when_no_pm_series_lies_in_the_window() -> None:
    far = series("SPXW", date(2018, 3, 23))  # 60 days, the edge of the window
    beyond = series("SPXW", date(2018, 3, 24))
    am = series("SPX", date(2018, 3, 8))  # 45 days exactly
    assert choice.choose_expiry(MONDAY, (am, far), ENTRY, ())[0] == far
    assert choice.choose_expiry(MONDAY, (am, beyond), ENTRY, ())[0] == am
    # A PM series that is held still lies in the window: no AM series beside it.
    found, why = choice.choose_expiry(MONDAY, (am, far), ENTRY, {far.day})
    assert found is None
    assert why == "every expiry 30 to 60 days away is held already"


def test_the_same_day_in_another_root_is_held_too() -> None:
    found, _ = choice.choose_expiry(MONDAY, (MARCH_AM,), ENTRY, {MARCH_AM.day})
    assert found is None


def test_no_expiry_in_the_window() -> None:
    listed = (series("SPXW", date(2018, 2, 20)), series("SPXW", date(2018, 3, 24)))  # 29, 61
    found, why = choice.choose_expiry(MONDAY, listed, ENTRY, ())
    assert found is None
    assert why == "no listed expiry lies 30 to 60 days away"


# --- what one would like to know ------------------------------------------------------------------


def test_expected_moves() -> None:
    """F = 2700 at 20 % for a quarter of a year moves by 2700 * 0.2 * 0.5 = 270."""
    one = chain()
    vol = choice.vol_at_money(one)
    assert vol == 0.2
    assert choice.expected_moves(24_300_000, one, vol) == pytest.approx(1.0)
    assert choice.expected_moves(28_350_000, one, vol) == pytest.approx(0.5)


def test_the_volatility_at_the_money_is_that_of_the_nearest_strike_that_has_one() -> None:
    one = chain()
    vols = np.full(len(one.strike), 0.3)
    vols[4] = 0.21  # the 2600 put: 100 points from the forward, the 2850 call 150
    vols[3] = np.nan
    some = chain()
    some.vol[:] = vols
    assert choice.vol_at_money(some) == 0.21
    some.vol[:] = np.nan
    assert choice.vol_at_money(some) is None
