"""Files in the publishers' layouts: of invented levels, or of the shared data written anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import polars as pl

CFE_HEADER = "Trade Date,Futures,Open,High,Low,Close,Settle,Change,Total Volume,EFP,Open Interest"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LETTERS = "FGHJKMNQUVXZ"
NOTICE = "A notice above the header, as files of the archive have one."  # written


def bars(days: Iterable[date], *, level: float = 14.0) -> str:
    """`VIX_History.csv`: written."""
    lines = ["DATE,OPEN,HIGH,LOW,CLOSE"]
    for place, day in enumerate(days):
        close = level + place % 7
        lines.append(
            f"{day:%m/%d/%Y},{close:.6f},{close + 1:.6f},{close - 1:.6f},{close + 0.25:.6f}"
        )
    return "\n".join(lines) + "\n"


def one_value(name: str, days: Iterable[date], *, level: float = 90.0) -> str:
    """`VVIX_History.csv`: written."""
    lines = [f"DATE,{name}"]
    lines += [f"{day:%m/%d/%Y},{level + place % 5:.6f}" for place, day in enumerate(days)]
    return "\n".join(lines) + "\n"


def future(expiry: date, days: Iterable[date], *, level: float = 18.0) -> str:
    """`VX_2031-01-22.csv`: written."""
    label = f"{LETTERS[expiry.month - 1]} ({MONTHS[expiry.month - 1]} {expiry.year})"
    lines = [CFE_HEADER]
    for place, day in enumerate(days):
        p = level + place % 3
        lines.append(
            f"{day},{label},{p},{p + 0.5},{p - 0.5},{p + 0.25},{p + 0.2},0.1,{100 + place},0,{500}"
        )
    return "\n".join(lines) + "\n"


def archived_future(expiry: date, days: Iterable[date], *, level: float = 18.0) -> str:
    """`CFE_F14_VX.csv` with its notice, American days: written."""
    label = f"{LETTERS[expiry.month - 1]} ({MONTHS[expiry.month - 1]} {expiry:%y})"
    lines = [NOTICE, CFE_HEADER]
    for place, day in enumerate(days):
        p = level + place % 3
        lines.append(
            f"{day:%m/%d/%Y},{label},{p},{p + 0.5},{p - 0.5},{p + 0.25},{p + 0.2},0.1,{100},0,{500}"
        )
    return "\n".join(lines) + "\n"


def fred_csv(name: str, days: Sequence[date], *, level: float = 2.0) -> str:
    lines = [f"observation_date,{name}"]
    lines += [f"{day},{level + place % 4:.2f}" for place, day in enumerate(days)]
    return "\n".join(lines) + "\n"


def alfred_json(
    rows: Iterable[tuple[str, str, str]], *, count: int | None = None, limit: int = 100_000
) -> str:
    """All vintages; rows of period, vintage and value: written."""
    found = [
        {"realtime_start": start, "realtime_end": "9999-12-31", "date": day, "value": value}
        for day, start, value in rows
    ]
    return json.dumps(
        {
            "realtime_start": "1776-07-04",
            "realtime_end": "9999-12-31",
            "observation_start": "1600-01-01",
            "observation_end": "9999-12-31",
            "units": "lin",
            "output_type": 1,
            "file_type": "json",
            "order_by": "observation_date",
            "sort_order": "asc",
            "count": len(found) if count is None else count,
            "offset": 0,
            "limit": limit,
            "observations": found,
        }
    )


def chain(symbol: str, stamp: datetime, expiries: Sequence[date], *, level: float) -> str:
    """`_VIX.json`: written. `stamp` in UTC."""
    options = []
    for expiry in expiries:
        for step in range(-4, 5):
            strike = round(level + step)
            for right in "CP":
                inside = max(level - strike, 0.0) if right == "C" else max(strike - level, 0.0)
                price = inside + 1.0
                options.append(
                    {
                        "option": f"{symbol}{expiry:%y%m%d}{right}{strike * 1000:08d}",
                        "bid": round(price - 0.05, 2),
                        "bid_size": 11.0,
                        "ask": round(price + 0.05, 2),
                        "ask_size": 12.0,
                        "iv": 0.0,
                        "open_interest": 7.0,
                        "volume": 3.0,
                        "delta": 0.0,
                        "gamma": 0.0,
                        "vega": 0.0,
                        "theta": 0.0,
                        "rho": 0.0,
                        "theo": round(price, 2),
                        "change": 0.0,
                        "open": 0.0,
                        "high": 0.0,
                        "low": 0.0,
                        "tick": "no_change",
                        "last_trade_price": 0.0,
                        "last_trade_time": None,
                        "percent_change": 0.0,
                        "prev_day_close": 1.0,
                    }
                )
    data = {"symbol": f"^{symbol}", "current_price": level, "iv30": 15.0, "options": options}
    return json.dumps({"timestamp": f"{stamp:%Y-%m-%d %H:%M:%S}", "data": data, "symbol": symbol})


# --- the shared data, in the publishers' layouts


def shared_bars(shared: Path, name: str, *, until: date | None = None) -> str:
    """An index file of the shared data as Cboe serves it, American days."""
    frame = pl.read_csv(shared / "index" / name, try_parse_dates=True)
    if until is not None:
        frame = frame.filter(pl.col("date") <= until)
    days = frame["date"].dt.strftime("%m/%d/%Y").to_list()
    levels = [c for c in ("open", "high", "low", "close") if c in frame.columns]
    head = "DATE," + (",".join(levels).upper() if len(levels) == 4 else name.split("_")[0].upper())
    rows = frame.select(levels).rows()
    lines = [
        f"{day}," + ",".join(f"{v:.6f}" for v in row) for day, row in zip(days, rows, strict=True)
    ]
    return "\n".join([head, *lines]) + "\n"


def shared_future(shared: Path, expiry: date) -> str | None:
    """A contract of the shared file of all contracts, as CFE serves it; None: it has none."""
    frame = pl.read_csv(
        shared / "vix_futures" / "cfe_vx_by_contract_2013_2026.csv.gz", infer_schema=False
    ).filter(pl.col("Futures") == expiry.isoformat())
    if frame.is_empty():
        return None
    label = f"{LETTERS[expiry.month - 1]} ({MONTHS[expiry.month - 1]} {expiry.year})"
    columns = CFE_HEADER.split(",")
    return frame.with_columns(Futures=pl.lit(label)).select(columns).write_csv()
