"""Cboe DataShop "Option EOD Summary", with and without calculations: two snapshots in a row.

One row of the file gives a row `1545` and a row `eod`, where it has their columns; volatility and
greeks are of 15:45 alone. Zeros that mean "unknown": implied volatility, and the underlying of an
index without an index licence. Volume is the whole day's, which nobody knew at 15:45: it stands on
the row of the close alone. Open interest is of the morning, on both rows.
On half days the 15:45 columns hold 12:45 since 2020-02-05, before that 15:45 as always.
Source: datashop.cboe.com, pages "Option EOD Summary" and "Historical data". Full files are not seen
yet, only a 12-column extract of one day.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from steward.market.vendors.columns import by_value, rights, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT, day
from steward.market.vendors.day_formats import half_days
from steward.market.vendors.last_quotes import BOTH
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Head, Source

GREEKS = ("delta", "gamma", "theta", "vega", "rho")

EARLY_SNAPSHOT_FROM = date(2020, 2, 5)
"""From then on the 15:45 columns of half days hold 12:45."""

AT_1545 = pl.duration(hours=15, minutes=45)


class DataShop(CsvLayout):
    """The layout needs the columns of a contract, and bid and ask of one snapshot or of both.

    Some copies of the documentation have a footnote's number on the names of the calculations
    (`delta_15453`), and files made after them do too.
    """

    def names(self, head: Head) -> tuple[str, ...]:
        names = CsvLayout.names(self, head)
        return tuple(n.removesuffix("3") if n.endswith("_15453") else n for n in names)

    def recognise(self, head: Head) -> int:
        names = set(self.names(head))
        return CsvLayout.recognise(self, head) if snapshots_of(names) else 0


def snapshots_of(names: set[str]) -> tuple[str, ...]:
    """The snapshots that a file with these columns has."""
    return tuple(at for at in BOTH if {f"bid_{at}", f"ask_{at}"} <= names)


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """All rows of 15:45, then all rows of the close: the store sorts them anyway."""
    names = set(frame.columns)
    if "underlying_symbol" in names:
        symbol = by_value(underlying_of, frame, "underlying_symbol")
    elif "root" in names:
        symbol = by_value(underlying_of, frame, "root")
    else:
        symbol = pl.lit(source.symbol())
    shared: dict[str, pl.Expr] = {
        "session": pl.col("quote_date"),
        "symbol": symbol,
        "root": pl.col("root") if "root" in names else pl.lit(source.root(), dtype=pl.String),
        "expiry": pl.col("expiration"),
        "right": by_value(rights, frame, "option_type"),
    }
    if "trade_volume" in names and snapshots_of(names) == ("1545",):
        source.note("trade_volume is of the whole day, which nobody knew at 15:45: left out")
    late = pl.col("quote_date").is_in(_late_half_days())
    if frame.select(late.any()).item():
        clock = (pl.col("quote_date").cast(pl.Datetime("us")) + AT_1545).dt
        at = clock.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
        frame = frame.with_columns(at_1545=pl.when(late).then(at))
        names |= {"at_1545"}
        source.note("half days before 2020-02-05: the 15:45 columns are of 15:45, after the close")
    frame = frame.with_columns(**shared)
    interest = ["open_interest"] if "open_interest" in names else []
    kept = ["line", *shared, "strike", *interest]
    return pl.concat(
        [frame.select(*kept, **_snapshot(at, names)) for at in snapshots_of(names)],
        how="diagonal",
    )


def _snapshot(at: str, names: set[str]) -> dict[str, pl.Expr]:
    """The columns of one snapshot of a row."""
    made: dict[str, pl.Expr] = {"snapshot": pl.lit(at)}
    for ours in ("bid", "ask", "bid_size", "ask_size"):
        if f"{ours}_{at}" in names:
            made[ours] = pl.col(f"{ours}_{at}")
    if at == "eod" and "trade_volume" in names:
        made["volume"] = pl.col("trade_volume")
    if at == "1545":
        made |= {"moment": pl.col("at_1545")} if "at_1545" in names else {}
        made |= {g: pl.col(f"{g}_1545") for g in GREEKS if f"{g}_1545" in names}
        if "implied_volatility_1545" in names:
            made["iv"] = pl.col("implied_volatility_1545")
    return made | _underlying(at, names)


def _underlying(at: str, names: set[str]) -> dict[str, pl.Expr]:
    """The price that the volatility was worked out with, and what it is a price of.

    `active_underlying_price` is the index where Cboe has it, else the price that calls and puts of
    the expiry imply; without calculations it is the middle of the index's bid and ask. Zeros are
    unknown.
    """
    unknown = pl.lit(None, dtype=pl.Float64)
    bid, ask = f"underlying_bid_{at}", f"underlying_ask_{at}"
    middle = unknown
    if {bid, ask} <= names:
        middle = pl.when((pl.col(bid) > 0.0) & (pl.col(ask) > 0.0)).then(
            (pl.col(bid) + pl.col(ask)) / 2
        )
    active, implied = (f"{kind}_underlying_price_{at}" for kind in ("active", "implied"))
    if not {active, implied} <= names:
        said = pl.when(middle.is_not_null()).then(pl.lit("index"))
        return {"underlying": middle, "underlying_kind": said}
    used = pl.when(pl.col(active) > 0.0).then(pl.col(active)).otherwise(middle)
    is_implied = (pl.col(active) == pl.col(implied)) & (pl.col(active) > 0.0)
    kind = (
        pl.when(is_implied)
        .then(pl.lit("parity_forward"))
        .when(middle.is_not_null())
        .then(pl.lit("index"))
    )
    return {"underlying": used, "underlying_kind": kind}


def _late_half_days() -> tuple[date, ...]:
    return tuple(d for d in half_days() if d < EARLY_SNAPSHOT_FROM)


LAYOUT = DataShop(
    name="cboe_datashop",
    title="Cboe DataShop Option EOD Summary",
    cells={
        "quote_date": day(),
        "expiration": day(),
        "strike": NEEDED,
        "option_type": NEEDED_TEXT,
    },
    optional={
        "underlying_symbol": NEEDED_TEXT,
        "root": TEXT,
        "trade_volume": NUMBER,
        "open_interest": NUMBER,
        **{
            f"{name}_{at}": NUMBER
            for at in BOTH
            for name in ("bid_size", "bid", "ask_size", "ask", "underlying_bid", "underlying_ask")
        },
        "implied_underlying_price_1545": NUMBER,
        "active_underlying_price_1545": NUMBER,
        "implied_volatility_1545": NUMBER,
        **{f"{greek}_1545": NUMBER for greek in GREEKS},
    },
    known=("open", "high", "low", "close", "vwap", "delivery_code"),
    sentinels={"iv": (0.0,)},
    rows=rows,
)
