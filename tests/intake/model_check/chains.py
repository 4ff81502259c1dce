"""Chains that the model itself quotes, written as a file in the layout of the optopsy project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from steward.market.quotes import Chain
from steward.pricing.modelled import ModelledMarket
from steward.terms.contracts import Expiry

HEADER = "underlying_symbol,underlying_price,option_type,expiration,quote_date,strike,bid,ask,delta"


def series(market: ModelledMarket, session: date, *days: int) -> list[Expiry]:
    """Of the listed PM series those nearest these days."""
    listed = [e for e in market.spx.expiries(session) if e.root == "SPXW"]
    return [min(listed, key=lambda e: abs((e.day - session).days - d)) for d in days]


def lines(chain: Chain, *, up: float = 1.0) -> list[str]:
    """A row a contract; `up` multiplies the prices."""
    found = []
    for strike, call, bid, ask in zip(
        chain.strike.tolist(),
        chain.call.tolist(),
        (up * chain.bid).tolist(),
        (up * chain.ask).tolist(),
        strict=True,
    ):
        found.append(
            f"{chain.expiry.root},{chain.forward:.2f},{'call' if call else 'put'},"
            f"{chain.expiry.day:%m/%d/%Y},{chain.session:%m/%d/%Y},{strike:g},"
            f"{bid:.4f},{ask:.4f},0"
        )
    return found


def write(path: Path, chains: Sequence[Chain], *, up: float = 1.0) -> Path:
    rows = [line for chain in chains for line in lines(chain, up=up)]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def near(chain: Chain, width: float) -> Chain:
    """The strikes within a share of the forward: a file without wings."""
    from dataclasses import replace

    keep = np.abs(chain.strike / chain.forward - 1.0) < width
    names = ("strike", "call", "bid", "ask", "vol", "delta", "gamma", "vega", "theta")
    return replace(chain, **{name: getattr(chain, name)[keep] for name in names})
