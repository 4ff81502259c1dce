"""Shares trade in whole cents, against the trader."""

from __future__ import annotations

import math
from datetime import date

import pytest

from steward.market.quotes import Quote
from steward.pricing.execution import package_grid, single_price, tick_of
from steward.terms.contracts import ShareContract

DAY = date(2024, 4, 11)
UVXY = ShareContract(symbol="UVXY")


def quote(bid: int, ask: int) -> Quote:
    nan = math.nan
    return Quote(
        bid=bid,
        ask=ask,
        quality="quoted",
        forward=nan,
        vol=nan,
        delta=nan,
        gamma=nan,
        vega=nan,
        theta=nan,
    )


@pytest.mark.parametrize(
    ("quantity", "share", "price"),
    [
        # 35.10 at 35.13: the mid is 35.115, halfway to a touch 35.1225 and 35.1075.
        (1, 0.0, 351_200),
        (-1, 0.0, 351_100),
        (1, 0.5, 351_300),
        (-1, 0.5, 351_000),
        (1, 1.0, 351_300),
        (-1, 1.0, 351_000),
    ],
)
def test_a_share_is_rounded_to_its_cent(quantity: int, share: float, price: int) -> None:
    assert single_price(UVXY, quote(351_000, 351_300), quantity, share, DAY) == price


def test_the_tick_of_a_share_is_a_cent_at_any_price() -> None:
    for price in (0, 9_900, 10_000, 351_000):
        assert tick_of(UVXY, price, DAY) == 100
    assert package_grid(UVXY, DAY) == 100
