"""OptionsDX text files: a call and a put in a row, no root, no open interest.

The underlying is in the file's name only (`spx_eod_202301.txt`). A blank volatility says that the
vendor's solver failed: then the greeks of that side are of no use, and are voided where rows are
judged. Sizes are one text, `12 x 340`: of the bid, of the ask.
"""

from __future__ import annotations

import re

import polars as pl

from steward.market.vendors.columns import long_from_wide
from steward.market.vendors.csv_stream import NEEDED, NUMBER, TEXT, day
from steward.market.vendors.day_formats import snapshot_of
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

FILE_NAME = re.compile(r"(?i)^([a-z.]{1,6})_(?:eod|\d+x)[_ .-]")
"""How the vendor names its files: the ticker, then eod or an interval."""

SIZES = r"^\s*(\d+)\s*x\s*(\d+)\s*$"
GREEKS = ("delta", "gamma", "vega", "theta", "rho")


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    minutes = (pl.col("quote_time_hours") * 60.0).round().cast(pl.Int64, strict=False)
    found = symbol(source)
    root = source.root()
    if root is not None and root.removesuffix("W") != found:
        root = None  # said for other files of the same call
    return long_from_wide(
        frame.with_columns(session=_session(frame, source)),
        calls=_side(frame.columns, "c"),
        puts=_side(frame.columns, "p"),
        both={
            "line": pl.col("line"),
            "session": pl.col("session"),
            "snapshot": snapshot_of(pl.col("session"), minutes).fill_null("?"),
            "symbol": pl.lit(found),
            "root": pl.lit(root, dtype=pl.String),
            "expiry": pl.col("expire_date"),
            "strike": pl.col("strike"),
            "underlying": pl.col("underlying_last"),
            "underlying_kind": pl.lit("index"),
        },
    )


def symbol(source: Source) -> str:
    """The ticker of a name in the vendor's manner, whatever it is; else as the user says.

    Raises StewardError where the user says another one than the name: SPY is never taken for SPX.
    """
    named = FILE_NAME.match(source.given_name)
    if named is None:
        return source.symbol()
    found = named[1].upper()
    said: str | None = source.hint("symbol")
    if said not in (None, found):
        raise StewardError(
            f"{source.shown}: is of {found} by its name, --symbol says {said}; "
            "import it without --symbol, or name the file anew"
        )
    source.told.add(f"symbol {found}")
    source.note(f"underlying {found}: from the file's name")
    return found


def _session(frame: pl.DataFrame, source: Source) -> pl.Series:
    """QUOTE_DATE; null (so set aside) where QUOTE_READTIME is of another day."""
    day_said = pl.col("quote_date")
    other = pl.lit(False)
    if "quote_unixtime" in frame.columns:
        # 9:30 to 16:15 in New York is one day in UTC less four and a half hours, all year
        seconds = pl.col("quote_unixtime") - 4.5 * 3600.0
        same = (seconds / 86_400.0).floor() == day_said.to_physical()
        if frame.select((~same).any()).item():
            source.note("QUOTE_UNIXTIME is of another day than QUOTE_DATE in New York: not used")
    if "quote_readtime" in frame.columns:
        read = pl.col("quote_readtime").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        other = (read != day_said).fill_null(False)
        if frame.select(other.any()).item():
            source.note("QUOTE_READTIME is of another day than QUOTE_DATE: such rows are set aside")
    return frame.select(pl.when(~other).then(day_said)).to_series()


def _side(names: list[str], side: str) -> dict[str, pl.Expr]:
    found = {"bid": pl.col(f"{side}_bid"), "ask": pl.col(f"{side}_ask")}
    for ours in ("iv", "volume", *GREEKS):
        if f"{side}_{ours}" in names:
            found[ours] = pl.col(f"{side}_{ours}")
    if f"{side}_size" in names:
        for place, ours in ((1, "bid_size"), (2, "ask_size")):
            text = pl.col(f"{side}_size").str.extract(SIZES, place)
            found[ours] = text.cast(pl.Int64, strict=False)
    return found


LAYOUT = CsvLayout(
    name="optionsdx",
    title="OptionsDX text file",
    cells={
        "quote_date": day(),
        "quote_time_hours": NEEDED,
        "underlying_last": NUMBER,
        "expire_date": day(),
        "strike": NEEDED,
        "c_bid": NUMBER,
        "c_ask": NUMBER,
        "p_bid": NUMBER,
        "p_ask": NUMBER,
    },
    optional={
        "quote_unixtime": NUMBER,
        "quote_readtime": TEXT,
        "c_size": TEXT,
        "p_size": TEXT,
        **{f"{side}_{name}": NUMBER for side in "cp" for name in ("iv", "volume", *GREEKS)},
    },
    known=("expire_unix", "dte", "c_last", "p_last", "strike_distance", "strike_distance_pct"),
    rows=rows,
)
