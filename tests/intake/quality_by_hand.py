"""Small chains whose every figure can be worked out by hand, and the stores they are imported into.

All rows are written: no quote of a real market is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from steward.intake import quality_measures as measures
from steward.intake.importing import import_paths
from steward.market.store import Store

HEADER = (
    "symbol,exchange,company_name,date,stock_price_close,option_symbol,option_expiration,strike,"
    "call/put,style,ask,bid,mean_price,settlement,iv,volume,open_interest,stock_price_for_iv,"
    "forward_price,isinterpolated,delta,vega,gamma,theta,rho"
)
STRIKES = tuple(float(strike) for strike in range(3825, 4176, 25))
"""15 strikes, all within 5 % of a forward of 4,000."""


@dataclass(frozen=True)
class Row:
    """One quote of a file."""

    session: date
    root: str
    expiry: date
    strike: float
    right: str
    bid: float
    ask: float
    underlying: float = 4000.0


def fair(forward: float, strike: float, right: str) -> float:
    """Intrinsic value and a time value of 60 less a tenth of the way to the forward: no interest,
    so that C - P = F - K to the last digit."""
    sign = 1.0 if right == "C" else -1.0
    return max(sign * (forward - strike), 0.0) + 60.0 - 0.1 * abs(strike - forward)


def chain(
    session: date,
    expiry: date,
    *,
    root: str = "SPXW",
    forward: float = 4000.0,
    underlying: float = 4000.0,
    strikes: Sequence[float] = STRIKES,
    half: float = 0.5,
) -> list[Row]:
    """Calls and puts of one series, bid and ask `half` a point around the fair price."""
    return [
        Row(
            session=session,
            root=root,
            expiry=expiry,
            strike=strike,
            right=right,
            bid=fair(forward, strike, right) - half,
            ask=fair(forward, strike, right) + half,
            underlying=underlying,
        )
        for right in "CP"
        for strike in strikes
    ]


def changed(rows: Iterable[Row], strike: float, right: str, **values: float) -> list[Row]:
    """The same rows, one of them with other values."""
    return [
        replace(row, **values) if (row.strike, row.right) == (strike, right) else row  # type: ignore[arg-type]
        for row in rows
    ]


def write(path: Path, rows: Iterable[Row]) -> Path:
    """A file as iVolatility writes it."""
    lines = [HEADER]
    for row in rows:
        symbol = f"{row.root:<6}{row.expiry:%y%m%d}{row.right}{round(row.strike * 1000):08d}"
        lines.append(
            f"SPX,CBOE,S&P 500 Index (SPX),{row.session:%m/%d/%Y},{row.underlying},{symbol},"
            f"{row.expiry:%m/%d/%Y},{row.strike},{row.right},E,{row.ask},{row.bid},"
            f"{(row.bid + row.ask) / 2},0.0,-1,5,11,{row.underlying},{row.underlying},,,,,,"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def store(folder: Path, *files: Sequence[Row]) -> Store:
    """A store of as many files as there are lists of rows."""
    folder.mkdir(exist_ok=True)
    paths = [write(folder / f"chain_{n}.csv", rows) for n, rows in enumerate(files)]
    report = import_paths(paths, folder / "store")
    assert report.refused == ()
    return Store(folder / "store")


def cut(rows: Sequence[Row], *, years: float = 0.05) -> measures.Slice:
    """Rows of one session and one series as a slice, without a store."""
    key = [
        (1 << measures.SERIES_SHIFT)
        + (int(measures.PUT) if row.right == "P" else 0)
        + round(row.strike * 1000)
        for row in rows
    ]
    order = np.argsort(key)
    ordered = [rows[i] for i in order]
    return measures.Slice(
        session=rows[0].session,
        key=np.array(key, dtype=np.int64)[order],
        strike=np.array([row.strike for row in ordered]),
        bid=np.array([row.bid for row in ordered]),
        ask=np.array([row.ask for row in ordered]),
        underlying=np.array([row.underlying for row in ordered]),
        of_index=np.ones(len(rows), dtype=np.bool_),
        years={1: years},
    )
