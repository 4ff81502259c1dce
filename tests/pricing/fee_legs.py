"""Legs of orders in points, and their fees in dollars, for the tests of fees."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from steward.pricing.fee_schedules import E12, KINDS
from steward.pricing.fees import Action, LegFee, TradedLeg, order_fees

PRINT_2024 = date(2024, 11, 1)
"""The day of the Cboe schedule of 1 November 2024."""


def one(
    product: str,
    price: float,
    quantity: int = 1,
    action: Action = "open",
    multiplier: int | None = None,
) -> TradedLeg:
    """A leg; price in points."""
    kinds = {"option": 100, "future": 100 if product == "VXM" else 1000, "share": 1}
    return TradedLeg(
        product=product,
        quantity=quantity,
        price=round(price * 10_000),
        multiplier=multiplier or kinds[KINDS[product]],
        action=action,
    )


def fee(leg: TradedLeg, day: date = PRINT_2024, broker: str = "ibkr") -> LegFee:
    (found,) = order_fees([leg], day, broker=broker)
    return found


def dollars(leg: TradedLeg, part: str, day: date = PRINT_2024, broker: str = "none") -> Fraction:
    """One part of the fee of an order of one leg, exactly."""
    return Fraction(fee(leg, day, broker).exact.get(part, 0), E12)
