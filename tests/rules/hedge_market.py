"""A market made by formula, for the tests of the hedge: smooth, cheap, and with no gaps.

VX futures run from VIX toward a long level; VIX options are Black-76 on their own future with a
flat, high volatility that falls with the tenor; SPX options have one volatility, that of VIX.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from steward.market.history import Bars, History
from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView, as_of
from steward.pricing import black
from steward.rules.schema import Hedge, RuleSet
from steward.signals.rows import Reading, SignalRow, SignalState
from steward.terms import calendar, listing
from steward.terms.contracts import (
    E4,
    Contract,
    Expiry,
    FutureContract,
    OptionContract,
    Underlying,
)
from steward.terms.trades import (
    Book,
    BookFacts,
    Lot,
    Order,
    Purpose,
)

SPEED = 3.0
CLOSE = np.timedelta64(21 * 60 + 15, "m")


@dataclass
class ToyMarket:
    """Quotes from one VIX and one SPX a session. `half` is half a spread, points."""

    vix: Mapping[date, float]
    spx: Mapping[date, float]
    half: float = 0.05
    long_level: float = 19.0
    silent: set[date] = field(default_factory=set)  # sessions without any VIX option
    label: str = "a toy"

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        if underlying == "SPX":
            return listing.spx_series(session)
        return () if session in self.silent else listing.vix_series(session)

    def futures(self, session: date) -> tuple[date, ...]:
        return listing.vx_series(session)

    def future(self, session: date, expiry: date) -> float:
        years = (expiry - session).days / 365.0
        away = self.vix[session] - self.long_level
        return self.long_level + away * math.exp(-SPEED * years)

    def _state(self, session: date, expiry: Expiry) -> tuple[float, float, float]:
        """Forward, years, volatility of a series."""
        years = calendar.years_to(session, expiry)
        if expiry.root.startswith("SPX"):
            return self.spx[session], years, self.vix[session] / 100.0
        return self.future(session, expiry.day), years, 0.6 + 0.4 * math.exp(-2.0 * years)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        forward, years, vol = self._state(session, expiry)
        if expiry.root.startswith("SPX"):
            strikes = np.arange(round(forward * 0.7 / 5) * 5, forward * 1.3, 5.0)
        else:
            strikes = np.concatenate([np.arange(8.0, 15.0, 0.5), np.arange(15.0, 120.0, 1.0)])
        strike = np.concatenate([strikes, strikes])
        call = np.repeat([False, True], len(strikes))
        found = black.greeks(forward, strike, years, vol, discount=1.0, call=call)
        bid, ask = self._sides(found.price)
        return Chain(
            session=session,
            expiry=expiry,
            underlying="SPX" if expiry.root.startswith("SPX") else "VIX",
            quality="modelled",
            forward=forward,
            discount=1.0,
            years=years,
            strike=strike,
            call=call,
            bid=bid,
            ask=ask,
            vol=np.full(len(strike), vol),
            delta=found.delta,
            gamma=found.gamma,
            vega=found.vega,
            theta=found.theta,
        )

    def _sides(self, price: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bid = np.maximum(np.round((price - self.half) * 20.0) / 20.0, 0.0)
        ask = np.maximum(np.round((price + self.half) * 20.0) / 20.0, bid + 0.05)
        return bid, ask

    def quote(self, session: date, contract: Contract) -> Quote | None:
        if contract.underlying == "VIX" and session in self.silent:
            return None
        return self.mark(session, contract)

    def mark(self, session: date, contract: Contract) -> Quote:
        if isinstance(contract, FutureContract):
            price = round(self.future(session, contract.expiry) * 20.0) * 500
            return Quote(
                bid=price, ask=price + 500, quality="modelled", forward=price / E4,
                vol=math.nan, delta=1.0, gamma=0.0, vega=0.0, theta=0.0,
            )  # fmt: skip
        forward, years, vol = self._state(session, contract.series)
        found = black.greeks(
            forward, contract.strike, years, vol, discount=1.0, call=contract.right == "C"
        )
        bid, ask = self._sides(found.price)
        return Quote(
            bid=round(float(bid) * E4),
            ask=round(float(ask) * E4),
            quality="modelled",
            forward=forward,
            vol=vol,
            delta=float(found.delta),
            gamma=float(found.gamma),
            vega=float(found.vega),
            theta=float(found.theta),
        )


def world(vix: Sequence[float], spx: Sequence[float], first: date) -> tuple[History, ToyMarket]:
    """A history of these closes from `first` on, and its quotes."""
    days = calendar.sessions(first, first + timedelta(days=3 * len(vix) + 10))[: len(vix)]
    empty = np.full(len(vix), np.nan)

    def bars(closes: Sequence[float]) -> Bars:
        return Bars(open=empty, high=empty, low=empty, close=np.asarray(closes, dtype=float))

    history = History(
        label="a toy",
        sessions=days,
        moments=np.array(days, dtype="datetime64[m]") + CLOSE,
        spx=bars(spx),
        vix=bars(vix),
        spx_before=np.empty(0),
        spx_before_days=(),
        series={},
        futures=None,
        fomc=(),
        quarantined=(),
        notes=(),
        file_hashes={},
    )
    market = ToyMarket(vix=dict(zip(days, vix, strict=True)), spx=dict(zip(days, spx, strict=True)))
    return history, market


def one_day(session: date, vix: float = 15.0, spx: float = 2700.0, **given: Any) -> MarketView:
    """The view of a single session; `given` are fields of its market."""
    history, market = world([vix], [spx], session)
    for name, value in given.items():
        setattr(market, name, value)
    return as_of(history, market, session)


# --- signals, books, facts -----------------------------------------------------------------------

QUIET = {
    "rsi_14": 50.0,
    "ad_divergence": 0.0,
    "cap_vol_z_252": 0.0,
    "cap_vol_change_5_pct": 0.0,
    "vix_only_z_252": 0.0,
    "vix_change_5_pct": 0.0,
    "stress_now": 0.0,
    "stable_growth": math.nan,
    "macd_bearish_cross_age": 9999.0,
    "macd_histogram": 1.0,
    "contained": 0.0,
    "rate_rising": 0.0,
    "sessions_to_fomc": 20.0,
}
"""All signals that the rules of these tests ask for, on a day on which nothing happens."""


def reading(value: float, state: SignalState = "known") -> Reading:
    if math.isnan(value):
        state = "warming"
    return Reading(value=value, state=state, known_at=None, age_days=0)


def row(session: date, **values: float | Reading) -> SignalRow:
    """A quiet day with these signals changed; NaN is not yet known."""
    readings = {
        name: value if isinstance(value, Reading) else reading(value)
        for name, value in {**QUIET, **values}.items()
    }
    return SignalRow(session=session, readings=readings)


def facts(session: date, *, max_loss: int = 0, credit: int = 0, **changed: object) -> BookFacts:
    """Facts of an account of 250,000 dollars."""
    fields: dict[str, object] = {
        "session": session,
        "nav": 25_000_000,
        "cash": 25_000_000,
        "peak_nav": 25_000_000,
        "drawdown": 0.0,
        "worst_month": None,
        "condor_max_loss": max_loss,
        "condor_credit": credit,
        "closed_condors": 0,
        "sessions_since_start": 0,
        "hedge_premium_open": 0,
        "hedge_premium_year": 0,
        "hedge_gain_realised": 0,
        "margin_requirement": 0,
    }
    return BookFacts(**{**fields, **changed})  # type: ignore[arg-type]


def vix_call(strike: float, expiry: date) -> OptionContract:
    return OptionContract(root="VIX", expiry=expiry, strike=strike, right="C", settlement="AM")


def spx_put(strike: float, expiry: date, root: str = "SPXW") -> OptionContract:
    return OptionContract(
        root=root, expiry=expiry, strike=strike, right="P",
        settlement="AM" if root == "SPX" else "PM",
    )  # fmt: skip


def lot(
    contract: Contract,
    quantity: int,
    price: float,
    *,
    opened: date,
    purpose: Purpose = "layer_1",
    name: str = "",
) -> Lot:
    """A lot with its own structure; price in points."""
    structure = name or f"{opened} {purpose} {contract.key}"
    return Lot(
        lot_id=f"{structure}/1.1",
        structure_id=structure,
        purpose=purpose,
        contract=contract,
        quantity=quantity,
        price=round(price * E4),
        opened=opened,
        variation_price=round(price * E4),
    )


def book(*lots: Lot, orders: Sequence[Order] = ()) -> Book:
    return Book(cash=20_000_000, lots=lots, open_orders=tuple(orders))


def rules_of(**changed: object) -> RuleSet:
    """A rule set with that hedge, and some condor."""
    return RuleSet.model_validate(
        {
            "name": "toy",
            "description": "a hedge to be tested",
            "source": "the tests",
            "entry": {
                "short_deltas": [0.16], "widths_points": [100.0], "credit_share_min": 0.15,
                "credit_share_max": 0.25, "fill_share": 0.5,
            },
            "exit": {"fill_share": 0.5, "stop_measured_share": 0.0, "stop_fill_share": 1.0},
            "allocation": {"steps_percent": [20.0]},
            "hedge": hedge_of(**changed),
        }
    )  # fmt: skip


def hedge_of(**changed: object) -> Hedge:
    """The hedge of the methodology's defaults, on the signals above."""
    fields: dict[str, object] = {
        "delta": 0.30,
        "delta_min": 0.20,
        "delta_max": 0.45,
        "band_points": 2.0,
        "band_contracts": 0.5,
        "hold_closes": 2,
        "benefit_share": 0.10,
        "premium_cap_nav_per_year_percent": 3.0,
        "premium_cap_open_percent": 20.0,
        "max_slippage_percent": 25.0,
        "fill_share": 0.5,
        "stress_fill_share": 1.0,
        "base_mix": "base",
        "roll": {"extrinsic_share": 0.30, "monetise_gain": 1.5},
        "buckets": {
            "front": {
                "kind": "vix_call", "days_min": 30, "days_target": 45, "days_max": 60,
                "floor_days": 21,
            },
            "short": {
                "kind": "vix_call", "days_min": 28, "days_target": 35, "days_max": 50,
                "floor_days": 10,
            },
            "long": {
                "kind": "vix_call", "days_min": 90, "days_target": 120, "days_max": 150,
                "floor_days": 60,
            },
            "vx": {"kind": "vx_future", "months": [3, 6], "passes_to": "long"},
            "put": {
                "kind": "spx_put", "out_of_the_money_percent": 5.0, "days_min": 60,
                "days_target": 90, "days_max": 120, "floor_days": 40, "passes_to": "long",
            },
        },
        "mixes": [
            {"name": "base", "shares": {"front": 0.6, "long": 0.4}},
            {
                "name": "short_calls", "shares": {"short": 1.0},
                "when": {"all_of": [{"signal": "contained", "at_least": 1.0}]},
            },
            {
                "name": "long_dated", "shares": {"vx": 0.5, "long": 0.3, "put": 0.2},
                "when": {"all_of": [{"signal": "rate_rising", "at_least": 1.0}]},
                "window": {
                    "all_of": [{"signal": "sessions_to_fomc", "at_least": 1.0, "at_most": 5.0}]
                },
            },
        ],
        "layer_1": {
            "neutral_percent": 12.5, "stable_percent": 10.0, "unstable_percent": 15.0,
            "least_percent": 10.0, "most_percent": 15.0,
            "stable": {"all_of": [{"signal": "stable_growth", "at_least": 1.0}]},
            "adds": [
                {
                    "name": "macd_bearish", "points": 2.5,
                    "when": {"all_of": [{"signal": "macd_bearish_cross_age", "at_most": 5.0}]},
                }
            ],
        },
        "layer_2": {
            "mode": "ramp", "most_percent": 30.0, "ramp_signal": "rsi_14", "ramp_from": 65.0,
            "ramp_to": 75.0, "flag_signal": "ad_divergence", "flag_percent": 22.5,
            "quiet_closes": 5,
            "on": {
                "any_of": [
                    {"signal": "rsi_14", "above": 65.0},
                    {"signal": "ad_divergence", "at_least": 1.0},
                ]
            },
            "quiet": {
                "all_of": [
                    {"signal": "rsi_14", "below": 60.0},
                    {"signal": "ad_divergence", "below": 1.0},
                ]
            },
        },
        "layer_3": {
            "target_percent": 100.0, "quiet_closes": 5, "time_shift_below_days": 45,
            "on": {
                "all_of": [
                    {"signal": "cap_vol_z_252", "at_least": 2.0},
                    {"signal": "cap_vol_change_5_pct", "at_least": 25.0},
                ]
            },
            "quiet": {"all_of": [{"signal": "cap_vol_z_252", "below": 1.0}]},
        },
    }  # fmt: skip
    return Hedge.model_validate({**fields, **changed})
