"""What one contract of a hedge counts, and the hedge ratio (D0).

`hedge_ratio` = sum of n * (delta / 0.30) * multiplier * F over the condors' maximum loss, F being
the future of the contract's own expiry; a future's delta is 1. A 30-delta VIX call so counts its
contract notional. An SPX put counts what it gains in the stress of the rules, measured in calls of
the standard kind: the 30-delta VIX call of the listed series nearest 60 days, which is also the
unit in which targets are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from steward.market.quotes import Chain, Quote
from steward.market.view import MarketView
from steward.pricing import stress
from steward.rules.schema import Hedge
from steward.terms.contracts import Contract, OptionContract
from steward.terms.trades import Lot


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardCall:
    """One unit of a hedge: the VIX call of the rules' delta nearest the standard tenor.

    cents  its contract notional, 100 * F dollars: what one unit adds to the sum of the ratio
    """

    contract: OptionContract
    quote: Quote
    cents: float


def standard_call(view: MarketView, hedge: Hedge) -> StandardCall | None:
    """The unit of this session; None when no VIX option is quoted."""
    series = sorted(
        view.expiries("VIX"),
        key=lambda e: (abs((e.day - view.session).days - hedge.standard_call_days), e.day),
    )
    for expiry in series:
        chain = view.chain(expiry)
        found = None if chain is None else nearest_call(chain, hedge.delta, 0.0, 1.0)
        quote = None if found is None else view.quote(found)
        if found is not None and quote is not None and usable(quote):
            return StandardCall(
                contract=found, quote=quote, cents=100.0 * found.multiplier * quote.forward
            )
    return None


def nearest_call(chain: Chain, delta: float, least: float, most: float) -> OptionContract | None:
    """The offered call nearest `delta`, on a tie the lower strike; None when none is in range.

    least, most  the deltas that are allowed, per 1.00
    """
    rows = np.flatnonzero(
        chain.call & (chain.ask > 0.0) & (chain.delta >= least) & (chain.delta <= most)
    )
    if not rows.size:
        return None
    # To nine digits, so that two strikes equally far tie although floats differ in the last bit;
    # a chain's strikes rise, so that the first of them is the lower.
    best = rows[np.argmin(np.round(np.abs(chain.delta[rows] - delta), 9))]
    return _option(chain, float(chain.strike[best]), call=True)


def nearest_put(chain: Chain, level: float) -> OptionContract | None:
    """The offered put with the strike nearest `level` (index points), on a tie the lower."""
    rows = np.flatnonzero(~chain.call & (chain.ask > 0.0))
    if not rows.size:
        return None
    best = rows[np.argmin(np.abs(chain.strike[rows] - level))]
    return _option(chain, float(chain.strike[best]), call=False)


def _option(chain: Chain, strike: float, *, call: bool) -> OptionContract:
    expiry = chain.expiry
    return OptionContract(
        root=expiry.root,
        expiry=expiry.day,
        strike=strike,
        right="C" if call else "P",
        settlement=expiry.settlement,
    )


def usable(quote: Quote | None) -> bool:
    """Whether one could buy on this quote and knows what it counts."""
    return quote is not None and quote.ask > 0 and quote.bid <= quote.ask


def call_cents(contract: Contract, quote: Quote, delta: float) -> float:
    """What one VIX call or future adds to the sum of the ratio, cents.

    (its delta / `delta`) * multiplier * forward; NaN when the quote carries no delta.
    """
    return 100.0 * quote.delta / delta * contract.multiplier * quote.forward


def contract_cents(
    view: MarketView,
    contract: Contract,
    quote: Quote,
    hedge: Hedge,
    unit: StandardCall | None = None,
) -> float:
    """What one contract adds to the sum of the ratio, cents; NaN when that cannot be said.

    unit  the standard call of the session, when the caller has it; only SPX puts need it
    """
    if contract.underlying == "VIX":
        return call_cents(contract, quote, hedge.delta)
    unit = unit if unit is not None else standard_call(view, hedge)
    if unit is None or not isinstance(contract, OptionContract):
        return math.nan
    shock = stress.shock_of(hedge.stress)
    call = stress.contract_change(unit.contract, unit.quote, view.session, shock)
    put = stress.contract_change(contract, quote, view.session, shock)
    return unit.cents * max(put, 0.0) / call if call > 0.0 else math.nan


def hedge_ratio(
    view: MarketView, lots: Iterable[Lot], condor_max_loss_cents: int, hedge: Hedge
) -> float | None:
    """The ratio of these hedge lots at the view's marks, a fraction.

    condor_max_loss_cents  of the condors now open
    None without open condors, and when a lot's delta is not known.
    """
    if condor_max_loss_cents <= 0:
        return None
    total = sum(
        lot.quantity * contract_cents(view, lot.contract, view.mark(lot.contract), hedge)
        for lot in lots
    )
    ratio = total / condor_max_loss_cents
    return ratio if math.isfinite(ratio) else None
