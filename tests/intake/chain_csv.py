"""A chain file in the layout of the optopsy project, priced by Black-76, written to a folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from steward.pricing.black import black76

HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"
STRIKES = np.arange(2000.0, 3100.0, 25.0)
EXPIRY = date(2018, 2, 28)


def lines(session: date, *, forward: float, vol: float = 0.15) -> list[str]:
    """Both rights of every strike, 0.40 wide, a bid of 0 where the price is below 0.20."""
    years = (EXPIRY - session).days / 365.0
    found = []
    for kind in ("call", "put"):
        prices = black76(
            forward, STRIKES, years, vol, discount=math.exp(-0.02 * years), call=kind == "call"
        )
        for strike, price in zip(STRIKES.tolist(), prices.tolist(), strict=True):
            bid = max(round(price - 0.2, 2), 0.0)
            found.append(
                f"SPXW,{forward},{kind},{EXPIRY:%m/%d/%Y},{session:%m/%d/%Y},{strike:g},"
                f"{bid:g},{round(price + 0.2, 2):g},0"
            )
    return found


def write(path: Path, sessions: Sequence[date], *, forward: float = 2700.0) -> Path:
    rows = [line for day in sessions for line in lines(day, forward=forward)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
