"""Every step of an index: the printed example option by option, what is left out and refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from steward.pricing.vix import MINUTES_A_YEAR, strip_variance
from steward.pricing.vix_steps import (
    BEYOND,
    OTHER_SIDE,
    ZERO_BID,
    left_out,
    taken,
    worked_index,
)
from steward.terms.errors import StewardError

from . import vix_example as example


@pytest.mark.parametrize("term", example.TERMS)
def test_every_printed_option_comes_out_to_its_last_digit(term: str) -> None:
    minutes = example.result("methodology", "minutes", term)
    rate = example.result("methodology", "rate", term)
    strip = strip_variance(*example.quotes(term), minutes=minutes, rate=rate)
    assert strip is not None
    found, wanted = taken(strip, minutes=minutes), example.printed(term)
    assert [one.strike for one in found] == [float(row["strike"]) for row in wanted]
    for one, row in zip(found, wanted, strict=True):
        assert one.width == float(row["width"])
        assert one.price == pytest.approx(float(row["price"]), abs=1e-9)
        assert one.contribution == pytest.approx(float(row["contribution"]), abs=0.5001e-10)
    assert {one.option for one in found} == {"put", "put and call", "call"}
    assert [one.strike for one in found if one.option == "put and call"] == [1960.0]


@pytest.mark.parametrize("edition", example.EDITIONS)
def test_the_printed_results_of_both_editions(edition: str) -> None:
    found = worked_index(
        example.quotes("near"),
        example.quotes("next"),
        minutes=example.pair(edition, "minutes"),
        rates=example.pair(edition, "rate"),
    )
    digits = {"methodology": 0.5e-9, "2014": 0.5e-8}[edition]
    for term, name in ((found.near, "near"), (found.next, "next")):
        assert term.strip.forward == pytest.approx(
            example.result(edition, "forward", name), abs=0.5e-5
        )
        assert term.strip.k0 == example.result(edition, "k0", name)
        assert term.strip.variance == pytest.approx(
            example.result(edition, "variance", name), abs=1.01 * digits
        )
        assert term.options - term.forward_term == pytest.approx(term.strip.variance, abs=1e-15)
    assert round(found.value, 2) == example.result(edition, "index", "near")
    assert found.near.share + found.next.share == pytest.approx(1.0)
    # The paper reads the forwards at 1965 (21.05 and 23.15) and 1960 (27.30 and 24.90).
    assert (found.near.strip.parity_strike, found.near.call, found.near.put) == (
        1965.0,
        pytest.approx(21.05),
        pytest.approx(23.15),
    )
    assert (found.next.strip.parity_strike, found.next.call, found.next.put) == (
        1960.0,
        pytest.approx(27.30),
        pytest.approx(24.90),
    )


def test_the_printed_results_of_2009() -> None:
    """The year of two monthlies and of 60 % volatility; variances with time as it is printed there,
    to seven places.
    """
    minutes = example.pair("2009", "minutes")
    found = worked_index(
        example.quotes("near", "vix_example_quotes_2009.csv"),
        example.quotes("next", "vix_example_quotes_2009.csv"),
        minutes=minutes,
        rates=example.pair("2009", "rate"),
    )
    for term, name in ((found.near, "near"), (found.next, "next")):
        assert term.strip.forward == pytest.approx(
            example.result("2009", "forward", name), abs=0.5e-5
        )
        assert term.strip.k0 == example.result("2009", "k0", name)
        rounded = example.result("2009", "years", name) / (term.minutes / MINUTES_A_YEAR)
        assert term.strip.variance / rounded == pytest.approx(
            example.result("2009", "variance", name), abs=0.5e-7
        )
    assert round(found.value, 2) == example.result("2009", "index", "near")
    assert (found.near.strip.strike[0], found.near.strip.strike[-1]) == (400.0, 1_220.0)


def test_what_the_example_leaves_out_and_why() -> None:
    """The paper names them: 1360 and 1365 end the puts, so 1350 and 1355 are out with their bids;
    2150 and 2175 end the calls, so is 2225; 1405, 1415 and 2120 lack a bid alone.
    """
    quotes = example.quotes("near")
    strip = strip_variance(*quotes, minutes=34_484, rate=0.00031664)
    assert strip is not None
    why = {(one.strike, one.option): one.why for one in left_out(strip, *quotes)}
    zero = {strike for (strike, _), said in why.items() if said == ZERO_BID}
    assert zero == {1360.0, 1365.0, 1405.0, 1415.0, 2120.0, 2150.0, 2175.0}
    beyond = {key for key, said in why.items() if said == BEYOND}
    assert {(1350.0, "put"), (1355.0, "put"), (2225.0, "call"), (800.0, "put")} <= beyond
    assert all(key in beyond for key in [(2200.0, "call"), (2250.0, "call")])
    assert why[1955.0, "call"] == why[1965.0, "put"] == OTHER_SIDE
    # Every quote of the list is either taken or left out: two at each strike.
    used = {(one.strike, one.option) for one in taken(strip, minutes=34_484)}
    assert len(why) + len(used) + 1 == 2 * quotes[0].size  # k0 has both in one
    assert not used & set(why)


def test_a_quote_that_is_not_there_is_not_left_out() -> None:
    quotes = tuple(side.copy() for side in example.quotes("near"))
    gone = int(np.searchsorted(quotes[0], 1405.0))
    quotes[3][gone] = math.nan
    strip = strip_variance(*quotes, minutes=34_484, rate=0.0)
    assert strip is not None
    said = {(one.strike, one.option) for one in left_out(strip, *quotes)}
    assert (1405.0, "put") not in said
    assert (1405.0, "call") in said


def test_a_tenor_outside_of_both_is_extrapolated_and_its_share_says_so() -> None:
    found = worked_index(
        example.quotes("near"),
        example.quotes("next"),
        minutes=(34_484, 44_954),
        rates=(0.0, 0.0),
        target_minutes=30_000,
    )
    assert found.near.share > 1.0
    assert found.next.share < 0.0
    total = sum(
        term.share * term.strip.variance * term.minutes for term in (found.near, found.next)
    )
    assert found.value == pytest.approx(100.0 * math.sqrt(total / 30_000))


@pytest.mark.parametrize(
    ("minutes", "rates", "said"),
    [
        ((34_484, 44_954), (3.8, 0.02), "0.038"),
        ((34_484, 44_954), (0.02, 0.38), "0.0038"),
        ((34_484, 44_954), (math.nan, 0.02), "fractions"),
        ((44_954, 34_484), (0.02, 0.02), "other way round"),
        ((34_484, 34_484), (0.02, 0.02), "other way round"),
        ((0, 34_484), (0.02, 0.02), "above 0"),
        ((-5, 34_484), (0.02, 0.02), "above 0"),
        ((34_484, math.inf), (0.02, 0.02), "above 0"),
    ],
)
def test_impossible_minutes_and_rates_are_refused(
    minutes: tuple[float, float], rates: tuple[float, float], said: str
) -> None:
    with pytest.raises(StewardError, match=said):
        worked_index(example.quotes("near"), example.quotes("next"), minutes=minutes, rates=rates)


def test_a_list_without_a_forward_is_refused_by_its_name() -> None:
    strike, call_bid, call_ask, put_bid, put_ask = example.quotes("next")
    puts_alone = (strike, np.zeros_like(call_bid), call_ask, put_bid, put_ask)
    with pytest.raises(StewardError, match="the next expiry"):
        worked_index(
            example.quotes("near"), puts_alone, minutes=(34_484, 44_954), rates=(0.02, 0.02)
        )


def test_a_variance_below_0_at_the_tenor_is_refused() -> None:
    with pytest.raises(StewardError, match="below 0"):
        worked_index(
            example.quotes("near"),
            example.quotes("next"),
            minutes=(44_000, 44_954),
            rates=(0.0, 0.0),
            target_minutes=30_000,
        )
