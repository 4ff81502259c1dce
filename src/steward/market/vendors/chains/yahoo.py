"""Yahoo chains as the yfinance project writes them: one row a quote, the root in the symbol.

SPX and SPXW are mixed in one chain. A volatility of 1e-05 is a placeholder beside a sane quote. A
bid and an ask of 0 are no quote. The file does not say when it was taken: the user does, or its
name; only that it cannot be before the last trade in it is checked.
"""

from __future__ import annotations

import polars as pl

from steward.market.vendors.columns import from_osi, underlying_of
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, NUMBER, TEXT
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source
from steward.terms.errors import StewardError

PLACEHOLDER = 1.001e-5
"""Yahoo writes 1e-05, with the noise of a division: at or below this a volatility is none."""


def rows(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    session = source.session()
    if "lasttradedate" in frame.columns:
        _check_session(frame, source)
    contract = from_osi(pl.col("contractsymbol"))
    return frame.select(
        "line",
        **{n: contract[n] for n in ("root", "expiry", "right")},
        session=pl.lit(session),
        snapshot=pl.lit(source.snapshot()),
        symbol=underlying_of(contract["root"]),
        strike="strike",
        bid="bid",
        ask="ask",
        volume="volume",
        open_interest="openinterest",
        iv=pl.when(pl.col("impliedvolatility") > PLACEHOLDER).then(pl.col("impliedvolatility")),
    )


def _check_session(frame: pl.DataFrame, source: Source) -> None:
    """Raises StewardError where a trade is of a day after the session."""
    traded = pl.col("lasttradedate").str.to_datetime("%Y-%m-%d %H:%M:%S%#z", strict=False)
    later = frame.select("line", day=traded.dt.convert_time_zone("America/New_York").dt.date())
    later = later.filter(pl.col("day") > source.session())
    if later.height:
        line, day = later.row(0)
        raise StewardError(
            f"{source.shown}, line {line}, column lasttradedate: a trade of {day}, after the "
            f"session {source.session()} of the file; say the right one with --session"
        )


LAYOUT = CsvLayout(
    name="yahoo",
    title="Yahoo chain (yfinance)",
    cells={
        "contractsymbol": NEEDED_TEXT,
        "strike": NEEDED,
        "bid": NUMBER,
        "ask": NUMBER,
        "volume": NUMBER,
        "openinterest": NUMBER,
        "impliedvolatility": NUMBER,
    },
    optional={"lasttradedate": TEXT},
    known=(
        "expiry",
        "type",
        "lastprice",
        "change",
        "percentchange",
        "inthemoney",
        "contractsize",
        "currency",
    ),
    rows=rows,
)
