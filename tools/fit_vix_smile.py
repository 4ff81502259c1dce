"""Fit the smile of VIX options and a stand-in for VVIX, for `pricing.vix_smile`.

    python tools/fit_vix_smile.py DATA_FOLDER > src/steward/pricing/files/vix_smile.toml

Monthly calls of 2023-2025 (closes), with three single days that reach further: 2026-04-09 and
2022-05-06 (nine tenors to 257 days) and 2013-06-25 (puts too). Each date of an expiry is one vote;
logs of implied vols, a robust loss, a weak pull to the starting numbers. Errors are of expiries
left out of the fit, in vol points and percent of the price. Only coefficients and errors are
written. Needs scipy.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from scipy.optimize import least_squares

from fit_vx import Rows, fitted
from steward.market.history import History
from steward.market.vendors.data_folder import folder_history
from steward.pricing.black import black76, greeks, implied_vol
from steward.pricing.rates import RateTable
from steward.pricing.term import TermTable, features, same_day
from steward.pricing.vix_smile import COEFFICIENTS, parameters, total_variance
from steward.terms import calendar
from steward.terms.contracts import Expiry

HEAD = """\
# The smile of VIX options (terms in pricing/vix_smile.py), and VVIX where there is none. Fitted by
# tools/fit_vix_smile.py to monthly calls of 2023-2025 (strikes 10-35, up to 85 days) and three
# single days, of which two reach 257 days. `errors` lists, for calls of delta 0.20-0.45: absolute
# error in vol points, median and 90th percentile; the same in percent of the price; signed median
# in percent. Futures are settlements and VVIX is published, unless said: there each is predicted
# from the other years. What is said beyond 85 days rests on two days in all."""

START = {"long_run": -0.8, "reversion": 1.0, "tilt": 0.8, "bend": 2.0}
NOISE, PULL = 0.04, 0.02
LEAST_DAYS, LEAST_PRICE = 5, 0.10
FAR_DAY_WEIGHT = 3
"""Each of the three single days counts as often, for there are few of them."""

BANDS = (("20_to_60_days", 20, 60), ("60_to_85_days", 60, 86), ("beyond_85_days", 86, 400))
DELTAS = (0.20, 0.45)


# --- quotes ---------------------------------------------------------------------------------------


def monthly_calls(folder: Path) -> pl.DataFrame:
    """Closes of 2023-2025; doubtful rows, expiry days and holidays left out."""
    parts = []
    for path in sorted((folder / "vix_chains").glob("vix_options_*.parquet")):
        year, month = (int(part) for part in path.stem.split("_")[-2:])
        wide = pl.read_parquet(path).with_columns(session=pl.col("Date").cast(pl.Date))
        for strike in range(10, 36):
            bid, ask = pl.col(f"C{strike}_Bid"), pl.col(f"C{strike}_Ask")
            parts.append(
                wide.select(
                    "session",
                    expiry=pl.lit(calendar.vix_expiry(year, month)),
                    strike=pl.lit(float(strike)),
                    call=pl.lit(value=True),
                    mid=(bid + ask) / 2.0,
                    bid=bid,
                    spread=ask - bid,
                )
            )
    table = pl.concat(parts).filter(
        pl.col("session") < pl.col("expiry"),
        pl.col("bid") > 0.0,
        pl.col("spread") >= 0.0,
        pl.col("spread") <= 0.5 + 0.1 * pl.col("mid"),
    )
    on = [calendar.is_session(day) for day in table["session"]]
    return table.filter(pl.Series(on)).select("session", "expiry", "strike", "call", "mid")


def single_days(folder: Path) -> pl.DataFrame:
    """Mids of 2026-04-09, last trades of 2022-05-06 (20 contracts and more), mids of 2013-06-25."""
    path = folder / "chains" / "spx_vix_calls_2026-04-09.csv"
    late = pl.read_csv(path, try_parse_dates=True).filter(pl.col("underlying") == "VIX")
    late = late.select(
        session=pl.lit(date(2026, 4, 9)),
        expiry="maturity",
        strike="strike",
        call=pl.lit(value=True),
        mid="mid_price",
    )
    ticker = pl.col("ticker")
    trades = pl.read_csv(folder / "vix_chains" / "opra_day_2022-05-06_vix.csv.gz").filter(
        ticker.str.starts_with("O:VIX2"), pl.col("volume") >= 20
    )
    trades = trades.select(
        session=pl.lit(date(2022, 5, 6)),
        expiry=ticker.str.slice(5, 6).str.to_date("%y%m%d"),
        strike=ticker.str.slice(-8).cast(pl.Float64) / 1000.0,
        call=ticker.str.slice(-9, 1) == "C",
        mid="close",
    )
    early = pl.read_csv(
        folder / "vix_chains" / "vix_eod_2013-06-25_rnd.csv", null_values=["", "NA"]
    )
    sides = [
        early.select(
            session=pl.lit(date(2013, 6, 25)),
            expiry=pl.lit(date(2013, 8, 21)),
            strike="strike",
            call=pl.lit(side == "c"),
            mid=(pl.col(f"bid.{side}").cast(pl.Float64) + pl.col(f"ask.{side}")) / 2.0,
        )
        for side in "cp"
    ]
    return pl.concat([late, trades, *sides]).drop_nulls()


def with_state(history: History, table: pl.DataFrame) -> pl.DataFrame:
    """Each quote with its future, VIX, VVIX, discount, implied vol and delta, where it has them."""
    futures = history.futures
    if futures is None:
        sys.exit("fit_vix_smile: the folder has no VIX futures")
    settled = pl.DataFrame(
        {"session": futures.session, "expiry": futures.expiry, "future": futures.settle}
    ).with_columns(pl.col("session", "expiry").cast(pl.Date))
    state = pl.DataFrame(
        {
            "session": history.sessions,
            "vix": history.vix.close,
            "vvix": same_day(history, "vvix"),
        }
    )
    table = table.join(settled, on=["session", "expiry"]).join(state, on="session")
    rates = RateTable(history)
    years, discount = [], []
    for session, expiry in table.select("session", "expiry").iter_rows():
        left = calendar.years_to(session, Expiry(root="VIX", day=expiry, settlement="AM"))
        years.append(left)
        discount.append(np.exp(-rates.zero_rate(history.index(session), left) * left))
    table = table.with_columns(
        years=pl.Series(years),
        discount=pl.Series(discount),
        days=(pl.col("expiry") - pl.col("session")).dt.total_days(),
    ).filter(pl.col("days") >= LEAST_DAYS, pl.col("mid") >= LEAST_PRICE)
    given = [table[name].to_numpy() for name in ("future", "strike", "years")]
    terms = {name: table[name].to_numpy() for name in ("discount", "call")}
    vol = implied_vol(table["mid"].to_numpy(), *given, **terms)
    delta = greeks(*given, vol, **terms).delta
    table = table.with_columns(vol=pl.Series(vol), delta=pl.Series(delta))
    return table.filter(pl.col("vol").is_finite(), pl.col("delta").abs().is_between(0.04, 0.85))


def out_of_the_money(table: pl.DataFrame) -> pl.DataFrame:
    call, delta = pl.col("call"), pl.col("delta")
    return table.filter((call & (delta < 0.6)) | (~call & (delta > -0.5)))


@dataclass(frozen=True)
class Quotes:
    """Quotes with their state (`with_state`), a row a quote."""

    table: pl.DataFrame

    def __getitem__(self, name: str) -> np.ndarray:
        return self.table[name].to_numpy()

    def priced(self, vol: np.ndarray, *, future: np.ndarray | None = None) -> np.ndarray:
        return black76(
            self["future"] if future is None else future,
            self["strike"],
            self["years"],
            vol,
            discount=self["discount"],
            call=self["call"],
        )

    def vols(
        self,
        numbers: np.ndarray,
        *,
        future: np.ndarray | None = None,
        vvix: np.ndarray | None = None,
    ) -> np.ndarray:
        future = self["future"] if future is None else future
        parts = parameters(
            numbers,
            days=self["days"],
            years=self["years"],
            vvix=self["vvix"] if vvix is None else vvix,
            future=future,
            vix=self["vix"],
        )
        total = total_variance(np.log(self["strike"] / future), *parts)
        return np.sqrt(total / self["years"])

    def votes(self) -> np.ndarray:
        """Roots of the weights: each date of an expiry one vote, far deltas half of one."""
        count = self.table.select(pl.len().over("session", "expiry")).to_series().to_numpy()
        delta = np.abs(self["delta"])
        return np.where((delta > 0.1) & (delta < 0.6), 1.0, 0.5) / np.sqrt(count)


def fit(parts: list[Quotes], start: np.ndarray, pull_to: np.ndarray) -> np.ndarray:
    votes = [part.votes() for part in parts]
    pull = PULL * np.sqrt(sum(len(v) for v in votes) / 30.0)

    def missed(numbers: np.ndarray) -> np.ndarray:
        logs = [
            v * np.log(part.vols(numbers) / part["vol"]) / NOISE
            for part, v in zip(parts, votes, strict=True)
        ]
        return np.concatenate([*logs, pull * (numbers - pull_to)])

    return least_squares(missed, start, loss="soft_l1", max_nfev=40).x


# --- errors and output ----------------------------------------------------------------------------


def quantiles(values: np.ndarray) -> np.ndarray:
    return np.quantile(values, [0.5, 0.9])


def errors(quotes: Quotes, vol: np.ndarray, price: np.ndarray, title: str) -> None:
    delta = np.abs(quotes["delta"])
    points = 100.0 * np.abs(vol - quotes["vol"])
    percent = 100.0 * (price / quotes["mid"] - 1.0)
    print(f"\n[{title}]")
    for name, low, high in BANDS:
        inside = (delta >= DELTAS[0]) & (delta <= DELTAS[1])
        inside &= (quotes["days"] >= low) & (quotes["days"] < high)
        if inside.sum() < 8:
            continue
        line = [*quantiles(points[inside]), *quantiles(np.abs(percent[inside]))]
        line.append(np.median(percent[inside]))
        print(f"{name} = {[round(float(x), 1) for x in line]}")


def stand_ins(history: History) -> np.ndarray:
    """Print the fits of VVIX; by VIX alone a value a session, predicted from the other years."""
    vix = history.vix.close
    year = np.array([day.year for day in history.sessions])
    plain = features(vix, TermTable(history).means, None)
    target = np.log(same_day(history, "vvix"))
    found = {}
    for given in ("", "vix3m"):
        longer = [np.log(same_day(history, given) / vix)] if given else []
        state = np.column_stack([plain, *longer])
        good = np.isfinite(target) & np.isfinite(state).all(axis=1)
        predicted = np.full(len(vix), np.nan)
        signed = []
        for one in np.unique(year[good]):
            out = good & (year == one)
            predicted[out] = state[out] @ fitted(state[good & ~out], target[good & ~out])
            missed = 100.0 * np.expm1(np.median((target - predicted)[out]))
            signed.append(f"{one} = {missed:.0f}")
        found[given] = np.exp(predicted)
        print(f'\n[[vvix]]\ngiven = "{given}"')
        print(f"coefficients = {[round(float(c), 5) for c in fitted(state[good], target[good])]}")
        percent = 100.0 * np.abs(np.expm1(predicted - target))
        for name, low, high in (("below_20", 0, 20), ("below_30", 20, 30), ("above_30", 30, 999)):
            inside = good & (vix >= low) & (vix < high)
            print(f"percent_{name} = {[round(float(x), 1) for x in quantiles(percent[inside])]}")
        print("signed_percent = {" + ", ".join(signed) + "}")
    return found[""]


def main(folder: Path) -> None:
    history = folder_history(folder)
    monthly = Quotes(with_state(history, monthly_calls(folder)))
    days = out_of_the_money(with_state(history, single_days(folder)))
    single = [Quotes(day) for day in days.partition_by("session")]
    pull_to = np.array([START.get(name, 0.0) for name in COEFFICIENTS])
    far = single * FAR_DAY_WEIGHT
    numbers = fit([monthly, *far], pull_to, pull_to)

    print(HEAD)
    print("\n[smile]")
    for name, value in zip(COEFFICIENTS, numbers, strict=True):
        print(f"{name} = {value:.4f}")
    stand_in = stand_ins(history)

    expiry = monthly["expiry"]
    left_out = np.empty(len(expiry))
    for one in np.unique(expiry):
        out = expiry == one
        rest = Quotes(monthly.table.filter(~out))
        found = fit([rest, *far], numbers, pull_to)
        left_out[out] = Quotes(monthly.table.filter(out)).vols(found)
    errors(monthly, left_out, monthly.priced(left_out), "errors.expiry_left_out")

    rows = Rows(history, ())
    keys = zip(rows.session.tolist(), rows.expiry.tolist(), strict=True)
    guess = dict(zip(keys, rows.left_out(), strict=True))
    pairs = monthly.table.select("session", "expiry").rows()
    future = np.array([guess[pair] for pair in pairs])
    alone = stand_in[[history.index(session) for session, _ in pairs]]
    vol = monthly.vols(numbers, vvix=alone)
    errors(monthly, vol, monthly.priced(vol), "errors.vvix_from_vix_alone")
    vol = monthly.vols(numbers, future=future, vvix=alone)
    price = monthly.priced(vol, future=future)
    errors(monthly, vol, price, "errors.vvix_and_future_from_vix_alone")
    without = fit([monthly], pull_to, pull_to)
    for day in single:
        vol, name = day.vols(without), day.table["session"][0]
        errors(day, vol, day.priced(vol), f"errors.day_{name}_left_out")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
