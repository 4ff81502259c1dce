"""Real SPX quotes as chain files have them, with the forward and the vols that they imply.

What a file lacks cannot be traded: on a session of the files there are exactly their series and
strikes, on any other session no SPX options at all, so that a run on real quotes never fills on a
model unseen. What is held and not quoted is marked by the model, flagged by its quality. VIX
options and futures always come from the model (real settlements where the history has them).

Forward and discount of a series come from its own quotes by put-call parity: quotes of 16:15 stand
beside an index of 16:00, and the forward says what the options saw. For the same reason a delta
that a file brings along is not used: it was made from the index of another minute, by rates and a
volatility that nobody states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import count

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.market.history import History, Quarantined
from steward.market.quotes import Chain, ChainFile, Floats, Quote, QuoteSource
from steward.pricing.black import greeks, implied_vol
from steward.pricing.parity import discount_from_quotes, forward_from_quotes
from steward.pricing.rates import discount_factor
from steward.terms import calendar
from steward.terms.contracts import (
    E4,
    UNDERLYING_OF_ROOT,
    Contract,
    Expiry,
    OptionContract,
    Underlying,
)
from steward.terms.errors import StewardError

PARITY_DISCOUNT_DAYS = 60
"""From here on a series' own quotes say what it discounts by; below, the rate curve (parity.py)."""

FARTHEST_RATE = 0.02
"""A year: a discount from parity farther than this from the rate curve is a bad quote, no rate."""

SERIES_KEPT = 1024
"""Enriched series held at once, about 30 kB each."""

_SERIES = ["session", "expiry", "root", "settlement"]
_QUOTE = [*_SERIES, "call", "strike"]


@dataclass(frozen=True, slots=True)
class _Enriched:
    """One series of one session: the chain, its rows by (strike, call), and whole prices, e4."""

    chain: Chain
    rows: Mapping[tuple[float, bool], int]
    bid: list[int]
    ask: list[int]


class QuotedMarket:
    """A `QuoteSource` of real SPX quotes; everything else is the model's.

    label     for manifests and pages
    sessions  of the history on which there are SPX quotes, rising
    left_out  rows of the files that are not used, counted by reason
    """

    def __init__(self, history: History, chains: Sequence[ChainFile], model: QuoteSource) -> None:
        """Read the quotes once.

        chains  at least one; files may overlap where they agree
        Raises StewardError for a root that is not SPX or SPXW, and for two different quotes of
        one contract at one session.
        """
        self._history = history
        self._model = model
        frame, self.left_out = _usable(history, chains)
        self._strike: Floats = frame["strike"].to_numpy()
        self._call: NDArray[np.bool_] = frame["call"].to_numpy()
        self._bid: Floats = frame["bid"].to_numpy()
        self._ask: Floats = frame["ask"].to_numpy()
        self._rows: dict[tuple[date, Expiry], slice] = {}
        self._expiries: dict[date, tuple[Expiry, ...]] = {}
        start = 0
        for session, day, root, settlement, rows in _counted(frame).iter_rows():
            expiry = Expiry(root=root, day=day, settlement=settlement)
            self._rows[session, expiry] = slice(start, start + rows)
            self._expiries[session] = (*self._expiries.get(session, ()), expiry)
            start += rows
        self.sessions: tuple[date, ...] = tuple(self._expiries)
        names = ", ".join(dict.fromkeys(chain.name for chain in chains))
        self.label = f"SPX as quoted in {names}; the rest {model.label}"
        self._enriched = lru_cache(maxsize=SERIES_KEPT)(self._enrich)

    def expiries(self, session: date, underlying: Underlying) -> tuple[Expiry, ...]:
        """Series quoted on `session` and not settled by then, sorted by (day, root)."""
        if underlying != "SPX":
            return self._model.expiries(session, underlying)
        return self._expiries.get(session, ())

    def futures(self, session: date) -> tuple[date, ...]:
        return self._model.futures(session)

    def chain(self, session: date, expiry: Expiry) -> Chain | None:
        """The quotes of one series; None where the files have none.

        The forward is NaN where no strike has a call and a put bid, and with it every vol. Else a
        vol is that of the mid on the out-of-the-money side (half the ask where nobody bids), the
        same for both rights of a strike. Where that side is not quoted: of the other side's mid,
        if even its bid is worth more than exercise; else NaN.
        """
        if UNDERLYING_OF_ROOT[expiry.root] != "SPX":
            return self._model.chain(session, expiry)
        found = self._enriched(session, expiry)
        return None if found is None else found.chain

    def quote(self, session: date, contract: Contract) -> Quote | None:
        """The real quote of an SPX option, or None; VIX options and futures by the model."""
        if not isinstance(contract, OptionContract) or contract.underlying != "SPX":
            return self._model.quote(session, contract)
        found = self._enriched(session, contract.series)
        row = None if found is None else found.rows.get((contract.strike, contract.right == "C"))
        if found is None or row is None:
            return None
        chain = found.chain
        return Quote(
            bid=found.bid[row],
            ask=found.ask[row],
            quality=chain.quality,
            forward=chain.forward,
            vol=float(chain.vol[row]),
            delta=float(chain.delta[row]),
            gamma=float(chain.gamma[row]),
            vega=float(chain.vega[row]),
            theta=float(chain.theta[row]),
        )

    def mark(self, session: date, contract: Contract) -> Quote:
        """The real quote; else a price that says `modelled`.

        Where the contract's own series is quoted that session, the price comes from there: the
        volatility of its twin at that strike, else of its neighbours, on the series' forward. The
        model, which knows the index of 16:00 alone, is asked only without such neighbours.
        """
        found = self.quote(session, contract) or self._from_neighbours(session, contract)
        return found or self._model.mark(session, contract)

    def _from_neighbours(self, session: date, contract: Contract) -> Quote | None:
        """A mark between the quotes beside it; None beyond the quoted strikes, or without any."""
        if not isinstance(contract, OptionContract) or contract.underlying != "SPX":
            return None
        found = self._enriched(session, contract.series)
        if found is None or not math.isfinite(found.chain.forward):
            return None
        chain = found.chain
        known = np.isfinite(chain.vol)
        strike, first = np.unique(chain.strike[known], return_index=True)
        if not strike.size or not strike[0] <= contract.strike <= strike[-1]:
            return None
        vol = float(np.interp(contract.strike, strike, chain.vol[known][first]))
        fair = greeks(
            chain.forward,
            contract.strike,
            chain.years,
            vol,
            discount=chain.discount,
            call=contract.right == "C",
        )
        price = round(float(fair.price) * E4)
        return Quote(
            bid=price,
            ask=max(price, 1),
            quality="modelled",
            forward=chain.forward,
            vol=vol,
            delta=float(fair.delta),
            gamma=float(fair.gamma),
            vega=float(fair.vega),
            theta=float(fair.theta),
        )

    def _enrich(self, session: date, expiry: Expiry) -> _Enriched | None:
        place = self._rows.get((session, expiry))
        if place is None:
            return None
        strike, call = self._strike[place], self._call[place]
        bid, ask = self._bid[place], self._ask[place]
        years = calendar.years_to(session, expiry)
        grid, at = np.unique(strike, return_inverse=True)
        sides = np.full((4, grid.size), np.nan)  # call bid, call ask, put bid, put ask
        sides[0, at[call]], sides[1, at[call]] = bid[call], ask[call]
        sides[2, at[~call]], sides[3, at[~call]] = bid[~call], ask[~call]
        discount = self._discount(session, expiry, grid, sides)
        forward = forward_from_quotes(grid, *sides, discount=discount)
        vol = _vols(grid, sides, forward, years, discount)[at]
        found = greeks(forward, strike, years, vol, discount=discount, call=call)
        whole_bid, whole_ask = (np.rint(price * E4).astype(np.int64) for price in (bid, ask))
        chain = Chain(
            session=session,
            expiry=expiry,
            underlying="SPX",
            quality="quoted",
            forward=forward,
            discount=discount,
            years=years,
            strike=strike,
            call=call,
            bid=whole_bid / E4,
            ask=whole_ask / E4,
            vol=vol,
            delta=found.delta,
            gamma=found.gamma,
            vega=found.vega,
            theta=found.theta,
        )
        rows = dict(zip(zip(strike.tolist(), call.tolist(), strict=True), count(), strict=False))
        return _Enriched(chain, rows, whole_bid.tolist(), whole_ask.tolist())

    def _discount(self, session: date, expiry: Expiry, grid: Floats, sides: Floats) -> float:
        """Of the series' own quotes from 60 days on, where they say a believable one."""
        years = calendar.years_to(session, expiry)
        by_curve = discount_factor(self._history, session, years)
        if calendar.days_to(session, expiry) < PARITY_DISCOUNT_DAYS:
            return by_curve
        own = discount_from_quotes(grid, *sides)
        believable = own > 0.0 and abs(math.log(own / by_curve)) <= FARTHEST_RATE * years
        return own if believable else by_curve


def _vols(grid: Floats, sides: Floats, forward: float, years: float, discount: float) -> Floats:
    """One volatility a strike, NaN where its quotes carry none."""
    call_bid, call_ask, put_bid, put_ask = sides
    call = grid >= forward
    outer = np.where(call, call_bid + call_ask, put_bid + put_ask) / 2.0
    inner = np.where(call, put_bid + put_ask, call_bid + call_ask) / 2.0
    exercise = discount * np.abs(forward - grid)
    inner_bid = np.where(call, put_bid, call_bid)
    turned = np.isnan(outer) & (inner_bid > exercise)
    price = np.where(turned, inner, outer)
    return implied_vol(price, forward, grid, years, discount=discount, call=call ^ turned)


# --- which rows of the files are used ------------------------------------------------------------


def _usable(
    history: History, chains: Sequence[ChainFile]
) -> tuple[pl.DataFrame, tuple[Quarantined, ...]]:
    """One row a quote, sorted by session, series, right (puts first) and strike; what is left out.

    On its settlement day a PM series has settled at the decision moment, and what vendors still
    write for it is no market.
    """
    frame = pl.concat([chain.quotes.with_columns(file=pl.lit(chain.name)) for chain in chains])
    _refuse_other_roots(frame)
    left_out: list[Quarantined] = []

    def drop(frame: pl.DataFrame, wrong: pl.Series, reason: str) -> pl.DataFrame:
        counts = frame.filter(wrong)["file"].value_counts().sort("file")
        left_out.extend(
            Quarantined(source=file, reason=reason, rows=rows) for file, rows in counts.iter_rows()
        )
        return frame.filter(~wrong)

    ours = frame["session"].is_in(pl.Series(history.sessions, dtype=pl.Date).implode())
    frame = drop(frame, ~ours, "a day that is not a session of the history")
    frame = drop(frame, _settled(frame), "a series that had settled by then")
    frame = frame.with_columns(call=pl.col("right") == "C")
    frame = frame.sort(*_QUOTE, maintain_order=True)
    again = pl.Series(frame.select(pl.struct(_QUOTE).is_first_distinct().not_()).to_series())
    _refuse_contradictions(frame, again)
    return drop(frame, again, "the same quote a second time"), tuple(left_out)


def _settled(frame: pl.DataFrame) -> pl.Series:
    """Where the series' settlement lies at or before the session's decision moment."""
    series = frame.select(_SERIES).unique()
    over = [
        calendar.years_to(session, Expiry(root=root, day=day, settlement=settlement)) <= 0.0
        for session, day, root, settlement in series.iter_rows()
    ]
    marked = series.with_columns(over=pl.Series(over, dtype=pl.Boolean))
    return frame.join(marked, on=_SERIES, how="left", maintain_order="left")["over"]


def _counted(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows a series, in the order of the frame."""
    return frame.group_by(_SERIES, maintain_order=True).len()


def _refuse_other_roots(frame: pl.DataFrame) -> None:
    ours = [root for root, underlying in UNDERLYING_OF_ROOT.items() if underlying == "SPX"]
    other = frame.filter(~pl.col("root").is_in(ours))
    if other.height:
        file, line, root = other.select("file", "line", "root").row(0)
        raise StewardError(
            f"{file}, line {line}, column root: {root!r} is not one of {', '.join(ours)} "
            f"({other.height} of {frame.height} rows): real chains are read for SPX only, "
            "take the other rows out"
        )


def _refuse_contradictions(frame: pl.DataFrame, again: pl.Series) -> None:
    """Of two different quotes of one contract at one moment neither can be believed."""
    same = (pl.col("bid") == pl.col("bid").shift(1)) & (pl.col("ask") == pl.col("ask").shift(1))
    clash = frame.with_columns(
        before_file=pl.col("file").shift(1), before_line=pl.col("line").shift(1), same=same
    ).filter(again & ~pl.col("same"))
    if clash.height:
        row = clash.row(0, named=True)
        raise StewardError(
            f"{row['file']}, line {row['line']}: {row['root']} {row['expiry']} {row['strike']:g} "
            f"{row['right']} of {row['session']} is {row['bid']:g} bid, {row['ask']:g} asked, and "
            f"something else in {row['before_file']}, line {row['before_line']} "
            f"({clash.height} such rows): take one of the two out"
        )
