"""Orders by hand: the limit that a plan prints first, and the price beyond which they lapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.orders.build import order_for
from steward.pricing.payoff import wider_width
from steward.terms.contracts import Contract, OptionContract, vx
from steward.terms.trades import Action, Intent, Leg, Order, Purpose

SESSION = date(2018, 2, 2)
EXPIRY = date(2018, 3, 16)
STRIKES = (2600.0, 2630.0, 2800.0, 2830.0)
MARKET = [(8.00, 8.40), (12.00, 12.60), (4.10, 4.50), (1.20, 1.45)]
"""At k = 0.5 a credit of 6.65 (worked in tests/ledger/test_fills.py)."""


def option(strike: float, right: str, root: str = "SPXW") -> OptionContract:
    return OptionContract(
        root=root,
        expiry=EXPIRY,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement="PM" if root == "SPXW" else "AM",
    )


CALL = option(20.0, "C", "VIX")
LATER = option(21.0, "C", "VIX")


def condor_legs(
    strikes: Sequence[float] = STRIKES, sign: int = 1, lot: str = ""
) -> tuple[Leg, ...]:
    a, b, c, d = strikes
    four = ((a, "P", 1), (b, "P", -1), (c, "C", -1), (d, "C", 1))
    return tuple(
        Leg(contract=option(strike, right), quantity=sign * n, lot_id=lot and f"{lot}.{strike:g}")
        for strike, right, n in four
    )


def quote(bid: float, ask: float) -> Quote:
    return Quote(
        bid=round(bid * 10_000),
        ask=round(ask * 10_000),
        quality="modelled",
        forward=2700.0,
        vol=0.2,
        delta=0.1,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


QUOTES: dict[Contract, Quote] = {
    **{leg.contract: quote(*both) for leg, both in zip(condor_legs(), MARKET, strict=True)},
    option(2850.0, "C"): quote(0.50, 0.60),
    CALL: quote(1.00, 1.10),
    LATER: quote(1.40, 1.60),
    vx(EXPIRY): quote(15.00, 15.10),
}


def intent(
    legs: Sequence[Leg],
    *,
    purpose: Purpose = "condor",
    action: Action = "open",
    fill_share: float = 0.5,
) -> Intent:
    return Intent(
        intent_id="2018-02-02 condor",
        session=SESSION,
        purpose=purpose,
        action=action,
        structure_id="c1",
        legs=tuple(legs),
        size=1.0,
        fill_share=fill_share,
        reason="first session of the week",
    )


def built(
    wanted: Intent,
    quantity: int = 1,
    *,
    credit_share: float = 0.15,
    slippage: float = 0.25,
    cap: int | None = None,
) -> Order:
    found = order_for(
        wanted,
        quantity,
        QUOTES.get,
        min_credit_share=credit_share,
        max_slippage=slippage,
        cap_cents=cap,
    )
    assert isinstance(found, Order)
    return found


def test_a_condor_to_open_takes_fifteen_percent_of_its_width_at_the_worst() -> None:
    wanted = intent(condor_legs())
    found = built(wanted, 3)
    assert found.limit == -66_500
    assert found.worst == -45_000  # 0.15 * 30.00
    assert found.quantity == 3
    assert (found.order_id, found.intent_id) == ("2018-02-02 condor/1", "2018-02-02 condor")
    assert (found.session, found.purpose, found.action) == (SESSION, "condor", "open")
    assert (found.structure_id, found.legs) == ("c1", wanted.legs)
    assert (found.fill_share, found.reason) == (0.5, "first session of the week")


def test_the_least_credit_is_a_share_of_the_wider_width() -> None:
    strikes = (2600.0, 2630.0, 2800.0, 2850.0)
    legs = condor_legs(strikes)
    assert built(intent(legs)).worst == -75_000  # 0.15 * 50.00
    # 0.1 is one tenth, though no float is: 0.10 * 50.00 is 5.00 to the last digit.
    assert built(intent(legs), credit_share=0.1).worst == -50_000
    # Where it is not whole, it is rounded up: never less than the share. 0.123457 * 50.00.
    assert built(intent(legs), credit_share=0.123_457).worst == -61_729


def test_no_limit_is_worse_than_the_price_beyond_which_the_order_lapses() -> None:
    """Quotes so wide that closing at the touch would cost more than the width of 30.00."""
    wide = {leg.contract: quote(0.0, 20.0) for leg in condor_legs()}
    for purpose, limit, worst in (("condor", 300_000, 300_000), ("margin_call", 400_000, None)):
        wanted = intent(
            condor_legs(sign=-1, lot="1"), purpose=purpose, action="close", fill_share=1.0
        )
        found = order_for(wanted, 1, wide.get, min_credit_share=0.15, max_slippage=0.0)
        assert isinstance(found, Order)
        assert (found.limit, found.worst) == (limit, worst)  # two shorts at 20.00, wings at 0
    # Opened at a credit below the least one: asked for is the least, 0.3 * 30.00.
    opened = built(intent(condor_legs()), credit_share=0.3)
    assert opened.limit == opened.worst == -90_000


def test_a_condor_to_close_costs_at_most_its_width() -> None:
    found = built(intent(condor_legs(sign=-1, lot="1"), action="close"), 2)
    # Sold 8.10 and 1.2625, bought 12.45 and 4.40: 7.4875, on the grid 7.50.
    assert (found.limit, found.worst) == (75_000, 300_000)


def test_a_hedge_to_buy_costs_at_most_a_quarter_more() -> None:
    wanted = intent([Leg(contract=CALL, quantity=1)], purpose="layer_1")
    # 1.05 + 0.025 on the tick of 0.05: 1.10, and 0.275 more.
    found = built(wanted, 4)
    assert (found.limit, found.worst) == (11_000, 13_750)
    assert built(wanted, 4, slippage=0.0).worst == 11_000


@pytest.mark.parametrize(
    ("cap", "worst"),
    [
        (1_000_000, 13_750),  # far above: the slippage binds
        (50_000, 12_500),  # 500.00 for four calls: 1.25 each
        (50_003, 12_500),  # the odd cents do not make a hundredth of a cent each
        (40_000, 10_000),  # below the limit: it will be refused unless the price falls
        (0, 0),
    ],
)
def test_a_cap_on_premium_bounds_the_whole_order(cap: int, worst: int) -> None:
    wanted = intent([Leg(contract=CALL, quantity=1)], purpose="layer_2")
    found = built(wanted, 4, cap=cap)
    assert found.worst == worst
    assert found.worst * 4 <= cap or worst == 13_750


def test_a_future_is_no_premium_and_has_no_cap() -> None:
    wanted = intent([Leg(contract=vx(EXPIRY), quantity=1)], purpose="layer_1")
    # 15.05 + 0.025 on the tick of 0.05: 15.10; a quarter more is 18.875.
    found = built(wanted, 1, cap=0)
    assert (found.limit, found.worst) == (151_000, 188_750)


def test_a_hedge_to_sell_and_a_forced_order_take_any_price() -> None:
    sale = [Leg(contract=CALL, quantity=-1, lot_id="7.1")]
    found = built(intent(sale, purpose="layer_3", action="close"), 2)
    # 1.05 - 0.025, down to the tick of 0.05.
    assert (found.limit, found.worst) == (-10_000, None)
    forced = built(intent(condor_legs(sign=-1, lot="1"), purpose="margin_call", action="close"))
    assert (forced.limit, forced.worst) == (75_000, None)
    # A short hedge bought back closes a lot: it is no purchase of protection.
    back = [Leg(contract=CALL, quantity=1, lot_id="7.1")]
    assert built(intent(back, purpose="layer_3", action="close")).worst is None


def test_a_roll_is_one_package_with_slippage_on_what_is_bought() -> None:
    roll = [Leg(contract=CALL, quantity=-1, lot_id="7.1"), Leg(contract=LATER, quantity=1)]
    found = built(intent(roll, purpose="layer_1"), 5)
    # Sold 1.025, bought 1.55: a net of 0.525, on the grid of 0.01 0.53. The legs in hundredths
    # are 1.03 and 1.55; the missing one lies on the sold leg, 1.02. A quarter of 1.55 on top.
    assert (found.limit, found.worst) == (5_300, 5_300 + 3_875)
    # The cap is on what the roll costs net: 40.00 for five are 0.08 each.
    assert built(intent(roll, purpose="layer_1"), 5, cap=4_000).worst == 800


@pytest.mark.parametrize("bad", [None, quote(0.0, 0.0), quote(1.2, 1.1)])
def test_no_price_at_the_decision(bad: Quote | None) -> None:
    wanted = intent(condor_legs())
    gone = wanted.legs[2].contract

    def quotes(contract: Contract) -> Quote | None:
        return bad if contract == gone else QUOTES[contract]

    found = order_for(wanted, 1, quotes, min_credit_share=0.15, max_slippage=0.25)
    assert found == "no quote for SPXW 2018-03-16 2800 C at the decision"


def test_the_smallest_offer_and_a_locked_market_are_prices() -> None:
    """An ask of a ten-thousandth of a point, and one that meets its bid."""
    buying = intent([Leg(contract=CALL, quantity=1)], purpose="layer_1")
    for both in (replace(quote(0.0, 1.0), ask=1), quote(1.10, 1.10)):
        found = order_for(buying, 1, {CALL: both}.get, min_credit_share=0.0, max_slippage=0.0)
        assert isinstance(found, Order)


def test_a_forced_order_takes_any_price_for_what_it_opens_too() -> None:
    buying = intent([Leg(contract=CALL, quantity=1)], purpose="margin_call")
    assert built(buying, 4, cap=0).worst is None


def test_the_rule_goes_with_the_order() -> None:
    assert built(replace(intent(condor_legs()), rule="entry")).rule == "entry"
    assert built(intent(condor_legs())).rule == ""


def test_an_order_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"^an order of 0 units: drop the intent instead$"):
        built(intent(condor_legs()), 0)


def test_an_order_carries_its_tries_its_pricing_and_the_rule_that_wants_it() -> None:
    found = order_for(
        replace(intent(condor_legs()), rule="condor_entry"),
        1,
        QUOTES.get,
        min_credit_share=0.15,
        max_slippage=0.25,
        retry=2,
        pricing="legs",
    )
    assert isinstance(found, Order)
    assert (found.retry, found.pricing, found.rule) == (2, "legs", "condor_entry")
    assert found.order_id.endswith("/1")


def test_the_wider_width_of_any_four_legs() -> None:
    assert wider_width(condor_legs()) == 300_000
    assert wider_width(condor_legs((2550.0, 2630.0, 2800.0, 2830.0), sign=-1)) == 800_000
    assert wider_width(tuple(reversed(condor_legs((2600.0, 2630.0, 2800.0, 2850.0))))) == 500_000


@pytest.mark.parametrize(
    "legs",
    [
        condor_legs()[:3],
        (*condor_legs()[:3], condor_legs()[0]),
        (*condor_legs(), Leg(contract=vx(EXPIRY), quantity=1)),
        (Leg(contract=vx(EXPIRY), quantity=1),) * 4,
    ],
)
def test_other_legs_are_no_condor(legs: tuple[Leg, ...]) -> None:
    with pytest.raises(ValueError, match=r"^the legs of a condor are two puts and two calls$"):
        wider_width(legs)


prices = st.tuples(st.integers(0, 400), st.integers(1, 40))


@given(prices, st.integers(1, 40), st.floats(0.0, 1.0), st.integers(0, 10**7))
def test_what_is_bought_never_costs_more_than_the_cap(
    market: tuple[int, int], quantity: int, slippage: float, cap: int
) -> None:
    bid, width = market
    found = order_for(
        intent([Leg(contract=CALL, quantity=1)], purpose="layer_1"),
        quantity,
        lambda _: quote(bid * 0.05, (bid + width) * 0.05),
        min_credit_share=0.15,
        max_slippage=slippage,
        cap_cents=cap,
    )
    assert isinstance(found, Order)
    assert found.worst is not None
    # 100 dollars a point: a ten-thousandth of one contract is a cent.
    assert found.worst * quantity <= cap
    # Without a cap in the way it is the limit or above.
    assert found.worst >= min(found.limit, cap // quantity)
