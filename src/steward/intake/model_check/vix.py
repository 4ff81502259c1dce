"""Modelled less quoted VIX options of one snapshot, with their future known and modelled."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.model_check.reading import Snapshot
from steward.intake.model_check.series import Discount, Series, chain_of
from steward.intake.model_check.spx import INNER, NO_BID, NO_MODEL, NO_VOL
from steward.market.history import History
from steward.market.quotes import Chain
from steward.pricing.black import black76
from steward.pricing.modelled import ModelledMarket
from steward.terms.contracts import OptionContract, Right
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

NO_FUTURE = (
    "no forward: no strike has a call and a put bid, the file names no future, and no settlement "
    "of VX of that day is given (--state DIR with vix_futures/)"
)
WEEKLY = "a weekly on VIX: the model has monthly series alone"

ROWS = {
    "root": pl.String(),
    "expiry": pl.Date(),
    "days": pl.Int32(),
    "right": pl.String(),
    "strike": pl.Float64(),
    "delta": pl.Float64(),  # of the quotes, without its sign
    "vol": pl.Float64(),  # model less quotes with the future known, vol points (0.01)
    "price": pl.Float64(),  # the same of the price, percent of the mid
    "all_modelled": pl.Float64(),  # price with the future modelled too, percent of the mid
    "spread": pl.Float64(),  # modelled width over the quoted one; null where that is 0
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One snapshot of VIX options beside the model.

    rows     a row an option compared, columns of `ROWS`
    futures  model less the options' own forward, VIX points, with days to expiry
    outside  what of the state lies beyond the range that the smiles were fitted on
    """

    rows: pl.DataFrame
    futures: tuple[tuple[int, float], ...]
    outside: tuple[str, ...]


def forwards(
    snapshot: Snapshot,
    series: Sequence[Series],
    discount: Discount,
    history: History,
    left_out: Counter[str],
) -> tuple[tuple[Series, Chain], ...]:
    """Each monthly series on its own forward: by parity, else the file's future, else VX."""
    settled = _settlements(history, snapshot.session)
    found: list[tuple[Series, Chain]] = []
    for one in series:
        if one.expiry.root != "VIX":
            left_out[WEEKLY] += one.quotes
            continue
        chain = chain_of(snapshot, one, discount)
        if not math.isfinite(chain.forward):
            given = one.future if math.isfinite(one.future) else settled.get(one.expiry.day)
            if given is None or not given > 0.0:
                left_out[NO_FUTURE] += one.quotes
                continue
            chain = chain_of(snapshot, one, discount, given)
        found.append((one, chain))
    return tuple(found)


def _settlements(history: History, session: date) -> Mapping[date, float]:
    table = history.futures
    if table is None:
        return {}
    here = table.session == np.datetime64(session)
    return dict(zip(table.expiry[here].tolist(), table.settle[here].tolist(), strict=True))


def compare(
    chains: Sequence[tuple[Series, Chain]],
    known: ModelledMarket,
    modelled: ModelledMarket,
    session: date,
    left_out: Counter[str],
) -> Compared:
    """Every series beside the model's.

    known     a market that has the forwards of the options as settlements of VX
    modelled  one that has no settlements of that session
    """
    rows: list[pl.DataFrame] = []
    futures: list[tuple[int, float]] = []
    outside: set[str] = set()
    for series, chain in chains:
        try:
            future, _ = modelled.vix.future_price(session, series.expiry.day)
            rows.append(_rows(chain, series, known, modelled, session, left_out))
        except ValueError:
            left_out[NO_MODEL] += series.quotes
            continue
        except StewardError as error:
            left_out[str(error)] += series.quotes
            continue
        futures.append((series.days, future - chain.forward))
        outside.update(known.vix.outside(session, series.expiry))
    table = pl.concat(rows) if rows else pl.DataFrame(schema=ROWS)
    return Compared(rows=table, futures=tuple(futures), outside=tuple(sorted(outside)))


def _rows(
    chain: Chain,
    series: Series,
    known: ModelledMarket,
    modelled: ModelledMarket,
    session: date,
    left_out: Counter[str],
) -> pl.DataFrame:
    outer = chain.call == (chain.strike >= chain.forward)
    bid = outer & (chain.bid > 0.0)
    keep = bid & np.isfinite(chain.vol) & (chain.vol > 0.0)
    strike, call = chain.strike[keep], chain.call[keep]
    mid = 0.5 * (chain.bid[keep] + chain.ask[keep])
    width = chain.ask[keep] - chain.bid[keep]
    count = strike.size
    vol, whole, spread = np.full((3, count), np.nan)
    for place, (k, is_call) in enumerate(zip(strike.tolist(), call.tolist(), strict=True)):
        contract = option(chain, k, "C" if is_call else "P")
        near = known.vix.mark(session, contract)
        far = modelled.vix.mark(session, contract)
        vol[place] = near.vol
        spread[place] = (near.ask - near.bid) / 1e4
        whole[place] = black76(
            far.forward, k, chain.years, far.vol, discount=chain.discount, call=is_call
        )
    price = black76(chain.forward, strike, chain.years, vol, discount=chain.discount, call=call)
    for mask, reason in ((~outer, INNER), (outer & ~bid, NO_BID), (bid & ~keep, NO_VOL)):
        if mask.any():
            left_out[reason] += int(mask.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(width > 0.0, spread / width, np.nan)
    return pl.DataFrame(
        {
            "root": [chain.expiry.root] * count,
            "expiry": [chain.expiry.day] * count,
            "days": np.full(count, series.days, dtype=np.int32),
            "right": np.where(call, "calls", "puts"),
            "strike": strike,
            "delta": np.abs(chain.delta[keep]),
            "vol": 100.0 * (vol - chain.vol[keep]),
            "price": 100.0 * (price / mid - 1.0),
            "all_modelled": 100.0 * (whole / mid - 1.0),
            "spread": ratio,
        },
        schema=ROWS,
    ).with_columns(pl.col("spread").fill_nan(None))


def option(chain: Chain, strike: float, right: Right) -> OptionContract:
    return OptionContract(
        root=chain.expiry.root,
        expiry=chain.expiry.day,
        strike=strike,
        right=right,
        settlement=chain.expiry.settlement,
    )
