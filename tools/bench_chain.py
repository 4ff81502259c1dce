"""A made-up chain of any size as vendors' files, for `tools/bench_data.py`; no real quote in it.

Sessions x series x strikes x two rights, priced by Black-76 on a random walk with a smile, on ticks
of 0.05, so that parity holds and deltas are a trader's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from steward.market.vendors.chains.optopsy import LAYOUT as OPTOPSY
from steward.market.vendors.csv_stream import NUMBER
from steward.market.vendors.layout import CsvLayout
from steward.pricing.black import greeks
from steward.terms import calendar

FIRST_SESSION = date(2010, 1, 4)
SERIES = 25
STRIKES = 100
ROWS_A_SESSION = 2 * SERIES * STRIKES
BLOCK = 40
"""Sessions that are made at once."""

DATASHOP = (
    "underlying_symbol",
    "quote_date",
    "root",
    "expiration",
    "strike",
    "option_type",
    "open",
    "high",
    "low",
    "close",
    "trade_volume",
    "bid_size_1545",
    "bid_1545",
    "ask_size_1545",
    "ask_1545",
    "underlying_bid_1545",
    "underlying_ask_1545",
    "implied_underlying_price_1545",
    "active_underlying_price_1545",
    "implied_volatility_1545",
    "delta_1545",
    "gamma_1545",
    "theta_1545",
    "vega_1545",
    "rho_1545",
    "bid_size_eod",
    "bid_eod",
    "ask_size_eod",
    "ask_eod",
    "underlying_bid_eod",
    "underlying_ask_eod",
    "vwap",
    "open_interest",
    "delivery_code",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was written."""

    path: Path
    rows: int
    size: int


def sessions(count: int) -> tuple[date, ...]:
    return calendar.sessions(FIRST_SESSION, calendar.LAST_DAY)[:count]


def blocks(count: int) -> Iterator[pl.DataFrame]:
    """The chain by some sessions at a time: one row a quote, sorted by session and series."""
    every = calendar.sessions(FIRST_SESSION, calendar.LAST_DAY)
    days = np.array(every, dtype="datetime64[D]")
    chance = np.random.default_rng(20260509)
    level = 1200.0 * np.exp(np.cumsum(chance.normal(0.0003, 0.01, count)))
    ahead = np.unique(np.geomspace(1, 250, SERIES + 20).astype(int))[:SERIES]
    for begin in range(0, count, BLOCK):
        at = np.arange(begin, min(begin + BLOCK, count))
        yield _block(days, at, ahead, level[at], chance)


def _block(
    days: np.ndarray,
    at: np.ndarray,
    ahead: np.ndarray,
    level: np.ndarray,
    chance: np.random.Generator,
) -> pl.DataFrame:
    shape = (len(at), SERIES, STRIKES, 2)
    session = np.broadcast_to(days[at][:, None, None, None], shape)
    expiry = np.broadcast_to(days[at[:, None] + ahead][:, :, None, None], shape)
    spot = np.broadcast_to(level[:, None, None, None], shape)
    middle = np.round(level / 5.0) * 5.0
    steps = np.arange(STRIKES) - 0.6 * STRIKES
    strike = np.broadcast_to(middle[:, None, None, None] + 5.0 * steps[None, None, :, None], shape)
    call = np.broadcast_to(np.array([True, False]), shape)
    years = (expiry - session).astype(np.float64) / 365.0
    forward, discount = spot * np.exp(0.01 * years), np.exp(-0.02 * years)
    vol = 0.17 - 0.25 * np.log(strike / forward) + 0.4 * np.log(strike / forward) ** 2
    fair = greeks(forward, strike, years, vol, discount=discount, call=call)
    half = 0.05 + 0.01 * fair.price
    bid = np.maximum(np.floor((fair.price - half) * 20.0) / 20.0, 0.0)
    ask = np.ceil((fair.price + half) * 20.0) / 20.0

    def flat(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values).ravel()

    rows = int(np.prod(shape))
    return pl.DataFrame(
        {
            "session": flat(session),
            "expiry": flat(expiry),
            "strike": flat(strike),
            "call": flat(call),
            "underlying": flat(np.round(spot, 2)),
            "bid": flat(np.round(bid, 2)),
            "ask": flat(np.round(ask, 2)),
            "iv": flat(np.round(vol, 4)),
            "delta": flat(np.round(fair.delta, 4)),
            "gamma": flat(np.round(fair.gamma, 6)),
            "theta": flat(np.round(fair.theta / 365.0, 4)),
            "vega": flat(np.round(fair.vega / 100.0, 4)),
            "size": chance.integers(1, 500, rows),
            "volume": chance.integers(0, 2000, rows),
        }
    )


TEN = CsvLayout(
    name="ten_columns",
    title="optopsy's columns and a volatility",
    cells={**OPTOPSY.cells, "implied_volatility": NUMBER, "delta": NUMBER},
    rows=lambda frame, source: OPTOPSY.rows(frame, source).with_columns(
        iv=frame["implied_volatility"]
    ),
)
"""What `--map` would make for the file of ten columns."""


def ten(frame: pl.DataFrame) -> pl.DataFrame:
    """Ten columns, one row a quote, end of day."""
    return frame.select(
        underlying_symbol=pl.lit("SPXW"),
        underlying_price="underlying",
        option_type=pl.when("call").then(pl.lit("call")).otherwise(pl.lit("put")),
        expiration=pl.col("expiry").dt.strftime("%m/%d/%Y"),
        quote_date=pl.col("session").dt.strftime("%m/%d/%Y"),
        strike="strike",
        bid="bid",
        ask="ask",
        implied_volatility="iv",
        delta="delta",
    )


def datashop(frame: pl.DataFrame) -> pl.DataFrame:
    """Thirty-four columns with Calcs: 15:45 and end of day in one row."""
    zero = pl.lit(0.0)
    values = {
        "underlying_symbol": pl.lit("^SPX"),
        "quote_date": pl.col("session"),
        "root": pl.lit("SPXW"),
        "expiration": pl.col("expiry"),
        "strike": pl.col("strike"),
        "option_type": pl.when("call").then(pl.lit("C")).otherwise(pl.lit("P")),
        **dict.fromkeys(("open", "high", "low", "close"), pl.col("ask")),
        "trade_volume": pl.col("volume"),
        "bid_size_1545": pl.col("size"),
        "bid_1545": pl.col("bid"),
        "ask_size_1545": pl.col("size") + 7,
        "ask_1545": pl.col("ask"),
        "underlying_bid_1545": zero,
        "underlying_ask_1545": zero,
        "implied_underlying_price_1545": pl.col("underlying"),
        "active_underlying_price_1545": pl.col("underlying"),
        "implied_volatility_1545": pl.col("iv"),
        **{f"{n}_1545": pl.col(n) for n in ("delta", "gamma", "theta", "vega")},
        "rho_1545": pl.col("vega"),
        "bid_size_eod": pl.col("size") + 3,
        "bid_eod": pl.col("bid"),
        "ask_size_eod": pl.col("size") + 5,
        "ask_eod": pl.col("ask"),
        "underlying_bid_eod": zero,
        "underlying_ask_eod": zero,
        "vwap": pl.col("ask"),
        "open_interest": pl.col("volume") * 3,
        "delivery_code": pl.lit(""),
    }
    return frame.select(**{name: values[name] for name in DATASHOP})


def write(folder: Path, count: int, kinds: Sequence[str]) -> dict[str, Made]:
    """The chain of `count` sessions as one file a layout ("ten", "datashop")."""
    layouts = {"ten": ten, "datashop": datashop}
    files = {kind: (folder / f"{kind}.csv").open("wb") for kind in kinds}
    for number, block in enumerate(blocks(count)):
        for kind, file in files.items():
            layouts[kind](block).write_csv(file, include_header=number == 0, quote_style="never")
    for file in files.values():
        file.close()
    return {
        kind: Made(
            path=Path(file.name), rows=count * ROWS_A_SESSION, size=Path(file.name).stat().st_size
        )
        for kind, file in files.items()
    }
