"""How good the data of a run are: coverage, rows set aside, real quotes, the model's own VIX.

Figures only, for the report and the manifest; no value of the data themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from steward.intake.load import Market
from steward.intake.model_flags import ModelFlags, model_flags
from steward.market.history import Floats, FuturesTable, History, Series
from steward.market.quotes import Chain
from steward.pricing.quoted import QuotedMarket

NEAR_THE_MONEY = 0.05
"""Strikes within 5 % of the forward are asked how well parity holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One series of the history.

    first, last  days (or first days of months and quarters) that have a value; None: none has
    rows, missing  with a value, and without one
    known        share of the run's sessions on which a value was known and not too old to be used
    """

    name: str
    first: date | None
    last: date | None
    rows: int
    missing: int
    known: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSession:
    """Real quotes of one session.

    zero_bids        share of the quotes that nobody bids for
    parity_residual  median of |C - P - D (F - K)| at mid within 5 % of the forward, index points;
                     None where no strike there has a call and a put bid
    forward_less_close  of the nearest series, index points: what the index did to 16:15, and carry;
                     None where its quotes imply no forward
    """

    session: date
    series: int
    quotes: int
    zero_bids: float
    parity_residual: float | None
    forward_less_close: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVix:
    """The VIX computed from modelled quotes less the published one, index points, in size.

    worst, worst_on  the largest, and its session; None where no session could be computed
    sessions, unknown  asked, and those of them without quotes to compute it from
    """

    worst: float | None
    worst_on: date | None
    sessions: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """What a report says of the data. `model_vix` is None where SPX options are not modelled.

    model_flags  of what is modelled: states beyond the fit, and what the model had to do without
    """

    coverage: tuple[Coverage, ...]
    quarantined: tuple[tuple[str, int], ...]  # reason, rows of all files, most rows first
    chains: tuple[ChainSession, ...]
    model_vix: ModelVix | None
    model_flags: ModelFlags


def check(market: Market, sessions: Sequence[date] | None = None) -> DataCheck:
    """Figures of a market over the sessions of a run; None: all of its history.

    After a run the model's VIX and its flags cost little, since each session was solved already.
    """
    days = market.history.sessions if sessions is None else tuple(sessions)
    return DataCheck(
        coverage=coverage(market.history, days),
        quarantined=by_reason(market),
        chains=tuple(_chain_sessions(market, days)),
        model_vix=_model_vix(market, days) if market.kind == "modelled" else None,
        model_flags=model_flags(market.quotes, days),
    )


def coverage(history: History, sessions: Sequence[date]) -> tuple[Coverage, ...]:
    """Index levels first, then the futures where there are some, then the series by name."""
    rows = np.array([history.index(day) for day in sessions], dtype=np.int64)
    levels = (
        ("spx", history.spx.close),
        ("spx_open", history.spx.open),
        ("vix", history.vix.close),
        ("vix_open", history.vix.open),
    )
    found = [_of_level(name, history, level, rows) for name, level in levels]
    if history.futures is not None:
        found.append(_of_futures(history.futures, history.sessions, rows))
    moments = history.moments[rows]
    found += [_of_series(history.series[name], moments) for name in sorted(history.series)]
    return tuple(found)


def _of_level(name: str, history: History, level: Floats, rows: NDArray[np.int64]) -> Coverage:
    there = np.flatnonzero(np.isfinite(level))
    return Coverage(
        name=name,
        first=history.sessions[there[0]] if there.size else None,
        last=history.sessions[there[-1]] if there.size else None,
        rows=int(there.size),
        missing=len(level) - int(there.size),
        known=_share(np.isfinite(level[rows])),
        source=history.label,
    )


def _of_futures(
    futures: FuturesTable, sessions: Sequence[date], rows: NDArray[np.int64]
) -> Coverage:
    days = np.array(sessions, dtype="datetime64[D]")[rows]
    settled = np.unique(futures.session)
    return Coverage(
        name="vx",
        first=settled[0].item() if settled.size else None,
        last=settled[-1].item() if settled.size else None,
        rows=len(futures.session),
        missing=0,
        known=_share(np.isin(days, settled)),
        source=futures.source,
    )


def _of_series(series: Series, moments: NDArray[np.datetime64]) -> Coverage:
    there = np.isfinite(series.value)
    days = series.period[there].astype("datetime64[D]")
    known_at = series.known_at[there]
    newest = np.searchsorted(known_at, moments, side="right") - 1
    fresh = newest >= 0
    if known_at.size:
        age = moments - known_at[np.maximum(newest, 0)]
        fresh &= age < np.timedelta64(series.max_age_days + 1, "D")  # whole days, as a view counts
    return Coverage(
        name=series.name,
        first=days.min().item() if days.size else None,
        last=days.max().item() if days.size else None,
        rows=int(there.sum()),
        missing=len(there) - int(there.sum()),
        known=_share(fresh),
        source=series.source,
    )


def by_reason(market: Market) -> tuple[tuple[str, int], ...]:
    """Rows set aside by reason over all files, most rows first, then by reason."""
    rows: dict[str, int] = {}
    for one in market.quarantined:
        rows[one.reason] = rows.get(one.reason, 0) + one.rows
    return tuple(sorted(rows.items(), key=lambda item: (-item[1], item[0])))


def _chain_sessions(market: Market, sessions: Sequence[date]) -> Iterator[ChainSession]:
    quotes = market.quotes
    if not isinstance(quotes, QuotedMarket):
        return
    wanted = set(sessions)
    for session in quotes.sessions:
        if session not in wanted:
            continue
        expiries = quotes.expiries(session, "SPX")
        chains = [c for c in (quotes.chain(session, e) for e in expiries) if c is not None]
        gaps = np.concatenate([parity_gaps(chain) for chain in chains])
        close = float(market.history.spx.close[market.history.index(session)])
        bids = np.concatenate([chain.bid for chain in chains])
        yield ChainSession(
            session=session,
            series=len(chains),
            quotes=int(bids.size),
            zero_bids=_share(bids <= 0.0),
            parity_residual=float(np.median(np.abs(gaps))) if gaps.size else None,
            forward_less_close=_known(chains[0].forward - close),
        )


def parity_gaps(chain: Chain) -> Floats:
    """C - P - D (F - K) at mid, index points, of strikes near the money with both rights bid."""
    call = chain.call
    strike, calls, puts = np.intersect1d(
        chain.strike[call], chain.strike[~call], assume_unique=True, return_indices=True
    )
    mid = 0.5 * (chain.bid + chain.ask)
    bidden = (chain.bid[call][calls] > 0.0) & (chain.bid[~call][puts] > 0.0)
    near = bidden & (np.abs(strike / chain.forward - 1.0) <= NEAR_THE_MONEY)
    gap = mid[call][calls] - mid[~call][puts] - chain.discount * (chain.forward - strike)
    return np.asarray(gap[near])


def _model_vix(market: Market, sessions: Sequence[date]) -> ModelVix:
    errors = np.array([abs(market.model.spx.vix_error(day)) for day in sessions])
    there = np.isfinite(errors)
    worst = int(np.argmax(np.where(there, errors, -1.0))) if there.any() else None
    return ModelVix(
        worst=None if worst is None else float(errors[worst]),
        worst_on=None if worst is None else sessions[worst],
        sessions=len(sessions),
        unknown=len(sessions) - int(there.sum()),
    )


def _share(mask: NDArray[np.bool_]) -> float:
    """Of the Trues; 0 of nothing."""
    return float(mask.mean()) if mask.size else 0.0


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
