"""A user's own settlement values: `symbol,day,value,source`.

`SET` and `VRO` are the official values of SPX and VIX, whatever the source. A row of SPX or VIX
itself says in `source` what it is: `SET`, `VRO`, or a proxy by its name (`spx_open`). A proxy is
never taken as the official value.
"""

from __future__ import annotations

import polars as pl

from steward.market.settlements import OFFICIAL, PROXIES
from steward.market.vendors.csv_stream import NEEDED, NEEDED_TEXT, TEXT, day
from steward.market.vendors.layout import CsvLayout
from steward.market.vendors.source import Source


def _rows(frame: pl.DataFrame, _: Source) -> pl.DataFrame:
    named = pl.col("symbol").str.strip_chars("^ ").str.to_uppercase()
    said = pl.col("source").str.strip_chars()
    symbol = named.replace({kind: symbol for symbol, kind in OFFICIAL.items()})
    proxy = pl.when(said.str.to_lowercase().is_in(list(PROXIES))).then(said.str.to_lowercase())
    own = symbol.replace_strict(OFFICIAL, default=None, return_dtype=pl.String)
    official = pl.when((named == own) | (said.str.to_uppercase() == own)).then(own)
    fits = proxy.str.starts_with(symbol.str.to_lowercase())
    return frame.select(
        "line",
        "value",
        "day",
        symbol=symbol,
        kind=pl.when(proxy.is_not_null()).then(pl.when(fits).then(proxy)).otherwise(official),
        said_by="source",
    )


LAYOUT = CsvLayout(
    name="settlements",
    title="settlement values of one's own",
    cells={"symbol": NEEDED_TEXT, "day": day(), "value": NEEDED, "source": TEXT},
    rows=_rows,
    table="settlements",
)
