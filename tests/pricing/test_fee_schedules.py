"""The files of fees: every row has its source, product and day; what is finer is refused."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from steward.pricing import fee_schedules, fees
from steward.pricing.fee_schedules import KINDS
from steward.pricing.fees import TradedLeg, order_fees


def rows() -> list[dict[str, object]]:
    return [row for table in ("exchange", "clearing", "regulation")
            for row in fee_schedules._read("fees")[table]]  # fmt: skip


def test_every_row_has_a_source_and_a_known_product() -> None:
    for row in [*rows(), *fee_schedules._read("brokers")["broker"]]:
        assert str(row["source"]).strip()
        for product in row.get("products", ()):  # type: ignore[attr-defined]
            assert product in KINDS
    assert len(rows()) > 60


def test_no_two_rows_begin_on_one_day() -> None:
    for table in ("exchange", "clearing", "regulation"):
        seen = [
            (row.get("name"), product, row["from"])
            for row in fee_schedules._read("fees")[table]
            for product in row["products"]
        ]
        assert len(seen) == len(set(seen))


def test_every_product_has_every_list_from_the_first_day_on() -> None:
    for product in KINDS:
        for day in (date(1960, 1, 4), date(1990, 1, 2), date(2027, 12, 31)):
            for broker in fees.broker_names():
                leg = TradedLeg(
                    product=product, quantity=-1, price=100_000, multiplier=100, action="open"
                )
                (found,) = order_fees([leg], day, broker=broker)
                assert {"exchange", "clearing", "broker"} < set(found.exact)
    assert fee_schedules.regulation_of("nfa", "SPX", date(2024, 11, 1)) is None


def test_the_oldest_row_stands_for_the_days_before_it() -> None:
    assert fee_schedules.exchange_of("SPX", date(1960, 1, 4)) is fee_schedules.exchange_of(
        "SPX", date(1990, 1, 2)
    )


def test_a_number_finer_than_what_is_counted_is_no_number() -> None:
    with pytest.raises(ValueError, match="is not whole"):
        fee_schedules._e12(Decimal("0.0000000000001"))
