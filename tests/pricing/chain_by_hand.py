"""Chain files priced by Black-76 or by hand, a short history, and a model that only marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from datetime import date

import numpy as np
import polars as pl

from steward.market.history import Bars, History, Series
from steward.market.quotes import PRICED, Chain, ChainFile, Flag, Floats, Priced, Quote
from steward.market.tables import CHAIN, conform
from steward.pricing.black import black76
from steward.terms import calendar
from steward.terms.contracts import Contract, Expiry, OptionContract, Right, Underlying, vx

SESSIONS = calendar.sessions(date(2018, 1, 2), date(2018, 3, 29))
FIRST = SESSIONS[0]
WEEKLY = Expiry(root="SPXW", day=date(2018, 2, 9), settlement="PM")
FUTURE = date(2018, 2, 14)


def history(*, bill_percent: float = 1.0, sessions: Sequence[date] = SESSIONS) -> History:
    """SPX at 2700 and VIX at 12 on all sessions; one bill rate, percent, known before them."""
    n = len(sessions)
    nothing = np.full(n, np.nan)
    spx = np.full(n, 2700.0)
    return History(
        label="by hand",
        sessions=tuple(sessions),
        moments=np.array(sessions, dtype="datetime64[m]") + np.timedelta64(21 * 60 + 15, "m"),
        spx=Bars(open=spx, high=spx, low=spx, close=spx),
        vix=Bars(open=nothing, high=nothing, low=nothing, close=np.full(n, 12.0)),
        spx_before=np.empty(0),
        spx_before_days=(),
        series={
            "bill_constant": Series(
                name="bill_constant",
                unit="percent",
                period=np.array(["2017-01-01"], dtype="datetime64[D]"),
                value=np.array([bill_percent]),
                known_at=np.array(["2017-01-01T00:00"], dtype="datetime64[m]"),
                max_age_days=3660,
                lagged=False,
                source="by hand",
            )
        },
        futures=None,
        fomc=(),
        quarantined=(),
        notes=("a note of the history",),
        file_hashes={"index/by_hand.csv": "aa"},
    )


def zero_rate(bill_percent: float) -> float:
    """Continuous, of a bill that pays simple interest over a quarter."""
    return 4.0 * math.log(1.0 + bill_percent / 400.0)


Row = tuple[date, Expiry, float, Right, float, float]
"""Session, series, strike, right, bid, ask."""


def chain_file(rows: Sequence[Row], *, name: str = "by_hand.csv", sha256: str = "bb") -> ChainFile:
    """As a reader gives it; the header is line 1."""
    frame = pl.DataFrame(
        {
            "session": [row[0] for row in rows],
            "root": [row[1].root for row in rows],
            "expiry": [row[1].day for row in rows],
            "settlement": [row[1].settlement for row in rows],
            "settlement_source": ["inferred"] * len(rows),
            "strike": [row[2] for row in rows],
            "right": [row[3] for row in rows],
            "bid": [row[4] for row in rows],
            "ask": [row[5] for row in rows],
            "bid_size": [None] * len(rows),
            "ask_size": [None] * len(rows),
            "volume": [None] * len(rows),
            "moment": [calendar.decision_moment(row[0]) for row in rows],
            "underlying": [2700.0] * len(rows),
            "line": list(range(2, len(rows) + 2)),
        },
        schema=dict(CHAIN),
    )
    quotes = conform(frame, CHAIN, table="quotes")
    return ChainFile(name=name, sha256=sha256, quotes=quotes, quarantined=())


def priced(
    session: date,
    expiry: Expiry,
    strike: Floats,
    *,
    forward: float,
    rate: float,
    vol: Callable[[Floats], Floats],
    half_spread: float = 0.0,
    rounded: bool = False,
) -> list[Row]:
    """Both rights of every strike by Black-76, `half_spread` around the price (never below 0).

    rounded  to 0.05 below a price of 3, else to 0.10, as quotes are
    """
    years = calendar.years_to(session, expiry)
    rows: list[Row] = []
    for right, call in (("C", True), ("P", False)):
        price = black76(
            forward, strike, years, vol(strike), discount=math.exp(-rate * years), call=call
        )
        half = np.minimum(half_spread, 0.5 * price)
        bid, ask = price - half, price + half
        if rounded:
            bid, ask = on_ticks(bid), on_ticks(ask)
        rows += [
            (session, expiry, k, right, b, a)  # type: ignore[misc]
            for k, b, a in zip(strike.tolist(), bid.tolist(), ask.tolist(), strict=True)
        ]
    return rows


def on_ticks(price: Floats) -> Floats:
    tick = np.where(price < 3.0, 0.05, 0.10)
    return np.asarray(np.round(np.round(price / tick) * tick, 2))


def smile(strike: Floats) -> Floats:
    """Between 60 % far below and 10 % above; falling in the strike."""
    return 0.14 + 0.9 * np.maximum(np.log(2700.0 / strike), -0.04)


def option(strike: float, right: Right, *, expiry: Expiry = WEEKLY) -> OptionContract:
    return OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=strike,
        right=right,
        settlement=expiry.settlement,
    )


VIX_SERIES = Expiry(root="VIX", day=FUTURE, settlement="AM")
VIX_CALL = option(20.0, "C", expiry=VIX_SERIES)
VX = vx(FUTURE)


class MarksOnly:
    """A model whose every price is 7.00 to 7.10: what comes from it is plain to see."""

    label = "a model"

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        return (VIX_SERIES,) if underlying == "VIX" else (WEEKLY,)

    def futures(self, session: date) -> tuple[date, ...]:
        return (FUTURE,)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        empty = np.empty(0)
        return Chain(
            session=session,
            expiry=expiry,
            underlying="VIX" if expiry.root == "VIX" else "SPX",
            quality="modelled",
            forward=1.0,
            discount=1.0,
            years=1.0,
            strike=empty,
            call=np.empty(0, dtype=bool),
            bid=empty,
            ask=empty,
            vol=empty,
            delta=empty,
            gamma=empty,
            vega=empty,
            theta=empty,
        )

    def quote(self, session: date, contract: Contract) -> Quote | None:
        return self.mark(session, contract)

    def flags(self, session: date, of: Collection[Priced] = PRICED) -> tuple[Flag, ...]:
        return tuple(Flag(of=one, beyond=True, text="by hand") for one in PRICED if one in of)

    def mark(self, session: date, contract: Contract) -> Quote:
        return Quote(
            bid=70_000,
            ask=71_000,
            quality="modelled",
            forward=1.0,
            vol=0.5,
            delta=0.5,
            gamma=0.0,
            vega=0.0,
            theta=0.0,
        )
