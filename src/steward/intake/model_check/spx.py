"""Modelled less quoted SPX options of one snapshot: volatility, price, width, forward, condor.

All but the forward's own error is taken on the forward of the quotes, at the same log distance of
strike from forward: the index of 16:00 and quotes of another minute are no error of the smile.
Where the model's moment is not that of the quotes the distance is in standard deviations.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.model_check.reading import Snapshot
from steward.intake.model_check.series import Discount, Series, chain_of
from steward.market.quotes import Chain
from steward.pricing.black import black76
from steward.pricing.modelled import ModelledMarket
from steward.pricing.slice import Slice
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

NO_FORWARD = "no strike of the series has both a call and a put bid, so no forward"
NO_BID = "a bid of 0"
INNER = "in the money: the option of the other right at that strike is compared"
NO_VOL = "a mid that no volatility gives"
NO_MODEL = "settles before the close at which the model prices"

CONDOR_DAYS = (38, 45, 52)
"""Least, wanted and most days to expiry."""

SHORT_DELTA, WING_POINTS = 0.16, 50.0
DELTA_OFF = 0.04
"""A short strike farther than that from its delta is not the one wanted: the strikes lack it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condor:
    """The credit of one condor at mid: the model's over the quotes', less 1.

    error  a fraction; None where there is none to compare, and then `why`
    """

    days: int | None = None
    error: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One snapshot of SPX options beside the model.

    rows     a row an option compared, columns of `ROWS`
    slices   the modelled series with their quoted strikes, for tests of arbitrage
    forward  model less quotes in basis points, by series
    outside  what the model itself calls outside of its fitted range
    """

    rows: pl.DataFrame
    slices: tuple[tuple[Slice, Floats], ...]
    forward: tuple[float, ...]
    condor: Condor
    outside: tuple[str, ...]


ROWS = {
    "root": pl.String(),
    "expiry": pl.Date(),
    "days": pl.Int32(),
    "right": pl.String(),
    "strike": pl.Float64(),
    "delta": pl.Float64(),  # of the quotes, without its sign
    "vol": pl.Float64(),  # model less quotes, vol points (0.01)
    "price": pl.Float64(),  # model less mid, percent of the mid
    "points": pl.Float64(),  # the same, index points
    "spread": pl.Float64(),  # modelled width over the quoted one; null where that is 0
    "mid": pl.Float64(),  # index points; never printed
    "quoted": pl.Float64(),  # the quotes' own vol, vol points; drawn for the user alone
}


def compare(
    snapshot: Snapshot,
    series: Sequence[Series],
    discount: Discount,
    market: ModelledMarket,
    session: date,
    left_out: Counter[str],
) -> Compared:
    """Every series of a snapshot beside the model's.

    session   of the model's history that stands for the quotes
    left_out  counts the quotes that are not compared, by reason
    """
    rows: list[pl.DataFrame] = []
    slices: list[tuple[Slice, Floats]] = []
    forwards: list[float] = []
    for one in series:
        chain = chain_of(snapshot, one, discount)
        if not math.isfinite(chain.forward):
            left_out[NO_FORWARD] += one.quotes
            continue
        try:
            priced = market.spx.series(session, one.expiry)
        except ValueError:
            left_out[NO_MODEL] += one.quotes
            continue
        except StewardError as error:
            left_out[str(error)] += one.quotes
            continue
        rows.append(_rows(chain, priced, one.days, left_out))
        slices.append((priced, one.strike))
        forwards.append(1e4 * math.log(priced.forward / chain.forward))
    table = pl.concat(rows) if rows else pl.DataFrame(schema=ROWS)
    return Compared(
        rows=table,
        slices=tuple(slices),
        forward=tuple(forwards),
        condor=condor(table),
        outside=market.spx.flags(session) if slices else (),
    )


def same_place(priced: Slice, chain: Chain, strike: Floats) -> Floats:
    """The model's strikes at the same distance from its own forward.

    In standard deviations, so that half a day between the two moments is no error of the smile.
    """
    stretch = math.sqrt(priced.years / chain.years)
    return np.asarray(priced.forward * np.exp(stretch * np.log(strike / chain.forward)))


def _rows(chain: Chain, priced: Slice, days: int, left_out: Counter[str]) -> pl.DataFrame:
    outer = chain.call == (chain.strike >= chain.forward)
    bid = outer & (chain.bid > 0.0)
    keep = bid & np.isfinite(chain.vol) & (chain.vol > 0.0)
    for mask, reason in ((~outer, INNER), (outer & ~bid, NO_BID), (bid & ~keep, NO_VOL)):
        if mask.any():
            left_out[reason] += int(mask.sum())
    strike, call = chain.strike[keep], chain.call[keep]
    bids, asks = chain.bid[keep], chain.ask[keep]
    mid, width = 0.5 * (bids + asks), asks - bids
    vol = priced.vols(same_place(priced, chain, strike))
    price = black76(chain.forward, strike, chain.years, vol, discount=chain.discount, call=call)
    low, high = priced.quotes(price)
    count = strike.size
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(width > 0.0, (high - low) / width, np.nan)
    return pl.DataFrame(
        {
            "root": [chain.expiry.root] * count,
            "expiry": [chain.expiry.day] * count,
            "days": np.full(count, days, dtype=np.int32),
            "right": np.where(call, "calls", "puts"),
            "strike": strike,
            "delta": np.abs(chain.delta[keep]),
            "vol": 100.0 * (vol - chain.vol[keep]),
            "price": 100.0 * (price / mid - 1.0),
            "points": price - mid,
            "spread": spread,
            "mid": mid,
            "quoted": 100.0 * chain.vol[keep],
        },
        schema=ROWS,
    ).with_columns(pl.col("spread").fill_nan(None))


def condor(rows: pl.DataFrame) -> Condor:
    """The 16-delta condor with 50-point wings of the expiry nearest 45 days, on its own strikes."""
    least, wanted, most = CONDOR_DAYS
    near = rows.filter(pl.col("days").is_between(least, most))
    if near.is_empty():
        return Condor(why=f"no expiry of {least} to {most} days")
    order = (
        near.select("days", "root", "expiry")
        .unique()
        .sort(
            (pl.col("days") - wanted).abs(), "days", pl.col("root"), descending=[False, False, True]
        )
    )
    why = ""
    for days, root, expiry in order.iter_rows():
        found = _condor(near.filter((pl.col("root") == root) & (pl.col("expiry") == expiry)), days)
        if found.error is not None:
            return found
        why = why or found.why
    return Condor(why=why)


def _condor(series: pl.DataFrame, days: int) -> Condor:
    quoted = modelled = 0.0
    for right, outwards in (("puts", -WING_POINTS), ("calls", WING_POINTS)):
        side = series.filter(pl.col("right") == right)
        short = side.sort((pl.col("delta") - SHORT_DELTA).abs(), "strike").head(1)
        if short.is_empty() or abs(short["delta"][0] - SHORT_DELTA) > DELTA_OFF:
            return Condor(why=f"no {right[:-1]} near a delta of {SHORT_DELTA}")
        wing = side.filter(pl.col("strike") == short["strike"][0] + outwards)
        if wing.is_empty():
            return Condor(why=f"no {right[:-1]} with a bid {WING_POINTS:g} points farther out")
        quoted += short["mid"][0] - wing["mid"][0]
        modelled += short["mid"][0] + short["points"][0] - wing["mid"][0] - wing["points"][0]
    if not quoted > 0.0:
        return Condor(why="the quoted credit is not above 0")
    return Condor(days=int(days), error=modelled / quoted - 1.0)
