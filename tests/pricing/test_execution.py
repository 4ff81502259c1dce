"""k-fill, grids and packages: hand-worked in points, and against the trader."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from steward.market.quotes import Quote
from steward.pricing import execution
from steward.pricing.execution import leg_price, package_price, single_price, tick_of
from steward.terms.contracts import Contract, FutureContract, OptionContract, vx, vxm
from steward.terms.trades import Leg

DAY = date(2018, 2, 2)
EXPIRY = date(2018, 2, 28)
SPX = OptionContract(root="SPXW", expiry=EXPIRY, strike=2700.0, right="P", settlement="PM")
VIX = OptionContract(root="VIX", expiry=date(2018, 3, 21), strike=18.0, right="C", settlement="AM")


def option(strike: float, right: str) -> OptionContract:
    return OptionContract(
        root="SPXW",
        expiry=EXPIRY,
        strike=strike,
        right=right,  # type: ignore[arg-type]
        settlement="PM",
    )


def quote(bid: float, ask: float) -> Quote:
    """A quote in points."""
    return Quote(
        bid=round(bid * 10_000),
        ask=round(ask * 10_000),
        quality="quoted",
        forward=2700.0,
        vol=0.2,
        delta=0.0,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


def single(contract: Contract, bid: float, ask: float, quantity: int, k: float, day: date) -> float:
    return single_price(contract, quote(bid, ask), quantity, k, day) / 10_000


def test_single_legs_on_the_spx_tick() -> None:
    # 2.80 at 3.10: the mid is 2.95; halfway to the ask is 3.025, dearer than 3.00, so tick 0.10.
    assert single(SPX, 2.80, 3.10, 1, 0.5, DAY) == 3.10
    # Halfway to the bid is 2.875, below 3.00, so tick 0.05, downwards.
    assert single(SPX, 2.80, 3.10, -1, 0.5, DAY) == 2.85
    # 3.00 itself belongs to the coarser tick.
    assert tick_of(SPX, 29_999, DAY) == 500
    assert tick_of(SPX, 30_000, DAY) == 1_000


@pytest.mark.parametrize(
    ("contract", "price", "day", "tick"),
    [
        (VIX, 1.00, date(2022, 10, 2), 500),
        (VIX, 1.00, date(2022, 10, 3), 100),
        (VIX, 3.00, date(2022, 10, 2), 1_000),
        (VIX, 3.00, date(2022, 10, 3), 500),
        (vx(EXPIRY), 15.0, date(2023, 1, 3), 500),
        (vxm(EXPIRY), 15.0, date(2022, 10, 2), 500),
        (vxm(EXPIRY), 15.0, date(2022, 10, 3), 100),
    ],
)
def test_ticks_by_date(contract: Contract, price: float, day: date, tick: int) -> None:
    assert tick_of(contract, round(price * 10_000), day) == tick


def test_vix_weeklys_and_packages_trade_in_cents() -> None:
    weekly = OptionContract(root="VIXW", expiry=EXPIRY, strike=18.0, right="C", settlement="AM")
    assert tick_of(weekly, 50_000, date(2018, 1, 2)) == 100
    assert execution.package_grid(VIX, DAY) == 100
    assert execution.package_grid(SPX, DAY) == 500


def test_a_share_is_the_decimal_number_that_the_rule_file_shows() -> None:
    # A tenth of a half spread of 0.50 above 1.50 is exactly 1.55; the binary tenth lies above it.
    assert single(SPX, 1.00, 2.00, 1, 0.1, DAY) == 1.55
    assert Fraction(0.1) > Fraction(1, 10)


def test_an_empty_market_is_bought_at_the_ask_and_sold_at_nothing() -> None:
    for k in (0.0, 0.5, 1.0):
        assert single(SPX, 0.0, 0.15, 1, k, DAY) == 0.15
        assert single(SPX, 0.0, 0.15, -1, k, DAY) == 0.0


quotes = st.tuples(st.integers(0, 400_000), st.integers(1, 40_000)).map(
    lambda pair: quote(pair[0] / 10_000, (pair[0] + pair[1]) / 10_000)
)
shares = st.integers(0, 100).map(lambda n: n / 100)
signs = st.sampled_from([-3, -1, 1, 2])


def k_fill(q: Quote, quantity: int, k: float) -> Fraction:
    """The definition, in exact fractions."""
    if q.bid == 0:
        return Fraction(q.ask if quantity > 0 else 0)
    half = Fraction(q.ask - q.bid, 2)
    return Fraction(q.bid + q.ask, 2) + Fraction(str(k)) * half * (1 if quantity > 0 else -1)


@given(quotes, shares, signs, st.sampled_from([100, 500, 1_000]))
def test_a_leg_is_rounded_against_the_trader_by_less_than_a_tick(
    q: Quote, k: float, quantity: int, tick: int
) -> None:
    price, fair = leg_price(q, quantity, k, tick), k_fill(q, quantity, k)
    assert price % tick == 0
    assert price >= 0
    worse = price - fair if quantity > 0 else fair - price
    assert 0 <= worse < tick


@given(quotes, signs)
def test_a_wider_share_never_gives_a_better_price(q: Quote, quantity: int) -> None:
    sign = 1 if quantity > 0 else -1
    paid = [sign * leg_price(q, quantity, k / 10, 100) for k in range(11)]
    assert paid == sorted(paid)


def condor_legs(direction: int) -> list[Leg]:
    """Bought puts 2600, sold 2630, sold calls 2800, bought 2830; direction -1 closes it."""
    return [
        Leg(contract=option(2600, "P"), quantity=direction),
        Leg(contract=option(2630, "P"), quantity=-direction),
        Leg(contract=option(2800, "C"), quantity=-direction),
        Leg(contract=option(2830, "C"), quantity=direction),
    ]


MARKET = [quote(8.00, 8.40), quote(12.00, 12.60), quote(4.10, 4.50), quote(1.20, 1.45)]


def test_a_condor_opened_by_hand() -> None:
    # k = 0.5. Bought: 8.20 + 0.10 = 8.30 and 1.325 + 0.0625 = 1.3875.
    # Sold: 12.30 - 0.15 = 12.15 and 4.30 - 0.10 = 4.20.
    # Net 8.30 + 1.3875 - 12.15 - 4.20 = -6.6625; against the trader on 0.05: a credit of 6.65.
    # Legs in 0.01: 8.30, 12.15, 4.20, 1.39 (a credit of 6.66); the last cent leaves the short put.
    legs = list(zip(condor_legs(1), MARKET, strict=True))
    found = package_price(legs, 0.5, DAY)
    assert found.net == -66_500
    assert found.legs == (83_000, 121_400, 42_000, 13_900)


def test_the_same_condor_closed_by_hand() -> None:
    # Sold wings: 8.20 - 0.10 = 8.10 and 1.325 - 0.0625 = 1.2625. Bought: 12.45 and 4.40.
    # Net 12.45 + 4.40 - 8.10 - 1.2625 = 7.4875, paid 7.50. Legs: 8.10, 12.45, 4.40, 1.26: 7.49;
    # the cent lies on the short put, which is the one bought back.
    legs = list(zip(condor_legs(-1), MARKET, strict=True))
    found = package_price(legs, 0.5, DAY)
    assert found.net == 75_000
    assert found.legs == (81_000, 124_600, 44_000, 12_600)


def test_worthless_wings_close_at_nothing_and_the_short_put_takes_the_rounding() -> None:
    market = [quote(0.0, 0.05), quote(0.10, 0.20), quote(0.05, 0.10), quote(0.0, 0.05)]
    found = package_price(list(zip(condor_legs(-1), market, strict=True)), 0.5, DAY)
    # Bought 0.175 and 0.0875, sold for nothing: 0.2625, paid 0.30.
    assert found.net == 3_000
    assert found.legs[0] == found.legs[3] == 0
    assert found.legs == (0, 2_100, 900, 0)


def test_rounding_that_the_short_put_cannot_take_goes_on_to_the_next_leg() -> None:
    # Sold put at 0.01 and sold call at 0.03, no wings: a credit of 0.04 rounds to nothing at all.
    legs = [
        (Leg(contract=option(2600, "P"), quantity=-1), quote(0.01, 0.01)),
        (Leg(contract=option(2800, "C"), quantity=-1), quote(0.03, 0.03)),
    ]
    assert package_price(legs, 1.0, DAY) == execution.PackagePrice(net=0, legs=(0, 0))


@st.composite
def packages(draw: st.DrawFn) -> list[tuple[Leg, Quote]]:
    quantities = draw(
        st.lists(st.sampled_from([-2, -1, 1, 2]), min_size=2, max_size=4).filter(
            lambda q: any(x in q for x in (1, -1))
        )
    )
    rights = draw(st.lists(st.sampled_from("CP"), min_size=4, max_size=4))
    return [
        (Leg(contract=option(2600.0 + 10 * i, rights[i]), quantity=n), draw(quotes))
        for i, n in enumerate(quantities)
    ]


@given(packages(), shares)
def test_a_package_adds_up_and_is_rounded_once_against_the_trader(
    legs: list[tuple[Leg, Quote]], k: float
) -> None:
    fair = sum(leg.quantity * k_fill(q, leg.quantity, k) for leg, q in legs)
    try:
        found = package_price(legs, k, DAY)
    except ValueError:
        # Only where every leg that could give way is already worth nothing.
        assume(False)
    assert found.net % 500 == 0
    assert 0 <= found.net - fair < 500
    assert sum(leg.quantity * p for (leg, _), p in zip(legs, found.legs, strict=True)) == found.net
    for (leg, q), price in zip(legs, found.legs, strict=True):
        assert price >= 0
        assert price % 100 == 0
        if leg.quantity < 0 and q.bid == 0:
            assert price == 0


@given(st.lists(quotes, min_size=4, max_size=4), shares, st.sampled_from([1, -1]))
def test_a_condor_always_has_a_price(market: list[Quote], k: float, direction: int) -> None:
    legs = list(zip(condor_legs(direction), market, strict=True))
    found = package_price(legs, k, DAY)
    assert sum(leg.quantity * p for (leg, _), p in zip(legs, found.legs, strict=True)) == found.net


def test_a_vix_spread_trades_on_the_cent() -> None:
    far = OptionContract(
        root="VIX", expiry=date(2018, 4, 18), strike=18.0, right="C", settlement="AM"
    )
    legs = [
        (Leg(contract=VIX, quantity=-1), quote(1.00, 1.10)),
        (Leg(contract=far, quantity=1), quote(2.00, 2.15)),
    ]
    # Sold 1.05 - 0.025 = 1.025, bought 2.075 + 0.0375 = 2.1125: 1.0875, paid 1.09.
    assert package_price(legs, 0.5, DAY).net == 10_900


@pytest.mark.parametrize("k", [-0.1, 1.1, float("nan")])
def test_a_share_outside_the_spread_is_refused(k: float) -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        leg_price(quote(1.0, 1.1), 1, k, 500)


def test_what_is_no_package_is_refused() -> None:
    leg = (Leg(contract=SPX, quantity=1), quote(1.0, 1.1))
    with pytest.raises(ValueError, match="two legs"):
        package_price([leg], 0.5, DAY)
    with pytest.raises(ValueError, match="two underlyings"):
        package_price([leg, (Leg(contract=VIX, quantity=1), quote(1.0, 1.1))], 0.5, DAY)
    with pytest.raises(ValueError, match="no contracts"):
        leg_price(quote(1.0, 1.1), 0, 0.5, 500)
    twice = [
        (Leg(contract=option(2600, "P"), quantity=2), quote(1.0, 1.11)),
        (Leg(contract=option(2630, "P"), quantity=-2), quote(2.0, 2.13)),
    ]
    with pytest.raises(ValueError, match="no leg of this package"):
        package_price(twice, 0.33, DAY)


def test_every_root_has_a_grid_from_the_first_day() -> None:
    first = date(1990, 1, 2)
    for root in ("SPX", "SPXW", "VIX", "VIXW", "VX", "VXM"):
        contract = FutureContract(root=root, expiry=first, multiplier=100)
        assert tick_of(contract, 10_000, first) > 0
