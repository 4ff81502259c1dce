"""Rows of a journal and of marks written by hand, and one call of VIX from purchase to sale."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl

from steward.market.tables import MARKS, conform

FRIDAY, MONDAY = date(2018, 2, 2), date(2018, 2, 5)
TUESDAY, WEDNESDAY = date(2018, 2, 6), date(2018, 2, 7)
CALL = "VIX 2018-03-21 20 C"


def mark(
    session: date,
    contract: str,
    bid: float,
    ask: float,
    *,
    forward: float = math.nan,
    vol: float = math.nan,
    delta: float = math.nan,
    vega: float = math.nan,
    theta: float = math.nan,
    level: float = math.nan,
    rolled: float = math.nan,
) -> dict[str, Any]:
    """A row of the MARKS table; prices in points, `level` the volatility at the forward."""
    return {
        "session": session,
        "contract": contract,
        "bid": round(bid * 10_000),
        "ask": round(ask * 10_000),
        "quality": "modelled",
        "forward": forward,
        "vol": vol,
        "delta": delta,
        "gamma": math.nan,
        "vega": vega,
        "theta": theta,
        "vol_at_forward": level,
        "forward_rolled": rolled,
    }


def marks_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return conform(pl.DataFrame(rows, schema=dict(MARKS)), MARKS, table="marks")


def fill(
    session: date,
    contract: str,
    quantity: int,
    price: float,
    quoted: tuple[float, float] | None,
    *,
    cash: int,
    value: int,
    lot: str = "a",
    purpose: str = "layer_1",
    rule: str = "target",
) -> dict[str, Any]:
    """A row of the journal; prices in points, cash and value in cents."""
    bid, ask = quoted if quoted is not None else (None, None)
    return {
        "session": session,
        "event": "fill",
        "purpose": purpose,
        "lot_id": lot,
        "contract": contract,
        "order_id": f"{session} {lot}",
        "quantity": quantity,
        "price": round(price * 10_000),
        "bid": None if bid is None else round(bid * 10_000),
        "ask": None if ask is None else round(ask * 10_000),
        "cash": cash,
        "value": value,
        "rule": rule,
    }


def moved(session: date, value: int, purpose: str = "layer_1") -> dict[str, Any]:
    return {"session": session, "event": "mark", "purpose": purpose, "value": value}


def terms(gains: pl.DataFrame, session: date, **of: str) -> dict[str, int]:
    """By term the cents of a session; rows of 0 are left out."""
    rows = gains.filter(pl.col("session") == session)
    for column, wanted in of.items():
        rows = rows.filter(pl.col(column) == wanted)
    return dict(rows.group_by("term").agg(pl.col("cents").sum()).rows())


# --- one call of VIX, held over two closes and sold (also in docs/attribution.md) -----------------

CALL_JOURNAL: list[dict[str, Any]] = [
    fill(FRIDAY, CALL, 2, 1.08, (1.00, 1.10), cash=-21_600, value=21_600),
    {
        "session": FRIDAY,
        "event": "fee",
        "purpose": "fee",
        "cause": "layer_1",
        "lot_id": "a",
        "contract": CALL,
        "cash": -212,
        "rule": "target",
    },
    moved(FRIDAY, -600),  # 2 * 100 * (1.05 - 1.08) dollars
    {"session": MONDAY, "event": "interest", "purpose": "interest", "cash": 40},
    moved(MONDAY, 18_000),  # 200 * (1.95 - 1.05)
    # sold at 1.72: 34,400 cents come in, and 39,000 of holdings go out
    fill(TUESDAY, CALL, -2, 1.72, (1.70, 1.80), cash=34_400, value=-39_000, rule="roll_floor"),
]
CALL_MARKS = [
    mark(
        FRIDAY, CALL, 1.00, 1.10,
        forward=15.0, vol=1.10, delta=0.30, vega=2.0, theta=-4.0, level=0.90, rolled=14.9,
    ),
    mark(
        MONDAY, CALL, 1.90, 2.00,
        forward=17.0, vol=1.20, delta=0.40, vega=2.5, theta=-6.0, level=1.05, rolled=17.1,
    ),
    mark(
        TUESDAY, CALL, 1.70, 1.80,
        forward=16.6, vol=1.19, delta=0.38, vega=2.4, theta=-6.2, level=1.03, rolled=16.7,
    ),
]  # fmt: skip
