"""Rounding of what is shown: half away from zero, held against the decimal module."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.terms.amounts import nearest, whole_dollars


@pytest.mark.parametrize(
    ("cents", "dollars"),
    [
        (0, 0), (49, 0), (50, 1), (149, 1), (150, 2), (250, 3), (350, 4), (-49, 0), (-50, -1),
        (-150, -2), (-250, -3), (-349, -3), (12_345_650, 123_457),
        # A float has lost the half of this one.
        (900_719_925_474_099_350, 9_007_199_254_740_994),
    ],
)  # fmt: skip
def test_half_a_dollar_goes_away_from_zero(cents: int, dollars: int) -> None:
    assert whole_dollars(cents) == dollars


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9))
def test_it_rounds_as_the_decimal_module_does(amount: int, parts: int) -> None:
    """A tie of the quotient is a tie of twice the remainder, so the sign of that decides."""
    whole, left = divmod(abs(amount), parts)
    shown = Decimal(whole) + (Decimal("0.5") if 2 * left >= parts else Decimal("0.25"))
    expected = int(shown.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert nearest(amount, parts) == (expected if amount >= 0 else -expected)
    assert nearest(-amount, parts) == -nearest(amount, parts)


@given(st.integers(-(10**15), 10**15))
def test_dollars_are_those_of_the_decimal_module(cents: int) -> None:
    exact = (Decimal(cents) / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    assert whole_dollars(cents) == int(exact)
