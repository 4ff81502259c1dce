"""What a contract counts: D0's example, one future against calls, puts by their stress gain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView, as_of
from steward.rules import hedge_units
from steward.rules.hedge_units import hedge_ratio, nearest_call, nearest_put, standard_call
from steward.terms.contracts import Contract, OptionContract, vx, vxm

from .hedge_market import ToyMarket, hedge_of, lot, one_day, spx_put, vix_call, world

HEDGE = hedge_of()
MONDAY = date(2018, 1, 8)
EXPIRY = date(2018, 3, 21)


@dataclass
class Given(ToyMarket):
    """A toy with some quotes of its own."""

    marks: Mapping[Contract, Quote] = None  # type: ignore[assignment]

    def mark(self, session: date, contract: Contract) -> Quote:
        return self.marks.get(contract) or super().mark(session, contract)


def with_marks(marks: Mapping[Contract, Quote]) -> MarketView:
    history, market = world([15.0], [2700.0], MONDAY)
    given_market = Given(vix=market.vix, spx=market.spx, marks=marks)
    return as_of(history, given_market, MONDAY)


def quote(delta: float, forward: float) -> Quote:
    return Quote(
        bid=9_700, ask=10_700, quality="modelled", forward=forward, vol=0.9, delta=delta,
        gamma=0.0, vega=0.0, theta=0.0,
    )  # fmt: skip


CALL = vix_call(24.0, EXPIRY)


def test_the_ratio_of_the_printed_example() -> None:
    """D0: maximum loss 75,800, F 18.3, delta 0.29: 5.4, 12.9, 42.8 calls at 12.5, 30, 100 %."""
    view = with_marks({CALL: quote(0.29, 18.3)})
    one = hedge_ratio(view, [lot(CALL, 1, 1.02, opened=MONDAY)], 7_580_000, HEDGE)
    assert one is not None
    assert [round(target / one, 1) for target in (0.125, 0.30, 1.0)] == [5.4, 12.9, 42.8]


def test_a_thirty_delta_call_counts_its_contract_notional() -> None:
    """100 * 18.3 dollars over 75,800: 2.414 %; D0 h asks for 5.2 of them at 12.5 %."""
    view = with_marks({CALL: quote(0.30, 18.3)})
    one = hedge_ratio(view, [lot(CALL, 1, 1.02, opened=MONDAY)], 7_580_000, HEDGE)
    assert one == pytest.approx(1_830.0 / 75_800.0)
    assert one is not None
    assert round(0.125 / one, 1) == 5.2


@given(st.integers(1, 30), st.floats(0.05, 0.95), st.floats(9.0, 60.0))
def test_one_future_equals_calls_whose_deltas_add_up_to_ten(
    calls: int, delta: float, forward: float
) -> None:
    """At one F: 1000 * F / 0.3 is n * (delta / 0.3) * 100 * F where n * delta is 10."""
    future = vx(EXPIRY)
    view = with_marks({CALL: quote(delta, forward), future: quote(1.0, forward)})
    of_future = hedge_ratio(view, [lot(future, 1, forward, opened=MONDAY)], 7_580_000, HEDGE)
    of_calls = hedge_ratio(view, [lot(CALL, calls, 1.0, opened=MONDAY)], 7_580_000, HEDGE)
    assert of_future is not None
    assert of_calls is not None
    assert of_calls == pytest.approx(of_future * calls * delta / 10.0)


def test_ten_minis_are_one_future() -> None:
    view = one_day(date(2021, 1, 4))
    expiry = view.futures()[2]
    large = hedge_ratio(view, [lot(vx(expiry), 1, 20.0, opened=MONDAY)], 7_580_000, HEDGE)
    small = hedge_ratio(view, [lot(vxm(expiry), 10, 20.0, opened=MONDAY)], 7_580_000, HEDGE)
    assert large == pytest.approx(small)


def test_the_ratio_is_of_all_lots_and_falls_as_the_condors_grow() -> None:
    view = one_day(MONDAY)
    lots = [lot(CALL, 2, 1.0, opened=MONDAY), lot(vix_call(20.0, EXPIRY), 3, 1.0, opened=MONDAY)]
    parts = [hedge_ratio(view, [one], 5_000_000, HEDGE) or 0.0 for one in lots]
    assert hedge_ratio(view, lots, 5_000_000, HEDGE) == pytest.approx(sum(parts))
    assert hedge_ratio(view, lots, 10_000_000, HEDGE) == pytest.approx(sum(parts) / 2.0)
    assert hedge_ratio(view, [], 5_000_000, HEDGE) == 0.0


def test_without_condors_there_is_no_ratio_and_without_a_delta_none_is_made_up() -> None:
    view = with_marks({CALL: quote(math.nan, 18.3)})
    held = [lot(CALL, 5, 1.0, opened=MONDAY)]
    assert hedge_ratio(view, held, 0, HEDGE) is None
    assert hedge_ratio(view, held, 5_000_000, HEDGE) is None


def test_the_unit_is_the_thirty_delta_call_nearest_sixty_days() -> None:
    view = one_day(MONDAY)
    unit = standard_call(view, HEDGE)
    assert unit is not None
    # Series of that day around 60 days: 02-14 (37 days), 03-21 (72), 04-18: the second is nearer.
    assert unit.contract.expiry == EXPIRY
    assert abs(unit.quote.delta - 0.30) < 0.05
    assert unit.cents == pytest.approx(100 * 100 * unit.quote.forward)


def test_without_vix_options_there_is_no_unit() -> None:
    assert standard_call(one_day(date(2005, 6, 6)), HEDGE) is None


# --- puts ----------------------------------------------------------------------------------------


def test_puts_count_by_what_they_gain_in_the_stress() -> None:
    """A put nearer the money gains more; a far one, out of reach of -8 %, next to nothing."""
    view = one_day(MONDAY)
    day = date(2018, 3, 16)
    ratios = [
        hedge_ratio(view, [lot(spx_put(strike, day), 1, 10.0, opened=MONDAY)], 7_580_000, HEDGE)
        for strike in (2_650.0, 2_565.0, 2_000.0)
    ]
    assert ratios[0] is not None
    assert ratios[1] is not None
    assert ratios[2] is not None
    assert ratios[0] > ratios[1] > ratios[2] >= 0.0
    # The put 5 % out of the money stands for dozens of calls: D0 says why XSP comes later.
    unit = standard_call(view, HEDGE)
    assert unit is not None
    assert 20.0 < ratios[1] * 7_580_000 / unit.cents < 100.0


def test_two_puts_count_twice_as_much_as_one() -> None:
    view = one_day(MONDAY)
    put = spx_put(2_565.0, date(2018, 3, 16))
    one, two = (
        hedge_ratio(view, [lot(put, n, 10.0, opened=MONDAY)], 7_580_000, HEDGE) for n in (1, 2)
    )
    assert one is not None
    assert two == pytest.approx(2.0 * one)


def test_a_put_that_cannot_be_converted_is_not_counted_as_nothing() -> None:
    view = one_day(date(2005, 6, 6))  # no VIX option was listed, so there is no unit
    put = spx_put(1_150.0, date(2005, 8, 19), root="SPX")
    assert hedge_ratio(view, [lot(put, 1, 10.0, opened=MONDAY)], 7_580_000, HEDGE) is None


# --- which strike --------------------------------------------------------------------------------


def chain_of(view: MarketView) -> Chain:
    found = view.chain(vix_call(20.0, EXPIRY).series)
    assert found is not None
    return found


def test_on_a_tie_the_lower_strike_is_taken() -> None:
    chain = chain_of(one_day(MONDAY))
    calls = chain.call & ((chain.strike == 18.0) | (chain.strike == 19.0))
    delta = chain.delta.copy()
    delta[chain.call] = 0.9
    delta[calls] = [0.31, 0.29]
    found = nearest_call(replace(chain, delta=delta), 0.30, 0.20, 0.45)
    assert found is not None
    assert found.strike == 18.0


def test_the_guards_on_delta_hold_and_what_nobody_offers_is_not_taken() -> None:
    chain = chain_of(one_day(MONDAY))
    inside = nearest_call(chain, 0.30, 0.20, 0.45)
    assert inside is not None
    assert nearest_call(chain, 0.30, 0.999, 1.0) is None
    nobody = replace(chain, ask=chain.ask * 0.0)
    assert nearest_call(nobody, 0.30, 0.0, 1.0) is None
    assert nearest_put(nobody, 2_565.0) is None


@given(st.floats(2_000.0, 3_300.0))
def test_the_put_nearest_a_level_is_half_a_step_away_at_most(level: float) -> None:
    view = one_day(MONDAY)
    chain = view.chain(spx_put(2_500.0, date(2018, 3, 16)).series)
    assert chain is not None
    found = nearest_put(chain, level)
    assert isinstance(found, OptionContract)
    assert abs(found.strike - level) <= 2.5
    assert found.right == "P"


def test_a_quote_one_could_buy_on() -> None:
    good = quote(0.3, 18.0)
    assert hedge_units.usable(good)
    assert not hedge_units.usable(None)
    assert not hedge_units.usable(replace(good, ask=0))
    assert not hedge_units.usable(replace(good, bid=20_000))
