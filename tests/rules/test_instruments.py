"""The contract behind a bucket, and shares that are too small for a whole one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView
from steward.rules.hedge_units import StandardCall, standard_call
from steward.rules.instruments import Instrument, choose, cost_cents, future, next_future, resolve
from steward.terms.contracts import Contract, Expiry, OptionContract, vx, vxm

from .hedge_market import hedge_of, one_day, vix_call

HEDGE = hedge_of()
MONDAY = date(2018, 1, 8)


def unit_of(view: MarketView) -> StandardCall:
    found = standard_call(view, HEDGE)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("bucket", "expiry"),
    [
        ("front", date(2018, 2, 14)),  # 37 days; 72 lie outside of 30 to 60
        ("short", date(2018, 2, 14)),
        ("long", date(2018, 5, 16)),  # 128 days; 100 (April) are further from 120
    ],
)
def test_a_call_bucket_takes_the_listed_expiry_nearest_its_centre(
    bucket: str, expiry: date
) -> None:
    view = one_day(MONDAY)
    found = choose(view, HEDGE, bucket, unit_of(view))
    assert found is not None
    assert (found.contract.expiry, found.flag) == (expiry, "")
    assert HEDGE.delta_min <= found.quote.delta <= HEDGE.delta_max
    # At its own future a 30-delta call counts its notional; the unit's future is another one.
    expected = found.quote.delta / 0.30 * found.quote.forward / unit_of(view).quote.forward
    assert found.units == pytest.approx(expected)


def test_an_expiry_outside_of_the_tenor_is_taken_and_flagged() -> None:
    session = date(2018, 1, 16)  # the next expiries are 1, 29 and 64 days away
    view = one_day(session)
    found = choose(view, HEDGE, "front", unit_of(view))
    assert found is not None
    assert (found.days, found.flag) == (
        29, "29 days to expiry, outside of 30 to 60",
    )  # fmt: skip


def test_a_roll_goes_far_enough_and_beyond_its_own_expiry() -> None:
    view = one_day(MONDAY)
    far = choose(view, HEDGE, "front", unit_of(view), least_days=40)
    later = choose(view, HEDGE, "front", unit_of(view), later_than=date(2018, 2, 14))
    assert far is not None
    assert later is not None
    assert far.contract.expiry == later.contract.expiry == date(2018, 3, 21)
    assert choose(view, HEDGE, "front", unit_of(view), least_days=2_000) is None


def test_a_series_without_quotes_or_without_a_delta_in_range_is_passed_over() -> None:
    view = one_day(MONDAY)
    market = view._quotes
    chain_of, nearest = market.chain, date(2018, 2, 14)

    def gap(session: date, expiry: Expiry) -> Chain | None:
        return None if expiry.day == nearest else chain_of(session, expiry)

    market.chain = gap  # type: ignore[method-assign]
    found = choose(view, HEDGE, "front", unit_of(view))
    assert found is not None
    assert found.contract.expiry == date(2018, 3, 21)
    narrow = HEDGE.model_copy(update={"delta_min": 0.2999, "delta_max": 0.3001})
    assert choose(view, narrow, "front", unit_of(view)) is None


def test_what_nobody_offers_or_what_counts_for_nothing_is_no_instrument() -> None:
    view = one_day(MONDAY)
    unit = unit_of(view)
    market = view._quotes
    quote_of = market.quote
    for changed in ({"ask": 0, "bid": 0}, {"delta": math.nan}):

        def worse(session: date, contract: Contract, changed=changed) -> Quote | None:  # type: ignore[no-untyped-def]
            found = quote_of(session, contract)
            return None if found is None else replace(found, **changed)

        market.quote = worse  # type: ignore[method-assign]
        assert choose(view, HEDGE, "front", unit) is None
        assert future(view, HEDGE, "vx", unit, large=True) is None


def test_a_put_is_five_percent_under_the_index_on_a_pm_series() -> None:
    view = one_day(MONDAY)
    found = choose(view, HEDGE, "put", unit_of(view))
    assert found is not None
    assert isinstance(found.contract, OptionContract)
    assert (found.contract.root, found.contract.strike) == ("SPXW", 2_565.0)  # 0.95 * 2,700
    assert 60 <= found.days <= 120
    # Before PM series reached that far the AM monthly is taken.
    early = one_day(date(2006, 6, 5))
    found = choose(early, HEDGE, "put", unit_of(early))
    assert found is not None
    assert found.contract.root == "SPX"


def test_a_future_is_the_nearest_of_its_months_and_a_mini_from_its_first_day_on() -> None:
    before, after = one_day(date(2020, 8, 7)), one_day(date(2020, 8, 10))
    large = future(after, HEDGE, "vx", unit_of(after), large=True)
    small = future(after, HEDGE, "vx", unit_of(after), large=False)
    assert large is not None
    assert small is not None
    assert large.contract == vx(after.futures()[2])
    assert small.contract == vxm(after.futures()[2])
    assert large.units == pytest.approx(10.0 * small.units)
    assert future(before, HEDGE, "vx", unit_of(before), large=False) is None


def test_a_future_goes_to_the_next_listed_month() -> None:
    view = one_day(MONDAY)
    first = vx(view.futures()[0])
    found = next_future(view, HEDGE, "vx", first, unit_of(view))
    assert found is not None
    assert found.contract == vx(view.futures()[1])
    last = vx(view.futures()[-1])
    assert next_future(view, HEDGE, "vx", last, unit_of(view)) is None


# --- passing on ----------------------------------------------------------------------------------

LISTED = Quote(
    bid=9_000, ask=11_000, quality="modelled", forward=15.0, vol=0.9, delta=0.3, gamma=0.0,
    vega=0.0, theta=0.0,
)  # fmt: skip
CONTRACTS: dict[str, Contract] = {
    "front": vix_call(18.0, date(2018, 2, 14)),
    "long": vix_call(22.0, date(2018, 5, 16)),
    "vx": vx(date(2018, 4, 18)),
    "mini": vxm(date(2018, 4, 18)),
    "put": vix_call(30.0, date(2018, 4, 18)),  # any contract will do here
}


def picks(sizes: Mapping[str, float]) -> Callable[[str, bool], Instrument | None]:
    """Instruments of these sizes; `mini` is the small future, a name left out is not there."""

    def pick(bucket: str, large: bool) -> Instrument | None:
        name = bucket if large or bucket != "vx" else "mini"
        if name not in sizes:
            return None
        return Instrument(
            bucket=bucket, contract=CONTRACTS[name], quote=LISTED, units=sizes[name], days=60
        )

    return pick


LONG_DATED = {"vx": 0.5, "long": 0.3, "put": 0.2}


def found_of(
    shares: Mapping[str, float], units: float, sizes: Mapping[str, float]
) -> tuple[dict[Contract, float], tuple[str, ...]]:
    parts, notes = resolve(shares, units, HEDGE, picks(sizes))
    return {part.instrument.contract: part.share for part in parts}, notes


def test_a_large_purchase_is_shared_out_as_the_mix_says() -> None:
    found, notes = found_of(LONG_DATED, 200.0, {"vx": 33.3, "long": 1.0, "put": 40.0})
    assert found == {CONTRACTS["vx"]: 0.5, CONTRACTS["long"]: 0.3, CONTRACTS["put"]: 0.2}
    assert notes == ()


def test_less_than_half_a_future_goes_to_a_mini_and_then_to_calls() -> None:
    """12 units: 6 for VX of 33.3, under half: two minis of 3.3 stand for it, listed or not."""
    sizes = {"vx": 33.3, "mini": 3.33, "long": 1.0, "put": 40.0}
    found, notes = found_of(LONG_DATED, 12.0, sizes)
    assert found == {CONTRACTS["mini"]: 0.5, CONTRACTS["long"]: 0.5}
    assert notes == (
        "the 2.4 call units for put (60-120 days) are under half of one VIX 2018-04-18 30 C, which "
        "counts 40.0: passed on to long (90-150 days)",
    )
    del sizes["mini"]
    found, notes = found_of(LONG_DATED, 12.0, sizes)
    assert found == {CONTRACTS["long"]: pytest.approx(1.0)}
    assert len(notes) == 2


def test_what_cannot_be_had_is_passed_on_or_named() -> None:
    found, notes = found_of(LONG_DATED, 200.0, {"long": 1.0})
    assert found == {CONTRACTS["long"]: pytest.approx(1.0)}
    assert "nothing of VX (months 3-6) can be bought now: passed on to long (90-150 days)" in notes
    found, notes = found_of({"front": 0.6, "long": 0.4}, 10.0, {"long": 1.0})
    assert found == {CONTRACTS["long"]: 0.4}  # the part of the front calls is not bought
    assert notes == (
        "nothing of front (30-60 days) can be bought now: 6.0 call units are not bought",
    )


def test_a_bucket_that_passes_to_nobody_keeps_its_share_however_small() -> None:
    found, notes = found_of({"front": 0.1, "long": 0.9}, 1.0, {"front": 1.0, "long": 1.0})
    assert found == {CONTRACTS["front"]: 0.1, CONTRACTS["long"]: 0.9}
    assert notes == ()


@given(
    st.floats(0.1, 500.0),
    st.floats(20.0, 60.0),
    st.floats(20.0, 90.0),
    st.booleans(),
)
def test_shares_are_never_lost_while_calls_can_be_bought(
    units: float, of_future: float, of_put: float, mini: bool
) -> None:
    sizes = {"vx": of_future, "long": 1.0, "put": of_put}
    if mini:
        sizes["mini"] = of_future / 10.0
    parts, _ = resolve(LONG_DATED, units, HEDGE, picks(sizes))
    assert sum(part.share for part in parts) == pytest.approx(1.0)
    for part in parts:
        if part.instrument.bucket != "long":
            assert part.share * units >= 0.5 * part.instrument.units
            assert part.passes_to == "long"


def test_what_passes_along_several_buckets_goes_to_the_first_that_takes_it() -> None:
    """vx to put to long: with no put to be had the calls take over, and the future names them."""
    buckets = {name: bucket.model_dump() for name, bucket in HEDGE.buckets.items()}
    buckets["vx"]["passes_to"] = "put"
    hedge = hedge_of(buckets=buckets)
    shares = {"vx": 0.5, "long": 0.5, "put": 0.0}
    parts, notes = resolve(shares, 200.0, hedge, picks({"vx": 33.3, "long": 1.0}))
    assert [(p.instrument.bucket, p.passes_to) for p in parts] == [("vx", "long"), ("long", "")]
    assert notes == ()
    parts, notes = resolve(shares, 8.0, hedge, picks({"vx": 33.3, "long": 1.0}))
    assert [(p.instrument.bucket, p.share) for p in parts] == [("long", 1.0)]
    assert len(notes) == 2


def test_the_cost_is_the_way_from_the_mid_and_the_fees() -> None:
    """Mid 1.00, half spread 0.10: at k = 0.5 it fills at 1.05, so 5.00 dollars and the fee."""
    one = picks({"front": 1.0})("front", True)
    assert one is not None
    at_mid = cost_cents(one, 1.0, 0.0, MONDAY, "ibkr")
    half = cost_cents(one, 1.0, 0.5, MONDAY, "ibkr")
    assert half - at_mid == 500.0
    # A contract in 2018 from a premium of 1.00: 0.45 + 0.05 + 0.0378 + 0.65 = 1.1878.
    assert at_mid == 119.0
    # Three are one order of 3.5634; two and a half pay their part of it.
    assert cost_cents(one, 3.0, 0.5, MONDAY, "ibkr") == pytest.approx(3.0 * 500.0 + 356.0)
    part = cost_cents(one, 2.5, 0.5, MONDAY, "ibkr")
    assert part == pytest.approx(2.5 * (500.0 + 356.0 / 3.0))


def test_the_cost_knows_the_broker_and_its_caps() -> None:
    """tastytrade opens 40 contracts for 10.00: 40 * (0.65 + 0.10 + 0.0378) + 10.00 = 41.512."""
    one = picks({"front": 1.0})("front", True)
    assert one is not None
    assert cost_cents(one, 40.0, 0.0, MONDAY, "tastytrade") == pytest.approx(4_151.0)
    assert cost_cents(one, 1.0, 0.0, MONDAY, "none") == 54.0  # 0.45 + 0.05 + 0.0378
