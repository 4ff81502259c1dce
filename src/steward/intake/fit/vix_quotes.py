"""Real quotes of VIX options with the state they were quoted in, as the smile is fitted on them.

Monthly calls of 2023-2025 (closes) and three single days that reach further: 2026-04-09 and
2022-05-06 (nine tenors to 257 days) and 2013-06-25 (puts too). Only quotes that are no wider than
they should be (0 <= ask - bid <= 0.5 + 0.1 mid) count; of days without quotes, mids and trades.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from steward.intake.fit.sources import Sources
from steward.market.history import History
from steward.pricing.black import black76, greeks, implied_vol
from steward.pricing.rates import RateTable
from steward.pricing.term import same_day
from steward.pricing.vix_smile import parameters, total_variance
from steward.terms import calendar
from steward.terms.contracts import Expiry
from steward.terms.errors import StewardError

Floats = NDArray[np.float64]

MONTHLY = "vix_chains/vix_options_*.parquet"
LATE_FILE, LATE_DAY = "chains/spx_vix_calls_2026-04-09.csv", date(2026, 4, 9)
TRADES_FILE, TRADES_DAY = "vix_chains/opra_day_2022-05-06_vix.csv.gz", date(2022, 5, 6)
EARLY_FILE, EARLY_DAY = "vix_chains/vix_eod_2013-06-25_rnd.csv", date(2013, 6, 25)
EARLY_EXPIRY = date(2013, 8, 21)

STRIKES = range(10, 36)
LEAST_DAYS, LEAST_PRICE, LEAST_TRADED = 5, 0.10, 20
LEAST_WIDTH, WIDTH_SHARE = 0.5, 0.1
DELTAS = (0.04, 0.85)


@dataclass(frozen=True, slots=True)
class VixQuotes:
    """Quotes with their state, a row a quote, sorted by session, expiry, strike, puts first.

    table  session, expiry, strike, call, mid, bid, future, vix, vvix, years, discount, days, vol,
           delta; prices in points, vol a fraction, delta 0.04 to 0.85 in size
    """

    table: pl.DataFrame

    def __getitem__(self, name: str) -> Floats:
        return self.table[name].to_numpy()

    def where(self, rows: NDArray[np.bool_]) -> VixQuotes:
        return VixQuotes(self.table.filter(pl.Series(rows)))

    def vols(
        self, numbers: Floats, *, future: Floats | None = None, vvix: Floats | None = None
    ) -> Floats:
        """Implied vols of a fit's numbers, on other futures or another VVIX where given."""
        future = self["future"] if future is None else future
        parts = parameters(
            numbers.tolist(),
            days=self["days"].astype(np.float64),
            years=self["years"],
            vvix=self["vvix"] if vvix is None else vvix,
            future=future,
            vix=self["vix"],
        )
        total = total_variance(np.log(self["strike"] / future), *parts)
        return np.sqrt(total / self["years"])

    def priced(self, vol: Floats, *, future: Floats | None = None) -> Floats:
        """Prices of those vols, points."""
        future = self["future"] if future is None else future
        return black76(
            future,
            self["strike"],
            self["years"],
            vol,
            discount=self["discount"],
            call=self["call"],
        )


def monthly_quotes(sources: Sources) -> VixQuotes:
    """Calls of the monthly files; doubtful rows, expiry days and holidays left out."""
    parts = []
    for path in sources.paths(MONTHLY):
        year, month = (int(part) for part in path.stem.split("_")[-2:])
        wide = pl.read_parquet(path).with_columns(session=pl.col("Date").cast(pl.Date))
        for strike in STRIKES:
            bid, ask = pl.col(f"C{strike}_Bid"), pl.col(f"C{strike}_Ask")
            parts.append(
                wide.select(
                    "session",
                    expiry=pl.lit(calendar.vix_expiry(year, month)),
                    strike=pl.lit(float(strike)),
                    call=pl.lit(value=True),
                    mid=(bid + ask) / 2.0,
                    bid=bid,
                    ask=ask,
                )
            )
    table = pl.concat(parts).filter(pl.col("session") < pl.col("expiry"), _sound())
    on = [calendar.is_session(day) for day in table["session"]]
    table = table.filter(pl.Series(on)).select("session", "expiry", "strike", "call", "mid", "bid")
    return with_state(sources.history, table)


def single_days(sources: Sources) -> tuple[VixQuotes, ...]:
    """Options out of the money of 2013-06-25, 2022-05-06 and 2026-04-09, a value a day."""
    call, delta = pl.col("call"), pl.col("delta")
    outside = (call & (delta < 0.6)) | (~call & (delta > -0.5))
    days = (_early(sources), _trades(sources), _late(sources))
    return tuple(
        VixQuotes(with_state(sources.history, day.drop_nulls()).table.filter(outside))
        for day in days
    )


def with_state(history: History, table: pl.DataFrame) -> VixQuotes:
    """Each quote with its future, VIX, VVIX, discount, implied vol and delta, where it has them.

    table  session, expiry, strike, call, mid, bid; raises StewardError without VX futures
    """
    futures = history.futures
    if futures is None:
        raise StewardError("the folder has no VIX futures (vix_futures/), and their fit needs them")
    settled = pl.DataFrame(
        {"session": futures.session, "expiry": futures.expiry, "future": futures.settle}
    ).with_columns(pl.col("session", "expiry").cast(pl.Date))
    state = pl.DataFrame(
        {
            "session": history.sessions,
            "vix": history.vix.close,
            "vvix": same_day(history, "vvix"),
        }
    ).filter(pl.col("vvix").is_finite())
    table = table.join(settled, on=["session", "expiry"]).join(state, on="session")
    table = table.sort("session", "expiry", "strike", "call")
    rates = RateTable(history)
    years, discount = [], []
    for session, expiry in table.select("session", "expiry").iter_rows():
        time = calendar.years_to(session, Expiry(root="VIX", day=expiry, settlement="AM"))
        years.append(time)
        discount.append(math.exp(-rates.zero_rate(history.index(session), time) * time))
    table = table.with_columns(
        years=pl.Series(years),
        discount=pl.Series(discount),
        days=(pl.col("expiry") - pl.col("session")).dt.total_days(),
    ).filter(pl.col("days") >= LEAST_DAYS, pl.col("mid") >= LEAST_PRICE)
    future, strike, left = (table[name].to_numpy() for name in ("future", "strike", "years"))
    worth, call = table["discount"].to_numpy(), table["call"].to_numpy()
    mid = table["mid"].to_numpy()
    vol = implied_vol(mid, future, strike, left, discount=worth, call=call)
    delta = greeks(future, strike, left, vol, discount=worth, call=call).delta
    table = table.with_columns(vol=pl.Series(vol), delta=pl.Series(delta))
    inside = pl.col("delta").abs().is_between(*DELTAS)
    return VixQuotes(table.filter(pl.col("vol").is_finite(), inside))


def _sound() -> pl.Expr:
    """Somebody bids, and the market is no wider than a quote may be."""
    width = pl.col("ask") - pl.col("bid")
    widest = LEAST_WIDTH + WIDTH_SHARE * pl.col("mid")
    return (pl.col("bid") > 0.0) & (width >= 0.0) & (width <= widest)


def _late(sources: Sources) -> pl.DataFrame:
    found = pl.read_csv(sources.path(LATE_FILE), try_parse_dates=True)
    return found.filter(pl.col("underlying") == "VIX").select(
        session=pl.lit(LATE_DAY),
        expiry="maturity",
        strike="strike",
        call=pl.lit(value=True),
        mid="mid_price",
        bid="mid_price",
    )


def _trades(sources: Sources) -> pl.DataFrame:
    ticker = pl.col("ticker")
    found = pl.read_csv(sources.path(TRADES_FILE)).filter(
        ticker.str.starts_with("O:VIX2"), pl.col("volume") >= LEAST_TRADED
    )
    return found.select(
        session=pl.lit(TRADES_DAY),
        expiry=ticker.str.slice(5, 6).str.to_date("%y%m%d"),
        strike=ticker.str.slice(-8).cast(pl.Float64) / 1000.0,
        call=ticker.str.slice(-9, 1) == "C",
        mid="close",
        bid="close",
    )


def _early(sources: Sources) -> pl.DataFrame:
    found = pl.read_csv(sources.path(EARLY_FILE), null_values=["", "NA"])
    sides = []
    for side in "cp":
        bid, ask = (pl.col(f"{name}.{side}").cast(pl.Float64) for name in ("bid", "ask"))
        part = found.select(
            session=pl.lit(EARLY_DAY),
            expiry=pl.lit(EARLY_EXPIRY),
            strike=pl.col("strike").cast(pl.Float64),
            call=pl.lit(side == "c"),
            mid=(bid + ask) / 2.0,
            bid=bid,
            ask=ask,
        )
        sides.append(part.filter(_sound()).drop("ask"))
    return pl.concat(sides)
