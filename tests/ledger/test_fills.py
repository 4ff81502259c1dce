"""Which quote fills an order, at what price, and why the others do not; worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.fills import NOTHING_TAKEN, FillRules, Simulator, Taken, in_words, unusable
from steward.terms.contracts import vx
from steward.terms.trades import Fill, Leg, Order, Pricing, Refusal

from .desk import (
    FRIDAY,
    LIMITS,
    THURSDAY,
    TUESDAY,
    Market,
    condor_legs,
    condor_market,
    option,
    order,
    quote,
    vix_call,
)

OPENING = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]


def filled(wanted: Order, market: Market, session: date = FRIDAY) -> Fill:
    found = Simulator(LIMITS).fill(wanted, market.view(session))
    assert isinstance(found, Fill)
    return found


def refused(wanted: Order, market: Market, session: date = FRIDAY) -> Refusal:
    found = Simulator(LIMITS).fill(wanted, market.view(session))
    assert isinstance(found, Refusal)
    assert (found.order, found.session) == (wanted, session)
    return found


def test_a_condor_is_one_package_of_four_legs() -> None:
    """k = 0.5: bought at mid + a quarter of the spread, sold at mid less a quarter of it.

    8.20 + 0.10 = 8.30; 12.30 - 0.15 = 12.15; 4.30 - 0.10 = 4.20; 1.325 + 0.0625 = 1.3875.
    The net 8.30 - 12.15 - 4.20 + 1.3875 = -6.6625 is -6.65 on its grid of 0.05, against the
    trader. In 0.01 the legs are 8.30, 12.15, 4.20 and 1.39, in sum -6.66: the short put gives way.
    """
    fill = filled(
        order(condor_legs(), session=THURSDAY, quantity=3), condor_market(FRIDAY, OPENING)
    )
    assert fill.net == -66_500
    assert [part.price for part in fill.legs] == [83_000, 121_400, 42_000, 13_900]
    assert [part.quantity for part in fill.legs] == [3, -3, -3, 3]
    assert fill.session == FRIDAY
    # From a premium of 1.00 on, in 2018: 0.44 for Cboe, 0.05 clearing, 0.0378 regulation, 0.65 for
    # the broker (fees.toml, ibkr), bought or sold; three contracts 3.5334.
    assert [part.fee for part in fill.legs] == [353, 353, 353, 353]


@pytest.mark.parametrize(
    ("broker", "cents"),
    [
        ("none", 158),  # 3 * (0.44 + 0.05 + 0.0378) = 1.5834
        ("tastytrade", 536),  # 3 * (1.00 + 0.65 + 0.10 + 0.0378) = 5.3634
        ("ibkr_fixed", 395),  # 3 * (0.65 + 0.58 + 0.05 + 0.0378) = 3.9534
    ],
)
def test_the_fees_are_those_of_the_broker(broker: str, cents: int) -> None:
    wanted = order(condor_legs(), session=THURSDAY, quantity=3)
    fill = Simulator(broker=broker).fill(wanted, condor_market(FRIDAY, OPENING).view(FRIDAY))
    assert isinstance(fill, Fill)
    assert [part.fee for part in fill.legs] == [cents] * 4


@pytest.mark.parametrize(("pricing", "cents"), [("package", 132), ("legs", 167)])
def test_legs_that_trade_alone_are_orders_of_their_own(pricing: Pricing, cents: int) -> None:
    """At least 1.00 an order: four legs at 0.65 are 2.60, one alone is short of it by 0.35.

    0.65 + 0.58 + 0.05 + 0.0378 = 1.3178, and 1.6678.
    """
    wanted = order(condor_legs(), session=THURSDAY, quantity=1, pricing=pricing)
    fill = Simulator(broker="ibkr_fixed").fill(wanted, condor_market(FRIDAY, OPENING).view(FRIDAY))
    assert isinstance(fill, Fill)
    assert [part.fee for part in fill.legs] == [cents] * 4


def test_a_roll_closes_one_leg_and_opens_the_other() -> None:
    """tastytrade takes nothing to close: 2 * (0.65 + 0.10 + 0.0378) = 1.5756, and 2.00 more."""
    near, far = vix_call(18.0), vix_call(18.0, date(2018, 3, 21))
    market = Market()
    market.set(FRIDAY, near, 1.00, 1.10)
    market.set(FRIDAY, far, 2.00, 2.20)
    legs = [Leg(contract=near, quantity=-1, lot_id="1.1"), Leg(contract=far, quantity=1)]
    wanted = order(legs, session=THURSDAY, quantity=2, purpose="layer_1")
    assert wanted.action == "open"
    fill = Simulator(broker="tastytrade").fill(wanted, market.view(FRIDAY))
    assert isinstance(fill, Fill)
    assert [part.fee for part in fill.legs] == [158, 358]


def test_one_leg_is_priced_on_its_own_tick() -> None:
    # 12.30 + 0.15 = 12.45 would be a package's price; alone, above 3.00, the tick is 0.10.
    market = condor_market(FRIDAY, OPENING)
    put = option(2630.0, "P")
    bought = filled(order([Leg(contract=put, quantity=1)], session=THURSDAY), market)
    sold = filled(order([Leg(contract=put, quantity=-1)], session=THURSDAY), market)
    assert (bought.net, bought.legs[0].price) == (125_000, 125_000)
    assert (sold.net, sold.legs[0].price) == (-121_000, 121_000)


def test_two_contracts_in_a_unit_trade_twice() -> None:
    market, call = Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.00, 1.10)
    fill = filled(order([Leg(contract=call, quantity=2)], session=THURSDAY, quantity=3), market)
    # 1.05 + 0.025 on the tick of 0.05: 1.10 a contract, 2.20 a unit, six contracts.
    assert (fill.net, fill.legs[0].quantity, fill.legs[0].price) == (22_000, 6, 11_000)


def test_the_quality_of_the_quote_goes_into_the_fill() -> None:
    market = condor_market(FRIDAY, OPENING)
    wing = condor_legs()[0].contract
    market.quotes[FRIDAY][wing] = replace(market.quotes[FRIDAY][wing], quality="modelled")
    fill = filled(order(condor_legs(), session=THURSDAY), market)
    assert [part.quality for part in fill.legs] == ["modelled", "quoted", "quoted", "quoted"]


@pytest.mark.parametrize(("worst", "trades"), [(-66_500, True), (-66_501, False), (None, True)])
def test_the_worst_price_is_still_taken(worst: int | None, trades: bool) -> None:
    wanted = order(condor_legs(), session=THURSDAY, worst=worst, limit=-67_000)
    found = Simulator(LIMITS).fill(wanted, condor_market(FRIDAY, OPENING).view(FRIDAY))
    assert isinstance(found, Fill) == trades
    if isinstance(found, Refusal):
        assert found.state == "refused"
        assert found.reason == (
            "refused: price: a credit of 6.65 a unit is worse than the worst allowed, "
            "a credit of 6.65 (limit a credit of 6.70)"
        )


def test_without_a_market_there_is_no_fill() -> None:
    market = condor_market(FRIDAY, OPENING)
    wanted = order(condor_legs(), session=THURSDAY)
    put = condor_legs()[1].contract

    market.quotes[FRIDAY][put] = quote(0.0, 0.0)
    assert refused(wanted, market).reason == "nobody offers SPXW 2018-02-06 2630 P"
    market.quotes[FRIDAY][put] = quote(12.6, 12.0)
    assert refused(wanted, market).reason == (
        "crossed market in SPXW 2018-02-06 2630 P: bid 12.6 above ask 12"
    )
    del market.quotes[FRIDAY][put]
    missing = refused(wanted, market)
    assert missing.reason == "no quote for SPXW 2018-02-06 2630 P"
    assert missing.state == "no quote"


def test_what_can_be_traded_on_and_what_cannot() -> None:
    put = option(2630.0, "P")
    assert unusable(put, quote(12.0, 12.6), FRIDAY) == ""
    assert unusable(put, quote(12.0, 12.0), FRIDAY) == ""
    assert unusable(put, replace(quote(0.0, 1.0), ask=1), FRIDAY) == ""
    assert unusable(put, quote(0.0, 0.0), FRIDAY) == f"nobody offers {put.key}"
    assert unusable(put, None, FRIDAY) == f"no quote for {put.key}"
    assert unusable(put, quote(1.05, 1.0), FRIDAY) == (
        f"crossed market in {put.key}: bid 1.05 above ask 1"
    )
    assert unusable(put, quote(12.0, 12.6), TUESDAY) == f"{put.key} has settled"


def test_a_locked_market_and_one_without_a_bid_trade() -> None:
    market, call = Market(), vix_call(18.0)
    market.set(FRIDAY, call, 1.10, 1.10)
    buying = order([Leg(contract=call, quantity=1)], session=THURSDAY)
    selling = order([Leg(contract=call, quantity=-1)], session=THURSDAY)
    assert (filled(buying, market).net, filled(selling, market).net) == (11_000, -11_000)
    market.set(FRIDAY, call, 0.0, 0.10)
    # Nobody bids: bought at the ask, sold for nothing.
    assert (filled(buying, market).net, filled(selling, market).net) == (1_000, 0)


@pytest.mark.parametrize(
    "contract", [option(2630.0, "P", expiry=FRIDAY), vix_call(18.0, FRIDAY), vx(FRIDAY)]
)
def test_nothing_trades_on_the_day_on_which_it_settles(contract: object) -> None:
    """AM and futures settle in the morning, PM at 16:00; the fills are of 16:15."""
    leg = Leg(contract=contract, quantity=1)  # type: ignore[arg-type]
    market = Market()
    market.set(FRIDAY, leg.contract, 1.0, 1.1)
    dead = refused(order([leg], session=THURSDAY), market)
    assert (dead.state, dead.reason) == ("no quote", f"{leg.contract.key} has settled")


def test_nets_in_words() -> None:
    assert in_words(23_500) == "a debit of 2.35"
    assert in_words(0) == "a debit of 0.00"
    assert in_words(-124_000) == "a credit of 12.40"


# --- how much of it ------------------------------------------------------------------------------

CALL = vix_call(18.0)
NO_LIMITS = FillRules(size_share=None, volume_share=None, widest=None, oldest_minutes=None)


def buying(quantity: int, per_unit: int = 1) -> Order:
    return order([Leg(contract=CALL, quantity=per_unit)], session=THURSDAY, quantity=quantity)


def selling(quantity: int) -> Order:
    return order([Leg(contract=CALL, quantity=-1)], session=THURSDAY, quantity=quantity)


def shown(
    wanted: Order, rules: FillRules | None = None, taken: Taken = NOTHING_TAKEN, **sizes: int | None
) -> Fill | Refusal:
    """What 1.00 bid, 1.10 asked gives with these sizes."""
    market = Market()
    market.set(FRIDAY, CALL, 1.00, 1.10, **sizes)
    return Simulator(rules or LIMITS).fill(wanted, market.view(FRIDAY), taken)


def units_of(found: Fill | Refusal) -> tuple[int, str]:
    """Units and why not more; 0 and the reason when it is refused for its size."""
    if isinstance(found, Fill):
        return found.units, found.limited
    assert found.state == "refused"
    return 0, found.reason


def test_no_more_than_is_displayed_on_the_side_that_is_taken() -> None:
    said = "3 of 5 units: 3 displayed in VIX 2018-02-07 18 C"
    assert units_of(shown(buying(5), bid_size=9, ask_size=3)) == (3, said)
    assert units_of(shown(selling(5), bid_size=3, ask_size=9)) == (3, said)
    assert units_of(shown(buying(3), ask_size=3)) == (3, "")
    assert units_of(shown(buying(5), ask_size=0)) == (
        0,
        "refused: size: 0 of 5 units: 0 displayed in VIX 2018-02-07 18 C",
    )


def test_a_part_pays_for_its_part() -> None:
    """Three calls at 1.05 + 0.025 -> 1.10; what is shown stands in the leg.

    Their fees are 3 * (0.45 + 0.05 + 0.0378 + 0.65) = 3.5634.
    """
    found = shown(buying(5), bid_size=9, ask_size=3, volume=700)
    assert isinstance(found, Fill)
    (part,) = found.legs
    assert (found.units, found.net, part.quantity, part.price) == (3, 11_000, 3, 11_000)
    assert part.fee == 356
    assert (part.bid, part.ask, part.origin) == (10_000, 11_000, "model")
    assert (part.displayed, part.volume) == (3, 700)
    assert found.fill_id == "1 2018-02-02"
    sold = shown(selling(1), bid_size=9, ask_size=3)
    assert isinstance(sold, Fill)
    assert sold.legs[0].displayed == 9


def test_what_is_unknown_sets_no_limit_and_stays_unknown() -> None:
    rules = FillRules(size_share=1.0, volume_share=0.1, oldest_minutes=5)
    found = shown(buying(10**6), rules)
    assert isinstance(found, Fill)
    assert (found.units, found.limited) == (10**6, "")
    assert (found.legs[0].displayed, found.legs[0].volume) == (None, None)
    # Known is known, 0 too.
    assert units_of(shown(buying(2), rules, volume=0))[0] == 0


def test_a_share_of_what_is_shown_and_of_what_has_traded() -> None:
    half = FillRules(size_share=0.5, volume_share=0.1)
    # Half of 9 are 4; a tenth of 39 are 3, of 40 are 4, of 50 are 5.
    assert units_of(shown(buying(9), half, ask_size=9)) == (
        4,
        "4 of 9 units: 9 displayed in VIX 2018-02-07 18 C",
    )
    assert units_of(shown(buying(9), half, ask_size=9, volume=39)) == (
        3,
        "3 of 9 units: 39 traded that session in VIX 2018-02-07 18 C",
    )
    # Equally tight: the first that says so is named.
    assert units_of(shown(buying(9), half, ask_size=9, volume=40)) == (
        4,
        "4 of 9 units: 9 displayed in VIX 2018-02-07 18 C",
    )
    assert units_of(shown(buying(9), half, ask_size=9, volume=50))[0] == 4
    # A tenth is one tenth, not its nearest binary below or above: of 30 it is 3.
    assert units_of(shown(buying(9), FillRules(size_share=0.1), ask_size=30))[0] == 3


def test_both_sides_of_one_contract_are_two_of_its_volume_and_one_of_each_size() -> None:
    """A tenth of 100 are ten contracts: five bought and five sold. Of nine displayed, all nine."""
    there_and_back = order(
        [Leg(contract=CALL, quantity=1), Leg(contract=CALL, quantity=-1)],
        session=THURSDAY,
        quantity=9,
    )
    traded = FillRules(volume_share=0.1)
    assert units_of(shown(there_and_back, traded, volume=100))[0] == 5
    assert (
        units_of(shown(there_and_back, FillRules(size_share=1.0), bid_size=9, ask_size=9))[0] == 9
    )


def test_without_rules_for_them_sizes_are_no_limit() -> None:
    found = shown(buying(50), NO_LIMITS, ask_size=1, volume=1, minutes_old=999)
    assert units_of(found) == (50, "")
    assert units_of(shown(buying(50), FillRules(), volume=1)) == (50, "")


def test_what_was_taken_before_is_gone() -> None:
    taken = {(CALL, True): 2, (CALL, False): 8, (vix_call(20.0), True): 9}
    assert units_of(shown(buying(5), taken=taken, ask_size=3))[0] == 1
    assert units_of(shown(selling(5), taken=taken, bid_size=9))[0] == 1
    assert units_of(shown(buying(5), taken={(CALL, True): 7}, ask_size=3))[0] == 0
    assert units_of(shown(buying(5), taken={(CALL, True): 7})) == (5, "")
    # A tenth of 130 is 13: ten of them have traded, two bought and eight sold.
    assert units_of(shown(buying(5), FillRules(volume_share=0.1), taken, volume=130))[0] == 3


def test_a_unit_of_two_contracts_needs_twice_the_size() -> None:
    assert units_of(shown(buying(5, 2), ask_size=7)) == (
        3,
        "3 of 5 units: 7 displayed in VIX 2018-02-07 18 C",
    )
    found = shown(buying(5, 2), ask_size=7)
    assert isinstance(found, Fill)
    assert found.legs[0].quantity == 6
    assert units_of(shown(buying(5, 2), ask_size=1))[0] == 0


def test_a_condor_fills_by_its_scarcest_leg() -> None:
    """Sizes on the sides that are taken: ask 40, bid 5, bid 9, ask 3. Three whole condors."""
    market = condor_market(FRIDAY, OPENING)
    sides = ({"ask_size": 40}, {"bid_size": 5}, {"bid_size": 9}, {"ask_size": 3})
    for leg, sizes in zip(condor_legs(), sides, strict=True):
        market.quotes[FRIDAY][leg.contract] = replace(market.quotes[FRIDAY][leg.contract], **sizes)
    fill = filled(order(condor_legs(), session=THURSDAY, quantity=7), market)
    assert fill.units == 3
    assert [part.quantity for part in fill.legs] == [3, -3, -3, 3]
    assert fill.limited == "3 of 7 units: 3 displayed in SPXW 2018-02-06 2830 C"
    assert fill.net == -66_500  # the same price as the whole order
    # 3 * (0.44 + 0.05 + 0.0378 + 0.65) = 3.5334.
    assert [part.fee for part in fill.legs] == [353, 353, 353, 353]
    assert [part.displayed for part in fill.legs] == [40, 5, 9, 3]


def test_what_nobody_bids_for_is_given_away_without_a_size() -> None:
    """Sold at 0, whatever the bid shows; bought, it needs the size of the ask all the same."""
    market = Market()
    market.set(FRIDAY, CALL, 0.0, 0.10, bid_size=0, ask_size=2, volume=0)
    both = Simulator(FillRules(volume_share=0.1))
    sold = both.fill(selling(5), market.view(FRIDAY))
    assert isinstance(sold, Fill)
    assert (sold.units, sold.net, sold.legs[0].displayed) == (5, 0, 0)
    bought = Simulator(LIMITS).fill(buying(5), market.view(FRIDAY))
    assert units_of(bought)[0] == 2


def test_after_a_leg_that_is_given_away_the_others_still_need_their_size() -> None:
    market, near = Market(), vix_call(20.0)
    market.set(FRIDAY, CALL, 0.0, 0.10)
    market.set(FRIDAY, near, 1.00, 1.10, ask_size=2)
    legs = [Leg(contract=CALL, quantity=-1), Leg(contract=near, quantity=1)]
    found = Simulator(LIMITS).fill(order(legs, session=THURSDAY, quantity=5), market.view(FRIDAY))
    assert units_of(found) == (2, "2 of 5 units: 2 displayed in VIX 2018-02-07 20 C")


def test_the_smallest_bid_is_a_bid() -> None:
    """A ten-thousandth of a point, for one contract."""
    market = Market()
    market.quotes[FRIDAY] = {CALL: replace(quote(0.0, 0.10), bid=1, bid_size=1)}
    assert units_of(Simulator(LIMITS).fill(selling(5), market.view(FRIDAY)))[0] == 1


def test_a_stale_quote_is_none() -> None:
    said = "stale: the quote of VIX 2018-02-07 18 C is 61 minutes old, allowed are 60"
    found = shown(buying(1), minutes_old=61)
    assert isinstance(found, Refusal)
    assert (found.state, found.reason) == ("stale", said)
    assert units_of(shown(buying(1), minutes_old=60)) == (1, "")
    assert units_of(shown(buying(1), minutes_old=None)) == (1, "")
    now = FillRules(oldest_minutes=0)
    assert isinstance(shown(buying(1), now, minutes_old=1), Refusal)
    assert isinstance(shown(buying(1), now, minutes_old=0), Fill)


def test_a_wide_market_is_refused() -> None:
    """0.10 wide is 9.5 % of a mid of 1.05, and 10 % of a mid of 1.00."""
    tight = FillRules(widest=0.09)
    found = shown(buying(1), tight)
    assert isinstance(found, Refusal)
    assert (found.state, found.reason) == (
        "refused",
        "refused: wide market in VIX 2018-02-07 18 C: 1 bid, 1.1 asked, wider than 9% of the mid",
    )
    assert isinstance(shown(buying(1), FillRules(widest=0.1)), Fill)
    assert isinstance(shown(buying(1), FillRules(widest=None)), Fill)
    market = Market()
    market.set(FRIDAY, CALL, 0.95, 1.05)
    exactly = Simulator(FillRules(widest=0.1)).fill(buying(1), market.view(FRIDAY))
    assert isinstance(exactly, Fill)
    # 0.05 bid, 0.30 asked: 0.25 is 10/7 of a mid of 0.175. Where nobody bids it is always twice.
    market.set(FRIDAY, CALL, 0.05, 0.30)
    wide = Simulator(FillRules(widest=1.42))
    assert isinstance(wide.fill(buying(1), market.view(FRIDAY)), Refusal)
    assert isinstance(Simulator(FillRules(widest=1.43)).fill(buying(1), market.view(FRIDAY)), Fill)
    market.set(FRIDAY, CALL, 0.0, 0.30)
    assert isinstance(wide.fill(buying(1), market.view(FRIDAY)), Fill)
    assert isinstance(wide.fill(selling(1), market.view(FRIDAY)), Fill)


def test_an_old_and_wide_quote_is_stale() -> None:
    found = shown(buying(1), replace(LIMITS, widest=0.01), minutes_old=61)
    assert isinstance(found, Refusal)
    assert found.state == "stale"


def test_one_bad_leg_stops_the_package() -> None:
    market = condor_market(FRIDAY, OPENING)
    wing = condor_legs()[3].contract
    market.quotes[FRIDAY][wing] = replace(market.quotes[FRIDAY][wing], minutes_old=90)
    found = refused(order(condor_legs(), session=THURSDAY), market)
    assert found.state == "stale"


def test_the_price_is_looked_at_before_the_size() -> None:
    found = shown(replace(buying(5), worst=10_900), ask_size=0)
    assert isinstance(found, Refusal)
    assert found.reason.startswith("refused: price: a debit of 1.10")


def test_each_leg_on_its_own_tick_costs_more_than_the_package() -> None:
    """As one package the condor brings 6.65 (above). Leg by leg, each on its own tick:

    bought 8.30 (tick 0.10 from 3.00 on) and 1.3875 -> 1.40 (0.05 below);
    sold 12.15 -> 12.10 and 4.20. The net 8.30 - 12.10 - 4.20 + 1.40 is -6.60.
    """
    market = condor_market(FRIDAY, OPENING)
    fill = filled(order(condor_legs(), session=THURSDAY, quantity=2, pricing="legs"), market)
    assert [part.price for part in fill.legs] == [83_000, 121_000, 42_000, 14_000]
    assert fill.net == -66_000
    assert [part.quantity for part in fill.legs] == [2, -2, -2, 2]
    too_dear = order(condor_legs(), session=THURSDAY, pricing="legs", worst=-66_001)
    assert refused(too_dear, market).state == "refused"


def test_two_contracts_a_unit_leg_by_leg() -> None:
    market, other = Market(), vix_call(20.0)
    market.set(FRIDAY, CALL, 1.00, 1.10)
    market.set(FRIDAY, other, 0.50, 0.60)
    legs = [Leg(contract=CALL, quantity=-1), Leg(contract=other, quantity=2)]
    fill = filled(order(legs, session=THURSDAY, quantity=3, pricing="legs"), market)
    # Sold at 1.05 - 0.025 -> 1.00, two bought at 0.575 -> 0.60: 1.20 - 1.00.
    assert [part.price for part in fill.legs] == [10_000, 6_000]
    assert (fill.net, [part.quantity for part in fill.legs]) == (2_000, [-3, 6])


quotes = st.tuples(st.integers(0, 600), st.integers(0, 60)).map(
    lambda pair: (pair[0] * 0.05, (pair[0] + pair[1] + (pair[0] == 0)) * 0.05)
)
shares = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])


@given(st.lists(quotes, min_size=4, max_size=4), shares, shares, st.integers(1, 50))
def test_a_fill_lies_inside_the_market_and_a_worse_share_costs_no_less(
    market_prices: list[tuple[float, float]], one: float, other: float, quantity: int
) -> None:
    market = condor_market(FRIDAY, market_prices)
    wanted = order(condor_legs(), session=THURSDAY, quantity=quantity)
    kind, worse = (
        filled(replace(wanted, fill_share=share), market) for share in sorted((one, other))
    )
    assert kind.net <= worse.net
    # The touch of the whole package is the worst there is, on a grid of 0.05.
    bids, asks = ([round(p[i] * 10_000) for p in market_prices] for i in (0, 1))
    touch = asks[0] - bids[1] - bids[2] + asks[3]
    assert worse.net <= -(-touch // 500) * 500
    for fill in (kind, worse):
        assert fill.net % 500 == 0
        assert sum(p.leg.quantity * p.price for p in fill.legs) == fill.net
        assert all(p.price >= 0 and p.fee >= 0 for p in fill.legs)
        assert all(p.quantity == quantity * p.leg.quantity for p in fill.legs)


@given(st.lists(quotes, min_size=4, max_size=4), st.integers(-300_000, 300_000))
def test_no_fill_is_worse_than_the_worst(prices: list[tuple[float, float]], worst: int) -> None:
    wanted = order(condor_legs(), session=THURSDAY, worst=worst)
    found = Simulator(LIMITS).fill(wanted, condor_market(FRIDAY, prices).view(FRIDAY))
    anyway = filled(replace(wanted, worst=None), condor_market(FRIDAY, prices))
    assert isinstance(found, Fill) == (anyway.net <= worst)


@given(
    st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=4, max_size=4),
    st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=4, max_size=4),
    st.lists(st.integers(0, 10), min_size=4, max_size=4),
    st.integers(1, 40),
)
def test_units_are_the_most_that_every_leg_allows(
    sizes: list[int | None], volumes: list[int | None], before: list[int], quantity: int
) -> None:
    """One unit more would be too much for some leg; so many are too much for none."""
    market, taken = condor_market(FRIDAY, OPENING), {}
    for leg, size, volume, gone in zip(condor_legs(), sizes, volumes, before, strict=True):
        side = {"ask_size" if leg.quantity > 0 else "bid_size": size}
        quoted = market.quotes[FRIDAY][leg.contract]
        market.quotes[FRIDAY][leg.contract] = replace(quoted, volume=volume, **side)
        taken[leg.contract, leg.quantity > 0] = gone

    def fits(units: int) -> bool:
        pairs = zip(sizes, volumes, before, strict=True)
        return all(
            (size is None or units + gone <= size)
            and (volume is None or 10 * (units + gone) <= volume)
            for size, volume, gone in pairs
        )

    wanted = order(condor_legs(), session=THURSDAY, quantity=quantity)
    rules = FillRules(size_share=1.0, volume_share=0.1)
    found = Simulator(rules).fill(wanted, market.view(FRIDAY), taken)
    units = found.units if isinstance(found, Fill) else 0
    assert units == max((n for n in range(1, quantity + 1) if fits(n)), default=0)
    if isinstance(found, Fill):
        assert (found.limited == "") == (units == quantity)
        assert [part.displayed for part in found.legs] == sizes
        assert [part.volume for part in found.legs] == volumes
        assert len({part.quantity // part.leg.quantity for part in found.legs}) == 1
