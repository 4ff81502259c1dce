"""Parity with error bars: found again, sure of it by as much as it should be, not moved by lies."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing import parity
from steward.pricing.black import black76
from steward.pricing.parity import forward_from_quotes, parity_line

STRIKES = np.arange(2000.0, 3001.0, 25.0)
YEARS = 0.5


def quotes(
    forward: float, discount: float, *, half: float = 0.3, seed: int | None = None
) -> list[np.ndarray]:
    """Call bid, call ask, put bid, put ask; with a seed the middles lie anywhere in the spread."""
    sides = []
    random = np.random.default_rng(seed)
    for call in (True, False):
        mid = black76(forward, STRIKES, YEARS, 0.15, discount=discount, call=call)
        if seed is not None:
            mid = mid + random.uniform(-half, half, STRIKES.size)
        sides += [np.maximum(mid - half, 0.01), mid + half]
    return sides


@given(forward=st.floats(2300.0, 2700.0), rate=st.floats(-0.01, 0.08))
def test_forward_and_discount_come_back(forward: float, rate: float) -> None:
    discount = math.exp(-rate * YEARS)
    sides = quotes(forward, discount, half=0.005)
    line = parity_line(STRIKES, *sides)
    assert line is not None
    assert line.forward == pytest.approx(forward, abs=0.01)
    assert line.discount == pytest.approx(discount, abs=2e-5)
    given_discount = parity_line(STRIKES, *sides, discount=discount)
    assert given_discount is not None
    assert given_discount.forward == pytest.approx(forward, abs=0.01)
    assert math.isnan(given_discount.discount_error)


def test_the_error_is_as_large_as_it_says() -> None:
    """Over many draws: deviations in standard errors have a spread of about one."""
    forward, discount = 2503.0, 0.985
    lines = [parity_line(STRIKES, *quotes(forward, discount, seed=n)) for n in range(300)]
    off = np.array([(x.forward - forward) / x.forward_error for x in lines if x is not None])
    rates = np.array([(x.discount - discount) / x.discount_error for x in lines if x is not None])
    assert off.size == 300
    for found in (off, rates):
        assert abs(found.mean()) < 0.25
        assert 0.75 < found.std() < 1.45


def test_a_strike_off_the_line_is_left_out_and_named() -> None:
    sides = quotes(2503.0, 0.985, seed=4)
    plain = parity_line(STRIKES, *sides)
    at = int(np.searchsorted(STRIKES, 2500.0))
    sides[0][at] += 12.0
    sides[1][at] += 12.0
    line = parity_line(STRIKES, *sides)
    assert plain is not None
    assert line is not None
    assert line.outliers.tolist() == [2500.0]
    assert dict(line.left_out)[parity.OFF_LINE] == 1
    assert line.forward == pytest.approx(plain.forward, abs=2.0 * plain.forward_error)
    assert line.discount == pytest.approx(plain.discount, abs=2.0 * plain.discount_error)
    assert 2500.0 not in line.strike


@given(seed=st.integers(0, 50), bad=st.integers(1, 8))
def test_a_fifth_of_lies_far_out_does_not_turn_the_line(seed: int, bad: int) -> None:
    """Bad quotes at one end have leverage: least squares alone would follow them."""
    sides = quotes(2503.0, 0.985, seed=seed)
    for side in sides[2:]:
        side[-bad:] += 30.0
    line = parity_line(STRIKES, *sides)
    assert line is not None
    assert line.discount == pytest.approx(0.985, abs=6e-4)
    assert line.forward == pytest.approx(2503.0, abs=0.5)
    assert set(line.outliers) == set(STRIKES[-bad:])


def test_what_is_left_out_is_counted_by_reason() -> None:
    sides = quotes(2503.0, 0.985)
    sides[0][0] = sides[1][0] = np.nan  # the call is not quoted
    sides[2][1] = 0.0  # nobody bids for the put
    sides[1][2] = sides[0][2] - 1.0  # crossed
    line = parity_line(STRIKES, *sides)
    assert line is not None
    counts = dict(line.left_out)
    assert counts[parity.ONE_SIDED] == counts[parity.NO_BID] == counts[parity.CROSSED] == 1
    assert line.strikes + sum(counts.values()) == STRIKES.size


def test_the_order_of_strikes_does_not_matter() -> None:
    sides = quotes(2503.0, 0.985, seed=1)
    order = np.random.default_rng(3).permutation(STRIKES.size)
    line, mixed = (
        parity_line(STRIKES, *sides),
        parity_line(STRIKES[order], *[side[order] for side in sides]),
    )
    assert line is not None
    assert mixed is not None
    assert (line.forward, line.discount) == (mixed.forward, mixed.discount)


def test_it_agrees_with_what_runs_use() -> None:
    sides = quotes(2503.0, 0.985, seed=2)
    line = parity_line(STRIKES, *sides, discount=0.985)
    assert line is not None
    assert line.forward == pytest.approx(
        forward_from_quotes(STRIKES, *sides, discount=0.985), abs=0.3
    )


def test_too_little_is_nothing() -> None:
    sides = [side[:4] for side in quotes(2503.0, 0.985)]
    assert parity_line(STRIKES[:4], *sides) is None
    assert parity_line(STRIKES[:4], *sides, discount=0.985) is not None
    none = [np.full(4, np.nan)] * 4
    assert parity_line(STRIKES[:4], *none, discount=0.985) is None
