"""Which quote fills an order, at what price, and why the others do not; worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.fills import Simulator, in_words
from steward.terms.contracts import vx
from steward.terms.trades import Fill, Leg, Order, Refusal

from .desk import (
    FRIDAY,
    THURSDAY,
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
    found = Simulator().fill(wanted, market.view(session))
    assert isinstance(found, Fill)
    return found


def refused(wanted: Order, market: Market, session: date = FRIDAY) -> Refusal:
    found = Simulator().fill(wanted, market.view(session))
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
    found = Simulator().fill(wanted, condor_market(FRIDAY, OPENING).view(FRIDAY))
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
    found = Simulator().fill(wanted, condor_market(FRIDAY, prices).view(FRIDAY))
    anyway = filled(replace(wanted, worst=None), condor_market(FRIDAY, prices))
    assert isinstance(found, Fill) == (anyway.net <= worst)
