"""The forward and the discount that quotes imply: found again, and not moved by one bad quote."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.pricing.black import black76
from steward.pricing.parity import discount_from_quotes, forward_from_quotes

STRIKES = np.arange(2400.0, 3001.0, 25.0)
DISCOUNT = math.exp(-0.03 * 0.5)


def quotes(
    forward: float, discount: float, *, half: float = 0.2, vol: float = 0.15
) -> list[np.ndarray]:
    """Call bid, call ask, put bid, put ask around Black-76 mids, half a year out."""
    sides = []
    for call in (True, False):
        mid = black76(forward, STRIKES, 0.5, vol, discount=discount, call=call)
        sides += [mid - half, mid + half]
    return sides


@given(forward=st.floats(2450.0, 2950.0), rate=st.floats(-0.01, 0.08))
def test_forward_and_discount_come_back(forward: float, rate: float) -> None:
    discount = math.exp(-rate * 0.5)
    sides = quotes(forward, discount)
    assert forward_from_quotes(STRIKES, *sides, discount=discount) == pytest.approx(forward)
    assert discount_from_quotes(STRIKES, *sides) == pytest.approx(discount)


def test_the_order_of_strikes_does_not_matter() -> None:
    sides = quotes(2703.0, DISCOUNT)
    order = np.random.default_rng(3).permutation(STRIKES.size)
    mixed = [side[order] for side in sides]
    assert forward_from_quotes(STRIKES[order], *mixed, discount=DISCOUNT) == pytest.approx(2703.0)
    assert discount_from_quotes(STRIKES[order], *mixed) == pytest.approx(DISCOUNT)


def test_one_stale_quote_moves_nothing() -> None:
    sides = quotes(2703.0, DISCOUNT)
    at = int(np.searchsorted(STRIKES, 2700.0))
    sides[0][at] += 15.0
    sides[1][at] += 15.0
    assert forward_from_quotes(STRIKES, *sides, discount=DISCOUNT) == pytest.approx(2703.0)
    assert discount_from_quotes(STRIKES, *sides) == pytest.approx(DISCOUNT)


def test_the_rounding_of_ticks_moves_the_forward_by_less_than_a_tick() -> None:
    sides = [np.round(side, 1) for side in quotes(2703.17, DISCOUNT)]
    found = forward_from_quotes(STRIKES, *sides, discount=DISCOUNT)
    assert found == pytest.approx(2703.17, abs=0.1)


def test_unbid_and_crossed_strikes_are_not_asked() -> None:
    sides = quotes(2703.0, DISCOUNT)
    near = np.abs(STRIKES - 2700.0) < 60.0
    sides[2][near] = 0.0  # no bid
    sides[0][np.abs(STRIKES - 2800.0) < 1.0] += 50.0  # crossed
    assert forward_from_quotes(STRIKES, *sides, discount=DISCOUNT) == pytest.approx(2703.0)


def test_nothing_to_read_from_is_unknown() -> None:
    sides = quotes(2703.0, DISCOUNT)
    no_puts = [sides[0], sides[1], np.zeros_like(STRIKES), sides[3]]
    assert math.isnan(forward_from_quotes(STRIKES, *no_puts, discount=DISCOUNT))
    few = [side[:4] for side in sides]
    assert math.isnan(discount_from_quotes(STRIKES[:4], *few))
    assert forward_from_quotes(STRIKES[:4], *few, discount=DISCOUNT) == pytest.approx(2703.0)
