"""Write the tables of docs/costs.md from the packaged price lists.

    python tools/cost_tables.py --write docs/costs.md  writes them between their markers
    python tools/cost_tables.py --check docs/costs.md  exit code 1 where they are others
    python tools/cost_tables.py                        prints them

To be run after each change of pricing/files/fees.toml or brokers.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import page_blocks
from steward.pricing.fees import Action, TradedLeg, broker_names, order_cents, order_fees

DAYS = tuple(
    date(*day)
    for day in (
        (1995, 6, 1), (2005, 1, 3), (2008, 10, 1), (2012, 6, 1), (2015, 9, 1), (2018, 2, 5),
        (2019, 6, 3), (2020, 12, 1), (2022, 6, 1), (2024, 11, 1), (2025, 6, 2), (2026, 8, 3),
    )
)  # fmt: skip
"""One day in each stretch of the lists that differs from the one before."""

CONDOR = ((3.00, 1), (8.00, -1), (7.00, -1), (2.00, 1))
"""Premium and side of the legs: bought put, sold put, sold call, bought call."""

CLOSED = ((0.90, -1), (2.50, 1), (1.80, 1), (0.04, -1))
"""The same condor bought back near half its credit: three legs in a lower tier or another one."""

PARTS_ON = date(2024, 11, 1)


def legs(
    product: str, priced: Sequence[tuple[float, int]], contracts: int, action: Action
) -> list[TradedLeg]:
    multiplier = {"VX": 1000, "ETP": 1}.get(product, 100)
    return [
        TradedLeg(
            product=product,
            quantity=side * contracts,
            price=round(premium * 10_000),
            multiplier=multiplier,
            action=action,
        )
        for premium, side in priced
    ]


def dollars(cents: int) -> str:
    return f"{cents / 100:,.2f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def condors() -> str:
    """Open, and open with close, of one condor by day and broker."""
    rows = []
    for day in DAYS:
        row = [day.isoformat()]
        for broker in broker_names():
            there = order_cents(legs("SPXW", CONDOR, 1, "open"), day, broker=broker)
            back = order_cents(legs("SPXW", CLOSED, 1, "close"), day, broker=broker)
            row.append(f"{dollars(there)} / {dollars(there + back)}")
        rows.append(row)
    return table(["day", *broker_names()], rows)


def sizes() -> str:
    """Opening by the number of condors: what the caps do."""
    rows = []
    for contracts in (1, 10, 11, 20, 100, 1_000):
        row = [f"{contracts:,}"]
        for broker in broker_names():
            cents = order_cents(legs("SPXW", CONDOR, contracts, "open"), PARTS_ON, broker=broker)
            row.append(f"{dollars(cents)}")
        rows.append(row)
    return table(["condors", *broker_names()], rows)


def parts() -> str:
    """One contract of each product, with the default broker, by part."""
    rows = []
    for name, product, premium in (
        ("SPX option at 5.00", "SPXW", 5.00),
        ("SPX option at 0.95", "SPXW", 0.95),
        ("VIX option at 2.50", "VIX", 2.50),
        ("VIX option at 0.50", "VIX", 0.50),
        ("VIX option at 0.08", "VIX", 0.08),
        ("VX", "VX", 16.00),
        ("VXM", "VXM", 16.00),
        ("100 shares of an ETP at 25.00, sold", "ETP", 25.00),
    ):
        contracts, side = (100, -1) if product == "ETP" else (1, 1)
        order = legs(product, [(premium, side)], contracts, "open")
        (fee,) = order_fees(order, PARTS_ON)
        rows.append([name, *(dollars(cents) for cents in fee.shown.values()), dollars(fee.cents)])
    return table(["", "exchange", "clearing", "regulation", "broker", "in all"], rows)


def blocks() -> Mapping[str, str]:
    """The text of each block, by name."""
    return {"condors": condors(), "sizes": sizes(), "parts": parts()}


def main() -> None:
    given = page_blocks.arguments("The tables of what trades cost.").parse_args()
    page_blocks.finish(given, "costs", blocks())


if __name__ == "__main__":
    main()
